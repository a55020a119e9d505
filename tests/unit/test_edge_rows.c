/* SPDX-License-Identifier: PostgreSQL */
/* Rows of values and of patterns of NULLs that the sample has too few of are in, without weight. */
#include "choosing.h"
#include "select/hash.h"
#include "server.h"

/* A rate at which no row is sampled. */
#define NONE "rate: 0.0001%, cap: none, whole: [public.moods, public.wide]"

enum { SHARED = 5 }; /* rows that a value must have to be sought */

static struct choosing c;

/* Which columns of a row are NULL, as bits. */
static uint64_t
pattern_of(const struct source *source, size_t row)
{
    uint64_t bits = 0;
    for (int i = 0; i < source->table->ncolumns; i++)
        if (!source->table->columns[i].not_null)
            bits = bits << 1 |
                   (source->cells[row * (size_t)source->table->ncolumns + (size_t)i] == NULL);
    return bits;
}

static bool
same_value(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/* Rows of the source, or of the copy, that have the same value as this one. */
static int64_t
count_value(const struct source *source, const char *column, const char *value, bool in_copy)
{
    int64_t n = 0;
    for (size_t row = 0; row < source->n; row++)
        n += same_value(cell(source, row, column), value) &&
             (!in_copy || origin_at(&c, source, row) != ORIGIN_NONE);
    return n;
}

static int64_t
count_pattern(const struct source *source, uint64_t pattern, bool in_copy)
{
    int64_t n = 0;
    for (size_t row = 0; row < source->n; row++)
        n += pattern_of(source, row) == pattern &&
             (!in_copy || origin_at(&c, source, row) != ORIGIN_NONE);
    return n;
}

static int64_t
all_edge_rows(void)
{
    int64_t n = 0;
    for (size_t row = 0; row < c.nrows; row++)
        n += c.seen.origins[row] == ORIGIN_EDGE;
    return n;
}

static void
every_value_that_five_rows_share_has_its_rows(void **state)
{
    static const struct {
        const char *table, *column;
    } columns[] = { { "customers", "tier" }, { "orders", "state" }, { "reviews", "stars" } };
    (void)state;
    must_choose(&c,
                "{rate: 30%, cap: none, whole: [public.moods, public.wide], edges: {per_value: 3, "
                "null_patterns: 0, budget: 100%}}");
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        const struct source *source = source_named(&c, columns[i].table);
        for (size_t row = 0; row < source->n; row++) {
            const char *value = cell(source, row, columns[i].column);
            if (value == NULL || count_value(source, columns[i].column, value, false) < SHARED)
                continue;
            if (count_value(source, columns[i].column, value, true) < 3)
                fail_msg("%s: too few rows with '%s'", columns[i].column, value);
        }
    }
    assert_true(all_edge_rows() > 0);
    assert_closed(&c);
    assert_counted(&c);
}

/* It could tell whose it is. */
static void
a_value_that_fewer_rows_share_is_not_sought(void **state)
{
    (void)state;
    must_choose(&c, "{" NONE ", edges: {per_value: 5, null_patterns: 0, budget: 100%}}");
    const struct source *customers = source_named(&c, "customers");
    assert_int_equal(count_value(customers, "tier", "single", false), 1);
    /* it may come as somebody's parent */
    assert_int_not_equal(origin_at(&c, customers, row_with(customers, "tier", "single")),
                         ORIGIN_EDGE);
    assert_int_equal(count_value(customers, "tier", "rare", true), 5);
}

static uint64_t
u_of_customer(const char *id)
{
    uint8_t sub_key[32];
    uint64_t seed;
    key_derive(c.key, "sample", "v1\npublic.customers", sub_key, sizeof sub_key);
    memcpy(&seed, sub_key, sizeof seed);
    return hash_integer(atoi(id), seed);
}

