/* SPDX-License-Identifier: PostgreSQL */
#include "pg/statement.h"
#include "unit.h"

/* The statements of a text, with bars between them. */
static const char *
cut(const char *text)
{
    static struct buf out;
    struct statements all = { text, text + strlen(text), 1 };
    struct statement one;
    buf_reset(&out);
    while (statement_next(&all, &one)) {
        buf_puts(&out, out.len > 0 ? "|" : "");
        buf_add(&out, one.text, one.len);
        if (one.has_command) {
            buf_puts(&out, "<command>");
            break;
        }
    }
    return buf_str(&out);
}

static void
statements_end_where_the_server_ends_them(void **state)
{
    static const struct {
        const char *text, *cut;
    } cases[] = {
        { "", "" },
        { " ;; -- nothing\n /* ; */ ;", "" },
        { "select 1", "select 1" },
        { "select 1; select 2;", "select 1|select 2" },
        { "select ';' ; select 2", "select ';'|select 2" },
        { "select 'it''s; so'; x", "select 'it''s; so'|x" },
        { "select E'\\'; ' ; x", "select E'\\'; '|x" },
        { "select '\\'; x", "select '\\'|x" },
        { "select \";\"\"\" ; x", "select \";\"\"\"|x" },
        { "select U&\";\" ; x", "select U&\";\"|x" },
        { "select $$;$$ ; x", "select $$;$$|x" },
        { "select $a$;$$;$a$ ; x", "select $a$;$$;$a$|x" },
        { "select a$b$; x", "select a$b$|x" },
        { "select $1; x", "select $1|x" },
        { "select 1 /* a; /* b; */ c; */ ; x", "select 1|x" },
        { "create rule r as on insert to t do (select 1; select 2); x",
          "create rule r as on insert to t do (select 1; select 2)|x" },
        { "create function f() returns int begin atomic; select case when true then 1 end; end; x",
          "create function f() returns int begin atomic; select case when true then 1 end; end|x" },
        { "create or replace procedure p() begin atomic select 1; end; x",
          "create or replace procedure p() begin atomic select 1; end|x" },
        { "begin; select 1; end; x", "begin|select 1|end|x" },
        { "create table function (a int); x", "create table function (a int)|x" },
        { "select 1; \\d t", "select 1|<command>" },
        { "select 'never ends; x", "select 'never ends; x" },
        { "select /* never ends; x", "select" },
        { "select $$ never ends; x", "select $$ never ends; x" },
        { "select 1.5e-3; x", "select 1.5e-3|x" },
        { "--\n", "" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(cut(cases[i].text), cases[i].cut);
}

static void
each_knows_its_line(void **state)
{
    static const char text[] = "-- a\n\nselect\n1; /*\n*/ select '\n'; select 3";
    static const int lines[] = { 3, 5, 6 };
    struct statements all = { text, text + sizeof text - 1, 1 };
    struct statement one;
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        assert_true(statement_next(&all, &one));
        assert_int_equal(one.line, lines[i]);
    }
    assert_false(statement_next(&all, &one));
}

static struct statement
statement(const char *text)
{
    return (struct statement){ text, strlen(text), 1, false };
}

static void
words_are_those_at_its_beginning(void **state)
{
    const struct statement index =
        statement("create /* x */ Unique\nindex concurrently \"i\" on t");
    char word[13];
    (void)state;
    assert_string_equal(statement_word(&index, 0, word, sizeof word), "CREATE");
    assert_string_equal(statement_word(&index, 1, word, sizeof word), "UNIQUE");
    assert_string_equal(statement_word(&index, 3, word, sizeof word), "CONCURRENTLY");
    assert_string_equal(statement_word(&index, 4, word, sizeof word), "");
    assert_string_equal(statement_word(&index, 3, word, 5), "CONC");
    assert_true(statement_has(&index, "CONCURRENTLY"));
    assert_true(statement_has(&index, "ON"));
    assert_false(statement_has(&index, "I"));
    const struct statement quoted =
        statement("select 'CONCURRENTLY', (concurrently) -- concurrently");
    assert_false(statement_has(&quoted, "CONCURRENTLY"));
}

static void
parameters_are_found_outside_strings(void **state)
{
    const struct statement with = statement("select $1"), without = statement("select '$1', $$1$$");
    (void)state;
    assert_true(statement_has_parameter(&with));
    assert_false(statement_has_parameter(&without));
}

static void
what_may_be_a_value_is_cut(void **state)
{
    static const struct {
        const char *text, *whole, *cut;
    } cases[] = {
        { "update t -- x\n set a = 'Ann', b = 42 where c in (1.5, $$x$$)",
          "update t set a = 'Ann', b = 42 where c in (1.5, $$x$$)",
          "update t set a = '…', b = 0 where c in (0, '…')" },
        { "select \"42\", t1, $1", "select \"42\", t1, $1", "select \"42\", t1, $1" },
        { "select/**/1", "select 1", "select 0" },
    };
    struct buf out = { 0 };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct statement one = statement(cases[i].text);
        buf_reset(&out);
        statement_put(&one, false, &out);
        assert_string_equal(buf_str(&out), cases[i].whole);
        buf_reset(&out);
        statement_put(&one, true, &out);
        assert_string_equal(buf_str(&out), cases[i].cut);
    }
    buf_deinit(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statements_end_where_the_server_ends_them),
        cmocka_unit_test(each_knows_its_line),
        cmocka_unit_test(words_are_those_at_its_beginning),
        cmocka_unit_test(parameters_are_found_outside_strings),
        cmocka_unit_test(what_may_be_a_value_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
