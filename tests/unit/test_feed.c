/* SPDX-License-Identifier: PostgreSQL */
/* Rows that a virtual table hands to SQLite: values as they are, and failures as they were. */
#include "sqlite/feed.h"

#include <math.h>

#include "unit.h"

static struct db *db;
static struct decant_error err;

/* So many rows of the same cells; some go wrong. */
struct some {
    struct feed feed;
    const struct cell *cells;
    int rows, given, fails_at, cell_fails_at;
};

static int
next(struct feed *feed, struct decant_error *failure)
{
    struct some *some = (struct some *)feed;
    if (++some->given == some->fails_at) {
        error_set(failure, DECANT_CANCELLED, "row %d", some->given);
        return -1;
    }
    return some->given <= some->rows;
}

static bool
cell(struct feed *feed, int column, struct cell *out, struct decant_error *failure)
{
    struct some *some = (struct some *)feed;
    if (some->given == some->cell_fails_at && column == feed->ncolumns - 1)
        return error_set(failure, DECANT_REFUSED, "cell of row %d", some->given);
    *out = some->cells[column];
    if (out->kind == CELL_INTEGER)
        out->integer += some->given;
    return true;
}

static struct some
some_rows(int rows, const struct cell *cells, int ncolumns)
{
    return (struct some){ .feed = { ncolumns, next, cell }, .cells = cells, .rows = rows };
}

static int64_t
number(const char *sql)
{
    int64_t n = -1;
    struct decant_error failure = { 0 };
    if (!db_int(db, sql, &n, &failure))
        fail_msg("%s", failure.message);
    return n;
}

static int
begin(void **state)
{
    (void)state;
    memset(&err, 0, sizeof err);
    return db_open(":memory:", DB_CREATE, NULL, &db, &err) ? 0 : -1;
}

static int
end(void **state)
{
    (void)state;
    db_close(db);
    return 0;
}

static const struct cell one[] = { { .kind = CELL_INTEGER } };

static void
every_value_arrives_as_it_is(void **state)
{
    (void)state;
    static const struct cell cells[] = {
        { .kind = CELL_NULL },
        { .kind = CELL_INTEGER, .integer = INT64_MIN },
        { .kind = CELL_REAL, .real = -0.1 },
        { .kind = CELL_REAL, .real = INFINITY },
        { .kind = CELL_TEXT, .data = "caf\xc3\xa9\0x", .len = 7 },
        { .kind = CELL_TEXT, .data = "", .len = 0 },
        { .kind = CELL_BLOB, .data = "\0\377\0", .len = 3 },
        { .kind = CELL_BLOB, .data = NULL, .len = 0 },
    };
    struct some some = some_rows(1, cells, 8);
    assert_true(db_exec(db, &err, "CREATE TABLE \"odd \"\"t\"(a, b, c, d, e, f, g, h)"));
    assert_true(feed_insert(db, "odd \"t", "", &some.feed, &err));
    assert_int_equal(err.code, DECANT_OK);
    assert_int_equal(number("SELECT count(*) FROM \"odd \"\"t\" WHERE a IS NULL"
                            " AND b = -9223372036854775807 AND c = -0.1 AND d = 9e999"
                            " AND typeof(e) = 'text' AND CAST(e AS BLOB) = x'636166c3a90078'"
                            " AND typeof(f) = 'text' AND f = ''"
                            " AND typeof(g) = 'blob' AND g = x'00ff00'"
                            " AND typeof(h) = 'blob' AND length(h) = 0"),
                     1);
}

/* An empty text of an empty buffer is no NULL, as an empty BLOB is none. */
static void
an_empty_text_without_bytes_is_a_text(void **state)
{
    (void)state;
    static const struct cell cells[] = { { .kind = CELL_TEXT, .data = NULL, .len = 0 } };
    struct some some = some_rows(1, cells, 1);
    assert_true(db_exec(db, &err, "CREATE TABLE t(a TEXT NOT NULL)"));
    assert_true(feed_insert(db, "t", "", &some.feed, &err));
    assert_int_equal(number("SELECT count(*) FROM t WHERE a = ''"), 1);
}

static void
rows_come_in_their_order_or_the_one_that_is_asked_for(void **state)
{
    (void)state;
    struct some some = some_rows(1000, one, 1), others = some_rows(1000, one, 1);
    assert_true(db_exec(db, &err, "CREATE TABLE t(a); CREATE TABLE u(a)"));
    assert_true(feed_insert(db, "t", "", &some.feed, &err));
    assert_true(feed_insert(db, "u", " ORDER BY 1 DESC", &others.feed, &err));
    assert_int_equal(number("SELECT sum(a = rowid) FROM t"), 1000);
    assert_int_equal(number("SELECT sum(a = 1001 - rowid) FROM u"), 1000);
}

static void
no_rows_are_no_error(void **state)
{
    (void)state;
    struct some some = some_rows(0, one, 1);
    assert_true(db_exec(db, &err, "CREATE TABLE t(a)"));
    assert_true(feed_insert(db, "t", "", &some.feed, &err));
    assert_int_equal(number("SELECT count(*) FROM t"), 0);
    assert_int_equal(some.given, 1); /* and the end is asked for once */
}

