/* SPDX-License-Identifier: PostgreSQL */
#include "row/plain.h"

#include "base/bytes.h"

bool
plain_bool_text(const struct decant_value *value, const struct text_style *style, struct buf *out)
{
    (void)style;
    if (value->len != 1)
        return false;
    buf_putc(out, value->data[0] != 0 ? 't' : 'f');
    return true;
}

bool
plain_char_text(const struct decant_value *value, const struct text_style *style, struct buf *out)
{
    (void)style;
    if (value->len != 1)
        return false;
    uint8_t c = value->data[0];
    if (c >= 0x80)
        buf_printf(out, "\\%03o", c); /* as charout() prints it since PostgreSQL 16 */
    else if (c != 0)
        buf_putc(out, (char)c);
    return true;
}

bool
plain_text(const struct decant_value *value, const struct text_style *style, struct buf *out)
{
    (void)style;
    buf_add(out, value->data, (size_t)value->len);
    return true;
}

void
plain_hex(const uint8_t *data, size_t len, struct buf *out)
{
    static const char digits[] = "0123456789abcdef";
    buf_reserve(out, 2 * len);
    for (size_t i = 0; i < len; i++) {
        out->data[out->len++] = digits[data[i] >> 4];
        out->data[out->len++] = digits[data[i] & 15];
    }
    out->data[out->len] = '\0';
}

bool
plain_bytea_text(const struct decant_value *value, const struct text_style *style, struct buf *out)
{
    (void)style;
    buf_puts(out, "\\x");
    plain_hex(value->data, (size_t)value->len, out);
    return true;
}

bool
plain_uuid_text(const struct decant_value *value, const struct text_style *style, struct buf *out)
{
    static const int groups[] = { 4, 2, 2, 2, 6 };
    (void)style;
    if (value->len != 16)
        return false;
    const uint8_t *p = value->data;
    for (int i = 0; i < 5; i++) {
        if (i > 0)
            buf_putc(out, '-');
        plain_hex(p, (size_t)groups[i], out);
        p += groups[i];
    }
    return true;
}

bool
plain_jsonb_text(const struct decant_value *value, const struct text_style *style, struct buf *out)
{
    (void)style;
    if (value->len < 1 || value->data[0] != 1) /* version */
        return false;
    buf_add(out, value->data + 1, (size_t)value->len - 1);
    return true;
}

bool
plain_bit_text(const struct decant_value *value, const struct text_style *style, struct buf *out)
{
    (void)style;
    if (value->len < 4)
        return false;
    uint32_t nbits = get_u32(value->data);
    if (nbits > INT32_MAX || ((uint64_t)nbits + 7) / 8 != (uint64_t)value->len - 4)
        return false;
    const uint8_t *bits = value->data + 4;
    buf_reserve(out, nbits);
    for (uint32_t i = 0; i < nbits; i++)
        buf_putc(out, bits[i / 8] >> (7 - i % 8) & 1 ? '1' : '0');
    return true;
}

/* Length of the sequence that starts at `p`, or 0 (Unicode 15, table 3-7). */
static size_t
sequence(const uint8_t *p, size_t left)
{
    uint8_t c = p[0];
    size_t n = c < 0xC2 ? 0 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : c < 0xF5 ? 4 : 0;
    if (n == 0 || n > left)
        return 0;
    uint8_t low = c == 0xE0 ? 0xA0 : c == 0xF0 ? 0x90 : 0x80;
    uint8_t high = c == 0xED ? 0x9F : c == 0xF4 ? 0x8F : 0xBF;
    if (p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < n; i++)
        if (p[i] < 0x80 || p[i] > 0xBF)
            return 0;
    return n;
}

bool
plain_is_utf8(const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len;) {
        uint64_t word;
        if (i + 8 <= len && (memcpy(&word, data + i, 8), (word & 0x8080808080808080u) == 0)) {
            i += 8; /* PostgreSQL never stores NUL in text, so ASCII words need no closer look */
            continue;
        }
        size_t n = data[i] < 0x80 ? data[i] != 0 : sequence(data + i, len - i);
        if (n == 0)
            return false;
        i += n;
    }
    return true;
}
