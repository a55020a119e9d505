/* SPDX-License-Identifier: PostgreSQL */
/* A PostgreSQL copy as SQL text, and back: the schema by pg_dump, rows in the order of their keys,
 * whatever the locale, then what belongs behind rows. */
#ifndef TEXT_DATABASE_H
#define TEXT_DATABASE_H

#include "pg/conn.h"
#include "pg/tool.h"
#include "text/files.h"

extern const struct text_dialect text_postgres;

/* Writes what `conn` sees at one moment. `is_copy`: rows as psql's COPY, else as INSERTs. */
bool text_database_write(struct pg_conn *conn, const struct pg_tools *tools, bool is_copy,
                         struct text_files *files, struct decant_error *err);

/* Appends a value, as the server writes it, on one line: a number or truth value as it is where
 * `is_bare`, else a literal. NULL: NULL. */
void text_database_literal(struct buf *out, const char *value, bool is_bare);

/* The same for a line of COPY. */
void text_database_cell(struct buf *out, const char *value);

/* What pg_dump wrote of a section, without its head and end: settings, versions, and what only psql
 * reads. Appended to `out`. */
void text_database_schema(const char *dump, struct buf *out);

/* Runs the text of built files by psql; the database of `conn` is empty. */
bool text_database_load(const struct text_files *files, struct pg_conn *conn,
                        const struct pg_tools *tools, struct decant_error *err);

#endif
