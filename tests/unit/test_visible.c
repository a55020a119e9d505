/* SPDX-License-Identifier: PostgreSQL */
/* Characters that nobody sees do not reach a terminal, a page, a script or a file of rules. */
#include "unit.h"

#include "base/json.h"
#include "base/visible.h"
#include "pg/quote.h"
#include "propose/columns.h"
#include "rules/spell.h"

static const char odd[] = "a\x1b[31m\xe2\x80\xae"
                          "b\xef\xbb\xbf\x7f\xc2\x85\"$";

static void
assert_puts(void (*put)(const char *, struct buf *), const char *text, const char *expected)
{
    struct buf out = { 0 };
    put(text, &out);
    assert_string_equal(buf_str(&out), expected);
    buf_deinit(&out);
}

static void
put_line(const char *text, struct buf *out)
{
    visible_put(out, text, false);
}

static void
put_lines(const char *text, struct buf *out)
{
    visible_put(out, text, true);
}

static void
put_json(const char *text, struct buf *out)
{
    json_string(out, text, strlen(text));
}

static void
put_name(const char *text, struct buf *out)
{
    quote_ident_visible(out, text);
}

static void
they_are_shown_by_their_codes(void **state)
{
    (void)state;
    assert_puts(put_line, odd, "a\\u001b[31m\\u202eb\\ufeff\\u007f\\u0085\"$");
    assert_puts(put_line, "a\tb\nc\r", "a\\u0009b\\u000ac\\u000d");
    assert_puts(put_lines, "a\tb\nc\r", "a\tb\nc\\u000d");
    assert_puts(put_json, odd, "\"a\\u001b[31m\\u202eb\\ufeff\\u007f\\u0085\\\"$\"");
    assert_puts(put_name, odd, "U&\"a\\001b[31m\\202eb\\feff\\007f\\0085\"\"$\"");
    assert_puts(spell_scalar, odd, "\"a\\u001b[31m\\u202eb\\ufeff\\u007f\\u0085\\\"$$\"");
}

static void
what_is_seen_stays(void **state)
{
    (void)state;
    static const char seen[] = "Zo\xc3\xab \xe4\xb8\xad \xf0\x9f\x98\x80 \xff";
    assert_true(visible_is(seen));
    assert_false(visible_is(odd));
    assert_puts(put_line, seen, seen);
    assert_puts(put_name, "a\"b\\", "\"a\"\"b\\\"");
    assert_puts(spell_scalar, "plain", "plain");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_are_shown_by_their_codes),
        cmocka_unit_test(what_is_seen_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
