/* SPDX-License-Identifier: PostgreSQL */
#include "plan/builder.h"

#include <assert.h>
#include <stdlib.h>

/* Only keys, columns of foreign keys, and times: rows that say nothing but who belongs to whom. */
static bool
is_link(const struct sampling *sampling, int number)
{
    const struct table *table = sampling->tables[number].table;
    const struct sample_edges *up = &sampling->tables[number].up;
    for (int c = 0; c < table->ncolumns; c++) {
        const struct type *type = table->columns[c].type;
        bool plain = type->kind == TYPE_SCALAR &&
                     (type->scalar == SCALAR_TIMESTAMP || type->scalar == SCALAR_TIMESTAMPTZ ||
                      type->scalar == SCALAR_DATE);
        const struct index *key = catalog_primary_key(table);
        for (int k = 0; key != NULL && k < key->nkeys; k++)
            plain |= key->keys[k].column == c;
        for (int i = 0; i < up->n; i++)
            for (int k = 0; k < sampling->edges[up->of[i]].ncolumns; k++)
                plain |= sampling->edges[up->of[i]].child_keys[k] == &table->columns[c];
        if (!plain)
            return false;
    }
    return up->n >= 2;
}

/* What bringing rows of one table brings in turn. */
struct reach {
    const struct sampling *sampling;
    bool *pulled;   /* rows come because others refer to them */
    bool *complete; /* rows come with all that they own */
};

static void spread(struct reach *reach, int table);

static void
arrive(struct reach *reach, int table, bool pulled, bool complete)
{
    bool is_new = (pulled && !reach->pulled[table]) || (complete && !reach->complete[table]);
    reach->pulled[table] |= pulled;
    reach->complete[table] |= complete;
    if (is_new)
        spread(reach, table);
}

static void
spread(struct reach *reach, int table)
{
    const struct sampling *s = reach->sampling;
    const struct sample_edges *up = &s->tables[table].up, *down = &s->tables[table].down;
    for (int i = 0; i < down->n; i++) {
        int child = s->edges[down->of[i]].child;
        if (s->tables[child].owner == down->of[i] && reach->complete[table])
            arrive(reach, child, false, true);
    }
    for (int i = 0; i < up->n; i++) {
        const struct sample_edge *edge = &s->edges[up->of[i]];
        bool is_owner = s->tables[table].owner == up->of[i];
        /* An owned child of a row that is there needs its owner no more. */
        bool brings = edge->policy != POLICY_NULL && edge->policy != POLICY_REASSIGN;
        bool needs = !edge->needs_nothing && brings && (!is_owner || reach->pulled[table]);
        if (needs && s->tables[edge->parent].role == ROLE_SAMPLED)
            arrive(reach, edge->parent, true, edge->policy == POLICY_PULL_WITH_CHILDREN);
    }
}

/* Would parents that come with their children bring more parents of the same table? */
static bool
comes_back(const struct builder *b, int parent)
{
    size_t n = (size_t)b->out->ntables + 1;
    struct reach reach = { .sampling = b->out, .pulled = mem_alloc(n), .complete = mem_alloc(n) };
    arrive(&reach, parent, false, true);
    bool comes = reach.pulled[parent];
    free(reach.pulled);
    free(reach.complete);
    return comes;
}

/* A whole table leaves no row out, and rows of one table are chosen together. */
static bool
may_require(const struct sampling *s, const struct sample_edge *edge)
{
    return s->tables[edge->child].role == ROLE_SAMPLED && edge->child != edge->parent;
}

static bool
check_required(const struct builder *b)
{
    for (int i = 0; i < b->out->nedges; i++) {
        const struct sample_edge *edge = &b->out->edges[i];
        if (edge->rule != NULL && edge->policy == POLICY_REQUIRE && !may_require(b->out, edge))
            return rules_error(
                b->rules, edge->rule->mark, b->err, "'%s' cannot be required: %s", edge->rule->name,
                edge->child == edge->parent ? "it refers to its own table" : "its table is whole");
    }
    return true;
}

