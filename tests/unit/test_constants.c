/* SPDX-License-Identifier: PostgreSQL */
/* Constant defaults, as the source evaluates them. */
#include "loaded.h" /* and "server.h" */

#include "plan/constants.h"

static const struct column *
column_of(const struct table *table, const char *name)
{
    int number = table_column(table, name);
    assert_true(number >= 0);
    return &table->columns[number];
}

static const struct decant_value *
constant_of(const struct loaded *l, const struct column *column)
{
    return map_get(&l->plan.constants, (uint64_t)(uintptr_t)column);
}

static void
constants_come_as_the_source_stores_them(void **state)
{
    static const struct {
        const char *column, *text;
    } cases[] = {
        { "n", "12" },
        { "negative", "-9223372036854775807" },
        { "price", "1.50" },
        { "not_a_number", "NaN" },
        { "quoted", "it's \"x\", \\ and äöü" },
        { "empty", "" },
        { "padded", "ab  " },
        { "moment", "2020-01-01 00:00:00.5" },
        { "zoned", "2020-06-01 10:00:00+00" },
        { "bc", "0044-03-15 BC" },
        { "forever", "infinity" },
        { "flag", "t" },
        { "half", "0.5" },
        { "minus_zero", "-0" },
        { "raw", "\\x00ff" },
        { "bits", "101" },
        { "char", "x" },
        { "Odd \"Name", "0a0b0c0d-0000-0000-0000-000000000001" },
        { "of_domain", "7" },
        { "under_domain_check", "-1" }, /* a check may be anybody's: it is not called */
        { "address", "10.0.0.1/8" },
        { "pause", "1 year 2 days" },
    };
    struct loaded l;
    struct buf text = { 0 };
    (void)state;
    loaded_open(&l, "plan", true);
    if (!constants_load(l.conn, &l.plan, &l.arena, &l.err))
        fail_msg("%s", l.err.message);
    const struct table *table = loaded_table(&l, "public", "constants");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct column *column = column_of(table, cases[i].column);
        const struct decant_value *value = constant_of(&l, column);
        const struct text_style style = { .money_scale = 2 };
        buf_reset(&text);
        if (value == NULL)
            fail_msg("%s has no constant", cases[i].column);
        assert_true(scalars[column->type->scalar].text(value, &style, &text));
        assert_string_equal(buf_str(&text), cases[i].text);
    }
    /* dimensions, NULLs, element type; length, lower bound; 1, 2, NULL */
    static const uint8_t list[] = { 0, 0, 0, 1, 0, 0, 0, 1, 0,   0,   0,   23, 0, 0,
                                    0, 3, 0, 0, 0, 1, 0, 0, 0,   4,   0,   0,  0, 1,
                                    0, 0, 0, 4, 0, 0, 0, 2, 255, 255, 255, 255 };
    const struct decant_value *value = constant_of(&l, column_of(table, "list"));
    assert_int_equal(value->len, sizeof list);
    assert_memory_equal(value->data, list, sizeof list);
    assert_non_null(constant_of(&l, column_of(table, "words")));
    assert_null(constant_of(&l, column_of(table, "id")));
    buf_deinit(&text);
    loaded_close(&l);
}

/* Calls, sums, computed columns, and types that are not the server's are not evaluated. */
static void
nothing_else_is_asked_of_the_source(void **state)
{
    struct loaded l;
    (void)state;
    loaded_open(&l, "plan", true);
    assert_true(constants_load(l.conn, &l.plan, &l.arena, &l.err));
    const struct table *table = loaded_table(&l, "public", "others");
    for (int i = 0; i < table->ncolumns; i++)
        if (constant_of(&l, &table->columns[i]) != NULL)
            fail_msg("%s has a constant", table->columns[i].name);
    loaded_close(&l);
}

/* One default cannot be evaluated (it may stand for years, while no INSERT needs it). */
static void
what_the_source_does_not_accept_is_no_error(void **state)
{
    struct loaded l;
    (void)state;
    loaded_open(&l, "roles", true);
    assert_true(constants_load(l.conn, &l.plan, &l.arena, &l.err));
    assert_int_equal(l.plan.constants.count, 0);
    assert_int_equal(l.err.code, DECANT_OK);
    /* the transaction goes on */
    struct buf one = { 0 };
    assert_true(pg_value(l.conn, &l.err, "SELECT 1", &one));
    assert_string_equal(buf_str(&one), "1");
    buf_deinit(&one);
    loaded_close(&l);
}

static void
a_plan_without_constants_asks_for_none(void **state)
{
    struct loaded l;
    (void)state;
    loaded_open(&l, "roles", true);
    l.plan.ntables = 0;
    assert_true(constants_load(l.conn, &l.plan, &l.arena, &l.err));
    l.plan.ntables = 1; /* "Odd.Name" has no default */
    assert_true(constants_load(l.conn, &l.plan, &l.arena, &l.err));
    assert_int_equal(l.plan.constants.count, 0);
    loaded_close(&l);
}

/* Whichever of its requests goes wrong, in whichever way: the run ends with an error that says so.
 * Only the answer to what is asked of the defaults themselves may be an error, and then there are
 * none. */
static void
a_server_that_fails_ends_with_an_error(void **state)
{
    static const enum server_fault faults[] = { SERVER_FAILS, SERVER_DIES, SERVER_CUTS };
    enum { SAVEPOINT = 1, COPY, ROLLBACK_TO, RELEASE, CLOSING = 1 };
    struct loaded l;
    (void)state;
    if (server_is_real())
        return;
    loaded_open(&l, "roles", true);
    int before = loaded_close(&l) - CLOSING;
    for (int at = SAVEPOINT; at <= RELEASE; at++)
        for (size_t i = 0; i < 3; i++) {
            assert_true(loaded_connect(&l, "roles", faults[i], before + at));
            assert_true(loaded_plan(&l, true));
            bool ok = constants_load(l.conn, &l.plan, &l.arena, &l.err);
            assert_int_equal(ok, at == COPY && faults[i] == SERVER_FAILS);
            assert_int_equal(l.plan.constants.count, 0);
            if (!ok) {
                assert_int_equal(l.err.code, DECANT_UNAVAILABLE);
                assert_true(l.err.message[0] != '\0');
            }
            loaded_close(&l);
        }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(constants_come_as_the_source_stores_them),
        cmocka_unit_test(nothing_else_is_asked_of_the_source),
        cmocka_unit_test(what_the_source_does_not_accept_is_no_error),
        cmocka_unit_test(a_plan_without_constants_asks_for_none),
        cmocka_unit_test(a_server_that_fails_ends_with_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
