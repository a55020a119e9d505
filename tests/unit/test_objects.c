/* SPDX-License-Identifier: PostgreSQL */
/* Where sequences of a PostgreSQL copy go on, materialized views that need each other, and rows of
 * extensions' tables. */
#include "load/objects.h"

#include "load/extension_rows.h"
#include "load/sink.h"
#include "talk.h"

#define DONE "= SELECT 1\nZ I"
#define ERROR(code) "! SERROR\tC" code "\tMthe row is secret\nZ I"

/* ---- sequences */

static struct sequence usual = { .schema = "app",
                                 .name = "Odd \"seq",
                                 .nusers = 1,
                                 .increment = 1,
                                 .last_value = 100,
                                 .is_called = true,
                                 .is_readable = true };

static void
a_sequence_goes_on_where_it_must(void **state)
{
    static const struct {
        bool is_sample, is_readable, is_free, is_masked, is_missing, counts_down;
        const char *asked; /* NULL: nothing is */
        const char *not_asked;
        int unreadable;
    } cases[] = {
        /* the source's position in a whole copy */
        { false, true, false, false, false, false, ", 100, true)", "max", 0 },
        /* behind the greatest key in a sample */
        { true, true, false, false, false, false, "max(\"id\")", "100", 0 },
        { true, true, false, false, false, true, "min(\"id\")", "100", 0 },
        { true, false, false, false, false, false, "max(\"id\")", "100", 0 },
        /* both, where keys are masked */
        { false, true, false, true, false, false, "UNION ALL SELECT 100", ", true)", 0 },
        /* it may not be read: by its keys, and noted */
        { false, false, false, false, false, false, "max(\"id\")", "100", 1 },
        /* something else is made of it: its position */
        { true, true, true, false, false, false, ", 100, true)", "max", 0 },
        { true, false, true, false, true, false, NULL, "", 1 },
        /* the target lacks its table */
        { true, true, false, false, true, false, NULL, "", 0 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct subject s;
        static const enum column_fate fates[] = { FATE_MASKED };
        const enum column_fate *masked[] = { fates };
        struct map missing = { 0 };
        subject_init(&s);
        struct table *t = source_table(&s.source, "public", "t", "id integer");
        const struct sequence_user user = { t, 0 };
        struct sequence sequence = usual;
        sequence.users = &user;
        sequence.is_readable = cases[i].is_readable;
        sequence.is_in_expression = cases[i].is_free;
        sequence.increment = cases[i].counts_down ? -1 : 1;
        s.source.catalog.nsequences = 1;
        s.source.catalog.sequences = &sequence;
        if (cases[i].is_masked)
            s.source.plan.masked = masked;
        if (cases[i].is_missing)
            map_put(&missing, t->oid, t);
        raw_says(&s.raw, DONE);
        subject_start(&s);
        objects_set_sequences(s.conn, &s.source.plan, cases[i].is_sample, &missing,
                              &s.source.notes);
        const char *asked = strstr(subject_stop(&s), "setval('app.\"Odd \"\"seq\"'");
        if (asked == NULL && (asked = strstr(buf_str(&s.raw.requests), "setval(")) != NULL)
            assert_non_null(strstr(asked, "Odd \"\"seq"));
        assert_int_equal(asked != NULL, cases[i].asked != NULL);
        if (asked != NULL &&
            (strstr(asked, cases[i].asked) == NULL || strstr(asked, cases[i].not_asked) != NULL))
            fail_msg("case %zu: %s", i, asked);
        assert_int_equal(noted(&s.source.notes, "sequence-unreadable", "app.Odd \"seq"),
                         cases[i].unreadable);
        map_deinit(&missing);
        subject_deinit(&s);
    }
}

static void
a_position_that_the_server_refuses_is_noted(void **state)
{
    struct subject s;
    struct map missing = { 0 };
    (void)state;
    subject_init(&s);
    struct sequence alone = usual, second = usual;
    alone.nusers = second.nusers = 0;
    second.name = "second";
    second.is_called = false;
    const struct sequence both[] = { alone, second };
    s.source.catalog.nsequences = 2;
    s.source.catalog.sequences = both;
    raw_says(&s.raw, ERROR("42P01"));
    raw_says(&s.raw, DONE);
    subject_start(&s);
    objects_set_sequences(s.conn, &s.source.plan, true, &missing, &s.source.notes);
    assert_non_null(strstr(subject_stop(&s), ", 100, false)")); /* the next one is tried */
    assert_int_equal(noted(&s.source.notes, "sequence-position", "app.Odd \"seq"), 1);
    assert_int_equal(s.source.notes.count, 1);
    subject_deinit(&s);
}

/* ---- materialized views */

/* As the sink's own, in one statement. */
static bool
analyze_all(void *ctx, struct decant_error *err)
{
    return pg_exec(((struct subject *)ctx)->conn, err, "ANALYZE");
}

static void
views_that_need_each_other_are_refreshed_in_turns(void **state)
{
    struct subject s;
    bool analyzed = false;
    (void)state;
    subject_init(&s);
    raw_says(&s.raw, "| f\n- public.a\n- public.b\n= SELECT 2\nZ I");
    raw_says(&s.raw, "= ANALYZE\nZ I");
    raw_says(&s.raw, ERROR("55000")); /* b is not populated yet */
    raw_says(&s.raw, "= REFRESH\n= ANALYZE\nZ I");
    raw_says(&s.raw, "| f\n- public.a\n= SELECT 1\nZ I");
    raw_says(&s.raw, "= REFRESH\n= ANALYZE\nZ I");
    raw_says(&s.raw, "| f\n= SELECT 0\nZ I");
    subject_start(&s);
    assert_true(objects_refresh_views(s.conn, &(struct task){ analyze_all, &s }, &s.source.notes,
                                      &analyzed, &s.err));
    const char *asked = subject_stop(&s);
    int refreshes = 0;
    for (const char *p = asked; (p = strstr(p, "REFRESH MATERIALIZED VIEW public.")) != NULL; p++)
        refreshes++;
    assert_int_equal(refreshes, 3);
    assert_true(analyzed);
    assert_int_equal(s.source.notes.count, 0);
    subject_deinit(&s);
}

static void
a_view_that_cannot_be_refreshed_is_noted_once(void **state)
{
    struct subject s;
    bool analyzed = false;
    (void)state;
    subject_init(&s);
    raw_says(&s.raw, "| f\n- public.a\n= SELECT 1\nZ I");
    raw_says(&s.raw, "= ANALYZE\nZ I");
    raw_says(&s.raw, ERROR("22012"));
    raw_says(&s.raw, "| f\n- public.a\n= SELECT 1\nZ I");
    subject_start(&s);
    assert_true(objects_refresh_views(s.conn, &(struct task){ analyze_all, &s }, &s.source.notes,
                                      &analyzed, &s.err));
    subject_stop(&s);
    assert_int_equal(noted(&s.source.notes, "not-refreshed", "public.a"), 1);
    assert_int_equal(s.source.notes.count, 1);
    subject_deinit(&s);
}

static void
without_views_nothing_is_analyzed(void **state)
{
    struct subject s;
    bool analyzed = false;
    (void)state;
    subject_init(&s);
    raw_says(&s.raw, "| f\n= SELECT 0\nZ I");
    subject_start(&s);
    assert_true(objects_refresh_views(s.conn, &(struct task){ analyze_all, &s }, &s.source.notes,
                                      &analyzed, &s.err));
    assert_null(strstr(subject_stop(&s), "ANALYZE"));
    assert_false(analyzed);
    subject_deinit(&s);
}

static void
a_server_that_fails_ends_it(void **state)
{
    (void)state;
    for (int at = 0; at < 2; at++) {
        struct subject s;
        bool analyzed = false;
        subject_init(&s);
        if (at == 1)
            raw_says(&s.raw, "| f\n- public.a\n= SELECT 1\nZ I");
        raw_says(&s.raw, ERROR("57P01"));
        subject_start(&s);
        assert_false(objects_refresh_views(s.conn, &(struct task){ analyze_all, &s },
                                           &s.source.notes, &analyzed, &s.err));
        assert_string_equal(s.err.sqlstate, "57P01");
        assert_false(analyzed);
        subject_stop(&s);
        subject_deinit(&s);
    }
}

/* ---- rows of extensions */

static void
carry(struct subject *s, bool is_unmasked, bool schema_only, int64_t rows)
{
    struct extension_table *table = ARENA_NEW(&s->source.arena, struct extension_table);
    struct decant_options options;
    decant_options_init(&options);
    options.no_mask = is_unmasked;
    options.schema_only = schema_only;
    *table = (struct extension_table){ "cron", "cron", "job", "WHERE jobid > 0", rows };
    s->source.catalog.nextension_tables = 1;
    s->source.catalog.extension_tables = table;
    const struct sink_env env = { .options = &options,
                                  .arena = &s->source.arena,
                                  .notes = &s->source.notes,
                                  .plan = &s->source.plan,
                                  .source = s->conn };
    struct pg_conn *copy = raw_connect(&s->raw, &raw_go_on);
    extension_rows_carry(copy, &env);
    pg_close(copy);
}

static void
rows_that_no_rule_speaks_of_are_noted_where_something_is_masked(void **state)
{
    static const struct {
        bool is_unmasked, schema_only;
        int64_t rows;
        int notes;
        int64_t count;
    } cases[] = {
        { false, false, 3, 1, 3 }, { false, false, 0, 0, 0 }, { false, false, -1, 1, 0 },
        { true, false, -1, 1, 0 }, { false, true, 3, 0, 0 },  { true, true, 3, 0, 0 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct subject s;
        subject_init(&s);
        subject_start(&s);
        carry(&s, cases[i].is_unmasked, cases[i].schema_only, cases[i].rows);
        assert_null(strstr(subject_stop(&s), "COPY"));
        assert_int_equal(noted(&s.source.notes, "extension-data", "cron: cron.job"),
                         cases[i].notes);
        if (cases[i].notes > 0)
            assert_int_equal(noted_count(&s.source.notes, "extension-data"), cases[i].count);
        subject_deinit(&s);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sequence_goes_on_where_it_must),
        cmocka_unit_test(a_position_that_the_server_refuses_is_noted),
        cmocka_unit_test(views_that_need_each_other_are_refreshed_in_turns),
        cmocka_unit_test(a_view_that_cannot_be_refreshed_is_noted_once),
        cmocka_unit_test(without_views_nothing_is_analyzed),
        cmocka_unit_test(a_server_that_fails_ends_it),
        cmocka_unit_test(rows_that_no_rule_speaks_of_are_noted_where_something_is_masked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
