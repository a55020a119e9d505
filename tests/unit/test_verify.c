/* SPDX-License-Identifier: PostgreSQL */
/* A finished copy is proved again: from its bytes and its manifest, and beside its source. */
#include "jobs.h"
#include "masked.h"
#include "server.h"

/* A good copy; its server is gone. */
static void
make_copy(const char *script, const char *rules)
{
    begin(script, rules);
    MUST(pull());
}

static void
assert_proved(const char *lines)
{
    if (strcmp(buf_str(&told.proved), lines) != 0)
        fail_msg("%s", buf_str(&told.proved));
}

/* ---- from the copy and its manifest */

static void
a_good_copy_is_good_in_every_way(void **state)
{
    (void)state;
    make_copy("masked", MASKED_RULES);
    int64_t rows = told.rows;
    struct buf notes = told.notes;
    told.notes = (struct buf){ 0 };
    MUST(verify_copy());
    assert_int_equal(told.rows, rows);
    assert_string_equal(buf_str(&told.notes), buf_str(&notes)); /* what was not carried, again */
    assert_proved("good its bytes are those that were published\n"
                  "good the file is sound, and its rows satisfy its constraints\n"
                  "good its foreign keys hold, but for orphans that the source has, too\n"
                  "good it contains no value that could belong to a real person\n");
    assert_true(strncmp(told.verdict, "may be used: ", 13) == 0);
    assert_int_equal(told.phases[told.nphases - 1], DECANT_PHASE_DONE);
    buf_deinit(&notes);
    end();
}

static void
a_copy_without_masks_is_not_searched(void **state)
{
    (void)state;
    make_copy("masked", NULL);
    MUST(verify_copy());
    assert_true(strstr(buf_str(&told.proved), "belong to a real person") == NULL);
    assert_true(strstr(told.verdict, "nothing is masked") != NULL);
    end();
}

/* Any byte: of the header, of a row, of the free space, the last one; and one more. */
static void
a_byte_that_was_changed_is_found(void **state)
{
    (void)state;
    make_copy("masked", MASKED_RULES);
    struct buf good = { 0 };
    read_file(told.target, &good);
    const size_t places[] = { 24, 100, good.len / 3, good.len / 2, good.len - 1 };
    for (size_t i = 0; i <= sizeof places / sizeof *places; i++) {
        FILE *file = fopen(told.target, "w");
        fwrite(good.data, 1, good.len, file);
        bool is_longer = i == sizeof places / sizeof *places;
        if (!is_longer)
            fseek(file, (long)places[i], SEEK_SET);
        fputc(is_longer ? 0 : good.data[places[i]] ^ 1, file);
        fclose(file);
        bool ok = verify_copy();
        assert_false(ok);
        assert_int_equal(told.err.code, DECANT_CHECK);
        assert_int_equal(times_heard(DECANT_PHASE_DONE), 0);
        assert_int_equal(times_heard(DECANT_PHASE_VERDICT), 0); /* it holds no more */
    }
    buf_deinit(&good);
    end();
}

struct damage {
    const char *sql, *proved; /* a line */
};

