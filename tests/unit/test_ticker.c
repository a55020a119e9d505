/* SPDX-License-Identifier: PostgreSQL */
#include "base/ticker.h"

#include "base/clock.h"
#include "unit.h"

struct looks {
    struct ticker ticker;
    int n, ms;
};

static void *
look(void *arg)
{
    struct looks *looks = arg;
    do
        looks->n++;
    while (ticker_rest(&looks->ticker, looks->ms));
    return NULL;
}

static void
it_looks_now_and_then(void **state)
{
    struct looks looks = { .ms = 1 };
    struct timespec a_while = { .tv_nsec = 100000000 };
    (void)state;
    ticker_begin(&looks.ticker, look, &looks);
    nanosleep(&a_while, NULL);
    ticker_end(&looks.ticker);
    assert_true(looks.n >= 2 && looks.n <= 200);
}

static void
whoever_ends_it_does_not_wait_for_its_rest(void **state)
{
    struct looks looks = { .ms = 3600000 };
    int64_t begun = clock_ms();
    (void)state;
    ticker_begin(&looks.ticker, look, &looks);
    ticker_end(&looks.ticker);
    ticker_end(&looks.ticker); /* nothing runs any more */
    assert_true(looks.n == 1 && clock_ms() - begun < 60000);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_looks_now_and_then),
        cmocka_unit_test(whoever_ends_it_does_not_wait_for_its_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
