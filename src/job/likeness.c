/* SPDX-License-Identifier: PostgreSQL */
/* Is the copy like its source? What a pull, and a check of an older copy, hand to fidelity/. */
#include "job/pull.h"

#include <assert.h>

static void
tell(void *ctx, const struct figure *figure, const char *detail)
{
    const struct pull *pull = ctx;
    job_emit(pull->job, DECANT_PHASE_FINDING,
             (struct decant_event){
                 .object = figure->object, .kind = figure_name(figure->kind), .detail = detail });
}

bool
likeness_begin(struct pull *pull, struct decant_error *err)
{
    assert(pull != NULL);
    if (pull->choice.chosen == NULL || pull->job->options->schema_only)
        return true;
    const struct compare_env env = {
        .rules = pull->choice.rules,
        .plan = &pull->choice.plan,
        .sampling = &pull->choice.sampling,
        .chosen = pull->choice.chosen,
        .masking = pull->choice.masks.is_on ? &pull->choice.masks.masking : NULL,
        .ops = pull->target.ops,
        .sink = pull->target.sink,
        .source = pull->source.workers[0],
        .snapshot_s = pull->source.snapshot_s,
        .search_path = buf_str(&pull->source.search_path),
        .stop = &pull->job->stop,
        .read_copy = pull_read_copy,
        .tell = tell,
        .ctx = pull,
    };
    return compare_begin(&env, &pull->proof.compare_arena, &pull->proof.comparison, err);
}

bool
likeness_judge(struct pull *pull, struct decant_error *err)
{
    assert(pull != NULL);
    const char *flag = pull->job->options->fail_under;
    return pull->proof.comparison == NULL ||
           compare_judge(pull->proof.comparison,
                         flag != NULL ? checks_gate(flag) : pull->choice.rules->checks.gate, err);
}

void
likeness_end(struct pull *pull)
{
    compare_end(pull->proof.comparison);
    pull->proof.comparison = NULL;
}
