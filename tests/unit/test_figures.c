/* SPDX-License-Identifier: PostgreSQL */
/* Figures of a copy: distances and floors are those of the published formulas, ideal samples stay
 * within them, and others do not. */
#include "fidelity/figures.h"

#include <math.h>

#include "unit.h"

static uint64_t random_state;

static double
uniform(void)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(random_state >> 11) * 0x1p-53;
}

static struct arena arena;

static int
end_arena(void **state)
{
    (void)state;
    arena_deinit(&arena);
    return 0;
}

static struct measured
known(double rows, double null_share)
{
    return (struct measured){ .is_known = true,
                              .rows = rows,
                              .null_share = null_share,
                              .placed = 1 - null_share,
                              .effect = 1,
                              .null_effect = 1,
                              .value_effect = 1 };
}

static struct sampled
sample_of(double chosen, double rows)
{
    return (struct sampled){ .rows = rows, .chosen = chosen, .there = chosen };
}

static const struct figure *
find(const struct fidelity *f, enum figure_kind kind)
{
    for (size_t i = 0; i < f->n; i++)
        if (f->items[i].kind == kind)
            return &f->items[i];
    return NULL;
}

/* f of the header: n rows out of N, and n_eff = n / design effect. */
static double
noise_of(double n, double rows, double effect)
{
    return sqrt((1 - n / rows) / (n / effect));
}

/* ---- formulas */

/* "a share q: 1.96 f sqrt(q (1 - q))"; of rare values a row or two more are none. */
static void
the_floor_of_a_share_is_that_of_the_formula(void **state)
{
    static const struct {
        double n, rows, q, seen, effect;
    } cases[] = {
        { 1000, 10000, 0.25, 0.2, 1 }, { 1000, 10000, 0.25, 0.3, 9 },   { 5000, 1e6, 0.5, 0.49, 1 },
        { 200, 400, 0.9, 0.95, 2 },    { 100000, 1e7, 0.01, 0.012, 4 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fidelity f = { .arena = &arena };
        struct measured source = known(cases[i].rows, cases[i].q),
                        copy = known(cases[i].n, cases[i].seen);
        const struct sampled table = sample_of(cases[i].n, cases[i].rows);
        copy.null_effect = cases[i].effect;
        fidelity_add_column(&f, "t.c", &source, &copy, &table, SKETCH_OTHER);
        double floor = 1.96 * noise_of(cases[i].n, cases[i].rows, cases[i].effect) *
                       sqrt(cases[i].q * (1 - cases[i].q));
        assert_int_equal(f.n, 1);
        assert_int_equal(f.items[0].kind, FIGURE_NULLS);
        assert_float_equal(f.items[0].source, cases[i].q, 0);
        assert_float_equal(f.items[0].copy, cases[i].seen, 0);
        assert_float_equal(f.items[0].distance, fabs(cases[i].q - cases[i].seen), 1e-12);
        assert_in_range((int)(1e6 * (f.items[0].floor - floor)), 0, (int)(3e6 / cases[i].n));
        assert_float_equal(f.items[0].excess, f.items[0].distance / f.items[0].floor, 1e-12);
        fidelity_deinit(&f);
    }
}

/* "distributions: 1.36 f in the distance of Kolmogorov and Smirnov"; "what ANALYZE knows from a
 * sample of its own has a floor, too, which is added in squares" */
static void
the_floor_of_a_distribution_is_that_of_the_formula(void **state)
{
    static const struct {
        double n, rows, effect, basis, nulls;
        double sample; /* rows of the source that its distribution rests on */
    } cases[] = {
        { 1000, 10000, 1, 0, 0, 0 },    { 1000, 10000, 5, 0, 0, 0 },
        { 1000, 1e6, 1, 30000, 0, 0 },  { 1000, 10000, 1, 0, 0.5, 0 },
        { 4000, 1e6, 2, 3000, 0.2, 0 }, { 1000, 10000, 1, 0, 0, 2000 },
    };
    double a[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 }, b[] = { 1, 2, 3, 4, 5, 6, 7, 10, 10, 10 };
    struct cdf x, y;
    (void)state;
    cdf_of_values(a, 10, &x);
    cdf_of_values(b, 10, &y);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fidelity f = { .arena = &arena };
        double there = 1 - cases[i].nulls;
        struct measured source = known(cases[i].rows, cases[i].nulls),
                        copy = known(cases[i].n, cases[i].nulls);
        const struct sampled table = sample_of(cases[i].n, cases[i].rows);
        copy.effect = cases[i].effect;
        source.basis = cases[i].basis;
        source.sample = cases[i].sample;
        source.cdf = x;
        copy.cdf = y;
        fidelity_add_column(&f, "t.c", &source, &copy, &table, SKETCH_NUMBER);
        const struct figure *numbers = find(&f, FIGURE_NUMBERS);
        assert_non_null(numbers);
        double squares = (1 - cases[i].n / cases[i].rows) / (cases[i].n * there / cases[i].effect);
        if (cases[i].basis > 0)
            squares += 1 / (cases[i].basis * there);
        if (cases[i].sample > 0)
            squares += 1 / (cases[i].sample * there);
        assert_float_equal(numbers->distance, 0.2, 1e-12);
        assert_float_equal(numbers->floor, 1.36 * sqrt(squares), 1e-9);
        assert_float_equal(numbers->source, 5, 1e-9); /* the median */
        fidelity_deinit(&f);
    }
    cdf_deinit(&x);
    cdf_deinit(&y);
}

