/* SPDX-License-Identifier: PostgreSQL */
#include "sqlite/internal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/mem.h"

enum { PROGRESS_OPCODES = 20000, BUILD_CACHE_KIB = 16 * 1024, SORT_CACHE_KIB = 4 * 1024 };

#define PROVER "decant-prover"

static pthread_once_t configured = PTHREAD_ONCE_INIT;

/* The files themselves are opened for reading: whatever SQLite were to write would fail. */
static int
open_to_prove(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *got)
{
    sqlite3_vfs *real = vfs->pAppData;
    int wanted =
        (flags & SQLITE_OPEN_MAIN_DB) == 0
            ? flags
            : (flags & ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)) | SQLITE_OPEN_READONLY;
    int code = real->xOpen(real, name, file, wanted, got);
    if (got != NULL && wanted != flags)
        *got = (*got & ~SQLITE_OPEN_READONLY) | SQLITE_OPEN_READWRITE;
    return code;
}

static void
configure(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); /* its counters cost a lock per allocation */
    sqlite3_initialize();
    static sqlite3_vfs prover;
    prover = *sqlite3_vfs_find(NULL);
    prover.pAppData = sqlite3_vfs_find(NULL);
    prover.zName = PROVER;
    prover.xOpen = open_to_prove;
    sqlite3_vfs_register(&prover, 0);
}

static int
should_stop(void *ctx)
{
    const struct db *db = ctx;
    return db->stop != NULL && atomic_load(db->stop) != 0;
}

bool
db_error(struct db *db, int code, struct decant_error *err)
{
    assert(db != NULL);
    db->last_code = code;
    switch (code & 0xFF) {
    case SQLITE_INTERRUPT:
        return error_set(err, DECANT_CANCELLED, "cancelled");
    case SQLITE_FULL:
        return error_set(err, DECANT_UNAVAILABLE, "no space left for '%s'", db->path);
    case SQLITE_NOMEM:
        return error_set(err, DECANT_UNAVAILABLE, "out of memory");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return error_set(err, DECANT_CHECK, "'%s' is damaged or not a SQLite database", db->path);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return error_set(err, DECANT_UNAVAILABLE, "'%s' is in use by another program", db->path);
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_IOERR: {
        int reason = sqlite3_system_errno(db->handle);
        return error_set(err, DECANT_UNAVAILABLE, "cannot read or write '%s': %s", db->path,
                         reason != 0 ? strerror(reason) : sqlite3_errstr(code));
    }
    case SQLITE_TOOBIG:
        error_set(err, DECANT_REFUSED, "a value or row is larger than SQLite allows");
        return error_hint(err, "leave the table out with -T, or use a PostgreSQL target");
    }
    return error_set(err, DECANT_BUG, "SQLite: %s", sqlite3_errmsg(db->handle));
}

bool
db_open(const char *path, enum db_mode mode, const atomic_int *stop, struct db **out,
        struct decant_error *err)
{
    assert(path != NULL);
    static const int flags[] = { [DB_READ] = SQLITE_OPEN_READONLY,
                                 [DB_PROVE] = SQLITE_OPEN_READWRITE,
                                 [DB_WRITE] = SQLITE_OPEN_READWRITE,
                                 [DB_CREATE] = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE };
    pthread_once(&configured, configure);
    struct db *db = mem_alloc(sizeof *db);
    db->path = mem_strdup(path);
    db->stop = stop;
    int code = sqlite3_open_v2(path, &db->handle, flags[mode] | SQLITE_OPEN_NOMUTEX,
                               mode == DB_PROVE ? PROVER : NULL);
    if (code != SQLITE_OK) {
        db_error(db, code, err);
        db_close(db);
        return false;
    }
    sqlite3_extended_result_codes(db->handle, 1);
    sqlite3_progress_handler(db->handle, PROGRESS_OPCODES, should_stop, db);
    if ((mode == DB_READ || mode == DB_PROVE) && !db_exec(db, err, "PRAGMA query_only = ON")) {
        db_close(db);
        return false;
    }
    *out = db;
    return true;
}

