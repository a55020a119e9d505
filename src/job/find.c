/* SPDX-License-Identifier: PostgreSQL */
#include "job/find.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "job/text_target.h"
#include "load/publish_file.h"
#include "load/sink.h"
#include "load/versions.h"

bool
find_target(struct decant_job *job, struct arena *arena, const char **target)
{
    assert(job != NULL);
    bool is_file = sink_for(job->options->target, target) == &sink_sqlite, is_ours;
    if (is_file) { /* its manifest lies beside the file, not beside a link to it */
        char *path = publish_file_of(*target, &is_ours);
        *target = arena_strdup(arena, path);
        free(path);
    }
    return is_file;
}

bool
find_changed(const char *target, struct decant_error *err)
{
    error_set(err, DECANT_CHECK, "'%s' was changed since it was made", target);
    return error_hint(err, "its bytes are not those that were published; make it again with "
                           "decant pull");
}

bool
find_of_file(struct decant_job *job, const char *target, struct arena *arena,
             char sha256[DIGEST_HEX], const char **path, struct decant_error *err)
{
    assert(job != NULL);
    *path = job->options->manifest;
    if (file_size(target) < 0)
        return error_set(err, DECANT_UNAVAILABLE, "there is no file '%s'", target);
    if (!digest_file(target, &job->stop, sha256, err))
        return false;
    if (*path == NULL)
        *path = manifest_path_beside(arena, version_target(arena, target), sha256);
    if (job->options->manifest == NULL && file_size(*path) < 0) /* changed since, or not ours */
        *path = manifest_youngest(arena, target);
    if (*path != NULL && file_size(*path) >= 0)
        return true;
    error_set(err, DECANT_CHECK, "'%s' has no manifest", target);
    return error_hint(err, "name it with --manifest");
}

struct pg_conn *
find_connect(struct decant_job *job, const char *target, struct decant_error *err)
{
    assert(job != NULL);
    struct pg_info *info;
    char application[96];
    if (!pg_info_parse(target, "target", &info, err))
        return NULL;
    pg_info_set_stall(info, job->options->stall_timeout_ms);
    snprintf(application, sizeof application, "%sverify", job->application);
    struct pg_conn *conn = pg_connect(info, application, &job->stop, err);
    pg_info_free(info);
    if (conn != NULL && !pg_make_read_only(conn, err)) {
        pg_close(conn);
        conn = NULL;
    }
    return conn;
}

bool
find_of_database(struct decant_job *job, struct pg_conn *conn, struct arena *arena,
                 const char **label, const char **path, struct decant_error *err)
{
    assert(job != NULL);
    *path = job->options->manifest;
    *label = sink_postgres_label(conn, arena, err);
    if (*label == NULL)
        return false;
    if (*path == NULL)
        *path = manifest_path_in_state(arena, *label);
    if (file_size(*path) >= 0)
        return true;
    error_set(err, DECANT_CHECK, "the copy has no manifest at '%s'", *path);
    return error_hint(err, "name it with --manifest");
}

bool
find_is_foreign(struct decant_job *job, const char *target, bool is_file, bool *out,
                struct decant_error *err)
{
    assert(job != NULL);
    struct arena arena = { 0 };
    *out = is_file && file_size(target) >= 0 &&
           manifest_youngest(&arena, version_target(&arena, target)) == NULL;
    if (job->options->manifest != NULL)
        *out = false;
    if (is_file || job->options->manifest != NULL) {
        arena_deinit(&arena);
        return true;
    }
    struct pg_conn *conn = find_connect(job, target, err);
    bool ok = conn != NULL;
    if (ok && sink_postgres_label(conn, &arena, err) == NULL) {
        *out = err->code == DECANT_CHECK; /* it bears no mark of ours */
        ok = *out;
    }
    pg_close(conn);
    arena_deinit(&arena);
    return ok;
}

const char *
find_of_version(const char *target, const char *run, const char *file, const atomic_int *stop,
                struct arena *arena)
{
    assert(target != NULL && run != NULL && file != NULL);
    char sha256[DIGEST_HEX];
    struct decant_error ignored = { 0 };
    const char *path = manifest_of_run(arena, target, run);
    /* copies of the same bytes have one manifest, that of the last run */
    if (path == NULL && digest_file(file, stop, sha256, &ignored))
        path = manifest_path_beside(arena, target, sha256);
    return path != NULL && file_size(path) >= 0 ? path : NULL;
}

