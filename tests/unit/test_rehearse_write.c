/* SPDX-License-Identifier: PostgreSQL */
/* The forms of a report: each says the same, in its own way. */
#include "rehearse/amount.h"
#include "rehearse/migration.h"
#include "rehearse/state.h"
#include "rehearse/violate.h"
#include "rehearsed.h"

static struct rehearsal r;
static struct buf out;

static int
begin(void **state)
{
    struct rules_rehearse rules;
    struct step *step;
    (void)state;
    rehearsed_begin(&r);
    rehearse_init(&rules);
    add_step(&r, "ALTER TABLE t ALTER COLUMN a TYPE bigint | <b> \"x\"", "ALTER TABLE");
    add_hold(&r, 1, LOCK_ACCESS_EXCLUSIVE, 20);
    add_effect(&r, EFFECT_REWRITE, "public.t", 'r', 0);
    add_effect(&r, EFFECT_UPDATE, "public.p", 'r', 7);
    add_effect(&r, EFFECT_CREATE, "public.new", 'r', 0);
    step = add_step(&r, "CREATE INDEX CONCURRENTLY i ON p (a)", "");
    step->is_exact = false;
    step->sqlstate = "23505";
    step->schema = "public";
    step->table = "p";
    step->constraint = "i";
    add_hold(&r, 3, LOCK_SHARE_UPDATE_EXCLUSIVE, 5)->is_exact = false;
    r.violations = mem_grow(NULL, 0, sizeof *r.violations);
    r.violations[r.nviolations++] = (struct violation){ .step = 1,
                                                        .what = "rows share their key with others",
                                                        .table = "public.p",
                                                        .rows = 3,
                                                        .of = 50,
                                                        .sql = "SELECT count(*) FROM public.p",
                                                        .low = 20,
                                                        .high = 90,
                                                        .there = -1 };
    r.losses = mem_grow(NULL, 0, sizeof *r.losses);
    r.losses[r.nlosses++] = (struct loss){ "public.t", "a", 10, 4, false };
    r.has_schema = true;
    const struct policy policy = { &rules, "2026-11-30", NULL };
    rehearsal_feel(&r);
    policy_judge(&policy, &r);
    buf_reset(&out);
    return 0;
}

static int
end(void **state)
{
    (void)state;
    rehearsed_end(&r);
    return 0;
}

static void
has(const char *text)
{
    if (strstr(buf_str(&out), text) == NULL)
        fail_msg("no '%s' in:\n%s", text, buf_str(&out));
}

static int
lines(void)
{
    int n = 0;
    for (const char *p = buf_str(&out); *p != '\0'; p++)
        n += *p == '\n';
    return n;
}

static void
the_text_begins_with_the_verdict_and_is_short(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++) {
        add_step(&r, "ALTER TABLE t ADD COLUMN a int", "ALTER TABLE")->lock_timeout_ms = 0;
        add_hold(&r, 1, LOCK_ACCESS_EXCLUSIVE, 10);
    }
    assert_true(rehearsal_write(&r, "text", &out));
    assert_true(strncmp(buf_str(&out), "failed: ", 8) == 0);
    has("! m.sql:1 table-rewritten public.t");
    has("violated at m.sql:2: 3 of 50 rows share their key with others; there 20 to 90");
    has("at the source: SELECT count(*)");
    has("readers of public.t: 20 ms, for m.sql:1");
    has("lost: public.t.a 6 of 10");
    has("rewrites public.t");
    has("sampled: 1 statement commits by itself");
    assert_true(lines() <= 40);
}

