/* SPDX-License-Identifier: PostgreSQL */
/* A run that nobody watches, by what the rules say of it: check, pull, hooks, publish, and a record
 * of each of them, whatever becomes of it. */
#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "job/night.h"
#include "night/metrics.h"

/* Ends the stage under way, and begins another; NULL: none. */
static void
enter(struct night_run *run, const char *name)
{
    int64_t now = clock_ms();
    if (run->nstages > 0)
        run->stages[run->nstages - 1].seconds += (double)(now - run->stage_ms) / 1000;
    run->stage_ms = now;
    if (name == NULL)
        return;
    assert(run->nstages < MOST_STAGES);
    run->stages[run->nstages++] = (struct night_stage){ .name = name };
}

/* What the command line says wins over the file. */
static bool
take_wishes(struct night_run *run, struct decant_error *err)
{
    struct decant_options *options = &run->options;
    const struct rules_run *wish = run->wish;
    *options = *run->job->options;
    if (options->source == NULL)
        options->source = wish->source;
    if (options->target == NULL)
        options->target = wish->target;
    if (options->target == NULL) {
        error_set(err, DECANT_USAGE, "the rules name no target");
        return error_hint(err, "run: {target: shop.sqlite} in '%s'", run->config);
    }
    run->called = options->target;
    options->target = night_place(run->job, options->target, &run->arena, err);
    if (options->target == NULL)
        return false;
    options->publish = options->publish != NULL ? options->publish : wish->publish;
    options->owner = options->owner != NULL ? options->owner : wish->owner;
    options->allow_remote |= wish->allows_remote;
    options->allow_same_server |= wish->allows_same_server;
    options->allow_downgrade |= wish->allows_downgrade;
    options->allow_shrink |= wish->shrunk == GUARD_WARN;
    options->keep = INT_MAX; /* prune() knows which of them stay */
    return true;
}

static bool
prepare(struct night_run *run, struct decant_error *err)
{
    const struct decant_options *asked = run->job->options;
    if (asked->rules == NULL) {
        error_set(err, DECANT_USAGE, "no rules say what is to be run");
        return error_hint(err, "-c FILE, or a decant.yaml here, with a section 'run'");
    }
    if (!rules_load(asked->rules, &run->rules, err))
        return false;
    run->wish = &run->rules->run;
    char *config = file_whole(asked->rules); /* for whoever looks at the record from elsewhere */
    run->config = arena_strdup(&run->arena, config);
    free(config);
    if (!run->wish->is_given) {
        error_set(err, DECANT_USAGE, "'%s' has no section 'run'", asked->rules);
        return error_hint(err, "run: {source: service=production, target: shop.sqlite}");
    }
    if (!take_wishes(run, err))
        return false;
    run->journal = night_journal_of(run->options.target, &run->arena, err);
    if (run->journal == NULL || !file_make_directories(run->journal, err))
        return false;
    run->lock_path = mem_alloc(strlen(run->journal) + 8);
    strcat(strcpy(run->lock_path, run->journal), ".lock");
    return file_lock(run->lock_path, asked->wait_s, run->options.target, &run->job->stop,
                     &run->lock_fd, err);
}

/* All that would stop a pull is told at once, before it begins. */
static bool
check(struct night_run *run, struct decant_error *err)
{
    struct decant_job *job = run->job;
    decant_on_event on_event = job->on_event;
    char *text = NULL;
    enter(run, "check");
    job->on_event = NULL; /* the pull says the same again */
    bool ok = decant_job_check(job, DECANT_GRANTS_NONE, &text, err);
    job->on_event = on_event;
    free(text);
    return ok;
}

static bool
pull(struct night_run *run, struct decant_error *err)
{
    const struct rules_run *wish = run->wish;
    bool changes =
        wish->nretain > 0 || wish->nafter_load > 0 || wish->before_publish.command != NULL;
    const struct pull_guest guest = { changes ? night_loaded : NULL, night_recorded, run };
    enter(run, "pull");
    run->is_published = pull_run(run->job, NULL, &guest, err);
    return run->is_published;
}

