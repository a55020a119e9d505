/* SPDX-License-Identifier: PostgreSQL */
/* The main job, stage by stage in the order of the README's walk. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/pipeline.h"
#include "job/pull.h"
#include "job/text.h"
#include "job/text_target.h"
#include "job/reads.h"
#include "load/foreign_keys.h"
#include "plan/constants.h"
#include "report/manifest.h"

/* What indexes and checks take, in times of copying the rows: measured on five million of them. */
#define CHECKS_MASKED 0.6
#define CHECKS_PLAIN 0.35

static bool
check_options(const struct decant_options *options, struct decant_error *err)
{
    if (options->target == NULL)
        return error_set(err, DECANT_USAGE, "no target: --to TARGET is missing");
    const char *target;
    const struct sink_ops *ops = sink_for(options->target, &target);
    if (target == options->target && strpbrk(target, "/.=") == NULL && access(target, F_OK) != 0) {
        error_set(err, DECANT_USAGE, "'%s' may be a file or a database", target);
        return error_hint(err, "./%s is a SQLite file, postgresql:///%s a database", target,
                          target);
    }
    struct arena arena = { 0 };
    bool named = ops->locate == NULL || ops->locate(target, options, &arena, &target, err);
    arena_deinit(&arena);
    if (!named)
        return false;
    if (!options->no_mask && options->rules == NULL) {
        error_set(err, DECANT_REFUSED, "no rules say what becomes of the columns");
        return error_hint(err, "'decant init' writes rules for -c; --no-mask copies every column "
                               "as it is: for data that is not personal, or a target that only "
                               "you can read");
    }
    if (options->publish != NULL && strcmp(options->publish, "rename") != 0 &&
        strcmp(options->publish, "symlink") != 0)
        return error_set(err, DECANT_USAGE, "--publish is 'rename' or 'symlink', not '%s'",
                         options->publish);
    if (options->fail_under != NULL && checks_gate(options->fail_under) < 0)
        return error_set(err, DECANT_USAGE, "--fail-under is default, strict or none, not '%s'",
                         options->fail_under);
    return true;
}

static bool
count_orphans(const struct sink_env *env, const struct plan_key *key, int64_t *out,
              struct decant_error *err)
{
    return foreign_keys_count_orphans(env->source, key, out, err);
}

static bool
open_target(struct pull *pull, struct decant_error *err)
{
    const struct decant_options *options = pull->job->options;
    pull->target.env = (struct sink_env){ .options = options,
                                          .run = pull->job->run,
                                          .stop = &pull->job->stop,
                                          .arena = &pull->arena,
                                          .notes = &pull->notes,
                                          .source = pull->source.holder,
                                          .count_orphans = count_orphans };
    const struct rules *rules = pull->choice.rules;
    pull->target.env.profile = options->profile != NULL ? options->profile
                               : rules != NULL && rules->sqlite_profile != NULL
                                   ? rules->sqlite_profile
                                   : "default";
    pull->target.env.odd_values = options->odd_values != NULL ? options->odd_values
                                  : rules != NULL && rules->sqlite_odd_values != NULL
                                      ? rules->sqlite_odd_values
                                      : "keep";
    pull->target.env.no_statistics =
        options->no_statistics || (rules != NULL && rules->sqlite_no_statistics);
    pull->target.env.postgres_keep = options->keep >= 0 ? options->keep
                                     : rules != NULL && rules->postgres_keep >= 0
                                         ? rules->postgres_keep
                                         : 1;
    pull->target.ops = sink_for(options->target, &pull->target.env.target);
    if (pull->target.ops->locate != NULL &&
        !pull->target.ops->locate(pull->target.env.target, options, &pull->arena,
                                  &pull->target.env.target, err))
        return false;
    pull->target.env.nreaders = job_reader_count(options);
    pull->target.env.nworkers =
        pull->target.ops->loads_parallel ? pull_worker_count(options, pull->source.holder) : 1;
    return pull->target.ops->open(&pull->target.env, &pull->source.server, &pull->target.sink, err);
}

