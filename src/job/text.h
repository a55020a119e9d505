/* SPDX-License-Identifier: PostgreSQL */
/* SQL text as a target. */
#ifndef JOB_TEXT_H
#define JOB_TEXT_H

#include "job/internal.h"

/* Of the job's target, if it is a place; to be unlocked also on failure. */
struct text_lock {
    char *path, *made; /* the lock, and a folder that was made for it */
    int fd;
};
bool text_lock(struct decant_job *job, struct text_lock *out, struct decant_error *err);
void text_unlock(struct text_lock *lock);

/* Is this file the manifest of a copy? */
bool text_is_manifest(const char *path);

/* "insert", "copy" or NULL; SQLite has no COPY. */
bool text_check_form(const char *form, bool is_sqlite, struct decant_error *err);

/* Refuses a git work tree that does not ignore the target: nobody masked what is to go there. */
bool text_guard_place(const char *target, struct decant_error *err);

/* Writes the copy options.source there, whose lock is held; for "-" it is appended to `out`, else
 * what was written is told in it. */
bool text_write(struct decant_job *job, struct buf *out, struct decant_error *err);

/* A pull into such a target, by the job's options. */
bool text_pull(struct decant_job *job, struct decant_error *err);

#endif
