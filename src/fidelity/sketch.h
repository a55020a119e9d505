/* SPDX-License-Identifier: PostgreSQL */
/*
 * The rows of one table in bounded memory, whichever database they come from: for each column the
 * rows, NULLs and different values; for numbers and times a distribution, for texts that of their
 * lengths; shares of values where there are few.
 *
 * Exact: counts. From 20,000 rows on (or fewer, as the caller says) a uniform sample
 * of as many stands for the distributions and for the correlations of pairs: a distance of up to
 * 0.01 may be its own (1.36 / sqrt(20000), at 95 %). Different values: 1.6 % (HyperLogLog with
 * 4,096 registers; Flajolet et al., 2007).
 */
#ifndef FIDELITY_SKETCH_H
#define FIDELITY_SKETCH_H

#include <stdbool.h>

#include "catalog/catalog.h"
#include "fidelity/cdf.h"
#include "fidelity/rank.h"
#include "row/cell.h"

enum { SKETCH_ROWS = 20000, SKETCH_VALUES = 50, SKETCH_GROUPS = RANK_GROUPS };

enum sketch_kind {
    SKETCH_NUMBER, /* also boolean: 0 and 1 */
    SKETCH_TIME,   /* date and timestamp, as seconds */
    SKETCH_TEXT,   /* by its length in characters */
    SKETCH_OTHER,  /* only whether it is NULL */
};

/* What a column's values are to be measured by. */
enum sketch_kind sketch_kind_of(const struct type *type);

struct sketch_value {
    char text[48];
    int64_t rows;
};

struct sketch_column {
    int64_t rows, nulls;
    double distinct;
    /* Of numbers, times and lengths; NaN where the value is NULL. By row of the sample. */
    double *sample;
    int nvalues; /* different ones; -1: more than SKETCH_VALUES, or longer than a code */
    struct sketch_value *values;
    /* The design effect, by leaving out one group of rows after the other: on the shares below a
     * value, on the share of NULLs, and on those of values. At least 1. */
    double effect, null_effect, value_effect;
};

struct sketch; /* opaque */

/* `most` rows make the sample, at most SKETCH_ROWS: each takes 8 bytes a column. */
struct sketch *sketch_new(const enum sketch_kind *kinds, int ncolumns, int most);
void sketch_free(struct sketch *sketch); /* NULL is allowed */

/* Adds a row. Those that came together are of one group, from 0 to SKETCH_GROUPS - 1; -1: the row
 * came by itself. */
void sketch_add(struct sketch *sketch, const struct cell *cells, int group);

/* Equal cells of one database have equal hashes. */
uint64_t sketch_hash(const struct cell *cell);

/* Ends it. */
void sketch_finish(struct sketch *sketch);
int64_t sketch_rows(const struct sketch *sketch);
int sketch_sampled(const struct sketch *sketch); /* rows of the sample */
const struct sketch_column *sketch_column(const struct sketch *sketch, int column);

/* Appends the distribution of a column; empty for SKETCH_OTHER. */
void sketch_cdf(const struct sketch *sketch, int column, struct cdf *out);

/* Of two columns, over the sample. */
struct rank_correlation sketch_correlation(const struct sketch *sketch, int a, int b);

#endif
