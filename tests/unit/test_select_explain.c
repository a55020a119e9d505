/* SPDX-License-Identifier: PostgreSQL */
/* Why a row is in the copy, or why not: `decant explain --row`. */
#include "choosing.h"
#include "select/hash.h"
#include "server.h"

#define PLAIN "{rate: 20%, cap: none, whole: [public.countries]}"

static struct choosing c;

/* The explanation of a row, until the next one. */
static const char *
explained(const char *table, const char *key)
{
    static struct buf text;
    buf_reset(&text);
    buf_puts(&text, "");
    if (!select_explain(c.set, table_named(&c, table), key, &text, &c.err))
        fail_msg("%s %s: %s", table, key, c.err.message);
    static char out[2000];
    snprintf(out, sizeof out, "%s", buf_str(&text));
    buf_deinit(&text);
    return out;
}

static void
assert_says(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("'%s' is not in: %s", part, text);
}

static double
u_of(const char *table, int64_t id)
{
    char label[60];
    uint8_t sub_key[32];
    uint64_t seed;
    snprintf(label, sizeof label, "v1\npublic.%s", table);
    key_derive(c.key, "sample", label, sub_key, sizeof sub_key);
    memcpy(&seed, sub_key, sizeof seed);
    return (double)hash_integer(id, seed) / 18446744073709551616.0;
}

/* It agrees with the selection, and with the number that decides. */
static void
a_root_is_told_by_its_number(void **state)
{
    static const int ids[] = { 1, 16, 17, 20, 50, 87, 90 };
    (void)state;
    must_choose(&c, PLAIN);
    const struct source *customers = source_named(&c, "customers");
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        char id[12], expected[200];
        snprintf(id, sizeof id, "%d", ids[i]);
        bool is_in = origin_at(&c, customers, row_with(customers, "id", id)) == ORIGIN_SAMPLE;
        const char *text = explained("customers", id);
        snprintf(expected, sizeof expected,
                 "public.customers %s is %s\n  u = %.6f is %s 0.2, the "
                 "rate of the table\n",
                 id, is_in ? "in the copy: sample" : "not in the copy", u_of("customers", ids[i]),
                 is_in ? "below" : "not below");
        assert_memory_equal(text, expected, strlen(expected));
        assert_int_equal(is_in, u_of("customers", ids[i]) < 0.2);
    }
}

/* A line of an order of a customer: up to the one whose number decided. */
static void
an_owned_row_is_told_by_all_its_owners(void **state)
{
    char expected[300];
    (void)state;
    must_choose(&c, PLAIN);
    const struct source *lines = source_named(&c, "order_lines"),
                        *orders = source_named(&c, "orders");
    for (size_t row = 0; row < lines->n; row += 13) {
        const char *order = cell(lines, row, "order_id");
        const char *customer = cell(orders, row_with(orders, "id", order), "customer_id");
        const char *in =
            origin_at(&c, lines, row) == ORIGIN_SAMPLE ? "in the copy: sample" : "not in the copy";
        char key[60];
        snprintf(key, sizeof key, "%s,%s", order, cell(lines, row, "line"));
        const char *text = explained("order_lines", key);
        snprintf(expected, sizeof expected,
                 "public.order_lines %s is %s\n"
                 "  it follows its owner public.orders %s (order_id)\n"
                 "public.orders %s is %s\n"
                 "  it follows its owner public.customers %s (customer_id)\n"
                 "public.customers %s is %s\n  u = ",
                 key, in, order, order, in, customer, customer, in);
        assert_memory_equal(text, expected, strlen(expected));
        assert_says(text, "no row of the copy refers to public.order_lines");
    }
}

static void
a_pulled_row_is_told_by_who_refers_to_it(void **state)
{
    (void)state;
    must_choose(&c, PLAIN);
    const struct source *products = source_named(&c, "products");
    int64_t told = 0;
    for (size_t row = 0; row < products->n && told < 3; row++) {
        if (origin_at(&c, products, row) != ORIGIN_PULLED)
            continue;
        const char *text = explained("products", cell(products, row, "sku"));
        assert_says(text, "is in the copy: pulled\n");
        assert_says(text, " refers to public.products ");
        assert_says(text, "(sku)");
        told++;
    }
    assert_int_equal(told, 3);
}

/* The first is named, the others are counted. */
static void
of_many_that_refer_to_a_row_one_is_named(void **state)
{
    (void)state;
    must_choose(&c, PLAIN);
    const struct source *reviews = source_named(&c, "reviews");
    const struct source *countries = source_named(&c, "countries");
    assert_true(reviews->n > 0 && countries->n == 3);
    const struct references *refs = references_named(&c, "customers_country_fkey");
    int64_t in = 0;
    size_t german = countries->first + row_with(countries, "code", "DE");
    for (size_t k = 0; k < refs->n; k++)
        in +=
            refs->pairs[k].parent == german && c.seen.origins[refs->pairs[k].child] != ORIGIN_NONE;
    const char *text = explained("countries", "DE");
    char others[100];
    assert_true(in > 2);
    snprintf(others, sizeof others, "(country), and %lld other rows of the copy\n",
             (long long)in - 1);
    assert_says(text, "public.countries DE is in the copy: whole\n");
    assert_says(text, others);
}

