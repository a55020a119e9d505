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

struct gathered {
    int next, fails_at; /* numbers of buffers */
};

static bool
gather(void *ctx, const struct buf *buf, struct decant_error *err)
{
    struct gathered *gathered = ctx;
    assert_int_equal(buf->len, sizeof gathered->next);
    assert_memory_equal(buf->data, &gathered->next, sizeof gathered->next);
    return ++gathered->next != gathered->fails_at ||
           error_set(err, DECANT_CHECK, "buffer %d", gathered->next);
}

static void
a_conveyor_keeps_the_order_and_loses_nothing(void **state)
{
    (void)state;
    for (int n = 0; n < 3000; n = 3 * n + 1) {
        struct gathered gathered = { .fails_at = -1 };
        struct decant_error err = { 0 };
        struct conveyor *conveyor = conveyor_new(gather, &gathered);
        struct buf buf = { 0 };
        for (int i = 0; i < n; i++) {
            buf_add(&buf, &i, sizeof i);
            assert_true(conveyor_put(conveyor, &buf, &err));
            assert_int_equal(buf.len, 0);
        }
        assert_true(conveyor_end(conveyor, &err));
        assert_int_equal(gathered.next, n);
        buf_deinit(&buf);
    }
}

static void
a_conveyor_tells_the_failure_and_stops(void **state)
{
    (void)state;
    struct gathered gathered = { .fails_at = 5 };
    struct decant_error err = { 0 };
    struct conveyor *conveyor = conveyor_new(gather, &gathered);
    struct buf buf = { 0 };
    bool ok = true;
    for (int i = 0; ok && i < 100; i++) {
        buf_reset(&buf);
        buf_add(&buf, &i, sizeof i);
        ok = conveyor_put(conveyor, &buf, &err);
    }
    assert_false(ok);
    assert_string_equal(err.message, "buffer 5");
    assert_false(conveyor_end(conveyor, &err));
    assert_int_equal(gathered.next, 5);
    buf_deinit(&buf);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_item_is_worked_on_once),
        cmocka_unit_test(a_failure_stops_the_others_and_is_told),
        cmocka_unit_test(all_tasks_run_and_the_first_failure_in_order_is_told),
        cmocka_unit_test(a_conveyor_keeps_the_order_and_loses_nothing),
        cmocka_unit_test(a_conveyor_tells_the_failure_and_stops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
