/* SPDX-License-Identifier: PostgreSQL */
#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "plan/builder.h"

static bool
set_owner(struct builder *b, const struct rules_key *rule, int number)
{
    struct sample_edge *edge = &b->out->edges[number];
    struct sample_table *child = &b->out->tables[edge->child];
    if (child->owner >= 0)
        return rules_error(b->rules, rule->mark, b->err, "'%s.%s' has two owners",
                           child->table->schema, child->table->name);
    if (edge->child == edge->parent)
        return rules_error(b->rules, rule->mark, b->err,
                           "a table cannot own itself: '%s' refers to its own table", rule->name);
    struct sample_table *parent = &b->out->tables[edge->parent];
    if (parent->role == ROLE_WHOLE) {
        rules_error(b->rules, rule->mark, b->err, "'%s.%s' is whole: it can own nothing",
                    parent->table->schema, parent->table->name);
        return error_hint(b->err, "take this line out: rows below a whole table are chosen by "
                                  "themselves");
    }
    if (child->role != ROLE_SAMPLED || child->is_root)
        return rules_error(b->rules, rule->mark, b->err, "'%s.%s' is %s: it follows no owner",
                           child->table->schema, child->table->name,
                           child->is_root ? "a root" : sampling_role(child));
    child->owner = number;
    child->is_named = parent->is_owner = true;
    return true;
}

bool
pin_edge(struct builder *b, const struct rules_key *rule, int number)
{
    b->out->edges[number].rule = rule;
    b->out->edges[number].place = rule_place(b, rule->mark);
    b->out->edges[number].policy = rule->policy;
    return rule->policy != POLICY_OWNER || set_owner(b, rule, number);
}

/* The largest correlation of a key with the order in which the rows are stored. A key that may be
 * NULL owns only a part of the rows. */
static double
best_correlation(const struct builder *b, int child)
{
    double best = 0;
    for (int i = 0; i < b->out->nedges; i++)
        if (b->out->edges[i].child == child && b->out->edges[i].ncolumns == 1 &&
            b->out->edges[i].child_keys[0]->not_null)
            best = fmax(best, fabs(b->out->edges[i].child_keys[0]->correlation));
    return best;
}

/* How likely is it that the rows of a child are written together with their parent? The weights are
 * those of the measurements on real schemas. Correlation counts only where statistics were loaded:
 * by init, which writes the result down. */
static int
owner_score(const struct builder *b, const struct sample_edge *edge, struct buf *reason)
{
    const struct table *child = b->out->tables[edge->child].table;
    const struct table *parent = b->out->tables[edge->parent].table;
    const struct index *key = catalog_primary_key(child);
    size_t len = strlen(parent->name);
    if (len > 1 && parent->name[len - 1] == 's')
        len--; /* orders, order_items */
    bool leads = key != NULL && key->nkeys > edge->ncolumns, not_null = true;
    double correlation = fabs(edge->child_keys[0]->correlation);
    for (int i = 0; i < edge->ncolumns; i++) {
        leads = leads && &child->columns[key->keys[i].column] == edge->child_keys[i];
        not_null &= edge->child_keys[i]->not_null;
    }
    const struct {
        bool applies;
        int weight;
        const char *text;
    } signs[] = {
        { strncmp(child->name, parent->name, len) == 0, 16, "its name begins with the parent's" },
        { edge->key->on_delete == 'c', 8, "deletes cascade" },
        { not_null && correlation >= 0.9 && correlation >= best_correlation(b, edge->child), 6,
          "its rows are stored in the parent's order" },
        { leads, 4, "it leads the primary key" },
        { not_null, 3, "it cannot be NULL" },
    };
    int score = 0;
    buf_reset(reason);
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (signs[i].applies) {
            score += signs[i].weight;
            buf_printf(reason, "%s%s", reason->len > 0 ? "; " : "", signs[i].text);
        }
    return score;
}

/* Does following owners from `table` lead to `to`? */
static bool
is_owned_by(const struct sampling *sampling, int table, int to)
{
    for (int steps = 0; steps <= sampling->ntables; steps++) {
        if (table == to)
            return true;
        int owner = sampling->tables[table].owner;
        if (owner < 0)
            return false;
        table = sampling->edges[owner].parent;
    }
    return true;
}

void
choose_owners(struct builder *b)
{
    struct sampling *out = b->out;
    struct buf reason = { 0 };
    for (int i = 0; i < out->ntables; i++) {
        struct sample_table *t = &out->tables[i];
        int best = -1, best_score = -1;
        if (t->role != ROLE_SAMPLED || t->is_named)
            continue;
        for (int j = 0; j < out->nedges; j++) {
            const struct sample_edge *edge = &out->edges[j];
            bool fits = edge->child == i && edge->parent != i && edge->rule == NULL &&
                        !edge->is_unclear && edge->key != NULL &&
                        out->tables[edge->parent].role == ROLE_SAMPLED &&
                        !is_owned_by(out, edge->parent, i);
            int score = fits ? owner_score(b, edge, &reason) : -1;
            t->ncandidates += fits;
            if (score > best_score) {
                best = j;
                best_score = score;
                t->owner_reason = arena_strdup(b->arena, buf_str(&reason));
            }
        }
        t->owner = best;
        if (best >= 0)
            out->edges[best].policy = POLICY_OWNER;
    }
    buf_deinit(&reason);
}

bool
check_owners(const struct builder *b)
{
    for (int i = 0; i < b->out->nedges; i++) {
        const struct sample_edge *edge = &b->out->edges[i];
        if (edge->rule != NULL && edge->policy == POLICY_OWNER &&
            is_owned_by(b->out, edge->parent, edge->child))
            return rules_error(b->rules, edge->rule->mark, b->err,
                               "the owners go in a circle: '%s' is part of it", edge->rule->name);
    }
    return true;
}

/* A part of what an owner brings can be left out; more than it brings cannot be there. */
bool
check_rates(const struct builder *b)
{
    const struct rules_sample *s = &b->rules->sample;
    for (int i = 0; i < b->out->ntables; i++) {
        const struct sample_table *t = &b->out->tables[i];
        const struct rules_table *rule = find_rule(s->tables, s->ntables, t->table);
        if (!t->is_thinned || t->owner < 0)
            continue;
        double owner = sampling_rate(b->out, b->out->edges[t->owner].parent);
        if (t->rate <= owner)
            continue;
        rules_error(b->rules, rule->mark, b->err,
                    "the rate of '%s' is above its owner's, which is %g%%", rule->name,
                    owner * 100);
        return error_hint(b->err, "raise the rate of the root, or give the table another owner");
    }
    return true;
}
