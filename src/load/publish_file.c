/* SPDX-License-Identifier: PostgreSQL */
#include "load/publish_file.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "sqlite/db.h"

enum { BUSY_MS = 2000 };

static bool
unpublished(const char *built, const char *target, struct decant_error *err)
{
    error_set(err, DECANT_UNPUBLISHED, "a program has '%s' open", target);
    return error_hint(err,
                      "the finished copy is '%s': stop the program and run again, or use "
                      "--publish symlink, which needs no exclusive access",
                      built);
}

/* Takes the old file out of WAL mode (a stale -wal or hot -journal is recovered and removed by
 * that) and begins an exclusive transaction. *guard is NULL when there is nothing to guard. */
static bool
guard_old(const char *target, const char *built, struct db **guard, struct decant_error *err)
{
    uint32_t id;
    *guard = NULL;
    if (db_probe(target, &id) != DB_SQLITE)
        return true;
    struct db *db = NULL;
    bool ok = db_open(target, DB_WRITE, NULL, &db, err) &&
              db_execf(db, err, "PRAGMA busy_timeout = %d", BUSY_MS) &&
              db_exec(db, err, "PRAGMA journal_mode = DELETE") &&
              db_exec(db, err, "BEGIN EXCLUSIVE");
    if (!ok) {
        bool busy = db != NULL && db_is_busy(db);
        db_close(db);
        if (busy)
            return unpublished(built, target, err);
        err->code = DECANT_UNPUBLISHED;
        return error_hint(err, "the finished copy is '%s'", built);
    }
    *guard = db;
    return true;
}

static bool
has_companion(const char *target)
{
    static const char *const suffixes[] = { "-wal", "-shm", "-journal" };
    bool found = false;
    struct buf path = { 0 };
    for (int i = 0; i < 3; i++) {
        buf_reset(&path);
        buf_printf(&path, "%s%s", target, suffixes[i]);
        /* A journal of no bytes is none; one that cannot be looked at may be there. */
        int64_t size = file_size(buf_str(&path));
        found |= size > 0 || (size < 0 && errno != ENOENT);
    }
    buf_deinit(&path);
    return found;
}

/* The old file stays as TARGET.prev. */
static bool
keep_previous(const char *target, struct decant_error *err)
{
    struct buf previous = { 0 };
    buf_printf(&previous, "%s.prev", target);
    unlink(buf_str(&previous));
    bool ok = link(target, buf_str(&previous)) == 0 || errno == ENOENT;
    if (!ok)
        error_errno(err, "cannot keep the previous copy as '%s'", buf_str(&previous));
    buf_deinit(&previous);
    return ok;
}

/* Who may read the old copy may read the new one, and nobody else. Its owner can be kept by root
 * only, its group by a member. */
static bool
keep_mode(const char *built, const char *target, struct decant_error *err)
{
    struct stat old;
    if (stat(target, &old) != 0)
        return errno == ENOENT || error_errno(err, "cannot look at '%s'", target);
    bool same_group =
        chown(built, old.st_uid, old.st_gid) == 0 || chown(built, (uid_t)-1, old.st_gid) == 0;
    return chmod(built, old.st_mode & (same_group ? 0777 : 0707)) == 0 ||
           error_errno(err, "cannot give the new copy the mode of '%s'", target);
}

bool
publish_rename(const char *built, const char *target, int keep, bool is_private,
               struct decant_error *err)
{
    assert(built != NULL && target != NULL && keep >= 0);
    struct db *guard;
    if ((!is_private && !keep_mode(built, target, err)) || !guard_old(target, built, &guard, err))
        return false;
    bool ok = true;
    if (has_companion(target))
        ok = unpublished(built, target, err);
    ok = ok && (keep == 0 || keep_previous(target, err));
    if (ok && rename(built, target) != 0) {
        ok = error_errno(err, "cannot put the finished copy in place of '%s'", target);
        err->code = DECANT_UNPUBLISHED;
        error_hint(err, "the finished copy is '%s'", built);
    }
    if (ok)
        file_settle(target);
    db_close(guard);
    return ok;
}

static int
newest_first(const void *a, const void *b)
{
    return -strcmp(*(char *const *)a, *(char *const *)b); /* names of runs begin with their time */
}

/* As runs are called: the time to the second, x, and hexadecimal digits. Files of others have other
 * names. */
static bool
is_run(const char *name, size_t len)
{
    enum { TIME_DIGITS = 14 };
    size_t digits = strspn(name, "0123456789");
    return len > TIME_DIGITS + 1 && digits == TIME_DIGITS && name[digits] == 'x' &&
           digits + 1 + strspn(name + digits + 1, "0123456789abcdef") == len;
}

