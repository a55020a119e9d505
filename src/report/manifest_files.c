/* SPDX-License-Identifier: PostgreSQL */
/* Where manifests are, and which of them belong to former copies. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "report/manifest.h"

#define SUFFIX ".decant"

enum { NAME_DIGITS = 16 }; /* of the digest */

const char *
manifest_path_beside(struct arena *arena, const char *target, const char *sha256)
{
    return arena_printf(arena, "%s.%.*s" SUFFIX, target, NAME_DIGITS, sha256);
}

const char *
manifest_path_in_state(struct arena *arena, const char *label)
{
    const char *state = getenv("XDG_STATE_HOME");
    if (state != NULL && state[0] == '/')
        return arena_printf(arena, "%s/decant/%s" SUFFIX, state, label);
    char *home = file_home();
    const char *path = arena_printf(arena, "%s/.local/state/decant/%s" SUFFIX, home, label);
    free(home);
    return path;
}

const char *
manifest_youngest(struct arena *arena, const char *target)
{
    char *directory = file_directory(target);
    const char *name = file_name(target), *found = NULL;
    size_t len = strlen(name);
    struct timespec best = { 0 };
    DIR *dir = opendir(directory);
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        struct stat st;
        if (strncmp(entry->d_name, name, len) != 0 || entry->d_name[len] != '.' ||
            strspn(entry->d_name + len + 1, "0123456789abcdef") != NAME_DIGITS ||
            strcmp(entry->d_name + len + 1 + NAME_DIGITS, SUFFIX) != 0 ||
            fstatat(dirfd(dir), entry->d_name, &st, 0) != 0)
            continue;
        bool is_younger = st.st_mtim.tv_sec != best.tv_sec ? st.st_mtim.tv_sec > best.tv_sec
                                                           : st.st_mtim.tv_nsec > best.tv_nsec;
        if (found != NULL && !is_younger)
            continue;
        found = arena_printf(arena, "%s/%s", directory, entry->d_name);
        best = st.st_mtim;
    }
    if (dir != NULL)
        closedir(dir);
    free(directory);
    return found;
}

void
manifest_remove_older(const char *path)
{
    char *directory = file_directory(path);
    const char *name = file_name(path);
    size_t len = strlen(name), suffix = strlen(SUFFIX);
    size_t stem = len > suffix ? len - suffix : 0;
    while (stem > 0 && name[stem - 1] != '.')
        stem--; /* "shop.sqlite." of "shop.sqlite.81bcc82614444f6e.decant" */
    DIR *dir = opendir(directory);
    for (struct dirent *entry; dir != NULL && stem > 0 && (entry = readdir(dir)) != NULL;) {
        const char *other = entry->d_name;
        if (strlen(other) == len && strncmp(other, name, stem) == 0 && strcmp(other, name) != 0 &&
            strcmp(other + len - suffix, SUFFIX) == 0)
            unlinkat(dirfd(dir), other, 0);
    }
    if (dir != NULL)
        closedir(dir);
    free(directory);
}
