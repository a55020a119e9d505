/* SPDX-License-Identifier: PostgreSQL */
/* Masked copies: nothing that was to be removed is in them, or they are not published. */
#include "jobs.h"
#include "masked.h"
#include "server.h"

static void
lower(struct buf *bytes)
{
    for (char *p = bytes->data; p < bytes->data + bytes->len; p++)
        *p = *p >= 'A' && *p <= 'Z' ? *p + 32 : *p;
}

static void
no_original_is_among_the_bytes(void **state)
{
    static const char *const originals[] = { "vandermeer", "quentin", "second17@" };
    struct buf bytes = { 0 };
    char manifest[400];
    (void)state;
    begin("masked", MASKED_RULES);
    MUST(pull());
    find_manifest_file(manifest, sizeof manifest);
    for (int file = 0; file < 2; file++) {
        read_file(file == 0 ? told.target : manifest, &bytes);
        lower(&bytes);
        for (size_t i = 0; i < sizeof originals / sizeof *originals; i++)
            if (memmem(bytes.data, bytes.len, originals[i], strlen(originals[i])) != NULL)
                fail_msg("'%s' is in file %d", originals[i], file);
    }
    assert_true(strncmp(told.verdict, "may be used: no original of a masked column", 43) == 0);
    buf_deinit(&bytes);
    end();
}

static void
what_is_kept_and_what_is_not_there_stay(void **state)
{
    static const struct {
        const char *sql, *value;
    } cases[] = {
        { "SELECT count(*) FROM accounts", "40" },
        { "SELECT count(*) FROM accounts WHERE status IN ('gold', 'silver')", "40" },
        { "SELECT count(*) FROM accounts WHERE phone IS NULL", "10" },
        { "SELECT count(*) FROM accounts WHERE aliases IS NULL", "13" },
        { "SELECT name FROM accounts WHERE id = 7", "" },
        { "SELECT count(DISTINCT email) FROM accounts", "40" },
        { "SELECT count(DISTINCT token) FROM accounts", "40" },
        { "SELECT count(*) FROM accounts WHERE json_extract(settings, '$.theme') = 'dark'", "40" },
        { "SELECT count(*) FROM accounts WHERE json_array_length(aliases) = 2"
          " AND json_extract(aliases, '$[1]') = ''",
          "27" },
        { "SELECT count(*) FROM accounts WHERE email LIKE '%@%example.com'", "40" },
        { "SELECT count(*) FROM messages WHERE body LIKE '%parcel%'", "0" },
        { "SELECT count(*) FROM pages WHERE body IS NULL", "1" },
        { "SELECT group_concat(label) FROM kinds", "First,Second" },
        { "SELECT count(*) FROM logins WHERE email IS NULL", "1" },
        { "SELECT sum(ok) FROM logins", "40" },
    };
    (void)state;
    begin("masked", MASKED_RULES);
    MUST(pull());
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (strcmp(cell(cases[i].sql), cases[i].value) != 0)
            fail_msg("%s: %s", cases[i].sql, cell(cases[i].sql));
    end();
}

/* Whose key it is decides: the line of `accounts.email` is that of `logins.email`. */
static void
a_key_follows_what_it_refers_to(void **state)
{
    (void)state;
    begin("masked", MASKED_RULES);
    MUST(pull());
    assert_int_equal(count("SELECT count(*) FROM logins JOIN accounts USING (email)"), 49);
    assert_int_equal(count("SELECT count(*) FROM logins l JOIN accounts a USING (email)"
                           " WHERE a.id = l.id % 41"),
                     49);
    assert_int_equal(count("SELECT count(*) FROM pragma_foreign_key_check"), 0);
    end();
}

static void
the_key_alone_decides_on_the_fakes(void **state)
{
    struct buf first = { 0 }, again = { 0 };
    char mail[4000];
    (void)state;
    begin("masked", MASKED_RULES);
    MUST(pull());
    read_file(told.target, &first);
    snprintf(mail, sizeof mail, "%s", cell("SELECT email FROM accounts WHERE id = 1"));
    MUST(pull());
    read_file(told.target, &again);
    assert_int_equal(again.len, first.len);
    assert_memory_equal(again.data, first.data, first.len);
    write_file(told.key, "f00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n");
    MUST(pull());
    assert_string_not_equal(cell("SELECT email FROM accounts WHERE id = 1"), mail);
    buf_deinit(&first);
    buf_deinit(&again);
    end();
}

