/* SPDX-License-Identifier: PostgreSQL */
/* What is known of a column on one side, whether it was measured or PostgreSQL's ANALYZE said so.
 */
#ifndef FIDELITY_MEASURED_H
#define FIDELITY_MEASURED_H

#include "base/mem.h"
#include "fidelity/sketch.h"
#include "pg/conn.h"

struct measured_value {
    const char *text;
    double share; /* of the rows that are not NULL */
};

struct measured {
    bool is_known;
    double rows, null_share, distinct;
    double placed;  /* share of the rows that the distribution has: not NULL, NaN or infinite */
    struct cdf cdf; /* on the heap; empty: there is none */
    int nvalues;    /* the most frequent ones */
    struct measured_value *values;
    bool has_all_values;
    double effect, null_effect; /* see fidelity/sketch.h */
    double basis;               /* rows that were looked at; 0: all */
    double sample;              /* rows that the distribution rests on; 0: as many */
    double stale;               /* share of the rows that have changed since they were looked at */
    double value_effect;        /* on shares of values; see fidelity/sketch.h */
};

/* Texts live in `arena`. */
void measured_of_sketch(const struct sketch *sketch, int column, struct arena *arena,
                        struct measured *out);
void measured_deinit(struct measured *measured);

/* Of a table of which a larger share has changed since ANALYZE its statistics say nothing, nor does
 * the number of its rows. */
#define MEASURED_MOST_STALE 0.1

struct measured_table {
    const struct table *table;
    const enum sketch_kind *kinds; /* by column */
    struct measured *columns;      /* likewise, to be filled */
};

/* Fills the columns of `n` tables from pg_stats, as the snapshot of the time at_s has them; columns
 * of which nothing is known, and tables of which too much has changed since, stay unknown, but for
 * `stale`. */
bool measured_of_source(struct pg_conn *conn, double at_s, const struct measured_table *tables,
                        int n, struct arena *arena, struct decant_error *err);

#endif
