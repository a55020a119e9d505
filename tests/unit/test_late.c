/* SPDX-License-Identifier: PostgreSQL */
/* Checks that a PostgreSQL copy has only once its rows are there, and row security that is forced
 * again as the last thing. */
#include "load/late.h"

#include "load.h"
#include "raw.h"

#define NOTHING "| a\tb\tc\td\n= SELECT 0\nZ T"
#define NO_FORCE "| a\tb\n- \\N\t\\N\n= SELECT 1\nZ T"
#define CHECK(name) "- DROP " name "\tADD " name "\tVALIDATE " name "\tpublic.t." name "\n"
#define ERROR(code) "! SERROR\tC" code "\tMthe row is secret\nZ I"

struct subject {
    struct raw raw;
    struct source source;
    struct decant_options options;
    struct sink_env env;
    struct pg_conn *copy;
    struct late late;
    struct decant_error err;
};

static void
subject_init(struct subject *s)
{
    memset(s, 0, sizeof *s);
    source_init(&s->source);
    decant_options_init(&s->options);
    s->env = (struct sink_env){ .options = &s->options,
                                .arena = &s->source.arena,
                                .notes = &s->source.notes,
                                .plan = &s->source.plan };
    raw_init(&s->raw);
}

static void
subject_start(struct subject *s)
{
    raw_start(&s->raw);
    s->copy = raw_connect(&s->raw, &raw_go_on);
}

/* What the server was asked, one statement a line. */
static const char *
subject_stop(struct subject *s)
{
    pg_close(s->copy);
    raw_stop(&s->raw);
    return buf_str(&s->raw.requests);
}

static void
subject_deinit(struct subject *s)
{
    raw_deinit(&s->raw);
    source_deinit(&s->source);
}

static void
checks_are_taken_off_until_there_are_none(void **state)
{
    struct subject s;
    (void)state;
    subject_init(&s);
    raw_says(&s.raw, "= BEGIN\n= SET\nZ T");
    raw_says(&s.raw, NO_FORCE);
    raw_says(&s.raw, "| a\tb\tc\td\n" CHECK("one") CHECK("two") "= SELECT 2\nZ T");
    raw_says(&s.raw, "= ALTER\nZ T");
    raw_says(&s.raw, "= ALTER\nZ T");
    raw_says(&s.raw, "| a\tb\tc\td\n" CHECK("of_children") "= SELECT 1\nZ T");
    raw_says(&s.raw, "= ALTER\nZ T");
    raw_says(&s.raw, NOTHING);
    raw_says(&s.raw, "= COMMIT\nZ I");
    subject_start(&s);
    assert_true(late_put_off(&s.late, s.copy, &s.env, &s.err));
    assert_null(s.late.force);
    assert_true(late_force(&s.late, s.copy, &s.err)); /* asks nothing */
    assert_true(late_add_checks(&s.late, s.copy, &s.env, &s.err));
    const char *asked = subject_stop(&s);
    static const char *const order[] = {
        "DROP one",     "DROP two", "DROP of_children", "COMMIT",          "ADD one",
        "VALIDATE one", "ADD two",  "VALIDATE two",     "ADD of_children", "VALIDATE of_children"
    };
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        asked = strstr(asked, order[i]);
        if (asked == NULL)
            fail_msg("%s is not where it should be", order[i]);
    }
    assert_int_equal(s.source.notes.count, 0);
    subject_deinit(&s);
}

static void
force_is_lifted_before_and_put_back_last(void **state)
{
    struct subject s;
    (void)state;
    subject_init(&s);
    raw_says(&s.raw, "= BEGIN\n= SET\nZ T");
    raw_says(&s.raw, "| a\tb\n- FORCE it\tLIFT it\n= SELECT 1\nZ T");
    raw_says(&s.raw, "= ALTER\nZ T");
    raw_says(&s.raw, NOTHING);
    raw_says(&s.raw, "= COMMIT\nZ I");
    subject_start(&s);
    assert_true(late_put_off(&s.late, s.copy, &s.env, &s.err));
    assert_string_equal(s.late.force, "FORCE it");
    assert_true(late_force(&s.late, s.copy, &s.err));
    const char *asked = strstr(subject_stop(&s), "LIFT it");
    assert_non_null(asked);
    assert_non_null(strstr(asked, "FORCE it"));
    subject_deinit(&s);
}

