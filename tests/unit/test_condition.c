/* SPDX-License-Identifier: PostgreSQL */
/* Names that a sub-select takes from the row of a condition. */
#include "unit.h"

#include "catalog/condition.h"

static const char *
found(const char *sql)
{
    static const struct column columns[] = { { .name = "id" }, { .name = "Odd \"name" } };
    static const struct table table = { .name = "app_user", .ncolumns = 2, .columns = columns };
    return condition_captured(&table, sql);
}

static void
a_bare_name_in_a_sub_select_is_found(void **state)
{
    (void)state;
    static const char *const captured[] = {
        "exists (select 1 from public.staff s where s.person_id = id)",
        "app_user.id IN (SELECT ID FROM public.staff)",
        "exists (select 1 from public.staff s where (s.a = 1 or (s.b = (id))))",
        "exists (with x as (select 1) select 1 from x where id = 1)",
        "exists (/* a ) */ select 1 from public.staff -- )\n where id = 3)",
        "(not id = 1) and exists (values (id))",
        "exists(select 1 from public.staff s where s.n = e'\\'' and id = 1)",
    };
    for (size_t i = 0; i < sizeof captured / sizeof *captured; i++)
        assert_string_equal(found(captured[i]), "id");
    assert_string_equal(found("exists (select 1 from s where \"Odd \"\"name\" = 1)"), "Odd \"name");
}

static void
what_says_whose_it_is_or_is_no_name_is_not(void **state)
{
    (void)state;
    static const char *const clear[] = {
        "id = 1",
        "(id = 1 or (id) > 3) and id in (1, 2)",
        "exists (select 1 from public.staff s where s.person_id = app_user.id)",
        "exists (select s.id from public.staff s) and id > 7",
        "exists (select 1 as id from public.staff)",
        "exists (select id(1) from public.id)",
        "exists (select 'id', $$id$$, $x$ id $x$ from public.staff -- id\n)",
        "exists (select 1 /* id /* id */ id */ from public.staff)",
        "exists (select \"ID\", identity, a_id from public.staff)",
        "",
        "((((",
    };
    for (size_t i = 0; i < sizeof clear / sizeof *clear; i++)
        assert_null(found(clear[i]));
}

static void
the_tables_name_serves_with_its_schema_and_without(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *put;
        bool names;
    } conditions[] = {
        { "id = 1", "id = 1", false },
        { "App_User.id = 1", "App_User.id = 1", true },
        { "public.app_user.id = 1 and (public . \"app_user\".id) > 2",
          "decant_row.id = 1 and (decant_row.id) > 2", false },
        { "exists (select 1 from public.app_user where app_user.id = 1)",
          "exists (select 1 from public.app_user where app_user.id = 1)", true },
        { "note = 'public.app_user.id' -- app_user.id",
          "note = 'public.app_user.id' -- app_user.id", false },
        { "other.app_user.id = 1 or x.app_user = 2", "other.app_user.id = 1 or x.app_user = 2",
          false },
    };
    static const struct table table = { .schema = "public", .name = "app_user" };
    for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++) {
        struct buf out = { 0 };
        assert_int_equal(condition_put(&table, conditions[i].sql, &out), conditions[i].names);
        assert_string_equal(buf_str(&out), conditions[i].put);
        buf_deinit(&out);
    }
}

static void
two_meanings_of_the_tables_name_are_unclear(void **state)
{
    (void)state;
    static const struct table table = { .schema = "shop", .name = "customers" };
    assert_true(condition_is_unclear(
        &table,
        "exists (select 1 from shop.orders customers where customers.a = shop.customers.id)"));
    assert_true(condition_is_unclear(
        &table, "exists (select 1 from shop.customers where shop.customers.id = 1)"));
    assert_false(condition_is_unclear(&table, "shop.customers.id = 1 and customers.name = 'x'"));
    assert_false(condition_is_unclear(
        &table, "exists (select 1 from shop.customers c where c.boss = customers.id)"));
    assert_false(condition_is_unclear(&table, "exists (select 1 from shop.orders o where o.c = "
                                              "shop.customers.id and o.note <> 'customers')"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bare_name_in_a_sub_select_is_found),
        cmocka_unit_test(what_says_whose_it_is_or_is_no_name_is_not),
        cmocka_unit_test(the_tables_name_serves_with_its_schema_and_without),
        cmocka_unit_test(two_meanings_of_the_tables_name_are_unclear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
