/* SPDX-License-Identifier: PostgreSQL */
/* A source that is lost at one request after the other: the copy that is there stays as it is. */
#include "faults.h"
#include "server.h"

static void
a_server_that_dies_leaves_the_old_copy(void **state)
{
    struct loop loop = { "job", NULL, SERVER_DIES, 1, 2, prepare_old_copy, pull, { 0 } };
    (void)state;
    assert_true(fail_everywhere(&loop, true) > 0.75);
}

static void
an_answer_that_is_cut_leaves_the_old_copy(void **state)
{
    struct loop loop = { "job", NULL, SERVER_CUTS, 2, 2, prepare_old_copy, pull, { 0 } };
    (void)state;
    assert_true(fail_everywhere(&loop, true) > 0.75);
}

static void
rows_that_are_cut_on_a_second_connection_leave_the_old_copy(void **state)
{
    struct loop loop = { "job", NULL, SERVER_CUTS, 54, 3, prepare_old_copy, pull_by_two_connections,
                         { 0 } };
    (void)state;
    assert_true(fail_everywhere(&loop, true) > 0.4);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        FACT(a_server_that_dies_leaves_the_old_copy),
        FACT(an_answer_that_is_cut_leaves_the_old_copy),
        FACT(rows_that_are_cut_on_a_second_connection_leave_the_old_copy),
    };
    return cmocka_run_group_tests(tests, begin_folder, end_folder);
}
