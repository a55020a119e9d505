/* SPDX-License-Identifier: PostgreSQL */
/* Patterns as pg_dump's -n, -N, -t and -T take them, and the tables that they select. */
#include "source.h" /* and "server.h" */

static struct source source;

static int
begin(void **state)
{
    (void)state;
    source_begin(&source, "odd_names");
    return 0;
}

static int
end(void **state)
{
    (void)state;
    source_end(&source);
    return 0;
}

/* ---- patterns as regular expressions */

static void
a_pattern_is_what_psql_makes_of_it(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *schema, *name; /* NULL: too many dots */
    } patterns[] = {
        { "abc", "", "^(abc)$" },
        { "ABC", "", "^(abc)$" },
        { "\"ABC\"", "", "^(ABC)$" },
        { "a\"BC\"D", "", "^(aBCd)$" },
        { "a*b?", "", "^(a.*b.)$" },
        { "\"a*b?\"", "", "^(a\\*b\\?)$" },
        { "s.t", "^(s)$", "^(t)$" },
        { "S*.T?", "^(s.*)$", "^(t.)$" },
        { "\"s.t\"", "", "^(s\\.t)$" },
        { "\"s.t\".\"u.v\"", "^(s\\.t)$", "^(u\\.v)$" },
        { "\"quo\"\"te\"", "", "^(quo\"te)$" },
        { "\"\"", "", "^()$" },
        { "\"\"\"\"", "", "^(\")$" },
        { "$a", "", "^(\\$a)$" },
        { "\"$a\"", "", "^(\\$a)$" },
        { "(a|b)", "", "^((a|b))$" },
        { "\"(a|b)\"", "", "^(\\(a\\|b\\))$" },
        { "\"a+[b]{c}^\\\"", "", "^(a\\+\\[b\\]\\{c\\}\\^\\\\)$" },
        { "caf\xc3\x89", "", "^(caf\xc3\x89)$" }, /* only letters of ASCII are folded */
        { "", "", "^()$" },
        { ".", "^()$", "^()$" },
        { "a.", "^(a)$", "^()$" },
        { "a.b.c", NULL, NULL },
        { "..", NULL, NULL },
        { "\"a.b\".c.d", NULL, NULL },
    };
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        struct buf schema = { 0 }, name = { 0 };
        bool has_schema = true;
        bool ok = pattern_to_regex(patterns[i].pattern, &schema, &name, &has_schema);
        assert_int_equal(ok, patterns[i].name != NULL);
        if (ok) {
            assert_string_equal(buf_str(&name), patterns[i].name);
            assert_string_equal(buf_str(&schema), patterns[i].schema);
            assert_int_equal(has_schema, patterns[i].schema[0] != '\0');
        }
        buf_deinit(&schema);
        buf_deinit(&name);
    }
}

/* Whatever a name holds, quoted it means itself: of two names never the other. */
static void
a_quoted_name_has_no_letter_that_means_more(void **state)
{
    (void)state;
    static const char special[] = "|*+?()[]{}.^$\\";
    for (const char *p = special; *p != '\0'; p++) {
        char pattern[8], expected[16];
        struct buf schema = { 0 }, name = { 0 };
        bool has_schema;
        snprintf(pattern, sizeof pattern, "\"%c\"", *p);
        snprintf(expected, sizeof expected, "^(\\%c)$", *p);
        assert_true(pattern_to_regex(pattern, &schema, &name, &has_schema));
        assert_string_equal(buf_str(&name), expected);
        assert_false(has_schema);
        buf_deinit(&schema);
        buf_deinit(&name);
    }
}

/* ---- selections */

struct options {
    const char *tables[3], *not_tables[3], *schemas[3], *not_schemas[3];
};

static void
set(struct decant_words *words, const char *const *items)
{
    words->items = (const char **)items;
    words->count = 0;
    while (words->count < 3 && items[words->count] != NULL)
        words->count++;
}

static bool
load(const struct options *options)
{
    memset(&source.err, 0, sizeof source.err);
    set(&source.options.tables, options->tables);
    set(&source.options.not_tables, options->not_tables);
    set(&source.options.schemas, options->schemas);
    set(&source.options.not_schemas, options->not_schemas);
    return selection_load(source.conn, &source.options, &source.arena, &source.selection,
                          &source.err);
}

