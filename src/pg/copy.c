/* SPDX-License-Identifier: PostgreSQL */
/* The format: https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format". */
#include "pg/copy.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "pg/internal.h"

static const uint8_t signature[11] = "PGCOPY\n\377\r\n";

enum { HEADER_SIZE = 19, TRAILER = 0xFFFF, BUFFER_SIZE = 64 * 1024 };

struct pg_reader {
    struct pg_conn *conn;
    char *message; /* of libpq, the rest of it is at `data` */
    const uint8_t *data;
    size_t left;
    int64_t bytes;
    bool in_header;
    int ncolumns;
    struct decant_value values[];
};

int
pg_skip_header(const uint8_t **data, size_t *len)
{
    if (*len < HEADER_SIZE || memcmp(*data, signature, sizeof signature) != 0)
        return -1;
    uint32_t flags = get_u32(*data + 11), extension = get_u32(*data + 15);
    if ((flags & 0xFFFF0000u) != 0 || extension > *len - HEADER_SIZE)
        return -1; /* a critical flag that we do not know */
    *data += HEADER_SIZE + extension;
    *len -= HEADER_SIZE + extension;
    return 1;
}

int
pg_split_row(const uint8_t **data, size_t *len, int ncolumns, struct decant_value *values)
{
    assert(ncolumns >= 0 && values != NULL);
    const uint8_t *p = *data, *end = p + *len;
    if (end - p < 2)
        return -1;
    uint16_t n = get_u16(p);
    p += 2;
    if (n == TRAILER) {
        *data = p;
        *len = (size_t)(end - p);
        return 0;
    }
    if (n != ncolumns)
        return -1;
    for (int i = 0; i < ncolumns; i++) {
        if (end - p < 4)
            return -1;
        int32_t size = (int32_t)get_u32(p);
        p += 4;
        values[i] = (struct decant_value){ .data = p, .len = size };
        if (size == DECANT_NULL)
            continue;
        if (size < 0 || size > end - p)
            return -1;
        p += size;
    }
    *data = p;
    *len = (size_t)(end - p);
    return 1;
}

/* Sends a COPY and waits until its data may flow. */
static bool
start_copy(struct pg_conn *conn, const char *sql, ExecStatusType wanted, struct decant_error *err)
{
    if (!conn_send(conn, sql, 0, NULL, err))
        return false;
    PGresult *result;
    while ((result = conn_result(conn, err)) != NULL &&
           PQresultStatus(result) == PGRES_COMMAND_OK) /* what was set before */
        PQclear(result);
    bool ok = result != NULL && PQresultStatus(result) == wanted;
    if (result != NULL && !ok) {
        conn_error(conn, result, err);
        PQclear(result);
        conn_drain(conn);
        return false;
    }
    if (result == NULL && err->code == DECANT_OK)
        return error_set(err, DECANT_UNAVAILABLE, "the %s does not begin to copy", conn->what);
    PQclear(result);
    return ok;
}

void
pg_put_workers(struct buf *out, const char *copy)
{
    assert(copy != NULL);
    buf_printf(out,
               "SET LOCAL parallel_tuple_cost = 0; %s; SET LOCAL parallel_tuple_cost TO DEFAULT",
               copy);
}

struct pg_reader *
pg_reader_open(struct pg_conn *conn, const char *sql, int ncolumns, struct decant_error *err)
{
    assert(sql != NULL && ncolumns >= 0);
    if (!start_copy(conn, sql, PGRES_COPY_OUT, err))
        return NULL;
    struct pg_reader *reader =
        mem_alloc(sizeof *reader + (size_t)ncolumns * sizeof reader->values[0]);
    reader->conn = conn;
    reader->ncolumns = ncolumns;
    reader->in_header = true;
    return reader;
}

