/* SPDX-License-Identifier: PostgreSQL */
#include "pg/internal.h"

#include <assert.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

/* struct pg_result is libpq's PGresult under a name that callers may know. */

static bool
succeeded(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY;
}

struct pg_result *
pg_query(struct pg_conn *conn, struct decant_error *err, const char *sql, int nparams,
         const char *const *params)
{
    assert(sql != NULL && nparams >= 0);
    static const char *const none[] = { NULL };
    if (!conn_send(conn, sql, nparams, params != NULL ? params : none, err))
        return NULL;
    PGresult *result = conn_result(conn, err);
    if (result == NULL)
        return NULL;
    if (!succeeded(result)) {
        conn_error(conn, result, err);
        PQclear(result);
        result = NULL;
    }
    conn_drain(conn);
    return (struct pg_result *)result;
}

void
pg_result_free(struct pg_result *result)
{
    PQclear((PGresult *)result);
}

int
pg_nrows(const struct pg_result *result)
{
    return PQntuples((const PGresult *)result);
}

const char *
pg_text(const struct pg_result *result, int row, int column)
{
    assert(row >= 0 && column >= 0);
    const PGresult *r = (const PGresult *)result;
    return PQgetisnull(r, row, column) ? NULL : PQgetvalue(r, row, column);
}

int64_t
pg_int(const struct pg_result *result, int row, int column)
{
    assert(row >= 0 && column >= 0);
    const char *text = pg_text(result, row, column);
    return text == NULL ? 0 : strtoll(text, NULL, 10);
}

double
pg_double(const struct pg_result *result, int row, int column)
{
    assert(row >= 0 && column >= 0);
    const char *text = pg_text(result, row, column);
    return text == NULL ? 0 : strtod(text, NULL);
}

bool
pg_bool(const struct pg_result *result, int row, int column)
{
    assert(row >= 0 && column >= 0);
    const char *text = pg_text(result, row, column);
    return text != NULL && text[0] == 't';
}

struct pg_result *
pg_query_several(struct pg_conn *conn, const char *sql, struct decant_error *err)
{
    struct decant_error failure = { 0 };
    PGresult *rows = NULL;
    if (!conn_send(conn, sql, 0, NULL, err))
        return NULL;
    for (PGresult *result; (result = conn_result(conn, &failure)) != NULL;) {
        if (!succeeded(result) && failure.code == DECANT_OK)
            conn_error(conn, result, &failure);
        PGresult *other = result;
        if (PQresultStatus(result) == PGRES_TUPLES_OK) {
            other = rows;
            rows = result;
        }
        PQclear(other);
    }
    if (failure.code == DECANT_OK && rows != NULL)
        return (struct pg_result *)rows;
    PQclear(rows);
    if (failure.code != DECANT_OK)
        *err = failure;
    else
        error_set(err, DECANT_BUG, "the server returned no rows");
    return NULL;
}

bool
pg_try(struct pg_conn *conn, const char *sql, struct pg_result **rows, struct decant_error *why,
       struct decant_error *err)
{
    static const char undo[] = "ROLLBACK TO SAVEPOINT decant_try; RELEASE SAVEPOINT decant_try";
    struct buf all = { 0 };
    assert(rows != NULL && why != NULL);
    buf_printf(&all, "SAVEPOINT decant_try; %s; %s", sql, undo);
    *rows = pg_query_several(conn, buf_str(&all), why);
    buf_deinit(&all);
    return *rows != NULL || pg_exec(conn, err, undo);
}

bool
pg_exec_counted(struct pg_conn *conn, const char *sql, int *count, struct decant_error *err)
{
    assert(sql != NULL && count != NULL);
    *count = 0;
    err->code = DECANT_OK;
    if (!conn_send(conn, sql, 0, NULL, err))
        return false;
    for (PGresult *result; (result = conn_result(conn, err)) != NULL; PQclear(result)) {
        ExecStatusType status = PQresultStatus(result);
        if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH) {
            PQclear(result); /* libpq would say the same for ever */
            conn_drain(conn);
            return error_set(err, DECANT_USAGE, "COPY has rows to send or to take");
        }
        if (succeeded(result))
            (*count)++;
        else if (err->code == DECANT_OK)
            conn_error(conn, result, err);
    }
    return err->code == DECANT_OK;
}

bool
pg_exec(struct pg_conn *conn, struct decant_error *err, const char *sql)
{
    assert(sql != NULL);
    int count;
    struct decant_error failure = { 0 };
    bool ok = pg_exec_counted(conn, sql, &count, &failure);
    if (!ok)
        *err = failure;
    return ok;
}

bool
pg_execf(struct pg_conn *conn, struct decant_error *err, const char *fmt, ...)
{
    struct buf sql = { 0 };
    va_list args;
    va_start(args, fmt);
    buf_vprintf(&sql, fmt, args);
    va_end(args);
    bool ok = pg_exec(conn, err, buf_str(&sql));
    buf_deinit(&sql);
    return ok;
}

bool
pg_exec_ticking(struct pg_conn *conn, const char *sql, void (*tick)(void *ctx), void *ctx,
                struct decant_error *err)
{
    assert(tick != NULL);
    enum { TICK_MS = 200, LAST_MS = 2000 };
    bool is_cancelled = false;
    int64_t since = clock_ms();
    if (!conn_send(conn, sql, 0, NULL, err))
        return false;
    while (PQflush(conn->pg) > 0 || PQisBusy(conn->pg)) {
        int most = is_cancelled ? LAST_MS : conn->stall_ms;
        if (!is_cancelled && atomic_load(conn->stop) != 0) {
            conn_cancel(conn);
            is_cancelled = true;
            since = clock_ms();
        } else if (most > 0 && clock_ms() - since >= most) {
            return conn_stalled(conn, clock_ms() - since, err);
        }
        struct pollfd fd = { .fd = PQsocket(conn->pg), .events = POLLIN };
        if (poll(&fd, 1, TICK_MS) == 0)
            tick(ctx);
        else if (!PQconsumeInput(conn->pg))
            break;
    }
    struct decant_error failure = { 0 };
    static const atomic_int never = 0;
    const atomic_int *stop = conn->stop;
    conn->stop = &never; /* what became of it is on its way */
    for (PGresult *result; (result = conn_result(conn, &failure)) != NULL; PQclear(result))
        if (!succeeded(result) && failure.code == DECANT_OK)
            conn_error(conn, result, &failure);
    conn->stop = stop;
    if (failure.code != DECANT_OK)
        *err = failure;
    return failure.code == DECANT_OK;
}

bool
pg_make_read_only(struct pg_conn *conn, struct decant_error *err)
{
    return pg_exec(conn, err, "SET default_transaction_read_only = on");
}

bool
pg_value(struct pg_conn *conn, struct decant_error *err, const char *sql, struct buf *out)
{
    assert(sql != NULL && out != NULL);
    struct pg_result *result = pg_query(conn, err, sql, 0, NULL);
    if (result == NULL)
        return false;
    const char *text = pg_nrows(result) > 0 ? pg_text(result, 0, 0) : NULL;
    if (text != NULL)
        buf_puts(out, text);
    else
        error_set(err, DECANT_BUG, "the server returned no value");
    pg_result_free(result);
    return text != NULL;
}
