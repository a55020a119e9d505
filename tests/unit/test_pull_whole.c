/* SPDX-License-Identifier: PostgreSQL */
/* Whole copies without masks: every row and value, whatever the way; and what is said on it. */
#include "jobs.h"
#include "server.h"

static void
every_row_of_every_table_is_there(void **state)
{
    static const struct {
        const char *table;
        int rows;
    } cases[] = {
        { "people", 40 },
        { "cities", 2 },
        { "addresses", 60 },
        { "parcels", 30 },
        { "\"nothing\"", 0 },
        { "keyless", 3 },
        { "hens", 5 },
        { "eggs", 5 },
        { "measured", 25 },
        { "spread", 1 },
        { "colors", 2 },
        { "painted", 4 },
        { "computed", 2 },
        { "losses", 3 },
        { "picky", 24 },
        { "picked", 24 },
        { "remarks", 60 },
        { "odd_values", 4 },
        { "\"Odd.Shop__Order \"\"Lines\"\"\"", 2 },
    };
    (void)state;
    int64_t sum = 0;
    begin("job", NULL);
    MUST(pull());
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char sql[200];
        snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", cases[i].table);
        if (count(sql) != cases[i].rows)
            fail_msg("%s: %s rows", cases[i].table, cell(sql));
        sum += cases[i].rows;
    }
    assert_int_equal(told.rows, sum);
    end();
}

static void
odd_values_arrive_as_the_readme_says(void **state)
{
    static const struct {
        const char *sql, *value;
    } cases[] = {
        { "SELECT d FROM odd_values WHERE id = 1", "NaN" },
        { "SELECT typeof(d) FROM odd_values WHERE id = 1", "text" },
        { "SELECT n FROM odd_values WHERE id = 1", "NaN" },
        { "SELECT day FROM odd_values WHERE id = 1", "-infinity" },
        { "SELECT at FROM odd_values WHERE id = 1", "infinity" },
        { "SELECT day FROM odd_values WHERE id = 2", "0044-03-15 BC" },
        { "SELECT n FROM odd_values WHERE id = 2", "12345678901234567890.0123456789" },
        { "SELECT hex(raw) FROM odd_values WHERE id = 2", "00FF" },
        { "SELECT length(long) FROM odd_values WHERE id = 2", "2000" },
        { "SELECT words FROM odd_values WHERE id = 2", "[null, \"a,b\"]" },
        { "SELECT doc FROM odd_values WHERE id = 2", "{\"k\": [1, 2.50]}" },
        { "SELECT hex(long) FROM odd_values WHERE id = 3", "746162096C696E650A656E64" },
        { "SELECT length(raw) FROM odd_values WHERE id = 1", "0" },
        { "SELECT long IS NOT NULL AND long = '' FROM odd_values WHERE id = 1", "1" },
        { "SELECT count(d) + count(n) + count(day) + count(at) + count(span) + count(raw)"
          " + count(words) + count(doc) + count(long) FROM odd_values WHERE id = 4",
          "0" },
        { "SELECT \"a.b\" || \"UPPER\" FROM \"Odd.Shop__Order \"\"Lines\"\"\" WHERE \"Select\" = 1",
          "it'sx" },
        { "SELECT twice FROM computed WHERE id = 1", "42" },
    };
    (void)state;
    begin("job", NULL);
    MUST(pull());
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (strcmp(cell(cases[i].sql), cases[i].value) != 0)
            fail_msg("%s: %s", cases[i].sql, cell(cases[i].sql));
    end();
}

static void
what_cannot_be_carried_is_said_once_each(void **state)
{
    static const char *const wanted[] = {
        "enum-order public.people.mood 0\n",
        "no-columns public.no_columns 0\n",
        "foreign-partition public.spread_far 0\n",
        "partitions-merged public.measured 0\n",
        "nan public.odd_values.d 1\n",
        "minus-zero public.odd_values.d 1\n",
        "infinity public.odd_values.day 1\n",
        "infinity public.odd_values.at 1\n",
        "beyond-dates public.odd_values.day 1\n",
        "beyond-dates public.odd_values.at 1\n",
        "array-bounds public.odd_values.words 1\n",
        "decimal-as-text public.odd_values.n 0\n",
        "key-respelled public.painted.painted_color_fkey 2\n",
        "violated-in-source public.losses.losses_person_fkey 1\n",
    };
    (void)state;
    begin("job", NULL);
    MUST(pull());
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (!has_note(wanted[i]))
            fail_msg("no '%s' in:\n%s", wanted[i], buf_str(&told.notes));
    const char *line = buf_str(&told.notes);
    for (size_t len; *line != '\0'; line += len) {
        char one[300];
        len = strcspn(line, "\n") + 1;
        snprintf(one, sizeof one, "\n%.*s", (int)len, line);
        if (strstr(line + len - 1, one) != NULL)
            fail_msg("twice: %s", one);
    }
    end();
}

