/* SPDX-License-Identifier: PostgreSQL */
/* Of every stratum of a root its share is in: the rows with the smallest u, and a minimum. */
#include <math.h>

#include "choosing.h"
#include "select/hash.h"
#include "server.h"

#define BY_COUNTRY(rest) "{rate: 30%, cap: none, strata: {public.shops: {by: [country]" rest "}}}"

static struct choosing c;

struct stratum {
    char name[40]; /* country, and how many rows its rows own, in powers of two */
    int64_t n, in;
    uint64_t largest_in, smallest_out; /* of u */
};

struct strata {
    int n;
    struct stratum items[60];
};

/* Adds what the rows of a table own to those above them, from the leaves up. */
static void
add_owned(double *owned, const char *key)
{
    const struct references *refs = references_named(&c, key);
    for (size_t k = 0; k < refs->n; k++)
        owned[refs->pairs[k].parent] += 1 + owned[refs->pairs[k].child];
}

static double *
count_owned(void)
{
    static const char *const keys[] = { "parts_shop_sale_fkey", "sales_shop_fkey",
                                        "shifts_shop_fkey", "scores_shop_fkey" };
    double *owned = mem_alloc((c.nrows + 1) * sizeof *owned);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        add_owned(owned, keys[i]);
    return owned;
}

static struct stratum *
stratum_of(struct strata *strata, const double *owned, size_t row)
{
    const struct source *shops = source_named(&c, "shops");
    const char *country = cell(shops, row, "country");
    char name[40];
    snprintf(name, sizeof name, "%s/%d", country != NULL ? country : "(null)",
             ilogb(1 + owned[shops->first + row]));
    for (int i = 0; i < strata->n; i++)
        if (strcmp(strata->items[i].name, name) == 0)
            return &strata->items[i];
    struct stratum *added = &strata->items[strata->n++];
    *added = (struct stratum){ .smallest_out = UINT64_MAX };
    snprintf(added->name, sizeof added->name, "%s", name);
    return added;
}

static uint64_t
u_of_shop(const char *code)
{
    uint8_t sub_key[32];
    uint64_t seed;
    key_derive(c.key, "sample", "v1\npublic.shops", sub_key, sizeof sub_key);
    memcpy(&seed, sub_key, sizeof seed);
    return hash_bytes(code, strlen(code), seed);
}

/* What the sample has of every stratum, made here from the rows of the source. */
static struct strata
look_at_strata(void)
{
    struct strata strata = { 0 };
    const struct source *shops = source_named(&c, "shops");
    double *owned = count_owned();
    for (size_t row = 0; row < shops->n; row++) {
        struct stratum *stratum = stratum_of(&strata, owned, row);
        uint64_t u = u_of_shop(cell(shops, row, "code"));
        stratum->n++;
        if (origin_at(&c, shops, row) == ORIGIN_SAMPLE) {
            stratum->in++;
            stratum->largest_in = u > stratum->largest_in ? u : stratum->largest_in;
        } else if (u < stratum->smallest_out) {
            stratum->smallest_out = u;
        }
    }
    free(owned);
    return strata;
}

static void
of_every_stratum_its_share_is_in_rounded_up_or_down(void **state)
{
    int several = 0;
    (void)state;
    must_choose(&c, BY_COUNTRY(""));
    struct strata strata = look_at_strata();
    assert_true(strata.n > 6);
    for (int i = 0; i < strata.n; i++) {
        const struct stratum *s = &strata.items[i];
        double share = 0.3 * (double)s->n;
        if ((double)s->in < floor(share - 1e-9) || (double)s->in > ceil(share))
            fail_msg("of the %lld of %s %lld are in", (long long)s->n, s->name, (long long)s->in);
        several += s->in > 1;
    }
    assert_true(several > 0);
    assert_closed(&c);
    assert_counted(&c);
}

static void
they_are_those_with_the_smallest_hash(void **state)
{
    (void)state;
    must_choose(&c, BY_COUNTRY(", min: 2"));
    struct strata strata = look_at_strata();
    for (int i = 0; i < strata.n; i++)
        assert_true(strata.items[i].largest_in < strata.items[i].smallest_out);
}

/* NULL is a country of its own, and so is one that a single row has. */
static void
a_minimum_of_every_stratum_is_in(void **state)
{
    (void)state;
    must_choose(&c, BY_COUNTRY(", min: 4"));
    struct strata strata = look_at_strata();
    for (int i = 0; i < strata.n; i++)
        assert_true(strata.items[i].in >= (strata.items[i].n < 4 ? strata.items[i].n : 4));
    const struct source *shops = source_named(&c, "shops");
    assert_int_equal(origin_at(&c, shops, row_with(shops, "country", "IS")), ORIGIN_SAMPLE);
}

/* k of n: where the minimum decides that is certain, else it is the rate on average. */
static void
rows_of_a_small_stratum_are_as_likely_as_they_are_many(void **state)
{
    int by_minimum = 0, by_rate = 0;
    (void)state;
    must_choose(&c, BY_COUNTRY(", min: 2"));
    struct strata strata = look_at_strata();
    const struct source *shops = source_named(&c, "shops");
    double *owned = count_owned();
    for (size_t row = 0; row < shops->n; row++) {
        const struct stratum *s = stratum_of(&strata, owned, row);
        double n = (double)s->n, expected = 0.3 * n;
        if (origin_at(&c, shops, row) != ORIGIN_SAMPLE)
            continue;
        if (expected <= 1)
            assert_near(probability_at(&c, shops, row), fmin(2, n) / n), by_minimum++;
        else if (expected >= 2)
            assert_near(probability_at(&c, shops, row), 0.3), by_rate++;
    }
    assert_true(by_minimum > 0 && by_rate > 0);
    free(owned);
}

