/* SPDX-License-Identifier: PostgreSQL */
#include "fidelity/compare.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "load/scan.h"

enum { MOST_JOINED = 12 };

/* Excess above which a figure is bad; without a gate it is reported, and stops nothing. */
static const double gates[] = { [GATE_NONE] = 3, [GATE_DEFAULT] = 3, [GATE_STRICT] = 2.5 };

/* ---- the source */

/* Identifiers: how they are distributed says nothing. */
static bool
is_primary(const struct table *table, int column)
{
    const struct index *primary = catalog_primary_key(table);
    for (int k = 0; primary != NULL && k < primary->nkeys; k++)
        if (primary->keys[k].column == column)
            return true;
    return false;
}

static bool
is_reference(const struct comparison *comparison, const struct compared *c, int column)
{
    const struct sampling *s = comparison->env.sampling;
    const struct sample_edges *up = &s->tables[c->number].up;
    const struct column *wanted = &c->table->columns[column];
    for (int i = 0; i < up->n; i++) {
        const struct sample_edge *edge = &s->edges[up->of[i]];
        for (int k = 0; k < edge->ncolumns; k++)
            if (edge->child_keys[k] == wanted ||
                /* one that only the rules know is an expression of that name */
                (edge->key == NULL && strcmp(edge->child_keys[k]->name, wanted->name) == 0 &&
                 !type_is_json(wanted->type)))
                return true;
    }
    return false;
}

bool
compare_is_key(const struct comparison *comparison, const struct compared *c, int column)
{
    assert(column >= 0);
    return is_primary(c->table, column) || is_reference(comparison, c, column);
}

/* Was the column given other values, where its parent is not in the copy? */
static bool
is_changed(const struct comparison *comparison, int number, int column)
{
    const struct sample_table *t = &comparison->env.sampling->tables[number];
    for (int i = 0; i < t->up.n; i++) {
        const struct sample_edge *edge = &comparison->env.sampling->edges[t->up.of[i]];
        bool changes = edge->policy == POLICY_REASSIGN || edge->policy == POLICY_NULL;
        for (int k = 0; changes && k < edge->ncolumns; k++)
            if (edge->child_keys[k] == &t->table->columns[column])
                return true;
    }
    return false;
}

/* A mask may empty a column; what is generated has no statistics of its own in some versions. */
static void
list_columns(struct comparison *comparison, struct compared *c)
{
    const struct masked_table *masked = masking_find(comparison->env.masking, c->table);
    struct arena *arena = comparison->arena;
    int n = c->table->ncolumns;
    c->kinds = ARENA_ARRAY(arena, enum sketch_kind, n + 1);
    c->is_kept = ARENA_ARRAY(arena, bool, n + 1);
    c->columns = ARENA_ARRAY(arena, int, n + 1);
    c->source = ARENA_ARRAY(arena, struct measured, n + 1);
    c->copy = ARENA_ARRAY(arena, struct measured, n + 1);
    for (int i = 0; i < n; i++) {
        const struct column *column = &c->table->columns[i];
        const struct column_mask *mask = masked != NULL ? masking_column(masked, i) : NULL;
        bool empties = mask != NULL && mask->need != NEED_VALUE;
        c->kinds[i] =
            mask != NULL || is_primary(c->table, i) ? SKETCH_OTHER : sketch_kind_of(column->type);
        c->is_kept[i] = mask == NULL;
        if (!empties && !column->is_generated)
            c->columns[c->n++] = i;
    }
    c->has_rows_only = c->n == 0 && n > 0;
    if (c->has_rows_only) {
        const struct index *key = catalog_identity(c->table);
        c->columns[0] = key != NULL ? key->keys[0].column : 0; /* of a key: it is read anyway */
        c->kinds[c->columns[0]] = SKETCH_OTHER;
        c->is_kept[c->columns[0]] = false;
        c->n = 1;
    }
}

/* The columns along which rows follow their owner; 0: they have none, or it stands in a document.
 * Where the reference is an expression, rows of one owner have one value of its column all the
 * same. */
static int
owner_columns(const struct comparison *comparison, const struct compared *c, int out[COMPARED_KEYS])
{
    int owner = comparison->env.sampling->tables[c->number].owner;
    const struct sample_edge *edge = owner >= 0 ? &comparison->env.sampling->edges[owner] : NULL;
    if (edge == NULL || edge->ncolumns > COMPARED_KEYS)
        return 0;
    for (int i = 0; i < edge->ncolumns; i++) {
        out[i] = table_column(c->table, edge->child_keys[i]->name);
        if (out[i] < 0 || type_is_json(c->table->columns[out[i]].type))
            return 0;
    }
    return edge->ncolumns;
}

