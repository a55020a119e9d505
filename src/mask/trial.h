/* SPDX-License-Identifier: PostgreSQL */
/* Trying a condition of the schema on fakes of made-up originals: the source evaluates it, but
 * reads no table. */
#ifndef MASK_TRIAL_H
#define MASK_TRIAL_H

#include "mask/masking.h"

enum { TRIALS = 1000 };

struct trial {
    const struct mask *mask;
    enum mask_kind kind;
    const char *table, *column; /* as the condition names them */
    const char *condition, *type;
};

/* *possible: it holds for one made-up original at least; *holds: for every fake of such originals,
 * or where there is none, for every fake. False: it could not be tried. */
bool trial_run(const struct trial *trial, struct mask_prover *prover, bool *possible, bool *holds);

#endif
