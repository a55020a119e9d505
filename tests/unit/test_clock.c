/* SPDX-License-Identifier: PostgreSQL */
/* Times of day as texts, there and back. */
#include "base/clock.h"
#include "unit.h"

static void
a_text_is_the_time_that_it_says(void **state)
{
    static const struct {
        const char *text;
        int64_t s;
    } cases[] = {
        { "1970-01-01T00:00:00Z", 0 },          { "2026-11-30T02:30:00Z", 1796005800 },
        { "2000-02-29 12:00:00", 951825600 },   { "2026-11-30T02:30:00", 1796005800 },
        { "2100-12-31T23:59:59Z", 4133980799 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(clock_parse(cases[i].text), cases[i].s);
}

static void
what_is_no_time_is_told(void **state)
{
    static const char *const cases[] = {
        "",
        "2026-11-30",
        "2026-11-31T00:00:00Z", /* there is none */
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-11-30T24:00:00Z",
        "2026-11-30T02:60:00Z",
        "2026-11-30T02:30:00+01",
        "2026-11-30T02:30:00Zx",
        "26-11-30T02:30:00Z",
        "yesterday",
        "1969-12-31T23:59:59Z", /* before all runs */
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (clock_parse(cases[i]) >= 0)
            fail_msg("'%s' is one", cases[i]);
}

static void
there_and_back(void **state)
{
    char text[CLOCK_TEXT];
    (void)state;
    for (int64_t s = 0; s < 4102444800; s += 86399 * 17) {
        clock_put(s, text);
        assert_int_equal(clock_parse(text), s);
    }
    clock_put(INT64_C(253402300800), text); /* the year 10000 */
    assert_string_equal(text, "");
}

static void
names_of_runs_begin_with_their_time(void **state)
{
    (void)state;
    assert_int_equal(clock_of_run("20261130023000x0a1b2c"), 1796005800);
    assert_int_equal(clock_of_run("20261131023000x0a1b2c"), -1);
    assert_int_equal(clock_of_run("2026113002300"), -1);
    assert_int_equal(clock_of_run(""), -1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_is_the_time_that_it_says),
        cmocka_unit_test(what_is_no_time_is_told),
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(names_of_runs_begin_with_their_time),
    };
    return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
