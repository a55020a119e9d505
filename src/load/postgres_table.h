/* SPDX-License-Identifier: PostgreSQL */
/* Rows into a table of a PostgreSQL copy that is under construction. */
#ifndef LOAD_POSTGRES_TABLE_H
#define LOAD_POSTGRES_TABLE_H

#include "catalog/catalog.h"
#include "pg/conn.h"
#include "row/row_stream.h"

/* Copies the rows of `table` into `into`, in a transaction: itself, emptied, or its partitioned
 * root, which finds their places. After an error `conn` may stand in a transaction that failed.
 * DECANT_CHECK: the server stored fewer rows than it was sent. */
bool postgres_table_fill(struct pg_conn *conn, const struct table *table, const struct table *into,
                         struct row_stream *rows, struct decant_error *err);

#endif
