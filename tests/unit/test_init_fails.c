/* SPDX-License-Identifier: PostgreSQL */
/* A source that is lost while rules are written, or held against it: no file is left. */
#include "faults.h"
#include "masked.h"
#include "server.h"

static void
prepare_init(void)
{
    unlink(told.rules);
}

static void
init_leaves_no_half_of_a_file(void **state)
{
    struct loop loop = { "masked", MASKED_SAMPLE, SERVER_DIES, 2, 7, prepare_init, init, { 0 } };
    (void)state;
    assert_true(fail_everywhere(&loop, false) > 0.5);
}

static void
prepare_update(void)
{
    write_file(told.rules, MASKED_HEAD "columns:\n" MASKED_ACCOUNTS);
    told.options.update = true;
}

static void
an_update_leaves_the_old_rules(void **state)
{
    struct loop loop = { "masked", MASKED_SAMPLE, SERVER_CUTS, 3, 8, prepare_update, init, { 0 } };
    (void)state;
    assert_true(fail_everywhere(&loop, false) > 0.5);
}

static void
prepare_nothing(void)
{
}

static bool
check_rules(void)
{
    bool ok = check(DECANT_GRANTS_NONE);
    if (!ok) /* a list of what is undecided would be a wrong one */
        assert_true(told.text == NULL || told.text[0] == '\0');
    return ok;
}

static void
a_check_that_cannot_ask_says_so(void **state)
{
    struct loop loop = { "masked", MASKED_RULES,    SERVER_FAILS, 1,
                         2,        prepare_nothing, check_rules,  { 0 } };
    (void)state;
    assert_true(fail_everywhere(&loop, false) > 0.5);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        FACT(init_leaves_no_half_of_a_file),
        FACT(an_update_leaves_the_old_rules),
        FACT(a_check_that_cannot_ask_says_so),
    };
    return cmocka_run_group_tests(tests, begin_folder, end_folder);
}
