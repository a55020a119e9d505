/* SPDX-License-Identifier: PostgreSQL */
#include "text/target.h"

#include <assert.h>
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "text/pack.h"

const char text_mark[] = "-- decant: SQL text of a copy, for ";
enum { MARK_BYTES = sizeof text_mark - 1 };

bool
text_target_is_nowhere(const char *target)
{
    return strcmp(target, "-") == 0;
}

bool
text_target_is_ours(const char *path)
{
    char first[MARK_BYTES];
    size_t n = packing_peek(packing_of(path), path, first, MARK_BYTES);
    return n == MARK_BYTES && memcmp(first, text_mark, MARK_BYTES) == 0;
}

bool
text_target_has_text(const char *folder)
{
    assert(folder != NULL);
    struct buf schema = { 0 };
    buf_printf(&schema, "%s/%d-schema.sql", folder, TEXT_SCHEMA);
    bool ours = text_target_is_ours(buf_str(&schema));
    buf_deinit(&schema);
    return ours;
}

static bool
is_sql(const char *name)
{
    size_t len = strlen(name);
    return name[0] != '.' && len > 4 && strcmp(name + len - 4, ".sql") == 0;
}

bool
text_target_is_section(const char *name)
{
    static const char *const begins[] = { "10-schema", "50-", "90-keys" };
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
        if (is_sql(name) && strncmp(name, begins[i], strlen(begins[i])) == 0)
            return true;
    return false;
}

static bool
refuse(const char *path, struct decant_error *err)
{
    error_set(err, DECANT_REFUSED, "'%s' is no text that decant wrote", path);
    return error_hint(err, "choose another place, or replace it with --overwrite");
}

/* In a folder only files that would be loaded with ours are in the way. */
static bool
guard(const struct text_target *target, bool overwrites, struct decant_error *err)
{
    struct stat st;
    if (text_target_is_nowhere(target->path) || stat(target->path, &st) != 0)
        return true;
    if (S_ISDIR(st.st_mode) != target->is_folder)
        return error_set(err, DECANT_REFUSED, "'%s' is %s", target->path,
                         target->is_folder ? "no folder" : "a folder");
    if (!target->is_folder && !S_ISREG(st.st_mode))
        return error_set(err, DECANT_REFUSED, "'%s' is no plain file", target->path);
    if (overwrites)
        return true;
    if (!target->is_folder)
        return st.st_size == 0 || text_target_is_ours(target->path) || refuse(target->path, err);
    DIR *dir = opendir(target->path);
    bool ok = dir != NULL || error_errno(err, "cannot read '%s'", target->path);
    for (struct dirent *entry; ok && (entry = readdir(dir)) != NULL;) {
        char *path = is_sql(entry->d_name) ? file_join(target->path, entry->d_name) : NULL;
        ok = path == NULL || (text_target_is_section(entry->d_name) && text_target_is_ours(path)) ||
             refuse(path, err);
        free(path);
    }
    if (dir != NULL)
        closedir(dir);
    return ok;
}

char *
text_target_path(const char *target)
{
    char *path = mem_strdup(target);
    for (size_t n = strlen(path); n > 1 && path[n - 1] == '/'; n--)
        path[n - 1] = '\0';
    return path;
}

void
text_target_find(const char *target, struct text_target *out)
{
    struct stat st;
    const size_t len = strlen(target);
    char *plain = text_target_path(target), *real = NULL;
    *out = (struct text_target){ .path = plain };
    out->is_folder =
        (len > 0 && target[len - 1] == '/') || (stat(target, &st) == 0 && S_ISDIR(st.st_mode));
    if (lstat(plain, &st) == 0 && S_ISLNK(st.st_mode) && (real = realpath(plain, NULL)) != NULL) {
        free(plain);
        out->path = real;
    }
}

void
text_target_put(const struct text_target *target, const char *suffix, struct buf *out)
{
    assert(target != NULL && suffix != NULL && suffix[0] == '.');
    const char *temporary = getenv("TMPDIR");
    if (text_target_is_nowhere(target->path))
        buf_printf(out, "%s/decant%s", temporary != NULL ? temporary : "/tmp", suffix);
    else
        buf_printf(out, "%s%s%s", target->path, target->is_folder ? "/" : "", suffix);
}

bool
text_target_beside(const char *target, const char *suffix, struct buf *out)
{
    struct text_target found;
    text_target_find(target, &found);
    bool is_made = found.is_folder && mkdir(found.path, 0777) == 0;
    text_target_put(&found, suffix, out);
    free(found.path);
    return is_made;
}

bool
text_target_guard(const char *target, bool overwrites, struct decant_error *err)
{
    assert(target != NULL);
    struct text_target found;
    text_target_find(target, &found);
    bool ok = guard(&found, overwrites, err);
    free(found.path);
    return ok;
}

/* One of ours, and no link to another. */
static void
remove_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;
    if (fd < 0)
        return;
    DIR *dir = fstat(fd, &st) == 0 && st.st_uid == geteuid() ? fdopendir(fd) : NULL;
    if (dir == NULL || flock(fd, LOCK_EX | LOCK_NB) != 0) { /* somebody is at work in it */
        if (dir != NULL)
            closedir(dir);
        else
            close(fd);
        return;
    }
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
        unlinkat(fd, entry->d_name, 0);
    closedir(dir);
    rmdir(path);
}

/* 20260101000000x000001.text, or .pull */
static bool
is_leftover(const char *name, const char *run)
{
    static const char form[] = "00000000000000x000000.";
    for (size_t i = 0; i < sizeof form - 1; i++)
        if (form[i] == '0' ? !isxdigit((unsigned char)name[i]) : name[i] != form[i])
            return false;
    const char *end = name + sizeof form - 1;
    return (strcmp(end, "text") == 0 || strcmp(end, "pull") == 0) &&
           strncmp(name, run, strlen(run)) != 0;
}

void
text_target_clean(const struct text_target *target, const char *run)
{
    struct buf begin = { 0 };
    text_target_put(target, ".decant-", &begin);
    char *folder = file_directory(buf_str(&begin));
    const char *prefix = file_name(buf_str(&begin));
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0 ||
            !is_leftover(entry->d_name + strlen(prefix), run))
            continue;
        char *path = file_join(folder, entry->d_name);
        remove_folder(path);
        free(path);
    }
    if (dir != NULL)
        closedir(dir);
    free(folder);
    buf_deinit(&begin);
}
