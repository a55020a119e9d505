/* SPDX-License-Identifier: PostgreSQL */
#include "job/against.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/pipeline.h"
#include "job/pull.h"
#include "load/foreign_keys.h"
#include "pg/quote.h"

/* The same rules, key and rate as when the copy was made. */
static bool
load_rules(struct pull *pull, const struct manifest *manifest, struct decant_error *err)
{
    const struct decant_options *options = pull->job->options;
    if (options->rules == NULL) {
        error_set(err, DECANT_USAGE, "--source needs rules: -c FILE is missing");
        return error_hint(err, "the rules that the copy was made by");
    }
    if (!pull_load_rules(pull, err))
        return false;
    const char *rate = manifest != NULL ? manifest_fact(manifest, "rate") : NULL;
    const char *id = manifest != NULL ? manifest_fact(manifest, "key_id") : NULL;
    bool is_given = options->rate > 0 || options->rows > 0 || options->size > 0;
    if (rate != NULL && rate[0] != '\0' && !is_given)
        rules_set_extent(pull->choice.rules, atof(rate), 0, 0);
    if (pull->choice.key != NULL && id != NULL && id[0] != '\0' &&
        strcmp(id, key_id(pull->choice.key)) != 0)
        return error_set(err, DECANT_REFUSED, "the copy was made with key %s, this one is %s", id,
                         key_id(pull->choice.key));
    if (!options->no_mask && !pull->choice.rules->columns.is_given) {
        error_set(err, DECANT_USAGE, "the rules mask no column: no original can be looked for");
        return error_hint(err, "--no-mask compares figures only");
    }
    if (options->no_mask && !pull->choice.rules->sample.is_given)
        return error_set(err, DECANT_USAGE,
                         "without masks and a sample there is nothing to compare");
    pull->choice.rules->checks.scope = SCOPE_POPULATION; /* nobody knows whose rows were copied */
    pull->wants_masks = pull_has_masks(pull);
    return true;
}

static bool
open_copy(struct pull *pull, const struct sink_ops *made, const char *target,
          struct decant_error *err)
{
    pull->target.env =
        (struct sink_env){ .options = pull->job->options,
                           .target = target,
                           .run = pull->job->run,
                           .stop = &pull->job->stop,
                           .arena = &pull->arena,
                           .notes = &pull->notes,
                           .nworkers = pull_worker_count(pull->job->options, pull->source.holder),
                           .plan = &pull->choice.plan };
    return made->open(&pull->target.env, &pull->source.server, &pull->target.sink, err);
}

/* ---- foreign keys of a copy that nobody has checked */

static void
put_names(struct pull_target *target, const struct table *table, const int *columns, int n,
          const char *alias, const char *separator, const char *tail, struct buf *out)
{
    for (int i = 0; i < n; i++) {
        buf_printf(out, "%s%s.", i > 0 ? separator : "", alias);
        quote_ident(out, target->ops->name_of(target->sink, table, columns[i]));
        buf_puts(out, tail);
    }
}

static bool
count_in_file(struct pull_target *target, struct db *db, const struct plan_key *key, int64_t *out,
              struct decant_error *err)
{
    struct buf sql = { 0 };
    int n = key->key->ncolumns;
    buf_puts(&sql, "SELECT count(*) FROM ");
    quote_ident(&sql, target->ops->name_of(target->sink, key->child, -1));
    buf_puts(&sql, " AS c WHERE ");
    put_names(target, key->child, key->child_columns, n, "c", " AND ", " IS NOT NULL", &sql);
    buf_puts(&sql, " AND (");
    put_names(target, key->child, key->child_columns, n, "c", ", ", "", &sql);
    buf_puts(&sql, ") NOT IN (SELECT ");
    put_names(target, key->parent, key->parent_columns, n, "p", ", ", "", &sql);
    buf_puts(&sql, " FROM ");
    quote_ident(&sql, target->ops->name_of(target->sink, key->parent, -1));
    buf_puts(&sql, " AS p WHERE ");
    put_names(target, key->parent, key->parent_columns, n, "p", " AND ", " IS NOT NULL", &sql);
    buf_putc(&sql, ')');
    struct db_stmt *stmt = db_prepare(db, buf_str(&sql), err);
    bool ok = stmt != NULL && db_step(stmt, err) == 1;
    *out = ok ? db_column_int(stmt, 0) : 0;
    db_finalize(stmt);
    buf_deinit(&sql);
    return ok;
}

/* Rows without a parent, but for those that the source has, too. The copy's first. */
static bool
check_keys(struct pull *pull, struct decant_error *first, struct decant_error *err)
{
    struct scan_source copy;
    bool ok = pull_read_copy(pull, &copy, err);
    for (int i = 0; ok && i < pull->choice.plan.nkeys; i++) {
        const struct plan_key *key = &pull->choice.plan.keys[i];
        int64_t orphans = 0, known = 0;
        if (copy.conn == NULL && key->key->is_period) /* SQLite cannot tell */
            continue;
        ok = copy.conn != NULL ? foreign_keys_count_orphans(copy.conn, key, &orphans, err)
                               : count_in_file(&pull->target, copy.db, key, &orphans, err);
        if (ok && orphans > 0)
            ok = plan_key_is_askable(key, err) &&
                 foreign_keys_count_orphans(pull->source.workers[0], key, &known, err);
        if (!ok || orphans <= known)
            continue;
        const char *name = arena_printf(&pull->arena, "%s.%s.%s", key->child->schema,
                                        key->child->name, key->key->name);
        const char *detail =
            arena_printf(&pull->arena, "%lld rows have no parent in '%s.%s'", (long long)orphans,
                         key->parent->schema, key->parent->name);
        job_emit(pull->job, DECANT_PHASE_FINDING,
                 (struct decant_event){ .object = name, .kind = "foreign key", .detail = detail });
        if (first->code == DECANT_OK)
            error_set(first, DECANT_CHECK, "'%s': %s", name, detail);
    }
    scan_end(&copy);
    return ok;
}

