/* SPDX-License-Identifier: PostgreSQL */
/*
 * u(key): the number that decides whether a row is in a sample. It is defined so that a PostgreSQL
 * server computes the same: hashint8extended, uuid_hash_extended and hashtextextended, which hash
 * partitioning keeps stable, and which are Bob Jenkins' lookup3 (src/common/hashfn.c there). Frozen
 * by golden vectors: another value would choose other rows.
 */
#ifndef SELECT_HASH_H
#define SELECT_HASH_H

#include <stddef.h>
#include <stdint.h>

/* Of bytes: hashtextextended(x COLLATE "C", seed), uuid_hash_extended(x, seed). */
uint64_t hash_bytes(const void *data, size_t len, uint64_t seed);

/* hashint8extended(n & 4294967295, hashint8extended(n >> 32, seed)): the plain call would fold 64
 * bits to 32, and keys like tenant << 32 | number to a few thousand values. */
uint64_t hash_integer(int64_t n, uint64_t seed);

/* The bound below which u is in a sample of this share (0 to 1). *all: every u is. */
uint64_t hash_bound(double share, int *all);

#endif
