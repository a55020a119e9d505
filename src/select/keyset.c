/* SPDX-License-Identifier: PostgreSQL */
#include "select/keyset.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"

enum { FIRST_SLOTS = 64 };

/* Integers come in sequences, fingerprints are random already: a multiplication spreads both. */
static size_t
slot_of(const struct keyset *set, struct key128 key)
{
    uint64_t h = (key.a ^ key.b) * UINT64_C(0x9E3779B97F4A7C15);
    size_t i = (size_t)(h >> 20) & (set->nslots - 1);
    while (set->labels[i] != 0 && (set->a[i] != key.a || (set->b != NULL ? set->b[i] : 0) != key.b))
        i = (i + 1) & (set->nslots - 1);
    return i;
}

static void
fill(struct keyset *set, size_t slot, struct key128 key, uint8_t label)
{
    set->a[slot] = key.a;
    if (set->b != NULL)
        set->b[slot] = key.b;
    set->labels[slot] = label;
}

struct key128
keyset_key(const struct keyset *set, size_t slot)
{
    return (struct key128){ set->a[slot], set->b != NULL ? set->b[slot] : 0 };
}

static void
resize(struct keyset *set, size_t nslots, bool wide)
{
    struct keyset old = *set;
    set->nslots = nslots;
    set->a = mem_alloc(nslots * sizeof *set->a);
    set->b = wide ? mem_alloc(nslots * sizeof *set->b) : NULL;
    set->labels = mem_alloc(nslots);
    for (size_t i = 0; i < old.nslots; i++)
        if (old.labels[i] != 0) {
            struct key128 key = keyset_key(&old, i);
            fill(set, slot_of(set, key), key, old.labels[i]);
        }
    free(old.a);
    free(old.b);
    free(old.labels);
}

bool
keyset_put(struct keyset *set, struct key128 key, uint8_t label)
{
    assert(label != 0);
    bool wide = set->b != NULL || key.b != 0;
    if (set->count * 10 >= set->nslots * 6)
        resize(set, set->nslots > 0 ? set->nslots * 2 : FIRST_SLOTS, wide);
    else if (wide && set->b == NULL)
        resize(set, set->nslots, wide);
    size_t slot = slot_of(set, key);
    if (set->labels[slot] != 0)
        return false;
    fill(set, slot, key, label);
    set->count++;
    return true;
}

uint8_t
keyset_get(const struct keyset *set, struct key128 key)
{
    return set->count == 0 ? 0 : set->labels[slot_of(set, key)];
}

void
keyset_relabel(struct keyset *set, struct key128 key, uint8_t label)
{
    assert(label != 0);
    size_t slot = slot_of(set, key);
    if (set->labels[slot] != 0)
        set->labels[slot] = label;
}

size_t
keyset_bytes(const struct keyset *set)
{
    return set->nslots * (set->b != NULL ? 17 : 9);
}

void
keyset_deinit(struct keyset *set)
{
    assert(set != NULL);
    free(set->a);
    free(set->b);
    free(set->labels);
    *set = (struct keyset){ 0 };
}
