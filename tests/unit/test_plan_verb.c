/* SPDX-License-Identifier: PostgreSQL */
/* What a plan says is what a pull does. */
#include "jobs.h"
#include "sampled.h"
#include "server.h"

/* A cell of the plan as JSON. */
static const char *
planned(const char *path)
{
    struct buf sql = { 0 };
    buf_puts(&sql, "SELECT json_extract('");
    for (const char *p = told.text; *p != '\0'; p++)
        buf_puts(&sql, *p == '\'' ? "''" : (char[]){ *p, '\0' });
    buf_printf(&sql, "', '%s')", path);
    sqlite3 *db;
    sqlite3_stmt *statement = NULL;
    static char out[2000];
    sqlite3_open(":memory:", &db);
    if (sqlite3_prepare_v2(db, buf_str(&sql), -1, &statement, NULL) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW)
        fail_msg("%s: %s", path, sqlite3_errmsg(db));
    const char *text = (const char *)sqlite3_column_text(statement, 0);
    snprintf(out, sizeof out, "%s", text != NULL ? text : "NULL");
    sqlite3_finalize(statement);
    sqlite3_close(db);
    buf_deinit(&sql);
    return out;
}

/* ... of the table or key that is called so. */
static const char *
planned_of(const char *list, const char *name, const char *member)
{
    char path[200];
    for (int i = 0; i < 40; i++) {
        snprintf(path, sizeof path, "$.%s[%d].name", list, i);
        if (strcmp(planned(path), name) != 0)
            continue;
        snprintf(path, sizeof path, "$.%s[%d].%s", list, i, member);
        return planned(path);
    }
    fail_msg("no %s in %s", name, told.text);
    return NULL;
}

static void
a_plan_tells_roles_owners_and_policies(void **state)
{
    static const struct {
        const char *list, *name, *member, *value;
    } cases[] = {
        { "tables", "public.customers", "role", "root" },
        { "tables", "public.customers", "rate", "0.25" },
        { "tables", "public.customers", "rows", "120.0" },
        { "tables", "public.orders", "role", "owned" },
        { "tables", "public.orders", "owner", "customer" },
        { "tables", "public.lines", "owner", "order_id" },
        { "tables", "public.countries", "role", "whole" },
        { "tables", "public.audit", "role", "schema only" },
        { "foreign_keys", "public.lines.sku", "policy", "pull" },
        { "foreign_keys", "public.calls.agent", "policy", "reassign" },
        { "foreign_keys", "public.customers.referrer", "policy", "null" },
        { "foreign_keys", "public.orders.customer", "policy", "owner" },
        { "foreign_keys", "public.customers.country", "policy", "-" },
        { "foreign_keys", "public.orders.customer", "parent", "public.customers" },
        { "foreign_keys", "public.orders.customer", "effect",
          "fan-out exact, zeros included, for sampled parents" },
        { "foreign_keys", "public.calls.agent", "effect",
          "fan-out kept in shape; who belongs to whom is made up" },
        { "foreign_keys", "public.customers.referrer", "effect",
          "rows without this parent refer to none" },
    };
    (void)state;
    begin("sampled", SAMPLED_RULES);
    told.options.no_mask = true;
    MUST(plan(false, true, false));
    assert_string_equal(planned("$.format"), "1");
    assert_string_equal(planned("$.seed"), "v1");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *is = planned_of(cases[i].list, cases[i].name, cases[i].member);
        if (strcmp(is, cases[i].value) != 0)
            fail_msg("%s of %s: '%s'", cases[i].member, cases[i].name, is);
    }
    end();
}

/* Needs no key, writes nothing, chooses nothing. */
static void
a_plan_needs_no_key_and_leaves_nothing_behind(void **state)
{
    (void)state;
    begin("sampled", SAMPLED_RULES);
    unlink(told.key);
    told.options.key_file = NULL;
    told.options.target = NULL;
    told.options.no_mask = true;
    unsetenv("DECANT_KEY_FILE");
    MUST(plan(false, false, false));
    assert_folder_has(" rules.yaml");
    assert_text_has("sizes are the planner's; --exact chooses the rows and counts them");
    assert_text_lacks("COPY (");
    assert_refused(plan(true, false, false), DECANT_REFUSED,
                   "no key says which rows are in the sample");
    assert_null(told.text);
    end();
}

