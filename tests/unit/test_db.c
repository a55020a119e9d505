/* SPDX-License-Identifier: PostgreSQL */
/* SQLite files: modes, values, and errors that say what happened to which file. */
#include "sqlite/db.h"

#include <math.h>
#include <sys/stat.h>

#include "sqlite/internal.h"
#include "unit.h"

static char folder[256], path[300];

static struct db *
open_as(enum db_mode mode)
{
    struct db *db = NULL;
    struct decant_error err = { 0 };
    if (!db_open(path, mode, NULL, &db, &err))
        fail_msg("%s", err.message);
    return db;
}

/* A file with a table t of (a INTEGER PRIMARY KEY, b UNIQUE, c NOT NULL CHECK (c > 0)). */
static struct db *
make(void)
{
    struct decant_error err = { 0 };
    unlink(path);
    struct db *db = open_as(DB_CREATE);
    assert_true(db_exec(db, &err,
                        "CREATE TABLE t(a INTEGER PRIMARY KEY, b UNIQUE,"
                        " c NOT NULL DEFAULT 1 CHECK (c > 0))"));
    return db;
}

static int64_t
number(struct db *db, const char *sql)
{
    int64_t n = -1;
    struct decant_error err = { 0 };
    if (!db_int(db, sql, &n, &err))
        fail_msg("%s", err.message);
    return n;
}

static void
a_value_comes_back_as_it_was_bound(void **state)
{
    (void)state;
    struct decant_error err = { 0 };
    struct db *db = make();
    struct db_stmt *s = db_prepare(db, "SELECT ?1, ?2, ?3, ?4, ?5, x'00ff00', ?6", &err);
    db_bind_text(s, 1, "it's");
    db_bind_text(s, 2, NULL);
    db_bind_int(s, 3, INT64_MIN);
    db_bind_double(s, 4, -0.5);
    db_bind_text(s, 5, "");
    db_bind_double(s, 6, INFINITY);
    assert_int_equal(db_step(s, &err), 1);
    struct cell cells[7];
    for (int i = 0; i < 7; i++)
        db_cell(s, i, &cells[i]);
    assert_int_equal(cells[0].kind, CELL_TEXT);
    assert_int_equal(cells[0].len, 4);
    assert_memory_equal(cells[0].data, "it's", 4);
    assert_int_equal(cells[1].kind, CELL_NULL);
    assert_int_equal(cells[2].kind, CELL_INTEGER);
    assert_true(cells[2].integer == INT64_MIN);
    assert_int_equal(cells[3].kind, CELL_REAL);
    assert_true(cells[3].real == -0.5);
    assert_int_equal(cells[4].kind, CELL_TEXT); /* empty, not NULL */
    assert_int_equal(cells[4].len, 0);
    assert_int_equal(cells[5].kind, CELL_BLOB);
    assert_int_equal(cells[5].len, 3);
    assert_memory_equal(cells[5].data, "\0\377", 3);
    assert_true(isinf(cells[6].real));
    assert_string_equal(db_text(s, 0), "it's");
    assert_null(db_text(s, 1));
    assert_true(db_column_int(s, 2) == INT64_MIN);
    assert_true(db_column_double(s, 3) == -0.5);
    assert_int_equal(db_step(s, &err), 0);
    db_finalize(s);
    db_close(db);
}

static void
a_statement_that_ended_runs_again(void **state)
{
    (void)state;
    struct decant_error err = { 0 };
    struct db *db = make();
    struct db_stmt *s = db_prepare(db, "INSERT INTO t(b) VALUES (?1)", &err);
    for (int i = 0; i < 3; i++) {
        db_bind_int(s, 1, i);
        assert_int_equal(db_step(s, &err), 0);
    }
    db_bind_int(s, 1, 2);
    assert_int_equal(db_step(s, &err), -1); /* twice the same */
    db_bind_int(s, 1, 7);
    assert_int_equal(db_step(s, &err), 0);
    assert_int_equal(number(db, "SELECT sum(b) FROM t"), 10);
    db_finalize(s);
    db_finalize(NULL);
    db_close(db);
}