static void
the_text_is_short_whatever_there_is_to_say(void **state)
{
    static const char *keys[] = { "1", "2", "3", "4", "5", "6" };
    (void)state;
    for (int i = 0; i < 30; i++) {
        add_step(&r, "ALTER TABLE t ADD COLUMN a int", "ALTER TABLE")->lock_timeout_ms = 0;
        add_hold(&r, 1, LOCK_ACCESS_EXCLUSIVE, 10);
        struct violation *v = violate_put(&r, r.record.nsteps - 1);
        *v = (struct violation){ .step = 1,
                                 .what = "rows",
                                 .table = "public.t",
                                 .rows = 9,
                                 .of = 9,
                                 .sql = "SELECT 1",
                                 .key = "id",
                                 .nkeys = 6,
                                 .keys = keys };
        r.felt = mem_grow(r.felt, (size_t)r.nfelt, sizeof *r.felt);
        r.felt[r.nfelt++] = (struct felt){ .table = "public.t", .ms = i };
        r.losses = mem_grow(r.losses, (size_t)r.nlosses, sizeof *r.losses);
        r.losses[r.nlosses++] = (struct loss){ "public.t", "a", 10, 4, false };
    }
    r.kept = "clone";
    r.record.lost = 1;
    assert_true(rehearsal_write(&r, "text", &out));
    has("  id: 1; 2; 3; 4; 5; …\n");
    has("more: --format json");
    has("not known: 1 looks failed");
    if (lines() > 40)
        fail_msg("%d lines", lines());
}

/* Never a number: what is fixed does not grow, and what does not fit into memory takes longer. */
static void
time_in_production_is_a_range(void **state)
{
    struct forecast there;
    struct step *step = &r.record.steps[0];
    (void)state;
    step->took_ms = 103;
    step->wal_bytes = -1;
    assert_false(rehearsal_forecast(&r, 0, &there)); /* nobody knows how large production is */
    r.proportions = mem_grow(NULL, 0, sizeof *r.proportions);
    r.proportions[r.nproportions++] = (struct proportion){ "public.p", 10, 200 };
    assert_true(rehearsal_forecast(&r, 0, &there));
    assert_true(there.from_ms == 103 + 93 * 19 / 2. && there.to_ms == 4 * 103 * 20.);
    assert_true(there.wal_bytes < 0);
    step->took_ms = 2;
    assert_true(rehearsal_forecast(&r, 0, &there));
    assert_true(there.from_ms == 2 && there.to_ms == 160);
}

static void
json_has_all_of_it(void **state)
{
    (void)state;
    r.proportions = mem_grow(NULL, 0, sizeof *r.proportions);
    r.proportions[r.nproportions++] = (struct proportion){ "public.p", 10, 200 };
    r.record.steps[0].wal_bytes = 1000;
    assert_true(rehearsal_write(&r, "json", &out));
    has("{\"version\":1,\"verdict\":\"failed\"");
    has("\"mode\":\"ACCESS EXCLUSIVE\"");
    has("\"error\":{\"sqlstate\":\"23505\"");
    has("\"effect\":\"update\",\"relation\":\"public.p\",\"kind\":\"r\",\"rows\":7");
    has("\"production_low\":20");
    has("\"production\":{\"rows_read_or_changed\":140,\"bytes_written_anew\":");
    has("\"wal_bytes\":20000,\"from_ms\": ");
    has("\"lost\":[{\"table\":\"public.t\",\"column\":\"a\",\"before\":10,\"after\":4}]");
    has("\"exact\": false");
}

static void
a_comment_has_a_mark_and_an_end(void **state)
{
    (void)state;
    for (int i = 0; i < 2000; i++)
        add_step(&r,
                 "ALTER TABLE a_table_with_a_long_name ADD COLUMN another_long_name int, ADD c int",
                 "ALTER TABLE");
    assert_true(rehearsal_write(&r, "md", &out));
    assert_true(strncmp(buf_str(&out), "<!-- decant rehearse -->\n### Rehearsal: failed", 46) == 0);
    has("a TYPE bigint \\| \\<b> \"x\"");
    has("more, in the JSON");
    has("</details>");
    assert_true(out.len < 60000);
}

static void
sarif_and_junit_name_what_needs_an_answer(void **state)
{
    (void)state;
    assert_true(rehearsal_write(&r, "sarif", &out));
    has("\"version\":\"2.1.0\"");
    has("\"artifactLocation\":{\"uri\":\"m.sql\"},\"region\":{\"startLine\":1}");
    has("\"ruleId\":\"table-rewritten\",\"level\":\"error\"");
    has("\"executionSuccessful\":false");
    buf_reset(&out);
    assert_true(rehearsal_write(&r, "junit", &out));
    has("tests=\"3\" failures=\"3\"");
    has("bigint | &lt;b&gt; &quot;x&quot;");
    has("<failure message=\"table-rewritten public.t: ");
}

