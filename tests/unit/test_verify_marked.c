/* SPDX-License-Identifier: PostgreSQL */
/* A database with decant's mark is held against its manifest: rows, keys, and whose run it was. */
#include "jobs.h"
#include "sampled.h"
#include "server.h"

static char manifest[500];

/* The manifest of a whole copy, as if it were that of the database. */
static void
begin_marked(const char *change)
{
    begin("sampled", NULL);
    snprintf(manifest, sizeof manifest, "%s/manifest.decant", folder);
    told.options.manifest = manifest;
    MUST(pull());
    snprintf(told.target, sizeof told.target, "%s", manifest);
    spoil("UPDATE run SET value = '20200101000000x00abcd' WHERE name = 'run'");
    /* what a copy that is a database would say of the orphans that its source has */
    spoil("UPDATE foreign_keys SET orphans = 7 WHERE child = 'public.refunds'");
    if (change != NULL)
        spoil(change);
    told.options.target = told.server.uri;
}

static void
a_database_as_its_manifest_says_is_good(void **state)
{
    (void)state;
    begin_marked(NULL);
    MUST(verify_copy());
    assert_string_equal(buf_str(&told.proved),
                        "good its tables have the rows that were published\n"
                        "good its foreign keys hold, but for orphans that the source has, too\n");
    assert_int_equal(times_heard(DECANT_PHASE_VERDICT), 1);
    assert_int_equal(told.rows, count("SELECT sum(rows) FROM tables WHERE rows > 0"));
    end();
}

static void
what_differs_from_the_manifest_is_told(void **state)
{
    static const struct {
        const char *change, *proved;
    } cases[] = {
        { "UPDATE tables SET rows = 7 WHERE name = 'public.countries'",
          "bad 'public.countries' has 8 rows, the manifest says 7\n" },
        { "UPDATE tables SET name = 'public.lost' WHERE name = 'public.audit'",
          "bad 'public.lost' is not in the copy any more\n" },
        { "UPDATE foreign_keys SET orphans = 0", "rows of 'public.refunds' have no parent in "
                                                 "'public.orders'\n" },
        { "UPDATE foreign_keys SET name = 'lost_fkey' WHERE child = 'public.lines'",
          "bad the copy has no foreign key 'lost_fkey' of 'public.lines' any more\n" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin_marked(cases[i].change);
        bool ok = verify_copy();
        assert_refused(ok, DECANT_CHECK, "");
        if (strstr(buf_str(&told.proved), cases[i].proved) == NULL)
            fail_msg("no '%s' in:\n%s", cases[i].proved, buf_str(&told.proved));
        assert_int_equal(times_heard(DECANT_PHASE_VERDICT), 0);
        /* what is good is told, too */
        assert_non_null(strstr(buf_str(&told.proved), "good "));
        end();
    }
}

static void
a_manifest_of_another_run_is_refused(void **state)
{
    (void)state;
    begin_marked("UPDATE run SET value = '20200101000000x00abce' WHERE name = 'run'");
    assert_refused(verify_copy(), DECANT_CHECK, "belongs to another copy");
    told.options.manifest = NULL;
    setenv("XDG_STATE_HOME", folder, 1);
    assert_refused(verify_copy(), DECANT_CHECK, "the copy has no manifest at '");
    assert_non_null(strstr(told.err.message, folder));
    assert_non_null(strstr(told.err.hint, "--manifest"));
    unsetenv("XDG_STATE_HOME");
    end();
}

static void
a_report_of_a_database_is_found_by_its_manifest(void **state)
{
    (void)state;
    begin_marked(NULL);
    MUST(report("json", true));
    assert_text_has("public.countries");
    end();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        FACT(a_database_as_its_manifest_says_is_good),
        FACT(what_differs_from_the_manifest_is_told),
        FACT(a_manifest_of_another_run_is_refused),
        FACT(a_report_of_a_database_is_found_by_its_manifest),
    };
    return cmocka_run_group_tests(tests, begin_folder, end_folder);
}