static int
rank_of(enum decant_phase phase)
{
    switch (phase) {
    case DECANT_PHASE_TABLE_DONE:
        return DECANT_PHASE_TABLE_OPEN;
    case DECANT_PHASE_VERDICT: /* the first line that a person reads */
        return DECANT_PHASE_RETRY;
    default:
        return (int)phase;
    }
}

static void
phases_come_in_their_order(void **state)
{
    (void)state;
    for (int jobs = 0; jobs < 3; jobs++) {
        begin("job", NULL);
        told.options.jobs = jobs;
        MUST(pull());
        for (int i = 1; i < told.nphases; i++)
            if (rank_of(told.phases[i]) < rank_of(told.phases[i - 1]))
                fail_msg("phase %d behind %d", told.phases[i], told.phases[i - 1]);
        assert_int_equal(told.phases[0], DECANT_PHASE_CONNECTED);
        assert_int_equal(told.phases[told.nphases - 1], DECANT_PHASE_DONE);
        for (int p = DECANT_PHASE_CONNECTED; p <= DECANT_PHASE_SWAPPED; p++) {
            bool is_of_table = p == DECANT_PHASE_TABLE_OPEN || p == DECANT_PHASE_TABLE_DONE;
            if (p != DECANT_PHASE_PROGRESS)
                assert_int_equal(times_heard(p), is_of_table ? 20 : 1);
        }
        assert_int_equal(times_heard(DECANT_PHASE_VERDICT), 1);
        end();
    }
}

/* Neither the connections nor the time matter: README, "The same rows give the same bytes". */
static void
every_way_gives_the_same_bytes(void **state)
{
    struct buf first = { 0 }, again = { 0 };
    (void)state;
    for (int way = 0; way < 4; way++) {
        begin("job", NULL);
        told.options.jobs = way < 2 ? 1 : way == 2 ? 0 : 3;
        MUST(pull());
        read_file(told.target, &again);
        if (way == 0)
            read_file(told.target, &first);
        assert_int_equal(again.len, first.len);
        assert_memory_equal(again.data, first.data, first.len);
        assert_true(has_note("one-connection as -j 0 asks") == (way == 2));
        end();
    }
    buf_deinit(&first);
    buf_deinit(&again);
}

