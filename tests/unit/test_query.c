/* SPDX-License-Identifier: PostgreSQL */
/* Statements: rows and errors, of which no value is shown; servers that die, cut or go silent. */
#include "pg/internal.h"
#include "raw.h"

static struct raw raw;
static struct pg_conn *conn;
static struct decant_error err;

/* A server that answers the first statement so. */
static void
begin(const char *answer)
{
    memset(&err, 0, sizeof err);
    raw_init(&raw);
    raw_says(&raw, answer);
    raw_start(&raw);
    conn = raw_connect(&raw, &raw_go_on);
}

static void
end(void)
{
    pg_close(conn);
    raw_stop(&raw);
    raw_deinit(&raw);
}

static void
values_come_as_what_they_are_asked_for(void **state)
{
    (void)state;
    begin("| a\tb\tc\td\n- 9223372036854775807\t1.5e3\tt\t\n- -7\t-Infinity\tf\tx\n"
          "- \\N\t\\N\t\\N\t\\N\n= SELECT 3\nZ I");
    const char *params[] = { "it's", NULL, "" };
    struct pg_result *r = pg_query(conn, &err, "SELECT $1, $2, $3", 3, params);
    assert_non_null(r);
    assert_int_equal(pg_nrows(r), 3);
    assert_true(pg_int(r, 0, 0) == INT64_MAX);
    assert_int_equal(pg_int(r, 1, 0), -7);
    assert_true(pg_double(r, 0, 1) == 1500);
    assert_true(pg_double(r, 1, 1) < -1e308);
    assert_true(pg_bool(r, 0, 2));
    assert_false(pg_bool(r, 1, 2));
    assert_string_equal(pg_text(r, 0, 3), ""); /* which is not NULL */
    assert_null(pg_text(r, 2, 0));
    assert_int_equal(pg_int(r, 2, 0), 0);
    assert_true(pg_double(r, 2, 1) == 0);
    assert_false(pg_bool(r, 2, 2));
    pg_result_free(r);
    pg_result_free(NULL);
    assert_int_equal(err.code, DECANT_OK);
    end();
}

static void
parameters_travel_beside_the_text(void **state)
{
    (void)state;
    begin("| a\n= SELECT 0\nZ I");
    const char *params[] = { "it's", NULL, "" };
    struct pg_result *r = pg_query(conn, &err, "SELECT $1, $2, $3", 3, params);
    assert_int_equal(pg_nrows(r), 0);
    pg_result_free(r);
    pg_close(conn);
    raw_stop(&raw);
    assert_non_null(strstr(buf_str(&raw.requests), "SELECT $1, $2, $3\n$1 it's\n$2 \\N\n$3 \n"));
    raw_deinit(&raw);
}

/* PostgreSQL puts rows into its messages, details and hints; and a trigger's author what she
 * likes. */
