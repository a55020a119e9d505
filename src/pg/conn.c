/* SPDX-License-Identifier: PostgreSQL */
#include "pg/internal.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/mem.h"

enum { POLL_MS = 100, CONNECT_SECONDS = 30 };

bool
conn_stalled(struct pg_conn *conn, int64_t silent_ms, struct decant_error *err)
{
    assert(conn != NULL);
    if (PQsocket(conn->pg) >= 0)
        shutdown(PQsocket(conn->pg), SHUT_RDWR);
    error_set(err, DECANT_UNAVAILABLE, "the %s has said nothing for %lld s", conn->what,
              (long long)(silent_ms + 999) / 1000);
    return error_hint(err, "the network or the server stalls; --stall-timeout allows more");
}

bool
conn_wait(struct pg_conn *conn, bool writing, struct decant_error *err)
{
    int64_t since = clock_ms();
    for (;;) {
        if (atomic_load(conn->stop) != 0) {
            conn_cancel(conn);
            return error_set(err, DECANT_CANCELLED, "cancelled");
        }
        struct pollfd fd = { .fd = PQsocket(conn->pg),
                             .events = (short)(writing ? POLLIN | POLLOUT : POLLIN) };
        if (fd.fd < 0)
            return conn_error(conn, NULL, err);
        int n = poll(&fd, 1, POLL_MS);
        if (n > 0)
            return true;
        if (n < 0 && errno != EINTR)
            return error_errno(err, "cannot wait for the %s", conn->what);
        int64_t silent = clock_ms() - since;
        if (conn->stall_ms == 0 || silent < conn->stall_ms)
            continue;
        if (!conn->is_asked || !conn_is_at_work(conn, conn->backend, NULL))
            return conn_stalled(conn, silent, err);
        since = clock_ms();
    }
}

bool
conn_send(struct pg_conn *conn, const char *sql, int nparams, const char *const *params,
          struct decant_error *err)
{
    assert(sql != NULL && nparams >= 0);
    conn->sent_ms = clock_ms();
    int sent = params == NULL
                   ? PQsendQuery(conn->pg, sql)
                   : PQsendQueryParams(conn->pg, sql, nparams, NULL, params, NULL, NULL, 0);
    return sent == 1 || conn_error(conn, NULL, err);
}

int64_t
pg_conn_longest_ms(const struct pg_conn *conn)
{
    return conn != NULL ? conn->longest_ms : 0;
}

bool
pg_conn_is_far(const struct pg_conn *conn)
{
    enum { FAR_MS = 10 };
    return conn != NULL && conn->shortest_ms >= FAR_MS;
}

PGresult *
conn_result(struct pg_conn *conn, struct decant_error *err)
{
    assert(conn != NULL);
    for (;;) {
        int unsent = PQflush(conn->pg);
        if (unsent == 0 && !PQisBusy(conn->pg))
            break;
        if (unsent < 0) /* the server's last words may still be there to be read */
            unsent = 0;
        if (!conn_wait(conn, unsent > 0, err))
            return NULL;
        if (!PQconsumeInput(conn->pg) && PQstatus(conn->pg) == CONNECTION_BAD) {
            PGresult *last = PQgetResult(conn->pg);
            if (last != NULL && PQresultErrorField(last, PG_DIAG_SQLSTATE) != NULL)
                return last;
            PQclear(last);
            conn_error(conn, NULL, err);
            return NULL;
        }
    }
    int64_t took = clock_ms() - conn->sent_ms;
    if (took > conn->longest_ms)
        conn->longest_ms = took;
    if (conn->shortest_ms < 0 || took < conn->shortest_ms)
        conn->shortest_ms = took;
    return PQgetResult(conn->pg);
}

void
conn_drain(struct pg_conn *conn)
{
    struct decant_error ignored = { 0 };
    for (PGresult *rest; (rest = conn_result(conn, &ignored)) != NULL;) {
        ExecStatusType status = PQresultStatus(rest);
        PQclear(rest);
        if (status == PGRES_COPY_OUT || status == PGRES_COPY_IN || status == PGRES_COPY_BOTH)
            return; /* the caller closes such a connection */
    }
}

static void
ignore_notice(void *ctx, const PGresult *result)
{
    (void)ctx;
    (void)result;
}

/* libpq looks at connect_timeout in its blocking calls only. */
static int
connect_timeout_ms(PGconn *pg)
{
    long seconds = 0;
    PQconninfoOption *options = PQconninfo(pg);
    for (PQconninfoOption *o = options; o != NULL && o->keyword != NULL; o++)
        if (strcmp(o->keyword, "connect_timeout") == 0 && o->val != NULL)
            seconds = strtol(o->val, NULL, 10);
    PQconninfoFree(options);
    seconds = seconds <= 0 ? CONNECT_SECONDS : seconds == 1 ? 2 : seconds; /* 2 is libpq's least */
    return (int)(seconds < 3600 ? seconds : 3600) * 1000;
}

