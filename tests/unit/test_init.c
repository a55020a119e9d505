/* SPDX-License-Identifier: PostgreSQL */
/* A first rules file: it decides every column, and a pull takes it as it is. */
#include "jobs.h"
#include "masked.h"
#include "server.h"

static void
begin_init(const char *script)
{
    begin(script, NULL);
    told.options.no_mask = false;
    told.options.rules = told.rules;
    told.options.key_file = told.key;
    write_file(told.key, KEY_TEXT);
    chmod(told.key, 0600);
}

static void
rules_text(struct buf *out)
{
    read_file(told.rules, out);
}

static void
assert_rules_have(const char *what)
{
    struct buf text = { 0 };
    rules_text(&text);
    if (strstr(buf_str(&text), what) == NULL)
        fail_msg("'%s' is not in:\n%s", what, buf_str(&text));
    buf_deinit(&text);
}

static void
assert_rules_lack(const char *what)
{
    struct buf text = { 0 };
    rules_text(&text);
    if (strstr(buf_str(&text), what) != NULL)
        fail_msg("'%s' is in:\n%s", what, buf_str(&text));
    buf_deinit(&text);
}

/* The promise of init: with what it wrote, check and pull go through. */
static void
a_pull_takes_the_rules_as_they_are(void **state)
{
    struct buf bytes = { 0 };
    (void)state;
    begin_init("masked");
    MUST(init());
    MUST(check(DECANT_GRANTS_NONE));
    told.options.rate = 1;
    MUST(pull());
    read_file(told.target, &bytes);
    assert_null(memmem(bytes.data, bytes.len, "vandermeer", 10));
    assert_null(memmem(bytes.data, bytes.len, "Vandermeer", 10));
    assert_int_equal(count("SELECT count(*) FROM accounts"), 40);
    buf_deinit(&bytes);
    end();
}

static void
what_is_personal_is_masked_and_what_is_not_is_kept(void **state)
{
    (void)state;
    begin_init("masked");
    MUST(init());
    assert_rules_have("key_id: \"bd8d59c6\"");
    assert_rules_have("email: email");
    assert_rules_have("phone: phone");
    assert_rules_lack("vandermeer"); /* no value of a row */
    assert_rules_lack("Quentin");
    assert_rules_lack("/tmp/"); /* nor where it was made */
    assert_text_has("5 tables: ");
    assert_text_has("key bd8d59c6: ");
    assert_text_has("\nnext:\n  decant plan -c ");
    assert_text_has(told.server.folder); /* the source, to be pasted */
    end();
}

static void
the_same_source_gives_the_same_rules(void **state)
{
    struct buf first = { 0 }, again = { 0 };
    (void)state;
    begin_init("masked");
    MUST(init());
    rules_text(&first);
    unlink(told.rules);
    MUST(init());
    rules_text(&again);
    assert_string_equal(buf_str(&first), buf_str(&again));
    buf_deinit(&first);
    buf_deinit(&again);
    end();
}

static void
without_values_names_and_types_decide(void **state)
{
    (void)state;
    begin_init("masked");
    told.options.no_values = true;
    MUST(init());
    assert_rules_have("email: email");
    assert_rules_have("phone: phone");
    told.options.rate = 1;
    MUST(pull());
    assert_int_equal(count("SELECT count(*) FROM accounts WHERE email LIKE '%vandermeer%'"), 0);
    end();
}

static void
every_column_of_an_odd_schema_is_decided(void **state)
{
    (void)state;
    begin_init("job");
    MUST(init());
    MUST(check(DECANT_GRANTS_NONE));
    assert_rules_have("Order \"\"Lines");
    end();
}

/* What its name suggests would break a check: another mask, or none, and a person looks at it. */
static void
a_mask_that_cannot_hold_gives_way(void **state)
{
    (void)state;
    begin_init("job");
    select_table("public.picky");
    select_table("public.picked");
    MUST(init());
    assert_rules_have("# ?");
    assert_rules_lack("email: email");
    told.options.rate = 1;
    MUST(pull()); /* nothing that was written breaks a check */
    assert_int_equal(count("SELECT count(*) FROM picky"), 24);
    assert_int_equal(count("SELECT count(*) FROM pragma_foreign_key_check"), 0);
    end();
}

/* What stands in a text beside a type is a key of another table. */
static void
a_reference_with_a_type_is_found_and_kept(void **state)
{
    (void)state;
    begin_init("job");
    MUST(init());
    assert_rules_have("subject_id");
    assert_rules_have("virtual:");
    told.options.rate = 1;
    MUST(pull());
    assert_int_equal(count("SELECT count(*) FROM remarks WHERE CAST(subject_id AS INTEGER) <> 1 + "
                           "id % 24"),
                     0);
    end();
}

static void
a_rate_is_written_down(void **state)
{
    (void)state;
    begin_init("masked");
    told.options.rate = 0.2;
    MUST(init());
    assert_rules_have("rate: 20%");
    assert_text_lacks("5 % of each root");
    end();
}

/* ---- what is there already */

static void
rules_that_exist_are_never_replaced(void **state)
{
    struct buf text = { 0 };
    (void)state;
    begin_init("masked");
    write_file(told.rules, "mine\n");
    assert_refused(init(), DECANT_REFUSED, "is there already");
    assert_non_null(strstr(told.err.hint, "-c"));
    assert_int_equal(told.nphases, 0); /* before anybody is asked */
    rules_text(&text);
    assert_string_equal(buf_str(&text), "mine\n");
    buf_deinit(&text);
    end();
}