static void
the_page_shows_a_lane_for_each_table(void **state)
{
    (void)state;
    assert_true(rehearsal_write(&r, "html", &out));
    has("<!doctype html>");
    has("default-src 'none'");
    has("public.t ACCESS EXCLUSIVE, 20 ms</title>");
    has("sampled</title>");
    has("&lt;b&gt;");
    assert_null(strstr(buf_str(&out), "<b>"));
}

static void
no_other_form_is_known(void **state)
{
    (void)state;
    assert_false(rehearsal_write(&r, "xml", &out));
    assert_false(rehearsal_has_format("xml"));
    assert_true(rehearsal_has_format("sarif"));
}

static void
cut_texts_end_between_characters(void **state)
{
    static const struct {
        const char *text;
        size_t most;
        const char *cut;
    } cases[] = {
        { "abc", 3, "abc" }, { "abcd", 3, "ab…" }, { "äöü", 3, "äöü" }, { "äöüß", 3, "äö…" }
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        buf_reset(&out);
        write_cut(cases[i].text, cases[i].most, &out);
        assert_string_equal(buf_str(&out), cases[i].cut);
    }
}

static void
amounts_have_two_digits_and_a_unit(void **state)
{
    struct arena arena = { 0 };
    (void)state;
    assert_string_equal(amount_ms(&arena, 0.26), "0.3 ms");
    assert_string_equal(amount_ms(&arena, 12.4), "12 ms");
    assert_string_equal(amount_ms(&arena, 4242), "4.2 s");
    assert_string_equal(amount_ms(&arena, 125000), "125 s");
    assert_string_equal(amount_bytes(&arena, 0), "0 B");
    assert_string_equal(amount_bytes(&arena, 1500), "1.5 kB");
    assert_string_equal(amount_bytes(&arena, 157286400), "157 MB");
    assert_string_equal(amount_bytes(&arena, 3e15), "3.0 PB");
    arena_deinit(&arena);
}

static void
schemas_differ_by_objects(void **state)
{
    static const char old[] = "--\n-- PostgreSQL database dump\n--\n\\restrict a\n\n--\n"
                              "-- Name: a; Type: TABLE; Schema: public; Owner: -\n--\n\n"
                              "CREATE TABLE public.a (\n    x integer\n);\n\n\n--\n"
                              "-- Name: b; Type: TABLE; Schema: public; Owner: -\n--\n\n"
                              "CREATE TABLE public.b ();\n\n\n--\n"
                              "-- PostgreSQL database dump complete\n--\n\n\\unrestrict a\n";
    static const char new[] = "--\n-- PostgreSQL database dump\n--\n\\restrict b\n\n--\n"
                              "-- Name: s; Type: SCHEMA; Schema: -; Owner: -\n--\n\n"
                              "CREATE SCHEMA s;\n\n\n--\n"
                              "-- Name: a; Type: TABLE; Schema: public; Owner: -\n--\n\n"
                              "CREATE TABLE public.a (\n    x bigint\n);\n\n\n--\n"
                              "-- PostgreSQL database dump complete\n--\n\n\\unrestrict b\n";
    struct arena arena = { 0 };
    struct change *changes = NULL;
    int n = 0;
    (void)state;
    state_compare_schemas(old, old, &arena, &changes, &n);
    assert_int_equal(n, 0);
    state_compare_schemas(old, new, &arena, &changes, &n);
    assert_int_equal(n, 3);
    assert_string_equal(changes[0].name, "s");
    assert_null(changes[0].before);
    assert_string_equal(changes[1].name, "public.a");
    assert_string_equal(changes[1].after, "CREATE TABLE public.a (\n    x bigint\n);");
    assert_string_equal(changes[2].name, "public.b");
    assert_null(changes[2].after);
    free(changes);
    arena_deinit(&arena);
}

