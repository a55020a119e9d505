/* SPDX-License-Identifier: PostgreSQL */
/* Names of tables and columns, exact and by patterns; and expressions that look inside a text. */
#include "rules/pattern.h"

#include "rules/regex.h"
#include "unit.h"

/* 1 it matches, 0 it does not, -1 it is no pattern. */
static int
match(const char *text, const char *const *names, int parts)
{
    struct arena arena = { 0 };
    const char *problem = NULL;
    struct pattern *pattern = pattern_new(text, parts, &arena, &problem);
    int result = pattern == NULL ? -1 : pattern_matches(pattern, names);
    assert_true((pattern == NULL) == (problem != NULL));
    pattern_free(pattern);
    arena_deinit(&arena);
    return result;
}

static void
globs_and_expressions_match_whole_names(void **state)
{
    static const struct {
        const char *pattern, *schema, *table;
        int result;
    } cases[] = {
        { "shop.orders", "shop", "orders", 1 },
        { "shop.orders", "shop", "Orders", 0 },
        { "shop.orders", "sho", "p.orders", 0 },
        { "shop.orders", "shop", "orders ", 0 },
        { "Shop.Orders", "Shop", "Orders", 1 }, /* names are as the source has them */
        { "\"Shop\".orders", "Shop", "orders", 1 },
        { "\"Shop\".orders", "shop", "orders", 0 },
        { "shop.\"Order.Items\"", "shop", "Order.Items", 1 },
        { "shop.\"*\"", "shop", "*", 1 }, /* a star in quotes is a star */
        { "shop.\"*\"", "shop", "x", 0 },
        { "\"a.b\".\"c.d\"", "a.b", "c.d", 1 },
        { "\"a.b\".\"c.d\"", "a", "b.c.d", 0 },
        { "shop.\"\"\"\"", "shop", "\"", 1 },
        { "shop.\"a\nb\"", "shop", "a\nb", 1 },
        { "*", "any", "thing.at\nall", 1 },
        { "*.*", "any", "thing", 1 },
        { "*.*", "", "", 1 },
        { "shop.*", "shop", "", 1 },
        { "shop.*", "shop2", "x", 0 },
        { "s*.o*s", "shop", "orders", 1 },
        { "s*.o*s", "shop", "order", 0 },
        { "s?op.orders", "shop", "orders", 1 },
        { "s?op.orders", "sop", "orders", 0 },
        { "s.[a-c]x", "s", "bx", 1 },
        { "s.[a-c]x", "s", "dx", 0 },
        { "s.[!a-c]x", "s", "dx", 1 },
        { "s.[^a-c]x", "s", "ax", 0 },
        { "s.[\\d]", "s", "d", 1 }, /* no classes of expressions */
        { "s.[\\d]", "s", "5", 0 },
        { "s.[a^]", "s", "^", 1 },
        { "s.[[:alpha:]]", "s", ":]", 1 },
        { "s.[[:alpha:]]", "s", "b]", 0 },
        { "s.[[]", "s", "[", 1 },
        { "s.a+b", "s", "aab", 0 },
        { "s.(a|b)", "s", "a", 0 },
        { "s.$x{2}", "s", "$x{2}", 1 },
        { "s.a\\.b", "s", "a.b", -1 }, /* the dot separates, whatever stands before */
        { "/s\\.t/", "s", "t", 1 },
        { "/s\\.t/", "s", "tt", 0 },
        { "/s\\.t/", "xs", "t", 0 },
        { "/a|s\\.t/", "s", "t", 1 },
        { "/(?i)S\\.T/", "s", "t", 1 },
        { "/.*/", "s", "t", 1 },
        { "//", "s", "t", 0 },
        { "/s\\.[0-9]+/", "s", "123", 1 },
        { "/(/", "s", "t", -1 },
        { "/s\\.\\C/", "s", "t", -1 }, /* would cut letters in two */
        { "orders", "s", "orders", -1 },
        { "a.b.c", "a", "b", -1 },
        { ".b", "", "b", -1 },
        { "a.", "a", "", -1 },
        { "", "", "", -1 },
        { "a.\"\"", "a", "", -1 },
        { "a.\"open", "a", "open", -1 },
        { "a.\"b\"c", "a", "bc", -1 },
        { "a.[b", "a", "[b", -1 },
        { "a.[]", "a", "", -1 },
        { "a.b.", "a", "b", -1 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const names[] = { cases[i].schema, cases[i].table };
        int result = match(cases[i].pattern, names, 2);
        if (result != cases[i].result)
            fail_msg("%s on %s.%s: %d", cases[i].pattern, cases[i].schema, cases[i].table, result);
    }
}

/* "?" is one letter, as in the names that people read. */
static void
letters_of_any_script_are_one(void **state)
{
    static const struct {
        const char *pattern, *table;
        int result;
    } cases[] = {
        { "s.stra?e", "straße", 1 }, { "s.?", "日", 1 },        { "s.??", "é", 0 },
        { "s.[äö]x", "öx", 1 },      { "s.[äö]x", "\xc3x", 0 }, /* half of a letter */
        { "/s\\.caf./", "café", 1 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const names[] = { "s", cases[i].table };
        if (match(cases[i].pattern, names, 2) != cases[i].result)
            fail_msg("%s on %s", cases[i].pattern, cases[i].table);
    }
}

static void
names_of_one_and_three_parts_have_patterns_too(void **state)
{
    const char *const column[] = { "first_name" }, *const dotted[] = { "a.b" };
    const char *const three[] = { "shop", "orders", "id" };
    (void)state;
    assert_int_equal(match("first_name", column, 1), 1);
    assert_int_equal(match("*_name", column, 1), 1);
    assert_int_equal(match("/(first|last)_name/", column, 1), 1);
    assert_int_equal(match("a.b", dotted, 1), -1);
    assert_int_equal(match("\"a.b\"", dotted, 1), 1);
    assert_int_equal(match("shop.orders.id", three, 3), 1);
    assert_int_equal(match("shop.*.id", three, 3), 1);
    assert_int_equal(match("shop.orders", three, 3), -1);
}

static void
what_is_no_pattern_says_what_is_wanted(void **state)
{
    static const struct {
        const char *text;
        int parts;
        const char *problem;
    } cases[] = {
        { "orders", 2, "schema.table" },
        { "a.b.c", 2, "schema.table" },
        { "a.b", 1, "a name" },
        { "a", 3, "schema.table.column" },
        { "a..b", 3, "a part of the name is empty" },
        { "a.\"b", 2, "a quote or bracket is not closed" },
        { "a.[b", 2, "a quote or bracket is not closed" },
        { "/a(/", 2, "missing closing parenthesis" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena arena = { 0 };
        const char *problem = "";
        assert_null(pattern_new(cases[i].text, cases[i].parts, &arena, &problem));
        if (strstr(problem, cases[i].problem) == NULL)
            fail_msg("'%s': %s", cases[i].text, problem);
        arena_deinit(&arena);
    }
}

static void
exact_names_are_known_as_such(void **state)
{
    static const struct {
        const char *text;
        bool is_exact;
        const char *literal;
    } cases[] = {
        { "s.t", true, "s.t" },    { "S.T x", true, "S.T x" }, { "s.\"T\"", true, NULL },
        { "s.\"*\"", true, NULL }, { "s.*", false, NULL },     { "*", false, NULL },
        { "s.t?", false, NULL },   { "s.[t]", false, NULL },   { "/s\\.t/", false, NULL },
        { "/s.t", true, "/s.t" },  { "s.t/", true, "s.t/" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena arena = { 0 };
        const char *problem;
        struct pattern *pattern = pattern_new(cases[i].text, 2, &arena, &problem);
        assert_non_null(pattern);
        assert_int_equal(pattern_is_exact(pattern), cases[i].is_exact);
        if (cases[i].literal == NULL)
            assert_null(pattern_literal(pattern));
        else
            assert_string_equal(pattern_literal(pattern), cases[i].literal);
        pattern_free(pattern);
        arena_deinit(&arena);
    }
    pattern_free(NULL);
}

/* A name written in quotes matches itself and nothing near it, whatever stands in it. */
static void
a_quoted_name_matches_itself_alone(void **state)
{
    uint32_t seed = 3;
    static const char letters[] = "ab.\"*?[]/\\ $^(){}|+\t\nA";
    (void)state;
    for (int turn = 0; turn < 3000; turn++) {
        char name[2][12], quoted[80] = "", other[12];
        char *out = quoted;
        for (int part = 0; part < 2; part++) {
            size_t n = 1 + turn % 8u;
            if (part > 0)
                *out++ = '.';
            *out++ = '"';
            for (size_t i = 0; i < n; i++) {
                seed = seed * 1664525u + 1013904223u;
                name[part][i] = letters[(seed >> 16) % (sizeof letters - 1)];
                if (name[part][i] == '"')
                    *out++ = '"';
                *out++ = name[part][i];
            }
            name[part][n] = '\0';
            *out++ = '"';
        }
        *out = '\0';
        const char *names[] = { name[0], name[1] };
        if (match(quoted, names, 2) != 1)
            fail_msg("%s", quoted);
        strcpy(other, name[1]);
        other[turn % strlen(other)] ^= 1;
        names[1] = other;
        assert_int_equal(match(quoted, names, 2), 0);
    }
}

/* Somebody's expression may take for ever: it ends, and matches nothing. */
static void
an_expression_that_explodes_ends(void **state)
{
    char name[60];
    const char *const names[] = { "s", name };
    (void)state;
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    memcpy(name + sizeof name - 3, "!b", 2); /* the engine looks first whether there is any b */
    assert_int_equal(match("/s\\.(a|aa|a*)*b/", names, 2), 0);
}

/* ---- inside a text */

static int
find(const char *expression, bool utf, const char *text, size_t len, size_t from, size_t *begin,
     size_t *end)
{
    struct arena arena = { 0 };
    const char *problem = "";
    struct regex *regex = regex_new(expression, utf, &arena, &problem);
    struct regex_space *space = regex_space_new();
    if (regex == NULL)
        fail_msg("%s: %s", expression, problem);
    int found = regex_find(regex, space, text, len, from, begin, end);
    regex_space_free(space);
    regex_free(regex);
    arena_deinit(&arena);
    return found;
}

static void
the_first_match_at_or_behind_a_place_is_found(void **state)
{
    static const struct {
        const char *expression, *text;
        size_t from;
        int found;
        size_t begin, end;
    } cases[] = {
        { "b+", "abbb abb", 0, 1, 1, 4 },
        { "b+", "abbb abb", 2, 1, 2, 4 },
        { "b+", "abbb abb", 4, 1, 6, 8 },
        { "b+", "abbb abb", 8, 0, 0, 0 },
        { "x*", "abc", 0, 0, 0, 0 },  /* an empty match counts as none */
        { "x*", "abxc", 0, 1, 2, 3 }, /* ... and does not hide the next one */
        { "^b", "ab", 1, 0, 0, 0 },   /* a text begins at its beginning */
        { "\\bb", "ab", 1, 0, 0, 0 },
        { "(?<=a)b", "ab", 1, 1, 1, 2 }, /* what stands before is seen */
        { "c$", "abc", 0, 1, 2, 3 },
        { "é", "caf\xc3\xa9", 0, 1, 3, 5 },
        { ".", "\xc3\xa9", 0, 1, 0, 2 },
        { ".+", "", 0, 0, 0, 0 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t begin = 0, end = 0, len = strlen(cases[i].text);
        int found =
            find(cases[i].expression, true, cases[i].text, len, cases[i].from, &begin, &end);
        if (found != cases[i].found ||
            (found == 1 && (begin != cases[i].begin || end != cases[i].end)))
            fail_msg("%s in %s: %d %zu-%zu", cases[i].expression, cases[i].text, found, begin, end);
    }
}

static void
the_length_decides_where_a_text_ends(void **state)
{
    size_t begin = 9, end = 9;
    (void)state;
    assert_int_equal(find("b", true, "a\0b", 3, 0, &begin, &end), 1);
    assert_int_equal(begin, 2);
    assert_int_equal(find("b", true, "ab", 1, 0, &begin, &end), 0);
}

/* Bytes that are no UTF-8 match nothing; what stands around them does. */
static void
broken_letters_match_nothing(void **state)
{
    size_t begin = 0, end = 0;
    (void)state;
    assert_int_equal(find(".", true, "\xff\xfe", 2, 0, &begin, &end), 0);
    assert_int_equal(find("[^a]+", true,
                          "a\xff"
                          "bc",
                          4, 0, &begin, &end),
                     1);
    assert_int_equal(begin, 2);
    assert_int_equal(end, 4);
    assert_int_equal(find(".", false, "\xff", 1, 0, &begin, &end), 1); /* bytes are bytes */
    assert_int_equal(end, 1);
}

static void
a_search_that_explodes_gives_up(void **state)
{
    char text[3000];
    size_t begin, end;
    (void)state;
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = 'b'; /* the engine looks first whether there is any */
    assert_int_equal(find("(a|aa|a*)*[0-9]b", true, text, sizeof text, 0, &begin, &end), -1);
}

static void
an_expression_that_is_none_says_why(void **state)
{
    static const char *const wrong[] = { "(", "[", "a{2,1}", "*", "\\C", "(?<n", "\\" };
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct arena arena = { 0 };
        const char *problem = NULL;
        if (regex_new(wrong[i], true, &arena, &problem) != NULL)
            fail_msg("accepted: %s", wrong[i]);
        assert_true(strlen(problem) > 5);
        arena_deinit(&arena);
    }
    regex_free(NULL);
    regex_space_free(NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(globs_and_expressions_match_whole_names),
        cmocka_unit_test(names_of_one_and_three_parts_have_patterns_too),
        cmocka_unit_test(what_is_no_pattern_says_what_is_wanted),
        cmocka_unit_test(exact_names_are_known_as_such),
        cmocka_unit_test(a_quoted_name_matches_itself_alone),
        cmocka_unit_test(an_expression_that_explodes_ends),
        cmocka_unit_test(the_first_match_at_or_behind_a_place_is_found),
        cmocka_unit_test(the_length_decides_where_a_text_ends),
        cmocka_unit_test(broken_letters_match_nothing),
        cmocka_unit_test(a_search_that_explodes_gives_up),
        cmocka_unit_test(an_expression_that_is_none_says_why),
        cmocka_unit_test(letters_of_any_script_are_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
