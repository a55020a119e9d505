/* SPDX-License-Identifier: PostgreSQL */
#include "text/files.h"

#include <assert.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "text/pack.h"

static const char mark[] = "-- decant: SQL text of a copy, for ";
enum { MARK_BYTES = sizeof mark - 1, PIECE = 65536 };

static bool
is_nowhere(const char *target)
{
    return strcmp(target, "-") == 0;
}

/* Does the file begin as ours do? */
static bool
is_ours(const char *path)
{
    char first[MARK_BYTES];
    size_t n = packing_peek(packing_of(path), path, first, MARK_BYTES);
    return n == MARK_BYTES && memcmp(first, mark, MARK_BYTES) == 0;
}

bool
text_files_is_ours(const char *folder)
{
    assert(folder != NULL);
    struct buf schema = { 0 };
    buf_printf(&schema, "%s/%d-schema.sql", folder, TEXT_SCHEMA);
    bool ours = is_ours(buf_str(&schema));
    buf_deinit(&schema);
    return ours;
}

static bool
is_sql(const char *name)
{
    size_t len = strlen(name);
    return name[0] != '.' && len > 4 && strcmp(name + len - 4, ".sql") == 0;
}

/* Is it a name that a file of a folder's text has? */
static bool
is_section(const char *name)
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
guard(const struct text_files *files, bool overwrites, struct decant_error *err)
{
    struct stat st;
    if (is_nowhere(files->target) || stat(files->target, &st) != 0)
        return true;
    if (S_ISDIR(st.st_mode) != files->is_folder)
        return error_set(err, DECANT_REFUSED, "'%s' is %s", files->target,
                         files->is_folder ? "no folder" : "a folder");
    if (!files->is_folder && !S_ISREG(st.st_mode))
        return error_set(err, DECANT_REFUSED, "'%s' is no plain file", files->target);
    if (overwrites)
        return true;
    if (!files->is_folder)
        return st.st_size == 0 || is_ours(files->target) || refuse(files->target, err);
    DIR *dir = opendir(files->target);
    bool ok = dir != NULL || error_errno(err, "cannot read '%s'", files->target);
    for (struct dirent *entry; ok && (entry = readdir(dir)) != NULL;) {
        char *path = is_sql(entry->d_name) ? file_join(files->target, entry->d_name) : NULL;
        ok = path == NULL || (is_section(entry->d_name) && is_ours(path)) || refuse(path, err);
        free(path);
    }
    if (dir != NULL)
        closedir(dir);
    return ok;
}

/* Inside a folder, which may be another file system; of text that is only read, in the folder for
 * temporary files. */
static char *
build_folder(const struct text_files *files, const char *run)
{
    struct buf path = { 0 };
    const char *temporary = getenv("TMPDIR");
    if (is_nowhere(files->target))
        buf_printf(&path, "%s/decant", temporary != NULL ? temporary : "/tmp");
    else
        buf_printf(&path, "%s%s", files->target, files->is_folder ? "/" : "");
    buf_printf(&path, ".decant-%s.text", run);
    return buf_steal(&path);
}

char *
text_files_target(const char *target)
{
    char *path = mem_strdup(target);
    for (size_t n = strlen(path); n > 1 && path[n - 1] == '/'; n--)
        path[n - 1] = '\0';
    return path;
}

/* A link leads to what is written. */
static void
find(const char *target, struct text_files *out)
{
    struct stat st;
    const size_t len = strlen(target);
    char *plain = text_files_target(target), *real = NULL;
    *out = (struct text_files){ .target = plain };
    out->is_folder =
        (len > 0 && target[len - 1] == '/') || (stat(target, &st) == 0 && S_ISDIR(st.st_mode));
    if (lstat(plain, &st) == 0 && S_ISLNK(st.st_mode) && (real = realpath(plain, NULL)) != NULL) {
        free(plain);
        out->target = real;
    }
}

bool
text_files_beside(const char *target, const char *suffix, struct buf *out)
{
    assert(target != NULL && suffix != NULL && suffix[0] == '.');
    struct text_files files;
    find(target, &files);
    bool is_made = files.is_folder && mkdir(files.target, 0777) == 0;
    buf_printf(out, "%s%s%s", files.target, files.is_folder ? "/" : "", suffix);
    free((char *)files.target);
    return is_made;
}

bool
text_files_guard(const char *target, bool overwrites, struct decant_error *err)
{
    assert(target != NULL);
    struct text_files files;
    find(target, &files);
    bool ok = guard(&files, overwrites, err);
    free((char *)files.target);
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
    if (dir == NULL) {
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

/* What killed runs left at the target, whose lock we hold. */
static void
remove_leftovers(const struct text_files *files, const char *run)
{
    struct buf prefix = { 0 };
    char *folder = files->is_folder ? mem_strdup(files->target) : file_directory(files->target);
    DIR *dir = is_nowhere(files->target) ? NULL : opendir(folder);
    buf_printf(&prefix, "%s.decant-", files->is_folder ? "" : file_name(files->target));
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        if (strncmp(entry->d_name, buf_str(&prefix), prefix.len) != 0 ||
            !is_leftover(entry->d_name + prefix.len, run))
            continue;
        char *path = file_join(folder, entry->d_name);
        remove_folder(path);
        free(path);
    }
    if (dir != NULL)
        closedir(dir);
    free(folder);
    buf_deinit(&prefix);
}

static bool
make_target(const struct text_files *files, struct decant_error *err)
{
    return !files->is_folder || mkdir(files->target, 0777) == 0 || errno == EEXIST ||
           error_errno(err, "cannot create '%s'", files->target);
}

bool
text_files_open(const char *target, const char *run, bool overwrites,
                const struct text_dialect *dialect, struct text_files *out,
                struct decant_error *err)
{
    assert(target != NULL && run != NULL && dialect != NULL);
    find(target, out);
    out->dialect = dialect;
    if (!guard(out, overwrites, err))
        return false;
    remove_leftovers(out, run);
    char *folder = build_folder(out, run);
    bool ok = make_target(out, err) &&
              (mkdir(folder, 0700) == 0 || error_errno(err, "cannot create '%s'", folder));
    if (ok)
        out->build = folder;
    else
        free(folder);
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
    return ok && put(files, mark, err) && put(files, files->dialect->name, err) &&
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

/* 1: the same bytes, 0: others, or there is none. */
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
        if (!is_section(entry->d_name) || has_name(files, entry->d_name))
            continue;
        char *path = file_join(files->target, entry->d_name);
        if (is_ours(path)) { /* what --overwrite gave up is what has a name of ours */
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
    free(files->names);
    free(files->build);
    free((char *)files->target);
}
