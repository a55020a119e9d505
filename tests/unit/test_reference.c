/* SPDX-License-Identifier: PostgreSQL */
/* rules/README.md says of every transformer what the code's table says (UPDATE=1 writes it), and
 * every example of a pack is true. */
#include "fake.h"
#include "rules/packs.h"

#define BEGIN_MARK "<!-- transformers: from the entries in src/transform -->\n"
#define END_MARK "<!-- end of transformers -->\n"

static const struct {
    unsigned kind;
    const char *name;
} kinds[] = {
    { KIND_TEXT, "text" },    { KIND_INTEGER, "integers" },     { KIND_NUMBER, "numbers" },
    { KIND_DATE, "dates" },   { KIND_TIMESTAMP, "timestamps" }, { KIND_UUID, "uuid" },
    { KIND_BYTES, "bytea" },  { KIND_NETWORK, "inet" },         { KIND_MAC, "macaddr" },
    { KIND_JSON, "json" },    { KIND_ENUM, "enums" },           { KIND_BOOL, "boolean" },
    { KIND_OTHER, "others" },
};

static void
put_kinds(unsigned accepts, struct buf *out)
{
    const char *comma = "";
    if (accepts == KIND_ANY) {
        buf_puts(out, "any");
        return;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (accepts & kinds[i].kind) {
            buf_printf(out, "%s%s", comma, kinds[i].name);
            comma = ", ";
        }
}

static void
put_transformer(const struct transformer *how, struct buf *out)
{
    buf_printf(out, "- **%s**: %s. Of ", how->name, how->summary);
    put_kinds(how->accepts, out);
    buf_printf(out, "; reads %s", mask_need_name(how->need));
    if (how->seed != SEED_NONE)
        buf_printf(out, "; the same by %s", mask_seed_name(how->seed));
    if (how->gives & GIVES_INJECTIVE && how->apply != NULL)
        buf_puts(out, "; a permutation");
    if (how->gives & GIVES_RANDOM)
        buf_puts(out, "; unique by random bits");
    if (how->gives & GIVES_SHAPE && how->apply != NULL)
        buf_puts(out, "; keeps the shape");
    buf_puts(out, ".");
    if (how->range != NULL)
        buf_printf(out, " Fakes lie in: %s.", how->range);
    buf_putc(out, '\n');
    for (int i = 0; i < how->nparams; i++) {
        const struct parameter *p = &how->params[i];
        buf_printf(out, "  - `%s`", p->name);
        for (int j = 0; j < 8 && p->words[j] != NULL; j++)
            buf_printf(out, "%s%s", j == 0 ? ": " : ", ", p->words[j]);
        buf_printf(out, " (%s)%s%s\n", p->fallback != NULL ? p->fallback : "must be given",
                   p->summary[0] != '\0' ? ": " : "", p->summary);
    }
}

static char *
read_file(const char *path)
{
    struct buf text = { 0 };
    char block[4096];
    size_t n;
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while ((n = fread(block, 1, sizeof block, file)) > 0)
        buf_add(&text, block, n);
    fclose(file);
    return buf_steal(&text);
}

static void
the_reference_has_every_transformer_and_parameter(void **state)
{
    struct buf wanted = { 0 };
    char *text = read_file("rules/README.md");
    char *begin = strstr(text, BEGIN_MARK), *end = strstr(text, END_MARK);
    (void)state;
    assert_non_null(begin);
    assert_non_null(end);
    begin += strlen(BEGIN_MARK);
    for (int i = 0; i < ntransformers; i++)
        put_transformer(transformers[i], &wanted);
    if (getenv("UPDATE") != NULL) {
        FILE *file = fopen("rules/README.md", "w");
        fprintf(file, "%.*s%s%s", (int)(begin - text), text, buf_str(&wanted), end);
        fclose(file);
    } else {
        assert_int_equal((size_t)(end - begin), wanted.len);
        assert_memory_equal(begin, wanted.data, wanted.len);
    }
    buf_deinit(&wanted);
    free(text);
}

static void
the_reference_has_every_pack(void **state)
{
    char *text = read_file("rules/README.md");
    (void)state;
    for (int i = 0; i < npacks; i++)
        assert_non_null(strstr(text, packs[i].name));
    free(text);
}

static void
every_example_of_a_pack_is_true(void **state)
{
    int n = 0;
    (void)state;
    for (int i = 0; i < npacks; i++) {
        char text[80];
        snprintf(text, sizeof text, "packs: [%s]\n", packs[i].name);
        struct rules *rules = fake_rules(text);
        for (size_t j = 0; j < rules->columns.nexamples; j++, n++) {
            const struct rules_example *example = &rules->columns.examples[j];
            struct column column = fake_column(example->column, example->type);
            struct mask_asking asking = { rules, &column };
            const struct rules_column *twin,
                *line = columns_match(&rules->columns, NULL, "public", "things", example->column,
                                      mask_fits, &asking, &twin);
            const char *use = line != NULL ? line->mask->use : "-";
            if (strcmp(use, example->use) != 0)
                fail_msg("%s: %s %s is %s, not %s", packs[i].name, example->column, example->type,
                         use, example->use);
        }
        assert_true(rules->columns.nexamples > 0);
        rules_free(rules);
    }
    assert_true(n >= 50);
}

/* A pack may mask, never keep. */
static void
no_pack_keeps(void **state)
{
    (void)state;
    for (int i = 0; i < npacks; i++) {
        char text[80];
        snprintf(text, sizeof text, "packs: [%s]\n", packs[i].name);
        struct rules *rules = fake_rules(text);
        for (size_t j = 0; j < rules->columns.ncolumns; j++)
            for (const struct rules_mask *mask = rules->columns.columns[j].mask; mask != NULL;
                 mask = mask->next)
                assert_string_not_equal(mask->use, "keep");
        rules_free(rules);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reference_has_every_transformer_and_parameter),
        cmocka_unit_test(the_reference_has_every_pack),
        cmocka_unit_test(every_example_of_a_pack_is_true),
        cmocka_unit_test(no_pack_keeps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
