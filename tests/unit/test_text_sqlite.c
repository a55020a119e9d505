/* SPDX-License-Identifier: PostgreSQL */
/* A SQLite copy as text: each value comes back bit by bit, and text is the same whatever the order
 * in which rows came. */
#include "text/sqlite.h"

#include <math.h>

#include "base/utf8.h"
#include "folder.h"

static const char run[] = "20260101000000x000001";

static struct db *
make_db(const char *path, const char *sql)
{
    struct db *db;
    struct decant_error err = { 0 };
    unlink(path);
    if (!db_open(path, DB_CREATE, NULL, &db, &err) || !db_exec(db, &err, sql))
        fail_msg("%s", err.message);
    return db;
}

static void
write_text(struct db *db, const char *target, struct text_files *files)
{
    struct decant_error err = { 0 };
    if (!text_files_open(target, run, false, &text_sqlite, files, &err) ||
        !text_sqlite_write(db, files, &err))
        fail_msg("%s", err.message);
}

/* Loads what was built into a database of its own, and compares what that writes. */
static bool
comes_back(struct text_files *files, const char *then, struct decant_error *err)
{
    struct db *db = make_db("again.db", "");
    bool ok = text_sqlite_load(files, db, err) && db_exec(db, err, then);
    text_files_compare(files);
    ok = ok && text_sqlite_write(db, files, err);
    db_close(db);
    return ok;
}

static const char schema[] =
    "CREATE TABLE \"odd \"\" name\" (\"a b\" INTEGER PRIMARY KEY, \"select\" TEXT);"
    "CREATE TABLE p (x TEXT, y INTEGER, z BLOB, PRIMARY KEY (y, x)) WITHOUT ROWID;"
    "CREATE TABLE c (id INTEGER PRIMARY KEY AUTOINCREMENT, x TEXT, y INTEGER, n REAL,"
    " twice REAL GENERATED ALWAYS AS (n * 2) STORED, FOREIGN KEY (y, x) REFERENCES p (y, x));"
    "CREATE TABLE keyless (a, b);"
    "CREATE TABLE empty (a);"
    "CREATE TABLE nocase (id TEXT COLLATE NOCASE PRIMARY KEY);"
    "CREATE INDEX c_x ON c (x) WHERE x > 'a;';"
    "CREATE VIEW seen AS SELECT 1 AS one\n -- a comment; with an end\n;"
    "CREATE TRIGGER t AFTER INSERT ON keyless BEGIN INSERT INTO empty VALUES (1); END;";

static const char *const rows[] = {
    "INSERT INTO p VALUES ('a', 1, x'00ff'), ('b', 1, NULL), ('', 2, x'')",
    "INSERT INTO c (id, x, y, n) VALUES (7, 'a', 1, 0.1), (2, NULL, NULL, 1e300)",
    "INSERT INTO c (id, x, y, n) VALUES (40, '', 2, -0.0)",
    "INSERT INTO \"odd \"\" name\" VALUES (3, 'three'), (1, 'line' || char(10) || 'two')",
    "INSERT INTO nocase VALUES ('b'), ('A'), ('C')",
    "INSERT INTO keyless VALUES (1, 'x'), (1, x'78'), (NULL, 1), (2, NULL), (1, 'x')",
};
enum { nrows = sizeof rows / sizeof *rows };

static void
fill(struct db *db, bool backwards)
{
    struct decant_error err = { 0 };
    for (int i = 0; i < nrows; i++)
        if (!db_exec(db, &err, rows[backwards ? nrows - 1 - i : i]))
            fail_msg("%s", err.message);
    if (!db_exec(db, &err, "DELETE FROM empty; ANALYZE; PRAGMA application_id = 77"))
        fail_msg("%s", err.message);
}

static void
a_database_of_the_text_writes_the_same(void **state)
{
    struct decant_error err = { 0 };
    struct text_files files;
    (void)state;
    for (int is_folder = 0; is_folder < 2; is_folder++) {
        struct db *db = make_db("copy.db", schema);
        fill(db, false);
        write_text(db, is_folder ? "out/" : "out.sql", &files);
        assert_int_equal(files.nnames, is_folder ? 8 : 1);
        if (!comes_back(&files, "", &err))
            fail_msg("%s", err.message);
        text_files_close(&files);
        db_close(db);
    }
}

