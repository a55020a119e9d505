/* SPDX-License-Identifier: PostgreSQL */
/* decant plan: what a pull would sample, and what that costs the source. */
#include <assert.h>
#include <stdio.h>

#include "copy/extract.h"
#include "job/plan_view.h"
#include "job/pull.h"

enum { MOST_COUNTED = 20000000 };

static const char *
column_list(struct arena *arena, const struct sample_edge *edge)
{
    const char *list = "";
    for (int i = 0; i < edge->ncolumns; i++)
        list = arena_printf(arena, "%s%s%s", list, i > 0 ? ", " : "", edge->child_keys[i]->name);
    return list;
}

static void
view_table(const struct pull_choice *choice, int number, struct arena *arena,
           struct view_table *out)
{
    const struct sampling *s = &choice->sampling;
    const struct sample_table *table = &s->tables[number];
    const struct table *t = table->table;
    double average = t->reltuples > 0 ? (double)catalog_bytes(t) / t->reltuples : 0;
    *out = (struct view_table){ .name = arena_printf(arena, "%s.%s", t->schema, t->name),
                                .role = sampling_role(table),
                                .rate = sampling_rate(s, number),
                                .prediction = choice->predictions[number],
                                .has_frame = table->where != NULL,
                                .has_counts = choice->chosen != NULL };
    out->why_not_whole = sampling_why_not_whole(s, number);
    const struct prediction *p = &out->prediction;
    double rows = p->sampled + p->pulled + p->completed;
    if (table->owner >= 0)
        out->owner = column_list(arena, &s->edges[table->owner]);
    for (enum origin origin = ORIGIN_SAMPLE; out->has_counts && origin < ORIGIN_COUNT; origin++) {
        out->counts[origin] = select_count(choice->chosen, t, origin);
        rows = (origin == ORIGIN_SAMPLE ? 0 : rows) + (double)out->counts[origin];
    }
    out->bytes = rows * average;
    if (out->has_counts) {
        out->hollow = select_hollow(choice->chosen, t);
        out->capped = select_capped(choice->chosen, t);
    }
}

/* What becomes of the number of children that a parent has. */
static const char *
effect_of(const struct pull_choice *choice, int number, struct arena *arena)
{
    const struct sampling *s = &choice->sampling;
    const struct sample_edge *edge = &s->edges[number];
    double child = sampling_rate(s, edge->child), parent = sampling_rate(s, edge->parent);
    if (s->tables[edge->child].role == ROLE_SCHEMA_ONLY)
        return "no rows";
    if (child >= 1)
        return parent >= 1 ? "as in the source" : "all children; parents as needed";
    if (s->tables[edge->child].owner == number)
        return child >= parent
                   ? "fan-out exact, zeros included, for sampled parents"
                   : arena_printf(arena, "fan-out thinned to %g %%", child / parent * 100);
    switch (edge->policy) {
    case POLICY_REQUIRE:
        return arena_printf(arena,
                            "rows without this parent are left out: %g %% of the child's stay",
                            parent * 100);
    case POLICY_REASSIGN:
        return "fan-out kept in shape; who belongs to whom is made up";
    case POLICY_NULL:
        return "rows without this parent refer to none";
    default:
        return arena_printf(arena, "fan-out not preserved: thinned to about %g %%", child * 100);
    }
}

static void
view_key(const struct pull_choice *choice, int number, struct arena *arena, struct view_key *out)
{
    const struct sample_edge *edge = &choice->sampling.edges[number];
    const struct table *child = choice->sampling.tables[edge->child].table;
    const struct table *parent = choice->sampling.tables[edge->parent].table;
    *out = (struct view_key){
        .name =
            arena_printf(arena, "%s.%s.%s", child->schema, child->name, column_list(arena, edge)),
        .parent = arena_printf(arena, "%s.%s", parent->schema, parent->name),
        .policy = edge->needs_nothing ? "-" : rules_policy_name(edge->policy),
        .effect = effect_of(choice, number, arena),
        .is_pinned = edge->rule != NULL,
        .is_virtual = edge->key == NULL,
    };
    if (choice->chosen != NULL) {
        out->left_out = select_required_away(choice->chosen, number);
        out->changed = select_reassigned(choice->chosen, number);
    }
}

