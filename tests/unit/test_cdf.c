/* SPDX-License-Identifier: PostgreSQL */
/* Distributions: what is made of values, weights and histograms is what their definition says, and
 * so is the distance of Kolmogorov and Smirnov. */
#include "fidelity/cdf.h"

#include <math.h>

#include "unit.h"

static uint64_t random_state;

static double
uniform(void)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(random_state >> 11) * 0x1p-53;
}

/* Values of several kinds: even ones, ones with many equals, far ones, ones below zero. */
static double
any_value(int kind)
{
    switch (kind % 4) {
    case 0:
        return uniform();
    case 1:
        return floor(uniform() * 5);
    case 2:
        return exp(40 * uniform() - 20);
    default:
        return floor(uniform() * 100) - 50;
    }
}

/* The share up to x, or below it, by counting. */
static double
share_of(const double *values, size_t n, double x, bool with_x)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += values[i] < x || (with_x && values[i] == x);
    return (double)count / (double)n;
}

/* sup |F - G|: both are steps, so it is reached at a value, or just before one. */
static double
ks_by_counting(const double *a, size_t n, const double *b, size_t m)
{
    double distance = 0;
    for (size_t i = 0; i < n + m; i++)
        for (int with_x = 0; with_x <= 1; with_x++) {
            double x = i < n ? a[i] : b[i - n];
            distance = fmax(distance, fabs(share_of(a, n, x, with_x) - share_of(b, m, x, with_x)));
        }
    return distance;
}

static void
assert_is_cdf(const struct cdf *cdf)
{
    assert_true(cdf->n > 0);
    assert_float_equal(cdf->points[0].below, 0, 1e-12);
    assert_float_equal(cdf->points[cdf->n - 1].upto, 1, 1e-9);
    for (size_t i = 0; i < cdf->n; i++) {
        const struct cdf_point *p = &cdf->points[i];
        assert_true(p->below <= p->upto + 1e-12);
        if (i > 0 && (p[-1].x >= p->x || p[-1].upto > p->below + 1e-12))
            fail_msg("point %zu: %g %g after %g %g", i, p->x, p->below, p[-1].x, p[-1].upto);
    }
}

/* ---- values */

static void
shares_of_values_are_those_that_counting_gives(void **state)
{
    enum { MOST = 80 };
    (void)state;
    random_state = 1;
    for (int round = 0; round < 400; round++) {
        double values[MOST], sorted[MOST];
        struct cdf cdf;
        size_t n = 1 + (size_t)(uniform() * MOST);
        for (size_t i = 0; i < n; i++)
            sorted[i] = values[i] = any_value(round);
        cdf_of_values(sorted, n, &cdf);
        assert_is_cdf(&cdf);
        for (size_t i = 0; i < cdf.n; i++) {
            assert_float_equal(cdf.points[i].below, share_of(values, n, cdf.points[i].x, false),
                               1e-12);
            assert_float_equal(cdf.points[i].upto, share_of(values, n, cdf.points[i].x, true),
                               1e-12);
            if (i > 0) /* "a sample's: there one's `upto` is the next one's `below`" */
                assert_float_equal(cdf.points[i].below, cdf.points[i - 1].upto, 1e-12);
        }
        cdf_deinit(&cdf);
        assert_int_equal(cdf.n, 0);
    }
}

static void
the_distance_is_what_counting_gives(void **state)
{
    enum { MOST = 60 };
    (void)state;
    random_state = 2;
    for (int round = 0; round < 400; round++) {
        double a[MOST], b[MOST];
        struct cdf x, y;
        size_t n = 1 + (size_t)(uniform() * MOST), m = 1 + (size_t)(uniform() * MOST);
        for (size_t i = 0; i < n; i++)
            a[i] = any_value(round);
        for (size_t i = 0; i < m; i++)
            b[i] = any_value(round + (round % 8 < 4 ? 0 : 1));
        double expected = ks_by_counting(a, n, b, m);
        cdf_of_values(a, n, &x);
        cdf_of_values(b, m, &y);
        if (fabs(cdf_ks(&x, &y) - expected) > 1e-12)
            fail_msg("round %d: %g, not %g", round, cdf_ks(&x, &y), expected);
        assert_float_equal(cdf_ks(&y, &x), expected, 1e-12);
        assert_float_equal(cdf_ks(&x, &x), 0, 0);
        cdf_deinit(&x);
        cdf_deinit(&y);
    }
}

