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

/* Appends the SQL with "table." wherever it says "schema.table." of the table itself: a row that is
 * handed to it has the table's name, and no schema. Does it name the table at all? */
bool condition_put(const struct table *table, const char *sql, struct buf *out);

#endif