/* Half the sum of all differences: what Gini and Simpson call total variation. What the source does
 * not list is one more value. */
static void
the_distance_of_shares_is_their_total_variation(void **state)
{
    struct measured_value a[] = { { "x", 0.5 }, { "y", 0.3 }, { "z", 0.1 } };
    struct measured_value b[] = { { "z", 0.3 }, { "x", 0.4 }, { "y", 0.1 }, { "new", 0.2 } };
    struct fidelity f = { .arena = &arena };
    struct measured source = known(1e5, 0), copy = known(2000, 0);
    const struct sampled table = sample_of(2000, 1e5);
    (void)state;
    source.values = a;
    source.nvalues = 3;
    copy.values = b;
    copy.nvalues = 4;
    copy.has_all_values = true;
    fidelity_add_column(&f, "t.c", &source, &copy, &table, SKETCH_TEXT);
    const struct figure *values = find(&f, FIGURE_VALUES);
    assert_non_null(values);
    assert_float_equal(values->distance, (0.1 + 0.2 + 0.2 + 0.1) / 2, 1e-12);
    double sum = sqrt(0.5 * 0.5) + sqrt(0.3 * 0.7) + sqrt(0.1 * 0.9) + sqrt(0.1 * 0.9);
    double floor = 2 * 0.40 * noise_of(2000, 1e5, 1) * sum;
    assert_true(values->floor >= floor - 1e-9 && values->floor <= floor + 3.0 / 2000);
    const struct figure *coverage = find(&f, FIGURE_COVERAGE);
    assert_true(coverage->source == 3 && coverage->copy == 3 && coverage->excess == 0);
    fidelity_deinit(&f);
}

static void
a_value_that_is_gone_is_bad_where_many_rows_were_expected(void **state)
{
    static const struct {
        double share;
        bool is_bad;
    } cases[] = { { 0.0005, false }, { 0.009, false }, { 0.011, true }, { 0.4, true } };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fidelity f = { .arena = &arena };
        struct measured_value a[] = { { "x", 1 - cases[i].share }, { "gone", cases[i].share } };
        struct measured_value b[] = { { "x", 1 } };
        struct measured source = known(1e5, 0), copy = known(2000, 0);
        const struct sampled table = sample_of(2000, 1e5); /* 20 rows are 0.01 */
        source.values = a;
        source.nvalues = 2;
        copy.values = b;
        copy.nvalues = 1;
        copy.has_all_values = true;
        fidelity_add_column(&f, "t.c", &source, &copy, &table, SKETCH_TEXT);
        fidelity_judge(&f, 3);
        const struct figure *coverage = find(&f, FIGURE_COVERAGE);
        assert_int_equal(coverage->verdict, cases[i].is_bad ? FIDELITY_BAD : FIDELITY_HOLDS);
        assert_float_equal(coverage->copy, 1, 0);
        fidelity_deinit(&f);
    }
}