/* As few as are missing, and always the same. */
static void
they_are_the_rows_with_the_smallest_hash(void **state)
{
    uint64_t largest_in = 0, smallest_out = UINT64_MAX;
    int in = 0;
    (void)state;
    must_choose(&c, "{" NONE ", edges: {per_value: 3, null_patterns: 0}}");
    const struct source *customers = source_named(&c, "customers");
    for (size_t row = 0; row < customers->n; row++) {
        if (!same_value(cell(customers, row, "tier"), "rare"))
            continue;
        uint64_t u = u_of_customer(cell(customers, row, "id"));
        bool is_in = origin_at(&c, customers, row) == ORIGIN_EDGE;
        in += is_in;
        if (is_in && u > largest_in)
            largest_in = u;
        if (!is_in && u < smallest_out)
            smallest_out = u;
    }
    assert_int_equal(in, 3);
    assert_true(largest_in < smallest_out);
}

static void
every_pattern_of_nulls_that_five_rows_share_has_its_rows(void **state)
{
    static const char *const tables[] = { "customers", "reviews", "products", "log" };
    (void)state;
    must_choose(&c,
                "{rate: 30%, cap: none, whole: [public.moods, public.wide], edges: {per_value: 0, "
                "null_patterns: 2, budget: 100%}}");
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        const struct source *source = source_named(&c, tables[i]);
        for (size_t row = 0; row < source->n; row++) {
            uint64_t pattern = pattern_of(source, row);
            if (count_pattern(source, pattern, false) >= SHARED &&
                count_pattern(source, pattern, true) < 2)
                fail_msg("%s: too few rows with pattern %x", tables[i], (unsigned)pattern);
        }
    }
    assert_true(all_edge_rows() > 0);
    assert_closed(&c);
    assert_counted(&c);
}

/* Of 65 columns that may be NULL the last ones count, too. */
static void
a_pattern_may_have_more_columns_than_a_number_has_bits(void **state)
{
    (void)state;
    must_choose(&c, "{rate: 0.0001%, cap: none, whole: [public.moods], edges: {per_value: 0, "
                    "null_patterns: 2}}");
    const struct source *wide = source_named(&c, "wide");
    int64_t with = 0, without = 0;
    for (size_t row = 0; row < wide->n; row++)
        if (origin_at(&c, wide, row) == ORIGIN_EDGE) {
            with += cell(wide, row, "c64") != NULL;
            without += cell(wide, row, "c64") == NULL;
        }
    assert_true(with >= 2 && without >= 2);
}

/* A table of nobody's rows without a key: those of the copy are read by their places, where they
 * are few, and what is missing is found all the same. */
static void
rows_without_a_key_and_an_owner_have_their_patterns(void **state)
{
    static const char sample[] = "{rate: 15%, cap: none, whole: [public.moods, public.wide], "
                                 "roots: {public.log: {}}, edges: {per_value: "
                                 "0, null_patterns: 2, budget: 100%}}";
    (void)state;
    must_choose(&c, sample);
    struct picture few = picture_take(&c);
    const struct source *log = source_named(&c, "log");
    for (size_t row = 0; row < log->n; row++)
        if (count_pattern(log, pattern_of(log, row), false) >= SHARED)
            assert_true(count_pattern(log, pattern_of(log, row), true) >= 2);
    assert_counted(&c);
    double *size = size_of_table(&c, (int)(table_named(&c, "log") - c.catalog->tables));
    double known = *size;
    *size = 1e6;
    must_choose(&c, sample);
    assert_true(pictures_equal(&few, &c.seen));
    *size = known;
    picture_free(&few);
}

static void
edge_rows_have_no_weight_and_come_without_their_children(void **state)
{
    int64_t edges = 0;
    (void)state;
    must_choose(&c, "{" NONE ", edges: {per_value: 3, null_patterns: 3}}");
    for (size_t row = 0; row < c.nrows; row++)
        if (c.seen.origins[row] == ORIGIN_EDGE) {
            assert_true(c.seen.probabilities[row] == 0);
            edges++;
        }
    assert_true(edges > 5);
    /* some have children, of which none was completed */
    for (size_t row = 0; row < c.nrows; row++)
        assert_int_not_equal(c.seen.origins[row], ORIGIN_COMPLETED);
    assert_true(select_hollow(c.set, table_named(&c, "customers")) >=
                rows_of_origin(&c, "customers", ORIGIN_EDGE));
    assert_closed(&c);
}

