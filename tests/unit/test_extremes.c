/* SPDX-License-Identifier: PostgreSQL */
/* On request the smallest and largest numbers and times are in, and the longest texts. */
#include "choosing.h"
#include "server.h"

#define NONE "rate: 0.0001%, cap: none, whole: [public.moods, public.wide]"
#define EDGES(n) "edges: {per_value: 0, null_patterns: 0, extremes: " #n "}"

static struct choosing c;

/* Rows of the copy that are there for nothing else. */
static bool
is_edge(const char *table, const char *column, const char *value)
{
    const struct source *source = source_named(&c, table);
    return origin_at(&c, source, row_with(source, column, value)) == ORIGIN_EDGE;
}

/* In PostgreSQL's order: NaN is larger than infinity, and both are numbers; NULL is none. */
static void
the_ends_of_every_column_are_in(void **state)
{
    static const struct {
        const char *table, *column, *value;
    } ends[] = {
        { "customers", "born", "-infinity" },
        { "customers", "born", "1978-04-17" },
        { "customers", "spent", "1.5" },
        { "customers", "spent", "NaN" },
        { "customers", "score", "-Infinity" },
        { "customers", "score", "NaN" },
        { "orders", "total", "1" },
        { "orders", "total", "60" },
    };
    (void)state;
    must_choose(&c, "{" NONE ", " EDGES(1) "}");
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (!is_edge(ends[i].table, ends[i].column, ends[i].value))
            fail_msg("%s.%s = %s is not in", ends[i].table, ends[i].column, ends[i].value);
    assert_closed(&c);
    assert_counted(&c);
}

static void
and_as_many_as_are_asked_for(void **state)
{
    (void)state;
    must_choose(&c, "{" NONE ", " EDGES(3) "}");
    static const char *const totals[] = { "1", "2", "3", "58", "59", "60" };
    for (size_t i = 0; i < 6; i++)
        assert_true(is_edge("orders", "total", totals[i]));
    assert_int_equal(rows_of_origin(&c, "orders", ORIGIN_EDGE), 6);
    assert_true(is_edge("customers", "born", "0044-03-15 BC"));
    assert_true(is_edge("customers", "score", "Infinity"));
}

static void
the_longest_texts_are_in(void **state)
{
    size_t longest = 0;
    (void)state;
    must_choose(&c, "{" NONE ", " EDGES(1) "}");
    const struct source *customers = source_named(&c, "customers");
    for (size_t row = 0; row < customers->n; row++) {
        const char *note = cell(customers, row, "note");
        if (note != NULL && strlen(note) > longest)
            longest = strlen(note);
    }
    for (size_t row = 0; row < customers->n; row++) {
        const char *note = cell(customers, row, "note");
        if (note != NULL && strlen(note) == longest)
            assert_int_equal(origin_at(&c, customers, row), ORIGIN_EDGE);
    }
    assert_int_equal(longest, 49);
}

/* By the source's own comparison, not by that of their keys; rows without a key cannot be found
 * again one by one, and keys tell nothing. */
static void
tables_without_a_key_and_columns_of_keys_are_left_out(void **state)
{
    (void)state;
    must_choose(&c, "{" NONE ", " EDGES(2) "}");
    assert_int_equal(rows_of_origin(&c, "log", ORIGIN_EDGE), 0);
    assert_int_equal(rows_of_origin(&c, "favourites", ORIGIN_EDGE), 0);
    assert_true(rows_of_origin(&c, "reviews", ORIGIN_EDGE) > 0);
}

static void
columns_that_are_masked_are_left_out(void **state)
{
    enum column_fate fates[] = { FATE_COPIED, FATE_COPIED, FATE_LOST, FATE_MASKED };
    const enum column_fate *masked[40] = { NULL };
    (void)state;
    masked[table_number(&c, "orders")] = fates;
    c.plan.masked = masked;
    must_choose(&c, "{" NONE ", " EDGES(1) "}");
    assert_int_equal(rows_of_origin(&c, "orders", ORIGIN_EDGE), 0);
    assert_true(rows_of_origin(&c, "customers", ORIGIN_EDGE) > 0);
    c.plan.masked = NULL;
}

static void
the_ends_are_those_of_the_frame(void **state)
{
    (void)state;
    must_choose(&c, "{" NONE ", " EDGES(1) ", tables: {public.orders: {where: total between 20 and "
                                           "50 or total is null}}}");
    assert_true(is_edge("orders", "total", "20"));
    assert_true(is_edge("orders", "total", "50"));
    assert_int_equal(rows_of_origin(&c, "orders", ORIGIN_EDGE), 2);
}

/* A row that is sampled keeps its weight. */
static void
rows_that_are_in_already_stay_what_they_are(void **state)
{
    (void)state;
    must_choose(&c, "{rate: 100%, cap: none, " EDGES(3) "}");
    for (size_t row = 0; row < c.nrows; row++)
        assert_int_equal(c.seen.origins[row], ORIGIN_SAMPLE);
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
        cmocka_unit_test(the_ends_of_every_column_are_in),
        cmocka_unit_test(and_as_many_as_are_asked_for),
        cmocka_unit_test(the_longest_texts_are_in),
        cmocka_unit_test(tables_without_a_key_and_columns_of_keys_are_left_out),
        cmocka_unit_test(columns_that_are_masked_are_left_out),
        cmocka_unit_test(the_ends_are_those_of_the_frame),
        cmocka_unit_test(rows_that_are_in_already_stay_what_they_are),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
