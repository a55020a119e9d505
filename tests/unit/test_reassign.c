/* SPDX-License-Identifier: PostgreSQL */
/* Keys that are changed by the user's wish: another parent of like popularity, or none. */
#include <math.h>

#include "choosing.h"
#include "select/hash.h"
#include "server.h"

#define REVIEWS(policy)                                                                            \
    "{rate: 30%, cap: none, whole: [public.countries], roots: {public.customers: {}, "             \
    "public.reviews: {}}, foreign_keys: {public.reviews.customer_id: " policy                      \
    ", public.reviews.sku: pull}}"
#define FAVOURITES                                                                                 \
    "{rate: 30%, cap: none, whole: [public.countries], roots: {public.customers: {}, "             \
    "public.favourites: {rate: 80%}}, foreign_keys: {public.favourites.customer_id: reassign, "    \
    "public.favourites.sku: pull}}"

static struct choosing c;

/* What a row's key becomes. */
struct change {
    bool is_changed, is_null;
    int64_t value;
};

static void
hear(void *ctx, const struct column *column, int64_t value, bool is_null)
{
    struct change *change = ctx;
    assert_string_equal(column->name, "customer_id");
    assert_false(change->is_changed);
    *change = (struct change){ true, is_null, value };
}

static struct change
change_of(const struct source *source, size_t row)
{
    struct change change = { 0 };
    struct buf scratch = { 0 };
    select_change_keys(c.set, source->table, &source->keys[row * (size_t)source->nkeys], hear,
                       &change, &scratch);
    buf_deinit(&scratch);
    return change;
}

static enum origin
origin_of_customer(const char *id)
{
    const struct source *customers = source_named(&c, "customers");
    return origin_at(&c, customers, row_with(customers, "id", id));
}

static enum origin
origin_of_number(int64_t id)
{
    char text[20];
    snprintf(text, sizeof text, "%lld", (long long)id);
    return origin_of_customer(text);
}

static void
a_row_whose_parent_is_not_in_gets_a_sampled_one(void **state)
{
    int64_t changed = 0, kept = 0;
    (void)state;
    must_choose(&c, REVIEWS("reassign"));
    const struct source *reviews = source_named(&c, "reviews");
    assert_true(select_changes_keys(c.set, reviews->table));
    assert_false(select_changes_keys(c.set, table_named(&c, "orders")));
    for (size_t row = 0; row < reviews->n; row++) {
        const char *customer = cell(reviews, row, "customer_id");
        struct change change = change_of(reviews, row);
        bool is_away = origin_at(&c, reviews, row) != ORIGIN_NONE && customer != NULL &&
                       origin_of_customer(customer) == ORIGIN_NONE;
        assert_int_equal(change.is_changed, is_away);
        if (is_away)
            assert_int_equal(origin_of_number(change.value), ORIGIN_SAMPLE);
        assert_false(change.is_null);
        changed += is_away;
        kept += origin_at(&c, reviews, row) != ORIGIN_NONE && !is_away;
    }
    assert_true(changed > 3 && kept > 0);
    assert_int_equal(select_reassigned(c.set, edge_named(&c, "reviews_customer_id_fkey")), changed);
    assert_int_equal(select_reassigned(c.set, edge_named(&c, "orders_customer_id_fkey")), 0);
    assert_int_equal(rows_of_origin(&c, "customers", ORIGIN_PULLED), 0);
}

static void
or_none_where_the_rules_say_so(void **state)
{
    int64_t changed = 0;
    (void)state;
    must_choose(&c, REVIEWS("'null'"));
    const struct source *reviews = source_named(&c, "reviews");
    for (size_t row = 0; row < reviews->n; row++) {
        const char *customer = cell(reviews, row, "customer_id");
        struct change change = change_of(reviews, row);
        bool is_away = origin_at(&c, reviews, row) != ORIGIN_NONE && customer != NULL &&
                       origin_of_customer(customer) == ORIGIN_NONE;
        assert_int_equal(change.is_changed, is_away);
        assert_int_equal(change.is_null, is_away);
        changed += is_away;
    }
    assert_true(changed > 3);
    assert_int_equal(select_reassigned(c.set, edge_named(&c, "reviews_customer_id_fkey")), changed);
}

struct rank {
    int64_t key, children;
    uint64_t u;
    bool is_sampled;
};

static int
by_popularity(const void *a, const void *b)
{
    const struct rank *x = a, *y = b;
    if (x->children != y->children)
        return x->children > y->children ? -1 : 1;
    return (x->u > y->u) - (x->u < y->u);
}

/* All parents that have children, the most popular first. */
static size_t
rank_parents(struct rank ranks[100])
{
    const struct source *reviews = source_named(&c, "reviews");
    uint8_t sub_key[32];
    uint64_t seed;
    size_t n = 0;
    key_derive(c.key, "sample", "v1\npublic.customers", sub_key, sizeof sub_key);
    memcpy(&seed, sub_key, sizeof seed);
    for (int id = 1; id <= 90; id++) {
        struct rank rank = { .key = id, .u = hash_integer(id, seed) };
        for (size_t row = 0; row < reviews->n; row++)
            rank.children += cell(reviews, row, "customer_id") != NULL &&
                             atoi(cell(reviews, row, "customer_id")) == id;
        rank.is_sampled = origin_of_number(id) == ORIGIN_SAMPLE;
        if (rank.children > 0)
            ranks[n++] = rank;
    }
    qsort(ranks, n, sizeof *ranks, by_popularity);
    return n;
}

