/* SPDX-License-Identifier: PostgreSQL */
/* What the manifest of a copy says, in one of four forms. */
#include "report/manifest.h"
#include "report/report.h"
#include "report/sizes.h"

#include <string.h>

#include "job/find.h"
#include "job/internal.h"
#include "job/night.h"

/* Hands the text out, or says why there is none. */
static bool
finish(struct decant_job *job, bool ok, struct arena *arena, struct buf *out, char **text,
       struct decant_error *err)
{
    if (ok)
        *text = buf_steal(out);
    else
        job_explain_stop(job, err);
    buf_deinit(out);
    arena_deinit(arena);
    return ok;
}

/* What differs from the copy before, where one is kept. */
static bool
put_since(struct decant_job *job, struct db *manifest, struct decant_error *err)
{
    struct diff diff = { 0 };
    struct db_stmt *table = NULL, *change = NULL;
    bool ok = night_diff(job, job->options->target, &diff, err) && report_since(manifest, err) &&
              (table = db_prepare(manifest, "INSERT INTO since VALUES (?, ?, ?, ?, ?, ?)", err)) &&
              (change = db_prepare(manifest, "INSERT INTO since_changes VALUES (?, ?, ?, ?)", err));
    for (int i = 0; ok && i < diff.ntables; i++) {
        const struct diff_table *t = &diff.tables[i];
        const int64_t numbers[] = { t->before, t->after, t->came, t->went, t->changed };
        db_bind_text(table, 1, t->name);
        for (int n = 0; n < 5; n++)
            db_bind_int(table, n + 2, numbers[n]);
        ok = db_step(table, err) == 0;
    }
    for (int i = 0; ok && i < diff.nchanges; i++) {
        const struct diff_change *c = &diff.changes[i];
        const char *const texts[] = { c->kind, c->name, c->was, c->now };
        for (int n = 0; n < 4; n++)
            db_bind_text(change, n + 1, texts[n]);
        ok = db_step(change, err) == 0;
    }
    db_finalize(table);
    db_finalize(change);
    diff_deinit(&diff);
    return ok;
}

#pragma GCC visibility push(default)

bool
decant_job_report(struct decant_job *job, const char *format, bool absolute, char **text,
                  struct decant_error *err)
{
    struct arena arena = { 0 };
    struct buf out = { 0 };
    struct db *manifest = NULL;
    *text = NULL;
    int number = report_format(format);
    if (job->options->target == NULL)
        return error_set(err, DECANT_USAGE, "no copy to report on");
    if (number < 0)
        return error_set(err, DECANT_USAGE, "--format is text, md, json or html, not '%s'", format);
    const char *path = find_manifest(job, &arena, err);
    bool ok = path != NULL && manifest_open(path, &job->stop, &manifest, err) &&
              (!job->options->since || put_since(job, manifest, err)) &&
              report_write(manifest, (enum report_format)number, job->options->target, absolute,
                           &out, err);
    db_close(manifest);
    return finish(job, ok, &arena, &out, text, err);
}

bool
decant_job_sizes(struct decant_job *job, const char *format, char **text, struct decant_error *err)
{
    struct arena arena = { 0 };
    struct buf out = { 0 };
    struct manifest manifest;
    struct manifest_note *notes;
    int nnotes;
    *text = NULL;
    if (job->options->target == NULL)
        return error_set(err, DECANT_USAGE, "no copy to say the sizes of");
    const char *path = find_manifest(job, &arena, err);
    bool ok = path != NULL && manifest_load(path, &arena, &manifest, &notes, &nnotes, err);
    if (ok && manifest.nrelations == 0) {
        ok = error_set(err, DECANT_CHECK, "the manifest of the copy tells no sizes");
        error_hint(err, "an older version of decant made it: make the copy again");
    }
    if (ok && !sizes_write(&manifest, format, &out))
        ok = error_set(err, DECANT_USAGE, "--format is json or pgfence, not '%s'", format);
    return finish(job, ok, &arena, &out, text, err);
}

#pragma GCC visibility pop
