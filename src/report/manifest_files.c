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
    return manifest_in_state(arena, label, SUFFIX);
}

const char *
manifest_in_state(struct arena *arena, const char *name, const char *suffix)
{
    const char *state = getenv("XDG_STATE_HOME");
    if (state != NULL && state[0] == '/')
        return arena_printf(arena, "%s/decant/%s%s", state, name, suffix);
    char *home = file_home();
    const char *path = arena_printf(arena, "%s/.local/state/decant/%s%s", home, name, suffix);
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

/* What a manifest says of the copy that it belongs to, in the arena; its run is NULL where it
 * cannot be read. */
static struct manifest_kept
copy_of(struct arena *arena, const char *path)
{
    static const atomic_int never = 0;
    struct decant_error ignored = { 0 };
    struct manifest_kept copy = { NULL, -1 };
    struct db *db = NULL;
    struct db_stmt *stmt = manifest_open(path, &never, &db, &ignored)
                               ? db_prepare(db,
                                            "SELECT (SELECT value FROM run WHERE name = 'run'),"
                                            " (SELECT value FROM run WHERE name = 'size')",
                                            &ignored)
                               : NULL;
    if (stmt != NULL && db_step(stmt, &ignored) == 1) {
        copy.run = arena_strdup(arena, db_text(stmt, 0));
        copy.bytes = db_column_int(stmt, 1);
    }
    db_finalize(stmt);
    db_close(db);
    return copy;
}

/* Manifests in one directory. */
struct siblings {
    int n;
    const char **names;
    struct manifest_kept *copies;
};

/* Those whose names are as long as `name` and differ behind the first `stem` bytes. */
static void
list_siblings(struct arena *arena, const char *directory, const char *name, size_t stem,
              struct siblings *out)
{
    size_t len = strlen(name), suffix = strlen(SUFFIX);
    DIR *dir = opendir(directory);
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        const char *other = entry->d_name;
        if (strlen(other) != len || strncmp(other, name, stem) != 0 ||
            strcmp(other + len - suffix, SUFFIX) != 0)
            continue;
        out->names = mem_grow(out->names, (size_t)out->n, sizeof *out->names);
        out->copies = mem_grow(out->copies, (size_t)out->n, sizeof *out->copies);
        out->names[out->n] = arena_strdup(arena, other);
        out->copies[out->n++] = copy_of(arena, arena_printf(arena, "%s/%s", directory, other));
    }
    if (dir != NULL)
        closedir(dir);
}

/* The manifest of a run among them, or -1. */
static int
find_run(const struct siblings *siblings, const char *run)
{
    for (int i = 0; i < siblings->n; i++)
        if (siblings->copies[i].run != NULL && strcmp(siblings->copies[i].run, run) == 0)
            return i;
    return -1;
}

/* ... or one that may be of the same bytes. */
static int
find_copy(const struct siblings *siblings, const struct manifest_kept *copy)
{
    int own = find_run(siblings, copy->run);
    if (own >= 0)
        return own;
    for (int i = 0; i < siblings->n; i++)
        if (siblings->copies[i].run != NULL && siblings->copies[i].bytes == copy->bytes)
            return i;
    return -1;
}

static void
siblings_deinit(struct siblings *siblings)
{
    free(siblings->names);
    free(siblings->copies);
}

const char *
manifest_of_run(struct arena *arena, const char *target, const char *run)
{
    assert(target != NULL && run != NULL);
    struct siblings siblings = { 0 };
    char *directory = file_directory(target);
    const char *pattern =
        arena_printf(arena, "%s.%.*s" SUFFIX, file_name(target), NAME_DIGITS, "0000000000000000");
    list_siblings(arena, directory, pattern, strlen(file_name(target)) + 1, &siblings);
    int i = find_run(&siblings, run);
    const char *path = i >= 0 ? arena_printf(arena, "%s/%s", directory, siblings.names[i]) : NULL;
    siblings_deinit(&siblings);
    free(directory);
    return path;
}

void
manifest_remove_others(const char *path, const struct manifest_kept *kept, int nkept)
{
    assert(path != NULL && nkept >= 0);
    struct arena arena = { 0 };
    struct siblings siblings = { 0 };
    char *directory = file_directory(path);
    const char *name = file_name(path);
    size_t len = strlen(name), suffix = strlen(SUFFIX);
    size_t stem = len > suffix ? len - suffix : 0;
    while (stem > 0 && name[stem - 1] != '.')
        stem--; /* "shop.sqlite." of "shop.sqlite.81bcc82614444f6e.decant" */
    if (stem > 0)
        list_siblings(&arena, directory, name, stem, &siblings);
    bool *stays = mem_alloc((size_t)siblings.n + 1);
    for (int i = 0; i < nkept; i++) {
        int own = find_copy(&siblings, &kept[i]);
        if (own >= 0)
            stays[own] = true;
    }
    for (int i = 0; i < siblings.n; i++)
        if (!stays[i] && strcmp(siblings.names[i], name) != 0)
            unlink(arena_printf(&arena, "%s/%s", directory, siblings.names[i]));
    free(stays);
    siblings_deinit(&siblings);
    free(directory);
    arena_deinit(&arena);
}
