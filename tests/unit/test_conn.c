/* SPDX-License-Identifier: PostgreSQL */
/* Sessions: what they begin with, lead to again, and leave behind; hosts that do not answer. */
#include <decant/decant.h>

#include "job/pull.h"
#include "pg/internal.h"
#include "raw.h"

static void
a_session_begins_by_name_and_settings_that_values_and_names_need(void **state)
{
    (void)state;
    struct raw raw;
    raw_init(&raw);
    raw_start(&raw);
    struct pg_conn *conn = raw_connect(&raw, &raw_go_on);
    assert_string_equal(pg_conn_database(conn), "db");
    assert_string_equal(pg_conn_user(conn), "tester");
    assert_int_equal(pg_conn_version(conn), 150018);
    assert_null(pg_conn_password(conn));
    assert_ptr_equal(pg_conn_stop(conn), &raw_go_on);
    assert_false(pg_conn_is_lost(conn));
    pg_close(conn);
    raw_stop(&raw);
    static const char *const settings[] = {
        "SET client_encoding = 'UTF8';",
        "SET DateStyle = 'ISO, MDY';",
        "SET IntervalStyle = 'postgres';",
        "SET TimeZone = 'UTC';",
        "SET extra_float_digits = 1;",
        "SET bytea_output = 'hex';",
        "SET row_security = off;", /* an error rather than fewer rows */
        "SET search_path = '';",
        "SET statement_timeout = 0;",
        "SET idle_in_transaction_session_timeout = 0;",
    };
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        assert_non_null(strstr(buf_str(&raw.requests), settings[i]));
    assert_null(strstr(buf_str(&raw.requests), "SET transaction_timeout")); /* of 17 */
    assert_non_null(strstr(buf_str(&raw.startup), " application_name decant/unit"));
    assert_non_null(strstr(buf_str(&raw.startup), " user tester database db"));
    raw_deinit(&raw);
}

static void
settings_follow_what_the_server_is(void **state)
{
    (void)state;
    static const struct {
        const char *version, *encoding, *setting;
        int number;
    } servers[] = {
        { "17.2", "UTF8", "SET transaction_timeout = 0;", 170002 },
        { "18.0", "LATIN1", "SET client_encoding = 'UTF8';", 180000 },
        /* which does not know the encoding of its own text, and could not convert it */
        { "13.9", "SQL_ASCII", "SET client_encoding = 'SQL_ASCII';", 130009 },
    };
    for (size_t i = 0; i < sizeof servers / sizeof *servers; i++) {
        struct raw raw;
        raw_init(&raw);
        raw.version = servers[i].version;
        raw.encoding = servers[i].encoding;
        raw_start(&raw);
        struct pg_conn *conn = raw_connect(&raw, &raw_go_on);
        assert_int_equal(pg_conn_version(conn), servers[i].number);
        pg_close(conn);
        raw_stop(&raw);
        assert_non_null(strstr(buf_str(&raw.requests), servers[i].setting));
        raw_deinit(&raw);
    }
}

/* A pooler's key is none of a process of the server. */
static void
the_process_is_the_one_that_the_server_names(void **state)
{
    (void)state;
    struct raw raw;
    raw_init(&raw);
    raw_start(&raw);
    struct pg_conn *conn = raw_connect(&raw, &raw_go_on);
    assert_int_equal(pg_conn_pid(conn), RAW_PID);
    pg_close(conn);
    raw_stop(&raw);
    raw_deinit(&raw);
}

static void
a_session_is_left_as_it_was_found(void **state)
{
    (void)state;
    struct raw raw;
    raw_init(&raw);
    raw.found = "SELECT pg_catalog.set_config('search_path', 'app', false)";
    raw_start(&raw);
    pg_close(raw_connect(&raw, &raw_go_on));
    raw_stop(&raw);
    assert_non_null(
        strstr(buf_str(&raw.requests),
               "\nRESET ROLE; SELECT pg_catalog.set_config('search_path', 'app', false)\n"));
    assert_null(strstr(buf_str(&raw.requests), "ROLLBACK")); /* nothing was begun */
    raw_deinit(&raw);
}

/* One quick answer is enough to know that the server is near; none is no reason to think that it is
 * far. */
