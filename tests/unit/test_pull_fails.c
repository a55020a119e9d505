/* SPDX-License-Identifier: PostgreSQL */
/* A source that fails at each request of a pull in turn: the copy that is there stays as it is. */
#include "faults.h"
#include "server.h"

static void
an_error_at_any_request_leaves_the_old_copy(void **state)
{
    struct loop loop = { "job", NULL, SERVER_FAILS, 1, 1, prepare_old_copy, pull, { 0 } };
    (void)state;
    assert_true(fail_everywhere(&loop, true) > 0.75);
}

/* The second connection may be refused by a pooler: then one does it all, with the same rows. */
static void
a_second_connection_that_fails_is_done_without(void **state)
{
    struct loop loop = { "job", NULL, SERVER_FAILS, 2, 7, prepare_old_copy, pull_by_two_connections,
                         { 0 } };
    (void)state;
    assert_true(fail_everywhere(&loop, true) > 0.5);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        FACT(an_error_at_any_request_leaves_the_old_copy),
        FACT(a_second_connection_that_fails_is_done_without),
    };
    return cmocka_run_group_tests(tests, begin_folder, end_folder);
}
