/* SPDX-License-Identifier: PostgreSQL */
/* What a report says of a copy, in its four forms; and of none that is not the published one. */
#include "jobs.h"
#include "masked.h"
#include "server.h"

static const char *const formats[] = { "text", "md", "json", "html" };

static void
every_format_names_the_copy_its_tables_and_its_key(void **state)
{
    (void)state;
    begin("masked", MASKED_RULES);
    MUST(pull());
    for (int i = 0; i < 4; i++) {
        MUST(report(formats[i], false));
        assert_text_has("public.accounts");
        assert_text_has("public.kinds");
        assert_text_has("bd8d59c6"); /* the fingerprint of the key, never the key */
        assert_text_lacks("000102030405");
        assert_text_has("enum-order");
        assert_text_lacks("vandermeer");
    }
    end();
}

static void
a_page_needs_nothing_but_itself(void **state)
{
    static const char *const none[] = { "<script", "http://", "https://", "@import", "src=" };
    (void)state;
    begin("masked", MASKED_RULES);
    MUST(pull());
    MUST(report("html", false));
    assert_text_has("Content-Security-Policy");
    assert_text_has("default-src 'none'");
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_text_lacks(none[i]);
    end();
}

static void
json_is_json(void **state)
{
    struct buf sql = { 0 };
    (void)state;
    begin("masked", MASKED_RULES);
    MUST(pull());
    for (int absolute = 0; absolute < 2; absolute++) {
        MUST(report("json", absolute));
        buf_reset(&sql);
        buf_puts(&sql, "SELECT json_valid('");
        for (const char *p = told.text; *p != '\0'; p++)
            buf_puts(&sql, *p == '\'' ? "''" : (char[]){ *p, '\0' });
        buf_puts(&sql, "')");
        assert_string_equal(cell(buf_str(&sql)), "1");
    }
    buf_deinit(&sql);
    end();
}

/* Of a sample; whole copies have them anyway. */
static void
numbers_of_the_source_are_shown_on_demand_only(void **state)
{
    (void)state;
    begin("masked", MASKED_SAMPLE);
    MUST(pull());
    MUST(report("json", false));
    assert_text_lacks("\"public.accounts\":40");
    MUST(report("json", true));
    assert_text_has("\"public.accounts\":40");
    end();
}

static void
the_verdict_stands_first(void **state)
{
    char verdict[600];
    (void)state;
    begin("masked", MASKED_RULES);
    MUST(pull());
    snprintf(verdict, sizeof verdict, "%s", told.verdict);
    assert_true(verdict[0] != '\0');
    MUST(report("text", false));
    assert_int_equal(strncmp(told.text, verdict, strlen(verdict)), 0);
    end();
}

/* What the copy before did not tell: README of the report, "weaker". */
static void
a_copy_that_tells_more_than_the_one_before_says_so(void **state)
{
    (void)state;
    begin("masked", MASKED_HEAD "columns:\n" MASKED_ACCOUNTS MASKED_MESSAGES
                                "  public.pages: {slug: keep, body: \"null\"}\n" MASKED_KINDS);
    MUST(pull());
    MUST(report("json", false));
    assert_text_lacks("\"was\":\"null\"");
    write_file(told.rules, MASKED_RULES);
    MUST(pull());
    MUST(report("json", false));
    assert_text_has("\"name\":\"public.pages.body\",\"was\":\"null\",\"now\":\"text\"");
    told.options.no_mask = true;
    MUST(pull());
    MUST(report("json", false));
    assert_text_has(
        "\"name\":\"public.accounts.email\",\"was\":\"email\",\"now\":\"in the clear\"");
    end();
}

/* ---- of what there is no report */

static void
a_format_that_nobody_knows_is_refused(void **state)
{
    static const char *const wrong[] = { "xml", "", "TEXT", "htm", "json " };
    (void)state;
    begin(NULL, NULL);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_refused(report(wrong[i], false), DECANT_USAGE,
                       "--format is text, md, json or html, not '");
        assert_null(told.text);
    }
    told.options.target = NULL;
    assert_refused(report("text", false), DECANT_USAGE, "no copy to report on");
    end();
}

static void
a_copy_that_is_not_there_has_no_report(void **state)
{
    (void)state;
    begin(NULL, NULL);
    assert_refused(report("text", false), DECANT_UNAVAILABLE, "there is no file '");
    spoil("CREATE TABLE foreign_one (x)");
    assert_refused(report("text", false), DECANT_CHECK, "has no manifest");
    assert_null(told.text);
    end();
}

static void
a_copy_that_was_changed_has_no_report(void **state)
{
    (void)state;
    begin("masked", MASKED_RULES);
    MUST(pull());
    spoil("DELETE FROM kinds");
    assert_refused(report("text", false), DECANT_CHECK, "was changed since it was made");
    assert_null(told.text);
    end();
}

static void
a_manifest_of_another_version_is_refused(void **state)
{
    (void)state;
    begin("masked", MASKED_RULES);
    MUST(pull());
    char manifest[400], target[500];
    find_manifest_file(manifest, sizeof manifest);
    snprintf(target, sizeof target, "%s", told.target);
    snprintf(told.target, sizeof told.target, "%s", manifest);
    spoil("PRAGMA user_version = 9999");
    snprintf(told.target, sizeof told.target, "%s", target);
    bool ok = report("text", false);
    assert_refused(ok, DECANT_CHECK, manifest);
    assert_null(told.text);
    assert_refused(verify_copy(), DECANT_CHECK, manifest);
    end();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        FACT(every_format_names_the_copy_its_tables_and_its_key),
        FACT(a_page_needs_nothing_but_itself),
        FACT(json_is_json),
        FACT(numbers_of_the_source_are_shown_on_demand_only),
        FACT(the_verdict_stands_first),
        FACT(a_copy_that_tells_more_than_the_one_before_says_so),
        FACT(a_format_that_nobody_knows_is_refused),
        FACT(a_copy_that_is_not_there_has_no_report),
        FACT(a_copy_that_was_changed_has_no_report),
        FACT(a_manifest_of_another_version_is_refused),
    };
    return cmocka_run_group_tests(tests, begin_folder, end_folder);
}
