/* SPDX-License-Identifier: PostgreSQL */
#include "rules/quiet.h"

#include <assert.h>
#include <stdlib.h>

static bool
read_tables(struct reader *reader, const struct yaml_node *node, void *out)
{
    struct rules_quiet *quiet = out;
    const char **names, *problem;
    int n;
    if (!value_texts(reader, node, &names, &n))
        return false;
    quiet->tables = ARENA_ARRAY(reader->arena, struct pattern *, n + 1);
    for (int i = 0; i < n; i++) {
        quiet->tables[i] = pattern_new(names[i], 2, reader->arena, &problem);
        if (quiet->tables[i] == NULL)
            return yaml_error(reader->source, node->line, node->column, reader->err,
                              "'%s' is no name of a table: %s", names[i], problem);
        quiet->ntables++;
    }
    return true;
}

static bool
read_has(struct reader *reader, const struct yaml_node *node, void *out)
{
    struct rules_quiet *quiet = out;
    return value_texts(reader, node, &quiet->has, &quiet->nhas);
}

bool
read_quiet(struct reader *reader, const struct yaml_node *node, void *out)
{
    assert(out != NULL);
    struct rules_quiets *quiets = out;
    if (node->kind != YAML_MAP)
        return value_error(reader, node,
                           "names are wanted here, each with {tables: [...], has: [...]}");
    for (const struct yaml_node *item = node->items; item != NULL; item = item->next) {
        quiets->items = mem_grow(quiets->items, (size_t)quiets->n, sizeof *quiets->items);
        struct rules_quiet *quiet = &quiets->items[quiets->n++];
        *quiet = (struct rules_quiet){ .what = item->key };
        const struct field fields[] = { { "tables", read_tables, quiet },
                                        { "has", read_has, quiet } };
        if (!value_fields(reader, item, "what is to be quiet", fields, 2))
            return false;
        if (quiet->ntables == 0)
            return value_error(reader, item, "'tables' is needed here");
    }
    return true;
}

void
quiets_deinit(struct rules_quiets *quiets)
{
    assert(quiets != NULL);
    for (int i = 0; i < quiets->n; i++)
        for (int j = 0; j < quiets->items[i].ntables; j++)
            pattern_free(quiets->items[i].tables[j]);
    free(quiets->items);
    *quiets = (struct rules_quiets){ 0 };
}

static bool
fits(const struct rules_quiet *quiet, const char *const names[2],
     bool (*has_column)(const void *table, const char *column), const void *table)
{
    bool is_named = false;
    for (int i = 0; i < quiet->ntables && !is_named; i++)
        is_named = pattern_matches(quiet->tables[i], names);
    for (int i = 0; is_named && i < quiet->nhas; i++)
        is_named = has_column(table, quiet->has[i]);
    return is_named;
}

const char *
quiets_find(const struct rules_quiets *quiets, const char *schema, const char *name,
            bool (*has_column)(const void *table, const char *column), const void *table)
{
    assert(quiets != NULL && schema != NULL && name != NULL && has_column != NULL);
    const char *const names[] = { schema, name };
    for (int i = 0; i < quiets->n; i++)
        if (fits(&quiets->items[i], names, has_column, table))
            return quiets->items[i].what;
    return NULL;
}
