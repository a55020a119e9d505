/* SPDX-License-Identifier: PostgreSQL */
#include "row/number.h"

#include <math.h>

#include "base/bytes.h"
#include "unit.h"

/* Writes a numeric as numeric_send() does, from its text. */
static struct decant_value
numeric(const char *text, uint8_t out[512])
{
    char digits[400] = "";
    int before = 0, after = 0, n = 0;
    bool negative = *text == '-', behind = false;
    for (text += negative; *text != '\0'; text++) {
        if (*text == '.') {
            behind = true;
            continue;
        }
        digits[n++] = *text;
        before += !behind;
        after += behind;
    }
    char padded[420];
    int lead = (4 - before % 4) % 4, trail = (4 - after % 4) % 4, m = 0;
    for (int i = 0; i < lead; i++)
        padded[m++] = '0';
    memcpy(padded + m, digits, (size_t)n);
    m += n;
    for (int i = 0; i < trail; i++)
        padded[m++] = '0';
    int groups = m / 4, weight = (before + lead) / 4 - 1, first = 0;
    while (first < groups && memcmp(padded + 4 * first, "0000", 4) == 0)
        first++, weight--;
    while (groups > first && memcmp(padded + 4 * (groups - 1), "0000", 4) == 0)
        groups--;
    put_u16(out, (uint16_t)(groups - first));
    put_u16(out + 2, (uint16_t)(groups == first ? 0 : weight));
    put_u16(out + 4, negative ? 0x4000 : 0);
    put_u16(out + 6, (uint16_t)after);
    for (int i = first; i < groups; i++) {
        char group[5] = { padded[4 * i], padded[4 * i + 1], padded[4 * i + 2], padded[4 * i + 3] };
        put_u16(out + 8 + 2 * (i - first), (uint16_t)atoi(group));
    }
    return (struct decant_value){ .data = out, .len = 8 + 2 * (groups - first) };
}

static const struct text_style style = { .money_scale = 2 };

static void
numerics_print_every_digit(void **state)
{
    static const char *const texts[] = { "0",
                                         "0.00",
                                         "1",
                                         "-1",
                                         "10000",
                                         "0.0001",
                                         "0.00001",
                                         "12345678901234567890.123456789",
                                         "100000000000000000000",
                                         "-0.10",
                                         "9999.9999",
                                         "123.4500",
                                         "0.00000000000000000000000000000001" };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        uint8_t bytes[512];
        struct buf out = { 0 };
        struct decant_value value = numeric(texts[i], bytes);
        assert_true(number_numeric_text(&value, &style, &out));
        assert_string_equal(buf_str(&out), texts[i]);
        buf_deinit(&out);
    }
}

static void
a_numeric_that_fits_a_double_survives_it(void **state)
{
    (void)state;
    srand(7);
    for (int i = 0; i < 20000; i++) {
        char text[64], printed[64];
        uint8_t bytes[512];
        int64_t integer;
        double real;
        int scale = rand() % 16;
        long long digits = ((long long)rand() << 31 | rand()) % 1000000000000000;
        snprintf(text, sizeof text, "%lld", digits);
        struct buf out = { 0 };
        if (scale > 0) {
            char padded[64];
            snprintf(padded, sizeof padded, "%0*lld", scale + 1, digits);
            size_t point = strlen(padded) - (size_t)scale;
            snprintf(text, sizeof text, "%.*s.%s", (int)point, padded, padded + point);
        }
        struct decant_value value = numeric(text, bytes);
        enum number_form form = number_numeric(&value, &integer, &real);
        if (form == NUMBER_INTEGER) {
            assert_true((double)integer == strtod(text, NULL));
        } else if (form == NUMBER_REAL) {
            assert_true(real == strtod(text, NULL));
            snprintf(printed, sizeof printed, "%.15g", real);
            assert_true(strtod(printed, NULL) == real);
        } else {
            assert_int_equal(form, NUMBER_TOO_LONG);
            assert_true(digits >= 1000000000000 || scale > 12); /* five groups of four digits */
        }
        buf_deinit(&out);
    }
}

static void
sixteen_digits_behind_a_point_are_too_long(void **state)
{
    static const struct {
        const char *text;
        enum number_form form;
    } cases[] = { { "0.1234567890123456", NUMBER_TOO_LONG },
                  { "123456789012345.5", NUMBER_TOO_LONG },
                  { "12345678901234.5", NUMBER_REAL },
                  { "9223372036854775807", NUMBER_INTEGER },
                  { "-9223372036854775807", NUMBER_INTEGER },
                  { "9223372036854775808", NUMBER_TOO_LONG },
                  { "1.000", NUMBER_INTEGER },
                  { "0.5", NUMBER_REAL } };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t bytes[512];
        int64_t integer;
        double real;
        struct decant_value value = numeric(cases[i].text, bytes);
        assert_int_equal(number_numeric(&value, &integer, &real), cases[i].form);
    }
}

