/* SPDX-License-Identifier: PostgreSQL */
/* Tables of a PostgreSQL copy are analyzed by the connections that there are; the first has to be
 * there. */
#include "load/analyze.h"

#include "raw.h"

struct subject {
    struct raw raw;
    int wanted, there; /* connections that were asked for; that can be had */
    struct decant_error err;
};

static struct pg_conn *
connect_to(void *ctx, struct decant_error *err)
{
    struct subject *s = ctx;
    if (s->wanted++ < s->there)
        return raw_connect(&s->raw, &raw_go_on);
    error_set(err, DECANT_UNAVAILABLE, "too many connections");
    return NULL;
}

static bool
run(struct subject *s, int there, int most)
{
    s->there = there;
    raw_start(&s->raw);
    bool ok = analyze_tables(&(struct analyze){ connect_to, s, most }, &s->err);
    raw_stop(&s->raw);
    return ok;
}

static void
subject_init(struct subject *s)
{
    memset(s, 0, sizeof *s);
    raw_init(&s->raw);
    raw_says(&s->raw, "| a\n- ANALYZE public.large\n- ANALYZE public.small\n= SELECT 2\nZ I");
}

static void
one_connection_analyzes_all_where_no_other_can_be_had(void **state)
{
    struct subject s;
    (void)state;
    subject_init(&s);
    raw_says(&s.raw, "= ANALYZE\nZ I");
    raw_says(&s.raw, "= ANALYZE\nZ I");
    assert_true(run(&s, 1, 8));
    assert_int_equal(s.wanted, 2); /* no more than there are tables, and no more after a refusal */
    const char *large = strstr(buf_str(&s.raw.requests), "ANALYZE public.large");
    assert_non_null(large);
    assert_non_null(strstr(large, "ANALYZE public.small"));
    raw_deinit(&s.raw);
}

static void
only_the_first_connection_has_to_be_there(void **state)
{
    struct subject s;
    (void)state;
    subject_init(&s);
    assert_false(run(&s, 0, 2));
    assert_int_equal(s.err.code, DECANT_UNAVAILABLE);
    assert_int_equal(s.wanted, 1);
    raw_deinit(&s.raw);
}

static void
a_table_that_cannot_be_analyzed_ends_it(void **state)
{
    struct subject s;
    (void)state;
    subject_init(&s);
    raw_says(&s.raw, "! C53100\nZ I");
    assert_false(run(&s, 1, 1));
    assert_string_equal(s.err.sqlstate, "53100");
    assert_null(strstr(buf_str(&s.raw.requests), "ANALYZE public.small"));
    raw_deinit(&s.raw);
}

static void
a_copy_without_tables_needs_nothing_more(void **state)
{
    struct subject s;
    (void)state;
    memset(&s, 0, sizeof s);
    raw_init(&s.raw);
    raw_says(&s.raw, "| a\n= SELECT 0\nZ I");
    assert_true(run(&s, 1, 8));
    assert_int_equal(s.wanted, 1);
    raw_deinit(&s.raw);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_connection_analyzes_all_where_no_other_can_be_had),
        cmocka_unit_test(only_the_first_connection_has_to_be_there),
        cmocka_unit_test(a_table_that_cannot_be_analyzed_ends_it),
        cmocka_unit_test(a_copy_without_tables_needs_nothing_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
