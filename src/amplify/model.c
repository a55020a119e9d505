/* SPDX-License-Identifier: PostgreSQL */
#include "amplify/model.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "amplify/columns.h"

/* A table that lacks so few rows is copied whole. */
#define WHOLE 0.995

/* ---- what the manifest says */

static const char *
name_of(const struct table *table, struct arena *arena)
{
    return arena_printf(arena, "%s.%s", table->schema, table->name);
}

static const struct manifest_policy *
policy_of(const struct model *model, const struct plan_key *key, struct arena *arena)
{
    return lookup_find(&model->policies, arena_printf(arena, "%s.%s.%s", key->child->schema,
                                                      key->child->name, key->key->name));
}

static void
find_names(struct model *model, const struct manifest *manifest, struct arena *arena)
{
    const struct {
        struct lookup *out;
        const void *items;
        int n;
        size_t size;
    } lists[] = {
        { &model->relations, manifest->relations, manifest->nrelations,
          sizeof *manifest->relations },
        { &model->samples, manifest->samples, manifest->nsamples, sizeof *manifest->samples },
        { &model->policies, manifest->policies, manifest->npolicies, sizeof *manifest->policies },
        { &model->columns, manifest->columns, manifest->ncolumns, sizeof *manifest->columns },
        { &model->distincts, manifest->distincts, manifest->ndistincts,
          sizeof *manifest->distincts },
    };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        lookup_make(lists[i].items, (size_t)lists[i].n, lists[i].size, arena, lists[i].out);
}

/* ---- who owns whom */

static bool
leads_to(const struct model *model, int from, int to)
{
    for (int t = from; model->tables[t].owner >= 0;) {
        t = plan_number(model->plan, model->plan->keys[model->tables[t].owner].parent);
        if (t == to)
            return true;
    }
    return from == to;
}

static bool
is_not_null(const struct plan_key *key)
{
    bool all = true;
    for (int i = 0; i < key->key->ncolumns; i++)
        all &= key->child->columns[key->child_columns[i]].not_null;
    return all;
}

static bool
is_in_identity(const struct plan_key *key)
{
    const struct index *identity = catalog_identity(key->child);
    for (int i = 0; identity != NULL && i < identity->nkeys; i++)
        if (identity->keys[i].column == key->child_columns[0])
            return true;
    return false;
}

/* Of a copy that is no sample nobody has said it: a key that is part of the child's own comes
 * first, then one that no row lacks. */
static void
guess_owner(struct model *model, int t)
{
    int best = -1, best_rank = 0;
    for (int k = 0; k < model->plan->nkeys; k++) {
        const struct plan_key *key = &model->plan->keys[k];
        if (key->child != model->tables[t].table || !is_not_null(key) || key->key->is_period ||
            leads_to(model, plan_number(model->plan, key->parent), t))
            continue;
        int rank = is_in_identity(key) ? 2 : 1;
        if (rank > best_rank) {
            best = k;
            best_rank = rank;
        }
    }
    model->tables[t].owner = best;
}

/* Rows of which only one parent was sampled are not in the copy: those that are tell nothing of how
 * many there are. */
#define THIN 0.05

static void
set_thin(struct model *model, int k, const struct manifest_policy *policy, struct arena *arena)
{
    const struct plan_key *key = &model->plan->keys[k];
    struct amplified_table *table = &model->tables[plan_number(model->plan, key->child)];
    if ((double)policy->left_out > THIN * (double)table->rows)
        table->thin =
            arena_printf(arena, "the sample left out rows for the sake of %s", key->key->name);
}

static void
set_owners(struct model *model, struct arena *arena)
{
    for (int k = 0; k < model->plan->nkeys; k++) {
        const struct plan_key *key = &model->plan->keys[k];
        int t = plan_number(model->plan, key->child), p = plan_number(model->plan, key->parent);
        const struct manifest_policy *policy = policy_of(model, key, arena);
        if (policy != NULL && strcmp(policy->policy, "owner") == 0 && !leads_to(model, p, t))
            model->tables[t].owner = k;
        if (policy != NULL)
            set_thin(model, k, policy, arena);
    }
    for (int t = 0; model->policies.n == 0 && t < model->plan->ntables; t++)
        guess_owner(model, t);
}

static int
owner_of(const struct model *model, int t)
{
    int owner = model->tables[t].owner;
    return owner < 0 ? -1 : plan_number(model->plan, model->plan->keys[owner].parent);
}

/* ---- what becomes of rows */

