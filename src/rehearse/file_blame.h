/* SPDX-License-Identifier: PostgreSQL */
/* Which rows of a SQLite file a statement failed for. */
#ifndef REHEARSE_FILE_BLAME_H
#define REHEARSE_FILE_BLAME_H

#include "rehearse/rehearsal.h"
#include "sqlite/db.h"

/* Counts the rows that a step of the record failed for, in the connection that it failed in, which
 * SQLite has put back to what it was before the statement. What is made for that is temporary.
 * Adds one violation, or none where no row is to blame. */
void file_blame(struct db *db, int step, struct rehearsal *out);

#endif
