/* SPDX-License-Identifier: PostgreSQL */
/* Correlations of ranks, beside what Spearman's definition and the jackknife's give by counting. */
#include "fidelity/rank.h"

#include <math.h>

#include "unit.h"

enum { MOST = 400 };

static uint64_t random_state;

static double
uniform(void)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(random_state >> 11) * 0x1p-53;
}

static const uint8_t *
some_groups(int rows)
{
    static uint8_t groups[MOST];
    for (int i = 0; i < rows; i++)
        groups[i] = (uint8_t)(uniform() * RANK_GROUPS);
    return groups;
}

/* The mean of the ranks of all that are equal: those below, and half of the equal ones. */
static void
rank_by_counting(const double *values, int n, double *out)
{
    for (int i = 0; i < n; i++) {
        double below = 0, equal = 0;
        for (int k = 0; k < n; k++) {
            below += values[k] < values[i];
            equal += values[k] == values[i];
        }
        out[i] = below + (equal + 1) / 2;
    }
}

/* Pearson's, of those with `used`. */
static double
pearson(const double *x, const double *y, const bool *used, int n)
{
    double count = 0, mx = 0, my = 0, xx = 0, yy = 0, xy = 0;
    for (int i = 0; i < n; i++) {
        count += used[i];
        mx += used[i] ? x[i] : 0;
        my += used[i] ? y[i] : 0;
    }
    mx /= count;
    my /= count;
    for (int i = 0; i < n; i++)
        if (used[i]) {
            xx += (x[i] - mx) * (x[i] - mx);
            yy += (y[i] - my) * (y[i] - my);
            xy += (x[i] - mx) * (y[i] - my);
        }
    return xy / sqrt(xx * yy);
}

static void
correlations_are_those_of_the_definition(void **state)
{
    (void)state;
    random_state = 1;
    for (int round = 0; round < 60; round++) {
        double x[MOST], y[MOST], rx[MOST], ry[MOST];
        bool all[MOST];
        int n = 30 + (int)(uniform() * (MOST - 30));
        double pull = uniform() * 2 - 1, steps = round % 3 == 0 ? 6 : 1e6; /* many equal ones */
        for (int i = 0; i < n; i++) {
            x[i] = floor(uniform() * steps);
            y[i] = floor((pull * x[i] / steps + uniform()) * steps);
            all[i] = true;
        }
        rank_by_counting(x, n, rx);
        rank_by_counting(y, n, ry);
        const struct rank_correlation found = rank_correlate(x, y, some_groups(n), n);
        double expected = pearson(rx, ry, all, n);
        if (fabs(found.r - expected) > 1e-9)
            fail_msg("%d rows: %g, not %g", n, found.r, expected);
        assert_float_equal(found.share, 1, 0);
    }
}

/* "the delete-a-group jackknife, of the ranks that all rows have" */
static void
the_error_is_that_of_the_jackknife(void **state)
{
    (void)state;
    random_state = 2;
    for (int round = 0; round < 30; round++) {
        double x[MOST], y[MOST], rx[MOST], ry[MOST], left[RANK_GROUPS], mean = 0, squares = 0;
        int n = 200 + (int)(uniform() * (MOST - 200));
        for (int i = 0; i < n; i++) {
            x[i] = uniform();
            y[i] = x[i] * (round % 3) + uniform();
        }
        rank_by_counting(x, n, rx);
        rank_by_counting(y, n, ry);
        const uint8_t *groups = some_groups(n);
        for (int g = 0; g < RANK_GROUPS; g++) {
            bool used[MOST];
            for (int i = 0; i < n; i++)
                used[i] = groups[i] != g;
            left[g] = pearson(rx, ry, used, n);
            mean += left[g] / RANK_GROUPS;
        }
        for (int g = 0; g < RANK_GROUPS; g++)
            squares += (left[g] - mean) * (left[g] - mean);
        double expected = sqrt(squares * (RANK_GROUPS - 1) / RANK_GROUPS);
        assert_float_equal(rank_correlate(x, y, groups, n).error, expected, 1e-9);
    }
}

/* Ranks know no scale. */
static void
any_rising_function_leaves_the_correlation_as_it_is(void **state)
{
    double x[MOST], y[MOST], fx[MOST], fy[MOST];
    (void)state;
    random_state = 3;
    for (int i = 0; i < MOST; i++) {
        x[i] = uniform() * 20 - 10;
        y[i] = x[i] + uniform() * 8;
        fx[i] = exp(x[i]);
        fy[i] = -1 / (y[i] + 100);
    }
    const uint8_t *groups = some_groups(MOST);
    const struct rank_correlation a = rank_correlate(x, y, groups, MOST),
                                  b = rank_correlate(fx, fy, groups, MOST);
    assert_float_equal(a.r, b.r, 1e-12);
    assert_float_equal(a.error, b.error, 1e-12);
    assert_float_equal(rank_correlate(y, x, groups, MOST).r, a.r, 1e-12);
    assert_float_equal(rank_correlate(x, fx, groups, MOST).r, 1, 1e-12);
    for (int i = 0; i < MOST; i++)
        fx[i] = -x[i];
    assert_float_equal(rank_correlate(x, fx, groups, MOST).r, -1, 1e-12);
    assert_float_equal(rank_correlate(fx, y, groups, MOST).r, -a.r, 1e-12);
}

