/* SPDX-License-Identifier: PostgreSQL */
#include "fidelity/crowd.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"

enum { FEW = 5 };

/* One more zero is asked for, until there is room. */
static void
thin(struct crowd *crowd)
{
    while (crowd->n == CROWD_ROWS && crowd->mask != UINT64_MAX) {
        size_t n = 0;
        crowd->mask = crowd->mask << 1 | 1;
        for (size_t i = 0; i < crowd->n; i++)
            if ((crowd->rows[i] & crowd->mask) == 0)
                crowd->rows[n++] = crowd->rows[i];
        crowd->n = n;
    }
}

/* Bits of the hash are spread first: the least ones choose. MurmurHash3's finalizer. */
static uint64_t
spread(uint64_t x)
{
    x = (x ^ x >> 33) * UINT64_C(0xff51afd7ed558ccd);
    x = (x ^ x >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return x ^ x >> 33;
}

void
crowd_add(struct crowd *crowd, uint64_t hash)
{
    assert(crowd != NULL);
    hash = spread(hash);
    crowd->added++;
    if ((hash & crowd->mask) != 0)
        return;
    if (crowd->rows == NULL)
        crowd->rows = mem_alloc_table(CROWD_ROWS * sizeof *crowd->rows);
    if (crowd->n == CROWD_ROWS)
        thin(crowd);
    if ((hash & crowd->mask) == 0 && crowd->n < CROWD_ROWS)
        crowd->rows[crowd->n++] = hash;
}

static int
by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

struct crowd_shares
crowd_count(struct crowd *crowd)
{
    assert(crowd != NULL);
    size_t alone = 0, few = 0;
    if (crowd->n == 0) /* no row, or all in groups so large that none was remembered */
        return (struct crowd_shares){ .rows = crowd->added };
    qsort(crowd->rows, crowd->n, sizeof *crowd->rows, by_value);
    for (size_t i = 0, end; i < crowd->n; i = end) {
        for (end = i + 1; end < crowd->n && crowd->rows[end] == crowd->rows[i]; end++)
            ;
        alone += end - i == 1;
        few += end - i < FEW ? end - i : 0;
    }
    return (struct crowd_shares){ .rows = crowd->added,
                                  .alone = (double)alone / (double)crowd->n,
                                  .few = (double)few / (double)crowd->n };
}

void
crowd_deinit(struct crowd *crowd)
{
    free(crowd->rows);
    *crowd = (struct crowd){ 0 };
}
