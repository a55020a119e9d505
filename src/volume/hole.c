/* SPDX-License-Identifier: PostgreSQL */
#include "volume/hole.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

/* The first file is there; the server makes the others without a gap. */
static bool
extend_segment(const char *path, bool is_first, int64_t bytes, struct decant_error *err)
{
    struct stat found;
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | (is_first ? 0 : O_CREAT), 0600);
    if (fd < 0)
        return error_errno(err, "cannot open '%s'", path);
    bool ok = fstat(fd, &found) == 0 && (found.st_size >= bytes || ftruncate(fd, bytes) == 0);
    if (!ok)
        error_errno(err, "cannot extend '%s'", path);
    close(fd);
    return ok;
}

static bool
extend(const struct hole_server *server, const char *path, int64_t pages, struct decant_error *err)
{
    char *first = file_join(server->folder, path), *name = NULL;
    bool ok = true;
    for (int64_t i = 0; ok && i * server->segment_pages < pages; i++) {
        int64_t left = pages - i * server->segment_pages;
        int64_t here = left < server->segment_pages ? left : server->segment_pages;
        if (asprintf(&name, "%s.%lld", first, (long long)i) < 0)
            abort();
        ok = extend_segment(i == 0 ? first : name, i == 0, here * server->page_bytes, err);
        free(name);
    }
    free(first);
    return ok;
}

/* Root does it as the owner, who could lead it astray by links. */
bool
hole_extend(const struct hole_server *server, const char *path, int64_t pages,
            struct decant_error *err)
{
    assert(server != NULL && path != NULL && server->segment_pages > 0);
    struct stat folder;
    if (stat(server->folder, &folder) != 0)
        return error_errno(err, "cannot look at '%s'", server->folder);
    int gid = setfsgid(folder.st_gid), uid = setfsuid(folder.st_uid);
    bool ok = extend(server, path, pages, err);
    setfsuid((uid_t)uid);
    setfsgid((gid_t)gid);
    return ok;
}
