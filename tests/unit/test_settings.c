/* SPDX-License-Identifier: PostgreSQL */
/* Which settings of a database a copy has. */
#include "unit.h"

#include "load/settings.h"

static void
what_changes_the_meaning_of_statements_is_taken(void **state)
{
    (void)state;
    static const char *const taken[] = { "search_path",   "timezone",   "TimeZone",
                                         "IntervalStyle", "app.tenant", "myapp.flags.new" };
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        assert_true(settings_are_taken(taken[i]));
}

static void
what_tunes_limits_or_opens_something_is_not(void **state)
{
    (void)state;
    static const char *const left[] = { "work_mem",       "statement_timeout",
                                        "app.jwt_secret", "app.settings.API_KEY",
                                        "my.password",    "session_preload_libraries",
                                        "role",           "default_transaction_read_only" };
    for (size_t i = 0; i < sizeof left / sizeof *left; i++)
        assert_false(settings_are_taken(left[i]));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_changes_the_meaning_of_statements_is_taken),
        cmocka_unit_test(what_tunes_limits_or_opens_something_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
