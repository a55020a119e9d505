/* SPDX-License-Identifier: PostgreSQL */
/* Servers that do not answer in time, by a clock that runs as fast as the test wants. */
#include "pg/internal.h"

#include <sys/syscall.h>
#include <time.h>

#include "raw.h"

enum { HURRY = 50 };

/* Seconds that pass with each look at the clock. */
static atomic_int haste;
static atomic_int ahead;

/* What is done at a look to come: it may be the moment between two waits. */
static atomic_int looks;
static void (*at_third_look)(void);

/* In place of the C library's. */
int
clock_gettime(clockid_t id, struct timespec *out)
{
    int code = (int)syscall(SYS_clock_gettime, id, out);
    if (id == CLOCK_MONOTONIC)
        out->tv_sec += atomic_fetch_add(&ahead, atomic_load(&haste));
    if (id == CLOCK_MONOTONIC && at_third_look != NULL && atomic_fetch_add(&looks, 1) == 2)
        at_third_look();
    return code;
}

/* Silent servers first, then one that answers, if `answers`. */
static struct pg_conn *
connect_behind(int nsilent, bool answers, const char *more, struct raw *raws,
               struct decant_error *err)
{
    struct buf text = { 0 };
    struct pg_info *info;
    int n = nsilent + answers;
    buf_printf(&text, "dbname=db user=tester %s host=", more);
    for (int i = 0; i < n; i++) {
        raw_init(&raws[i]);
        raws[i].is_silent = i < nsilent;
        raw_start(&raws[i]);
        buf_printf(&text, "%s%s", i == 0 ? "" : ",", raws[i].folder);
    }
    assert_true(pg_info_parse(buf_str(&text), "source", &info, err));
    atomic_store(&haste, HURRY);
    struct pg_conn *conn = pg_connect(info, "decant/unit", &raw_go_on, err);
    atomic_store(&haste, 0);
    pg_info_free(info);
    buf_deinit(&text);
    return conn;
}

static void
end(struct raw *raws, int n)
{
    for (int i = 0; i < n; i++) {
        raw_stop(&raws[i]);
        raw_deinit(&raws[i]);
    }
}

static void
a_server_that_says_nothing_is_told_with_its_host_and_time(void **state)
{
    (void)state;
    static const struct {
        const char *more, *time;
    } times[] = {
        { "", "within 30 s" },
        { "connect_timeout=0", "within 30 s" }, /* libpq's for ever is not ours */
        { "connect_timeout=1", "within 2 s" },
    };
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        struct raw raw;
        struct decant_error err = { 0 };
        char folder[256];
        assert_null(connect_behind(1, false, times[i].more, &raw, &err));
        snprintf(folder, sizeof folder, "%s", raw.folder);
        assert_int_equal(err.code, DECANT_UNAVAILABLE);
        assert_non_null(strstr(err.message, "the source at "));
        assert_non_null(strstr(err.message, folder));
        assert_non_null(strstr(err.message, times[i].time));
        end(&raw, 1);
    }
}

static void
behind_silent_servers_the_next_one_of_the_list_is_tried(void **state)
{
    (void)state;
    for (int nsilent = 1; nsilent < 3; nsilent++) {
        struct raw raws[3];
        struct decant_error err = { 0 };
        struct pg_conn *conn = connect_behind(nsilent, true, "connect_timeout=2", raws, &err);
        if (conn == NULL)
            fail_msg("%s", err.message);
        struct pg_info *info = pg_conn_info(conn);
        assert_string_equal(pg_info_get(info, "host"), raws[nsilent].folder);
        pg_info_free(info);
        pg_close(conn);
        for (int i = 0; i < nsilent; i++)
            assert_int_equal(atomic_load(&raws[i].nsessions), 1); /* it was asked, once */
        end(raws, nsilent + 1);
    }
}

/* It is a list all the same when the environment, or a service, gives it. */
static void
a_list_of_the_environment_is_gone_through_too(void **state)
{
    (void)state;
    struct raw raws[2];
    struct pg_info *info;
    struct decant_error err = { 0 };
    struct buf hosts = { 0 };
    for (int i = 0; i < 2; i++) {
        raw_init(&raws[i]);
        raws[i].is_silent = i == 0;
        raw_start(&raws[i]);
        buf_printf(&hosts, "%s%s", i == 0 ? "" : ",", raws[i].folder);
    }
    setenv("PGHOST", buf_str(&hosts), 1);
    assert_true(pg_info_parse("dbname=db user=tester", "source", &info, &err));
    atomic_store(&haste, HURRY);
    struct pg_conn *conn = pg_connect(info, "decant/unit", &raw_go_on, &err);
    atomic_store(&haste, 0);
    unsetenv("PGHOST");
    pg_info_free(info);
    buf_deinit(&hosts);
    bool connects = conn != NULL;
    pg_close(conn);
    end(raws, 2);
    assert_true(connects);
}

static void
of_silent_servers_alone_the_last_one_is_told(void **state)
{
    (void)state;
    struct raw raws[2];
    struct decant_error err = { 0 };
    assert_null(connect_behind(2, false, "connect_timeout=2", raws, &err));
    assert_int_equal(err.code, DECANT_UNAVAILABLE);
    assert_non_null(strstr(err.message, raws[1].folder));
    end(raws, 2);
}

