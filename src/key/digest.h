/* SPDX-License-Identifier: PostgreSQL */
/* SHA-256 of a file: by it a manifest knows its copy. */
#ifndef KEY_DIGEST_H
#define KEY_DIGEST_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum { DIGEST_HEX = 65 }; /* 64 digits and the end */

/* `stop` may be NULL. */
bool digest_file(const char *path, const atomic_int *stop, char out[DIGEST_HEX],
                 struct decant_error *err);

/* Of a short text. */
bool digest_text(const char *text, size_t len, char out[DIGEST_HEX]);

#endif
