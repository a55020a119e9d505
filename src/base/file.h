/* SPDX-License-Identifier: PostgreSQL */
/* Files: paths, durability, locks, leftovers. Paths returned are on the heap. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

char *file_directory(const char *path);  /* "." for a bare name */
const char *file_name(const char *path); /* behind the last slash; not on the heap */
char *file_join(const char *directory, const char *name);

/* The path from the root, with links followed; as it is where nothing is there. */
char *file_whole(const char *path);

int64_t file_size(const char *path); /* -1 when there is none, or it cannot be looked at: errno */

/* Has a program it open for writing, this one included? A lease tells: fcntl(2). False also where
 * the file system has none, or the file is another user's. */
bool file_has_writer(const char *path);

bool file_sync(const char *path, struct decant_error *err); /* fsync of the file */

/* Writes a new or renamed file's name to disk. That it could not is no failure: what a crash leaves
 * is then the old file or the new one, both whole. False: it may be the old one. */
bool file_settle(const char *path);

/* Removes each file of path's directory whose name begins with `prefix`. */
void file_remove_prefixed(const char *path, const char *prefix);

/* Takes an exclusive lock on `path`, which is created; waits up to wait_s seconds (-1: for ever),
 * or until *stop is set. On success *fd holds it. DECANT_REFUSED when another process has it. */
bool file_lock(const char *path, int wait_s, const char *what, const atomic_int *stop, int *fd,
               struct decant_error *err);
void file_unlock(const char *path, int fd); /* removes the file, too; fd -1 is allowed */

/* Makes the directories that lead to `path`. */
bool file_make_directories(const char *path, struct decant_error *err);

/* The user's folder: HOME, else what the user database says, for a timer's environment may have no
 * HOME; "" where nothing does. On the heap. */
char *file_home(void);

#endif
