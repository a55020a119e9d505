/* SPDX-License-Identifier: PostgreSQL */
/* What the rules make of a column, and what its fakes look like: without a key, without a row. */
#include "jobs.h"
#include "masked.h"
#include "server.h"

static void
each_column_tells_its_line_and_its_fate(void **state)
{
    static const struct {
        const char *column, *says;
    } cases[] = {
        { "public.accounts.email", "masked" },
        { "public.accounts.email", "'email' under 'public.accounts'" },
        { "public.accounts.email", "rules.yaml:5" },
        { "public.accounts.email", "example.com" },
        { "public.accounts.status", "kept" },
        { "public.accounts.id", "safe" },
        { "public.logins.email", "public.accounts.email" },
        { "public.accounts.token", "must be unique" },
    };
    (void)state;
    begin("masked", MASKED_RULES);
    unlink(told.key);
    told.options.key_file = NULL;
    unsetenv("DECANT_KEY_FILE");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        MUST(explain(NULL, cases[i].column));
        assert_text_has(cases[i].column);
        assert_text_has(cases[i].says);
        assert_text_lacks("public.accounts.born"); /* this one only */
    }
    assert_folder_has(" rules.yaml");
    end();
}

static void
a_table_tells_all_its_columns(void **state)
{
    static const char *const columns[] = { "id",     "email", "name",     "phone",  "born",
                                           "status", "token", "settings", "aliases" };
    (void)state;
    begin("masked", MASKED_RULES);
    MUST(explain(NULL, "public.accounts"));
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        char name[60];
        snprintf(name, sizeof name, "public.accounts.%s", columns[i]);
        assert_text_has(name);
    }
    end();
}

/* A person asks because something is undecided: that is no reason to refuse the answer. */
static void
an_undecided_column_is_explained_too(void **state)
{
    (void)state;
    begin("masked", MASKED_HEAD "columns:\n" MASKED_ACCOUNTS MASKED_MESSAGES MASKED_KINDS);
    MUST(explain(NULL, "public.pages.body"));
    assert_text_has("public.pages.body");
    assert_text_has("decided");
    MUST(explain(NULL, "public.accounts.email"));
    assert_text_has("masked");
    end();
}

static void
what_is_no_column_is_refused(void **state)
{
    static const char *const cases[] = { "accounts",
                                         "public.accountsx",
                                         "public.account",
                                         "public.accounts.",
                                         "public.accounts.emai",
                                         "public.accounts.email.x",
                                         "publicxaccounts",
                                         "" };
    (void)state;
    begin("masked", MASKED_RULES);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_refused(explain(NULL, cases[i]), DECANT_USAGE,
                       "there is no selected table or column '");
        assert_non_null(strstr(told.err.hint, "schema.table"));
        assert_null(told.text);
    }
    end();
}

/* ---- pull --preview */

static int
lines_of(const char *text)
{
    int n = 0;
    for (; *text != '\0'; text++)
        n += *text == '\n';
    return n;
}

static void
a_preview_has_ten_fakes_of_each_masked_column(void **state)
{
    static const char *const names[] = { "public.accounts", "accounts" };
    (void)state;
    begin("masked", MASKED_RULES);
    unlink(told.key);
    told.options.key_file = NULL;
    for (int i = 0; i < 2; i++) {
        MUST(preview(names[i]));
        assert_text_has("public.accounts: ten fakes of each masked column");
        assert_text_has("  email: email\n");
        assert_text_has("@example.com\n");
        assert_text_has("  as they are: id state status\n");
        assert_text_lacks("vandermeer");
        assert_int_equal(lines_of(told.text), 2 + 7 * 11);
    }
    assert_folder_has(" rules.yaml");
    end();
}

/* No statement reads a row: the same fakes come of an empty source. */
static void
a_preview_of_a_table_without_masks_says_so(void **state)
{
    (void)state;
    begin("masked", MASKED_RULES);
    MUST(preview("kinds"));
    assert_text_has("  as they are: code label\n");
    assert_int_equal(lines_of(told.text), 2);
    end();
}

static void
a_preview_of_no_table_suggests_one(void **state)
{
    (void)state;
    begin("masked", MASKED_RULES);
    assert_refused(preview("acounts"), DECANT_USAGE, "there is no selected table 'acounts'");
    assert_non_null(strstr(told.err.hint, "did you mean 'accounts'?"));
    assert_null(told.text);
    write_file(told.rules, "version: 1\n");
    assert_refused(preview("accounts"), DECANT_USAGE, "no rules mask a column");
    told.options.rules = NULL;
    assert_refused(preview("accounts"), DECANT_USAGE, "no rules mask a column");
    end();
}

/* ---- init --review: no server at all */

static void
a_review_lists_the_marked_lines(void **state)
{
    (void)state;
    begin(NULL, "version: 1\n"
                "# lines with '# ?' are to be looked at\n"
                "columns:\n"
                "  public.people:\n"
                "    email: email\n"
                "    bio: text   # ? free text\n"
                "    nick: keep # ?\n"
                "  public.logs: {line: text} # ? is it read\n");
    MUST(review());
    char wanted[1200];
    snprintf(wanted, sizeof wanted,
             "%s:6: public.people: bio: text  (free text)\n"
             "%s:7: public.people: nick: keep  ()\n"
             "%s:8: public.logs: {line: text}  (is it read)\n"
             "3 lines to review; take the '?' out where the line is right\n",
             told.rules, told.rules, told.rules);
    assert_string_equal(told.text, wanted);
    assert_int_equal(told.nphases, 0);
    end();
}

static void
a_review_of_what_is_right_is_short(void **state)
{
    (void)state;
    begin(NULL, "version: 1\ncolumns:\n  public.a:\n    b: keep # sure?");
    MUST(review());
    assert_string_equal(told.text, "0 lines to review; take the '?' out where the line is right\n");
    write_file(told.rules, "version: 1\ncolumns:\n  public.a:\n    b: text # ? x");
    MUST(review());
    assert_text_has("\n1 line to review; ");
    write_file(told.rules, "version: 1\nnonsense: 1\n");
    assert_refused(review(), DECANT_USAGE, "rules.yaml:2:1");
    unlink(told.rules);
    assert_refused(review(), DECANT_USAGE, told.rules);
    end();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        FACT(each_column_tells_its_line_and_its_fate),
        FACT(a_table_tells_all_its_columns),
        FACT(an_undecided_column_is_explained_too),
        FACT(what_is_no_column_is_refused),
        FACT(a_preview_has_ten_fakes_of_each_masked_column),
        FACT(a_preview_of_a_table_without_masks_says_so),
        FACT(a_preview_of_no_table_suggests_one),
        FACT(a_review_lists_the_marked_lines),
        FACT(a_review_of_what_is_right_is_short),
    };
    return cmocka_run_group_tests(tests, begin_folder, end_folder);
}