/* Waits for a connection as PQconnectPoll's documentation says, but watching `stop` and the time
 * that each host has. */
static bool
establish(struct pg_conn *conn, int timeout_ms, bool *is_late, struct decant_error *err)
{
    PostgresPollingStatusType status = PGRES_POLLING_WRITING;
    int64_t since = clock_ms();
    char host[256] = "";
    while (status != PGRES_POLLING_OK) {
        if (status == PGRES_POLLING_FAILED || PQsocket(conn->pg) < 0)
            return false;
        struct pollfd fd = { .fd = PQsocket(conn->pg),
                             .events = status == PGRES_POLLING_READING ? POLLIN : POLLOUT };
        int n = poll(&fd, 1, POLL_MS);
        if (atomic_load(conn->stop) != 0)
            return error_set(err, DECANT_CANCELLED, "cancelled");
        const char *now = PQhost(conn->pg);
        if (now != NULL && strcmp(host, now) != 0) {
            snprintf(host, sizeof host, "%s", now);
            since = clock_ms();
        }
        if (n > 0)
            status = PQconnectPoll(conn->pg);
        else if (clock_ms() - since >= timeout_ms) {
            *is_late = true;
            return error_set(err, DECANT_UNAVAILABLE, "the %s at '%s' does not answer within %d s",
                             conn->what, host, timeout_ms / 1000);
        }
    }
    return true;
}

/* libpq's message on a failed connection names host, port, user and database: no row values. Only
 * what it calls invalid may be a part of a password that was not quoted as a URI wants it. */
static bool
connect_error(struct pg_conn *conn, struct decant_error *err)
{
    char *message = mem_strdup(PQerrorMessage(conn->pg));
    for (size_t n = strlen(message); n > 0 && message[n - 1] == '\n'; n--)
        message[n - 1] = '\0';
    for (char *p = message; *p != '\0'; p++)
        if (*p == '\n' || *p == '\t')
            *p = ' ';
    if (strncmp(message, "invalid ", 8) == 0)
        error_set(err, DECANT_USAGE, "a connection parameter of the %s is not valid", conn->what);
    else
        error_set(err, DECANT_UNAVAILABLE, "cannot connect to the %s: %s", conn->what, message);
    free(message);
    return false;
}

/* Before they are changed, their values are asked for: see leave_as_found(). */
static const char session[] =
    "SELECT pg_catalog.pg_backend_pid(), (SELECT pg_catalog.string_agg("
    "CASE WHEN source OPERATOR(pg_catalog.=) 'session' THEN pg_catalog.format('SELECT "
    "pg_catalog.set_config(%%L, %%L, false)',"
    " name, pg_catalog.current_setting(name)) ELSE pg_catalog.format('RESET %%I', name) END, ';') "
    "FROM pg_catalog.pg_settings WHERE name"
    " OPERATOR(pg_catalog.=) ANY ('{client_encoding,DateStyle,IntervalStyle,TimeZone,"
    "extra_float_digits,bytea_output,row_security,constraint_exclusion,lock_timeout,"
    "idle_in_transaction_session_timeout,statement_timeout,transaction_timeout,search_path,"
    "default_transaction_read_only}'));"
    "SET client_encoding = '%s';"
    "SET DateStyle = 'ISO, MDY'; SET IntervalStyle = 'postgres'; SET TimeZone = 'UTC';"
    "SET extra_float_digits = 1; SET bytea_output = 'hex'; SET row_security = off;"
    "SET constraint_exclusion = off;" /* else the planner may run what stands in a check */
    "SET idle_in_transaction_session_timeout = 0; SET lock_timeout = 0; SET statement_timeout = 0;"
    "SET search_path = '';" /* else names of pg_catalog may be somebody else's */
    "SET default_transaction_read_only = off; %s";

/* What every session begins with; a server that says nothing now does not come to it later. */
static bool
set_up(struct pg_conn *conn, struct decant_error *err)
{
    struct buf sql = { 0 };
    /* A server in SQL_ASCII does not know the encoding of its own text and could not convert it. */
    const char *encoding = PQparameterStatus(conn->pg, "server_encoding");
    bool ascii = encoding != NULL && strcmp(encoding, "SQL_ASCII") == 0;
    buf_printf(&sql, session, ascii ? "SQL_ASCII" : "UTF8",
               pg_conn_version(conn) >= 170000 ? "SET transaction_timeout = 0;" : "");
    struct pg_result *r = pg_query_several(conn, buf_str(&sql), err);
    if (r != NULL) {
        conn->backend = (int)pg_int(r, 0, 0);
        const char *settings = pg_text(r, 0, 1);
        conn->found = mem_strdup(settings != NULL ? settings : "");
    }
    pg_result_free(r);
    buf_deinit(&sql);
    return r != NULL;
}

