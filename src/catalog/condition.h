/* SPDX-License-Identifier: PostgreSQL */
/* SQL over the rows of one table, as people write it in rules: whose are its names? */
#ifndef CATALOG_CONDITION_H
#define CATALOG_CONDITION_H

#include "catalog/catalog.h"

/* A column of the table that the SQL names in a sub-select without saying whose it is; NULL: there
 * is none. There a bare name is first looked for in the tables of the sub-select: a condition that
 * means its own row may compare another table with itself, and be true of every row. Names of
 * functions, aliases behind AS and what stands in quotes or comments count for none. */
const char *condition_captured(const struct table *table, const char *sql);

/* Appends the SQL over rows that are called decant_row, which it may also name by the table: what
 * says "schema.table." of the table itself says "decant_row." then. Does it name the row as
 * "table."? */
bool condition_put(const struct table *table, const char *sql, struct buf *out);

/* Does the SQL say "schema.table.", and the table's name again as a relation or an alias? Whose a
 * column is then cannot be told without a parser. */
bool condition_is_unclear(const struct table *table, const char *sql);

/* The branch of a number, from 0, of SQL that joins several by OR, parentheses around all of them
 * aside; its length in *len. NULL: there is none. SQL without OR is its own branch. */
const char *condition_branch(const char *sql, int number, size_t *len);

/* Does the SQL name the column? */
bool condition_names(const struct table *table, const char *sql, int column);

#endif
