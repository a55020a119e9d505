/* SPDX-License-Identifier: PostgreSQL */
/* Copies that are files. The one in place is known by its inode: TARGET is a second name of
 * TARGET.RUN.db, or a link to it. */
#include "load/versions.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "load/publish_file.h"
#include "sqlite/db.h"

#define SUFFIX ".db"

/* The run in TARGET.RUN.db, and its length; NULL: it is another file. */
static const char *
run_in(const char *name, const char *target_name, size_t *len)
{
    size_t stem = strlen(target_name), whole = strlen(name), suffix = strlen(SUFFIX);
    if (whole <= stem + 1 + suffix || strncmp(name, target_name, stem) != 0 || name[stem] != '.' ||
        strcmp(name + whole - suffix, SUFFIX) != 0)
        return NULL;
    *len = whole - stem - 1 - suffix;
    return version_is_run(name + stem + 1, *len) ? name + stem + 1 : NULL;
}

static bool
is_same(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev;
}

/* Did decant make it? */
static bool
is_a_copy(const char *path)
{
    uint32_t id;
    return db_probe(path, &id) == DB_SQLITE && id == PUBLISH_APPLICATION_ID;
}

/* Lists the files of runs, and the one in place where it is none of them. */
static void
list(struct versions *versions)
{
    struct stat current, st;
    bool exists = stat(versions->target, &current) == 0, is_listed = false;
    char *directory = file_directory(versions->target);
    DIR *dir = opendir(directory);
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        size_t len;
        const char *run = run_in(entry->d_name, file_name(versions->target), &len);
        if (run == NULL || fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
            !S_ISREG(st.st_mode))
            continue;
        char *path = strcmp(directory, ".") == 0 && versions->target[0] != '.'
                         ? mem_strdup(entry->d_name)
                         : file_join(directory, entry->d_name);
        bool is_current = exists && is_same(&st, &current);
        versions_add(versions, &(struct version){ .run = arena_strndup(&versions->arena, run, len),
                                                  .name = path,
                                                  .bytes = (int64_t)st.st_size,
                                                  .is_current = is_current });
        is_listed |= is_current;
        free(path);
    }
    if (dir != NULL)
        closedir(dir);
    free(directory);
    if (exists && !is_listed)
        versions_add(versions, &(struct version){ .run = "",
                                                  .name = versions->target,
                                                  .bytes = (int64_t)current.st_size,
                                                  .made_s = is_a_copy(versions->target)
                                                                ? (int64_t)current.st_mtim.tv_sec
                                                                : 0,
                                                  .is_current = true });
}

static bool
open_files(struct versions *versions, const struct versions_wish *wish, const char *place,
           struct decant_error *err)
{
    bool is_ours;
    char *path = publish_file_of(place, &is_ours);
    versions->target = arena_strdup(&versions->arena, path);
    free(path);
    if (wish->locks) {
        versions->lock_path = mem_alloc(strlen(versions->target) + 16);
        strcat(strcpy(versions->lock_path, versions->target), ".decant-lock");
        if (!file_lock(versions->lock_path, wish->wait_s, versions->target, wish->stop,
                       &versions->lock_fd, err))
            return false;
    }
    list(versions);
    return true;
}

/* By a run, or when it was written. */
static void
put_name(const char *target, const char *run, const struct stat *st, struct buf *out)
{
    char made[32];
    struct tm utc;
    if (run == NULL || !version_is_run(run, strlen(run))) {
        strftime(made, sizeof made, "%Y%m%d%H%M%Sx000000", gmtime_r(&st->st_mtime, &utc));
        run = made;
    }
    buf_printf(out, "%s.%s" SUFFIX, target, run);
}

bool
versions_name_file(const char *target, const char *run, struct decant_error *err)
{
    assert(target != NULL);
    struct stat st;
    struct buf path = { 0 };
    char *name = versions_name_of(target);
    bool ok = name != NULL || stat(target, &st) != 0;
    if (!ok) {
        put_name(target, run, &st, &path);
        ok = link(target, buf_str(&path)) == 0 ||
             error_errno(err, "cannot keep a copy as '%s'", buf_str(&path));
    }
    free(name);
    buf_deinit(&path);
    return ok;
}

