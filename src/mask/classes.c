/* SPDX-License-Identifier: PostgreSQL */
#include "mask/classes.h"

#include <string.h>

static int
find(struct classes *classes, int cell)
{
    while (classes->parent[cell] != cell)
        cell = classes->parent[cell] = classes->parent[classes->parent[cell]];
    return cell;
}

static int
table_number(const struct classes *classes, const struct table *table)
{
    for (int i = 0; i < classes->plan->ntables; i++)
        if (classes->plan->tables[i] == table)
            return i;
    return -1;
}

static void
join(struct classes *classes, const struct table *child, int child_column,
     const struct table *parent, int parent_column)
{
    int from = table_number(classes, child), to = table_number(classes, parent);
    if (from < 0 || to < 0)
        return;
    int a = classes->offsets[from] + child_column, b = classes->offsets[to] + parent_column;
    classes->is_child[a] |= a != b;
    classes->parent[find(classes, a)] = find(classes, b);
}

static int
column_number(const struct table *table, const char *name)
{
    for (int i = 0; i < table->ncolumns; i++)
        if (strcmp(table->columns[i].name, name) == 0)
            return i;
    return -1;
}

static const struct table *
named_table(const struct classes *classes, const struct pattern *pattern)
{
    for (int i = 0; i < classes->plan->ntables; i++) {
        const char *const names[] = { classes->plan->tables[i]->schema,
                                      classes->plan->tables[i]->name };
        if (pattern_matches(pattern, names))
            return classes->plan->tables[i];
    }
    return NULL;
}

/* References of `virtual` between plain columns; whether they exist is for the sampling to say. */
static void
join_virtual(struct classes *classes, const struct rules *rules)
{
    for (int i = 0; i < rules->sample.nreferences; i++) {
        const struct rules_reference *from = &rules->sample.references[i];
        const struct rules_end *to = &from->ends[0];
        const struct table *child = named_table(classes, from->table);
        const struct table *parent = from->nends == 1 ? named_table(classes, to->table) : NULL;
        if (child == NULL || parent == NULL || from->path != NULL || from->type_column != NULL)
            continue;
        for (int j = 0; j < from->ncolumns && j < to->ncolumns; j++) {
            int a = column_number(child, from->columns[j]);
            int b = column_number(parent, to->columns[j]);
            if (a >= 0 && b >= 0)
                join(classes, child, a, parent, b);
        }
    }
}

void
classes_build(const struct rules *rules, const struct plan *plan, struct arena *arena,
              struct classes *classes)
{
    *classes = (struct classes){ .plan = plan };
    classes->offsets = ARENA_ARRAY(arena, int, plan->ntables + 1);
    for (int i = 0; i < plan->ntables; i++) {
        classes->offsets[i] = classes->ncells;
        classes->ncells += plan->tables[i]->ncolumns;
    }
    classes->parent = ARENA_ARRAY(arena, int, classes->ncells + 1);
    classes->is_child = ARENA_ARRAY(arena, bool, classes->ncells + 1);
    for (int i = 0; i < classes->ncells; i++)
        classes->parent[i] = i;
    for (int i = 0; i < plan->nkeys; i++) {
        const struct plan_key *key = &plan->keys[i];
        for (int j = 0; j < key->key->ncolumns; j++)
            join(classes, key->child, key->child_columns[j], key->parent, key->parent_columns[j]);
    }
    join_virtual(classes, rules);
}

int
classes_find(struct classes *classes, int table, int column)
{
    return find(classes, classes->offsets[table] + column);
}

bool
classes_is_child(const struct classes *classes, int table, int column)
{
    return classes->is_child[classes->offsets[table] + column];
}
