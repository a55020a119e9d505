/* SPDX-License-Identifier: PostgreSQL */
/*
 * Keys that PostgreSQL calls equal though they are spelled differently (citext, nondeterministic
 * collations). SQLite cannot tell that they are, so a copy there gets the spelling of the parent.
 * The source is asked first whether there are such rows at all: nearly always there are none.
 */
#ifndef COPY_RESPELL_H
#define COPY_RESPELL_H

#include "pg/conn.h"
#include "plan/plan.h"

/* Counts such rows per key (plan_key.respelled), and notes them. */
bool respell_find(struct pg_conn *conn, struct plan *plan, struct notes *notes,
                  struct decant_error *err);

/* The key by which this column of a table is respelled, or NULL. */
const struct plan_key *respell_key(const struct plan *plan, const struct table *table, int column);

/* Appends an expression for the column of the row `alias`. */
void respell_put(const struct plan_key *key, int column, const char *alias, struct buf *out);

#endif
