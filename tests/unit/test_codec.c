/* SPDX-License-Identifier: PostgreSQL */
#include "row/codec.h"

#include "base/bytes.h"
#include "row/network.h"
#include "row/plain.h"
#include "unit.h"

static const struct text_style style = { .money_scale = 2 };
static const struct type int4_type = { .kind = TYPE_SCALAR, .scalar = SCALAR_INT4 };
static const struct type text_type = { .kind = TYPE_SCALAR, .scalar = SCALAR_TEXT };
static const struct type bool_type = { .kind = TYPE_SCALAR, .scalar = SCALAR_BOOL };
static const struct type float8_type = { .kind = TYPE_SCALAR, .scalar = SCALAR_FLOAT8 };
static const struct type int4_array = { .kind = TYPE_ARRAY,
                                        .element = &int4_type,
                                        .delimiter = ',' };
static const struct type text_array = { .kind = TYPE_ARRAY,
                                        .element = &text_type,
                                        .delimiter = ',' };
static const struct type bool_array = { .kind = TYPE_ARRAY,
                                        .element = &bool_type,
                                        .delimiter = ',' };
static const struct type float8_array = { .kind = TYPE_ARRAY,
                                          .element = &float8_type,
                                          .delimiter = ',' };
static const struct type int4_range = { .kind = TYPE_RANGE, .element = &int4_type };
static const struct type text_range = { .kind = TYPE_RANGE, .element = &text_type };
static const struct type int4_multirange = { .kind = TYPE_MULTIRANGE, .element = &int4_range };

static void
put32(struct buf *out, uint32_t n)
{
    uint8_t bytes[4];
    put_u32(bytes, n);
    buf_add(out, bytes, 4);
}

static void
put_element(struct buf *out, const char *bytes, size_t len)
{
    put32(out, (uint32_t)len);
    buf_add(out, bytes, len);
}

/* A one-dimensional array head. */
static void
put_head(struct buf *out, int ndim, uint32_t length, uint32_t lower)
{
    put32(out, (uint32_t)ndim);
    put32(out, 0);
    put32(out, 23);
    for (int i = 0; i < ndim; i++) {
        put32(out, length);
        put32(out, lower);
    }
}

static struct decant_value
value_of(const struct buf *bytes)
{
    return (struct decant_value){ (const uint8_t *)bytes->data, (int32_t)bytes->len };
}

static void
expect_array(const struct type *type, const struct buf *bytes, const char *text, const char *json,
             bool want_bounds)
{
    bool bounds;
    struct buf out = { 0 };
    struct decant_value value = value_of(bytes);
    assert_true(codec_text(type, &value, &style, &out));
    assert_string_equal(buf_str(&out), text);
    buf_reset(&out);
    assert_true(codec_array_json(type, &value, &style, &out, &bounds));
    assert_string_equal(buf_str(&out), json);
    assert_int_equal(bounds, want_bounds);
    buf_deinit(&out);
}

static void
arrays_keep_nulls_and_quotes(void **state)
{
    (void)state;
    struct buf bytes = { 0 };
    put_head(&bytes, 1, 6, 1);
    put_element(&bytes, "plain", 5);
    put32(&bytes, UINT32_MAX);
    put_element(&bytes, "null", 4);
    put_element(&bytes, "", 0);
    put_element(&bytes, "a,b", 3);
    put_element(&bytes, "q\"\\", 3);
    expect_array(&text_array, &bytes, "{plain,NULL,\"null\",\"\",\"a,b\",\"q\\\"\\\\\"}",
                 "[\"plain\", null, \"null\", \"\", \"a,b\", \"q\\\"\\\\\"]", false);
    buf_deinit(&bytes);
}

static void
dimensions_nest_and_bounds_are_told(void **state)
{
    (void)state;
    struct buf bytes = { 0 };
    put_head(&bytes, 2, 2, 0);
    for (uint32_t i = 1; i <= 4; i++) {
        put32(&bytes, 4);
        put32(&bytes, i);
    }
    expect_array(&int4_array, &bytes, "[0:1][0:1]={{1,2},{3,4}}", "[[1, 2], [3, 4]]", true);
    buf_deinit(&bytes);
    put_head(&bytes, 0, 0, 0);
    expect_array(&int4_array, &bytes, "{}", "[]", false);
    buf_deinit(&bytes);
}