static void
rows_that_are_asked_for_or_complete_say_so(void **state)
{
    (void)state;
    must_choose(&c, "{rate: 20%, cap: none, whole: [public.countries], also: {public.customers: id "
                    "= 2}}");
    assert_says(explained("customers", "2"), "public.customers 2 is in the copy: asked\n");
    const struct source *orders = source_named(&c, "orders");
    assert_says(explained("orders", cell(orders, row_with(orders, "customer_id", "2"), "id")),
                "is in the copy: completed\n");
}

/* By its frame, a required parent that is missing, a rate of its own, or an owner that came without
 * its children. */
static void
a_row_that_is_left_out_is_told_by_what_left_it_out(void **state)
{
    static const char *const tables[] = { "customers", "reviews", "orders" };
    (void)state;
    must_choose(&c, "{rate: 50%, cap: none, whole: [public.countries], tables: {public.customers: "
                    "{where: id > 30}, public.orders: {rate: 10%}}, roots: {public.reviews: {}}, "
                    "foreign_keys: {public.reviews.sku: require, public.reviews.customer_id: "
                    "pull}}");
    for (size_t i = 0; i < 3; i++) {
        const struct source *source = source_named(&c, tables[i]);
        for (size_t row = 0; row < source->n; row += 7) {
            const char *text = explained(tables[i], cell(source, row, "id"));
            if (origin_at(&c, source, row) != ORIGIN_NONE)
                continue;
            const char *first = strchr(text, '\n') + 1; /* the reason */
            if (strstr(first, "is below 0.5, the rate of the table\nno row") != NULL)
                fail_msg("%s", text);
            if (strncmp(first, "  it follows its owner", 22) == 0 &&
                strstr(first, "is not in the copy") == NULL &&
                strstr(first, "which came without its children") == NULL)
                fail_msg("%s", text);
        }
    }
}

/* What nobody has typed is not said of a column that is masked. */
static void
keys_that_are_masked_stay_unsaid(void **state)
{
    enum column_fate fates[7] = { FATE_MASKED };
    const enum column_fate *masked[40] = { NULL };
    (void)state;
    must_choose(&c, PLAIN);
    masked[table_number(&c, "customers")] = fates;
    c.plan.masked = masked;
    must_choose(&c, PLAIN);
    const struct source *orders = source_named(&c, "orders");
    const char *text = explained("orders", cell(orders, 0, "id"));
    assert_says(text, "it follows its owner public.customers (masked key) (customer_id)\n");
    assert_says(explained("customers", "17"), "public.customers 17 is in the copy"); /* typed */
    c.plan.masked = NULL;
}

static void
a_whale_and_a_stratum_are_told_as_such(void **state)
{
    (void)state;
    must_choose(&c, "{rate: 20%, cap: 5%, whole: [public.countries]}");
    const struct source *customers = source_named(&c, "customers");
    size_t row = 0;
    while (probability_at(&c, customers, row) < 0.21)
        row++;
    assert_says(explained("customers", cell(customers, row, "id")),
                "the probability of a row that owns so many");
    must_choose(&c, "{rate: 20%, cap: none, whole: [public.countries], strata: {public.customers: "
                    "{by: [tier]}}}");
    assert_says(explained("customers", "17"), "; of its stratum the rows with the smallest are in");
}

static void
a_row_that_does_not_exist_cannot_be_explained(void **state)
{
    static const struct {
        const char *table, *key;
    } rows[] = { { "customers", "1000" }, { "customers", "" },      { "customers", "x" },
                 { "order_lines", "1" },  { "customers", "17 " },   { "devices", "17" },
                 { "nothing", "1" },      { "customers", "17,18" }, { "customers", "017" } };
    struct buf text = { 0 };
    (void)state;
    must_choose(&c, PLAIN);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct decant_error err = { 0 };
        assert_false(
            select_explain(c.set, table_named(&c, rows[i].table), rows[i].key, &text, &err));
        assert_int_equal(err.code, DECANT_USAGE);
        assert_non_null(strstr(err.message, "has no row with this key"));
        assert_non_null(strstr(err.hint, "joined by commas"));
        assert_null(strstr(err.message, rows[i].key[0] != '\0' ? rows[i].key : "\n"));
    }
    assert_int_equal(text.len, 0);
    buf_deinit(&text);
}

static void
a_table_without_a_key_has_no_rows_to_be_named(void **state)
{
    struct buf text = { 0 };
    struct decant_error err = { 0 };
    (void)state;
    must_choose(&c, PLAIN);
    assert_false(select_explain(c.set, table_named(&c, "log"), "1", &text, &err));
    assert_int_equal(err.code, DECANT_USAGE);
    assert_string_equal(err.message, "'public.log' has no key by which a row could be named");
    buf_deinit(&text);
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
        cmocka_unit_test(a_root_is_told_by_its_number),
        cmocka_unit_test(an_owned_row_is_told_by_all_its_owners),
        cmocka_unit_test(a_pulled_row_is_told_by_who_refers_to_it),
        cmocka_unit_test(of_many_that_refer_to_a_row_one_is_named),
        cmocka_unit_test(rows_that_are_asked_for_or_complete_say_so),
        cmocka_unit_test(keys_that_are_masked_stay_unsaid),
        cmocka_unit_test(a_whale_and_a_stratum_are_told_as_such),
        cmocka_unit_test(a_row_that_does_not_exist_cannot_be_explained),
        cmocka_unit_test(a_table_without_a_key_has_no_rows_to_be_named),
        cmocka_unit_test(a_row_that_is_left_out_is_told_by_what_left_it_out),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
