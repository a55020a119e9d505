/* SPDX-License-Identifier: PostgreSQL */
/* The inside of a cover: rows that may be chosen, what they refer to, and what they show. */
#ifndef SELECT_COVER_ROWS_H
#define SELECT_COVER_ROWS_H

#include "select/cover.h"

struct cover_row {
    int table, told;  /* states of which it is told */
    bool cannot_come; /* it needs a row of a table that has none */
    struct candidate at;
};

/* A row refers to another; they may not be here. */
struct cover_ref {
    int row, edge;
    struct key128 key;
};

/* A row has a feature. */
struct cover_mark {
    int row, feature;
};

struct finding; /* see cover_rows.c */

struct cover_rows {
    struct cover_row *rows;
    struct cover_ref *refs;
    struct cover_mark *marks;
    size_t n, nrefs, nmarks;
    int ntables, *nfindings;   /* by table */
    struct finding **findings; /* by table and target */
    struct arena arena;
};

/* The row that a reference needs in the copy; -1: none, or one that is in already. */
int cover_parent(const struct cover *cover, const struct cover_ref *ref);

/* Wants rows of the copy; cover_take() adds those that are wanted since they were forgotten. */
void cover_forget_wanted(struct cover *cover);
void cover_want(struct cover *cover, const struct cover_row *row);

#endif