static void
what_was_done_to_a_copy_is_told_with_all_that_is_wrong(void **state)
{
    static const struct damage cases[] = {
        { "DELETE FROM kinds WHERE code = 'a'",
          "good it contains no value that could belong to a real person\n" },
        { "PRAGMA foreign_keys = off; DELETE FROM accounts WHERE id = 2",
          "bad 2 rows of 'logins' have no parent in 'accounts'\n" },
        { "UPDATE pages SET body = 'call bob@elsewhere-mail.org'",
          "bad E510 the copy holds what was to be removed: 'public.pages.body' [email]" },
        { "PRAGMA ignore_check_constraints = on; UPDATE accounts SET status = "
          "'much longer than it may ever be' WHERE id = 3",
          "bad the copy is damaged: CHECK constraint failed in accounts\n" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        make_copy("masked", MASKED_RULES);
        spoil(cases[i].sql);
        bool ok = verify_copy();
        assert_false(ok);
        assert_int_equal(told.err.code, i == 2 ? DECANT_LEAK : DECANT_CHECK); /* the worst */
        if (strstr(buf_str(&told.proved), cases[i].proved) == NULL)
            fail_msg("no '%s' in:\n%s", cases[i].proved, buf_str(&told.proved));
        assert_non_null(strstr(buf_str(&told.proved), "was changed since it was made\n"));
        assert_true(strstr(buf_str(&told.proved), "elsewhere") == NULL);
        end();
    }
}

static void
a_copy_needs_its_manifest(void **state)
{
    char manifest[400], moved[400];
    (void)state;
    make_copy("masked", MASKED_RULES);
    find_manifest_file(manifest, sizeof manifest);
    snprintf(moved, sizeof moved, "%s/elsewhere", folder);
    assert_int_equal(rename(manifest, moved), 0);
    assert_refused(verify_copy(), DECANT_CHECK, "has no manifest");
    assert_non_null(strstr(told.err.hint, "--manifest"));
    told.options.manifest = manifest; /* which is not there any more */
    assert_refused(verify_copy(), DECANT_CHECK, "has no manifest");
    told.options.manifest = moved;
    MUST(verify_copy());
    write_file(moved, "this is no manifest");
    bool ok = verify_copy();
    assert_false(ok);
    assert_non_null(strstr(told.err.message, moved));
    told.options.manifest = told.target; /* a database, but no manifest */
    ok = verify_copy();
    assert_false(ok);
    end();
}

/* Of another copy of the same source. */
static void
a_manifest_of_another_copy_proves_nothing(void **state)
{
    char manifest[400], moved[400];
    (void)state;
    make_copy("masked", NULL);
    find_manifest_file(manifest, sizeof manifest);
    snprintf(moved, sizeof moved, "%s/elsewhere", folder);
    assert_int_equal(rename(manifest, moved), 0);
    told.options.schema_only = true;
    MUST(pull());
    told.options.manifest = moved;
    assert_refused(verify_copy(), DECANT_CHECK, "was changed since it was made");
    end();
}

static void
what_is_not_there_is_unavailable(void **state)
{
    (void)state;
    begin(NULL, NULL);
    assert_refused(verify_copy(), DECANT_UNAVAILABLE, "there is no file '");
    told.options.target = NULL;
    assert_refused(verify_copy(), DECANT_USAGE, "no copy to verify");
    end();
}

static void
a_link_to_a_copy_is_as_good_as_the_copy(void **state)
{
    char link[300];
    (void)state;
    make_copy("masked", MASKED_RULES);
    snprintf(link, sizeof link, "%s/link.sqlite", folder);
    assert_int_equal(symlink("copy.sqlite", link), 0);
    told.options.target = link;
    MUST(verify_copy());
    end();
}

/* ---- beside the source */

static void
beside_its_source_all_originals_are_looked_for(void **state)
{
    (void)state;
    make_copy("masked", MASKED_RULES);
    MUST(verify_beside_source());
    assert_non_null(strstr(told.compared, " originals looked for, none is there; "));
    assert_non_null(strstr(told.compared, "figures are not compared: the rules take no sample"));
    assert_int_equal(times_heard(DECANT_PHASE_COMPARED), 1);
    end();
}

static void
beside_its_source_the_right_rules_and_key_are_needed(void **state)
{
    (void)state;
    make_copy("masked", MASKED_RULES);
    told.options.rules = NULL;
    assert_refused(verify_beside_source(), DECANT_USAGE, "--source needs rules");
    told.options.rules = told.rules;
    write_file(told.key, "f00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n");
    assert_refused(verify_beside_source(), DECANT_REFUSED, "the copy was made with key ");
    write_file(told.rules, "version: 1\nsample: {rate: 50%}\n");
    write_file(told.key, KEY_TEXT);
    assert_refused(verify_beside_source(), DECANT_USAGE, "the rules mask no column");
    write_file(told.rules, MASKED_RULES);
    told.options.no_mask = true;
    assert_refused(verify_beside_source(), DECANT_USAGE, "there is nothing to compare");
    end();
}

/* A copy that nobody knows: some other tool made it, and left two originals in it. */
static void
a_foreign_copy_is_judged_by_its_source(void **state)
{
    char manifest[400];
    (void)state;
    make_copy("masked", MASKED_RULES);
    find_manifest_file(manifest, sizeof manifest);
    unlink(manifest);
    MUST(verify_beside_source());
    assert_proved("good the file is sound, and its rows satisfy its constraints\n");
    assert_true(has_note("not-searched public.accounts.born "));
    assert_int_equal(told.rows, 0); /* no figure is compared: nobody counted */
    spoil("UPDATE kinds SET label = 'quentin8.vandermeer248@vandermeer-works.de'");
    assert_refused(verify_beside_source(), DECANT_LEAK, "'public.kinds.label' [");
    assert_int_equal(times_heard(DECANT_PHASE_COMPARED), 0);
    end();
}

static void
a_foreign_copy_with_orphans_is_found_out(void **state)
{
    char manifest[400];
    (void)state;
    make_copy("masked", MASKED_RULES);
    find_manifest_file(manifest, sizeof manifest);
    unlink(manifest);
    spoil("DELETE FROM accounts WHERE id = 2");
    assert_refused(verify_beside_source(), DECANT_CHECK,
                   "rows have no parent in 'public.accounts'");
    assert_non_null(strstr(buf_str(&told.findings), "public.logins.logins_email_fkey foreign key "
                                                    "2 rows have no parent in 'public.accounts'"));
    assert_non_null(strstr(buf_str(&told.findings), "public.messages.messages_account_fkey"));
    end();
}

static void
a_foreign_copy_that_lacks_a_table_or_a_column_is_told(void **state)
{
    static const char *const damages[] = { "DROP TABLE kinds", "ALTER TABLE kinds DROP label" };
    char manifest[400];
    (void)state;
    for (int i = 0; i < 2; i++) {
        make_copy("masked", MASKED_RULES);
        find_manifest_file(manifest, sizeof manifest);
        unlink(manifest);
        spoil(damages[i]);
        bool ok = verify_beside_source();
        assert_refused(ok, DECANT_CHECK, "public.kinds");
        end();
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        FACT(a_good_copy_is_good_in_every_way),
        FACT(a_copy_without_masks_is_not_searched),
        FACT(a_byte_that_was_changed_is_found),
        FACT(what_was_done_to_a_copy_is_told_with_all_that_is_wrong),
        FACT(a_copy_needs_its_manifest),
        FACT(a_manifest_of_another_copy_proves_nothing),
        FACT(what_is_not_there_is_unavailable),
        FACT(a_link_to_a_copy_is_as_good_as_the_copy),
        FACT(beside_its_source_all_originals_are_looked_for),
        FACT(beside_its_source_the_right_rules_and_key_are_needed),
        FACT(a_foreign_copy_is_judged_by_its_source),
        FACT(a_foreign_copy_with_orphans_is_found_out),
        FACT(a_foreign_copy_that_lacks_a_table_or_a_column_is_told),
    };
    return cmocka_run_group_tests(tests, begin_folder, end_folder);
}
