/* SPDX-License-Identifier: PostgreSQL */
#include "row/number.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"

bool
number_int(const struct decant_value *value, int64_t *out)
{
    assert(value != NULL);
    switch (value->len) {
    case 2:
        *out = (int16_t)get_u16(value->data);
        return true;
    case 4:
        *out = (int32_t)get_u32(value->data);
        return true;
    case 8:
        *out = (int64_t)get_u64(value->data);
        return true;
    }
    return false;
}

bool
number_int_text(const struct decant_value *value, const struct text_style *style, struct buf *out)
{
    int64_t n;
    (void)style;
    if (!number_int(value, &n))
        return false;
    buf_printf(out, "%" PRId64, n);
    return true;
}

bool
number_oid_text(const struct decant_value *value, const struct text_style *style, struct buf *out)
{
    (void)style;
    if (value->len != 4)
        return false;
    buf_printf(out, "%" PRIu32, get_u32(value->data));
    return true;
}

/* The fewest digits that read back as the same number, laid out as PostgreSQL does since version
 * 12 (src/common/d2s.c): scientific below 1e-4 and from 10^`fixed` on. */
static void
shortest(double d, bool is_float4, struct buf *out)
{
    char digits[40];
    if (isnan(d) || isinf(d)) {
        buf_puts(out, isnan(d) ? "NaN" : d > 0 ? "Infinity" : "-Infinity");
        return;
    }
    int precision = is_float4 ? 5 : 14;
    do
        snprintf(digits, sizeof digits, "%.*e", precision, d);
    while (precision++ < 17 &&
           (is_float4 ? (double)strtof(digits, NULL) != d : strtod(digits, NULL) != d));

    char *exponent_part = strchr(digits, 'e');
    int exponent = atoi(exponent_part + 1);
    char *end = exponent_part;
    while (end[-1] == '0' && end - digits > 1)
        end--; /* 1.500 */
    if (end[-1] == '.')
        end--;
    const char *p = digits;
    if (*p == '-')
        buf_putc(out, *p++);
    char plain[32];
    int n = 0;
    for (; p < end; p++)
        if (*p != '.')
            plain[n++] = *p;

    int fixed = is_float4 ? 6 : 15;
    if (exponent < -4 || exponent >= fixed) {
        buf_putc(out, plain[0]);
        if (n > 1) {
            buf_putc(out, '.');
            buf_add(out, plain + 1, (size_t)n - 1);
        }
        buf_printf(out, "e%c%02d", exponent < 0 ? '-' : '+', abs(exponent));
    } else if (exponent < 0) {
        buf_printf(out, "0.%.*s%.*s", -exponent - 1, "0000", n, plain);
    } else {
        for (int i = 0; i <= exponent || i < n; i++) {
            if (i == exponent + 1)
                buf_putc(out, '.');
            buf_putc(out, i < n ? plain[i] : '0');
        }
    }
}

bool
number_float4(const struct decant_value *value, double *out)
{
    assert(value != NULL);
    float f;
    if (value->len != 4)
        return false;
    uint32_t bits = get_u32(value->data);
    memcpy(&f, &bits, sizeof f);
    *out = (double)f;
    if (isfinite(f)) {
        char text[40];
        for (int precision = 6; precision <= 9; precision++) {
            snprintf(text, sizeof text, "%.*g", precision, (double)f);
            if (strtof(text, NULL) == f)
                break;
        }
        *out = strtod(text, NULL);
    }
    return true;
}

bool
number_float8(const struct decant_value *value, double *out)
{
    assert(value != NULL);
    if (value->len != 8)
        return false;
    uint64_t bits = get_u64(value->data);
    memcpy(out, &bits, sizeof *out);
    return true;
}

bool
number_float4_text(const struct decant_value *value, const struct text_style *style,
                   struct buf *out)
{
    float f;
    (void)style;
    if (value->len != 4)
        return false;
    uint32_t bits = get_u32(value->data);
    memcpy(&f, &bits, sizeof f);
    shortest((double)f, true, out);
    return true;
}

bool
number_float8_text(const struct decant_value *value, const struct text_style *style,
                   struct buf *out)
{
    double d;
    (void)style;
    if (!number_float8(value, &d))
        return false;
    shortest(d, false, out);
    return true;
}

bool
number_money_text(const struct decant_value *value, const struct text_style *style, struct buf *out)
{
    int64_t n;
    if (value->len != 8 || !number_int(value, &n))
        return false;
    uint64_t units = n < 0 ? 0 - (uint64_t)n : (uint64_t)n, one = 1;
    for (int i = 0; i < style->money_scale; i++)
        one *= 10;
    buf_printf(out, "%s%" PRIu64, n < 0 ? "-" : "", units / one);
    if (style->money_scale > 0)
        buf_printf(out, ".%0*" PRIu64, style->money_scale, units % one);
    return true;
}

