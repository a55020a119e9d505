/* SPDX-License-Identifier: PostgreSQL */
/* Files of statements run once more, past what fails in them: one rehearsal finds all of it. Nobody
 * looks at locks here; what is found is which statements fail, and for which rows. */
#ifndef REHEARSE_BEYOND_H
#define REHEARSE_BEYOND_H

#include <decant/decant.h>

#include "pg/conn.h"
#include "rehearse/rehearsal.h"

/* `info` leads to a clone as it was before the migration. Counts the rows that the first failing
 * statement failed for, which the record has, and where `goes_on`, each further one's: a constraint
 * is then added NOT VALID, an index not unique, a column without NOT NULL, what does not convert is
 * NULL; else the statement is left out. Rows stay, whatever fails: those without would be missed
 * by what is counted behind it. What fails beyond the first is added to the rehearsal's `beyond`.
 * DECANT_CANCELLED: it was stopped. */
bool beyond_find(const struct pg_info *info, const struct decant_words *files, bool goes_on,
                 const atomic_int *stop, struct rehearsal *out, struct decant_error *err);

#endif