/* "1.96 f (1 - r^2), or 1.96 times its error by the jackknife if that is more" */
static void
the_floor_of_a_correlation_is_that_of_the_formula(void **state)
{
    static const struct {
        double r, error, effect, share, source_sample;
    } cases[] = {
        { 0.5, 0, 1, 1, 0 },   { 0.5, 0.2, 1, 1, 0 },      { -0.8, 0.01, 1, 1, 0 },
        { 0.1, 0, 4, 0.5, 0 }, { 0.3, 0.001, 1, 1, 5000 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fidelity f = { .arena = &arena };
        const struct pair pair = { .source = { cases[i].r, 1, 0 },
                                   .copy = { cases[i].r - 0.1, cases[i].share, cases[i].error },
                                   .source_sample = cases[i].source_sample,
                                   .effect = cases[i].effect };
        const struct sampled table = sample_of(1000, 50000);
        fidelity_add_pair(&f, "t.a ~ b", &pair, &table);
        double shape = 1 - cases[i].r * cases[i].r;
        double formula =
            sqrt((1 - 1000 / 50000.0) / (1000 * cases[i].share / cases[i].effect)) * shape;
        double own = cases[i].source_sample > 0 ? shape * shape / cases[i].source_sample : 0;
        double noise = fmax(formula, cases[i].error);
        assert_int_equal(f.n, 1);
        assert_float_equal(f.items[0].distance, 0.1, 1e-12);
        assert_float_equal(f.items[0].floor, 1.96 * sqrt(noise * noise + own), 1e-9);
        fidelity_deinit(&f);
    }
}

static void
correlations_that_nobody_knows_are_left_out(void **state)
{
    static const struct pair pairs[] = {
        { .source = { NAN, 1, 0 }, .copy = { 0.5, 1, 0 }, .effect = 1 },
        { .source = { 0.5, 1, 0 }, .copy = { NAN, 1, 0 }, .effect = 1 },
        { .source = { 0.5, 1, 0 }, .copy = { 0.5, 0.09, 0 }, .effect = 1 }, /* 90 rows have both */
    };
    const struct sampled table = sample_of(1000, 50000);
    struct fidelity f = { .arena = &arena };
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        fidelity_add_pair(&f, "t.a ~ b", &pairs[i], &table);
    assert_int_equal(f.n, 0);
    fidelity_deinit(&f);
}

/* "Rows that are there for their keys or their values, and not by chance, may move a share by as
 * much as their own; so much of a distance is forgiven." */
static void
rows_that_chance_did_not_choose_may_move_a_share(void **state)
{
    static const struct {
        double there, distance;
    } cases[] = { { 1000, 0.15 }, { 1000 / 0.9, 0.05 }, { 1000 / 0.84, 0 } };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fidelity f = { .arena = &arena };
        struct measured source = known(10000, 0.25), copy = known(1000, 0.4);
        const struct sampled table = { .rows = 10000, .chosen = 1000, .there = cases[i].there };
        fidelity_add_column(&f, "t.c", &source, &copy, &table, SKETCH_OTHER);
        assert_float_equal(fmax(0, f.items[0].distance), cases[i].distance, 1e-9);
        assert_true((f.items[0].excess > 0) == (cases[i].distance > 0));
        fidelity_deinit(&f);
    }
}

static void
changes_since_analyze_are_forgiven(void **state)
{
    struct fidelity f = { .arena = &arena };
    struct measured source = known(10000, 0.25), copy = known(1000, 0.4);
    const struct sampled table = sample_of(1000, 10000);
    (void)state;
    source.stale = 0.1;
    fidelity_add_column(&f, "t.c", &source, &copy, &table, SKETCH_OTHER);
    assert_float_equal(f.items[0].distance, 0.05, 1e-9);
    fidelity_deinit(&f);
}

/* ---- what cannot be compared */

static void
a_column_that_cannot_be_compared_says_why(void **state)
{
    static const struct {
        bool is_known;
        double chosen, there;
    } cases[] = { { false, 1000, 1000 }, { true, 99, 99 }, { true, 1000, 1300 }, { true, 0, 0 } };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fidelity f = { .arena = &arena };
        struct measured source = known(10000, 0.25), copy = known(1000, 0.9);
        const struct sampled table = { 10000, cases[i].chosen, cases[i].there };
        source.is_known = cases[i].is_known;
        fidelity_add_column(&f, "t.c", &source, &copy, &table, SKETCH_NUMBER);
        assert_null(fidelity_judge(&f, 3));
        assert_int_equal(f.n, 1);
        assert_int_equal(f.items[0].verdict, FIDELITY_UNKNOWN);
        assert_non_null(f.items[0].note);
        assert_true(isnan(f.items[0].excess) && isnan(f.items[0].distance));
        fidelity_deinit(&f);
    }
}

