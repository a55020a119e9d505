/* SPDX-License-Identifier: PostgreSQL */
/* Where a copy goes: what is replaced and what is not, by whom it is held, and under which name. */
#include "jobs.h"
#include "server.h"

#include <fcntl.h>
#include <glob.h>
#include <sys/file.h>

/* A pull of one small table. */
static void
begin_one(void)
{
    begin("job", NULL);
    select_table("public.cities");
}

static void
assert_file_is(const char *path, const char *text)
{
    struct buf bytes = { 0 };
    read_file(path, &bytes);
    assert_int_equal(bytes.len, strlen(text));
    assert_memory_equal(bytes.data, text, bytes.len);
    buf_deinit(&bytes);
}

/* ---- what is no target is refused before anybody is asked */

static void
a_target_that_cannot_be_meant_is_refused(void **state)
{
    static const struct {
        const char *target, *message;
    } cases[] = {
        { NULL, "no target: --to TARGET is missing" },
        { "shop", "'shop' may be a file or a database" },
        { "./shop.csv", "and its name says .csv" },
        { "./shop.yaml", "and its name says .yaml" },
        { "./shop.sqlite.gz", "and its name says .gz" },
        { ".", "'.' is a directory" },
        { "/", "'/' is a directory" },
        { "sqlite:-", "a copy cannot be written to '-'" },
        { "sqlite:", "a copy cannot be written to ''" },
        { "/dev/null", "'/dev/null' is no plain file" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin(NULL, NULL);
        told.options.target = cases[i].target;
        assert_refused(pull(), DECANT_USAGE, cases[i].message);
        assert_int_equal(told.nphases, 0);
        end();
    }
}

static void
options_that_are_no_words_of_theirs_are_refused(void **state)
{
    (void)state;
    begin(NULL, NULL);
    told.options.publish = "copy";
    assert_refused(pull(), DECANT_USAGE, "--publish is 'rename' or 'symlink', not 'copy'");
    told.options.publish = "rename";
    told.options.fail_under = "much";
    assert_refused(pull(), DECANT_USAGE, "not 'much'");
    assert_int_equal(told.nphases, 0);
    end();
}

static void
a_source_that_is_not_there_is_unavailable(void **state)
{
    char uri[600];
    (void)state;
    begin(NULL, NULL);
    snprintf(uri, sizeof uri, "postgresql:///shop?host=%s&user=tester", folder);
    told.options.source = uri;
    assert_refused(pull(), DECANT_UNAVAILABLE, "");
    assert_true(strstr(told.err.message, "source") != NULL ||
                strstr(told.err.context, "source") != NULL);
    told.options.source = "postgresql://tester:secret@localhost/shop";
    assert_refused(pull(), DECANT_USAGE, "");
    assert_true(strstr(told.err.message, "secret") == NULL);
    assert_folder_has("");
    end();
}

static void
a_folder_that_is_not_there_is_named(void **state)
{
    char target[600];
    (void)state;
    begin_one();
    snprintf(target, sizeof target, "%s/missing/copy.sqlite", folder);
    told.options.target = target;
    bool ok = pull();
    assert_refused(ok, DECANT_UNAVAILABLE, target);
    assert_int_equal(times_heard(DECANT_PHASE_TABLE_OPEN), 0);
    assert_folder_has("");
    end();
}

/* ---- what is there already */

static void
what_decant_did_not_make_is_left_alone(void **state)
{
    (void)state;
    begin_one();
    write_file(told.target, "my own notes");
    assert_refused(pull(), DECANT_REFUSED, "is not a copy that decant made");
    assert_true(strstr(told.err.hint, "--overwrite") != NULL);
    assert_file_is(told.target, "my own notes");
    assert_folder_has(" copy.sqlite");
    unlink(told.target);
    spoil("CREATE TABLE mine (x)");
    assert_refused(pull(), DECANT_REFUSED, "is not a copy that decant made");
    assert_int_equal(count("SELECT count(*) FROM mine"), 0);
    told.options.overwrite = true;
    MUST(pull());
    assert_int_equal(count("SELECT count(*) FROM cities"), 2);
    end();
}

static void
an_empty_file_is_nobodys(void **state)
{
    (void)state;
    begin_one();
    write_file(told.target, "");
    MUST(pull());
    assert_int_equal(count("SELECT count(*) FROM cities"), 2);
    end();
}

static void
a_journal_without_its_database_is_not_played_into_the_copy(void **state)
{
    char wal[600];
    (void)state;
    begin_one();
    snprintf(wal, sizeof wal, "%s-wal", told.target);
    write_file(wal, "rows of old");
    assert_refused(pull(), DECANT_REFUSED, "lies there without its database");
    assert_folder_has(" copy.sqlite-wal");
    end();
}

static void
two_runs_at_once_do_not_meet(void **state)
{
    char lock[600];
    (void)state;
    begin_one();
    snprintf(lock, sizeof lock, "%s.decant-lock", told.target);
    int fd = open(lock, O_RDWR | O_CREAT, 0600);
    assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
    assert_refused(pull(), DECANT_REFUSED, told.target);
    assert_int_equal(times_heard(DECANT_PHASE_SNAPSHOT), 0);
    assert_folder_has(" copy.sqlite.decant-lock"); /* the other's, and only that */
    close(fd);
    MUST(pull()); /* a lock that nobody holds is none */
    end();
}

static void
what_a_killed_run_left_is_removed(void **state)
{
    static const char *const left[] = { "build", "copy", "build-journal" };
    char path[600], manifest[600], names[600];
    (void)state;
    begin_one();
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s.decant-20200101000000x123456.%s", told.target, left[i]);
        write_file(path, "half a copy");
    }
    MUST(pull());
    find_manifest_file(manifest, sizeof manifest);
    snprintf(names, sizeof names, " copy.sqlite %s", strrchr(manifest, '/') + 1);
    assert_folder_has(names);
    end();
}