/* Of ranks alone: no scale changes it. And three distances make no short cut. */
static void
the_distance_knows_no_scale_and_no_short_cut(void **state)
{
    enum { N = 50 };
    (void)state;
    random_state = 3;
    for (int round = 0; round < 100; round++) {
        double values[3][N], scaled[2][N];
        struct cdf cdfs[3], other[2];
        for (int k = 0; k < 3; k++)
            for (int i = 0; i < N; i++)
                values[k][i] = any_value(round) + (k == 2) * 0.3;
        for (int k = 0; k < 2; k++)
            for (int i = 0; i < N; i++)
                scaled[k][i] = atan(values[k][i] / 1e3) * 7 + 5;
        for (int k = 0; k < 3; k++)
            cdf_of_values(values[k], N, &cdfs[k]);
        for (int k = 0; k < 2; k++)
            cdf_of_values(scaled[k], N, &other[k]);
        double ab = cdf_ks(&cdfs[0], &cdfs[1]), bc = cdf_ks(&cdfs[1], &cdfs[2]),
               ac = cdf_ks(&cdfs[0], &cdfs[2]);
        assert_true(ab >= 0 && ab <= 1);
        assert_true(ac <= ab + bc + 1e-12);
        assert_float_equal(cdf_ks(&other[0], &other[1]), ab, 1e-12);
        for (int k = 0; k < 3; k++)
            cdf_deinit(&cdfs[k]);
        for (int k = 0; k < 2; k++)
            cdf_deinit(&other[k]);
    }
}

static void
values_that_have_nothing_in_common_are_as_far_as_can_be(void **state)
{
    double a[] = { -3, -2, -1 }, b[] = { 1, 2 }, c[] = { 0 }, d[] = { 0 }, e[] = { 1e-300 };
    struct cdf x, y, z, same, near;
    (void)state;
    cdf_of_values(a, 3, &x);
    cdf_of_values(b, 2, &y);
    cdf_of_values(c, 1, &z);
    cdf_of_values(d, 1, &same);
    cdf_of_values(e, 1, &near);
    assert_float_equal(cdf_ks(&x, &y), 1, 0);
    assert_float_equal(cdf_ks(&z, &same), 0, 0);
    assert_float_equal(cdf_ks(&z, &near), 1, 0); /* two values, however close */
    cdf_deinit(&x);
    cdf_deinit(&y);
    cdf_deinit(&z);
    cdf_deinit(&same);
    cdf_deinit(&near);
}

static void
nothing_has_no_distribution(void **state)
{
    struct cdf_weighted none[] = { { 1, 0 }, { 2, 0 } };
    const double bounds[] = { 1, 2 };
    struct cdf cdf;
    (void)state;
    cdf_of_values(NULL, 0, &cdf);
    assert_int_equal(cdf.n, 0);
    assert_true(isnan(cdf_quantile(&cdf, 0.5)));
    cdf_deinit(&cdf);
    cdf_of_weighted(none, 2, &cdf);
    assert_int_equal(cdf.n, 0);
    cdf_of_weighted(NULL, 0, &cdf);
    assert_int_equal(cdf.n, 0);
    cdf_of_histogram(NULL, 0, NULL, 0, 1, &cdf);
    assert_int_equal(cdf.n, 0);
    cdf_of_histogram(NULL, 0, bounds, 1, 1, &cdf); /* one bound bounds nothing */
    assert_int_equal(cdf.n, 0);
    cdf_of_histogram(NULL, 0, bounds, 2, 0, &cdf); /* two, and no share between them */
    assert_int_equal(cdf.n, 0);
}

/* ---- weights */

/* A weight of three is a value that is there three times, in whatever order. */
static void
weights_are_repeated_values(void **state)
{
    enum { MOST = 20 };
    (void)state;
    random_state = 4;
    for (int round = 0; round < 200; round++) {
        struct cdf_weighted weighted[MOST];
        double repeated[MOST * 5];
        struct cdf a, b;
        size_t n = 1 + (size_t)(uniform() * MOST), m = 0;
        for (size_t i = 0; i < n; i++) {
            int times = (int)(uniform() * 5);
            weighted[i] = (struct cdf_weighted){ any_value(1 + 2 * round), times / 8.0 };
            for (int k = 0; k < times; k++)
                repeated[m++] = weighted[i].x;
        }
        if (m == 0)
            continue;
        cdf_of_weighted(weighted, n, &a);
        cdf_of_values(repeated, m, &b);
        assert_float_equal(a.points[a.n - 1].upto, 1, 1e-12);
        assert_float_equal(cdf_ks(&a, &b), 0, 1e-12);
        cdf_deinit(&a);
        cdf_deinit(&b);
    }
}

