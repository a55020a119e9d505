/* SPDX-License-Identifier: PostgreSQL */
#include "pg/copy.h"

#include "unit.h"

static const char header[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0";

static void
a_row_splits_into_its_values(void **state)
{
    static const char bytes[] = "\0\3\0\0\0\2ab\xff\xff\xff\xff\0\0\0\0\xff\xff";
    (void)state;
    const uint8_t *data = (const uint8_t *)bytes;
    size_t len = sizeof bytes - 1;
    struct decant_value values[3];
    assert_int_equal(pg_split_row(&data, &len, 3, values), 1);
    assert_int_equal(values[0].len, 2);
    assert_memory_equal(values[0].data, "ab", 2);
    assert_int_equal(values[1].len, DECANT_NULL);
    assert_int_equal(values[2].len, 0);
    assert_int_equal(pg_split_row(&data, &len, 3, values), 0);
    assert_int_equal(len, 0);
}

static void
every_cut_of_a_row_is_refused(void **state)
{
    static const char bytes[] = "\0\2\0\0\0\2ab\0\0\0\1c";
    (void)state;
    for (size_t cut = 0; cut < sizeof bytes - 1; cut++) {
        uint8_t *copy = malloc(cut + 1);
        memcpy(copy, bytes, cut);
        const uint8_t *data = copy;
        size_t len = cut;
        struct decant_value values[2];
        assert_int_equal(pg_split_row(&data, &len, 2, values), -1);
        free(copy);
    }
}

static void
another_number_of_columns_is_refused(void **state)
{
    static const char bytes[] = "\0\1\0\0\0\1a";
    (void)state;
    const uint8_t *data = (const uint8_t *)bytes;
    size_t len = sizeof bytes - 1;
    struct decant_value values[2];
    assert_int_equal(pg_split_row(&data, &len, 2, values), -1);
}

static void
the_header_may_have_an_extension_but_no_unknown_critical_flag(void **state)
{
    (void)state;
    uint8_t bytes[32] = { 0 };
    memcpy(bytes, header, 19);
    const uint8_t *data = bytes;
    size_t len = 19;
    assert_int_equal(pg_skip_header(&data, &len), 1);
    assert_int_equal(len, 0);
    bytes[18] = 4;
    data = bytes;
    len = 25;
    assert_int_equal(pg_skip_header(&data, &len), 1);
    assert_int_equal(len, 2);
    data = bytes;
    len = 20; /* the extension is not whole */
    assert_int_equal(pg_skip_header(&data, &len), -1);
    bytes[11] = 1;
    data = bytes;
    len = 25;
    assert_int_equal(pg_skip_header(&data, &len), -1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_splits_into_its_values),
        cmocka_unit_test(every_cut_of_a_row_is_refused),
        cmocka_unit_test(another_number_of_columns_is_refused),
        cmocka_unit_test(the_header_may_have_an_extension_but_no_unknown_critical_flag),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