static void
no_row_counts_as_zero(void **state)
{
    (void)state;
    struct db *db = make();
    assert_int_equal(number(db, "SELECT a FROM t"), 0);
    assert_int_equal(number(db, "SELECT NULL"), 0);
    assert_true(number(db, "SELECT -9223372036854775807 - 1") == INT64_MIN);
    db_close(db);
}

static void
success_leaves_an_error_untouched(void **state)
{
    (void)state;
    struct decant_error err = { .code = DECANT_LEAK, .message = "before" };
    struct db *db = make();
    int64_t n;
    assert_true(db_execf(db, &err, "INSERT INTO t(b) VALUES (%d)", 5));
    assert_true(db_int(db, "SELECT b FROM t", &n, &err));
    assert_true(db_cache(db, 100, &err));
    assert_int_equal(n, 5);
    assert_int_equal(err.code, DECANT_LEAK);
    assert_string_equal(err.message, "before");
    db_close(db);
    db_close(NULL);
}

static void
a_file_that_is_read_is_not_written(void **state)
{
    (void)state;
    static const enum db_mode modes[] = { DB_READ, DB_PROVE };
    static const char *const writes[] = {
        "INSERT INTO t(b) VALUES (1)",
        "DELETE FROM t",
        "DROP TABLE t",
        "CREATE TABLE u(a)",
        "PRAGMA user_version = 7",
        "VACUUM",
        "PRAGMA query_only = OFF; INSERT INTO t(b) VALUES (1)",
    };
    struct decant_error err = { 0 };
    struct db *db = make();
    assert_true(db_exec(db, &err, "INSERT INTO t(b) VALUES (7)"));
    db_close(db);
    for (int m = 0; m < 2; m++) {
        for (size_t i = 0; i < sizeof writes / sizeof *writes; i++) {
            struct decant_error failure = { 0 };
            db = open_as(modes[m]);
            assert_false(db_exec(db, &failure, writes[i]));
            assert_int_not_equal(failure.code, DECANT_OK);
            db_close(db);
        }
        db = open_as(modes[m]);
        assert_int_equal(number(db, "SELECT b FROM t"), 7);
        assert_int_equal(number(db, "PRAGMA user_version"), 0);
        db_close(db);
    }
}

static void
copy_file(const char *from, const char *to)
{
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    assert_true(in != NULL && out != NULL);
    for (int c; (c = getc(in)) != EOF;)
        putc(c, out);
    fclose(in);
    fclose(out);
}

static bool
are_alike(const char *a, const char *b)
{
    FILE *first = fopen(a, "rb"), *second = fopen(b, "rb");
    bool alike = first != NULL && second != NULL;
    for (int c = 0; alike && c != EOF;)
        alike = (c = getc(first)) == getc(second);
    if (first != NULL)
        fclose(first);
    if (second != NULL)
        fclose(second);
    return alike;
}

/* To read such a file it would have to be mended first, which is not for who only reads. */
static void
a_journal_that_a_crash_left_is_not_played_back_by_who_reads(void **state)
{
    (void)state;
    static const enum db_mode modes[] = { DB_READ, DB_PROVE };
    struct decant_error err = { 0 };
    char names[5][400]; /* the file, as a crash would leave it, what is read; with journals */
    static const char *const suffixes[] = { "-journal", ".was", ".was-journal", ".now",
                                            ".now-journal" };
    for (int i = 0; i < 5; i++)
        snprintf(names[i], sizeof names[i], "%s%s", path, suffixes[i]);
    struct db *db = make();
    assert_true(db_exec(db, &err,
                        "INSERT INTO t(b) VALUES (7);"
                        "PRAGMA cache_size = 2; BEGIN; UPDATE t SET b = 8;"
                        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
                        " WHERE i < 5000) INSERT INTO t(b) SELECT 100 + i FROM n"));
    copy_file(path, names[1]);
    copy_file(names[0], names[2]);
    db_close(db);
    for (int i = 0; i < 2; i++) {
        int64_t n;
        struct db *reader = NULL;
        memset(&err, 0, sizeof err);
        copy_file(names[1], names[3]);
        copy_file(names[2], names[4]);
        assert_true(db_open(names[3], modes[i], NULL, &reader, &err));
        assert_false(db_int(reader, "SELECT b FROM t WHERE a = 1", &n, &err));
        assert_int_equal(err.code, DECANT_UNAVAILABLE);
        assert_non_null(strstr(err.message, names[3]));
        db_close(reader);
        assert_true(are_alike(names[1], names[3]));
        assert_true(are_alike(names[2], names[4]));
    }
    for (int i = 1; i < 5; i++)
        unlink(names[i]);
}

