/* SPDX-License-Identifier: PostgreSQL */
/* The keyed function behind every fingerprint: SipHash-2-4 with 128 bits. */
#ifndef KEY_PRF_H
#define KEY_PRF_H

#include <stddef.h>
#include <stdint.h>

enum { PRF_KEY = 16 };

void prf_128(const uint8_t key[PRF_KEY], const void *data, size_t len, uint64_t out[2]);

#endif