/* ---- */

/* What empties a column, or draws its fakes from a few, remembers nothing. */
static void
tell_unsearched(struct pull *pull)
{
    struct notes notes;
    notes_init(&notes);
    for (int t = 0; pull->choice.masks.is_on && t < pull->choice.masks.masking.ntables; t++) {
        const struct masked_table *table = &pull->choice.masks.masking.tables[t];
        for (int i = 0; i < table->nmasks; i++) {
            const struct column_mask *how = &table->masks[i];
            const struct mask *mask = how->masks[how->nmasks - 1];
            if (how->need != NEED_VALUE || mask->how->tells == TELLS_NOTHING || mask->may_stay)
                notes_add(&notes, NOTE_NOT_SEARCHED, "column", 0, "%s.%s.%s", table->table->schema,
                          table->table->name, table->table->columns[how->column].name);
        }
    }
    job_emit_notes(pull->job, &notes);
    notes_deinit(&notes);
}

static void
report(struct pull *pull)
{
    assert(pull != NULL);
    struct buf detail = { 0 };
    size_t counts[] = { [FIDELITY_HOLDS] = 0, [FIDELITY_BAD] = 0, [FIDELITY_UNKNOWN] = 0 };
    const struct figure *worst = NULL;
    const struct fidelity *fidelity =
        pull->proof.comparison != NULL ? &pull->proof.comparison->fidelity : NULL;
    for (size_t i = 0; fidelity != NULL && i < fidelity->n; i++) {
        const struct figure *figure = &fidelity->items[i];
        counts[figure->verdict]++;
        if (worst == NULL && figure->verdict != FIDELITY_UNKNOWN && !figure->is_told)
            worst = figure;
    }
    if (pull->proof.originals != NULL)
        buf_printf(&detail, "%lld originals looked for, ",
                   (long long)originals_count(pull->proof.originals));
    if (pull->proof.originals != NULL && pull->proof.nfindings > 0)
        buf_printf(&detail, "%d findings, all accepted; ", pull->proof.nfindings);
    else if (pull->proof.originals != NULL)
        buf_puts(&detail, "none is there; ");
    if (fidelity != NULL)
        buf_printf(&detail,
                   "%zu figures hold, %zu do not (no gate asks for them), %zu cannot be "
                   "compared",
                   counts[FIDELITY_HOLDS], counts[FIDELITY_BAD], counts[FIDELITY_UNKNOWN]);
    else
        buf_puts(&detail, "figures are not compared: the rules take no sample");
    if (worst != NULL)
        buf_printf(&detail, "; the furthest away: %s [%s], %.2f times the noise of an ideal sample",
                   worst->object, figure_name(worst->kind), worst->excess);
    job_emit(
        pull->job, DECANT_PHASE_COMPARED,
        (struct decant_event){ .object = pull->target.env.target, .detail = buf_str(&detail) });
    buf_deinit(&detail);
}

static bool
run(struct pull *pull, const struct sink_ops *made, const char *target,
    const struct manifest *manifest, struct decant_error *err)
{
    struct decant_error keys = { 0 };
    pull->target.ops = made;
    if (!load_rules(pull, manifest, err) || !open_copy(pull, made, target, err) ||
        !pull_read_keys(pull, err) || !made->prepare(pull->target.sink, err) ||
        !leaks_begin(pull, err) || !likeness_begin(pull, err) ||
        (manifest == NULL && !check_keys(pull, &keys, err)) || !pull_release(pull, err))
        return false;
    compare_made(pull->proof.comparison, manifest);
    if (manifest == NULL)
        tell_unsearched(pull);
    struct task tasks[2];
    int n = 0;
    if (pull->choice.masks.is_on)
        tasks[n++] = (struct task){ leaks_search, pull };
    if (pull->proof.comparison != NULL)
        tasks[n++] = (struct task){ compare_copy, pull->proof.comparison };
    if (!pipeline_tasks(tasks, n, err) || !leaks_judge(pull, err) || !likeness_judge(pull, err))
        return false;
    if (keys.code != DECANT_OK) {
        *err = keys;
        return false;
    }
    report(pull);
    return true;
}

bool
against_source(struct decant_job *job, const struct sink_ops *made, const char *target,
               const struct manifest *manifest, struct decant_event *done, struct decant_error *err)
{
    assert(done != NULL);
    struct pull pull = { .job = job };
    notes_init(&pull.notes);
    bool ok = run(&pull, made, target, manifest, err);
    for (int i = 0; ok && manifest == NULL && i < pull.choice.plan.ntables; i++) {
        done->tables++;
        done->tables_total++;
        done->rows += pull.proof.comparison != NULL
                          ? (int64_t)pull.proof.comparison->tables[i].sampled.there
                          : 0;
    }
    pull_deinit(&pull);
    return ok;
}