/* With a file that it knows to be read-only SQLite holds no CHECK against the rows. */
static void
who_proves_sees_rows_that_break_a_check(void **state)
{
    (void)state;
    struct decant_error err = { 0 };
    struct db *db = make();
    assert_true(
        db_exec(db, &err, "PRAGMA ignore_check_constraints = ON; INSERT INTO t(c) VALUES (-1)"));
    db_close(db);
    db = open_as(DB_PROVE);
    struct db_stmt *s = db_prepare(db, "PRAGMA integrity_check", &err);
    assert_int_equal(db_step(s, &err), 1);
    assert_non_null(strstr(db_text(s, 0), "CHECK constraint failed in t"));
    db_finalize(s);
    db_close(db);
}

static void
a_file_that_is_not_there_is_made_by_one_mode_alone(void **state)
{
    (void)state;
    static const enum db_mode modes[] = { DB_READ, DB_PROVE, DB_WRITE };
    for (int i = 0; i < 3; i++) {
        struct db *db = NULL;
        struct decant_error err = { 0 };
        unlink(path);
        assert_false(db_open(path, modes[i], NULL, &db, &err));
        assert_null(db);
        assert_int_equal(err.code, DECANT_UNAVAILABLE);
        assert_non_null(strstr(err.message, path));
        assert_non_null(strstr(err.message, "No such file or directory"));
        assert_int_equal(access(path, F_OK), -1);
    }
    struct decant_error err = { 0 };
    struct db *db = open_as(DB_CREATE);
    assert_string_equal(db_path(db), path);
    assert_true(db_exec(db, &err, "CREATE TABLE t(a)"));
    db_close(db);
    assert_int_equal(access(path, F_OK), 0);
}

static void
a_path_that_cannot_be_is_an_error_with_its_name(void **state)
{
    (void)state;
    struct db *db = NULL;
    struct decant_error err = { 0 };
    char odd[400];
    snprintf(odd, sizeof odd, "%s/no/such/folder.sqlite", folder);
    assert_false(db_open(odd, DB_CREATE, NULL, &db, &err));
    assert_non_null(strstr(err.message, odd));
    memset(&err, 0, sizeof err);
    assert_false(db_open(folder, DB_CREATE, NULL, &db, &err)); /* a folder */
    assert_int_equal(err.code, DECANT_UNAVAILABLE);
}

static void
write_bytes(const void *bytes, size_t len)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    fclose(file);
}

static void
a_file_of_something_else_is_said_to_be_damaged(void **state)
{
    (void)state;
    static char text[4096];
    memset(text, 'x', sizeof text);
    static const size_t sizes[] = { 10, 99, 100, 4096 };
    for (int i = 0; i < 4; i++) {
        struct decant_error err = { 0 };
        int64_t n;
        write_bytes(text, sizes[i]);
        struct db *db = open_as(DB_READ);
        assert_false(db_int(db, "SELECT count(*) FROM sqlite_schema", &n, &err));
        assert_int_equal(err.code, DECANT_CHECK);
        assert_non_null(strstr(err.message, path));
        db_close(db);
    }
}

