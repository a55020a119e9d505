/* SPDX-License-Identifier: PostgreSQL */
/* A chosen cover shows what can be shown, is closed, has nothing needless, and is close to the
 * best. */
#include "select/cover_choose.h"

#include <stdlib.h>

#include "unit.h"

enum { MOST_NODES = 14, MOST_FEATURES = 10, MOST_LINKS = 200 };

struct drawing {
    struct cover_node nodes[MOST_NODES + 1];
    int parents[MOST_LINKS], features[MOST_LINKS];
    struct cover_graph graph;
};

static void
draw(struct drawing *d, int nnodes, int nfeatures, unsigned *seed)
{
    int p = 0, f = 0;
    for (int node = 0; node < nnodes; node++) {
        d->nodes[node] = (struct cover_node){ rand_r(seed) % 8 > 0, p, f };
        for (int other = 0; other < nnodes; other++)
            if (other != node && rand_r(seed) % 7 == 0)
                d->parents[p++] = other;
        for (int feature = 0; feature < nfeatures; feature++)
            if (rand_r(seed) % 5 == 0)
                d->features[f++] = feature;
    }
    d->nodes[nnodes] = (struct cover_node){ 0, p, f };
    d->graph = (struct cover_graph){ nnodes, nfeatures, d->nodes, d->parents, d->features };
}

/* The features of the nodes in `in`, as bits; -1 when a parent is missing. */
static int
shown_by(const struct drawing *d, unsigned in, int *price)
{
    int shown = 0;
    *price = 0;
    for (int node = 0; node < d->graph.nnodes; node++) {
        if ((in >> node & 1) == 0)
            continue;
        *price += d->nodes[node].price;
        for (int i = d->nodes[node].parents; i < d->nodes[node + 1].parents; i++)
            if ((in >> d->parents[i] & 1) == 0)
                return -1;
        for (int i = d->nodes[node].features; i < d->nodes[node + 1].features; i++)
            shown |= 1 << d->features[i];
    }
    return shown;
}

static int
cheapest(const struct drawing *d, int shown)
{
    int best = INT32_MAX, price;
    for (unsigned in = 0; in < 1U << d->graph.nnodes; in++)
        if (shown_by(d, in, &price) == shown && price < best)
            best = price;
    return best;
}

static unsigned
bits_of(const uint8_t *chosen, int n)
{
    unsigned in = 0;
    for (int i = 0; i < n; i++)
        in |= (unsigned)chosen[i] << i;
    return in;
}

/* Of 500 drawings in sum within a tenth of the best, and none at more than twice. */
static void
it_shows_everything_and_is_close_to_the_best(void **state)
{
    int64_t sum = 0, best = 0;
    unsigned seed = 7;
    (void)state;
    for (int round = 0; round < 500; round++) {
        struct drawing d;
        uint8_t chosen[MOST_NODES];
        int price;
        draw(&d, 4 + round % 9, 1 + round % MOST_FEATURES, &seed);
        int all = shown_by(&d, (1U << d.graph.nnodes) - 1, &price);
        int64_t told = cover_choose(&d.graph, 0, chosen);
        int shown = shown_by(&d, bits_of(chosen, d.graph.nnodes), &price);
        if (shown != all || told != price)
            fail_msg("round %d: %x of %x, %lld told, %d", round, (unsigned)shown, (unsigned)all,
                     (long long)told, price);
        int least = cheapest(&d, all);
        if (price > 2 * least + 1)
            fail_msg("round %d: %d rows, %d would do", round, price, least);
        sum += price;
        best += least;
    }
    if (sum * 10 > best * 11)
        fail_msg("%lld rows, %lld would do", (long long)sum, (long long)best);
}

static void
a_limit_is_kept_and_what_is_chosen_stays_closed(void **state)
{
    unsigned seed = 11;
    (void)state;
    for (int round = 0; round < 500; round++) {
        struct drawing d;
        uint8_t chosen[MOST_NODES];
        int price, most = 1 + round % 5;
        draw(&d, 4 + round % 9, 1 + round % MOST_FEATURES, &seed);
        int64_t told = cover_choose(&d.graph, most, chosen);
        int shown = shown_by(&d, bits_of(chosen, d.graph.nnodes), &price);
        assert_true(shown >= 0);
        assert_int_equal(told, price);
        assert_true(price <= most);
    }
}

/* Two cheap rows show what one dear one does. */
static void
a_row_costs_what_it_brings(void **state)
{
    static const struct cover_node nodes[] = {
        { 1, 0, 0 }, { 1, 3, 2 }, { 1, 3, 3 }, { 1, 3, 4 }, { 1, 3, 4 }, { 1, 3, 4 }, { 0, 3, 4 },
    };
    static const int parents[] = { 3, 4, 5 }, features[] = { 0, 1, 0, 1 };
    const struct cover_graph graph = { 6, 2, nodes, parents, features };
    uint8_t chosen[6];
    (void)state;
    assert_int_equal(cover_choose(&graph, 0, chosen), 2);
    assert_int_equal(bits_of(chosen, 6), 6);
}

static void
of_the_best_with_the_most_features_comes_first_under_a_limit(void **state)
{
    static const struct cover_node nodes[] = { { 1, 0, 0 }, { 1, 0, 1 }, { 0, 0, 4 } };
    static const int features[] = { 0, 1, 2, 3 };
    const struct cover_graph graph = { 2, 4, nodes, NULL, features };
    uint8_t chosen[2];
    (void)state;
    assert_int_equal(cover_choose(&graph, 1, chosen), 1);
    assert_int_equal(chosen[0], 0);
    assert_int_equal(chosen[1], 1);
}

static void
nothing_is_chosen_of_nothing(void **state)
{
    static const struct cover_node end[] = { { 0, 0, 0 } };
    const struct cover_graph graph = { 0, 0, end, NULL, NULL };
    uint8_t chosen[1];
    (void)state;
    assert_int_equal(cover_choose(&graph, 0, chosen), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_shows_everything_and_is_close_to_the_best),
        cmocka_unit_test(a_limit_is_kept_and_what_is_chosen_stays_closed),
        cmocka_unit_test(a_row_costs_what_it_brings),
        cmocka_unit_test(of_the_best_with_the_most_features_comes_first_under_a_limit),
        cmocka_unit_test(nothing_is_chosen_of_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
