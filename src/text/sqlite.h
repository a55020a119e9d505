/* SPDX-License-Identifier: PostgreSQL */
/* A SQLite copy as SQL text, and back. */
#ifndef TEXT_SQLITE_H
#define TEXT_SQLITE_H

#include "sqlite/db.h"
#include "text/files.h"

extern const struct text_dialect text_sqlite;

/* Tables, their rows in the order of their keys, indexes, views, triggers, statistics. */
bool text_sqlite_write(struct db *db, struct text_files *files, struct decant_error *err);

/* Appends a literal that SQLite reads as the same value, on one line; `reader` is the statement
 * text_sqlite_reader, by which it is seen that SQLite does. */
extern const char text_sqlite_reader[];
void text_sqlite_literal(struct buf *out, const struct cell *cell, struct db_stmt *reader);

/* Runs the text of built files; `db` is empty. */
bool text_sqlite_load(const struct text_files *files, struct db *db, struct decant_error *err);

#endif
