/* SPDX-License-Identifier: PostgreSQL */
/* Files that should not be committed. */
#ifndef BASE_GIT_H
#define BASE_GIT_H

#include <stdbool.h>

/* Does the file or folder lie, or would it lie, in a git work tree that does not ignore it? A line
 * for folders only ("name/") counts for one that is not there yet, too. */
bool git_may_take(const char *path, bool is_folder);

#endif
