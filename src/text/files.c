/* SPDX-License-Identifier: PostgreSQL */
#include "text/files.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "text/pack.h"

enum { PIECE = 65536 };

static bool
make_target(const struct text_files *files, struct decant_error *err)
{
    return !files->is_folder || mkdir(files->target, 0777) == 0 || errno == EEXIST ||
           error_errno(err, "cannot create '%s'", files->target);
}

/* Its lock says that somebody is at work in it. */
static bool
make_build(struct text_files *files, const char *folder, struct decant_error *err)
{
    if (!make_target(files, err))
        return false;
    if (mkdir(folder, 0700) != 0)
        return error_errno(err, "cannot create '%s'", folder);
    files->build = mem_strdup(folder);
    files->build_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return (files->build_fd >= 0 && flock(files->build_fd, LOCK_EX | LOCK_NB) == 0) ||
           error_errno(err, "cannot lock '%s'", folder);
}

bool
text_files_open(const char *target, const char *run, bool overwrites,
                const struct text_dialect *dialect, struct text_files *out,
                struct decant_error *err)
{
    assert(target != NULL && run != NULL && dialect != NULL);
    struct text_target found;
    struct buf folder = { 0 };
    char suffix[64];
    *out = (struct text_files){ .dialect = dialect, .build_fd = -1 };
    if (!text_target_guard(target, overwrites, err))
        return false;
    text_target_find(target, &found);
    text_target_clean(&found, run);
    out->target = found.path;
    out->is_folder = found.is_folder;
    snprintf(suffix, sizeof suffix, ".decant-%s.text", run);
    text_target_put(&found, suffix, &folder);
    bool ok = make_build(out, buf_str(&folder), err);
    buf_deinit(&folder);
    return ok;
}

char *
text_files_path(const struct text_files *files, int i)
{
    assert(i < files->nnames);
    return file_join(files->build, files->names[i]);
}

/* A name that every file system takes. */
static void
put_name(struct buf *out, const char *name)
{
    for (; *name != '\0'; name++) {
        unsigned char c = (unsigned char)*name;
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
        if (is_plain)
            buf_putc(out, (char)c);
        else
            buf_printf(out, "%%%02X", c);
    }
}

static char *
name_of(const struct text_files *files, enum text_section section, const char *schema,
        const char *table)
{
    struct buf name = { 0 };
    if (!files->is_folder)
        return mem_strdup("text.sql");
    buf_printf(&name, "%d-", section);
    if (schema != NULL) {
        put_name(&name, schema);
        buf_putc(&name, '.');
    }
    put_name(&name, table != NULL ? table : section == TEXT_SCHEMA ? "schema" : "keys");
    buf_cut(&name, name.len < 200 ? name.len : 200);
    for (int i = 0; i < files->at; i++) /* cut names, or those of two cases, may be equal */
        if (strncmp(files->names[i], buf_str(&name), name.len) == 0 &&
            strcmp(files->names[i] + name.len, ".sql") == 0) {
            buf_printf(&name, "-%d", files->at);
            break;
        }
    buf_puts(&name, ".sql");
    return buf_steal(&name);
}

static bool
differs(const struct text_files *files, struct decant_error *err)
{
    error_set(err, DECANT_CHECK, "a database that is made of the text is another one: '%s'",
              files->names[files->at]);
    return error_hint(err, "nothing was published; this is a fault of decant, or of the program "
                           "that loads it");
}

bool
text_files_put(struct text_files *files, const char *data, size_t len, struct decant_error *err)
{
    char was[PIECE];
    if (!files->is_compared)
        return fwrite(data, 1, len, files->now) == len ||
               error_errno(err, "cannot write '%s'", files->build);
    for (size_t n; len > 0; data += n, len -= n) {
        n = len < PIECE ? len : PIECE;
        if (fread(was, 1, n, files->now) != n || memcmp(was, data, n) != 0)
            return differs(files, err);
    }
    return true;
}

static bool
put(struct text_files *files, const char *text, struct decant_error *err)
{
    return text_files_put(files, text, strlen(text), err);
}

/* The file that is written, or compared, ends. */
static bool
end_file(struct text_files *files, struct decant_error *err)
{
    if (files->now == NULL)
        return true;
    bool ok = put(files, files->dialect->foot, err);
    if (ok && files->is_compared && fgetc(files->now) != EOF)
        ok = differs(files, err);
    if (fclose(files->now) != 0 && ok)
        ok = error_errno(err, "cannot write '%s'", files->build);
    files->now = NULL;
    files->at++;
    return ok;
}

static bool
begin_file(struct text_files *files, char *name, struct decant_error *err)
{
    if (files->is_compared &&
        (files->at >= files->nnames || strcmp(files->names[files->at], name) != 0)) {
        free(name);
        files->at = files->at < files->nnames ? files->at : files->nnames - 1;
        return differs(files, err);
    }
    if (!files->is_compared) {
        files->names = mem_grow(files->names, (size_t)files->nnames, sizeof *files->names);
        files->names[files->nnames++] = name;
    } else {
        free(name);
    }
    char *path = text_files_path(files, files->at);
    files->now = fopen(path, files->is_compared ? "re" : "wxe");
    bool ok = files->now != NULL || error_errno(err, "cannot open '%s'", path);
    free(path);
    return ok && put(files, text_mark, err) && put(files, files->dialect->name, err) &&
           put(files, "\n", err) && put(files, files->dialect->head, err);
}

