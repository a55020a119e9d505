/* SPDX-License-Identifier: PostgreSQL */
/* How large the relations of a catalog are, for whoever has a part of them: counts, no value. */
#ifndef CATALOG_SIZES_H
#define CATALOG_SIZES_H

#include "catalog/catalog.h"

/* A table, a partition, an index, or what is stored out of line of a table. */
struct relation_size {
    const char *name; /* "schema.name" */
    const char *of;   /* of an index, and of what is out of line: its table; else NULL */
    char kind;        /* pg_class.relkind: r, p, m, i, I, t */
    double rows;      /* the planner's estimate, or counted; below 0: it was never analyzed */
    int64_t pages;    /* of its file now; of a partitioned table the sum, when it was analyzed */
    int64_t visible;  /* of these all rows are visible to all, as VACUUM last saw it */
    const char *told; /* of a table: "older" than its data are statistics, "counted" rows, "never"
                       * analyzed and too large to count; else NULL */
};

/* The most children of a parent: as a power of two that they do not exceed. */
struct largest_family {
    const char *name; /* "schema.table.key" */
    int64_t children;
};

struct column_distinct {
    const char *name; /* "schema.table.column" */
    double distinct;  /* pg_stats.n_distinct: below 0 a share of the rows */
};

struct sizes {
    int page_bytes;
    int nrelations, ncolumns, nfamilies;
    struct relation_size *relations; /* by table: it, and then what belongs to it */
    struct column_distinct *columns; /* those that were analyzed, and that the role may see */
    struct largest_family *families; /* of foreign keys with such columns; by statistics */
};

/* Of all tables of the catalog, in `arena`. Small tables that were never analyzed are counted. */
bool sizes_load(struct pg_conn *conn, const struct catalog *catalog, struct arena *arena,
                struct sizes *out, struct decant_error *err);

#endif
