/* SPDX-License-Identifier: PostgreSQL */
/* Rows whose parent is missing. */
#ifndef LOAD_FOREIGN_KEYS_H
#define LOAD_FOREIGN_KEYS_H

#include "pg/conn.h"
#include "plan/plan.h"

/* Counts them in a PostgreSQL database that has the tables of the plan. */
bool foreign_keys_count_orphans(struct pg_conn *conn, const struct plan_key *key, int64_t *out,
                                struct decant_error *err);

#endif
