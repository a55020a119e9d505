/* SPDX-License-Identifier: PostgreSQL */
/* Which columns must stay unique, where case does not count, and how much room there is. */
#include "little.h"

static const char schema[] = "s.t\n"
                             "  id bigint; key\n"
                             "  a text\n"
                             "  b text\n"
                             "  c integer; not null\n"
                             "  during daterange\n"
                             "  \"Odd name\" text\n";

/* Is `column` to stay unique under one more index? `keys`: names, or SQL in parentheses. */
struct question {
    const char *index, *predicate, *column;
    bool needed, lower;
};

static bool
ask(const struct question *q, bool *lower)
{
    struct little l;
    char text[400];
    snprintf(text, sizeof text, "%s%s%s%s%s\n", schema, q->index[0] == '(' ? "" : "  + ",
             q->index[0] == '(' ? "" : q->index, q->predicate != NULL ? " where " : "",
             q->predicate != NULL ? q->predicate : "");
    little_init(&l, text);
    if (q->index[0] == '(')
        little_unique(&l, l.tables, -1, arena_strdup(&l.arena, q->index));
    if (!little_decide(&l, "columns: {s.t: {a: email, b: email, '\"Odd name\"': text, during: "
                           "keep}}\n"))
        fail_msg("%s", l.err.message);
    int number = table_column(l.tables, q->column);
    assert_true(number >= 0);
    bool needed = unique_is_needed(&l.masking, 0, number, lower);
    little_deinit(&l);
    return needed;
}

