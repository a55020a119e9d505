/* SPDX-License-Identifier: PostgreSQL */
/* Files that a commit might take, and locks that are not to be had. */
#include "base/git.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/file.h"
#include "folder.h"

static void
outside_of_a_work_tree_nothing_is_taken(void **state)
{
    (void)state;
    assert_false(git_may_take("copy.sqlite", false));
    assert_false(git_may_take("/copy.sqlite", false));
    assert_false(git_may_take("not/there/copy.sqlite", false));
}

static void
a_file_is_taken_unless_it_is_ignored(void **state)
{
    static const struct {
        const char *path;
        bool is_taken;
    } cases[] = {
        { "tree/copy.sqlite", true },       { "tree/deep/copy.sqlite", true },
        { "tree/copy.tmp", false },         { "tree/deep/copy.tmp", false },
        { "tree/private/x.sqlite", false }, { "tree/-x", true },
        { "tree/-x.tmp", false },           { "tree/a b\".tmp", false },
        { "tree/kept.tmp", true },
    };
    (void)state;
    if (access("/usr/bin/git", X_OK) != 0)
        skip();
    assert_int_equal(
        system("/usr/bin/git init -q tree && mkdir tree/deep tree/private && "
               "printf '*.tmp\\n/private/\\nfixtures/\\n!kept.tmp\\n' > tree/.gitignore"),
        0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (git_may_take(cases[i].path, false) != cases[i].is_taken)
            fail_msg("%s", cases[i].path);
    assert_false(git_may_take("tree/fixtures", true)); /* they are not there yet */
    assert_true(git_may_take("tree/fixtures", false));
    assert_true(git_may_take("tree/other", true));
}

/* Of a second work tree .git is a file; without a repository nobody can say what is ignored. */
static void
what_git_cannot_tell_might_be_taken(void **state)
{
    (void)state;
    assert_int_equal(mkdir("second", 0700), 0);
    assert_int_equal(mkdir("second/deep", 0700), 0);
    FILE *file = fopen("second/.git", "w");
    assert_non_null(file);
    fputs("gitdir: /nowhere\n", file);
    fclose(file);
    assert_true(git_may_take("second/copy.sqlite", false));
    assert_true(git_may_take("second/deep/copy.sqlite", false));
}

static const atomic_int never = 0;

static void
a_lock_that_cannot_be_made_is_told(void **state)
{
    struct decant_error err = { 0 };
    int fd = -1;
    (void)state;
    assert_int_equal(mkdir("taken", 0700), 0);
    assert_false(file_lock("taken", 0, "copy", &never, &fd, &err));
    assert_int_equal(err.code, DECANT_UNAVAILABLE);
    assert_string_equal(err.message, "cannot create 'taken': Is a directory");
    assert_int_equal(fd, -1);
    file_unlock("taken", -1); /* nothing is held, nothing goes */
    assert_int_equal(access("taken", F_OK), 0);
}

/* What a lock is for is told, not the file that it is. */
static void
a_lock_of_another_is_told_by_what_it_is_for(void **state)
{
    struct decant_error err = { 0 };
    atomic_int stop = 1;
    int fd = -1, other = open("held", O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    (void)state;
    assert_int_equal(flock(other, LOCK_EX), 0);
    assert_false(file_lock("held", 0, "copy.sqlite", &never, &fd, &err));
    assert_int_equal(err.code, DECANT_REFUSED);
    assert_string_equal(err.message, "another run holds 'copy.sqlite'");
    assert_false(file_lock("held", -1, "copy.sqlite", &stop, &fd, &err));
    assert_int_equal(err.code, DECANT_CANCELLED);
    assert_false(file_lock("held", 600, "copy.sqlite", &stop, &fd, &err));
    assert_int_equal(err.code, DECANT_CANCELLED);
    close(other);
    assert_true(file_lock("held", 0, "copy.sqlite", &never, &fd, &err));
    file_unlock("held", fd);
    assert_int_not_equal(access("held", F_OK), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outside_of_a_work_tree_nothing_is_taken),
        cmocka_unit_test(a_file_is_taken_unless_it_is_ignored),
        cmocka_unit_test(what_git_cannot_tell_might_be_taken),
        cmocka_unit_test(a_lock_that_cannot_be_made_is_told),
        cmocka_unit_test(a_lock_of_another_is_told_by_what_it_is_for),
    };
    return cmocka_run_group_tests(tests, folder_enter, folder_leave);
}