bool
text_files_begin(struct text_files *files, enum text_section section, const char *schema,
                 const char *table, struct decant_error *err)
{
    assert(files != NULL && (section == TEXT_ROWS) == (table != NULL));
    if (files->now != NULL && !files->is_folder)
        return true;
    return end_file(files, err) && begin_file(files, name_of(files, section, schema, table), err);
}

bool
text_files_end(struct text_files *files, struct decant_error *err)
{
    if (!end_file(files, err))
        return false;
    if (!files->is_compared || files->at == files->nnames)
        return true;
    return differs(files, err);
}

void
text_files_compare(struct text_files *files)
{
    assert(files != NULL && files->now == NULL);
    files->is_compared = true;
    files->at = 0;
}

/* ---- in place */

/* The same bytes; false also where there is none. */
static bool
is_same(const char *a, const char *b)
{
    char one[PIECE], other[PIECE];
    if (file_size(a) < 0 || file_size(a) != file_size(b))
        return false;
    FILE *left = fopen(a, "re"), *right = fopen(b, "re");
    bool same = left != NULL && right != NULL;
    for (size_t n = 1; same && n > 0;) {
        n = fread(one, 1, PIECE, left);
        same = fread(other, 1, PIECE, right) == n && memcmp(one, other, n) == 0;
    }
    if (left != NULL)
        fclose(left);
    if (right != NULL)
        fclose(right);
    return same;
}

/* A new file is as readable as any that a program writes, unless it is private. */
static mode_t
mode_of(const struct text_files *files, const char *target)
{
    struct stat st;
    mode_t mask = umask(0);
    umask(mask);
    if (files->is_private)
        return 0600;
    return stat(target, &st) == 0 ? st.st_mode & 0777 : 0666 & ~mask;
}

static bool
place(const struct text_files *files, const char *built, const char *target, int *changed,
      struct decant_error *err)
{
    if (is_same(built, target))
        return !files->is_private || chmod(target, 0600) == 0 ||
               error_errno(err, "cannot publish '%s'", target);
    if (chmod(built, mode_of(files, target)) != 0)
        return error_errno(err, "cannot publish '%s'", target);
    if (!file_sync(built, err))
        return false;
    if (rename(built, target) != 0)
        return error_errno(err, "cannot rename '%s'", built);
    ++*changed;
    return true;
}

static bool
has_name(const struct text_files *files, const char *name)
{
    for (int i = 0; i < files->nnames; i++)
        if (strcmp(files->names[i], name) == 0)
            return true;
    return false;
}

/* Files of ours whose tables are gone would be loaded with the others. */
static bool
remove_former(const struct text_files *files, int *changed, struct decant_error *err)
{
    DIR *dir = opendir(files->target);
    bool ok = dir != NULL || error_errno(err, "cannot read '%s'", files->target);
    for (struct dirent *entry; ok && (entry = readdir(dir)) != NULL;) {
        if (!text_target_is_section(entry->d_name) || has_name(files, entry->d_name))
            continue;
        char *path = file_join(files->target, entry->d_name);
        if (text_target_is_ours(path)) { /* what --overwrite gave up is what has a name of ours */
            ok = unlink(path) == 0 || error_errno(err, "cannot remove '%s'", path);
            *changed += ok;
        }
        free(path);
    }
    if (dir != NULL)
        closedir(dir);
    return ok;
}

static bool
place_folder(struct text_files *files, int *changed, struct decant_error *err)
{
    bool ok = true;
    for (int i = 0; ok && i < files->nnames; i++) {
        char *built = text_files_path(files, i),
             *target = file_join(files->target, files->names[i]);
        ok = place(files, built, target, changed, err);
        free(built);
        free(target);
    }
    return ok && remove_former(files, changed, err);
}

bool
text_files_read(const struct text_files *files, struct buf *out, struct decant_error *err)
{
    char piece[PIECE];
    bool ok = true;
    for (int i = 0; ok && i < files->nnames; i++) {
        char *path = text_files_path(files, i);
        FILE *file = fopen(path, "re");
        ok = file != NULL || error_errno(err, "cannot read '%s'", path);
        for (size_t n; ok && (n = fread(piece, 1, PIECE, file)) > 0;)
            buf_add(out, piece, n);
        if (file != NULL)
            fclose(file);
        free(path);
    }
    return ok;
}

bool
text_files_publish(struct text_files *files, int *changed, struct decant_error *err)
{
    assert(files != NULL && files->now == NULL && changed != NULL);
    *changed = 0;
    if (files->is_folder)
        return place_folder(files, changed, err) && (file_settle(files->target), true);
    const struct packing *packing = packing_of(files->target);
    char *plain = text_files_path(files, 0), *packed = file_join(files->build, "packed");
    bool ok = (packing == NULL || packing_write(packing, plain, packed, err)) &&
              place(files, packing != NULL ? packed : plain, files->target, changed, err);
    if (ok)
        file_settle(files->target);
    unlink(packed);
    free(packed);
    free(plain);
    return ok;
}

void
text_files_close(struct text_files *files)
{
    assert(files != NULL);
    if (files->now != NULL)
        fclose(files->now);
    for (int i = 0; i < files->nnames; i++) {
        char *path = text_files_path(files, i);
        unlink(path);
        free(path);
        free(files->names[i]);
    }
    if (files->build != NULL)
        rmdir(files->build);
    if (files->build_fd >= 0)
        close(files->build_fd);
    free(files->names);
    free(files->build);
    free((char *)files->target);
}