/* Which of the hosts of a list is it? */
static int
number_of_host(const struct pg_info *info, const PGconn *pg)
{
    const char *list = pg_info_get(info, "host"), *host = PQhost(pg);
    if (list == NULL)
        list = pg_info_get(info, "hostaddr");
    for (int i = 0; list != NULL && host != NULL; i++) {
        size_t len = strcspn(list, ",");
        if (strlen(host) == len && strncmp(host, list, len) == 0)
            return list[len] == ',' ? i : -1; /* the last one: none is left */
        list = list[len] == ',' ? list + len + 1 : NULL;
    }
    return -1;
}

/* Connects to the first host of `info` that answers. */
static bool
connect_some(struct pg_conn *conn, struct pg_info *info, struct decant_error *err)
{
    const char *keys[64], *values[64];
    for (;;) {
        bool is_late = false;
        int n = pg_info_arrays(info, keys, values);
        keys[n] = values[n] = NULL;
        conn->pg = PQconnectStartParams(keys, values, 0);
        err->code = DECANT_OK;
        if (conn->pg == NULL || PQstatus(conn->pg) == CONNECTION_BAD)
            return connect_error(conn, err);
        int timeout_ms = connect_timeout_ms(conn->pg);
        conn->stall_ms = timeout_ms;
        if (establish(conn, timeout_ms, &is_late, err))
            return PQsetnonblocking(conn->pg, 1) == 0 || connect_error(conn, err);
        if (err->code == DECANT_OK)
            return connect_error(conn, err);
        int late = is_late ? number_of_host(info, conn->pg) : -1;
        if (late < 0)
            return false;
        pg_info_drop_hosts(info, late + 1);
        PQfinish(conn->pg);
        conn->pg = NULL;
    }
}

static struct pg_conn *
connect_to(const struct pg_info *info, const char *application, const atomic_int *stop,
           bool (*begin)(struct pg_conn *conn, struct decant_error *err), struct decant_error *err)
{
    assert(info != NULL && application != NULL);
    struct pg_conn *conn = mem_alloc(sizeof *conn);
    conn->shortest_ms = -1;
    struct pg_info *own = pg_info_copy(info);
    conn->what = pg_info_what(info);
    conn->stop = stop;
    pg_info_set(own, "application_name", application);
    pg_info_complete(own);
    bool ok = connect_some(conn, own, err);
    pg_info_free(own);
    if (ok) {
        PQsetNoticeReceiver(conn->pg, ignore_notice, NULL);
        conn->backend = PQbackendPID(conn->pg);
        ok = begin == NULL || begin(conn, err);
    }
    if (!ok) {
        pg_close(conn);
        return NULL;
    }
    conn->stall_ms = pg_info_stall(info);
    conn->is_asked = true;
    return conn;
}

struct pg_conn *
pg_connect(const struct pg_info *info, const char *application, const atomic_int *stop,
           struct decant_error *err)
{
    return connect_to(info, application, stop, set_up, err);
}

struct pg_conn *
pg_connect_plain(const struct pg_info *info, const char *application, const atomic_int *stop,
                 struct decant_error *err)
{
    return connect_to(info, application, stop, NULL, err);
}

/* Behind a pooler, or where all clients share one session, the next one would find what was set
 * here. Nothing is waited for long: the end of the session does the same elsewhere. */
static void
leave_as_found(struct pg_conn *conn)
{
    enum { LEAVE_MS = 1000 };
    struct decant_error ignored = { 0 };
    PGTransactionStatusType status = PQtransactionStatus(conn->pg);
    if (PQstatus(conn->pg) != CONNECTION_OK || conn->found == NULL ||
        atomic_load(conn->stop) != 0 || status == PQTRANS_ACTIVE || status == PQTRANS_UNKNOWN)
        return;
    conn->is_asked = false;
    conn->stall_ms = LEAVE_MS;
    pg_execf(conn, &ignored, "%sRESET ROLE; %s", status == PQTRANS_IDLE ? "" : "ROLLBACK; ",
             conn->found);
}

