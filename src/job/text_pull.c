/* SPDX-License-Identifier: PostgreSQL */
/* A pull into SQL text: into a copy that nobody else sees, which is checked as any other, and of
 * which the text is written. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "job/pull.h"
#include "job/text.h"
#include "job/text_target.h"
#include "text/files.h"

struct text_pull {
    struct decant_job *job;
    const struct decant_options *asked;
    decant_on_event on_event; /* the user's */
    void *event_ctx;
    struct decant_event done; /* its numbers */
    char *folder, *copy;
    char *manifest, *place; /* as it is written, and where it is to be */
    char name[40];          /* of a database on the user's own server, or "" */
};

/* What is told of the copy between is not of the text: that comes at its end. */
static void
pass_on(void *ctx, const struct decant_event *event)
{
    struct text_pull *pull = ctx;
    if (event->phase == DECANT_PHASE_DONE)
        pull->done = *event;
    bool is_of_copy = event->phase == DECANT_PHASE_SWAP || event->phase == DECANT_PHASE_SWAPPED ||
                      event->phase == DECANT_PHASE_VERDICT || event->phase == DECANT_PHASE_DONE;
    if (!is_of_copy && pull->on_event != NULL)
        pull->on_event(pull->event_ctx, event);
}

/* The name of a database that only this text is written of. */
static bool
name_database(struct text_pull *pull, struct decant_error *err)
{
    char *whole = file_whole(pull->asked->target), digest[DIGEST_HEX];
    bool ok = digest_text(whole, strlen(whole), digest) ||
              error_set(err, DECANT_BUG, "no digest of a path");
    if (ok)
        snprintf(pull->name, sizeof pull->name, "decant_text_%.16s", digest);
    free(whole);
    return ok && decant_server_address(pull->name, pull->asked->pg_bindir, &pull->copy, err);
}

static bool
make_place(struct text_pull *pull, struct decant_error *err)
{
    const char *dialect = pull->asked->dialect;
    struct buf folder = { 0 };
    char name[64];
    snprintf(name, sizeof name, ".decant-%s.pull", pull->job->run);
    text_target_beside(pull->asked->target, name, &folder);
    pull->folder = buf_steal(&folder);
    struct buf manifest = { 0 };
    buf_printf(&manifest, "%s.2", file_name(pull->place)); /* runs begin with their year */
    file_remove_prefixed(pull->place, buf_str(&manifest));
    buf_reset(&manifest);
    buf_printf(&manifest, "%s.%s", pull->place, pull->job->run);
    pull->manifest = buf_steal(&manifest); /* where it can be renamed to its place */
    if (mkdir(pull->folder, 0700) != 0)
        return error_errno(err, "cannot create '%s'", pull->folder);
    if (dialect == NULL || strcmp(dialect, "postgres") == 0)
        return name_database(pull, err);
    pull->copy = file_join(pull->folder, "copy.sqlite");
    return true;
}

static bool
guard_manifest(const char *place, struct decant_error *err)
{
    return access(place, F_OK) != 0 || text_is_manifest(place) ||
           error_set(err, DECANT_REFUSED, "'%s' is no manifest", place);
}

static bool
check_asked(const struct text_pull *pull, struct decant_error *err)
{
    const struct decant_options *asked = pull->asked;
    const char *dialect = asked->dialect;
    if (dialect != NULL && strcmp(dialect, "postgres") != 0 && strcmp(dialect, "sqlite") != 0)
        return error_set(err, DECANT_USAGE, "--dialect is 'postgres' or 'sqlite', not '%s'",
                         dialect);
    if (strcmp(asked->target, "-") == 0) {
        error_set(err, DECANT_USAGE, "a pull does not write to stdout");
        return error_hint(err, "pull into a copy, and write it: decant text COPY --to -");
    }
    bool is_sqlite = dialect != NULL && strcmp(dialect, "sqlite") == 0;
    return text_check_form(asked->text_rows, is_sqlite, err) &&
           (!asked->no_mask || text_guard_place(asked->target, err)) &&
           text_target_guard(asked->target, asked->overwrite, err) &&
           guard_manifest(pull->place, err);
}

static bool
copy_and_write(struct text_pull *pull, struct decant_error *err)
{
    struct decant_job *job = pull->job;
    struct decant_options options = *pull->asked;
    struct buf told = { 0 };
    options.target = pull->copy;
    options.manifest = pull->manifest;
    options.publish = "rename";
    options.keep = 0;
    job->options = &options;
    job->on_event = pass_on;
    job->event_ctx = pull;
    bool ok = pull_run(job, NULL, NULL, err);
    job->on_event = pull->on_event;
    job->event_ctx = pull->event_ctx;
    options.source = pull->copy;
    options.target = pull->asked->target;
    ok = ok && text_write(job, &told, err);
    job->options = pull->asked;
    buf_deinit(&told);
    return ok;
}

/* What is known of the text lies beside it, under a name that stays. */
static bool
place_manifest(struct text_pull *pull, struct decant_error *err)
{
    if (rename(pull->manifest, pull->place) != 0)
        return error_errno(err, "cannot write '%s'", pull->place);
    job_emit_verdict(pull->job, pull->place);
    pull->done.object = pull->asked->target;
    pull->done.detail = pull->place;
    job_emit(pull->job, DECANT_PHASE_DONE, pull->done);
    return true;
}

static void
remove_copy(struct text_pull *pull)
{
    struct decant_error ignored = { 0 };
    char *text = NULL;
    if (pull->name[0] != '\0' && pull->copy != NULL)
        decant_server("remove", pull->name, pull->asked->pg_bindir, &text, &ignored);
    else if (pull->copy != NULL)
        unlink(pull->copy);
    if (pull->folder != NULL) {
        unlink(pull->manifest);
        rmdir(pull->folder);
    }
    free(pull->place);
    free(text);
    free(pull->folder);
    free(pull->manifest);
    free(pull->copy);
}

bool
text_pull(struct decant_job *job, struct decant_error *err)
{
    assert(job != NULL && text_is_target(job->options->target));
    struct text_pull pull = {
        .job = job, .asked = job->options, .on_event = job->on_event, .event_ctx = job->event_ctx
    };
    pull.place = job->options->manifest != NULL ? mem_strdup(job->options->manifest)
                                                : text_manifest(job->options->target);
    struct text_lock lock = { .fd = -1 };
    bool ok = check_asked(&pull, err) && text_lock(job, &lock, err) && make_place(&pull, err) &&
              copy_and_write(&pull, err) && place_manifest(&pull, err);
    remove_copy(&pull);
    text_unlock(&lock);
    return ok;
}