static void
set_wanted(struct model *model, struct amplified_table *out, const struct extent *extent,
           struct arena *arena)
{
    const char *name = name_of(out->table, arena);
    const struct manifest_relation *there = lookup_find(&model->relations, name);
    const struct manifest_sample *sample = lookup_find(&model->samples, name);
    bool is_known = there != NULL && there->rows >= 0;
    if (extent->factor > 0)
        out->wanted = (double)out->rows * extent->factor;
    else
        out->wanted = is_known ? there->rows * extent->scale : (double)out->rows;
    out->pages = is_known && there->rows > 0 ? (double)there->pages * out->wanted / there->rows : 0;
    out->sampled = sample != NULL ? sample->sampled + sample->completed : out->rows;
    if (sample != NULL && strcmp(sample->role, "whole") == 0)
        out->wanted = (double)out->rows;
    else if (!is_known && extent->factor <= 0)
        out->thin = "nobody knows how many rows production has";
}

/* Owners are decided first. */
static void
set_how(struct model *model, int t)
{
    struct amplified_table *table = &model->tables[t];
    int owner = owner_of(model, t);
    table->root = t;
    if (table->why_not != NULL || table->rows == 0 || table->is_other) {
        table->how = AMPLIFY_SINGLE;
    } else if (owner >= 0 && model->tables[owner].how != AMPLIFY_SINGLE) {
        table->how = AMPLIFY_OWNED;
        table->root = model->tables[owner].root;
    } else {
        table->owner = owner >= 0 && model->tables[owner].how == AMPLIFY_SINGLE ? -1 : table->owner;
        table->how = (double)table->rows >= WHOLE * table->wanted ? AMPLIFY_SINGLE : AMPLIFY_EVENLY;
    }
}

/* Where rows were not sampled, and own nothing for that reason, they are weighed. */
static void
tell_roots(struct model *model)
{
    for (int t = 0; !model->is_even && t < model->plan->ntables; t++) {
        int owner = model->tables[t].how == AMPLIFY_OWNED ? owner_of(model, t) : -1;
        if (owner >= 0 && model->tables[owner].how == AMPLIFY_EVENLY &&
            model->tables[owner].sampled > 0)
            model->tables[owner].how = AMPLIFY_ROOT;
    }
}

static void
put_in_order(struct model *model, bool *is_in, int *n, int t)
{
    int owner = owner_of(model, t);
    if (is_in[t])
        return;
    if (owner >= 0)
        put_in_order(model, is_in, n, owner);
    is_in[t] = true;
    model->order[(*n)++] = t;
}

static void
set_order(struct model *model, struct arena *arena)
{
    bool *is_in = ARENA_ARRAY(arena, bool, model->plan->ntables + 1);
    int n = 0;
    for (int t = 0; t < model->plan->ntables; t++)
        put_in_order(model, is_in, &n, t);
    assert(n == model->plan->ntables);
}

/* ---- what else there is in the way */

/* What rows are made from stands beside their columns, of which a table has at most 1,600. */
enum { MOST_COLUMNS = 1590 };

static const char *
find_obstacle(const struct model *model, int t, struct arena *arena)
{
    const struct table *table = model->tables[t].table;
    if (table->ncolumns + model->tables[t].nworking > MOST_COLUMNS)
        return "it has too many columns to work with";
    if (model->tables[t].has_period)
        return "a foreign key over periods";
    for (int c = 0; c < table->ncolumns; c++) {
        const struct amplified_column *column = &model->tables[t].columns[c];
        enum column_how form = columns_form(model, t, c);
        if (column->is_sought && column->how == COLUMN_KEY && form != COLUMN_KEPT &&
            column->key != model->tables[t].owner)
            return arena_printf(arena, "others refer to %s, which refers on",
                                table->columns[c].name);
        bool is_changed = form != COLUMN_KEPT && form != COLUMN_GENERATED;
        if (is_changed && table->partition_key != NULL &&
            strncmp(table->partition_key, "HASH", 4) != 0 &&
            plan_mentions(table->partition_key, table->columns[c].name))
            return arena_printf(arena, "its partitions go by %s", table->columns[c].name);
    }
    return NULL;
}

/* ---- all of it */

static void
decide(struct model *model, struct arena *arena)
{
    set_order(model, arena);
    for (int i = 0; i < model->plan->ntables; i++)
        set_how(model, model->order[i]);
    tell_roots(model);
}

