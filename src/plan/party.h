/* SPDX-License-Identifier: PostgreSQL */
/* Whose rows a table holds, by its names alone. */
#ifndef PLAN_PARTY_H
#define PLAN_PARTY_H

#include <stdbool.h>

#include "catalog/catalog.h"

/* Is each row a person, an account, or an organization that has some? By the last word of the
 * table's name, in eight languages, or by columns of addresses, names and passwords. */
bool table_is_party(const struct table *table);

/* Does the column say who wrote a row? Any table may have one: it is not whose the row is. */
bool column_is_audit(const struct column *column);

#endif
