/* SPDX-License-Identifier: PostgreSQL */
/* What differs between two copies, or between the one in place and the one before. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "diff/diff.h"
#include "job/find.h"
#include "job/night.h"
#include "load/sink.h"

struct differing {
    struct decant_job *job;
    struct arena arena;
    const char *called[2]; /* before and after, for people */
    const char *places[2]; /* as options.target */
    struct manifest manifests[2];
    bool has_manifest[2];
    struct diff diff;
};

/* The copy of a target from before the one in place, as a place of its own. */
static bool
find_former(struct differing *d, struct decant_error *err)
{
    struct versions versions;
    const struct version *former = NULL;
    bool ok = find_versions(d->job, d->places[1], &versions, err);
    for (int i = 0; ok && i < versions.n && former == NULL; i++)
        if (!versions.items[i].is_current)
            former = &versions.items[i];
    if (ok && former == NULL) {
        error_set(err, DECANT_REFUSED, "no former copy of '%s' is kept", d->places[1]);
        ok = error_hint(err, "decant diff COPY1 COPY2 compares any two");
    }
    if (ok && versions.info != NULL) {
        struct buf url = { 0 };
        pg_info_put_url(versions.info, former->name, &url);
        d->places[0] = arena_strdup(&d->arena, buf_str(&url));
        buf_deinit(&url);
    } else if (ok) {
        d->places[0] = arena_strdup(&d->arena, former->name);
    }
    if (ok)
        d->called[0] = arena_strdup(&d->arena, former->name);
    versions_close(&versions);
    return ok;
}

/* What is known of a copy; that there is nothing is no reason to stop. */
static void
load_manifest(struct differing *d, int side)
{
    struct decant_options options = *d->job->options;
    const struct decant_options *asked = d->job->options;
    struct decant_error ignored = { 0 };
    struct manifest_note *notes;
    int n;
    options.target = d->places[side];
    options.manifest = NULL;
    d->job->options = &options;
    const char *path = find_manifest(d->job, &d->arena, &ignored);
    d->job->options = asked;
    d->has_manifest[side] =
        path != NULL && manifest_load(path, &d->arena, &d->manifests[side], &notes, &n, &ignored);
}

static bool
compare(struct differing *d, struct decant_error *err)
{
    const char *rests[2];
    bool is_file[2];
    for (int i = 0; i < 2; i++)
        is_file[i] = sink_for(d->places[i], &rests[i]) == &sink_sqlite;
    if (is_file[0] != is_file[1])
        return error_set(err, DECANT_USAGE, "a file and a database are not compared");
    if (is_file[0]) {
        for (int i = 0; i < 2; i++)
            if (file_size(rests[i]) < 0)
                return error_set(err, DECANT_UNAVAILABLE, "there is no file '%s'", rests[i]);
        return diff_files(rests[0], rests[1], &d->job->stop, &d->diff, err);
    }
    struct pg_conn *before = find_connect(d->job, rests[0], err);
    struct pg_conn *after = before != NULL ? find_connect(d->job, rests[1], err) : NULL;
    bool ok = after != NULL && diff_databases(before, after, &d->diff, err);
    pg_close(before);
    pg_close(after);
    return ok;
}

static bool
run(struct differing *d, struct decant_error *err)
{
    const struct decant_words *asked = &d->job->options->targets;
    for (int i = 0; i < asked->count; i++) {
        int side = asked->count == 1 ? 1 : i;
        d->called[side] = asked->items[i];
        d->places[side] = night_place(d->job, asked->items[i], &d->arena, err);
        if (d->places[side] == NULL)
            return false;
    }
    if ((asked->count == 1 && !find_former(d, err)) || !compare(d, err))
        return false;
    load_manifest(d, 0);
    load_manifest(d, 1);
    if (d->has_manifest[0] && d->has_manifest[1])
        diff_manifests(&d->manifests[0], &d->manifests[1], &d->diff);
    return true;
}

bool
night_diff(struct decant_job *job, const char *target, struct diff *out, struct decant_error *err)
{
    assert(job != NULL && target != NULL && out != NULL);
    struct decant_options options = *job->options;
    const struct decant_options *asked = job->options;
    struct differing d = { .job = job };
    options.targets = (struct decant_words){ &target, 1 };
    job->options = &options;
    bool ok = run(&d, err);
    job->options = asked;
    arena_deinit(&d.arena);
    *out = d.diff; /* with an arena of its own */
    return ok;
}

#pragma GCC visibility push(default)

bool
decant_job_diff(struct decant_job *job, bool json, char **text, struct decant_error *err)
{
    assert(job != NULL && text != NULL && err != NULL);
    const int asked = job->options->targets.count;
    struct differing d = { .job = job };
    struct buf out = { 0 };
    if (asked < 1 || asked > 2) {
        error_set(err, DECANT_USAGE, "one or two copies are compared");
        return error_hint(err, "decant diff COPY, with the one before; or decant diff COPY1 COPY2");
    }
    bool ok = run(&d, err);
    if (ok) {
        (json ? diff_put_json : diff_put_text)(&d.diff, d.called[0], d.called[1], &out);
        *text = buf_steal(&out);
    } else {
        job_explain_stop(job, err);
    }
    buf_deinit(&out);
    diff_deinit(&d.diff);
    arena_deinit(&d.arena);
    return ok;
}

#pragma GCC visibility pop