/* ---- publishing */

static void
a_program_that_reads_the_old_copy_is_not_disturbed_by_a_symlink(void **state)
{
    sqlite3 *db;
    sqlite3_stmt *reading;
    struct stat st;
    (void)state;
    begin_one();
    MUST(pull());
    assert_int_equal(sqlite3_open(told.target, &db), SQLITE_OK);
    sqlite3_prepare_v2(db, "SELECT name FROM cities ORDER BY code", -1, &reading, NULL);
    assert_int_equal(sqlite3_step(reading), SQLITE_ROW);
    told.options.publish = "symlink";
    MUST(pull());
    assert_int_equal(lstat(told.target, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_int_equal(sqlite3_step(reading), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(reading, 0), "Paris");
    sqlite3_finalize(reading);
    sqlite3_close(db);
    end();
}

static void
by_symlink_each_copy_has_a_file_of_its_own(void **state)
{
    char link[300], old[600], older[600];
    (void)state;
    begin_one();
    told.options.publish = "symlink";
    told.options.keep = 1;
    snprintf(older, sizeof older, "%s.20200101000000x000001.db", told.target);
    snprintf(old, sizeof old, "%s.20200102000000x000000.db", told.target);
    write_file(older, "older");
    write_file(old, "old");
    MUST(pull());
    ssize_t n = readlink(told.target, link, sizeof link - 1);
    assert_true(n > 0);
    link[n] = '\0';
    assert_int_equal(strncmp(link, "copy.sqlite.", 12), 0);
    assert_null(strchr(link, '/')); /* the folder may move */
    assert_int_equal(count("SELECT count(*) FROM cities"), 2);
    assert_file_is(old, "old"); /* one is kept beside the copy */
    assert_int_equal(access(older, F_OK), -1);
    end();
}

/* A clock may be set back, and two runs may be done in one second. */
static void
by_symlink_the_copy_itself_is_never_removed(void **state)
{
    char later[600];
    (void)state;
    begin_one();
    told.options.publish = "symlink";
    snprintf(later, sizeof later, "%s.29990101000000x000001.db", told.target);
    write_file(later, "of a clock that was ahead");
    MUST(pull());
    assert_int_equal(count("SELECT count(*) FROM cities"), 2);
    end();
}

/* What cannot be removed is told, and nothing worse. */
static void
an_old_copy_that_stays_is_told(void **state)
{
    char path[600];
    (void)state;
    begin_one();
    told.options.publish = "symlink";
    snprintf(path, sizeof path, "%s.20200101000000x123456.db", told.target);
    write_file(path, "an old copy");
    strcat(path, "-wal");
    assert_int_equal(mkdir(path, 0700), 0);
    MUST(pull());
    assert_true(has_note("old-copy copy.sqlite.20200101000000x123456.db 0\n"));
    assert_int_equal(count("SELECT count(*) FROM cities"), 2);
    end();
}

static void
a_link_of_somebody_is_followed_and_not_replaced(void **state)
{
    char real[600];
    struct stat st;
    (void)state;
    begin_one();
    snprintf(real, sizeof real, "%s/real.sqlite", folder);
    assert_int_equal(symlink("real.sqlite", told.target), 0);
    MUST(pull());
    assert_int_equal(lstat(told.target, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_int_equal(lstat(real, &st), 0);
    assert_true(S_ISREG(st.st_mode));
    told.options.publish = "symlink";
    assert_refused(pull(), DECANT_REFUSED, "is a link that decant did not make");
    end();
}

static void
keep_leaves_the_copy_before(void **state)
{
    char previous[600];
    struct buf before = { 0 }, kept = { 0 };
    (void)state;
    begin_one();
    MUST(pull());
    read_file(told.target, &before);
    told.options.keep = 1;
    told.options.profile = "django";
    MUST(pull());
    snprintf(previous, sizeof previous, "%s.*x*.db", told.target);
    glob_t found;
    assert_int_equal(glob(previous, 0, NULL, &found), 0);
    assert_int_equal(found.gl_pathc, 2); /* by name, and so by time: the second is in place */
    read_file(found.gl_pathv[0], &kept);
    globfree(&found);
    assert_int_equal(kept.len, before.len);
    assert_memory_equal(kept.data, before.data, before.len);
    buf_deinit(&before);
    buf_deinit(&kept);
    end();
}

static void
who_may_read_the_old_copy_may_not_read_an_unmasked_one(void **state)
{
    struct stat st;
    (void)state;
    begin_one();
    MUST(pull());
    chmod(told.target, 0644);
    MUST(pull());
    assert_int_equal(stat(told.target, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    end();
}

static void
a_manifest_lies_where_it_is_wanted(void **state)
{
    char manifest[300];
    (void)state;
    begin_one();
    snprintf(manifest, sizeof manifest, "%s/what.decant", folder);
    told.options.manifest = manifest;
    MUST(pull());
    assert_folder_has(" copy.sqlite what.decant");
    MUST(verify_copy());
    end();
}

/* ---- a source that lost its rows */

/* As if the copy before had had more. */
static void
pretend_before(const char *sql)
{
    char manifest[400], target[500];
    find_manifest_file(manifest, sizeof manifest);
    snprintf(target, sizeof target, "%s", told.target);
    snprintf(told.target, sizeof told.target, "%s", manifest);
    spoil(sql);
    snprintf(told.target, sizeof told.target, "%s", target);
}

static void
a_table_that_lost_most_of_its_rows_stops_the_pull(void **state)
{
    struct buf before = { 0 }, after = { 0 };
    (void)state;
    begin_one();
    MUST(pull());
    read_file(told.target, &before);
    pretend_before("UPDATE tables SET rows = 5");
    assert_refused(pull(), DECANT_REFUSED,
                   "the source has lost more than half of the rows of 1 table: 'public.cities' 2 "
                   "of 5");
    assert_true(strstr(told.err.hint, "--allow-shrink") != NULL);
    read_file(told.target, &after);
    assert_int_equal(after.len, before.len);
    pretend_before("UPDATE tables SET rows = 4"); /* half is not more than half */
    MUST(pull());
    pretend_before("UPDATE tables SET rows = 5000");
    told.options.allow_shrink = true;
    MUST(pull());
    buf_deinit(&before);
    buf_deinit(&after);
    end();
}

static void
a_few_of_many_tables_are_named(void **state)
{
    (void)state;
    begin("job", NULL);
    MUST(pull());
    pretend_before("UPDATE tables SET rows = 1000 WHERE rows > 0");
    assert_refused(pull(), DECANT_REFUSED, "of the rows of 18 tables: '");
    assert_true(strstr(told.err.message, ", ...") != NULL);
    end();
}

static void
a_source_that_is_empty_does_not_replace_a_copy(void **state)
{
    (void)state;
    begin("job", NULL);
    select_table("public.nothing");
    MUST(pull()); /* the first time nothing is lost */
    MUST(pull());
    pretend_before("UPDATE tables SET rows = 1");
    assert_refused(pull(), DECANT_REFUSED, "every table of the source is empty");
    told.options.schema_only = true;
    MUST(pull());
    end();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        FACT(a_target_that_cannot_be_meant_is_refused),
        FACT(options_that_are_no_words_of_theirs_are_refused),
        FACT(a_source_that_is_not_there_is_unavailable),
        FACT(a_folder_that_is_not_there_is_named),
        FACT(what_decant_did_not_make_is_left_alone),
        FACT(an_empty_file_is_nobodys),
        FACT(a_journal_without_its_database_is_not_played_into_the_copy),
        FACT(two_runs_at_once_do_not_meet),
        FACT(what_a_killed_run_left_is_removed),
        FACT(a_program_that_reads_the_old_copy_is_not_disturbed_by_a_symlink),
        FACT(by_symlink_each_copy_has_a_file_of_its_own),
        FACT(an_old_copy_that_stays_is_told),
        FACT(a_link_of_somebody_is_followed_and_not_replaced),
        FACT(keep_leaves_the_copy_before),
        FACT(who_may_read_the_old_copy_may_not_read_an_unmasked_one),
        FACT(a_manifest_lies_where_it_is_wanted),
        FACT(a_table_that_lost_most_of_its_rows_stops_the_pull),
        FACT(a_few_of_many_tables_are_named),
        FACT(by_symlink_the_copy_itself_is_never_removed),
        FACT(a_source_that_is_empty_does_not_replace_a_copy),
    };
    return cmocka_run_group_tests(tests, begin_folder, end_folder);
}
