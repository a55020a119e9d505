/* SPDX-License-Identifier: PostgreSQL */
/* What a copy must prove before it is published: that nothing is in it that was to be removed. */
#include "base/pipeline.h"

#include <assert.h>
#include "copy/extract.h"
#include "job/pull.h"
#include "leak/search.h"

/* ---- originals */

/* Rows that are not copied have originals, too. */
static bool
is_read_whole(const struct pull_choice *choice, const struct table *table)
{
    const struct masked_table *masked = masking_find(&choice->masks.masking, table);
    bool tells = false;
    for (int i = 0; masked != NULL && i < masked->nmasks; i++)
        tells |= masked->masks[i].need == NEED_VALUE;
    return tells && choice->rules->checks.scope == SCOPE_POPULATION;
}

int64_t
leaks_read_bytes(const struct pull *pull)
{
    assert(pull != NULL);
    int64_t bytes = 0;
    for (int i = 0; pull->choice.masks.is_on && i < pull->nunits; i++)
        if (is_read_whole(&pull->choice, pull->units[i]))
            bytes += catalog_bytes(pull->units[i]);
    return bytes;
}

/* Masks are made and thrown away: what they treat is what is to be remembered. */
static bool
read_table(void *ctx, int worker, int item, struct decant_error *err)
{
    struct pull *pull = ctx;
    const struct table *table = pull->units[item];
    const struct extract extract = { .plan = &pull->choice.plan,
                                     .masking = &pull->choice.masks.masking,
                                     .table = table,
                                     .use = pull->target.ops->decodes ? WIRE_DECODED : WIRE_PASSED,
                                     .with_generated = pull->target.ops->decodes };
    struct extract_stream stream = { 0 };
    struct row row;
    if (!is_read_whole(&pull->choice, table))
        return true;
    int n = extract_open(pull->source.workers[worker], &extract, &stream, err) ? 1 : -1;
    while (n > 0)
        n = row_stream_next(&stream.stream, &row, err);
    extract_close(&stream);
    mask_forget();
    return n == 0 || error_context(err, "originals of '%s.%s'", table->schema, table->name);
}

bool
leaks_begin(struct pull *pull, struct decant_error *err)
{
    if (!pull->choice.masks.is_on)
        return true;
    const struct rules_checks *checks = &pull->choice.rules->checks;
    pull->proof.originals = originals_new(checks->leak_memory, checks->least_length, err);
    pull->choice.masks.masking.originals = pull->proof.originals;
    if (pull->proof.originals == NULL || checks->scope == SCOPE_SAMPLE)
        return pull->proof.originals != NULL;
    bool ok = pipeline_map(pull->nunits, pull->target.env.nworkers, &pull->job->stop, JOB_FAILED,
                           pull, read_table, err);
    pull->choice.masks.masking.originals = NULL; /* none is counted twice */
    return ok;
}

void
leaks_end(struct pull *pull)
{
    assert(pull != NULL);
    leak_free(pull->proof.leak);
    originals_free(pull->proof.originals);
    pull->proof.leak = NULL;
    pull->proof.originals = NULL;
}

/* ---- the search */

void
job_tell_finding(void *job, const struct leak_finding *finding, const char *detail)
{
    assert(finding != NULL);
    job_emit(job, DECANT_PHASE_FINDING,
             (struct decant_event){ .object = finding->object,
                                    .kind = finding->kind,
                                    .detail = detail,
                                    .count = finding->count });
}

bool
leaks_search(void *ctx, struct decant_error *err)
{
    assert(ctx != NULL);
    struct pull *pull = ctx;
    leak_free(pull->proof.leak);
    pull->proof.leak =
        leak_new(&pull->choice.rules->checks, pull->proof.originals, &pull->proof.search_arena);
    const struct searched_env env = { .rules = pull->choice.rules,
                                      .plan = &pull->choice.plan,
                                      .masking = &pull->choice.masks.masking,
                                      .nunits = pull->nunits,
                                      .units = pull->units,
                                      .ops = pull->target.ops,
                                      .sink = pull->target.sink };
    searched_list(&env, &pull->proof.search_arena, &pull->proof.searched);
    const struct search_env readers = { .open = pull_read_copy,
                                        .ctx = pull,
                                        .most = job_reader_count(pull->job->options),
                                        .rows = &pull->pulse.rows };
    return search_copy(&readers, pull->proof.searched.columns, pull->proof.searched.n,
                       pull->proof.leak, &pull->proof.search_arena, err);
}

bool
leaks_fits(const struct pull *pull, struct decant_error *err)
{
    assert(pull != NULL);
    if (pull->proof.originals == NULL || !originals_overflow(pull->proof.originals))
        return true;
    error_set(err, DECANT_CHECK, "E511 the fingerprints of masked values need more than %lld MiB",
              (long long)(pull->choice.rules->checks.leak_memory >> 20));
    return error_hint(err, "raise 'memory' under 'checks: leak:'");
}

bool
leaks_judge(struct pull *pull, struct decant_error *err)
{
    assert(pull != NULL);
    if (pull->proof.leak == NULL)
        return true;
    if (!leaks_fits(pull, err))
        return false;
    pull->proof.nfindings = leak_findings(pull->proof.leak, &pull->proof.findings);
    return search_judge(pull->proof.findings, pull->proof.nfindings, job_tell_finding, pull->job,
                        err);
}

bool
leaks_of_manifest(struct pull *pull, const struct manifest *manifest, struct decant_error *err)
{
    assert(pull != NULL);
    if (pull->proof.leak == NULL)
        return true;
    leak_look_at_manifest(pull->proof.leak, &pull->choice.plan, manifest);
    return leaks_judge(pull, err);
}

bool
leaks_search_again(struct decant_job *job, const struct manifest *manifest,
                   const struct search_env *env, struct arena *arena, struct decant_error *err)
{
    assert(job != NULL && manifest != NULL && env != NULL);
    struct rules_checks checks;
    const struct leak_finding *findings;
    checks_init(&checks);
    checks.nallowed = manifest->nfindings;
    checks.allowed = ARENA_ARRAY(arena, struct rules_allow, manifest->nfindings + 1);
    for (int i = 0; i < manifest->nfindings; i++)
        checks.allowed[i] = (struct rules_allow){ .object = manifest->findings[i].name,
                                                  .pattern = manifest->findings[i].kind,
                                                  .why = manifest->findings[i].allowed };
    struct leak *leak = leak_new(&checks, NULL, arena);
    bool ok = search_copy(env, manifest->searched, manifest->nsearched, leak, arena, err);
    int n = ok ? leak_findings(leak, &findings) : 0;
    ok = ok && search_judge(findings, n, job_tell_finding, job, err);
    leak_free(leak);
    return ok;
}
