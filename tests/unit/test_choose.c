/* SPDX-License-Identifier: PostgreSQL */
/* Which rows are chosen by their own hash, and which follow their owner. */
#include "choosing.h"
#include "select/hash.h"
#include "server.h"

/* Nobody is a whale: of so few rows many would be. */
#define COUNTRIES "cap: none, whole: [public.countries]"
#define PLAIN "{rate: 20%, " COUNTRIES "}"

static struct choosing c;

/* The bound of u and the seed of a table, as notes/sampling.md defines them. */
static uint64_t
seed_of(const char *table)
{
    char label[100];
    uint8_t sub_key[32];
    uint64_t seed;
    snprintf(label, sizeof label, "v1\npublic.%s", table);
    key_derive(c.key, "sample", label, sub_key, sizeof sub_key);
    memcpy(&seed, sub_key, sizeof seed);
    return seed;
}

static bool
is_below(uint64_t u, double share)
{
    int all;
    return u < hash_bound(share, &all) || all != 0;
}

/* Is the row sampled, with this probability, or not in at all? */
static void
assert_sampled(const struct source *source, size_t row, bool is_in, double probability)
{
    enum origin origin = origin_at(&c, source, row);
    if ((origin == ORIGIN_SAMPLE) != is_in)
        fail_msg("row %zu of %s is %s", row, source->table->name, origin_name(origin));
    if (is_in)
        assert_near(probability_at(&c, source, row), probability);
}

/* Frozen: whatever changes these numbers changes every copy that was ever made. */
static void
the_rows_of_a_key_are_what_they_have_always_been(void **state)
{
    struct buf chosen = { 0 };
    (void)state;
    must_choose(&c, PLAIN);
    const struct source *customers = source_named(&c, "customers");
    for (size_t row = 0; row < customers->n; row++)
        if (origin_at(&c, customers, row) == ORIGIN_SAMPLE)
            buf_printf(&chosen, " %s", cell(customers, row, "id"));
    assert_string_equal(buf_str(&chosen), " 17 20 21 28 31 52 57 61 62 63 69 72 81 85 87");
    buf_deinit(&chosen);
}

/* The server filters integers and uuids by their hash, texts are hashed here: all by the same u. */
static void
a_row_is_in_when_its_hash_is_below_the_rate(void **state)
{
    (void)state;
    must_choose(&c, PLAIN);
    const struct source *customers = source_named(&c, "customers");
    for (size_t row = 0; row < customers->n; row++)
        assert_sampled(
            customers, row,
            is_below(hash_integer(atoi(cell(customers, row, "id")), seed_of("customers")), 0.2),
            0.2);
    const struct source *devices = source_named(&c, "devices");
    for (size_t row = 0; row < devices->n; row++)
        assert_sampled(devices, row,
                       is_below(hash_bytes(devices->keys[row].data, 16, seed_of("devices")), 0.2),
                       0.2);
    const struct source *products = source_named(&c, "products");
    for (size_t row = 0; row < products->n; row++) {
        const char *sku = cell(products, row, "sku");
        assert_int_equal(origin_at(&c, products, row) == ORIGIN_SAMPLE,
                         is_below(hash_bytes(sku, strlen(sku), seed_of("products")), 0.2));
    }
}

/* Fan-outs are exact, zeros included. */
static void
all_children_of_a_chosen_row_follow_it_and_no_others(void **state)
{
    static const char *const owners[] = { "orders_customer_id_fkey", "order_lines_order_id_fkey" };
    (void)state;
    must_choose(&c, PLAIN);
    assert_closed(&c);
    assert_counted(&c);
    for (size_t i = 0; i < 2; i++) {
        const struct references *owned = references_named(&c, owners[i]);
        assert_true(owned->n >= 90);
        for (size_t k = 0; k < owned->n; k++)
            assert_int_equal(c.seen.origins[owned->pairs[k].child],
                             c.seen.origins[owned->pairs[k].parent]);
    }
    assert_true(rows_in(&c, "order_lines") > 0);
    assert_true(select_has_none(c.set, table_named(&c, "nothing")));
}