/* Its NULLs are compared all the same. */
static void
a_column_of_few_values_that_are_not_null_has_no_distribution(void **state)
{
    double values[] = { 1, 2 };
    struct cdf cdf;
    (void)state;
    cdf_of_values(values, 2, &cdf);
    for (double nulls = 0.5; nulls < 1; nulls += 0.45) { /* 1,000 and 100 rows: half, and 5 % */
        struct fidelity f = { .arena = &arena };
        struct measured source = known(10000, nulls), copy = known(1000, nulls);
        const struct sampled table = sample_of(1000, 10000);
        source.cdf = copy.cdf = cdf;
        fidelity_add_column(&f, "t.c", &source, &copy, &table, SKETCH_TIME);
        assert_non_null(find(&f, FIGURE_NULLS));
        assert_true((find(&f, FIGURE_TIMES) != NULL) == (nulls < 0.9));
        assert_null(find(&f, FIGURE_NUMBERS));
        fidelity_deinit(&f);
    }
    cdf_deinit(&cdf);
}

/* ---- rows and sizes */

/* "Rows that were chosen and rows that are there are compared exactly: one that is lost is found."
 */
static void
one_row_too_few_or_too_many_is_found(void **state)
{
    static const struct {
        int64_t chosen, there;
        bool is_bad;
    } cases[] = {
        { 0, 0, false },
        { 100, 100, false },
        { 100, 99, true },
        { 100, 101, true },
        { 0, 1, true },
        { 1, 0, true },
        { INT64_C(3000000000), INT64_C(3000000000) - 1, true },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fidelity f = { .arena = &arena };
        fidelity_add_rows(&f, "s.t", cases[i].chosen, cases[i].there);
        const struct figure *bad = fidelity_judge(&f, 1e9); /* whatever the gate */
        assert_true((bad != NULL) == cases[i].is_bad);
        assert_float_equal(f.items[0].source, (double)cases[i].chosen, 0);
        assert_float_equal(f.items[0].copy, (double)cases[i].there, 0);
        fidelity_deinit(&f);
    }
}

static void
sizes_are_told_and_stop_nothing(void **state)
{
    struct fidelity f = { .arena = &arena };
    const struct sampled table = sample_of(3000, 10000), few = sample_of(90, 99 / 0.1);
    (void)state;
    fidelity_add_size(&f, "s.t", 0.1, &table, 0.01 * 0.01);
    fidelity_add_size(&f, "s.few", 0.1, &few, 1);
    assert_null(fidelity_judge(&f, 3));
    assert_float_equal(f.items[0].distance, 2, 1e-9); /* three times as many */
    assert_float_equal(f.items[0].floor, 0.0196, 1e-9);
    assert_int_equal(f.items[0].verdict, FIDELITY_BAD);
    assert_true(f.items[0].is_told);
    assert_float_equal(f.items[0].source, 0.1, 0);
    assert_float_equal(f.items[0].copy, 0.3, 1e-12);
    assert_string_equal(f.items[1].object, "s.few");
    assert_int_equal(f.items[1].verdict, FIDELITY_UNKNOWN);
    fidelity_deinit(&f);
}

static void
the_ten_largest_are_told_where_they_have_enough_rows(void **state)
{
    struct fidelity f = { .arena = &arena };
    (void)state;
    fidelity_add_top(&f, "a", NAN, 0.5, 1e6, 1);
    fidelity_add_top(&f, "a", 0.5, NAN, 1e6, 1);
    assert_int_equal(f.n, 0);
    fidelity_add_top(&f, "few", 0.5, 0.1, 1999, 1);
    assert_int_equal(f.items[0].verdict, FIDELITY_UNKNOWN);
    fidelity_add_top(&f, "many", 0.5, 0.1, 2000, 4);
    assert_null(fidelity_judge(&f, 3));
    assert_string_equal(f.items[0].object, "many");
    assert_float_equal(f.items[0].floor, 1.96 * sqrt(0.25 * 4 / 2000), 1e-9);
    assert_int_equal(f.items[0].verdict, FIDELITY_BAD);
    fidelity_deinit(&f);
}

/* ---- rows of one parent */

