/* SPDX-License-Identifier: PostgreSQL */
/* Rows that only a database has go on to the next one, each by itself. Here the copy before is the
 * same database as an older snapshot sees it. */
#include "retain/retain.h"

#include "source.h"

struct two {
    struct source before, after;
};

static void
run(struct source *source, const char *sql)
{
    if (!pg_exec(source->conn, &source->err, sql))
        fail_msg("%s: %s", sql, source->err.message);
}

static void
two_begin(struct two *two, const char *had, const char *has)
{
    source_begin(&two->before, "retain");
    source_begin_beside(&two->after, &two->before);
    run(&two->after, "TRUNCATE public.notes, public.down, public.plain RESTART IDENTITY");
    run(&two->after, "ALTER TABLE public.notes DISABLE TRIGGER triples");
    run(&two->after, had);
    run(&two->after, "ALTER TABLE public.notes ENABLE TRIGGER triples");
    run(&two->before, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1");
    run(&two->after, has);
}

static void
two_end(struct two *two)
{
    source_close(&two->after);
    source_end(&two->before);
}

static bool
retain_in(struct two *two, const char *table, const char *where, struct retained *out)
{
    return retain_database(two->before.conn, two->after.conn, "public", table, where, out,
                           &two->after.err);
}

static void
two_retain(struct two *two, const char *table, const char *where, int carried, int refused)
{
    struct retained out;
    if (!retain_in(two, table, where, &out))
        fail_msg("%s", two->after.err.message);
    assert_int_equal(out.carried, carried);
    assert_int_equal(out.refused, refused);
}

static void
assert_answer(struct two *two, const char *sql, const char *answer)
{
    struct pg_result *r = pg_query(two->after.conn, &two->after.err, sql, 0, NULL);
    if (r == NULL)
        fail_msg("%s", two->after.err.message);
    assert_string_equal(pg_text(r, 0, 0), answer);
    pg_result_free(r);
}

static void
rows_of_a_database_go_on_and_its_triggers_do_not_see_them(void **state)
{
    struct two two;
    (void)state;
    two_begin(
        &two,
        "INSERT INTO public.notes VALUES (1, 'a', 1, NULL), (500, NULL, 5, 501), (501, 'o''k', "
        "NULL, 502), (502, '', 7.50, NULL)",
        "DELETE FROM public.notes WHERE id > 1");
    two_retain(&two, "notes", "id >= 500 -- ours", 3, 0);
    assert_answer(&two,
                  "SELECT string_agg(concat_ws('/', id, name, n, above, twice), ' ' ORDER BY id)"
                  " FROM public.notes",
                  "1/a/1/2 500/5/501/10 501/o'k/502 502//7.50/15.00");
    assert_answer(&two, "INSERT INTO public.notes (n) VALUES (1) RETURNING n", "3");
    assert_answer(&two,
                  "SELECT string_agg(tgenabled::text, '' ORDER BY tgname) FROM pg_trigger"
                  " WHERE NOT tgisinternal",
                  "DO");
    assert_answer(&two, "SELECT max(id) FROM public.notes", "503"); /* its sequence went on */
    two_end(&two);
}

static void
rows_that_a_database_refuses_are_counted(void **state)
{
    struct two two;
    (void)state;
    two_begin(
        &two,
        "INSERT INTO public.notes VALUES (1, 'a', 1, NULL), (2, 'b', 2, NULL), (3, 'c', 3, 1),"
        " (4, 'd', 4, 1), (5, 'e', 5, 4)",
        "DELETE FROM public.notes; INSERT INTO public.notes VALUES (2, 'x', 1, NULL), (7, 'c', 1, "
        "NULL)");
    two_retain(&two, "notes", "id > 1", 0, 4); /* a key, a name, a parent, a parent's parent */
    assert_answer(&two, "SELECT count(*) FROM public.notes", "2");
    two_end(&two);
}

static void
sequences_that_go_down_go_on_downwards(void **state)
{
    struct two two;
    (void)state;
    two_begin(&two, "INSERT INTO public.down OVERRIDING SYSTEM VALUE VALUES (1, -40), (2, -39)",
              "DELETE FROM public.down");
    two_retain(&two, "down", "true", 2, 0);
    assert_answer(&two, "INSERT INTO public.down VALUES (3) RETURNING \"No\"", "-41");
    two_end(&two);
}

/* What PostgreSQL knows of the table by an older snapshot lacks the column. */
static void
a_column_that_only_the_next_database_has_gets_its_default(void **state)
{
    struct two two;
    (void)state;
    two_begin(&two, "INSERT INTO public.plain VALUES ('a'), (NULL)",
              "DELETE FROM public.plain; ALTER TABLE public.plain ADD more int DEFAULT 7");
    two_retain(&two, "plain", "true", 2, 0);
    assert_answer(&two,
                  "SELECT string_agg(coalesce(x, '-') || more, ',' ORDER BY x) FROM public.plain",
                  "a7,-7");
    run(&two.before, "COMMIT");
    run(&two.after, "ALTER TABLE public.plain DROP more");
    two_retain(&two, "there_is_none", "true", 0, 0);
    two_end(&two);
}

static void
a_condition_that_a_database_does_not_know_is_the_users(void **state)
{
    struct two two;
    struct retained out;
    (void)state;
    two_begin(&two, "INSERT INTO public.plain VALUES ('a')", "DELETE FROM public.plain");
    assert_false(retain_in(&two, "plain", "nothing = 1", &out));
    assert_int_equal(two.after.err.code, DECANT_USAGE);
    assert_answer(&two, "SELECT count(*) FROM public.plain", "0");
    two_end(&two);
}

static void
a_server_that_fails_is_an_error_and_no_row_that_was_refused(void **state)
{
    struct retained out;
    int requests = 0;
    (void)state;
    if (server_is_real())
        return;
    for (int at = 0; at <= requests; at++)
        for (enum server_fault fault = SERVER_FAILS; fault <= SERVER_CUTS; fault++) {
            struct two two = { 0 };
            server_start_faulty(&two.before.server, "retain", fault, at);
            two.before.conn = source_connect(&two.before);
            two.after.server = two.before.server;
            two.after.conn = source_connect(&two.after);
            if (two.before.conn != NULL && two.after.conn != NULL)
                assert_int_equal(retain_in(&two, "notes", "id >= 500 -- ours", &out), at == 0);
            if (at > 0)
                assert_int_not_equal(two.after.err.code + two.before.err.code, DECANT_OK);
            source_close(&two.after);
            pg_close(two.before.conn);
            if (at == 0)
                requests = server_stop(&two.before.server) - 2; /* each connection's farewell */
            else
                server_stop_anyhow(&two.before.server);
        }
    assert_true(requests > 8);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_of_a_database_go_on_and_its_triggers_do_not_see_them),
        cmocka_unit_test(rows_that_a_database_refuses_are_counted),
        cmocka_unit_test(sequences_that_go_down_go_on_downwards),
        cmocka_unit_test(a_column_that_only_the_next_database_has_gets_its_default),
        cmocka_unit_test(a_condition_that_a_database_does_not_know_is_the_users),
        cmocka_unit_test(a_server_that_fails_is_an_error_and_no_row_that_was_refused),
    };
    return cmocka_run_group_tests_name("retain_database", tests, NULL, NULL);
}
