/* SPDX-License-Identifier: PostgreSQL */
/* Why a row is in the copy or not, and what the rules make of a column: in agreement with a pull.
 */
#include "jobs.h"
#include "sampled.h"
#include "server.h"

static void
begin_plain(const char *rules)
{
    begin("sampled", rules);
    told.options.no_mask = true;
}

/* For each customer and agent: what explain says is what the copy has. */
static void
a_row_is_explained_as_the_pull_decides(void **state)
{
    (void)state;
    begin_plain(SAMPLED_REQUIRE);
    MUST(pull());
    for (int id = 1; id <= 120; id += 17) {
        char row[60], sql[100];
        snprintf(row, sizeof row, "public.customers:%d", id);
        snprintf(sql, sizeof sql, "SELECT count(*) FROM customers WHERE id = %d", id);
        MUST(explain(row, NULL));
        bool says_no = strstr(told.text, "not in the copy") != NULL;
        if (says_no == (count(sql) == 1))
            fail_msg("%s: %s", row, told.text);
    }
    end();
}

static void
the_reason_is_told(void **state)
{
    (void)state;
    begin_plain(SAMPLED_REQUIRE);
    MUST(explain("public.customers:3", NULL));
    assert_text_has("asked");
    MUST(explain("public.countries:AX", NULL));
    assert_text_has("whole");
    assert_refused(explain("public.customers:999", NULL), DECANT_USAGE,
                   "'public.customers' has no row with this key");
    end();
}

static void
a_key_of_two_columns_is_joined_by_a_comma(void **state)
{
    (void)state;
    begin_plain(SAMPLED_REQUIRE);
    MUST(pull());
    char row[4100];
    snprintf(row, sizeof row, "public.lines:%s",
             cell("SELECT order_id || ',' || no FROM lines LIMIT 1"));
    MUST(explain(row, NULL));
    assert_text_lacks("not in the copy");
    bool ok = explain("public.lines:1", NULL);
    assert_refused(ok, DECANT_USAGE, "");
    end();
}

static void
what_names_no_row_is_refused(void **state)
{
    static const struct {
        const char *row, *message;
    } cases[] = {
        { NULL, "--row is missing, or has no colon" },
        { "", "--row is missing, or has no colon" },
        { "public.customers", "--row is missing, or has no colon" },
        { "customers:1", "--row names no selected table" },
        { "public.customersx:1", "--row names no selected table" },
        { "public.customer:1", "--row names no selected table" },
        { "publicxcustomers:1", "--row names no selected table" },
        { ":1", "--row names no selected table" },
    };
    (void)state;
    begin_plain(SMALL_RULES);
    select_table("public.customers");
    select_table("public.countries");
    select_table("public.orders");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_refused(explain(cases[i].row, NULL), DECANT_USAGE, cases[i].message);
        assert_true(told.err.hint[0] != '\0');
        assert_null(told.text);
    }
    end();
}

static void
rows_need_rules_that_sample(void **state)
{
    (void)state;
    begin_plain("version: 1\n");
    assert_refused(explain("public.customers:1", NULL), DECANT_USAGE,
                   "no rules say what is sampled");
    told.options.rules = NULL;
    assert_refused(explain("public.customers:1", NULL), DECANT_USAGE,
                   "no rules say what is sampled");
    assert_refused(explain(NULL, "public.customers.id"), DECANT_USAGE, "no rules to explain");
    end();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        FACT(a_row_is_explained_as_the_pull_decides),
        FACT(the_reason_is_told),
        FACT(a_key_of_two_columns_is_joined_by_a_comma),
        FACT(what_names_no_row_is_refused),
        FACT(rows_need_rules_that_sample),
    };
    return cmocka_run_group_tests(tests, begin_folder, end_folder);
}