bool
db_cache(struct db *db, int kib, struct decant_error *err)
{
    assert(kib > 0);
    return db_execf(db, err, "PRAGMA cache_size = -%d", kib);
}

void
db_close(struct db *db)
{
    if (db == NULL)
        return;
    sqlite3_close_v2(db->handle);
    free(db->path);
    free(db);
}

const char *
db_path(const struct db *db)
{
    return db->path;
}

bool
db_begin_build(struct db *db, int page_size, const char *directory, struct decant_error *err)
{
    assert(page_size >= 512);
    struct buf sql = { 0 };
    buf_printf(&sql,
               "PRAGMA page_size = %d; PRAGMA cache_size = -%d; PRAGMA journal_mode = OFF;"
               "PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;"
               "PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF;"
               "PRAGMA encoding = 'UTF-8'; PRAGMA temp_store_directory = ",
               page_size, BUILD_CACHE_KIB);
    db_quote_text(&sql, directory);
    bool ok = db_exec(db, err, buf_str(&sql));
    buf_deinit(&sql);
    return ok;
}

bool
db_begin_sorts(struct db *db, struct decant_error *err)
{
    return db_execf(db, err, "PRAGMA cache_size = -%d; PRAGMA threads = 2", SORT_CACHE_KIB);
}

bool
db_exec(struct db *db, struct decant_error *err, const char *sql)
{
    assert(db != NULL && sql != NULL);
    int code = db->last_code = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
    return code == SQLITE_OK || db_error(db, code, err);
}

bool
db_execf(struct db *db, struct decant_error *err, const char *fmt, ...)
{
    struct buf sql = { 0 };
    va_list args;
    va_start(args, fmt);
    buf_vprintf(&sql, fmt, args);
    va_end(args);
    bool ok = db_exec(db, err, buf_str(&sql));
    buf_deinit(&sql);
    return ok;
}

struct db_stmt *
db_prepare(struct db *db, const char *sql, struct decant_error *err)
{
    assert(db != NULL && sql != NULL);
    sqlite3_stmt *prepared = NULL;
    int code = db->last_code = sqlite3_prepare_v2(db->handle, sql, -1, &prepared, NULL);
    if (code != SQLITE_OK) {
        db_error(db, code, err);
        return NULL;
    }
    struct db_stmt *stmt = mem_alloc(sizeof *stmt);
    stmt->db = db;
    stmt->prepared = prepared;
    return stmt;
}

/* What is not bound is NULL for SQLite; so the statement is not run. */
static void
note_bound(struct db_stmt *stmt, int code)
{
    if (code != SQLITE_OK)
        stmt->bind_code = code;
}

void
db_bind_text(struct db_stmt *stmt, int parameter, const char *text)
{
    assert(parameter > 0);
    note_bound(stmt, sqlite3_bind_text(stmt->prepared, parameter, text, -1, SQLITE_TRANSIENT));
}

void
db_bind_int(struct db_stmt *stmt, int parameter, int64_t value)
{
    assert(parameter > 0);
    note_bound(stmt, sqlite3_bind_int64(stmt->prepared, parameter, value));
}

void
db_bind_double(struct db_stmt *stmt, int parameter, double value)
{
    assert(parameter > 0);
    note_bound(stmt, sqlite3_bind_double(stmt->prepared, parameter, value));
}

int
db_step(struct db_stmt *stmt, struct decant_error *err)
{
    int code = stmt->bind_code != SQLITE_OK ? stmt->bind_code : sqlite3_step(stmt->prepared);
    stmt->db->last_code = SQLITE_OK;
    if (code == SQLITE_ROW)
        return 1;
    sqlite3_reset(stmt->prepared);
    stmt->bind_code = SQLITE_OK;
    if (code == SQLITE_DONE)
        return 0;
    db_error(stmt->db, code, err);
    return -1;
}

const char *
db_text(struct db_stmt *stmt, int column)
{
    assert(column >= 0);
    return (const char *)sqlite3_column_text(stmt->prepared, column);
}

