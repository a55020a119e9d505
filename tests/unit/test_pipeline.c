/* SPDX-License-Identifier: PostgreSQL */
#include "base/pipeline.h"

#include "base/error.h"
#include "unit.h"

struct counting {
    atomic_int seen[100];
    atomic_int stop;
    int fails_at;
};

static bool
count(void *ctx, int worker, int item, struct decant_error *err)
{
    struct counting *counting = ctx;
    (void)worker;
    atomic_fetch_add(&counting->seen[item], 1);
    return item != counting->fails_at || error_set(err, DECANT_CHECK, "item %d", item);
}

static void
every_item_is_worked_on_once(void **state)
{
    (void)state;
    for (int workers = 1; workers <= 8; workers++) {
        struct counting counting = { .fails_at = -1 };
        struct decant_error err = { 0 };
        assert_true(pipeline_map(100, workers, &counting.stop, 4, &counting, count, &err));
        for (int i = 0; i < 100; i++)
            assert_int_equal(counting.seen[i], 1);
        assert_int_equal(counting.stop, 0);
    }
}

static void
a_failure_stops_the_others_and_is_told(void **state)
{
    (void)state;
    struct counting counting = { .fails_at = 5 };
    struct decant_error err = { 0 };
    assert_false(pipeline_map(100, 3, &counting.stop, 4, &counting, count, &err));
    assert_string_equal(err.message, "item 5");
    assert_int_equal(counting.stop, 4);
}

static bool
succeed(void *ctx, struct decant_error *err)
{
    (void)err;
    *(int *)ctx = 1;
    return true;
}

static bool
break_down(void *ctx, struct decant_error *err)
{
    return error_set(err, DECANT_CHECK, "%s", (const char *)ctx);
}

static void
all_tasks_run_and_the_first_failure_in_order_is_told(void **state)
{
    (void)state;
    int done = 0;
    struct decant_error err = { 0 };
    struct task tasks[] = { { succeed, &done }, { break_down, "second" }, { break_down, "third" } };
    assert_false(pipeline_tasks(tasks, 3, &err));
    assert_int_equal(done, 1);
    assert_string_equal(err.message, "second");
    assert_true(pipeline_tasks(tasks, 1, &err));
    assert_true(pipeline_tasks(tasks, 0, &err));
}

/* How many run at this time, and how many did at most. */
struct crowd {
    atomic_int now, most, done;
};

static bool
stay(void *ctx, struct decant_error *err)
{
    struct crowd *crowd = ctx;
    int now = atomic_fetch_add(&crowd->now, 1) + 1, most = atomic_load(&crowd->most);
    (void)err;
    while (now > most && !atomic_compare_exchange_weak(&crowd->most, &most, now))
        continue;
    usleep(20000);
    atomic_fetch_sub(&crowd->now, 1);
    atomic_fetch_add(&crowd->done, 1);
    return true;
}

static void
not_more_tasks_run_than_may(void **state)
{
    (void)state;
    for (int most = 1; most <= 4; most++) {
        struct crowd crowd = { 0 };
        struct decant_error err = { 0 };
        struct task tasks[9];
        for (int i = 0; i < 9; i++)
            tasks[i] = (struct task){ stay, &crowd };
        tasks[7] = (struct task){ break_down, "seventh" };
        tasks[8] = (struct task){ break_down, "eighth" };
        assert_false(pipeline_few_tasks(tasks, 9, most, &err));
        assert_string_equal(err.message, "seventh");
        assert_int_equal(crowd.done, 7);
        assert_true(crowd.most <= most);
        assert_true(most == 1 || crowd.most > 1);
    }
}

struct filling {
    int next, last, fails_at; /* numbers of buffers */
};

static bool
fill(void *ctx, struct buf *out, bool *end, struct decant_error *err)
{
    struct filling *filling = ctx;
    int number = filling->next++;
    assert_int_equal(out->len, 0);
    buf_add(out, &number, sizeof number);
    *end = number == filling->last;
    return number != filling->fails_at || error_set(err, DECANT_CHECK, "buffer %d", number);
}

static atomic_int nleft;

static void
leave(void)
{
    atomic_fetch_add(&nleft, 1);
}

static int
take_all(struct supply *supply, int *result, struct decant_error *err)
{
    const struct buf *buf;
    int n = 0;
    while ((*result = supply_next(supply, &buf, err)) > 0) {
        assert_int_equal(buf->len, sizeof n);
        assert_memory_equal(buf->data, &n, sizeof n);
        n++;
    }
    return n;
}

static void
a_supply_keeps_the_order_and_loses_nothing(void **state)
{
    (void)state;
    for (int last = 0; last < 3000; last = 3 * last + 1) {
        struct filling filling = { .last = last, .fails_at = -1 };
        struct decant_error err = { 0 };
        struct supply *supply = supply_new(fill, leave, &filling);
        int result;
        assert_int_equal(take_all(supply, &result, &err), last + 1);
        assert_int_equal(result, 0);
        supply_free(supply);
    }
}

static void
a_supply_gives_what_was_there_before_it_failed(void **state)
{
    (void)state;
    struct filling filling = { .last = 100, .fails_at = 20 };
    struct decant_error err = { 0 };
    struct supply *supply = supply_new(fill, leave, &filling);
    int result;
    assert_int_equal(take_all(supply, &result, &err), 20);
    assert_int_equal(result, -1);
    assert_string_equal(err.message, "buffer 20");
    supply_free(supply);
}

static void
a_supply_that_nobody_wants_ends(void **state)
{
    (void)state;
    int before = nleft;
    for (int taken = 0; taken < 3; taken++) {
        struct filling filling = { .last = -1, .fails_at = -1 };
        struct decant_error err = { 0 };
        struct supply *supply = supply_new(fill, leave, &filling);
        const struct buf *buf;
        for (int i = 0; i < taken; i++)
            assert_int_equal(supply_next(supply, &buf, &err), 1);
        supply_free(supply);
        assert_true(filling.next <= taken + 9);
        assert_int_equal(nleft, before + taken + 1);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_item_is_worked_on_once),
        cmocka_unit_test(a_failure_stops_the_others_and_is_told),
        cmocka_unit_test(all_tasks_run_and_the_first_failure_in_order_is_told),
        cmocka_unit_test(not_more_tasks_run_than_may),
        cmocka_unit_test(a_supply_keeps_the_order_and_loses_nothing),
        cmocka_unit_test(a_supply_gives_what_was_there_before_it_failed),
        cmocka_unit_test(a_supply_that_nobody_wants_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
