/* SPDX-License-Identifier: PostgreSQL */
/* Rows that own too much are likelier to be in and bring a part of it, and weights stay right. */
#include <math.h>

#include "choosing.h"
#include "server.h"

enum { KEYS = 60 };

#define CAPPED "{rate: 20%, cap: 20%, foreign_keys: {public.scores.shop: owner}}"

static struct choosing c;

/* How many rows of the source each row owns, along one key. */
static int64_t *
count_owned(const char *key)
{
    const struct references *refs = references_named(&c, key);
    int64_t *owned = mem_alloc((c.nrows + 1) * sizeof *owned);
    for (size_t k = 0; k < refs->n; k++)
        owned[refs->pairs[k].parent]++;
    return owned;
}

/* ... of what those own. */
static int64_t *
count_owned_below(const char *key, const char *below)
{
    const struct references *refs = references_named(&c, key);
    int64_t *owned = mem_alloc((c.nrows + 1) * sizeof *owned), *of_these = count_owned(below);
    for (size_t k = 0; k < refs->n; k++)
        owned[refs->pairs[k].parent] += of_these[refs->pairs[k].child];
    free(of_these);
    return owned;
}

/* The probability of a row that owns so many of `all`: README's formula. */
static double
need_of(int64_t owned, size_t all, double rate, double cap)
{
    double n = (double)all;
    return (double)owned > cap * rate * n ? fmin(1, (double)owned / (cap * n)) : 0;
}

static void
a_whale_has_the_probability_that_it_needs(void **state)
{
    int64_t whales = 0;
    (void)state;
    must_choose(&c, CAPPED);
    const struct source *shops = source_named(&c, "shops"), *sales = source_named(&c, "sales");
    int64_t *sold = count_owned("sales_shop_fkey");
    int64_t *parts = count_owned_below("sales_shop_fkey", "parts_shop_sale_fkey");
    for (size_t row = 0; row < shops->n; row++) {
        double need =
            fmax(need_of(sold[shops->first + row], sales->n, 0.2, 0.2),
                 need_of(parts[shops->first + row], source_named(&c, "parts")->n, 0.2, 0.2));
        if (need >= 1)
            assert_int_equal(origin_at(&c, shops, row), ORIGIN_SAMPLE);
        if (origin_at(&c, shops, row) == ORIGIN_SAMPLE)
            assert_near(probability_at(&c, shops, row), fmax(need, 0.2));
        whales += need > 0.2 && origin_at(&c, shops, row) == ORIGIN_SAMPLE;
    }
    assert_true(whales >= 2);
    assert_int_equal(select_capped(c.set, shops->table), whales);
    free(sold);
    free(parts);
}

/* ... and what it owns keeps the table's: only its owner brings a part of it. */
static void
what_a_whale_owns_has_the_rate_and_only_a_part_comes(void **state)
{
    int64_t all = 0, in = 0;
    (void)state;
    must_choose(&c, CAPPED);
    const struct references *refs = references_named(&c, "sales_shop_fkey");
    const struct source *shops = source_named(&c, "shops"), *sales = source_named(&c, "sales");
    size_t whale = shops->first + row_with(shops, "code", "S01");
    int64_t *parts = count_owned("parts_shop_sale_fkey");
    assert_int_equal(c.seen.origins[whale], ORIGIN_SAMPLE);
    for (size_t k = 0; k < refs->n; k++) {
        struct pair pair = refs->pairs[k];
        double own = need_of(parts[pair.child], source_named(&c, "parts")->n, 0.2, 0.2);
        if (c.seen.origins[pair.child] == ORIGIN_SAMPLE)
            assert_near(c.seen.probabilities[pair.child], fmax(own, 0.2));
        all += pair.parent == whale;
        in += pair.parent == whale && c.seen.origins[pair.child] != ORIGIN_NONE;
    }
    assert_int_equal(all, 60);
    /* 12 are expected of the 60, with a standard deviation of 3.1 */
    assert_true(in > 0 && in < 28);
    assert_true(sales->n > 100);
    assert_closed(&c);
    assert_counted(&c);
    free(parts);
}

