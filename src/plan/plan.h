/* SPDX-License-Identifier: PostgreSQL */
/* What a pull will do: the tables of the copy, and the foreign keys between them. Built from the
 * catalog alone, constant afterwards. */
#ifndef PLAN_PLAN_H
#define PLAN_PLAN_H

#include "catalog/catalog.h"
#include "catalog/statistics.h"
#include "plan/notes.h"

struct pattern;

/* A foreign key between tables as the user knows them: partitions are merged into their root. */
struct plan_key {
    const struct foreign_key *key;
    const struct table *child, *parent; /* roots */
    const int *child_columns, *parent_columns;
    bool is_validated; /* in every partition */
    int64_t orphans;   /* rows of the copy without a parent, as in the source */
    int64_t respelled; /* rows whose key is equal, but not identical, to their parent's */
};

/* What a copy has of a column. */
enum column_fate {
    FATE_COPIED, /* is 0 */
    FATE_MASKED,
    FATE_LOST, /* masked, and not even its NULLs are told from others */
};

struct plan {
    const struct catalog *catalog;
    const struct statistics *statistics; /* of its rows; NULL: nothing is known of them */
    int ntables, nkeys;
    const struct table **tables;        /* roots, in the order of the catalog's array */
    const struct table *const *by_name; /* the same, by schema and name */
    struct plan_key *keys;
    const enum column_fate *const *masked; /* by table and column; NULL: all are copied */
    bool is_first; /* nobody has decided on the sample: sizes and statistics may, and init writes
                      down what comes of it */
    /* The address of a struct column -> the struct decant_value of its constant default, in the
     * form of WIRE_DECODED; see constants.h. Its slots are the owner's of the plan. */
    struct map constants;
};

/* Refuses a selection that leaves out the parent of a foreign key, unless `drop_dangling` says that
 * such keys go (and are noted). With `merge_partitions`, keys that only some partitions have are
 * noted and left out. The plan lives in `arena`. */
bool plan_build(const struct catalog *catalog, bool drop_dangling, bool merge_partitions,
                struct arena *arena, struct notes *notes, struct plan *out,
                struct decant_error *err);

/* The table's number in the plan, or that of the first which the pattern names; -1: there is none.
 */
int plan_number(const struct plan *plan, const struct table *table);
int plan_find(const struct plan *plan, const struct pattern *pattern);

/* By table and column: does a foreign key begin there? In `arena`. */
const bool *const *plan_key_columns(const struct plan *plan, struct arena *arena);

/* Is the key compared by operators that are not the server's, of types that no known extension has?
 * Then the source is not asked about it: they may be anybody's. Sets DECANT_REFUSED. */
bool plan_key_is_askable(const struct plan_key *key, struct decant_error *err);

/* MATCH FULL: all columns of the key are NULL in a row, or none is. */
bool plan_key_is_full(const struct plan_key *key);

/* Does a mask change a column that the index depends on? */
bool plan_masks_index(const struct plan *plan, const struct index *index);

/* Does a mask change a column that decides on the partition of a row? Then rows of one leaf of the
 * source belong to several of the copy. `table` is a root or a leaf. */
bool plan_masks_partition_key(const struct plan *plan, const struct table *table);

/* Does an SQL expression name the column? */
bool plan_mentions(const char *sql, const char *column);

#endif
