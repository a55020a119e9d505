/* SPDX-License-Identifier: PostgreSQL */
#include "load/restore.h"

#include "unit.h"

static void
entries_begin_behind_three_numbers(void **state)
{
    (void)state;
    assert_string_equal(restore_entry("215; 1259 16402 TABLE public orders owner"),
                        "TABLE public orders owner");
    assert_null(restore_entry("; Archive created at"));
    assert_null(restore_entry(""));
    assert_null(restore_entry("215; TABLE public"));
    assert_null(restore_entry("215; 1259 16402"));
}

static void
messages_that_may_quote_values_are_not_shown(void **state)
{
    (void)state;
    assert_true(restore_is_plain_message("type \"public.geometry\" does not exist"));
    assert_true(restore_is_plain_message("permission denied for schema public"));
    assert_true(restore_is_plain_message("unrecognized parameter \"toast_tuple_target\""));
    assert_false(restore_is_plain_message("invalid input syntax for type integer: \"secret\""));
    assert_false(restore_is_plain_message("could not create unique index \"x\""));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_begin_behind_three_numbers),
        cmocka_unit_test(messages_that_may_quote_values_are_not_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
