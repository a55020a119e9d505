/* SPDX-License-Identifier: PostgreSQL */
/* Whole jobs against a scripted server: from the connection to the published file. */
#include <decant/decant.h>

#include <dirent.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "server.h"
#include "unit.h"

static char folder[256];

static const char key_text[] =
    "# key\n000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";

static void
write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* What a job is told, and what it said. */
struct told {
    struct scripted_server server;
    struct decant_options options;
    struct decant_error err;
    char target[300], rules[300], key[300], manifest[300];
    struct buf notes; /* codes, each behind a blank */
    int64_t rows;
};

static void
hear(void *ctx, const struct decant_event *event)
{
    struct told *told = ctx;
    if (event->phase == DECANT_PHASE_NOT_CARRIED)
        buf_printf(&told->notes, " %s", event->reason);
    if (event->phase == DECANT_PHASE_TABLE_DONE)
        told->rows += event->rows;
}

static void
begin(struct told *told, const char *script, const char *rules)
{
    memset(told, 0, sizeof *told);
    server_start(&told->server, script);
    snprintf(told->target, sizeof told->target, "%s/copy.sqlite", folder);
    snprintf(told->rules, sizeof told->rules, "%s/rules.yaml", folder);
    snprintf(told->key, sizeof told->key, "%s/key", folder);
    write_file(told->key, key_text);
    chmod(told->key, 0600);
    decant_options_init(&told->options);
    told->options.source = told->server.uri;
    told->options.target = told->target;
    told->options.jobs = 1;
    if (rules == NULL)
        told->options.no_mask = true;
    else {
        write_file(told->rules, rules);
        told->options.rules = told->rules;
        told->options.key_file = told->key;
    }
}

static bool
pull(struct told *told)
{
    struct decant_job *job = decant_job_new(&told->options, hear, told);
    bool ok = decant_job_pull(job, &told->err);
    decant_job_free(job);
    return ok;
}

static void
end(struct told *told)
{
    server_stop(&told->server);
    buf_deinit(&told->notes);
    unlink(told->target);
}

static int64_t
count(const struct told *told, const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_open_v2(told->target, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t n = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return n;
}

static void
a_whole_copy_has_every_row(void **state)
{
    (void)state;
    struct told told;
    begin(&told, "shop", NULL);
    if (!pull(&told))
        fail_msg("%s", told.err.message);
    assert_int_equal(told.rows, 3 + 120 + 30 + 240 + 600 + 300);
    assert_int_equal(count(&told, "SELECT count(*) FROM orders"), 240);
    assert_int_equal(count(&told, "SELECT count(*) FROM events"), 300);
    assert_int_equal(count(&told, "SELECT sum(total) FROM orders"), 101220);
    end(&told);
}

/* Cuts every file of the folder that is a manifest; says how many there are. */
static int
cut_manifests(void)
{
    int n = 0;
    DIR *dir = opendir(folder);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        char path[600];
        const char *ending = strrchr(entry->d_name, '.');
        if (ending == NULL || strcmp(ending, ".decant") != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        assert_int_equal(truncate(path, 50), 0);
        n++;
    }
    closedir(dir);
    return n;
}

static void
a_copy_whose_manifest_cannot_be_read_is_no_measure_and_that_is_said(void **state)
{
    (void)state;
    struct told told;
    begin(&told, "shop", NULL);
    assert_true(pull(&told));
    assert_null(strstr(buf_str(&told.notes), "before-unreadable"));
    assert_int_equal(cut_manifests(), 1);
    assert_true(pull(&told));
    assert_non_null(strstr(buf_str(&told.notes), "before-unreadable"));
    end(&told);
}

static int
begin_folder(void **state)
{
    (void)state;
    return make_folder(folder, sizeof folder) ? 0 : -1;
}

/* Nothing is left of a copy but itself: its manifest goes with it. */
static int
end_folder(void **state)
{
    (void)state;
    return remove_folder(folder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_copy_has_every_row),
        cmocka_unit_test(a_copy_whose_manifest_cannot_be_read_is_no_measure_and_that_is_said),
    };
    return cmocka_run_group_tests(tests, begin_folder, end_folder);
}
