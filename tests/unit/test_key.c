/* SPDX-License-Identifier: PostgreSQL */
#include "key/key.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

static const char digits[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

struct place {
    char folder[256], path[260];
};

static int
make_place(void **state)
{
    struct place *place = mem_alloc(sizeof *place);
    if (!make_folder(place->folder, sizeof place->folder))
        return -1;
    snprintf(place->path, sizeof place->path, "%s/k", place->folder);
    *state = place;
    return 0;
}

static int
remove_place(void **state)
{
    struct place *place = *state;
    unlink(place->path);
    rmdir(place->folder);
    free(place);
    return 0;
}

static void
put(const struct place *place, const char *text, mode_t mode)
{
    FILE *file = fopen(place->path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    chmod(place->path, mode);
}

static struct key *
load(const struct place *place)
{
    struct key *key = NULL;
    struct decant_error err = { 0 };
    if (!key_load(place->path, &key, &err))
        fail_msg("%s", err.message);
    return key;
}

static void
refuse(const struct place *place, const char *why)
{
    struct key *key = NULL;
    struct decant_error err = { 0 };
    assert_false(key_load(place->path, &key, &err));
    assert_int_equal(err.code, DECANT_REFUSED);
    if (strstr(err.message, why) == NULL)
        fail_msg("'%s' says nothing of '%s'", err.message, why);
    assert_null(strstr(err.message, "000102"));
}

static void
a_new_key_is_read_back_and_nobody_else_may_read_it(void **state)
{
    const struct place *place = *state;
    char *created = NULL, id[KEY_ID];
    struct decant_error err = { 0 };
    struct stat st;
    assert_true(key_create(place->path, &created, id, &err));
    assert_string_equal(created, place->path);
    assert_int_equal(stat(created, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    struct key *key = load(place);
    assert_string_equal(key_id(key), id);
    key_free(key);
    free(created);
    assert_false(key_create(place->path, &created, id, &err)); /* it is never replaced */
    assert_int_equal(err.code, DECANT_REFUSED);
}

/* Frozen: another value would change every copy that was ever made. BLAKE2b by Python's hashlib:
 * blake2b(len8(purpose) + purpose + len8(label) + label, key=bytes(range(32)), digest_size=16) */
static void
sub_keys_are_frozen_and_differ_by_purpose_and_label(void **state)
{
    static const struct {
        const char *purpose, *label, *hex;
    } golden[] = {
        { "public id", "", "bd8d59c675d7124f170eb2d76b9fa43d" },
        { "sample", "v1", "e64acfff83d360fc4c654b6c258be944" },
        { "samplev", "1", "0f947bd31952ac4844f336240786ef70" },
    };
    const struct place *place = *state;
    char text[80];
    snprintf(text, sizeof text, "# a comment\n%s\n", digits);
    put(place, text, 0600);
    struct key *key = load(place);
    for (int i = 0; i < 3; i++) {
        uint8_t out[16];
        char hex[33];
        key_derive(key, golden[i].purpose, golden[i].label, out, sizeof out);
        for (int j = 0; j < 16; j++)
            snprintf(hex + 2 * j, 3, "%02x", out[j]);
        assert_string_equal(hex, golden[i].hex);
    }
    assert_memory_equal(key_id(key), golden[0].hex, KEY_ID - 1);
    key_free(key);
}

static void
a_file_that_others_may_read_or_write_is_refused(void **state)
{
    put(*state, digits, 0644);
    refuse(*state, "others may read");
    put(*state, digits, 0620);
    refuse(*state, "others may write");
    put(*state, digits, 0400);
    key_free(load(*state));
}

static void
a_file_without_exactly_one_key_is_refused(void **state)
{
    char text[400];
    put(*state, "", 0600);
    refuse(*state, "holds no key");
    put(*state, "0001020304\n", 0600);
    refuse(*state, "holds no key");
    snprintf(text, sizeof text, "%s\n%s\n", digits, digits);
    put(*state, text, 0600);
    refuse(*state, "holds no key");
    snprintf(text, sizeof text, "%s0\n", digits);
    put(*state, text, 0600);
    refuse(*state, "holds no key");
    snprintf(text, sizeof text, "%s\r\n# end", digits);
    put(*state, text, 0600);
    key_free(load(*state));
}

static void
a_key_in_a_git_work_tree_is_refused(void **state)
{
    const struct place *place = *state;
    char git[300], *created = NULL, id[KEY_ID];
    struct decant_error err = { 0 };
    snprintf(git, sizeof git, "%s/.git", place->folder);
    assert_int_equal(mkdir(git, 0700), 0);
    assert_false(key_create(place->path, &created, id, &err));
    assert_int_equal(err.code, DECANT_REFUSED);
    assert_non_null(strstr(err.message, "git work tree"));
    assert_int_equal(access(place->path, F_OK), -1);
    put(place, digits, 0600);
    refuse(place, "git work tree"); /* and not read there, either */
    rmdir(git);
}

int
main(void)
{
#define FACT(f) cmocka_unit_test_setup_teardown(f, make_place, remove_place)
    const struct CMUnitTest tests[] = {
        FACT(a_new_key_is_read_back_and_nobody_else_may_read_it),
        FACT(sub_keys_are_frozen_and_differ_by_purpose_and_label),
        FACT(a_file_that_others_may_read_or_write_is_refused),
        FACT(a_file_without_exactly_one_key_is_refused),
        FACT(a_key_in_a_git_work_tree_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
