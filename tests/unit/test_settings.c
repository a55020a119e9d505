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

static void
a_value_is_quoted_whatever_its_owner_made_it_of(void **state)
{
    (void)state;
    static const char *const values[][3] = {
        { "search_path", "app, public", "'app', 'public'" },
        { "search_path", "\"$user\", public", "'$user', 'public'" },
        { "search_path", "\"a, b\",\"c\"\"d\" , e", "'a, b', 'c\"d', 'e'" },
        { "search_path", "\"\"", "''" },
        { "search_path", "", "''" },
        { "search_path", "public; RESET ALL", "'public; RESET ALL'" },
        { "Search_Path", "it's", "'it''s'" },
        { "search_path", "\"never closed", "'never closed'" },
        { "DateStyle", "ISO, DMY", "'ISO, DMY'" },
        { "app.tenant", "7; RESET ALL", "'7; RESET ALL'" },
    };
    struct buf out = { 0 };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        buf_reset(&out);
        settings_put_value(values[i][0], values[i][1], &out);
        assert_string_equal(buf_str(&out), values[i][2]);
    }
    buf_deinit(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_changes_the_meaning_of_statements_is_taken),
        cmocka_unit_test(what_tunes_limits_or_opens_something_is_not),
        cmocka_unit_test(a_value_is_quoted_whatever_its_owner_made_it_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
