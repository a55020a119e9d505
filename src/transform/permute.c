/* SPDX-License-Identifier: PostgreSQL */
#include "transform/permute.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "key/prf.h"

enum { ROUNDS = 10, SHUFFLED = 1 << 16, MOST_SHUFFLES = 256 };

struct shuffle {
    const uint8_t *key;
    uint64_t tweak;
    uint32_t n;
    uint16_t *image;
};

/* Fifteen bytes are two words of SipHash; so 48 bits of the tweak count. */
static uint64_t
round_value(const uint8_t *key, uint64_t tweak, int round, uint64_t half)
{
    uint8_t block[16];
    put_u64(block, half);
    put_u64(block + 8, tweak << 16 | (uint64_t)round << 8);
    return prf_64(key, block, 15);
}

/* The halves differ by a bit where their number is odd; an even number of rounds puts them back. */
static uint64_t
feistel(const uint8_t *key, uint64_t tweak, int bits, uint64_t x)
{
    int low = bits / 2;
    uint64_t masks[2] = { (UINT64_C(1) << (bits - low)) - 1, (UINT64_C(1) << low) - 1 };
    uint64_t left = x >> low, right = x & masks[1];
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t next = left ^ (round_value(key, tweak, i, right) & masks[i & 1]);
        left = right;
        right = next;
    }
    return left << low | right;
}

/* Fisher and Yates, by a stream of the key. The multiplication is unbiased enough: 2^-48. */
static uint16_t *
shuffle(const uint8_t *key, uint64_t tweak, uint32_t n)
{
    uint16_t *image = mem_alloc(n * sizeof *image);
    uint64_t *random = mem_alloc(n * sizeof *random);
    prf_stream(key, tweak ^ n, random, n * sizeof *random);
    for (uint32_t i = 0; i < n; i++)
        image[i] = (uint16_t)i;
    for (uint32_t i = n; i > 1; i--) {
        uint32_t j = (uint32_t)(((unsigned __int128)random[i - 1] * i) >> 64);
        uint16_t other = image[j];
        image[j] = image[i - 1];
        image[i - 1] = other;
    }
    free(random);
    return image;
}

static const uint16_t *
find_shuffle(const uint8_t *key, uint64_t tweak, uint32_t n, struct shuffles *shuffles)
{
    for (size_t i = 0; i < shuffles->n; i++) {
        const struct shuffle *s = &shuffles->items[i];
        if (s->key == key && s->tweak == tweak && s->n == n)
            return s->image;
    }
    if (shuffles->n == MOST_SHUFFLES)
        shuffles_deinit(shuffles);
    shuffles->items = mem_grow(shuffles->items, shuffles->n, sizeof *shuffles->items);
    struct shuffle *s = &shuffles->items[shuffles->n++];
    *s = (struct shuffle){ key, tweak, n, shuffle(key, tweak, n) };
    return s->image;
}

uint64_t
permute(const uint8_t *key, uint64_t tweak, uint64_t n, uint64_t x, struct shuffles *shuffles)
{
    int bits = 17;
    if (n <= 1)
        return x;
    assert(x < n); /* or the walk would never come back */
    if (n <= SHUFFLED)
        return find_shuffle(key, tweak, (uint32_t)n, shuffles)[x];
    while (n > UINT64_C(1) << bits)
        bits++;
    do
        x = feistel(key, tweak, bits, x);
    while (x >= n);
    return x;
}

void
permute_122(const uint8_t *key, uint64_t halves[2])
{
    const uint64_t mask = (UINT64_C(1) << 61) - 1;
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t next = halves[0] ^ (round_value(key, 122, i, halves[1]) & mask);
        halves[0] = halves[1];
        halves[1] = next;
    }
}

void
shuffles_deinit(struct shuffles *shuffles)
{
    assert(shuffles != NULL);
    for (size_t i = 0; i < shuffles->n; i++)
        free(shuffles->items[i].image);
    free(shuffles->items);
    *shuffles = (struct shuffles){ 0 };
}
