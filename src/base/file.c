/* SPDX-License-Identifier: PostgreSQL */
#include "base/file.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"

char *
file_directory(const char *path)
{
    assert(path != NULL);
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return mem_strdup(".");
    char *directory = mem_strdup(path);
    directory[slash == path ? 1 : slash - path] = '\0';
    return directory;
}

const char *
file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

char *
file_join(const char *directory, const char *name)
{
    assert(directory != NULL && name != NULL);
    struct buf path = { 0 };
    buf_printf(&path, "%s/%s", directory, name);
    return buf_steal(&path);
}

char *
file_whole(const char *path)
{
    assert(path != NULL);
    char *real = realpath(path, NULL);
    return real != NULL ? real : mem_strdup(path);
}

int64_t
file_size(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? (int64_t)st.st_size : -1;
}

bool
file_has_writer(const char *path)
{
    assert(path != NULL);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool has = fd >= 0 && fcntl(fd, F_SETLEASE, F_RDLCK) != 0 && errno == EAGAIN;
    if (fd >= 0)
        close(fd); /* and with it the lease */
    return has;
}

static bool
sync_path(const char *path, int flags, struct decant_error *err)
{
    int fd = open(path, flags | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (!ok)
        error_errno(err, "cannot write '%s' to disk", path);
    if (fd >= 0)
        close(fd);
    return ok;
}

bool
file_sync(const char *path, struct decant_error *err)
{
    return sync_path(path, O_RDONLY, err);
}

bool
file_settle(const char *path)
{
    struct decant_error ignored = { 0 };
    char *directory = file_directory(path);
    bool ok = sync_path(directory, O_RDONLY | O_DIRECTORY, &ignored);
    free(directory);
    return ok;
}

void
file_remove_prefixed(const char *path, const char *prefix)
{
    assert(prefix[0] != '\0');
    char *directory = file_directory(path);
    DIR *dir = opendir(directory);
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;)
        if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0)
            unlinkat(dirfd(dir), entry->d_name, 0);
    if (dir != NULL)
        closedir(dir);
    free(directory);
}

/* The file that was locked may have been removed by its former holder meanwhile. */
static bool
is_still(const char *path, int fd)
{
    struct stat here, there;
    return fstat(fd, &here) == 0 && stat(path, &there) == 0 && here.st_ino == there.st_ino &&
           here.st_dev == there.st_dev;
}

bool
file_lock(const char *path, int wait_s, const char *what, const atomic_int *stop, int *out,
          struct decant_error *err)
{
    assert(path != NULL);
    int64_t deadline = clock_ms() + (int64_t)wait_s * 1000;
    for (;;) {
        int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (fd < 0)
            return error_errno(err, "cannot create '%s'", path);
        if (flock(fd, LOCK_EX | LOCK_NB) == 0 && is_still(path, fd)) {
            *out = fd;
            return true;
        }
        int reason = errno;
        close(fd);
        if (reason != EWOULDBLOCK && reason != EINTR && reason != 0 && reason != ENOENT) {
            errno = reason;
            return error_errno(err, "cannot lock '%s'", path);
        }
        if (atomic_load(stop) != 0)
            return error_set(err, DECANT_CANCELLED, "cancelled");
        if (wait_s >= 0 && clock_ms() >= deadline) {
            error_set(err, DECANT_REFUSED, "another run holds '%s'", what);
            return error_hint(err, "wait for it with --wait");
        }
        usleep(50 * 1000);
    }
}

void
file_unlock(const char *path, int fd)
{
    if (fd < 0)
        return;
    unlink(path);
    close(fd);
}

bool
file_make_directories(const char *path, struct decant_error *err)
{
    char *copy = mem_strdup(path);
    bool ok = true;
    for (char *p = copy + 1; ok && *p != '\0'; p++) {
        if (*p != '/')
            continue;
        *p = '\0';
        ok = mkdir(copy, 0700) == 0 || errno == EEXIST;
        if (!ok)
            error_errno(err, "cannot make the directory '%s'", copy);
        *p = '/';
    }
    free(copy);
    return ok;
}

char *
file_home(void)
{
    const char *home = getenv("HOME");
    struct passwd entry, *found = NULL;
    char text[4096];
    if (home == NULL && getpwuid_r(geteuid(), &entry, text, sizeof text, &found) == 0 &&
        found != NULL)
        home = entry.pw_dir;
    return mem_strdup(home != NULL ? home : "");
}
