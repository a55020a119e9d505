/* SPDX-License-Identifier: PostgreSQL */
#include "rehearsed.h"

static struct rehearsal r;
static struct rules_rehearse rules;

/* The findings as lines: "!" where an answer is needed. */
static const char *
judged(void)
{
    static struct buf out;
    const struct policy policy = { &rules, "2026-11-30", NULL };
    rehearsal_feel(&r);
    policy_judge(&policy, &r);
    buf_reset(&out);
    for (int i = 0; i < r.nfindings; i++)
        buf_printf(&out, "%s%s %s\n", write_is_open(&r.findings[i]) ? "!" : ".", r.findings[i].code,
                   r.findings[i].relation != NULL ? r.findings[i].relation : "");
    return buf_str(&out);
}

static int
begin(void **state)
{
    (void)state;
    rehearsed_begin(&r);
    rehearse_init(&rules);
    return 0;
}

static int
end(void **state)
{
    (void)state;
    rehearsed_end(&r);
    return 0;
}

static void
a_change_of_the_catalog_alone_needs_no_answer(void **state)
{
    (void)state;
    add_step(&r, "ALTER TABLE t ADD COLUMN a int", "ALTER TABLE");
    add_hold(&r, 1, LOCK_ACCESS_EXCLUSIVE, 10);
    assert_string_equal(judged(), "");
    assert_string_equal(rehearsal_verdict(&r), "holds");
}

static void
a_large_table_must_not_be_rewritten(void **state)
{
    (void)state;
    add_step(&r, "ALTER TABLE t ALTER COLUMN a TYPE bigint", "ALTER TABLE");
    add_hold(&r, 1, LOCK_ACCESS_EXCLUSIVE, 10);
    add_effect(&r, EFFECT_REWRITE, "public.t", 'r', 0);
    add_effect(&r, EFFECT_REBUILD, "public.t_a", 'i', 0);
    add_effect(&r, EFFECT_SCAN, "public.t", 'r', 1000);
    add_effect(&r, EFFECT_REWRITE, "public.p", 'r', 0);
    assert_string_equal(judged(), "!table-rewritten public.t\n.table-rewritten public.p\n");
    assert_string_equal(rehearsal_verdict(&r), "breached");
}

static void
size_is_that_of_production(void **state)
{
    struct proportion *p = mem_alloc(sizeof *p);
    (void)state;
    *p = (struct proportion){ "public.p", 10, 1000000 };
    r.proportions = p;
    r.nproportions = 1;
    add_step(&r, "ALTER TABLE p ALTER COLUMN a TYPE bigint", "ALTER TABLE");
    add_effect(&r, EFFECT_REWRITE, "public.p", 'r', 0);
    add_effect(&r, EFFECT_SCAN, "public.p", 'r', 1000);
    assert_string_equal(judged(), "!table-rewritten public.p\n.holds-in-sample public.p\n");
}

/* Of partitions and indexes, too, whose rows no proportion tells. */
static void
the_manifest_wins_over_the_size_of_the_copy(void **state)
{
    static const struct production_size sizes[] = { { "public.p", 5 }, { "public.t_a", 7 } };
    (void)state;
    r.sizes = sizes;
    r.nsizes = 2;
    assert_true(rehearsal_production_bytes(&r, "public.p") == 5);
    assert_true(rehearsal_production_bytes(&r, "public.t_a") == 7);
    assert_true(rehearsal_production_bytes(&r, "public.t") ==
                (double)rehearsal_bytes(&r, "public.t"));
    r.nsizes = 0;
}

static void
indexes_are_built_beside_writers(void **state)
{
    (void)state;
    add_step(&r, "CREATE INDEX i ON t (a)", "CREATE INDEX");
    add_hold(&r, 1, LOCK_SHARE, 10);
    add_effect(&r, EFFECT_SCAN, "public.t", 'r', 1000);
    assert_string_equal(judged(), "!index-not-concurrent public.t\n!scanned-under-lock public.t\n");
}

static void
an_index_that_is_built_anew_is_told_by_its_table(void **state)
{
    (void)state;
    add_step(&r, "ALTER TABLE t ALTER COLUMN a TYPE text COLLATE \"C\"", "ALTER TABLE");
    add_effect(&r, EFFECT_REBUILD, "public.t_a", 'i', 0);
    assert_string_equal(judged(), "!index-rebuilt public.t_a\n");
}