static void
remove_old(const char *target, const char *own, int keep, struct notes *notes)
{
    char *directory = file_directory(target);
    struct buf prefix = { 0 }, path = { 0 };
    buf_printf(&prefix, "%s.", file_name(target));
    char **names = NULL;
    size_t n = 0;
    DIR *dir = opendir(directory);
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        size_t len = strlen(entry->d_name);
        bool is_copy = strncmp(entry->d_name, buf_str(&prefix), prefix.len) == 0 &&
                       len > prefix.len + 3 && strcmp(entry->d_name + len - 3, ".db") == 0 &&
                       is_run(entry->d_name + prefix.len, len - prefix.len - 3);
        if (!is_copy || strcmp(entry->d_name, own) == 0)
            continue;
        names = mem_grow(names, n, sizeof *names);
        names[n++] = mem_strdup(entry->d_name);
    }
    if (dir != NULL)
        closedir(dir);
    if (n > 0)
        qsort(names, n, sizeof *names, newest_first);
    for (size_t i = 0; i < n; i++) {
        if (i >= (size_t)keep) {
            static const char *const suffixes[] = { "", "-wal", "-shm", "-journal" };
            for (int j = 0; j < 4; j++) {
                buf_reset(&path);
                buf_printf(&path, "%s/%s%s", directory, names[i], suffixes[j]);
                if (unlink(buf_str(&path)) != 0 && errno != ENOENT)
                    notes_add(notes, NOTE_OLD_COPY_KEPT, "file", 0, "%s", names[i]);
            }
        }
        free(names[i]);
    }
    free(names);
    free(directory);
    buf_deinit(&prefix);
    buf_deinit(&path);
}

bool
publish_symlink(const char *built, const char *target, const char *run, int keep, bool is_private,
                struct notes *notes, struct decant_error *err)
{
    assert(built != NULL && target != NULL && run != NULL && keep >= 0);
    struct buf file = { 0 }, link_path = { 0 };
    buf_printf(&file, "%s.%s.db", target, run);
    buf_printf(&link_path, "%s.decant-%s.link", target, run);
    bool ok = (is_private || keep_mode(built, target, err)) && rename(built, buf_str(&file)) == 0 &&
              symlink(file_name(buf_str(&file)), buf_str(&link_path)) == 0 &&
              rename(buf_str(&link_path), target) == 0;
    if (!ok) {
        error_errno(err, "cannot put the finished copy in place of '%s'", target);
        err->code = DECANT_UNPUBLISHED;
        unlink(buf_str(&link_path));
        error_hint(err, "the finished copy is '%s'",
                   file_size(built) >= 0 ? built : buf_str(&file));
    }
    if (ok && file_settle(target)) /* else the link may lead to an old one again */
        remove_old(target, file_name(buf_str(&file)), keep, notes);
    buf_deinit(&file);
    buf_deinit(&link_path);
    return ok;
}

/* ---- names */

static bool
ends_with(const char *text, const char *tail)
{
    size_t n = strlen(text), m = strlen(tail);
    return n >= m && strcasecmp(text + n - m, tail) == 0;
}

char *
publish_file_of(const char *target, bool *is_ours)
{
    assert(target != NULL);
    char dest[4096];
    ssize_t n = readlink(target, dest, sizeof dest - 1);
    *is_ours = false;
    if (n <= 0)
        return mem_strdup(target);
    dest[n] = '\0';
    const char *name = file_name(target);
    size_t len = strlen(name);
    *is_ours = strncmp(dest, name, len) == 0 && dest[len] == '.' && ends_with(dest, ".db") &&
               strchr(dest, '/') == NULL;
    if (*is_ours)
        return mem_strdup(target);
    char *real = realpath(target, NULL);
    if (real != NULL || dest[0] == '/')
        return real != NULL ? real : mem_strdup(dest);
    char *directory = file_directory(target), *path = file_join(directory, dest);
    free(directory);
    return path; /* the link leads nowhere yet */
}

bool
publish_check_name(const char *target, bool as_symlink, struct decant_error *err)
{
    assert(target != NULL);
    static const char *const others[] = { ".sql",  ".gz",   ".zst", ".bz2",  ".xz",    ".zip",
                                          ".tar",  ".dump", ".csv", ".json", ".yaml",  ".yml",
                                          ".html", ".md",   ".txt", ".key",  ".decant" };
    struct stat st;
    bool is_ours, exists = stat(target, &st) == 0;
    if (target[0] == '\0' || strcmp(target, "-") == 0) {
        error_set(err, DECANT_USAGE, "a copy cannot be written to '%s'", target);
        return error_hint(err, "--to takes the path of a SQLite file, or a PostgreSQL URI");
    }
    if (target[strlen(target) - 1] == '/' || (exists && S_ISDIR(st.st_mode))) {
        error_set(err, DECANT_USAGE, "'%s' is a directory", target);
        return error_hint(err, "--to takes the path of a file in it");
    }
    if (exists && !S_ISREG(st.st_mode))
        return error_set(err, DECANT_USAGE, "'%s' is no plain file", target);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (ends_with(target, others[i])) {
            error_set(err, DECANT_USAGE, "'%s' would be a SQLite file, and its name says %s",
                      target, others[i]);
            return error_hint(err, "another name would do: copy.sqlite");
        }
    free(publish_file_of(target, &is_ours));
    if (as_symlink && !is_ours && lstat(target, &st) == 0 && S_ISLNK(st.st_mode)) {
        error_set(err, DECANT_REFUSED, "'%s' is a link that decant did not make", target);
        return error_hint(err, "without --publish symlink the file that it leads to is replaced");
    }
    return true;
}
