/* SPDX-License-Identifier: PostgreSQL */
/* Putting a finished SQLite file in the place of the old one. */
#ifndef LOAD_PUBLISH_FILE_H
#define LOAD_PUBLISH_FILE_H

#include <stdatomic.h>

#include "plan/notes.h"

/* "dcnt": the mark of a copy that decant made, PRAGMA application_id. */
#define PUBLISH_APPLICATION_ID 0x64636e74

/*
 * Renames `built` over `target`. A -wal or -journal beside the old file would bring the old rows
 * back in the new one, so the old file is taken out of WAL mode and held by an exclusive
 * transaction until the directory is on disk. DECANT_UNPUBLISHED when a program has it open;
 * `built` stays.
 */
bool publish_rename(const char *built, const char *target, int keep, struct decant_error *err);

/* Renames `built` to TARGET.RUN.db and makes `target` a symbolic link to it: each file has its own
 * -wal. Older such files go, but for `keep` of them. */
bool publish_symlink(const char *built, const char *target, const char *run, int keep,
                     struct notes *notes, struct decant_error *err);

#endif
