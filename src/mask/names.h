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

#endif