static void
indexes_say_what_must_stay_unique(void **state)
{
    static const struct question cases[] = {
        { "unique a", NULL, "a", true, false },
        { "unique a", NULL, "b", false, false },
        { "unique a, b", NULL, "b", true, false },
        { "unique b", "(a IS NOT NULL)", "b", true, false },
        { "unique b", "(a IS NOT NULL)", "a", false, false },
        /* the key is there, and stays */
        { "unique id, a", NULL, "a", false, false },
        { "(lower(a))", NULL, "a", true, true },
        { "(upper((a)::text))", NULL, "a", true, true },
        { "(btrim(a))", NULL, "a", true, false },
        { "(lower(b))", NULL, "a", false, false },
        { "(lower(\"Odd name\"))", NULL, "Odd name", true, true },
        { "exclude a =, during &&", NULL, "a", true, false },
        { "exclude a =, during &&", NULL, "during", false, false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool lower = false, needed = ask(&cases[i], &lower);
        if (needed != cases[i].needed || (needed && lower != cases[i].lower))
            fail_msg("%s, %s: %d %d", cases[i].index, cases[i].column, needed, lower);
    }
}

/* Conditions that ask for NULL alone are kept by every mask; others are not. */
static void
an_exclusion_needs_originals_where_its_condition_reads_them(void **state)
{
    static const struct {
        const char *predicate;
        bool depends;
    } cases[] = {
        { NULL, true },
        { "(a IS NOT NULL)", true },
        { "((a IS NOT NULL) AND (c > 0))", true },
        { "(a <> 'x'::text)", false },
        { "((a IS NOT NULL) AND (a <> 'x'::text))", false },
        { "(length(a) IS NULL)", false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct little l;
        char text[400];
        snprintf(text, sizeof text, "%s  + exclude a =, during &&\n", schema);
        little_init(&l, text);
        struct index *index = (struct index *)&l.tables[0].indexes[1];
        index->predicate = cases[i].predicate;
        assert_true(little_decide(&l, "columns: {s.t: {a: email}}\n"));
        if (unique_depends(&l.masking, 0, index, 1) != cases[i].depends)
            fail_msg("%s", cases[i].predicate != NULL ? cases[i].predicate : "none");
        assert_false(unique_depends(&l.masking, 0, index, 4)); /* && asks for more than = */
        little_deinit(&l);
    }
}

/* A unique index whose other columns hold a whole key tells rows apart by itself, but only while
 * they stay, are never NULL, and all rows are in it. */
static void
a_rest_keeps_rows_apart_only_as_long_as_it_stays(void **state)
{
    static const struct {
        const char *lines, *rules;
        bool depends;
    } cases[] = {
        { "  + unique c\n  + unique a, c\n", "a: email", false },
        { "  + unique c\n  + unique a, c\n", "a: email, c: int", true },
        { "  + unique c where (c > 1)\n  + unique a, c\n", "a: email", true },
        { "  + unique b\n  + unique a, b\n", "a: email, b: keep", true }, /* b may be NULL */
        { "  + unique c\n  + unique a, b\n", "a: email", true },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct little l;
        char text[400], rules[200];
        snprintf(text, sizeof text, "s.t\n  a text\n  b text\n  c integer; not null\n%s",
                 cases[i].lines);
        snprintf(rules, sizeof rules, "columns: {s.t: {%s}}\n", cases[i].rules);
        little_init(&l, text);
        assert_true(little_decide(&l, rules));
        if (unique_depends(&l.masking, 0, &l.tables[0].indexes[1], 0) != cases[i].depends)
            fail_msg("%s%s", cases[i].lines, cases[i].rules);
        little_deinit(&l);
    }
}

static void
types_and_collations_fold_by_themselves(void **state)
{
    struct little l;
    bool lower;
    (void)state;
    little_init(&l, "s.t\n  a citext\n  b text\n  c text; computed lower(b)\n  d text; computed "
                    "upper(b)\n");
    ((struct column *)l.tables[0].columns)[1].is_nondeterministic = true;
    assert_true(little_decide(&l, ""));
    for (int i = 0; i < 4; i++) {
        assert_false(unique_is_needed(&l.masking, 0, i, &lower));
        assert_int_equal(lower, i < 3);
    }
    little_deinit(&l);
}

static void
room_is_that_of_the_type_or_its_domain(void **state)
{
    static const struct {
        const char *type;
        int room;
    } cases[] = {
        { "character varying(12)", 12 },
        { "character(3)", 3 },
        { "character varying", 0 },
        { "text", 0 },
        { "name", 63 },
        { "character varying(9)[]", 9 },
        { "integer", 0 },
        { "point", 0 },
        { "daterange", 0 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct column column = fake_column("a", cases[i].type);
        if (mask_room(&column) != cases[i].room)
            fail_msg("%s: %d", cases[i].type, mask_room(&column));
    }
    struct column column = fake_column("a", "character varying");
    const struct domain domain = { .base = column.type, .typmod = 44 };
    column.domain = &domain;
    assert_int_equal(mask_room(&column), 40);
}

/* ---- kinds */

static void
kinds_are_those_of_elements_labels_and_nothing_that_is_not_known(void **state)
{
    static const struct {
        const char *type;
        enum mask_kind kind;
    } cases[] = {
        { "text", KIND_TEXT },      { "citext[]", KIND_TEXT },
        { "money", KIND_INTEGER },  { "numeric", KIND_NUMBER },
        { "real[]", KIND_NUMBER },  { "date", KIND_DATE },
        { "interval", KIND_OTHER }, { "daterange", KIND_OTHER },
        { "point", KIND_OTHER },    { "cidr", KIND_NETWORK },
        { "json", KIND_JSON },      { "time without time zone", KIND_OTHER },
        { "boolean", KIND_BOOL },   { "name", KIND_TEXT },
        { "uuid[]", KIND_UUID },
    };
    struct little l;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int typmod;
        if (mask_kind_of(fake_type(cases[i].type, &typmod)) != cases[i].kind)
            fail_msg("%s", cases[i].type);
    }
    little_init(&l, "s.t\n  a enum(x,y)\n  b enum(x,y)[]\n");
    assert_int_equal(mask_kind_of(l.tables[0].columns[0].type), KIND_ENUM);
    assert_int_equal(mask_kind_of(l.tables[0].columns[1].type), KIND_ENUM);
    little_deinit(&l);
}

static void
ranges_of_safe_types_are_safe_and_arrays_are_not(void **state)
{
    static const struct rules_columns none;
    int typmod;
    (void)state;
    assert_string_equal(masking_safe_type(&none, fake_type("daterange", &typmod)), "date");
    assert_null(masking_safe_type(&none, fake_type("integer[]", &typmod)));
    assert_null(masking_safe_type(&none, fake_type("inet", &typmod)));
    assert_null(masking_safe_type(&none, fake_type("jsonb", &typmod)));
    assert_string_equal(masking_safe_type(&none, fake_type("money", &typmod)), "numeric");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(indexes_say_what_must_stay_unique),
        cmocka_unit_test(an_exclusion_needs_originals_where_its_condition_reads_them),
        cmocka_unit_test(a_rest_keeps_rows_apart_only_as_long_as_it_stays),
        cmocka_unit_test(types_and_collations_fold_by_themselves),
        cmocka_unit_test(room_is_that_of_the_type_or_its_domain),
        cmocka_unit_test(kinds_are_those_of_elements_labels_and_nothing_that_is_not_known),
        cmocka_unit_test(ranges_of_safe_types_are_safe_and_arrays_are_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
