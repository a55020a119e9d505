/* SPDX-License-Identifier: PostgreSQL */
/*
 * How far a copy is from its source, beside how far an ideal sample of the same size would be.
 *
 * With f = sqrt((1 - n/N) / n_eff), n rows out of N and n_eff = n / design effect, an ideal sample
 * stays in 95 of 100 cases below
 *
 *     distributions    1.36 f in the distance of Kolmogorov and Smirnov
 *     a share q        1.96 f sqrt(q (1 - q))
 *     shares q_i       twice 0.40 f sum sqrt(q_i (1 - q_i)), the mean of half their differences
 *     a correlation r  1.96 f (1 - r^2), or 1.96 times its error by the jackknife if that is more
 *
 * These are the floors; what ANALYZE knows from a sample of its own has a floor, too, which is
 * added in squares. `excess` is distance / floor: above 1 in one of 20 cases by chance, above 2 in
 * fewer than one of a million. Rows that are there for their keys or their values, and not by
 * chance, may move a share by as much as their own; so much of a distance is forgiven.
 */
#ifndef FIDELITY_FIGURES_H
#define FIDELITY_FIGURES_H

#include "fidelity/measured.h"

enum figure_kind {
    FIGURE_ROWS,     /* rows that were chosen, and rows that are there */
    FIGURE_SIZE,     /* sampled rows, and rate times the source's */
    FIGURE_FANOUT,   /* rows of one parent, along an owner */
    FIGURE_CROSS,    /* ... along any other key: thinned, as an independent sample must be */
    FIGURE_TOP,      /* share of rows that the ten parents with most of them have */
    FIGURE_NULLS,    /* share of NULLs */
    FIGURE_NUMBERS,  /* distribution, or of the lengths of texts */
    FIGURE_TIMES,    /* ... of times: seconds since 2000-01-01 */
    FIGURE_VALUES,   /* shares of few values */
    FIGURE_COVERAGE, /* few values that are there at all */
    FIGURE_PAIRS,    /* rank correlation of two columns */
    FIGURE_CANARY,   /* a query on both sides */
    FIGURE_COUNT
};

enum verdict_of { FIDELITY_HOLDS, FIDELITY_BAD, FIDELITY_UNKNOWN };

struct figure {
    enum figure_kind kind;
    const char *object;  /* schema.table, schema.table.column, or a key */
    double source, copy; /* the figure that people know: a mean, a share; NaN: there is none */
    double distance, floor, excess;
    enum verdict_of verdict;
    bool is_told;     /* what is bad is told, and stops nothing: the expectation is a rough one */
    const char *note; /* why it is unknown, or what is to be known; or NULL */
};

struct fidelity {
    struct arena *arena;
    size_t n;
    struct figure *items; /* on the heap */
};

const char *figure_name(enum figure_kind kind);
void fidelity_deinit(struct fidelity *fidelity);

/* How much of the source a table's sample is. */
struct sampled {
    double rows;   /* of the source */
    double chosen; /* sampled ones */
    double there;  /* all of the copy */
};

void fidelity_add_rows(struct fidelity *f, const char *object, int64_t chosen, int64_t there);

/* `variance` is that of chosen rows by expected ones. */
void fidelity_add_size(struct fidelity *f, const char *object, double rate,
                       const struct sampled *table, double variance);

/* Rows of one parent, on one side. */
struct fanout_side {
    const struct cdf_weighted *bars;
    size_t n;
    double mean; /* of all: the last bar may stand for more rows than it says */
};

/* `thinned` is the share of each parent's rows that an independent sample leaves; 1: all come
 * along. `parents` is the parents' table, `stale` the share of it that has changed since its rows
 * were counted; parents that came together are not `one_by_one`: then what is bad is only told. */
void fidelity_add_fanout(struct fidelity *f, enum figure_kind kind, const char *object,
                         const struct fanout_side *source, const struct fanout_side *copy,
                         double thinned, const struct sampled *parents, double stale,
                         bool one_by_one);

/* `rows` of the copy have a parent, `effect` of them tell as much as one; what is bad is only told:
 * of parents that are much alike chance makes ten of the copy larger than they are. */
void fidelity_add_top(struct fidelity *f, const char *object, double source, double copy,
                      double rows, double effect);

/* Of SKETCH_OTHER only whether it is NULL. */
void fidelity_add_column(struct fidelity *f, const char *object, const struct measured *source,
                         const struct measured *copy, const struct sampled *table,
                         enum sketch_kind kind);

struct pair {
    struct rank_correlation source, copy;
    double source_sample; /* rows that the source's is made of; 0: all */
    double effect;        /* the design effect of the copy's columns */
};

void fidelity_add_pair(struct fidelity *f, const char *object, const struct pair *pair,
                       const struct sampled *table);

/* The copy's answer to a query, as a share of the source's. */
void fidelity_add_canary(struct fidelity *f, const char *query, double share);

/* From this number on figures are told and stop nothing; those that are not known are left out. */
void fidelity_tell(struct fidelity *f, size_t from);

/* A figure that cannot be compared, and why. */
void fidelity_add_unknown(struct fidelity *f, enum figure_kind kind, const char *object,
                          const char *note);

/* Orders by excess, the worst first, and sets all verdicts by this bound of it. The worst figure
 * that is bad and stops a copy, or NULL. */
const struct figure *fidelity_judge(struct fidelity *f, double bound);

#endif
