/* SPDX-License-Identifier: PostgreSQL */
/* Integers in network byte order, as PostgreSQL's wire format has them. */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdint.h>
#include <string.h>

static inline uint16_t
get_u16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t
get_u32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return __builtin_bswap32(v);
}

static inline uint64_t
get_u64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return __builtin_bswap64(v);
}

/* ... and the other way round. */
static inline uint64_t
get_le64(const uint8_t *p)
{
    return __builtin_bswap64(get_u64(p));
}

static inline void
put_u16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static inline void
put_u32(uint8_t *p, uint32_t v)
{
    v = __builtin_bswap32(v);
    memcpy(p, &v, sizeof v);
}

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "bytes.h knows little-endian machines only"
#endif

static inline void
put_u64(uint8_t *p, uint64_t n)
{
    put_u32(p, (uint32_t)(n >> 32));
    put_u32(p + 4, (uint32_t)n);
}

#endif
