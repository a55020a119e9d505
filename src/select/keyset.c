/* SPDX-License-Identifier: PostgreSQL */
#include "select/keyset.h"

#include <stdlib.h>

#include "base/mem.h"

enum { FIRST_SLOTS = 64 };

/* Integers come in sequences, fingerprints are random already: a multiplication spreads both. */
static size_t
slot_of(const struct keyset *set, struct key128 key)
{
    uint64_t h = (key.a ^ key.b) * UINT64_C(0x9E3779B97F4A7C15);
    size_t i = (size_t)(h >> 20) & (set->nslots - 1);
    while (set->labels[i] != 0 && (set->keys[i].a != key.a || set->keys[i].b != key.b))
        i = (i + 1) & (set->nslots - 1);
    return i;
}

static void
grow(struct keyset *set)
{
    struct keyset old = *set;
    set->nslots = old.nslots > 0 ? old.nslots * 2 : FIRST_SLOTS;
    set->keys = mem_alloc(set->nslots * sizeof *set->keys);
    set->labels = mem_alloc(set->nslots);
    for (size_t i = 0; i < old.nslots; i++)
        if (old.labels[i] != 0) {
            size_t slot = slot_of(set, old.keys[i]);
            set->keys[slot] = old.keys[i];
            set->labels[slot] = old.labels[i];
        }
    free(old.keys);
    free(old.labels);
}

bool
keyset_put(struct keyset *set, struct key128 key, uint8_t label)
{
    if (set->count * 2 >= set->nslots)
        grow(set);
    size_t slot = slot_of(set, key);
    if (set->labels[slot] != 0)
        return false;
    set->keys[slot] = key;
    set->labels[slot] = label;
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
    size_t slot = slot_of(set, key);
    if (set->labels[slot] != 0)
        set->labels[slot] = label;
}

size_t
keyset_bytes(const struct keyset *set)
{
    return set->nslots * (sizeof *set->keys + 1);
}

void
keyset_deinit(struct keyset *set)
{
    free(set->keys);
    free(set->labels);
    *set = (struct keyset){ 0 };
}