static void
a_server_is_far_whose_every_answer_takes_long(void **state)
{
    (void)state;
    for (int is_far = 0; is_far < 2; is_far++) {
        struct raw raw;
        struct decant_error err = { 0 };
        raw_init(&raw);
        raw.delay_ms = is_far ? 15 : 0;
        raw_start(&raw);
        struct pg_conn *conn = raw_connect(&raw, &raw_go_on);
        assert_int_equal(pg_conn_is_far(conn), is_far);
        raw.delay_ms = 15;
        assert_true(pg_exec(conn, &err, "SET a = 1"));
        assert_int_equal(pg_conn_is_far(conn), is_far);
        struct decant_options options;
        decant_options_init(&options);
        assert_int_equal(pull_worker_count(&options, conn) >= 3,
                         is_far || sysconf(_SC_NPROCESSORS_ONLN) >= 6);
        options.jobs = 1; /* who says how many knows better */
        assert_int_equal(pull_worker_count(&options, conn), 1);
        pg_close(conn);
        raw_stop(&raw);
        raw_deinit(&raw);
    }
    assert_false(pg_conn_is_far(NULL));
}

/* A pooler may say what it likes. */
static void
a_session_that_says_nothing_of_its_settings_is_no_crash(void **state)
{
    (void)state;
    struct raw raw;
    struct pg_info *info;
    struct decant_error err = { 0 };
    raw_init(&raw);
    raw.found = "\\N";
    raw_start(&raw);
    assert_true(pg_info_parse(raw.uri, "source", &info, &err));
    struct pg_conn *conn = pg_connect(info, "decant", &raw_go_on, &err);
    assert_int_equal(conn == NULL, err.code != DECANT_OK);
    pg_info_free(info);
    pg_close(conn);
    raw_stop(&raw);
    raw_deinit(&raw);
}

static void
a_transaction_ends_before_the_session_is_left(void **state)
{
    (void)state;
    static const char *const states[] = { "= BEGIN\nZ T", "! C42601\nZ E" };
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        struct raw raw;
        struct decant_error err = { 0 };
        raw_init(&raw);
        raw_says(&raw, states[i]);
        raw_start(&raw);
        struct pg_conn *conn = raw_connect(&raw, &raw_go_on);
        assert_int_equal(pg_exec(conn, &err, "BEGIN"), i == 0);
        assert_int_equal(pg_conn_is_attached(conn), i == 0); /* a failed one is of no use */
        pg_close(conn);
        raw_stop(&raw);
        assert_non_null(strstr(buf_str(&raw.requests), "\nROLLBACK; RESET ROLE; SELECT found\n"));
        raw_deinit(&raw);
    }
}

/* Else closing would wait for what does not come. */
static void
a_stopped_job_leaves_without_a_word(void **state)
{
    (void)state;
    struct raw raw;
    atomic_int stop = 0;
    raw_init(&raw);
    raw_start(&raw);
    struct pg_conn *conn = raw_connect(&raw, &stop);
    atomic_store(&stop, 1);
    pg_close(conn);
    raw_stop(&raw);
    assert_null(strstr(buf_str(&raw.requests), "RESET ROLE"));
    raw_deinit(&raw);
}

static void
a_session_that_cannot_be_set_up_is_none(void **state)
{
    (void)state;
    struct raw raw;
    struct pg_info *info;
    struct decant_error err = { 0 };
    raw_init(&raw);
    raw.refusal = "! SFATAL\tC3D000\tMdatabase \"db\" does not exist\nX";
    raw_start(&raw);
    assert_true(pg_info_parse(raw.uri, "target", &info, &err));
    assert_null(pg_connect(info, "decant/unit", &raw_go_on, &err));
    assert_int_equal(err.code, DECANT_UNAVAILABLE);
    assert_non_null(strstr(err.message, "cannot connect to the target: "));
    assert_non_null(strstr(err.message, "database \"db\" does not exist"));
    for (const char *p = err.message; *p != '\0'; p++)
        assert_true((unsigned char)*p >= ' '); /* one line */
    pg_info_free(info);
    raw_stop(&raw);
    raw_deinit(&raw);
}

