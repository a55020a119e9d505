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
    assert_int_equal(found.limits.read_hold_ms, 500);
    assert_int_equal(found.limits.write_hold_ms, 2000);
    assert_int_equal(found.limits.wait_ms, 1000);
    assert_int_equal(found.limits.large_bytes, 100 << 20);
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
    assert_int_equal(found.limits.read_hold_ms, 100);
    assert_int_equal(found.limits.write_hold_ms, 5000);
    assert_int_equal(found.limits.wait_ms, 60000);
    assert_true(found.limits.large_bytes == INT64_C(2) << 30);
    assert_true(found.any_lock_timeout && found.may_lose);
    assert_int_equal(found.nallowed, 2);
}

static void
tables_may_have_limits_of_their_own(void **state)
{
    static const char text[] = "rehearse:\n  tables:\n    shop.audit_*: {max_write_hold: 1min}\n"
                               "    shop.*: {max_wait: 10ms, large: 1GiB, max_read_hold: 0s}\n"
                               "  max_write_hold: 3s\n";
    struct decant_error err = { 0 };
    struct rules *rules;
    (void)state;
    assert_true(rules_parse("test", text, strlen(text), &rules, &err));
    struct rules_limits limits = rehearse_limits(&rules->rehearse, "shop.audit_log");
    assert_int_equal(limits.write_hold_ms, 60000); /* the first that fits, and it alone */
    assert_int_equal(limits.wait_ms, 1000);
    limits = rehearse_limits(&rules->rehearse, "shop.orders");
    assert_int_equal(limits.write_hold_ms, 3000);
    assert_int_equal(limits.wait_ms, 10);
    assert_int_equal(limits.read_hold_ms, 0);
    assert_true(limits.large_bytes == 1 << 30);
    limits = rehearse_limits(&rules->rehearse, "public.orders");
    assert_int_equal(limits.wait_ms, 1000);
    rules_free(rules);
}

static void
what_is_not_meant_so_is_refused(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        { "rehearse: {max_read_hold: soon}", "a time is wanted here" },
        { "rehearse: {large: much}", "a size is wanted here" },
        { "rehearse: {tables: [shop.t]}", "tables and their limits are wanted here" },
        { "rehearse: {tables: {a.b.c: {large: 1GB}}}", "is no name of a table" },
        { "rehearse: {tables: {shop.t: {largest: 1GB}}}", "largest" },
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
        cmocka_unit_test(tables_may_have_limits_of_their_own),
        cmocka_unit_test(what_is_not_meant_so_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
