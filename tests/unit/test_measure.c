/* SPDX-License-Identifier: PostgreSQL */
#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fidelity/figures.h"
#include "fidelity/time.h"
#include "report/page.h"
#include "unit.h"

static uint64_t state;

static double
uniform(void)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(state >> 11) * 0x1p-53;
}

/* ---- distributions */

static void
the_distance_of_two_samples_is_known(void **unused)
{
    double a[] = { 1, 2, 3, 4 }, b[] = { 3, 4, 5, 6 }, c[] = { 1, 1, 2, 3, 4, 4, 4, 4 };
    struct cdf x, y, z;
    (void)unused;
    cdf_of_values(a, 4, &x);
    cdf_of_values(b, 4, &y);
    cdf_of_values(c, 8, &z);
    assert_float_equal(cdf_ks(&x, &x), 0, 1e-12);
    assert_float_equal(cdf_ks(&x, &y), 0.5, 1e-12);
    assert_float_equal(cdf_ks(&x, &z), 0.25, 1e-12);
    assert_float_equal(cdf_ks(&y, &x), cdf_ks(&x, &y), 1e-12);
    assert_float_equal(cdf_quantile(&x, 0.5), 2, 1e-12);
    cdf_deinit(&x);
    cdf_deinit(&y);
    cdf_deinit(&z);
}

/* What ANALYZE keeps of even numbers: half of them one value, the others between bounds. */
static void
a_histogram_is_what_its_values_are(void **unused)
{
    enum { N = 20000, BOUNDS = 101 };
    double *values = mem_alloc(N * sizeof *values), bounds[BOUNDS];
    struct cdf_weighted single = { 0.3, 0.5 };
    struct cdf a, b;
    (void)unused;
    for (int i = 0; i < N; i++)
        values[i] = i % 2 == 0 ? 0.3 : (double)i / N;
    for (int i = 0; i < BOUNDS; i++)
        bounds[i] = (double)i / (BOUNDS - 1);
    cdf_of_values(values, N, &a);
    cdf_of_histogram(&single, 1, bounds, BOUNDS, 0.5, &b);
    assert_true(cdf_ks(&a, &b) < 0.001);
    assert_float_equal(b.resolution, 0.005, 1e-9);
    assert_float_equal(cdf_quantile(&b, 0.9), 0.8, 0.01);
    cdf_deinit(&a);
    cdf_deinit(&b);
    free(values);
}

/* ---- sketches */

static void
times_are_seconds(void **unused)
{
    static const struct {
        const char *text;
        double seconds;
    } cases[] = {
        { "2000-01-01", 0 },
        { "2000-01-02 00:00:01", 86401 },
        { "2000-03-01T00:00:00", 60 * 86400 },
        { "1999-12-31 23:59:59.5", -0.5 },
        { "2000-01-01 01:00:00+01", 0 },
        { "2000-01-01 00:00:00-02:30", 9000 },
        { "2024-02-29 12:00:00", 762523200 },
    };
    (void)unused;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_true(fabs(time_of_text(cases[i].text, strlen(cases[i].text)) - cases[i].seconds) <
                    1e-6);
    double last = time_of_text("0001-12-31 BC", 13), first = time_of_text("0001-01-01", 10);
    assert_true(fabs(first - last - 86400) < 1e-3);
    assert_true(isnan(time_of_text("infinity", 8)));
    assert_true(isnan(time_of_text("", 0)));
}

static struct cell
number(double x)
{
    return (struct cell){ .kind = CELL_REAL, .real = x };
}

