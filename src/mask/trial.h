/* SPDX-License-Identifier: PostgreSQL */
/* Trying a condition of the schema on fakes: of made-up originals, of texts and numbers that the
 * condition itself speaks of, and of NULL. The source evaluates it, but reads no table. */
#ifndef MASK_TRIAL_H
#define MASK_TRIAL_H

#include "mask/masking.h"

struct trial {
    const struct mask *mask;
    enum mask_kind kind;
    const char *table, *column; /* as the condition names them */
    const char *condition, *type;
};

enum trial_result {
    TRIAL_NOT_RUN,
    TRIAL_HOLDS,    /* for the fake of every original that the condition allows */
    TRIAL_BROKEN,   /* it does not */
    TRIAL_AT_EDGES, /* ... but only of some numbers or times */
    TRIAL_ODD,      /* ... but only of values that are none of the mask's kind */
    TRIAL_OPEN,     /* it allows none of the originals that could be thought of */
};

/* Appends a query of one row and the columns that trial_judge() takes. False: no fake is to be
 * had. */
bool trial_put(const struct trial *trial, struct buf *sql);

enum { TRIAL_ANSWERS = MASK_ANSWERS };
enum trial_result trial_judge(const struct trial *trial, const bool answers[TRIAL_ANSWERS]);

/* The same with values that the column has today: those of the source stay here, only their fakes
 * are sent. */
bool trial_put_own(const struct trial *trial, size_t n, const struct decant_value *originals,
                   struct buf *sql);

/* A check of several columns, with rows of the table as they are today: what is masked of them gets
 * its fakes, and the rest is read where it is. */
struct row_trial {
    const struct table *table;
    const char *condition;
    int ncolumns; /* that are masked */
    const struct column *const *columns;
    const struct mask *const *masks;
    const enum mask_kind *kinds;
};

/* `rows` has ctids and values as mask_prover.own_rows gives them. Appends a query like trial_put();
 * the last answer says whether the check holds for all. */
void trial_put_rows(const struct row_trial *trial, size_t n, const struct decant_value *rows,
                    struct buf *sql);

#endif