/* Rows of nobody are chosen as those of a root. */
static void
rows_without_an_owner_are_chosen_by_themselves(void **state)
{
    int nobodys = 0, in = 0;
    (void)state;
    must_choose(&c, PLAIN);
    const struct source *reviews = source_named(&c, "reviews");
    for (size_t row = 0; row < reviews->n; row++) {
        if (cell(reviews, row, "customer_id") != NULL)
            continue;
        bool below =
            is_below(hash_integer(atoi(cell(reviews, row, "id")), seed_of("reviews")), 0.2);
        assert_sampled(reviews, row, below, 0.2);
        nobodys++;
        in += below;
    }
    assert_true(nobodys > 10 && in > 0 && in < nobodys);
}

/* ... and where they have no key either, those that are alike are in together. */
static void
rows_that_are_alike_stand_and_fall_together(void **state)
{
    int64_t n = 0;
    (void)state;
    must_choose(&c, "{rate: 50%, " COUNTRIES "}");
    const struct source *log = source_named(&c, "log");
    for (size_t a = 0; a < log->n; a++)
        for (size_t b = 0; b < log->n; b++) {
            const char *x = cell(log, a, "customer_id"), *y = cell(log, b, "customer_id");
            if ((x == NULL) != (y == NULL) || (x != NULL && strcmp(x, y) != 0) ||
                strcmp(cell(log, a, "what"), cell(log, b, "what")) != 0)
                continue;
            assert_int_equal(origin_at(&c, log, a), origin_at(&c, log, b));
            n += a != b;
        }
    assert_true(n > 0);
    assert_counted(&c); /* each of them counts */
}

static void
a_larger_rate_holds_what_a_smaller_one_does(void **state)
{
    static const char *const rates[] = { "{rate: 5%, " COUNTRIES "}", PLAIN,
                                         "{rate: 50%, " COUNTRIES "}",
                                         "{rate: 100%, " COUNTRIES "}" };
    struct picture before = { 0 };
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        must_choose(&c, rates[i]);
        assert_closed(&c);
        for (size_t row = 0; row < before.n; row++)
            if (before.origins[row] == ORIGIN_SAMPLE)
                assert_int_equal(c.seen.origins[row], ORIGIN_SAMPLE);
        picture_free(&before);
        before = picture_take(&c);
    }
    for (size_t row = 0; row < before.n; row++)
        assert_true(before.origins[row] != ORIGIN_NONE && before.probabilities[row] == 1);
    picture_free(&before);
}

static void
another_key_or_seed_chooses_other_rows(void **state)
{
    struct picture plain;
    (void)state;
    must_choose(&c, PLAIN);
    plain = picture_take(&c);
    must_choose(&c, "{rate: 20%, seed: v2, " COUNTRIES "}");
    assert_false(pictures_equal(&plain, &c.seen));
    struct key *first = c.key;
    c.key = key_of_number(1);
    must_choose(&c, PLAIN);
    assert_false(pictures_equal(&plain, &c.seen));
    assert_closed(&c);
    key_free(c.key);
    c.key = first;
    must_choose(&c, PLAIN);
    assert_true(pictures_equal(&plain, &c.seen));
    picture_free(&plain);
}

/* They decide how rows are read, and never which: rows of unknown number, and of very many. */
static void
the_planners_estimates_do_not_matter(void **state)
{
    static const double estimates[] = { -1, 3e6 };
    double known[40];
    struct picture plain;
    (void)state;
    must_choose(&c, PLAIN);
    plain = picture_take(&c);
    for (int i = 0; i < c.catalog->ntables; i++)
        known[i] = c.catalog->tables[i].reltuples;
    for (size_t k = 0; k < 2; k++) {
        for (int i = 0; i < c.catalog->ntables; i++)
            *size_of_table(&c, i) = estimates[k];
        must_choose(&c, PLAIN);
        assert_true(pictures_equal(&plain, &c.seen));
    }
    for (int i = 0; i < c.catalog->ntables; i++)
        *size_of_table(&c, i) = known[i];
    picture_free(&plain);
}

static void
the_number_of_connections_does_not_matter(void **state)
{
    struct picture alone;
    struct choosing two;
    (void)state;
    must_choose(&c, PLAIN);
    alone = picture_take(&c);
    assert_true(choosing_begin(&two, "chosen", SERVER_WORKS, 0, 2));
    must_choose(&two, PLAIN);
    assert_true(pictures_equal(&alone, &two.seen));
    choosing_close(&two);
    picture_free(&alone);
}

