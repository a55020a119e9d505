/* SPDX-License-Identifier: PostgreSQL */
/* The section `run`: what it says, and what it refuses. */
#include "rules/run.h"

#include "rules/rules.h"
#include "unit.h"

static struct rules *
parse(const char *name, const char *text)
{
    struct rules *rules = NULL;
    struct decant_error err = { 0 };
    if (!rules_parse(name, text, strlen(text), &rules, &err))
        fail_msg("%s (%s)", err.message, err.hint);
    return rules;
}

static void
without_the_section_nothing_is_asked_for(void **state)
{
    struct rules *rules = parse("r", "version: 1\n");
    (void)state;
    assert_false(rules->run.is_given);
    assert_int_equal(rules->run.shrunk, GUARD_STOP);
    assert_int_equal(rules->run.weaker, GUARD_STOP);
    assert_int_equal(rules->run.lost_table, GUARD_WARN);
    assert_int_equal(rules->run.allowed, GUARD_WARN);
    assert_int_equal(rules->run.keep.copies, -1);
    rules_free(rules);
}

static void
all_of_it_is_read(void **state)
{
    static const char text[] =
        "run:\n"
        "  source: service=production\n"
        "  target: shop.sqlite\n"
        "  publish: symlink\n"
        "  owner: app\n"
        "  allow: [remote, downgrade]\n"
        "  keep: [7, 30d, 20GiB]\n"
        "  expires: 2w\n"
        "  max_age: 26h\n"
        "  schedule: \"Mon-Fri 02:30\"\n"
        "  metrics: /m/d.prom\n"
        "  guards: {shrunk: warn, weaker_masks: warn, lost_table: stop, more_allowed: stop}\n"
        "  after_load: [a.sql, /b.sql]\n"
        "  retain: [{table: s.t, where: \"id > 5\"}]\n"
        "  rehearse: [up.sql]\n"
        "  hooks:\n"
        "    before_publish: {command: [./x, \"a b\"], timeout: 5s}\n"
        "    after_publish: {shell: 'echo $$HOME'}\n";
    struct rules *rules = parse("/etc/d/decant.yaml", text);
    const struct rules_run *run = &rules->run;
    (void)state;
    assert_true(run->is_given);
    assert_string_equal(run->source, "service=production");
    assert_string_equal(run->target, "/etc/d/shop.sqlite"); /* beside the rules */
    assert_string_equal(run->publish, "symlink");
    assert_string_equal(run->owner, "app");
    assert_true(run->allows_remote && run->allows_downgrade && !run->allows_same_server);
    assert_int_equal(run->keep.copies, 7);
    assert_int_equal(run->keep.age_s, 30 * 86400);
    assert_int_equal(run->keep.bytes, INT64_C(20) << 30);
    assert_int_equal(run->expires_s, 14 * 86400);
    assert_int_equal(run->max_age_s, 26 * 3600);
    assert_string_equal(run->when, "Mon-Fri 02:30");
    assert_int_equal(run->schedule.ntimes, 1);
    assert_string_equal(run->metrics, "/m/d.prom");
    assert_int_equal(run->shrunk, GUARD_WARN);
    assert_int_equal(run->weaker, GUARD_WARN);
    assert_int_equal(run->lost_table, GUARD_STOP);
    assert_int_equal(run->allowed, GUARD_STOP);
    assert_int_equal(run->nafter_load, 2);
    assert_string_equal(run->after_load[0], "/etc/d/a.sql");
    assert_string_equal(run->after_load[1], "/b.sql");
    assert_string_equal(run->rehearse[0], "/etc/d/up.sql");
    assert_string_equal(run->retain[0].where, "id > 5");
    assert_string_equal(run->before_publish.command[1], "a b");
    assert_null(run->before_publish.command[2]);
    assert_int_equal(run->before_publish.timeout_ms, 5000);
    assert_string_equal(run->after_publish.command[0], "/bin/sh");
    assert_string_equal(run->after_publish.command[2], "echo $HOME");
    assert_null(run->on_failure.command);
    rules_free(rules);
}

static void
addresses_are_no_paths(void **state)
{
    static const char *const targets[] = { "local:shop", "postgresql:///shop_dev",
                                           "host=/tmp dbname=shop", "/srv/shop.sqlite" };
    char text[200];
    (void)state;
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        snprintf(text, sizeof text, "run: {target: \"%s\"}\n", targets[i]);
        struct rules *rules = parse("/etc/d/decant.yaml", text);
        assert_string_equal(rules->run.target, targets[i]);
        rules_free(rules);
    }
}

static void
what_is_wrong_is_told_with_its_place(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        { "run: {source: \"postgresql://ada:secret@h/db\"}",
          "r:1:15: a password does not belong here" },
        { "run: {source: \"host=h password=secret\"}", "a password does not belong here" },
        { "run: {target: \"postgresql://ada:secret@h/db\"}", "a password does not belong here" },
        { "run: {keep: often}", "a number of copies, an age or a size" },
        { "run: {keep: -1}", "a number of copies, an age or a size" },
        { "run: {keep: [7, x]}", "r:1:17: a number of copies" },
        { "run: {expires: 30}", "a time is wanted here" },
        { "run: {max_age: 0h}", "a time is wanted here" },
        { "run: {schedule: daily}", "a time of day is wanted here" },
        { "run: {allow: remote}", "a list is wanted here" },
        { "run: {allow: [all]}", "all" },
        { "run: {guards: {shrunk: no}}", "no" },
        { "run: {guards: {shrink: stop}}", "did you mean 'shrunk'?" },
        { "run: {hooks: {before_publish: {command: ./x}}}", "a list of words is wanted here" },
        { "run: {hooks: {before_publish: {command: []}}}", "r:1:" },
        { "run: {hooks: {before_publish: {timeout: 5s}}}", "'command' or 'shell' is needed here" },
        { "run: {hooks: {on_fail: {shell: x}}}", "did you mean 'on_failure'?" },
        { "run: {retain: [{where: x}]}", "'table' is needed here" },
        { "run: {retain: [{table: s.t}]}", "'where' is missing" },
        { "run: {retain: s.t}", "a list of {table, where}" },
        { "run: {publish: copy}", "copy" },
        { "run: {at: \"02:30\"}", "there is no key 'at'" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rules *rules = NULL;
        struct decant_error err = { 0 };
        if (rules_parse("r", cases[i].text, strlen(cases[i].text), &rules, &err))
            fail_msg("%s is taken", cases[i].text);
        assert_int_equal(err.code, DECANT_USAGE);
        assert_null(strstr(err.message, "secret"));
        assert_null(strstr(err.context, "secret"));
        if (strstr(err.message, cases[i].message) == NULL &&
            strstr(err.hint, cases[i].message) == NULL)
            fail_msg("%s: %s (%s)", cases[i].text, err.message, err.hint);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_the_section_nothing_is_asked_for),
        cmocka_unit_test(all_of_it_is_read),
        cmocka_unit_test(addresses_are_no_paths),
        cmocka_unit_test(what_is_wrong_is_told_with_its_place),
    };
    return cmocka_run_group_tests_name("rules_run", tests, NULL, NULL);
}
