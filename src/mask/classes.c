/* SPDX-License-Identifier: PostgreSQL */
#include "mask/classes.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"

static int
find(struct classes *classes, int cell)
{
    while (classes->parent[cell] != cell)
        cell = classes->parent[cell] = classes->parent[classes->parent[cell]];
    return cell;
}

static void
join(struct classes *classes, int child, int child_column, int parent, int parent_column)
{
    if (child < 0 || parent < 0 || child_column < 0 || parent_column < 0)
        return;
    int a = classes->offsets[child] + child_column, b = classes->offsets[parent] + parent_column;
    classes->is_child[a] |= a != b;
    classes->is_joined[a] = classes->is_joined[b] = true;
    classes->parent[find(classes, a)] = find(classes, b);
}

/* References of `virtual` between plain columns; whether they exist is for the sampling to say. */
static void
join_virtual(struct classes *classes, const struct rules *rules)
{
    for (int i = 0; i < rules->sample.nreferences; i++) {
        const struct rules_reference *from = &rules->sample.references[i];
        const struct rules_end *to = &from->ends[0];
        int child = plan_find(classes->plan, from->table);
        int parent = from->nends == 1 ? plan_find(classes->plan, to->table) : -1;
        if (child < 0 || parent < 0 || from->path != NULL || from->type_column != NULL)
            continue;
        for (int j = 0; j < from->ncolumns && j < to->ncolumns; j++)
            join(classes, child, table_column(classes->plan->tables[child], from->columns[j]),
                 parent, table_column(classes->plan->tables[parent], to->columns[j]));
    }
}

/* "name", "(name)::text", or either in lower(...): what a computed column may be whose fakes follow
 * from those of its original. */
static bool
is_copy_of(const struct column *computed, const struct column *original)
{
    struct buf text = { 0 };
    const char *p = computed->default_sql;
    size_t len = strlen(original->name);
    p += strncmp(p, "lower(", 6) == 0 ? 6 : 0;
    p += *p == '(';
    p += *p == '"';
    bool found = strncmp(p, original->name, len) == 0;
    if (found) {
        buf_puts(&text, p + len);
        const char *rest = buf_str(&text);
        rest += *rest == '"';
        rest += *rest == ')' && strncmp(rest, ")::", 3) == 0;
        if (strncmp(rest, "::", 2) == 0)
            rest += 2 + strspn(rest + 2, "abcdefghijklmnopqrstuvwxyz ");
        found = strcmp(rest, "") == 0 || strcmp(rest, ")") == 0;
    }
    buf_deinit(&text);
    return found;
}

/* A key to a computed column is one to what that is computed from. */
static void
join_computed(struct classes *classes)
{
    for (int t = 0; t < classes->plan->ntables; t++) {
        const struct table *table = classes->plan->tables[t];
        for (int c = 0; c < table->ncolumns; c++) {
            const struct column *column = &table->columns[c];
            if (!column->is_generated || !classes->is_joined[classes->offsets[t] + c])
                continue;
            for (int j = 0; j < table->ncolumns; j++)
                if (j != c && is_copy_of(column, &table->columns[j]))
                    join(classes, t, c, t, j);
        }
    }
}

void
classes_build(const struct rules *rules, const struct plan *plan, struct arena *arena,
              struct classes *classes)
{
    assert(plan != NULL && classes != NULL);
    *classes = (struct classes){ .plan = plan };
    classes->offsets = ARENA_ARRAY(arena, int, plan->ntables + 1);
    for (int i = 0; i < plan->ntables; i++) {
        classes->offsets[i] = classes->ncells;
        classes->ncells += plan->tables[i]->ncolumns;
    }
    classes->parent = ARENA_ARRAY(arena, int, classes->ncells + 1);
    classes->is_child = ARENA_ARRAY(arena, bool, classes->ncells + 1);
    classes->is_joined = ARENA_ARRAY(arena, bool, classes->ncells + 1);
    for (int i = 0; i < classes->ncells; i++)
        classes->parent[i] = i;
    for (int i = 0; i < plan->nkeys; i++) {
        const struct plan_key *key = &plan->keys[i];
        int child = plan_number(plan, key->child), parent = plan_number(plan, key->parent);
        for (int j = 0; j < key->key->ncolumns; j++)
            join(classes, child, key->child_columns[j], parent, key->parent_columns[j]);
    }
    join_virtual(classes, rules);
    join_computed(classes);
}

int
classes_find(struct classes *classes, int table, int column)
{
    assert(table >= 0 && column >= 0);
    return find(classes, classes->offsets[table] + column);
}

bool
classes_is_child(const struct classes *classes, int table, int column)
{
    assert(table >= 0 && column >= 0);
    return classes->is_child[classes->offsets[table] + column];
}
