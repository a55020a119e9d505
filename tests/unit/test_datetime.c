/* SPDX-License-Identifier: PostgreSQL */
#include "row/datetime.h"

#include "base/bytes.h"
#include "unit.h"

static const struct text_style style = { 0 };
static const int64_t day_us = INT64_C(86400000000);

static void
dates_cover_the_whole_range(void **state)
{
    static const struct {
        int32_t days;
        const char *text;
        enum datetime_range range;
    } cases[] = { { 0, "2000-01-01", DATETIME_PLAIN },
                  { 8825, "2024-02-29", DATETIME_PLAIN },
                  { -1, "1999-12-31", DATETIME_PLAIN },
                  { -36465, "1900-03-01", DATETIME_PLAIN },
                  { -730119, "0001-01-01", DATETIME_PLAIN },
                  { -730120, "0001-12-31 BC", DATETIME_BEYOND },
                  { -2451507, "4713-01-01 BC", DATETIME_BEYOND },
                  { 2921939, "9999-12-31", DATETIME_PLAIN },
                  { 2921940, "10000-01-01", DATETIME_BEYOND },
                  { 2145031948, "5874897-12-31", DATETIME_BEYOND },
                  { INT32_MAX, "infinity", DATETIME_INFINITE },
                  { INT32_MIN, "-infinity", DATETIME_INFINITE } };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t bytes[8];
        struct buf out = { 0 };
        struct decant_value value = big_endian((uint32_t)cases[i].days, 4, bytes);
        assert_int_equal(datetime_date_sqlite(&value, &out), cases[i].range);
        assert_string_equal(buf_str(&out), cases[i].text);
        buf_deinit(&out);
    }
}

/* Every day of 30,000 years follows the one before it. */
static void
each_day_follows_the_one_before(void **state)
{
    (void)state;
    int year = -4713 + 1, month = 1, day = 1;
    static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    struct buf out = { 0 };
    for (int32_t days = -2451507; days < 8000000; days++) {
        char want[64];
        uint8_t bytes[8];
        struct decant_value value = big_endian((uint32_t)days, 4, bytes);
        buf_reset(&out);
        datetime_date_sqlite(&value, &out);
        snprintf(want, sizeof want, "%04d-%02d-%02d%s", year > 0 ? year : 1 - year, month, day,
                 year > 0 ? "" : " BC");
        if (strcmp(want, buf_str(&out)) != 0)
            fail_msg("day %d is '%s', not '%s'", days, want, buf_str(&out));
        bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        if (++day > lengths[month - 1] + (leap && month == 2)) {
            day = 1;
            if (++month > 12) {
                month = 1;
                year++;
            }
        }
    }
    buf_deinit(&out);
}

static void
timestamps_have_six_decimals_or_none_in_sqlite(void **state)
{
    static const struct {
        int64_t us;
        const char *postgres, *sqlite;
    } cases[] = { { 0, "2000-01-01 00:00:00+00", "2000-01-01 00:00:00" },
                  { 500000, "2000-01-01 00:00:00.5+00", "2000-01-01 00:00:00.500000" },
                  { -1, "1999-12-31 23:59:59.999999+00", "1999-12-31 23:59:59.999999" },
                  { INT64_MAX, "infinity", "infinity" },
                  { INT64_MIN, "-infinity", "-infinity" },
                  { INT64_C(9223371331199999999), "294276-12-31 23:59:59.999999+00",
                    "294276-12-31 23:59:59.999999" } };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t bytes[8];
        struct buf out = { 0 };
        struct decant_value value = big_endian((uint64_t)cases[i].us, 8, bytes);
        assert_true(datetime_timestamptz_text(&value, &style, &out));
        assert_string_equal(buf_str(&out), cases[i].postgres);
        buf_reset(&out);
        assert_int_not_equal(datetime_timestamp_sqlite(&value, &out), DATETIME_MALFORMED);
        assert_string_equal(buf_str(&out), cases[i].sqlite);
        buf_deinit(&out);
    }
}