/* Of all that could be sought, as many as the budget allows, but ten in any case. */
static void
edge_rows_keep_to_their_budget(void **state)
{
    (void)state;
    must_choose(&c, "{" NONE ", edges: {per_value: 10, null_patterns: 10, budget: 1%}}");
    for (int i = 0; i < c.plan.ntables; i++)
        if (catalog_identity(c.plan.tables[i]) != NULL)
            assert_true(rows_of_origin(&c, c.plan.tables[i]->name, ORIGIN_EDGE) <= 10);
    assert_int_equal(rows_of_origin(&c, "customers", ORIGIN_EDGE), 10);
}

static bool
rows_are_alike(const struct source *source, size_t a, size_t b)
{
    int n = source->table->ncolumns;
    char **x = &source->cells[a * (size_t)n], **y = &source->cells[b * (size_t)n];
    bool same = true;
    for (int i = 0; i < n; i++)
        same &= (x[i] == NULL) == (y[i] == NULL) && (x[i] == NULL || strcmp(x[i], y[i]) == 0);
    return same;
}

/* Without a key rows that are alike come together: those of the last state that is sought are more
 * than the budget leaves, and of the states behind it none are sought. */
static void
rows_that_are_alike_are_counted_by_the_budget(void **state)
{
    (void)state;
    must_choose(&c, "{" NONE ", edges: {per_value: 10, null_patterns: 10, budget: 1%}}");
    const struct source *log = source_named(&c, "log");
    int64_t all = rows_of_origin(&c, "log", ORIGIN_EDGE), largest = 0;
    for (size_t row = 0; row < log->n; row++) {
        int64_t alike = 0;
        for (size_t other = 0; other < log->n; other++)
            alike += origin_at(&c, log, row) == ORIGIN_EDGE && rows_are_alike(log, row, other);
        largest = alike > largest ? alike : largest;
    }
    assert_true(largest > 1);
    assert_true(all >= 10 && all < 10 + largest);
}

/* Of fifty values and more each is one of many. */
static void
a_column_of_many_values_is_no_list_of_states(void **state)
{
    (void)state;
    must_choose(&c, "{rate: 0.0001%, cap: none, whole: [public.wide], edges: {per_value: 1, "
                    "null_patterns: 0}}");
    const struct source *moods = source_named(&c, "moods");
    assert_int_equal(count_value(moods, "word", "word 7", false), SHARED);
    assert_int_equal(rows_in(&c, "moods"), 0);
}

/* ... the rarest first: before the second row of any value comes the first of all. */
static void
the_first_row_of_every_value_comes_before_the_second_of_any(void **state)
{
    (void)state;
    must_choose(&c, "{" NONE ", edges: {per_value: 10, null_patterns: 0, budget: 1%}}");
    const struct source *reviews = source_named(&c, "reviews");
    for (size_t row = 0; row < reviews->n; row++)
        if (count_value(reviews, "stars", cell(reviews, row, "stars"), false) >= SHARED)
            assert_true(count_value(reviews, "stars", cell(reviews, row, "stars"), true) > 0);
}

/* What the copy masks is no reason to take a row; nor are keys. */
static void
columns_that_are_masked_are_not_looked_at(void **state)
{
    static enum column_fate fates[6];
    const enum column_fate *masked[40] = { NULL };
    (void)state;
    int number = table_number(&c, "customers");
    memset(fates, 0, sizeof fates);
    fates[table_column(c.plan.tables[number], "tier")] = FATE_MASKED;
    masked[number] = fates;
    c.plan.masked = masked;
    must_choose(&c, "{" NONE ", edges: {per_value: 3, null_patterns: 0}}");
    assert_int_equal(rows_of_origin(&c, "customers", ORIGIN_EDGE), 0);
    fates[table_column(c.plan.tables[number], "tier")] = FATE_COPIED;
    must_choose(&c, "{" NONE ", edges: {per_value: 3, null_patterns: 0}}");
    assert_true(rows_of_origin(&c, "customers", ORIGIN_EDGE) > 0);
    c.plan.masked = NULL;
}

