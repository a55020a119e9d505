/* SPDX-License-Identifier: PostgreSQL */
/* A finished file in the place of the old one: names that cannot be meant, links and whose they
 * are, old copies that go, and programs that are in the way. */
#include "load/publish_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/file.h"
#include "folder.h"
#include "load.h"

#define RUN_1 "20260101000000x000001"
#define RUN_2 "20260102000000x000002"
#define RUN_3 "20260103000000x000003"

static void
make_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static bool
exists(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0;
}

/* ---- names */

static void
a_target_that_cannot_be_meant_is_refused(void **state)
{
    static const struct {
        const char *target, *message, *hint;
    } cases[] = {
        { "", "a copy cannot be written to ''", "path of a SQLite file" },
        { "-", "a copy cannot be written to '-'", "path of a SQLite file" },
        { "folder", "'folder' is a directory", "a file in it" },
        { "folder/", "'folder/' is a directory", "a file in it" },
        { "new/", "'new/' is a directory", "a file in it" },
        { "fifo", "'fifo' is no plain file", "" },
        { "copy.sql", "its name says .sql", "copy.sqlite" },
        { "copy.DUMP", "its name says .dump", "copy.sqlite" },
        { "a.sqlite.gz", "its name says .gz", "copy.sqlite" },
        { "rules.yaml", "its name says .yaml", "copy.sqlite" },
        { "rules.yml", "its name says .yml", "copy.sqlite" },
        { "decant.key", "its name says .key", "copy.sqlite" },
        { "copy.sqlite.x.decant", "its name says .decant", "copy.sqlite" },
        { ".csv", "its name says .csv", "copy.sqlite" },
    };
    (void)state;
    assert_int_equal(mkdir("folder", 0700), 0);
    assert_int_equal(mkfifo("fifo", 0600), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct decant_error err = { 0 };
        assert_false(publish_check_name(cases[i].target, false, &err));
        assert_int_equal(err.code, DECANT_USAGE);
        if (strstr(err.message, cases[i].message) == NULL ||
            strstr(err.hint, cases[i].hint) == NULL)
            fail_msg("%s: %s (%s)", cases[i].target, err.message, err.hint);
    }
}

static void
other_names_are_taken(void **state)
{
    static const char *const names[] = { "copy.sqlite", "copy",        "copy.db", "a.sql.db",
                                         "sql",         "new/copy",    "-x",      "  ",
                                         "csv",         "it's \"odd\"" };
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct decant_error err = { 0 };
        assert_true(publish_check_name(names[i], false, &err));
        assert_true(publish_check_name(names[i], true, &err));
        assert_int_equal(err.code, DECANT_OK);
    }
}

