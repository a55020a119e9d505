/* SPDX-License-Identifier: PostgreSQL */
/* Correlation of ranks: C. Spearman, "The Proof and Measurement of Association between Two
 * Things", 1904. Equal values share the mean of their ranks. */
#ifndef MEASURE_RANK_H
#define MEASURE_RANK_H

/* Of two columns of so many rows, over those in which both are finite: *share of them. NaN for
 * fewer than 30, for a column of one value, and where either is NULL. */
double rank_correlation(const double *x, const double *y, int rows, double *share);

#endif
