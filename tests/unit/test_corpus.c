/* SPDX-License-Identifier: PostgreSQL */
/* What init makes of a labelled corpus of columns: tests/corpus/columns.tsv. */
#include "fake.h"
#include "propose/columns.h"

enum { MOST = 2000, FIELDS = 8, MOST_VALUES = 16 };

struct line {
    char *fields[FIELDS];
    const char *mask; /* that was proposed, "" for none */
    bool is_hit;      /* for more than that nothing is known of it */
};

enum { APP, TABLE, COLUMN, TYPE, ROWS, DISTINCT, LABEL, VALUES };

struct corpus {
    char *text;
    int n;
    struct line lines[MOST];
};

static struct corpus corpus;

static int
read_corpus(void **state)
{
    (void)state;
    FILE *file = fopen("tests/corpus/columns.tsv", "r");
    assert_non_null(file);
    size_t room = 0;
    char *line = NULL;
    while (getline(&line, &room, file) > 0) {
        if (line[0] == '#')
            continue;
        struct line *out = &corpus.lines[corpus.n++];
        char *rest = strdup(line);
        rest[strcspn(rest, "\n")] = '\0';
        for (int i = 0; i < FIELDS; i++)
            out->fields[i] = strsep(&rest, "\t");
        assert_non_null(out->fields[VALUES]);
    }
    free(line);
    fclose(file);
    return 0;
}

static void
gather(const struct line *line, const struct detect *detect, struct regex_space *space,
       struct evidence *out)
{
    char *values = strdup(line->fields[VALUES]), *at = values;
    const char *seen[MOST_VALUES];
    int n = 0;
    *out = (struct evidence){ .rows = atof(line->fields[ROWS]),
                              .distinct_rows = atof(line->fields[DISTINCT]) };
    while (at != NULL && n < MOST_VALUES) {
        char *end = strstr(at, " | "), *value = at;
        bool twice = false;
        if (end != NULL)
            *end = '\0';
        at = end != NULL ? end + 3 : NULL;
        if (value[0] == '{' && strstr(line->fields[TYPE], "[]") != NULL) { /* the first element */
            value++;
            value[strcspn(value, ",}")] = '\0';
        }
        if (strcmp(value, "\\N") == 0 || value[0] == '\0')
            continue;
        out->values++;
        for (int i = 0; i < n; i++)
            twice |= strcmp(seen[i], value) == 0;
        if (twice)
            continue;
        seen[n++] = value;
        evidence_add(out, detect, space, value, strlen(value));
    }
    free(values);
}

static int
propose_all(void **state)
{
    read_corpus(state);
    struct rules *asked = fake_rules("packs: [pii@1, secrets@1, payment@1, auth@1, rails@1, "
                                     "django@1]\n");
    struct arena arena = { 0 };
    struct propose_packs known = { asked, { .arena = &arena } };
    struct detect *detect = detect_new();
    struct regex_space *space = regex_space_new();
    for (int from = 0, to; from < corpus.n; from = to) {
        struct column columns[100];
        struct table table = { .schema = corpus.lines[from].fields[APP],
                               .name = corpus.lines[from].fields[TABLE],
                               .columns = columns };
        table.root = &table;
        for (to = from; to < corpus.n && table.ncolumns < 100 &&
                        strcmp(corpus.lines[to].fields[TABLE], table.name) == 0 &&
                        strcmp(corpus.lines[to].fields[APP], table.schema) == 0;
             to++)
            columns[table.ncolumns++] =
                fake_column(corpus.lines[to].fields[COLUMN], corpus.lines[to].fields[TYPE]);
        for (int i = from; i < to; i++) {
            struct evidence evidence;
            struct proposal proposal;
            gather(&corpus.lines[i], detect, space, &evidence);
            if (!evidence_is_read(columns[i - from].type))
                evidence = (struct evidence){ .rows = evidence.rows,
                                              .distinct_rows = evidence.distinct_rows };
            propose_column(&known, &table, i - from, false, &evidence, &proposal);
            corpus.lines[i].is_hit = strncmp(proposal.why, "no pattern", 10) != 0;
            corpus.lines[i].mask = proposal.mask != NULL ? strdup(proposal.mask) : "";
        }
    }
    regex_space_free(space);
    detect_free(detect);
    map_deinit(&known.names.names);
    arena_deinit(&arena);
    rules_free(asked);
    return 0;
}