/* Draws of a binomial count, by a small generator, lie between the limits. */
static void
production_lies_between_the_limits(void **state)
{
    uint64_t seed = 42;
    int inside = 0;
    (void)state;
    for (int run = 0; run < 1000; run++) {
        int copy = 0, truth = run % 300;
        double low, high;
        for (int i = 0; i < truth; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            copy += (seed >> 33) % 20 == 0;
        }
        violate_expect(copy, 20, &low, &high);
        inside += truth >= low && truth <= high;
    }
    assert_true(inside >= 980);
    double low, high;
    violate_expect(0, 20, &low, &high);
    assert_true(low == 0 && high == 60); /* the rule of three */
    violate_expect(5, 1, &low, &high);
    assert_true(low == 5 && high == 5); /* all of it is there */
}

static void
an_address_is_spelled_as_programs_want_it(void **state)
{
    const struct migration_address address = { .port = 5433,
                                               .user = "o'hara",
                                               .database = "shop db" };
    static const struct {
        const char *how, *wanted;
    } cases[] = {
        { "url", "postgresql://o%27hara@127.0.0.1:5433/shop%20db?sslmode=disable" },
        { "jdbc", "jdbc:postgresql://127.0.0.1:5433/shop%20db?user=o%27hara&sslmode=disable" },
        { "dsn", "host=127.0.0.1 port=5433 user='o\\'hara' dbname='shop db' sslmode=disable" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        buf_reset(&out);
        assert_true(migration_spell(&address, cases[i].how, &out));
        assert_string_equal(buf_str(&out), cases[i].wanted);
    }
    assert_false(migration_spell(&address, "odbc", &out));
    const struct migration_address file = { .file = "/a/shop.sqlite" };
    static const char *const of_file[][2] = { { "url", "sqlite:////a/shop.sqlite" },
                                              { "jdbc", "jdbc:sqlite:/a/shop.sqlite" },
                                              { "dsn", "/a/shop.sqlite" } };
    for (size_t i = 0; i < 3; i++) {
        buf_reset(&out);
        assert_true(migration_spell(&file, of_file[i][0], &out));
        assert_string_equal(buf_str(&out), of_file[i][1]);
    }
}

static void
a_command_gets_the_address_and_gives_its_status(void **state)
{
    const struct migration_address address = { .port = 5433, .user = "me", .database = "shop" };
    static const char script[] =
        "test \"$DATABASE_URL\" = \"$X\" && test \"$PGPORT$PGUSER$PGDATABASE\" "
        "= 5433meshop && test -z \"$PGPASSWORD\" && exit 7";
    const char *const command[] = { "sh", "-c", script, NULL }, *const absent[] = { "/no/such",
                                                                                    NULL };
    const char *asked[] = { "X=url" }, *wrong[] = { "X=odbc" };
    const struct decant_words more = { asked, 1 }, bad = { wrong, 1 };
    const atomic_int stop = 0;
    struct decant_error err = { 0 };
    int status = 0;
    (void)state;
    setenv("PGPASSWORD", "leads elsewhere", 1);
    assert_true(migration_run_command(command, &more, &address, &stop, &status, &err));
    assert_int_equal(status, 7);
    assert_false(migration_run_command(command, &bad, &address, &stop, &status, &err));
    assert_int_equal(err.code, DECANT_USAGE);
    err = (struct decant_error){ 0 };
    assert_false(migration_run_command(absent, &more, &address, &stop, &status, &err));
    assert_int_equal(err.code, DECANT_USAGE);
}

int
main(void)
{
#define FACT(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        FACT(the_text_begins_with_the_verdict_and_is_short),
        FACT(the_text_is_short_whatever_there_is_to_say),
        FACT(time_in_production_is_a_range),
        FACT(json_has_all_of_it),
        FACT(a_comment_has_a_mark_and_an_end),
        FACT(sarif_and_junit_name_what_needs_an_answer),
        FACT(the_page_shows_a_lane_for_each_table),
        FACT(no_other_form_is_known),
        FACT(cut_texts_end_between_characters),
        cmocka_unit_test(amounts_have_two_digits_and_a_unit),
        cmocka_unit_test(schemas_differ_by_objects),
        cmocka_unit_test(production_lies_between_the_limits),
        FACT(an_address_is_spelled_as_programs_want_it),
        cmocka_unit_test(a_command_gets_the_address_and_gives_its_status),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    buf_deinit(&out);
    return failed;
}
