/* SPDX-License-Identifier: PostgreSQL */
#include "text/sqlite.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "text/rows.h"

const struct text_dialect text_sqlite = {
    .name = "SQLite",
    .head = "PRAGMA foreign_keys = OFF;\nBEGIN;\n",
    .foot = "\nCOMMIT;\n",
};

/* ---- literals */

const char text_sqlite_reader[] = "SELECT CAST(?1 AS REAL)";

/* What SQLite makes of the digits. */
static double
read_real(struct db_stmt *reader, const char *text)
{
    struct decant_error ignored = { 0 };
    db_bind_text(reader, 1, text);
    double real = db_step(reader, &ignored) == 1 ? db_column_double(reader, 0) : NAN;
    db_step(reader, &ignored); /* to its end */
    return real;
}

/* As a whole number times or by a power of two: exact wherever it is computed. */
static void
put_exact(struct buf *out, double real)
{
    int exponent;
    int64_t digits = (int64_t)ldexp(frexp(real, &exponent), 53);
    exponent -= 53;
    buf_printf(out, "(CAST(%" PRId64 " AS REAL)", digits);
    for (int step; exponent != 0; exponent += exponent < 0 ? step : -step) {
        step = abs(exponent) < 62 ? abs(exponent) : 62;
        buf_printf(out, " %c %" PRId64, exponent < 0 ? '/' : '*', (int64_t)1 << step);
    }
    buf_putc(out, ')');
}

/* Does it read as the same number by the rules of arithmetic, and by SQLite? */
static bool
reads_as(char text[40], int digits, double real, struct db_stmt *reader)
{
    snprintf(text, 40, "%.*g", digits, real);
    return strtod(text, NULL) == real && read_real(reader, text) == real;
}

/*
 * SQLite's reader of decimals was one off in the last bit for one short number in 20,000 before
 * 3.47, and for every tenth beyond 1e100 until 3.51, whatever its digits
 * (findings/sqlite_reads_other_reals.sh). So what has few digits is written with them, others with
 * 17, and what is very large or small as whole numbers. It knows no NaN, and takes what is too
 * large for infinity.
 */
static void
put_real(struct buf *out, double real, struct db_stmt *reader)
{
    enum { FEW = 12, ALL = 17, MOST = 20 };
    char text[40];
    if (isinf(real)) {
        buf_puts(out, real < 0 ? "-1e999" : "1e999");
        return;
    }
    bool is_moderate = real == 0 || (fabs(real) > 1e-25 && fabs(real) < 1e25);
    for (int digits = 1; is_moderate && digits <= MOST; digits += digits == FEW ? ALL - FEW : 1) {
        if (!reads_as(text, digits, real, reader))
            continue;
        buf_puts(out, text);
        if (strpbrk(text, ".e") == NULL) /* else it would be an integer */
            buf_puts(out, ".0");
        return;
    }
    put_exact(out, real);
}

static void
put_hexadecimal(struct buf *out, const unsigned char *data, size_t len)
{
    static const char digits[] = "0123456789ABCDEF";
    buf_puts(out, "X'");
    for (size_t i = 0; i < len; i++) {
        buf_putc(out, digits[data[i] >> 4]);
        buf_putc(out, digits[data[i] & 15]);
    }
    buf_putc(out, '\'');
}

static bool
contains(const char *data, size_t len, const char *word)
{
    return memmem(data, len, word, strlen(word)) != NULL;
}

/* Stands for a character in a text that does not have it: "\n", "\n1", "\n2" ... */
static void
choose_word(char word[24], char letter, const char *data, size_t len)
{
    snprintf(word, 24, "\\%c", letter);
    for (int i = 1; contains(data, len, word); i++)
        snprintf(word, 24, "\\%c%d", letter, i);
}

/* As the sqlite3 shell does in .dump: a line feed would end the line. */
static void
put_text(struct buf *out, const char *data, size_t len)
{
    static const struct {
        char c, letter;
        int code;
    } ends[] = { { '\n', 'n', 10 }, { '\r', 'r', 13 } };
    char words[2][24] = { "", "" };
    for (int i = 0; i < 2; i++)
        if (memchr(data, ends[i].c, len) != NULL) {
            choose_word(words[i], ends[i].letter, data, len);
            buf_puts(out, "replace(");
        }
    buf_putc(out, '\'');
    for (size_t i = 0; i < len; i++) {
        if (data[i] == '\'')
            buf_puts(out, "''");
        else if (data[i] == '\n' || data[i] == '\r')
            buf_puts(out, words[data[i] == '\r']);
        else
            buf_putc(out, data[i]);
    }
    buf_putc(out, '\'');
    for (int i = 0; i < 2; i++)
        if (words[i][0] != '\0')
            buf_printf(out, ", '%s', char(%d))", words[i], ends[i].code);
}

