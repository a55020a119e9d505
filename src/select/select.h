/* SPDX-License-Identifier: PostgreSQL */
/*
 * Which rows are copied: the exact set of every table, before the first one is written. A root's
 * row is in when its u(key) lies below the rate; what it owns follows it (so fan-outs are exact,
 * zeros included); and then parents are pulled until no foreign key leads out of the set.
 */
#ifndef SELECT_SELECT_H
#define SELECT_SELECT_H

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
    ORIGIN_COUNT
};

const char *origin_name(enum origin origin);

struct selection_set; /* opaque */

/* Reads keys through `conn`, which holds the snapshot. Key sets may take `memory_bytes`; beyond
 * that DECANT_REFUSED with the number that was needed. */
bool select_run(struct pg_conn *conn, const struct sampling *sampling, const struct key *key,
                int64_t memory_bytes, struct selection_set **out, struct decant_error *err);
void select_free(struct selection_set *set); /* NULL is allowed */

/* Is every row of the table in (then nothing needs to be asked), or none? */
bool select_has_all(const struct selection_set *set, const struct table *root);
bool select_has_none(const struct selection_set *set, const struct table *root);

/* Appends ", expression ..." for the columns by which rows are told; returns their number. */
int select_put_columns(const struct selection_set *set, const struct table *root, struct buf *out);

/* The keys of the table's rows in ascending order, where the key is one integer column, whose name
 * is *column; free() them. NULL: it is not. */
int64_t *select_integer_keys(const struct selection_set *set, const struct table *root, size_t *n,
                             const char **column);

/* The origin of the row with these values, ORIGIN_NONE when it is not in. Safe to call from several
 * threads, each with a `scratch` of its own. */
enum origin select_origin(const struct selection_set *set, const struct table *root,
                          const struct decant_value *values, struct buf *scratch);

/* Appends the row's key as text: values as PostgreSQL prints them, joined by commas; nothing for a
 * row without a key. */
void select_put_key(const struct selection_set *set, const struct table *root,
                    const struct decant_value *values, struct buf *out);

/* The probability with which a row of origin `sample` came to be in the copy. */
double select_probability(const struct selection_set *set, const struct table *root);

/* Rows of a table by origin. */
int64_t select_count(const struct selection_set *set, const struct table *root, enum origin origin);

/* Rows that a `require` policy left out, by edge. */
int64_t select_required_away(const struct selection_set *set, int edge);

#endif