/* At each of its statements. */
static void
a_server_that_refuses_to_put_off_ends_the_copy(void **state)
{
    static const char *const answers[] = {
        "= BEGIN\n= SET\nZ T", "| a\tb\n- FORCE it\tLIFT it\n= SELECT 1\nZ T",
        "= ALTER\nZ T",        "| a\tb\tc\td\n" CHECK("one") "= SELECT 1\nZ T",
        "= ALTER\nZ T",        NOTHING,
        "= COMMIT\nZ I",
    };
    (void)state;
    for (size_t at = 0; at < sizeof answers / sizeof *answers; at++) {
        struct subject s;
        subject_init(&s);
        for (size_t i = 0; i < at; i++)
            raw_says(&s.raw, answers[i]);
        raw_says(&s.raw, ERROR("42501"));
        subject_start(&s);
        assert_false(late_put_off(&s.late, s.copy, &s.env, &s.err));
        assert_string_equal(s.err.sqlstate, "42501");
        assert_null(strstr(s.err.message, "secret"));
        subject_stop(&s);
        subject_deinit(&s);
    }
}

/* A check that is put back when the rows are there, and what the server says of it. */
static bool
put_back(struct subject *s, const char *added, const char *validated)
{
    subject_init(s);
    raw_says(&s->raw, "= BEGIN\n= SET\nZ T");
    raw_says(&s->raw, NO_FORCE);
    raw_says(&s->raw, "| a\tb\tc\td\n" CHECK("one") "= SELECT 1\nZ T");
    raw_says(&s->raw, "= ALTER\nZ T");
    raw_says(&s->raw, NOTHING);
    raw_says(&s->raw, "= COMMIT\nZ I");
    raw_says(&s->raw, added);
    raw_says(&s->raw, validated);
    subject_start(s);
    return late_put_off(&s->late, s->copy, &s->env, &s->err);
}

static void
a_check_that_rows_break_is_not_valid_and_noted_or_ends_the_copy(void **state)
{
    static const struct {
        const char *added, *validated;
        bool is_sample, is_unmasked, is_right;
        int notes;
        enum decant_code code;
    } cases[] = {
        { "= ALTER\nZ I", "= ALTER\nZ I", false, false, true, 0, DECANT_OK },
        { "= ALTER\nZ I", ERROR("23514"), true, false, true, 1, DECANT_OK },
        { "= ALTER\nZ I", ERROR("23514"), false, true, true, 1, DECANT_OK },
        { "= ALTER\nZ I", ERROR("23514"), false, false, false, 0, DECANT_CHECK },
        { "= ALTER\nZ I", ERROR("0A000"), false, false, true, 1, DECANT_OK },
        { ERROR("42710"), "= ALTER\nZ I", false, false, true, 0, DECANT_OK },
        { ERROR("42883"), "= ALTER\nZ I", true, true, false, 0, DECANT_BUG },
        { "= ALTER\nZ I", ERROR("57P01"), true, true, false, 0, DECANT_BUG },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct subject s;
        assert_true(put_back(&s, cases[i].added, cases[i].validated));
        s.env.is_sample = cases[i].is_sample;
        s.options.no_mask = cases[i].is_unmasked;
        assert_int_equal(late_add_checks(&s.late, s.copy, &s.env, &s.err), cases[i].is_right);
        assert_int_equal(noted(&s.source.notes, "not-valid", "public.t.one"), cases[i].notes);
        assert_null(strstr(s.err.message, "secret"));
        if (cases[i].code == DECANT_CHECK) {
            assert_int_equal(s.err.code, DECANT_CHECK);
            assert_string_equal(s.err.message, "the masked rows break the check 'public.t.one'");
            assert_non_null(strstr(s.err.hint, "mask both sides alike"));
        } else if (!cases[i].is_right) {
            assert_non_null(strstr(s.err.context, "the check 'public.t.one'"));
            assert_int_not_equal(s.err.code, DECANT_CHECK); /* it is the server, not the rows */
        }
        subject_stop(&s);
        subject_deinit(&s);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checks_are_taken_off_until_there_are_none),
        cmocka_unit_test(force_is_lifted_before_and_put_back_last),
        cmocka_unit_test(a_server_that_refuses_to_put_off_ends_the_copy),
        cmocka_unit_test(a_check_that_rows_break_is_not_valid_and_noted_or_ends_the_copy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
