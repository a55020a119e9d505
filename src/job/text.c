/* SPDX-License-Identifier: PostgreSQL */
/* A finished copy as SQL text, which is loaded once and written again before it is published: what
 * comes out must be the same. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/git.h"
#include "catalog/catalog.h"
#include "job/find.h"
#include "job/text.h"
#include "job/text_target.h"
#include "load/database.h"
#include "text/database.h"
#include "text/sqlite.h"

struct texting {
    struct decant_job *job;
    struct arena arena;
    struct manifest manifest;
    struct text_files files;
    const char *copy; /* a path, or an address */
    bool is_file, is_copy_form;
};

bool
text_check_form(const char *form, bool is_sqlite, struct decant_error *err)
{
    if (form == NULL || strcmp(form, "insert") == 0)
        return true;
    if (strcmp(form, "copy") != 0)
        return error_set(err, DECANT_USAGE, "--as is 'insert' or 'copy', not '%s'", form);
    if (!is_sqlite)
        return true;
    error_set(err, DECANT_USAGE, "SQLite knows no COPY");
    return error_hint(err, "its text is made of INSERTs: leave --as out");
}

static bool
check_asked(struct texting *texting, struct decant_error *err)
{
    const struct decant_options *options = texting->job->options;
    if (options->source == NULL)
        return error_set(err, DECANT_USAGE, "no copy to write: decant text COPY --to TARGET");
    texting->is_copy_form = options->text_rows != NULL && strcmp(options->text_rows, "copy") == 0;
    return text_check_form(options->text_rows, texting->is_file, err);
}

/* Of a copy that nobody has changed, or it says nothing of what is written. */
static bool
load_manifest(struct texting *texting, struct pg_conn *conn, struct decant_error *err)
{
    struct decant_job *job = texting->job;
    char sha256[DIGEST_HEX];
    const char *label, *path, *was = NULL;
    struct manifest_note *notes;
    int n;
    bool ok =
        (texting->is_file ? find_of_file(job, texting->copy, &texting->arena, sha256, &path, err)
                          : find_of_database(job, conn, &texting->arena, &label, &path, err)) &&
        manifest_load(path, &texting->arena, &texting->manifest, &notes, &n, err);
    if (ok && texting->is_file)
        was = manifest_fact(&texting->manifest, "sha256");
    return ok && (was == NULL || strcmp(was, sha256) == 0 || find_changed(texting->copy, err));
}

bool
text_guard_place(const char *target, struct decant_error *err)
{
    assert(target != NULL);
    struct text_target found;
    text_target_find(target, &found);
    bool ok = text_target_is_nowhere(found.path) || !git_may_take(found.path, found.is_folder);
    free(found.path);
    if (ok)
        return true;
    error_set(err, DECANT_REFUSED, "'%s' lies in a git work tree, and nothing in it is masked",
              target);
    return error_hint(err, "choose another place, or let .gitignore name it");
}

static bool
guard_place(const struct texting *texting, struct decant_error *err)
{
    return texting->manifest.ncolumns > 0 || text_guard_place(texting->job->options->target, err);
}

bool
text_is_manifest(const char *path)
{
    static const atomic_int never = 0;
    struct db *db = NULL;
    struct decant_error ignored = { 0 };
    bool ok = manifest_open(path, &never, &db, &ignored);
    db_close(db);
    return ok;
}

bool
text_lock(struct decant_job *job, struct text_lock *out, struct decant_error *err)
{
    assert(job != NULL && out != NULL);
    struct buf path = { 0 };
    char *target = text_target_path(job->options->target);
    *out = (struct text_lock){ .fd = -1 };
    if (strcmp(target, "-") != 0) {
        if (text_target_beside(job->options->target, ".decant-lock", &path))
            out->made = mem_strdup(target);
        out->path = buf_steal(&path);
    }
    bool ok = out->path == NULL ||
              file_lock(out->path, job->options->wait_s, target, &job->stop, &out->fd, err);
    free(target);
    return ok;
}

void
text_unlock(struct text_lock *lock)
{
    if (lock->path != NULL)
        file_unlock(lock->path, lock->fd);
    if (lock->made != NULL)
        rmdir(lock->made); /* nothing was put there */
    free(lock->made);
    free(lock->path);
}

static bool
open_files(struct texting *texting, const struct text_dialect *dialect, struct decant_error *err)
{
    const struct decant_options *options = texting->job->options;
    bool ok = text_files_open(options->target, texting->job->run, options->overwrite, dialect,
                              &texting->files, err);
    texting->files.is_private = texting->manifest.ncolumns == 0; /* nobody masked it */
    return ok;
}

/* ---- files */

