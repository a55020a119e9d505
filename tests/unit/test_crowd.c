/* SPDX-License-Identifier: PostgreSQL */
#include "fidelity/crowd.h"

#include "unit.h"

static void
groups_are_counted_by_their_size(void **state)
{
    struct crowd crowd = { 0 };
    (void)state;
    assert_int_equal(crowd_count(&crowd).rows, 0);
    for (int i = 0; i < 10; i++) /* one row of 0, two of 1 ... five of 4, and so on */
        for (int n = 0; n <= i; n++)
            crowd_add(&crowd, (uint64_t)i);
    struct crowd_shares shares = crowd_count(&crowd);
    assert_int_equal(shares.rows, 55);
    assert_float_equal(shares.alone, 1.0 / 55, 1e-9);
    assert_float_equal(shares.few, (1 + 2 + 3 + 4) / 55.0, 1e-9);
    crowd_deinit(&crowd);
}

/* Hashes come badly mixed: counters, as a poor hash of integers would give. */
static void
more_rows_than_are_remembered_have_the_same_shares(void **state)
{
    enum { GROUPS = 600000 };
    struct crowd crowd = { 0 };
    double rows = 0, alone = 0, few = 0;
    (void)state;
    for (uint64_t i = 0; i < GROUPS; i++) {
        uint64_t n = i % 3 == 0 ? 1 : i % 3 == 1 ? 3 : 8;
        for (uint64_t k = 0; k < n; k++)
            crowd_add(&crowd, i << 20);
        rows += (double)n;
        alone += n == 1;
        few += n < 5 ? (double)n : 0;
    }
    struct crowd_shares shares = crowd_count(&crowd);
    assert_int_equal(shares.rows, (int64_t)rows);
    assert_true(crowd.n > CROWD_ROWS / 4 && crowd.n <= CROWD_ROWS);
    assert_float_equal(shares.alone, alone / rows, 0.005);
    assert_float_equal(shares.few, few / rows, 0.005);
    crowd_deinit(&crowd);
}

static void
one_group_of_many_rows_is_no_trouble(void **state)
{
    struct crowd crowd = { 0 };
    (void)state;
    for (int i = 0; i < 3 * CROWD_ROWS; i++)
        crowd_add(&crowd, 7);
    struct crowd_shares shares = crowd_count(&crowd);
    assert_true(shares.rows == 3 * CROWD_ROWS && shares.alone == 0 && shares.few == 0);
    crowd_deinit(&crowd);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups_are_counted_by_their_size),
        cmocka_unit_test(more_rows_than_are_remembered_have_the_same_shares),
        cmocka_unit_test(one_group_of_many_rows_is_no_trouble),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
