/* SPDX-License-Identifier: PostgreSQL */
/* What becomes of columns: keys follow what they refer to, what must be unique gets a number, and
 * what production has more of is varied. */
#ifndef AMPLIFY_COLUMNS_H
#define AMPLIFY_COLUMNS_H

#include "amplify/amplified.h"

/* Anew: every column is kept, computed, or a key's; nothing is unique yet. */
void columns_set_keys(struct model *model);

/* Makes the rows of a table different for each of its unique indexes and exclusion constraints;
 * what owns it was decided before. NULL, or the reason why they cannot be. */
const char *columns_set_unique(struct model *model, int table, struct arena *arena);

/* Can any row of a table stand in for any other where it is referred to? */
bool columns_can_stand_in(const struct model *model, int table);

/* A column has so many different values in the copy: where production has several times as many,
 * they are varied, if nothing else depends on them. */
void columns_vary(struct model *model, int table, int column, double distinct, struct arena *arena);

/* Behind the last call of the former: what goes by the same clock in a row. */
void columns_set_clocks(struct model *model);

/* The column that keys lead to from this one; itself, where it is in none. */
void columns_find_origin(const struct model *model, int *table, int *column);

/* What a value of the column becomes in the end: that of the column that keys lead to. */
enum column_how columns_form(const struct model *model, int table, int column);

#endif