/* What libpq calls invalid may be a piece of a password that was not quoted as a URI wants it. */
static void
a_parameter_that_is_not_valid_is_not_shown(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "postgresql://user@host:5432/db?port=s3cret", "host=/tmp port=s3cret",
        "host=a,b port=1,2,3 dbname=s3cret",          "host=/nowhere sslmode=s3cret",
        "host=/nowhere channel_binding=s3cret",       "host=/nowhere target_session_attrs=s3cret",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct pg_info *info = NULL;
        struct decant_error err = { 0 };
        assert_true(pg_info_parse(texts[i], "source", &info, &err));
        assert_null(pg_connect(info, "decant", &raw_go_on, &err));
        assert_null(strstr(err.message, "s3cret"));
        assert_true(err.code == DECANT_USAGE || err.code == DECANT_UNAVAILABLE);
        pg_info_free(info);
    }
}

static void
nobody_at_the_socket_is_said_with_its_path(void **state)
{
    (void)state;
    struct pg_info *info = NULL;
    struct decant_error err = { 0 };
    assert_true(pg_info_parse("host=/nowhere/at/all dbname=x", "source", &info, &err));
    assert_null(pg_connect(info, "decant", &raw_go_on, &err));
    assert_int_equal(err.code, DECANT_UNAVAILABLE);
    assert_non_null(strstr(err.message, "cannot connect to the source: "));
    assert_non_null(strstr(err.message, "/nowhere/at/all"));
    pg_info_free(info);
}

static void
a_job_that_is_stopped_does_not_wait_for_a_silent_server(void **state)
{
    (void)state;
    static const atomic_int stopped = 1;
    struct raw raw;
    struct pg_info *info;
    struct decant_error err = { 0 };
    raw_init(&raw);
    raw.is_silent = true;
    raw_start(&raw);
    assert_true(pg_info_parse(raw.uri, "source", &info, &err));
    assert_null(pg_connect(info, "decant", &stopped, &err));
    assert_int_equal(err.code, DECANT_CANCELLED);
    pg_info_free(info);
    raw_stop(&raw);
    raw_deinit(&raw);
}

/* "before FOLDER after" */
static struct pg_conn *
connect_list(const struct raw *raw, const char *before, const char *after)
{
    char text[700];
    struct pg_info *info;
    struct decant_error err = { 0 };
    snprintf(text, sizeof text, "%s%s%s", before, raw->folder, after);
    assert_true(pg_info_parse(text, "source", &info, &err));
    struct pg_conn *conn = pg_connect(info, "decant", &raw_go_on, &err);
    if (conn == NULL)
        fail_msg("%s: %s", text, err.message);
    pg_info_free(info);
    return conn;
}

static void
the_next_host_of_a_list_is_tried(void **state)
{
    (void)state;
    static const char *const lists[][2] = {
        { "host=/nowhere,", " dbname=db" },
        { "host=", ",/nowhere dbname=db" },
        { "host=/nowhere,/nor/here,", " port=1,2,5432 dbname=db" },
        { "postgresql:///db?host=/nowhere,", "" },
    };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        struct raw raw;
        raw_init(&raw);
        raw_start(&raw);
        struct pg_conn *conn = connect_list(&raw, lists[i][0], lists[i][1]);
        struct pg_info *again = pg_conn_info(conn);
        /* a snapshot lives on one server: the others of the list are none of it */
        assert_string_equal(pg_info_get(again, "host"), raw.folder);
        assert_string_equal(pg_info_get(again, "port"), "5432");
        assert_string_equal(pg_info_get(again, "dbname"), "db");
        pg_info_free(again);
        pg_close(conn);
        raw_stop(&raw);
        raw_deinit(&raw);
    }
}

/* pg_dump that is sent to the first of a list may find another server there. */
static void
a_string_for_a_tool_names_the_host_that_answered_alone(void **state)
{
    (void)state;
    struct raw raw;
    struct buf out = { 0 };
    raw_init(&raw);
    raw_start(&raw);
    struct pg_conn *conn = connect_list(&raw, "host=/nowhere,", " dbname=db");
    pg_conn_string(conn, "decant/dump", &out);
    assert_null(strstr(buf_str(&out), "/nowhere"));
    buf_deinit(&out);
    pg_close(conn);
    raw_stop(&raw);
    raw_deinit(&raw);
}

