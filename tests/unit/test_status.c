/* SPDX-License-Identifier: PostgreSQL */
/* Each thing that wants looking at is found, and nothing where all is well. */
#include "night/status.h"

#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "night/metrics.h"
#include "unit.h"

#define RUN_1 "20261129023000x000001"
#define RUN_2 "20261130023000x000002"

/* Two nights, and the second one's copy in place, at nine in the morning. */
struct morning {
    struct arena arena;
    struct night_table tables[2][2];
    struct night nights[3];
    struct journal journal;
    struct status_copy copies[2];
    struct status status;
};

static void
begin(struct morning *m)
{
    static const char *const runs[] = { RUN_1, RUN_2 };
    memset(m, 0, sizeof *m);
    setenv("TZ", "UTC", 1);
    tzset();
    for (int i = 0; i < 2; i++) {
        m->tables[i][0] = (struct night_table){ "s.a", 100 };
        m->tables[i][1] = (struct night_table){ "s.b", 90 };
        int64_t at = clock_of_run(runs[i]);
        m->nights[i] = (struct night){ .run = runs[i],
                                       .began_s = at,
                                       .ended_s = at + 60,
                                       .is_published = true,
                                       .data_s = at + 1,
                                       .rows = 190,
                                       .bytes = 4096,
                                       .ntables = 2,
                                       .tables = m->tables[i] };
        m->copies[1 - i] = (struct status_copy){ runs[i], at, 4096, i == 1 };
    }
    m->journal = (struct journal){ .exists = true,
                                   .nnights = 2,
                                   .nights = m->nights,
                                   .when = "02:30",
                                   .in_place = RUN_2,
                                   .max_age_s = 26 * 3600,
                                   .expires_s = 30 * 86400,
                                   .last_s = m->nights[1].ended_s };
    m->status = (struct status){ .target = "s.db",
                                 .journal_path = "s.db.runs",
                                 .journal = &m->journal,
                                 .now_s = clock_parse("2026-11-30T09:00:00Z"),
                                 .ncopies = 2,
                                 .copies = m->copies };
}

static const struct status_finding *
finding(const struct morning *m, const char *code)
{
    for (int i = 0; i < m->status.nfindings; i++)
        if (strcmp(m->status.findings[i].code, code) == 0)
            return &m->status.findings[i];
    return NULL;
}

/* Only this is found, as a problem or a warning, and it says `text`. */
static void
finds(struct morning *m, const char *code, bool is_problem, const char *text)
{
    status_judge(&m->status, &m->arena);
    const struct status_finding *found = finding(m, code);
    if (found == NULL)
        fail_msg("%s is not found", code);
    assert_int_equal(found->is_problem, is_problem);
    if (strstr(found->text, text) == NULL)
        fail_msg("%s: %s", code, found->text);
    for (int i = 0; i < m->status.nfindings; i++)
        if (strcmp(m->status.findings[i].code, code) != 0)
            fail_msg("%s beside %s", m->status.findings[i].code, code);
    assert_int_equal(m->status.nproblems, is_problem);
    arena_deinit(&m->arena);
}

static void
nothing_is_found_where_all_is_well(void **state)
{
    struct morning m;
    struct buf text = { 0 };
    (void)state;
    begin(&m);
    status_judge(&m.status, &m.arena);
    assert_int_equal(m.status.nfindings, 0);
    assert_int_equal(m.status.next_s, clock_parse("2026-12-01T02:30:00Z"));
    assert_int_equal(m.status.expires_s, m.nights[1].data_s + 30 * 86400);
    status_put_text(&m.status, &text);
    assert_non_null(strstr(buf_str(&text), "s.db: ok\n"));
    assert_non_null(
        strstr(buf_str(&text), "data of 2026-11-30 02:30:01 UTC, 6 hours old, 190 rows"));
    assert_non_null(strstr(buf_str(&text), "1 former copy, the oldest of 2026-11-29 02:30:00 UTC"));
    buf_reset(&text);
    status_put_json(&m.status, &text);
    assert_non_null(strstr(buf_str(&text), "\"state\":\"ok\""));
    assert_non_null(strstr(buf_str(&text), "\"age_s\":23399"));
    assert_non_null(strstr(buf_str(&text), "\"problems\":[],\"warnings\":[]}"));
    buf_deinit(&text);
    arena_deinit(&m.arena);
}

