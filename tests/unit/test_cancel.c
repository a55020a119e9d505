/* SPDX-License-Identifier: PostgreSQL */
/* A job that is told to stop does so at any of its phases, and leaves what was there. */
#include "faults.h"
#include "masked.h"
#include "server.h"

#define OLD "the copy of yesterday"

static void
assert_untouched(const char *names)
{
    struct buf bytes = { 0 };
    read_file(told.target, &bytes);
    assert_string_equal(buf_str(&bytes), OLD);
    assert_folder_has(names);
    buf_deinit(&bytes);
}

static void
begin_old(const char *script, const char *rules)
{
    begin(script, rules);
    write_file(told.target, OLD);
    told.options.overwrite = true;
}

/* What is in place stays in place. (The first fact: a script knows the snapshot of the first run,
 * which must go on to use it.) */
static void
behind_the_swap_it_is_too_late(void **state)
{
    (void)state;
    begin_old("job", NULL);
    told.cancels = true;
    told.cancel_at = DECANT_PHASE_SWAPPED;
    MUST(pull());
    assert_int_equal(count("SELECT count(*) FROM people"), 40);
    end();
}

static void
a_pull_stops_at_every_phase_before_the_swap(void **state)
{
    static const enum decant_phase phases[] = {
        DECANT_PHASE_CONNECTED, DECANT_PHASE_SNAPSHOT,   DECANT_PHASE_CATALOG,
        DECANT_PHASE_SCHEMA,    DECANT_PHASE_TABLE_OPEN, DECANT_PHASE_TABLE_DONE,
        DECANT_PHASE_DATA,      DECANT_PHASE_INDEXES,    DECANT_PHASE_CHECKS,
        DECANT_PHASE_SWAP,
    };
    (void)state;
    for (size_t i = 0; i < sizeof phases / sizeof *phases; i++)
        for (int jobs = 0; jobs < 2; jobs++) {
            begin_old("job", NULL);
            told.options.jobs = jobs;
            told.cancels = true;
            told.cancel_at = phases[i];
            bool ok = pull();
            if (ok || told.err.code != DECANT_CANCELLED)
                fail_msg("phase %d: code %d: %s", phases[i], told.err.code, told.err.message);
            assert_string_equal(told.err.message, "cancelled");
            assert_int_equal(times_heard(DECANT_PHASE_SWAPPED), 0);
            assert_int_equal(times_heard(DECANT_PHASE_DONE), 0);
            assert_untouched(" copy.sqlite");
            end();
        }
}

static bool
do_nothing(char **text, struct decant_error *err)
{
    (void)text;
    return decant_job_pull(told.job, err);
}

static bool
do_verify(char **text, struct decant_error *err)
{
    (void)text;
    return decant_job_verify(told.job, err);
}

static bool
do_check(char **text, struct decant_error *err)
{
    return decant_job_check(told.job, DECANT_GRANTS_NONE, text, err);
}

static bool
do_plan(char **text, struct decant_error *err)
{
    return decant_job_plan(told.job, false, false, false, text, err);
}

static bool
do_explain_columns(char **text, struct decant_error *err)
{
    return decant_job_explain(told.job, NULL, "public.accounts", text, err);
}

static bool
do_explain_row(char **text, struct decant_error *err)
{
    return decant_job_explain(told.job, "public.accounts:1", NULL, text, err);
}

static bool
do_preview(char **text, struct decant_error *err)
{
    return decant_job_preview(told.job, "accounts", text, err);
}

static bool
do_init(char **text, struct decant_error *err)
{
    unlink(told.rules);
    return decant_job_init(told.job, text, err);
}

/* From a signal that comes before the work. */
static void
a_job_that_was_cancelled_before_it_began_does_nothing(void **state)
{
    static bool (*const works[])(char **, struct decant_error *) = {
        do_nothing, do_check, do_plan, do_explain_columns, do_explain_row, do_preview, do_init,
    };
    (void)state;
    for (size_t i = 0; i < sizeof works / sizeof *works; i++) {
        begin_old("masked", MASKED_SAMPLE);
        new_job();
        decant_job_cancel(told.job);
        decant_job_cancel(told.job); /* once more is no harm */
        bool ok = works[i](&told.text, &told.err);
        done(ok);
        if (ok || told.err.code != DECANT_CANCELLED)
            fail_msg("work %d: code %d: %s", (int)i, told.err.code, told.err.message);
        assert_string_equal(told.err.message, "cancelled");
        assert_true(told.text == NULL || told.text[0] == '\0');
        assert_untouched(works[i] == do_init ? " copy.sqlite key" : " copy.sqlite key rules.yaml");
        end();
    }
}

static void
a_verify_that_was_cancelled_says_nothing_of_the_copy(void **state)
{
    (void)state;
    begin("masked", MASKED_RULES);
    MUST(pull());
    const char *source = told.options.source;
    for (int with_source = 0; with_source < 2; with_source++) {
        told.options.source = with_source ? source : NULL;
        new_job();
        decant_job_cancel(told.job);
        bool ok = do_verify(NULL, &told.err);
        done(ok);
        assert_refused(ok, DECANT_CANCELLED, "cancelled");
        assert_int_equal(times_heard(DECANT_PHASE_PROVED), 0);
        assert_int_equal(times_heard(DECANT_PHASE_VERDICT), 0);
    }
    end();
}

static void
a_job_that_does_not_exist_can_be_freed(void **state)
{
    (void)state;
    decant_job_free(NULL);
    struct decant_options options;
    decant_options_init(&options);
    assert_int_equal(options.jobs, -1);
    assert_int_equal(options.keep, -1);
    assert_false(options.no_mask);
    assert_true(options.lock_timeout_ms > 0 && options.yield_after_ms > 0);
    assert_true(options.memory_bytes > 0 && options.max_snapshot_age_ms > 0);
    assert_null(options.source);
    assert_null(options.target);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        FACT(behind_the_swap_it_is_too_late),
        FACT(a_pull_stops_at_every_phase_before_the_swap),
        FACT(a_job_that_was_cancelled_before_it_began_does_nothing),
        FACT(a_verify_that_was_cancelled_says_nothing_of_the_copy),
        FACT(a_job_that_does_not_exist_can_be_freed),
    };
    return cmocka_run_group_tests(tests, begin_folder, end_folder);
}