static void
what_leads_to_the_server_again_is_inherited(void **state)
{
    (void)state;
    struct raw raw;
    struct pg_info *info, *again;
    struct decant_error err = { 0 };
    raw_init(&raw);
    raw.wants_password = true;
    raw_start(&raw);
    setenv("UNIT_URL", raw.uri, 1);
    assert_true(pg_info_parse_variable("UNIT_URL", "target", &info, &err));
    pg_info_set(info, "password", "s3:cr\\et");
    pg_info_set(info, "options", "-c geqo=off");
    pg_info_set_stall(info, 77000);
    struct pg_conn *conn = pg_connect(info, "decant/unit", &raw_go_on, &err);
    assert_non_null(conn);
    assert_string_equal(pg_conn_password(conn), "s3:cr\\et");
    again = pg_conn_info(conn);
    assert_string_equal(pg_info_what(again), "target");
    assert_int_equal(pg_info_stall(again), 77000);
    assert_string_equal(pg_info_get(again, "password"), "s3:cr\\et");
    assert_string_equal(pg_info_get(again, "user"), "tester");
    assert_null(pg_info_get(again, "application_name"));
    assert_null(pg_info_get(again, "options"));
    struct pg_conn *second = pg_connect(again, "decant/other", &raw_go_on, &err);
    assert_non_null(second);
    pg_close(second);
    pg_close(conn);
    pg_info_free(again);
    pg_info_free(info);
    unsetenv("UNIT_URL");
    raw_stop(&raw);
    assert_string_equal(buf_str(&raw.password), "s3:cr\\ets3:cr\\et");
    raw_deinit(&raw);
}

/* It stands in the arguments of pg_dump, which everybody sees. */
static void
a_string_for_a_tool_has_all_but_the_password(void **state)
{
    (void)state;
    struct raw raw;
    struct pg_info *info, *read;
    struct buf out = { 0 };
    struct decant_error err = { 0 };
    raw_init(&raw);
    raw.wants_password = true;
    raw_start(&raw);
    assert_true(pg_info_parse(raw.uri, "source", &info, &err));
    pg_info_set(info, "password", "s3cret");
    pg_info_set(info, "dbname", "it's \\ a db");
    struct pg_conn *conn = pg_connect(info, "decant/unit", &raw_go_on, &err);
    assert_non_null(conn);
    pg_conn_string(conn, "decant/dump", &out);
    assert_null(strstr(buf_str(&out), "s3cret"));
    assert_null(strstr(buf_str(&out), "password="));
    assert_true(pg_info_parse(buf_str(&out), "source", &read, &err)); /* none is in it */
    assert_string_equal(pg_info_get(read, "application_name"), "decant/dump");
    assert_string_equal(pg_info_get(read, "dbname"), "it's \\ a db");
    assert_string_equal(pg_info_get(read, "host"), raw.folder);
    assert_string_equal(pg_info_get(read, "user"), "tester");
    assert_string_equal(pg_info_get(read, "connect_timeout"), "30");
    pg_info_free(read);
    buf_reset(&out);
    pg_info_set(info, "connect_timeout", "7");
    struct pg_conn *other = pg_connect(info, "decant/unit", &raw_go_on, &err);
    pg_conn_string(other, "decant/dump", &out);
    assert_true(pg_info_parse(buf_str(&out), "source", &read, &err));
    assert_string_equal(pg_info_get(read, "connect_timeout"), "7");
    pg_info_free(read);
    pg_info_free(info);
    buf_deinit(&out);
    pg_close(conn);
    pg_close(other);
    raw_stop(&raw);
    raw_deinit(&raw);
}

/* The password of a key is one, too. */
static void
a_string_for_a_tool_has_no_password_of_a_key(void **state)
{
    (void)state;
    struct raw raw;
    struct pg_info *info;
    struct buf out = { 0 };
    struct decant_error err = { 0 };
    raw_init(&raw);
    raw_start(&raw);
    setenv("UNIT_URL", raw.uri, 1);
    assert_true(pg_info_parse_variable("UNIT_URL", "source", &info, &err));
    unsetenv("UNIT_URL");
    pg_info_set(info, "sslpassword", "s3cret");
    struct pg_conn *conn = pg_connect(info, "decant/unit", &raw_go_on, &err);
    assert_non_null(conn);
    pg_conn_string(conn, "decant/dump", &out);
    pg_info_free(info);
    pg_close(conn);
    raw_stop(&raw);
    raw_deinit(&raw);
    assert_null(strstr(buf_str(&out), "s3cret"));
    buf_deinit(&out);
}

