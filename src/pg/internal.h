/* SPDX-License-Identifier: PostgreSQL */
/* What the files of this directory share: the libpq handle and how they wait and fail. */
#ifndef PG_INTERNAL_H
#define PG_INTERNAL_H

#include <libpq-fe.h>

#include "pg/conn.h"

enum { FAILURE_FIELDS = 6 };

struct pg_conn {
    PGconn *pg;
    const char *what; /* "source", "target" */
    const atomic_int *stop;
    int stall_ms;  /* of silence, before it is asked whether the server works; 0: for ever */
    bool is_asked; /* whether it works: else silence alone is the end */
    char *found;   /* statements that bring back the settings that the session had */
    int backend;   /* its process on the server, whatever a pooler says */
    int64_t sent_ms, longest_ms;       /* of statements: when the last was sent; the longest */
    int64_t shortest_ms;               /* the shortest; below 0: there was none */
    struct buf failed[FAILURE_FIELDS]; /* what the server named, see pg_conn_failure() */
};

const char *pg_info_what(const struct pg_info *info); /* a string constant */
int pg_info_stall(const struct pg_info *info);

/* Sets what the environment or a service names: hosts, addresses and ports; and sslmode to
 * verify-full where a host is not local and nobody chose another. A service that nobody knows is
 * left to the connection. */
void pg_info_complete(struct pg_info *info);

/* Removes the first n hosts, with their addresses and ports. */
void pg_info_drop_hosts(struct pg_info *info, int n);

/* The parameters as libpq takes them; returns their number, at most 60. */
int pg_info_arrays(const struct pg_info *info, const char **keys, const char **values);

/* Sends a statement; without parameters it may be several. */
bool conn_send(struct pg_conn *conn, const char *sql, int nparams, const char *const *params,
               struct decant_error *err);

/* stall.c: is a session of the server of `conn` at work: by its process, or by its application_name
 * (NULL: by process)? Asked on another connection; false also when that is not to be had. */
bool conn_is_at_work(const struct pg_conn *conn, int backend, const char *application);

/* cancel.c: asks the server to end the statement under way; waits at most a second. */
void conn_cancel(struct pg_conn *conn);

/* Gives the connection up: nothing is waited for on it any more. */
bool conn_stalled(struct pg_conn *conn, int64_t silent_ms, struct decant_error *err);

/* Waits until the server has sent something (or takes something, with `writing`). */
bool conn_wait(struct pg_conn *conn, bool writing, struct decant_error *err);

/* The next result of the statement under way, NULL at its end or on error (err->code is set). */
PGresult *conn_result(struct pg_conn *conn, struct decant_error *err);

/* Describes a failed result; `result` may be NULL for a lost connection. */
bool conn_error(struct pg_conn *conn, const PGresult *result, struct decant_error *err);

/* Reads and drops what is left of the statement under way. */
void conn_drain(struct pg_conn *conn);

#endif
