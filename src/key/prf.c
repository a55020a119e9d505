/* SPDX-License-Identifier: PostgreSQL */
#include "key/prf.h"

#include <sodium.h>
#include <string.h>

#include "base/bytes.h"

void
prf_128(const uint8_t key[PRF_KEY], const void *data, size_t len, uint64_t out[2])
{
    uint8_t hash[crypto_shorthash_siphashx24_BYTES];
    crypto_shorthash_siphashx24(hash, data, len, key);
    /* little-endian, whatever the machine, so that the same key chooses the same rows everywhere */
    out[0] = get_le64(hash);
    out[1] = get_le64(hash + 8);
}

uint64_t
prf_64(const uint8_t key[PRF_KEY], const void *data, size_t len)
{
    uint8_t hash[crypto_shorthash_siphash24_BYTES];
    crypto_shorthash_siphash24(hash, data, len, key);
    return get_le64(hash);
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