/* ---- histograms */

/* The share up to x, by the definition: of the values above the bounds' part, `rest` of the whole
 * is spread evenly, as much between each two bounds. */
static double
share_by_definition(const struct cdf_weighted *singles, size_t n, const double *bounds, size_t m,
                    double rest, double x, bool with_x)
{
    double sum = 0, total = rest;
    for (size_t i = 0; i < n; i++) {
        total += singles[i].weight;
        if (singles[i].x < x || (with_x && singles[i].x == x))
            sum += singles[i].weight;
    }
    for (size_t i = 0; i + 1 < m; i++) {
        double within = (x - bounds[i]) / (bounds[i + 1] - bounds[i]);
        sum += rest / (double)(m - 1) * fmin(1, fmax(0, within));
    }
    return sum / total;
}

static void
a_histogram_with_frequent_values_is_what_its_definition_says(void **state)
{
    enum { MOST = 12 };
    (void)state;
    random_state = 5;
    for (int round = 0; round < 400; round++) {
        struct cdf_weighted singles[MOST] = { 0 }, kept[MOST];
        double bounds[MOST], rest = uniform() + 0.01;
        struct cdf cdf;
        size_t n = (size_t)(uniform() * MOST), m = 2 + (size_t)(uniform() * (MOST - 2));
        double at = -5;
        for (size_t i = 0; i < m; i++)
            bounds[i] = at += 0.25 + floor(uniform() * 4);
        for (size_t i = 0; i < n; i++) /* between, beyond, and at bounds; all different */
            singles[i] = (struct cdf_weighted){ (double)(i * 7 % MOST) * 2 - 8 + 0.25 * (round % 2),
                                                uniform() };
        memcpy(kept, singles, sizeof singles);
        cdf_of_histogram(singles, n, bounds, m, rest, &cdf);
        assert_is_cdf(&cdf);
        double total = rest;
        for (size_t i = 0; i < n; i++)
            total += kept[i].weight;
        assert_float_equal(cdf.resolution, rest / (double)(m - 1) / total, 1e-12);
        for (size_t i = 0; i < cdf.n; i++) {
            const struct cdf_point *p = &cdf.points[i];
            assert_float_equal(p->below, share_by_definition(kept, n, bounds, m, rest, p->x, false),
                               1e-9);
            assert_float_equal(p->upto, share_by_definition(kept, n, bounds, m, rest, p->x, true),
                               1e-9);
        }
        for (size_t i = 0; i < n + m; i++) { /* and no point is missing */
            double x = i < n ? kept[i].x : bounds[i - n];
            bool is_there = false;
            for (size_t k = 0; k < cdf.n; k++)
                is_there |= cdf.points[k].x == x;
            assert_true(is_there);
        }
        cdf_deinit(&cdf);
    }
}

static void
frequent_values_alone_are_a_distribution(void **state)
{
    struct cdf_weighted singles[] = { { 7, 0.25 }, { -1, 0.25 }, { 3, 0.5 } };
    struct cdf cdf;
    (void)state;
    cdf_of_histogram(singles, 3, NULL, 0, 0.3, &cdf); /* nothing is between no bounds */
    assert_is_cdf(&cdf);
    assert_int_equal(cdf.n, 3);
    assert_float_equal(cdf.resolution, 0, 0);
    assert_float_equal(cdf.points[1].below, 0.25, 1e-12);
    assert_float_equal(cdf.points[1].upto, 0.75, 1e-12);
    assert_float_equal(cdf_quantile(&cdf, 0.5), 3, 0);
    cdf_deinit(&cdf);
}

/* Whole numbers beyond 2^53, and long fractions, are one number here. */
static void
frequent_values_that_are_one_number_are_one_point(void **state)
{
    struct cdf_weighted singles[] = { { 1e18, 0.25 }, { 1e18, 0.25 }, { 3, 0.5 } };
    struct cdf cdf;
    (void)state;
    cdf_of_histogram(singles, 3, NULL, 0, 0, &cdf);
    assert_is_cdf(&cdf);
    assert_float_equal(cdf_ks(&cdf, &cdf), 0, 1e-12);
    cdf_deinit(&cdf);
}

