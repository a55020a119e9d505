/* SPDX-License-Identifier: PostgreSQL */
#include "server/cluster.h"

#include <assert.h>
#include <dirent.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pg/quote.h"
#include "base/child.h"
#include "base/file.h"
#include "base/mem.h"

/* A socket's path has room for 107 bytes, of which its name takes 24. */
enum { MOST_FOLDER = 80, LOCK_S = 60 };

static const char other_user[] = "postgres", role[] = "decant";

/* ---- programs */

static bool
is_program(const char *folder, const char *name)
{
    char *path = file_join(folder, name);
    bool ok = access(path, X_OK) == 0;
    free(path);
    return ok;
}

static bool
take_programs(const char *folder, struct cluster *out)
{
    bool ok = is_program(folder, "initdb") && is_program(folder, "pg_ctl") &&
              strlen(folder) < sizeof out->bin;
    if (ok)
        snprintf(out->bin, sizeof out->bin, "%s", folder);
    return ok;
}

/* The major release of the data, or 0. */
static int
release_of_data(const struct cluster *home)
{
    char path[300], text[16] = "";
    snprintf(path, sizeof path, "%s/data/PG_VERSION", home->folder);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return 0;
    bool ok = fgets(text, sizeof text, file) != NULL;
    fclose(file);
    return ok ? atoi(text) : 0;
}

/* Debian has a folder for each major release. */
static bool
search_programs(int wanted, struct cluster *out)
{
    static const char root[] = "/usr/lib/postgresql";
    DIR *dir = opendir(root);
    int best = 0;
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        char folder[300];
        int release = atoi(entry->d_name);
        snprintf(folder, sizeof folder, "%s/%s/bin", root, entry->d_name);
        if (release > best && (wanted == 0 || release == wanted) && take_programs(folder, out))
            best = release;
    }
    if (dir != NULL)
        closedir(dir);
    return best > 0;
}

/* The major release of programs, or 0: "pg_ctl (PostgreSQL) 15.18" is what they say of it. */
static int
release_of_programs(const char *folder)
{
    static const atomic_int never = 0;
    static const char mark[] = "(PostgreSQL) ";
    struct buf output = { 0 }, errors = { 0 };
    struct decant_error ignored = { 0 };
    char *path = file_join(folder, "pg_ctl");
    const char *argv[] = { path, "--version", NULL };
    const struct child child = {
        .argv = argv, .stdout_fd = -1, .output = &output, .errors = &errors, .stop = &never
    };
    int status, release = 0;
    const char *found =
        child_run(&child, &status, &ignored) ? strstr(buf_str(&output), mark) : NULL;
    if (found != NULL)
        release = atoi(found + strlen(mark));
    free(path);
    buf_deinit(&output);
    buf_deinit(&errors);
    return release;
}

/* Of the data that is there, else the first. */
static bool
search_path(int wanted, struct cluster *out)
{
    char *path = mem_strdup(getenv("PATH") != NULL ? getenv("PATH") : ""), *rest = path;
    bool found = false;
    for (const char *folder; !found && (folder = strsep(&rest, ":")) != NULL;)
        found = folder[0] == '/' && take_programs(folder, out) &&
                (wanted == 0 || release_of_programs(folder) == wanted);
    free(path);
    return found;
}

/* ---- its place */

static bool
set_folder(struct cluster *out, struct decant_error *err)
{
    const char *state = getenv("XDG_STATE_HOME");
    char *home = file_home();
    int n;
    out->as_postgres = geteuid() == 0;
    if (state != NULL && state[0] == '/')
        n = snprintf(out->folder, sizeof out->folder, "%s/decant/server", state);
    else if (out->as_postgres)
        n = snprintf(out->folder, sizeof out->folder, "/var/lib/decant/server");
    else
        n = snprintf(out->folder, sizeof out->folder, "%s/.local/state/decant/server", home);
    free(home);
    if (n > 0 && n <= MOST_FOLDER)
        return true;
    error_set(err, DECANT_REFUSED, "the path of the state directory is too long for a socket");
    return error_hint(err, "set XDG_STATE_HOME to a shorter one");
}