/* It has at most one row for each of its twin's, and can have as many replicas. */
static bool
belongs_to_twin(const struct model *model, int t)
{
    int twin = model->tables[t].twin;
    if (twin < 0 || twin == model->tables[t].owner)
        return false;
    int parent = plan_number(model->plan, model->plan->keys[twin].parent);
    return model->tables[parent].how != AMPLIFY_SINGLE && !leads_to(model, parent, t);
}

/* Rows that came for the sake of others own nothing. Where they are many of all that production
 * has, the sampled ones could not stand for it beside them. */
#define HOLLOW 0.1

static void
set_hollow(struct model *model)
{
    for (int t = 0; t < model->plan->ntables; t++) {
        struct amplified_table *table = &model->tables[t];
        double hollow = (double)(table->rows - table->sampled);
        table->drops_hollow = table->how == AMPLIFY_ROOT && hollow > HOLLOW * table->wanted &&
                              columns_can_stand_in(model, t);
    }
}

/* What stays as it is changes what its neighbours can do: until nothing changes. */
static void
settle(struct model *model, struct arena *arena)
{
    bool again = true;
    while (again) {
        again = false;
        decide(model, arena);
        columns_set_keys(model);
        for (int i = 0; i < model->plan->ntables && !again; i++) {
            int t = model->order[i];
            struct amplified_table *table = &model->tables[t];
            if (table->how == AMPLIFY_SINGLE)
                continue;
            table->why_not = columns_set_unique(model, t, arena);
            again = table->why_not != NULL;
            if (again && belongs_to_twin(model, t)) {
                table->owner = table->twin;
                table->why_not = NULL;
            }
        }
        for (int t = 0; t < model->plan->ntables && !again; t++) {
            struct amplified_table *table = &model->tables[t];
            if (table->how != AMPLIFY_SINGLE)
                table->why_not = find_obstacle(model, t, arena);
            again = table->how != AMPLIFY_SINGLE && table->why_not != NULL;
        }
    }
    set_hollow(model);
}

void
model_leave(struct model *model, int table, const char *why_not, struct arena *arena)
{
    assert(model != NULL && why_not != NULL && model->tables[table].why_not == NULL);
    model->tables[table].why_not = why_not;
    settle(model, arena);
}

/* Tables that the statements name, and all that they refer to; the others keep the copy's rows. */
static void
leave_others(struct model *model, const char *sql, struct arena *arena)
{
    bool *is_meant = ARENA_ARRAY(arena, bool, model->plan->ntables + 1), again = true;
    for (int t = 0; t < model->plan->ntables; t++) {
        const struct table *table = model->tables[t].table;
        is_meant[t] = plan_mentions(sql, table->name);
        for (int i = 0; i < table->nleaves; i++)
            is_meant[t] |= plan_mentions(sql, table->leaves[i]->name);
    }
    while (again) {
        again = false;
        for (int k = 0; k < model->plan->nkeys; k++) {
            int child = plan_number(model->plan, model->plan->keys[k].child);
            int parent = plan_number(model->plan, model->plan->keys[k].parent);
            again |= is_meant[child] && !is_meant[parent];
            is_meant[parent] |= is_meant[child];
        }
    }
    for (int t = 0; t < model->plan->ntables; t++)
        if (!is_meant[t]) {
            model->tables[t].wanted = (double)model->tables[t].rows;
            model->tables[t].is_other = true;
        }
}

void
model_make(const struct plan *plan, const struct manifest *manifest, const int64_t *rows,
           const struct extent *extent, struct arena *arena, struct model *out)
{
    assert(plan != NULL && manifest != NULL && rows != NULL && extent != NULL && out != NULL);
    *out = (struct model){ .plan = plan, .is_even = extent->factor > 0 };
    find_names(out, manifest, arena);
    out->tables = ARENA_ARRAY(arena, struct amplified_table, plan->ntables + 1);
    out->order = ARENA_ARRAY(arena, int, plan->ntables + 1);
    for (int t = 0; t < plan->ntables; t++) {
        out->tables[t] = (struct amplified_table){
            .table = plan->tables[t], .clock = -1, .owner = -1, .root = t, .rows = rows[t]
        };
        out->tables[t].columns =
            ARENA_ARRAY(arena, struct amplified_column, plan->tables[t]->ncolumns + 1);
        set_wanted(out, &out->tables[t], extent, arena);
    }
    if (extent->sql != NULL)
        leave_others(out, extent->sql, arena);
    set_owners(out, arena);
    settle(out, arena);
}
