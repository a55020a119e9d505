/* SPDX-License-Identifier: PostgreSQL */
/* What the files of this directory share: the tables that they work with, in a schema of their own.
 * Their names end in the number of the table in the plan.
 *     sN  its rows as they were, decant_n numbers them as they lie
 *     rN  n, root: the number of the row that brings it; cI: columns that keys refer to
 *     fN  of roots: n, w: its weight, is_sampled, xI: rows of table I that it brings
 *     kN  n, root, cI, k: replicas; base: the number of the last one before them; aI: for a column
 *         that refers on, the same of the row that it refers to
 *     xN  sN, and what its replicas are made with
 */
#ifndef AMPLIFY_INTERNAL_H
#define AMPLIFY_INTERNAL_H

#include "amplify/amplify.h"
#include "amplify/columns.h"
#include "pg/quote.h"

#define STAGE "decant_amplify"

/* Does nothing of it change, its keys included? */
static inline bool
is_left(const struct model *model, int table)
{
    bool all_kept = model->tables[table].how == AMPLIFY_SINGLE;
    for (int c = 0; all_kept && c < model->tables[table].table->ncolumns; c++) {
        enum column_how form = columns_form(model, table, c);
        all_kept = form == COLUMN_KEPT || form == COLUMN_GENERATED;
    }
    return all_kept;
}

/* Do the key's columns become others? */
static inline bool
is_rekeyed(const struct model *model, const struct plan_key *key)
{
    int parent = plan_number(model->plan, key->parent);
    bool any = false;
    for (int i = 0; i < key->key->ncolumns; i++)
        any |= columns_form(model, parent, key->parent_columns[i]) != COLUMN_KEPT;
    return any;
}

/* weigh.c: so many times is each row there whose number depends on nothing else. */
double share_of(const struct amplified_table *table);

/* weigh.c: appends a join with the row whose key `s` has, in the parent's table of that kind: p and
 * the number of the key. */
void put_parent_join(const struct model *model, int key, char kind, struct buf *out);

/* weigh.c: appends the number, of that row, of the column that a part of the key refers to: its
 * own, or that of the row that it refers to. */
void put_parent_base(const struct model *model, int key, int part, struct buf *out);

/* calibrate.c: fN of a root, of the rN of what it brings. */
bool calibrate_roots(const struct model *model, int root, struct pg_conn *conn,
                     struct decant_error *err);

/* weigh.c: sN, rN, kN of every table that is not left. */
bool weigh_stage(const struct amplify *amplify, struct pg_conn *conn, struct decant_error *err);
bool weigh_rows(const struct amplify *amplify, struct pg_conn *conn, struct decant_error *err);

/* replicate.c: xN. */
bool replicate_prepare(const struct amplify *amplify, struct pg_conn *conn,
                       struct decant_error *err);

/* Appends a query for the rows of a table: all replicas, or only the first and the last of
 * each. */
void replicate_put_query(const struct model *model, int table, bool is_trial, struct buf *out);

/* Appends the columns that are written. */
void replicate_put_columns(const struct model *model, int table, struct buf *out);

#endif