static void
json_has_booleans_but_no_nan(void **state)
{
    (void)state;
    struct buf bytes = { 0 };
    put_head(&bytes, 1, 2, 1);
    put_element(&bytes, "\1", 1);
    put_element(&bytes, "\0", 1);
    expect_array(&bool_array, &bytes, "{t,f}", "[true, false]", false);
    buf_deinit(&bytes);
    put_head(&bytes, 1, 2, 1);
    put_element(&bytes, "\x7f\xf8\0\0\0\0\0\0", 8);
    put_element(&bytes, "\x3f\xf0\0\0\0\0\0\0", 8);
    expect_array(&float8_array, &bytes, "{NaN,1}", "[\"NaN\", 1]", false);
    buf_deinit(&bytes);
}

static void
every_cut_of_an_array_is_refused(void **state)
{
    (void)state;
    struct buf bytes = { 0 }, out = { 0 };
    bool bounds;
    put_head(&bytes, 1, 2, 1);
    put_element(&bytes, "abc", 3);
    put_element(&bytes, "defg", 4);
    for (size_t len = 0; len < bytes.len; len++) {
        uint8_t *copy = malloc(len + 1); /* so that a sanitizer sees a read too far */
        memcpy(copy, bytes.data, len);
        struct decant_value value = { copy, (int32_t)len };
        assert_false(codec_text(&text_array, &value, &style, &out));
        assert_false(codec_array_json(&text_array, &value, &style, &out, &bounds));
        free(copy);
    }
    buf_deinit(&bytes);
    put_head(&bytes, 1, 0xFFFFFFFF, 1); /* a length that no memory could hold */
    struct decant_value value = value_of(&bytes);
    assert_false(codec_text(&text_array, &value, &style, &out));
    buf_deinit(&bytes);
    buf_deinit(&out);
}

static void
expect_text(const struct type *type, struct decant_value value, const char *want)
{
    struct buf out = { 0 };
    assert_true(codec_text(type, &value, &style, &out));
    assert_string_equal(buf_str(&out), want);
    buf_deinit(&out);
}

static void
ranges_show_their_bounds(void **state)
{
    (void)state;
    expect_text(&int4_range, VALUE("\x01"), "empty");
    expect_text(&int4_range, VALUE("\x02\0\0\0\4\0\0\0\1\0\0\0\4\0\0\0\5"), "[1,5)");
    expect_text(&int4_range, VALUE("\x18"), "(,)");
    expect_text(&int4_range, VALUE("\x0c\0\0\0\4\0\0\0\5"), "(,5]");
    expect_text(&text_range, VALUE("\x06\0\0\0\3a b\0\0\0\2\"\\"), "[\"a b\",\"\"\"\\\\\"]");
    expect_text(&int4_multirange,
                VALUE("\0\0\0\2\0\0\0\x11\x02\0\0\0\4\0\0\0\1\0\0\0\4\0\0\0\3"
                      "\0\0\0\1\x18"),
                "{[1,3),(,)}");
    struct buf out = { 0 };
    assert_false(codec_text(&int4_range, &VALUE("\x02\0\0\0\4"), &style, &out));
    buf_deinit(&out);
}

static void
expect_scalar(enum scalar_id id, struct decant_value value, const char *want)
{
    struct type type = { .kind = TYPE_SCALAR, .scalar = id };
    expect_text(&type, value, want);
}

