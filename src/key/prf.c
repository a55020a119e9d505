/* SPDX-License-Identifier: PostgreSQL */
#include "key/prf.h"

#include <sodium.h>
#include <string.h>

void
prf_128(const uint8_t key[PRF_KEY], const void *data, size_t len, uint64_t out[2])
{
    uint8_t hash[crypto_shorthash_siphashx24_BYTES];
    crypto_shorthash_siphashx24(hash, data, len, key);
    /* little-endian, whatever the machine, so that the same key chooses the same rows everywhere */
    for (int i = 0; i < 2; i++) {
        out[i] = 0;
        for (int j = 7; j >= 0; j--)
            out[i] = out[i] << 8 | hash[8 * i + j];
    }
}

uint64_t
prf_64(const uint8_t key[PRF_KEY], const void *data, size_t len)
{
    uint8_t hash[crypto_shorthash_siphash24_BYTES];
    uint64_t out = 0;
    crypto_shorthash_siphash24(hash, data, len, key);
    for (int i = 7; i >= 0; i--)
        out = out << 8 | hash[i];
    return out;
}

void
prf_stream(const uint8_t *key, uint64_t nonce, void *out, size_t len)
{
    uint8_t bytes[crypto_stream_chacha20_NONCEBYTES];
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(nonce >> (8 * i));
    crypto_stream_chacha20(out, len, bytes, key);
}

void
prf_wipe_stack(void)
{
    enum { DEEPEST = 512 * 1024 }; /* SQLite's and our frames above the primitives */
    sodium_stackzero(DEEPEST);
}
