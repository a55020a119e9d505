/* SPDX-License-Identifier: PostgreSQL */
#include "job/compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "job/pull.h"
#include "measure/scan.h"

enum { MOST_JOINED = 12 };

/* Excess above which a figure is bad. */
static const double gates[] = { [GATE_NONE] = INFINITY, [GATE_DEFAULT] = 3, [GATE_STRICT] = 2.5 };

static bool
is_wanted(const struct pull *pull)
{
    return pull->chosen != NULL && !pull->job->options->schema_only;
}

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
is_reference(const struct pull *pull, const struct table *table, int column)
{
    for (int i = 0; i < pull->plan.nkeys; i++)
        for (int k = 0; k < pull->plan.keys[i].key->ncolumns; k++)
            if (pull->plan.keys[i].child == table && pull->plan.keys[i].child_columns[k] == column)
                return true;
    for (int i = 0; i < pull->sampling.nedges; i++) { /* those that only the rules know, too */
        const struct sample_edge *edge = &pull->sampling.edges[i];
        for (int k = 0; edge->key == NULL && k < edge->ncolumns; k++)
            if (pull->sampling.tables[edge->child].table == table &&
                strcmp(edge->child_keys[k]->name, table->columns[column].name) == 0 &&
                !type_is_json(table->columns[column].type))
                return true;
    }
    return false;
}

bool
compare_is_key(const struct pull *pull, const struct table *table, int column)
{
    return is_primary(table, column) || is_reference(pull, table, column);
}

/* Was the column given other values, where its parent is not in the copy? */
static bool
is_changed(const struct pull *pull, int number, int column)
{
    for (int i = 0; i < pull->sampling.nedges; i++) {
        const struct sample_edge *edge = &pull->sampling.edges[i];
        const struct column *wanted = &pull->sampling.tables[number].table->columns[column];
        for (int k = 0; edge->child == number && k < edge->ncolumns; k++)
            if (edge->child_keys[k] == wanted &&
                (edge->policy == POLICY_REASSIGN || edge->policy == POLICY_NULL))
                return true;
    }
    return false;
}

