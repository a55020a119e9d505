/* SPDX-License-Identifier: PostgreSQL */
/* How the values of a column are distributed, and how far two such distributions are apart. */
#ifndef FIDELITY_CDF_H
#define FIDELITY_CDF_H

#include <stddef.h>

/* At `x`: the share of values below it, and up to it. Between two points the share rises evenly,
 * which a sample's does not: there one's `upto` is the next one's `below`. */
struct cdf_point {
    double x, below, upto;
};

struct cdf {
    size_t n;                 /* 0: nothing is known */
    struct cdf_point *points; /* ascending; on the heap */
    double resolution;        /* the largest share that may lie anywhere between two points */
};

/* Of values, which are sorted here. */
void cdf_of_values(double *values, size_t n, struct cdf *out);

/* Of values with their weights (of the same length; both are changed). */
struct cdf_weighted {
    double x, weight;
};
void cdf_of_weighted(struct cdf_weighted *values, size_t n, struct cdf *out);

/* Of single values with their shares, and of bounds between which the same share lies each: what
 * pg_stats has as most_common_freqs and histogram_bounds. `rest` is the share of all bounds. */
void cdf_of_histogram(struct cdf_weighted *singles, size_t n, const double *bounds, size_t nbounds,
                      double rest, struct cdf *out);
void cdf_deinit(struct cdf *cdf);

/* The distance of Kolmogorov and Smirnov: the largest difference of the shares. */
double cdf_ks(const struct cdf *a, const struct cdf *b);

/* The value below which this share lies. */
double cdf_quantile(const struct cdf *cdf, double share);

#endif