/* ---- what is refused before a row is read */

struct refusal {
    const char *rules; /* behind the head */
    enum decant_code code;
    const char *message;
};

static void
rules_that_cannot_hold_stop_the_pull_before_a_row_is_read(void **state)
{
    static const struct refusal cases[] = {
        { "columns:\n" MASKED_ACCOUNTS MASKED_MESSAGES MASKED_KINDS, DECANT_REFUSED,
          "E301 2 columns that nobody decided on" },
        { "columns:\n" MASKED_ACCOUNTS MASKED_MESSAGES MASKED_PAGES MASKED_KINDS
          "  public.logins: {email: keep}\n",
          DECANT_USAGE, "E220 foreign keys join" },
        { MASKED_COLUMNS "  public.nobody: {x: keep}\n", DECANT_USAGE, "E201 there is no" },
        { MASKED_COLUMNS "  public.logins: {ok: email}\n", DECANT_USAGE,
          "E203 'email' cannot treat" },
        { "columns:\n" MASKED_ACCOUNTS MASKED_MESSAGES MASKED_KINDS
          "  public.pages: {slug: \"null\", body: text}\n",
          DECANT_USAGE, "E210 'null' yields NULL, and" },
        { "columns:\n" MASKED_ACCOUNTS MASKED_MESSAGES MASKED_PAGES MASKED_KINDS "  \"*\": keep\n",
          DECANT_USAGE, "" },
        { "columns: [\n", DECANT_USAGE, "" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf text = { 0 };
        buf_printf(&text, "%s%s", MASKED_HEAD, cases[i].rules);
        begin("masked", buf_str(&text));
        bool ok = pull();
        assert_refused(ok, cases[i].code, cases[i].message);
        assert_int_equal(times_heard(DECANT_PHASE_TABLE_OPEN), 0);
        assert_folder_has(" key rules.yaml");
        buf_deinit(&text);
        end();
    }
}

static void
without_rules_nothing_is_copied_unless_no_mask_says_so(void **state)
{
    (void)state;
    begin("masked", NULL);
    told.options.no_mask = false;
    assert_refused(pull(), DECANT_REFUSED, "no rules say what becomes of the columns");
    assert_true(strstr(told.err.hint, "decant init") != NULL);
    assert_int_equal(told.nphases, 0); /* nobody was asked anything */
    end();
}

static void
no_mask_wins_over_rules(void **state)
{
    (void)state;
    begin("masked", MASKED_RULES);
    told.options.no_mask = true;
    told.options.key_file = NULL; /* no fake, no key */
    unsetenv("DECANT_KEY_FILE");
    MUST(pull());
    assert_string_equal(cell("SELECT email FROM accounts WHERE id = 1"),
                        "quentin1.vandermeer31@vandermeer-works.de");
    end();
}

static void
the_key_must_be_there_and_be_the_right_one(void **state)
{
    (void)state;
    begin("masked", MASKED_RULES);
    unlink(told.key);
    assert_refused(pull(), DECANT_REFUSED, told.key);
    told.options.key_file = NULL;
    unsetenv("DECANT_KEY_FILE");
    assert_refused(pull(), DECANT_REFUSED, "no key says what the fakes are");
    assert_true(strstr(told.err.hint, "decant key new") != NULL);
    end();
    begin("masked", "version: 1\nkey_id: 0badf00d\n" MASKED_COLUMNS);
    assert_refused(pull(), DECANT_REFUSED, "the rules were made with key 0badf00d, this one is ");
    told.options.key_file = NULL;
    setenv("XDG_CONFIG_HOME", folder, 1);
    assert_refused(pull(), DECANT_REFUSED, "no key says what the fakes are");
    assert_true(strstr(told.err.hint, "0badf00d") != NULL);
    assert_true(strstr(told.err.hint, folder) != NULL); /* where it would be looked for */
    assert_int_equal(told.nphases, 0);
    end();
}

/* ---- leaks */

static void
an_original_in_a_kept_column_stops_the_copy(void **state)
{
    struct buf before = { 0 }, after = { 0 };
    (void)state;
    begin("masked", MASKED_RULES);
    MUST(pull());
    read_file(told.target, &before);
    write_file(told.rules, MASKED_LEAKY);
    bool ok = pull();
    assert_refused(ok, DECANT_LEAK,
                   "E510 the copy holds what was to be removed: "
                   "'public.pages.body' [");
    assert_true(strstr(buf_str(&told.findings), "public.pages.body originals ") != NULL);
    assert_true(strstr(buf_str(&told.findings), "public.pages.body email ") != NULL);
    assert_true(strstr(buf_str(&told.findings), "quentin5") == NULL); /* never a value */
    assert_true(strstr(told.err.message, "quentin5") == NULL);
    assert_int_equal(times_heard(DECANT_PHASE_CHECKS) + times_heard(DECANT_PHASE_SWAP), 0);
    read_file(told.target, &after);
    assert_int_equal(after.len, before.len);
    assert_memory_equal(after.data, before.data, before.len);
    char manifest[400], names[400];
    find_manifest_file(manifest, sizeof manifest);
    snprintf(names, sizeof names, " copy.sqlite %s key rules.yaml", strrchr(manifest, '/') + 1);
    assert_folder_has(names);
    buf_deinit(&before);
    buf_deinit(&after);
    end();
}

static void
a_leak_that_somebody_accepts_is_published_and_told(void **state)
{
    (void)state;
    begin("masked", MASKED_ACCEPTED);
    MUST(pull());
    assert_string_equal(cell("SELECT body FROM pages WHERE id = 1"), "We make things.");
    MUST(report("text", false));
    assert_text_has("leaks: 2 found and accepted");
    assert_text_has("it is public");
    assert_text_lacks("quentin5");
    end();
}

/* Half of an acceptance is none. */
static void
each_kind_of_a_leak_is_accepted_by_itself(void **state)
{
    static const char *const patterns[] = { "originals", "email" };
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct buf rules = { 0 };
        buf_printf(&rules,
                   "%schecks: {leak: {allow: [{column: public.pages.body, pattern: %s, why: x}]}}",
                   MASKED_LEAKY, patterns[i]);
        begin("masked", buf_str(&rules));
        bool ok = pull();
        struct buf message = { 0 };
        buf_printf(&message, "'public.pages.body' [%s]", patterns[1 - i]);
        assert_refused(ok, DECANT_LEAK, buf_str(&message));
        assert_folder_has(" key rules.yaml");
        buf_deinit(&rules);
        buf_deinit(&message);
        end();
    }
}