/* In UTF-8, and without a NUL, at which a statement would end. */
static bool
is_plain_text(const char *data, size_t len)
{
    uint32_t code;
    for (size_t at = 0; at < len;) {
        at += utf8_decode(data + at, len - at, &code);
        if (code == 0 || code == UINT32_MAX)
            return false;
    }
    return true;
}

void
text_sqlite_literal(struct buf *out, const struct cell *cell, struct db_stmt *reader)
{
    assert(out != NULL && cell != NULL && reader != NULL);
    switch (cell->kind) {
    case CELL_NULL:
        buf_puts(out, "NULL");
        break;
    case CELL_INTEGER:
        /* the least one is no literal: its digits alone are a real */
        if (cell->integer == INT64_MIN)
            buf_puts(out, "(-9223372036854775807 - 1)");
        else
            buf_printf(out, "%" PRId64, cell->integer);
        break;
    case CELL_REAL:
        put_real(out, cell->real, reader);
        break;
    case CELL_TEXT:
        if (is_plain_text(cell->data, cell->len)) {
            put_text(out, cell->data, cell->len);
            break;
        }
        buf_puts(out, "CAST(");
        put_hexadecimal(out, cell->data, cell->len);
        buf_puts(out, " AS TEXT)");
        break;
    case CELL_BLOB:
        put_hexadecimal(out, cell->data, cell->len);
        break;
    }
}

/* ---- writing */

static const char tables_sql[] =
    "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE"
    " '\\' ORDER BY rowid";

static const char others_sql[] =
    "SELECT sql FROM sqlite_schema WHERE type <> 'table' AND sql IS NOT NULL"
    " ORDER BY CASE type WHEN 'index' THEN 1 WHEN 'view' THEN 2 ELSE 3 END, rowid";

static bool
write_sql(struct text_files *files, const char *sql, struct decant_error *err)
{
    const char *end = strstr(sql, "--") != NULL ? "\n;\n" : ";\n"; /* behind a comment */
    return text_files_put(files, sql, strlen(sql), err) &&
           text_files_put(files, end, strlen(end), err);
}

static bool
write_schema(struct db *db, struct text_files *files, struct decant_error *err)
{
    int64_t id;
    struct buf pragma = { 0 };
    struct db_stmt *stmt = NULL;
    bool ok = text_files_begin(files, TEXT_SCHEMA, NULL, NULL, err) &&
              db_int(db, "PRAGMA application_id", &id, err);
    if (ok) {
        buf_printf(&pragma, "PRAGMA application_id = %" PRId64, id);
        stmt = db_prepare(db, tables_sql, err);
        ok = stmt != NULL && write_sql(files, buf_str(&pragma), err);
    }
    int status = 0;
    while (ok && (status = db_step(stmt, err)) == 1)
        ok = write_sql(files, db_text(stmt, 1), err);
    db_finalize(stmt);
    buf_deinit(&pragma);
    return ok && status == 0;
}

/* Its columns but for those that are computed, and what its rows are sorted by: the key, else all
 * of them. */
static int
list_columns(struct db *db, const char *table, struct buf *columns, struct buf *order,
             struct decant_error *err)
{
    static const char sql[] = "SELECT name, pk, max(pk) OVER () FROM pragma_table_xinfo(?1)"
                              " WHERE hidden = 0 ORDER BY pk, cid";
    struct db_stmt *stmt = db_prepare(db, sql, err);
    int n = 0, status = -1;
    if (stmt != NULL)
        db_bind_text(stmt, 1, table);
    while (stmt != NULL && (status = db_step(stmt, err)) == 1) {
        bool is_ordering = db_column_int(stmt, 2) == 0 || db_column_int(stmt, 1) > 0;
        buf_puts(columns, n++ > 0 ? ", " : "");
        db_quote(columns, db_text(stmt, 0));
        if (!is_ordering)
            continue;
        buf_puts(order, order->len > 0 ? ", " : " ORDER BY ");
        db_quote(order, db_text(stmt, 0));
        buf_puts(order, " COLLATE BINARY");
    }
    db_finalize(stmt);
    return status < 0 ? -1 : n;
}