static bool
read_catalog(struct pull *pull, struct decant_error *err)
{
    struct decant_job *job = pull->job;
    pull->source.held_ms = clock_ms();
    pull->source.at_s = job_now(job);
    job_emit(job, DECANT_PHASE_SNAPSHOT,
             (struct decant_event){ .object = buf_str(&pull->source.snapshot_id) });
    if (!catalog_load(pull->source.holder, &pull->source.selection, &pull->arena,
                      &pull->source.catalog, err))
        return false;
    statistics_init(&pull->source.statistics, pull->source.catalog, &pull->arena);
    if (!plan_build(pull->source.catalog, job->options->drop_dangling_keys,
                    pull->target.ops->decodes, &pull->arena, &pull->notes, &pull->choice.plan,
                    err) ||
        (pull->target.ops->decodes &&
         !constants_load(pull->source.holder, &pull->choice.plan, &pull->arena, err)))
        return false;
    reading_choose_names(pull);
    units_list(pull);
    job_emit(job, DECANT_PHASE_CATALOG,
             (struct decant_event){ .tables_total = pull->choice.plan.ntables });
    if (pull->source.catalog->large_objects > 0)
        notes_add(&pull->notes, NOTE_LARGE_OBJECTS, "large objects",
                  pull->source.catalog->large_objects, "pg_largeobject");
    return true;
}

static bool
may_read_columns(struct pull *pull, struct decant_error *err)
{
    if (pull->choice.masks.is_on)
        reads_list(&pull->choice.masks, pull->choice.rules, &pull->arena, &pull->source.access);
    return access_require_columns(pull->source.holder, &pull->source.access, err);
}

/* From here on no row is chosen or masked: nothing of the key stays in memory. */
static void
forget_keys(struct pull_choice *choice)
{
    if (choice->key != NULL)
        memcpy(choice->key_id, key_id(choice->key), sizeof choice->key_id);
    select_forget_keys(choice->chosen);
    key_ring_free(choice->masks.ring);
    choice->masks.ring = NULL;
    key_free(choice->key);
    choice->key = NULL;
}

bool
pull_release(struct pull *pull, struct decant_error *err)
{
    assert(pull != NULL);
    bool ok = reading_end(pull, err);
    forget_keys(&pull->choice);
    return ok;
}

bool
pull_read_copy(void *ctx, struct scan_source *out, struct decant_error *err)
{
    const struct pull *pull = ctx;
    assert(pull->target.ops != NULL && pull->target.sink != NULL);
    *out = (struct scan_source){ .stop = &pull->job->stop };
    if (pull->target.ops->file != NULL)
        return scan_open_file(pull->target.ops->file(pull->target.sink), &pull->job->stop, out,
                              err);
    out->conn = pull->target.ops->connect(pull->target.sink, err);
    return out->conn != NULL;
}

static bool
choose_rows(void *ctx, struct decant_error *err)
{
    return sample_choose(ctx, err);
}

static bool
prepare_target(void *ctx, struct decant_error *err)
{
    struct pull *pull = ctx;
    return pull->target.ops->prepare(pull->target.sink, err);
}

/* With one connection to the source the second waits for the first. */
static bool
run_beside(struct pull_source *source, const struct task *tasks, int n, struct decant_error *err)
{
    bool ok = true;
    if (source->workers[0] != source->holder)
        return pipeline_tasks(tasks, n, err);
    for (int i = 0; ok && i < n; i++)
        ok = tasks[i].run(tasks[i].ctx, err);
    return ok;
}

/* What a table of the copy will have, as far as that is known. */
static int64_t
rows_to_copy(const struct pull *pull)
{
    int64_t sum = 0;
    for (int i = 0; i < pull->nunits; i++) {
        const struct table *table = pull->units[i];
        int64_t all = table->reltuples > 0 ? (int64_t)table->reltuples : 0, some = 0;
        bool is_chosen =
            pull->choice.chosen != NULL && !select_has_all(pull->choice.chosen, table->root);
        /* partitions are units of their own, but chosen together */
        bool is_first = table->root == table || table->root->leaves[0] == table;
        for (enum origin o = ORIGIN_SAMPLE; is_chosen && is_first && o < ORIGIN_COUNT; o++)
            some += select_count(pull->choice.chosen, table->root, o);
        sum += is_chosen ? some : all;
    }
    return sum;
}