/* Pairs take the whole source, and pairs of lengths of texts tell little. They are joined by the
 * operators of a declared key. */
static void
join_parent(struct comparison *comparison, struct compared *c, const struct compared *parent)
{
    c->parent = parent;
    c->joined = ARENA_ARRAY(comparison->arena, int, MOST_JOINED);
    if (comparison->env.rules->checks.source_stats != STATS_FULL ||
        comparison->env.sampling->edges[comparison->env.sampling->tables[c->number].owner].key ==
            NULL ||
        comparison->env.sampling->tables[parent->number].role == ROLE_SCHEMA_ONLY)
        return;
    for (int i = 0; i < parent->n && c->njoined < MOST_JOINED; i++) {
        int number = parent->columns[i];
        bool is_figure =
            parent->kinds[number] == SKETCH_NUMBER || parent->kinds[number] == SKETCH_TIME;
        if (is_figure && parent->is_kept[number] && !is_reference(comparison, parent, number))
            c->joined[c->njoined++] = number;
    }
}

/* Rows of several keys of one parent cannot all be told: the first key counts. */
static void
find_owned(struct comparison *comparison)
{
    for (int i = 0; i < comparison->ntables; i++) {
        struct compared *c = &comparison->tables[i];
        int owner = comparison->env.sampling->tables[i].owner;
        c->nowner = owner_columns(comparison, c, c->owner);
        if (c->nowner == 0)
            continue;
        const struct sample_edge *edge = &comparison->env.sampling->edges[owner];
        struct compared *parent = &comparison->tables[edge->parent];
        join_parent(comparison, c, parent);
        if (parent->nowned == 0)
            memcpy(parent->owned, edge->parent_columns, (size_t)c->nowner * sizeof *c->owner);
        if (parent->nowned == 0)
            parent->nowned = c->nowner;
    }
}

static int64_t
all_chosen(const struct comparison *comparison, const struct table *table)
{
    int64_t n = 0;
    for (int origin = ORIGIN_NONE + 1; origin < ORIGIN_COUNT; origin++)
        n += select_count(comparison->env.chosen, table, (enum origin)origin);
    return n;
}

bool
compare_begin(const struct compare_env *env, struct arena *arena, struct comparison **out,
              struct decant_error *err)
{
    assert(env->rules != NULL && env->chosen != NULL && *out == NULL);
    struct comparison *comparison = ARENA_NEW(arena, struct comparison);
    *out = comparison;
    comparison->env = *env;
    comparison->arena = arena;
    comparison->tables =
        ARENA_ARRAY(comparison->arena, struct compared, comparison->env.sampling->ntables + 1);
    comparison->fidelity.arena = comparison->arena;
    pthread_mutex_init(&comparison->mutex, NULL);
    for (int i = 0; i < comparison->env.sampling->ntables; i++) {
        struct compared *c = &comparison->tables[comparison->ntables++];
        c->table = comparison->env.sampling->tables[i].table;
        c->number = i;
        list_columns(comparison, c);
        compare_find_identity(c);
    }
    find_owned(comparison);
    bool ok = compare_measure_sources(comparison, err);
    for (int i = 0; ok && i < comparison->ntables; i++) {
        struct compared *c = &comparison->tables[i];
        double rows =
            c->source_sketch != NULL ? (double)sketch_rows(c->source_sketch) : c->table->reltuples;
        c->sampled.rows = rows > 0 ? rows : INFINITY;
        c->sampled.chosen = (double)select_count(comparison->env.chosen, c->table, ORIGIN_SAMPLE);
        c->expected = all_chosen(comparison, c->table);
        for (int k = 0; k < c->n; k++)
            c->stale = fmax(c->stale, c->source[c->columns[k]].stale);
    }
    return ok && compare_count_source(comparison, err) && compare_ask_source(comparison, err);
}

/* ---- names */

const char *
compare_table_name(struct comparison *comparison, const struct table *table)
{
    return arena_printf(comparison->arena, "%s.%s", table->schema, table->name);
}

const char *
compare_column_name(struct comparison *comparison, const struct table *table, int column)
{
    return arena_printf(comparison->arena, "%s.%s.%s", table->schema, table->name,
                        table->columns[column].name);
}

const char *
compare_edge_name(struct comparison *comparison, const struct sample_edge *edge)
{
    const struct table *child = comparison->env.sampling->tables[edge->child].table;
    return arena_printf(comparison->arena, "%s.%s.%s", child->schema, child->name, edge->name);
}

/* ---- the figures */