static void
a_day_has_a_last_moment(void **state)
{
    (void)state;
    uint8_t bytes[8];
    struct buf out = { 0 };
    struct decant_value value = big_endian((uint64_t)day_us, 8, bytes);
    assert_true(datetime_time_text(&value, &style, &out));
    assert_string_equal(buf_str(&out), "24:00:00");
    value = big_endian((uint64_t)day_us + 1, 8, bytes);
    assert_false(datetime_time_text(&value, &style, &out));
    value = big_endian((uint64_t)-1, 8, bytes);
    assert_false(datetime_time_text(&value, &style, &out));
    buf_deinit(&out);
}

static void
zones_of_times_show_hours_minutes_and_seconds(void **state)
{
    static const struct {
        int32_t west;
        const char *postgres, *sqlite;
    } cases[] = { { 0, "10:00:00+00", "10:00:00+00:00" },
                  { -19800, "10:00:00+05:30", "10:00:00+05:30" },
                  { 3600, "10:00:00-01", "10:00:00-01:00" },
                  { -3723, "10:00:00+01:02:03", "10:00:00+01:02:03" } };
    (void)state;
    for (int i = 0; i < 4; i++) {
        uint8_t bytes[12];
        struct buf out = { 0 };
        big_endian(UINT64_C(36000000000), 8, bytes);
        put_u32(bytes + 8, (uint32_t)cases[i].west);
        struct decant_value value = { bytes, 12 };
        assert_true(datetime_timetz_text(&value, &style, &out));
        assert_string_equal(buf_str(&out), cases[i].postgres);
        buf_reset(&out);
        assert_true(datetime_timetz_sqlite(&value, &out));
        assert_string_equal(buf_str(&out), cases[i].sqlite);
        buf_deinit(&out);
    }
}

static struct decant_value
interval(int32_t months, int32_t days, int64_t us, uint8_t bytes[16])
{
    big_endian((uint64_t)us, 8, bytes);
    put_u32(bytes + 8, (uint32_t)days);
    put_u32(bytes + 12, (uint32_t)months);
    return (struct decant_value){ bytes, 16 };
}

static void
intervals_keep_their_three_parts_and_signs(void **state)
{
    static const struct {
        int32_t months, days;
        int64_t us;
        const char *postgres, *iso;
    } cases[] = { { 0, 0, 0, "00:00:00", "PT0S" },
                  { 14, 3, 14706700000, "1 year 2 mons 3 days 04:05:06.7", "P1Y2M3DT4H5M6.7S" },
                  { -1, 1, -1000000, "-1 mons +1 day -00:00:01", "P-1M1DT-1S" },
                  { 12, 0, 0, "1 year", "P1Y" },
                  { 0, -1, 3600000000, "-1 days +01:00:00", "P-1DT1H" },
                  { 0, 0, 360000000000, "100:00:00", "PT100H" },
                  { 0, 0, 1, "00:00:00.000001", "PT0.000001S" } };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t bytes[16];
        struct buf out = { 0 };
        struct decant_value value = interval(cases[i].months, cases[i].days, cases[i].us, bytes);
        assert_true(datetime_interval_text(&value, &style, &out));
        assert_string_equal(buf_str(&out), cases[i].postgres);
        buf_reset(&out);
        assert_true(datetime_interval_iso(&value, &out));
        assert_string_equal(buf_str(&out), cases[i].iso);
        buf_deinit(&out);
    }
}

static void
months_have_no_length_in_microseconds(void **state)
{
    (void)state;
    uint8_t bytes[16];
    int64_t us;
    struct decant_value value = interval(0, 2, 5, bytes);
    assert_true(datetime_interval_us(&value, &us));
    assert_int_equal(us, 2 * day_us + 5);
    value = interval(1, 0, 0, bytes);
    assert_false(datetime_interval_us(&value, &us));
    value = interval(0, INT32_MAX, INT64_MAX, bytes);
    assert_false(datetime_interval_us(&value, &us));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_cover_the_whole_range),
        cmocka_unit_test(each_day_follows_the_one_before),
        cmocka_unit_test(timestamps_have_six_decimals_or_none_in_sqlite),
        cmocka_unit_test(a_day_has_a_last_moment),
        cmocka_unit_test(zones_of_times_show_hours_minutes_and_seconds),
        cmocka_unit_test(intervals_keep_their_three_parts_and_signs),
        cmocka_unit_test(months_have_no_length_in_microseconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
