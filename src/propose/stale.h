/* SPDX-License-Identifier: PostgreSQL */
/* Lines of a rules file that name what the source no longer has. */
#ifndef PROPOSE_STALE_H
#define PROPOSE_STALE_H

#include "plan/plan.h"
#include "rules/rules.h"

/* Appends the file with those lines as comments, "# gone: ", and all that stands under them; out of
 * a list of columns only the names are taken. Returns the number of such lines. Lines of files that
 * it includes are not touched. */
int stale_comment_out(const struct rules *rules, const struct plan *plan, struct buf *out);

#endif
