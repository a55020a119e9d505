/* SPDX-License-Identifier: PostgreSQL */
/* Predictions count cohorts: what follows one root comes together, however far below it is. */
#include <math.h>

#include "choosing.h"
#include "select/predict.h"
#include "server.h"

enum { MOST = 20, ALL = 1000000, CUSTOMERS = 91 };

static struct choosing c;
static struct prediction predicted[MOST];

static void
predict(const char *sample)
{
    choosing_forget(&c);
    c.rules = fake_rules(sample);
    assert_true(sampling_build(c.rules, &c.plan, &c.sample_arena, &c.sampling, &c.err));
    if (!predict_sample(c.conns[0], &c.sampling, ALL, predicted, &c.err))
        fail_msg("%s (%s)", c.err.message, c.err.sqlstate);
}

/* Which customers have a row of the table that refers to the product? Returns how many rows of
 * nobody do. */
static int
mark_customers(const char *table, const char *sku, bool marks[CUSTOMERS])
{
    const struct source *source = source_named(&c, table), *orders = source_named(&c, "orders");
    int nobodys = 0;
    for (size_t row = 0; row < source->n; row++) {
        const char *here = cell(source, row, "sku"), *customer;
        if (here == NULL || strcmp(here, sku) != 0)
            continue;
        if (strcmp(table, "order_lines") == 0)
            customer =
                cell(orders, row_with(orders, "id", cell(source, row, "order_id")), "customer_id");
        else
            customer = cell(source, row, "customer_id");
        if (customer != NULL)
            marks[atoi(customer)] = true;
        nobodys += customer == NULL;
    }
    return nobodys;
}

/* By the formula of the header, over cohorts that are counted here. */
static double
expected_products(double rate, double own_rate)
{
    const struct source *products = source_named(&c, "products");
    double sum = 0;
    for (size_t row = 0; row < products->n; row++) {
        static const char *const tables[] = { "order_lines", "reviews", "favourites" };
        bool marks[CUSTOMERS] = { false };
        int k = 0;
        for (size_t i = 0; i < 3; i++)
            k += mark_customers(tables[i], cell(products, row, "sku"), marks);
        for (size_t i = 0; i < CUSTOMERS; i++)
            k += marks[i];
        sum += (1 - own_rate) * (1 - pow(1 - rate, k));
    }
    return sum;
}

/* Of nobody's rows, which are few, it need not be told how many there are. */
static void
assert_close(double value, double expected)
{
    if (!(fabs(value - expected) < 0.05 * expected))
        fail_msg("%g is far from %g", value, expected);
}

static void
rows_of_one_cohort_count_once(void **state)
{
    (void)state;
    must_choose(&c,
                "{rate: 20%, cap: none, whole: [public.countries]}"); /* for the source's rows */
    double expected = expected_products(0.2, 0.2);
    predict("sample: {rate: 20%, whole: [public.countries]}\n");
    assert_true(expected > 10);
    assert_close(predicted[table_number(&c, "products")].pulled, expected);
    expected = expected_products(0.2, 0.5);
    predict("sample: {rate: 20%, whole: [public.countries], roots: {public.products: {rate: "
            "50%}}}\n");
    assert_close(predicted[table_number(&c, "products")].pulled, expected);
}

static void
whole_parents_are_not_pulled(void **state)
{
    (void)state;
    predict("sample: {rate: 20%, whole: [public.products, public.countries]}\n");
    const struct prediction *products = &predicted[table_number(&c, "products")];
    assert_near(products->pulled, 0);
    assert_near(products->sampled, products->rows);
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
        cmocka_unit_test(rows_of_one_cohort_count_once),
        cmocka_unit_test(whole_parents_are_not_pulled),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