/* decant(1): "A source that is not local is reached with sslmode=verify-full unless another mode is
 * named". This server takes everybody in the clear. */
static void
a_host_that_is_not_local_is_told_nothing_in_the_clear(void **state)
{
    (void)state;
    static const struct {
        const char *more, *variable;
        bool connects;
    } modes[] = {
        { "", NULL, false },
        { " sslmode=require", NULL, false },
        { " sslmode=disable", NULL, true },
        { " sslmode=prefer", NULL, true },
        { "", "disable", true },
    };
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        struct raw raw;
        struct pg_info *info;
        struct decant_error err = { 0 };
        char text[400];
        bool listens = raw_init_tcp(&raw);
        raw_start(&raw);
        snprintf(text, sizeof text, "%s%s", raw.uri, modes[i].more);
        if (modes[i].variable != NULL)
            setenv("PGSSLMODE", modes[i].variable, 1);
        assert_true(pg_info_parse(text, "source", &info, &err));
        struct pg_conn *conn = listens ? pg_connect(info, "decant", &raw_go_on, &err) : NULL;
        unsetenv("PGSSLMODE");
        if (listens)
            assert_int_equal(conn != NULL, modes[i].connects);
        pg_close(conn);
        pg_info_free(info);
        raw_stop(&raw);
        assert_int_equal(raw.startup.len > 0, listens && modes[i].connects);
        raw_deinit(&raw);
    }
}

/* A service that names no mode names none. */
static void
a_service_without_a_mode_is_told_nothing_in_the_clear(void **state)
{
    (void)state;
    struct raw raw;
    struct decant_error err = { 0 };
    char path[300];
    bool listens = raw_init_tcp(&raw);
    raw_start(&raw);
    snprintf(path, sizeof path, "%s/services", raw.folder);
    for (int by_variable = 0; listens && by_variable < 2; by_variable++) {
        struct pg_info *info;
        FILE *file = fopen(path, "w");
        fprintf(file, "[far]\nhost=0.0.0.0\nport=%d\nuser=tester\ndbname=db\n",
                atoi(strstr(raw.uri, "port=") + 5));
        fclose(file);
        setenv("PGSERVICEFILE", path, 1);
        if (by_variable)
            setenv("PGSERVICE", "far", 1);
        assert_true(pg_info_parse(by_variable ? "" : "service=far", "source", &info, &err));
        struct pg_conn *conn = pg_connect(info, "decant", &raw_go_on, &err);
        unsetenv("PGSERVICE");
        assert_null(conn);
        pg_info_free(info);
    }
    unsetenv("PGSERVICEFILE");
    unlink(path);
    raw_stop(&raw);
    raw_deinit(&raw);
}

static void
a_statement_that_runs_is_cancelled_when_the_job_stops(void **state)
{
    (void)state;
    struct raw raw;
    atomic_int stop = 0;
    struct decant_error err = { 0 };
    raw_init(&raw);
    raw_says(&raw, ""); /* it takes long */
    raw_start(&raw);
    struct pg_conn *conn = raw_connect(&raw, &stop);
    atomic_store(&stop, 1);
    assert_null(pg_query(conn, &err, "SELECT forever", 0, NULL));
    assert_int_equal(err.code, DECANT_CANCELLED);
    pg_close(conn);
    raw_stop(&raw);
    assert_string_equal(buf_str(&raw.cancels), " 7"); /* by the key that the session has */
    raw_deinit(&raw);
}