static void
damage_in_the_middle_is_found_and_said(void **state)
{
    (void)state;
    struct decant_error err = { 0 };
    struct db *db = make();
    assert_true(db_exec(db, &err,
                        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < "
                        "5000) INSERT INTO t(b) SELECT i FROM n"));
    db_close(db);
    FILE *file = fopen(path, "r+b");
    char garbage[4096];
    memset(garbage, 0xEE, sizeof garbage);
    fseek(file, 4096, SEEK_SET); /* behind the schema */
    for (int i = 0; i < 5; i++)
        fwrite(garbage, 1, sizeof garbage, file);
    fclose(file);
    int64_t n;
    db = open_as(DB_READ);
    assert_false(db_int(db, "SELECT sum(b + a) FROM t NOT INDEXED", &n, &err));
    assert_int_equal(err.code, DECANT_CHECK);
    assert_non_null(strstr(err.message, "damaged"));
    db_close(db);
}

static void
a_duplicate_key_is_told_from_other_failures(void **state)
{
    (void)state;
    static const struct {
        const char *sql;
        bool duplicate;
    } failures[] = {
        { "INSERT INTO t(b) VALUES (1), (1)", true },
        { "INSERT INTO t(a) VALUES (1), (1)", true },
        { "CREATE TABLE d AS SELECT 1 AS x UNION ALL SELECT 1; CREATE UNIQUE INDEX i ON d(x)",
          true },
        { "SELECT nothing", false },
        { "CREATE TABLE t(a)", false },
    };
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
        struct decant_error err = { 0 };
        struct db *db = make();
        assert_false(db_is_duplicate(db));
        assert_false(db_exec(db, &err, failures[i].sql));
        assert_int_equal(db_is_duplicate(db), failures[i].duplicate);
        assert_false(db_is_busy(db));
        db_close(db);
    }
}

/* db.h: "because a unique index met two equal keys". */
static void
a_check_or_a_null_is_no_duplicate(void **state)
{
    (void)state;
    static const char *const others[] = { "INSERT INTO t(c) VALUES (NULL)",
                                          "INSERT INTO t(c) VALUES (-1)",
                                          "INSERT INTO t(a) VALUES ('x')" };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct decant_error err = { 0 };
        struct db *db = make();
        assert_false(db_exec(db, &err, others[i]));
        assert_false(db_is_duplicate(db));
        db_close(db);
    }
}

/* db.h: "Did the last call fail". A step is a call, and so is one that succeeds. */
static void
the_last_call_is_the_one_that_is_asked_about(void **state)
{
    (void)state;
    struct decant_error err = { 0 };
    struct db *db = make();
    struct db_stmt *s = db_prepare(db, "INSERT INTO t(b) VALUES (1)", &err);
    assert_int_equal(db_step(s, &err), 0);
    assert_int_equal(db_step(s, &err), -1);
    assert_true(db_is_duplicate(db));
    assert_true(db_exec(db, &err, "DELETE FROM t"));
    assert_false(db_is_duplicate(db));
    db_finalize(s);
    db_close(db);
}

static void
a_file_in_use_is_busy(void **state)
{
    (void)state;
    struct decant_error err = { 0 };
    struct db *holder = make(), *other = open_as(DB_WRITE);
    assert_true(db_exec(holder, &err, "BEGIN EXCLUSIVE"));
    assert_false(db_exec(other, &err, "INSERT INTO t(b) VALUES (1)"));
    assert_true(db_is_busy(other));
    assert_false(db_is_duplicate(other));
    assert_int_equal(err.code, DECANT_UNAVAILABLE);
    assert_non_null(strstr(err.message, "is in use by another program"));
    assert_non_null(strstr(err.message, path));
    assert_true(db_exec(holder, &err, "COMMIT"));
    db_close(holder);
    memset(&err, 0, sizeof err);
    assert_true(db_exec(other, &err, "INSERT INTO t(b) VALUES (1)"));
    db_close(other);
}

