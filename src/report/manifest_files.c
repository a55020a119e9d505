/* SPDX-License-Identifier: PostgreSQL */
/* Where manifests are, and which of them belong to former copies. */
#include <assert.h>
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

static bool
is_beside(const char *name, const char *target_name)
{
    size_t len = strlen(target_name);
    return strncmp(name, target_name, len) == 0 && name[len] == '.' &&
           strspn(name + len + 1, "0123456789abcdef") == NAME_DIGITS &&
           strcmp(name + len + 1 + NAME_DIGITS, SUFFIX) == 0;
}

const char *
manifest_youngest(struct arena *arena, const char *target)
{
    char *directory = file_directory(target);
    const char *name = file_name(target), *found = NULL;
    struct timespec best = { 0 };
    DIR *dir = opendir(directory);
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        struct stat st;
        if (!is_beside(entry->d_name, name) || fstatat(dirfd(dir), entry->d_name, &st, 0) != 0)
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

/* The run that a manifest tells of, in the arena; NULL: it cannot be read. */
static const char *
run_of(struct arena *arena, const char *path)
{
    static const atomic_int never = 0;
    struct decant_error ignored = { 0 };
    struct db *db = NULL;
    const char *run = NULL;
    struct db_stmt *stmt =
        manifest_open(path, &never, &db, &ignored)
            ? db_prepare(db, "SELECT value FROM run WHERE name = 'run'", &ignored)
            : NULL;
    if (stmt != NULL && db_step(stmt, &ignored) == 1)
        run = arena_strdup(arena, db_text(stmt, 0));
    db_finalize(stmt);
    db_close(db);
    return run;
}

const char *
manifest_of_run(struct arena *arena, const char *target, const char *run)
{
    assert(target != NULL && run != NULL);
    char *directory = file_directory(target);
    const char *found = NULL;
    DIR *dir = opendir(directory);
    for (struct dirent *entry; dir != NULL && found == NULL && (entry = readdir(dir)) != NULL;) {
        if (!is_beside(entry->d_name, file_name(target)))
            continue;
        const char *path = arena_printf(arena, "%s/%s", directory, entry->d_name);
        const char *own = run_of(arena, path);
        if (own != NULL && strcmp(own, run) == 0)
            found = path;
    }
    if (dir != NULL)
        closedir(dir);
    free(directory);
    return found;
}

static bool
is_kept(struct arena *arena, const char *path, const char *const *kept, int nkept)
{
    const char *run = nkept > 0 ? run_of(arena, path) : NULL;
    for (int i = 0; run != NULL && i < nkept; i++)
        if (strcmp(kept[i], run) == 0)
            return true;
    return false;
}

void
manifest_remove_others(const char *path, const char *const *kept, int nkept)
{
    assert(path != NULL && nkept >= 0);
    struct arena arena = { 0 };
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
            strcmp(other + len - suffix, SUFFIX) == 0 &&
            !is_kept(&arena, arena_printf(&arena, "%s/%s", directory, other), kept, nkept))
            unlinkat(dirfd(dir), other, 0);
    }
    if (dir != NULL)
        closedir(dir);
    free(directory);
    arena_deinit(&arena);
}
