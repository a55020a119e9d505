/* SPDX-License-Identifier: PostgreSQL */
/* Text as files: what has the same bytes is not touched, what is not ours is not lost. */
#include "text/files.h"

#include <sys/stat.h>

#include "folder.h"

static const struct text_dialect dialect = { "nobody", "HEAD\n", "FOOT\n" };

static void
write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static char *
read_file(const char *path)
{
    static char text[4096];
    FILE *file = fopen(path, "r");
    if (file == NULL)
        fail_msg("there is no %s", path);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

/* A schema, tables of these names with a row each, keys. */
static void
build(struct text_files *files, const char *const *tables, const char *row)
{
    struct decant_error err = { 0 };
    bool ok = text_files_begin(files, TEXT_SCHEMA, NULL, NULL, &err) &&
              text_files_put(files, "schema\n", 7, &err);
    for (; ok && *tables != NULL; tables++)
        ok = text_files_begin(files, TEXT_ROWS, "s", *tables, &err) &&
             text_files_put(files, row, strlen(row), &err);
    ok = ok && text_files_begin(files, TEXT_KEYS, NULL, NULL, &err) &&
         text_files_put(files, "keys\n", 5, &err) && text_files_end(files, &err);
    if (!ok)
        fail_msg("%s", err.message);
}

static void
open_files(struct text_files *files, const char *target)
{
    struct decant_error err = { 0 };
    if (!text_files_open(target, "20260101000000x000001", false, &dialect, files, &err))
        fail_msg("%s", err.message);
}

static int
publish(const char *target, const char *const *tables, const char *row)
{
    struct decant_error err = { 0 };
    struct text_files files;
    int changed;
    open_files(&files, target);
    build(&files, tables, row);
    if (!text_files_publish(&files, &changed, &err))
        fail_msg("%s", err.message);
    text_files_close(&files);
    return changed;
}

static const char *const two[] = { "a", "b", NULL }, *const one[] = { "a", NULL };

static void
a_file_has_one_head_and_its_sections_in_their_order(void **state)
{
    (void)state;
    assert_int_equal(publish("out.sql", two, "row\n"), 1);
    assert_string_equal(read_file("out.sql"), "-- decant: SQL text of a copy, for nobody\nHEAD\n"
                                              "schema\nrow\nrow\nkeys\nFOOT\n");
    assert_int_equal(publish("out.sql", two, "row\n"), 0);
    assert_int_equal(publish("out.sql", two, "other\n"), 1);
    assert_int_equal(system("test \"$(ls -A)\" = out.sql"), 0); /* and nothing is left beside */
}

static void
a_folder_has_a_file_of_each_table_and_each_can_be_loaded_alone(void **state)
{
    (void)state;
    assert_int_equal(publish("out/", two, "row\n"), 4);
    assert_int_equal(system("test \"$(ls out | tr '\\n' ' ')\" ="
                            " '10-schema.sql 50-s.a.sql 50-s.b.sql 90-keys.sql '"),
                     0);
    assert_string_equal(read_file("out/50-s.b.sql"),
                        "-- decant: SQL text of a copy, for nobody\nHEAD\nrow\nFOOT\n");
}

static void
files_that_are_the_same_are_not_touched(void **state)
{
    struct stat before, after;
    (void)state;
    assert_false(text_target_has_text("out"));
    publish("out/", two, "row\n");
    assert_true(text_target_has_text("out"));
    write_file("out/50-s.a.sql", "-- decant: SQL text of a copy, for nobody\nHEAD\nold\nFOOT\n");
    assert_int_equal(stat("out/50-s.b.sql", &before), 0);
    assert_int_equal(publish("out", two, "row\n"), 1); /* the slash may be left out by now */
    assert_int_equal(stat("out/50-s.b.sql", &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
    assert_non_null(strstr(read_file("out/50-s.a.sql"), "row"));
}

static void
a_table_that_is_gone_leaves_no_file(void **state)
{
    (void)state;
    publish("out/", two, "row\n");
    write_file("out/README", "ours");
    assert_int_equal(publish("out/", one, "row\n"), 1);
    assert_int_equal(access("out/50-s.b.sql", F_OK), -1);
    assert_string_equal(read_file("out/README"), "ours");
}

static void
files_of_others_are_not_replaced_unless_it_is_asked_for(void **state)
{
    struct decant_error err = { 0 };
    (void)state;
    write_file("mine.sql", "SELECT 1;\n");
    write_file("empty.sql", "");
    assert_int_equal(mkdir("folder", 0700), 0);
    write_file("folder/seed.sql", "SELECT 1;\n");
    assert_false(text_target_guard("mine.sql", false, &err));
    assert_int_equal(err.code, DECANT_REFUSED);
    assert_false(text_target_guard("folder", false, &err));
    assert_false(text_target_guard("mine.sql/", true, &err)); /* no folder, whatever is asked for */
    assert_true(text_target_guard("mine.sql", true, &err));
    assert_true(text_target_guard("folder/", true, &err));
    assert_true(text_target_guard("empty.sql", false, &err));
    assert_true(text_target_guard("nothing/", false, &err));
    assert_true(text_target_guard("-", false, &err));
}

/* Capitals are spelled out, for a file system may not tell them apart. */
static void
odd_names_are_names_of_files(void **state)
{
    static const char *const tables[] = { "A", "a", "../x", "with space", "\303\244", NULL };
    char longest[300];
    (void)state;
    assert_int_equal(publish("out/", tables, "row\n"), 7);
    assert_int_equal(access("out/50-s.%41.sql", F_OK), 0);
    assert_int_equal(access("out/50-s.%2E%2E%2Fx.sql", F_OK), 0);
    assert_int_equal(access("out/50-s.with%20space.sql", F_OK), 0);
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    const char *const same[] = { longest, longest, NULL }; /* where they are cut */
    assert_int_equal(publish("long/", same, "row\n"), 4);
}

static void
what_is_written_again_must_be_the_same(void **state)
{
    static const char *const others[] = { "a", "c", NULL }, *const three[] = { "a", "b", "c",
                                                                               NULL };
    static const struct {
        const char *const *tables;
        const char *row;
        bool same;
    } again[] = { { two, "row\n", true },   { two, "raw\n", false }, { two, "ro", false },
                  { two, "rowrow", false }, { one, "row\n", false }, { others, "row\n", false },
                  { three, "row\n", false } };
    (void)state;
    for (int is_folder = 0; is_folder < 2; is_folder++)
        for (size_t i = 0; i < sizeof again / sizeof *again; i++) {
            struct text_files files;
            struct decant_error err = { 0 };
            if (!is_folder && again[i].tables == others)
                continue; /* a file does not tell names of tables without rows */
            open_files(&files, is_folder ? "out/" : "out.sql");
            build(&files, two, "row\n");
            text_files_compare(&files);
            bool ok = text_files_begin(&files, TEXT_SCHEMA, NULL, NULL, &err) &&
                      text_files_put(&files, "schema\n", 7, &err);
            for (const char *const *table = again[i].tables; ok && *table != NULL; table++)
                ok = text_files_begin(&files, TEXT_ROWS, "s", *table, &err) &&
                     text_files_put(&files, again[i].row, strlen(again[i].row), &err);
            ok = ok && text_files_begin(&files, TEXT_KEYS, NULL, NULL, &err) &&
                 text_files_put(&files, "keys\n", 5, &err) && text_files_end(&files, &err);
            assert_int_equal(ok, again[i].same);
            assert_int_equal(err.code, again[i].same ? DECANT_OK : DECANT_CHECK);
            text_files_close(&files);
        }
}

static void
what_killed_runs_left_is_removed_and_nothing_else(void **state)
{
    (void)state;
    assert_int_equal(mkdir("out.sql.decant-20250101000000x000009.text", 0700), 0);
    write_file("out.sql.decant-20250101000000x000009.text/text.sql", "half");
    assert_int_equal(mkdir("out.sql.decant-20250101000000x000009.pull", 0700), 0);
    assert_int_equal(mkdir("other.sql.decant-20250101000000x000009.text", 0700), 0);
    publish("out.sql", one, "row\n");
    assert_int_equal(system("test \"$(ls | tr '\\n' ' ')\" ="
                            " 'other.sql.decant-20250101000000x000009.text out.sql '"),
                     0);
}

/* Nobody has a lock of "-": whoever is at work holds his folder. */
static void
what_was_only_read_is_removed_by_the_next_but_while_somebody_writes(void **state)
{
    struct decant_error err = { 0 };
    struct text_files working, next;
    char *here = getcwd(NULL, 0);
    (void)state;
    setenv("TMPDIR", here, 1);
    assert_int_equal(mkdir("decant.decant-20250101000000x000009.text", 0700), 0);
    write_file("decant.decant-20250101000000x000009.text/text.sql", "half");
    open_files(&working, "-");
    assert_int_equal(access("decant.decant-20250101000000x000009.text", F_OK), -1);
    assert_true(text_files_open("-", "20260101000000x000002", false, &dialect, &next, &err));
    assert_int_equal(access(working.build, F_OK), 0);
    build(&working, one, "row\n");
    text_files_close(&working);
    text_files_close(&next);
    assert_int_equal(system("test -z \"$(ls -A)\""), 0);
    unsetenv("TMPDIR");
    free(here);
}

static void
a_private_file_is_its_owners_and_another_keeps_its_mode(void **state)
{
    struct decant_error err = { 0 };
    struct text_files files;
    struct stat st;
    int changed;
    (void)state;
    publish("out.sql", one, "row\n");
    assert_int_equal(chmod("out.sql", 0640), 0);
    publish("out.sql", one, "other\n");
    assert_int_equal(stat("out.sql", &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    open_files(&files, "out.sql");
    files.is_private = true;
    build(&files, one, "row\n");
    assert_true(text_files_publish(&files, &changed, &err));
    text_files_close(&files);
    assert_int_equal(stat("out.sql", &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void
a_name_says_how_it_is_compressed(void **state)
{
    struct decant_error err = { 0 };
    (void)state;
    assert_int_equal(publish("out.sql.gz", one, "row\n"), 1);
    assert_int_equal(publish("out.sql.gz", one, "row\n"), 0);
    assert_int_equal(publish("out.sql.zst", one, "row\n"), 1);
    assert_int_equal(publish("out.sql.zst", one, "row\n"), 0);
    assert_int_equal(system("test \"$(gunzip -c out.sql.gz | wc -l)\" = 6"), 0);
    write_file("mine.sql.gz", "no gzip");
    write_file("mine.sql.zst", "no zstd");
    assert_false(text_target_guard("mine.sql.gz", false, &err));
    assert_false(text_target_guard("mine.sql.zst", false, &err));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_file_has_one_head_and_its_sections_in_their_order,
                                  folder_clear),
        cmocka_unit_test_teardown(a_folder_has_a_file_of_each_table_and_each_can_be_loaded_alone,
                                  folder_clear),
        cmocka_unit_test_teardown(files_that_are_the_same_are_not_touched, folder_clear),
        cmocka_unit_test_teardown(a_table_that_is_gone_leaves_no_file, folder_clear),
        cmocka_unit_test_teardown(files_of_others_are_not_replaced_unless_it_is_asked_for,
                                  folder_clear),
        cmocka_unit_test_teardown(odd_names_are_names_of_files, folder_clear),
        cmocka_unit_test_teardown(what_is_written_again_must_be_the_same, folder_clear),
        cmocka_unit_test_teardown(what_killed_runs_left_is_removed_and_nothing_else, folder_clear),
        cmocka_unit_test_teardown(
            what_was_only_read_is_removed_by_the_next_but_while_somebody_writes, folder_clear),
        cmocka_unit_test_teardown(a_private_file_is_its_owners_and_another_keeps_its_mode,
                                  folder_clear),
        cmocka_unit_test_teardown(a_name_says_how_it_is_compressed, folder_clear),
    };
    return cmocka_run_group_tests_name("text_files", tests, folder_enter, folder_leave);
}