/* "schema.table, ..." */
static const char *
selected(void)
{
    static struct buf out;
    buf_reset(&out);
    buf_puts(&out, "");
    for (int i = 0; i < source.selection.nrelations; i++)
        buf_printf(&out, "%s%s/%s", i == 0 ? "" : ", ", source.selection.relations[i].schema,
                   source.selection.relations[i].name);
    return buf_str(&out);
}

static void
patterns_select_what_they_name(void **state)
{
    (void)state;
    static const struct {
        struct options options;
        const char *selected;
    } cases[] = {
        { { .tables = { "abc" } }, "public/abc" }, /* other.abc is not on the search path */
        { { .tables = { "ABC" } }, "public/abc" },
        { { .tables = { "ab?" } }, "public/abc, public/abd" },
        { { .tables = { "a?c" } }, "public/a_c, public/abc" }, /* by bytes */
        { { .tables = { "*.abc" } }, "other/abc, public/abc" },
        { { .tables = { "other.*" } }, "other/abc, other/only" },
        { { .tables = { "abd", "other.only" } }, "other/only, public/abd" },
        { { .tables = { "abc", "abc" } }, "public/abc" },
        { { .tables = { "public.(abc|a_c)" } }, "public/a_c, public/abc" },
        { { .tables = { "public.ab[cd]" } }, "public/abc, public/abd" },
        { { .tables = { "\"Odd \"\"S.x\".\"a.b\"" } }, "Odd \"S.x/a.b" },
        { { .tables = { "*.\"UPPER\"" } }, "Odd \"S.x/UPPER" },
        { { .tables = { "*.$dollar" } }, "Odd \"S.x/$dollar" },
        { { .tables = { "*.\"star*\"" } }, "Odd \"S.x/star*" },
        { { .tables = { "*.star*" } }, "Odd \"S.x/star*, Odd \"S.x/starred" },
        { { .tables = { "*.\"quo\"\"te\"" } }, "Odd \"S.x/quo\"te" },
        { { .tables = { "*.\"back\\slash\"" } }, "Odd \"S.x/back\\slash" },
        { { .tables = { "*.with blank" } }, "Odd \"S.x/with blank" },
        { { .tables = { "*.caf\xc3\xa9" } }, "Odd \"S.x/caf\xc3\xa9" },
        { { .tables = { "*.caf?" } }, "Odd \"S.x/caf\xc3\xa9" }, /* a letter, not a byte */
        { { .tables = { "parted*" } }, "public/parted" },
        { { .tables = { "ab?" }, .not_tables = { "abd" } }, "public/abc" },
        { { .tables = { "ab?" }, .not_tables = { "nothing" } }, "public/abc, public/abd" },
        /* -t makes -n and -N ineffective */
        { { .tables = { "abc" }, .schemas = { "nothing" } }, "public/abc" },
        { { .tables = { "abc" }, .not_schemas = { "public" } }, "public/abc" },
        { { .schemas = { "other" } }, "other/abc, other/only" },
        { { .schemas = { "OTHER" }, .not_tables = { "*.abc" } }, "other/only" },
        { { .schemas = { "p*", "o*" }, .not_schemas = { "pub*" } }, "other/abc, other/only" },
        { { .schemas = { "public" }, .not_tables = { "a*" } }, "public/parted" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (!load(&cases[i].options))
            fail_msg("%s: %s", cases[i].selected, source.err.message);
        assert_string_equal(selected(), cases[i].selected);
        assert_int_equal(source.err.code, DECANT_OK);
    }
}

static void
everything_is_selected_unless_told_otherwise(void **state)
{
    (void)state;
    assert_true(load(&(struct options){ .tables = { NULL } }));
    bool has_parted = false;
    for (int i = 0; i < source.selection.nrelations; i++) {
        const struct pg_relation *relation = &source.selection.relations[i];
        assert_string_not_equal(relation->name, "parted_1"); /* the root stands for it */
        assert_string_not_equal(relation->name, "abc_view");
        assert_int_not_equal(strncmp(relation->schema, "pg_", 3), 0);
        assert_string_not_equal(relation->schema, "information_schema");
        bool is_parted = strcmp(relation->name, "parted") == 0;
        has_parted |= is_parted && relation->is_partitioned;
        assert_false(strcmp(relation->name, "abc") == 0 && relation->is_partitioned);
        assert_false(relation->is_by_column);
    }
    assert_true(has_parted);
    int all = source.selection.nrelations;
    assert_true(load(&(struct options){ .not_schemas = { "\"Odd \"\"S.x\"" } }));
    assert_int_equal(source.selection.nrelations, all - 11);
    assert_true(load(&(struct options){ .not_schemas = { "\"Odd*\"" } })); /* there is no such */
    assert_int_equal(source.selection.nrelations, all);
}

static void
patterns_that_select_nothing_are_refused(void **state)
{
    (void)state;
    static const struct {
        struct options options;
        enum decant_code code;
        const char *message;
    } cases[] = {
        { { .tables = { "nothing" } }, DECANT_REFUSED, "-t nothing matches nothing" },
        { { .tables = { "abc", "nothing" } }, DECANT_REFUSED, "-t nothing matches nothing" },
        { { .tables = { "\"ABC\"" } }, DECANT_REFUSED, "-t \"ABC\" matches nothing" },
        { { .tables = { "only" } }, DECANT_REFUSED, "-t only matches nothing" },
        { { .tables = { "other.abd" } }, DECANT_REFUSED, "-t other.abd matches nothing" },
        { { .schemas = { "nothing" } }, DECANT_REFUSED, "-n nothing matches nothing" },
        { { .tables = { "abc_view" } }, DECANT_REFUSED, "select no table" },
        { { .tables = { "abc_seq" } }, DECANT_REFUSED, "select no table" },
        { { .tables = { "parted_1" } }, DECANT_REFUSED, "select no table" },
        { { .tables = { "abc" }, .not_tables = { "ABC" } }, DECANT_REFUSED, "select no table" },
        { { .not_schemas = { "*" } }, DECANT_REFUSED, "select no table" },
        { { .tables = { "a.b.c" } }, DECANT_USAGE, "-t a.b.c" },
        { { .not_tables = { "a.b.c" } }, DECANT_USAGE, "-T a.b.c" },
        { { .schemas = { "a.b" } }, DECANT_USAGE, "-n a.b" },
        { { .not_schemas = { "a.b" } }, DECANT_USAGE, "-N a.b" },
        { { .tables = { "(abc" } }, DECANT_USAGE, "-t (abc is not a valid pattern" },
        { { .not_schemas = { "[a" } }, DECANT_USAGE, "-N [a is not a valid pattern" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_false(load(&cases[i].options));
        if (strstr(source.err.message, cases[i].message) == NULL)
            fail_msg("'%s' is not '%s'", source.err.message, cases[i].message);
        assert_int_equal(source.err.code, cases[i].code);
        if (strstr(cases[i].message, "matches nothing") != NULL)
            assert_non_null(strstr(source.err.hint, "search path"));
    }
    /* and the session serves on */
    assert_true(load(&(struct options){ .tables = { "abc" } }));
}

/* pg_dump takes it: it is there. */
static void
a_schema_without_tables_matches(void **state)
{
    (void)state;
    assert_true(load(&(struct options){ .schemas = { "other", "empty_schema" } }));
    assert_string_equal(selected(), "other/abc, other/only");
}

static void
selections_are_equal_when_every_table_is(void **state)
{
    (void)state;
    static struct pg_relation one[] = { { .oid = 1, .schema = "s", .name = "t" },
                                        { .oid = 2, .schema = "s", .name = "u" } };
    static struct pg_relation others[][2] = {
        { { .oid = 3, .schema = "s", .name = "t" }, { .oid = 2, .schema = "s", .name = "u" } },
        { { .oid = 1, .schema = "s", .name = "t" }, { .oid = 2, .schema = "s", .name = "v" } },
        { { .oid = 1, .schema = "r", .name = "t" }, { .oid = 2, .schema = "s", .name = "u" } },
        { { .oid = 2, .schema = "s", .name = "u" }, { .oid = 1, .schema = "s", .name = "t" } },
    };
    const struct selection a = { 2, one };
    assert_true(selection_equal(&a, &a));
    assert_true(selection_equal(&(struct selection){ 0 }, &(struct selection){ 0 }));
    assert_false(selection_equal(&a, &(struct selection){ 1, one }));
    assert_false(selection_equal(&(struct selection){ 1, one }, &a));
    for (int i = 0; i < 4; i++)
        assert_false(selection_equal(&a, &(struct selection){ 2, others[i] }));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pattern_is_what_psql_makes_of_it),
        cmocka_unit_test(a_quoted_name_has_no_letter_that_means_more),
        cmocka_unit_test(patterns_select_what_they_name),
        cmocka_unit_test(everything_is_selected_unless_told_otherwise),
        cmocka_unit_test(patterns_that_select_nothing_are_refused),
        cmocka_unit_test(selections_are_equal_when_every_table_is),
        cmocka_unit_test(a_schema_without_tables_matches),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
