/* SPDX-License-Identifier: PostgreSQL */
/* A source that fails, dies or cuts its answer, at every request of a choice: an error that says
 * so, and nothing is left behind (valgrind sees to that). */
#include "choosing.h"
#include "select/predict.h"
#include "server.h"

static const struct {
    const char *name;
    enum server_fault fault;
} faults[] = { { "fails", SERVER_FAILS }, { "dies", SERVER_DIES }, { "cuts", SERVER_CUTS } };

enum { FAULTS = sizeof faults / sizeof *faults, MOST_COUNTED = 1000 };

#define EVERYTHING                                                                                 \
    "{rate: 20%, cap: 20%, roots: {public.shifts: {}}, strata: {public.shops: {by: [country], "    \
    "min: 2}}, foreign_keys: {public.shifts.clerk: require, public.scores.shop: 'null', "          \
    "public.shifts.shop: pull}, also: {public.clerks: \"id = 'c7'\"}, edges: {per_value: 2, "      \
    "null_patterns: 2, extremes: 1}, tables: {public.sales: {where: amount > 0}}}"

static bool
run_choice(struct choosing *c)
{
    return choose(c, EVERYTHING);
}

static bool
run_explanation(struct choosing *c)
{
    struct buf text = { 0 };
    bool ok = choose(c, "{rate: 50%, cap: none}") &&
              select_explain(c->set, table_named(c, "sales"), "S01,7", &text, &c->err) &&
              select_explain(c->set, table_named(c, "shops"), "S02", &text, &c->err);
    buf_deinit(&text);
    return ok;
}

static bool
run_prediction(struct choosing *c)
{
    struct prediction out[20];
    c->rules = fake_rules("sample: {rate: 20%}\n");
    return sampling_build(c->rules, &c->plan, &c->sample_arena, &c->sampling, &c->err) &&
           predict_sample(c->conns[0], &c->sampling, MOST_COUNTED, out, &c->err);
}

static bool
run_nothing(struct choosing *c)
{
    (void)c;
    return true;
}

/* At its end a connection undoes its transaction and what it has set. */
enum { LAST_WORDS = 1 };

/* How many requests does it take, from the connection on? */
static int
count_requests(bool (*run)(struct choosing *c))
{
    struct choosing c;
    choosing_open(&c, "strata");
    if (!run(&c))
        fail_msg("%s (%s) %s", c.err.message, c.err.sqlstate, c.err.hint);
    return choosing_close(&c) - LAST_WORDS;
}

/* It is not the rules' fault, and to be tried again. */
static void
assert_lost(const struct choosing *c, size_t fault, int at)
{
    if (c->err.code != DECANT_UNAVAILABLE || c->err.message[0] == '\0')
        fail_msg("%s at %d: %d %s", faults[fault].name, at, (int)c->err.code, c->err.message);
    if (faults[fault].fault == SERVER_FAILS)
        assert_string_equal(c->err.sqlstate, "57P01");
}

/* Request `at` goes wrong in one way or another. */
static void
assert_ends_with_an_error(bool (*run)(struct choosing *c), int at, size_t fault)
{
    struct choosing c;
    if (!choosing_begin(&c, "strata", faults[fault].fault, at, 1))
        fail_msg("%s", c.err.message);
    if (run(&c))
        fail_msg("%s at %d: nothing was said", faults[fault].name, at);
    assert_lost(&c, fault, at);
    assert_null(strstr(c.err.message, "r.yaml"));
    choosing_close(&c);
}

/* Every request goes wrong, in the one way or the other: all ways at all would take too long. */
static void
try_every_request(bool (*run)(struct choosing *c), size_t fault)
{
    int before = count_requests(run_nothing), all = count_requests(run);
    assert_true(all > before);
    for (int at = before + 1; at <= all && !server_is_real(); at++)
        assert_ends_with_an_error(run, at, fault++ % FAULTS);
}

static void
a_source_that_is_lost_ends_the_choice(void **state)
{
    (void)state;
    try_every_request(run_choice, 0);
}

static void
a_source_that_is_lost_ends_the_explanation(void **state)
{
    (void)state;
    try_every_request(run_explanation, 1);
}

static void
a_source_that_is_lost_ends_the_prediction(void **state)
{
    (void)state;
    for (size_t fault = 0; fault < FAULTS; fault++)
        try_every_request(run_prediction, fault);
}

/* Two connections read side by side; the first failure stops both. */
static void
one_lost_connection_of_two_ends_the_choice(void **state)
{
    struct choosing c;
    (void)state;
    int before = count_requests(run_nothing), all = count_requests(run_choice);
    if (server_is_real())
        return;
    for (int at = before + 6; at < all; at += 9) {
        if (!choosing_begin(&c, "strata", SERVER_DIES, at, 2))
            fail_msg("%s", c.err.message);
        assert_false(choose(&c, EVERYTHING));
        assert_int_equal(c.err.code, DECANT_UNAVAILABLE);
        assert_int_equal(c.stop, 0); /* nobody asked for an end */
        choosing_close(&c);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_source_that_is_lost_ends_the_choice),
        cmocka_unit_test(a_source_that_is_lost_ends_the_explanation),
        cmocka_unit_test(a_source_that_is_lost_ends_the_prediction),
        cmocka_unit_test(one_lost_connection_of_two_ends_the_choice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
