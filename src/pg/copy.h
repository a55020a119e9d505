/* SPDX-License-Identifier: PostgreSQL */
/* COPY in binary: rows out of the source, rows into the target. */
#ifndef PG_COPY_H
#define PG_COPY_H

#include "pg/conn.h"
#include "row/row_stream.h"

struct pg_reader; /* opaque */
struct pg_writer; /* opaque */

/* Appends a COPY with settings around it by which parallel workers are worth it: few rows come out
 * of many. Inside a transaction. */
void pg_put_workers(struct buf *out, const char *copy);

/* Starts `sql`, a COPY ... TO STDOUT (FORMAT binary) of `ncolumns` columns. The connection is busy
 * until the reader is closed. */
struct pg_reader *pg_reader_open(struct pg_conn *conn, const char *sql, int ncolumns,
                                 struct decant_error *err);

/* 1 row, 0 end, -1 error. The values may be overwritten by the caller until the next call. */
int pg_reader_next(struct pg_reader *reader, struct decant_value **values,
                   struct decant_error *err);

/* Bytes received so far. */
int64_t pg_reader_bytes(const struct pg_reader *reader);

/* NULL is allowed. Before the end of the rows the connection is of no further use. */
void pg_reader_close(struct pg_reader *reader);

/* Splits one message of COPY BINARY. `values` has room for `ncolumns`. *data and *len are moved
 * behind the row. 1 row, 0 end of the data, -1 malformed. (Fuzzed.) */
int pg_split_row(const uint8_t **data, size_t *len, int ncolumns, struct decant_value *values);

/* Appends a row in the form that pg_split_row() reads. */
void pg_put_row(struct buf *out, const struct row *row);

/* Skips the file header, if it is whole; -1 when it is malformed. */
int pg_skip_header(const uint8_t **data, size_t *len);

enum pg_format { PG_BINARY, PG_TEXT };

/* Starts `sql`, a COPY ... FROM STDIN in `format`. */
struct pg_writer *pg_writer_open(struct pg_conn *conn, const char *sql, enum pg_format format,
                                 struct decant_error *err);
bool pg_writer_put(struct pg_writer *writer, const struct row *row, struct decant_error *err);

/* Rows that are already text of a COPY in PG_TEXT; they need not be whole. */
bool pg_writer_put_text(struct pg_writer *writer, const char *data, size_t len,
                        struct decant_error *err);

/* Ends the COPY; *rows is what the server says it stored. Frees the writer in any case. */
bool pg_writer_finish(struct pg_writer *writer, int64_t *rows, struct decant_error *err);

/* Gives up; the server drops what it got. NULL is allowed. */
void pg_writer_abort(struct pg_writer *writer);

#endif
