/* SPDX-License-Identifier: PostgreSQL */
#include "base/json.h"
#include "unit.h"

static void
grows_and_keeps_its_end(void **state)
{
    (void)state;
    struct buf buf = { 0 };
    for (int i = 0; i < 1000; i++)
        buf_printf(&buf, "%d,", i % 10);
    assert_int_equal(buf.len, 2000);
    assert_int_equal(strlen(buf.data), 2000);
    buf_reset(&buf);
    assert_string_equal(buf_str(&buf), "");
    buf_deinit(&buf);
    assert_string_equal(buf_str(&buf), "");
}

static void
json_strings_escape_what_must_be(void **state)
{
    (void)state;
    struct buf buf = { 0 };
    json_string(&buf, "a\"b\\c\n\x01\xc3\xa4", 9);
    assert_string_equal(buf_str(&buf), "\"a\\\"b\\\\c\\n\\u0001\xc3\xa4\"");
    buf_deinit(&buf);
}

static void
json_members_are_separated_by_commas(void **state)
{
    (void)state;
    struct buf buf = { 0 };
    buf_putc(&buf, '{');
    json_member_string(&buf, "left out", NULL);
    json_member_string(&buf, "a", "x");
    json_member_int(&buf, "b", INT64_MIN);
    json_member_double(&buf, "c", 0.5);
    assert_string_equal(buf_str(&buf), "{\"a\":\"x\",\"b\":-9223372036854775808,\"c\":0.500");
    buf_deinit(&buf);
}

static void
a_grown_array_keeps_its_items(void **state)
{
    (void)state;
    int *items = NULL;
    for (size_t n = 0; n < 1000; n++) {
        items = mem_grow(items, n, sizeof *items);
        items[n] = (int)n;
    }
    for (int i = 0; i < 1000; i++)
        assert_int_equal(items[i], i);
    free(items);
}

static void
an_arena_gives_zeroed_aligned_memory(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    for (size_t size = 1; size < 100000; size = size * 3 + 1) {
        unsigned char *p = arena_alloc(&arena, size);
        assert_int_equal((uintptr_t)p % 16, 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xFF, size);
    }
    assert_string_equal(arena_printf(&arena, "%s-%d", "x", 7), "x-7");
    assert_null(arena_strdup(&arena, NULL));
    arena_deinit(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_and_keeps_its_end),
        cmocka_unit_test(json_strings_escape_what_must_be),
        cmocka_unit_test(json_members_are_separated_by_commas),
        cmocka_unit_test(a_grown_array_keeps_its_items),
        cmocka_unit_test(an_arena_gives_zeroed_aligned_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