/* NULLs are NaN, and an infinite value has no place on a line: such rows are as if not there. */
static void
rows_without_a_number_do_not_count(void **state)
{
    static const double none[] = { NAN, INFINITY, -INFINITY };
    double x[MOST], y[MOST], fewer_x[MOST], fewer_y[MOST];
    uint8_t groups[MOST], fewer_groups[MOST];
    int n = 0;
    (void)state;
    random_state = 4;
    for (int i = 0; i < MOST; i++) {
        x[i] = uniform();
        y[i] = x[i] + uniform();
        groups[i] = (uint8_t)(i % RANK_GROUPS);
        if (i % 5 == 0)
            *(i % 2 == 0 ? &x[i] : &y[i]) = none[i % 3];
        else {
            fewer_x[n] = x[i];
            fewer_y[n] = y[i];
            fewer_groups[n++] = groups[i];
        }
    }
    const struct rank_correlation a = rank_correlate(x, y, groups, MOST),
                                  b = rank_correlate(fewer_x, fewer_y, fewer_groups, n);
    assert_float_equal(a.r, b.r, 1e-12);
    assert_float_equal(a.error, b.error, 1e-12);
    assert_float_equal(a.share, 0.8, 1e-12);
    assert_float_equal(b.share, 1, 1e-12);
}

/* "NaN for fewer than 30 rows, and for a column of one value" */
static void
few_rows_and_constants_have_no_correlation(void **state)
{
    double x[MOST], y[MOST], same[MOST];
    (void)state;
    random_state = 5;
    for (int i = 0; i < MOST; i++) {
        x[i] = uniform();
        y[i] = uniform();
        same[i] = 7.25;
    }
    const uint8_t *groups = some_groups(MOST);
    assert_true(isnan(rank_correlate(x, y, groups, 29).r));
    assert_false(isnan(rank_correlate(x, y, groups, 30).r));
    x[0] = NAN; /* 29 that have both */
    assert_true(isnan(rank_correlate(x, y, groups, 30).r));
    assert_float_equal(rank_correlate(x, y, groups, 30).share, 29.0 / 30, 1e-12);
    for (int n = 30; n <= MOST; n += 37) {
        assert_true(isnan(rank_correlate(same, y, groups, n).r));
        assert_true(isnan(rank_correlate(y, same, groups, n).r));
        assert_true(isnan(rank_correlate(same, same, groups, n).r));
    }
}

static void
columns_that_are_not_there_have_none(void **state)
{
    const double x[] = { 1, 2, 3 };
    const uint8_t groups[] = { 0, 1, 2 };
    (void)state;
    assert_true(isnan(rank_correlate(NULL, x, groups, 3).r));
    assert_true(isnan(rank_correlate(x, NULL, groups, 3).r));
    assert_true(isnan(rank_correlate(x, x, groups, 0).r));
    assert_float_equal(rank_correlate(NULL, NULL, NULL, 0).share, 0, 0);
}

/* Whoever is left out, nothing varies: it is no evidence, for they are few who brought all rows. */
static void
what_a_few_groups_brought_is_no_evidence(void **state)
{
    double x[MOST], y[MOST];
    uint8_t few[MOST], many[MOST];
    (void)state;
    random_state = 6;
    for (int i = 0; i < MOST; i++) {
        x[i] = uniform();
        y[i] = uniform();
        few[i] = (uint8_t)(i % 3);
        many[i] = (uint8_t)(i % RANK_GROUPS);
    }
    assert_true(rank_correlate(x, y, few, MOST).error > 0.5);
    assert_true(rank_correlate(x, y, many, MOST).error < 0.1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(correlations_are_those_of_the_definition),
        cmocka_unit_test(the_error_is_that_of_the_jackknife),
        cmocka_unit_test(any_rising_function_leaves_the_correlation_as_it_is),
        cmocka_unit_test(rows_without_a_number_do_not_count),
        cmocka_unit_test(few_rows_and_constants_have_no_correlation),
        cmocka_unit_test(columns_that_are_not_there_have_none),
        cmocka_unit_test(what_a_few_groups_brought_is_no_evidence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