static void
one_that_was_changed_does_not(void **state)
{
    static const char *const changes[] = { "UPDATE c SET n = n + 1e-17 WHERE id = 7",
                                           "DELETE FROM keyless WHERE rowid = 1",
                                           "UPDATE p SET z = '' WHERE z = x''",
                                           "DROP INDEX c_x",
                                           "UPDATE sqlite_sequence SET seq = 41",
                                           "PRAGMA application_id = 78",
                                           "CREATE TABLE more (a)",
                                           "DROP VIEW seen",
                                           "DELETE FROM sqlite_stat1" };
    struct text_files files;
    (void)state;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct decant_error err = { 0 };
        struct db *db = make_db("copy.db", schema);
        fill(db, false);
        write_text(db, "out.sql", &files);
        if (comes_back(&files, changes[i], &err))
            fail_msg("nobody noticed: %s", changes[i]);
        assert_int_equal(err.code, DECANT_CHECK);
        text_files_close(&files);
        db_close(db);
    }
}

static void
the_order_in_which_rows_came_does_not_show(void **state)
{
    struct decant_error err = { 0 };
    struct buf text[2] = { { 0 }, { 0 } };
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct text_files files;
        struct db *db = make_db("copy.db", schema);
        fill(db, i == 1);
        write_text(db, "-", &files);
        assert_true(text_files_read(&files, &text[i], &err));
        text_files_close(&files);
        db_close(db);
    }
    assert_string_equal(buf_str(&text[0]), buf_str(&text[1]));
    buf_deinit(&text[0]);
    buf_deinit(&text[1]);
}

/* The sqlite3 shell is who loads it elsewhere. */
static void
the_shell_loads_it(void **state)
{
    struct decant_error err = { 0 };
    struct text_files files;
    int changed;
    (void)state;
    struct db *db = make_db("copy.db", schema);
    fill(db, false);
    write_text(db, "out/", &files);
    assert_true(text_files_publish(&files, &changed, &err));
    text_files_close(&files);
    assert_int_equal(system("cat out/*.sql | sqlite3 -bail shell.db"), 0);
    assert_int_equal(
        system("for db in copy shell; do sqlite3 $db.db 'SELECT id, x, y, n, twice FROM"
               " c ORDER BY id; SELECT hex(z), typeof(z) FROM p ORDER BY y, x;"
               " SELECT count(*) FROM keyless; SELECT * FROM sqlite_sequence;"
               " SELECT sql FROM sqlite_schema ORDER BY name; PRAGMA"
               " foreign_key_check' >$db.out || exit 1; done; cmp -s copy.out"
               " shell.out && [ -s shell.out ]"),
        0);
    db_close(db);
}

/* ---- literals */

struct reader {
    struct db *db;
    struct db_stmt *stmt;
};

static void
reader_begin(struct reader *reader)
{
    struct decant_error err = { 0 };
    reader->db = make_db("literals.db", "");
    reader->stmt = db_prepare(reader->db, text_sqlite_reader, &err);
    assert_non_null(reader->stmt);
}

static void
reader_end(struct reader *reader)
{
    db_finalize(reader->stmt);
    db_close(reader->db);
}

/* The literal, on one line, of the same kind and bytes once it is read. */
static void
assert_reads(const struct reader *reader, const struct cell *cell, const char *literal)
{
    struct decant_error err = { 0 };
    struct buf sql = { 0 };
    struct cell read;
    buf_puts(&sql, "SELECT ");
    text_sqlite_literal(&sql, cell, reader->stmt);
    if (literal != NULL)
        assert_string_equal(buf_str(&sql) + 7, literal);
    assert_null(strpbrk(buf_str(&sql), "\n\r"));
    assert_int_equal(strlen(buf_str(&sql)), sql.len);
    struct db_stmt *stmt = db_prepare(reader->db, buf_str(&sql), &err);
    if (stmt == NULL || db_step(stmt, &err) != 1)
        fail_msg("%s: %s", buf_str(&sql), err.message);
    db_cell(stmt, 0, &read);
    assert_int_equal(read.kind, cell->kind);
    if (cell->kind == CELL_INTEGER)
        assert_true(read.integer == cell->integer);
    if (cell->kind == CELL_REAL && memcmp(&read.real, &cell->real, sizeof read.real) != 0 &&
        cell->real != 0) /* SQLite has no negative zero of a literal */
        fail_msg("%s is not %.20g", buf_str(&sql) + 7, cell->real);
    if (cell->kind == CELL_TEXT || cell->kind == CELL_BLOB) {
        assert_int_equal(read.len, cell->len);
        assert_true(cell->len == 0 || memcmp(read.data, cell->data, cell->len) == 0);
    }
    db_finalize(stmt);
    buf_deinit(&sql);
}

#define TEXT(t)                                                                                    \
    {                                                                                              \
        .kind = CELL_TEXT, .data = t, .len = sizeof(t) - 1                                         \
    }

