/* SPDX-License-Identifier: PostgreSQL */
/* What must not hold while a PostgreSQL copy is made: row security that is forced upon the owner of
 * a table, and checks whose functions may read tables that have no rows yet. */
#ifndef LOAD_LATE_H
#define LOAD_LATE_H

#include "load/sink.h"

struct late_check; /* a check that was taken off */

struct late {
    struct late_check *checks; /* in the arena of the job */
    const char *force;         /* SQL that forces row security again; NULL: nowhere */
};

/* Takes both off; the schema is there, and no row. */
bool late_put_off(struct late *late, struct pg_conn *copy, const struct sink_env *env,
                  struct decant_error *err);

/* Rows are there: adds the checks. One that rows break is NOT VALID and noted where some are left
 * out, or nothing is masked; else DECANT_CHECK: a mask broke it. */
bool late_add_checks(struct late *late, struct pg_conn *copy, const struct sink_env *env,
                     struct decant_error *err);

/* The last thing: whoever reads the copy next may see fewer rows. */
bool late_force(struct late *late, struct pg_conn *copy, struct decant_error *err);

#endif
