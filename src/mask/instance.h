/* SPDX-License-Identifier: PostgreSQL */
/* Texts that the condition of a CHECK speaks of: its literals, what its patterns match, and texts
 * as long as its numbers. A mask is tried on them. */
#ifndef MASK_INSTANCE_H
#define MASK_INSTANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* Appends a text that the regular expression matches (those of PostgreSQL without lookarounds and
 * back references); another `seed` makes other choices. False: it is not understood, and nothing
 * was appended. */
bool instance_of_regex(const char *regex, unsigned seed, struct buf *out);

/* Likewise for LIKE. */
bool instance_of_like(const char *pattern, unsigned seed, struct buf *out);

/* Calls `take` for each text that the SQL expression speaks of, at most a few hundred times. */
void instance_texts(const char *sql, void (*take)(void *ctx, const char *text), void *ctx);

/* Calls `take` for each whole number in it; in quotes, where it stands alone there. */
void instance_numbers(const char *sql, void (*take)(void *ctx, int64_t number), void *ctx);

#endif