static void
a_frame_bounds_what_is_chosen_but_not_what_is_pulled(void **state)
{
    (void)state;
    must_choose(&c, "{rate: 50%, " COUNTRIES ", tables: {public.customers: {where: \"id > 30\"},"
                    " public.products: {where: title IS NULL}}}");
    const struct source *customers = source_named(&c, "customers");
    for (size_t row = 0; row < customers->n; row++) {
        int id = atoi(cell(customers, row, "id"));
        assert_sampled(customers, row,
                       id > 30 && is_below(hash_integer(id, seed_of("customers")), 0.5), 0.5);
    }
    const struct source *products = source_named(&c, "products");
    int64_t outside = 0;
    for (size_t row = 0; row < products->n; row++) {
        if (cell(products, row, "title") == NULL)
            continue;
        assert_true(origin_at(&c, products, row) == ORIGIN_NONE ||
                    origin_at(&c, products, row) == ORIGIN_PULLED);
        outside += origin_at(&c, products, row) == ORIGIN_PULLED;
    }
    assert_true(outside > 0);
    assert_closed(&c);
}

static void
a_frame_without_rows_is_refused(void **state)
{
    (void)state;
    assert_false(choose(&c, "{rate: 20%, tables: {public.customers: {where: id < 0}}}"));
    assert_int_equal(c.err.code, DECANT_REFUSED);
    assert_string_equal(c.err.message,
                        "r.yaml:1:30: no row of 'public.customers' is in this frame");
}

/* ... but not one that has rows, of which none is below the rate. */
static void
a_frame_of_which_nothing_is_chosen_is_not(void **state)
{
    (void)state;
    must_choose(&c,
                "{rate: 0.001%, " COUNTRIES ", tables: {public.devices: {where: \"name <> ''\"},"
                " public.orders: {where: total > 5}}}");
    assert_true(select_has_none(c.set, table_named(&c, "devices")));
    assert_true(select_has_none(c.set, table_named(&c, "orders")));
    assert_false(select_has_none(c.set, table_named(&c, "countries")));
}

