/* SPDX-License-Identifier: PostgreSQL */
#include "base/utf8.h"

#include <assert.h>
#include <stdbool.h>

size_t
utf8_decode(const char *text, size_t len, uint32_t *code)
{
    assert(len > 0 && code != NULL);
    const uint8_t *p = (const uint8_t *)text;
    size_t n = p[0] < 0x80    ? 1
               : p[0] >= 0xF5 ? 0
               : p[0] >= 0xF0 ? 4
               : p[0] >= 0xE0 ? 3
               : p[0] >= 0xC2 ? 2
                              : 0;
    uint32_t c = n == 1 ? p[0] : n == 2 ? p[0] & 0x1F : n == 3 ? p[0] & 0x0F : p[0] & 0x07;
    *code = UINT32_MAX;
    if (n == 0 || n > len)
        return 1;
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return 1;
        c = c << 6 | (p[i] & 0x3F);
    }
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    /* more bytes than it needs, halves of a pair, and what is beyond Unicode */
    if (c < least[n] || (c >= 0xD800 && c <= 0xDFFF) || c > 0x10FFFF)
        return 1;
    *code = c;
    return n;
}

void
utf8_put(uint32_t code, struct buf *out)
{
    char bytes[4];
    size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const uint8_t leads[] = { 0, 0, 0xC0, 0xE0, 0xF0 };
    for (size_t i = n; i-- > 1; code >>= 6)
        bytes[i] = (char)(0x80 | (code & 0x3F));
    bytes[0] = (char)(leads[n] | code);
    buf_add(out, bytes, n);
}

size_t
utf8_length(const char *text, size_t len)
{
    size_t n = 0;
    uint32_t code;
    for (size_t i = 0; i < len; n++)
        i += (uint8_t)text[i] < 0x80 ? 1 : utf8_decode(text + i, len - i, &code);
    return n;
}

size_t
utf8_prefix(const char *text, size_t len, size_t n)
{
    size_t i = 0;
    uint32_t code;
    for (; i < len && n > 0; n--)
        i += (uint8_t)text[i] < 0x80 ? 1 : utf8_decode(text + i, len - i, &code);
    return i;
}

static uint32_t
lower(uint32_t c)
{
    if (c < 0x80)
        return c >= 'A' && c <= 'Z' ? c + 32 : c;
    if ((c >= 0xC0 && c <= 0xDE && c != 0xD7) || (c >= 0x391 && c <= 0x3A9 && c != 0x3A2) ||
        (c >= 0x410 && c <= 0x42F))
        return c + 32;
    if (c >= 0x400 && c <= 0x40F)
        return c + 80;
    if ((c >= 0x460 && c <= 0x481) || (c >= 0x48A && c <= 0x4BF) || (c >= 0x4D0 && c <= 0x52F))
        return c | 1;
    if (c == 0x178) /* its lower case is in Latin-1 */
        return 0xFF;
    if (c == 0x386 || (c >= 0x388 && c <= 0x38A))
        return c + (c == 0x386 ? 38 : 37);
    if (c == 0x38C || c == 0x38E || c == 0x38F)
        return c + (c == 0x38C ? 64 : 63);
    if ((c >= 0x139 && c <= 0x147) || (c >= 0x179 && c <= 0x17D))
        return c + (c & 1);
    if (c >= 0x100 && c <= 0x137 && c != 0x130)
        return c | 1;
    return c >= 0x14A && c <= 0x177 ? c | 1 : c;
}

void
utf8_lower(const char *text, size_t len, struct buf *out)
{
    for (size_t i = 0; i < len;) {
        uint32_t code;
        size_t n = utf8_decode(text + i, len - i, &code);
        if (code == UINT32_MAX)
            buf_putc(out, text[i]);
        else
            utf8_put(lower(code), out);
        i += n;
    }
}

static bool
is_blank(uint32_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200B) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
           c == 0x205F || c == 0x3000 || c == 0xFEFF;
}

/* Most texts are as they should be: one look at each byte says so. */
static bool
may_have_odd_blanks(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if ((c <= ' ' && (c != ' ' || (i + 1 < len && text[i + 1] == ' '))) || c >= 0xC2)
            return true;
    }
    return false;
}

const char *
utf8_plain_blanks(const char *text, size_t *len, struct buf *scratch)
{
    assert(scratch != NULL);
    bool changed = false;
    if (!may_have_odd_blanks(text, *len))
        return text;
    buf_reset(scratch);
    for (size_t i = 0, n; i < *len; i += n) {
        uint32_t code;
        n = utf8_decode(text + i, *len - i, &code);
        if (!is_blank(code)) {
            buf_add(scratch, text + i, n);
            continue;
        }
        bool follows = scratch->len > 0 && scratch->data[scratch->len - 1] == ' ';
        changed |= follows || code != ' ';
        if (!follows)
            buf_putc(scratch, ' ');
    }
    if (!changed)
        return text;
    *len = scratch->len;
    return buf_str(scratch);
}

static bool
parts_words(uint32_t code)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        { 0x80, 0xA9 },     { 0xAB, 0xB4 },       { 0xB6, 0xB9 },     { 0xBB, 0xBF },
        { 0xD7, 0xD7 },     { 0xF7, 0xF7 },       { 0x2000, 0x20CF }, { 0x2190, 0x2BFF },
        { 0x2E00, 0x2E7F }, { 0x3000, 0x3004 },   { 0x3008, 0x3020 }, { 0x3030, 0x3030 },
        { 0xFF01, 0xFF0F }, { 0xFF1A, 0xFF20 },   { 0xFF3B, 0xFF40 }, { 0xFF5B, 0xFF65 },
        { 0xFFE0, 0xFFEE }, { 0x1F000, 0x1FAFF },
    };
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges && code >= ranges[i].first; i++)
        if (code <= ranges[i].last)
            return true;
    return false;
}

enum utf8_part
utf8_part_at(const char *text, size_t len, size_t *n)
{
    assert(len > 0 && n != NULL);
    static const uint32_t inside[] = { 0xB7, 0x2010, 0x2011, 0x2019 };
    const uint8_t first = (uint8_t)text[0];
    *n = 1;
    /* scripts whose letters begin so have none of the signs */
    if (first != 0xC2 && first != 0xC3 && first != 0xE2 && first != 0xE3 && first < 0xEF)
        return UTF8_LETTER;
    uint32_t code;
    *n = utf8_decode(text, len, &code);
    for (size_t i = 0; i < sizeof inside / sizeof *inside; i++)
        if (code == inside[i])
            return UTF8_INSIDE;
    return parts_words(code) ? UTF8_BETWEEN : UTF8_LETTER;
}

bool
utf8_is_ascii(const char *text, size_t len)
{
    assert(text != NULL || len == 0);
    unsigned char all = 0;
    for (size_t i = 0; i < len; i++)
        all |= (unsigned char)text[i];
    return all < 0x80;
}

size_t
utf8_whole(const char *text, size_t len)
{
    assert(text != NULL || len == 0);
    for (size_t n = 1; n <= 4 && n <= len; n++) {
        uint8_t c = (uint8_t)text[len - n];
        if ((c & 0xC0) == 0x80)
            continue;
        size_t needs = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : c >= 0xC0 ? 2 : 1;
        return needs > n ? len - n : len;
    }
    return len;
}
