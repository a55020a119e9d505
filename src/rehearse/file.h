/* SPDX-License-Identifier: PostgreSQL */
/* Rehearsals on a SQLite copy: the file is copied, and what the migration leaves is compared with
 * it. Locks and rewrites are not told: SQLite has one lock for the whole file. */
#ifndef REHEARSE_FILE_H
#define REHEARSE_FILE_H

#include <decant/decant.h>

#include "rehearse/rehearsal.h"

/* Copies `path` to a file beside it, sharing its blocks where the file system can; what killed runs
 * left there is removed. *copy is on the heap, and *fd holds it until it is closed.
 * DECANT_REFUSED where somebody is writing to the file. */
bool file_rehearse_copy(const char *path, char **copy, int *fd, struct decant_error *err);

/* Runs statements of files on it, one by one, as the sqlite3 shell would; the first that fails ends
 * it, and is a result; the rows that it failed for are counted. */
bool file_rehearse_run(const char *copy, const struct decant_words *files, const atomic_int *stop,
                       struct rehearsal *out, struct decant_error *err);

/* What differs: objects of the schema, rows and values per table, damage, rows without a parent. */
bool file_rehearse_compare(const char *path, const char *copy, const atomic_int *stop,
                           struct rehearsal *out, struct decant_error *err);

#endif
