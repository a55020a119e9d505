/* SPDX-License-Identifier: PostgreSQL */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "select/internal.h"

void
chances_add(struct chances *chances, struct key128 key, double value)
{
    assert(chances != NULL);
    if (chances->n == chances->room) {
        chances->room = chances->room > 0 ? chances->room * 2 : 16;
        chances->items = mem_realloc(chances->items, chances->room * sizeof *chances->items);
    }
    chances->items[chances->n++] = (struct chance){ key, value };
}

static int
by_key(const void *a, const void *b)
{
    const struct chance *x = a, *y = b;
    if (x->key.a != y->key.a)
        return x->key.a < y->key.a ? -1 : 1;
    if (x->key.b != y->key.b)
        return x->key.b < y->key.b ? -1 : 1;
    return 0;
}

static void
merge(struct chances *chances, bool sum)
{
    size_t n = 0;
    if (chances->n == 0)
        return;
    qsort(chances->items, chances->n, sizeof *chances->items, by_key);
    for (size_t i = 1; i < chances->n; i++) {
        struct chance *last = &chances->items[n], *item = &chances->items[i];
        if (by_key(last, item) != 0)
            chances->items[++n] = *item;
        else if (sum)
            last->value += item->value;
        else if (item->value > last->value)
            last->value = item->value;
    }
    chances->n = n + 1;
}

void
chances_sort(struct chances *chances)
{
    merge(chances, false);
}

void
chances_sum(struct chances *chances)
{
    merge(chances, true);
}

double
chances_find(const struct chances *chances, struct key128 key)
{
    assert(chances != NULL);
    const struct chance wanted = { key, 0 };
    if (chances->n == 0)
        return 0;
    const struct chance *found =
        bsearch(&wanted, chances->items, chances->n, sizeof wanted, by_key);
    return found != NULL ? found->value : 0;
}

void
chances_deinit(struct chances *chances)
{
    free(chances->items);
    *chances = (struct chances){ 0 };
}