/* Do the table's rows, and those that they follow, come evenly from the whole of it? */
static bool
is_even(const struct comparison *comparison, int number)
{
    const struct sample_table *plan = &comparison->env.sampling->tables[number];
    if (plan->where != NULL || plan->nstrata > 0 || plan->role != ROLE_SAMPLED)
        return false;
    for (int i = 0; i < plan->up.n; i++)
        if (select_required_away(comparison->env.chosen, plan->up.of[i]) > 0)
            return false;
    return plan->owner < 0 ||
           comparison->tables[comparison->env.sampling->edges[plan->owner].parent].is_even;
}

static void
add_columns(struct comparison *comparison, struct compared *c, const char *suffix)
{
    if (comparison->env.sampling->tables[c->number].role != ROLE_SAMPLED ||
        comparison->env.rules->checks.source_stats == STATS_NONE || c->has_rows_only)
        return;
    for (int i = 0; i < c->n; i++) {
        int number = c->columns[i];
        const char *object = arena_printf(
            comparison->arena, "%s%s", compare_column_name(comparison, c->table, number), suffix);
        if (!c->is_even)
            fidelity_add_unknown(&comparison->fidelity, FIGURE_NULLS, object,
                                 "a frame, strata or a policy chose rows: they are not like all");
        else if (is_changed(comparison, c->number, number))
            fidelity_add_unknown(&comparison->fidelity, FIGURE_NULLS, object,
                                 "keys were changed by a policy");
        else
            fidelity_add_column(
                &comparison->fidelity, object, &c->source[number], &c->copy[number], &c->sampled,
                is_reference(comparison, c, number) ? SKETCH_OTHER : c->kinds[number]);
    }
}

/* The rows that stand for the source's. */
static const struct sketch *
judged_of(const struct compared *c)
{
    return c->chance_sketch != NULL ? c->chance_sketch : c->copy_sketch;
}

/* Of the columns that are sketched, the table's own and then its owner's. */
static void
add_pair(struct comparison *comparison, const struct compared *c, int i, int j)
{
    bool is_joined = j >= c->n;
    const struct table *other = is_joined ? c->parent->table : c->table;
    const char *name = other->columns[is_joined ? c->joined[j - c->n] : c->columns[j]].name;
    const char *object = arena_printf(
        comparison->arena, "%s.%s ~ %s%s%s", compare_table_name(comparison, c->table),
        c->table->columns[c->columns[i]].name,
        is_joined ? compare_table_name(comparison, other) : "", is_joined ? "." : "", name);
    const struct pair pair = { .source = sketch_correlation(c->source_sketch, i, j),
                               .copy = sketch_correlation(judged_of(c), i, j),
                               .source_sample = c->source[c->columns[i]].sample,
                               .effect = fmax(sketch_column(judged_of(c), i)->effect,
                                              sketch_column(judged_of(c), j)->effect) };
    fidelity_add_pair(&comparison->fidelity, object, &pair, &c->sampled);
}

/* Only where the source was read whole. */
static void
add_pairs(struct comparison *comparison, const struct compared *c)
{
    for (int i = 0; c->source_sketch != NULL && c->is_even && i < c->n; i++)
        for (int j = i + 1; j < c->n + c->njoined; j++)
            if (c->kinds[c->columns[i]] != SKETCH_OTHER &&
                (j >= c->n || c->kinds[c->columns[j]] != SKETCH_OTHER))
                add_pair(comparison, c, i, j);
}

/* What was measured of the copy takes much room. */
static void
forget_copy(struct compared *c)
{
    for (int i = 0; i < c->n; i++)
        measured_deinit(&c->copy[c->columns[i]]);
    sketch_free(c->copy_sketch);
    sketch_free(c->chance_sketch);
    c->copy_sketch = c->chance_sketch = NULL;
}

static void
measure(struct comparison *comparison, struct compared *c, const struct sketch *sketch)
{
    for (int i = 0; i < c->n; i++) {
        measured_deinit(&c->copy[c->columns[i]]);
        measured_of_sketch(sketch, i, comparison->arena, &c->copy[c->columns[i]]);
    }
    c->sampled.there = (double)sketch_rows(sketch);
}

/* What a query over the copy meets, those that chance did not choose among it: it is told. */
static void
add_all_rows(struct comparison *comparison, struct compared *c)
{
    if (c->chance_sketch == NULL)
        return;
    size_t before = comparison->fidelity.n;
    measure(comparison, c, c->copy_sketch);
    add_columns(comparison, c, " (all rows)");
    fidelity_tell(&comparison->fidelity, before);
}

