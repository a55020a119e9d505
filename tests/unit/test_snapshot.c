/* SPDX-License-Identifier: PostgreSQL */
/* One snapshot for all connections: locks come first, and what became of tables since shows. */
#include "pg/snapshot.h"

#include "raw.h"
#include "source.h" /* and "server.h" */

static struct source source;

static int
begin(void **state)
{
    (void)state;
    source_begin(&source, "odd_names");
    const char *patterns[] = { "snap" };
    source.options.schemas.items = patterns;
    source.options.schemas.count = 1;
    return selection_load(source.conn, &source.options, &source.arena, &source.selection,
                          &source.err)
               ? 0
               : -1;
}

static int
end(void **state)
{
    (void)state;
    source_end(&source);
    return 0;
}

static struct pg_relation
relation(const char *name)
{
    for (int i = 0; i < source.selection.nrelations; i++)
        if (strcmp(source.selection.relations[i].name, name) == 0)
            return source.selection.relations[i];
    fail_msg("no relation %s", name);
    return (struct pg_relation){ 0 };
}

static void
a_second_connection_reads_the_exported_snapshot(void **state)
{
    (void)state;
    double at = 0;
    struct buf id = { 0 }, now = { 0 }, then = { 0 };
    struct source second;
    struct decant_error err = { 0 };
    source_begin_beside(&second, &source);
    struct pg_relation kept = relation("kept");
    assert_true(snapshot_begin(source.conn, &kept, 1, 5000, &id, &at, &err));
    assert_true(id.len > 8);
    assert_true(pg_conn_is_attached(source.conn));
    assert_true(pg_exec(second.conn, &err, "INSERT INTO snap.kept VALUES (1)"));
    assert_true(pg_value(second.conn, &err, "SELECT count(*) FROM snap.kept", &now));
    assert_string_equal(buf_str(&now), "1");
    assert_true(snapshot_attach(second.conn, buf_str(&id), &err));
    assert_true(pg_conn_is_attached(second.conn));
    assert_true(pg_value(second.conn, &err, "SELECT count(*) AS n FROM snap.kept", &then));
    assert_string_equal(buf_str(&then), "0");
    assert_false(pg_exec(second.conn, &err, "DELETE FROM snap.kept"));
    assert_string_equal(err.sqlstate, "25006"); /* it may only read */
    assert_true(pg_exec(source.conn, &err, "ROLLBACK"));
    source_close(&second);
    buf_deinit(&id);
    buf_deinit(&now);
    buf_deinit(&then);
}

static void
a_snapshot_that_is_none_is_an_error(void **state)
{
    (void)state;
    struct decant_error err = { 0 };
    struct source second;
    source_begin_beside(&second, &source);
    assert_false(snapshot_attach(second.conn, "it's none", &err)); /* and no other statement */
    assert_int_not_equal(err.code, DECANT_OK);
    assert_string_equal(err.sqlstate, "22023");
    source_close(&second);
}

/* Begins a transaction with the locks of some, and says whether `checked` is still the same. */
static bool
is_same(const struct pg_relation *locked, int nlocked, const char *between,
        const struct pg_relation *checked, int nchecked)
{
    double at = 0;
    struct buf id = { 0 };
    struct decant_error err = { 0 };
    bool same = false;
    struct source second;
    source_begin_beside(&second, &source);
    if (!snapshot_begin(source.conn, locked, nlocked, 5000, &id, &at, &err) ||
        (between != NULL && !pg_exec(second.conn, &err, between)) ||
        !snapshot_verify(source.conn, checked, nchecked, &same, &err) ||
        !pg_exec(source.conn, &err, "ROLLBACK"))
        fail_msg("%s %s", err.message, err.context);
    source_close(&second);
    buf_deinit(&id);
    return same;
}

static void
tables_that_stayed_are_the_same(void **state)
{
    (void)state;
    struct pg_relation some[] = { relation("kept"), relation("locked"), relation("parts") };
    assert_true(is_same(some, 3, NULL, some, 3));
    assert_true(is_same(NULL, 0, NULL, NULL, 0));
}

