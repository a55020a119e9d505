/* SPDX-License-Identifier: PostgreSQL */
/* New lines in a rules file that people have edited: nothing that is there is touched. */
#ifndef PROPOSE_UPDATE_H
#define PROPOSE_UPDATE_H

#include "propose/columns.h"

/* Appends the text of `source` with the lines of the proposals inserted, each under its table.
 * DECANT_REFUSED where a table is written on one line, so that nothing can stand under it. Sets the
 * number of lines that were added. */
bool update_rules(const struct yaml_source *source, const struct plan *plan,
                  struct proposal *const *proposals, struct arena *arena, struct buf *out,
                  int *added, struct decant_error *err);

#endif