static void
an_error_says_its_state_and_names_but_never_a_value(void **state)
{
    (void)state;
    static const struct {
        const char *state;
        enum decant_code code;
        const char *text, *hint;
    } states[] = {
        { "08006", DECANT_UNAVAILABLE, "the connection failed", "" },
        { "22P02", DECANT_UNAVAILABLE, "could not be converted", "" },
        { "23505", DECANT_UNAVAILABLE, "a constraint was violated", "" },
        { "25006", DECANT_UNAVAILABLE, "read-only", "" },
        { "25P03", DECANT_UNAVAILABLE, "idle transaction", "" },
        { "25P04", DECANT_UNAVAILABLE, "transaction_timeout", "" },
        { "28P01", DECANT_UNAVAILABLE, "authentication failed", "" },
        { "3D000", DECANT_UNAVAILABLE, "the database does not exist", "" },
        { "40001", DECANT_UNAVAILABLE, "conflict with recovery", "" },
        { "40P01", DECANT_UNAVAILABLE, "deadlock", "" },
        { "42501", DECANT_REFUSED, "insufficient privilege", "" },
        { "42P01", DECANT_UNAVAILABLE, "a relation does not exist", "" },
        { "42601", DECANT_BUG, "did not accept the statement", "" },
        { "53100", DECANT_UNAVAILABLE, "disk is full", "" },
        { "53200", DECANT_UNAVAILABLE, "out of memory", "max_locks_per_transaction" },
        { "53300", DECANT_UNAVAILABLE, "too many connections", "-j 1" },
        { "53400", DECANT_UNAVAILABLE, "out of a resource", "" },
        { "55P03", DECANT_UNAVAILABLE, "a lock could not be had in time", "" },
        { "57014", DECANT_UNAVAILABLE, "was cancelled", "" },
        { "57P05", DECANT_UNAVAILABLE, "the server ended the connection", "" },
        { "58030", DECANT_UNAVAILABLE, "input or output error", "" },
        { "XX001", DECANT_UNAVAILABLE, "corrupted data", "" },
        { "P0001", DECANT_UNAVAILABLE, "the server reported an error", "" },
        { "2201B", DECANT_UNAVAILABLE, "could not be converted", "" },
    };
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        char answer[300];
        snprintf(answer, sizeof answer,
                 "! SERROR\tC%s\tMKey (email)=(s3cret)\tDs3cret row\tHs3cret hint\tWs3cret where"
                 "\tqs3cret query\tsodd \"s\tttab\tccol\tddom\tncon\nZ I",
                 states[i].state);
        begin(answer);
        assert_null(pg_query(conn, &err, "SELECT 1", 0, NULL));
        assert_int_equal(err.code, states[i].code);
        assert_string_equal(err.sqlstate, states[i].state);
        assert_non_null(strstr(err.message, "source"));
        assert_non_null(strstr(err.message, states[i].text));
        assert_non_null(strstr(err.message, states[i].state));
        if (states[i].hint[0] == '\0')
            assert_string_equal(err.hint, "");
        assert_non_null(strstr(err.hint, states[i].hint));
        const char *const shown[] = { err.message, err.context, err.hint };
        for (int j = 0; j < 3; j++)
            assert_null(strstr(shown[j], "s3cret"));
        static const char *const names[] = { "schema 'odd \"s'", "table 'tab'", "column 'col'",
                                             "type 'dom'", "constraint 'con'" };
        for (int j = 0; j < 5; j++)
            assert_non_null(strstr(err.context, names[j]));
        end();
    }
}

static void
an_error_without_names_or_state_has_none(void **state)
{
    (void)state;
    begin("! SERROR\tC22012\tMdivision by zero\nZ I");
    assert_false(pg_exec(conn, &err, "SELECT 1/0"));
    assert_string_equal(err.context, "");
    end();
    begin("! SERROR\tMs3cret\nZ I");
    assert_false(pg_exec(conn, &err, "SELECT 1/0"));
    assert_int_equal(err.code, DECANT_UNAVAILABLE);
    assert_string_equal(err.sqlstate, "");
    assert_null(strstr(err.message, "s3cret"));
    assert_non_null(strstr(err.message, "source"));
    end();
}

static void
the_session_serves_after_an_error(void **state)
{
    (void)state;
    begin("! C42P01\nZ I");
    raw_says(&raw, "| a\n- 5\n= SELECT 1\nZ I");
    struct buf out = { 0 };
    assert_null(pg_query(conn, &err, "SELECT 1 FROM gone", 0, NULL));
    struct decant_error none = { 0 };
    assert_true(pg_value(conn, &none, "SELECT 5", &out));
    assert_string_equal(buf_str(&out), "5");
    assert_false(pg_conn_is_lost(conn));
    assert_int_equal(none.code, DECANT_OK);
    buf_deinit(&out);
    end();
}

static void
a_value_is_the_first_of_the_first_row_or_an_error(void **state)
{
    (void)state;
    static const struct {
        const char *answer, *value;
    } answers[] = {
        { "| a\tb\n- x\ty\n- z\tz\n= SELECT 2\nZ I", "so x" },
        { "| a\n- \n= SELECT 1\nZ I", "so " },
        { "| a\n= SELECT 0\nZ I", NULL },
        { "| a\n- \\N\n= SELECT 1\nZ I", NULL },
        { "! C42501\nZ I", NULL },
        { "X", NULL },
    };
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct buf out = { 0 };
        begin(answers[i].answer);
        buf_puts(&out, "so ");
        assert_int_equal(pg_value(conn, &err, "SELECT a", &out), answers[i].value != NULL);
        assert_string_equal(buf_str(&out), answers[i].value != NULL ? answers[i].value : "so ");
        assert_int_equal(err.code != DECANT_OK, answers[i].value == NULL);
        buf_deinit(&out);
        end();
    }
}