static void
plain_scalars_print_as_postgres_does(void **state)
{
    (void)state;
    expect_scalar(SCALAR_BOOL, VALUE("\1"), "t");
    expect_scalar(SCALAR_CHAR, VALUE("x"), "x");
    expect_scalar(SCALAR_CHAR, VALUE("\0"), "");
    expect_scalar(SCALAR_BYTEA, VALUE("\0\xff\x10"), "\\x00ff10");
    expect_scalar(SCALAR_UUID, VALUE("\0\1\2\3\4\5\6\7\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"),
                  "00010203-0405-0607-0809-0a0b0c0d0e0f");
    expect_scalar(SCALAR_JSONB, VALUE("\1{\"a\": 1.50}"), "{\"a\": 1.50}");
    expect_scalar(SCALAR_BIT, VALUE("\0\0\0\5\xA8"), "10101");
    expect_scalar(SCALAR_VARBIT, VALUE("\0\0\0\0"), "");
    expect_scalar(SCALAR_INET, VALUE("\2\x20\0\4\x0a\1\2\3"), "10.1.2.3");
    expect_scalar(SCALAR_INET, VALUE("\2\x18\0\4\x0a\1\2\3"), "10.1.2.3/24");
    expect_scalar(SCALAR_CIDR, VALUE("\2\x20\1\4\x0a\1\2\3"), "10.1.2.3/32");
    expect_scalar(SCALAR_INET, VALUE("\3\x80\0\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"), "::1");
    expect_scalar(SCALAR_MACADDR, VALUE("\x08\0\x2b\1\2\3"), "08:00:2b:01:02:03");
}

static void
malformed_scalars_are_refused(void **state)
{
    (void)state;
    static const struct {
        enum scalar_id id;
        const char *bytes;
        int32_t len;
    } cases[] = { { SCALAR_BOOL, "ab", 2 },
                  { SCALAR_UUID, "abc", 3 },
                  { SCALAR_JSONB, "\2{}", 3 },
                  { SCALAR_JSONB, "", 0 },
                  { SCALAR_BIT, "\0\0\0\x09\xff", 5 },
                  { SCALAR_BIT, "\xff\xff\xff\xff", 4 },
                  { SCALAR_INET, "\2\x21\0\4\1\2\3\4", 8 },
                  { SCALAR_INET, "\7\x20\0\4\1\2\3\4", 8 },
                  { SCALAR_MACADDR, "12345", 5 },
                  { SCALAR_DATE, "123", 3 },
                  { SCALAR_TIMESTAMP, "1234", 4 },
                  { SCALAR_INTERVAL, "1234", 4 } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct type type = { .kind = TYPE_SCALAR, .scalar = cases[i].id };
        struct decant_value value = { (const uint8_t *)cases[i].bytes, cases[i].len };
        struct buf out = { 0 };
        assert_false(codec_text(&type, &value, &style, &out));
        buf_deinit(&out);
    }
    (void)state;
}

static void
utf8_is_told_from_other_bytes(void **state)
{
    static const char *const good[] = { "", "plain ascii, longer than a word",
                                        "\xc3\xa4\xf0\x9d\x84\x9e", "\xef\xbf\xbf" };
    static const char *const bad[] = {
        "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf5\x80\x80\x80", "ascii and \xff more", "\x80"
    };
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(plain_is_utf8((const uint8_t *)good[i], strlen(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(plain_is_utf8((const uint8_t *)bad[i], strlen(bad[i])));
}

static void
the_table_of_scalars_is_in_order(void **state)
{
    (void)state;
    for (int i = 0; i < SCALAR_COUNT; i++) {
        assert_int_equal(scalars[i].id, i);
        assert_non_null(scalars[i].name);
        assert_non_null(scalars[i].text);
        if (scalars[i].oid != 0)
            assert_ptr_equal(scalar_by_oid(scalars[i].oid), &scalars[i]);
        else
            assert_ptr_equal(scalar_by_extension_name(scalars[i].name), &scalars[i]);
    }
    assert_null(scalar_by_oid(0));
    assert_ptr_equal(scalar_by_extension_name("geography"), &scalars[SCALAR_GEOMETRY]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrays_keep_nulls_and_quotes),
        cmocka_unit_test(dimensions_nest_and_bounds_are_told),
        cmocka_unit_test(json_has_booleans_but_no_nan),
        cmocka_unit_test(every_cut_of_an_array_is_refused),
        cmocka_unit_test(ranges_show_their_bounds),
        cmocka_unit_test(plain_scalars_print_as_postgres_does),
        cmocka_unit_test(malformed_scalars_are_refused),
        cmocka_unit_test(utf8_is_told_from_other_bytes),
        cmocka_unit_test(the_table_of_scalars_is_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