static bool
write_rows(struct db *db, const char *table, const char *columns, const char *order, int ncolumns,
           struct text_files *files, struct decant_error *err)
{
    struct buf sql = { 0 }, into = { 0 };
    struct text_rows rows;
    struct cell cell;
    buf_printf(&sql, "SELECT %s FROM ", columns);
    db_quote(&sql, table);
    buf_puts(&sql, order);
    buf_puts(&into, "INSERT INTO ");
    db_quote(&into, table);
    buf_printf(&into, " (%s) VALUES", columns);
    text_rows_begin(&rows, files, buf_str(&into), false);
    struct db_stmt *reader = db_prepare(db, text_sqlite_reader, err);
    struct db_stmt *stmt = reader != NULL ? db_prepare(db, buf_str(&sql), err) : NULL;
    int status = 0;
    bool ok = stmt != NULL;
    while (ok && (status = db_step(stmt, err)) == 1) {
        for (int i = 0; i < ncolumns; i++) {
            db_cell(stmt, i, &cell);
            text_sqlite_literal(text_rows_cell(&rows), &cell, reader);
        }
        ok = text_rows_end_row(&rows, err);
    }
    ok = ok && status == 0;
    struct decant_error ignored = { 0 };
    ok = text_rows_end(&rows, ok ? err : &ignored) && ok;
    db_finalize(stmt);
    db_finalize(reader);
    buf_deinit(&sql);
    buf_deinit(&into);
    return ok;
}

static bool
write_table(struct db *db, const char *table, struct text_files *files, struct decant_error *err)
{
    struct buf columns = { 0 }, order = { 0 };
    int n = list_columns(db, table, &columns, &order, err);
    bool ok = n >= 0 &&
              (n == 0 || write_rows(db, table, buf_str(&columns), buf_str(&order), n, files, err));
    buf_deinit(&columns);
    buf_deinit(&order);
    return ok;
}

static bool
write_tables(struct db *db, struct text_files *files, struct decant_error *err)
{
    struct db_stmt *stmt = db_prepare(db, tables_sql, err);
    bool ok = stmt != NULL;
    int status = 0;
    while (ok && (status = db_step(stmt, err)) == 1)
        ok = text_files_begin(files, TEXT_ROWS, NULL, db_text(stmt, 0), err) &&
             write_table(db, db_text(stmt, 0), files, err);
    db_finalize(stmt);
    return ok && status == 0;
}

/* Where keys go on, and what the planner knows; SQLite makes the tables by itself. */
static const struct {
    const char *table, *before;
} own_tables[] = { { "sqlite_sequence", "DELETE FROM sqlite_sequence" },
                   { "sqlite_stat1", "ANALYZE sqlite_schema" } };

static bool
write_keys(struct db *db, struct text_files *files, struct decant_error *err)
{
    struct buf sql = { 0 };
    struct db_stmt *stmt = db_prepare(db, others_sql, err);
    bool ok = stmt != NULL && text_files_begin(files, TEXT_KEYS, NULL, NULL, err) &&
              text_files_put(files, "\n", 1, err);
    int status = 0;
    while (ok && (status = db_step(stmt, err)) == 1)
        ok = write_sql(files, db_text(stmt, 0), err);
    ok = ok && status == 0;
    db_finalize(stmt);
    for (size_t i = 0; ok && i < sizeof own_tables / sizeof *own_tables; i++) {
        int64_t is_there = 0;
        buf_reset(&sql);
        buf_printf(&sql, "SELECT count(*) FROM sqlite_schema WHERE name = '%s'",
                   own_tables[i].table);
        ok = db_int(db, buf_str(&sql), &is_there, err) &&
             (is_there == 0 || (write_sql(files, own_tables[i].before, err) &&
                                write_table(db, own_tables[i].table, files, err)));
    }
    buf_deinit(&sql);
    return ok;
}

bool
text_sqlite_write(struct db *db, struct text_files *files, struct decant_error *err)
{
    assert(db != NULL && files != NULL);
    return db_exec(db, err, "BEGIN") && write_schema(db, files, err) &&
           write_tables(db, files, err) && write_keys(db, files, err) &&
           text_files_end(files, err) && db_exec(db, err, "COMMIT");
}

/* ---- and back */

static bool
load_file(const char *path, struct db *db, struct decant_error *err)
{
    struct buf statement = { 0 };
    char *line = NULL;
    size_t room = 0;
    FILE *file = fopen(path, "re");
    bool ok = file != NULL || error_errno(err, "cannot read '%s'", path);
    for (ssize_t n; ok && (n = getline(&line, &room, file)) >= 0;) {
        buf_add(&statement, line, (size_t)n);
        bool may_end = n > 1 && line[n - 1] == '\n' && line[n - 2] == ';';
        if (!may_end || !db_is_complete(buf_str(&statement)))
            continue;
        ok = db_exec(db, err, buf_str(&statement));
        buf_reset(&statement);
    }
    if (file != NULL)
        fclose(file);
    free(line);
    buf_deinit(&statement);
    return ok;
}

bool
text_sqlite_load(const struct text_files *files, struct db *db, struct decant_error *err)
{
    bool ok = true;
    for (int i = 0; ok && i < files->nnames; i++) {
        char *path = text_files_path(files, i);
        ok = load_file(path, db, err);
        free(path);
    }
    return ok;
}
