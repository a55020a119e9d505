/* SPDX-License-Identifier: PostgreSQL */
#include "catalog/tables.h"

#include "unit.h"

static void
patterns_are_those_of_psql(void **state)
{
    static const struct {
        const char *pattern, *schema, *name;
    } cases[] = {
        { "orders", NULL, "^(orders)$" },     { "Orders", NULL, "^(orders)$" },
        { "\"Orders\"", NULL, "^(Orders)$" }, { "shop.*", "^(shop)$", "^(.*)$" },
        { "ord?rs*", NULL, "^(ord.rs.*)$" },  { "\"a.b\".\"c*d\"", "^(a\\.b)$", "^(c\\*d)$" },
        { "a|b", NULL, "^(a|b)$" },           { "t[0-9]", NULL, "^(t[0-9])$" },
        { "a$b", NULL, "^(a\\$b)$" },         { "\"q\"\"q\"", NULL, "^(q\"q)$" }
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf schema = { 0 }, name = { 0 };
        bool has_schema;
        assert_true(pattern_to_regex(cases[i].pattern, &schema, &name, &has_schema));
        assert_int_equal(has_schema, cases[i].schema != NULL);
        if (has_schema)
            assert_string_equal(buf_str(&schema), cases[i].schema);
        assert_string_equal(buf_str(&name), cases[i].name);
        buf_deinit(&schema);
        buf_deinit(&name);
    }
}

static void
two_dots_are_too_many(void **state)
{
    (void)state;
    struct buf schema = { 0 }, name = { 0 };
    bool has_schema;
    assert_false(pattern_to_regex("a.b.c", &schema, &name, &has_schema));
    buf_deinit(&schema);
    buf_deinit(&name);
}

static void
a_table_that_was_made_again_is_another_one(void **state)
{
    (void)state;
    struct pg_relation one[] = { { .oid = 1, .schema = "s", .name = "t" } };
    struct pg_relation two[] = { { .oid = 2, .schema = "s", .name = "t" } };
    struct selection a = { 1, one }, b = { 1, two }, none = { 0 };
    assert_true(selection_equal(&a, &a));
    assert_false(selection_equal(&a, &b));
    assert_false(selection_equal(&a, &none));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_are_those_of_psql),
        cmocka_unit_test(two_dots_are_too_many),
        cmocka_unit_test(a_table_that_was_made_again_is_another_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