/* A statement that takes long and a network that lost it look alike. */
static void
a_silent_server_is_asked_whether_it_works_before_it_is_given_up(void **state)
{
    (void)state;
    struct raw raw;
    struct decant_error err = { 0 };
    raw_init(&raw);
    raw_says(&raw, "");                          /* the statement: silence */
    raw_says(&raw, "| n\n- 1\n= SELECT 1\nZ I"); /* it works */
    raw_says(&raw, "= RESET\nZ I");              /* the other session is left */
    raw_says(&raw, "| n\n- 0\n= SELECT 1\nZ I"); /* it does not */
    raw_start(&raw);
    struct pg_conn *conn = raw_connect(&raw, &raw_go_on);
    conn->stall_ms = 1;
    assert_null(pg_query(conn, &err, "SELECT forever", 0, NULL));
    assert_int_equal(err.code, DECANT_UNAVAILABLE);
    assert_non_null(strstr(err.message, "the source has said nothing for "));
    assert_non_null(strstr(err.hint, "--stall-timeout"));
    pg_close(conn);
    raw_stop(&raw);
    assert_int_equal(atomic_load(&raw.nsessions), 3);
    char pid[16];
    snprintf(pid, sizeof pid, "$1 %d\n", RAW_PID);
    assert_non_null(strstr(buf_str(&raw.requests), pid)); /* of this session it is asked */
    raw_deinit(&raw);
}

static void
a_session_that_works_is_found_by_its_process_or_its_name(void **state)
{
    (void)state;
    static const struct {
        const char *application, *answer, *first, *second;
        bool works;
    } asked[] = {
        { NULL, "| n\n- 1\n= SELECT 1\nZ I", "$1 99\n", "$2 \\N\n", true },
        { "decant/dump", "| n\n- 2\n= SELECT 1\nZ I", "$1 \\N\n", "$2 decant/dump\n", true },
        { NULL, "| n\n- 0\n= SELECT 1\nZ I", "$1 99\n", "$2 \\N\n", false },
        { NULL, "! C42501\nZ I", "$1 99\n", "$2 \\N\n", false }, /* it may not be asked */
        { NULL, "X", "$1 99\n", "$2 \\N\n", false },
    };
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        struct raw raw;
        raw_init(&raw);
        raw_says(&raw, asked[i].answer);
        raw_start(&raw);
        struct pg_conn *conn = raw_connect(&raw, &raw_go_on);
        assert_int_equal(conn_is_at_work(conn, 99, asked[i].application), asked[i].works);
        pg_close(conn);
        raw_stop(&raw);
        assert_non_null(strstr(buf_str(&raw.requests), asked[i].first));
        assert_non_null(strstr(buf_str(&raw.requests), asked[i].second));
        raw_deinit(&raw);
    }
}

static void
no_connection_is_closed_without_harm(void **state)
{
    (void)state;
    pg_close(NULL);
    assert_int_equal(pg_conn_longest_ms(NULL), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_begins_by_name_and_settings_that_values_and_names_need),
        cmocka_unit_test(settings_follow_what_the_server_is),
        cmocka_unit_test(the_process_is_the_one_that_the_server_names),
        cmocka_unit_test(a_session_is_left_as_it_was_found),
        cmocka_unit_test(a_transaction_ends_before_the_session_is_left),
        cmocka_unit_test(a_stopped_job_leaves_without_a_word),
        cmocka_unit_test(a_session_that_cannot_be_set_up_is_none),
        cmocka_unit_test(a_parameter_that_is_not_valid_is_not_shown),
        cmocka_unit_test(nobody_at_the_socket_is_said_with_its_path),
        cmocka_unit_test(a_job_that_is_stopped_does_not_wait_for_a_silent_server),
        cmocka_unit_test(the_next_host_of_a_list_is_tried),
        cmocka_unit_test(what_leads_to_the_server_again_is_inherited),
        cmocka_unit_test(a_string_for_a_tool_has_all_but_the_password),
        cmocka_unit_test(a_host_that_is_not_local_is_told_nothing_in_the_clear),
        cmocka_unit_test(a_statement_that_runs_is_cancelled_when_the_job_stops),
        cmocka_unit_test(a_silent_server_is_asked_whether_it_works_before_it_is_given_up),
        cmocka_unit_test(a_session_that_works_is_found_by_its_process_or_its_name),
        cmocka_unit_test(no_connection_is_closed_without_harm),
        cmocka_unit_test(a_server_is_far_whose_every_answer_takes_long),
        cmocka_unit_test(a_session_that_says_nothing_of_its_settings_is_no_crash),
        cmocka_unit_test(a_string_for_a_tool_has_no_password_of_a_key),
        cmocka_unit_test(a_string_for_a_tool_names_the_host_that_answered_alone),
        cmocka_unit_test(a_service_without_a_mode_is_told_nothing_in_the_clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
