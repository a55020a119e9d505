/* SPDX-License-Identifier: PostgreSQL */
/* The streams of a pull: what is read in one, and how it is copied. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/pipeline.h"
#include "copy/copy.h"
#include "copy/respell.h"
#include "job/pull.h"

static int
largest_first(const void *a, const void *b)
{
    const struct table *x = *(const struct table *const *)a, *y = *(const struct table *const *)b;
    return x->relpages < y->relpages ? 1 : x->relpages > y->relpages ? -1 : 0;
}

/* What is read in one stream each: leaves or roots; the largest first when several run at once, so
 * that no long one is left for the end. */
void
units_list(struct pull *pull)
{
    assert(pull->source.catalog != NULL);
    pull->units =
        ARENA_ARRAY(&pull->arena, const struct table *, pull->source.catalog->ntables + 1);
    for (int i = 0; i < pull->choice.plan.ntables; i++) {
        const struct table *table = pull->choice.plan.tables[i];
        for (int j = 0; j < table->nleaves; j++) {
            if (table->leaves[j]->kind == 'f')
                notes_add(&pull->notes, NOTE_FOREIGN_PARTITION, "foreign table", 0, "%s.%s",
                          table->leaves[j]->schema, table->leaves[j]->name);
            else if (pull->target.ops->loads_leaves)
                pull->units[pull->nunits++] = table->leaves[j];
        }
        if (table->kind != 'p' || !pull->target.ops->loads_leaves)
            pull->units[pull->nunits++] = table;
    }
    if (pull->target.ops->loads_parallel && pull->nunits > 0)
        qsort(pull->units, (size_t)pull->nunits, sizeof *pull->units, largest_first);
    pull->counts = ARENA_ARRAY(&pull->arena, struct table_count, pull->nunits + 1);
}

struct progress {
    struct pull *pull;
    const struct table *table;
    const char *name;
    int64_t last_ms, told; /* rows that the pulse knows of */
};

static void
on_progress(void *ctx, struct extract_stream *stream)
{
    struct progress *progress = ctx;
    int64_t now = clock_ms();
    /* a table that is read again begins anew */
    atomic_fetch_add(&progress->pull->pulse.rows, stream->rows - progress->told);
    progress->told = stream->rows;
    if (now - progress->last_ms < 200)
        return;
    progress->last_ms = now;
    job_emit(progress->pull->job, DECANT_PHASE_PROGRESS,
             (struct decant_event){ .object = progress->name,
                                    .rows = stream->rows,
                                    .bytes = extract_bytes(stream),
                                    .rows_expected = (int64_t)progress->table->reltuples,
                                    .tables = atomic_load(&progress->pull->ndone),
                                    .tables_total = progress->pull->nunits });
}

/* A constraint that a mask breaks is no lack of a target: trying again would not help. */
static bool
explain_mask(const struct pull_choice *choice, struct decant_error *err)
{
    bool is_broken = strncmp(err->sqlstate, "23", 2) == 0 || strncmp(err->sqlstate, "22", 2) == 0;
    if (!choice->masks.is_on || !is_broken)
        return false;
    err->code = DECANT_CHECK;
    return error_hint(err,
                      "a mask, or a 'when', broke a constraint or a type; 'decant check -c FILE' "
                      "lists what could not be proved");
}

static void
row_chosen(void *ctx, const struct table *root, enum origin origin, double probability,
           const struct decant_value *key)
{
    struct pull *pull = ctx;
    if (pull->origins != NULL)
        origins_put(pull, root, origin, probability, key);
    compare_note(pull->proof.comparison, root, origin, key);
}

/* Where all rows are there, none has another origin. */
static bool
tells_origins(const struct pull *pull, const struct table *table)
{
    return pull->origins != NULL ||
           (pull->proof.comparison != NULL && !select_has_all(pull->choice.chosen, table->root));
}

static bool
copy_unit(void *ctx, int worker, int item, struct decant_error *err)
{
    struct pull *pull = ctx;
    const struct table *table = pull->units[item];
    struct table_count *count = &pull->counts[item];
    char name[256];
    snprintf(name, sizeof name, "%s.%s", table->schema, table->name);
    struct progress progress = { .pull = pull, .table = table, .name = name };
    const struct copy copy = { .plan = &pull->choice.plan,
                               .chosen = pull->choice.chosen,
                               .masking =
                                   pull->choice.masks.is_on ? &pull->choice.masks.masking : NULL,
                               .on_chosen = tells_origins(pull, table) ? row_chosen : NULL,
                               .on_again = pull->origins != NULL ? origins_forget : NULL,
                               .chosen_ctx = pull,
                               .ops = pull->target.ops,
                               .sink = pull->target.sink,
                               .hook = pull->job->hook,
                               .hook_ctx = pull->job->hook_ctx,
                               .on_progress = on_progress,
                               .progress_ctx = &progress };
    struct decant_event event = { .object = name,
                                  .rows_expected = (int64_t)table->reltuples,
                                  .tables = atomic_load(&pull->ndone),
                                  .tables_total = pull->nunits };
    job_emit(pull->job, DECANT_PHASE_TABLE_OPEN, event);
    if (pull->origins != NULL && pull->target.env.nworkers == 1)
        pull->origins_at = ftell(pull->origins);
    if (!copy_table(&copy, pull->source.workers[worker], worker, table, &count->rows, &count->bytes,
                    err))
        return explain_mask(&pull->choice, err);
    if (!leaks_fits(pull, err)) /* now, and not when all is read */
        return false;
    atomic_fetch_add(&pull->pulse.rows, count->rows - progress.told);
    event.rows = count->rows;
    event.bytes = count->bytes;
    event.tables = atomic_fetch_add(&pull->ndone, 1) + 1;
    job_emit(pull->job, DECANT_PHASE_TABLE_DONE, event);
    return true;
}

bool
units_copy(struct pull *pull, struct decant_error *err)
{
    assert(pull != NULL);
    if (pull->target.ops->decodes &&
        !respell_find(pull->source.workers[0], &pull->choice.plan, &pull->notes, err))
        return false;
    return pull->job->options->schema_only ||
           pipeline_map(pull->nunits, pull->target.env.nworkers, &pull->job->stop, JOB_FAILED, pull,
                        copy_unit, err);
}