/* The heart of it: what --exact counts is what a pull brings, table by table. */
static void
an_exact_plan_counts_the_rows_of_the_pull(void **state)
{
    static const char *const tables[] = { "countries", "customers", "products", "orders",
                                          "lines",     "reviews",   "agents",   "calls",
                                          "visits",    "refunds",   "audit" };
    static const char *const origins[] = {
        "sample", "whole", "completed", "pulled", "asked", "edge"
    };
    static const char *const rules[] = { SAMPLED_RULES, SAMPLED_REQUIRE };
    (void)state;
    for (int r = 0; r < 2; r++) {
        int64_t expected[11] = { 0 };
        begin("sampled", rules[r]);
        told.options.no_mask = true;
        MUST(plan(true, true, false));
        for (int i = 0; i < 11; i++) {
            char name[100];
            snprintf(name, sizeof name, "public.%s", tables[i]);
            for (int o = 0; o < 6; o++)
                expected[i] += atoll(planned_of("tables", name, origins[o]));
        }
        MUST(pull());
        for (int i = 0; i < 11; i++) {
            char sql[100];
            snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", tables[i]);
            if (count(sql) != expected[i])
                fail_msg("%s: %s rows, planned %d", tables[i], cell(sql), (int)expected[i]);
        }
        end();
    }
}

/* And what it predicts without counting is near to that: within four deviations. */
static void
a_prediction_is_near_the_count(void **state)
{
    (void)state;
    begin("sampled", SAMPLED_HEAD "  cap: none\n");
    told.options.no_mask = true;
    MUST(plan(true, true, false));
    double count = atof(planned_of("tables", "public.customers", "sample"));
    MUST(plan(false, true, false));
    double expected = atof(planned_of("tables", "public.customers", "expected_sampled"));
    double sd = atof(planned_of("tables", "public.customers", "expected_sd"));
    assert_true(expected == 30);
    assert_true(sd > 4 && sd < 5.5); /* sqrt(120 * 0.25 * 0.75) */
    assert_true(count > expected - 4 * sd && count < expected + 4 * sd);
    end();
}

static void
a_plan_for_people_has_the_same_words(void **state)
{
    (void)state;
    begin("sampled", SAMPLED_RULES);
    told.options.no_mask = true;
    MUST(plan(false, false, true));
    assert_text_has("sample of 25 %, seed v1, no parent brings more than 5 % of a table");
    assert_text_has("public.orders                        owned");
    assert_text_has("by customer\n");
    assert_text_has("(pinned)");
    assert_text_has("load on the source: 3 connections, about ");
    assert_text_has("\nCOPY (SELECT decant_row.\"code\"");
    MUST(plan(true, false, false));
    assert_text_has("hollow");
    assert_text_has("capped");
    assert_text_has(" rows changed");
    assert_text_lacks("--exact");
    end();
}

static void
rows_that_a_required_parent_leaves_out_are_counted(void **state)
{
    (void)state;
    begin("sampled", SAMPLED_REQUIRE);
    told.options.no_mask = true;
    MUST(plan(true, true, false));
    int64_t out = atoll(planned_of("foreign_keys", "public.calls.agent", "left_out"));
    assert_true(out > 0);
    MUST(plan(true, false, false));
    assert_text_has(" rows left out");
    end();
}

static void
options_win_over_the_rules(void **state)
{
    (void)state;
    begin("sampled", SAMPLED_RULES);
    told.options.no_mask = true;
    told.options.rate = 0.5;
    MUST(plan(false, true, false));
    assert_string_equal(planned("$.rate"), "0.5");
    assert_string_equal(planned_of("tables", "public.customers", "rate"), "0.5");
    end();
}

static void
without_a_sample_there_is_nothing_to_plan(void **state)
{
    (void)state;
    begin("sampled", "version: 1\n");
    assert_refused(plan(false, false, false), DECANT_USAGE, "no rules say what is sampled");
    assert_non_null(strstr(told.err.hint, "sample"));
    assert_null(told.text);
    told.options.rules = NULL;
    assert_refused(plan(false, true, false), DECANT_USAGE, "no rules say what is sampled");
    assert_int_equal(told.nphases, 0);
    end();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        FACT(a_plan_tells_roles_owners_and_policies),
        FACT(a_plan_needs_no_key_and_leaves_nothing_behind),
        FACT(an_exact_plan_counts_the_rows_of_the_pull),
        FACT(a_prediction_is_near_the_count),
        FACT(a_plan_for_people_has_the_same_words),
        FACT(rows_that_a_required_parent_leaves_out_are_counted),
        FACT(options_win_over_the_rules),
        FACT(without_a_sample_there_is_nothing_to_plan),
    };
    return cmocka_run_group_tests(tests, begin_folder, end_folder);
}
