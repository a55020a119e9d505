/* SPDX-License-Identifier: PostgreSQL */
/* What would stop a pull is found without a row, without a key, and without a lock. */
#include "jobs.h"
#include "masked.h"
#include "sampled.h"
#include "server.h"

static void
rules_that_hold_need_no_key_and_no_target(void **state)
{
    (void)state;
    begin("masked", MASKED_RULES);
    unlink(told.key);
    told.options.key_file = NULL;
    told.options.target = NULL;
    unsetenv("DECANT_KEY_FILE");
    MUST(check(DECANT_GRANTS_NONE));
    assert_folder_has(" rules.yaml");
    assert_int_equal(times_heard(DECANT_PHASE_SNAPSHOT), 0);
    assert_int_equal(times_heard(DECANT_PHASE_TABLE_OPEN), 0);
    end();
}

/* A person gets the list to paste, not the first of them. */
static void
undecided_columns_are_listed(void **state)
{
    (void)state;
    begin("masked", MASKED_HEAD "columns:\n" MASKED_ACCOUNTS MASKED_KINDS);
    assert_refused(check(DECANT_GRANTS_NONE), DECANT_REFUSED,
                   "E301 4 columns that nobody decided on");
    assert_text_has("public.messages");
    assert_text_has("subject");
    assert_text_has("public.pages");
    assert_text_has("slug");
    assert_text_lacks("public.kinds");
    end();
}

/* Whatever a pull refuses before it reads a row, a check refuses, in the same words. */
static void
a_check_refuses_what_a_pull_refuses(void **state)
{
    static const char *const cases[] = {
        "columns:\n" MASKED_ACCOUNTS MASKED_MESSAGES MASKED_KINDS,
        MASKED_COLUMNS "  public.logins: {email: keep}\n",
        MASKED_COLUMNS "  public.nobody: {x: keep}\n",
        MASKED_COLUMNS "  public.logins: {ok: email}\n",
        "columns:\n" MASKED_ACCOUNTS MASKED_MESSAGES MASKED_KINDS
        "  public.pages: {slug: \"null\", body: text}\n",
        "columns:\n" MASKED_MESSAGES MASKED_PAGES MASKED_KINDS
        "  public.accounts: {email: first_name, name: keep, phone: keep, born: keep, status: keep,"
        " token: keep, settings: keep, aliases: keep}\n",
        "columns:\n" MASKED_MESSAGES MASKED_PAGES MASKED_KINDS
        "  public.accounts: {email: email, name: keep, phone: keep, born: keep, status: "
        "{use: set, value: this text is far too long for it}, token: keep, settings: keep,"
        " aliases: keep}\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf rules = { 0 };
        buf_printf(&rules, "%s%s", MASKED_HEAD, cases[i]);
        begin("masked", buf_str(&rules));
        bool ok = pull();
        struct decant_error pulled = told.err;
        assert_false(ok);
        ok = check(DECANT_GRANTS_NONE);
        if (ok)
            fail_msg("case %d: a pull says %s", (int)i, pulled.message);
        assert_string_equal(told.err.message, pulled.message);
        assert_int_equal(told.err.code, pulled.code);
        assert_string_equal(told.err.hint, pulled.hint);
        buf_deinit(&rules);
        end();
    }
}

static void
a_condition_is_tried_by_the_source(void **state)
{
    static const struct {
        const char *line, *message;
    } cases[] = {
        { "  tables: {public.accounts: {where: \"id > 'x'\"}}\n", "the source does not accept" },
        { "  tables: {public.accounts: {where: \"nope = 1\"}}\n", "the source does not accept" },
        { "  also: {public.accounts: \"id\"}\n", "the source does not accept" },
        { "  tables: {public.accounts: {where: \"id > 3\"}}\n", NULL },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf rules = { 0 };
        buf_printf(&rules, "%ssample:\n  rate: 50%%\n%s", MASKED_RULES, cases[i].line);
        begin("masked", buf_str(&rules));
        if (cases[i].message == NULL)
            MUST(check(DECANT_GRANTS_NONE));
        else {
            assert_refused(check(DECANT_GRANTS_NONE), DECANT_USAGE, cases[i].message);
            assert_non_null(strstr(told.err.message, "rules.yaml:"));
            assert_non_null(strstr(told.err.hint, "public.accounts"));
        }
        buf_deinit(&rules);
        end();
    }
}

/* ---- what cannot be proved, or travels with the schema, is told */

