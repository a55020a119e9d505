/* SPDX-License-Identifier: PostgreSQL */
/* --origins: a line for each row that is not plainly sampled, and for no other. */
#include "jobs.h"
#include "sampled.h"
#include "server.h"

static char path[300];

static void
begin_origins(const char *rules)
{
    begin("sampled", rules);
    told.options.no_mask = true;
    snprintf(path, sizeof path, "%s/origins.tsv", folder);
    told.options.origins = path;
}

struct line {
    char *table, *key, *origin, *probability;
};

static bool
next_line(char **rest, struct line *out)
{
    char *line = strsep(rest, "\n");
    if (line == NULL || line[0] == '\0')
        return false;
    out->table = strsep(&line, "\t");
    out->key = strsep(&line, "\t");
    out->origin = strsep(&line, "\t");
    out->probability = strsep(&line, "\t");
    assert_null(line);
    if (out->probability == NULL)
        fail_msg("fewer than four fields: %s", out->table);
    return true;
}

static void
each_line_is_a_row_of_the_copy(void **state)
{
    struct buf text = { 0 };
    struct line line;
    int n = 0;
    (void)state;
    begin_origins(SAMPLED_REQUIRE);
    MUST(pull());
    read_file(path, &text);
    for (char *rest = text.data; next_line(&rest, &line); n++) {
        char sql[300];
        if (strncmp(line.table, "public.customers", 16) != 0 &&
            strcmp(line.table, "public.products") != 0)
            continue;
        snprintf(sql, sizeof sql, "SELECT count(*) FROM %s WHERE %s = '%s'", line.table + 7,
                 strcmp(line.table, "public.products") == 0 ? "sku" : "id", line.key);
        if (count(sql) != 1)
            fail_msg("%s %s is not in the copy", line.table, line.key);
    }
    assert_true(n > 20);
    buf_deinit(&text);
    end();
}

static void
reasons_and_probabilities_belong_together(void **state)
{
    struct buf text = { 0 };
    struct line line;
    int asked = 0, whole = 0, edge = 0, sample = 0;
    (void)state;
    begin_origins(SAMPLED_REQUIRE);
    MUST(pull());
    read_file(path, &text);
    for (char *rest = text.data; next_line(&rest, &line);) {
        double p = atof(line.probability);
        asked += strcmp(line.origin, "asked") == 0;
        whole += strcmp(line.origin, "whole") == 0;
        edge += strcmp(line.origin, "edge") == 0;
        sample += strcmp(line.origin, "sample") == 0;
        if (!(p >= 0 && p <= 1))
            fail_msg("%s %s: probability %s", line.table, line.key, line.probability);
        if (strcmp(line.origin, "whole") == 0)
            assert_true(p == 1);
        if (strcmp(line.origin, "sample") == 0)
            assert_true(p > 0 && p != 0.25); /* the plain ones have no line */
    }
    assert_int_equal(whole, 8); /* the countries; an empty table has no line */
    assert_true(asked >= 2);
    assert_true(edge > 0);
    assert_true(sample > 0); /* whales, and what they own */
    buf_deinit(&text);
    end();
}

/* The manifest counts the same. */
static void
lines_and_the_counts_of_the_plan_agree(void **state)
{
    static const char *const origins[] = { "whole", "completed", "pulled", "asked", "edge" };
    struct buf text = { 0 };
    (void)state;
    begin_origins(SAMPLED_REQUIRE);
    MUST(pull());
    read_file(path, &text);
    char manifest[400];
    find_manifest_file(manifest, sizeof manifest);
    snprintf(told.target, sizeof told.target, "%s", manifest);
    for (size_t i = 0; i < sizeof origins / sizeof *origins; i++) {
        char sql[100];
        struct buf copy = { 0 };
        struct line line;
        int n = 0;
        buf_add(&copy, text.data, text.len);
        buf_putc(&copy, '\0');
        for (char *rest = copy.data; next_line(&rest, &line);)
            n += strcmp(line.origin, origins[i]) == 0;
        snprintf(sql, sizeof sql, "SELECT sum(%s) FROM samples", origins[i]);
        if (count(sql) != n)
            fail_msg("%s: %d lines, %s rows", origins[i], n, cell(sql));
        buf_deinit(&copy);
    }
    buf_deinit(&text);
    end();
}

static void
the_file_holds_keys_and_is_for_its_owner(void **state)
{
    struct stat st;
    (void)state;
    begin_origins(SAMPLED_REQUIRE);
    MUST(pull());
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    end();
}

static void
a_whole_copy_has_no_origins(void **state)
{
    (void)state;
    begin_origins(NULL);
    MUST(pull());
    assert_int_equal(access(path, F_OK), -1);
    end();
}

static bool
refuse_last(void *ctx, int stream, const struct decant_table *table, struct decant_value *values,
            struct decant_error *err)
{
    (void)ctx, (void)stream, (void)values;
    if (strcmp(table->name, "visits") != 0)
        return true;
    err->code = DECANT_CHECK;
    snprintf(err->message, sizeof err->message, "no more");
    return false;
}

static void
a_pull_that_fails_leaves_the_old_file(void **state)
{
    struct buf text = { 0 };
    (void)state;
    begin_origins(SAMPLED_REQUIRE);
    write_file(path, "of yesterday\n");
    struct decant_job *job = new_job();
    decant_job_set_row_hook(job, refuse_last, NULL);
    bool ok = done(decant_job_pull(job, &told.err));
    assert_refused(ok, DECANT_CHECK, "no more");
    read_file(path, &text);
    assert_string_equal(buf_str(&text), "of yesterday\n");
    assert_folder_has(" key origins.tsv rules.yaml");
    buf_deinit(&text);
    end();
}

static void
a_place_that_cannot_be_written_to_stops_the_pull(void **state)
{
    (void)state;
    begin_origins(SAMPLED_REQUIRE);
    snprintf(path, sizeof path, "%s/missing/origins.tsv", folder);
    bool ok = pull();
    assert_refused(ok, DECANT_UNAVAILABLE, "missing/origins.tsv");
    assert_int_equal(times_heard(DECANT_PHASE_TABLE_OPEN), 0);
    assert_folder_has(" key rules.yaml");
    end();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        FACT(each_line_is_a_row_of_the_copy),
        FACT(reasons_and_probabilities_belong_together),
        FACT(lines_and_the_counts_of_the_plan_agree),
        FACT(the_file_holds_keys_and_is_for_its_owner),
        FACT(a_whole_copy_has_no_origins),
        FACT(a_pull_that_fails_leaves_the_old_file),
        FACT(a_place_that_cannot_be_written_to_stops_the_pull),
    };
    return cmocka_run_group_tests(tests, begin_folder, end_folder);
}
