/* SPDX-License-Identifier: PostgreSQL */
/* A source that is lost at one request after the other: the copy that is there stays as it is. */
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
a_server_that_dies_leaves_the_old_copy(void **state)
{
    struct loop loop = { "job", NULL, SERVER_DIES, 1, 2, prepare, pull, { 0 } };
    (void)state;
    assert_true(fail_everywhere(&loop, true) > 0.75);
}

static void
an_answer_that_is_cut_leaves_the_old_copy(void **state)
{
    struct loop loop = { "job", NULL, SERVER_CUTS, 2, 2, prepare, pull, { 0 } };
    (void)state;
    assert_true(fail_everywhere(&loop, true) > 0.75);
}

static void
rows_that_are_cut_on_a_second_connection_leave_the_old_copy(void **state)
{
    struct loop loop = { "job", NULL, SERVER_CUTS, 54, 3, prepare, pull_by_two_connections, { 0 } };
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
