/* SPDX-License-Identifier: PostgreSQL */
#include "key/key.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/git.h"
#include "base/file.h"
#include "base/mem.h"

enum { KEY_BYTES = 32, KEY_DIGITS = 64, FILE_BYTES = 4096 };

struct key {
    uint8_t master[KEY_BYTES];
    char id[KEY_ID];
};

/* Guarded, locked, and left out of core files by libsodium. */
static struct key *
allocate(struct decant_error *err)
{
    struct key *key = sodium_init() < 0 ? NULL : sodium_malloc(sizeof *key);
    if (key == NULL) {
        error_set(err, DECANT_BUG, "no memory for the key can be locked");
        error_hint(err, "raise the limit of locked memory (ulimit -l)");
    }
    return key;
}

static void
seal(struct key *key)
{
    uint8_t fingerprint[16];
    key_derive(key, "public id", "", fingerprint, sizeof fingerprint);
    sodium_bin2hex(key->id, sizeof key->id, fingerprint, (KEY_ID - 1) / 2);
    sodium_mprotect_readonly(key);
}

void
key_derive(const struct key *key, const char *purpose, const char *label, void *out, size_t len)
{
    assert(key != NULL && purpose != NULL && label != NULL && len > 0);
    crypto_generichash_state state;
    const char *const parts[] = { purpose, label };
    crypto_generichash_init(&state, key->master, sizeof key->master, len);
    for (int i = 0; i < 2; i++) {
        uint8_t size[8];
        put_u64(size, strlen(parts[i]));
        crypto_generichash_update(&state, size, sizeof size);
        crypto_generichash_update(&state, (const uint8_t *)parts[i], strlen(parts[i]));
    }
    crypto_generichash_final(&state, out, len);
    sodium_memzero(&state, sizeof state);
}

/* Finds the one line of digits; other lines are comments or empty. */
static bool
parse(const char *text, size_t len, uint8_t out[KEY_BYTES])
{
    int found = 0;
    for (size_t at = 0, next; at < len; at = next) {
        const char *line = text + at, *newline = memchr(line, '\n', len - at);
        size_t n = newline != NULL ? (size_t)(newline - line) : len - at, read;
        next = at + n + 1;
        if (n > 0 && line[n - 1] == '\r')
            n--;
        if (n == 0 || line[0] == '#')
            continue;
        if (n != KEY_DIGITS || sodium_hex2bin(out, KEY_BYTES, line, n, NULL, &read, NULL) != 0 ||
            read != KEY_BYTES)
            return false;
        found++;
    }
    return found == 1;
}

static bool
read_key(int fd, const char *what, struct key **out, struct decant_error *err)
{
    struct key *key = allocate(err);
    char *text = key != NULL ? sodium_malloc(FILE_BYTES) : NULL;
    size_t len = 0;
    ssize_t n = 0;
    while (text != NULL && len < FILE_BYTES && (n = read(fd, text + len, FILE_BYTES - len)) > 0)
        len += (size_t)n;
    bool ok = text != NULL && n == 0;
    if (text != NULL && n < 0)
        error_errno(err, "cannot read the key from %s", what);
    else if (text != NULL && !(ok = ok && parse(text, len, key->master))) {
        error_set(err, DECANT_REFUSED, "%s holds no key", what);
        error_hint(err, "a key is one line of 64 hexadecimal digits; 'decant key new' makes one");
    } else if (text == NULL && key != NULL)
        error_set(err, DECANT_BUG, "no memory for the key can be locked");
    sodium_free(text);
    if (!ok) {
        sodium_free(key);
        return false;
    }
    seal(key);
    *out = key;
    return true;
}

/* Kubernetes and the like mount secrets readable by all, on a tmpfs that root owns. */
static bool
is_secret_mount(int fd, const struct stat *file)
{
    struct statfs mount;
    return file->st_uid == 0 && fstatfs(fd, &mount) == 0 && mount.f_type == TMPFS_MAGIC;
}

static bool
check_file(int fd, const char *path, struct decant_error *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return error_errno(err, "cannot read '%s'", path);
    if (st.st_uid != geteuid() && st.st_uid != 0)
        return error_set(err, DECANT_REFUSED, "the key file '%s' belongs to somebody else", path);
    bool others_write = (st.st_mode & 022) != 0, others_read = (st.st_mode & 044) != 0;
    if (others_write || (others_read && !is_secret_mount(fd, &st))) {
        error_set(err, DECANT_REFUSED, "others may %s the key file '%s'",
                  others_write ? "write" : "read", path);
        return error_hint(err, "chmod 600 '%s'; and if others had the chance, a new key", path);
    }
    return true;
}

