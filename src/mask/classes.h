/* SPDX-License-Identifier: PostgreSQL */
/* Columns that foreign keys, or references of the rules, join: sets that share one decision. */
#ifndef MASK_CLASSES_H
#define MASK_CLASSES_H

#include "plan/plan.h"
#include "rules/rules.h"

struct classes {
    const struct plan *plan;
    int ncells;   /* columns of all tables */
    int *offsets; /* of the tables' columns among them */
    int *parent;  /* a forest: union-find */
    bool *is_child;
    bool *is_joined; /* to any other */
};

/* In `arena`. */
void classes_build(const struct rules *rules, const struct plan *plan, struct arena *arena,
                   struct classes *out);

/* The number that all members of a column's class have in common, below ncells. */
int classes_find(struct classes *classes, int table, int column);

/* Does the column refer to another? */
bool classes_is_child(const struct classes *classes, int table, int column);

#endif
