/* SPDX-License-Identifier: PostgreSQL */
/* Names, literals and values in SQL: whatever they hold, they are read back as what they were. */
#include "pg/quote.h"

#include "catalog/as_text.h"
#include "unit.h"

static uint64_t
roll(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 33;
}

/* A text of letters that mean something to somebody. */
static const char *
random_text(uint64_t *seed)
{
    static const char letters[] = "\"\"''\\\\{},$.; abA-\n\t%*\xc3\xa9";
    static char text[24];
    size_t len = roll(seed) % 20;
    for (size_t i = 0; i < len; i++)
        text[i] = letters[roll(seed) % (sizeof letters - 1)];
    text[len] = '\0';
    return text;
}

/* What a parser of SQL makes of a text in quotes; NULL: it ends too early or not at all. */
static const char *
unquoted(const char *sql, char quote, bool escapes)
{
    static char text[64];
    size_t n = 0;
    if (*sql++ != quote)
        return NULL;
    for (; *sql != '\0'; sql++) {
        if (*sql == quote && *++sql != quote)
            break;
        if (escapes && *sql == '\\')
            sql++;
        text[n++] = *sql;
    }
    text[n] = '\0';
    return *sql == '\0' && sql[-1] == quote ? text : NULL;
}

static void
a_quoted_name_is_that_name(void **state)
{
    (void)state;
    uint64_t seed = 3;
    for (int i = 0; i < 5000; i++) {
        struct buf out = { 0 };
        const char *name = random_text(&seed);
        quote_ident(&out, name);
        const char *read = unquoted(buf_str(&out), '"', false);
        assert_non_null(read);
        assert_string_equal(read, name);
        buf_deinit(&out);
    }
}

/* With standard_conforming_strings off a backslash would be an escape: E'' means the same always.
 */
static void
a_literal_is_that_text(void **state)
{
    (void)state;
    uint64_t seed = 5;
    for (int i = 0; i < 5000; i++) {
        struct buf out = { 0 };
        const char *text = random_text(&seed);
        bool has_backslash = strchr(text, '\\') != NULL;
        quote_literal(&out, text);
        assert_int_equal(strncmp(buf_str(&out), " E'", 3) == 0, has_backslash);
        const char *read = unquoted(buf_str(&out) + 2 * has_backslash, '\'', has_backslash);
        assert_non_null(read);
        assert_string_equal(read, text);
        buf_deinit(&out);
    }
}

/* As array_in() reads it. */
static void
elements_of_an_array_are_those_texts(void **state)
{
    (void)state;
    uint64_t seed = 7;
    for (int i = 0; i < 2000; i++) {
        struct buf out = { 0 };
        char texts[3][24];
        buf_putc(&out, '{');
        for (int j = 0; j < 3; j++) {
            snprintf(texts[j], sizeof texts[j], "%s", random_text(&seed));
            quote_element(&out, texts[j]);
        }
        buf_putc(&out, '}');
        const char *p = buf_str(&out) + 1;
        for (int j = 0; j < 3; j++) {
            char read[64];
            size_t n = 0;
            assert_int_equal(*p++, '"');
            for (; *p != '"'; p++) {
                assert_int_not_equal(*p, '\0');
                p += *p == '\\';
                read[n++] = *p;
            }
            read[n] = '\0';
            assert_string_equal(read, texts[j]);
            p++;
            assert_int_equal(*p++, j < 2 ? ',' : '}');
        }
        assert_int_equal(*p, '\0');
        buf_deinit(&out);
    }
}

static void
what_is_quoted_is_appended(void **state)
{
    (void)state;
    struct buf out = { 0 };
    buf_puts(&out, "FROM ");
    quote_qualified(&out, "a.b", "c\"d");
    buf_puts(&out, " = ");
    quote_literal(&out, "it's");
    assert_string_equal(buf_str(&out), "FROM \"a.b\".\"c\"\"d\" = 'it''s'");
    buf_deinit(&out);
}