static void
view_masks(struct pull *pull, struct view *view)
{
    const struct job_masks *masks = &pull->choice.masks;
    view->has_masks = masks->is_on;
    view->nmasked = masks->nmasked;
    view->nkept = masks->nkept;
    view->nsafe = masks->nsafe;
    view->nnulled = masks->nnulled;
    view->unproved = ARENA_ARRAY(&pull->arena, const char *, pull->notes.count + 1);
    for (size_t i = 0; i < pull->notes.count; i++)
        if (pull->notes.items[i].reason == NOTE_MASK_UNPROVED)
            view->unproved[view->nunproved++] = pull->notes.items[i].object;
}

static void
make_view(struct pull *pull, struct view *view)
{
    assert(pull != NULL && view != NULL);
    struct arena *arena = &pull->arena;
    const struct sampling *s = &pull->choice.sampling;
    *view = (struct view){ .rate = pull->choice.rules->sample.rate,
                           .seed = s->seed,
                           .cap = s->cap,
                           .is_exact = pull->choice.chosen != NULL,
                           .ntables = s->ntables,
                           .nkeys = s->nedges };
    view->tables = ARENA_ARRAY(arena, struct view_table, s->ntables + 1);
    view->keys = ARENA_ARRAY(arena, struct view_key, s->nedges + 1);
    for (int i = 0; i < s->ntables; i++)
        view_table(&pull->choice, s->order[i], arena, &view->tables[i]);
    for (int i = 0; i < s->nedges; i++)
        view_key(&pull->choice, i, arena, &view->keys[i]);
    view->is_cover = s->is_cover;
    if (view->is_exact)
        view->nfeatures = select_features(pull->choice.chosen, &view->features);
    view->connections = 2 + pull->nworkers_planned;
    view->read_bytes = sample_read_bytes(pull, &view->statements) + leaks_read_bytes(pull) +
                       compare_read_bytes(pull->choice.rules, &pull->choice.sampling);
    view_masks(pull, view);
    struct plan plan = { .catalog = pull->source.catalog };
    for (int i = 0; i < s->ntables; i++) {
        struct buf sql = { 0 };
        const struct extract extract = { .plan = &plan,
                                         .masking = pull->choice.masks.is_on
                                                        ? &pull->choice.masks.masking
                                                        : NULL,
                                         .table = s->tables[s->order[i]].table,
                                         .use = WIRE_PASSED };
        extract_sql(&extract, false, NULL, &sql);
        view->tables[i].sql = arena_strdup(arena, buf_str(&sql));
        buf_deinit(&sql);
    }
}

static bool
run_plan(struct pull *pull, bool exact, struct decant_error *err)
{
    static const struct sink_ops no_sink = { .decodes = true };
    pull->target.ops = &no_sink;
    pull->target.env.nworkers = 1;
    pull->is_dry = !exact;
    pull->wants_masks = true;
    if (!pull_load_rules(pull, err))
        return false;
    if (pull->job->options->asked.count == 0 && !pull->job->options->cover &&
        (pull->choice.rules == NULL || !pull->choice.rules->sample.is_given)) {
        error_set(err, DECANT_USAGE, "no rules say what is sampled");
        return error_hint(
            err, "-c FILE names rules with a section 'sample'; without one all rows are copied");
    }
    if (!pull_read_keys(pull, err))
        return false;
    pull->nworkers_planned = pull_worker_count(pull->job->options, pull->source.holder);
    pull->choice.predictions =
        ARENA_ARRAY(&pull->arena, struct prediction, pull->choice.sampling.ntables + 1);
    return predict_sample(pull->source.workers[0], &pull->choice.sampling, exact ? 0 : MOST_COUNTED,
                          pull->choice.predictions, err);
}

#pragma GCC visibility push(default)

bool
decant_job_plan(struct decant_job *job, bool exact, bool json, bool with_sql, char **text,
                struct decant_error *err)
{
    struct pull pull = { .job = job };
    struct buf out = { 0 };
    struct view view;
    notes_init(&pull.notes);
    /* a cover is chosen, or nothing is known of it */
    bool ok = run_plan(&pull, exact || job->options->cover, err);
    if (ok) {
        make_view(&pull, &view);
        if (json)
            view_put_json(&view, &out);
        else
            view_put_text(&view, with_sql, &out);
    } else {
        job_explain_stop(job, err);
    }
    *text = ok ? buf_steal(&out) : NULL;
    pull.target.ops = NULL;
    pull_deinit(&pull);
    return ok;
}

#pragma GCC visibility pop