/* A copy that is there stays; what a migration does to it is said. */
static void
rehearse(struct night_run *run)
{
    struct decant_job *job = run->job;
    struct decant_options options = run->options;
    struct decant_error err = { 0 };
    char *text = NULL;
    if (run->wish->nrehearse == 0)
        return;
    enter(run, "rehearse");
    options.sql = (struct decant_words){ run->wish->rehearse, run->wish->nrehearse };
    job->options = &options;
    if (!decant_job_rehearse(job, "json", &text, &err))
        night_warn(run, "%s%s%s", err.message, err.context[0] != '\0' ? ": " : "", err.context);
    job->options = &run->options;
    free(text);
}

/* Behind the publication nothing is lost any more: what fails is a warning. */
static void
after(struct night_run *run)
{
    struct decant_error err = { 0 };
    enter(run, "after_publish");
    if (!night_hook(run, "after_publish", &run->wish->after_publish, NULL, &err))
        night_warn(run, "%s%s%s", err.message, err.context[0] != '\0' ? ": " : "", err.context);
}

static void
prune(struct night_run *run)
{
    struct decant_error err = { 0 };
    if (!night_prune(run->job, run->wish, run->journal, &err))
        night_warn(run, "old copies may be there still: %s", err.message);
}

/* A monitor that cannot be told is found out before the work, not behind it. */
static bool
check_metrics(struct night_run *run, struct decant_error *err)
{
    if (run->wish->metrics == NULL)
        return true;
    enter(run, "metrics");
    char *directory = file_directory(run->wish->metrics);
    bool ok = access(directory, W_OK) == 0 ||
              error_errno(err, "metrics cannot be written to '%s'", run->wish->metrics);
    free(directory);
    return ok;
}

static bool
run_stages(struct night_run *run, struct decant_error *err)
{
    prune(run); /* what has expired goes, whatever becomes of the rest */
    if (!check_metrics(run, err) || !check(run, err) || !pull(run, err))
        return false;
    rehearse(run);
    after(run);
    prune(run);
    enter(run, NULL);
    return true;
}

static void
fail(struct night_run *run, const struct decant_error *failure)
{
    struct decant_error err = { 0 };
    enter(run, NULL);
    if (!night_hook(run, "on_failure", &run->wish->on_failure, failure, &err))
        night_warn(run, "%s", err.message);
}

/* The record, and what a monitor reads; a record that cannot be written is a failure of its own. */
static bool
conclude(struct night_run *run, bool ok, struct decant_error *err)
{
    struct decant_error unwritten = { 0 };
    struct journal journal;
    bool written = night_end(run, ok ? NULL : err, &unwritten);
    if (written && run->wish->metrics != NULL)
        written = journal_read(run->journal, &run->arena, &journal, &unwritten) &&
                  metrics_write(run->wish->metrics, &journal, run->called, &unwritten);
    for (int i = 0; i < run->nwarnings; i++)
        job_emit(run->job, DECANT_PHASE_WARNING,
                 (struct decant_event){ .detail = run->warnings[i] });
    if (ok && !written)
        *err = unwritten;
    return ok && written;
}

static void
end(struct night_run *run, const struct decant_options *asked)
{
    run->job->options = asked;
    if (run->lock_path != NULL)
        file_unlock(run->lock_path, run->lock_fd);
    free(run->lock_path);
    free(run->warnings);
    rules_free(run->rules);
    arena_deinit(&run->arena);
}

#pragma GCC visibility push(default)

bool
decant_job_run(struct decant_job *job, struct decant_error *err)
{
    assert(job != NULL && err != NULL);
    const struct decant_options *asked = job->options;
    struct night_run run = { .job = job, .lock_fd = -1 };
    bool ok = prepare(&run, err) && night_begin(&run, err);
    if (ok) {
        job->options = &run.options;
        ok = run_stages(&run, err);
        if (!ok)
            fail(&run, err);
        ok = conclude(&run, ok, err);
    }
    end(&run, asked);
    return ok;
}

#pragma GCC visibility pop
