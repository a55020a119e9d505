/* SPDX-License-Identifier: PostgreSQL */
/* What starts a run: times in each language, and words that would mean something else there. */
#include "night/units.h"
#include "unit.h"

static struct units_wish
wish(const char *when)
{
    static const char *const writable[] = { "/srv/copies" };
    struct units_wish w = { .name = "decant-shop",
                            .program = "/usr/bin/decant",
                            .config = "/etc/decant.yaml",
                            .key_file = "/etc/key",
                            .target = "shop.sqlite",
                            .state = "/var/lib",
                            .nwritable = 1,
                            .writable = writable,
                            .when = when };
    assert_true(schedule_parse(when, &w.schedule));
    return w;
}

static bool
has(const struct units_wish *w, enum unit unit, const char *text)
{
    struct buf out = { 0 };
    units_put(w, unit, &out);
    bool found = strstr(buf_str(&out), text) != NULL;
    if (!found)
        print_message("%s\n", buf_str(&out));
    buf_deinit(&out);
    return found;
}

static void
times_are_spelled_in_each_language(void **state)
{
    static const struct {
        const char *when, *calendar, *cron;
    } cases[] = {
        { "02:30", "\nOnCalendar=*-*-* 02:30:00\n", "\n30 2 * * * " },
        { "Mon-Wed 02:30", "\nOnCalendar=Mon,Tue,Wed *-*-* 02:30:00\n", "\n30 2 * * 1,2,3 " },
        { "Sun 00:00", "\nOnCalendar=Sun *-*-* 00:00:00\n", "\n0 0 * * 0 " },
        { "04:05,16:05", "\nOnCalendar=*-*-* 04:05:00\nOnCalendar=*-*-* 16:05:00\n",
          "\n5 4,16 * * * " },
        { "04:05,16:30", "\nOnCalendar=*-*-* 04:05:00\nOnCalendar=*-*-* 16:30:00\n",
          "\n30 16 * * * " },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct units_wish w = wish(cases[i].when);
        assert_true(has(&w, UNIT_TIMER, cases[i].calendar));
        assert_true(has(&w, UNIT_CRON, cases[i].cron));
    }
    struct units_wish w = wish("Mon-Fri 02:30");
    assert_true(has(&w, UNIT_KUBERNETES, "schedule: \"30 2 * * 1,2,3,4,5\"\n"));
}

static void
the_key_comes_as_a_credential(void **state)
{
    struct units_wish w = wish("02:30");
    (void)state;
    assert_true(has(&w, UNIT_SERVICE, "--key-file %d/key\nLoadCredential=key:/etc/key\n"));
    assert_true(has(&w, UNIT_SERVICE, "\nReadWritePaths=/srv/copies\n"));
    assert_true(has(&w, UNIT_SERVICE, "\nRestartPreventExitStatus=1 2 3 4 5\n"));
    w.key_file = NULL;
    assert_true(has(&w, UNIT_SERVICE, "--config /etc/decant.yaml\n"));
}

/* A percent sign begins a specifier of systemd, and a new line of cron. */
static void
odd_paths_mean_themselves(void **state)
{
    struct units_wish w = wish("02:30");
    (void)state;
    w.config = "/a b/50%/it's \"x\".yaml";
    assert_true(has(&w, UNIT_SERVICE, "--config \"/a b/50%%/it's \\\"x\\\".yaml\""));
    assert_true(has(&w, UNIT_CRON, "--config '/a b/50\\%/it'\\''s \"x\".yaml'"));
    w.key_file = "/a b/$k";
    assert_true(has(&w, UNIT_SERVICE, "LoadCredential=key:/a b/$k\n"));
    w.config = "/a $b";
    assert_true(has(&w, UNIT_SERVICE, "--config \"/a $$b\""));
}

static void
only_what_is_needed_is_said(void **state)
{
    struct units_wish w = wish("02:30");
    struct buf name = { 0 };
    (void)state;
    w.variable = "PROD";
    w.user = "ada";
    w.has_server = true;
    assert_true(has(&w, UNIT_SERVICE, "\nUser=ada\n"));
    assert_true(has(&w, UNIT_SERVICE, "\nEnvironmentFile=/etc/decant/decant-shop.env\n"));
    assert_true(has(&w, UNIT_SERVICE, "\nKillMode=process\n"));
    assert_true(has(&w, UNIT_KUBERNETES, "{name: PROD, valueFrom: {secretKeyRef: "));
    units_put_name(&w, UNIT_TIMER, &name);
    assert_string_equal(buf_str(&name), "decant-shop.timer");
    buf_deinit(&name);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_spelled_in_each_language),
        cmocka_unit_test(the_key_comes_as_a_credential),
        cmocka_unit_test(odd_paths_mean_themselves),
        cmocka_unit_test(only_what_is_needed_is_said),
    };
    return cmocka_run_group_tests_name("units", tests, NULL, NULL);
}
