/* SPDX-License-Identifier: PostgreSQL */
/*
 * What is known of the rows of a catalog's tables: how many there are where they are few, counted,
 * and what the server's statistics say of their columns. Apart from the catalog, because it depends
 * on the hour: a catalog is the same as long as nobody changes the schema.
 */
#ifndef CATALOG_STATISTICS_H
#define CATALOG_STATISTICS_H

#include "catalog/catalog.h"

struct column_statistics {
    double distinct;    /* pg_stats.n_distinct: below 0 a share of the rows; 0: not known */
    double correlation; /* with the order in which rows are stored, -1 to 1; 0: not known */
    double top_share;   /* of the rows, that have the most common value; 0: not known */
};

struct table_statistics {
    int64_t few_rows; /* exact, as far as statistics_count_few() found few; -1: more, or unknown */
    struct column_statistics *columns;
};

struct statistics {
    const struct catalog *catalog;
    struct table_statistics *tables; /* as in the catalog; roots and plain tables have some */
    bool has_few, has_columns;       /* they were counted, were loaded: a snapshot has them once */
};

/* Makes statistics that know nothing yet. They live in `arena`, and end before the catalog does. */
void statistics_init(struct statistics *out, const struct catalog *catalog, struct arena *arena);

/* Counts every root and plain table inside the snapshot of `conn`: exact up to `most`. On an error
 * the rest is as it was; what is counted already is not counted again. */
bool statistics_count_few(struct statistics *statistics, struct pg_conn *conn, int most,
                          struct decant_error *err);

/* Reads what the server gathered of columns, as far as the role may see it. It decides who owns
 * whom: for init, which writes that down; a pull must not depend on it. */
bool statistics_load(struct statistics *statistics, struct pg_conn *conn, struct decant_error *err);

/* The number of rows where they are few and counted, else -1. `statistics` may be NULL here and
 * below: nothing is known then. */
int64_t statistics_few(const struct statistics *statistics, const struct table *table);

/* Of a column; all zeros where nothing is known, as of an expression, which is no column. */
struct column_statistics statistics_column(const struct statistics *statistics,
                                           const struct table *table, const struct column *column);

/* How many different values a column has, estimated; below 0: not known. */
double statistics_distinct(const struct statistics *statistics, const struct table *table,
                           const struct column *column);

#endif