/* Parents that would come back with their children come without them, or are required. */
static enum rules_policy
policy_of_way_back(const struct sampling *s, const struct sample_edge *edge)
{
    return is_link(s, edge->child) && may_require(s, edge) ? POLICY_REQUIRE : POLICY_PULL;
}

/* A choice that was made later may lead back to one that was made before. */
static void
settle_ways_back(struct builder *b)
{
    struct sampling *s = b->out;
    for (bool changed = true; changed;) {
        changed = false;
        for (int i = 0; i < s->nedges; i++) {
            struct sample_edge *edge = &s->edges[i];
            if (edge->rule != NULL || edge->policy != POLICY_PULL_WITH_CHILDREN ||
                edge->needs_nothing || s->tables[edge->child].owner == i ||
                !comes_back(b, edge->parent))
                continue;
            edge->policy = policy_of_way_back(s, edge);
            changed = true;
        }
    }
}

static bool
may_null(const struct sample_edge *edge)
{
    for (int i = 0; i < edge->ncolumns; i++)
        if (edge->child_keys[i]->not_null)
            return false;
    return true;
}

/* Tables without rows, and whole ones: what becomes of those that refer to them. */
static bool
settle_empty_parents(struct builder *b)
{
    struct sampling *s = b->out;
    for (int i = 0; i < s->nedges; i++) {
        struct sample_edge *edge = &s->edges[i];
        const struct table *child = s->tables[edge->child].table;
        enum sample_role role = s->tables[edge->parent].role;
        if (s->tables[edge->child].role == ROLE_SCHEMA_ONLY)
            continue;
        bool lives_without =
            edge->rule != NULL && (edge->policy == POLICY_NULL || edge->policy == POLICY_REQUIRE);
        if (role == ROLE_SCHEMA_ONLY && edge->rule == NULL &&
            s->tables[edge->parent].silenced != NULL) { /* nobody wrote that down */
            edge->policy = may_null(edge) ? POLICY_NULL : POLICY_REQUIRE;
            continue;
        }
        if (role == ROLE_SCHEMA_ONLY && !lives_without) {
            error_set(b->err, DECANT_USAGE,
                      "rows of '%s.%s' refer to '%s', of which the rules take the schema only",
                      child->schema, child->name, s->tables[edge->parent].table->name);
            return error_hint(b->err,
                              "take both as schema_only, or say what becomes of the key: "
                              "foreign_keys: {%s.%s.COLUMN: \"null\"} or require",
                              child->schema, child->name);
        }
        edge->needs_nothing =
            role == ROLE_WHOLE && s->tables[edge->parent].where == NULL && edge->is_enforced;
    }
    return true;
}

bool
choose_policies(struct builder *b)
{
    assert(b != NULL);
    struct sampling *s = b->out;
    if (!check_required(b))
        return false;
    if (!settle_empty_parents(b))
        return false;
    for (int i = 0; i < s->nedges; i++) {
        struct sample_edge *edge = &s->edges[i];
        bool is_owner = s->tables[edge->child].owner == i, owns = false;
        if (is_owner || edge->rule != NULL || edge->needs_nothing ||
            s->tables[edge->parent].silenced != NULL)
            continue;
        const struct sample_edges *down = &s->tables[edge->parent].down;
        for (int j = 0; j < down->n; j++)
            owns |= s->tables[s->edges[down->of[j]].child].owner == down->of[j];
        if (!owns)
            edge->policy = POLICY_PULL; /* there are no children to bring */
        else if (!comes_back(b, edge->parent))
            edge->policy = POLICY_PULL_WITH_CHILDREN;
        else
            edge->policy = policy_of_way_back(s, edge);
    }
    settle_ways_back(b);
    for (int i = 0; i < s->nedges; i++) {
        const struct sample_edge *edge = &s->edges[i];
        if (edge->rule == NULL || edge->policy != POLICY_PULL_WITH_CHILDREN ||
            edge->rule->max_rows > 0 || !comes_back(b, edge->parent))
            continue;
        rules_error(b->rules, edge->rule->mark, b->err,
                    "parents pulled with their children come back to their own table: it would "
                    "take everything");
        return error_hint(b->err, "say 'pull', or how much may come: {policy: "
                                  "pull_with_children, max_rows: 10000}");
    }
    return true;
}