/* Reads the next message; 1 data, 0 end of the COPY, -1 error. */
static int
next_message(struct pg_reader *reader, struct decant_error *err)
{
    assert(reader != NULL);
    PGconn *pg = reader->conn->pg;
    PQfreemem(reader->message);
    reader->message = NULL;
    for (;;) {
        int n = PQgetCopyData(pg, &reader->message, 1);
        if (n > 0) {
            reader->data = (const uint8_t *)reader->message;
            reader->left = (size_t)n;
            reader->bytes += n;
            return 1;
        }
        if (n == 0) {
            if (!conn_wait(reader->conn, false, err))
                return -1;
            if (!PQconsumeInput(pg)) {
                conn_error(reader->conn, NULL, err);
                return -1;
            }
            continue;
        }
        if (n == -2) {
            conn_error(reader->conn, NULL, err);
            return -1;
        }
        PGresult *result = conn_result(reader->conn, err);
        bool ok = result != NULL && PQresultStatus(result) == PGRES_COMMAND_OK;
        if (result != NULL && !ok)
            conn_error(reader->conn, result, err);
        PQclear(result);
        conn_drain(reader->conn);
        return ok ? 0 : -1;
    }
}

static int
malformed(const struct pg_reader *reader, struct decant_error *err)
{
    error_set(err, DECANT_UNAVAILABLE, "the %s sent a malformed row", reader->conn->what);
    return -1;
}

int
pg_reader_next(struct pg_reader *reader, struct decant_value **values, struct decant_error *err)
{
    assert(reader != NULL);
    for (;;) {
        if (reader->left == 0) {
            int n = next_message(reader, err);
            if (n <= 0)
                return n;
        }
        if (reader->in_header) {
            if (pg_skip_header(&reader->data, &reader->left) < 0)
                return malformed(reader, err);
            reader->in_header = false;
            continue;
        }
        int n = pg_split_row(&reader->data, &reader->left, reader->ncolumns, reader->values);
        if (n < 0)
            return malformed(reader, err);
        if (n > 0) {
            *values = reader->values;
            return 1;
        }
        reader->left = 0; /* behind the trailer only the end of the COPY can come */
    }
}

int64_t
pg_reader_bytes(const struct pg_reader *reader)
{
    return reader->bytes;
}

void
pg_reader_close(struct pg_reader *reader)
{
    if (reader == NULL)
        return;
    PQfreemem(reader->message);
    free(reader);
}

struct pg_writer {
    struct pg_conn *conn;
    enum pg_format format;
    struct buf out;
};

struct pg_writer *
pg_writer_open(struct pg_conn *conn, const char *sql, enum pg_format format,
               struct decant_error *err)
{
    assert(sql != NULL);
    if (!start_copy(conn, sql, PGRES_COPY_IN, err))
        return NULL;
    struct pg_writer *writer = mem_alloc(sizeof *writer);
    writer->conn = conn;
    writer->format = format;
    buf_reserve(&writer->out, 2 * BUFFER_SIZE);
    if (format == PG_BINARY) {
        buf_add(&writer->out, signature, sizeof signature);
        buf_add(&writer->out, "\0\0\0\0\0\0\0\0", 8);
    }
    return writer;
}

static bool
wait_for_room(struct pg_conn *conn, struct decant_error *err)
{
    return conn_wait(conn, true, err) && (PQconsumeInput(conn->pg) || conn_error(conn, NULL, err));
}

static bool
flush(struct pg_writer *writer, struct decant_error *err)
{
    PGconn *pg = writer->conn->pg;
    int n;
    while ((n = PQputCopyData(pg, writer->out.data, (int)writer->out.len)) == 0)
        if (!wait_for_room(writer->conn, err))
            return false;
    buf_reset(&writer->out);
    /* Nothing of it may pile up in libpq: memory is bounded by waiting here. */
    while (n > 0 && (n = PQflush(pg)) > 0)
        if (!wait_for_room(writer->conn, err))
            return false;
    return n == 0 || conn_error(writer->conn, NULL, err);
}

