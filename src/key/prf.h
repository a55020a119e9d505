/* SPDX-License-Identifier: PostgreSQL */
/* The keyed functions behind every fingerprint and fake: SipHash-2-4 with 128 bits, and ChaCha20
 * where many bytes are wanted. */
#ifndef KEY_PRF_H
#define KEY_PRF_H

#include <stddef.h>
#include <stdint.h>

enum { PRF_KEY = 16 };

void prf_128(const uint8_t key[PRF_KEY], const void *data, size_t len, uint64_t out[2]);

/* SipHash-2-4 with 64 bits: the round function of permutations. */
uint64_t prf_64(const uint8_t key[PRF_KEY], const void *data, size_t len);

/* `len` bytes of ChaCha20 with this 32-byte key and nonce. */
void prf_stream(const uint8_t *key, uint64_t nonce, void *out, size_t len);

/* Overwrites what the calling thread's stack holds below: the primitives above leave keys there. */
void prf_wipe_stack(void);

#endif
