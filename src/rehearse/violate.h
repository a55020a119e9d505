/* SPDX-License-Identifier: PostgreSQL */
/* Which rows made a statement fail: PostgreSQL names one, these are all. */
#ifndef REHEARSE_VIOLATE_H
#define REHEARSE_VIOLATE_H

#include "pg/conn.h"
#include "rehearse/rehearsal.h"

/* Counts the rows that step number `step` failed for. `info` leads to a clone as it was before the
 * migration: what the record says up to that step is done again there, and the rows are counted in
 * the state that the statement met. Adds one violation, or none where no row is to blame. */
bool violate_count(const struct pg_info *info, const atomic_int *stop, int step,
                   struct rehearsal *out, struct decant_error *err);

/* Where the rows of a violation are: two arrays, as text; NULL: there are too many, or none. */
struct culprits {
    struct arena arena;
    const char *table_sql;                    /* NULL: nothing is known of them */
    const char *tables, *places;              /* oid[], tid[] */
    const char *past_sql, *past, *column_sql; /* see struct blame */
};

/* Counts the rows that a step failed for, in the state that it met, which `conn` is in: inside a
 * transaction, of which nothing that was done here is to stay. Adds one violation. */
void violate_meet(struct pg_conn *conn, int step, struct rehearsal *out, struct culprits *culprits);

/* Appends a violation of which nothing is known yet. */
struct violation *violate_put(struct rehearsal *out, int step);

/* Is it a failure for which rows are to blame? */
bool violate_blames_rows(const struct step *step);

/* Between which numbers production's lies when `rows` are in a copy that has one row of `scale`:
 * the exact limits of a Poisson count at 99 %, by Wilson and Hilferty; the rule of three where
 * there are none. */
void violate_expect(int64_t rows, double scale, double *low, double *high);

#endif
