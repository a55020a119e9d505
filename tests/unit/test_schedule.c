/* SPDX-License-Identifier: PostgreSQL */
/* Times of day at which a run is due, in the machine's zone. */
#include "rules/schedule.h"

#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "unit.h"

static void
in_zone(const char *zone)
{
    setenv("TZ", zone, 1);
    tzset();
}

static void
times_stand_behind_the_days(void **state)
{
    static const struct {
        const char *text;
        unsigned days;
        int ntimes, first, last;
    } cases[] = {
        { "02:30", 0x7F, 1, 150, 150 },
        { "00:00", 0x7F, 1, 0, 0 },
        { "04:00,16:05", 0x7F, 2, 240, 965 },
        { "Mon-Fri 02:30", 0x3E, 1, 150, 150 },
        { "mon,WED,Fri 23:59", 0x2A, 1, 1439, 1439 },
        { "Sat-Mon 06:00", 0x43, 1, 360, 360 }, /* round the end of the week */
        { "Sun 06:00", 0x01, 1, 360, 360 },
        { "Sun-Sat 06:00", 0x7F, 1, 360, 360 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct schedule s;
        if (!schedule_parse(cases[i].text, &s))
            fail_msg("'%s' is none", cases[i].text);
        assert_int_equal(s.days, cases[i].days);
        assert_int_equal(s.ntimes, cases[i].ntimes);
        assert_int_equal(s.minutes[0], cases[i].first);
        assert_int_equal(s.minutes[s.ntimes - 1], cases[i].last);
    }
}

static void
what_is_no_schedule_is_told(void **state)
{
    static const char *const cases[] = {
        "",
        "2:30",
        "24:00",
        "02:60",
        "0230",
        "02:30 ",
        "02:30,",
        "Mon",
        "Mon ",
        "Mon-02:30",
        "Foo 02:30",
        "Mon,02:30",
        "16:00,04:00",
        "02:30,02:30",
        "02:30 Mon",
        "*/5 * * * *",
        "daily",
        "Mon--Fri 02:30",
    };
    struct schedule s;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (schedule_parse(cases[i], &s))
            fail_msg("'%s' is one", cases[i]);
}

static int64_t
at(const char *text)
{
    int64_t s = clock_parse(text);
    assert_true(s > 0);
    return s;
}

static void
the_next_time_is_behind_and_the_last_one_not(void **state)
{
    static const struct {
        const char *schedule, *now, *next, *last;
    } cases[] = {
        /* 2026-11-30 is a Monday */
        { "02:30", "2026-11-30T02:29:59Z", "2026-11-30T02:30:00Z", "2026-11-29T02:30:00Z" },
        { "02:30", "2026-11-30T02:30:00Z", "2026-12-01T02:30:00Z", "2026-11-30T02:30:00Z" },
        { "04:00,16:00", "2026-11-30T10:00:00Z", "2026-11-30T16:00:00Z", "2026-11-30T04:00:00Z" },
        { "Mon-Fri 02:30", "2026-11-27T03:00:00Z", "2026-11-30T02:30:00Z", "2026-11-27T02:30:00Z" },
        { "Mon-Fri 02:30", "2026-11-29T12:00:00Z", "2026-11-30T02:30:00Z", "2026-11-27T02:30:00Z" },
        { "Mon 02:30", "2026-11-30T02:30:00Z", "2026-12-07T02:30:00Z", "2026-11-30T02:30:00Z" },
        { "Mon 02:30", "2026-11-30T02:29:00Z", "2026-11-30T02:30:00Z", "2026-11-23T02:30:00Z" },
        { "00:00", "2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z", "2026-12-31T00:00:00Z" },
        { "12:00", "2028-02-28T12:00:00Z", "2028-02-29T12:00:00Z", "2028-02-28T12:00:00Z" },
    };
    (void)state;
    in_zone("UTC");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct schedule s;
        assert_true(schedule_parse(cases[i].schedule, &s));
        assert_int_equal(schedule_next(&s, at(cases[i].now)), at(cases[i].next));
        assert_int_equal(schedule_last(&s, at(cases[i].now)), at(cases[i].last));
    }
}

/* In Berlin clocks went from 2 to 3 on 2026-03-29, and from 3 to 2 on 2026-10-25. */
static void
the_zone_of_the_machine_counts(void **state)
{
    struct schedule s;
    (void)state;
    in_zone("CET-1CEST,M3.5.0,M10.5.0/3");
    assert_true(schedule_parse("02:30", &s));
    assert_int_equal(schedule_next(&s, at("2026-11-30T12:00:00Z")), at("2026-12-01T01:30:00Z"));
    assert_int_equal(schedule_next(&s, at("2026-07-01T12:00:00Z")), at("2026-07-02T00:30:00Z"));
    /* a time that the clock leaves out is an hour later, or earlier; never a day later */
    int64_t skipped = schedule_next(&s, at("2026-03-28T12:00:00Z"));
    assert_true(skipped >= at("2026-03-29T00:30:00Z") && skipped <= at("2026-03-29T01:30:00Z"));
    in_zone("UTC");
}

/* Whatever the day: each time is due once, and no other is between it and the next. */
static void
next_and_last_agree(void **state)
{
    static const char *const texts[] = { "02:30", "Mon-Fri 02:30", "Sat,Sun 00:00,23:59" };
    (void)state;
    in_zone("UTC");
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct schedule s;
        assert_true(schedule_parse(texts[i], &s));
        for (int64_t t = at("2026-11-01T00:00:00Z"); t < at("2026-12-15T00:00:00Z"); t += 5400) {
            int64_t next = schedule_next(&s, t), last = schedule_last(&s, t);
            assert_true(last <= t && t < next);
            assert_int_equal(schedule_last(&s, next), next);
            assert_int_equal(schedule_next(&s, last), next);
        }
    }
}

static void
without_times_nothing_is_due(void **state)
{
    const struct schedule none = { 0 };
    (void)state;
    assert_int_equal(schedule_next(&none, 1000), -1);
    assert_int_equal(schedule_last(&none, 1000), -1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_stand_behind_the_days),
        cmocka_unit_test(what_is_no_schedule_is_told),
        cmocka_unit_test(the_next_time_is_behind_and_the_last_one_not),
        cmocka_unit_test(the_zone_of_the_machine_counts),
        cmocka_unit_test(next_and_last_agree),
        cmocka_unit_test(without_times_nothing_is_due),
    };
    return cmocka_run_group_tests_name("schedule", tests, NULL, NULL);
}