static void
edge_rows_are_within_the_frame(void **state)
{
    int64_t in = 0;
    (void)state;
    must_choose(&c, "{" NONE ", edges: {per_value: 3, null_patterns: 3, extremes: 2}, tables: "
                    "{public.orders: {where: total > 40}}}");
    const struct source *orders = source_named(&c, "orders");
    for (size_t row = 0; row < orders->n; row++)
        if (origin_at(&c, orders, row) == ORIGIN_EDGE) {
            assert_true(atoi(cell(orders, row, "total")) > 40);
            in++;
        }
    assert_true(in > 0);
}

/* A row whose required parent is not in would bring it. */
static void
edge_rows_have_the_parents_that_they_require(void **state)
{
    (void)state;
    must_choose(&c, "{" NONE ", edges: {per_value: 3, null_patterns: 3, extremes: 3}, "
                    "foreign_keys: {public.reviews.sku: require}, roots: {public.reviews: {}}}");
    const struct source *reviews = source_named(&c, "reviews");
    int64_t in = 0;
    for (size_t row = 0; row < reviews->n; row++)
        if (origin_at(&c, reviews, row) == ORIGIN_EDGE) {
            const char *sku = cell(reviews, row, "sku");
            const struct source *products = source_named(&c, "products");
            assert_true(sku == NULL ||
                        origin_at(&c, products, row_with(products, "sku", sku)) != ORIGIN_NONE);
            in++;
        }
    assert_true(in > 0);
}

static void
without_a_wish_there_are_none(void **state)
{
    (void)state;
    must_choose(&c, "{" NONE ", edges: {per_value: 0, null_patterns: 0}}");
    for (size_t row = 0; row < c.nrows; row++)
        assert_int_not_equal(c.seen.origins[row], ORIGIN_EDGE);
}

static void
several_connections_find_the_same(void **state)
{
    struct choosing two;
    (void)state;
    must_choose(&c, "{" NONE ", edges: {per_value: 3, null_patterns: 3}}");
    assert_true(choosing_begin(&two, "edges", SERVER_WORKS, 0, 2));
    must_choose(&two, "{" NONE ", edges: {per_value: 3, null_patterns: 3}}");
    assert_true(pictures_equal(&c.seen, &two.seen));
    choosing_close(&two);
}

static int
begin(void **state)
{
    (void)state;
    choosing_open(&c, "edges");
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
        cmocka_unit_test(every_value_that_five_rows_share_has_its_rows),
        cmocka_unit_test(a_value_that_fewer_rows_share_is_not_sought),
        cmocka_unit_test(they_are_the_rows_with_the_smallest_hash),
        cmocka_unit_test(every_pattern_of_nulls_that_five_rows_share_has_its_rows),
        cmocka_unit_test(a_pattern_may_have_more_columns_than_a_number_has_bits),
        cmocka_unit_test(rows_without_a_key_and_an_owner_have_their_patterns),
        cmocka_unit_test(edge_rows_have_no_weight_and_come_without_their_children),
        cmocka_unit_test(edge_rows_keep_to_their_budget),
        cmocka_unit_test(rows_that_are_alike_are_counted_by_the_budget),
        cmocka_unit_test(a_column_of_many_values_is_no_list_of_states),
        cmocka_unit_test(the_first_row_of_every_value_comes_before_the_second_of_any),
        cmocka_unit_test(columns_that_are_masked_are_not_looked_at),
        cmocka_unit_test(edge_rows_are_within_the_frame),
        cmocka_unit_test(edge_rows_have_the_parents_that_they_require),
        cmocka_unit_test(without_a_wish_there_are_none),
        cmocka_unit_test(several_connections_find_the_same),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