/* One reservation per row: this runs for every value of the copy. */
void
pg_put_row(struct buf *out, const struct row *row)
{
    size_t size = 2;
    for (int i = 0; i < row->ncolumns; i++)
        size += 4 + (size_t)(row->values[i].len > 0 ? row->values[i].len : 0);
    buf_reserve(out, size);
    uint8_t *p = (uint8_t *)out->data + out->len;
    put_u16(p, (uint16_t)row->ncolumns);
    p += 2;
    for (int i = 0; i < row->ncolumns; i++) {
        const struct decant_value *v = &row->values[i];
        put_u32(p, (uint32_t)v->len);
        p += 4;
        if (v->len > 0) {
            memcpy(p, v->data, (size_t)v->len);
            p += v->len;
        }
    }
    out->len += size;
    out->data[out->len] = '\0';
}

static void
put_text(struct buf *out, const struct row *row)
{
    static const char escapes[256] = { ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r',
                                       ['\t'] = 't', ['\v'] = 'v', ['\\'] = '\\' };
    for (int i = 0; i < row->ncolumns; i++) {
        const struct decant_value *v = &row->values[i];
        if (i > 0)
            buf_putc(out, '\t');
        if (v->len == DECANT_NULL)
            buf_puts(out, "\\N");
        for (int j = 0; j < v->len; j++) {
            char escape = escapes[v->data[j]];
            if (escape != 0)
                buf_putc(out, '\\');
            buf_putc(out, escape != 0 ? escape : (char)v->data[j]);
        }
    }
    buf_putc(out, '\n');
}

bool
pg_writer_put(struct pg_writer *writer, const struct row *row, struct decant_error *err)
{
    assert(row->ncolumns >= 0);
    (writer->format == PG_BINARY ? pg_put_row : put_text)(&writer->out, row);
    return writer->out.len < BUFFER_SIZE || flush(writer, err);
}

bool
pg_writer_put_text(struct pg_writer *writer, const char *data, size_t len, struct decant_error *err)
{
    assert(writer->format == PG_TEXT && data != NULL);
    bool ok = true;
    for (size_t n; ok && len > 0; data += n, len -= n) {
        n = len < BUFFER_SIZE ? len : BUFFER_SIZE;
        buf_add(&writer->out, data, n);
        ok = writer->out.len < BUFFER_SIZE || flush(writer, err);
    }
    return ok;
}

static void
writer_free(struct pg_writer *writer)
{
    buf_deinit(&writer->out);
    free(writer);
}

/* Asks for the end of the COPY and reads how it went. */
static bool
end(struct pg_writer *writer, const char *reason, int64_t *rows, struct decant_error *err)
{
    struct pg_conn *conn = writer->conn;
    int n;
    while ((n = PQputCopyEnd(conn->pg, reason)) == 0)
        if (!wait_for_room(conn, err))
            return false;
    PGresult *result = conn_result(conn, err);
    bool ok = result != NULL && PQresultStatus(result) == PGRES_COMMAND_OK;
    if (ok)
        *rows = strtoll(PQcmdTuples(result), NULL, 10);
    else if (result != NULL)
        conn_error(conn, result, err);
    PQclear(result);
    if (err->code != DECANT_CANCELLED)
        conn_drain(conn);
    return ok;
}

bool
pg_writer_finish(struct pg_writer *writer, int64_t *rows, struct decant_error *err)
{
    assert(rows != NULL);
    if (writer->format == PG_BINARY)
        buf_add(&writer->out, "\xFF\xFF", 2);
    struct decant_error failure = { 0 };
    bool flushed = flush(writer, &failure);
    struct decant_error last = { 0 };
    bool ok = (flushed || failure.code != DECANT_CANCELLED) &&
              end(writer, NULL, rows, &last); /* the server's own reason is the better one */
    if (!ok)
        *err = last.code != DECANT_OK && last.sqlstate[0] != '\0' ? last
               : failure.code != DECANT_OK                        ? failure
                                                                  : last;
    writer_free(writer);
    return ok;
}

void
pg_writer_abort(struct pg_writer *writer)
{
    if (writer == NULL)
        return;
    struct decant_error ignored = { 0 };
    int64_t rows;
    if (atomic_load(writer->conn->stop) == 0)
        end(writer, "given up by decant", &rows, &ignored);
    writer_free(writer);
}