/* A mask may empty a column; what is generated has no statistics of its own in some versions. */
static void
list_columns(struct pull *pull, struct compared *c)
{
    const struct masked_table *masked =
        pull->masks.is_on ? masking_find(&pull->masks.masking, c->table) : NULL;
    struct arena *arena = &pull->compare_arena;
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
owner_columns(const struct pull *pull, const struct compared *c, int out[COMPARED_KEYS])
{
    int owner = pull->sampling.tables[c->number].owner;
    const struct sample_edge *edge = owner >= 0 ? &pull->sampling.edges[owner] : NULL;
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
join_parent(struct pull *pull, struct compared *c, const struct compared *parent)
{
    c->parent = parent;
    c->joined = ARENA_ARRAY(&pull->compare_arena, int, MOST_JOINED);
    if (pull->rules->checks.source_stats != STATS_FULL ||
        pull->sampling.edges[pull->sampling.tables[c->number].owner].key == NULL ||
        pull->sampling.tables[parent->number].role == ROLE_SCHEMA_ONLY)
        return;
    for (int i = 0; i < parent->n && c->njoined < MOST_JOINED; i++) {
        int number = parent->columns[i];
        bool is_figure =
            parent->kinds[number] == SKETCH_NUMBER || parent->kinds[number] == SKETCH_TIME;
        if (is_figure && parent->is_kept[number] && !is_reference(pull, parent->table, number))
            c->joined[c->njoined++] = number;
    }
}

/* Rows of several keys of one parent cannot all be told: the first key counts. */
static void
find_owned(struct pull *pull, struct comparison *comparison)
{
    for (int i = 0; i < comparison->ntables; i++) {
        struct compared *c = &comparison->tables[i];
        int owner = pull->sampling.tables[i].owner;
        c->nowner = owner_columns(pull, c, c->owner);
        if (c->nowner == 0)
            continue;
        const struct sample_edge *edge = &pull->sampling.edges[owner];
        struct compared *parent = &comparison->tables[edge->parent];
        join_parent(pull, c, parent);
        if (parent->nowned == 0)
            memcpy(parent->owned, edge->parent_columns, (size_t)c->nowner * sizeof *c->owner);
        if (parent->nowned == 0)
            parent->nowned = c->nowner;
    }
}

static bool
measure_source(struct pull *pull, struct compared *c, struct decant_error *err)
{
    int stats = pull->rules->checks.source_stats;
    if (stats == STATS_NONE || pull->sampling.tables[c->number].role != ROLE_SAMPLED)
        return true;
    if (stats == STATS_CHEAP)
        return measured_of_source(pull->workers[0], c->table, c->kinds, &pull->compare_arena,
                                  c->source, err);
    const struct scan_source where = { .conn = pull->workers[0], .stop = &pull->job->stop };
    if (!compare_sketch_source(pull, &where, c, err))
        return false;
    for (int i = 0; i < c->n; i++)
        measured_of_sketch(c->source_sketch, i, &pull->compare_arena, &c->source[c->columns[i]]);
    return true;
}

int64_t
compare_read_bytes(const struct pull *pull)
{
    int64_t bytes = 0;
    if (pull->rules->checks.source_stats != STATS_FULL)
        return 0;
    for (int i = 0; i < pull->sampling.ntables; i++)
        if (pull->sampling.tables[i].role == ROLE_SAMPLED)
            bytes += catalog_bytes(pull->sampling.tables[i].table);
    for (int i = 0; i < pull->sampling.nedges; i++) /* rows of one parent, key by key */
        if (pull->sampling.tables[pull->sampling.edges[i].child].owner != i)
            bytes += catalog_bytes(pull->sampling.tables[pull->sampling.edges[i].child].table);
    return bytes;
}

static int64_t
all_chosen(const struct pull *pull, const struct table *table)
{
    int64_t n = 0;
    for (int origin = ORIGIN_NONE + 1; origin < ORIGIN_COUNT; origin++)
        n += select_count(pull->chosen, table, (enum origin)origin);
    return n;
}

bool
compare_begin(struct pull *pull, struct decant_error *err)
{
    if (!is_wanted(pull))
        return true;
    struct comparison *comparison = ARENA_NEW(&pull->compare_arena, struct comparison);
    comparison->tables =
        ARENA_ARRAY(&pull->compare_arena, struct compared, pull->sampling.ntables + 1);
    comparison->fidelity.arena = &pull->compare_arena;
    pthread_mutex_init(&comparison->mutex, NULL);
    pull->comparison = comparison;
    for (int i = 0; i < pull->sampling.ntables; i++) {
        struct compared *c = &comparison->tables[comparison->ntables++];
        c->table = pull->sampling.tables[i].table;
        c->number = i;
        list_columns(pull, c);
        compare_find_identity(c);
    }
    find_owned(pull, comparison);
    bool ok = true;
    for (int i = 0; ok && i < comparison->ntables; i++) {
        struct compared *c = &comparison->tables[i];
        ok = measure_source(pull, c, err);
        double rows =
            c->source_sketch != NULL ? (double)sketch_rows(c->source_sketch) : c->table->reltuples;
        c->sampled.rows = rows > 0 ? rows : INFINITY;
        c->sampled.chosen = (double)select_count(pull->chosen, c->table, ORIGIN_SAMPLE);
        c->expected = all_chosen(pull, c->table);
        for (int k = 0; k < c->n; k++)
            c->stale = fmax(c->stale, c->source[c->columns[k]].stale);
    }
    return ok && compare_count_source(pull, err) && compare_ask_source(pull, err);
}

/* ---- names */

const char *
compare_table_name(struct pull *pull, const struct table *table)
{
    return arena_printf(&pull->compare_arena, "%s.%s", table->schema, table->name);
}

const char *
compare_column_name(struct pull *pull, const struct table *table, int column)
{
    return arena_printf(&pull->compare_arena, "%s.%s.%s", table->schema, table->name,
                        table->columns[column].name);
}

const char *
compare_edge_name(struct pull *pull, const struct sample_edge *edge)
{
    const struct table *child = pull->sampling.tables[edge->child].table;
    return arena_printf(&pull->compare_arena, "%s.%s.%s", child->schema, child->name, edge->name);
}

/* ---- the figures */

/* Do the table's rows, and those that they follow, come evenly from the whole of it? */
static bool
is_even(const struct pull *pull, const struct comparison *comparison, int number)
{
    const struct sample_table *plan = &pull->sampling.tables[number];
    if (plan->where != NULL || plan->nstrata > 0 || plan->role != ROLE_SAMPLED)
        return false;
    for (int i = 0; i < pull->sampling.nedges; i++)
        if (pull->sampling.edges[i].child == number && select_required_away(pull->chosen, i) > 0)
            return false;
    return plan->owner < 0 || comparison->tables[pull->sampling.edges[plan->owner].parent].is_even;
}

static void
add_columns(struct pull *pull, struct comparison *comparison, struct compared *c,
            const char *suffix)
{
    if (pull->sampling.tables[c->number].role != ROLE_SAMPLED ||
        pull->rules->checks.source_stats == STATS_NONE || c->has_rows_only)
        return;
    for (int i = 0; i < c->n; i++) {
        int number = c->columns[i];
        const char *object = arena_printf(&pull->compare_arena, "%s%s",
                                          compare_column_name(pull, c->table, number), suffix);
        if (!c->is_even)
            fidelity_add_unknown(&comparison->fidelity, METRIC_NULLS, object,
                                 "a frame, strata or a policy chose rows: they are not like all");
        else if (is_changed(pull, c->number, number))
            fidelity_add_unknown(&comparison->fidelity, METRIC_NULLS, object,
                                 "keys were changed by a policy");
        else
            fidelity_add_column(
                &comparison->fidelity, object, &c->source[number], &c->copy[number], &c->sampled,
                is_reference(pull, c->table, number) ? SKETCH_OTHER : c->kinds[number]);
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
add_pair(struct pull *pull, const struct compared *c, int i, int j)
{
    bool is_joined = j >= c->n;
    const struct table *other = is_joined ? c->parent->table : c->table;
    const char *name = other->columns[is_joined ? c->joined[j - c->n] : c->columns[j]].name;
    const char *object =
        arena_printf(&pull->compare_arena, "%s.%s ~ %s%s%s", compare_table_name(pull, c->table),
                     c->table->columns[c->columns[i]].name,
                     is_joined ? compare_table_name(pull, other) : "", is_joined ? "." : "", name);
    const struct pair pair = { .source = sketch_correlation(c->source_sketch, i, j),
                               .copy = sketch_correlation(judged_of(c), i, j),
                               .source_sample = c->source[c->columns[i]].sample,
                               .effect = fmax(sketch_column(judged_of(c), i)->effect,
                                              sketch_column(judged_of(c), j)->effect) };
    fidelity_add_pair(&pull->comparison->fidelity, object, &pair, &c->sampled);
}

/* Only where the source was read whole. */
static void
add_pairs(struct pull *pull, const struct compared *c)
{
    for (int i = 0; c->source_sketch != NULL && c->is_even && i < c->n; i++)
        for (int j = i + 1; j < c->n + c->njoined; j++)
            if (c->kinds[c->columns[i]] != SKETCH_OTHER &&
                (j >= c->n || c->kinds[c->columns[j]] != SKETCH_OTHER))
                add_pair(pull, c, i, j);
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
measure(struct pull *pull, struct compared *c, const struct sketch *sketch)
{
    for (int i = 0; i < c->n; i++) {
        measured_deinit(&c->copy[c->columns[i]]);
        measured_of_sketch(sketch, i, &pull->compare_arena, &c->copy[c->columns[i]]);
    }
    c->sampled.there = (double)sketch_rows(sketch);
}

/* What a query over the copy meets, those that chance did not choose among it: it is told. */
static void
add_all_rows(struct pull *pull, struct comparison *comparison, struct compared *c)
{
    if (c->chance_sketch == NULL)
        return;
    size_t before = comparison->fidelity.n;
    measure(pull, c, c->copy_sketch);
    add_columns(pull, comparison, c, " (all rows)");
    fidelity_tell(&comparison->fidelity, before);
}

static bool
measure_copy(struct pull *pull, const struct scan_source *where, struct comparison *comparison,
             struct compared *c, struct decant_error *err)
{
    c->is_even = is_even(pull, comparison, c->number); /* owners were measured before */
    if (pull->ops->name_of(pull->sink, c->table, -1) == NULL ||
        pull->sampling.tables[c->number].role == ROLE_SCHEMA_ONLY)
        return true;
    if (!compare_sketch_copy(pull, where, c, err))
        return false;
    c->sampled.there = (double)sketch_rows(c->copy_sketch);
    if (comparison->is_foreign)
        c->sampled.chosen = c->sampled.there;
    if (c->n > 0 && c->expected >= 0)
        fidelity_add_rows(&comparison->fidelity, compare_table_name(pull, c->table), c->expected,
                          sketch_rows(c->copy_sketch));
    else
        fidelity_add_unknown(&comparison->fidelity, METRIC_ROWS, compare_table_name(pull, c->table),
                             c->n > 0 ? "no manifest says how many rows were chosen"
                                      : "rows of a table without columns are not counted");
    add_all_rows(pull, comparison, c);
    measure(pull, c, judged_of(c));
    add_columns(pull, comparison, c, "");
    add_pairs(pull, c);
    compare_keep(pull, c);
    forget_copy(c);
    return true;
}

bool
compare_copy(void *ctx, struct decant_error *err)
{
    struct pull *pull = ctx;
    struct comparison *comparison = pull->comparison;
    struct scan_source where;
    if (!pull_read_copy(pull, &where, err))
        return error_context(err, "fidelity check");
    comparison->fidelity.n = 0; /* of a round before */
    comparison->ndistributions = comparison->nshares = comparison->nsingles = comparison->ncrowds =
        0;
    bool ok = true;
    for (int i = 0; ok && i < comparison->ntables; i++) /* owners first: their groups are theirs */
        ok = measure_copy(pull, &where, comparison, &comparison->tables[pull->sampling.order[i]],
                          err);
    ok = ok && (!comparison->is_foreign || compare_count_copy(pull, &where, err));
    if (ok)
        compare_keys(pull);
    ok = ok && compare_tops(pull, &where, err) && compare_ask_copy(pull, &where, err);
    scan_end(&where);
    return ok || error_context(err, "fidelity check");
}

/* ---- what it means */

bool
compare_judge(struct pull *pull, struct decant_error *err)
{
    if (pull->comparison == NULL)
        return true;
    struct fidelity *fidelity = &pull->comparison->fidelity;
    const char *flag = pull->job->options->fail_under;
    int gate = flag != NULL ? checks_gate(flag) : pull->rules->checks.gate;
    const struct metric *worst = fidelity_judge(fidelity, gates[gate]);
    if (worst == NULL)
        return true;
    for (size_t i = 0; i < fidelity->n; i++) {
        const struct metric *metric = &fidelity->items[i];
        struct buf detail = { 0 };
        if (!isnan(metric->source))
            buf_printf(&detail, "expected %.4g, is %.4g; ", metric->source, metric->copy);
        if (isinf(metric->excess))
            buf_puts(&detail, "no chance would explain it");
        else
            buf_printf(&detail, "%.2f times the noise of an ideal sample", metric->excess);
        if (metric->note != NULL)
            buf_printf(&detail, "; %s", metric->note);
        if (metric->verdict == FIDELITY_BAD && !metric->is_told)
            job_emit(pull->job, DECANT_PHASE_FINDING,
                     (struct decant_event){ .object = metric->object,
                                            .kind = metric_name(metric->kind),
                                            .detail = buf_str(&detail) });
        buf_deinit(&detail);
    }
    error_set(err, DECANT_CHECK, "E520 the copy is not like its source: '%s' [%s]", worst->object,
              metric_name(worst->kind));
    return error_hint(err, "'fail_under: none' under 'checks: fidelity:' reports it, and stops "
                           "nothing");
}

void
compare_end(struct pull *pull)
{
    struct comparison *comparison = pull->comparison;
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
    pull->comparison = NULL;
}
