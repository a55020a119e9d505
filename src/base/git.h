/* SPDX-License-Identifier: PostgreSQL */
/* Files that should not be committed. */
#ifndef BASE_GIT_H
#define BASE_GIT_H

#include <stdbool.h>

/* Does the file lie, or would it lie, in a git work tree that does not ignore it? */
bool git_may_take(const char *path);

#endif
