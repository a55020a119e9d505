/* SPDX-License-Identifier: PostgreSQL */
#include "base/lookup.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const char *
name_of(const void *item)
{
    const char *name;
    memcpy(&name, item, sizeof name);
    return name;
}

static int
by_name(const void *a, const void *b)
{
    const void *const *x = a, *const *y = b;
    return strcmp(name_of(*x), name_of(*y));
}

void
lookup_make(const void *items, size_t n, size_t size, struct arena *arena, struct lookup *out)
{
    assert((items != NULL || n == 0) && size >= sizeof(char *) && out != NULL);
    out->sorted = ARENA_ARRAY(arena, const void *, n + 1);
    out->n = n;
    for (size_t i = 0; i < n; i++)
        out->sorted[i] = (const char *)items + i * size;
    if (n > 0)
        qsort(out->sorted, n, sizeof *out->sorted, by_name);
}

const void *
lookup_find(const struct lookup *lookup, const char *name)
{
    assert(lookup != NULL && name != NULL);
    const void *key = &name;
    const void **found =
        lookup->n > 0 ? bsearch(&key, lookup->sorted, lookup->n, sizeof *lookup->sorted, by_name)
                      : NULL;
    return found != NULL ? *found : NULL;
}