static void
sql_that_is_wrong_is_a_bug_of_ours(void **state)
{
    (void)state;
    struct decant_error err = { 0 };
    struct db *db = make();
    assert_null(db_prepare(db, "SELECT * FROM nowhere", &err));
    assert_int_equal(err.code, DECANT_BUG);
    assert_non_null(strstr(err.message, "nowhere"));
    int64_t n = 5;
    memset(&err, 0, sizeof err);
    assert_false(db_int(db, "SELEC", &n, &err));
    assert_int_equal(err.code, DECANT_BUG);
    db_close(db);
}

/* "Messages of SQLite name tables and columns, never values". */
static void
no_value_is_in_a_message(void **state)
{
    (void)state;
    static const char *const inserts[] = {
        "INSERT INTO t(b) SELECT v FROM s UNION ALL SELECT v FROM s",
        "INSERT INTO t(a) SELECT v FROM s",
        "INSERT INTO t(c) SELECT NULL FROM s",
        "INSERT INTO strict_t SELECT v FROM s",
        "SELECT json_extract(v, '$') FROM s",
        "SELECT abs(-9223372036854775807 - 1) FROM s WHERE v > ''",
    };
    struct decant_error err = { 0 };
    struct db *db = make();
    assert_true(db_exec(db, &err,
                        "CREATE TABLE s(v); INSERT INTO s VALUES ('s3cret');"
                        "CREATE TABLE strict_t(n INTEGER) STRICT"));
    for (size_t i = 0; i < sizeof inserts / sizeof *inserts; i++) {
        memset(&err, 0, sizeof err);
        assert_false(db_exec(db, &err, inserts[i]));
        assert_int_not_equal(err.message[0], '\0');
        assert_null(strstr(err.message, "s3cret"));
        assert_null(strstr(err.context, "s3cret"));
    }
    db_close(db);
}

static const char endless[] = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
                              " SELECT count(*) FROM n";

static void
a_long_statement_ends_when_the_job_stops(void **state)
{
    (void)state;
    static const atomic_int stopped = 1;
    struct db *db = NULL;
    struct decant_error err = { 0 };
    int64_t n;
    unlink(path);
    assert_true(db_open(path, DB_CREATE, &stopped, &db, &err));
    assert_false(db_exec(db, &err, endless));
    assert_int_equal(err.code, DECANT_CANCELLED);
    memset(&err, 0, sizeof err);
    assert_false(db_int(db, endless, &n, &err));
    assert_int_equal(err.code, DECANT_CANCELLED);
    db_close(db);
}

static void
a_value_that_is_too_large_is_refused_with_a_way_out(void **state)
{
    (void)state;
    struct decant_error err = { 0 };
    struct db *db = make();
    sqlite3_limit(db->handle, SQLITE_LIMIT_LENGTH, 10000);
    assert_false(db_exec(db, &err, "INSERT INTO t(b) VALUES (zeroblob(20000))"));
    assert_int_equal(err.code, DECANT_REFUSED);
    assert_non_null(strstr(err.message, "larger than SQLite allows"));
    assert_non_null(strstr(err.hint, "-T"));
    db_close(db);
}

static void
a_file_that_may_not_grow_is_full(void **state)
{
    (void)state;
    struct decant_error err = { 0 };
    struct db *db = make();
    assert_false(db_exec(db, &err,
                         "PRAGMA max_page_count = 10; INSERT INTO t(b) VALUES (zeroblob(100000))"));
    assert_int_equal(err.code, DECANT_UNAVAILABLE);
    assert_non_null(strstr(err.message, "no space left"));
    assert_non_null(strstr(err.message, path));
    db_close(db);
}

