/* SPDX-License-Identifier: PostgreSQL */
/* What becomes of columns: keys follow what they refer to, what must be unique gets a number, and
 * what production has more of is varied. */
#include "amplify/columns.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

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

static bool
is_strict(const struct index *index)
{
    return index->is_valid && (index->is_unique || strcmp(index->method, "exclude") == 0);
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

/* ---- keys */

/* Columns that stand beside those of a table for each key: see put_edge() in replicate.c. */
enum { COLUMNS_OF_KEY = 3 };

static void
set_key(struct model *model, int k)
{
    const struct plan_key *key = &model->plan->keys[k];
    struct amplified_table *child = &model->tables[plan_number(model->plan, key->child)];
    struct amplified_table *parent = &model->tables[plan_number(model->plan, key->parent)];
    child->nworking += COLUMNS_OF_KEY + key->key->ncolumns;
    child->has_period |= key->key->is_period;
    parent->has_period |= key->key->is_period;
    for (int i = 0; i < key->key->ncolumns; i++) {
        struct amplified_column *out = &child->columns[key->child_columns[i]];
        parent->columns[key->parent_columns[i]].is_sought = true;
        if (out->how == COLUMN_GENERATED || (out->key >= 0 && k != child->owner))
            continue;
        out->how = COLUMN_KEY;
        out->key = k;
        out->part = i;
    }
}

void
columns_set_keys(struct model *model)
{
    assert(model != NULL);
    for (int t = 0; t < model->plan->ntables; t++) {
        struct amplified_table *table = &model->tables[t];
        table->clock = table->twin = -1;
        table->nworking = 0;
        table->has_period = false;
        for (int c = 0; c < table->table->ncolumns; c++)
            table->columns[c] = (struct amplified_column){
                .how = table->table->columns[c].is_generated ? COLUMN_GENERATED : COLUMN_KEPT,
                .key = -1,
                .is_strict = is_in_strict(table->table, c),
            };
    }
    for (int k = 0; k < model->plan->nkeys; k++)
        set_key(model, k);
}

void
columns_find_origin(const struct model *model, int *table, int *column)
{
    assert(model != NULL);
    for (int steps = 0; steps <= model->plan->ntables; steps++) {
        const struct amplified_column *at = &model->tables[*table].columns[*column];
        if (at->how != COLUMN_KEY)
            return;
        const struct plan_key *key = &model->plan->keys[at->key];
        *table = plan_number(model->plan, key->parent);
        *column = key->parent_columns[at->part];
    }
}

enum column_how
columns_form(const struct model *model, int table, int column)
{
    columns_find_origin(model, &table, &column);
    enum column_how how = model->tables[table].columns[column].how;
    return how == COLUMN_KEY ? COLUMN_KEPT : how; /* keys in a circle refer to nothing else */
}

/* ---- uniqueness */

static double
most_of(int scalar)
{
    return scalar == SCALAR_INT2 ? INT16_MAX : scalar == SCALAR_INT4 ? INT32_MAX : 9e15;
}

/* What became of a column when the copy was made; NULL: nobody says it. */
static const struct manifest_column *
fate_of(const struct model *model, const struct table *table, int column, struct arena *arena)
{
    return lookup_find(&model->columns, arena_printf(arena, "%s.%s.%s", table->schema, table->name,
                                                     table->columns[column].name));
}

/* A number would lead other fakes out of the range that is reserved for them. */
static enum column_how
form_of_text(const struct column *column, const struct manifest_column *fate)
{
    const char *mask = fate != NULL ? fate->mask : "";
    int most = column->typmod >= 0 ? column->typmod - 4 : 0;
    if (strcmp(mask, "email") == 0)
        return COLUMN_EMAIL;
    if (strcmp(mask, "phone") == 0)
        return most == 0 || most >= 16 ? COLUMN_PHONE : COLUMN_KEPT;
    return fate != NULL && strcmp(fate->guarantee, MANIFEST_RESERVED) == 0 ? COLUMN_KEPT
                                                                           : COLUMN_DIGITS;
}

/* What makes a column's values different by the row's number; COLUMN_KEPT: nothing does. */
static enum column_how
form_of(const struct column *column, const struct manifest_column *fate, double wanted)
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
        return form_of_text(column, fate);
    default:
        return COLUMN_KEPT;
    }
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
            columns_form(model, parent, key->parent_columns[i]) != COLUMN_KEPT)
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
make_unique(struct model *model, int t, const struct index *index, struct arena *arena)
{
    struct amplified_table *table = &model->tables[t];
    enum column_how best_form = COLUMN_KEPT;
    int best = -1;
    for (int c = 0; c < table->table->ncolumns; c++) {
        if (table->columns[c].how != COLUMN_KEPT || !is_in_index(table->table, index, c))
            continue;
        enum column_how form = form_of(&table->table->columns[c],
                                       fate_of(model, table->table, c, arena), table->wanted);
        if (form != COLUMN_KEPT && (best < 0 || form < best_form)) {
            best = c;
            best_form = form;
        }
    }
    if (best >= 0)
        table->columns[best].how = best_form;
    return best >= 0;
}

