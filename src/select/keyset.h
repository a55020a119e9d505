/* SPDX-License-Identifier: PostgreSQL */
/* Sets of keys, each with a label of one byte. 17 bytes per slot, at most half of them full: 34 to
 * 68 bytes per key, and half as much again while it grows. */
#ifndef SELECT_KEYSET_H
#define SELECT_KEYSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A key of one integer is { value, 0 }; any other is a fingerprint of 128 bits (see tuple.h). */
struct key128 {
    uint64_t a, b;
};

/* One of zeros is empty. */
struct keyset {
    struct key128 *keys;
    uint8_t *labels; /* 0: the slot is free */
    size_t nslots, count;
};

/* Adds a key; false when it is there already (its label stays). `label` is not 0. */
bool keyset_put(struct keyset *set, struct key128 key, uint8_t label);

/* The label of a key, 0 when it is not in the set. */
uint8_t keyset_get(const struct keyset *set, struct key128 key);

/* Changes the label of a key that is there. */
void keyset_relabel(struct keyset *set, struct key128 key, uint8_t label);

size_t keyset_bytes(const struct keyset *set);
void keyset_deinit(struct keyset *set);

#endif
