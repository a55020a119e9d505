/* SPDX-License-Identifier: PostgreSQL */
/* A statement that takes long and a network that lost it look alike: both send nothing. The server
 * is asked on another connection. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pg/internal.h"

/* A session that waits for its client is not at work: what it sends, or waits for, is lost on the
 * way. */
static const char activity_sql[] =
    "SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity"
    " WHERE (pid OPERATOR(pg_catalog.=) $1::pg_catalog.int4"
    "  OR application_name OPERATOR(pg_catalog.=) $2::pg_catalog.text)"
    " AND state OPERATOR(pg_catalog.=) 'active'"
    " AND coalesce(wait_event_type, '') OPERATOR(pg_catalog.<>) 'Client'";

bool
conn_is_at_work(const struct pg_conn *conn, int backend, const char *application)
{
    assert(conn != NULL);
    char pid[16];
    const char *params[] = { application == NULL ? pid : NULL, application };
    struct decant_error ignored = { 0 };
    struct pg_info *info = pg_conn_info(conn);
    bool at_work = false;
    snprintf(pid, sizeof pid, "%d", backend);
    const char *given = pg_info_get(info, "connect_timeout");
    long seconds = given != NULL ? strtol(given, NULL, 10) : 0;
    if (seconds <= 0 || seconds > 10)
        pg_info_set(info, "connect_timeout", "10");
    struct pg_conn *other = pg_connect(info, "decant", conn->stop, &ignored);
    pg_info_free(info);
    if (other != NULL) {
        other->is_asked = false;
        other->stall_ms = 10 * 1000;
        struct pg_result *r = pg_query(other, &ignored, activity_sql, 2, params);
        at_work = r != NULL && pg_int(r, 0, 0) > 0;
        pg_result_free(r);
    }
    pg_close(other);
    return at_work;
}