static void
a_sketch_knows_its_rows(void **unused)
{
    enum { N = 200000 };
    const enum sketch_kind kinds[] = { SKETCH_NUMBER, SKETCH_TEXT, SKETCH_NUMBER, SKETCH_NUMBER };
    struct sketch *s = sketch_new(kinds, 4, SKETCH_ROWS);
    struct cdf cdf;
    char text[16];
    (void)unused;
    state = 7;
    for (int i = 0; i < N; i++) {
        double x = uniform();
        int n = snprintf(text, sizeof text, "code%d", i % 40);
        struct cell cells[] = { number(x),
                                { .kind = CELL_TEXT, .data = text, .len = (size_t)n },
                                i % 4 == 0 ? (struct cell){ .kind = CELL_NULL }
                                           : number(x + uniform()),
                                number(uniform()) };
        sketch_add(s, cells, -1);
    }
    sketch_finish(s);
    assert_int_equal(sketch_rows(s), N);
    assert_int_equal(sketch_column(s, 2)->nulls, N / 4);
    assert_int_equal(sketch_column(s, 1)->nvalues, 40);
    assert_int_equal(sketch_column(s, 1)->values[0].rows, N / 40);
    assert_int_equal(sketch_column(s, 0)->nvalues, -1);
    assert_true(fabs(sketch_column(s, 0)->distinct / N - 1) < 0.05);
    sketch_cdf(s, 0, &cdf);
    for (double q = 0.1; q < 1; q += 0.1)
        assert_float_equal(cdf_quantile(&cdf, q), q, 0.02);
    cdf_deinit(&cdf);
    /* two sums of even numbers that share one: 6/pi asin(r/2) of Pearson's r = 1/sqrt(2) */
    assert_float_equal(sketch_correlation(s, 0, 2).r, 0.69, 0.03);
    assert_float_equal(sketch_correlation(s, 0, 2).share, 0.75, 0.02);
    assert_true(fabs(sketch_correlation(s, 0, 3).r) < 0.03);
    sketch_free(s);
}

static double
error_of_pairs(int rows_of_one)
{
    enum { N = 20000 };
    const enum sketch_kind kinds[] = { SKETCH_NUMBER, SKETCH_NUMBER };
    struct sketch *s = sketch_new(kinds, 2, SKETCH_ROWS);
    double x = 0, y = 0;
    int group = 0;
    for (int i = 0; i < N; i++) {
        if (i % rows_of_one == 0) {
            x = uniform();
            y = uniform();
            group = (int)(uniform() * SKETCH_GROUPS);
        }
        const struct cell cells[] = { number(x), number(y) };
        sketch_add(s, cells, group);
    }
    sketch_finish(s);
    double error = sketch_correlation(s, 0, 1).error;
    sketch_free(s);
    return error;
}

/* The standard deviation of the correlation of n independent pairs is 1 / sqrt(n); rows of ten
 * alike tell as much as one. Forty groups know it to a tenth. */
static void
a_correlation_knows_its_error(void **unused)
{
    (void)unused;
    state = 23;
    assert_float_equal(error_of_pairs(1) * sqrt(20000), 1, 0.35);
    assert_float_equal(error_of_pairs(10) * sqrt(2000), 1, 0.35);
}

/* 2,000 roots with ten rows each that are all alike: ten rows tell as much as one. */
static void
rows_that_come_together_tell_less(void **unused)
{
    const enum sketch_kind kinds[] = { SKETCH_NUMBER };
    (void)unused;
    for (int alike = 0; alike <= 1; alike++) {
        struct sketch *s = sketch_new(kinds, 1, SKETCH_ROWS);
        state = 11;
        for (int root = 0; root < 2000; root++) {
            double x = uniform();
            int group = (int)(uniform() * SKETCH_GROUPS);
            for (int i = 0; i < 10; i++) {
                struct cell cell = number(alike ? x : uniform());
                sketch_add(s, &cell, group);
            }
        }
        sketch_finish(s);
        double effect = sketch_column(s, 0)->effect;
        if (alike ? effect < 7 || effect > 22 : effect > 2.5)
            fail_msg("alike %d: %.2f", alike, effect);
        sketch_free(s);
    }
}

/* ---- the bounds */

static double
children_of_one(void)
{
    return floor(-log(uniform()) * 3);
}

/* A twentieth of 20,000 parents, 300 times; and the same with two fifths of the rows of each gone.
 */