bool
cluster_find(const char *bindir, struct cluster *out, struct decant_error *err)
{
    assert(out != NULL);
    *out = (struct cluster){ 0 };
    if (!set_folder(out, err))
        return false;
    int release = release_of_data(out);
    bool found = bindir != NULL ? take_programs(bindir, out)
                                : search_programs(release, out) || search_path(release, out);
    if (found)
        return true;
    if (release > 0 && bindir == NULL)
        error_set(err, DECANT_REFUSED, "the server's data is of PostgreSQL %d, which is not here",
                  release);
    else
        error_set(err, DECANT_REFUSED, "no PostgreSQL server is installed%s%s",
                  bindir != NULL ? " in " : "", bindir != NULL ? bindir : "");
    return error_hint(err, "install the package postgresql, or name the folder of initdb and "
                           "pg_ctl with --pg-bindir");
}

/* ---- running its programs */

static bool
run(const struct cluster *home, const char *program, const char *const *args, int *status,
    struct decant_error *err)
{
    static const atomic_int never = 0;
    const char *argv[24];
    struct buf output = { 0 }, errors = { 0 };
    char *path = file_join(home->bin, program);
    int n = 0;
    if (home->as_postgres) {
        argv[n++] = "/usr/bin/setpriv";
        argv[n++] = "--reuid=postgres";
        argv[n++] = "--regid=postgres";
        argv[n++] = "--clear-groups";
        argv[n++] = "--";
    }
    argv[n++] = path;
    for (; *args != NULL; args++)
        argv[n++] = *args;
    argv[n] = NULL;
    const struct child child = {
        .argv = argv, .stdout_fd = -1, .output = &output, .errors = &errors, .stop = &never
    };
    bool ok = child_run(&child, status, err);
    free(path);
    buf_deinit(&output);
    buf_deinit(&errors);
    return ok;
}

/* Only its owner may enter. */
static bool
make_folder(const struct cluster *home, const char *name, struct decant_error *err)
{
    char *path = file_join(home->folder, name);
    bool ok = file_make_directories(path, err);
    if (ok && mkdir(path, 0700) != 0 && access(path, F_OK) != 0)
        ok = error_errno(err, "cannot make '%s'", path);
    if (ok && home->as_postgres) {
        struct passwd entry, *found = NULL;
        char text[4096];
        ok = getpwnam_r(other_user, &entry, text, sizeof text, &found) == 0 && found != NULL;
        if (!ok)
            error_set(err, DECANT_REFUSED, "there is no user '%s', and root must not run a server",
                      other_user);
        else if (chown(path, found->pw_uid, found->pw_gid) != 0)
            ok = error_errno(err, "cannot give '%s' away", path);
    }
    if (ok && chmod(path, 0700) != 0)
        ok = error_errno(err, "cannot close '%s' to others", path);
    free(path);
    return ok;
}

static bool
fail(const struct cluster *home, const char *what, struct decant_error *err)
{
    error_set(err, DECANT_UNAVAILABLE, "%s", what);
    return error_hint(err, "%s/socket/log says why", home->folder);
}

/* Nothing here has to survive a crash of the machine that a pull would not make again. */
static const char settings[] = "listen_addresses = ''\n"
                               "port = 5432\n"
                               "unix_socket_permissions = 0700\n"
                               "synchronous_commit = off\n"
                               "max_wal_size = 4GB\n"
                               "shared_buffers = 256MB\n"
                               "max_connections = 100\n"
                               "max_locks_per_transaction = 256\n"
                               "logging_collector = off\n"
                               "log_min_messages = fatal\n"
                               "log_min_error_statement = panic\n"; /* statements hold values */

static bool
write_settings(const struct cluster *home, struct decant_error *err)
{
    char path[300];
    snprintf(path, sizeof path, "%s/data.new/postgresql.conf", home->folder);
    FILE *file = fopen(path, "ae");
    if (file == NULL)
        return error_errno(err, "cannot write '%s'", path);
    bool ok =
        fprintf(file, "%sunix_socket_directories = '%s/socket'\n", settings, home->folder) > 0;
    ok &= fclose(file) == 0;
    return ok || error_errno(err, "cannot write '%s'", path);
}

/* Beside its place until its settings are there, too: without them others could get in. */
static bool
make(const struct cluster *home, struct decant_error *err)
{
    char data[300], new[300];
    int status;
    snprintf(data, sizeof data, "%s/data", home->folder);
    snprintf(new, sizeof new, "%s/data.new", home->folder);
    const char *const args[] = {
        "-D", new, "-U", role, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", NULL
    };
    const char *const plain[] = { "-D",    new,  "-U",   role,         "-A",
                                  "trust", "-E", "UTF8", "--locale=C", NULL };
    if (!make_folder(home, "data.new", err) || !run(home, "initdb", args, &status, err))
        return false;
    if (status != 0 && !run(home, "initdb", plain, &status, err)) /* no such locale there */
        return false;
    if (status != 0) {
        error_set(err, DECANT_UNAVAILABLE, "initdb could not make a server in '%s'", new);
        return error_hint(err, "remove that folder where a killed run has left it");
    }
    return write_settings(home, err) &&
           (rename(new, data) == 0 || error_errno(err, "cannot put '%s' in place", data));
}

