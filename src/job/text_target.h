/* SPDX-License-Identifier: PostgreSQL */
/* Targets that are SQL text, by their names. */
#ifndef JOB_TEXT_TARGET_H
#define JOB_TEXT_TARGET_H

#include <stdbool.h>

/* Is it a file of SQL, FOLDER/, or a folder of such files? NULL is none. */
bool text_is_target(const char *target);

/* Where the manifest of a pull into one is; on the heap. */
char *text_manifest(const char *target);

#endif
