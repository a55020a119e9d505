/* SPDX-License-Identifier: PostgreSQL */
/*
 * SQLite databases. A connection belongs to one thread at a time. Messages of SQLite name tables
 * and columns, never values, so they are shown. Long statements watch `stop`.
 */
#ifndef SQLITE_DB_H
#define SQLITE_DB_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "row/cell.h"

struct db;
struct db_stmt;

/* DB_PROVE reads, too, but SQLite thinks that it could write: with a file that it knows to be
 * read-only it keeps no CHECK, and integrity_check would hold none against the rows (3.40.1). */
enum db_mode { DB_READ, DB_PROVE, DB_WRITE, DB_CREATE };

/* `stop` may be NULL. */
bool db_open(const char *path, enum db_mode mode, const atomic_int *stop, struct db **out,
             struct decant_error *err);
/* Pages of so many KiB stay in memory; SQLite keeps 2 MiB by itself. */
bool db_cache(struct db *db, int kib, struct decant_error *err);

void db_close(struct db *db); /* NULL is allowed */
const char *db_path(const struct db *db);

/* Settings for filling a file that nobody else sees until it is finished: no journal, checks and
 * keys not enforced. Sorts spill into unlinked files in `directory`. Before the first table. */
bool db_begin_build(struct db *db, int page_size, const char *directory, struct decant_error *err);

/* Settings for making indexes of what is loaded: a second thread sorts, and the cache is small,
 * because larger runs sort slower than more of them merge. */
bool db_begin_sorts(struct db *db, struct decant_error *err);

bool db_exec(struct db *db, struct decant_error *err, const char *sql);
bool db_execf(struct db *db, struct decant_error *err, const char *fmt, ...) PRINTF(3, 4);

/* Is no transaction open? */
bool db_is_idle(const struct db *db);

/* Does a statement end where this text ends? */
bool db_is_complete(const char *sql);

/* The first column of the first row; 0 when there is no row. */
bool db_int(struct db *db, const char *sql, int64_t *out, struct decant_error *err);

struct db_stmt *db_prepare(struct db *db, const char *sql, struct decant_error *err);
void db_bind_text(struct db_stmt *stmt, int parameter, const char *text); /* NULL: SQL NULL */
void db_bind_int(struct db_stmt *stmt, int parameter, int64_t value);
void db_bind_double(struct db_stmt *stmt, int parameter, double value);

/* 1 row, 0 end (and ready to run again), -1 error. */
int db_step(struct db_stmt *stmt, struct decant_error *err);
const char *db_text(struct db_stmt *stmt, int column); /* valid until the next step; NULL */
int64_t db_column_int(struct db_stmt *stmt, int column);
double db_column_double(struct db_stmt *stmt, int column);
void db_cell(struct db_stmt *stmt, int column, struct cell *out); /* valid until the next step */
void db_finalize(struct db_stmt *stmt);                           /* NULL is allowed */

/* Did the last call fail because a unique index met two equal keys, or because the file was in use?
 */
bool db_is_duplicate(const struct db *db);
bool db_is_busy(const struct db *db);

/* Appends a quoted identifier, or a text literal. */
void db_quote(struct buf *out, const char *name);
void db_quote_text(struct buf *out, const char *text);

/* Is there a SQLite database (or an empty file) at `path`; with which application_id? */
enum db_kind { DB_ABSENT, DB_EMPTY, DB_SQLITE, DB_OTHER };
enum db_kind db_probe(const char *path, uint32_t *application_id);

#endif
