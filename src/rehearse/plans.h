/* SPDX-License-Identifier: PostgreSQL */
/* The plans of queries before and after a migration, as EXPLAIN prints them, in a database that is
 * as large as production to the planner. Where it is not, they are the copy's: a small table is
 * read whole where production's would not be. */
#ifndef REHEARSE_PLANS_H
#define REHEARSE_PLANS_H

#include <decant/decant.h>

#include "pg/conn.h"
#include "rehearse/rehearsal.h"

struct plans; /* of the queries of files, in their order */

/* Asks for the plan of each; nothing is run. A query that cannot be planned has none. Files are
 * read as --sql's are. Lives in the arena. */
bool plans_take(const struct pg_info *info, const struct decant_words *files,
                const atomic_int *stop, struct arena *arena, struct plans **out,
                struct decant_error *err);

/* Adds what became worse: a query that cannot be planned any more, a table that is read whole, an
 * index that is not used any more, a cost that doubled. */
void plans_compare(const struct plans *before, const struct plans *after, struct rehearsal *out);

/* What a plan says: its cost, and whether it reads the table whole or uses the index. */
double plans_cost(const char *plan);
bool plans_has(const char *plan, const char *how, const char *name);

#endif
