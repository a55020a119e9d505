/* SPDX-License-Identifier: PostgreSQL */
/* Rows that somebody asks for, instead of a sample: these, what they own and need, and no other. */
#include "jobs.h"
#include "sampled.h"
#include "server.h"

static bool
ask(const char *rules, const char *const *rows)
{
    static const char *words[8];
    begin("sampled", rules);
    told.options.no_mask = true;
    for (int i = 0; rows[i] != NULL; i++)
        words[told.options.asked.count++] = rows[i];
    told.options.asked.items = words;
    return pull();
}

static int64_t
rows_of(const char *table)
{
    char sql[100];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", table);
    return count(sql);
}

/* Customer 9 has the orders of 161 to 220 and those of the rule. */
static void
a_row_comes_with_all_that_it_owns_and_needs(void **state)
{
    static const char *const rows[] = { "public.customers:9", NULL };
    (void)state;
    MUST(ask(SAMPLED_RULES, rows));
    assert_int_equal(count("SELECT count(*) FROM orders WHERE customer <> 9"), 0);
    assert_true(rows_of("orders") >= 60);
    assert_int_equal(rows_of("customers"), 1);
    assert_true(rows_of("lines") > 0 && rows_of("products") > 0);
    assert_int_equal(count("SELECT count(*) FROM pragma_foreign_key_check"), 0);
    end();
}

static void
no_rules_are_needed_and_no_table_is_whole(void **state)
{
    static const char *const rows[] = { "orders:17", "orders:17", "orders:18", NULL };
    (void)state;
    MUST(ask(NULL, rows));
    assert_int_equal(rows_of("orders"), 2);
    assert_int_equal(rows_of("agents"), 0);
    assert_true(rows_of("countries") <= 2);
    end();
}

static void
a_row_of_several_columns_is_found(void **state)
{
    static const char *const rows[] = { "lines:17,0", NULL };
    (void)state;
    MUST(ask(NULL, rows));
    assert_int_equal(rows_of("lines"), 1);
    assert_int_equal(rows_of("orders"), 1);
    end();
}

/* Also where a row of another table, which is there, has the same key. */
static void
each_row_that_is_missing_is_noticed(void **state)
{
    static const char *const rows[] = { "customers:9", "orders:9", "orders:9998", NULL },
                             *const same[] = { "orders:17", "customers:9998", "customers:17",
                                               "orders:9998", NULL };
    (void)state;
    assert_refused(ask(NULL, rows), DECANT_REFUSED, "'public.orders' has 1 of the 2 rows");
    end();
    assert_refused(ask(NULL, same), DECANT_REFUSED, "has 1 of the 2 rows");
    end();
}

static void
what_cannot_be_asked_for_is_refused(void **state)
{
    static const struct {
        const char *row, *message;
        enum decant_code code;
    } cases[] = {
        { "orders:9999", "'public.orders' has 0 of the 1 rows", DECANT_REFUSED },
        { "nothing:1", "there is no such table", DECANT_USAGE },
        { "orders", "--row is TABLE:KEY", DECANT_USAGE },
        { "orders:", "--row is TABLE:KEY", DECANT_USAGE },
        { "lines:1", "has 2 columns", DECANT_USAGE },
        { "lines:1,2,3", "has 2 columns", DECANT_USAGE },
        { "visits:1", "has no primary key", DECANT_USAGE },
        { "orders:abc", "--row: the source does not accept this SQL", DECANT_USAGE },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const rows[] = { cases[i].row, NULL };
        assert_refused(ask(NULL, rows), cases[i].code, cases[i].message);
        end();
    }
}

static void
plan_counts_them(void **state)
{
    static const char *const rows[] = { "orders:17", NULL };
    (void)state;
    MUST(ask(NULL, rows));
    MUST(plan(true, false, false));
    assert_text_has("sample of 0 %");
    told.options.rate = 0.05;
    assert_refused(plan(true, false, false), DECANT_USAGE, "exclude each other");
    end();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        FACT(a_row_comes_with_all_that_it_owns_and_needs),
        FACT(no_rules_are_needed_and_no_table_is_whole),
        FACT(a_row_of_several_columns_is_found),
        FACT(each_row_that_is_missing_is_noticed),
        FACT(what_cannot_be_asked_for_is_refused),
        FACT(plan_counts_them),
    };
    return cmocka_run_group_tests_name("pull_row", tests, begin_folder, end_folder);
}
