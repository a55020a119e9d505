/* SPDX-License-Identifier: PostgreSQL */
#include "base/map.h"
#include "unit.h"

static void
finds_every_number_it_was_given_and_no_other(void **state)
{
    (void)state;
    struct map map = { 0 };
    assert_null(map_get(&map, 1));
    for (uint64_t i = 0; i < 5000; i++)
        map_put(&map, i * 64, (void *)(uintptr_t)(i + 1));
    for (uint64_t i = 0; i < 5000; i++) {
        assert_int_equal((uintptr_t)map_get(&map, i * 64), i + 1);
        assert_null(map_get(&map, i * 64 + 1));
    }
    map_put(&map, 64, (void *)7);
    assert_int_equal((uintptr_t)map_get(&map, 64), 7);
    assert_int_equal(map.count, 5000);
    map_deinit(&map);
}

static void
names_differ_in_more_than_ascii_case(void **state)
{
    (void)state;
    struct map map = { 0 };
    map_put_name(&map, "Orders", (void *)1);
    assert_int_equal((uintptr_t)map_get_name(&map, "ORDERS"), 1);
    assert_null(map_get_name(&map, "order"));
    map_put_name(&map, "\xc3\x84", (void *)2);
    assert_null(map_get_name(&map, "\xc3\xa4")); /* as in SQLite */
    map_deinit(&map);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_every_number_it_was_given_and_no_other),
        cmocka_unit_test(names_differ_in_more_than_ascii_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
