/* SPDX-License-Identifier: PostgreSQL */
/* Correlation of ranks: C. Spearman, "The Proof and Measurement of Association between Two
 * Things", 1904. Equal values share the mean of their ranks. */
#ifndef FIDELITY_RANK_H
#define FIDELITY_RANK_H

#include <stdint.h>

enum { RANK_GROUPS = 40 };

struct rank_correlation {
    double r;     /* NaN for fewer than 30 rows, and for a column of one value */
    double share; /* of the rows, in which both are finite */
    double error; /* of r: its standard deviation by the delete-a-group jackknife, of the ranks that
                     all rows have (P. Kott, "The Delete-a-Group Jackknife", 2001) */
};

/* Of two columns of so many rows; `groups`, below RANK_GROUPS, say which rows came together. A
 * column that is NULL has no correlation. */
struct rank_correlation rank_correlate(const double *x, const double *y, const uint8_t *groups,
                                       int rows);

#endif