/* A TRUNCATE commits between the snapshot and the first row: readers would see none, and no error.
 */
static void
a_table_on_another_file_is_not_the_same(void **state)
{
    (void)state;
    struct pg_relation kept = relation("kept");
    struct pg_relation both[] = { kept, relation("rewritten") };
    assert_false(is_same(&kept, 1, "TRUNCATE snap.rewritten", both, 2));
}

static void
a_table_of_another_name_is_not_the_same(void **state)
{
    (void)state;
    struct pg_relation renamed = relation("renamed"), of_old_oid = relation("kept"),
                       elsewhere = relation("kept");
    renamed.name = "it was \"this\", {once}\\";
    of_old_oid.oid += 1000000;
    elsewhere.schema = "public";
    assert_false(is_same(NULL, 0, NULL, &renamed, 1));
    assert_false(is_same(NULL, 0, NULL, &of_old_oid, 1));
    assert_false(is_same(NULL, 0, NULL, &elsewhere, 1));
}

/* A query for no row locks the partitions, too; one that was rewritten in between is found. */
static void
partitions_that_a_query_locked_are_verified_one_by_one(void **state)
{
    (void)state;
    struct pg_relation parts = relation("parts");
    parts.is_by_column = true;
    assert_true(is_same(&parts, 1, NULL, &parts, 1));
    struct pg_relation unlocked = relation("unlocked");
    unlocked.is_by_column = true;
    assert_false(is_same(NULL, 0, NULL, &unlocked, 1)); /* nothing locked them */
}

static void
a_lock_that_is_not_to_be_had_names_the_table_and_a_way_out(void **state)
{
    (void)state;
    struct source second;
    double at = 0;
    struct buf id = { 0 };
    struct decant_error err = { 0 };
    struct pg_relation some[] = { relation("kept"), relation("locked") };
    source_begin_beside(&second, &source);
    assert_true(pg_exec(second.conn, &err, "BEGIN; LOCK TABLE snap.locked"));
    assert_false(snapshot_begin(source.conn, some, 2, 10, &id, &at, &err));
    assert_int_equal(err.code, DECANT_UNAVAILABLE);
    assert_string_equal(err.sqlstate, "55P03");
    assert_non_null(strstr(err.context, "locking 'snap.locked'"));
    assert_non_null(strstr(err.hint, "--lock-timeout"));
    assert_int_equal(id.len, 0);
    assert_true(pg_exec(second.conn, &err, "ROLLBACK"));
    assert_true(pg_exec(source.conn, &err, "ROLLBACK"));
    source_close(&second);
    buf_deinit(&id);
}

static void
a_table_that_is_gone_is_told_by_its_name(void **state)
{
    (void)state;
    double at = 0;
    struct buf id = { 0 };
    struct decant_error err = { 0 };
    const struct pg_relation gone[] = { relation("kept"),
                                        { .oid = 1, .schema = "snap", .name = "go\"ne" } };
    assert_false(snapshot_begin(source.conn, gone, 2, 10, &id, &at, &err));
    assert_string_equal(err.sqlstate, "42P01");
    assert_non_null(strstr(err.context, "locking 'snap.go\"ne'"));
    assert_true(pg_exec(source.conn, &err, "ROLLBACK"));
    buf_deinit(&id);
}

static void
a_server_that_goes_wrong_at_any_request_is_an_error(void **state)
{
    (void)state;
    static const enum server_fault faults[] = { SERVER_FAILS, SERVER_DIES, SERVER_CUTS };
    if (server_is_real())
        return;
    struct pg_relation some[] = { relation("kept"), relation("locked"), relation("parts") };
    for (int i = 0; i < 3 * 5; i++) { /* session, BEGIN, LOCK, snapshot; two to verify */
        struct source bad = { 0 };
        double at = 0;
        struct buf id = { 0 };
        bool same;
        server_start_faulty(&bad.server, "odd_names", faults[i % 3], 2 + i / 3);
        bad.conn = source_connect(&bad);
        assert_non_null(bad.conn);
        assert_false(snapshot_begin(bad.conn, some, 3, 5000, &id, &at, &bad.err) &&
                     snapshot_verify(bad.conn, some, 3, &same, &bad.err));
        assert_int_equal(bad.err.code, DECANT_UNAVAILABLE);
        buf_deinit(&id);
        source_end(&bad);
    }
}