/* Rows of what is searched, of all that was copied. */
static int64_t
rows_to_check(const struct pull *pull)
{
    int64_t sum = 0;
    for (int i = 0; i < pull->nunits; i++)
        sum += pull->counts[i].rows > 0 ? pull->counts[i].rows : 0;
    return pull->choice.masks.is_on ? sum : 0;
}

static bool
run_stages(struct pull *pull, struct decant_error *err)
{
    struct decant_job *job = pull->job;
    if (!pull_load_rules(pull, err) || !reading_connect(pull, err) || !open_target(pull, err) ||
        !reading_snapshot(pull, err) || !read_catalog(pull, err) ||
        !sizes_load(pull->source.holder, pull->source.catalog, &pull->arena, &pull->source.sizes,
                    err) ||
        !pull_build_masks(pull, err) || !may_read_columns(pull, err) || !origins_allowed(pull, err))
        return false;
    if (pull->choice.masks.is_on)
        pull->choice.plan.masked = pull->choice.masks.masking.masked;
    int comments =
        pull->choice.rules != NULL ? pull->choice.rules->postgres_comments : COMMENTS_BY_MASKS;
    pull->target.env.drops_comments =
        comments == COMMENTS_DROP || (comments == COMMENTS_BY_MASKS && pull->choice.masks.is_on);
    if (pull->target.env.drops_comments && !pull->target.ops->decodes)
        notes_add(&pull->notes, NOTE_COMMENTS_DROPPED, "comments", 0, "all objects");
    pull->target.env.plan = &pull->choice.plan;
    pull->target.env.snapshot_id = buf_str(&pull->source.snapshot_id);
    pull->target.env.search_path = buf_str(&pull->source.search_path);
    pull->target.env.is_sample =
        pull->amplifying != NULL || /* sequences go on behind the rows */
        (pull->choice.rules != NULL && pull->choice.rules->sample.is_given);
    const struct task tasks[] = { { choose_rows, pull }, { prepare_target, pull } };
    pulse_enter(&pull->pulse, PULSE_CHOOSING, 0, 0);
    if (!reading_begin(pull, err) || !run_beside(&pull->source, tasks, 2, err) ||
        !origins_open(pull, err) || !leaks_begin(pull, err) || !likeness_begin(pull, err))
        return false;
    job_emit(job, DECANT_PHASE_SCHEMA, (struct decant_event){ .tables_total = pull->nunits });
    sample_note(pull);
    int64_t rows = rows_to_copy(pull);
    double behind = pull->choice.masks.is_on ? CHECKS_MASKED : CHECKS_PLAIN;
    pulse_enter(&pull->pulse, PULSE_COPYING, rows, (int64_t)(behind * (double)rows));
    if (!units_copy(pull, err) || !shrink_check(pull, err) || !origins_close(pull, err) ||
        !pull_release(pull, err) || (pull->amplifying != NULL && !amplifying_run(pull, err)))
        return false;
    if (pull->choice.masks.is_on)
        masking_tell(&pull->choice.masks.masking, &pull->notes);
    job_emit(job, DECANT_PHASE_DATA, (struct decant_event){ .tables = pull->nunits });
    int64_t copied_ms = pulse_spent_ms(&pull->pulse);
    pulse_enter(&pull->pulse, PULSE_FINISHING, 0, 0);
    if (!pull->target.ops->finish(pull->target.sink, err) ||
        (pull->amplifying != NULL && !amplifying_finish(pull, err)) || !pull_let_in(pull, err))
        return false;
    pulse_enter_checks(&pull->pulse, rows_to_check(pull), behind, copied_ms);
    job_emit(job, DECANT_PHASE_INDEXES, (struct decant_event){ 0 });
    if (!pull_check(pull, err))
        return false;
    job_emit(job, DECANT_PHASE_CHECKS, (struct decant_event){ 0 });
    return pull_publish(pull, err) && origins_publish(pull, err);
}

bool
pull_read_catalog(struct pull *pull, struct decant_error *err)
{
    return reading_connect(pull, err) && reading_snapshot(pull, err) && read_catalog(pull, err);
}

bool
pull_choose(struct pull *pull, struct decant_error *err)
{
    return may_read_columns(pull, err) && reading_begin(pull, err) && sample_choose(pull, err);
}