static void
a_script_shows_what_a_name_hides(void **state)
{
    (void)state;
    static const struct {
        const char *name, *sql;
    } names[] = {
        { "plain", "\"plain\"" },
        { "caf\xc3\xa9", "\"caf\xc3\xa9\"" },
        { "back\\slash", "\"back\\slash\"" },
        { "a\nb", "U&\"a\\000ab\"" },
        { "\x1b[0m\\\"", "U&\"\\001b[0m\\\\\"\"\"" },
        { "x\xe2\x80\xae", "U&\"x\\202e\"" },
        { "\xef\xbb\xbf", "U&\"\\feff\"" },
        { "", "\"\"" },
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct buf out = { 0 };
        quote_ident_visible(&out, names[i].name);
        assert_string_equal(buf_str(&out), names[i].sql);
        buf_reset(&out);
        quote_qualified_visible(&out, names[i].name, "t");
        assert_memory_equal(buf_str(&out), names[i].sql, strlen(names[i].sql));
        assert_string_equal(buf_str(&out) + strlen(names[i].sql), ".\"t\"");
        buf_deinit(&out);
    }
}

/* ---- the text of a value */

static void
put(const struct column *column, bool element, const char *expected)
{
    struct buf out = { 0 };
    buf_puts(&out, "SELECT ");
    if (element)
        as_text_put_element(column, "e", &out);
    else
        as_text_put(column, "t.\"c\"", &out);
    assert_memory_equal(buf_str(&out), "SELECT ", 7);
    assert_string_equal(buf_str(&out) + 7, expected);
    buf_deinit(&out);
}

/* A cast of a type that users can make may call a function of theirs. */
static void
the_text_of_what_users_can_make_is_the_servers(void **state)
{
    (void)state;
    static const struct type text = { .schema = "pg_catalog", .name = "text" },
                             mood = { .schema = "My \"s", .name = "mo.od", .output = "enum_out" },
                             moods = { .schema = "s",
                                       .name = "_mood",
                                       .output = "array_out",
                                       .element = &mood },
                             texts = { .schema = "pg_catalog", .name = "_text", .element = &text };
    static const struct domain domain = { .schema = "s", .name = "d" };
    const struct column plain = { .type = &text }, user = { .type = &mood },
                        over = { .type = &mood, .domain = &domain },
                        array = { .type = &moods, .domain = &domain },
                        plain_array = { .type = &texts };
    put(&plain, false, "(t.\"c\")::pg_catalog.text");
    put(&user, false, "pg_catalog.textin(pg_catalog.enum_out(t.\"c\"))");
    put(&over, false, "pg_catalog.textin(pg_catalog.enum_out(t.\"c\"::\"My \"\"s\".\"mo.od\"))");
    put(&array, false, "pg_catalog.textin(pg_catalog.array_out(t.\"c\"::\"s\".\"_mood\"))");
    put(&array, true, "pg_catalog.textin(pg_catalog.enum_out(e::\"My \"\"s\".\"mo.od\"))");
    put(&plain_array, true, "(e)::pg_catalog.text");
}

static void
the_text_of_a_row_is_the_servers(void **state)
{
    (void)state;
    struct buf out = { 0 };
    as_text_put_row("r", &out);
    assert_string_equal(buf_str(&out), "pg_catalog.textin(pg_catalog.record_out(r))");
    buf_deinit(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quoted_name_is_that_name),
        cmocka_unit_test(a_literal_is_that_text),
        cmocka_unit_test(elements_of_an_array_are_those_texts),
        cmocka_unit_test(what_is_quoted_is_appended),
        cmocka_unit_test(a_script_shows_what_a_name_hides),
        cmocka_unit_test(the_text_of_what_users_can_make_is_the_servers),
        cmocka_unit_test(the_text_of_a_row_is_the_servers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
