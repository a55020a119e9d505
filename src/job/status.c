/* SPDX-License-Identifier: PostgreSQL */
/* How the copies of a target are. Nothing is changed. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "job/find.h"
#include "job/night.h"
#include "night/metrics.h"
#include "night/status.h"

/* Does a run that is under way hold its lock? */
static bool
is_running(struct arena *arena, const char *journal)
{
    int fd = open(arena_printf(arena, "%s.lock", journal), O_RDONLY | O_CLOEXEC);
    bool held = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0;
    if (fd >= 0)
        close(fd);
    return held;
}

/* What is wrong with the manifest of the copy in place; NULL: nothing, or nobody knows its run. */
static const char *
manifest_fault(const struct versions *versions, struct arena *arena)
{
    const struct version *current = versions_current(versions);
    struct decant_error err = { 0 };
    struct db *db = NULL;
    if (current == NULL || current->run[0] == '\0')
        return NULL;
    const char *path =
        versions->info == NULL
            ? find_of_version(versions->target, current->run, current->name, versions->stop, arena)
            : manifest_path_in_state(
                  arena,
                  sink_postgres_label_for(versions->info, versions->target, current->run, arena));
    bool ok =
        path != NULL && file_size(path) >= 0 && manifest_open(path, versions->stop, &db, &err);
    db_close(db);
    return ok ? NULL
              : arena_printf(arena, "the manifest of the copy is %s: it cannot be verified",
                             path != NULL && file_size(path) >= 0 ? "damaged" : "missing");
}

static void
look_at_copies(struct decant_job *job, const char *target, struct arena *arena,
               struct status *status)
{
    struct versions versions;
    struct decant_error err = { 0 };
    if (!find_versions(job, target, &versions, &err)) {
        status->unreachable = arena_strdup(arena, err.message);
    } else {
        struct status_copy *copies = ARENA_ARRAY(arena, struct status_copy, versions.n + 1);
        for (int i = 0; i < versions.n; i++)
            copies[i] = (struct status_copy){ arena_strdup(arena, versions.items[i].run),
                                              versions.items[i].made_s, versions.items[i].bytes,
                                              versions.items[i].is_current };
        status->copies = copies;
        status->ncopies = versions.n;
        status->manifest_fault = manifest_fault(&versions, arena);
    }
    versions_close(&versions);
}

static bool
put_one(struct decant_job *job, const char *called, const char *format, struct buf *out,
        int *nproblems, struct decant_error *err)
{
    struct arena arena = { 0 };
    struct journal journal;
    struct status status = { .target = called, .journal = &journal, .now_s = job_now(job) };
    const char *target = night_place(job, called, &arena, err);
    status.journal_path = target != NULL ? night_journal_of(target, &arena, err) : NULL;
    bool ok =
        status.journal_path != NULL && journal_read(status.journal_path, &arena, &journal, err);
    if (ok) {
        status.is_running = is_running(&arena, status.journal_path);
        look_at_copies(job, target, &arena, &status);
        status_judge(&status, &arena);
        if (strcmp(format, "json") == 0)
            status_put_json(&status, out);
        else if (strcmp(format, "prometheus") == 0)
            metrics_put(&journal, called, out);
        else
            status_put_text(&status, out);
        *nproblems += status.nproblems > 0;
    }
    arena_deinit(&arena);
    return ok;
}

/* The target that the rules name; NULL with an error. */
static const char *
target_of_rules(struct decant_job *job, struct arena *arena, struct decant_error *err)
{
    struct rules *rules = NULL;
    const char *target = NULL;
    if (job->options->rules == NULL) {
        error_set(err, DECANT_USAGE, "which copy?");
        error_hint(err, "decant status TARGET, or -c FILE, whose section 'run' names one");
        return NULL;
    }
    if (!rules_load(job->options->rules, &rules, err))
        return NULL;
    target = arena_strdup(arena, rules->run.target);
    if (target == NULL)
        error_set(err, DECANT_USAGE, "'%s' names no target", job->options->rules);
    rules_free(rules);
    return target;
}

#pragma GCC visibility push(default)

bool
decant_job_status(struct decant_job *job, const char *format, char **text, struct decant_error *err)
{
    assert(job != NULL && text != NULL && err != NULL);
    static const char *const formats[] = { "text", "json", "prometheus" };
    const struct decant_words *asked = &job->options->targets;
    struct arena arena = { 0 };
    struct buf out = { 0 };
    int nproblems = 0, n = asked->count > 0 ? asked->count : 1;
    bool ok = false;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        ok |= strcmp(formats[i], format) == 0;
    if (!ok) {
        error_set(err, DECANT_USAGE, "there is no format '%s' of a status", format);
        return error_hint(err, "text, json or prometheus");
    }
    for (int i = 0; ok && i < n; i++) {
        const char *target = asked->count > 0 ? asked->items[i] : target_of_rules(job, &arena, err);
        ok = target != NULL && put_one(job, target, format, &out, &nproblems, err);
    }
    arena_deinit(&arena);
    if (!ok) {
        buf_deinit(&out);
        job_explain_stop(job, err);
        return false;
    }
    *text = buf_steal(&out);
    return nproblems == 0 || error_set(err, DECANT_CHECK, "%d of %d target%s to be looked at",
                                       nproblems, n, n == 1 ? " wants" : "s want");
}

#pragma GCC visibility pop