static bool
put_original_back(void *ctx, int stream, const struct decant_table *table,
                  struct decant_value *values, struct decant_error *err)
{
    (void)ctx, (void)stream, (void)err;
    if (strcmp(table->name, "kinds") == 0)
        values[1] = VALUE("quentin8.vandermeer248@vandermeer-works.de");
    return true;
}

static void
a_hook_that_brings_an_original_back_is_found_out(void **state)
{
    (void)state;
    begin("masked", MASKED_RULES);
    struct decant_job *job = new_job();
    decant_job_set_row_hook(job, put_original_back, NULL);
    bool ok = done(decant_job_pull(job, &told.err));
    assert_refused(ok, DECANT_LEAK, "'public.kinds.label'");
    assert_folder_has(" key rules.yaml");
    end();
}

struct undo {
    int calls;
};

/* Rows of the table come masked; the hook makes one NULL of a column that is NOT NULL. */
static bool
break_constraint(void *ctx, int stream, const struct decant_table *table,
                 struct decant_value *values, struct decant_error *err)
{
    struct undo *undo = ctx;
    (void)stream, (void)err;
    if (strcmp(table->name, "pages") == 0 && ++undo->calls == 2)
        values[1].len = DECANT_NULL;
    return true;
}

static void
a_row_that_breaks_a_constraint_stops_the_copy(void **state)
{
    struct undo undo = { 0 };
    (void)state;
    begin("masked", MASKED_RULES);
    struct decant_job *job = new_job();
    decant_job_set_row_hook(job, break_constraint, &undo);
    bool ok = done(decant_job_pull(job, &told.err));
    assert_false(ok);
    assert_true(strstr(told.err.message, "pages") != NULL ||
                strstr(told.err.context, "pages") != NULL);
    assert_folder_has(" key rules.yaml");
    end();
}

/* ---- masks that look at the source before they are taken */

#define LOOKING                                                                                    \
    "columns:\n" MASKED_MESSAGES MASKED_PAGES MASKED_KINDS "  public.accounts:\n"                  \
    "    name: full_name\n    phone: phone\n    email: email\n    token: token\n"                  \
    "    settings: json\n    aliases: by_shape\n"

