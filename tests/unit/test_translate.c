/* SPDX-License-Identifier: PostgreSQL */
#include "load/translate.h"

#include "translate_columns.h"
#include "unit.h"

static bool
run(enum translate_purpose purpose, const char *sql, struct buf *out)
{
    struct translate_scope scope = {
        .purpose = purpose, .columns = columns, .ncolumns = 8, .profile = &sqlite_profiles[0]
    };
    return translate(&scope, sql, out);
}

static void
checks_that_mean_the_same_are_carried(void **state)
{
    static const struct {
        const char *postgres, *sqlite;
    } cases[] = {
        { "(n > 0)", "(\"n\" > 0)" },
        { "((n >= 1) AND (n <= 5))", "((\"n\" >= 1) and (\"n\" <= 5))" },
        { "((t)::text = ANY ((ARRAY['a'::character varying, 'b''c'::character varying])::text[]))",
          "((\"t\") IN ('a', 'b''c'))" },
        { "(t = ANY (ARRAY['a'::text, 'b'::text]))", "(\"t\" IN ('a', 'b'))" },
        { "(n <> ALL (ARRAY[1, 2]))", "(\"n\" NOT IN (1, 2))" },
        { "(d >= (0)::numeric)", "(\"d\" >= 0)" },
        { "(d > '-1.5'::numeric)", "(\"d\" > -1.5)" },
        { "((t IS NULL) <> (d IS NULL))", "((\"t\" IS NULL) <> (\"d\" IS NULL))" },
        { "(NOT b)", "(NOT \"b\")" },
        { "(b = true)", "(\"b\" = 1)" },
        { "(day >= '2020-01-01'::date)", "(\"day\" >= '2020-01-01')" },
        { "(at < '2020-01-01 00:00:00+00'::timestamp with time zone)",
          "(\"at\" < '2020-01-01 00:00:00')" },
        { "(char_length(t) <= 10)", "(length(\"t\") <= 10)" },
        { "(COALESCE(n, 0) > 0)", "(coalesce(\"n\",0) > 0)" },
        { "(n IS DISTINCT FROM 3)", "(\"n\" IS NOT 3)" },
        { "(\"odd \"\"name\" > 0)", "(\"odd \"\"name\" > 0)" },
        { "CASE WHEN b THEN (n > 0) ELSE true END", "CASE WHEN \"b\" THEN (\"n\" > 0) ELSE 1 END" },
        { "((n % 2) = 0)", "((\"n\" % 2) = 0)" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out = { 0 };
        if (!run(TRANSLATE_CHECK, cases[i].postgres, &out))
            fail_msg("refused: %s", cases[i].postgres);
        assert_string_equal(buf_str(&out), cases[i].sqlite);
        buf_deinit(&out);
    }
}

static void
what_might_mean_something_else_is_refused(void **state)
{
    static const char *const cases[] = {
        "(t ~ '^a'::text)",         /* no REGEXP function */
        "(t ~~ 'a%'::text)",        /* LIKE knows no case */
        "(t > 'a'::text)",          /* another order of text */
        "((d / (3)::numeric) > 1)", /* more digits than a double */
        "(at < now())",             /* not of the row */
        "(my_function(n))",
        "(j @> '{}'::jsonb)",
        "((j ->> 'a'::text) = 'b'::text)",
        "(n = 'abc'::text)",
        "((n)::text = '1'::text)",
        "(day + 1 > '2020-01-01'::date)",
        "(at < '2020-01-01 00:00:00+02'::timestamp with time zone)",
        "(d = 'NaN'::numeric)",
        "(unknown > 0)",
        "(n)", /* not a truth */
        "(n > 0",
        "(n > 0))",
        "'unterminated",
        "",
        "((t COLLATE \"C\") = 'a'::text)",
        "(n > ANY (ARRAY[1,2]))",
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out = { 0 };
        buf_puts(&out, "kept");
        if (run(TRANSLATE_CHECK, cases[i], &out))
            fail_msg("%s became %s", cases[i], buf_str(&out));
        assert_string_equal(buf_str(&out), "kept");
        buf_deinit(&out);
    }
}

static void
defaults_lose_their_casts(void **state)
{
    static const struct {
        const char *postgres, *sqlite;
    } cases[] = { { "'x'::character varying", "'x'" },
                  { "'-5'::integer", "-5" },
                  { "1.50", "1.50" },
                  { "true", "1" },
                  { "now()", "CURRENT_TIMESTAMP" },
                  { "CURRENT_DATE", "CURRENT_DATE" },
                  { "'{}'::jsonb", "'{}'" },
                  { "'{}'::integer[]", "'[]'" },
                  { "'label'::public.mood", "'label'" },
                  { "NULL::character varying", "NULL" } };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out = { 0 };
        if (!run(TRANSLATE_DEFAULT, cases[i].postgres, &out))
            fail_msg("refused: %s", cases[i].postgres);
        assert_string_equal(buf_str(&out), cases[i].sqlite);
        buf_deinit(&out);
    }
    struct buf out = { 0 };
    assert_false(run(TRANSLATE_DEFAULT, "nextval('s'::regclass)", &out));
    assert_false(run(TRANSLATE_DEFAULT, "'1 day'::interval", &out));
    assert_false(run(TRANSLATE_DEFAULT, "n", &out));
    buf_deinit(&out);
}

static void
an_endless_nest_is_refused_not_followed(void **state)
{
    (void)state;
    struct buf sql = { 0 }, out = { 0 };
    for (int i = 0; i < 100000; i++)
        buf_putc(&sql, '(');
    assert_false(run(TRANSLATE_CHECK, buf_str(&sql), &out));
    buf_reset(&sql);
    for (int i = 0; i < 100000; i++)
        buf_puts(&sql, "NOT ");
    assert_false(run(TRANSLATE_CHECK, buf_str(&sql), &out));
    buf_deinit(&sql);
    buf_deinit(&out);
}

static void
value_of_a_domain_is_its_column(void **state)
{
    (void)state;
    struct buf out = { 0 };
    struct translate_scope scope = { .profile = &sqlite_profiles[0],
                                     .purpose = TRANSLATE_CHECK,
                                     .columns = columns,
                                     .ncolumns = 8,
                                     .value = &columns[0] };
    assert_true(translate(&scope, "(VALUE > 0)", &out));
    assert_string_equal(buf_str(&out), "(\"n\" > 0)");
    assert_false(translate(&scope, "(n > 0)", &out));
    buf_deinit(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checks_that_mean_the_same_are_carried),
        cmocka_unit_test(what_might_mean_something_else_is_refused),
        cmocka_unit_test(defaults_lose_their_casts),
        cmocka_unit_test(an_endless_nest_is_refused_not_followed),
        cmocka_unit_test(value_of_a_domain_is_its_column),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