/* Each code that SQLite may answer with, extended ones too. */
static void
every_code_has_a_meaning(void **state)
{
    (void)state;
    static const struct {
        int code;
        enum decant_code meaning;
    } codes[] = {
        { SQLITE_INTERRUPT, DECANT_CANCELLED },
        { SQLITE_FULL, DECANT_UNAVAILABLE },
        { SQLITE_NOMEM, DECANT_UNAVAILABLE },
        { SQLITE_IOERR_NOMEM, DECANT_UNAVAILABLE },
        { SQLITE_CORRUPT_VTAB, DECANT_CHECK },
        { SQLITE_NOTADB, DECANT_CHECK },
        { SQLITE_BUSY_RECOVERY, DECANT_UNAVAILABLE },
        { SQLITE_LOCKED, DECANT_UNAVAILABLE },
        { SQLITE_CANTOPEN_ISDIR, DECANT_UNAVAILABLE },
        { SQLITE_READONLY_DBMOVED, DECANT_UNAVAILABLE },
        { SQLITE_IOERR_WRITE, DECANT_UNAVAILABLE },
        { SQLITE_PERM, DECANT_UNAVAILABLE },
        { SQLITE_TOOBIG, DECANT_REFUSED },
        { SQLITE_MISUSE, DECANT_BUG },
        { SQLITE_CONSTRAINT_UNIQUE, DECANT_BUG },
    };
    struct db *db = make();
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        struct decant_error err = { 0 };
        assert_false(db_error(db, codes[i].code, &err));
        assert_int_equal(err.code, codes[i].meaning);
        assert_int_not_equal(err.message[0], '\0');
    }
    db_close(db);
}

static void
a_file_that_is_built_keeps_rows_that_break_its_rules(void **state)
{
    (void)state;
    struct decant_error err = { 0 };
    unlink(path);
    struct db *db = open_as(DB_CREATE);
    assert_true(db_begin_build(db, 8192, folder, &err));
    assert_true(db_exec(db, &err,
                        "CREATE TABLE p(a INTEGER PRIMARY KEY);"
                        "CREATE TABLE c(a REFERENCES p, n CHECK (n > 0));"
                        "INSERT INTO c VALUES (1, -1)"));
    assert_true(db_begin_sorts(db, &err));
    assert_true(db_exec(db, &err, "CREATE INDEX i ON c(n)"));
    assert_int_equal(number(db, "PRAGMA page_size"), 8192);
    assert_int_equal(number(db, "SELECT count(*) FROM c"), 1);
    db_close(db);
    char journal[320];
    snprintf(journal, sizeof journal, "%s-journal", path);
    assert_int_equal(access(journal, F_OK), -1);
}

static void
a_folder_with_a_quote_holds_the_sorts(void **state)
{
    (void)state;
    struct decant_error err = { 0 };
    char odd[300];
    snprintf(odd, sizeof odd, "%s/it's", folder);
    assert_int_equal(mkdir(odd, 0700), 0);
    unlink(path);
    struct db *db = open_as(DB_CREATE);
    assert_true(db_begin_build(db, 4096, odd, &err));
    memset(&err, 0, sizeof err);
    assert_false(db_begin_build(db, 4096, "/no/such/folder", &err));
    assert_int_not_equal(err.code, DECANT_OK);
    assert_true(db_exec(db, &err, "PRAGMA temp_store_directory = ''"));
    db_close(db);
    rmdir(odd);
}

static void
names_and_texts_are_quoted_so_that_sqlite_reads_them_back(void **state)
{
    (void)state;
    static const char *const names[] = { "plain", "Odd \"name\"", "it's",  "select", "a.b",
                                         " ",     "caf\xc3\xa9",  "x]y`z", "\\",     "-- x",
                                         "/* x" };
    struct decant_error err = { 0 };
    struct db *db = make();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct buf sql = { 0 };
        buf_puts(&sql, "CREATE TABLE ");
        db_quote(&sql, names[i]);
        buf_puts(&sql, "(");
        db_quote(&sql, names[i]);
        buf_puts(&sql, ")");
        assert_true(db_exec(db, &err, buf_str(&sql)));
        buf_reset(&sql);
        buf_puts(&sql, "SELECT count(*) FROM sqlite_schema WHERE name = ");
        db_quote_text(&sql, names[i]);
        assert_int_equal(number(db, buf_str(&sql)), 1);
        buf_deinit(&sql);
    }
    db_close(db);
}