static void
a_target_without_runs_is_a_problem(void **state)
{
    struct morning m;
    (void)state;
    begin(&m);
    m.journal = (struct journal){ 0 };
    m.status.ncopies = 0;
    status_judge(&m.status, &m.arena);
    assert_non_null(finding(&m, "no-run"));
    assert_non_null(finding(&m, "no-copy"));
    assert_int_equal(m.status.nproblems, 2);
    arena_deinit(&m.arena);
}

/* A run of the same night failed, was killed, or is under way. */
static void
the_last_run_is_looked_at(void **state)
{
    struct morning m;
    (void)state;
    for (int i = 0; i < 4; i++) {
        begin(&m);
        m.nights[2] = (struct night){ .run = "20261130083000x000003",
                                      .began_s = clock_parse("2026-11-30T08:30:00Z"),
                                      .status = i == 0 ? 6 : -1,
                                      .stage = i == 0 ? "pull" : NULL,
                                      .message = i == 0 ? "no space left" : NULL };
        m.journal.nnights = 3;
        m.status.is_running = i >= 2;
        if (i == 0) {
            finds(&m, "failed", true, "ended with status 6 in pull: no space left");
        } else if (i == 1) {
            finds(&m, "killed", true, "the run of 2026-11-30 08:30:00 UTC was killed");
        } else if (i == 2) {
            status_judge(&m.status, &m.arena);
            assert_int_equal(m.status.nfindings, 0);
            arena_deinit(&m.arena);
        } else {
            m.journal.max_age_s = 0;
            m.journal.when = NULL;
            m.status.now_s += 2 * 86400;
            finds(&m, "hangs", true, "has not ended for 2 days");
        }
    }
}

static void
a_timer_that_is_dead_is_noticed_after_an_hour(void **state)
{
    struct morning m;
    (void)state;
    begin(&m);
    m.journal.max_age_s = 0;
    m.status.now_s = clock_parse("2026-12-01T03:29:00Z");
    status_judge(&m.status, &m.arena);
    assert_int_equal(m.status.nfindings, 0);
    m.status.now_s = clock_parse("2026-12-01T03:31:00Z");
    finds(&m, "not-run", true, "one was due at 2026-12-01 02:30:00 UTC");
    begin(&m);
    m.journal.max_age_s = 0;
    m.nights[1].began_s -= 600; /* ten minutes before its time is that time */
    status_judge(&m.status, &m.arena);
    assert_int_equal(m.status.nfindings, 0);
    arena_deinit(&m.arena);
}

static void
data_that_is_too_old_is_noticed(void **state)
{
    struct morning m;
    (void)state;
    begin(&m);
    m.journal.when = NULL;
    m.status.now_s = m.nights[1].data_s + 26 * 3600;
    status_judge(&m.status, &m.arena);
    assert_int_equal(m.status.nfindings, 0);
    m.status.now_s++;
    finds(&m, "too-old", true, "the data of the copy is 26 hours old; max_age is 26 hours");
    begin(&m);
    m.journal.when = NULL;
    m.journal.max_age_s = 0;
    m.status.now_s = m.nights[1].data_s + 30 * 86400 + 1;
    finds(&m, "expired", true, "the next run removes it");
}

static void
a_copy_that_is_not_there_is_noticed(void **state)
{
    struct morning m;
    (void)state;
    begin(&m);
    m.status.ncopies = 0;
    finds(&m, "gone", true, "is not there any more");
    begin(&m);
    m.status.ncopies = 0;
    m.nights[1].has_expired = true;
    finds(&m, "expired", true, "has expired, and was removed");
    begin(&m);
    m.status.unreachable = "cannot connect";
    finds(&m, "unreachable", true, "cannot connect");
    begin(&m);
    m.status.manifest_fault = "the manifest is damaged";
    finds(&m, "manifest", true, "damaged");
}