static void
sql_that_the_source_refuses_is_the_rules_fault(void **state)
{
    static const struct {
        const char *sample, *place, *sqlstate;
    } cases[] = {
        { "{rate: 20%, tables: {public.customers: {where: nonsense > 1}}}", "r.yaml:1:", "42703" },
        { "{rate: 20%, tables: {public.devices: {where: 1 / 0 > 1}}}", "r.yaml:1:", "22012" },
        { "{rate: 20%, also: {public.customers: id = 'x'}}", "r.yaml:1:", "22P02" },
    };
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        char end[100];
        assert_false(choose(&c, cases[i].sample));
        assert_int_equal(c.err.code, DECANT_USAGE);
        assert_memory_equal(c.err.message, cases[i].place, strlen(cases[i].place));
        snprintf(end, sizeof end, "the source does not accept this SQL (SQLSTATE %s)",
                 cases[i].sqlstate);
        assert_non_null(strstr(c.err.message, end));
        /* the server refuses all else until this is undone */
        struct decant_error ignored = { 0 };
        assert_true(pg_exec(c.conns[0], &ignored, "ROLLBACK"));
        assert_true(
            pg_exec(c.conns[0], &ignored, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
    }
}

static void
rows_that_are_asked_for_come_with_all_that_they_own(void **state)
{
    (void)state;
    must_choose(&c, "{rate: 5%, " COUNTRIES ", also: {public.customers: \"id in (2, 10, 26)\"}}");
    const struct source *customers = source_named(&c, "customers");
    static const char *const asked[] = { "2", "10", "26" };
    for (size_t i = 0; i < 3; i++) {
        size_t row = row_with(customers, "id", asked[i]);
        assert_int_equal(origin_at(&c, customers, row), ORIGIN_ASKED);
        assert_true(probability_at(&c, customers, row) == 0);
    }
    static const char *const owned[] = { "orders_customer_id_fkey", "order_lines_order_id_fkey",
                                         "favourites_customer_id_fkey" };
    for (size_t i = 0; i < 3; i++) {
        const struct references *refs = references_named(&c, owned[i]);
        int64_t completed = 0;
        for (size_t k = 0; k < refs->n; k++) {
            enum origin parent = c.seen.origins[refs->pairs[k].parent];
            if (parent != ORIGIN_ASKED && parent != ORIGIN_COMPLETED)
                continue;
            assert_int_equal(c.seen.origins[refs->pairs[k].child], ORIGIN_COMPLETED);
            completed++;
        }
        assert_true(completed > 0);
    }
    assert_int_equal(rows_of_origin(&c, "customers", ORIGIN_ASKED), 3);
    assert_int_equal(select_hollow(c.set, table_named(&c, "customers")), 0);
    assert_closed(&c);
    assert_counted(&c);
}

static void
tables_are_whole_or_empty_as_the_rules_say(void **state)
{
    (void)state;
    must_choose(&c,
                "{rate: 5%, cap: none, whole: [public.countries, public.products], schema_only: "
                "[public.log], tables: {public.countries: {where: code <> 'IS'}}}");
    const struct source *countries = source_named(&c, "countries");
    const struct source *products = source_named(&c, "products");
    for (size_t row = 0; row < products->n; row++) {
        assert_int_equal(origin_at(&c, products, row), ORIGIN_WHOLE);
        assert_true(probability_at(&c, products, row) == 1);
    }
    assert_true(select_has_all(c.set, products->table));
    assert_false(select_has_all(c.set, countries->table)); /* it has a frame */
    assert_int_equal(rows_in(&c, "countries"), 2);
    assert_true(select_has_none(c.set, table_named(&c, "log")));
    assert_int_equal(rows_in(&c, "log"), 0);
}

static void
a_rate_below_the_owners_thins(void **state)
{
    int64_t followers = 0;
    (void)state;
    must_choose(&c, "{rate: 50%, " COUNTRIES ", tables: {public.orders: {rate: 20%}}}");
    const struct source *orders = source_named(&c, "orders");
    const struct references *refs = references_named(&c, "orders_customer_id_fkey");
    for (size_t k = 0; k < refs->n; k++) {
        size_t row = refs->pairs[k].child - orders->first;
        bool follows = c.seen.origins[refs->pairs[k].parent] == ORIGIN_SAMPLE;
        bool below =
            is_below(hash_integer(atoll(cell(orders, row, "id")), seed_of("orders")), 0.2 / 0.5);
        assert_sampled(orders, row, follows && below, 0.2);
        followers += follows;
    }
    assert_true(followers > rows_in(&c, "orders") && rows_in(&c, "orders") > 0);
    const struct source *lines = source_named(&c, "order_lines");
    for (size_t row = 0; row < lines->n; row++)
        if (origin_at(&c, lines, row) == ORIGIN_SAMPLE)
            assert_near(probability_at(&c, lines, row), 0.2);
    assert_closed(&c);
}

static void
a_row_without_its_required_parent_is_left_out_and_counted(void **state)
{
    int64_t away = 0;
    (void)state;
    must_choose(&c, "{rate: 50%, " COUNTRIES ", foreign_keys: {public.favourites.sku: require}}");
    const struct references *customers = references_named(&c, "favourites_customer_id_fkey");
    const struct references *products = references_named(&c, "favourites_sku_fkey");
    int edge = edge_named(&c, "favourites_sku_fkey");
    for (size_t k = 0; k < customers->n; k++) {
        size_t row = customers->pairs[k].child;
        assert_int_equal(products->pairs[k].child, row);
        bool follows = c.seen.origins[customers->pairs[k].parent] == ORIGIN_SAMPLE;
        bool has = c.seen.origins[products->pairs[k].parent] == ORIGIN_SAMPLE;
        assert_int_equal(c.seen.origins[row] == ORIGIN_SAMPLE, follows && has);
        if (follows && has)
            assert_near(c.seen.probabilities[row], 0.25);
        away += follows && !has;
    }
    assert_true(away > 0);
    assert_int_equal(select_required_away(c.set, edge), away);
    assert_near(select_share(c.set, edge), 0.5);
    assert_near(select_share(c.set, edge_named(&c, "orders_customer_id_fkey")), 1);
}

/* A row that refers to nothing is in as if nothing were required, and with that probability. */
static void
a_null_requires_nothing(void **state)
{
    int64_t in = 0;
    (void)state;
    must_choose(&c, "{rate: 50%, " COUNTRIES ", foreign_keys: {public.reviews.sku: require}}");
    const struct source *reviews = source_named(&c, "reviews");
    for (size_t row = 0; row < reviews->n; row++) {
        if (origin_at(&c, reviews, row) != ORIGIN_SAMPLE)
            continue;
        bool is_null = cell(reviews, row, "sku") == NULL;
        assert_near(probability_at(&c, reviews, row), is_null ? 0.5 : 0.25);
        in += is_null;
    }
    assert_true(in > 0);
    assert_int_equal(select_rough(c.set, reviews->table), 0);
}

/* Countries, then customers of those, then what they review: each with the product. */
static void
probabilities_of_required_parents_multiply(void **state)
{
    (void)state;
    must_choose(&c, "{rate: 50%, cap: none, whole: [public.orders, public.order_lines, "
                    "public.products, public.favourites, public.log, public.devices], roots: "
                    "{public.countries: {rate: 60%}, public.customers: {}, public.reviews: {}}, "
                    "foreign_keys: {public.customers.country: require, "
                    "public.reviews.customer_id: require}}");
    const struct source *reviews = source_named(&c, "reviews");
    const struct source *customers = source_named(&c, "customers");
    int64_t in = 0;
    for (size_t row = 0; row < reviews->n; row++) {
        const char *customer = cell(reviews, row, "customer_id");
        if (origin_at(&c, reviews, row) != ORIGIN_SAMPLE || customer == NULL)
            continue;
        size_t parent = row_with(customers, "id", customer);
        assert_int_equal(origin_at(&c, customers, parent), ORIGIN_SAMPLE);
        assert_near(probability_at(&c, reviews, row), 0.5 * probability_at(&c, customers, parent));
        assert_near(probability_at(&c, customers, parent),
                    cell(customers, parent, "country") == NULL ? 0.5 : 0.3);
        in++;
    }
    assert_true(in > 0);
}

/* A whale's own probability and that of its parents are not multiplied: rough-probability says so
 * of how many. */
static void
whales_with_required_parents_are_counted_as_rough(void **state)
{
    int64_t rough = 0;
    (void)state;
    must_choose(&c, "{rate: 20%, cap: 1%, whole: [public.order_lines, public.products, "
                    "public.reviews, public.favourites, public.log, public.devices], roots: "
                    "{public.countries: {rate: 60%}}, foreign_keys: {public.customers.country: "
                    "require}}");
    const struct source *customers = source_named(&c, "customers");
    for (size_t row = 0; row < customers->n; row++)
        rough += origin_at(&c, customers, row) == ORIGIN_SAMPLE &&
                 cell(customers, row, "country") == NULL &&
                 probability_at(&c, customers, row) != 0.2;
    assert_int_equal(select_rough(c.set, customers->table), rough);
    assert_true(rough > 0);
    assert_closed(&c);
}

/* Of more than two million rows owners are counted in buckets first. */
static void
large_tables_have_the_same_whales(void **state)
{
    static const char sample[] =
        "{rate: 20%, cap: 5%, whole: [public.order_lines, public.products, public.reviews, "
        "public.favourites, public.log, public.devices, public.countries]}";
    (void)state;
    must_choose(&c, sample);
    struct picture small = picture_take(&c);
    assert_true(select_capped(c.set, table_named(&c, "customers")) > 0);
    double *orders = size_of_table(&c, (int)(table_named(&c, "orders") - c.catalog->tables));
    double known = *orders;
    *orders = 3e6;
    must_choose(&c, sample);
    assert_true(pictures_equal(&small, &c.seen));
    *orders = known;
    picture_free(&small);
}

/* Of a table that has no rows in the copy: only rows that refer to nothing are left. Not run: they
 * are said to have a probability that is no number. */
static void
rows_that_need_nothing_of_an_empty_table_keep_their_probability(void **state)
{
    (void)state;
    must_choose(&c, "{rate: 50%, " COUNTRIES ", schema_only: [public.products], foreign_keys: "
                    "{public.reviews.sku: require, public.favourites.sku: require, "
                    "public.order_lines.sku: require}}");
    const struct source *reviews = source_named(&c, "reviews");
    assert_true(rows_in(&c, "reviews") > 0);
    for (size_t row = 0; row < reviews->n; row++)
        if (origin_at(&c, reviews, row) != ORIGIN_NONE) {
            assert_null(cell(reviews, row, "sku"));
            assert_near(probability_at(&c, reviews, row), 0.5);
        }
}

static void
more_keys_than_memory_may_hold_are_refused(void **state)
{
    (void)state;
    c.memory = 1000;
    assert_false(choose(&c, PLAIN));
    assert_int_equal(c.err.code, DECANT_REFUSED);
    assert_string_equal(c.err.message, "the keys of the chosen rows take more than 0 MiB");
    assert_non_null(strstr(c.err.hint, "--memory"));
    c.memory = ROOM;
}

static void
a_choice_that_is_told_to_stop_ends(void **state)
{
    struct choosing stopped;
    (void)state;
    assert_true(choosing_begin(&stopped, "chosen", SERVER_WORKS, 0, 1));
    stopped.stop = 1;
    assert_false(choose(&stopped, PLAIN));
    assert_int_equal(stopped.err.code, DECANT_CANCELLED);
    assert_null(stopped.set);
    choosing_close(&stopped);
}

/* What is counted may be asked when nothing of the key is left. */
static void
counts_outlive_the_keys(void **state)
{
    (void)state;
    must_choose(&c, PLAIN);
    int64_t n = select_count(c.set, table_named(&c, "customers"), ORIGIN_SAMPLE);
    select_forget_keys(c.set);
    assert_int_equal(select_count(c.set, table_named(&c, "customers"), ORIGIN_SAMPLE), n);
    assert_false(select_has_none(c.set, table_named(&c, "orders")));
    select_forget_keys(NULL);
    select_free(NULL);
}

static void
every_origin_has_the_name_that_the_manual_gives_it(void **state)
{
    static const char *const names[ORIGIN_COUNT] = { "none",   "sample", "whole", "completed",
                                                     "pulled", "asked",  "edge" };
    (void)state;
    for (enum origin origin = 0; origin < ORIGIN_COUNT; origin++)
        assert_string_equal(origin_name(origin), names[origin]);
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
        cmocka_unit_test(the_rows_of_a_key_are_what_they_have_always_been),
        cmocka_unit_test(a_row_is_in_when_its_hash_is_below_the_rate),
        cmocka_unit_test(all_children_of_a_chosen_row_follow_it_and_no_others),
        cmocka_unit_test(rows_without_an_owner_are_chosen_by_themselves),
        cmocka_unit_test(rows_that_are_alike_stand_and_fall_together),
        cmocka_unit_test(a_larger_rate_holds_what_a_smaller_one_does),
        cmocka_unit_test(another_key_or_seed_chooses_other_rows),
        cmocka_unit_test(the_planners_estimates_do_not_matter),
        cmocka_unit_test(the_number_of_connections_does_not_matter),
        cmocka_unit_test(a_frame_bounds_what_is_chosen_but_not_what_is_pulled),
        cmocka_unit_test(a_frame_without_rows_is_refused),
        cmocka_unit_test(a_frame_of_which_nothing_is_chosen_is_not),
        cmocka_unit_test(sql_that_the_source_refuses_is_the_rules_fault),
        cmocka_unit_test(rows_that_are_asked_for_come_with_all_that_they_own),
        cmocka_unit_test(tables_are_whole_or_empty_as_the_rules_say),
        cmocka_unit_test(a_rate_below_the_owners_thins),
        cmocka_unit_test(a_row_without_its_required_parent_is_left_out_and_counted),
        cmocka_unit_test(a_null_requires_nothing),

        cmocka_unit_test(probabilities_of_required_parents_multiply),
        cmocka_unit_test(whales_with_required_parents_are_counted_as_rough),
        cmocka_unit_test(large_tables_have_the_same_whales),
        cmocka_unit_test(more_keys_than_memory_may_hold_are_refused),
        cmocka_unit_test(a_choice_that_is_told_to_stop_ends),
        cmocka_unit_test(counts_outlive_the_keys),
        cmocka_unit_test(every_origin_has_the_name_that_the_manual_gives_it),
        cmocka_unit_test(rows_that_need_nothing_of_an_empty_table_keep_their_probability),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
