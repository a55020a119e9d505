/* SPDX-License-Identifier: PostgreSQL */
#include "select/hash.h"

struct state {
    uint32_t a, b, c;
};

static uint32_t
rotate(uint32_t x, int bits)
{
    return x << bits | x >> (32 - bits);
}

static void
mix(struct state *s)
{
    s->a = (s->a - s->c) ^ rotate(s->c, 4), s->c += s->b;
    s->b = (s->b - s->a) ^ rotate(s->a, 6), s->a += s->c;
    s->c = (s->c - s->b) ^ rotate(s->b, 8), s->b += s->a;
    s->a = (s->a - s->c) ^ rotate(s->c, 16), s->c += s->b;
    s->b = (s->b - s->a) ^ rotate(s->a, 19), s->a += s->c;
    s->c = (s->c - s->b) ^ rotate(s->b, 4), s->b += s->a;
}

static uint64_t
final(struct state *s)
{
    s->c = (s->c ^ s->b) - rotate(s->b, 14);
    s->a = (s->a ^ s->c) - rotate(s->c, 11);
    s->b = (s->b ^ s->a) - rotate(s->a, 25);
    s->c = (s->c ^ s->b) - rotate(s->b, 16);
    s->a = (s->a ^ s->c) - rotate(s->c, 4);
    s->b = (s->b ^ s->a) - rotate(s->a, 14);
    s->c = (s->c ^ s->b) - rotate(s->b, 24);
    return (uint64_t)s->b << 32 | s->c;
}

static struct state
begin(uint32_t len, uint64_t seed)
{
    uint32_t start = 0x9e3779b9u + len + 3923095u;
    struct state s = { start, start, start };
    if (seed != 0) {
        s.a += (uint32_t)(seed >> 32);
        s.b += (uint32_t)seed;
        mix(&s);
    }
    return s;
}

/* Up to four bytes as a little-endian number. */
static uint32_t
word(const uint8_t *p, size_t len)
{
    uint32_t n = 0;
    for (size_t i = 0; i < len && i < 4; i++)
        n |= (uint32_t)p[i] << (8 * i);
    return n;
}

uint64_t
hash_bytes(const void *data, size_t len, uint64_t seed)
{
    const uint8_t *p = data;
    struct state s = begin((uint32_t)len, seed);
    for (; len >= 12; len -= 12, p += 12) {
        s.a += word(p, 4);
        s.b += word(p + 4, 4);
        s.c += word(p + 8, 4);
        mix(&s);
    }
    s.a += word(p, len);
    s.b += len > 4 ? word(p + 4, len - 4) : 0;
    s.c += len > 8 ? word(p + 8, len - 8) << 8 : 0; /* its lowest byte is kept for the length */
    return final(&s);
}

/* hashint8extended(): the halves are folded so that it agrees with int2 and int4. */
static uint64_t
hash_int8(int64_t n, uint64_t seed)
{
    uint32_t low = (uint32_t)n, high = (uint32_t)((uint64_t)n >> 32);
    struct state s = begin(4, seed);
    s.a += low ^ (n >= 0 ? high : ~high);
    return final(&s);
}

uint64_t
hash_integer(int64_t n, uint64_t seed)
{
    /* >> of a negative bigint is arithmetic in PostgreSQL; in C it is up to the compiler */
    int64_t high = n >= 0 ? n >> 32 : ~(~n >> 32);
    return hash_int8((int64_t)((uint64_t)n & 0xFFFFFFFFu), hash_int8(high, seed));
}

uint64_t
hash_bound(double share, int *all)
{
    *all = share >= 1;
    return *all ? UINT64_MAX : (uint64_t)(share * 18446744073709551616.0);
}