static void
what_a_person_should_know_is_listed_by_reason(void **state)
{
    (void)state;
    begin("job",
          "version: 1\ncolumns:\n  public.cities: {code: keep, name: city}\n"
          "  public.people: {email: email, full_name: by_shape, phone: phone, boss: keep}\n");
    select_table("public.cities");
    select_table("public.people");
    MUST(check(DECANT_GRANTS_NONE));
    assert_text_has("default [text-in-schema]: ");
    assert_text_has("\n  public.cities.name\n");
    assert_true(has_note("text-in-schema public.cities.name 0\n")); /* and as an event */
    const char *line = buf_str(&told.notes);
    for (size_t len; *line != '\0'; line += len) { /* all of them are */
        char object[200];
        len = strcspn(line, "\n") + 1;
        assert_int_equal(sscanf(line, "%*s %199s", object), 1);
        assert_text_has(object);
    }
    end();
}

static void
without_rules_a_check_needs_to_be_told_what_for(void **state)
{
    (void)state;
    begin("masked", NULL);
    told.options.no_mask = false;
    assert_refused(check(DECANT_GRANTS_NONE), DECANT_USAGE, "no rules to check");
    assert_non_null(strstr(told.err.hint, "decant init"));
    assert_null(told.text);
    told.options.no_mask = true;
    MUST(check(DECANT_GRANTS_NONE));
    end();
}

static void
columns_that_a_reader_cannot_read_are_told(void **state)
{
    (void)state;
    begin("job", NULL);
    told.options.profile = "jdbc";
    MUST(check(DECANT_GRANTS_NONE));
    assert_text_has("[reader]: the readers of this profile need help\n");
    assert_text_has("public.odd_values.");
    assert_true(has_note("reader public.odd_values."));
    told.options.profile = "abacus";
    assert_refused(check(DECANT_GRANTS_NONE), DECANT_USAGE, "abacus");
    assert_null(told.text);
    end();
}

/* ---- grants */

static void
the_script_of_rights_names_every_table_and_nothing_else(void **state)
{
    (void)state;
    begin("masked", NULL);
    MUST(check(DECANT_GRANTS_TABLES));
    assert_text_has("GRANT");
    assert_text_has("accounts");
    assert_text_has("logins");
    assert_text_has("CONNECT ON DATABASE");
    assert_text_lacks("INSERT");
    assert_text_lacks("UPDATE");
    assert_text_lacks("DELETE");
    assert_text_lacks("SUPERUSER");
    end();
    begin("masked", NULL);
    select_table("public.kinds");
    MUST(check(DECANT_GRANTS_TABLES));
    assert_text_has("kinds");
    assert_text_lacks("accounts");
    end();
}

static void
rights_by_column_leave_out_what_no_mask_reads(void **state)
{
    (void)state;
    begin("masked", MASKED_HEAD "columns:\n" MASKED_ACCOUNTS MASKED_MESSAGES MASKED_KINDS
                                "  public.pages: {slug: keep, body: \"null\"}\n");
    MUST(check(DECANT_GRANTS_COLUMNS));
    assert_text_has("slug");
    const char *pages = strstr(told.text, "pages");
    assert_non_null(pages);
    const char *line = pages;
    while (line > told.text && line[-1] != '\n')
        line--;
    char text[600];
    snprintf(text, sizeof text, "%.*s", (int)strcspn(line, "\n"), line);
    if (strstr(text, "body") != NULL || strstr(text, "slug") == NULL)
        fail_msg("%s", text);
    end();
}

static void
rights_by_column_need_rules_that_mask(void **state)
{
    (void)state;
    begin("masked", NULL);
    assert_refused(check(DECANT_GRANTS_COLUMNS), DECANT_USAGE, "--by-column needs rules");
    assert_null(told.text);
    end();
    begin("masked", "version: 1\nsample: {rate: 5%}\n");
    assert_refused(check(DECANT_GRANTS_COLUMNS), DECANT_USAGE, "--by-column needs rules");
    end();
    begin("masked", MASKED_HEAD "columns:\n" MASKED_ACCOUNTS);
    assert_refused(check(DECANT_GRANTS_COLUMNS), DECANT_REFUSED, "E301 ");
    assert_null(told.text); /* a list of columns is no script */
    end();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        FACT(rules_that_hold_need_no_key_and_no_target),
        FACT(undecided_columns_are_listed),
        FACT(a_check_refuses_what_a_pull_refuses),
        FACT(a_condition_is_tried_by_the_source),
        FACT(what_a_person_should_know_is_listed_by_reason),
        FACT(without_rules_a_check_needs_to_be_told_what_for),
        FACT(columns_that_a_reader_cannot_read_are_told),
        FACT(the_script_of_rights_names_every_table_and_nothing_else),
        FACT(rights_by_column_leave_out_what_no_mask_reads),
        FACT(rights_by_column_need_rules_that_mask),
    };
    return cmocka_run_group_tests(tests, begin_folder, end_folder);
}
