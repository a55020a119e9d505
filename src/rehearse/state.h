/* SPDX-License-Identifier: PostgreSQL */
/* What a migration leaves behind: the schema, rows and values, and what is unfinished. The clone
 * has the copy's own numbers of relations, so that what was renamed is found again. */
#ifndef REHEARSE_STATE_H
#define REHEARSE_STATE_H

#include "pg/tool.h"
#include "rehearse/rehearsal.h"

/* Compares the copy (`before`, read only) with the clone (`after`). Only tables that the record
 * says were changed are counted. */
bool state_compare(struct pg_conn *before, struct pg_conn *after, struct rehearsal *out,
                   struct decant_error *err);

/* Compares two schemas as pg_dump --schema-only writes them: what differs is appended to *changes,
 * on the heap, with texts in the arena. */
void state_compare_schemas(const char *before, const char *after, struct arena *arena,
                           struct change **changes, int *n);

/* The schema of a database, dumped by tools that are not older than its server. */
bool state_dump(const struct pg_tools *tools, struct pg_conn *conn, const char *application,
                struct buf *out, struct decant_error *err);

#endif
