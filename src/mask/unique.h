/* SPDX-License-Identifier: PostgreSQL */
/* Which columns must stay unique, and where case does not count. */
#ifndef MASK_UNIQUE_H
#define MASK_UNIQUE_H

#include "mask/masking.h"

/* Characters that fit into a column; 0: no limit. */
int mask_room(const struct column *column);

/* Does an index's condition ask for more of the column than whether it is NULL? No mask changes
 * whether it is. */
bool unique_asks_for_value(const char *predicate, const char *name);

/* Is the column among the keys of an index, by itself or inside an expression? */
bool unique_uses(const struct table *table, const struct index *index, int column);

/* Would a unique index fail if two values of the column became one? Not where its columns that stay
 * as they are tell rows apart already. */
bool unique_depends(const struct masking *masking, int table, const struct index *index,
                    int column);

/* Does any index depend on the column, or one of a table whose key is joined to it? *lower: some of
 * them, or the type itself, call values equal that differ in case. */
bool unique_is_needed(const struct masking *masking, int table, int column, bool *lower);

#endif