static void
of_several_statements_the_last_rows_are_kept(void **state)
{
    (void)state;
    begin("| a\n- 1\n= SELECT 1\n= SET\n| a\n- 2\n- 3\n= SELECT 2\n= SET\nZ I");
    struct pg_result *r = pg_query_several(conn, "SELECT 1; SET a = 1; SELECT 2; SET b = 1", &err);
    assert_non_null(r);
    assert_int_equal(pg_nrows(r), 2);
    assert_int_equal(pg_int(r, 1, 0), 3);
    pg_result_free(r);
    end();
}

static void
of_several_statements_one_that_fails_fails_all(void **state)
{
    (void)state;
    static const struct {
        const char *answer;
        enum decant_code code;
    } answers[] = {
        { "| a\n- 1\n= SELECT 1\n! C42501\nZ I", DECANT_REFUSED },
        { "! C42501\nZ I", DECANT_REFUSED },
        { "| a\n- 1\n= SELECT 1\nX", DECANT_UNAVAILABLE },
        { "= SET\n= SET\nZ I", DECANT_BUG }, /* there were to be rows */
    };
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        begin(answers[i].answer);
        assert_null(pg_query_several(conn, "SELECT 1; SET a = 1", &err));
        assert_int_equal(err.code, answers[i].code);
        end();
    }
}

static void
statements_before_the_one_that_failed_are_counted(void **state)
{
    (void)state;
    static const struct {
        const char *answer;
        int count;
        bool ok;
    } answers[] = {
        { "= LOCK TABLE\n= LOCK TABLE\nZ T", 2, true },
        { "= LOCK TABLE\n| \n= SELECT 0\n! C55P03\nZ E", 2, false },
        { "! C55P03\nZ E", 0, false },
        { "= LOCK TABLE\nX", 1, false },
    };
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        int count = -1;
        begin(answers[i].answer);
        assert_int_equal(pg_exec_counted(conn, "LOCK TABLE a; LOCK TABLE b", &count, &err),
                         answers[i].ok);
        assert_int_equal(count, answers[i].count);
        assert_int_equal(err.code == DECANT_OK, answers[i].ok);
        end();
    }
}

static void
success_leaves_an_error_untouched(void **state)
{
    (void)state;
    begin("= SET\nZ I");
    raw_says(&raw, "| a\n- 1\n= SELECT 1\nZ I");
    raw_says(&raw, "| a\n- 1\n= SELECT 1\nZ I");
    struct buf out = { 0 };
    err = (struct decant_error){ .code = DECANT_LEAK, .message = "before" };
    assert_true(pg_exec(conn, &err, "SET a = 1"));
    assert_true(pg_value(conn, &err, "SELECT 1", &out));
    struct pg_result *r = pg_query_several(conn, "SELECT 1", &err);
    assert_non_null(r);
    assert_true(pg_execf(conn, &err, "SET a = %d", 17));
    assert_true(pg_make_read_only(conn, &err));
    assert_int_equal(err.code, DECANT_LEAK);
    assert_string_equal(err.message, "before");
    pg_result_free(r);
    buf_deinit(&out);
    pg_close(conn);
    raw_stop(&raw);
    assert_non_null(
        strstr(buf_str(&raw.requests), "\nSET a = 17\nSET default_transaction_read_only = on\n"));
    raw_deinit(&raw);
}

