/* SPDX-License-Identifier: PostgreSQL */
/* One vocabulary, one decision: what is masked in one column is not kept in another. */
#ifndef PROPOSE_AGREE_H
#define PROPOSE_AGREE_H

#include "plan/plan.h"
#include "propose/columns.h"

/* Where a column that is kept has values that one which is masked for want of a reason has, too:
 * the second is kept where it has nothing else, otherwise the first is masked like it. `proposals`
 * and `evidence` by table and column. */
void agree(const struct plan *plan, const struct evidence *const *evidence,
           struct proposal *const *proposals);

/* What nothing can mask is in the copy: columns that have nearly all the same values are kept,
 * too, unless they name persons or are prose, and somebody has to look at them. Were there any? */
bool agree_with_forced(const struct plan *plan, const struct evidence *const *evidence,
                       struct proposal *const *proposals);

/* What is kept for a reason of its own, or must be, and has values that other columns mask: a
 * search for those will find them there. Texts live in the arena. */
void agree_to_accept(const struct plan *plan, const struct evidence *const *evidence,
                     struct proposal *const *proposals, struct arena *arena);

#endif