static void
locks_are_waited_for_with_an_end(void **state)
{
    (void)state;
    add_step(&r, "ALTER TABLE t ADD COLUMN a int", "ALTER TABLE")->lock_timeout_ms = 0;
    add_hold(&r, 1, LOCK_ACCESS_EXCLUSIVE, 10);
    add_step(&r, "UPDATE t SET a = 0", "UPDATE 5")->lock_timeout_ms = 0;
    add_hold(&r, 1, LOCK_ROW_EXCLUSIVE, 10000);
    add_step(&r, "CREATE TABLE new ()", "CREATE TABLE")->lock_timeout_ms = 0;
    add_hold(&r, 9, LOCK_ACCESS_EXCLUSIVE, 10000);
    assert_string_equal(judged(), "!no-lock-timeout public.t\n");
    rules.any_lock_timeout = true;
    r.nfindings = 0;
    assert_string_equal(judged(), "");
}

static void
holds_are_limited_by_what_they_keep_off(void **state)
{
    (void)state;
    add_step(&r, "ALTER TABLE t ADD COLUMN a int", "ALTER TABLE");
    add_hold(&r, 1, LOCK_ACCESS_EXCLUSIVE, 600);
    add_hold(&r, 3, LOCK_SHARE_ROW_EXCLUSIVE, 600);
    assert_string_equal(judged(), "!held-too-long public.t\n");
    rules.limits.write_hold_ms = 100;
    rules.limits.read_hold_ms = 700;
    r.nfindings = 0;
    assert_string_equal(judged(), "!held-too-long public.p\n");
    r.record.holds[1].waited_ms = 590; /* it was waited for, not held */
    r.nfindings = 0;
    assert_string_equal(judged(), "");
}

static void
what_is_lost_or_unfinished_is_found(void **state)
{
    (void)state;
    add_step(&r, "DROP TABLE x", "DROP TABLE");
    r.losses = mem_grow(r.losses, 0, sizeof *r.losses);
    r.losses[r.nlosses++] = (struct loss){ "public.t", NULL, 10, 5, false };
    r.losses = mem_grow(r.losses, 1, sizeof *r.losses);
    r.losses[r.nlosses++] = (struct loss){ "public.t", "a", 10, 0, true };
    r.leftovers = mem_grow(r.leftovers, 0, sizeof *r.leftovers);
    r.leftovers[r.nleftovers++] = (struct leftover){ LEFT_INVALID_INDEX, "public.i", "public.t" };
    r.leftovers = mem_grow(r.leftovers, 1, sizeof *r.leftovers);
    r.leftovers[r.nleftovers++] = (struct leftover){ LEFT_NOT_VALIDATED, "k", "public.t" };
    r.leftovers = mem_grow(r.leftovers, 2, sizeof *r.leftovers);
    r.leftovers[r.nleftovers++] = (struct leftover){ LEFT_KEY_WITHOUT_INDEX, "k", "public.t" };
    assert_string_equal(judged(), "!invalid-index public.i\n!key-without-index public.t\n"
                                  "!rows-lost public.t\n!values-lost public.t\n"
                                  ".constraint-not-validated public.t\n");
    rules.may_lose = true;
    r.nfindings = 0;
    assert_non_null(strstr(judged(), ".rows-lost public.t\n.values-lost public.t\n"));
}

static void
a_statement_that_fails_is_a_failure_unless_the_command_expects_it(void **state)
{
    struct step *step;
    (void)state;
    step = add_step(&r, "INSERT INTO t VALUES (0)", "");
    step->sqlstate = "23505";
    step->schema = "public";
    step->table = "t";
    step->constraint = "t_pkey";
    assert_string_equal(judged(), "!statement-failed public.t\n");
    assert_string_equal(rehearsal_verdict(&r), "failed");
    r.is_command = true;
    r.nfindings = 0;
    assert_string_equal(judged(), ".statement-failed public.t\n");
    assert_string_equal(rehearsal_verdict(&r), "holds");
    r.status = 1;
    assert_string_equal(rehearsal_verdict(&r), "failed");
}

static void
what_was_not_seen_does_not_hold(void **state)
{
    (void)state;
    assert_string_equal(rehearsal_verdict(&r), "not observed");
    add_step(&r, "SELECT 0", "SELECT 1");
    assert_string_equal(rehearsal_verdict(&r), "holds");
    r.record.lost = 1;
    assert_string_equal(rehearsal_verdict(&r), "not observed");
}

