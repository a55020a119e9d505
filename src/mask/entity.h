/* SPDX-License-Identifier: PostgreSQL */
/*
 * Whose row it is. Names and addresses belong to a person: the row itself, or the row that it
 * extends one to one (a profile and its user). Dates of an entity move together: it is the root of
 * the owners. `entities` in the rules say otherwise for both.
 */
#ifndef MASK_ENTITY_H
#define MASK_ENTITY_H

#include "mask/masking.h"

enum entity_kind { ENTITY_PERSON, ENTITY_ROOT, ENTITY_ROW };

/* Appends the SQL that tells the entity of a row of `table`, NULL where it belongs to nobody: an
 * int8 where the entity has a single whole number as its key, else text. Joins that it needs are
 * appended to `joins`, numbered from *njoins. *label is the entity's table. *column: the number of
 * a column of the table that is that whole number itself, or -1. */
void entity_sql(const struct masking *masking, const struct sampling *owners,
                const struct table *table, enum entity_kind kind, struct buf *joins, int *njoins,
                struct buf *out, const char **label, int *column);

#endif
