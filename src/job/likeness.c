/* SPDX-License-Identifier: PostgreSQL */
/* Is the copy like its source? What a pull, and a check of an older copy, hand to fidelity/. */
#include "job/pull.h"

static bool
read_copy(void *ctx, struct scan_source *out, struct decant_error *err)
{
    return pull_read_copy(ctx, out, err);
}

static void
tell(void *ctx, const struct metric *metric, const char *detail)
{
    const struct pull *pull = ctx;
    job_emit(pull->job, DECANT_PHASE_FINDING,
             (struct decant_event){
                 .object = metric->object, .kind = metric_name(metric->kind), .detail = detail });
}

bool
likeness_begin(struct pull *pull, struct decant_error *err)
{
    if (pull->chosen == NULL || pull->job->options->schema_only)
        return true;
    const struct compare_env env = {
        .rules = pull->rules,
        .plan = &pull->plan,
        .sampling = &pull->sampling,
        .chosen = pull->chosen,
        .masking = pull->masks.is_on ? &pull->masks.masking : NULL,
        .ops = pull->ops,
        .sink = pull->sink,
        .source = pull->workers[0],
        .search_path = buf_str(&pull->search_path),
        .stop = &pull->job->stop,
        .read_copy = read_copy,
        .tell = tell,
        .ctx = pull,
    };
    return compare_begin(&env, &pull->compare_arena, &pull->comparison, err);
}

bool
likeness_judge(struct pull *pull, struct decant_error *err)
{
    const char *flag = pull->job->options->fail_under;
    return pull->comparison == NULL ||
           compare_judge(pull->comparison,
                         flag != NULL ? checks_gate(flag) : pull->rules->checks.gate, err);
}

void
likeness_end(struct pull *pull)
{
    compare_end(pull->comparison);
    pull->comparison = NULL;
}