static void
literals_are_short_and_plain(void **state)
{
    static const struct {
        struct cell cell;
        const char *literal;
    } cases[] = {
        { { .kind = CELL_NULL }, "NULL" },
        { { .kind = CELL_INTEGER, .integer = -7 }, "-7" },
        { { .kind = CELL_INTEGER, .integer = INT64_MAX }, "9223372036854775807" },
        { { .kind = CELL_INTEGER, .integer = INT64_MIN }, "(-9223372036854775807 - 1)" },
        { { .kind = CELL_REAL, .real = 0.1 }, "0.1" },
        { { .kind = CELL_REAL, .real = 3 }, "3.0" },
        { { .kind = CELL_REAL, .real = 1e23 }, "1e+23" },
        { { .kind = CELL_REAL, .real = 1.0 / 3 }, "0.33333333333333331" },
        { { .kind = CELL_REAL, .real = 0x1p-100 },
          "(CAST(4503599627370496 AS REAL) / 4611686018427387904 / 4611686018427387904 / "
          "268435456)" },
        { { .kind = CELL_REAL, .real = INFINITY }, "1e999" },
        { { .kind = CELL_REAL, .real = -INFINITY }, "-1e999" },
        { TEXT(""), "''" },
        { TEXT("it's"), "'it''s'" },
        { TEXT("\303\244"), "'\303\244'" },
        { TEXT("a\nb"), "replace('a\\nb', '\\n', char(10))" },
        { TEXT("\\n\n"), "replace('\\n\\n1', '\\n1', char(10))" },
        { TEXT("a\r\nb"), "replace(replace('a\\r\\nb', '\\n', char(10)), '\\r', char(13))" },
        { TEXT("a\0b"), "CAST(X'610062' AS TEXT)" },
        { TEXT("\377"), "CAST(X'FF' AS TEXT)" },
        { { .kind = CELL_BLOB, .data = "\001\253", .len = 2 }, "X'01AB'" },
        { { .kind = CELL_BLOB, .data = "", .len = 0 }, "X''" },
    };
    struct reader reader;
    (void)state;
    reader_begin(&reader);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_reads(&reader, &cases[i].cell, cases[i].literal);
    reader_end(&reader);
}

static uint64_t
random_bits(uint64_t *seed)
{
    *seed += 0x9e3779b97f4a7c15;
    uint64_t z = *seed;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

static void
every_number_comes_back(void **state)
{
    uint64_t seed = 1;
    struct reader reader;
    (void)state;
    reader_begin(&reader);
    for (int i = 0; i < 40000; i++) {
        struct cell cell = { .kind = CELL_REAL };
        uint64_t bits = random_bits(&seed);
        memcpy(&cell.real, &bits, sizeof cell.real);
        if (i % 2 == 0)
            cell.real = (double)(int64_t)bits / 3e15; /* as people have them */
        if (!isnan(cell.real))
            assert_reads(&reader, &cell, NULL);
    }
    static const double odd[] = { 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308,
                                  4503599627370497.5, 9007199254740993.0 };
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        assert_reads(&reader, &(struct cell){ .kind = CELL_REAL, .real = odd[i] }, NULL);
    reader_end(&reader);
}

static void
every_text_comes_back(void **state)
{
    static const char letters[] = "ab'\\n1r\n\r\0\303\244\377";
    uint64_t seed = 2;
    struct reader reader;
    (void)state;
    reader_begin(&reader);
    for (int i = 0; i < 20000; i++) {
        char text[24];
        size_t len = random_bits(&seed) % sizeof text;
        for (size_t k = 0; k < len; k++)
            text[k] = letters[random_bits(&seed) % (sizeof letters - 1)];
        assert_reads(&reader, &(struct cell){ .kind = CELL_TEXT, .data = text, .len = len }, NULL);
        assert_reads(&reader, &(struct cell){ .kind = CELL_BLOB, .data = text, .len = len }, NULL);
    }
    reader_end(&reader);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_database_of_the_text_writes_the_same, folder_clear),
        cmocka_unit_test_teardown(one_that_was_changed_does_not, folder_clear),
        cmocka_unit_test_teardown(the_order_in_which_rows_came_does_not_show, folder_clear),
        cmocka_unit_test_teardown(the_shell_loads_it, folder_clear),
        cmocka_unit_test_teardown(literals_are_short_and_plain, folder_clear),
        cmocka_unit_test_teardown(every_number_comes_back, folder_clear),
        cmocka_unit_test_teardown(every_text_comes_back, folder_clear),
    };
    return cmocka_run_group_tests_name("text_sqlite", tests, folder_enter, folder_leave);
}