/* A key that is committed is no secret any more. */
static bool
check_place(const char *path, struct decant_error *err)
{
    if (!git_may_take(path, false))
        return true;
    error_set(err, DECANT_REFUSED, "'%s' lies in a git work tree", path);
    return error_hint(err, "a key that is committed is no secret: choose another place, or let "
                           ".gitignore name it");
}

bool
key_load(const char *path, struct key **out, struct decant_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        error_errno(err, "cannot read the key file '%s'", path);
        err->code = DECANT_REFUSED;
        return error_hint(err, "rules name their key by 'key_id': whoever made them has it");
    }
    char what[400];
    snprintf(what, sizeof what, "'%s'", path);
    struct stat st;
    bool ok = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    if (!ok)
        error_set(err, DECANT_REFUSED, "the key file '%s' is no regular file", path);
    /* what is no key at all has no permissions to mend */
    ok = ok && read_key(fd, what, out, err);
    if (ok && !(check_file(fd, path, err) && check_place(path, err))) {
        key_free(*out);
        *out = NULL;
        ok = false;
    }
    close(fd);
    return ok;
}

bool
key_load_fd(int fd, struct key **out, struct decant_error *err)
{
    assert(fd >= 0);
    char what[40];
    snprintf(what, sizeof what, "descriptor %d", fd);
    return read_key(fd, what, out, err);
}

void
key_free(struct key *key)
{
    sodium_free(key); /* wipes it */
}

const char *
key_id(const struct key *key)
{
    assert(key != NULL);
    return key->id;
}

bool
key_throwaway(struct key **out, struct decant_error *err)
{
    struct key *key = allocate(err);
    if (key == NULL)
        return false;
    randombytes_buf(key->master, sizeof key->master);
    seal(key);
    *out = key;
    return true;
}

bool
key_public(struct key **out, struct decant_error *err)
{
    *out = allocate(err); /* zeros */
    if (*out != NULL)
        seal(*out);
    return *out != NULL;
}

char *
key_path(const char *id)
{
    struct buf path = { 0 };
    const char *config = getenv("XDG_CONFIG_HOME");
    char *home = file_home();
    if (config != NULL && config[0] == '/')
        buf_printf(&path, "%s/decant/%s.key", config, id);
    else
        buf_printf(&path, "%s/.config/decant/%s.key", home, id);
    free(home);
    return buf_steal(&path);
}

static bool
write_key(const struct key *key, const char *path, struct decant_error *err)
{
    assert(key != NULL);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 && errno == EEXIST) {
        error_set(err, DECANT_REFUSED, "'%s' is there already", path);
        return error_hint(err, "a key is never replaced: every fake and every choice of rows would "
                               "change; remove it yourself if nothing uses it");
    }
    if (fd < 0)
        return error_errno(err, "cannot create '%s'", path);
    enum { ROOM = 200 };
    char *text = sodium_malloc(ROOM);
    char head[120];
    int n =
        snprintf(head, sizeof head, "# decant key %s: keep it secret, and keep a copy\n", key->id);
    bool ok = text != NULL;
    if (ok) {
        memcpy(text, head, (size_t)n);
        sodium_bin2hex(text + n, ROOM - (size_t)n, key->master, sizeof key->master);
        text[n + KEY_DIGITS] = '\n';
        ok = write(fd, text, (size_t)n + KEY_DIGITS + 1) == n + KEY_DIGITS + 1 && fsync(fd) == 0;
    }
    if (!ok) {
        error_errno(err, "cannot write '%s'", path);
        unlink(path);
    }
    sodium_free(text);
    close(fd);
    return ok;
}

bool
key_create(const char *path, char **created, char id[KEY_ID], struct decant_error *err)
{
    struct key *key = NULL;
    if (!key_throwaway(&key, err))
        return false;
    *created = path != NULL ? mem_strdup(path) : key_path(key->id);
    bool ok = (path != NULL || file_make_directories(*created, err)) &&
              check_place(*created, err) && write_key(key, *created, err);
    memcpy(id, key->id, KEY_ID);
    key_free(key);
    if (!ok) {
        free(*created);
        *created = NULL;
    }
    return ok;
}
