/* SPDX-License-Identifier: PostgreSQL */
/* Texts that a condition speaks of. What a regular expression matches is asked of libc. */
#include <regex.h>

#include "unit.h"

#include "mask/instance.h"

static void
what_is_made_of_a_regular_expression_matches_it(void **state)
{
    (void)state;
    static const char *const expressions[] = {
        "^AB-[0-9]{4}$",
        "^[[:upper:]]{2}[[:digit:]]{2,5}$",
        "^(red|green|blue)$",
        "^[^a-z]+x?$",
        "^(a(b|cd){2}|e*f)[]x-z]\\.$",
        "^([0-9]{1,3}\\.){3}[0-9]{1,3}$",
        "^.{3,7}$",
        "^(|x)y$",
    };
    for (size_t i = 0; i < sizeof expressions / sizeof *expressions; i++) {
        regex_t regex;
        assert_int_equal(regcomp(&regex, expressions[i], REG_EXTENDED | REG_NOSUB), 0);
        for (unsigned seed = 0; seed < 200; seed++) {
            struct buf text = { 0 };
            assert_true(instance_of_regex(expressions[i], seed, &text));
            if (regexec(&regex, buf_str(&text), 0, NULL, 0) != 0)
                fail_msg("%s does not match '%s'", expressions[i], buf_str(&text));
            buf_deinit(&text);
        }
        regfree(&regex);
    }
}

static void
what_is_not_understood_leaves_nothing(void **state)
{
    (void)state;
    static const char *const expressions[] = {
        "(?=a)b", "a{9,1}", "[[.a.]]", "(a", "a)", "\\m", "*"
    };
    for (size_t i = 0; i < sizeof expressions / sizeof *expressions; i++) {
        struct buf text = { 0 };
        buf_puts(&text, "before");
        if (instance_of_regex(expressions[i], 1, &text))
            fail_msg("%s is taken for '%s'", expressions[i], buf_str(&text));
        assert_string_equal(buf_str(&text), "before");
        buf_deinit(&text);
    }
}

static void
like_fills_its_places(void **state)
{
    (void)state;
    struct buf text = { 0 };
    assert_true(instance_of_like("a\\_b__%", 3, &text));
    assert_memory_equal(buf_str(&text), "a_b", 3);
    assert_true(text.len >= 5);
    buf_deinit(&text);
}

static void
join_text(void *ctx, const char *text)
{
    buf_printf(ctx, "<%s>", text);
}

static void
join_number(void *ctx, int64_t number)
{
    buf_printf(ctx, "<%lld>", (long long)number);
}

static void
literals_and_numbers_are_taken_from_sql(void **state)
{
    (void)state;
    struct buf texts = { 0 }, numbers = { 0 };
    const char *sql = "((kind = 'it''s'::text) OR (n > '-5'::integer) OR (char_length(a1) = 3))";
    instance_texts(sql, join_text, &texts);
    assert_non_null(strstr(buf_str(&texts), "<it's>"));
    instance_numbers(sql, join_number, &numbers);
    assert_string_equal(buf_str(&numbers), "<-5><3>");
    buf_deinit(&texts);
    buf_deinit(&numbers);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_made_of_a_regular_expression_matches_it),
        cmocka_unit_test(what_is_not_understood_leaves_nothing),
        cmocka_unit_test(like_fills_its_places),
        cmocka_unit_test(literals_and_numbers_are_taken_from_sql),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