void
pg_close(struct pg_conn *conn)
{
    if (conn == NULL)
        return;
    if (conn->pg != NULL)
        leave_as_found(conn);
    if (conn->pg != NULL)
        PQfinish(conn->pg);
    for (int i = 0; i < FAILURE_FIELDS; i++)
        buf_deinit(&conn->failed[i]);
    free(conn->found);
    free(conn);
}

const char *
pg_conn_database(const struct pg_conn *conn)
{
    return PQdb(conn->pg);
}

const char *
pg_conn_user(const struct pg_conn *conn)
{
    return PQuser(conn->pg);
}

int
pg_conn_version(const struct pg_conn *conn)
{
    return PQserverVersion(conn->pg);
}

int
pg_conn_pid(const struct pg_conn *conn)
{
    return conn->backend;
}

bool
pg_conn_is_lost(const struct pg_conn *conn)
{
    return PQstatus(conn->pg) == CONNECTION_BAD;
}

bool
pg_conn_is_attached(const struct pg_conn *conn)
{
    return PQtransactionStatus(conn->pg) == PQTRANS_INTRANS;
}

const atomic_int *
pg_conn_stop(const struct pg_conn *conn)
{
    return conn->stop;
}

const char *
pg_conn_password(const struct pg_conn *conn)
{
    const char *password = PQpass(conn->pg);
    return password != NULL && password[0] != '\0' ? password : NULL;
}

/* Which of a live connection's parameters lead to the same server again. */
static bool
is_address(const PQconninfoOption *option)
{
    static const char *const skipped[] = { "password",         "passfile",
                                           "sslpassword",      "scram_client_key",
                                           "scram_server_key", "oauth_client_secret",
                                           "application_name", "replication",
                                           "options",          "client_encoding",
                                           "service",          "fallback_application_name" };
    if (option->val == NULL || option->val[0] == '\0')
        return false;
    for (size_t i = 0; i < sizeof skipped / sizeof *skipped; i++)
        if (strcmp(option->keyword, skipped[i]) == 0)
            return false;
    return true;
}

static bool
is_of_host(const char *keyword)
{
    return strcmp(keyword, "host") == 0 || strcmp(keyword, "hostaddr") == 0 ||
           strcmp(keyword, "port") == 0;
}

static void
put_parameter(const char *keyword, const char *value, struct buf *out)
{
    buf_printf(out, " %s='", keyword);
    for (const char *p = value != NULL ? value : ""; *p != '\0'; p++) {
        if (*p == '\'' || *p == '\\')
            buf_putc(out, '\\');
        buf_putc(out, *p);
    }
    buf_putc(out, '\'');
}

void
pg_conn_string(const struct pg_conn *conn, const char *application, struct buf *out)
{
    assert(conn != NULL);
    PQconninfoOption *options = PQconninfo(conn->pg);
    bool has_timeout = false;
    buf_printf(out, "application_name='%s'", application);
    for (PQconninfoOption *o = options; o != NULL && o->keyword != NULL; o++) {
        if (!is_address(o) || is_of_host(o->keyword))
            continue;
        has_timeout |= strcmp(o->keyword, "connect_timeout") == 0;
        put_parameter(o->keyword, o->val, out);
    }
    /* of a list, the one that answered */
    const char *host = PQhost(conn->pg), *address = PQhostaddr(conn->pg);
    put_parameter("host", host, out);
    put_parameter("port", PQport(conn->pg), out);
    if (address != NULL && address[0] != '\0' && host != NULL && host[0] != '/')
        put_parameter("hostaddr", address, out);
    if (!has_timeout)
        buf_printf(out, " connect_timeout=%d", CONNECT_SECONDS);
    PQconninfoFree(options);
}

struct pg_info *
pg_conn_info(const struct pg_conn *conn)
{
    assert(conn != NULL);
    struct pg_info *info;
    struct decant_error ignored = { 0 };
    if (!pg_info_parse(NULL, conn->what, &info, &ignored))
        return NULL;
    pg_info_set_stall(info, conn->stall_ms);
    PQconninfoOption *options = PQconninfo(conn->pg);
    for (PQconninfoOption *o = options; o != NULL && o->keyword != NULL; o++)
        if (is_address(o))
            pg_info_set(info, o->keyword, o->val);
    PQconninfoFree(options);
    /* Names of reader endpoints resolve to another replica each time; a snapshot lives on one. */
    const char *host = PQhost(conn->pg), *address = PQhostaddr(conn->pg);
    pg_info_set(info, "host", host);
    pg_info_set(info, "port", PQport(conn->pg));
    if (address != NULL && address[0] != '\0')
        pg_info_set(info, "hostaddr", address);
    if (pg_conn_password(conn) != NULL)
        pg_info_set(info, "password", pg_conn_password(conn));
    return info;
}
