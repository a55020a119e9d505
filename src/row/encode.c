/* SPDX-License-Identifier: PostgreSQL */
#include "row/encode.h"

#include <arpa/inet.h>
#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"

static void
put_16(struct buf *out, unsigned n)
{
    uint8_t bytes[2];
    put_u16(bytes, (uint16_t)n);
    buf_add(out, bytes, 2);
}

/* Groups of four decimal digits around the point, without zeros at either end: numeric_send() in
 * src/backend/utils/adt/numeric.c. */
bool
encode_numeric(const char *text, size_t len, struct buf *out)
{
    bool negative = len > 0 && text[0] == '-';
    size_t from = negative || (len > 0 && text[0] == '+');
    const char *point = memchr(text, '.', len);
    size_t whole = (point != NULL ? (size_t)(point - text) : len) - from;
    size_t decimals = point != NULL ? len - whole - from - 1 : 0;
    size_t lead = (4 - whole % 4) % 4; /* zeros that fill the first group */
    size_t ngroups = (whole + lead) / 4 + (decimals + 3) / 4, first = 0, last;
    if (whole + decimals == 0 || ngroups > 10000)
        return false;
    uint16_t *groups = mem_alloc((ngroups + 1) * sizeof *groups);
    bool ok = true;
    for (size_t i = 0, place = lead; ok && i < whole + decimals; i++, place++) {
        char c = text[from + i + (i >= whole)];
        static const uint16_t tens[] = { 1000, 100, 10, 1 };
        ok = isdigit((unsigned char)c);
        groups[place / 4] = (uint16_t)(groups[place / 4] + (c - '0') * tens[place % 4]);
    }
    last = ngroups;
    while (first < last && groups[first] == 0)
        first++;
    while (last > first && groups[last - 1] == 0)
        last--;
    int weight = (int)((whole + lead) / 4) - 1 - (int)first;
    if (ok) {
        put_16(out, (unsigned)(last - first));
        put_16(out, (unsigned)(last > first ? weight : 0));
        put_16(out, negative && last > first ? 0x4000 : 0);
        put_16(out, (unsigned)decimals);
        for (size_t i = first; i < last; i++)
            put_16(out, groups[i]);
    }
    free(groups);
    return ok;
}

bool
encode_number(enum scalar_id scalar, const char *text, size_t len, struct buf *out)
{
    char copy[400], *end;
    uint8_t bytes[8];
    if (scalar == SCALAR_NUMERIC)
        return encode_numeric(text, len, out);
    if (len == 0 || len >= sizeof copy)
        return false;
    memcpy(copy, text, len);
    copy[len] = '\0';
    double x = strtod(copy, &end);
    float narrow = (float)x;
    uint64_t wide_bits;
    uint32_t narrow_bits;
    memcpy(&wide_bits, &x, sizeof x);
    memcpy(&narrow_bits, &narrow, sizeof narrow);
    if (scalar == SCALAR_FLOAT4)
        put_u32(bytes, narrow_bits);
    else
        put_u64(bytes, wide_bits);
    buf_add(out, bytes, scalar == SCALAR_FLOAT4 ? 4 : 8);
    return *end == '\0';
}

static int
hex_digit(char c)
{
    return isdigit((unsigned char)c)    ? c - '0'
           : isxdigit((unsigned char)c) ? (c | 0x20) - 'a' + 10
                                        : -1;
}

bool
encode_hex(const char *text, size_t len, struct buf *out)
{
    assert(text != NULL);
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '-' || text[i] == ':')
            continue;
        int high = hex_digit(text[i]), low = i + 1 < len ? hex_digit(text[i + 1]) : -1;
        if (high < 0 || low < 0)
            return false;
        buf_putc(out, (char)(high << 4 | low));
        i++;
    }
    return true;
}

bool
encode_bytea(const char *text, size_t len, struct buf *out)
{
    assert(text != NULL);
    return len >= 2 && text[0] == '\\' && text[1] == 'x' && encode_hex(text + 2, len - 2, out);
}

/* The form: inet_send() in src/backend/utils/adt/network.c; families are AF_INET and the next. */
bool
encode_network(const char *text, bool is_cidr, struct buf *out)
{
    assert(text != NULL);
    enum { IPV4 = 2, IPV6 = 3 };
    char address[64];
    uint8_t bytes[16];
    const char *slash = strchr(text, '/');
    size_t len = slash != NULL ? (size_t)(slash - text) : strlen(text);
    if (len >= sizeof address)
        return false;
    memcpy(address, text, len);
    address[len] = '\0';
    bool is_6 = memchr(address, ':', len) != NULL;
    if (inet_pton(is_6 ? AF_INET6 : AF_INET, address, bytes) != 1)
        return false;
    int nbytes = is_6 ? 16 : 4, bits = slash != NULL ? atoi(slash + 1) : nbytes * 8;
    if (bits < 0 || bits > nbytes * 8)
        return false;
    const char head[4] = { is_6 ? IPV6 : IPV4, (char)bits, is_cidr, (char)nbytes };
    buf_add(out, head, sizeof head);
    buf_add(out, bytes, (size_t)nbytes);
    return true;
}