static void
a_choice_by_the_source_draws_what_is_frequent_there(void **state)
{
    (void)state;
    begin("masked", MASKED_HEAD LOOKING "    born: {use: date_shift, unit: week}\n"
                                        "    status: {use: choice, weights: source}\n");
    MUST(pull());
    assert_int_equal(count("SELECT count(*) FROM accounts WHERE status NOT IN ('gold', 'silver')"),
                     0);
    assert_int_equal(count("SELECT count(DISTINCT status) FROM accounts"), 2);
    /* whole weeks, into the past: i * 131 days behind 1950-01-01 */
    assert_int_equal(count("SELECT count(*) FROM accounts WHERE (julianday('1950-01-01') + id * 131"
                           " - julianday(born)) % 7 <> 0 OR born >= date('1950-01-01', (id * 131) "
                           "|| ' days')"),
                     0);
    end();
}

static void
a_choice_of_what_is_rare_is_refused(void **state)
{
    (void)state;
    begin("masked",
          MASKED_HEAD LOOKING "    born: birth_date\n"
                              "    status: {use: choice, weights: source, min_count: 30}\n");
    bool ok = pull();
    assert_refused(ok, DECANT_USAGE, "E216 no value of 'public.accounts.status' is frequent");
    assert_int_equal(times_heard(DECANT_PHASE_TABLE_OPEN), 0);
    end();
}

/* Its own values are the trial: they are of its lengths, as the check wants it. */
static void
a_mask_is_tried_on_the_columns_own_values(void **state)
{
    (void)state;
    begin("masked", MASKED_HEAD LOOKING "    born: birth_date\n    status: by_shape\n");
    MUST(pull());
    assert_int_equal(count("SELECT count(*) FROM accounts WHERE length(status) IN (4, 6)"), 40);
    assert_int_equal(count("SELECT count(*) FROM accounts WHERE status = 'gold'"), 0);
    end();
}

/* ---- the scope of the search */

static void
a_population_has_originals_of_rows_that_are_not_copied(void **state)
{
    (void)state;
    begin("masked",
          MASKED_RULES "sample: {rate: 1%, roots: {public.accounts: {}, public.pages: {}}}\n"
                       "checks: {leak: {scope: population}}\n");
    MUST(pull());
    assert_true(count("SELECT count(*) FROM accounts") < 40);
    MUST(report("json", true));
    assert_text_has("originals of the population");
    end();
}

static void
a_sample_that_is_masked_is_closed_under_its_keys(void **state)
{
    (void)state;
    begin("masked", MASKED_SAMPLE);
    MUST(pull());
    int64_t n = count("SELECT count(*) FROM accounts");
    assert_in_range(n, 8, 32);
    assert_int_equal(count("SELECT count(*) FROM pragma_foreign_key_check"), 0);
    assert_int_equal(count("SELECT count(*) FROM accounts WHERE email NOT LIKE '%example.com'"), 0);
    end();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        FACT(no_original_is_among_the_bytes),
        FACT(what_is_kept_and_what_is_not_there_stay),
        FACT(a_key_follows_what_it_refers_to),
        FACT(the_key_alone_decides_on_the_fakes),
        FACT(rules_that_cannot_hold_stop_the_pull_before_a_row_is_read),
        FACT(without_rules_nothing_is_copied_unless_no_mask_says_so),
        FACT(no_mask_wins_over_rules),
        FACT(the_key_must_be_there_and_be_the_right_one),
        FACT(an_original_in_a_kept_column_stops_the_copy),
        FACT(a_leak_that_somebody_accepts_is_published_and_told),
        FACT(each_kind_of_a_leak_is_accepted_by_itself),
        FACT(a_hook_that_brings_an_original_back_is_found_out),
        FACT(a_row_that_breaks_a_constraint_stops_the_copy),
        FACT(a_choice_by_the_source_draws_what_is_frequent_there),
        FACT(a_choice_of_what_is_rare_is_refused),
        FACT(a_mask_is_tried_on_the_columns_own_values),
        FACT(a_population_has_originals_of_rows_that_are_not_copied),
        FACT(a_sample_that_is_masked_is_closed_under_its_keys),
    };
    return cmocka_run_group_tests(tests, begin_folder, end_folder);
}
