/* SPDX-License-Identifier: PostgreSQL */
#include "pg/tool.h"

#include <assert.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/child.h"
#include "base/mem.h"
#include "pg/internal.h"

enum { MAX_ARGS = 4096 };

static const char root[] = "/usr/lib/postgresql/"; /* a folder for each major release */

static int
version_of(const char *program)
{
    static const atomic_int never = 0;
    const char *argv[] = { program, "--version", NULL };
    struct buf output = { 0 };
    struct decant_error ignored = { 0 };
    struct child child = { .argv = argv, .stdout_fd = -1, .output = &output, .stop = &never };
    int status, major = 0, minor = 0;
    if (child_run(&child, &status, &ignored) && status == 0 &&
        sscanf(buf_str(&output), "%*[^0-9]%d.%d", &major, &minor) < 1)
        major = 0;
    buf_deinit(&output);
    return major * 10000 + minor;
}

/* Of one major release the newest is the best: an older one may not know what its servers have. Of
 * several the oldest that will do: newer ones write settings that an older target does not know. */
static bool
is_better(int version, int best)
{
    return best == 0 || version / 10000 < best / 10000 ||
           (version / 10000 == best / 10000 && version > best);
}

/* Takes the pair in `dir` when it is new enough and better than the best one so far. */
static void
consider(const char *dir, int version, struct pg_tools *best)
{
    struct pg_tools tools;
    if (snprintf(tools.dump, sizeof tools.dump, "%s/pg_dump", dir) >= (int)sizeof tools.dump ||
        snprintf(tools.restore, sizeof tools.restore, "%s/pg_restore", dir) >=
            (int)sizeof tools.restore)
        return;
    if (access(tools.dump, X_OK) != 0 || access(tools.restore, X_OK) != 0)
        return;
    tools.version = version_of(tools.dump);
    if (tools.version / 10000 >= version / 10000 && is_better(tools.version, best->version))
        *best = tools;
}

/* Debian's wrapper runs one of those in /usr/lib/postgresql, which were looked at; and a folder may
 * be there by two names. */
static bool
is_another(const char *dir, char last[PATH_MAX])
{
    char name[PATH_MAX], path[PATH_MAX];
    if (snprintf(name, sizeof name, "%s/pg_dump", dir) >= (int)sizeof name ||
        realpath(name, path) == NULL || strcmp(path, last) == 0)
        return false;
    snprintf(last, PATH_MAX, "%s", path);
    const char *base = strrchr(path, '/');
    return strncmp(path, root, strlen(root)) != 0 && strcmp(base, "/pg_wrapper") != 0;
}

static void
search(int version, struct pg_tools *best)
{
    char path[512], last[PATH_MAX] = "";
    DIR *dir = opendir(root);
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;)
        if (entry->d_name[0] != '.' &&
            snprintf(path, sizeof path, "%s%s/bin", root, entry->d_name) < (int)sizeof path)
            consider(path, version, best);
    if (dir != NULL)
        closedir(dir);
    const char *list = getenv("PATH");
    char *copy = list != NULL ? mem_strdup(list) : NULL, *rest = copy;
    for (char *word; rest != NULL && (word = strsep(&rest, ":")) != NULL;)
        if (word[0] == '/' && is_another(word, last))
            consider(word, version, best);
    free(copy);
}

bool
pg_tools_find(const char *bindir, int version, struct pg_tools *out, struct decant_error *err)
{
    *out = (struct pg_tools){ 0 };
    if (bindir != NULL)
        consider(bindir, version, out);
    else
        search(version, out);
    if (out->version != 0)
        return true;
    error_set(err, DECANT_REFUSED, "no pg_dump and pg_restore of version %d or newer%s%s",
              version / 10000, bindir != NULL ? " in " : "", bindir != NULL ? bindir : "");
    return error_hint(err,
                      "install the package postgresql-client-%d, or name the folder with "
                      "--pg-bindir; a SQLite target does not need them",
                      version / 10000);
}