/* The manifest of the file in place: of the run in its second name, if it has one. */
static const char *
manifest_in_place(struct decant_job *job, struct arena *arena, const char *target)
{
    const char *path = NULL;
    char *name = versions_name_of(target);
    size_t stem = strlen(file_name(target)) + 1;
    if (name != NULL) {
        const char *run = arena_strndup(arena, name + stem, strcspn(name + stem, "."));
        path = find_of_version(target, run, target, &job->stop, arena);
    } else {
        path = manifest_youngest(arena, target);
    }
    free(name);
    return path;
}

bool
find_before(struct decant_job *job, struct arena *arena, struct manifest *out,
            const char **unreadable)
{
    assert(job != NULL);
    const char *target, *path = job->options->manifest;
    struct decant_error ignored = { 0 };
    struct manifest_note *notes;
    int nnotes = 0;
    bool is_file = find_target(job, arena, &target);
    *unreadable = NULL;
    if (is_file && file_size(target) <= 0) /* only its manifest was left */
        return false;
    if (path != NULL)
        path = file_size(path) >= 0 ? path : NULL;
    else
        path =
            is_file ? manifest_in_place(job, arena, target) : find_manifest(job, arena, &ignored);
    if (path == NULL || manifest_load(path, arena, out, &notes, &nnotes, &ignored))
        return path != NULL;
    *unreadable = path;
    return false;
}

bool
find_versions(struct decant_job *job, const char *target, struct versions *out,
              struct decant_error *err)
{
    assert(job != NULL && target != NULL && out != NULL);
    const struct versions_wish wish = { .target = target,
                                        .stall_ms = job->options->stall_timeout_ms,
                                        .stop = &job->stop };
    return versions_open(out, &wish, err);
}

void
find_forget_others(const struct versions *versions, const char *own, struct arena *arena)
{
    assert(versions != NULL && arena != NULL);
    static const char no_run[] = "00000000000000x000000"; /* of a run's length */
    struct manifest_kept *kept = ARENA_ARRAY(arena, struct manifest_kept, versions->n + 1);
    int nkept = 0;
    for (int i = 0; i < versions->n; i++)
        if (versions->items[i].bytes > 0)
            kept[nkept++] =
                (struct manifest_kept){ versions->items[i].run, versions->items[i].bytes };
    const struct version *current = versions_current(versions);
    if (own == NULL && versions->info == NULL && current != NULL && current->run[0] == '\0')
        own = manifest_youngest(arena, versions->target); /* of the one that has no second name */
    const char *path =
        own != NULL ? own
        : versions->info == NULL
            ? manifest_path_beside(arena, versions->target, "0000000000000000")
            : manifest_path_in_state(
                  arena, sink_postgres_label_for(versions->info, versions->target, no_run, arena));
    manifest_remove_others(path, kept, nkept);
}

const char *
find_manifest(struct decant_job *job, struct arena *arena, struct decant_error *err)
{
    assert(job != NULL);
    const char *target, *path = NULL, *label;
    char sha256[DIGEST_HEX];
    if (job->options->manifest == NULL && text_is_target(job->options->target)) {
        char *place = text_manifest(job->options->target);
        path = arena_strdup(arena, place);
        free(place);
        if (file_size(path) >= 0)
            return path;
        error_set(err, DECANT_CHECK, "'%s' has no manifest", job->options->target);
        error_hint(err, "text that was written of a copy has that copy's: name it with --manifest");
        return NULL;
    }
    if (find_target(job, arena, &target)) {
        if (!find_of_file(job, target, arena, sha256, &path, err))
            return NULL;
        if (job->options->manifest != NULL ||
            strcmp(path, manifest_path_beside(arena, version_target(arena, target), sha256)) == 0)
            return path;
        find_changed(target, err);
        return NULL;
    }
    struct pg_conn *conn = find_connect(job, target, err);
    bool ok = conn != NULL && find_of_database(job, conn, arena, &label, &path, err);
    pg_close(conn);
    return ok ? path : NULL;
}