static void
a_copy_without_masks_is_for_its_owner_alone(void **state)
{
    struct stat st;
    char manifest[400], names[400];
    (void)state;
    begin("job", NULL);
    MUST(pull());
    assert_int_equal(stat(told.target, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    find_manifest_file(manifest, sizeof manifest);
    assert_int_equal(stat(manifest, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    snprintf(names, sizeof names, " copy.sqlite %s", strrchr(manifest, '/') + 1);
    assert_folder_has(names); /* no lock, no journal, nothing half-done */
    end();
}

static void
a_second_pull_takes_the_place_of_the_first(void **state)
{
    char before[400], after[400];
    (void)state;
    begin("job", NULL);
    MUST(pull());
    find_manifest_file(before, sizeof before);
    select_table("public.people");
    told.options.allow_shrink = true;
    MUST(pull());
    find_manifest_file(after, sizeof after); /* the only one */
    assert_string_not_equal(before, after);
    assert_int_equal(count("SELECT count(*) FROM sqlite_schema WHERE name = 'cities'"), 0);
    assert_int_equal(count("SELECT count(*) FROM people"), 40);
    end();
}

static void
schema_only_has_the_tables_and_none_of_their_rows(void **state)
{
    (void)state;
    begin("job", NULL);
    told.options.schema_only = true;
    MUST(pull());
    assert_int_equal(told.rows, 0);
    assert_int_equal(times_heard(DECANT_PHASE_TABLE_OPEN), 0);
    assert_int_equal(count("SELECT count(*) FROM people"), 0);
    assert_int_equal(count("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name NOT "
                           "LIKE 'sqlite%'"),
                     19);
    end();
}

/* ---- -t, -T and keys that would dangle */

static void
a_key_to_a_table_that_is_left_out_stops_the_pull(void **state)
{
    (void)state;
    begin("job", NULL);
    select_table("public.addresses");
    assert_refused(pull(), DECANT_REFUSED, "addresses");
    assert_folder_has("");
    assert_true(strstr(told.err.hint, "--drop-dangling-keys") != NULL);
    told.options.drop_dangling_keys = true;
    MUST(pull());
    assert_int_equal(count("SELECT count(*) FROM addresses"), 60);
    assert_int_equal(count("SELECT count(*) FROM pragma_foreign_key_list('addresses')"), 0);
    assert_true(has_note("parent-left-out public.addresses."));
    end();
}

static void
a_pattern_that_matches_nothing_stops_the_pull(void **state)
{
    (void)state;
    begin("job", NULL);
    select_table("public.peopel");
    assert_refused(pull(), DECANT_REFUSED, "public.peopel matches nothing");
    assert_folder_has("");
    end();
}

/* ---- the row hook */

struct hooked {
    int rows, fail_at, streams;
};

static bool
see_row(void *ctx, int stream, const struct decant_table *table, struct decant_value *values,
        struct decant_error *err)
{
    struct hooked *hooked = ctx;
    (void)err;
    hooked->rows++;
    hooked->streams |= 1 << stream;
    if (strcmp(table->name, "cities") != 0)
        return true;
    assert_string_equal(table->columns[0].name, "code");
    assert_int_equal(table->columns[0].max_characters, 3);
    assert_true(table->columns[1].is_text);
    values[1] = VALUE("Hooked");
    return true;
}

static void
a_row_hook_sees_every_row_and_may_change_it(void **state)
{
    struct hooked hooked = { 0 };
    (void)state;
    begin("job", NULL);
    struct decant_job *job = new_job();
    decant_job_set_row_hook(job, see_row, &hooked);
    MUST(done(decant_job_pull(job, &told.err)));
    assert_true(hooked.rows >= told.rows); /* a column declared anew: its table is read once more */
    assert_int_equal(hooked.streams, 1);
    assert_int_equal(count("SELECT count(*) FROM cities WHERE name = 'Hooked'"), 2);
    end();
}

static bool
refuse_row(void *ctx, int stream, const struct decant_table *table, struct decant_value *values,
           struct decant_error *err)
{
    struct hooked *hooked = ctx;
    (void)stream, (void)table, (void)values;
    if (++hooked->rows < hooked->fail_at)
        return true;
    err->code = DECANT_CHECK;
    snprintf(err->message, sizeof err->message, "the hook does not like this row");
    return false;
}

static void
a_row_hook_that_fails_stops_the_pull_with_its_error(void **state)
{
    (void)state;
    for (int at = 1; at < 150; at += 37) {
        struct hooked hooked = { .fail_at = at };
        begin("job", NULL);
        struct decant_job *job = new_job();
        decant_job_set_row_hook(job, refuse_row, &hooked);
        bool ok = done(decant_job_pull(job, &told.err));
        assert_refused(ok, DECANT_CHECK, "the hook does not like this row");
        assert_true(strstr(told.err.context, "table '") != NULL);
        assert_int_equal(hooked.rows, at); /* none behind it */
        assert_folder_has("");
        end();
    }
}

/* ---- spellings */

static void
odd_values_can_be_removed_and_are_counted(void **state)
{
    (void)state;
    begin("job", NULL);
    select_table("public.odd_values");
    told.options.odd_values = "null";
    MUST(pull());
    assert_int_equal(count("SELECT count(*) FROM odd_values WHERE d = 'NaN'"), 0);
    assert_int_equal(count("SELECT count(*) FROM odd_values WHERE day IS NULL"), 3);
    assert_true(has_note("odd-null public.odd_values.day 2\n"));
    told.options.odd_values = "clamp";
    MUST(pull());
    assert_int_equal(count("SELECT count(*) FROM odd_values WHERE at LIKE '9999-12-31 23:59:59%'"),
                     2);
    assert_true(has_note("odd-clamped public.odd_values."));
    told.options.odd_values = "hide";
    assert_refused(pull(), DECANT_USAGE, "hide");
    end();
}

static void
a_profile_is_known_or_refused(void **state)
{
    (void)state;
    begin("job", NULL);
    select_table("public.measured");
    told.options.profile = "jdbc";
    MUST(pull());
    assert_string_equal(cell("SELECT at FROM measured ORDER BY id LIMIT 1"),
                        "2023-12-21 00:00:00.000");
    told.options.profile = "jdbcx";
    assert_refused(pull(), DECANT_USAGE, "jdbcx");
    assert_string_equal(cell("SELECT at FROM measured ORDER BY id LIMIT 1"),
                        "2023-12-21 00:00:00.000");
    end();
}

static void
statistics_can_be_left_out(void **state)
{
    static const char sql[] = "SELECT count(*) FROM sqlite_schema WHERE name = 'sqlite_stat1'";
    (void)state;
    begin("job", NULL);
    MUST(pull());
    assert_int_equal(count(sql), 1);
    told.options.no_statistics = true;
    MUST(pull());
    assert_int_equal(count(sql), 0);
    end();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        FACT(every_row_of_every_table_is_there),
        FACT(odd_values_arrive_as_the_readme_says),
        FACT(what_cannot_be_carried_is_said_once_each),
        FACT(phases_come_in_their_order),
        FACT(every_way_gives_the_same_bytes),
        FACT(a_copy_without_masks_is_for_its_owner_alone),
        FACT(a_second_pull_takes_the_place_of_the_first),
        FACT(schema_only_has_the_tables_and_none_of_their_rows),
        FACT(a_key_to_a_table_that_is_left_out_stops_the_pull),
        FACT(a_pattern_that_matches_nothing_stops_the_pull),
        FACT(a_row_hook_sees_every_row_and_may_change_it),
        FACT(a_row_hook_that_fails_stops_the_pull_with_its_error),
        FACT(odd_values_can_be_removed_and_are_counted),
        FACT(a_profile_is_known_or_refused),
        FACT(statistics_can_be_left_out),
    };
    return cmocka_run_group_tests(tests, begin_folder, end_folder);
}