/* ---- against a server that says what no real one does on demand */

static struct raw raw;

static struct pg_conn *
begin_raw(const char *answer)
{
    raw_init(&raw);
    raw_says(&raw, answer);
    raw_start(&raw);
    return raw_connect(&raw, &raw_go_on);
}

static void
end_raw(struct pg_conn *conn)
{
    pg_close(conn);
    raw_stop(&raw);
}

/* Whoever takes all locks of a server keeps its other sessions waiting for an error. */
static void
more_tables_than_the_server_has_locks_are_refused(void **state)
{
    (void)state;
    double at = 0;
    struct buf id = { 0 };
    struct decant_error err = { 0 };
    const struct pg_relation some[3] = { { .schema = "s", .name = "t" },
                                         { .schema = "s", .name = "u" },
                                         { .schema = "s", .name = "v" } };
    struct pg_conn *conn = begin_raw("= BEGIN\n= SET\n| n\n- 2\n= SELECT 1\nZ T");
    assert_false(snapshot_begin(conn, some, 3, 10, &id, &at, &err));
    assert_int_equal(err.code, DECANT_REFUSED);
    assert_non_null(strstr(err.message, "3 tables"));
    assert_non_null(strstr(err.message, "room for 2"));
    assert_non_null(strstr(err.hint, "max_locks_per_transaction"));
    end_raw(conn);
    assert_null(strstr(buf_str(&raw.requests), "LOCK TABLE"));
    raw_deinit(&raw);
}

static void
relations_are_locked_those_by_column_last(void **state)
{
    (void)state;
    double at = 0;
    struct buf id = { 0 };
    struct decant_error err = { 0 };
    const struct pg_relation some[] = {
        { .schema = "s", .name = "c \"1\"", .is_by_column = true },
        { .schema = "s", .name = "plain" },
        { .schema = "s", .name = "root", .is_partitioned = true },
        { .schema = "s", .name = "c root", .is_by_column = true, .is_partitioned = true },
    };
    struct pg_conn *conn = begin_raw("= BEGIN\n= SET\n| n\n- 4\n= SELECT 1\nZ T");
    raw_says(&raw, "= LOCK TABLE\n= LOCK TABLE\nZ T");
    raw_says(&raw, "= SELECT 0\n= SELECT 0\nZ T");
    raw_says(&raw, "| id\tat\n- 7-1\t1767323045.25\n= SELECT 1\nZ T");
    buf_puts(&id, "id ");
    assert_true(snapshot_begin(conn, some, 4, 1234, &id, &at, &err));
    assert_string_equal(buf_str(&id), "id 7-1"); /* appended */
    assert_float_equal(at, 1767323045.25, 0);
    end_raw(conn);
    assert_non_null(strstr(buf_str(&raw.requests), " pg_catalog.current_setting('max_prepared_"
                                                   "transactions')::pg_catalog.int8)\n"
                                                   "LOCK TABLE ONLY \"s\".\"plain\" IN ACCESS "
                                                   "SHARE MODE;LOCK TABLE \"s\".\"root\" IN "
                                                   "ACCESS SHARE MODE;\n"
                                                   "SELECT FROM ONLY \"s\".\"c \"\"1\"\"\" LIMIT "
                                                   "0;SELECT FROM \"s\".\"c root\" LIMIT 0;\n"));
    assert_non_null(
        strstr(buf_str(&raw.requests), "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;"));
    assert_non_null(strstr(buf_str(&raw.requests), "SET LOCAL lock_timeout = 1234;"));
    raw_deinit(&raw);
    buf_deinit(&id);
}

