/* SPDX-License-Identifier: PostgreSQL */
/* The end of a pull: what the finished copy must prove, and the swap. */
#include <assert.h>
#include <string.h>
#include <unistd.h>

#include "base/pipeline.h"
#include "job/find.h"
#include "job/pull.h"
#include "load/versions.h"
#include "report/manifest.h"

enum { MAX_TASKS = 8, MAX_ROUNDS = 3, MANY_TABLES = 2000 };

/* Rows that were read and rows that are there. */
static bool
check_count(const struct table *table, int64_t there, int64_t read, struct decant_error *err)
{
    return there == read ||
           error_set(err, DECANT_CHECK, "'%s.%s' has %lld rows in the copy, %lld were read",
                     table->schema, table->name, (long long)there, (long long)read);
}

/* Of all leaves of the root of units[first]; each has as many as the copy says from here on. */
static bool
check_routed(struct pull *pull, int first, struct decant_error *err)
{
    const struct table *root = pull->units[first]->root;
    int64_t sum_there = 0, sum_read = 0;
    for (int i = first; i < pull->nunits; i++) {
        if (pull->units[i]->root != root || pull->counts[i].rows < 0)
            continue;
        int64_t there = pull->target.ops->count_rows(pull->target.sink, pull->units[i], err);
        if (there < 0)
            return false;
        sum_there += there;
        sum_read += pull->counts[i].rows;
        pull->counts[i].rows = there;
    }
    return check_count(root, sum_there, sum_read, err);
}

static bool
is_first_of_root(const struct pull *pull, int unit)
{
    for (int i = 0; i < unit; i++)
        if (pull->units[i]->root == pull->units[unit]->root)
            return false;
    return true;
}

static bool
check_counts(void *ctx, struct decant_error *err)
{
    struct pull *pull = ctx;
    for (int i = 0; i < pull->nunits && !pull->job->options->schema_only; i++) {
        if (pull->counts[i].rows < 0)
            continue;
        if (pull->target.ops->is_routed != NULL &&
            pull->target.ops->is_routed(pull->target.sink, pull->units[i])) {
            if (is_first_of_root(pull, i) && !check_routed(pull, i, err))
                return false;
            continue;
        }
        int64_t there = pull->target.ops->count_rows(pull->target.sink, pull->units[i], err);
        if (there < 0)
            return error_context(err, "counting '%s.%s'", pull->units[i]->schema,
                                 pull->units[i]->name);
        if (!check_count(pull->units[i], there, pull->counts[i].rows, err))
            return false;
    }
    return true;
}

static bool
compute_digest(void *ctx, struct decant_error *err)
{
    struct pull *pull = ctx;
    return pull->target.ops->file == NULL ||
           digest_file(pull->target.ops->file(pull->target.sink), &pull->job->stop,
                       pull->target.sha256, err);
}

/* Is there somebody who may change the copy before it is checked? */
static bool
has_visitor(const struct pull *pull)
{
    return pull->guest != NULL && pull->guest->loaded != NULL;
}

/* Each check has a connection, and what it knows of the schema: of many tables that is much, and no
 * more run side by side than there are processors for. */
static int
checks_at_once(const struct pull *pull)
{
    return pull->choice.plan.ntables < MANY_TABLES ? MAX_TASKS : pull->target.env.nworkers;
}

bool
pull_check(struct pull *pull, struct decant_error *err)
{
    bool again = true;
    for (int round = 0; again; round++) {
        struct task tasks[MAX_TASKS];
        if (round == MAX_ROUNDS)
            return error_set(err, DECANT_BUG, "the checks come to no end");
        int n = pull->target.ops->checks(pull->target.sink, tasks, MAX_TASKS - 4);
        tasks[n++] = (struct task){ compute_digest, pull };
        if (!has_visitor(pull)) /* else they were counted when it had gone */
            tasks[n++] = (struct task){ check_counts, pull };
        if (pull->choice.masks.is_on)
            tasks[n++] = (struct task){ leaks_search, pull };
        if (pull->amplifying != NULL)
            tasks[n++] = (struct task){ amplifying_search, pull };
        if (pull->proof.comparison != NULL && !has_visitor(pull))
            tasks[n++] = (struct task){ compare_copy, pull->proof.comparison };
        if (!pipeline_few_tasks(tasks, n, checks_at_once(pull), err) ||
            !pull->target.ops->judge(pull->target.sink, &again, err))
            return false;
    }
    return leaks_judge(pull, err) && likeness_judge(pull, err);
}

/* Manifests of copies that are gone; of those that were kept they stay. */
static void
forget_older(struct pull *pull)
{
    struct decant_error ignored = { 0 };
    struct versions versions;
    if (find_versions(pull->job, pull->job->options->target, &versions, &ignored))
        find_forget_others(&versions, pull->target.manifest_path, &pull->arena);
    versions_close(&versions);
}

/* The rows are counted, and compared with the source's, before somebody else may change them, and
 * are what the copy says behind it: then all of them are searched and checked. */
bool
pull_let_in(struct pull *pull, struct decant_error *err)
{
    const struct sink_ops *ops = pull->target.ops;
    if (!has_visitor(pull))
        return true;
    if (!check_counts(pull, err) ||
        (pull->proof.comparison != NULL && !compare_copy(pull->proof.comparison, err)) ||
        !pull->guest->loaded(pull->guest->ctx, pull, err) || !ops->let_in(pull->target.sink, err))
        return false;
    for (int i = 0; i < pull->nunits && !pull->job->options->schema_only; i++) {
        struct table_count *count = &pull->counts[i];
        int64_t there =
            count->rows < 0 ? count->rows : ops->count_rows(pull->target.sink, pull->units[i], err);
        if (there < 0 && count->rows >= 0)
            return false;
        if (there != count->rows)
            notes_add(&pull->notes, NOTE_CHANGED_BY_RUN, "table",
                      there > count->rows ? there - count->rows : count->rows - there, "%s.%s",
                      pull->units[i]->schema, pull->units[i]->name);
        count->rows = there;
    }
    return true;
}

bool
pull_publish(struct pull *pull, struct decant_error *err)
{
    struct decant_job *job = pull->job;
    if (!record_store(pull, err))
        return false;
    pull->target.env.run_before =
        pull->target.has_before ? manifest_fact(&pull->target.before, "run") : NULL;
    job_emit(job, DECANT_PHASE_SWAP, (struct decant_event){ .object = job->options->target });
    bool ok = atomic_load(&job->stop) == JOB_RUNS
                  ? pull->target.ops->publish(pull->target.sink, err)
                  : error_set(err, DECANT_CANCELLED, "cancelled");
    if (!ok && err->code != DECANT_UNPUBLISHED && !pull->target.manifest_replaces)
        unlink(pull->target.manifest_path);
    if (ok && job->options->manifest == NULL)
        forget_older(pull);
    if (ok)
        job_emit(job, DECANT_PHASE_SWAPPED,
                 (struct decant_event){ .object = job->options->target });
    return ok;
}
