/* SPDX-License-Identifier: PostgreSQL */
/* Structs of an array by their names: the first member of each is the name, a const char *. */
#ifndef BASE_LOOKUP_H
#define BASE_LOOKUP_H

#include <stddef.h>

#include "base/mem.h"

struct lookup {
    const void **sorted;
    size_t n;
};

/* The array stays the caller's; of equal names any is found. */
void lookup_make(const void *items, size_t n, size_t size, struct arena *arena, struct lookup *out);
const void *lookup_find(const struct lookup *lookup, const char *name); /* NULL: there is none */

#endif
