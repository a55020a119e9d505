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

/* Is it a failure for which rows are to blame? */
bool violate_blames_rows(const struct step *step);

/* Between which numbers production's lies when `rows` are in a copy that has one row of `scale`:
 * the exact limits of a Poisson count at 99 %, by Wilson and Hilferty; the rule of three where
 * there are none. */
void violate_expect(int64_t rows, double scale, double *low, double *high);

#endif