bool
pull_read_keys(struct pull *pull, struct decant_error *err)
{
    assert(pull != NULL);
    /* rules that only sample are a plan, too */
    bool masks = pull->wants_masks && pull->choice.rules->columns.is_given;
    return pull_read_catalog(pull, err) && (!masks || pull_build_masks(pull, err)) &&
           pull_choose(pull, err);
}

void
pull_deinit(struct pull *pull)
{
    assert(pull != NULL);
    watch_end(&pull->source.watch);
    if (pull->source.holder == pull->source.workers[0])
        pull->source.holder = NULL;
    for (int i = 0; i < MAX_WORKERS; i++)
        pg_close(pull->source.workers[i]);
    pg_close(pull->source.holder);
    if (pull->target.ops != NULL)
        pull->target.ops->close(pull->target.sink);
    buf_deinit(&pull->source.snapshot_id);
    map_deinit(&pull->choice.plan.constants);
    buf_deinit(&pull->source.search_path);
    origins_discard(pull);
    leaks_end(pull);
    likeness_end(pull);
    select_free(pull->choice.chosen);
    job_masks_deinit(&pull->choice.masks);
    rules_free(pull->choice.rules);
    rules_free(pull->choice.draft);
    key_free(pull->choice.key);
    notes_deinit(&pull->notes);
    arena_deinit(&pull->proof.search_arena);
    arena_deinit(&pull->proof.compare_arena);
    arena_deinit(&pull->choice.sample_arena);
    arena_deinit(&pull->arena);
}

/* On a hot standby the replay of the primary's changes may end our snapshot, with all connections.
 */
static bool
is_standby_conflict(const struct pull_source *source, const struct decant_error *err)
{
    return source->server.in_recovery &&
           (strcmp(err->sqlstate, "40001") == 0 || strcmp(err->sqlstate, "40P01") == 0 ||
            strcmp(err->sqlstate, "22023") == 0 || strncmp(err->sqlstate, "57P0", 4) == 0 ||
            strstr(err->message, "was lost") != NULL);
}

static void
report_done(struct pull *pull)
{
    struct decant_event event = { .object = pull->job->options->target,
                                  .detail = pull->target.manifest_path };
    for (int i = 0; i < pull->nunits; i++) {
        event.rows += pull->counts[i].rows > 0 ? pull->counts[i].rows : 0;
        event.bytes += pull->counts[i].bytes;
        event.tables += pull->counts[i].rows >= 0;
    }
    event.tables_total = pull->nunits;
    job_emit_verdict(pull->job, pull->target.manifest_path);
    job_emit_notes(pull->job, &pull->notes);
    job_emit(pull->job, DECANT_PHASE_DONE, event);
}

bool
pull_run(struct decant_job *job, struct amplifying *amplifying, const struct pull_guest *guest,
         struct decant_error *err)
{
    assert(job != NULL);
    if (!check_options(job->options, err))
        return false;
    for (int attempt = 0;; attempt++) {
        struct pull pull = { .job = job, .amplifying = amplifying, .guest = guest };
        notes_init(&pull.notes);
        pulse_begin(&pull.pulse, job);
        bool ok = run_stages(&pull, err);
        pulse_end(&pull.pulse);
        if (ok)
            report_done(&pull);
        else
            job_explain_stop(job, err);
        bool retry =
            !ok && is_standby_conflict(&pull.source, err) && attempt < job->options->retries;
        if (!ok && is_standby_conflict(&pull.source, err))
            error_hint(err, "the standby ended the query for the sake of replay: raise "
                            "max_standby_streaming_delay there, or set hot_standby_feedback = on");
        pull_deinit(&pull);
        if (!retry)
            return ok;
        atomic_store(&job->stop, JOB_RUNS);
        job_emit(job, DECANT_PHASE_RETRY, (struct decant_event){ .detail = err->message });
    }
}

#pragma GCC visibility push(default)

bool
decant_job_pull(struct decant_job *job, struct decant_error *err)
{
    if (text_is_target(job->options->target))
        return text_pull(job, err);
    if (job->options->dialect == NULL && job->options->text_rows == NULL)
        return pull_run(job, NULL, NULL, err);
    error_set(err, DECANT_USAGE, "--dialect and --as are for SQL text");
    return error_hint(err, "its names end in .sql, .sql.gz, .sql.zst, or a slash");
}

#pragma GCC visibility pop
