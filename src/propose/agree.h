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

#endif