static void
what_a_stratum_owns_is_as_likely_as_its_owner(void **state)
{
    static const char *const keys[] = { "sales_shop_fkey", "shifts_shop_fkey",
                                        "parts_shop_sale_fkey" };
    int64_t larger = 0;
    (void)state;
    must_choose(&c, BY_COUNTRY(", min: 3"));
    for (size_t i = 0; i < 3; i++) {
        const struct references *refs = references_named(&c, keys[i]);
        for (size_t k = 0; k < refs->n; k++) {
            struct pair pair = refs->pairs[k];
            assert_int_equal(c.seen.origins[pair.child], c.seen.origins[pair.parent]);
            assert_near(c.seen.probabilities[pair.child], c.seen.probabilities[pair.parent]);
            larger += c.seen.probabilities[pair.child] > 0.31;
        }
    }
    assert_true(larger > 0);
}

/* By chance alone it would be 18, give or take 3.5, with each key. */
static void
the_number_of_rows_hardly_depends_on_the_key(void **state)
{
    struct key *first = c.key;
    (void)state;
    for (unsigned k = 0; k < 20; k++) {
        c.key = key_of_number(k);
        must_choose(&c, "{rate: 30%, cap: none, strata: {public.clerks: {by: [id]}, public.shops: "
                        "{by: [country]}}}");
        struct strata strata = look_at_strata();
        double off = (double)rows_of_origin(&c, "shops", ORIGIN_SAMPLE) - 18;
        assert_true(fabs(off) < strata.n);
        key_free(c.key);
    }
    c.key = first;
}

static void
a_larger_rate_holds_what_a_smaller_one_does(void **state)
{
    struct picture before = { 0 };
    char sample[100];
    (void)state;
    for (int percent = 5; percent <= 100; percent += 19) {
        snprintf(sample, sizeof sample,
                 "{rate: %d%%, cap: none, strata: {public.shops: {by: [country], min: 1}}}",
                 percent);
        must_choose(&c, sample);
        for (size_t row = 0; row < before.n; row++)
            if (before.origins[row] == ORIGIN_SAMPLE)
                assert_int_equal(c.seen.origins[row], ORIGIN_SAMPLE);
        picture_free(&before);
        before = picture_take(&c);
    }
    for (size_t row = 0; row < before.n; row++)
        assert_int_equal(before.origins[row], ORIGIN_SAMPLE);
    picture_free(&before);
}

/* S01 sells more than 5 % of all that is sold. */
static void
whales_are_left_to_the_cap(void **state)
{
    (void)state;
    must_choose(&c, "{rate: 20%, cap: 20%, strata: {public.shops: {by: [country], min: 2}}}");
    const struct source *shops = source_named(&c, "shops");
    size_t whale = row_with(shops, "code", "S01");
    assert_int_equal(origin_at(&c, shops, whale), ORIGIN_SAMPLE);
    assert_near(probability_at(&c, shops, whale), 1);
    assert_true(select_capped(c.set, shops->table) > 0);
    assert_closed(&c);
    assert_counted(&c);
}

static void
strata_are_made_within_the_frame(void **state)
{
    int64_t in = 0;
    (void)state;
    must_choose(&c, "{rate: 5%, cap: none, strata: {public.shops: {by: [size], min: 1}}, tables: "
                    "{public.shops: {where: size between 10 and 19}}}");
    const struct source *shops = source_named(&c, "shops");
    for (size_t row = 0; row < shops->n; row++) {
        int size = atoi(cell(shops, row, "size"));
        bool is_in = origin_at(&c, shops, row) == ORIGIN_SAMPLE;
        assert_int_equal(is_in, size >= 10 && size <= 19);
        in += is_in;
    }
    assert_int_equal(in, 10);
}

/* A row that belongs to a stratum of some factor and needs a clerk has the product of both. */
static void
factors_of_strata_and_of_required_parents_multiply(void **state)
{
    int64_t seen = 0;
    (void)state;
    must_choose(&c, "{rate: 30%, cap: none, foreign_keys: {public.shifts.clerk: require}, strata: "
                    "{public.shops: {by: [size], min: 1}, public.clerks: {by: [name], min: 1}}}");
    const struct source *shifts = source_named(&c, "shifts");
    assert_int_equal(rows_in(&c, "shops"), 60); /* each is a stratum */
    for (size_t row = 0; row < shifts->n; row++) {
        assert_int_equal(origin_at(&c, shifts, row), ORIGIN_SAMPLE);
        assert_near(probability_at(&c, shifts, row), 1);
        seen++;
    }
    assert_true(seen > 100);
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
        cmocka_unit_test(of_every_stratum_its_share_is_in_rounded_up_or_down),
        cmocka_unit_test(they_are_those_with_the_smallest_hash),
        cmocka_unit_test(a_minimum_of_every_stratum_is_in),
        cmocka_unit_test(rows_of_a_small_stratum_are_as_likely_as_they_are_many),
        cmocka_unit_test(what_a_stratum_owns_is_as_likely_as_its_owner),
        cmocka_unit_test(the_number_of_rows_hardly_depends_on_the_key),
        cmocka_unit_test(a_larger_rate_holds_what_a_smaller_one_does),
        cmocka_unit_test(whales_are_left_to_the_cap),
        cmocka_unit_test(strata_are_made_within_the_frame),
        cmocka_unit_test(factors_of_strata_and_of_required_parents_multiply),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
