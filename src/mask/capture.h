/* SPDX-License-Identifier: PostgreSQL */
/* In a sub-select a bare name is first looked for in the tables of the sub-select: a condition that
 * means its own row there may compare another table with itself, and be true of every row. */
#ifndef MASK_CAPTURE_H
#define MASK_CAPTURE_H

#include "catalog/catalog.h"

/* A column of the table that the SQL names in a sub-select without saying whose it is; NULL: there
 * is none. Names of functions, aliases behind AS and what stands in quotes or comments count for
 * none. */
const char *capture_find(const struct table *table, const char *sql);

#endif
