/* SPDX-License-Identifier: PostgreSQL */
#include "leak/searched.h"

#include <assert.h>
#include <string.h>

enum { MOST_KEY_COLUMNS = 3 };

/* A column that some rows keep is searched as if all did. */
static const struct mask *
mask_of(const struct searched_env *env, const struct table *table, const struct column *column)
{
    const struct masked_table *masked = masking_find(env->masking, table);
    int number = masked != NULL ? table_column(masked->table, column->name) : -1;
    const struct column_mask *how = number >= 0 ? masking_column(masked, number) : NULL;
    for (int i = 0; how != NULL && i < how->nmasks; i++)
        if (how->masks[i]->how->apply == NULL && how->masks[i]->how->need == NEED_VALUE)
            return NULL;
    return how != NULL ? how->masks[how->nmasks - 1] : NULL;
}

/* Pairs of numbers in parentheses look like telephone numbers. */
static bool
is_geometric(const struct type *type)
{
    static const char *const names[] = {
        "point", "line", "lseg", "box", "path", "polygon", "circle"
    };
    while (type->kind == TYPE_ARRAY)
        type = type->element;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(type->schema, "pg_catalog") == 0 && strcmp(type->name, names[i]) == 0)
            return true;
    return false;
}

/* Does a key to a parent begin there? `root_keys`: by column of the root, whose leaves may have
 * theirs in another order. */
static bool
is_reference(const struct table *table, const struct column *column, const bool *root_keys)
{
    int number = table_column(table->root, column->name);
    return number >= 0 && root_keys[number];
}

/* Numbers that are kept, and count no rows. */
static bool
is_number(const struct searched_env *env, const struct table *table, const struct column *column,
          const bool *root_keys)
{
    int number = (int)(column - table->columns);
    bool is_key = column->has_sequence || column->type->kind != TYPE_SCALAR ||
                  column->type->scalar == SCALAR_INT2 || column->type->scalar == SCALAR_MONEY;
    for (int i = 0; i < table->nindexes; i++)
        for (int k = 0; table->indexes[i].is_primary && k < table->indexes[i].nkeys; k++)
            is_key |= table->indexes[i].keys[k].column == number;
    return !is_key && !is_reference(table, column, root_keys) &&
           mask_of(env, table, column) == NULL;
}

/* Lists and ranges of numbers that are long enough to be somebody's. */
static bool
has_long_numbers(const struct type *type)
{
    bool is_made_of_others =
        type->kind == TYPE_ARRAY || type->kind == TYPE_RANGE || type->kind == TYPE_MULTIRANGE;
    while (type->element != NULL)
        type = type->element;
    return is_made_of_others && type->kind == TYPE_SCALAR && type->scalar == SCALAR_INT8;
}

/* A uuid is nobody's word, but one that was masked must not be there. */
static bool
is_searched(const struct searched_env *env, const struct table *table, const struct column *column,
            const bool *root_keys)
{
    unsigned kind = mask_kind_of(column->type);
    if (kind == KIND_UUID)
        return mask_of(env, table, column) != NULL;
    if (kind == KIND_BYTES || has_long_numbers(column->type))
        return mask_of(env, table, column) == NULL;
    if (kind == KIND_INTEGER)
        return is_number(env, table, column, root_keys);
    return masking_safe_type(&env->rules->columns, column->type) == NULL &&
           !is_geometric(column->type) &&
           (kind & (KIND_TEXT | KIND_JSON | KIND_NETWORK | KIND_OTHER)) != 0;
}

static void
add_column(const struct searched_env *env, struct searched *out, const struct table *table,
           int number, bool is_key, struct arena *arena)
{
    const struct column *column = &table->columns[number];
    const struct mask *mask = mask_of(env, table, column);
    out->columns[out->n++] = (struct manifest_searched){
        .name =
            arena_printf(arena, "%s.%s.%s", table->root->schema, table->root->name, column->name),
        .schema = table->schema,
        .copy_table = env->ops->name_of(env->sink, table, -1),
        .copy_column = env->ops->name_of(env->sink, table, number),
        .mask = mask != NULL ? mask->how->name : "",
        .is_json = mask_kind_of(column->type) == KIND_JSON,
        .is_whole = mask_kind_of(column->type) == KIND_UUID,
        .is_bytes = mask_kind_of(column->type) == KIND_BYTES,
        .is_number =
            (mask_kind_of(column->type) == KIND_INTEGER || has_long_numbers(column->type)) &&
            !is_key,
        .is_scrubbed = mask != NULL && mask->may_stay && (mask->how->is & IS_PROSE) != 0,
        .is_key = is_key,
        .bits = mask != NULL && mask->how->bits != NULL ? mask->how->bits(mask) : 0,
    };
}

/* May it be shown, to tell a row? Fakes may, and numbers that count rows. */
static bool
tells_nobody(const struct searched_env *env, const struct table *table, const struct column *column)
{
    return (mask_kind_of(column->type) & (KIND_INTEGER | KIND_UUID)) != 0 ||
           mask_of(env, table, column) != NULL;
}

void
searched_list(const struct searched_env *env, struct arena *arena, struct searched *out)
{
    assert(env->masking != NULL && env->ops != NULL && arena != NULL);
    int most = 0;
    for (int i = 0; i < env->nunits; i++)
        most += env->units[i]->ncolumns + MOST_KEY_COLUMNS;
    const bool *const *keys = plan_key_columns(env->plan, arena);
    out->columns = ARENA_ARRAY(arena, struct manifest_searched, most + 1);
    out->n = 0;
    for (int i = 0; i < env->nunits; i++) {
        const struct table *table = env->units[i];
        const struct index *key = catalog_primary_key(table);
        int before = out->n, root = plan_number(env->plan, table->root);
        assert(root >= 0); /* units are of the plan */
        if (env->ops->name_of(env->sink, table, -1) == NULL)
            continue;
        for (int c = 0; c < table->ncolumns; c++)
            if (is_searched(env, table, &table->columns[c], keys[root]))
                add_column(env, out, table, c, false, arena);
        for (int k = 0; out->n > before && key != NULL && k < key->nkeys && k < MOST_KEY_COLUMNS;
             k++)
            if (tells_nobody(env, table, &table->columns[key->keys[k].column]))
                add_column(env, out, table, key->keys[k].column, true, arena);
    }
}
