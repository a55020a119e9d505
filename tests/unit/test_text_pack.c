/* SPDX-License-Identifier: PostgreSQL */
/* Compressed files hold what was written, are the same each time, and tell when they are damaged.
 */
#include "text/pack.h"

#include "folder.h"

static const char *const names[] = { "out.sql.gz", "out.sql.zst" };

static void
write_plain(size_t bytes)
{
    FILE *file = fopen("plain", "w");
    assert_non_null(file);
    for (size_t i = 0; i < bytes; i++)
        fputc((int)(i * i / 7 % 251), file);
    fclose(file);
}

static void
every_length_is_held(void **state)
{
    static const size_t lengths[] = { 0, 1, 65535, 65536, 65537, 131072, 1000000 };
    struct decant_error err = { 0 };
    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        for (int n = 0; n < 2; n++) {
            write_plain(lengths[i]);
            if (!packing_write(packing_of(names[n]), "plain", names[n], &err))
                fail_msg("%zu bytes: %s", lengths[i], err.message);
            assert_int_equal(unlink(names[n]), 0);
        }
}

static void
the_same_bytes_give_the_same_file(void **state)
{
    struct decant_error err = { 0 };
    char command[100];
    (void)state;
    write_plain(300000);
    for (int n = 0; n < 2; n++) {
        const struct packing *packing = packing_of(names[n]);
        assert_true(packing_write(packing, "plain", names[n], &err));
        assert_int_equal(system("touch -d '2001-01-01' plain"), 0);
        assert_true(packing_write(packing, "plain", "again", &err));
        snprintf(command, sizeof command, "cmp -s %s again && rm again", names[n]);
        assert_int_equal(system(command), 0);
    }
}

static void
other_programs_read_it(void **state)
{
    struct decant_error err = { 0 };
    (void)state;
    write_plain(300000);
    assert_true(packing_write(packing_of("x.gz"), "plain", "x.gz", &err));
    assert_int_equal(system("gunzip -c x.gz | cmp -s - plain"), 0);
}

static void
a_file_that_is_there_is_not_written_over(void **state)
{
    struct decant_error err = { 0 };
    (void)state;
    write_plain(10);
    for (int n = 0; n < 2; n++) {
        assert_true(packing_write(packing_of(names[n]), "plain", names[n], &err));
        assert_false(packing_write(packing_of(names[n]), "plain", names[n], &err));
        assert_int_equal(err.code, DECANT_UNAVAILABLE);
    }
}

static void
what_is_cut_or_no_such_file_has_nothing_to_read(void **state)
{
    struct decant_error err = { 0 };
    char head[8];
    (void)state;
    write_plain(300000);
    for (int n = 0; n < 2; n++) {
        const struct packing *packing = packing_of(names[n]);
        assert_true(packing_write(packing, "plain", names[n], &err));
        assert_int_equal(packing_peek(packing, names[n], head, 8), 8);
        assert_int_equal(truncate(names[n], 12), 0);
        assert_int_equal(packing_peek(packing, names[n], head, 8), 0);
        assert_int_equal(packing_peek(packing, "nothing", head, 8), 0);
    }
    assert_int_equal(packing_peek(packing_of("x.zst"), "plain", head, 8), 0);
    assert_int_equal(packing_peek(NULL, "plain", head, 8), 8);
}

static void
names_without_such_an_end_are_plain(void **state)
{
    (void)state;
    assert_null(packing_of("out.sql"));
    assert_null(packing_of(".gz"));
    assert_null(packing_of("gz"));
    assert_non_null(packing_of("a.gz"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(every_length_is_held, folder_clear),
        cmocka_unit_test_teardown(the_same_bytes_give_the_same_file, folder_clear),
        cmocka_unit_test_teardown(other_programs_read_it, folder_clear),
        cmocka_unit_test_teardown(a_file_that_is_there_is_not_written_over, folder_clear),
        cmocka_unit_test_teardown(what_is_cut_or_no_such_file_has_nothing_to_read, folder_clear),
        cmocka_unit_test(names_without_such_an_end_are_plain),
    };
    return cmocka_run_group_tests_name("text_pack", tests, folder_enter, folder_leave);
}
