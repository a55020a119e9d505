/* SPDX-License-Identifier: PostgreSQL */
/* Tokens of expressions: what pg_get_expr() writes is read, all else is bad. */
#include "load/lexer.h"
#include "unit.h"

/* One letter per token: w word, n quoted name, s string, d number, + sign, ! bad. Behind a bad one
 * nothing is read. */
static void
kinds_of(const char *text, char kinds[64])
{
    struct lexer lexer = { .p = text };
    size_t n = 0;
    for (;;) {
        lexer_next(&lexer);
        if (lexer.kind == TOKEN_END)
            break;
        kinds[n++] = lexer.kind == TOKEN_BAD ? '!' : " wnsd+"[lexer.kind];
        if (lexer.kind == TOKEN_BAD || n == 63)
            break;
    }
    kinds[n] = '\0';
    buf_deinit(&lexer.token);
}

static void
an_expression_falls_into_its_tokens(void **state)
{
    static const struct {
        const char *text, *kinds;
    } cases[] = {
        { "", "" },
        { " \t\n ", "" },
        { "(n > 0)", "+w+d+" },
        { "((t)::text = ANY ((ARRAY['a'::character varying])::text[]))",
          "++w++w+w++w+s+ww+++w++++" },
        { "\"odd \"\"name\"", "n" },
        { "'it''s'", "s" },
        { "E'a\\\\b'", "s" },
        { "e", "w" },
        { "a$1", "w" },
        { "\xC3\xA9t\xC3\xA9", "w" },
        { "1 1. .5 1.5 1e5 1.5e-3 1E+2", "ddddddd" },
        { "a.b", "w+w" },
        { "a <> b <= c >= d || e != f", "w+w+w+w+w+w" },
        { "a -1", "w+d" },
        { "a = -1", "w++d" },
        { "a =-1", "w++d" },
        { "(-5)::numeric", "++d++w" },
        { "''", "s" },
        { "\"\"", "n" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char kinds[64];
        kinds_of(cases[i].text, kinds);
        if (strcmp(kinds, cases[i].kinds) != 0)
            fail_msg("%s: %s", cases[i].text, kinds);
    }
}

static void
what_pg_get_expr_does_not_write_is_bad(void **state)
{
    static const char *const cases[] = {
        "'open",  "\"open",  "E'open",  "E'\\n'", "E'\\'",   "1a",
        "1.2.3",  "1e",      "1e+",     "0x1F",   "a ~~* b", "a ->> b",
        "a @> b", "a <-> b", "a === b", "a && b", "a #>> b", "a ?| b",
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char kinds[64];
        kinds_of(cases[i], kinds);
        if (kinds[0] == '\0' || kinds[strlen(kinds) - 1] != '!')
            fail_msg("%s: %s", cases[i], kinds);
    }
}

static void
first_token(const char *text, const char *content)
{
    struct lexer lexer = { .p = text };
    lexer_next(&lexer);
    assert_string_equal(buf_str(&lexer.token), content);
    buf_deinit(&lexer.token);
}

static void
a_token_is_what_it_means(void **state)
{
    (void)state;
    first_token("SELECT x", "select");
    first_token("\"Mixed Case\"", "Mixed Case");
    first_token("\"a\"\"b\"", "a\"b");
    first_token("'it''s'", "it's");
    first_token("E'a\\\\b''c'", "a\\b'c");
    first_token("'a\\b'", "a\\b"); /* backslashes mean themselves */
    first_token("1.50e3)", "1.50e3");
    first_token("::text", "::");
    first_token("- 1", "-");
    first_token("\xC3\x89T\xC3\x89", "\xC3\x89t\xC3\x89"); /* bytes beyond ASCII are left alone */
}

static void
a_token_ends_where_the_next_begins(void **state)
{
    struct lexer lexer = { .p = "'a'b" };
    (void)state;
    lexer_next(&lexer);
    assert_int_equal(lexer.kind, TOKEN_STRING);
    assert_string_equal(lexer.p, "b");
    lexer_next(&lexer);
    assert_int_equal(lexer.kind, TOKEN_WORD);
    lexer_next(&lexer);
    lexer_next(&lexer); /* the end comes again and again */
    assert_int_equal(lexer.kind, TOKEN_END);
    assert_string_equal(lexer.p, "");
    buf_deinit(&lexer.token);
}

static void
numbers_have_a_length(void **state)
{
    static const struct {
        const char *text;
        size_t len;
    } cases[] = {
        { "", 0 },     { "x", 0 },      { ".", 0 },    { "-1", 0 },   { "1", 1 },   { "12ab", 2 },
        { "1.", 2 },   { ".5", 2 },     { "1.5.", 3 }, { "1e5", 3 },  { "1e", 0 },  { "1e-", 0 },
        { "1e-5", 4 }, { "1E+05x", 5 }, { ".e5", 0 },  { "1.e5", 4 }, { "007", 3 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(lexer_number(cases[i].text), cases[i].len);
}

/* Any bytes: it comes to an end, and never beyond it. */
static void
whatever_the_text_it_comes_to_an_end(void **state)
{
    static const char alphabet[] = "aE1.'\"\\-+:<>=| ()[],e\xC3";
    unsigned seed = 7;
    (void)state;
    for (int i = 0; i < 20000; i++) {
        char text[24];
        int len = rand_r(&seed) % (int)(sizeof text - 1), tokens = 0;
        for (int k = 0; k < len; k++)
            text[k] = alphabet[rand_r(&seed) % (sizeof alphabet - 1)];
        text[len] = '\0';
        struct lexer lexer = { .p = text };
        do {
            const char *before = lexer.p;
            lexer_next(&lexer);
            assert_true(lexer.p >= before && lexer.p <= text + len);
            assert_true(++tokens <= len + 1);
        } while (lexer.kind != TOKEN_END && lexer.kind != TOKEN_BAD);
        buf_deinit(&lexer.token);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_expression_falls_into_its_tokens),
        cmocka_unit_test(what_pg_get_expr_does_not_write_is_bad),
        cmocka_unit_test(a_token_is_what_it_means),
        cmocka_unit_test(a_token_ends_where_the_next_begins),
        cmocka_unit_test(numbers_have_a_length),
        cmocka_unit_test(whatever_the_text_it_comes_to_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