/* A server that is killed in the middle of its answer has sent the half of it. */
static void
every_cut_of_an_answer_is_a_lost_connection(void **state)
{
    (void)state;
    static const char answer[] = "| abc\tde\n- value\t\\N\n- other\tx\n= SELECT 2";
    struct buf whole = { 0 };
    raw_put(&whole, answer);
    for (size_t cut = 0; cut < whole.len; cut++) {
        begin(""); /* silence */
        assert_true(conn_send(conn, "SELECT", 0, NULL, &err));
        assert_int_equal(send(atomic_load(&raw.fd), whole.data, cut, MSG_NOSIGNAL), cut);
        shutdown(atomic_load(&raw.fd), SHUT_RDWR);
        PGresult *result = conn_result(conn, &err);
        if (result != NULL) /* what there was of rows is none */
            conn_error(conn, result, &err);
        assert_true(result == NULL || PQresultStatus(result) == PGRES_FATAL_ERROR);
        PQclear(result);
        assert_int_equal(err.code, DECANT_UNAVAILABLE);
        assert_non_null(strstr(err.message, "the source was lost"));
        assert_true(pg_conn_is_lost(conn));
        end();
    }
    buf_deinit(&whole);
}

/* A backend that is ended says why, if somebody reads it. */
static void
last_words_are_heard(void **state)
{
    (void)state;
    begin("! SFATAL\tC57P01\tMterminating connection\nX");
    assert_null(pg_query(conn, &err, "SELECT 1", 0, NULL));
    assert_string_equal(err.sqlstate, "57P01");
    assert_non_null(strstr(err.message, "the server ended the connection"));
    memset(&err, 0, sizeof err);
    assert_false(pg_exec(conn, &err, "SELECT 1")); /* and no more statement is taken */
    assert_int_equal(err.code, DECANT_UNAVAILABLE);
    assert_true(pg_conn_is_lost(conn));
    end();
}

static void
a_copy_where_rows_were_meant_is_an_error(void **state)
{
    (void)state;
    static const char *const answers[] = { "H\nd 00\nc\n= COPY 0\nZ I", "G" };
    for (size_t i = 0; i < 2; i++) {
        begin(answers[i]);
        assert_null(pg_query(conn, &err, "COPY t TO STDOUT", 0, NULL));
        assert_int_equal(err.code, DECANT_UNAVAILABLE);
        assert_non_null(strstr(err.message, "broke the protocol"));
        end();
    }
}

static void
a_server_that_speaks_no_postgresql_is_no_crash(void **state)
{
    (void)state;
    static const char *const garbage[] = {
        "HTTP/1.1 400 Bad Request\r\n\r\n",
        "T\377\377\377\377xxxxxxxxxxxxxxxxxxxx",
        "D\0\0\0\7\0\1\377",
        "E\0\0\0\4",
    };
    static const size_t lens[] = { 28, 25, 8, 5 };
    for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++) {
        begin("");
        assert_true(conn_send(conn, "SELECT", 0, NULL, &err));
        assert_int_equal(send(atomic_load(&raw.fd), garbage[i], lens[i], MSG_NOSIGNAL), lens[i]);
        shutdown(atomic_load(&raw.fd), SHUT_RDWR);
        PGresult *result = conn_result(conn, &err);
        if (result != NULL)
            assert_false(conn_error(conn, result, &err));
        PQclear(result);
        assert_int_equal(err.code, DECANT_UNAVAILABLE);
        assert_null(strstr(err.message, "HTTP"));
        end();
    }
}

/* ---- statements that take long */

static int ticks;

/* Busy for one tick: a fifth of a second. */
static void
tick(void *ctx)
{
    if (++ticks == 1)
        raw_send(&raw, ctx);
}

static void
a_long_statement_ticks_until_it_ends(void **state)
{
    (void)state;
    static char done[] = "= VACUUM\nZ I";
    begin("");
    ticks = 0;
    assert_true(pg_exec_ticking(conn, "VACUUM", tick, done, &err));
    assert_int_equal(ticks, 1);
    assert_int_equal(err.code, DECANT_OK);
    end();
}

static void
a_long_statement_that_fails_says_why(void **state)
{
    (void)state;
    static char failed[] = "= SET\n! C23503\tnfk\n! C42601\nZ I";
    begin("");
    ticks = 0;
    assert_false(pg_exec_ticking(conn, "ALTER", tick, failed, &err));
    assert_string_equal(err.sqlstate, "23503"); /* the first reason is the reason */
    assert_non_null(strstr(err.context, "constraint 'fk'"));
    end();
}

