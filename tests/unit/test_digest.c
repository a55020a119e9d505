/* SPDX-License-Identifier: PostgreSQL */
/* SHA-256 as the standard has it (FIPS 180-4; examples of NIST), of texts and of files. */
#include "key/digest.h"

#include <unistd.h>

#include "unit.h"

static const char of_nothing[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
static const char of_abc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
static const char of_a_million[] =
    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

static char path[300];

static void
write_file(const char *text, size_t times)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    while (times-- > 0)
        fputs(text, file);
    fclose(file);
}

static void
texts_have_the_digests_of_the_standard(void **state)
{
    char hex[DIGEST_HEX];
    (void)state;
    assert_true(digest_text("", 0, hex));
    assert_string_equal(hex, of_nothing);
    assert_true(digest_text("abc, and more", 3, hex));
    assert_string_equal(hex, of_abc);
}

/* Longer than what is read at once, too. */
static void
files_have_the_digest_of_what_they_hold(void **state)
{
    static const struct {
        const char *text;
        size_t times;
        const char *digest;
    } files[] = { { "", 0, of_nothing }, { "abc", 1, of_abc }, { "a", 1000000, of_a_million } };
    struct decant_error err = { 0 };
    char hex[DIGEST_HEX], whole[DIGEST_HEX];
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        write_file(files[i].text, files[i].times);
        assert_true(digest_file(path, NULL, hex, &err));
        assert_string_equal(hex, files[i].digest);
    }
    enum { LARGE = 2500000 };
    char *text = calloc(1, LARGE + 1);
    assert_non_null(text);
    memset(text, 'x', LARGE);
    write_file(text, 1);
    assert_true(digest_file(path, NULL, hex, &err) && digest_text(text, LARGE, whole));
    assert_string_equal(hex, whole);
    free(text);
}

static void
what_cannot_be_read_or_is_not_wanted_has_none(void **state)
{
    struct decant_error err = { 0 };
    char hex[DIGEST_HEX];
    const atomic_int stop = 1;
    (void)state;
    unlink(path);
    assert_false(digest_file(path, NULL, hex, &err));
    assert_non_null(strstr(err.message, path));
    assert_false(digest_file("/", NULL, hex, &err)); /* a folder opens, and does not read */
    assert_non_null(strstr(err.message, "cannot read '/'"));
    write_file("abc", 1);
    assert_false(digest_file(path, &stop, hex, &err));
    assert_int_equal(err.code, DECANT_CANCELLED);
}

static int
begin(void **state)
{
    (void)state;
    static char folder[256];
    bool ok = make_folder(folder, sizeof folder);
    snprintf(path, sizeof path, "%s/file", folder);
    *state = folder;
    return !ok;
}

static int
end(void **state)
{
    return remove_folder(*state);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_have_the_digests_of_the_standard),
        cmocka_unit_test(files_have_the_digest_of_what_they_hold),
        cmocka_unit_test(what_cannot_be_read_or_is_not_wanted_has_none),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
