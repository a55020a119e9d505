/* SPDX-License-Identifier: PostgreSQL */
/* What the files of this directory share: the libpq handle and how they wait and fail. */
#ifndef PG_INTERNAL_H
#define PG_INTERNAL_H

#include <libpq-fe.h>

#include "pg/conn.h"

struct pg_conn {
    PGconn *pg;
    const char *what; /* "source", "target" */
    const atomic_int *stop;
    int64_t sent_ms, longest_ms; /* of statements: when the last was sent; the longest */
};

const char *pg_info_what(const struct pg_info *info); /* a string constant */

/* The parameters as libpq takes them; returns their number, at most 60. */
int pg_info_arrays(const struct pg_info *info, const char **keys, const char **values);

/* Sends a statement; without parameters it may be several. */
bool conn_send(struct pg_conn *conn, const char *sql, int nparams, const char *const *params,
               struct decant_error *err);

/* Waits until the server has sent something (or takes something, with `writing`). */
bool conn_wait(struct pg_conn *conn, bool writing, struct decant_error *err);

/* The next result of the statement under way, NULL at its end or on error (err->code is set). */
PGresult *conn_result(struct pg_conn *conn, struct decant_error *err);

/* Describes a failed result; `result` may be NULL for a lost connection. */
bool conn_error(struct pg_conn *conn, const PGresult *result, struct decant_error *err);

/* Reads and drops what is left of the statement under way. */
void conn_drain(struct pg_conn *conn);

#endif