int64_t
db_column_int(struct db_stmt *stmt, int column)
{
    assert(column >= 0);
    return sqlite3_column_int64(stmt->prepared, column);
}

double
db_column_double(struct db_stmt *stmt, int column)
{
    assert(column >= 0);
    return sqlite3_column_double(stmt->prepared, column);
}

void
db_cell(struct db_stmt *stmt, int column, struct cell *out)
{
    assert(column >= 0);
    static const enum cell_kind kinds[] = { [SQLITE_INTEGER] = CELL_INTEGER,
                                            [SQLITE_FLOAT] = CELL_REAL,
                                            [SQLITE_TEXT] = CELL_TEXT,
                                            [SQLITE_BLOB] = CELL_BLOB,
                                            [SQLITE_NULL] = CELL_NULL };
    sqlite3_stmt *s = stmt->prepared;
    *out = (struct cell){ .kind = kinds[sqlite3_column_type(s, column)] };
    switch (out->kind) {
    case CELL_INTEGER:
        out->integer = sqlite3_column_int64(s, column);
        break;
    case CELL_REAL:
        out->real = sqlite3_column_double(s, column);
        break;
    case CELL_TEXT:
    case CELL_BLOB:
        out->data = out->kind == CELL_TEXT ? (const void *)sqlite3_column_text(s, column)
                                           : sqlite3_column_blob(s, column);
        out->len = (size_t)sqlite3_column_bytes(s, column);
        break;
    case CELL_NULL:
        break;
    }
}

void
db_finalize(struct db_stmt *stmt)
{
    if (stmt == NULL)
        return;
    sqlite3_finalize(stmt->prepared);
    free(stmt);
}

bool
db_int(struct db *db, const char *sql, int64_t *out, struct decant_error *err)
{
    assert(out != NULL);
    struct db_stmt *stmt = db_prepare(db, sql, err);
    if (stmt == NULL)
        return false;
    int n = db_step(stmt, err);
    *out = n > 0 ? db_column_int(stmt, 0) : 0;
    db_finalize(stmt);
    return n >= 0;
}

bool
db_is_duplicate(const struct db *db)
{
    return db->last_code == SQLITE_CONSTRAINT_UNIQUE ||
           db->last_code == SQLITE_CONSTRAINT_PRIMARYKEY ||
           db->last_code == SQLITE_CONSTRAINT_ROWID;
}

bool
db_is_complete(const char *sql)
{
    assert(sql != NULL);
    return sqlite3_complete(sql) != 0;
}

bool
db_is_busy(const struct db *db)
{
    int code = db->last_code & 0xFF;
    return code == SQLITE_BUSY || code == SQLITE_LOCKED;
}

static void
put_doubled(struct buf *out, const char *text, char quote)
{
    buf_putc(out, quote);
    for (; *text != '\0'; text++) {
        if (*text == quote)
            buf_putc(out, quote);
        buf_putc(out, *text);
    }
    buf_putc(out, quote);
}

void
db_quote(struct buf *out, const char *name)
{
    assert(name != NULL);
    put_doubled(out, name, '"');
}

void
db_quote_text(struct buf *out, const char *text)
{
    assert(text != NULL);
    put_doubled(out, text, '\'');
}

/* The header: https://www.sqlite.org/fileformat.html, section 1.3. */
enum db_kind
db_probe(const char *path, uint32_t *application_id)
{
    uint8_t header[100];
    struct stat st;
    *application_id = 0;
    if (stat(path, &st) != 0)
        return errno == ENOENT ? DB_ABSENT : DB_OTHER;
    if (!S_ISREG(st.st_mode))
        return DB_OTHER;
    if (st.st_size == 0)
        return DB_EMPTY;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, header, sizeof header);
    if (fd >= 0)
        close(fd);
    if (n != (ssize_t)sizeof header || memcmp(header, "SQLite format 3", 16) != 0)
        return DB_OTHER;
    *application_id = get_u32(header + 68);
    return DB_SQLITE;
}

bool
db_is_idle(const struct db *db)
{
    assert(db != NULL);
    return sqlite3_get_autocommit(db->handle) != 0;
}