static void
fanouts_are_compared_by_the_shares_of_parents(void **state)
{
    const struct cdf_weighted a[] = { { 0, 50 }, { 1, 30 }, { 2, 20 } },
                              b[] = { { 0, 300 }, { 1, 500 }, { 2, 200 } };
    const struct fanout_side source = { a, 3, 0.7 }, copy = { b, 3, 0.9 };
    const struct sampled parents = sample_of(1000, 20000), few = sample_of(99, 20000);
    struct fidelity f = { .arena = &arena };
    (void)state;
    fidelity_add_fanout(&f, FIGURE_FANOUT, "k", &source, &copy, 1, &parents, 0, true);
    fidelity_add_fanout(&f, FIGURE_FANOUT, "stale", &source, &copy, 1, &parents, 0.15, true);
    fidelity_add_fanout(&f, FIGURE_FANOUT, "few", &source, &copy, 1, &few, 0, true);
    fidelity_add_fanout(&f, FIGURE_FANOUT, "together", &source, &copy, 1, &parents, 0, false);
    assert_float_equal(f.items[0].distance, 0.2, 1e-9); /* 0.5 and 0.3 have none */
    assert_float_equal(f.items[0].floor, 1.36 * noise_of(1000, 20000, 1), 1e-9);
    assert_float_equal(f.items[0].source, 0.7, 0);
    assert_float_equal(f.items[0].copy, 0.9, 0);
    assert_float_equal(f.items[1].distance, 0.05, 1e-9);
    assert_int_equal(f.items[2].verdict, FIDELITY_UNKNOWN);
    assert_true(!f.items[0].is_told && f.items[3].is_told);
    assert_string_equal(fidelity_judge(&f, 3)->object, "k");
    fidelity_deinit(&f);
}

/* Of parents with four rows each, of which a quarter stays: binomial shares. */
static void
thinned_fanouts_are_compared_with_what_is_left_of_each(void **state)
{
    const struct cdf_weighted four[] = { { 4, 1 } };
    struct cdf_weighted left[5];
    static const double choose[] = { 1, 4, 6, 4, 1 };
    for (int k = 0; k <= 4; k++)
        left[k] = (struct cdf_weighted){ k, choose[k] * pow(0.25, k) * pow(0.75, 4 - k) };
    const struct fanout_side source = { four, 1, 4 }, copy = { left, 5, 1 };
    const struct sampled parents = sample_of(1000, 20000);
    struct fidelity f = { .arena = &arena };
    (void)state;
    fidelity_add_fanout(&f, FIGURE_FANOUT, "thin", &source, &copy, 0.25, &parents, 0, true);
    fidelity_add_fanout(&f, FIGURE_FANOUT, "whole", &source, &copy, 1, &parents, 0, true);
    assert_float_equal(f.items[0].distance, 0, 1e-9);
    assert_true(f.items[0].is_told && !f.items[1].is_told);
    assert_non_null(f.items[0].note);
    assert_true(f.items[1].distance > 0.9);
    fidelity_deinit(&f);
}

/* Along a key that is no owner's: what a sample cannot keep is not judged, and what it keeps all
 * the same is told. */
static void
other_keys_are_not_judged(void **state)
{
    const struct cdf_weighted four[] = { { 4, 100 } };
    const struct cdf_weighted thin[] = { { 0, 80 }, { 1, 18 }, { 2, 2 } };
    const struct fanout_side whole = { four, 1, 4 }, left = { thin, 3, 0.22 };
    const struct sampled parents = sample_of(1000, 20000);
    struct fidelity f = { .arena = &arena };
    (void)state;
    fidelity_add_fanout(&f, FIGURE_CROSS, "thinned", &whole, &left, 0.05, &parents, 0, true);
    fidelity_add_fanout(&f, FIGURE_CROSS, "kept", &whole, &whole, 0.05, &parents, 0, true);
    assert_null(fidelity_judge(&f, 3));
    for (size_t i = 0; i < f.n; i++) {
        const struct figure *figure = &f.items[i];
        bool is_kept = strcmp(figure->object, "kept") == 0;
        assert_int_equal(figure->verdict, FIDELITY_UNKNOWN);
        assert_non_null(strstr(figure->note, is_kept ? "preserved: both sides" : "not preserved"));
        if (!is_kept) /* a twentieth of four rows */
            assert_non_null(strstr(figure->note, "0.2"));
    }
    fidelity_deinit(&f);
}

/* ---- ideal samples and others */

enum { POPULATION = 8000, SAMPLE = 400, ROUNDS = 300, MOST_FIGURES = 8 };

struct row {
    bool is_null;
    double number, other;
    int code;
};

/* A row of the population; with `bend`, one of another. */
static struct row
draw(double bend)
{
    static const double codes[] = { 0.5, 0.8, 0.95, 1 };
    struct row row = { .is_null = uniform() < 0.2 + 0.15 * bend };
    double u = uniform();
    while (u > codes[row.code])
        row.code++;
    if (bend > 0 && row.code == 0 && uniform() < 0.4)
        row.code = 1;
    row.number = -log(uniform()) * (1 + bend);
    row.other = row.number * (1 - bend) + uniform();
    return row;
}