char *
versions_name_of(const char *target)
{
    assert(target != NULL);
    struct versions versions = { .target = target, .lock_fd = -1 };
    char *name = NULL;
    list(&versions);
    for (int i = 0; i < versions.n && name == NULL; i++)
        if (versions.items[i].is_current && versions.items[i].run[0] != '\0')
            name = mem_strdup(file_name(versions.items[i].name));
    versions_close(&versions);
    return name;
}

static bool
remove_file(const char *path)
{
    static const char *const suffixes[] = { "", "-wal", "-shm", "-journal" };
    struct buf name = { 0 };
    bool ok = true;
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        buf_reset(&name);
        buf_printf(&name, "%s%s", path, suffixes[i]);
        ok &= unlink(buf_str(&name)) == 0 || errno == ENOENT;
    }
    buf_deinit(&name);
    return ok;
}

void
versions_prune_files(const char *target, int keep, const char *replaced, struct notes *notes)
{
    assert(target != NULL && keep >= 0);
    struct versions versions = { .target = target, .lock_fd = -1 };
    int kept = replaced != NULL && keep > 0;
    list(&versions);
    versions_sort(&versions);
    for (int i = 0; i < versions.n; i++) {
        const struct version *version = &versions.items[i];
        const char *name = file_name(version->name);
        bool is_replaced = replaced != NULL && keep > 0 && strcmp(name, replaced) == 0;
        if (version->is_current || is_replaced || kept++ < keep)
            continue;
        if (!remove_file(version->name))
            notes_add(notes, NOTE_OLD_COPY_KEPT, "file", 0, "%s", name);
    }
    versions_close(&versions);
}

/* A second name under which it can be renamed; a link, where the one in place is reached by one. */
static bool
make_name(const struct versions *versions, const struct version *to, const char *path,
          struct decant_error *err)
{
    struct stat st;
    bool is_link = lstat(versions->target, &st) == 0 && S_ISLNK(st.st_mode);
    unlink(path);
    return (is_link ? symlink(file_name(to->name), path) : link(to->name, path)) == 0 ||
           error_errno(err, "cannot put '%s' in place of '%s'", to->name, versions->target);
}

static bool
restore_file(struct versions *versions, const struct version *to, struct decant_error *err)
{
    struct stat st;
    struct buf path = { 0 };
    bool is_link = lstat(versions->target, &st) == 0 && S_ISLNK(st.st_mode);
    buf_printf(&path, "%s.decant-%s.link", versions->target, to->run);
    bool ok = versions_name_file(versions->target, NULL, err) &&
              make_name(versions, to, buf_str(&path), err);
    if (ok && is_link) {
        ok = rename(buf_str(&path), versions->target) == 0 ||
             error_errno(err, "cannot put '%s' in place of '%s'", to->name, versions->target);
        file_settle(versions->target);
    } else if (ok) {
        ok = publish_replace(buf_str(&path), versions->target, err);
        if (!ok && err->code == DECANT_UNPUBLISHED)
            error_hint(err, "stop the program and run again");
    }
    if (!ok)
        unlink(buf_str(&path));
    buf_deinit(&path);
    return ok;
}

static bool
drop_file(struct versions *versions, const struct version *which, struct decant_error *err)
{
    bool ok = remove_file(which->name) && (!which->is_current || remove_file(versions->target));
    return ok || error_errno(err, "cannot remove '%s'", which->name);
}

static void
close_files(struct versions *versions)
{
    if (versions->lock_path != NULL)
        file_unlock(versions->lock_path, versions->lock_fd);
    free(versions->lock_path);
}

const struct versions_ops versions_of_file = {
    .open = open_files, .restore = restore_file, .drop = drop_file, .close = close_files
};
