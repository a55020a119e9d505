/* SPDX-License-Identifier: PostgreSQL */
#include "rules/rules.h"
#include "unit.h"

static struct rules_rehearse found;

/* What a file says of rehearsals; the message where it is refused. */
static const char *
read_rules(const char *text)
{
    static struct decant_error err;
    struct rules *rules;
    err = (struct decant_error){ 0 };
    if (!rules_parse("test", text, strlen(text), &rules, &err))
        return err.message;
    found = rules->rehearse;
    found.allowed = NULL; /* they go with the rules */
    rules_free(rules);
    return "";
}

static void
without_the_section_a_careful_policy_holds(void **state)
{
    (void)state;
    assert_string_equal(read_rules("version: 1\n"), "");
    assert_int_equal(found.read_hold_ms, 500);
    assert_int_equal(found.write_hold_ms, 2000);
    assert_int_equal(found.wait_ms, 1000);
    assert_int_equal(found.large_bytes, 100 << 20);
    assert_false(found.any_lock_timeout || found.may_lose);
}

static void
each_limit_can_be_set(void **state)
{
    (void)state;
    assert_string_equal(
        read_rules("rehearse:\n  max_read_hold: 100ms\n  max_write_hold: 5s\n"
                   "  max_wait: 1min\n  large: 2GiB\n  lock_timeout: any\n"
                   "  loss: allow\n  allow:\n"
                   "    - {finding: rows-lost, on: public.t, why: old, until: 2026-12-31}\n"
                   "    - {finding: 0123456789abcdef, why: known}\n"),
        "");
    assert_int_equal(found.read_hold_ms, 100);
    assert_int_equal(found.write_hold_ms, 5000);
    assert_int_equal(found.wait_ms, 60000);
    assert_true(found.large_bytes == INT64_C(2) << 30);
    assert_true(found.any_lock_timeout && found.may_lose);
    assert_int_equal(found.nallowed, 2);
}

static void
what_is_not_meant_so_is_refused(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        { "rehearse: {max_read_hold: soon}", "a time is wanted here" },
        { "rehearse: {large: much}", "a size is wanted here" },
        { "rehearse: {lock_timeout: never}", "never" },
        { "rehearse: {loss: some}", "some" },
        { "rehearse: {allow: all}", "a list of {finding, on, why, until}" },
        { "rehearse: {allow: [{why: so}]}", "'finding' is needed" },
        { "rehearse: {allow: [{finding: rows-lost}]}", "'why' is missing" },
        { "rehearse: {allow: [{finding: rows-lost, why: x, until: tomorrow}]}", "a day is wanted" },
        { "rehearse: {max_hold: 5s}", "max_hold" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *message = read_rules(cases[i].text);
        if (strstr(message, cases[i].message) == NULL)
            fail_msg("%s: '%s'", cases[i].text, message);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_the_section_a_careful_policy_holds),
        cmocka_unit_test(each_limit_can_be_set),
        cmocka_unit_test(what_is_not_meant_so_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