static void
measure(const struct row *rows, int n, const bool *in, struct measured out[2],
        struct rank_correlation *pair, double *chosen)
{
    const enum sketch_kind kinds[] = { SKETCH_NUMBER, SKETCH_TEXT, SKETCH_NUMBER };
    static const char *const names[] = { "a", "b", "c", "d" };
    struct sketch *s = sketch_new(kinds, 3, SKETCH_ROWS);
    for (int i = 0; i < n; i++) {
        const struct cell cells[] = { rows[i].is_null ? (struct cell){ .kind = CELL_NULL }
                                                      : (struct cell){ .kind = CELL_REAL,
                                                                       .real = rows[i].number },
                                      { .kind = CELL_TEXT, .data = names[rows[i].code], .len = 1 },
                                      { .kind = CELL_REAL, .real = rows[i].other } };
        if (in == NULL || in[i])
            sketch_add(s, cells, -1);
    }
    sketch_finish(s);
    for (int c = 0; c < 2; c++)
        measured_of_sketch(s, c, &arena, &out[c]);
    *pair = sketch_correlation(s, 0, 2);
    *chosen = (double)sketch_rows(s);
    sketch_free(s);
}

/* Excess by kind of a copy of rows that chance chose of `rows`, beside `source`. */
static void
judge_sample(const struct row *rows, const struct measured source[2],
             const struct rank_correlation *source_pair, double excess[FIGURE_COUNT])
{
    static bool in[POPULATION];
    struct measured copy[2];
    struct pair pair = { .source = *source_pair, .effect = 1 };
    struct sampled table = { .rows = POPULATION };
    struct fidelity f = { .arena = &arena };
    for (int i = 0; i < POPULATION; i++)
        in[i] = uniform() < (double)SAMPLE / POPULATION;
    measure(rows, POPULATION, in, copy, &pair.copy, &table.chosen);
    table.there = table.chosen;
    fidelity_add_column(&f, "t.number", &source[0], &copy[0], &table, SKETCH_NUMBER);
    fidelity_add_column(&f, "t.code", &source[1], &copy[1], &table, SKETCH_TEXT);
    fidelity_add_pair(&f, "t.number ~ other", &pair, &table);
    for (int k = 0; k < FIGURE_COUNT; k++)
        excess[k] = NAN;
    for (size_t i = 0; i < f.n; i++)
        if (strcmp(f.items[i].object, "t.code") != 0 || f.items[i].kind != FIGURE_NULLS)
            excess[f.items[i].kind] = f.items[i].excess;
    fidelity_deinit(&f);
    measured_deinit(&copy[0]);
    measured_deinit(&copy[1]);
}

/* "above 1 in one of 20 cases by chance, above 2 in fewer than one of a million" */
static void
ideal_samples_are_within_the_noise_in_every_figure(void **state)
{
    static const enum figure_kind kinds[] = { FIGURE_NULLS, FIGURE_NUMBERS, FIGURE_VALUES,
                                              FIGURE_PAIRS };
    struct row *rows = mem_alloc(2 * POPULATION * sizeof *rows);
    struct measured source[2];
    struct rank_correlation pair;
    double all, excess[FIGURE_COUNT];
    int above[FIGURE_COUNT] = { 0 }, found[FIGURE_COUNT] = { 0 };
    (void)state;
    random_state = 31;
    for (int i = 0; i < 2 * POPULATION; i++)
        rows[i] = draw(i < POPULATION ? 0 : 1);
    measure(rows, POPULATION, NULL, source, &pair, &all);
    for (int round = 0; round < ROUNDS; round++) {
        judge_sample(rows, source, &pair, excess);
        for (int k = 0; k < 4; k++) {
            assert_false(isnan(excess[kinds[k]]));
            if (excess[kinds[k]] > 2)
                fail_msg("%s: %g", figure_name(kinds[k]), excess[kinds[k]]);
            above[kinds[k]] += excess[kinds[k]] > 1;
        }
        if (round % 10 != 0)
            continue;
        judge_sample(rows + POPULATION, source, &pair, excess); /* of another population */
        for (int k = 0; k < 4; k++)
            found[kinds[k]] += excess[kinds[k]] > 2;
    }
    for (int k = 0; k < 4; k++) {
        if (above[kinds[k]] > ROUNDS / 10) /* 15 and four standard deviations are 30 */
            fail_msg("%s: %d of %d above 1", figure_name(kinds[k]), above[kinds[k]], ROUNDS);
        if (found[kinds[k]] < ROUNDS / 10 * 9 / 10)
            fail_msg("%s: %d of %d found", figure_name(kinds[k]), found[kinds[k]], ROUNDS / 10);
    }
    measured_deinit(&source[0]);
    measured_deinit(&source[1]);
    free(rows);
}

