/* SPDX-License-Identifier: PostgreSQL */
/* Sets of keys, each with a label of one byte. A slot has 9 bytes while all keys are integers, else
 * 17; three of ten to six of ten are full: 15 to 30 bytes per integer (45 while it grows), 29 to 57
 * per other key. */
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
    uint64_t *a, *b; /* b is NULL while all keys are integers */
    uint8_t *labels; /* 0: the slot is free */
    size_t nslots, count;
};

/* Adds a key; false when it is there already (its label stays). `label` is not 0. */
bool keyset_put(struct keyset *set, struct key128 key, uint8_t label);

/* The label of a key, 0 when it is not in the set. */
uint8_t keyset_get(const struct keyset *set, struct key128 key);

/* Changes the label of a key that is there. */
void keyset_relabel(struct keyset *set, struct key128 key, uint8_t label);

/* The key in a slot whose label is not 0. */
struct key128 keyset_key(const struct keyset *set, size_t slot);

size_t keyset_bytes(const struct keyset *set);
void keyset_deinit(struct keyset *set);

#endif
