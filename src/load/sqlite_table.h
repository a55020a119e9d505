/* SPDX-License-Identifier: PostgreSQL */
/* The tables of a SQLite copy that is under construction. */
#ifndef LOAD_SQLITE_TABLE_H
#define LOAD_SQLITE_TABLE_H

#include "load/ddl_sqlite.h"
#include "load/sink.h"
#include "sqlite/db.h"

bool sqlite_table_create(struct db *db, struct sqlite_table *table, struct decant_error *err);

/* Fills an empty table. LOAD_AGAIN: some value does not fit how its column was declared, or two are
 * one key here; the table is declared differently now, and empty. */
enum load_status sqlite_table_fill(struct db *db, const struct plan *plan,
                                   struct sqlite_table *table, struct row_stream *rows,
                                   struct decant_error *err);

/* Rewrites the text of each CREATE TABLE, with what is carried of checks and keys by now: the
 * storage is the same with and without them. */
bool sqlite_tables_declare(struct db *db, struct sqlite_schema *schema, struct decant_error *err);

/* False, with DECANT_CHECK: fakes of what the source tells apart are equal. */
bool sqlite_masks_broke(const char *index, struct decant_error *err);

#endif