/* "valid until infinity": of such a column few rows have a place on the line, and only they are
 * compared. So few vary by more than all rows would. */
static void
ideal_samples_of_mostly_infinite_times_are_within_the_noise(void **state)
{
    enum { PARTS = 20 };
    static const enum sketch_kind kind = SKETCH_TIME;
    struct sketch *whole = sketch_new(&kind, 1, SKETCH_ROWS), *samples[PARTS];
    struct measured source;
    char text[32];
    (void)state;
    random_state = 41;
    for (int k = 0; k < PARTS; k++)
        samples[k] = sketch_new(&kind, 1, SKETCH_ROWS);
    for (int i = 0; i < POPULATION; i++) {
        int n =
            snprintf(text, sizeof text, i % 20 > 0 ? "infinity" : "20%02d-%02d-%02d",
                     (int)(uniform() * 30), 1 + (int)(uniform() * 12), 1 + (int)(uniform() * 28));
        const struct cell cell = { .kind = CELL_TEXT, .data = text, .len = (size_t)n };
        sketch_add(whole, &cell, -1);
        sketch_add(samples[(int)(uniform() * PARTS)], &cell, -1);
    }
    sketch_finish(whole);
    measured_of_sketch(whole, 0, &arena, &source);
    int bad = 0;
    for (int k = 0; k < PARTS; k++) {
        struct fidelity f = { .arena = &arena };
        struct measured copy;
        sketch_finish(samples[k]);
        const struct sampled table = sample_of((double)sketch_rows(samples[k]), POPULATION);
        measured_of_sketch(samples[k], 0, &arena, &copy);
        fidelity_add_column(&f, "t.valid_until", &source, &copy, &table, SKETCH_TIME);
        const struct figure *times = find(&f, FIGURE_TIMES);
        bad += times != NULL && times->excess > 2;
        measured_deinit(&copy);
        sketch_free(samples[k]);
        fidelity_deinit(&f);
    }
    measured_deinit(&source);
    sketch_free(whole);
    assert_int_equal(bad, 0);
}

/* ---- verdicts */

static void
figures_are_ordered_by_excess_and_then_by_name(void **state)
{
    struct fidelity f = { .arena = &arena };
    (void)state;
    fidelity_add_unknown(&f, FIGURE_PAIRS, "z", "why");
    fidelity_add_rows(&f, "c", 10, 9);
    fidelity_add_rows(&f, "y", 10, 10);
    fidelity_add_rows(&f, "a", 10, 8);
    fidelity_add_unknown(&f, FIGURE_PAIRS, "b", "why");
    fidelity_add_rows(&f, "x", 10, 10);
    assert_string_equal(fidelity_judge(&f, 3)->object, "a");
    static const char *const order[] = { "a", "c", "x", "y", "b", "z" };
    for (int i = 0; i < 6; i++)
        assert_string_equal(f.items[i].object, order[i]);
    assert_string_equal(fidelity_judge(&f, 3)->object, "a"); /* once more, the same */
    fidelity_deinit(&f);
}

/* The gate: an excess of exactly the bound holds. */
static void
the_bound_decides_what_is_bad(void **state)
{
    static const struct {
        double bound;
        bool is_bad;
    } cases[] = { { 1, true }, { 1.999, true }, { 2, false }, { 3, false }, { INFINITY, false } };
    const struct cdf_weighted a[] = { { 0, 1 } }, b[] = { { 0, 3 }, { 1, 1 } };
    const struct fanout_side source = { a, 1, 0 }, copy = { b, 2, 0.25 };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fidelity f = { .arena = &arena };
        const struct sampled parents = sample_of(118.3744, INFINITY); /* 1.36 f = 0.125 */
        fidelity_add_fanout(&f, FIGURE_FANOUT, "k", &source, &copy, 1, &parents, 0, true);
        assert_float_equal(f.items[0].excess, 2, 1e-9);
        f.items[0].excess = 2;
        assert_true((fidelity_judge(&f, cases[i].bound) != NULL) == cases[i].is_bad);
        assert_int_equal(f.items[0].verdict, cases[i].is_bad ? FIDELITY_BAD : FIDELITY_HOLDS);
        fidelity_deinit(&f);
    }
}