static void
ideal_samples_are_within_the_noise_and_thinned_ones_are_not(void **unused)
{
    enum { PARENTS = 20000, MOST = 100, SAMPLES = 300 };
    int *children = mem_alloc(PARENTS * sizeof *children), above_one = 0, found = 0;
    struct cdf_weighted source[MOST] = { 0 };
    struct arena arena = { 0 };
    (void)unused;
    state = 3;
    for (int i = 0; i < MOST; i++)
        source[i].x = i;
    for (int i = 0; i < PARENTS; i++) {
        children[i] = (int)fmin(children_of_one(), MOST - 1);
        source[children[i]].weight++;
    }
    for (int round = 0; round < SAMPLES; round++) {
        struct fidelity f = { .arena = &arena };
        struct cdf_weighted whole[MOST] = { 0 }, thin[MOST] = { 0 };
        struct sampled sampled = { .rows = PARENTS };
        for (int i = 0; i < MOST; i++)
            whole[i].x = thin[i].x = i;
        for (int i = 0; i < PARENTS; i++) {
            int left = 0;
            if (uniform() >= 0.05)
                continue;
            for (int c = 0; c < children[i]; c++)
                left += uniform() < 0.6;
            whole[children[i]].weight++;
            thin[left].weight++;
            sampled.chosen++;
        }
        const struct fanout_side sides[] = { { source, MOST, 0 },
                                             { whole, MOST, 0 },
                                             { thin, MOST, 0 } };
        fidelity_add_fanout(&f, FIGURE_FANOUT, "whole", &sides[0], &sides[1], 1, &sampled, 0, true);
        fidelity_add_fanout(&f, FIGURE_FANOUT, "thinned", &sides[0], &sides[2], 1, &sampled, 0,
                            true);
        fidelity_add_fanout(&f, FIGURE_FANOUT, "as expected", &sides[0], &sides[2], 0.6, &sampled,
                            0, true);
        assert_true(f.items[0].excess < 2 && f.items[2].excess < 2);
        above_one += f.items[0].excess > 1;
        found += f.items[1].excess > 2;
        fidelity_deinit(&f);
    }
    assert_true(above_one <= SAMPLES / 20);
    assert_true(found >= SAMPLES * 19 / 20);
    arena_deinit(&arena);
    free(children);
}

static void
the_worst_figure_is_told_first(void **unused)
{
    struct arena arena = { 0 };
    struct fidelity f = { .arena = &arena };
    struct measured source = {
        .is_known = true, .rows = 1000, .null_share = 0.1, .effect = 1, .null_effect = 1
    };
    struct measured copy = source;
    const struct sampled sampled = { .rows = 10000, .chosen = 1000, .there = 1000 };
    (void)unused;
    fidelity_add_rows(&f, "t", 100, 100);
    fidelity_add_column(&f, "t.same", &source, &copy, &sampled, SKETCH_OTHER);
    assert_null(fidelity_judge(&f, 3));
    copy.null_share = 0.2;
    fidelity_add_column(&f, "t.doubled", &source, &copy, &sampled, SKETCH_OTHER);
    assert_string_equal(fidelity_judge(&f, 3)->object, "t.doubled");
    fidelity_add_rows(&f, "t.lost", 100, 99);
    assert_string_equal(fidelity_judge(&f, 3)->object, "t.lost");
    source.is_known = false;
    fidelity_add_column(&f, "t.unknown", &source, &copy, &sampled, SKETCH_OTHER);
    fidelity_judge(&f, 3);
    assert_int_equal(f.items[f.n - 1].verdict, FIDELITY_UNKNOWN);
    fidelity_deinit(&f);
    arena_deinit(&arena);
}

/* ---- the page */

static void
the_page_allows_its_own_style_alone(void **unused)
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    char text[64];
    (void)unused;
    assert_true(sodium_init() >= 0);
    crypto_hash_sha256(hash, (const unsigned char *)page_style, strlen(page_style));
    sodium_bin2base64(text, sizeof text, hash, sizeof hash, sodium_base64_VARIANT_ORIGINAL);
    assert_string_equal(page_style_hash, text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_distance_of_two_samples_is_known),
        cmocka_unit_test(a_histogram_is_what_its_values_are),
        cmocka_unit_test(times_are_seconds),
        cmocka_unit_test(a_sketch_knows_its_rows),
        cmocka_unit_test(a_correlation_knows_its_error),
        cmocka_unit_test(rows_that_come_together_tell_less),
        cmocka_unit_test(ideal_samples_are_within_the_noise_and_thinned_ones_are_not),
        cmocka_unit_test(the_worst_figure_is_told_first),
        cmocka_unit_test(the_page_allows_its_own_style_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