bool
cluster_is_running(const struct cluster *home, bool *out, struct decant_error *err)
{
    assert(home != NULL && out != NULL);
    char data[300];
    int status = 4;
    snprintf(data, sizeof data, "%s/data", home->folder);
    const char *const args[] = { "-D", data, "status", NULL };
    *out = false;
    if (release_of_data(home) == 0)
        return true;
    bool ok = run(home, "pg_ctl", args, &status, err);
    *out = status == 0;
    return ok;
}

static bool
start(const struct cluster *home, struct decant_error *err)
{
    char data[300], log[300], options[500];
    bool is_running = false;
    int status;
    snprintf(data, sizeof data, "%s/data", home->folder);
    snprintf(log, sizeof log, "%s/socket/log", home->folder);
    /* said once more: whatever became of its settings, nobody else gets in */
    snprintf(options, sizeof options,
             "-c listen_addresses='' -c unix_socket_permissions=0700 -c "
             "unix_socket_directories='%s/socket'",
             home->folder);
    const char *const args[] = { "-D", data, "-l", log,     "-o", options,
                                 "-w", "-t", "60", "start", NULL };
    if (release_of_data(home) == 0 && !make(home, err))
        return false;
    if (!cluster_is_running(home, &is_running, err))
        return false;
    if (is_running)
        return true;
    return run(home, "pg_ctl", args, &status, err) &&
           (status == 0 || fail(home, "the server does not start", err));
}

bool
cluster_start(const struct cluster *home, struct decant_error *err)
{
    assert(home != NULL);
    static const atomic_int never = 0;
    char lock[300];
    int fd = -1;
    if (!make_folder(home, "socket", err))
        return false;
    char *above = file_directory(home->folder);
    bool is_open = !home->as_postgres || /* the server's user goes through them */
                   (chmod(home->folder, 0711) == 0 && chmod(above, 0711) == 0);
    free(above);
    if (!is_open)
        return error_errno(err, "cannot open '%s' for the server", home->folder);
    snprintf(lock, sizeof lock, "%s/lock", home->folder);
    if (!file_lock(lock, LOCK_S, "the server", &never, &fd, err))
        return false;
    bool ok = start(home, err);
    file_unlock(lock, fd);
    return ok;
}

bool
cluster_stop(const struct cluster *home, struct decant_error *err)
{
    assert(home != NULL);
    char data[300];
    bool is_running;
    int status;
    snprintf(data, sizeof data, "%s/data", home->folder);
    const char *const args[] = { "-D", data, "-m", "fast", "-w", "-t", "60", "stop", NULL };
    if (!cluster_is_running(home, &is_running, err) || !is_running)
        return err->code == DECANT_OK;
    return run(home, "pg_ctl", args, &status, err) &&
           (status == 0 || fail(home, "the server does not stop", err));
}

/* ---- addresses */

bool
cluster_is_of(const struct cluster *home, const struct pg_conn *conn, char data[300])
{
    assert(home != NULL && data != NULL);
    char socket[300];
    struct pg_info *info = pg_conn_info(conn);
    const char *host = pg_info_get(info, "host");
    snprintf(socket, sizeof socket, "%s/socket", home->folder);
    snprintf(data, 300, "%s/data", home->folder);
    bool is_it = host != NULL && strcmp(host, socket) == 0;
    pg_info_free(info);
    return is_it;
}

void
cluster_put_address(const struct cluster *home, const char *database, struct buf *out)
{
    assert(home != NULL && database != NULL && out != NULL);
    buf_printf(out, "host='%s/socket' port=5432 user=%s dbname='", home->folder, role);
    for (; *database != '\0'; database++) {
        if (*database == '\'' || *database == '\\')
            buf_putc(out, '\\');
        buf_putc(out, *database);
    }
    buf_putc(out, '\'');
}

void
cluster_put_url(const struct cluster *home, const char *database, struct buf *out)
{
    assert(home != NULL && database != NULL && out != NULL);
    buf_printf(out, "postgresql://%s@/", role);
    quote_uri(out, database);
    buf_printf(out, "?host=%s/socket&port=5432", home->folder);
}