/*
 * numeric_send(): int16 ndigits, int16 weight, uint16 sign, uint16 dscale, then ndigits digits in
 * base 10000; the first digit counts 10000^weight. dscale is the number of decimals shown.
 */
enum { SIGN_NEGATIVE = 0x4000, SIGN_NAN = 0xC000, SIGN_PLUS_INF = 0xD000, SIGN_MINUS_INF = 0xF000 };

struct numeric {
    int ndigits, weight, sign, dscale;
    const uint8_t *digits;
};

static bool
numeric_parse(const struct decant_value *value, struct numeric *n)
{
    if (value->len < 8)
        return false;
    const uint8_t *p = value->data;
    *n = (struct numeric){ .ndigits = get_u16(p),
                           .weight = (int16_t)get_u16(p + 2),
                           .sign = get_u16(p + 4),
                           .dscale = get_u16(p + 6),
                           .digits = p + 8 };
    if (value->len != 8 + 2 * n->ndigits || n->dscale > 0x3FFF)
        return false;
    for (int i = 0; i < n->ndigits; i++)
        if (get_u16(n->digits + 2 * i) > 9999)
            return false;
    return n->sign == 0 || n->sign == SIGN_NEGATIVE || n->sign == SIGN_NAN ||
           n->sign == SIGN_PLUS_INF || n->sign == SIGN_MINUS_INF;
}

static int
numeric_digit(const struct numeric *n, int i)
{
    return i >= 0 && i < n->ndigits ? get_u16(n->digits + 2 * i) : 0;
}

bool
number_numeric_text(const struct decant_value *value, const struct text_style *style,
                    struct buf *out)
{
    struct numeric n;
    (void)style;
    if (!numeric_parse(value, &n))
        return false;
    if (n.sign >= SIGN_NAN) {
        buf_puts(out, n.sign == SIGN_NAN        ? "NaN"
                      : n.sign == SIGN_PLUS_INF ? "Infinity"
                                                : "-Infinity");
        return true;
    }
    if (n.sign == SIGN_NEGATIVE)
        buf_putc(out, '-');
    buf_printf(out, "%d", n.weight < 0 ? 0 : numeric_digit(&n, 0));
    for (int i = 1; i <= n.weight; i++)
        buf_printf(out, "%04d", numeric_digit(&n, i));
    if (n.dscale == 0)
        return true;
    buf_putc(out, '.');
    size_t end = out->len + (size_t)n.dscale;
    for (int i = n.weight + 1; out->len < end; i++)
        buf_printf(out, "%04d", numeric_digit(&n, i));
    out->len = end; /* the last digit may reach behind dscale */
    out->data[end] = '\0';
    return true;
}

enum number_form
number_numeric(const struct decant_value *value, int64_t *integer, double *real)
{
    static const double powers[] = { 1,    1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                     1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                     1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };
    struct numeric n;
    if (!numeric_parse(value, &n))
        return NUMBER_MALFORMED;
    if (n.sign >= SIGN_NAN) {
        *real = n.sign == SIGN_MINUS_INF ? -INFINITY : INFINITY;
        return n.sign == SIGN_NAN ? NUMBER_NAN : NUMBER_INFINITE;
    }
    while (n.ndigits > 0 && numeric_digit(&n, n.ndigits - 1) == 0)
        n.ndigits--;
    if (n.ndigits == 0) {
        *integer = 0;
        return NUMBER_INTEGER;
    }
    if (n.ndigits > 5)
        return NUMBER_TOO_LONG; /* more than 17 significant digits, or an integer beyond 10^20 */

    /* All digits as one integer, without zeros at its end, and the power of ten it counts. */
    unsigned __int128 digits = 0;
    for (int i = 0; i < n.ndigits; i++)
        digits = digits * 10000 + (unsigned)numeric_digit(&n, i);
    int exponent = 4 * (n.weight - n.ndigits + 1);
    while (digits % 10 == 0) {
        digits /= 10;
        exponent++;
    }
    unsigned __int128 whole = digits;
    for (int i = 0; i < exponent && whole <= INT64_MAX; i++)
        whole *= 10;
    bool negative = n.sign == SIGN_NEGATIVE;
    if (exponent >= 0 && whole <= INT64_MAX) {
        *integer = negative ? -(int64_t)whole : (int64_t)whole;
        return NUMBER_INTEGER;
    }
    if (digits >= 1000000000000000u || exponent < -22 || exponent > 22)
        return NUMBER_TOO_LONG;
    /* Both operands are exact doubles, so IEEE 754 rounds the result correctly. */
    double d = (double)(uint64_t)digits;
    d = exponent < 0 ? d / powers[-exponent] : d * powers[exponent];
    *real = negative ? -d : d;
    return NUMBER_REAL;
}