static void
without_a_cap_all_that_a_row_owns_comes_with_it(void **state)
{
    (void)state;
    must_choose(&c, "{rate: 20%, cap: none, foreign_keys: {public.scores.shop: owner}}");
    const struct source *shops = source_named(&c, "shops");
    assert_int_equal(select_capped(c.set, shops->table), 0);
    for (size_t row = 0; row < shops->n; row++)
        if (origin_at(&c, shops, row) != ORIGIN_NONE)
            assert_near(probability_at(&c, shops, row), 0.2);
    const struct references *refs = references_named(&c, "sales_shop_fkey");
    for (size_t k = 0; k < refs->n; k++)
        assert_int_equal(c.seen.origins[refs->pairs[k].child],
                         c.seen.origins[refs->pairs[k].parent]);
}

/* At a rate of 1 nobody can be too large. */
static void
all_of_a_table_has_no_whales(void **state)
{
    (void)state;
    must_choose(&c, "{rate: 100%, cap: 1%}");
    assert_int_equal(select_capped(c.set, table_named(&c, "shops")), 0);
    for (size_t row = 0; row < c.nrows; row++)
        assert_true(c.seen.origins[row] == ORIGIN_SAMPLE && c.seen.probabilities[row] == 1);
}

/* Only rows within the frame count, on both sides of the share. */
static void
whales_are_counted_within_the_frame(void **state)
{
    (void)state;
    must_choose(&c, "{rate: 20%, cap: 20%, tables: {public.sales: {where: \"shop <> 'S01'\"}}}");
    const struct source *shops = source_named(&c, "shops");
    size_t second = row_with(shops, "code", "S02");
    int64_t rows = 0;
    const struct source *sales = source_named(&c, "sales");
    for (size_t row = 0; row < sales->n; row++)
        rows += strcmp(cell(sales, row, "shop"), "S01") != 0;
    if (origin_at(&c, shops, second) == ORIGIN_SAMPLE)
        assert_near(probability_at(&c, shops, second), need_of(30, (size_t)rows, 0.2, 0.2));
    if (origin_at(&c, shops, row_with(shops, "code", "S01")) == ORIGIN_SAMPLE)
        assert_near(probability_at(&c, shops, row_with(shops, "code", "S01")), 0.2);
    for (size_t row = 0; row < sales->n; row++)
        assert_true(strcmp(cell(sales, row, "shop"), "S01") != 0 ||
                    origin_at(&c, sales, row) == ORIGIN_NONE);
}

/* Tables of millions are counted in buckets first: the whales are the same. */
static void
the_size_of_a_table_does_not_change_its_whales(void **state)
{
    (void)state;
    must_choose(&c, CAPPED);
    struct picture plain = picture_take(&c);
    double known[20];
    for (int i = 0; i < c.catalog->ntables; i++) {
        known[i] = c.catalog->tables[i].reltuples;
        *size_of_table(&c, i) = 5e6;
    }
    must_choose(&c, CAPPED);
    assert_true(pictures_equal(&plain, &c.seen));
    for (int i = 0; i < c.catalog->ntables; i++)
        *size_of_table(&c, i) = known[i];
    picture_free(&plain);
}

/* ---- over many keys */

/* Sums over keys of an estimate, and of its square. */
struct moments {
    double sum, squares, truth;
};

static void
add(struct moments *m, double x)
{
    m->sum += x;
    m->squares += x * x;
}

static double
mean_of(const struct moments *m)
{
    return m->sum / KEYS;
}

static double
deviation_of(const struct moments *m)
{
    double mean = mean_of(m);
    return sqrt(fmax(0, m->squares / KEYS - mean * mean));
}

/* The mean of KEYS independent estimates is normal about the truth with a KEYS-th of the variance:
 * 4.5 deviations are exceeded by one of 150,000 sets of keys, and these keys are fixed. */
static void
assert_unbiased(const char *what, const struct moments *m)
{
    double allowed = 4.5 * deviation_of(m) / sqrt(KEYS) + 1e-9;
    if (fabs(mean_of(m) - m->truth) > allowed)
        fail_msg("%s: %g is estimated as %g, give or take %g", what, m->truth, mean_of(m), allowed);
}

