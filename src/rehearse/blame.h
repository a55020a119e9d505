/* SPDX-License-Identifier: PostgreSQL */
/* From a statement that failed to a query for the rows it failed for. The definition of what was to
 * be added is asked of the server where it takes it without a look at the rows (NOT VALID, an index
 * that is not unique), and cut out of the statement elsewhere. */
#ifndef REHEARSE_BLAME_H
#define REHEARSE_BLAME_H

#include "base/mem.h"
#include "pg/conn.h"
#include "rehearse/record.h"

struct blame {
    struct arena arena;
    const char *what;      /* "rows without a parent in public.p" */
    const char *table;     /* "schema.name" */
    const char *table_sql; /* the same, quoted */
    bool is_partitioned;
    const char *rows_sql; /* tableoid and ctid of each, in the session that met them */
    const char
        *source_sql;      /* a 1 for each, for a session that may only read; NULL: there is none */
    const char *past_sql; /* the statement so that they do not matter; NULL: there is no such one */
    const char *past;     /* what it then is: "NOT VALID" */
    const char *column_sql; /* of a conversion: what it converts; else NULL */
};

/* In a transaction of `conn`, in the state that the statement met; what it does there is to be
 * rolled back. NULL: found; else why not. */
const char *blame_find(struct pg_conn *conn, const struct step *step, struct blame *out);
void blame_deinit(struct blame *blame);

#endif
