/* SPDX-License-Identifier: PostgreSQL */
#include "base/git.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "base/file.h"

static bool
has_git_above(const char *directory)
{
    char *path = realpath(directory, NULL);
    bool found = false;
    for (char *slash; path != NULL && !found; *slash = '\0') {
        char *git = file_join(path, ".git");
        found = access(git, F_OK) == 0;
        free(git);
        slash = strrchr(path, '/');
        if (slash == NULL)
            break;
    }
    free(path);
    return found;
}

bool
git_may_take(const char *path, bool is_folder)
{
    static const char *const programs[] = { "/usr/bin/git", "/usr/local/bin/git", "/bin/git" };
    char *directory = file_directory(path);
    struct buf name = { 0 };
    buf_printf(&name, "%s%s", file_name(path), is_folder ? "/" : "");
    bool in_tree = has_git_above(directory), ignored = false;
    for (int i = 0; in_tree && !ignored && i < 3; i++) {
        const char *const argv[] = { programs[i], "-C", directory,      "check-ignore",
                                     "-q",        "--", buf_str(&name), NULL };
        struct buf output = { 0 }, errors = { 0 };
        struct decant_error failure = { 0 };
        const atomic_int never = 0;
        const struct child git = {
            .argv = argv, .stdout_fd = -1, .output = &output, .errors = &errors, .stop = &never
        };
        int status;
        ignored =
            access(programs[i], X_OK) == 0 && child_run(&git, &status, &failure) && status == 0;
        buf_deinit(&output);
        buf_deinit(&errors);
    }
    buf_deinit(&name);
    free(directory);
    return in_tree && !ignored;
}
