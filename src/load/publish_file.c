/* SPDX-License-Identifier: PostgreSQL */
#include "load/publish_file.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "load/versions.h"
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
publish_replace(const char *built, const char *target, struct decant_error *err)
{
    assert(built != NULL && target != NULL);
    struct db *guard;
    if (!guard_old(target, built, &guard, err))
        return false;
    bool ok = true;
    if (has_companion(target))
        ok = unpublished(built, target, err);
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

bool
publish_rename(const struct publication *publication, struct decant_error *err)
{
    assert(publication != NULL && publication->keep >= 0);
    const char *built = publication->built, *target = publication->target;
    bool keeps = publication->keep > 0;
    if ((!publication->is_private && !keep_mode(built, target, err)) ||
        (keeps && !versions_name_file(target, publication->run_before, err)))
        return false;
    char *replaced = keeps ? versions_name_of(target) : NULL;
    bool ok = publish_replace(built, target, err);
    struct decant_error ignored = { 0 };
    if (ok && keeps) { /* that it could get no second name is told by who wants it back */
        versions_name_file(target, publication->run, &ignored);
        versions_prune_files(target, publication->keep, replaced, publication->notes);
    }
    free(replaced);
    return ok;
}

bool
publish_symlink(const struct publication *publication, struct decant_error *err)
{
    assert(publication != NULL && publication->keep >= 0);
    const char *built = publication->built, *target = publication->target;
    struct buf file = { 0 }, link_path = { 0 };
    if (publication->keep > 0 && !versions_name_file(target, publication->run_before, err))
        return false;
    buf_printf(&file, "%s.%s.db", target, publication->run);
    buf_printf(&link_path, "%s.decant-%s.link", target, publication->run);
    char *replaced = versions_name_of(target);
    bool ok = (publication->is_private || keep_mode(built, target, err)) &&
              rename(built, buf_str(&file)) == 0 &&
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
        versions_prune_files(target, publication->keep, replaced, publication->notes);
    free(replaced);
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
        return error_hint(err, "--to takes the path of a file in it, or FOLDER/ for SQL text");
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
