/* SPDX-License-Identifier: PostgreSQL */
/*
 * Connections to PostgreSQL. Every wait watches `stop`, so that a job can be cancelled from another
 * thread or a signal handler. Texts of server errors are never shown, because PostgreSQL puts row
 * values in them: an error carries the SQLSTATE, a plain description of it, and object names.
 */
#ifndef PG_CONN_H
#define PG_CONN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

/* Connection parameters; opaque. */
struct pg_info;
struct pg_conn;
struct pg_result;

/* Parses a libpq URI, a key=value string, or the bare name of a database; NULL or "" means PG* and
 * services alone. `what` is "source" or "target". A password in `text` is refused: it would show in
 * the process list. */
bool pg_info_parse(const char *text, const char *what, struct pg_info **out,
                   struct decant_error *err);

/* What a variable of the environment says, with its password; one that is not set says "". */
bool pg_info_parse_variable(const char *name, const char *what, struct pg_info **out,
                            struct decant_error *err);
struct pg_info *pg_info_copy(const struct pg_info *info);
void pg_info_set(struct pg_info *info, const char *keyword, const char *value);
const char *pg_info_get(const struct pg_info *info, const char *keyword); /* or NULL */
/* Appends a URI that leads there, to `database` instead of its own where that is not NULL; without
 * its password. */
void pg_info_put_url(const struct pg_info *info, const char *database, struct buf *out);
bool pg_info_is_local(const struct pg_info *info); /* Unix socket or loopback */
void pg_info_free(struct pg_info *info);

/* How long a server may send nothing while a statement runs, before it is asked on another
 * connection whether it works; when it does not say so, the connection is given up. 0: for ever.
 * Connections that are made from this one's parameters inherit it. PG_STALL_MS unless set. */
enum { PG_STALL_MS = 300 * 1000 };
void pg_info_set_stall(struct pg_info *info, int stall_ms);

/* A connection that is not local and whose sslmode nobody chose gets verify-full. Each host has
 * connect_timeout (30 s where nobody sets it) to answer; then the next one of a list is tried. */
struct pg_conn *pg_connect(const struct pg_info *info, const char *application,
                           const atomic_int *stop, struct decant_error *err);

/* The same session as a program of the user's would have, with the role's settings: nothing is said
 * before the caller does. */
struct pg_conn *pg_connect_plain(const struct pg_info *info, const char *application,
                                 const atomic_int *stop, struct decant_error *err);
void pg_close(struct pg_conn *conn);

/* Parameters that reach the same host again, without a password, as a key=value string. */
void pg_conn_string(const struct pg_conn *conn, const char *application, struct buf *out);
struct pg_info *pg_conn_info(const struct pg_conn *conn); /* pinned to the host address */
const char *pg_conn_password(const struct pg_conn *conn); /* or NULL */
const char *pg_conn_database(const struct pg_conn *conn);

/* Of the statements so far; NULL is allowed. */
int64_t pg_conn_longest_ms(const struct pg_conn *conn);
/* Did each of them take 10 ms or more? Then much of what is done there is waiting. */
bool pg_conn_is_far(const struct pg_conn *conn);
const char *pg_conn_user(const struct pg_conn *conn);
int pg_conn_version(const struct pg_conn *conn); /* 150004 for 15.4 */
int pg_conn_pid(const struct pg_conn *conn);     /* of the backend */
bool pg_conn_is_lost(const struct pg_conn *conn);
const atomic_int *pg_conn_stop(const struct pg_conn *conn);

/* Runs a statement; parameters are text, NULL for SQL NULL. Returns NULL on error. */
struct pg_result *pg_query(struct pg_conn *conn, struct decant_error *err, const char *sql,
                           int nparams, const char *const *params);
void pg_result_free(struct pg_result *result);
int pg_nrows(const struct pg_result *result);
const char *pg_text(const struct pg_result *result, int row, int column); /* NULL for SQL NULL */
int64_t pg_int(const struct pg_result *result, int row, int column);      /* 0 for SQL NULL */
double pg_double(const struct pg_result *result, int row, int column);
bool pg_bool(const struct pg_result *result, int row, int column); /* false for SQL NULL */

/* Runs several statements without parameters, in one journey; the rows of the last that has any.
 * NULL on error. */
struct pg_result *pg_query_several(struct pg_conn *conn, const char *sql, struct decant_error *err);

/* The same inside a transaction that goes on whatever comes of them, and what they set is undone.
 * *rows is NULL, and *why says it, where one failed; false: the transaction is lost. */
bool pg_try(struct pg_conn *conn, const char *sql, struct pg_result **rows,
            struct decant_error *why, struct decant_error *err);

/* What the server named when a statement failed last; "" where it named nothing. Never its words,
 * which may hold values. Valid until the next failure. */
struct pg_failure {
    const char *sqlstate, *schema, *table, *column, *constraint, *datatype;
};
struct pg_failure pg_conn_failure(const struct pg_conn *conn);

/* Is it inside a transaction? */
bool pg_conn_is_attached(const struct pg_conn *conn);

/* Runs one or more statements whose results nobody needs. */
bool pg_exec(struct pg_conn *conn, struct decant_error *err, const char *sql);
bool pg_execf(struct pg_conn *conn, struct decant_error *err, const char *fmt, ...) PRINTF(3, 4);

/* Runs several statements and says how many of them succeeded. */
bool pg_exec_counted(struct pg_conn *conn, const char *sql, int *succeeded,
                     struct decant_error *err);

/* As pg_exec(), calling `tick` about five times a second while the server is busy. Told to stop, it
 * asks the server to cancel, but still says what became of the statement. */
bool pg_exec_ticking(struct pg_conn *conn, const char *sql, void (*tick)(void *ctx), void *ctx,
                     struct decant_error *err);

/* From here on the session may not write, whatever it runs. */
bool pg_make_read_only(struct pg_conn *conn, struct decant_error *err);

/* One value of one row; false also when there is no row. The text is appended to `out`. */
bool pg_value(struct pg_conn *conn, struct decant_error *err, const char *sql, struct buf *out);

#endif
