/* SPDX-License-Identifier: PostgreSQL */
#include "load/postgres_table.h"

#include "pg/copy.h"
#include "pg/quote.h"
#include "plan/wire.h"

/* The rows of a leaf go into it, or, where masks change what decides on it, into their own. */
static void
put_copy(const struct table *table, const struct table *into, struct buf *out)
{
    const char *separator = " (";
    buf_puts(out, "COPY ");
    quote_qualified(out, into->schema, into->name);
    for (int i = 0; i < table->ncolumns; i++) {
        if (table->columns[i].is_generated)
            continue;
        buf_puts(out, separator);
        quote_ident(out, table->columns[i].name);
        separator = ", ";
    }
    if (separator[0] == ',')
        buf_putc(out, ')');
    buf_printf(out, " FROM STDIN (FORMAT %s%s)", wire_passes_text(table) ? "text" : "binary",
               into == table ? ", FREEZE" : "");
}

/* Rows that are loaded in the transaction that emptied the table may be written frozen. */
static bool
begin_load(struct pg_conn *conn, const struct table *table, struct decant_error *err)
{
    struct buf sql = { 0 };
    if (table->kind == 'p')
        return pg_exec(conn, err, "BEGIN");
    buf_puts(&sql, "BEGIN; TRUNCATE ONLY ");
    quote_qualified(&sql, table->schema, table->name);
    bool ok = pg_exec(conn, err, buf_str(&sql));
    buf_deinit(&sql);
    return ok;
}

static bool
copy_rows(struct pg_writer *writer, struct row_stream *rows, int64_t *sent, int64_t *stored,
          struct decant_error *err)
{
    struct row row;
    int n;
    *sent = 0;
    while ((n = row_stream_next(rows, &row, err)) > 0) {
        (*sent)++;
        if (!pg_writer_put(writer, &row, err)) {
            /* the server's own reason is told at the end */
            pg_writer_finish(writer, stored, err);
            return false;
        }
    }
    if (n < 0) {
        pg_writer_abort(writer);
        return false;
    }
    return pg_writer_finish(writer, stored, err);
}

bool
postgres_table_fill(struct pg_conn *conn, const struct table *table, const struct table *into,
                    struct row_stream *rows, struct decant_error *err)
{
    struct buf sql = { 0 };
    int64_t sent, stored;
    if (!begin_load(conn, into, err))
        return false;
    put_copy(table, into, &sql);
    struct pg_writer *writer =
        pg_writer_open(conn, buf_str(&sql), wire_passes_text(table) ? PG_TEXT : PG_BINARY, err);
    buf_deinit(&sql);
    if (writer == NULL || !copy_rows(writer, rows, &sent, &stored, err))
        return false;
    if (sent != stored)
        return error_set(err, DECANT_CHECK, "the target stored %lld of %lld rows",
                         (long long)stored, (long long)sent);
    return pg_exec(conn, err, "COMMIT");
}