static void
of_many_tables_the_one_that_failed_is_named(void **state)
{
    (void)state;
    enum { MANY = 750, FAILS = 620 };
    double at = 0;
    struct buf id = { 0 }, first = { 0 }, second = { 0 };
    struct decant_error err = { 0 };
    static struct pg_relation many[MANY];
    static char names[MANY][8];
    for (int i = 0; i < MANY; i++) {
        snprintf(names[i], sizeof names[i], "t%d", i);
        many[i] = (struct pg_relation){ .schema = "s", .name = names[i] };
        buf_puts(i < 500 ? &first : &second, i < FAILS ? "= LOCK TABLE\n" : "");
    }
    buf_puts(&first, "Z T");
    buf_puts(&second, "! C53200\nZ E");
    struct pg_conn *conn = begin_raw("= BEGIN\n= SET\n| n\n- 6400\n= SELECT 1\nZ T");
    raw_says(&raw, buf_str(&first));
    raw_says(&raw, buf_str(&second));
    assert_false(snapshot_begin(conn, many, MANY, 10, &id, &at, &err));
    assert_string_equal(err.sqlstate, "53200");
    assert_non_null(strstr(err.context, "locking 's.t620'"));
    assert_non_null(strstr(err.hint, "max_locks_per_transaction"));
    end_raw(conn);
    raw_deinit(&raw);
    buf_deinit(&first);
    buf_deinit(&second);
}

static void
a_session_that_waits_for_us_is_found(void **state)
{
    (void)state;
    static const struct {
        const char *answer, *relation;
        bool ok;
    } answers[] = {
        { "| r\n- \"My\".t\n= SELECT 1\nZ T", "on \"My\".t", true },
        { "| r\n= SELECT 0\nZ T", "on ", true },
        { "! C42501\nZ E", "on ", false },
        { "X", "on ", false },
    };
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct buf out = { 0 };
        struct decant_error err = { 0 };
        struct pg_conn *conn = begin_raw(answers[i].answer);
        buf_puts(&out, "on ");
        assert_int_equal(snapshot_find_waiter(conn, "decant/1/", &out, &err), answers[i].ok);
        assert_string_equal(buf_str(&out), answers[i].relation);
        assert_int_equal(err.code == DECANT_OK, answers[i].ok);
        end_raw(conn);
        assert_non_null(strstr(buf_str(&raw.requests), "$1 decant/1/\n"));
        raw_deinit(&raw);
        buf_deinit(&out);
    }
}

/* The first minor release of each that does not lose subtransactions. */
static void
a_standby_imports_snapshots_where_that_is_mended(void **state)
{
    (void)state;
    static const struct {
        int version;
        bool may;
    } versions[] = {
        { 130023, false }, { 140024, false }, { 140025, true }, { 150019, false },
        { 150020, true },  { 160015, false }, { 160016, true }, { 170011, false },
        { 170012, true },  { 180006, false }, { 180007, true }, { 190000, false },
        { 190001, true },  { 200000, true },  { 90624, false },
    };
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++)
        assert_int_equal(snapshot_may_be_imported(versions[i].version), versions[i].may);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_second_connection_reads_the_exported_snapshot),
        cmocka_unit_test(a_snapshot_that_is_none_is_an_error),
        cmocka_unit_test(tables_that_stayed_are_the_same),
        cmocka_unit_test(a_table_on_another_file_is_not_the_same),
        cmocka_unit_test(a_table_of_another_name_is_not_the_same),
        cmocka_unit_test(partitions_that_a_query_locked_are_verified_one_by_one),
        cmocka_unit_test(a_lock_that_is_not_to_be_had_names_the_table_and_a_way_out),
        cmocka_unit_test(a_table_that_is_gone_is_told_by_its_name),
        cmocka_unit_test(a_server_that_goes_wrong_at_any_request_is_an_error),
        cmocka_unit_test(more_tables_than_the_server_has_locks_are_refused),
        cmocka_unit_test(relations_are_locked_those_by_column_last),
        cmocka_unit_test(of_many_tables_the_one_that_failed_is_named),
        cmocka_unit_test(a_session_that_waits_for_us_is_found),
        cmocka_unit_test(a_standby_imports_snapshots_where_that_is_mended),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
