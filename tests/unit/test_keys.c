/* SPDX-License-Identifier: PostgreSQL */
/* Keys that the library makes: never two alike, never in the place of another, for nobody else. */
#include "jobs.h"

#include <ctype.h>

static void
a_new_key_is_a_file_of_its_owner(void **state)
{
    char path[300], *created = NULL, id[9];
    struct decant_error err = { 0 };
    struct stat st;
    (void)state;
    snprintf(path, sizeof path, "%s/new.key", folder);
    assert_true(decant_key_new(path, &created, id, &err));
    assert_string_equal(created, path);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(strlen(id), 8);
    for (int i = 0; i < 8; i++)
        assert_true(isdigit((unsigned char)id[i]) || (id[i] >= 'a' && id[i] <= 'f'));
    assert_int_equal(err.code, DECANT_OK);
    free(created);
}

static void
no_two_keys_are_alike(void **state)
{
    char path[300], *created, ids[40][9];
    struct decant_error err = { 0 };
    (void)state;
    for (int i = 0; i < 40; i++) {
        snprintf(path, sizeof path, "%s/%d.key", folder, i);
        assert_true(decant_key_new(path, &created, ids[i], &err));
        free(created);
        for (int j = 0; j < i; j++)
            assert_string_not_equal(ids[i], ids[j]);
    }
}

static void
a_file_that_is_there_is_never_replaced(void **state)
{
    char path[300], *created = NULL, id[9];
    struct decant_error err = { 0 };
    struct buf text = { 0 };
    (void)state;
    snprintf(path, sizeof path, "%s/mine", folder);
    write_file(path, "mine");
    assert_false(decant_key_new(path, &created, id, &err));
    assert_non_null(strstr(err.message, path));
    assert_null(created);
    read_file(path, &text);
    assert_string_equal(buf_str(&text), "mine");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("nowhere", path), 0); /* nor a link that leads nowhere */
    err = (struct decant_error){ 0 };
    assert_false(decant_key_new(path, &created, id, &err));
    assert_null(created);
    assert_folder_has(" mine");
    buf_deinit(&text);
}

static void
without_a_path_it_is_called_after_its_fingerprint(void **state)
{
    char *created = NULL, id[9], expected[400];
    struct decant_error err = { 0 };
    (void)state;
    setenv("XDG_CONFIG_HOME", folder, 1);
    assert_true(decant_key_new(NULL, &created, id, &err));
    snprintf(expected, sizeof expected, "%s/decant/%s.key", folder, id);
    assert_string_equal(created, expected);
    assert_int_equal(access(expected, R_OK), 0);
    free(created);
    unsetenv("XDG_CONFIG_HOME");
}

static void
a_folder_that_is_not_there_is_an_error_with_its_name(void **state)
{
    char path[300], *created = NULL, id[9];
    struct decant_error err = { 0 };
    (void)state;
    snprintf(path, sizeof path, "%s/file/new.key", folder);
    char file[300];
    snprintf(file, sizeof file, "%s/file", folder);
    write_file(file, ""); /* a file is no folder */
    assert_false(decant_key_new(path, &created, id, &err));
    assert_non_null(strstr(err.message, path));
    assert_true(err.code != DECANT_OK && err.code != DECANT_BUG);
    assert_null(created);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        FACT(a_new_key_is_a_file_of_its_owner),
        FACT(no_two_keys_are_alike),
        FACT(a_file_that_is_there_is_never_replaced),
        FACT(without_a_path_it_is_called_after_its_fingerprint),
        FACT(a_folder_that_is_not_there_is_an_error_with_its_name),
    };
    return cmocka_run_group_tests(tests, begin_folder, end_folder);
}
