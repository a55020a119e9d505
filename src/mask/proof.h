/* SPDX-License-Identifier: PostgreSQL */
/* Proving one mask, before a row is read. */
#ifndef MASK_PROOF_H
#define MASK_PROOF_H

#include "mask/masking.h"

struct proof {
    struct mask_prover *prover;
    const struct masked_table *table;
    int number; /* of the table */
    const struct column_mask *how;
    const struct column *column;
    struct decant_error *err;
};

/* False, with the error: at the line of the rules that decided, else DECANT_REFUSED. `fmt` is the
 * message, which begins with its code; `hint` says what would do. */
bool PRINTF(3, 4) proof_refuse(const struct proof *p, const char *hint, const char *fmt, ...);

/* True, and `text` is told as what only the finished copy can decide. It is copied. */
bool proof_doubt(const struct proof *p, const char *text);

/* "schema.table.column", in the masking's arena. */
const char *proof_name(const struct proof *p);

/* May a fake be NULL that was none? */
bool proof_may_be_null(const struct mask *mask);

/* Hands a refusal to on_refused(), where there is one, and forgets `err`. False: it stays one. */
bool proof_tell_refused(const struct proof *p, struct decant_error *err);

/* The checks of the mask's table and of its column's domain. What has to be tried waits in the
 * prover for prove_trials(), which runs many in one statement. */
bool prove_checks(const struct proof *p);
bool prove_trials(struct mask_prover *prover, struct decant_error *err);

#endif
