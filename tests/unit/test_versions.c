/* SPDX-License-Identifier: PostgreSQL */
/* Copies that are files: the one in place, those behind it, the way back and forward again. */
#include "load/versions.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "folder.h"
#include "load.h"
#include "load/publish_file.h"

#define RUN_1 "20260101000000x000001"
#define RUN_2 "20260102000000x000002"
#define RUN_3 "20260103000000x000003"

static const char *const runs[] = { RUN_1, RUN_2, RUN_3 };
static const atomic_int never = 0;

/* Three copies, one after the other; the third is in place. */
static void
publish_three(bool as_link, int keep)
{
    struct notes notes;
    notes_init(&notes);
    for (int i = 0; i < 3; i++) {
        struct decant_error err = { 0 };
        numbered_make("built", i + 1);
        const struct publication publication = { .built = "built",
                                                 .target = "copy",
                                                 .run = runs[i],
                                                 .run_before = i > 0 ? runs[i - 1] : NULL,
                                                 .keep = keep,
                                                 .notes = &notes };
        assert_true(as_link ? publish_symlink(&publication, &err)
                            : publish_rename(&publication, &err));
    }
    notes_deinit(&notes);
}

static bool
open_them(struct versions *versions, bool locks, struct decant_error *err)
{
    const struct versions_wish wish = { .target = "copy", .locks = locks, .stop = &never };
    return versions_open(versions, &wish, err);
}

static void
those_in_place_stand_first_then_the_youngest(void **state)
{
    struct decant_error err = { 0 };
    struct versions versions;
    (void)state;
    for (int as_link = 0; as_link < 2; as_link++) {
        folder_clear(NULL);
        publish_three(as_link, 5);
        assert_true(open_them(&versions, false, &err));
        assert_int_equal(versions.n, 3);
        assert_string_equal(versions_current(&versions)->run, RUN_3);
        assert_string_equal(versions.items[1].run, RUN_2);
        assert_string_equal(versions.items[2].run, RUN_1);
        assert_int_equal(versions.items[2].made_s, 1767225600); /* 2026-01-01 */
        assert_true(versions.items[2].bytes > 0);
        assert_null(versions_find(&versions, "20260104000000x000004"));
        versions_close(&versions);
    }
}

/* Names of others, folders and links are none; a target without any has none. */
static void
other_files_are_no_copies(void **state)
{
    struct decant_error err = { 0 };
    struct versions versions;
    (void)state;
    assert_true(open_them(&versions, false, &err));
    assert_int_equal(versions.n, 0);
    assert_null(versions_current(&versions));
    versions_close(&versions);
    numbered_make("copy", 1);
    numbered_make("copy.2026.db", 2);
    numbered_make("copy." RUN_1 ".sqlite", 2);
    numbered_make("copy2." RUN_1 ".db", 2);
    assert_int_equal(mkdir("copy." RUN_2 ".db", 0700), 0);
    assert_int_equal(symlink("copy", "copy." RUN_3 ".db"), 0);
    assert_true(open_them(&versions, false, &err));
    assert_int_equal(versions.n, 1);
    assert_string_equal(versions.items[0].run, "");
    assert_true(versions.items[0].is_current);
    versions_close(&versions);
}

static void
it_goes_back_and_forward_again(void **state)
{
    struct decant_error err = { 0 };
    struct versions versions;
    static const int way[] = { 0, 2, 1, 2 };
    (void)state;
    for (int as_link = 0; as_link < 2; as_link++) {
        folder_clear(NULL);
        publish_three(as_link, 5);
        for (int i = 0; i < 4; i++) {
            assert_true(open_them(&versions, true, &err));
            assert_true(versions_restore(&versions, versions_find(&versions, runs[way[i]]), &err));
            versions_close(&versions);
            assert_int_equal(numbered_read("copy"), way[i] + 1);
            assert_true(open_them(&versions, false, &err));
            assert_int_equal(versions.n, 3);
            assert_string_equal(versions_current(&versions)->run, runs[way[i]]);
            versions_close(&versions);
        }
        struct stat st;
        assert_int_equal(lstat("copy", &st), 0);
        assert_int_equal(S_ISLNK(st.st_mode) != 0, as_link);
    }
}

/* A copy that nobody named is not lost by a way back. */
static void
the_one_in_place_gets_a_name(void **state)
{
    struct decant_error err = { 0 };
    struct versions versions;
    (void)state;
    numbered_make("copy", 9);
    numbered_make("copy." RUN_1 ".db", 1);
    assert_true(open_them(&versions, true, &err));
    assert_true(versions_restore(&versions, versions_find(&versions, RUN_1), &err));
    versions_close(&versions);
    assert_int_equal(numbered_read("copy"), 1);
    assert_true(open_them(&versions, false, &err));
    assert_int_equal(versions.n, 2);
    assert_int_equal(numbered_read(versions.items[1].name), 9);
    versions_close(&versions);
}