static void
a_link_is_ours_by_the_name_that_it_leads_to(void **state)
{
    static const struct {
        const char *leads_to;
        bool is_ours;
    } cases[] = {
        { "copy." RUN_1 ".db", true }, { "copy.x.DB", true },    { "./copy." RUN_1 ".db", false },
        { "folder/copy.x.db", false }, { "copy.sqlite", false }, { "copy2.x.db", false },
        { "other.db", false },         { "/copy.x.db", false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool is_ours = !cases[i].is_ours;
        struct decant_error err = { 0 };
        unlink("copy");
        assert_int_equal(symlink(cases[i].leads_to, "copy"), 0);
        char *file = publish_file_of("copy", &is_ours);
        assert_int_equal(is_ours, cases[i].is_ours);
        if (is_ours)
            assert_string_equal(file, "copy");
        free(file);
        assert_true(publish_check_name("copy", false, &err));
        assert_int_equal(publish_check_name("copy", true, &err), is_ours);
        if (!is_ours) {
            assert_int_equal(err.code, DECANT_REFUSED);
            assert_string_equal(err.message, "'copy' is a link that decant did not make");
        }
    }
}

static void
somebodys_link_stays_and_its_file_is_replaced(void **state)
{
    char here[4096], expected[4200];
    bool is_ours;
    (void)state;
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(mkdir("folder", 0700), 0);
    make_file("folder/real", "x");
    static const struct {
        const char *leads_to, *file; /* the last: in this folder, or whole */
    } cases[] = {
        { "folder/real", "/folder/real" },
        { "./folder/../folder/real", "/folder/real" },
        { "folder/not yet", NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unlink("link");
        assert_int_equal(symlink(cases[i].leads_to, "link"), 0);
        char *file = publish_file_of("link", &is_ours);
        assert_false(is_ours);
        snprintf(expected, sizeof expected, "%s%s", here,
                 cases[i].file != NULL ? cases[i].file : "");
        assert_string_equal(file, cases[i].file != NULL ? expected : "./folder/not yet");
        free(file);
    }
    unlink("link");
    assert_int_equal(symlink("/nowhere/at/all", "link"), 0);
    char *file = publish_file_of("link", &is_ours);
    assert_string_equal(file, "/nowhere/at/all");
    free(file);
    file = publish_file_of("no link", &is_ours);
    assert_string_equal(file, "no link");
    assert_false(is_ours);
    free(file);
}

/* ---- by its new name */

/* The copy in place was made by a run that nobody names, or by the one before. */
static bool
replace(int keep, bool is_private, const char *run, struct decant_error *err)
{
    struct notes notes;
    notes_init(&notes);
    const struct publication publication = { .built = "built",
                                             .target = "copy",
                                             .run = run,
                                             .run_before = RUN_1,
                                             .keep = keep,
                                             .is_private = is_private,
                                             .notes = &notes };
    bool ok = publish_rename(&publication, err);
    notes_deinit(&notes);
    return ok;
}

static void
the_previous_copy_is_kept_when_that_is_wanted(void **state)
{
    static const char *const RUNS[] = { "", "20260101000001x000000", "20260101000002x000000",
                                        "20260101000003x000000", "20260101000004x000000" };
    struct decant_error err = { 0 };
    (void)state;
    for (int i = 1; i <= 4; i++) {
        numbered_make("built", i);
        assert_true(replace(i == 4 ? 0 : 1, false, RUNS[i], &err));
        assert_int_equal(numbered_read("copy"), i);
        assert_false(exists("built"));
        assert_int_equal(exists("copy.20260101000001x000000.db"), i < 3);
    }
    assert_int_equal(numbered_read("copy.20260101000002x000000.db"), 2);
    assert_int_equal(numbered_read("copy.20260101000003x000000.db"),
                     3); /* then none was to be kept */
}

static void
a_name_of_the_previous_copy_that_is_taken_stops_it(void **state)
{
    struct decant_error err = { 0 };
    (void)state;
    numbered_make("copy", 1);
    numbered_make("built", 2);
    assert_int_equal(mkdir("copy." RUN_1 ".db", 0700), 0);
    assert_false(replace(1, false, RUN_2, &err));
    assert_int_equal(err.code, DECANT_UNAVAILABLE);
    assert_non_null(strstr(err.message, "cannot keep a copy as 'copy." RUN_1 ".db'"));
    assert_int_equal(numbered_read("copy"), 1);
    assert_int_equal(numbered_read("built"), 2);
}

static void
a_folder_in_the_way_leaves_the_finished_copy(void **state)
{
    struct decant_error err = { 0 };
    (void)state;
    numbered_make("built", 2);
    assert_int_equal(mkdir("copy", 0700), 0);
    assert_false(replace(0, true, RUN_2, &err));
    assert_int_equal(err.code, DECANT_UNPUBLISHED);
    assert_non_null(strstr(err.message, "cannot put the finished copy in place of 'copy'"));
    assert_string_equal(err.hint, "the finished copy is 'built'");
    assert_int_equal(numbered_read("built"), 2);
}

/* Its rows are in a -wal that the new file must not meet. */
static void
a_program_that_writes_is_not_robbed_of_its_file(void **state)
{
    struct decant_error err = { 0 };
    (void)state;
    numbered_make("copy", 1);
    numbered_make("built", 2);
    sqlite3 *writer = reader_open("copy");
    assert_int_equal(reader_exec(writer, "PRAGMA journal_mode = WAL; SELECT * FROM t"), SQLITE_OK);
    assert_int_equal(reader_exec(writer, "INSERT INTO t VALUES (7)"), SQLITE_OK);
    assert_true(file_size("copy-wal") > 0);
    assert_false(replace(0, false, RUN_2, &err));
    assert_int_equal(err.code, DECANT_UNPUBLISHED);
    assert_non_null(strstr(err.message, "a program has 'copy' open"));
    assert_non_null(strstr(err.hint, "the finished copy is 'built'"));
    assert_non_null(strstr(err.hint, "--publish symlink"));
    assert_string_equal(reader_value(writer, "SELECT count(*) FROM t"), "2");
    sqlite3_close(writer);
    assert_int_equal(numbered_read("built"), 2);
    err = (struct decant_error){ 0 };
    assert_true(replace(0, false, RUN_2, &err)); /* it has ended */
    assert_int_equal(numbered_read("copy"), 2);
}

/* A head of SQLite's, and nothing behind it that is. */
static void
an_old_copy_that_is_damaged_is_told_with_the_new_ones_name(void **state)
{
    struct decant_error err = { 0 };
    (void)state;
    numbered_make("copy", 1);
    numbered_make("built", 2);
    int fd = open("copy", O_WRONLY);
    assert_int_equal(pwrite(fd, "\xEE\xEE\xEE\xEE\xEE\xEE\xEE\xEE", 8, 16), 8);
    close(fd);
    assert_false(replace(0, false, RUN_2, &err));
    assert_int_equal(err.code, DECANT_UNPUBLISHED);
    assert_non_null(strstr(err.message, "'copy'"));
    assert_string_equal(err.hint, "the finished copy is 'built'");
    assert_int_equal(numbered_read("built"), 2);
}

/* A journal that a crash left is played back before: who looks at the kept one sees whole
 * transactions. */
static void
an_unfinished_transaction_of_the_old_copy_is_taken_back(void **state)
{
    struct decant_error err = { 0 };
    (void)state;
    numbered_make("live", 1);
    sqlite3 *writer = reader_open("live");
    assert_int_equal(reader_exec(writer, "PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN;"
                                         "UPDATE t SET n = 111; CREATE TABLE u(x);"
                                         "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1"
                                         " FROM r WHERE i < 300) INSERT INTO u SELECT"
                                         " randomblob(500) FROM r"),
                     SQLITE_OK);
    assert_int_equal(system("cp live copy && cp live-journal copy-journal"), 0);
    assert_int_equal(reader_exec(writer, "ROLLBACK"), SQLITE_OK);
    sqlite3_close(writer);
    assert_true(file_size("copy-journal") > 512);
    numbered_make("built", 2);
    assert_true(replace(1, false, RUN_2, &err));
    assert_false(exists("copy-journal"));
    assert_int_equal(numbered_read("copy"), 2);
    assert_int_equal(numbered_read("copy." RUN_1 ".db"), 1);
}

static void
a_file_that_is_no_database_is_replaced_as_it_is(void **state)
{
    struct decant_error err = { 0 };
    (void)state;
    make_file("copy", "some text");
    numbered_make("built", 2);
    assert_true(replace(1, false, RUN_2, &err));
    assert_int_equal(numbered_read("copy"), 2);
    assert_int_equal(file_size("copy." RUN_1 ".db"), 9);
}

static void
modes_are_taken_over_but_for_a_private_copy(void **state)
{
    struct decant_error err = { 0 };
    struct stat st;
    (void)state;
    for (int is_private = 0; is_private < 2; is_private++) {
        unlink("copy");
        numbered_make("copy", 1);
        numbered_make("built", 2);
        assert_int_equal(chmod("copy", 0664), 0);
        assert_int_equal(chmod("built", 0600), 0);
        assert_true(replace(0, is_private, RUN_2, &err));
        assert_int_equal(stat("copy", &st), 0);
        assert_int_equal(st.st_mode & 0777, is_private ? 0600 : 0664);
    }
}

/* ---- by a link */

static bool
link_to(int number, const char *run, int keep, struct notes *notes, struct decant_error *err)
{
    numbered_make("built", number);
    return publish_symlink(
        &(struct publication){
            .built = "built", .target = "copy", .run = run, .keep = keep, .notes = notes },
        err);
}

static void
old_copies_go_with_their_companions(void **state)
{
    struct decant_error err = { 0 };
    struct notes notes;
    (void)state;
    notes_init(&notes);
    assert_true(link_to(1, RUN_1, 1, &notes, &err));
    make_file("copy." RUN_1 ".db-wal", "");
    make_file("copy." RUN_1 ".db-shm", "");
    assert_true(link_to(2, RUN_2, 1, &notes, &err));
    assert_int_equal(numbered_read("copy." RUN_1 ".db"), 1);
    assert_true(link_to(3, RUN_3, 1, &notes, &err));
    assert_false(exists("copy." RUN_1 ".db"));
    assert_false(exists("copy." RUN_1 ".db-wal"));
    assert_false(exists("copy." RUN_1 ".db-shm"));
    assert_int_equal(numbered_read("copy." RUN_2 ".db"), 2);
    assert_int_equal(numbered_read("copy"), 3);
    assert_int_equal(notes.count, 0);
    notes_deinit(&notes);
}

static void
none_is_kept_where_none_is_wanted(void **state)
{
    struct decant_error err = { 0 };
    struct notes notes;
    (void)state;
    notes_init(&notes);
    assert_true(link_to(1, RUN_1, 0, &notes, &err));
    assert_true(link_to(2, RUN_2, 0, &notes, &err));
    assert_false(exists("copy." RUN_1 ".db"));
    assert_int_equal(numbered_read("copy"), 2);
    notes_deinit(&notes);
}

static void
an_old_copy_that_cannot_go_is_noted(void **state)
{
    struct decant_error err = { 0 };
    struct notes notes;
    (void)state;
    notes_init(&notes);
    make_file("copy." RUN_1 ".db", "old");
    assert_int_equal(mkdir("copy." RUN_1 ".db-wal", 0700), 0);
    assert_true(link_to(2, RUN_2, 0, &notes, &err));
    assert_int_equal(noted(&notes, "old-copy", "copy." RUN_1 ".db"), 1);
    assert_int_equal(numbered_read("copy"), 2);
    notes_deinit(&notes);
}

static void
files_of_other_names_are_left_alone(void **state)
{
    static const char *const others[] = { "copy2." RUN_1 ".db", "copy.db", "copy." RUN_1 ".sqlite",
                                          "xcopy." RUN_1 ".db", "copy." RUN_1 ".decant" };
    struct decant_error err = { 0 };
    struct notes notes;
    (void)state;
    notes_init(&notes);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (i != 1)
            make_file(others[i], "x");
    assert_true(link_to(2, RUN_2, 0, &notes, &err));
    assert_true(link_to(3, RUN_3, 0, &notes, &err));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_int_equal(exists(others[i]), i != 1);
    notes_deinit(&notes);
}

static void
a_plain_file_becomes_a_link(void **state)
{
    struct decant_error err = { 0 };
    struct notes notes;
    char leads_to[64] = "";
    (void)state;
    notes_init(&notes);
    numbered_make("copy", 1);
    sqlite3 *reader = reader_open("copy"); /* is in nobody's way */
    assert_int_equal(reader_exec(reader, "BEGIN EXCLUSIVE"), SQLITE_OK);
    assert_true(link_to(2, RUN_2, 0, &notes, &err));
    assert_true(readlink("copy", leads_to, sizeof leads_to - 1) > 0);
    assert_string_equal(leads_to, "copy." RUN_2 ".db");
    assert_string_equal(reader_value(reader, "SELECT n FROM t"), "1");
    sqlite3_close(reader);
    assert_int_equal(numbered_read("copy"), 2);
    notes_deinit(&notes);
}

static void
a_copy_that_is_gone_leaves_the_link_as_it_was(void **state)
{
    struct decant_error err = { 0 };
    struct notes notes;
    (void)state;
    notes_init(&notes);
    assert_true(link_to(1, RUN_1, 0, &notes, &err));
    assert_false(publish_symlink(
        &(struct publication){
            .built = "gone", .target = "copy", .run = RUN_2, .is_private = true, .notes = &notes },
        &err));
    assert_int_equal(err.code, DECANT_UNPUBLISHED);
    assert_non_null(strstr(err.message, "No such file or directory"));
    assert_int_equal(numbered_read("copy"), 1);
    assert_false(exists("copy.decant-" RUN_2 ".link"));
    notes_deinit(&notes);
}

/* A folder has the name of the link: the finished copy has its last name already, and is told by
 * it. */
static void
a_folder_in_the_way_of_a_link_leaves_the_finished_copy(void **state)
{
    struct decant_error err = { 0 };
    struct notes notes;
    (void)state;
    notes_init(&notes);
    assert_int_equal(mkdir("copy", 0700), 0);
    numbered_make("built", 2);
    assert_false(publish_symlink(
        &(struct publication){
            .built = "built", .target = "copy", .run = RUN_2, .is_private = true, .notes = &notes },
        &err));
    assert_int_equal(err.code, DECANT_UNPUBLISHED);
    assert_string_equal(err.hint, "the finished copy is 'copy." RUN_2 ".db'");
    assert_int_equal(numbered_read("copy." RUN_2 ".db"), 2);
    assert_false(exists("copy.decant-" RUN_2 ".link"));
    notes_deinit(&notes);
}

/* ---- paths */

static void
paths_fall_into_folder_and_name(void **state)
{
    static const struct {
        const char *path, *folder, *name;
    } cases[] = {
        { "a", ".", "a" }, { "/a", "/", "a" }, { "a/b", "a", "b" },   { "/a/b", "/a", "b" },
        { "a/", "a", "" }, { "/", "/", "" },   { "../a", "..", "a" }, { "", ".", "" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *folder = file_directory(cases[i].path);
        assert_string_equal(folder, cases[i].folder);
        assert_string_equal(file_name(cases[i].path), cases[i].name);
        free(folder);
    }
    char *path = file_join("a b", "c");
    assert_string_equal(path, "a b/c");
    free(path);
}

static void
folders_that_lead_to_a_file_are_made(void **state)
{
    struct decant_error err = { 0 };
    struct stat st;
    (void)state;
    assert_true(file_make_directories("x/y/z", &err));
    assert_true(file_make_directories("x/y/z", &err));
    assert_int_equal(stat("x/y", &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_false(exists("x/y/z"));
    make_file("file", "x");
    assert_false(file_make_directories("file/y/z", &err));
    assert_int_equal(err.code, DECANT_UNAVAILABLE);
    assert_non_null(strstr(err.message, "'file/y'"));
    assert_true(file_make_directories("plain", &err));
}

static void
what_is_not_there_cannot_be_made_durable(void **state)
{
    struct decant_error err = { 0 };
    (void)state;
    make_file("file", "x");
    assert_true(file_sync("file", &err));
    assert_true(file_settle("file"));
    assert_false(file_sync("gone", &err));
    assert_int_equal(err.code, DECANT_UNAVAILABLE);
    assert_non_null(strstr(err.message, "cannot write 'gone' to disk"));
    assert_false(file_settle("gone/file"));
    assert_int_equal(file_size("gone"), -1);
    assert_int_equal(file_size("file"), 1);
}

static void
the_users_folder_is_known_without_a_variable(void **state)
{
    char before[4096] = "";
    (void)state;
    if (getenv("HOME") != NULL)
        snprintf(before, sizeof before, "%s", getenv("HOME"));
    setenv("HOME", "/somewhere", 1);
    char *home = file_home();
    assert_string_equal(home, "/somewhere");
    free(home);
    unsetenv("HOME");
    home = file_home();
    assert_string_not_equal(home, "/somewhere"); /* what the user database says, or nothing */
    assert_true(home[0] == '\0' || home[0] == '/');
    free(home);
    setenv("HOME", before, 1);
}

/* ---- faults that are not mended yet: none of these is in the list below */

/* Whatever begins with the target's name and ends with .db is taken for an old copy: a file of the
 * user's goes; and one whose name sorts behind the runs' is taken for the newest, so that the copy
 * which has just been published is removed. */
static void
files_of_the_user_are_no_old_copies(void **state)
{
    struct decant_error err = { 0 };
    struct notes notes;
    (void)state;
    notes_init(&notes);
    make_file("copy.backup.db", "mine");
    make_file("copy.1999.db", "mine, too");
    assert_true(link_to(2, RUN_2, 0, &notes, &err));
    assert_true(exists("copy." RUN_2 ".db"));
    assert_true(exists("copy.backup.db"));
    assert_true(exists("copy.1999.db"));
    notes_deinit(&notes);
}

#define FACT(name) cmocka_unit_test_setup(name, folder_clear)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        FACT(a_target_that_cannot_be_meant_is_refused),
        FACT(other_names_are_taken),
        FACT(a_link_is_ours_by_the_name_that_it_leads_to),
        FACT(somebodys_link_stays_and_its_file_is_replaced),
        FACT(the_previous_copy_is_kept_when_that_is_wanted),
        FACT(a_name_of_the_previous_copy_that_is_taken_stops_it),
        FACT(a_folder_in_the_way_leaves_the_finished_copy),
        FACT(a_program_that_writes_is_not_robbed_of_its_file),
        FACT(an_old_copy_that_is_damaged_is_told_with_the_new_ones_name),
        FACT(an_unfinished_transaction_of_the_old_copy_is_taken_back),
        FACT(a_file_that_is_no_database_is_replaced_as_it_is),
        FACT(modes_are_taken_over_but_for_a_private_copy),
        FACT(old_copies_go_with_their_companions),
        FACT(none_is_kept_where_none_is_wanted),
        FACT(an_old_copy_that_cannot_go_is_noted),
        FACT(files_of_other_names_are_left_alone),
        FACT(a_plain_file_becomes_a_link),
        FACT(a_copy_that_is_gone_leaves_the_link_as_it_was),
        FACT(a_folder_in_the_way_of_a_link_leaves_the_finished_copy),
        FACT(paths_fall_into_folder_and_name),
        FACT(folders_that_lead_to_a_file_are_made),
        FACT(what_is_not_there_cannot_be_made_durable),
        FACT(the_users_folder_is_known_without_a_variable),
        FACT(files_of_the_user_are_no_old_copies),
    };
    return cmocka_run_group_tests(tests, folder_enter, folder_leave);
}
