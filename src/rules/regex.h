/* SPDX-License-Identifier: PostgreSQL */
/* Regular expressions (PCRE2, compiled to machine code where that is possible) that look for
 * something inside a text. */
#ifndef RULES_REGEX_H
#define RULES_REGEX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/mem.h"

struct regex;
struct regex_space; /* what one thread matches with */

/* `utf`: the text is UTF-8 (bytes that are none match nothing), else bytes. NULL: *problem says
 * why, in the arena. */
struct regex *regex_new(const char *pattern, bool utf, struct arena *arena, const char **problem);
void regex_free(struct regex *regex); /* NULL is allowed */

struct regex_space *regex_space_new(void);
void regex_space_free(struct regex_space *space); /* NULL is allowed */

/* The first match at or behind `from`. 1 found, 0 none, -1 the engine gave up (its limits). An
 * empty match counts as none. */
int regex_find(const struct regex *regex, struct regex_space *space, const char *text, size_t len,
               size_t from, size_t *begin, size_t *end);

#endif