static void
a_program_that_has_it_open_is_told(void **state)
{
    struct decant_error err = { 0 };
    struct versions versions;
    (void)state;
    publish_three(false, 5);
    sqlite3 *reader = reader_open("copy");
    assert_int_equal(reader_exec(reader, "BEGIN; SELECT * FROM t"), SQLITE_OK);
    assert_true(open_them(&versions, true, &err));
    assert_false(versions_restore(&versions, versions_find(&versions, RUN_1), &err));
    assert_int_equal(err.code, DECANT_UNPUBLISHED);
    assert_non_null(strstr(err.hint, "stop the program"));
    versions_close(&versions);
    sqlite3_close(reader);
    assert_int_equal(numbered_read("copy"), 3);
    assert_int_equal(file_size("copy.decant-" RUN_1 ".link"), -1);
}

static void
another_run_has_the_lock(void **state)
{
    struct decant_error err = { 0 };
    struct versions mine, other;
    (void)state;
    publish_three(false, 5);
    assert_true(open_them(&mine, true, &err));
    assert_false(open_them(&other, true, &err));
    assert_int_equal(err.code, DECANT_REFUSED);
    versions_close(&other);
    assert_true(open_them(&other, false, &err)); /* looking needs none */
    versions_close(&other);
    versions_close(&mine);
    assert_int_equal(file_size("copy.decant-lock"), -1);
}

static void
what_is_dropped_is_gone_with_all_its_names(void **state)
{
    struct decant_error err = { 0 };
    struct versions versions;
    (void)state;
    for (int as_link = 0; as_link < 2; as_link++) {
        folder_clear(NULL);
        publish_three(as_link, 5);
        close(open("copy." RUN_1 ".db-wal", O_CREAT | O_WRONLY, 0600));
        assert_true(open_them(&versions, true, &err));
        assert_true(versions_drop(&versions, versions_find(&versions, RUN_1), &err));
        assert_true(versions_drop(&versions, versions_current(&versions), &err));
        versions_close(&versions);
        assert_true(open_them(&versions, false, &err));
        assert_int_equal(versions.n, 1);
        assert_string_equal(versions.items[0].run, RUN_2);
        versions_close(&versions);
        struct stat st;
        assert_int_equal(lstat("copy", &st), -1);
        assert_int_equal(lstat("copy." RUN_1 ".db-wal", &st), -1);
    }
}

/* After a way back the one in place is older than one behind it; what it is replaced by next must
 * not cost just this one. */
static void
the_one_that_was_replaced_is_the_last_to_go(void **state)
{
    struct decant_error err = { 0 };
    struct versions versions;
    struct notes notes;
    (void)state;
    notes_init(&notes);
    publish_three(false, 5);
    assert_true(open_them(&versions, true, &err));
    assert_true(versions_restore(&versions, versions_find(&versions, RUN_1), &err));
    versions_close(&versions);
    numbered_make("built", 4);
    assert_true(publish_rename(&(struct publication){ .built = "built",
                                                      .target = "copy",
                                                      .run = "20260104000000x000004",
                                                      .keep = 1,
                                                      .notes = &notes },
                               &err));
    assert_true(open_them(&versions, false, &err));
    assert_int_equal(versions.n, 2);
    assert_string_equal(versions.items[0].run, "20260104000000x000004");
    assert_string_equal(versions.items[1].run, RUN_1);
    versions_close(&versions);
    notes_deinit(&notes);
}

static void
names_of_runs_are_known(void **state)
{
    (void)state;
    assert_true(version_is_run(RUN_1, strlen(RUN_1)));
    assert_false(version_is_run("2026010100000x000001", 20));
    assert_false(version_is_run("20260101000000x", 15));
    assert_false(version_is_run("20260101000000x00000g", 21));
    assert_false(version_is_run("20260101000000-000001", 21));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(those_in_place_stand_first_then_the_youngest, folder_clear),
        cmocka_unit_test_teardown(other_files_are_no_copies, folder_clear),
        cmocka_unit_test_teardown(it_goes_back_and_forward_again, folder_clear),
        cmocka_unit_test_teardown(the_one_in_place_gets_a_name, folder_clear),
        cmocka_unit_test_teardown(a_program_that_has_it_open_is_told, folder_clear),
        cmocka_unit_test_teardown(another_run_has_the_lock, folder_clear),
        cmocka_unit_test_teardown(what_is_dropped_is_gone_with_all_its_names, folder_clear),
        cmocka_unit_test_teardown(the_one_that_was_replaced_is_the_last_to_go, folder_clear),
        cmocka_unit_test(names_of_runs_are_known),
    };
    return cmocka_run_group_tests_name("versions", tests, folder_enter, folder_leave);
}