/* A key whose columns are all that the index has: a row for one of its parent's, at most. */
static int
twin_of(const struct model *model, int t, const struct index *index)
{
    const struct amplified_table *table = &model->tables[t];
    int twin = -1;
    for (int i = 0; i < index->nkeys; i++) {
        int column = index->keys[i].column, key = column >= 0 ? table->columns[column].key : -1;
        if (key < 0 || (i > 0 && key != twin))
            return -1;
        twin = key;
    }
    return twin;
}

const char *
columns_set_unique(struct model *model, int t, struct arena *arena)
{
    assert(model != NULL);
    const struct table *table = model->tables[t].table;
    for (int i = 0; i < table->nindexes; i++) {
        const struct index *index = &table->indexes[i];
        if (!is_strict(index) || has_owner_in(model, t, index) ||
            has_number_in(&model->tables[t], index) || make_unique(model, t, index, arena))
            continue;
        model->tables[t].twin = twin_of(model, t, index);
        return arena_printf(arena, "nothing can be made different for %s", index->name);
    }
    return NULL;
}

bool
columns_can_stand_in(const struct model *model, int table)
{
    assert(model != NULL);
    for (int k = 0; k < model->plan->nkeys; k++) {
        const struct plan_key *key = &model->plan->keys[k];
        if (key->parent != model->tables[table].table)
            continue;
        const struct amplified_table *child = &model->tables[plan_number(model->plan, key->child)];
        const struct amplified_column *column = &child->columns[key->child_columns[0]];
        if (key->key->ncolumns != 1 || column->key != k || column->is_strict || column->is_sought ||
            model->tables[table].columns[key->parent_columns[0]].how != COLUMN_NUMBER)
            return false;
    }
    return true;
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

/* Of production, not as a share; 0: not known. */
static double
distinct_there(const struct model *model, const char *name, double rows)
{
    const struct manifest_distinct *found = lookup_find(&model->distincts, name);
    return found == NULL ? 0 : found->n < 0 ? -found->n * rows : found->n;
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
way_to_vary(const struct column *column, const struct manifest_column *fate)
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
        return form_of_text(column, fate) == COLUMN_DIGITS ? COLUMN_VARIED : COLUMN_KEPT;
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
columns_vary(struct model *model, int t, int column, double here, struct arena *arena)
{
    assert(model != NULL);
    struct amplified_table *table = &model->tables[t];
    const struct column *c = &table->table->columns[column];
    struct amplified_column *out = &table->columns[column];
    const char *name =
        arena_printf(arena, "%s.%s.%s", table->table->schema, table->table->name, c->name);
    double there = distinct_there(model, name, table->wanted);
    double times = here > 0 ? there / here : 0;
    if (table->how == AMPLIFY_SINGLE || times < LEAST_VARIED || c->type->kind != TYPE_SCALAR)
        return;
    if (out->how == COLUMN_KEY)
        vary_key(model, table, out, there, here);
    enum column_how way = way_to_vary(c, fate_of(model, table->table, column, arena));
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
columns_set_clocks(struct model *model)
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