/* The weighted number of rows, and the weighted sum of a column if there is one. */
static double
total_of(const struct source *source, const char *column)
{
    double total = 0;
    for (size_t row = 0; row < source->n; row++) {
        enum origin origin = origin_at(&c, source, row);
        double x = column != NULL ? atof(cell(source, row, column)) : 1;
        if (origin == ORIGIN_SAMPLE)
            total += x / probability_at(&c, source, row);
        else if (origin == ORIGIN_WHOLE)
            total += x;
    }
    return total;
}

static double
truth_of(const struct source *source, const char *column)
{
    double total = 0;
    for (size_t row = 0; row < source->n; row++)
        total += column != NULL ? atof(cell(source, row, column)) : 1;
    return total;
}

static const struct {
    const char *table, *column;
} totals[] = { { "shops", NULL },     { "shops", "size" }, { "sales", NULL },
               { "sales", "amount" }, { "parts", NULL },   { "scores", NULL },
               { "clerks", NULL },    { "shifts", NULL },  { "shifts", "day" } };

enum { TOTALS = sizeof totals / sizeof *totals };

/* Runs a choice with many keys; *sales gets the number of sampled rows of sales. */
static void
estimate(const char *sample, struct moments out[TOTALS], struct moments *sales)
{
    struct key *first = c.key;
    memset(out, 0, TOTALS * sizeof *out);
    *sales = (struct moments){ 0 };
    for (unsigned k = 0; k < KEYS; k++) {
        c.key = key_of_number(k);
        must_choose(&c, sample);
        for (size_t i = 0; i < TOTALS; i++) {
            const struct source *source = source_named(&c, totals[i].table);
            add(&out[i], total_of(source, totals[i].column));
            out[i].truth = truth_of(source, totals[i].column);
        }
        add(sales, (double)rows_of_origin(&c, "sales", ORIGIN_SAMPLE));
        key_free(c.key);
    }
    c.key = first;
}

static void
totals_are_unbiased_whatever_the_rules(void **state)
{
    static const char *const samples[] = {
        CAPPED,
        "{rate: 20%, cap: 5%}",
        "{rate: 30%, cap: none, tables: {public.sales: {rate: 10%}}}",
        "{rate: 30%, cap: 20%, foreign_keys: {public.shifts.clerk: require}}",
        "{rate: 20%, cap: 20%, strata: {public.shops: {by: [country], min: 2}}}",
        "{rate: 20%, cap: none, strata: {public.clerks: {by: [name]}}, whole: [public.shops]}",
        "{rate: 15%, cap: none, also: {public.shops: size < 4}}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        struct moments estimates[TOTALS], sales;
        estimate(samples[i], estimates, &sales);
        for (size_t t = 0; t < TOTALS; t++)
            assert_unbiased(samples[i], &estimates[t]);
    }
}

/* It is what the cap is for: whether S01 is in no longer decides how many sales are. */
static void
a_cap_steadies_the_size_of_the_sample(void **state)
{
    struct moments estimates[TOTALS], capped, free_;
    (void)state;
    estimate(CAPPED, estimates, &capped);
    estimate("{rate: 20%, cap: none, foreign_keys: {public.scores.shop: owner}}", estimates,
             &free_);
    assert_true(deviation_of(&capped) < 0.6 * deviation_of(&free_));
}

static int
begin(void **state)
{
    (void)state;
    choosing_open(&c, "strata");
    return 0;
}

static int
end(void **state)
{
    (void)state;
    choosing_close(&c);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whale_has_the_probability_that_it_needs),
        cmocka_unit_test(what_a_whale_owns_has_the_rate_and_only_a_part_comes),
        cmocka_unit_test(without_a_cap_all_that_a_row_owns_comes_with_it),
        cmocka_unit_test(all_of_a_table_has_no_whales),
        cmocka_unit_test(whales_are_counted_within_the_frame),
        cmocka_unit_test(the_size_of_a_table_does_not_change_its_whales),
        cmocka_unit_test(totals_are_unbiased_whatever_the_rules),
        cmocka_unit_test(a_cap_steadies_the_size_of_the_sample),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
