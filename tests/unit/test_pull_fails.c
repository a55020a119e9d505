/* SPDX-License-Identifier: PostgreSQL */
/* A source that fails at each request of a pull in turn: the copy that is there stays as it is. */
#include "faults.h"
#include "server.h"

static void
prepare(void)
{
    write_file(told.target, "the copy of yesterday");
    chmod(told.target, 0640);
    told.options.overwrite = true;
    told.options.jobs = 0;
    select_table("public.people");
    select_table("public.parcels");
    select_table("public.addresses");
    select_table("public.cities");
}

static bool
pull_by_two_connections(void)
{
    told.options.jobs = 1;
    return pull();
}

static void
an_error_at_any_request_leaves_the_old_copy(void **state)
{
    struct loop loop = { "job", NULL, SERVER_FAILS, 1, 1, prepare, pull, { 0 } };
    (void)state;
    assert_true(fail_everywhere(&loop, true) > 0.75);
}

/* The second connection may be refused by a pooler: then one does it all, with the same rows. */
static void
a_second_connection_that_fails_is_done_without(void **state)
{
    struct loop loop = { "job", NULL, SERVER_FAILS, 2, 7, prepare, pull_by_two_connections, { 0 } };
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
