/* SPDX-License-Identifier: PostgreSQL */
/* How much a sample takes, and what it must be like: rates, budgets, limits, the gate. */
#include "jobs.h"
#include "sampled.h"
#include "server.h"

static void
begin_small(const char *rules)
{
    begin("sampled", rules);
    told.options.no_mask = true;
    select_table("public.customers");
    select_table("public.countries");
    select_table("public.orders");
}

static void
read_ids(struct buf *out)
{
    buf_reset(out);
    buf_printf(out, ",%s,",
               cell("SELECT group_concat(id) FROM (SELECT id FROM customers ORDER BY "
                    "id)"));
}

static void
a_smaller_rate_has_a_part_of_a_larger_one(void **state)
{
    struct buf small = { 0 }, large = { 0 };
    (void)state;
    begin_small(SMALL_RULES); /* whales have a rate of their own */
    told.options.rate = 0.1;
    MUST(pull());
    read_ids(&small);
    told.options.rate = 0.25;
    told.options.allow_shrink = true;
    MUST(pull());
    read_ids(&large);
    assert_true(large.len > small.len);
    for (char *rest = small.data, *id; (id = strtok_r(rest, ",", &rest)) != NULL;) {
        char wanted[20];
        snprintf(wanted, sizeof wanted, ",%s,", id);
        if (strstr(buf_str(&large), wanted) == NULL)
            fail_msg("customer %s", id);
    }
    buf_deinit(&small);
    buf_deinit(&large);
    end();
}

static void
another_seed_chooses_other_rows(void **state)
{
    struct buf first = { 0 }, other = { 0 };
    (void)state;
    begin_small(SMALL_RULES);
    MUST(pull());
    read_ids(&first);
    write_file(told.rules, SMALL_RULES "  seed: v2\n");
    told.options.allow_shrink = true;
    MUST(pull());
    read_ids(&other);
    assert_string_not_equal(buf_str(&first), buf_str(&other));
    buf_deinit(&first);
    buf_deinit(&other);
    end();
}

/* ---- what is asked for */

static void
a_budget_of_rows_is_kept_and_filled(void **state)
{
    (void)state;
    for (int rows = 300; rows <= 300; rows++) {
        begin_small(SMALL_RULES);
        told.options.rows = rows;
        MUST(pull());
        assert_in_range(told.rows, rows * 80 / 100, rows);
        end();
    }
}

static void
a_budget_that_no_rate_can_keep_is_refused_with_the_tables(void **state)
{
    (void)state;
    begin_small(SMALL_RULES);
    told.options.rows = 3;
    assert_refused(pull(), DECANT_REFUSED, "the budget cannot be kept: at the lowest rate");
    assert_true(strstr(told.err.hint, "public.countries (8)") != NULL);
    assert_folder_has(" key rules.yaml");
    end();
}

static void
what_the_source_must_read_is_limited(void **state)
{
    (void)state;
    begin_small(SMALL_RULES);
    told.options.max_read_bytes = 1000;
    assert_refused(pull(), DECANT_REFUSED, "--max-read allows 0");
    assert_int_equal(times_heard(DECANT_PHASE_TABLE_OPEN), 0);
    told.options.max_read_bytes = 1 << 30;
    MUST(pull());
    end();
}

static void
keys_of_chosen_rows_take_no_more_than_their_memory(void **state)
{
    (void)state;
    begin_small(SMALL_RULES);
    told.options.memory_bytes = 1024;
    bool ok = pull();
    assert_refused(ok, DECANT_REFUSED, "");
    assert_true(strstr(told.err.hint, "--memory") != NULL ||
                strstr(told.err.message, "--memory") != NULL);
    assert_folder_has(" key rules.yaml");
    end();
}

/* ---- options */

static void
extents_exclude_each_other_and_need_rules(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        begin_small(SMALL_RULES);
        told.options.rate = i != 0 ? 0.5 : 0;
        told.options.rows = i != 1 ? 10 : 0;
        told.options.size = i != 2 ? 1000 : 0;
        assert_refused(pull(), DECANT_USAGE,
                       "--rate, --rows, --size, --row and --cover exclude each other");
        told.options.rules = NULL;
        assert_refused(pull(), DECANT_USAGE, "need rules: -c FILE is missing");
        assert_int_equal(told.nphases, 0);
        end();
    }
}

static void
a_bare_name_in_a_sub_select_is_noted(void **state)
{
    (void)state;
    begin_small(SMALL_RULES "  tables:\n"
                            "    public.orders: {where: \"exists (select 1 from "
                            "public.countries c where total > 1)\"}\n");
    MUST(pull());
    assert_true(has_note("captured-name "));
    assert_int_equal(count("SELECT count(*) FROM orders WHERE total <= 1"), 0);
    end();
}

static void
a_condition_that_the_source_refuses_stops_the_pull(void **state)
{
    (void)state;
    begin_small(SMALL_RULES "  tables:\n"
                            "    public.orders: {where: \"no_such_column = 1\"}\n");
    bool ok = pull();
    assert_false(ok);
    assert_true(strstr(told.err.message, "rules.yaml") != NULL ||
                strstr(told.err.context, "orders") != NULL);
    assert_folder_has(" key rules.yaml");
    end();
}

/* ---- likeness */

static void
the_report_judges_the_figures_of_a_sample(void **state)
{
    (void)state;
    begin_small(SMALL_RULES);
    told.options.fail_under = "none";
    MUST(pull());
    assert_true(strstr(told.verdict, "figures are like the source's") != NULL);
    told.options.fail_under = "lenient";
    assert_refused(pull(), DECANT_USAGE, "--fail-under is default, strict or none, not 'lenient'");
    end();
}

static bool
lose_rows(void *ctx, int stream, const struct decant_table *table, struct decant_value *values,
          struct decant_error *err)
{
    (void)ctx, (void)stream, (void)err;
    if (strcmp(table->name, "orders") == 0)
        values[3] = (struct decant_value){ .data = (const uint8_t *)"\0\0\xC3\x50", .len = 4 };
    return true;
}

static void
a_copy_that_is_not_like_its_source_fails_the_gate(void **state)
{
    (void)state;
    begin_small(SMALL_RULES);
    told.options.fail_under = "strict";
    told.options.rate = 0.9; /* of fewer rows nothing can be said */
    struct decant_job *job = new_job();
    decant_job_set_row_hook(job, lose_rows, NULL);
    bool ok = done(decant_job_pull(job, &told.err));
    assert_refused(ok, DECANT_CHECK, "E520 the copy is not like its source: 'public.orders.total'");
    assert_true(strstr(buf_str(&told.findings), "public.orders.total ") != NULL);
    assert_folder_has(" key rules.yaml");
    end();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        FACT(a_smaller_rate_has_a_part_of_a_larger_one),
        FACT(another_seed_chooses_other_rows),
        FACT(a_budget_of_rows_is_kept_and_filled),
        FACT(a_budget_that_no_rate_can_keep_is_refused_with_the_tables),
        FACT(what_the_source_must_read_is_limited),
        FACT(keys_of_chosen_rows_take_no_more_than_their_memory),
        FACT(extents_exclude_each_other_and_need_rules),
        FACT(a_bare_name_in_a_sub_select_is_noted),
        FACT(a_condition_that_the_source_refuses_stops_the_pull),
        FACT(the_report_judges_the_figures_of_a_sample),
        FACT(a_copy_that_is_not_like_its_source_fails_the_gate),
    };
    return cmocka_run_group_tests(tests, begin_folder, end_folder);
}