static void
a_file_is_known_by_its_first_bytes(void **state)
{
    (void)state;
    uint32_t id = 7;
    struct decant_error err = { 0 };
    struct db *db = make();
    assert_true(db_exec(db, &err, "PRAGMA application_id = -559038737")); /* 0xDEADBEEF */
    db_close(db);
    assert_int_equal(db_probe(path, &id), DB_SQLITE);
    assert_int_equal(id, 0xDEADBEEF);
    unlink(path);
    assert_int_equal(db_probe(path, &id), DB_ABSENT);
    assert_int_equal(id, 0);
    write_bytes("", 0);
    assert_int_equal(db_probe(path, &id), DB_EMPTY);
    static char bytes[200] = "SQLite format 3";
    write_bytes(bytes, 99); /* no whole header */
    assert_int_equal(db_probe(path, &id), DB_OTHER);
    write_bytes(bytes, 100);
    assert_int_equal(db_probe(path, &id), DB_SQLITE);
    bytes[14] = '2';
    write_bytes(bytes, 200);
    assert_int_equal(db_probe(path, &id), DB_OTHER);
    assert_int_equal(db_probe(folder, &id), DB_OTHER);
    assert_int_equal(db_probe("/dev/null", &id), DB_OTHER);
    char below[320];
    snprintf(below, sizeof below, "%s/below", path); /* a file is no folder */
    assert_int_equal(db_probe(below, &id), DB_OTHER);
}

static int
begin(void **state)
{
    (void)state;
    bool ok = make_folder(folder, sizeof folder);
    snprintf(path, sizeof path, "%s/it's a \"db\".sqlite", folder);
    return ok ? 0 : -1;
}

static int
end(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_comes_back_as_it_was_bound),
        cmocka_unit_test(a_statement_that_ended_runs_again),
        cmocka_unit_test(no_row_counts_as_zero),
        cmocka_unit_test(success_leaves_an_error_untouched),
        cmocka_unit_test(a_file_that_is_read_is_not_written),
        cmocka_unit_test(a_journal_that_a_crash_left_is_not_played_back_by_who_reads),
        cmocka_unit_test(who_proves_sees_rows_that_break_a_check),
        cmocka_unit_test(a_file_that_is_not_there_is_made_by_one_mode_alone),
        cmocka_unit_test(a_path_that_cannot_be_is_an_error_with_its_name),
        cmocka_unit_test(a_file_of_something_else_is_said_to_be_damaged),
        cmocka_unit_test(damage_in_the_middle_is_found_and_said),
        cmocka_unit_test(a_duplicate_key_is_told_from_other_failures),
        cmocka_unit_test(a_file_in_use_is_busy),
        cmocka_unit_test(sql_that_is_wrong_is_a_bug_of_ours),
        cmocka_unit_test(no_value_is_in_a_message),
        cmocka_unit_test(a_long_statement_ends_when_the_job_stops),
        cmocka_unit_test(a_value_that_is_too_large_is_refused_with_a_way_out),
        cmocka_unit_test(a_file_that_may_not_grow_is_full),
        cmocka_unit_test(every_code_has_a_meaning),
        cmocka_unit_test(a_file_that_is_built_keeps_rows_that_break_its_rules),
        cmocka_unit_test(a_folder_with_a_quote_holds_the_sorts),
        cmocka_unit_test(names_and_texts_are_quoted_so_that_sqlite_reads_them_back),
        cmocka_unit_test(a_file_is_known_by_its_first_bytes),
        cmocka_unit_test(a_check_or_a_null_is_no_duplicate),
        cmocka_unit_test(the_last_call_is_the_one_that_is_asked_about),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