static void
another_copy_than_the_last_is_told(void **state)
{
    struct morning m;
    (void)state;
    begin(&m);
    m.copies[0] = (struct status_copy){ RUN_1, m.nights[0].began_s, 4096, true };
    m.journal.max_age_s = 0;
    finds(&m, "rolled-back", false, "from before the last one");
    begin(&m);
    m.copies[0].run = "";
    m.copies[0].made_s = 0;
    finds(&m, "by-hand", false, "made by no run");
}

static void
a_clock_that_was_set_back_is_noticed(void **state)
{
    struct morning m;
    (void)state;
    begin(&m);
    m.journal.last_s = m.status.now_s + 299; /* clocks of machines differ */
    status_judge(&m.status, &m.arena);
    assert_int_equal(m.status.nfindings, 0);
    m.journal.last_s = m.status.now_s + 301;
    finds(&m, "clock", true, "the clock was set back");
}

static void
tables_that_lost_a_third_are_told(void **state)
{
    struct morning m;
    (void)state;
    begin(&m);
    m.tables[1][1].rows = 61; /* two thirds of 90 are 60 */
    status_judge(&m.status, &m.arena);
    assert_int_equal(m.status.nfindings, 0);
    m.tables[1][1].rows = 60;
    finds(&m, "fewer-rows", false, "'s.b' has 60 rows, the night before 90");
    begin(&m);
    m.nights[1].ntables = 1; /* gone */
    finds(&m, "fewer-rows", false, "'s.b' has 0 rows");
    begin(&m);
    m.journal.ndamaged = 2;
    finds(&m, "journal", false, "2 lines");
    begin(&m);
    const char *warnings[] = { "something" };
    m.nights[1].nwarnings = 1;
    m.nights[1].warnings = warnings;
    finds(&m, "warning", false, "something");
}

static void
metrics_have_a_head_for_each_name_and_escapes(void **state)
{
    struct morning m;
    struct buf text = { 0 };
    (void)state;
    begin(&m);
    m.tables[1][0].name = "s.\"a\\\n";
    metrics_put(&m.journal, "a\"b", &text);
    assert_non_null(strstr(buf_str(&text),
                           "# TYPE decant_last_success_timestamp_seconds gauge\n"
                           "decant_last_success_timestamp_seconds{target=\"a\\\"b\"}"
                           " 1796005860\n"));
    assert_non_null(strstr(buf_str(&text), "decant_last_run_status{target=\"a\\\"b\"} 0\n"));
    assert_non_null(strstr(buf_str(&text), "table=\"s.\\\"a\\\\\\n\"} 100\n"));
    assert_int_equal(buf_str(&text)[text.len - 1], '\n');
    buf_reset(&text);
    m.journal = (struct journal){ 0 };
    metrics_put(&m.journal, "t", &text); /* an alert on its age fires */
    assert_non_null(
        strstr(buf_str(&text), "decant_last_success_timestamp_seconds{target=\"t\"} 0\n"));
    buf_deinit(&text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_found_where_all_is_well),
        cmocka_unit_test(a_target_without_runs_is_a_problem),
        cmocka_unit_test(the_last_run_is_looked_at),
        cmocka_unit_test(a_timer_that_is_dead_is_noticed_after_an_hour),
        cmocka_unit_test(data_that_is_too_old_is_noticed),
        cmocka_unit_test(a_copy_that_is_not_there_is_noticed),
        cmocka_unit_test(another_copy_than_the_last_is_told),
        cmocka_unit_test(a_clock_that_was_set_back_is_noticed),
        cmocka_unit_test(tables_that_lost_a_third_are_told),
        cmocka_unit_test(metrics_have_a_head_for_each_name_and_escapes),
    };
    return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}
