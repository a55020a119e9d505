/* SPDX-License-Identifier: PostgreSQL */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "plan/builder.h"
#include "plan/party.h"

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
    assert(number >= 0);
    b->out->edges[number].rule = rule;
    b->out->edges[number].place = rule_place(b, rule->mark);
    b->out->edges[number].policy = rule->policy;
    return rule->policy != POLICY_OWNER || set_owner(b, rule, number);
}

/* What is known of the only column of a reference: what is known of one of several says nothing. */
static struct column_statistics
known_of_key(const struct builder *b, const struct sample_edge *edge)
{
    return edge->ncolumns == 1
               ? statistics_column(b->plan->statistics, b->out->tables[edge->child].table,
                                   edge->child_keys[0])
               : (struct column_statistics){ 0 };
}

/* The largest correlation of a key with the order in which the rows are stored. A key that may be
 * NULL owns only a part of the rows. */
static double
best_correlation(const struct builder *b, int child)
{
    double best = 0;
    const struct sample_edges *up = &b->out->tables[child].up;
    for (int i = 0; i < up->n; i++)
        if (b->out->edges[up->of[i]].child_keys[0]->not_null)
            best = fmax(best, fabs(known_of_key(b, &b->out->edges[up->of[i]]).correlation));
    return best;
}

/* Is the table's row of a person, an account or a tenant, however far above? Along keys that cannot
 * be NULL. */
static bool
has_party_above(const struct builder *b, int table, int depth)
{
    enum { DEEPEST = 6 };
    const struct sample_edges *up = &b->out->tables[table].up;
    for (int i = 0; i < up->n && depth < DEEPEST; i++) {
        const struct sample_edge *edge = &b->out->edges[up->of[i]];
        if (edge->parent == table || !edge->child_keys[0]->not_null)
            continue;
        if (table_is_party(b->out->tables[edge->parent].table) ||
            has_party_above(b, edge->parent, depth + 1))
            return true;
    }
    return false;
}

/* What speaks for an owner. */
struct claim {
    int score;
    bool is_part;  /* the child's rows are parts of the parent's */
    bool is_about; /* ... or about it: they are written together */
    const char *reason;
};

/* How likely is it that the rows of a child are written together with their parent? The weights are
 * those of the measurements on real schemas. Correlation counts only where statistics were loaded:
 * by init, which writes the result down. */
static struct claim
claim_of(const struct builder *b, const struct sample_edge *edge)
{
    assert(b != NULL && edge != NULL);
    const struct table *child = b->out->tables[edge->child].table;
    const struct table *parent = b->out->tables[edge->parent].table;
    const struct index *key = catalog_primary_key(child);
    size_t len = strlen(parent->name);
    if (len > 1 && parent->name[len - 1] == 's')
        len--; /* orders, order_items */
    bool leads = key != NULL && key->nkeys > edge->ncolumns, not_null = true;
    double correlation = fabs(known_of_key(b, edge).correlation);
    for (int i = 0; i < edge->ncolumns; i++) {
        leads = leads && &child->columns[key->keys[i].column] == edge->child_keys[i];
        not_null &= edge->child_keys[i]->not_null;
    }
    enum { PART = 1, ABOUT = 2 };
    const struct {
        bool applies;
        int weight, says;
        const char *text;
    } signs[] = {
        { strncmp(child->name, parent->name, len) == 0, 16, PART | ABOUT,
          "its name begins with the parent's" },
        { edge->key != NULL && edge->key->on_delete == 'c', 8, ABOUT, "deletes cascade" },
        { table_is_party(parent), 7, ABOUT, "a person, an account or a tenant" },
        { not_null && correlation >= 0.9 && correlation >= best_correlation(b, edge->child), 6,
          ABOUT, "its rows are stored in the parent's order" },
        { not_null && has_party_above(b, edge->parent, 0), 5, ABOUT,
          "a person, an account or a tenant is above it" },
        { leads, 4, PART | ABOUT, "it leads the primary key" },
        { not_null, 3, 0, "it cannot be NULL" },
    };
    struct claim claim = { 0 };
    struct buf reason = { 0 };
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (signs[i].applies) {
            claim.score += signs[i].weight;
            claim.is_part |= (signs[i].says & PART) != 0;
            claim.is_about |= (signs[i].says & ABOUT) != 0;
            buf_printf(&reason, "%s%s", reason.len > 0 ? "; " : "", signs[i].text);
        }
    claim.reason = arena_strdup(b->arena, buf_str(&reason));
    buf_deinit(&reason);
    return claim;
}

/* Why nothing should follow this parent, though a key leads there; NULL: nothing speaks against it.
 * By sizes and statistics, so only where nobody has decided yet. */
static const char *
objection_to(const struct builder *b, const struct sample_edge *edge, const struct claim *claim)
{
    const struct table *parent = b->out->tables[edge->parent].table;
    double rows = sampling_rows(&b->out->tables[edge->parent]);
    double top_share = known_of_key(b, edge).top_share;
    double sampled = rows * b->rules->sample.rate;
    if (!b->plan->is_first || claim->is_part)
        return NULL;
    if (rows >= 0 && sampled < SAMPLING_FEW_PARENTS)
        return arena_printf(b->arena, "%g %% of the %.0f rows of %s are too few to follow",
                            b->rules->sample.rate * 100, rows, parent->name);
    if (top_share > SAMPLING_WHALE)
        return arena_printf(b->arena, "%.0f %% of its rows have the same %s", top_share * 100,
                            parent->name);
    return NULL;
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

/* A key of the database, or, where nobody has decided yet, a reference to one table. */
static bool
may_own(const struct builder *b, const struct sample_edge *edge)
{
    return edge->key != NULL ||
           (b->plan->is_first && edge->child_keys[0]->expression == NULL && edge->ncolumns == 1 &&
            catalog_key_column(b->out->tables[edge->parent].table) == edge->parent_columns[0]);
}

static void
choose_owner(struct builder *b, int number)
{
    struct sampling *out = b->out;
    struct sample_table *t = &out->tables[number];
    struct claim best = { .score = b->plan->is_first ? 0 : -1 }; /* then one needs a reason */
    for (int i = 0; i < t->up.n; i++) {
        const struct sample_edge *edge = &out->edges[t->up.of[i]];
        if (edge->parent == number || edge->rule != NULL || edge->is_unclear || !may_own(b, edge) ||
            (b->plan->is_first && column_is_audit(edge->child_keys[0])) ||
            out->tables[edge->parent].role != ROLE_SAMPLED || waits_for(b, edge->parent, number))
            continue;
        struct claim claim = claim_of(b, edge);
        const char *objection = objection_to(b, edge, &claim);
        t->ncandidates++;
        if (objection != NULL && t->owner < 0)
            t->owner_reason = objection;
        if (objection != NULL || claim.score <= best.score)
            continue;
        best = claim;
        t->owner = t->up.of[i];
        t->owner_reason = claim.reason;
        t->is_weak = !claim.is_about;
    }
    if (t->owner >= 0)
        out->edges[t->owner].policy = POLICY_OWNER;
}

void
choose_owners(struct builder *b)
{
    for (int i = 0; i < b->out->ntables; i++)
        if (b->out->tables[i].role == ROLE_SAMPLED && !b->out->tables[i].is_named)
            choose_owner(b, i);
}

bool
check_owners(const struct builder *b)
{
    assert(b != NULL);
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
    assert(b != NULL);
    for (int i = 0; i < b->out->ntables; i++) {
        const struct sample_table *t = &b->out->tables[i];
        const struct rules_table *rule = b->frames[i];
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
