/* SPDX-License-Identifier: PostgreSQL */
/*
 * Counted faults: a program linked with this and with the linker's --wrap (see the Makefile) calls
 * the functions below in the place of the libraries'. FAULT="KIND N" makes call number N of that
 * kind fail as it would on a machine that has no memory, no room or no server any more; without, or
 * with N = 0, nothing fails. FAULT_COUNT names a file that gets the number of calls, and the name
 * of the one that failed.
 */
#include <errno.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum kind { MEMORY, DISK, SYSTEM, SQLITE, LIBPQ, NKINDS };

static const char *const kinds[NKINDS] = { "memory", "disk", "system", "sqlite", "libpq" };

static atomic_long calls[NKINDS];
static long failing; /* number of the call; 0: none */
static enum kind failing_kind;
static const char *failed = ""; /* the function */

__attribute__((constructor)) static void
read_fault(void)
{
    const char *fault = getenv("FAULT");
    for (int i = 0; fault != NULL && i < NKINDS; i++)
        if (strncmp(fault, kinds[i], strlen(kinds[i])) == 0) {
            failing_kind = (enum kind)i;
            failing = atol(fault + strlen(kinds[i]));
        }
}

__attribute__((destructor)) static void
write_count(void)
{
    const char *path = getenv("FAULT_COUNT");
    FILE *file = path != NULL ? (fopen)(path, "w") : NULL;
    if (file == NULL)
        return;
    (fprintf)(file, "%ld %s\n", (long)calls[failing_kind], failed);
    (fclose)(file);
}

/* Is it this call? */
static bool
fails(enum kind kind, int error, const char *name)
{
    if (atomic_fetch_add(&calls[kind], 1) + 1 != failing || kind != failing_kind)
        return false;
    failed = name;
    errno = error;
    return true;
}

