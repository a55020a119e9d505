/* SPDX-License-Identifier: PostgreSQL */
/* Putting a finished SQLite file in the place of the old one. */
#ifndef LOAD_PUBLISH_FILE_H
#define LOAD_PUBLISH_FILE_H

#include <stdatomic.h>

#include "plan/notes.h"

/* "dcnt": the mark of a copy that decant made, PRAGMA application_id. */
#define PUBLISH_APPLICATION_ID 0x64636e74

/* A finished file, and what it is to replace. */
struct publication {
    const char *built, *target;
    const char *run;        /* that made it */
    const char *run_before; /* that made the one in place; NULL: nobody knows */
    int keep;               /* former copies; see load/versions.h */
    bool is_private;        /* nobody but its owner may read it, whoever may read the old one */
    struct notes *notes;
};

/*
 * Renames `built` over `target`. A -wal or -journal beside the old file would bring the old rows
 * back in the new one, so the old file is taken out of WAL mode and held by an exclusive
 * transaction until the directory is on disk. DECANT_UNPUBLISHED when a program has it open;
 * `built` stays.
 */
bool publish_replace(const char *built, const char *target, struct decant_error *err);

/* The same of a copy: who may read the old one may read the new one, unless it is private. With
 * `keep` 0 former copies are left alone. */
bool publish_rename(const struct publication *publication, struct decant_error *err);

/* Renames `built` to TARGET.RUN.db and makes `target` a symbolic link to it: each file has its own
 * -wal. Older such files go, but for `keep` of them. */
bool publish_symlink(const struct publication *publication, struct decant_error *err);

/* Refuses a target that cannot be meant as a SQLite file: a directory, '-', a name that says
 * another format, a link that --publish symlink would take from somebody. */
bool publish_check_name(const char *target, bool as_symlink, struct decant_error *err);

/* The file that is to be written: `target`, or what somebody's link leads to, on the heap. A link
 * that --publish symlink made stays the target; *is_ours says so. */
char *publish_file_of(const char *target, bool *is_ours);

#endif