static bool
check_file(struct texting *texting, struct decant_error *err)
{
    struct db *db = NULL;
    char *path = file_join(texting->files.build, "check.db");
    bool ok = db_open(path, DB_CREATE, &texting->job->stop, &db, err) &&
              db_exec(db, err, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF") &&
              text_sqlite_load(&texting->files, db, err);
    text_files_compare(&texting->files);
    ok = ok && text_sqlite_write(db, &texting->files, err);
    db_close(db);
    unlink(path);
    free(path);
    return ok;
}

static bool
write_file(struct texting *texting, struct decant_error *err)
{
    struct db *db = NULL;
    bool ok = load_manifest(texting, NULL, err) && guard_place(texting, err) &&
              open_files(texting, &text_sqlite, err) &&
              db_open(texting->copy, DB_READ, &texting->job->stop, &db, err) &&
              text_sqlite_write(db, &texting->files, err) && check_file(texting, err);
    db_close(db);
    return ok;
}

/* ---- databases */

static struct pg_conn *
connect_to(struct texting *texting, const struct pg_conn *copy, const char *database,
           struct decant_error *err)
{
    struct pg_info *info = pg_conn_info(copy);
    pg_info_set(info, "dbname", database);
    struct pg_conn *conn = pg_connect(info, texting->job->application, &texting->job->stop, err);
    pg_info_free(info);
    return conn;
}

static bool
check_in(struct texting *texting, struct pg_conn *copy, const char *database,
         const struct pg_tools *tools, struct decant_error *err)
{
    struct pg_conn *conn = connect_to(texting, copy, database, err);
    bool ok = conn != NULL && text_database_load(&texting->files, conn, tools, err);
    text_files_compare(&texting->files);
    ok = ok && text_database_write(conn, tools, texting->is_copy_form, &texting->files, err);
    pg_close(conn);
    return ok;
}

/* Beside the copy, in a database of its encoding and locale, which goes again. */
static bool
check_database(struct texting *texting, struct pg_conn *copy, const struct pg_tools *tools,
               struct decant_error *err)
{
    struct server server = { 0 };
    struct decant_error ignored = { 0 };
    const char *target = pg_conn_database(copy);
    const char *name = database_new_name(&texting->arena, target, texting->job->run);
    struct notes notes;
    notes_init(&notes);
    struct pg_conn *admin = connect_to(texting, copy, "postgres", err);
    bool ok = admin != NULL && catalog_load_server(copy, &texting->arena, &server, err) &&
              database_lock(admin, target, texting->job->options->wait_s, err) &&
              database_drop_leftovers(admin, target, err);
    bool is_made = ok && database_create(admin, name, NULL, &server, &notes, err);
    ok = is_made && database_set_lazy(admin, name, true, err) &&
         check_in(texting, copy, name, tools, err);
    if (is_made && !database_drop(admin, name, ok ? err : &ignored))
        ok = false;
    pg_close(admin);
    notes_deinit(&notes);
    return ok;
}

static bool
write_database(struct texting *texting, struct decant_error *err)
{
    struct pg_tools tools;
    struct pg_conn *conn = find_connect(texting->job, texting->copy, err);
    bool ok = conn != NULL && load_manifest(texting, conn, err) && guard_place(texting, err) &&
              pg_tools_find(texting->job->options->pg_bindir, pg_conn_version(conn), &tools, err) &&
              open_files(texting, &text_postgres, err) &&
              text_database_write(conn, &tools, texting->is_copy_form, &texting->files, err) &&
              check_database(texting, conn, &tools, err);
    pg_close(conn);
    return ok;
}

static bool
publish(struct texting *texting, struct buf *out, struct decant_error *err)
{
    struct decant_job *job = texting->job;
    int changed;
    if (strcmp(job->options->target, "-") == 0)
        return text_files_read(&texting->files, out, err);
    if (atomic_load(&job->stop) != JOB_RUNS)
        return error_set(err, DECANT_CANCELLED, "cancelled");
    if (!text_files_publish(&texting->files, &changed, err))
        return false;
    buf_printf(out, "%s: %d file%s, %d of them changed\n", job->options->target,
               texting->files.nnames, texting->files.nnames == 1 ? "" : "s", changed);
    return true;
}

bool
text_write(struct decant_job *job, struct buf *out, struct decant_error *err)
{
    assert(job != NULL && out != NULL);
    struct texting texting = { .job = job };
    if (job->options->source != NULL)
        texting.is_file = sink_for(job->options->source, &texting.copy) == &sink_sqlite;
    bool ok = check_asked(&texting, err) &&
              (texting.is_file ? write_file : write_database)(&texting, err) &&
              publish(&texting, out, err);
    if (!ok)
        job_explain_stop(job, err);
    if (texting.files.target != NULL)
        text_files_close(&texting.files);
    arena_deinit(&texting.arena);
    return ok;
}

#pragma GCC visibility push(default)

bool
decant_job_text(struct decant_job *job, char **text, struct decant_error *err)
{
    assert(job != NULL && text != NULL && err != NULL);
    struct text_lock lock = { .fd = -1 };
    struct buf out = { 0 };
    if (job->options->target == NULL || job->options->target[0] == '\0')
        return error_set(err, DECANT_USAGE, "no target: --to TARGET is missing");
    const char *path;
    if (sink_for(job->options->target, &path) != &sink_sqlite || path != job->options->target ||
        strncmp(path, "local:", 6) == 0)
        return error_set(err, DECANT_USAGE, "SQL text goes to a file or a folder, not to '%s'",
                         job->options->target);
    bool ok = text_lock(job, &lock, err) && text_write(job, &out, err);
    text_unlock(&lock);
    char *manifest = text_manifest(job->options->target);
    if (ok && text_is_manifest(manifest)) /* of text that was there before */
        unlink(manifest);
    free(manifest);
    *text = ok ? buf_steal(&out) : NULL;
    buf_deinit(&out);
    return ok;
}

#pragma GCC visibility pop
