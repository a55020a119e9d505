/* SPDX-License-Identifier: PostgreSQL */
#include "cli/options.h"

#include "unit.h"

#define PARSE(err, args, ...) parse(err, args, (char *[]){ "decant", __VA_ARGS__, NULL })

static bool
parse(struct decant_error *err, struct arguments *arguments, char **argv)
{
    int argc = 0;
    while (argv[argc] != NULL)
        argc++;
    *arguments = (struct arguments){ 0 };
    *err = (struct decant_error){ 0 };
    return options_parse(argc, argv, arguments, err);
}

static void
long_and_short_options_say_the_same(void **state)
{
    (void)state;
    struct arguments a;
    struct decant_error err;
    assert_true(PARSE(&err, &a, "pull", "--table", "x", "-ty", "-t", "z", "--schema=s", "-qj4",
                      "--to=t", "source"));
    assert_int_equal(a.job.tables.count, 3);
    assert_string_equal(a.job.tables.items[0], "x");
    assert_string_equal(a.job.tables.items[1], "y");
    assert_string_equal(a.job.tables.items[2], "z");
    assert_int_equal(a.job.schemas.count, 1);
    assert_true(a.quiet);
    assert_int_equal(a.job.jobs, 4);
    assert_string_equal(a.job.target, "t");
    assert_string_equal(a.positional, "source");
    options_deinit(&a);
}

static void
times_have_units(void **state)
{
    static const struct {
        char *word;
        int ms;
    } cases[] = { { "--lock-timeout=500ms", 500 },
                  { "--lock-timeout=5s", 5000 },
                  { "--lock-timeout=2min", 120000 },
                  { "--lock-timeout=1h", 3600000 },
                  { "--lock-timeout=7", 7000 } };
    (void)state;
    struct arguments a;
    struct decant_error err;
    for (int i = 0; i < 5; i++) {
        assert_true(PARSE(&err, &a, "pull", cases[i].word));
        assert_int_equal(a.job.lock_timeout_ms, cases[i].ms);
    }
    assert_false(PARSE(&err, &a, "pull", "--lock-timeout=5 parsecs"));
    assert_false(PARSE(&err, &a, "pull", "--lock-timeout=-1"));
    assert_false(PARSE(&err, &a, "pull", "--lock-timeout=99999999999999h"));
}

static void
waiting_needs_no_number(void **state)
{
    (void)state;
    struct arguments a;
    struct decant_error err;
    assert_true(PARSE(&err, &a, "pull", "--wait"));
    assert_int_equal(a.job.wait_s, -1);
    assert_true(PARSE(&err, &a, "pull", "--wait=3"));
    assert_int_equal(a.job.wait_s, 3);
}

static void
a_typing_error_is_answered_with_the_nearest_word(void **state)
{
    (void)state;
    struct arguments a;
    struct decant_error err;
    assert_false(PARSE(&err, &a, "pull", "--no-maks"));
    assert_int_equal(err.code, DECANT_USAGE);
    assert_non_null(strstr(err.hint, "--no-mask"));
    assert_false(PARSE(&err, &a, "plul"));
    assert_non_null(strstr(err.hint, "'pull'"));
    assert_false(PARSE(&err, &a, "verify", "--overwrite", "x"));
    assert_false(PARSE(&err, &a, "pull", "a", "b"));
    assert_false(PARSE(&err, &a, "pull", "--to"));
    assert_false(PARSE(&err, &a, "pull", "--quiet=yes"));
}

static void
every_option_has_help_and_a_command(void **state)
{
    (void)state;
    for (int i = 0; i < noptions; i++) {
        assert_true(options[i].commands[0] != '\0');
        assert_true(strlen(options[i].help) > 5);
        assert_true((options[i].argument == NULL) == (options[i].kind == OPTION_FLAG));
        for (int j = 0; j < i; j++) {
            bool is_same = strcmp(options[i].name, options[j].name) == 0;
            assert_false(is_same && strpbrk(options[i].commands, options[j].commands) != NULL);
            assert_true(options[i].letter == 0 || options[i].letter != options[j].letter);
        }
    }
}

static void
numbers_have_bounds_that_the_hint_tells(void **state)
{
    static const struct {
        char *word, *hint; /* NULL: it is taken */
    } cases[] = {
        { "--rows=1", NULL },
        { "--rows=2147483647", NULL },
        { "--rows=0", "a whole number, 1 or more" },
        { "--rows=2147483648", "a whole number, 1 or more" },
        { "--keep=0", NULL },
        { "--retries=1000", NULL },
        { "--retries=1001", "a whole number from 0 to 1000" },
        { "--retries=-1", "a whole number from 0 to 1000" },
        { "--wait=-1", "a whole number, 0 or more" },
        { "--lock-timeout=600h", "a time: 500ms, 5s, 10min, 1h" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arguments a;
        struct decant_error err;
        bool ok = PARSE(&err, &a, "pull", cases[i].word);
        if (ok != (cases[i].hint == NULL))
            fail_msg("%s", cases[i].word);
        if (!ok)
            assert_string_equal(err.hint, cases[i].hint);
        options_deinit(&a);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_and_short_options_say_the_same),
        cmocka_unit_test(times_have_units),
        cmocka_unit_test(waiting_needs_no_number),
        cmocka_unit_test(a_typing_error_is_answered_with_the_nearest_word),
        cmocka_unit_test(numbers_have_bounds_that_the_hint_tells),
        cmocka_unit_test(every_option_has_help_and_a_command),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