static bool
is_labelled(const struct line *line, const char *label)
{
    return strncmp(line->fields[LABEL], label, strlen(label)) == 0;
}

static bool
is_open(const struct line *line)
{
    int typmod;
    static const struct rules_columns none;
    return masking_safe_type(&none, fake_type(line->fields[TYPE], &typmod)) == NULL;
}

static void
show(const struct line *line, const char *what)
{
    if (getenv("VERBOSE") != NULL)
        print_message("%s: %s.%s.%s %s [%s] -> %s\n", what, line->fields[APP], line->fields[TABLE],
                      line->fields[COLUMN], line->fields[TYPE], line->fields[LABEL], line->mask);
}

/* Free text needs no pattern: it is recognised by being text. */
static void
personal_columns_are_recognised(void **state)
{
    int personal = 0, found = 0;
    (void)state;
    for (int i = 0; i < corpus.n; i++) {
        const struct line *line = &corpus.lines[i];
        bool kept = line->mask[0] == '\0' || strcmp(line->mask, "keep") == 0;
        bool is_text = is_labelled(line, "personal:free_text") &&
                       strcmp(line->mask, "{use: text, length: near}") == 0;
        if (!is_labelled(line, "personal"))
            continue;
        personal++;
        if (!kept && (line->is_hit || is_text))
            found++;
        else
            show(line, kept ? "kept" : "missed");
    }
    print_message("# personal columns: %d, recognised %d (%.3f)\n", personal, found,
                  (double)found / personal);
    assert_true(personal >= 500);
    assert_true(found >= 0.99 * personal);
}

static void
no_personal_column_is_kept(void **state)
{
    int kept = 0;
    (void)state;
    for (int i = 0; i < corpus.n; i++) {
        const struct line *line = &corpus.lines[i];
        if (is_labelled(line, "personal") &&
            (line->mask[0] == '\0' || strcmp(line->mask, "keep") == 0)) {
            show(line, "kept");
            kept++;
        }
    }
    assert_int_equal(kept, 0);
}

static void
codes_are_kept(void **state)
{
    int codes = 0, masked = 0;
    (void)state;
    for (int i = 0; i < corpus.n; i++) {
        const struct line *line = &corpus.lines[i];
        if (!is_labelled(line, "code"))
            continue;
        codes++;
        if (strcmp(line->mask, "keep") == 0)
            continue;
        show(line, "masked");
        masked++;
    }
    print_message("# code-like columns: %d, masked %d (%.3f)\n", codes, masked,
                  (double)masked / codes);
    assert_true(codes >= 150);
    assert_true(masked <= 0.1 * codes);
}

/* Numbers, dates and flags that are not personal are left alone. */
static void
safe_columns_get_no_line(void **state)
{
    int safe = 0, touched = 0;
    (void)state;
    for (int i = 0; i < corpus.n; i++) {
        const struct line *line = &corpus.lines[i];
        if (!is_labelled(line, "safe"))
            continue;
        safe++;
        if (line->mask[0] != '\0' && strcmp(line->mask, "keep") != 0) {
            show(line, "touched");
            touched++;
        }
    }
    print_message("# safe columns: %d, touched %d\n", safe, touched);
    assert_true(touched <= 0.03 * safe);
}

static void
every_open_column_gets_a_line(void **state)
{
    (void)state;
    assert_true(corpus.n >= 1000);
    for (int i = 0; i < corpus.n; i++)
        if (is_open(&corpus.lines[i]))
            assert_true(corpus.lines[i].mask[0] != '\0');
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(personal_columns_are_recognised),
        cmocka_unit_test(no_personal_column_is_kept),
        cmocka_unit_test(codes_are_kept),
        cmocka_unit_test(safe_columns_get_no_line),
        cmocka_unit_test(every_open_column_gets_a_line),
    };
    return cmocka_run_group_tests(tests, propose_all, NULL);
}
