/* SPDX-License-Identifier: PostgreSQL */
#include "amplify/model.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

/* A table that lacks so few rows is copied whole. */
#define WHOLE 0.995

/* ---- what the manifest says */

static const char *
name_of(const struct table *table, struct arena *arena)
{
    return arena_printf(arena, "%s.%s", table->schema, table->name);
}

static const struct manifest_sample *
sample_of(const struct manifest *manifest, const char *name)
{
    for (int i = 0; i < manifest->nsamples; i++)
        if (strcmp(manifest->samples[i].name, name) == 0)
            return &manifest->samples[i];
    return NULL;
}

static const struct manifest_relation *
relation_of(const struct manifest *manifest, const char *name)
{
    for (int i = 0; i < manifest->nrelations; i++)
        if (manifest->relations[i].of == NULL && strcmp(manifest->relations[i].name, name) == 0)
            return &manifest->relations[i];
    return NULL;
}

static bool
is_owner_by_manifest(const struct manifest *manifest, const struct plan_key *key,
                     struct arena *arena)
{
    const char *name =
        arena_printf(arena, "%s.%s.%s", key->child->schema, key->child->name, key->key->name);
    for (int i = 0; i < manifest->npolicies; i++)
        if (strcmp(manifest->policies[i].name, name) == 0)
            return strcmp(manifest->policies[i].policy, "owner") == 0;
    return false;
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
set_thin(struct model *model, int k, const struct manifest *manifest, struct arena *arena)
{
    const struct plan_key *key = &model->plan->keys[k];
    struct amplified_table *table = &model->tables[plan_number(model->plan, key->child)];
    const char *name =
        arena_printf(arena, "%s.%s.%s", key->child->schema, key->child->name, key->key->name);
    for (int i = 0; i < manifest->npolicies; i++)
        if (strcmp(manifest->policies[i].name, name) == 0 &&
            (double)manifest->policies[i].left_out > THIN * (double)table->rows)
            table->thin =
                arena_printf(arena, "the sample left out rows for the sake of %s", key->key->name);
}

static void
set_owners(struct model *model, const struct manifest *manifest, struct arena *arena)
{
    for (int k = 0; k < model->plan->nkeys; k++) {
        const struct plan_key *key = &model->plan->keys[k];
        int t = plan_number(model->plan, key->child);
        int p = plan_number(model->plan, key->parent);
        if (is_owner_by_manifest(manifest, key, arena) && !leads_to(model, p, t))
            model->tables[t].owner = k;
        set_thin(model, k, manifest, arena);
    }
    for (int t = 0; manifest->npolicies == 0 && t < model->plan->ntables; t++)
        guess_owner(model, t);
}

static int
owner_of(const struct model *model, int t)
{
    int owner = model->tables[t].owner;
    return owner < 0 ? -1 : plan_number(model->plan, model->plan->keys[owner].parent);
}

static bool
owns_something(const struct model *model, int t)
{
    for (int i = 0; i < model->plan->ntables; i++)
        if (model->tables[i].how == AMPLIFY_OWNED && owner_of(model, i) == t)
            return true;
    return false;
}

/* ---- what becomes of rows */

static void
set_wanted(struct amplified_table *out, const struct manifest *manifest,
           const struct extent *extent, struct arena *arena)
{
    const char *name = name_of(out->table, arena);
    const struct manifest_relation *there = relation_of(manifest, name);
    bool is_known = there != NULL && there->rows >= 0;
    if (extent->factor > 0)
        out->wanted = (double)out->rows * extent->factor;
    else
        out->wanted = is_known ? there->rows * extent->scale : (double)out->rows;
    out->pages = is_known && there->rows > 0 ? (double)there->pages * out->wanted / there->rows : 0;
    const struct manifest_sample *sample = sample_of(manifest, name);
    out->sampled = sample != NULL ? sample->sampled + sample->completed : out->rows;
    if (sample != NULL && strcmp(sample->role, "whole") == 0)
        out->wanted = (double)out->rows;
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

/* Only where some rows were not sampled, and own nothing for that reason, do rows differ. */
static void
tell_roots(struct model *model)
{
    for (int t = 0; !model->is_even && t < model->plan->ntables; t++) {
        struct amplified_table *table = &model->tables[t];
        if (table->how == AMPLIFY_EVENLY && owns_something(model, t) && table->sampled > 0)
            table->how = AMPLIFY_ROOT;
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

/* ---- what becomes of columns */

static int
key_of(const struct model *model, int t, int column, int *part)
{
    int found = -1;
    for (int k = 0; k < model->plan->nkeys; k++) {
        const struct plan_key *key = &model->plan->keys[k];
        for (int i = 0; key->child == model->tables[t].table && i < key->key->ncolumns; i++)
            if (key->child_columns[i] == column && (found < 0 || k == model->tables[t].owner)) {
                found = k;
                *part = i;
            }
    }
    return found;
}

static bool
is_sought(const struct model *model, int t, int column)
{
    for (int k = 0; k < model->plan->nkeys; k++)
        for (int i = 0; i < model->plan->keys[k].key->ncolumns; i++)
            if (model->plan->keys[k].parent == model->tables[t].table &&
                model->plan->keys[k].parent_columns[i] == column)
                return true;
    return false;
}

enum column_how
model_form(const struct model *model, int table, int column)
{
    assert(model != NULL);
    for (int steps = 0; steps <= model->plan->ntables; steps++) {
        const struct amplified_column *at = &model->tables[table].columns[column];
        if (at->how != COLUMN_KEY)
            return at->how;
        const struct plan_key *key = &model->plan->keys[at->key];
        table = plan_number(model->plan, key->parent);
        column = key->parent_columns[at->part];
    }
    return COLUMN_KEPT; /* keys that refer to each other in a circle, and to nothing else */
}

/* ---- uniqueness */

static double
most_of(int scalar)
{
    return scalar == SCALAR_INT2 ? INT16_MAX : scalar == SCALAR_INT4 ? INT32_MAX : 9e15;
}

static const char *
mask_of(const struct manifest *manifest, const struct table *table, int column, struct arena *arena)
{
    const char *name =
        arena_printf(arena, "%s.%s.%s", table->schema, table->name, table->columns[column].name);
    for (int i = 0; i < manifest->ncolumns; i++)
        if (strcmp(manifest->columns[i].name, name) == 0)
            return manifest->columns[i].mask;
    return "";
}

/* Fakes of other masks lie in a range that is reserved, which a number would leave. */
static enum column_how
form_of_text(const struct column *column, const char *mask)
{
    static const char *const free[] = { "", "digits", "by_shape", "text", "token", NULL };
    int most = column->typmod >= 0 ? column->typmod - 4 : 0;
    bool is_free = false;
    if (strcmp(mask, "email") == 0)
        return COLUMN_EMAIL;
    if (strcmp(mask, "phone") == 0)
        return most == 0 || most >= 16 ? COLUMN_PHONE : COLUMN_KEPT;
    for (int i = 0; free[i] != NULL; i++)
        is_free |= strcmp(mask, free[i]) == 0;
    return is_free ? COLUMN_DIGITS : COLUMN_KEPT;
}

/* What makes a column's values different by the row's number; COLUMN_KEPT: nothing does. */
static enum column_how
form_of(const struct column *column, const char *mask, double wanted)
{
    if (column->type->kind != TYPE_SCALAR)
        return COLUMN_KEPT;
    switch (column->type->scalar) {
    case SCALAR_INT2:
    case SCALAR_INT4:
    case SCALAR_INT8:
    case SCALAR_NUMERIC:
        return wanted < most_of(column->type->scalar) ? COLUMN_NUMBER : COLUMN_KEPT;
    case SCALAR_UUID:
        return COLUMN_UUID;
    case SCALAR_TEXT:
    case SCALAR_VARCHAR:
    case SCALAR_CITEXT:
        return form_of_text(column, mask);
    default:
        return COLUMN_KEPT;
    }
}

/* Rows that differ in this column differ for the index: of an exclusion constraint, where it
 * compares by =. */
static bool
is_in_index(const struct table *table, const struct index *index, int column)
{
    bool excludes = strcmp(index->method, "exclude") == 0, found = false;
    for (int i = 0; i < index->nkeys; i++)
        found |= excludes ? index->keys[i].column == column && index->keys[i].is_equality
                          : index->keys[i].column == column ||
                                (index->keys[i].sql != NULL &&
                                 plan_mentions(index->keys[i].sql, table->columns[column].name));
    return found;
}

/* Rows of one owner were different before, and owners are. */
static bool
has_owner_in(const struct model *model, int t, const struct index *index)
{
    const struct amplified_table *table = &model->tables[t];
    if (table->how != AMPLIFY_OWNED)
        return false;
    const struct plan_key *key = &model->plan->keys[table->owner];
    int parent = plan_number(model->plan, key->parent);
    for (int i = 0; i < key->key->ncolumns; i++)
        if (is_in_index(table->table, index, key->child_columns[i]) &&
            model_form(model, parent, key->parent_columns[i]) != COLUMN_KEPT)
            return true;
    return false;
}

static bool
has_number_in(const struct amplified_table *table, const struct index *index)
{
    bool found = false;
    for (int c = 0; c < table->table->ncolumns; c++)
        found |= table->columns[c].how >= COLUMN_NUMBER && table->columns[c].how < COLUMN_SHIFTED &&
                 is_in_index(table->table, index, c);
    return found;
}

/* Numbers before words, and words before what a check may know. */
static bool
make_unique(struct model *model, int t, const struct index *index, const struct manifest *manifest,
            struct arena *arena)
{
    struct amplified_table *table = &model->tables[t];
    enum column_how best_form = COLUMN_KEPT;
    int best = -1;
    for (int c = 0; c < table->table->ncolumns; c++) {
        if (table->columns[c].how != COLUMN_KEPT || !is_in_index(table->table, index, c))
            continue;
        enum column_how form = form_of(&table->table->columns[c],
                                       mask_of(manifest, table->table, c, arena), table->wanted);
        if (form != COLUMN_KEPT && (best < 0 || form < best_form)) {
            best = c;
            best_form = form;
        }
    }
    if (best >= 0)
        table->columns[best].how = best_form;
    return best >= 0;
}

static bool
is_strict(const struct index *index)
{
    return index->is_valid && (index->is_unique || strcmp(index->method, "exclude") == 0);
}

static const char *
set_unique(struct model *model, int t, const struct manifest *manifest, struct arena *arena)
{
    const struct table *table = model->tables[t].table;
    for (int i = 0; i < table->nindexes; i++) {
        const struct index *index = &table->indexes[i];
        if (is_strict(index) && !has_owner_in(model, t, index) &&
            !has_number_in(&model->tables[t], index) &&
            !make_unique(model, t, index, manifest, arena))
            return arena_printf(arena, "nothing can be made different for %s", index->name);
    }
    return NULL;
}

/* ---- what else there is in the way */

static const char *
find_obstacle(const struct model *model, int t, struct arena *arena)
{
    const struct table *table = model->tables[t].table;
    for (int k = 0; k < model->plan->nkeys; k++)
        if (model->plan->keys[k].key->is_period &&
            (model->plan->keys[k].child == table || model->plan->keys[k].parent == table))
            return "a foreign key over periods";
    for (int c = 0; c < table->ncolumns; c++) {
        const struct amplified_column *column = &model->tables[t].columns[c];
        enum column_how form = model_form(model, t, c);
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

/* ---- different values */

static bool
is_known_to_others(const struct amplified_table *of, int column)
{
    const struct table *table = of->table;
    const struct domain *domain = table->columns[column].domain;
    const char *name = table->columns[column].name;
    bool found = table->partition_key != NULL && plan_mentions(table->partition_key, name);
    for (int i = 0; i < table->nchecks; i++)
        found |= plan_mentions(table->checks[i].sql, name);
    return found || (domain != NULL && domain->nchecks > 0);
}

/* What is shifted by the same in every row of a replica stays different where it was. */
static bool
is_in_strict(const struct table *table, int column)
{
    bool found = false;
    for (int i = 0; i < table->nindexes; i++)
        found |= is_strict(&table->indexes[i]) && is_in_index(table, &table->indexes[i], column);
    return found;
}

static void
set_keys(struct model *model, int t)
{
    const struct table *table = model->tables[t].table;
    for (int c = 0; c < table->ncolumns; c++) {
        struct amplified_column *out = &model->tables[t].columns[c];
        model->tables[t].clock = -1;
        *out = (struct amplified_column){ .key = -1,
                                          .is_sought = is_sought(model, t, c),
                                          .is_strict = is_in_strict(table, c) };
        if (table->columns[c].is_generated) {
            out->how = COLUMN_GENERATED;
            continue;
        }
        out->key = key_of(model, t, c, &out->part);
        if (out->key >= 0)
            out->how = COLUMN_KEY;
    }
}

/* Of production, not as a share; 0: not known. */
static double
distinct_there(const struct manifest *manifest, const char *name, double rows)
{
    for (int i = 0; i < manifest->ndistincts; i++)
        if (strcmp(manifest->distincts[i].name, name) == 0)
            return manifest->distincts[i].n < 0 ? -manifest->distincts[i].n * rows
                                                : manifest->distincts[i].n;
    return 0;
}

/* Nearly all different there: no value is made twice. */
#define UNIQUE 0.9
#define LEAST_VARIED 1.5

static bool
is_clock(const struct column *column)
{
    return column->type->kind == TYPE_SCALAR &&
           (column->type->scalar == SCALAR_TIMESTAMP || column->type->scalar == SCALAR_TIMESTAMPTZ);
}

/* What makes more values of one; COLUMN_KEPT: nothing does. */
static enum column_how
way_to_vary(const struct column *column, const char *mask)
{
    switch (column->type->scalar) {
    case SCALAR_DATE:
    case SCALAR_TIMESTAMP:
    case SCALAR_TIMESTAMPTZ:
    case SCALAR_INT2:
    case SCALAR_INT4:
    case SCALAR_INT8:
    case SCALAR_FLOAT4:
    case SCALAR_FLOAT8:
    case SCALAR_NUMERIC:
    case SCALAR_INTERVAL:
        return COLUMN_SHIFTED;
    case SCALAR_UUID:
        return COLUMN_UUID;
    case SCALAR_BYTEA:
        return COLUMN_VARIED;
    case SCALAR_TEXT:
    case SCALAR_VARCHAR:
        return form_of_text(column, mask) == COLUMN_DIGITS ? COLUMN_VARIED : COLUMN_KEPT;
    default:
        return COLUMN_KEPT;
    }
}

/* Replicas of a parent that the sample has one child of stand for many that it has none of. */
static void
vary_key(const struct model *model, struct amplified_table *table, struct amplified_column *out,
         double there, double here)
{
    const struct plan_key *key = &model->plan->keys[out->key];
    const struct amplified_table *parent = &model->tables[plan_number(model->plan, key->parent)];
    double each = fmax(1, parent->wanted / fmax(1, (double)parent->rows));
    double share = fmax(1, table->wanted / fmax(1, (double)table->rows));
    if (key->key->ncolumns == 1 && out->key != table->owner && !out->is_strict &&
        parent->how != AMPLIFY_SINGLE &&
        parent->columns[key->parent_columns[0]].how == COLUMN_NUMBER)
        out->others = (int64_t)fmin(share, round(there / fmax(1, here * each)));
}

void
model_vary(struct model *model, int t, int column, double here, struct arena *arena)
{
    assert(model != NULL);
    struct amplified_table *table = &model->tables[t];
    const struct column *c = &table->table->columns[column];
    struct amplified_column *out = &table->columns[column];
    const char *name =
        arena_printf(arena, "%s.%s.%s", table->table->schema, table->table->name, c->name);
    double there = distinct_there(model->manifest, name, table->wanted);
    double times = here > 0 ? there / here : 0;
    if (table->how == AMPLIFY_SINGLE || times < LEAST_VARIED || c->type->kind != TYPE_SCALAR)
        return;
    if (out->how == COLUMN_KEY)
        vary_key(model, table, out, there, here);
    enum column_how way = way_to_vary(c, mask_of(model->manifest, table->table, column, arena));
    bool is_bound = out->is_sought || out->is_strict;
    if (out->how != COLUMN_KEPT || (table->is_rigid && is_known_to_others(table, column)) ||
        (is_bound && !is_clock(c)))
        return;
    double replicas = ceil(1.2 * table->wanted / fmax(1, (double)table->rows));
    out->how = way;
    out->variants = there > UNIQUE * table->wanted ? INT32_MAX : (int64_t)round(times);
    out->parts = (int64_t)fmin((double)out->variants, replicas);
    if (is_clock(c) && (table->clock < 0 || out->parts > table->columns[table->clock].parts))
        table->clock = column;
}

/* What is before something else stays before it: all times of a row move together. */
void
model_set_clocks(struct model *model)
{
    assert(model != NULL);
    for (int t = 0; t < model->plan->ntables; t++) {
        struct amplified_table *table = &model->tables[t];
        for (int c = 0; table->clock >= 0 && c < table->table->ncolumns; c++) {
            struct amplified_column *out = &table->columns[c];
            if (!is_clock(&table->table->columns[c]) ||
                (out->how != COLUMN_KEPT && out->how != COLUMN_SHIFTED) ||
                (table->is_rigid && is_known_to_others(table, c)))
                continue;
            out->how = COLUMN_SHIFTED;
            out->variants = table->columns[table->clock].variants;
            out->parts = table->columns[table->clock].parts;
        }
    }
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

/* What stays as it is changes what its neighbours can do: until nothing changes. */
static void
settle(struct model *model, struct arena *arena)
{
    bool again = true;
    while (again) {
        again = false;
        decide(model, arena);
        for (int t = 0; t < model->plan->ntables; t++)
            set_keys(model, t);
        for (int i = 0; i < model->plan->ntables && !again; i++) {
            int t = model->order[i];
            struct amplified_table *table = &model->tables[t];
            if (table->how == AMPLIFY_SINGLE)
                continue;
            table->why_not = set_unique(model, t, model->manifest, arena);
            if (table->why_not == NULL)
                table->why_not = find_obstacle(model, t, arena);
            again = table->why_not != NULL;
        }
    }
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
    *out = (struct model){ .plan = plan, .manifest = manifest, .is_even = extent->factor > 0 };
    out->tables = ARENA_ARRAY(arena, struct amplified_table, plan->ntables + 1);
    out->order = ARENA_ARRAY(arena, int, plan->ntables + 1);
    for (int t = 0; t < plan->ntables; t++) {
        out->tables[t] = (struct amplified_table){
            .table = plan->tables[t], .clock = -1, .owner = -1, .root = t, .rows = rows[t]
        };
        out->tables[t].columns =
            ARENA_ARRAY(arena, struct amplified_column, plan->tables[t]->ncolumns + 1);
        set_wanted(&out->tables[t], manifest, extent, arena);
    }
    if (extent->sql != NULL)
        leave_others(out, extent->sql, arena);
    set_owners(out, manifest, arena);
    settle(out, arena);
}
