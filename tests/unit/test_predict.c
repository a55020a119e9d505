/* SPDX-License-Identifier: PostgreSQL */
/* What a sample will hold, held against what many keys choose. */
#include "select/predict.h"

#include <math.h>

#include "choosing.h"
#include "server.h"

enum { KEYS = 40, MOST = 20, ALL = 1000000 };

static struct choosing c;
static struct prediction predicted[MOST];

/* Of a choice that was not made. */
static void
predict(const char *sample, double most_counted)
{
    char text[2000];
    choosing_forget(&c);
    snprintf(text, sizeof text, "sample: %s\n", sample);
    c.rules = fake_rules(text);
    if (!sampling_build(c.rules, &c.plan, &c.sample_arena, &c.sampling, &c.err))
        fail_msg("%s", c.err.message);
    /* who reads nothing needs no connection */
    if (!predict_sample(most_counted > 0 ? c.conns[0] : NULL, &c.sampling, most_counted, predicted,
                        &c.err))
        fail_msg("%s (%s)", c.err.message, c.err.sqlstate);
}

static const struct prediction *
of(const char *table)
{
    return &predicted[table_number(&c, table)];
}

/* Mean numbers of rows of one origin, over many keys. */
static double
mean_chosen(const char *sample, const char *table, enum origin origin, double *deviation)
{
    struct key *first = c.key;
    double sum = 0, squares = 0;
    for (unsigned k = 0; k < KEYS; k++) {
        c.key = key_of_number(k);
        if (!choose(&c, sample))
            fail_msg("%s", c.err.message);
        double n = (double)select_count(c.set, table_named(&c, table), origin);
        sum += n;
        squares += n * n;
        key_free(c.key);
    }
    c.key = first;
    *deviation = sqrt(fmax(0, squares / KEYS - sum / KEYS * (sum / KEYS)));
    return sum / KEYS;
}

/* Are as many rows of this origin chosen, on average, as were predicted? */
static void
assert_predicted(const char *sample, const char *table, enum origin origin, double expected)
{
    double deviation, mean = mean_chosen(sample, table, origin, &deviation);
    assert_true(expected > 3);
    if (fabs(mean - expected) > 4.5 * deviation / sqrt(KEYS) + 0.05 * expected)
        fail_msg("%s: %g are %s, %g were predicted", table, mean, origin_name(origin), expected);
}

