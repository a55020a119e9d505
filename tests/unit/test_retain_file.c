/* SPDX-License-Identifier: PostgreSQL */
/* Rows that only a file has go on to the next one, each by itself. */
#include "retain/retain.h"

#include "folder.h"
#include "load.h"

static const atomic_int never = 0;

static const char schema[] =
    "CREATE TABLE p(id INTEGER PRIMARY KEY, name TEXT UNIQUE);"
    "CREATE TABLE c(id INTEGER PRIMARY KEY, p INTEGER NOT NULL REFERENCES p, boss INTEGER "
    "REFERENCES"
    " c, n INTEGER CHECK (n > 0), twice INTEGER GENERATED ALWAYS AS (n * 2) STORED);";

static void
make_db(const char *path, const char *more)
{
    struct db *db;
    struct decant_error err = { 0 };
    assert_true(db_open(path, DB_CREATE, NULL, &db, &err));
    if (!db_exec(db, &err, schema) || !db_exec(db, &err, more))
        fail_msg("%s", err.message);
    db_close(db);
}

static int
count(const char *sql)
{
    sqlite3 *db = reader_open("new");
    int n = atoi(reader_value(db, sql));
    sqlite3_close(db);
    return n;
}

static void
retain(const char *table, const char *where, int carried, int refused)
{
    struct retained out;
    struct decant_error err = { 0 };
    if (!retain_file("old", "new", table, where, &never, &out, &err))
        fail_msg("%s", err.message);
    assert_int_equal(out.carried, carried);
    assert_int_equal(out.refused, refused);
}

static void
only_the_rows_that_are_meant_go_on(void **state)
{
    (void)state;
    make_db("old", "INSERT INTO p VALUES (1, 'a'), (1000, 'own'), (1001, 'mine')");
    make_db("new", "INSERT INTO p VALUES (1, 'a'), (2, 'b')");
    retain("p", "id >= 1000", 2, 0);
    assert_int_equal(count("SELECT count(*) FROM p"), 4);
    assert_int_equal(count("SELECT count(*) FROM p WHERE name = 'own' AND id = 1000"), 1);
}

static void
a_key_that_is_taken_and_a_parent_that_is_missing_are_counted(void **state)
{
    (void)state;
    make_db("old", "INSERT INTO p VALUES (5, 'taken'), (6, 'b'), (7, 'free');"
                   "INSERT INTO c(id, p, n) VALUES (1, 7, 1), (2, 8, 1), (3, 7, 3)");
    make_db("new", "INSERT INTO p VALUES (5, 'x'), (9, 'b')");
    retain("p", "true", 1, 2); /* 5: its key, 6: its name */
    retain("c", "id < 3", 1, 1);
    assert_int_equal(count("SELECT count(*) FROM pragma_foreign_key_check"), 0);
    assert_int_equal(count("SELECT twice FROM c"), 2); /* computed anew */
}

/* Whatever the order in which they stand. */
static void
rows_that_refer_to_each_other_come_in_rounds(void **state)
{
    (void)state;
    make_db("old",
            "INSERT INTO p VALUES (1, 'a');"
            "INSERT INTO c(id, p, boss, n) VALUES (1, 1, 2, 1), (2, 1, 3, 1), (3, 1, NULL, 1),"
            " (4, 1, 99, 1)");
    make_db("new", "INSERT INTO p VALUES (1, 'a')");
    retain("c", "true", 3, 1);
    assert_int_equal(count("SELECT count(*) FROM pragma_foreign_key_check"), 0);
}

static void
columns_that_are_gone_or_new_are_no_hindrance(void **state)
{
    struct db *db;
    struct decant_error err = { 0 };
    (void)state;
    make_db("old", "ALTER TABLE p ADD COLUMN old TEXT; INSERT INTO p VALUES (5, 'a', 'o')");
    make_db("new", "ALTER TABLE p ADD COLUMN new TEXT DEFAULT 'n'");
    retain("p", "old = 'o'", 1, 0);
    assert_int_equal(count("SELECT count(*) FROM p WHERE id = 5 AND new = 'n'"), 1);
    assert_true(db_open("new", DB_CREATE, NULL, &db, &err));
    assert_true(db_exec(db, &err, "CREATE TABLE only_here(x)"));
    db_close(db);
    retain("only_here", "true", 0, 0); /* the copy before had none */
}

/* SQLite's own number of a row has another name then. */
static void
a_column_called_rowid_is_a_column(void **state)
{
    struct db *db;
    struct decant_error err = { 0 };
    (void)state;
    make_db("old",
            "CREATE TABLE o(id INTEGER PRIMARY KEY, rowid TEXT); INSERT INTO o VALUES (7, NULL)");
    make_db("new", "");
    assert_true(db_open("new", DB_CREATE, NULL, &db, &err));
    assert_true(db_exec(db, &err, "CREATE TABLE o(id INTEGER PRIMARY KEY, rowid TEXT)"));
    db_close(db);
    retain("o", "true -- all of them", 1, 0);
    assert_int_equal(count("SELECT count(*) FROM o WHERE id = 7"), 1);
}

static void
a_condition_that_is_wrong_is_told(void **state)
{
    struct retained out;
    struct decant_error err = { 0 };
    (void)state;
    make_db("old", "INSERT INTO p VALUES (5, 'a')");
    make_db("new", "");
    assert_false(retain_file("old", "new", "p", "nothing = 1", &never, &out, &err));
    assert_int_equal(err.code, DECANT_USAGE);
    assert_int_equal(count("SELECT count(*) FROM p"), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(only_the_rows_that_are_meant_go_on, folder_clear),
        cmocka_unit_test_teardown(a_key_that_is_taken_and_a_parent_that_is_missing_are_counted,
                                  folder_clear),
        cmocka_unit_test_teardown(rows_that_refer_to_each_other_come_in_rounds, folder_clear),
        cmocka_unit_test_teardown(columns_that_are_gone_or_new_are_no_hindrance, folder_clear),
        cmocka_unit_test_teardown(a_column_called_rowid_is_a_column, folder_clear),
        cmocka_unit_test_teardown(a_condition_that_is_wrong_is_told, folder_clear),
    };
    return cmocka_run_group_tests_name("retain_file", tests, folder_enter, folder_leave);
}
