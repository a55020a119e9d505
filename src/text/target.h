/* SPDX-License-Identifier: PostgreSQL */
/* Where text goes: a file, a folder, or "-", which is nowhere: it is only read. */
#ifndef TEXT_TARGET_H
#define TEXT_TARGET_H

#include "base/buf.h"

/* Sections in their order; their numbers begin the names of files. */
enum text_section { TEXT_SCHEMA = 10, TEXT_ROWS = 50, TEXT_KEYS = 90 };

/* What each file of text begins with, before the name of its dialect. */
extern const char text_mark[];

struct text_target {
    char *path; /* on the heap; without a slash at its end, and where a link leads */
    bool is_folder;
};

void text_target_find(const char *target, struct text_target *out);
bool text_target_is_nowhere(const char *target);

/* A target without the slashes at its end, links as they are; on the heap. */
char *text_target_path(const char *target);

/* Is it a folder that has our text? */
bool text_target_has_text(const char *folder);

/* Does a file begin as ours do? */
bool text_target_is_ours(const char *path);

/* Is it a name that a file of a folder's text has? */
bool text_target_is_section(const char *name);

/* Appends the path of a file of ours at the target: beside a file, inside a folder, of "-" in the
 * folder for temporary files. `suffix` begins with a dot. */
void text_target_put(const struct text_target *target, const char *suffix, struct buf *out);

/* The same by its name. A folder that is not there is made: then it returns true. */
bool text_target_beside(const char *target, const char *suffix, struct buf *out);

/* Refuses what holds files that are not ours, unless `overwrites`. */
bool text_target_guard(const char *target, bool overwrites, struct decant_error *err);

/* Removes what killed runs left there; the caller has the target's lock, and is `run`. Nobody has
 * one of "-": there whoever is at work holds a lock of his folder, as flock(2) has it. */
void text_target_clean(const struct text_target *target, const char *run);

#endif