static void
a_table_holds_its_rate_of_its_rows(void **state)
{
    static const struct {
        const char *sample, *table;
        double rate;
    } cases[] = {
        { "{rate: 20%}", "shops", 0.2 },
        { "{rate: 20%}", "sales", 0.2 },
        { "{rate: 20%}", "parts", 0.2 },
        { "{rate: 20%, roots: {public.clerks: {rate: 50%}}}", "clerks", 0.5 },
        { "{rate: 50%, tables: {public.sales: {rate: 10%}}}", "sales", 0.1 },
        { "{rate: 50%, tables: {public.sales: {rate: 10%}}}", "parts", 0.1 },
        { "{rate: 50%, foreign_keys: {public.shifts.clerk: require}}", "shifts", 0.25 },
        { "{rate: 20%, whole: [public.clerks]}", "clerks", 1 },
        { "{rate: 20%, schema_only: [public.scores]}", "scores", 0 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        predict(cases[i].sample, 0);
        const struct prediction *p = of(cases[i].table);
        assert_near(p->rows, table_named(&c, cases[i].table)->reltuples);
        assert_near(p->sampled, cases[i].rate * p->rows);
        assert_true(p->pulled == 0 && p->completed == 0);
    }
}

/* Rows of a root are in or not, each for itself; children come with their owners. */
static void
the_deviation_is_that_of_the_header(void **state)
{
    (void)state;
    predict("{rate: 20%, whole: [public.clerks]}", 0);
    double shops = of("shops")->rows, sales = of("sales")->rows, scores = of("scores")->rows;
    assert_near(of("shops")->sd, sqrt(shops * 0.2 * 0.8));
    assert_near(of("sales")->sd,
                0.2 * sales * sqrt(0.8 / (0.2 * shops) * 2 / fmin(1, sales / shops)));
    assert_near(of("scores")->sd,
                0.2 * scores * sqrt(0.8 / (0.2 * shops) * 2 / fmin(1, scores / shops)));
    assert_near(of("clerks")->sd, 0);
    predict("{rate: 100%}", 0);
    assert_near(of("sales")->sd, 0);
}

static void
it_is_what_many_keys_choose(void **state)
{
    double deviation;
    (void)state;
    predict("{rate: 20%, cap: none}", 0);
    double mean = mean_chosen("{rate: 20%, cap: none}", "shops", ORIGIN_SAMPLE, &deviation);
    /* of KEYS means, and of KEYS deviations */
    assert_true(fabs(mean - of("shops")->sampled) < 4.5 * of("shops")->sd / sqrt(KEYS));
    assert_true(deviation > 0.6 * of("shops")->sd && deviation < 1.6 * of("shops")->sd);
}

/* (1 - p)(1 - (1 - p')^k), over what is counted. */
static void
as_many_parents_are_pulled_as_were_predicted(void **state)
{
    (void)state;
    predict("{rate: 20%, cap: none}", ALL);
    assert_predicted("{rate: 20%, cap: none}", "clerks", ORIGIN_PULLED, of("clerks")->pulled);
}

static void
and_as_many_rows_come_with_them(void **state)
{
    static const char sample[] = "{rate: 20%, cap: none, roots: {public.scores: {rate: 60%}}, "
                                 "foreign_keys: {public.scores.shop: pull_with_children}}";
    (void)state;
    predict(sample, ALL);
    assert_predicted(sample, "shops", ORIGIN_PULLED, of("shops")->pulled);
    assert_predicted(sample, "shifts", ORIGIN_COMPLETED, of("shifts")->completed);
}

/* Each of them is chosen for itself. Not run: all that refer to one parent count as one. */
static void
rows_of_a_root_with_a_key_of_two_columns_are_not_one_cohort(void **state)
{
    static const char sample[] = "{rate: 20%, cap: none, roots: {public.shifts: {}}, "
                                 "foreign_keys: {public.shifts.shop: pull}}";
    (void)state;
    predict(sample, ALL);
    assert_predicted(sample, "shops", ORIGIN_PULLED, of("shops")->pulled);
}

/* A sale that a score refers to belongs to the same shop: it is there already. */
static void
parents_of_the_same_cohort_need_not_be_pulled(void **state)
{
    static const char sample[] =
        "{rate: 20%, cap: none, foreign_keys: {public.scores.shop: owner}, virtual: [{from: "
        "public.scores.shop, to: public.sales.shop, policy: pull}]}";
    double deviation;
    (void)state;
    predict(sample, ALL);
    assert_near(of("sales")->pulled, 0);
    assert_near(mean_chosen(sample, "sales", ORIGIN_PULLED, &deviation), 0);
}

/* Parents of more rows than may be counted are taken as equally popular. */
static void
what_is_too_large_to_be_counted_is_guessed(void **state)
{
    (void)state;
    predict("{rate: 20%, cap: none}", 1);
    double k = of("shifts")->rows / of("clerks")->rows;
    assert_near(of("clerks")->pulled, of("clerks")->rows * (1 - pow(0.8, k)) * 0.8);
}

static void
no_table_holds_more_than_all_of_its_rows(void **state)
{
    static const char *const samples[] = {
        "{rate: 1%}",
        "{rate: 90%, foreign_keys: {public.shifts.clerk: pull}}",
        "{rate: 60%, roots: {public.shifts: {}, public.scores: {rate: 100%}}, foreign_keys: "
        "{public.shifts.shop: pull_with_children, public.scores.shop: pull_with_children}}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        predict(samples[i], ALL);
        for (int t = 0; t < c.sampling.ntables; t++) {
            const struct prediction *p = &predicted[t];
            double sum = p->sampled + p->pulled + p->completed;
            assert_true(sum >= 0 && sum <= p->rows + 1e-6);
        }
    }
}

/* Nobody has analyzed it: nothing is said, and nothing comes of that for others. */
static void
a_table_of_unknown_size_has_no_prediction(void **state)
{
    int clerks = (int)(table_named(&c, "clerks") - c.catalog->tables);
    double estimate = *size_of_table(&c, clerks);
    (void)state;
    *size_of_table(&c, clerks) = -1;
    predict("{rate: 20%, cap: none}", ALL);
    assert_true(of("clerks")->rows < 0);
    assert_near(of("clerks")->sampled, 0);
    assert_near(of("clerks")->sd, 0);
    assert_near(of("shops")->sampled, 0.2 * of("shops")->rows);
    for (int t = 0; t < c.sampling.ntables; t++)
        assert_false(isnan(predicted[t].pulled + predicted[t].completed + predicted[t].sd));
    struct statistics known; /* unless they were counted */
    statistics_init(&known, c.catalog, &c.arena);
    known.tables[clerks].few_rows = 30;
    c.plan.statistics = &known;
    predict("{rate: 20%, cap: none, roots: {public.clerks: {}}}", 0);
    assert_near(of("clerks")->rows, 30);
    assert_near(of("clerks")->sampled, 6);
    c.plan.statistics = NULL;
    *size_of_table(&c, clerks) = estimate;
}

static void
an_empty_table_is_no_trouble(void **state)
{
    double known[MOST];
    (void)state;
    for (int i = 0; i < c.catalog->ntables; i++) {
        known[i] = c.catalog->tables[i].reltuples;
        *size_of_table(&c, i) = 0;
    }
    predict("{rate: 20%, cap: none}", ALL);
    for (int t = 0; t < c.sampling.ntables; t++) {
        const struct prediction *p = &predicted[t];
        assert_near(p->sampled + p->sd + p->pulled + p->completed, 0);
    }
    for (int i = 0; i < c.catalog->ntables; i++)
        *size_of_table(&c, i) = known[i];
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
        cmocka_unit_test(a_table_holds_its_rate_of_its_rows),
        cmocka_unit_test(the_deviation_is_that_of_the_header),
        cmocka_unit_test(it_is_what_many_keys_choose),
        cmocka_unit_test(as_many_parents_are_pulled_as_were_predicted),
        cmocka_unit_test(and_as_many_rows_come_with_them),
        cmocka_unit_test(parents_of_the_same_cohort_need_not_be_pulled),
        cmocka_unit_test(what_is_too_large_to_be_counted_is_guessed),
        cmocka_unit_test(no_table_holds_more_than_all_of_its_rows),
        cmocka_unit_test(a_table_of_unknown_size_has_no_prediction),
        cmocka_unit_test(an_empty_table_is_no_trouble),
        cmocka_unit_test(rows_of_a_root_with_a_key_of_two_columns_are_not_one_cohort),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
