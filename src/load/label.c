/* SPDX-License-Identifier: PostgreSQL */
/* What copies that are databases are called where names of files are wanted. */
#include <assert.h>

#include "load/database.h"
#include "load/sink.h"
#include "load/versions.h"

/* "host-port-database.run", fit for a file name. */
const char *
sink_postgres_label_for(const struct pg_info *info, const char *database, const char *run,
                        struct arena *arena)
{
    assert(info != NULL && database != NULL && run != NULL);
    const char *host = pg_info_get(info, "host"), *port = pg_info_get(info, "port");
    char *label = arena_printf(arena, "%s-%s-%s.%s", host != NULL ? host : "",
                               port != NULL ? port : "", database, run);
    for (char *p = label; *p != '\0'; p++)
        if (*p == '/' || *p == ' ')
            *p = '_';
    return label;
}

const char *
sink_postgres_label(struct pg_conn *conn, struct arena *arena, struct decant_error *err)
{
    struct buf run = { 0 };
    const char *label = NULL;
    struct pg_info *info = pg_conn_info(conn);
    if (database_mark(conn, pg_conn_database(conn), &run, err)) {
        if (run.len > 0)
            label = sink_postgres_label_for(info, version_target(arena, pg_conn_database(conn)),
                                            buf_str(&run), arena);
        else
            error_set(err, DECANT_CHECK, "'%s' is not a copy that decant made",
                      pg_conn_database(conn));
    }
    pg_info_free(info);
    buf_deinit(&run);
    return label;
}