static void
waits_count_where_somebody_waited(void **state)
{
    (void)state;
    add_step(&r, "ALTER TABLE t ADD COLUMN a int", "ALTER TABLE");
    add_hold(&r, 1, LOCK_ACCESS_EXCLUSIVE, 10);
    rehearsal_feel(&r);
    assert_int_equal(r.nfelt, 2); /* readers, and writers */
    r.felt[0].is_probed = true;
    r.felt[0].ms = 1500;
    assert_string_equal(judged(), "!users-waited public.t\n");
}

static void
what_is_allowed_needs_a_reason_and_may_end(void **state)
{
    struct rules_rehearse_allow allowed[] = {
        { "table-rewritten", "public.p", "another table", NULL },
        { "table-rewritten", "public.t", "it ended", "2026-11-29" },
        { "table-rewritten", NULL, "at night", "2026-11-30" },
    };
    (void)state;
    add_step(&r, "ALTER TABLE t ALTER COLUMN a TYPE bigint", "ALTER TABLE");
    add_effect(&r, EFFECT_REWRITE, "public.t", 'r', 0);
    rules.allowed = allowed;
    rules.nallowed = 2;
    assert_string_equal(judged(), "!table-rewritten public.t\n");
    r.nfindings = 0;
    rules.nallowed = 3;
    assert_string_equal(judged(), ".table-rewritten public.t\n");
    assert_string_equal(r.findings[0].allowed, "at night");
}

static void
a_baseline_knows_findings_by_their_numbers(void **state)
{
    char id[17];
    (void)state;
    add_step(&r, "ALTER TABLE t ALTER COLUMN a TYPE bigint", "ALTER TABLE");
    add_effect(&r, EFFECT_REWRITE, "public.t", 'r', 0);
    assert_string_equal(judged(), "!table-rewritten public.t\n");
    snprintf(id, sizeof id, "%s", r.findings[0].id);
    assert_string_equal(id, "71fd28519bf6b9e3"); /* the same in every release */
    const struct policy policy = { &rules, "2026-11-30", id };
    r.nfindings = 0;
    policy_judge(&policy, &r);
    assert_true(r.findings[0].is_known);
    assert_string_equal(rehearsal_verdict(&r), "holds");
}

static void
further_runs_are_judged_too(void **state)
{
    struct step *step;
    (void)state;
    add_step(&r, "CREATE TABLE a ()", "CREATE TABLE");
    r.twice.was_run = r.down.was_run = true;
    step = record_step(&r.twice.record);
    step->sqlstate = "42P07";
    r.down.is_command = true;
    r.down.status = 3;
    r.down_changes = mem_grow(NULL, 0, sizeof *r.down_changes);
    r.down_changes[r.ndown++] = (struct change){ "TABLE", "public.a", NULL, "CREATE TABLE a ();" };
    assert_string_equal(judged(), "!not-reversed \n!not-reversed public.a\n.not-repeatable \n");
}

static void
modes_conflict_as_the_manual_says(void **state)
{
    static const char *const table[] = { /* table 13.2: rows wanted, columns held */
                                         ".......X", "......XX", "....XXXX", "...XXXXX",
                                         "..XX.XXX", "..XXXXXX", ".XXXXXXX", "XXXXXXXX"
    };
    (void)state;
    for (int wanted = 1; wanted < LOCK_MODES; wanted++)
        for (int held = 1; held < LOCK_MODES; held++)
            assert_int_equal(lock_conflicts((enum lock_mode)held, (enum lock_mode)wanted),
                             table[wanted - 1][held - 1] == 'X');
    assert_int_equal(lock_mode_of("ShareRowExclusiveLock"), LOCK_SHARE_ROW_EXCLUSIVE);
    assert_int_equal(lock_mode_of("SIReadLock"), LOCK_NONE);
}

int
main(void)
{
#define FACT(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        FACT(a_change_of_the_catalog_alone_needs_no_answer),
        FACT(a_large_table_must_not_be_rewritten),
        FACT(size_is_that_of_production),
        FACT(the_manifest_wins_over_the_size_of_the_copy),
        FACT(indexes_are_built_beside_writers),
        FACT(an_index_that_is_built_anew_is_told_by_its_table),
        FACT(locks_are_waited_for_with_an_end),
        FACT(holds_are_limited_by_what_they_keep_off),
        FACT(what_is_lost_or_unfinished_is_found),
        FACT(a_statement_that_fails_is_a_failure_unless_the_command_expects_it),
        FACT(what_was_not_seen_does_not_hold),
        FACT(waits_count_where_somebody_waited),
        FACT(what_is_allowed_needs_a_reason_and_may_end),
        FACT(a_baseline_knows_findings_by_their_numbers),
        FACT(further_runs_are_judged_too),
        FACT(modes_conflict_as_the_manual_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