/* WRAP(kind, errno, what a failed call returns, type, name, parameters, arguments) */
#define WRAP(kind, error, failure, type, name, parameters, arguments)                              \
    type __real_##name parameters;                                                                 \
    type __wrap_##name parameters;                                                                 \
    type __wrap_##name parameters                                                                  \
    {                                                                                              \
        return fails(kind, error, #name) ? (failure) : __real_##name arguments;                    \
    }

WRAP(MEMORY, ENOMEM, NULL, void *, calloc, (size_t n, size_t size), (n, size))
WRAP(MEMORY, ENOMEM, NULL, void *, realloc, (void *old, size_t size), (old, size))
WRAP(MEMORY, ENOMEM, NULL, void *, aligned_alloc, (size_t align, size_t size), (align, size))
WRAP(MEMORY, ENOMEM, NULL, char *, strdup, (const char *s), (s))

WRAP(DISK, ENOSPC, -1, int, fsync, (int fd), (fd))
WRAP(DISK, ENOSPC, -1, int, ftruncate, (int fd, off_t size), (fd, size))
WRAP(DISK, ENOSPC, -1, int, mkdir, (const char *path, mode_t mode), (path, mode))
WRAP(DISK, EIO, -1, int, rename, (const char *from, const char *to), (from, to))
WRAP(DISK, EIO, -1, int, link, (const char *from, const char *to), (from, to))
WRAP(DISK, EIO, -1, int, symlink, (const char *to, const char *path), (to, path))
WRAP(DISK, EMFILE, NULL, FILE *, fopen, (const char *path, const char *mode), (path, mode))
WRAP(DISK, ENOMEM, NULL, FILE *, fdopen, (int fd, const char *mode), (fd, mode))
WRAP(DISK, EIO, NULL, char *, fgets, (char *line, int size, FILE *file), (line, size, file))
WRAP(DISK, EIO, -1, int, fstat, (int fd, struct stat *st), (fd, st))
WRAP(DISK, EACCES, -1, int, stat, (const char *path, struct stat *st), (path, st))
WRAP(DISK, EACCES, -1, int, lstat, (const char *path, struct stat *st), (path, st))
WRAP(DISK, EMFILE, NULL, void *, opendir, (const char *path), (path))
WRAP(DISK, EIO, -1, ssize_t, read, (int fd, void *data, size_t size), (fd, data, size))
WRAP(DISK, EPERM, -1, int, chmod, (const char *path, mode_t mode), (path, mode))
WRAP(DISK, EPERM, -1, int, fchmod, (int fd, mode_t mode), (fd, mode))
WRAP(DISK, ENOLCK, -1, int, flock, (int fd, int what), (fd, what))

/* What is said to people is heard whatever happens. */
#define WRAP_STREAM(error, failure, type, name, parameters, arguments, target)                     \
    type __real_##name parameters;                                                                 \
    type __wrap_##name parameters;                                                                 \
    type __wrap_##name parameters                                                                  \
    {                                                                                              \
        bool is_said = target;                                                                     \
        return !is_said && fails(DISK, error, #name) ? (failure) : __real_##name arguments;        \
    }

WRAP_STREAM(ENOSPC, -1, ssize_t, write, (int fd, const void *data, size_t size), (fd, data, size),
            fd <= 2)
WRAP_STREAM(ENOSPC, 0, size_t, fwrite, (const void *data, size_t size, size_t n, FILE *file),
            (data, size, n, file), file == stdout || file == stderr)
WRAP_STREAM(ENOSPC, EOF, int, fflush, (FILE * file), (file),
            file == NULL || file == stdout || file == stderr)

/* The file is closed all the same. */
int __real_fclose(FILE *file);
int __wrap_fclose(FILE *file);
int
__wrap_fclose(FILE *file)
{
    bool is_lost = file != stdout && file != stderr && fails(DISK, ENOSPC, "fclose");
    int closed = __real_fclose(file);
    return is_lost ? errno = ENOSPC, EOF : closed;
}

int __real_open(const char *path, int flags, mode_t mode);
int __wrap_open(const char *path, int flags, ...);
int
__wrap_open(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(args, mode_t) : 0;
    va_end(args);
    return fails(DISK, EMFILE, "open") ? -1 : __real_open(path, flags, mode);
}

WRAP(SYSTEM, EMFILE, -1, int, pipe2, (int ends[2], int flags), (ends, flags))
WRAP(SYSTEM, EAGAIN, -1, int, fork, (void), ())
WRAP(SYSTEM, EAGAIN, EAGAIN, int, pthread_create,
     (pthread_t * thread, const pthread_attr_t *attr, void *(*start)(void *), void *ctx),
     (thread, attr, start, ctx))

WRAP(SQLITE, 0, SQLITE_CANTOPEN, int, sqlite3_open_v2,
     (const char *path, sqlite3 **db, int flags, const char *vfs), (path, db, flags, vfs))
WRAP(SQLITE, 0, SQLITE_NOMEM, int, sqlite3_prepare_v2,
     (sqlite3 * db, const char *sql, int size, sqlite3_stmt **out, const char **tail),
     (db, sql, size, out, tail))
WRAP(SQLITE, 0, SQLITE_FULL, int, sqlite3_exec,
     (sqlite3 * db, const char *sql, int (*each)(void *, int, char **, char **), void *ctx,
      char **message),
     (db, sql, each, ctx, message))
WRAP(SQLITE, 0, SQLITE_FULL, int, sqlite3_step, (sqlite3_stmt * statement), (statement))
WRAP(SQLITE, 0, SQLITE_NOMEM, int, sqlite3_bind_text,
     (sqlite3_stmt * statement, int n, const char *text, int size, void (*done)(void *)),
     (statement, n, text, size, done))
WRAP(SQLITE, 0, SQLITE_NOMEM, int, sqlite3_create_module,
     (sqlite3 * db, const char *name, const sqlite3_module *module, void *ctx),
     (db, name, module, ctx))

WRAP(LIBPQ, 0, NULL, PGconn *, PQconnectStartParams,
     (const char *const *keys, const char *const *values, int expand), (keys, values, expand))
WRAP(LIBPQ, 0, PGRES_POLLING_FAILED, PostgresPollingStatusType, PQconnectPoll, (PGconn * conn),
     (conn))
WRAP(LIBPQ, 0, -1, int, PQsetnonblocking, (PGconn * conn, int is_on), (conn, is_on))

/* libpq itself reports a connection that is gone: so it goes, just before the call. */
#define WRAP_LOST(type, name, parameters, arguments)                                               \
    type __real_##name parameters;                                                                 \
    type __wrap_##name parameters;                                                                 \
    type __wrap_##name parameters                                                                  \
    {                                                                                              \
        if (fails(LIBPQ, ECONNRESET, #name))                                                       \
            shutdown(PQsocket(conn), SHUT_RDWR);                                                   \
        return __real_##name arguments;                                                            \
    }

WRAP_LOST(int, PQsendQuery, (PGconn * conn, const char *sql), (conn, sql))
WRAP_LOST(int, PQsendQueryParams,
          (PGconn * conn, const char *sql, int n, const Oid *types, const char *const *values,
           const int *lengths, const int *formats, int format),
          (conn, sql, n, types, values, lengths, formats, format))
WRAP_LOST(int, PQflush, (PGconn * conn), (conn))
WRAP_LOST(int, PQconsumeInput, (PGconn * conn), (conn))
WRAP_LOST(int, PQgetCopyData, (PGconn * conn, char **data, int async), (conn, data, async))
WRAP_LOST(int, PQputCopyData, (PGconn * conn, const char *data, int size), (conn, data, size))
WRAP_LOST(int, PQputCopyEnd, (PGconn * conn, const char *why), (conn, why))
