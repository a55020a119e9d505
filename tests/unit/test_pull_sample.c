/* SPDX-License-Identifier: PostgreSQL */
/* Samples: which rows come, why, and that they are the same ones tomorrow. */
#include "jobs.h"
#include "sampled.h"
#include "server.h"

static void
pull_sample(const char *rules)
{
    begin("sampled", rules);
    told.options.no_mask = true;
    MUST(pull());
}

/* ---- closed, and exact */

static void
no_reference_leads_out_of_the_copy(void **state)
{
    static const char *const rules[] = { SAMPLED_RULES, SAMPLED_REQUIRE };
    (void)state;
    for (int i = 0; i < 2; i++) {
        pull_sample(rules[i]);
        assert_int_equal(count("SELECT count(*) FROM pragma_foreign_key_check"), 0);
        assert_int_equal(count("SELECT count(*) FROM orders WHERE customer NOT IN (SELECT id FROM "
                               "customers)"),
                         0);
        assert_int_equal(
            count("SELECT count(*) FROM lines WHERE sku NOT IN (SELECT sku FROM products)"), 0);
        assert_in_range(count("SELECT count(*) FROM customers"), 15, 100);
        end();
    }
}

/* What a sampled customer owns is there to the last row: the source has 1 + i * 7 % 120 */
static void
fan_outs_of_owners_are_exact(void **state)
{
    int64_t expected[121] = { 0 };
    (void)state;
    for (int i = 1; i <= 160; i++)
        expected[1 + i * 7 % 120]++;
    expected[9] += 60;
    pull_sample(SAMPLED_RULES "  cap: none\n");
    for (int id = 1; id <= 120; id++) {
        char sql[200];
        snprintf(sql, sizeof sql, "SELECT count(*) FROM customers WHERE id = %d", id);
        if (count(sql) == 0)
            continue;
        snprintf(sql, sizeof sql, "SELECT count(*) FROM orders WHERE customer = %d", id);
        if (count(sql) != expected[id])
            fail_msg("customer %d has %s orders, %d in the source", id, cell(sql),
                     (int)expected[id]);
    }
    end();
}

static void
a_whale_does_not_bring_more_than_its_cap(void **state)
{
    (void)state;
    pull_sample(SAMPLED_RULES);
    int64_t whale = count("SELECT count(*) FROM orders WHERE customer = 9");
    assert_true(whale <= 30); /* of its 61: its probability is larger, its children's the rate */
    MUST(report("json", true));
    assert_text_has("\"capped\":");
    end();
}

static void
tables_that_nobody_named_come_whole_and_schema_only_ones_empty(void **state)
{
    (void)state;
    pull_sample(SAMPLED_RULES);
    assert_int_equal(count("SELECT count(*) FROM countries"), 8);
    assert_int_equal(count("SELECT count(*) FROM audit"), 0);
    end();
}

/* ---- keys that are changed */

static void
changed_keys_are_counted_and_told(void **state)
{
    struct buf line = { 0 };
    (void)state;
    pull_sample(SAMPLED_RULES);
    /* every sixth customer has a referrer; those that are not there are NULL now */
    buf_printf(&line, "nulled public.customers.customers_referrer_fkey ");
    assert_true(has_note(buf_str(&line)));
    assert_int_equal(count("SELECT count(*) FROM customers WHERE referrer IS NOT NULL AND (id % 6 "
                           "<> 0 OR referrer <> id / 3)"),
                     0);
    assert_true(has_note("reassigned public.calls.calls_agent_fkey "));
    assert_int_equal(count("SELECT count(*) FROM calls WHERE agent IS NULL"), 0);
    assert_int_equal(count("SELECT count(*) FROM calls WHERE agent NOT IN (SELECT id FROM agents)"),
                     0);
    assert_true(count("SELECT count(*) FROM agents") < 30);
    buf_deinit(&line);
    end();
}

static void
rows_that_dangle_in_the_source_are_copied_and_told(void **state)
{
    (void)state;
    pull_sample(SAMPLED_RULES);
    int64_t dangling = count("SELECT count(DISTINCT order_id) FROM refunds WHERE order_id NOT IN "
                             "(SELECT id FROM orders)");
    char note[100];
    snprintf(note, sizeof note, "dangling-in-source public.orders %lld\n", (long long)dangling);
    assert_true(dangling > 0);
    if (!has_note(note))
        fail_msg("no '%s' in %s", note, buf_str(&told.notes));
    end();
    begin("sampled", SAMPLED_RULES "  dangling: stop\n");
    told.options.no_mask = true;
    bool ok = pull();
    assert_refused(ok, DECANT_REFUSED, "are not in 'public.orders' of the source");
    assert_folder_has(" key rules.yaml");
    end();
}

/* ---- the same rows */

static void
key_rules_and_rows_alone_decide_which_rows_are_in(void **state)
{
    struct buf first = { 0 }, again = { 0 };
    (void)state;
    for (int jobs = 0; jobs < 4; jobs += 1 + (jobs == 1)) {
        begin("sampled", SAMPLED_REQUIRE);
        told.options.no_mask = true;
        told.options.jobs = jobs;
        MUST(pull());
        read_file(told.target, &again);
        if (jobs == 0)
            read_file(told.target, &first);
        assert_int_equal(again.len, first.len);
        assert_memory_equal(again.data, first.data, first.len);
        end();
    }
    buf_deinit(&first);
    buf_deinit(&again);
}

/* A smaller rate chooses a part of what a larger one chooses. */
static void
rows_that_are_asked_for_come_with_all_that_they_own(void **state)
{
    (void)state;
    pull_sample(SAMPLED_REQUIRE);
    assert_int_equal(count("SELECT count(*) FROM customers WHERE id IN (3, 5)"), 2);
    assert_int_equal(count("SELECT count(*) FROM reviews WHERE customer IN (3, 5)"), 1);
    assert_int_equal(count("SELECT count(*) FROM calls WHERE agent NOT IN (SELECT id FROM agents)"),
                     0);
    end();
}

static void
rare_values_are_in_where_edges_are_asked_for(void **state)
{
    (void)state;
    pull_sample(SAMPLED_REQUIRE);
    /* six of 120; rows of a value that fewer than five share would tell somebody */
    assert_true(count("SELECT count(*) FROM customers WHERE plan = 'rare'") >= 2);
    assert_true(count("SELECT count(DISTINCT stars) FROM reviews") == 6);
    end();
}

/* ---- budgets */

/* Gone from one row to the next: what was chosen and what is there do not agree. */

int
main(void)
{
    const struct CMUnitTest tests[] = {
        FACT(no_reference_leads_out_of_the_copy),
        FACT(fan_outs_of_owners_are_exact),
        FACT(a_whale_does_not_bring_more_than_its_cap),
        FACT(tables_that_nobody_named_come_whole_and_schema_only_ones_empty),
        FACT(changed_keys_are_counted_and_told),
        FACT(rows_that_dangle_in_the_source_are_copied_and_told),
        FACT(key_rules_and_rows_alone_decide_which_rows_are_in),
        FACT(rows_that_are_asked_for_come_with_all_that_they_own),
        FACT(rare_values_are_in_where_edges_are_asked_for),
    };
    return cmocka_run_group_tests(tests, begin_folder, end_folder);
}