/* Rank r of N goes to rank r * n / N among the sampled ones. */
static void
the_new_parent_is_of_like_popularity(void **state)
{
    struct rank ranks[100], sampled[100];
    size_t nsampled = 0, checked = 0;
    (void)state;
    must_choose(&c, REVIEWS("reassign"));
    size_t n = rank_parents(ranks);
    for (size_t i = 0; i < n; i++)
        if (ranks[i].is_sampled)
            sampled[nsampled++] = ranks[i];
    const struct source *reviews = source_named(&c, "reviews");
    for (size_t row = 0; row < reviews->n; row++) {
        struct change change = change_of(reviews, row);
        if (!change.is_changed)
            continue;
        size_t r = 0;
        while (ranks[r].key != atoi(cell(reviews, row, "customer_id")))
            r++;
        assert_int_equal(change.value, sampled[r * nsampled / n].key);
        checked++;
    }
    assert_true(checked > 3);
}

/* Who likes what twice would break the primary key. */
static void
what_is_unique_stays_so(void **state)
{
    int64_t changed = 0;
    (void)state;
    must_choose(&c, FAVOURITES);
    const struct source *favourites = source_named(&c, "favourites");
    int64_t *owner = mem_alloc((favourites->n + 1) * sizeof *owner);
    for (size_t row = 0; row < favourites->n; row++) {
        struct change change = change_of(favourites, row);
        owner[row] = change.is_changed ? change.value : atoi(cell(favourites, row, "customer_id"));
        changed += change.is_changed;
    }
    for (size_t a = 0; a < favourites->n; a++)
        for (size_t b = 0; b < a; b++)
            assert_true(origin_at(&c, favourites, a) == ORIGIN_NONE ||
                        origin_at(&c, favourites, b) == ORIGIN_NONE || owner[a] != owner[b] ||
                        strcmp(cell(favourites, a, "sku"), cell(favourites, b, "sku")) != 0);
    assert_true(changed > 3);
    free(owner);
}

/* Nobody is in who could be given: the own parent comes after all. Not run: the sanitizer sees that
 * no rows are sorted at no address. */
static void
without_sampled_parents_the_own_one_is_pulled(void **state)
{
    (void)state;
    must_choose(&c, "{rate: 30%, cap: none, whole: [public.countries], roots: {public.customers: "
                    "{rate: 0.0001%}, public.reviews: {}}, foreign_keys: "
                    "{public.reviews.customer_id: reassign, public.reviews.sku: pull}}");
    const struct source *reviews = source_named(&c, "reviews");
    assert_int_equal(rows_of_origin(&c, "customers", ORIGIN_SAMPLE), 0);
    assert_true(rows_of_origin(&c, "customers", ORIGIN_PULLED) > 0);
    for (size_t row = 0; row < reviews->n; row++) {
        assert_false(change_of(reviews, row).is_changed);
        if (origin_at(&c, reviews, row) != ORIGIN_NONE && cell(reviews, row, "customer_id") != NULL)
            assert_int_equal(origin_of_customer(cell(reviews, row, "customer_id")), ORIGIN_PULLED);
    }
}

static void
nothing_changes_where_all_parents_are_in(void **state)
{
    (void)state;
    must_choose(&c, "{rate: 30%, cap: none, whole: [public.countries, public.customers], roots: "
                    "{public.reviews: {}}, foreign_keys: {public.reviews.customer_id: reassign}}");
    assert_false(select_changes_keys(c.set, table_named(&c, "reviews")));
    assert_int_equal(select_reassigned(c.set, edge_named(&c, "reviews_customer_id_fkey")), 0);
}

static void
keys_that_cannot_be_changed_are_refused(void **state)
{
    static const struct {
        const char *key, *message;
    } cases[] = {
        { "public.orders.customer_id: 'null'",
          "'orders_customer_id_fkey' cannot be 'null': the column is NOT NULL" },
        { "public.reviews.sku: reassign",
          "'reviews_sku_fkey' cannot be 'reassign': only integers can be" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char sample[300];
        snprintf(sample, sizeof sample, "{rate: 30%%, foreign_keys: {%s}}", cases[i].key);
        assert_false(choose(&c, sample));
        assert_int_equal(c.err.code, DECANT_USAGE);
        assert_memory_equal(c.err.message, "r.yaml:1:", 9);
        assert_non_null(strstr(c.err.message, cases[i].message));
        assert_null(c.set);
    }
}

static int
begin(void **state)
{
    (void)state;
    choosing_open(&c, "chosen");
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
        cmocka_unit_test(a_row_whose_parent_is_not_in_gets_a_sampled_one),
        cmocka_unit_test(or_none_where_the_rules_say_so),
        cmocka_unit_test(the_new_parent_is_of_like_popularity),
        cmocka_unit_test(what_is_unique_stays_so),
        cmocka_unit_test(nothing_changes_where_all_parents_are_in),
        cmocka_unit_test(keys_that_cannot_be_changed_are_refused),
        cmocka_unit_test(without_sampled_parents_the_own_one_is_pulled),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
