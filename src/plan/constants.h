/* SPDX-License-Identifier: PostgreSQL */
/* Constant defaults, as the source stores them: a copy that spells values in a way of its own gets
 * rows of the same spelling from an INSERT that leaves a column out. */
#ifndef PLAN_CONSTANTS_H
#define PLAN_CONSTANTS_H

#include "plan/plan.h"

/* Literals of the server's own types, and casts to them: evaluating one runs nobody's code. The
 * text is that of pg_get_expr() under an empty search_path, where a type of somebody else has a
 * schema. */
bool constant_is(const char *sql);

/* Fills plan->constants, values in `arena`. A domain, whose checks may be anybody's, counts as
 * its base. Left out is everything where the source does not accept one of them. Inside a
 * transaction. */
bool constants_load(struct pg_conn *conn, struct plan *plan, struct arena *arena,
                    struct decant_error *err);

#endif