static void
special_numerics_have_names(void **state)
{
    static const struct {
        uint16_t sign;
        const char *text;
    } cases[] = { { 0xC000, "NaN" }, { 0xD000, "Infinity" }, { 0xF000, "-Infinity" } };
    (void)state;
    for (int i = 0; i < 3; i++) {
        uint8_t bytes[8] = { 0 };
        struct buf out = { 0 };
        put_u16(bytes + 4, cases[i].sign);
        struct decant_value value = { bytes, 8 };
        assert_true(number_numeric_text(&value, &style, &out));
        assert_string_equal(buf_str(&out), cases[i].text);
        buf_deinit(&out);
    }
}

static void
malformed_numbers_are_refused(void **state)
{
    (void)state;
    struct buf out = { 0 };
    int64_t n;
    double d;
    assert_false(number_int_text(&VALUE("abc"), &style, &out));
    assert_false(number_float8_text(&VALUE("abcd"), &style, &out));
    assert_false(number_numeric_text(&VALUE("\0\1\0\0\0\0\0"), &style, &out));
    assert_false(
        number_numeric_text(&VALUE("\0\2\0\0\0\0\0\0\0\1"), &style, &out)); /* one digit short */
    assert_false(
        number_numeric_text(&VALUE("\0\1\0\0\0\0\0\0\xff\xff"), &style, &out)); /* no digit */
    assert_int_equal(number_numeric(&VALUE("x"), &n, &d), NUMBER_MALFORMED);
    buf_deinit(&out);
}

static void
floats_print_as_postgres_does(void **state)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = { { 0, "0" },
                  { -0.0, "-0" },
                  { 1, "1" },
                  { 0.1, "0.1" },
                  { 1e15, "1e+15" },
                  { 123456789012345, "123456789012345" },
                  { 1e-5, "1e-05" },
                  { 0.0001, "0.0001" },
                  { 1.7976931348623157e308, "1.7976931348623157e+308" },
                  { -1.5, "-1.5" },
                  { 1e100, "1e+100" },
                  { 100, "100" },
                  { INFINITY, "Infinity" } };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t bytes[8];
        uint64_t bits;
        struct buf out = { 0 };
        memcpy(&bits, &cases[i].value, 8);
        struct decant_value value = big_endian(bits, 8, bytes);
        assert_true(number_float8_text(&value, &style, &out));
        assert_string_equal(buf_str(&out), cases[i].text);
        buf_deinit(&out);
    }
}

static void
a_float4_becomes_the_double_of_its_shortest_text(void **state)
{
    (void)state;
    uint8_t bytes[8];
    float f = 0.1f;
    uint32_t bits;
    double d;
    memcpy(&bits, &f, 4);
    struct decant_value value = big_endian(bits, 4, bytes);
    assert_true(number_float4(&value, &d));
    assert_true(d == 0.1);
}

static void
money_has_the_digits_of_its_locale(void **state)
{
    static const struct {
        int64_t units;
        int scale;
        const char *text;
    } cases[] = { { 123456, 2, "1234.56" },
                  { -5, 2, "-0.05" },
                  { 100, 0, "100" },
                  { INT64_MIN, 2, "-92233720368547758.08" } };
    (void)state;
    for (int i = 0; i < 4; i++) {
        uint8_t bytes[8];
        struct buf out = { 0 };
        struct text_style own = { .money_scale = cases[i].scale };
        struct decant_value value = big_endian((uint64_t)cases[i].units, 8, bytes);
        assert_true(number_money_text(&value, &own, &out));
        assert_string_equal(buf_str(&out), cases[i].text);
        buf_deinit(&out);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numerics_print_every_digit),
        cmocka_unit_test(a_numeric_that_fits_a_double_survives_it),
        cmocka_unit_test(sixteen_digits_behind_a_point_are_too_long),
        cmocka_unit_test(special_numerics_have_names),
        cmocka_unit_test(malformed_numbers_are_refused),
        cmocka_unit_test(floats_print_as_postgres_does),
        cmocka_unit_test(a_float4_becomes_the_double_of_its_shortest_text),
        cmocka_unit_test(money_has_the_digits_of_its_locale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
