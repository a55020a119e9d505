/* SPDX-License-Identifier: PostgreSQL */
/* Do the rules name what there is? */
#ifndef MASK_NAMES_H
#define MASK_NAMES_H

#include "plan/plan.h"
#include "rules/rules.h"

/* Domains, entities, and lines that name a table or column exactly. DECANT_USAGE with the place. */
bool names_check(const struct rules *rules, const struct plan *plan, struct decant_error *err);

/* Does a line name a table or a column exactly that the source does not have? */
bool names_is_stale(const struct plan *plan, const struct rules_column *line);

/* References of `virtual` that are no plain columns cannot follow a key that is masked: `masked`
 * says so by table of the plan and column. DECANT_USAGE with the place. */
bool names_check_virtual(const struct rules *rules, const struct plan *plan,
                         const enum column_fate *const *masked, struct decant_error *err);

#endif
