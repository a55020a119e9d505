/* SPDX-License-Identifier: PostgreSQL */
/* Samples are proved again beside their source: figures, keys, and rows that are there. */
#include "jobs.h"
#include "sampled.h"
#include "server.h"

/* Orphans that the source has, too, are no finding. */
static void
orphans_of_the_source_are_forgiven(void **state)
{
    char manifest[400];
    (void)state;
    begin("sampled", SMALL_REFUNDS);
    told.options.no_mask = true;
    MUST(pull());
    find_manifest_file(manifest, sizeof manifest);
    unlink(manifest);
    MUST(verify_beside_source());
    assert_non_null(strstr(told.compared, "figures hold"));
    assert_int_equal(told.rows > 0, 1);
    end();
}

static void
figures_of_a_sample_are_compared_again(void **state)
{
    (void)state;
    begin("sampled", SMALL_REFUNDS);
    told.options.no_mask = true;
    MUST(pull());
    MUST(verify_beside_source());
    assert_non_null(strstr(told.compared, "figures hold, 0 do not"));
    assert_null(strstr(told.compared, "originals"));
    end();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        FACT(orphans_of_the_source_are_forgiven),
        FACT(figures_of_a_sample_are_compared_again),
    };
    return cmocka_run_group_tests(tests, begin_folder, end_folder);
}
