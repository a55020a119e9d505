/* SPDX-License-Identifier: PostgreSQL */
/*
 * Which rows are copied: the exact set of every table, before the first one is written. A root's
 * row is in when its u(key) lies below the rate; what it owns follows it (so fan-outs are exact,
 * zeros included); and then parents are pulled until no foreign key leads out of the set.
 */
#ifndef SELECT_SELECT_H
#define SELECT_SELECT_H

#include <stdatomic.h>

#include "key/key.h"
#include "pg/conn.h"
#include "plan/sampling.h"
#include "select/keyset.h"

/* Why a row is in the copy. Only the first has a weight other than 1 and 0: 1 / probability. */
enum origin {
    ORIGIN_NONE,
    ORIGIN_SAMPLE,
    ORIGIN_WHOLE,
    ORIGIN_COMPLETED, /* it belongs to a parent that was pulled with its children */
    ORIGIN_PULLED,    /* a row in the copy refers to it */
    ORIGIN_ASKED,     /* by hand */
    ORIGIN_EDGE,      /* for its rare value, or its NULLs */
    ORIGIN_COUNT
};

const char *origin_name(enum origin origin);

struct chosen_rows; /* opaque */

/* Reads keys through `conns`, which hold the snapshot. Key sets may take `memory_bytes`; beyond
 * that DECANT_REFUSED with the number that was needed. Once *stop is not 0, it ends. */
bool select_run(struct pg_conn *const *conns, int nconns, const struct sampling *sampling,
                const struct key *key, int64_t memory_bytes, atomic_int *stop,
                struct chosen_rows **out, struct decant_error *err);
void select_free(struct chosen_rows *set); /* NULL is allowed */

/* Wipes the keys: rows can no longer be looked up, but counts stay. NULL is allowed. */
void select_forget_keys(struct chosen_rows *set);

/* Is every row of the table in (then nothing needs to be asked), or none? */
bool select_has_all(const struct chosen_rows *set, const struct table *root);
bool select_has_none(const struct chosen_rows *set, const struct table *root);

/* Appends ", expression ..." over decant_row for the columns by which rows are told; returns their
 * number. */
int select_put_columns(const struct chosen_rows *set, const struct table *root, struct buf *out);

/* A way to find the rows of the copy without reading all: values of a column, ascending. Rows that
 * are not in the copy may come, too. */
struct select_keys {
    enum {
        SELECT_BY_KEY,   /* an integer that is the row's key */
        SELECT_BY_PLACE, /* ctid, as block << 16 | offset */
        SELECT_BY_OWNER, /* an integer that refers to the row's owner */
        SELECT_BY_HASH,  /* no values: a condition that the source can check */
    } how;
    char *condition; /* of SELECT_BY_HASH, on the heap: the caller frees it */
    const char *column;
    int64_t *keys; /* on the heap: the caller frees them */
    size_t n;
    bool may_be_null;   /* rows where the column is NULL may be in the copy, too */
    double source_rows; /* as many values as these would be all; the planner's estimate */
};

/* False: there is no such way. */
bool select_keys(const struct chosen_rows *set, const struct table *table, struct select_keys *out);

/* The origin of the row with these values, ORIGIN_NONE when it is not in; *probability with which
 * one of origin `sample` came to be in the copy. Safe to call from several threads, each with a
 * `scratch` of its own. */
enum origin select_origin(const struct chosen_rows *set, const struct table *root,
                          const struct decant_value *values, double *probability,
                          struct buf *scratch);

/* Do rows of the table get other parents than they have? */
bool select_changes_keys(const struct chosen_rows *set, const struct table *root);

/* Hands the new keys of a row to `put`. */
void select_change_keys(const struct chosen_rows *set, const struct table *root,
                        const struct decant_value *key_values,
                        void (*put)(void *ctx, const struct column *column, int64_t value,
                                    bool is_null),
                        void *ctx, struct buf *scratch);
int64_t select_reassigned(const struct chosen_rows *set, int edge); /* rows */

/* Keys that rows of the copy refer to, but no row of the source has. */
int64_t select_dangling(const struct chosen_rows *set, const struct table *root);

/* Appends the row's key as text: values as PostgreSQL prints them, joined by commas; nothing for a
 * row without a key. */
void select_put_key(const struct chosen_rows *set, const struct table *root,
                    const struct decant_value *values, struct buf *out);

/* Rows of a table by origin. */
int64_t select_count(const struct chosen_rows *set, const struct table *root, enum origin origin);

/* Appends why the row with this key (as select_put_key() writes it) is in the copy, or why not.
 * Reads tables whole. DECANT_USAGE when there is no such row. */
bool select_explain(struct chosen_rows *set, const struct table *root, const char *key,
                    struct buf *out, struct decant_error *err);

/* Pulled parents without their children; sampled ones that the cap made bring a part of them. */
int64_t select_hollow(const struct chosen_rows *set, const struct table *root);
int64_t select_capped(const struct chosen_rows *set, const struct table *root);

/* Sampled rows of whose probability only an approximation is told. */
int64_t select_rough(const struct chosen_rows *set, const struct table *root);

/* How many rows refer to one parent. In the sample only parents count that came by their table's
 * own probability. In the source only rows with a parent are known, and only where the cap counted
 * them: else `children` is 0. */
enum { SELECT_MOST_CHILDREN = 255 };

struct select_fanout {
    int64_t bars[SELECT_MOST_CHILDREN + 1]; /* parents with so many; the last: or more */
    int64_t parents, children, most;
};

/* By edge. False: nothing is counted for it. */
bool select_fanout(const struct chosen_rows *set, int edge, struct select_fanout *sample,
                   struct select_fanout *source);

/* The share of the child's rows that the policies of its other keys let come. */
double select_share(const struct chosen_rows *set, int edge);

/* What a cover was to show of a table, and does. */
struct select_feature {
    const struct table *table;
    const char *what; /* "values", "NULLs", "flags", "ends", "shapes", "check", "children" */
    const char *name; /* of the column, the columns, the check, the key; NULL: of the row */
    int there, shown; /* -1 there: more than can be told apart */
    int rare;         /* others that too few rows share to be told */
};

/* All of them in *out, the set's; returns their number: 0 where the rows are no cover. */
int select_features(const struct chosen_rows *set, const struct select_feature **out);

/* Rows that a `require` policy left out, by edge. */
int64_t select_required_away(const struct chosen_rows *set, int edge);

#endif
