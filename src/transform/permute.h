/* SPDX-License-Identifier: PostgreSQL */
/*
 * Keyed permutations of 0 .. n-1: the fakes of finite formats. A bijection needs no table of what
 * was given out, so two originals never get one fake, and the order of rows does not matter.
 *
 * Above 2^16 a Feistel network of ten rounds of SipHash over as many bits as n - 1 has, walked
 * until it falls below n (Black and Rogaway 2002, "Ciphers with arbitrary finite domains"); below,
 * where such networks are weak, a keyed shuffle.
 */
#ifndef TRANSFORM_PERMUTE_H
#define TRANSFORM_PERMUTE_H

#include <stddef.h>
#include <stdint.h>

/* The shuffles that one thread has needed so far. Zeros are an empty one. */
struct shuffles {
    struct shuffle *items;
    size_t n;
};

/* The image of x, which is below n; n is at most 2^62. `key` has 32 bytes; each tweak has a
 * permutation of its own. */
uint64_t permute(const uint8_t *key, uint64_t tweak, uint64_t n, uint64_t x,
                 struct shuffles *shuffles);

/* Of all 2^122 numbers in two halves of 61 bits. */
void permute_122(const uint8_t *key, uint64_t halves[2]);

void shuffles_deinit(struct shuffles *shuffles);

#endif