static void
no_tick(void *ctx)
{
    (void)ctx;
    ticks++;
}

static void
a_statement_that_ends_at_once_does_not_tick(void **state)
{
    (void)state;
    static const struct {
        const char *answer;
        enum decant_code code;
    } answers[] = {
        { "= ALTER TABLE\nZ I", DECANT_OK },
        { "! C42501\nZ I", DECANT_REFUSED },
        { "X", DECANT_UNAVAILABLE },
    };
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        begin(answers[i].answer);
        ticks = 0;
        assert_int_equal(pg_exec_ticking(conn, "ALTER", no_tick, NULL, &err), i == 0);
        assert_int_equal(err.code, answers[i].code);
        assert_int_equal(ticks, 0);
        end();
    }
}

static atomic_int stop;

/* The server answers as soon as it was asked to cancel. */
static void
answer_when_cancelled(void *ctx)
{
    if (atomic_load(&raw.ncancels) > 0 && ++ticks == 1)
        raw_send(&raw, ctx);
    atomic_store(&stop, 1);
}

/* The rename may be done already: then that is what is told. */
static void
what_became_of_a_statement_is_told_although_the_job_stopped(void **state)
{
    (void)state;
    static char done[] = "= ALTER TABLE\nZ I", cancelled[] = "! C57014\nZ I";
    char *const answers[] = { done, cancelled };
    for (int i = 0; i < 2; i++) {
        memset(&err, 0, sizeof err);
        raw_init(&raw);
        raw_says(&raw, "");
        raw_start(&raw);
        atomic_store(&stop, 0);
        ticks = 0;
        conn = raw_connect(&raw, &stop);
        assert_int_equal(pg_exec_ticking(conn, "ALTER", answer_when_cancelled, answers[i], &err),
                         i == 0);
        assert_int_equal(atomic_load(&raw.ncancels), 1);
        assert_string_equal(err.sqlstate, i == 0 ? "" : "57014");
        assert_ptr_equal(pg_conn_stop(conn), &stop);
        end();
    }
}

static void
a_long_statement_is_given_up_when_the_server_stalls(void **state)
{
    (void)state;
    begin("");
    conn->stall_ms = 1;
    assert_false(pg_exec_ticking(conn, "ALTER", no_tick, NULL, &err));
    assert_int_equal(err.code, DECANT_UNAVAILABLE);
    assert_non_null(strstr(err.message, "has said nothing"));
    assert_non_null(strstr(err.hint, "--stall-timeout"));
    end();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_come_as_what_they_are_asked_for),
        cmocka_unit_test(parameters_travel_beside_the_text),
        cmocka_unit_test(an_error_says_its_state_and_names_but_never_a_value),
        cmocka_unit_test(an_error_without_names_or_state_has_none),
        cmocka_unit_test(the_session_serves_after_an_error),
        cmocka_unit_test(a_value_is_the_first_of_the_first_row_or_an_error),
        cmocka_unit_test(of_several_statements_the_last_rows_are_kept),
        cmocka_unit_test(of_several_statements_one_that_fails_fails_all),
        cmocka_unit_test(statements_before_the_one_that_failed_are_counted),
        cmocka_unit_test(success_leaves_an_error_untouched),
        cmocka_unit_test(every_cut_of_an_answer_is_a_lost_connection),
        cmocka_unit_test(last_words_are_heard),
        cmocka_unit_test(a_copy_where_rows_were_meant_is_an_error),
        cmocka_unit_test(a_server_that_speaks_no_postgresql_is_no_crash),
        cmocka_unit_test(a_long_statement_ticks_until_it_ends),
        cmocka_unit_test(a_long_statement_that_fails_says_why),
        cmocka_unit_test(a_statement_that_ends_at_once_does_not_tick),
        cmocka_unit_test(what_became_of_a_statement_is_told_although_the_job_stopped),
        cmocka_unit_test(a_long_statement_is_given_up_when_the_server_stalls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