/* What ANALYZE keeps of a million even numbers, and a sample of them. */
static void
a_sample_of_what_a_histogram_tells_is_near_it(void **state)
{
    enum { N = 4000, BOUNDS = 101 };
    double values[N], bounds[BOUNDS];
    struct cdf_weighted single = { 0.5, 0.25 };
    struct cdf a, b;
    (void)state;
    random_state = 6;
    for (int i = 0; i < BOUNDS; i++)
        bounds[i] = sqrt((double)i / (BOUNDS - 1)); /* quantiles of a density of 2x */
    for (int i = 0; i < N; i++)
        values[i] = uniform() < 0.25 ? 0.5 : sqrt(uniform());
    cdf_of_values(values, N, &a);
    cdf_of_histogram(&single, 1, bounds, BOUNDS, 0.75, &b);
    assert_true(cdf_ks(&a, &b) < 1.63 / sqrt(N)); /* 99 of 100 samples */
    assert_float_equal(cdf_quantile(&b, 0.75 * 0.25 + 0.1), 0.5, 1e-9);
    cdf_deinit(&a);
    cdf_deinit(&b);
}

/* A histogram rises where a sample jumps: the largest difference may lie at the points of either.
 */
static void
the_distance_is_the_same_from_either_side(void **state)
{
    const double bounds[] = { 0, 1 };
    double half[] = { 0.5 }, three[] = { 0.25, 0.5, 0.75 };
    struct cdf_weighted none[1];
    struct cdf even, a, b;
    (void)state;
    cdf_of_histogram(none, 0, bounds, 2, 1, &even);
    cdf_of_values(half, 1, &a);
    cdf_of_values(three, 3, &b);
    assert_float_equal(cdf_ks(&even, &a), 0.5, 1e-12);
    assert_float_equal(cdf_ks(&a, &even), 0.5, 1e-12);
    assert_float_equal(cdf_ks(&even, &b), 0.25,
                       1e-12); /* just before the first, or behind the last */
    assert_float_equal(cdf_ks(&b, &even), 0.25, 1e-12);
    cdf_deinit(&even);
    cdf_deinit(&a);
    cdf_deinit(&b);
}

/* ---- quantiles */

static void
below_a_quantile_lies_its_share(void **state)
{
    enum { N = 61 };
    (void)state;
    random_state = 7;
    for (int round = 0; round < 200; round++) {
        double values[N], last = -INFINITY;
        struct cdf cdf;
        for (int i = 0; i < N; i++)
            values[i] = any_value(round);
        cdf_of_values(values, N, &cdf);
        for (int i = 0; i <= 200; i++) {
            double share = i / 200.0, x = cdf_quantile(&cdf, share);
            assert_true(x >= last); /* never back */
            last = x;
            /* up to x there is at least the share, and below x not more than it */
            assert_true(share_of(values, N, x, true) >= share - 1e-9);
            assert_true(share_of(values, N, x, false) <= share + 1e-9);
        }
        assert_true(cdf_quantile(&cdf, 0) == cdf.points[0].x);
        assert_true(cdf_quantile(&cdf, 1) == cdf.points[cdf.n - 1].x);
        cdf_deinit(&cdf);
    }
}

static void
between_two_bounds_a_quantile_lies_where_the_share_says(void **state)
{
    const double bounds[] = { 10, 20, 60 };
    static const struct {
        double share, x;
    } cases[] = { { 0, 10 }, { 0.25, 15 }, { 0.5, 20 }, { 0.75, 40 }, { 0.875, 50 }, { 1, 60 } };
    struct cdf_weighted none[1];
    struct cdf cdf;
    (void)state;
    cdf_of_histogram(none, 0, bounds, 3, 1, &cdf);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_float_equal(cdf_quantile(&cdf, cases[i].share), cases[i].x, 1e-9);
    assert_float_equal(cdf.resolution, 0.5, 1e-12);
    cdf_deinit(&cdf);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_of_values_are_those_that_counting_gives),
        cmocka_unit_test(the_distance_is_what_counting_gives),
        cmocka_unit_test(the_distance_knows_no_scale_and_no_short_cut),
        cmocka_unit_test(values_that_have_nothing_in_common_are_as_far_as_can_be),
        cmocka_unit_test(nothing_has_no_distribution),
        cmocka_unit_test(weights_are_repeated_values),
        cmocka_unit_test(a_histogram_with_frequent_values_is_what_its_definition_says),
        cmocka_unit_test(frequent_values_alone_are_a_distribution),
        cmocka_unit_test(a_sample_of_what_a_histogram_tells_is_near_it),
        cmocka_unit_test(the_distance_is_the_same_from_either_side),
        cmocka_unit_test(below_a_quantile_lies_its_share),
        cmocka_unit_test(between_two_bounds_a_quantile_lies_where_the_share_says),
        cmocka_unit_test(frequent_values_that_are_one_number_are_one_point),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