int
pg_tool_file(const char *name, struct decant_error *err)
{
    int fd = memfd_create(name, 0);
    if (fd < 0 || fchmod(fd, 0600) != 0)
        error_errno(err, "cannot make a file in memory");
    return fd;
}

/* A password file of one line that fits every host; libpq reads it anew at each connection. */
static int
password_file(const char *password, struct decant_error *err)
{
    int fd = pg_tool_file("pgpass", err);
    if (fd < 0)
        return fd;
    struct buf line = { 0 };
    buf_puts(&line, "*:*:*:*:");
    for (; *password != '\0'; password++) {
        if (*password == ':' || *password == '\\')
            buf_putc(&line, '\\');
        buf_putc(&line, *password);
    }
    buf_putc(&line, '\n');
    bool ok = write(fd, line.data, line.len) == (ssize_t)line.len;
    explicit_bzero(line.data, line.len);
    buf_deinit(&line);
    if (!ok) {
        error_errno(err, "cannot write a file in memory");
        close(fd);
        return -1;
    }
    return fd;
}

bool
pg_tool_password(const struct pg_conn *conn, int *fd, struct decant_error *err)
{
    assert(conn != NULL && fd != NULL);
    *fd = -1;
    if (pg_conn_password(conn) == NULL)
        return true;
    *fd = password_file(pg_conn_password(conn), err);
    return *fd >= 0;
}

/* A tool that waits for its server says nothing either. */
static bool
is_at_work(void *ctx)
{
    const struct pg_session *session = ctx;
    return conn_is_at_work(session->conn, 0, session->application);
}

bool
pg_tool_run(const char *program, const char *const *args, const struct pg_conn *conn,
            const char *application, int stdout_fd, struct buf *output, struct buf *errors,
            int *status, struct decant_error *err)
{
    const struct pg_session session = { conn, application, NULL };
    return pg_tool_run_in(&session, program, args, stdout_fd, output, errors, status, err);
}

bool
pg_tool_run_in(const struct pg_session *session, const char *program, const char *const *args,
               int stdout_fd, struct buf *output, struct buf *errors, int *status,
               struct decant_error *err)
{
    assert(session != NULL);
    const struct pg_conn *conn = session->conn;
    assert(program != NULL && args != NULL);
    const char *argv[MAX_ARGS + 4];
    int n = 0;
    argv[n++] = program;
    for (; *args != NULL; args++) {
        if (n > MAX_ARGS)
            return error_set(err, DECANT_REFUSED, "too many arguments for '%s'", program);
        argv[n++] = *args;
    }
    struct buf dbname = { 0 };
    int fd = -1;
    char passfile[64];
    if (conn != NULL) {
        buf_puts(&dbname, "--dbname=");
        pg_conn_string(conn, session->application, &dbname);
        argv[n++] = dbname.data;
        if (!pg_tool_password(conn, &fd, err)) {
            buf_deinit(&dbname);
            return false;
        }
        snprintf(passfile, sizeof passfile, "/proc/self/fd/%d", fd);
    }
    argv[n] = NULL;
    static const atomic_int never = 0;
    /* what they write of times is the same wherever they run */
    struct child_variable env[] = {
        { "PGTZ", "UTC" }, { NULL, NULL }, { NULL, NULL }, { NULL, NULL }
    };
    int nenv = 1;
    if (fd >= 0)
        env[nenv++] = (struct child_variable){ "PGPASSFILE", passfile };
    if (session->settings != NULL)
        env[nenv++] = (struct child_variable){ "PGOPTIONS", session->settings };
    struct child child = { .argv = argv,
                           .quiet_ms = conn != NULL ? conn->stall_ms : 0,
                           .is_at_work = is_at_work,
                           .ctx = (void *)session,
                           .env = env,
                           .stdout_fd = stdout_fd,
                           .output = output,
                           .errors = errors,
                           .stop = conn != NULL ? pg_conn_stop(conn) : &never };
    bool ok = child_run(&child, status, err);
    if (fd >= 0)
        close(fd);
    buf_deinit(&dbname);
    return ok;
}