static bool
measure_copy(struct comparison *comparison, const struct scan_source *where, struct compared *c,
             struct decant_error *err)
{
    c->is_even = is_even(comparison, c->number); /* owners were measured before */
    if (comparison->env.ops->name_of(comparison->env.sink, c->table, -1) == NULL ||
        comparison->env.sampling->tables[c->number].role == ROLE_SCHEMA_ONLY)
        return true;
    if (!compare_sketch_copy(comparison, where, c, err))
        return false;
    c->sampled.there = (double)sketch_rows(c->copy_sketch);
    if (comparison->is_foreign)
        c->sampled.chosen = c->sampled.there;
    if (c->n > 0 && c->expected >= 0)
        fidelity_add_rows(&comparison->fidelity, compare_table_name(comparison, c->table),
                          c->expected, sketch_rows(c->copy_sketch));
    else
        fidelity_add_unknown(&comparison->fidelity, FIGURE_ROWS,
                             compare_table_name(comparison, c->table),
                             c->n > 0 ? "no manifest says how many rows were chosen"
                                      : "rows of a table without columns are not counted");
    add_all_rows(comparison, c);
    measure(comparison, c, judged_of(c));
    add_columns(comparison, c, "");
    add_pairs(comparison, c);
    compare_keep(comparison, c);
    forget_copy(c);
    return true;
}

bool
compare_copy(void *ctx, struct decant_error *err)
{
    struct comparison *comparison = ctx;
    struct scan_source where;
    if (!comparison->env.read_copy(comparison->env.ctx, &where, err))
        return error_context(err, "fidelity check");
    comparison->fidelity.n = 0; /* of a round before */
    comparison->ndistributions = comparison->nshares = comparison->nsingles = comparison->ncrowds =
        0;
    bool ok = true;
    for (int i = 0; ok && i < comparison->ntables; i++) /* owners first: their groups are theirs */
        ok = measure_copy(comparison, &where,
                          &comparison->tables[comparison->env.sampling->order[i]], err);
    ok = ok && (!comparison->is_foreign || compare_count_copy(comparison, &where, err));
    if (ok)
        compare_keys(comparison);
    ok = ok && compare_tops(comparison, &where, err) && compare_ask_copy(comparison, &where, err);
    scan_end(&where);
    return ok || error_context(err, "fidelity check");
}

/* ---- what it means */

/* How far a figure is from what it should be, in words. */
static void
put_distance(const struct figure *figure, struct buf *out)
{
    if (!isnan(figure->source))
        buf_printf(out, "expected %.4g, is %.4g; ", figure->source, figure->copy);
    if (isinf(figure->excess))
        buf_puts(out, "no chance would explain it");
    else
        buf_printf(out, "%.2f times the noise of an ideal sample", figure->excess);
    if (figure->note != NULL)
        buf_printf(out, "; %s", figure->note);
}

bool
compare_judge(struct comparison *comparison, int gate, struct decant_error *err)
{
    assert(gate >= 0 && gate < (int)(sizeof gates / sizeof *gates));
    struct fidelity *fidelity = &comparison->fidelity;
    const struct figure *worst = fidelity_judge(fidelity, gates[gate]);
    if (worst == NULL || gate == GATE_NONE)
        return true;
    for (size_t i = 0; i < fidelity->n; i++) {
        const struct figure *figure = &fidelity->items[i];
        struct buf detail = { 0 };
        put_distance(figure, &detail);
        if (figure->verdict == FIDELITY_BAD && !figure->is_told)
            comparison->env.tell(comparison->env.ctx, figure, buf_str(&detail));
        buf_deinit(&detail);
    }
    error_set(err, DECANT_CHECK, "E520 the copy is not like its source: '%s' [%s]", worst->object,
              figure_name(worst->kind));
    return error_hint(err, "'fail_under: none' under 'checks: fidelity:' reports it, and stops "
                           "nothing");
}

void
compare_end(struct comparison *comparison)
{
    for (int i = 0; comparison != NULL && i < comparison->ntables; i++) {
        struct compared *c = &comparison->tables[i];
        for (int j = 0; j < c->table->ncolumns; j++) /* those that are not compared, too */
            measured_deinit(&c->source[j]);
        sketch_free(c->source_sketch);
        forget_copy(c);
        keyset_deinit(&c->groups);
        keyset_deinit(&c->others);
    }
    if (comparison != NULL) {
        pthread_mutex_destroy(&comparison->mutex);
        fidelity_deinit(&comparison->fidelity);
        free(comparison->distributions);
        free(comparison->shares);
        free(comparison->singles);
        free(comparison->crowds);
    }
}