static void
a_failure_of_the_rows_is_the_one_that_is_told(void **state)
{
    (void)state;
    static const struct {
        int fails_at, cell_fails_at;
        enum decant_code code;
        const char *message;
    } failures[] = {
        { 1, 0, DECANT_CANCELLED, "row 1" },       { 500, 0, DECANT_CANCELLED, "row 500" },
        { 1001, 0, DECANT_CANCELLED, "row 1001" }, /* instead of the end */
        { 0, 1, DECANT_REFUSED, "cell of row 1" }, { 0, 1000, DECANT_REFUSED, "cell of row 1000" },
    };
    static const char *const orders[] = { "", " ORDER BY 1" };
    static const struct cell two[] = { { .kind = CELL_INTEGER }, { .kind = CELL_NULL } };
    for (size_t i = 0; i < 2 * sizeof failures / sizeof *failures; i++) {
        struct some some = some_rows(1000, two, 2);
        some.fails_at = failures[i / 2].fails_at;
        some.cell_fails_at = failures[i / 2].cell_fails_at;
        memset(&err, 0, sizeof err);
        assert_true(db_exec(db, &err, "DROP TABLE IF EXISTS t; CREATE TABLE t(a, b)"));
        assert_false(feed_insert(db, "t", orders[i % 2], &some.feed, &err));
        assert_int_equal(err.code, failures[i / 2].code);
        assert_string_equal(err.message, failures[i / 2].message);
        assert_int_equal(number("SELECT count(*) FROM t"), 0);
    }
}

static void
a_failure_of_the_table_is_told_by_its_name(void **state)
{
    (void)state;
    struct some some = some_rows(2, one, 1);
    static const struct cell null[] = { { .kind = CELL_NULL } };
    struct some nulls = some_rows(1, null, 1), nowhere = some_rows(1, one, 1);
    assert_true(db_exec(db, &err, "CREATE TABLE t(a NOT NULL); CREATE TABLE wide(a, b)"));
    assert_false(feed_insert(db, "t", "", &nulls.feed, &err));
    assert_non_null(strstr(err.message, "t.a"));
    memset(&err, 0, sizeof err);
    assert_false(feed_insert(db, "gone", "", &nowhere.feed, &err));
    assert_non_null(strstr(err.message, "gone"));
    assert_int_equal(nowhere.given, 0); /* nothing was asked of the source in vain */
    memset(&err, 0, sizeof err);
    assert_false(feed_insert(db, "wide", "", &some.feed, &err));
    assert_int_not_equal(err.code, DECANT_OK);
    assert_int_equal(number("SELECT count(*) FROM t"), 0);
}

static void
nothing_of_a_feed_stays_behind(void **state)
{
    (void)state;
    struct some some = some_rows(3, one, 1), more = some_rows(4, one, 1),
                bad = some_rows(4, one, 1);
    int64_t n;
    bad.fails_at = 2;
    assert_true(db_exec(db, &err, "CREATE TABLE t(a)"));
    int64_t before = number("SELECT count(*) FROM sqlite_schema");
    assert_true(feed_insert(db, "t", "", &some.feed, &err));
    assert_false(feed_insert(db, "t", "", &bad.feed, &err));
    memset(&err, 0, sizeof err);
    assert_true(feed_insert(db, "t", "", &more.feed, &err)); /* after a failure, too */
    assert_int_equal(number("SELECT count(*) FROM t"), 7);
    assert_int_equal(number("SELECT count(*) FROM sqlite_schema"), before);
    assert_false(db_int(db, "SELECT count(*) FROM decant_feed_0", &n, &err));
}

/* The name that the rows stand under may be somebody's table. */
static void
a_table_called_as_the_feed_is_a_table_like_others(void **state)
{
    (void)state;
    struct some some = some_rows(3, one, 1), own = some_rows(2, one, 1);
    assert_true(db_exec(db, &err, "CREATE TABLE decant_feed_0(a); CREATE TABLE t(a)"));
    assert_true(feed_insert(db, "t", "", &some.feed, &err));
    assert_true(feed_insert(db, "decant_feed_0", "", &own.feed, &err));
    assert_int_equal(number("SELECT count(*) FROM t"), 3);
    assert_int_equal(number("SELECT count(*) FROM decant_feed_0"), 2);
}

static void
a_row_may_have_as_many_columns_as_postgresql_has(void **state)
{
    (void)state;
    enum { COLUMNS = 1600 };
    static struct cell cells[COLUMNS];
    struct buf sql = { 0 };
    for (int i = 0; i < COLUMNS; i++) {
        cells[i] = (struct cell){ .kind = CELL_INTEGER, .integer = i };
        buf_printf(&sql, "%s%d\"", i == 0 ? "CREATE TABLE t(\"" : ",\"", i);
    }
    buf_putc(&sql, ')');
    struct some some = some_rows(2, cells, COLUMNS);
    assert_true(db_exec(db, &err, buf_str(&sql)));
    assert_true(feed_insert(db, "t", "", &some.feed, &err));
    assert_int_equal(number("SELECT \"1599\" FROM t WHERE rowid = 2"), 1601);
    buf_deinit(&sql);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_value_arrives_as_it_is, begin, end),
        cmocka_unit_test_setup_teardown(rows_come_in_their_order_or_the_one_that_is_asked_for,
                                        begin, end),
        cmocka_unit_test_setup_teardown(no_rows_are_no_error, begin, end),
        cmocka_unit_test_setup_teardown(a_failure_of_the_rows_is_the_one_that_is_told, begin, end),
        cmocka_unit_test_setup_teardown(a_failure_of_the_table_is_told_by_its_name, begin, end),
        cmocka_unit_test_setup_teardown(nothing_of_a_feed_stays_behind, begin, end),
        cmocka_unit_test_setup_teardown(a_row_may_have_as_many_columns_as_postgresql_has, begin,
                                        end),
        cmocka_unit_test_setup_teardown(an_empty_text_without_bytes_is_a_text, begin, end),
        cmocka_unit_test_setup_teardown(a_table_called_as_the_feed_is_a_table_like_others, begin,
                                        end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