/* The time that it has to begin a session is not the time that it has for a statement. */
static void
a_session_that_is_not_set_up_in_time_is_none(void **state)
{
    (void)state;
    struct raw raw;
    struct decant_error err = { 0 };
    struct pg_info *info;
    raw_init(&raw);
    raw.ignores_set_up = true;
    raw_start(&raw);
    assert_true(pg_info_parse(raw.uri, "target", &info, &err));
    pg_info_set(info, "connect_timeout", "5");
    atomic_store(&haste, HURRY);
    assert_null(pg_connect(info, "decant/unit", &raw_go_on, &err));
    atomic_store(&haste, 0);
    assert_int_equal(err.code, DECANT_UNAVAILABLE);
    assert_non_null(strstr(err.message, "the target has said nothing for "));
    pg_info_free(info);
    raw_stop(&raw);
    assert_int_equal(atomic_load(&raw.nsessions), 1); /* and it is not asked on another one */
    raw_deinit(&raw);
}

/* Told to cancel, a server that says nothing more is not waited for. */
static void
no_tick(void *ctx)
{
    (void)ctx;
}

static void
a_statement_whose_cancelling_is_not_answered_is_given_up(void **state)
{
    (void)state;
    struct raw raw;
    struct decant_error err = { 0 };
    atomic_int stop = 0;
    raw_init(&raw);
    raw_says(&raw, "");
    raw_start(&raw);
    struct pg_conn *conn = raw_connect(&raw, &stop);
    conn->stall_ms = 0; /* it may be silent for ever, else */
    atomic_store(&stop, 1);
    atomic_store(&haste, HURRY);
    assert_false(pg_exec_ticking(conn, "ALTER", no_tick, NULL, &err));
    atomic_store(&haste, 0);
    assert_int_equal(err.code, DECANT_UNAVAILABLE);
    assert_int_equal(atomic_load(&raw.ncancels), 1);
    pg_close(conn);
    raw_stop(&raw);
    raw_deinit(&raw);
}

static struct raw slow;
static atomic_int stopped;

static void
say_ready(void)
{
    raw_send(&slow, "Z I");
}

/* The result comes, and what ends it later. */
static void
say_result(void *ctx)
{
    (void)ctx;
    if (atomic_exchange(&stopped, 1) != 0 && at_third_look == NULL) {
        raw_send(&slow, "= ALTER TABLE");
        atomic_store(&looks, 0);
        at_third_look = say_ready;
    }
}

/* A rename that is done is done, whenever the job was stopped. */
static void
what_became_of_a_statement_is_waited_for_although_the_job_stopped(void **state)
{
    (void)state;
    struct decant_error err = { 0 };
    raw_init(&slow);
    raw_says(&slow, "");
    raw_start(&slow);
    atomic_store(&stopped, 0);
    struct pg_conn *conn = raw_connect(&slow, &stopped);
    assert_true(pg_exec_ticking(conn, "ALTER", say_result, NULL, &err));
    at_third_look = NULL;
    assert_int_equal(atomic_load(&slow.ncancels), 1);
    pg_close(conn);
    raw_stop(&slow);
    raw_deinit(&slow);
}

/* A server that works has all of its time again. */
static void
silence_counts_from_when_the_server_was_last_asked(void **state)
{
    (void)state;
    struct raw raw;
    struct decant_error err = { 0 };
    raw_init(&raw);
    raw_says(&raw, "");
    raw_says(&raw, "| n\n- 1\n= SELECT 1\nZ I");
    raw_says(&raw, "= RESET\nZ I");
    raw_says(&raw, "| n\n- 0\n= SELECT 1\nZ I");
    raw_start(&raw);
    struct pg_conn *conn = raw_connect(&raw, &raw_go_on);
    conn->stall_ms = (HURRY - 10) * 1000;
    atomic_store(&haste, HURRY);
    assert_null(pg_query(conn, &err, "SELECT forever", 0, NULL));
    atomic_store(&haste, 0);
    const char *time = strstr(err.message, "has said nothing for ");
    assert_non_null(time);
    assert_true(atoi(time + strlen("has said nothing for ")) < 2 * HURRY);
    pg_close(conn);
    raw_stop(&raw);
    assert_int_equal(atomic_load(&raw.nsessions), 3);
    raw_deinit(&raw);
}

static void
the_longest_statement_is_remembered(void **state)
{
    (void)state;
    struct raw raw;
    struct decant_error err = { 0 };
    raw_init(&raw);
    raw_start(&raw);
    struct pg_conn *conn = raw_connect(&raw, &raw_go_on);
    atomic_store(&haste, HURRY);
    assert_true(pg_exec(conn, &err, "SELECT long"));
    atomic_store(&haste, 0);
    int64_t longest = pg_conn_longest_ms(conn);
    assert_true(longest >= HURRY * 1000);
    assert_true(pg_exec(conn, &err, "SELECT short"));
    assert_int_equal(pg_conn_longest_ms(conn), longest);
    pg_close(conn);
    raw_stop(&raw);
    raw_deinit(&raw);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_that_says_nothing_is_told_with_its_host_and_time),
        cmocka_unit_test(behind_silent_servers_the_next_one_of_the_list_is_tried),
        cmocka_unit_test(of_silent_servers_alone_the_last_one_is_told),
        cmocka_unit_test(a_session_that_is_not_set_up_in_time_is_none),
        cmocka_unit_test(a_statement_whose_cancelling_is_not_answered_is_given_up),
        cmocka_unit_test(what_became_of_a_statement_is_waited_for_although_the_job_stopped),
        cmocka_unit_test(silence_counts_from_when_the_server_was_last_asked),
        cmocka_unit_test(the_longest_statement_is_remembered),
        cmocka_unit_test(a_list_of_the_environment_is_gone_through_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