static void
a_key_that_exists_is_used_and_one_that_does_not_is_made(void **state)
{
    struct buf key = { 0 };
    struct stat st;
    (void)state;
    begin_init("masked");
    MUST(init());
    read_file(told.key, &key);
    assert_string_equal(buf_str(&key), KEY_TEXT);
    unlink(told.key);
    unlink(told.rules);
    MUST(init());
    assert_int_equal(stat(told.key, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_rules_lack("bd8d59c6");
    assert_text_has(" --key-file ");
    buf_deinit(&key);
    end();
}

static void
a_key_that_is_none_stops_init_and_no_rules_are_written(void **state)
{
    (void)state;
    begin_init("masked");
    write_file(told.key, "no key\n");
    assert_refused(init(), DECANT_REFUSED, "holds no key");
    assert_folder_has(" key");
    chmod(told.key, 0644);
    write_file(told.key, KEY_TEXT);
    assert_refused(init(), DECANT_REFUSED, "others may read the key file");
    assert_folder_has(" key");
    end();
}

static void
rules_in_a_folder_that_is_not_there_cannot_be_written(void **state)
{
    (void)state;
    begin_init("masked");
    char path[300];
    snprintf(path, sizeof path, "%s/missing/decant.yaml", folder);
    told.options.rules = path;
    assert_refused(init(), DECANT_UNAVAILABLE, path);
    assert_folder_has(" key");
    end();
}

/* ---- --update */

static void
an_update_of_complete_rules_changes_nothing(void **state)
{
    struct buf before = { 0 }, after = { 0 };
    (void)state;
    begin_init("masked");
    MUST(init());
    rules_text(&before);
    told.options.update = true;
    MUST(init());
    assert_text_has(": 0 new lines, marked '# ?'\n");
    rules_text(&after);
    assert_string_equal(buf_str(&before), buf_str(&after));
    buf_deinit(&before);
    buf_deinit(&after);
    end();
}

static void
an_update_adds_what_is_new_and_keeps_what_people_wrote(void **state)
{
    (void)state;
    begin_init("masked");
    write_file(told.rules, MASKED_HEAD "# mine: do not touch\ncolumns:\n" MASKED_ACCOUNTS
                                       "    # the end of accounts\n" MASKED_KINDS);
    chmod(told.rules, 0640);
    told.options.update = true;
    MUST(init());
    assert_text_has("new lines, marked '# ?'");
    assert_rules_have("# mine: do not touch\n");
    assert_rules_have("    # the end of accounts\n");
    assert_rules_have(MASKED_KINDS);
    assert_rules_have("public.pages:");
    assert_rules_have("public.messages:");
    assert_rules_have("# ?");
    struct stat st;
    assert_int_equal(stat(told.rules, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    assert_folder_has(" key rules.yaml");
    MUST(check(DECANT_GRANTS_NONE)); /* complete now */
    MUST(init());
    assert_text_has(": 0 new lines");
    end();
}

static void
what_the_source_has_no_longer_becomes_a_comment(void **state)
{
    (void)state;
    begin_init("masked");
    write_file(told.rules, MASKED_RULES "  public.gone: {x: keep}\n"
                                        "  public.logins: {was_there: email}\n");
    told.options.update = true;
    MUST(init());
    assert_rules_have("# gone:");
    assert_text_has("of what the source has no longer, now '# gone:'");
    assert_text_has(": 0 new lines");
    MUST(check(DECANT_GRANTS_NONE));
    end();
}

static void
an_update_needs_rules_that_can_be_read(void **state)
{
    struct buf text = { 0 };
    (void)state;
    begin_init("masked");
    told.options.update = true;
    assert_refused(init(), DECANT_USAGE, told.rules);
    assert_folder_has(" key");
    write_file(told.rules, "columns: {\n");
    assert_refused(init(), DECANT_USAGE, "rules.yaml:");
    rules_text(&text);
    assert_string_equal(buf_str(&text), "columns: {\n");
    buf_deinit(&text);
    end();
}

/* Somebody else is at it, or was killed. */
static void
an_update_does_not_write_over_a_new_file(void **state)
{
    char beside[400];
    struct buf text = { 0 };
    (void)state;
    begin_init("masked");
    write_file(told.rules, MASKED_HEAD "columns:\n" MASKED_ACCOUNTS);
    snprintf(beside, sizeof beside, "%s.new", told.rules);
    write_file(beside, "another's");
    told.options.update = true;
    assert_refused(init(), DECANT_UNAVAILABLE, beside);
    read_file(beside, &text);
    assert_string_equal(buf_str(&text), "another's");
    assert_rules_lack("public.pages");
    buf_deinit(&text);
    end();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        FACT(a_pull_takes_the_rules_as_they_are),
        FACT(what_is_personal_is_masked_and_what_is_not_is_kept),
        FACT(the_same_source_gives_the_same_rules),
        FACT(without_values_names_and_types_decide),
        FACT(every_column_of_an_odd_schema_is_decided),
        FACT(a_mask_that_cannot_hold_gives_way),
        FACT(a_reference_with_a_type_is_found_and_kept),
        FACT(a_rate_is_written_down),
        FACT(rules_that_exist_are_never_replaced),
        FACT(a_key_that_exists_is_used_and_one_that_does_not_is_made),
        FACT(a_key_that_is_none_stops_init_and_no_rules_are_written),
        FACT(rules_in_a_folder_that_is_not_there_cannot_be_written),
        FACT(an_update_of_complete_rules_changes_nothing),
        FACT(an_update_adds_what_is_new_and_keeps_what_people_wrote),
        FACT(what_the_source_has_no_longer_becomes_a_comment),
        FACT(an_update_needs_rules_that_can_be_read),
        FACT(an_update_does_not_write_over_a_new_file),
    };
    return cmocka_run_group_tests(tests, begin_folder, end_folder);
}
