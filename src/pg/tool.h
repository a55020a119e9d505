/* SPDX-License-Identifier: PostgreSQL */
/* pg_dump and pg_restore, the user's own: they know every kind of object better than we could. */
#ifndef PG_TOOL_H
#define PG_TOOL_H

#include "pg/conn.h"

struct pg_tools {
    int version; /* 150018 for 15.18 */
    char dump[512], restore[512];
};

/* Looks in `bindir`, or (NULL) in PATH and /usr/lib/postgresql, for the newest minor release of the
 * oldest major one that is not older than `version`. DECANT_REFUSED, naming the package, when there
 * is none. */
bool pg_tools_find(const char *bindir, int version, struct pg_tools *out, struct decant_error *err);

/* Runs a tool against the server of `conn`; the password travels in a memory file, never in argv
 * or in an environment value. `args` ends with NULL; "--dbname" is added to it. A nonzero exit
 * status is returned, not an error. */
bool pg_tool_run(const char *program, const char *const *args, const struct pg_conn *conn,
                 const char *application, int stdout_fd, struct buf *output, struct buf *errors,
                 int *status, struct decant_error *err);

/* A session that a tool begins: where `conn` leads, with settings as PGOPTIONS has them, or NULL.
 */
struct pg_session {
    const struct pg_conn *conn;
    const char *application, *settings;
};

/* The same with a session's own settings. */
bool pg_tool_run_in(const struct pg_session *session, const char *program, const char *const *args,
                    int stdout_fd, struct buf *output, struct buf *errors, int *status,
                    struct decant_error *err);

/* The password of a connection as libpq reads one, in a file in memory that programs we run
 * inherit; false: it cannot be made. *fd is -1 where there is no password; else the caller closes
 * it. */
bool pg_tool_password(const struct pg_conn *conn, int *fd, struct decant_error *err);

/* A file in memory, closed on exec unless a tool is to see it; -1 with `err` set. */
int pg_tool_file(const char *name, struct decant_error *err);

#endif