static void
what_is_only_told_stops_nothing(void **state)
{
    struct fidelity f = { .arena = &arena };
    (void)state;
    fidelity_add_rows(&f, "stops", 10, 10);
    fidelity_add_rows(&f, "told", 10, 9);
    fidelity_add_unknown(&f, FIGURE_PAIRS, "unknown", "why");
    fidelity_tell(&f, 1);
    assert_int_equal(f.n, 2); /* "those that are not known are left out" */
    assert_true(!f.items[0].is_told && f.items[1].is_told);
    assert_null(fidelity_judge(&f, 3));
    assert_string_equal(f.items[0].object, "told");
    assert_int_equal(f.items[0].verdict, FIDELITY_BAD);
    fidelity_tell(&f, 2);
    assert_int_equal(f.n, 2);
    fidelity_deinit(&f);
}

/* A query is told as a share; nobody says what it should be. */
static void
canaries_are_told_as_a_share_of_the_source(void **state)
{
    struct fidelity f = { .arena = &arena };
    (void)state;
    fidelity_add_canary(&f, "select sum(x) from s.t", 0.05);
    fidelity_add_canary(&f, "select 1", NAN);
    assert_null(fidelity_judge(&f, 0.001));
    for (size_t i = 0; i < 2; i++) {
        bool is_first = f.items[i].object[7] == 's';
        assert_int_equal(f.items[i].kind, FIGURE_CANARY);
        assert_int_equal(f.items[i].verdict, FIDELITY_UNKNOWN);
        assert_float_equal(f.items[i].source, 1, 0);
        assert_true(is_first ? f.items[i].copy == 0.05 : isnan(f.items[i].copy));
    }
    fidelity_deinit(&f);
}

static void
every_kind_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (int a = 0; a < FIGURE_COUNT; a++)
        for (int b = 0; b < a; b++)
            assert_string_not_equal(figure_name((enum figure_kind)a),
                                    figure_name((enum figure_kind)b));
}

/* The object's name may be of the caller's stack. */
static void
names_are_kept(void **state)
{
    struct fidelity f = { .arena = &arena };
    char name[] = "s.t.c";
    (void)state;
    fidelity_add_rows(&f, name, 1, 1);
    memset(name, 'x', sizeof name - 1);
    assert_string_equal(f.items[0].object, "s.t.c");
    fidelity_deinit(&f);
    assert_int_equal(f.n, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_floor_of_a_share_is_that_of_the_formula),
        cmocka_unit_test(the_floor_of_a_distribution_is_that_of_the_formula),
        cmocka_unit_test(the_distance_of_shares_is_their_total_variation),
        cmocka_unit_test(a_value_that_is_gone_is_bad_where_many_rows_were_expected),
        cmocka_unit_test(the_floor_of_a_correlation_is_that_of_the_formula),
        cmocka_unit_test(correlations_that_nobody_knows_are_left_out),
        cmocka_unit_test(rows_that_chance_did_not_choose_may_move_a_share),
        cmocka_unit_test(changes_since_analyze_are_forgiven),
        cmocka_unit_test(a_column_that_cannot_be_compared_says_why),
        cmocka_unit_test(a_column_of_few_values_that_are_not_null_has_no_distribution),
        cmocka_unit_test(one_row_too_few_or_too_many_is_found),
        cmocka_unit_test(sizes_are_told_and_stop_nothing),
        cmocka_unit_test(the_ten_largest_are_told_where_they_have_enough_rows),
        cmocka_unit_test(fanouts_are_compared_by_the_shares_of_parents),
        cmocka_unit_test(thinned_fanouts_are_compared_with_what_is_left_of_each),
        cmocka_unit_test(other_keys_are_not_judged),
        cmocka_unit_test(ideal_samples_are_within_the_noise_in_every_figure),
        cmocka_unit_test(figures_are_ordered_by_excess_and_then_by_name),
        cmocka_unit_test(the_bound_decides_what_is_bad),
        cmocka_unit_test(what_is_only_told_stops_nothing),
        cmocka_unit_test(canaries_are_told_as_a_share_of_the_source),
        cmocka_unit_test(every_kind_has_a_name_of_its_own),
        cmocka_unit_test(names_are_kept),
        cmocka_unit_test(ideal_samples_of_mostly_infinite_times_are_within_the_noise),
    };
    return cmocka_run_group_tests(tests, NULL, end_arena);
}
