/* SPDX-License-Identifier: PostgreSQL */
#include "plan/sampling.h"

#include <string.h>

#include "base/buf.h"
#include "base/suggest.h"

struct builder {
    const struct rules *rules;
    const struct plan *plan;
    struct arena *arena;
    struct sampling *out;
    struct decant_error *err;
};

static bool
matches(const struct rules_table *rule, const struct table *table)
{
    const char *const names[] = { table->schema, table->name };
    return pattern_matches(rule->pattern, names);
}

/* The rule for a table in one of the lists; an exact name wins, then the first. */
static const struct rules_table *
find_rule(const struct rules_table *rules, int n, const struct table *table)
{
    const struct rules_table *found = NULL;
    for (int i = 0; i < n; i++)
        if (matches(&rules[i], table) && (found == NULL || (pattern_is_exact(rules[i].pattern) &&
                                                            !pattern_is_exact(found->pattern))))
            found = &rules[i];
    return found;
}

/* A rule that fits no table is a slip. */
static bool
check_rules(const struct builder *b, const struct rules_table *rules, int n)
{
    for (int i = 0; i < n; i++) {
        bool used = false;
        for (int j = 0; j < b->out->ntables && !used; j++)
            used = matches(&rules[i], b->out->tables[j].table);
        if (used)
            continue;
        struct suggestion suggestion = { .word = rules[i].name };
        for (int j = 0; j < b->out->ntables; j++)
            suggest_offer(&suggestion,
                          arena_printf(b->arena, "%s.%s", b->out->tables[j].table->schema,
                                       b->out->tables[j].table->name));
        rules_error(b->rules, rules[i].mark, b->err, "no selected table is named '%s'",
                    rules[i].name);
        const char *best = suggest_best(&suggestion);
        return best != NULL && error_hint(b->err, "did you mean '%s'?", best);
    }
    return true;
}

/* Parts of the language that are read, but not carried out yet, are refused. */
static bool
refuse_rest(const struct builder *b)
{
    const struct rules_sample *s = &b->rules->sample;
    const struct {
        bool is_given;
        const char *what;
    } parts[] = {
        { s->rows > 0, "'rows'" },         { s->bytes > 0, "'size'" },
        { s->nalso > 0, "'also'" },        { s->nstrata > 0, "'strata'" },
        { s->nexcluded > 0, "'exclude'" }, { s->has_cap, "'cap'" },
        { s->has_edges, "'edges'" },       { s->dangling == DANGLING_STOP, "'dangling: stop'" },
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i].is_given)
            return rules_error(b->rules, s->mark, b->err, "%s is not carried out by this version",
                               parts[i].what);
    for (int i = 0; i < s->nkeys; i++)
        if (s->keys[i].policy == POLICY_REASSIGN || s->keys[i].policy == POLICY_NULL ||
            s->keys[i].max_rows > 0)
            return rules_error(
                b->rules, s->keys[i].mark, b->err, "%s is not carried out by this version",
                s->keys[i].max_rows > 0 ? "'max_rows'" : rules_policy_name(s->keys[i].policy));
    return true;
}

static bool
list_tables(struct builder *b)
{
    const struct rules_sample *s = &b->rules->sample;
    struct sampling *out = b->out;
    out->ntables = b->plan->ntables;
    out->tables = ARENA_ARRAY(b->arena, struct sample_table, out->ntables + 1);
    for (int i = 0; i < out->ntables; i++) {
        const struct table *table = b->plan->tables[i];
        struct sample_table *t = &out->tables[i];
        const struct rules_table *root = find_rule(s->roots, s->nroots, table);
        const struct rules_table *frame = find_rule(s->tables, s->ntables, table);
        *t = (struct sample_table){ .table = table, .owner = -1, .rate = s->rate };
        t->is_named = root != NULL;
        if (root != NULL && root->rate > 0)
            t->rate = root->rate;
        t->is_thinned = frame != NULL && frame->rate > 0;
        if (t->is_thinned)
            t->rate = frame->rate;
        t->where = frame != NULL ? frame->where : NULL;
        if (t->where != NULL)
            t->where_place = arena_printf(b->arena, "%s:%d:%d", b->rules->source.name,
                                          frame->mark.line, frame->mark.column);
        if (find_rule(s->schema_only, s->nschema_only, table) != NULL)
            t->role = ROLE_SCHEMA_ONLY;
        else if (find_rule(s->whole, s->nwhole, table) != NULL)
            t->role = ROLE_WHOLE;
    }
    return check_rules(b, s->roots, s->nroots) && check_rules(b, s->tables, s->ntables) &&
           check_rules(b, s->whole, s->nwhole) && check_rules(b, s->schema_only, s->nschema_only);
}

static int
number_of(const struct sampling *sampling, const struct table *table)
{
    int i = 0;
    while (i < sampling->ntables && sampling->tables[i].table != table)
        i++;
    return i;
}

static bool
same_edge(const struct sample_edge *a, const struct sample_edge *b)
{
    size_t bytes = (size_t)a->ncolumns * sizeof(int);
    return a->child == b->child && a->parent == b->parent && a->ncolumns == b->ncolumns &&
           memcmp(a->child_columns, b->child_columns, bytes) == 0 &&
           memcmp(a->parent_columns, b->parent_columns, bytes) == 0;
}

/* A key that only some partitions have is an edge of the whole table: pulling a parent too many
 * does no harm. */
static void
list_edges(struct builder *b)
{
    struct sampling *out = b->out;
    out->edges = ARENA_ARRAY(b->arena, struct sample_edge, b->plan->nkeys + 1);
    for (int i = 0; i < b->plan->nkeys; i++) {
        const struct plan_key *key = &b->plan->keys[i];
        struct sample_edge edge = { .key = key->key,
                                    .child = number_of(out, key->child),
                                    .parent = number_of(out, key->parent),
                                    .ncolumns = key->key->ncolumns,
                                    .child_columns = key->child_columns,
                                    .parent_columns = key->parent_columns,
                                    .policy = POLICY_PULL };
        bool known = false;
        for (int j = 0; j < out->nedges && !known; j++)
            known = same_edge(&out->edges[j], &edge);
        if (!known)
            out->edges[out->nedges++] = edge;
    }
}

static bool
is_named_by(const struct builder *b, const struct sample_edge *edge, const struct rules_key *rule)
{
    const struct table *child = b->out->tables[edge->child].table;
    const char *const names[] = { child->schema, child->name };
    if (!pattern_matches(rule->pattern, names))
        return false;
    if (rule->constraint != NULL)
        return strcmp(edge->key->name, rule->constraint) == 0;
    return edge->ncolumns == 1 &&
           strcmp(child->columns[edge->child_columns[0]].name, rule->column) == 0;
}

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
    child->owner = number;
    child->is_named = parent->is_owner = true;
    return true;
}

static bool
apply_keys(struct builder *b)
{
    const struct rules_sample *s = &b->rules->sample;
    for (int i = 0; i < s->nkeys; i++) {
        const struct rules_key *rule = &s->keys[i];
        int found = -1;
        for (int j = 0; j < b->out->nedges && found < 0; j++)
            if (is_named_by(b, &b->out->edges[j], rule))
                found = j;
        if (found < 0)
            return rules_error(b->rules, rule->mark, b->err,
                               "there is no foreign key '%s' between selected tables", rule->name);
        b->out->edges[found].rule = rule;
        b->out->edges[found].policy = rule->policy;
        if (rule->policy == POLICY_OWNER && !set_owner(b, rule, found))
            return false;
    }
    return true;
}

static void
make_small_whole(struct builder *b)
{
    for (int i = 0; i < b->out->ntables; i++) {
        struct sample_table *t = &b->out->tables[i];
        if (t->role == ROLE_SAMPLED && !t->is_named && !t->is_owner && t->table->few_rows >= 0 &&
            t->table->few_rows <= SAMPLING_FEW_ROWS)
            t->role = ROLE_WHOLE;
    }
}

/* How likely is it that the rows of a child are written together with their parent? The weights are
 * those of the measurements on real schemas; correlation would need statistics, which change. */
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
    for (int i = 0; i < edge->ncolumns; i++) {
        leads = leads && key->keys[i].column == edge->child_columns[i];
        not_null &= child->columns[edge->child_columns[i]].not_null;
    }
    const struct {
        bool applies;
        int weight;
        const char *text;
    } signs[] = {
        { strncmp(child->name, parent->name, len) == 0, 16, "its name begins with the parent's" },
        { edge->key->on_delete == 'c', 8, "deletes cascade" },
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

static void
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

static bool
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
static bool
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

/* Only keys, columns of foreign keys, and times: rows that say nothing but who belongs to whom. */
static bool
is_link(const struct sampling *sampling, int number)
{
    const struct table *table = sampling->tables[number].table;
    int nparents = 0;
    for (int i = 0; i < sampling->nedges; i++)
        nparents += sampling->edges[i].child == number;
    for (int c = 0; c < table->ncolumns; c++) {
        const struct type *type = table->columns[c].type;
        bool plain = type->kind == TYPE_SCALAR &&
                     (type->scalar == SCALAR_TIMESTAMP || type->scalar == SCALAR_TIMESTAMPTZ ||
                      type->scalar == SCALAR_DATE);
        const struct index *key = catalog_primary_key(table);
        for (int k = 0; key != NULL && k < key->nkeys; k++)
            plain |= key->keys[k].column == c;
        for (int i = 0; i < sampling->nedges; i++)
            for (int k = 0; sampling->edges[i].child == number && k < sampling->edges[i].ncolumns;
                 k++)
                plain |= sampling->edges[i].child_columns[k] == c;
        if (!plain)
            return false;
    }
    return nparents >= 2;
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
    for (int i = 0; i < s->nedges; i++) {
        const struct sample_edge *edge = &s->edges[i];
        bool is_owner = s->tables[edge->child].owner == i;
        if (edge->parent == table && is_owner && reach->complete[table])
            arrive(reach, edge->child, false, true);
        /* An owned child of a row that is there needs its owner no more. */
        bool needs =
            edge->child == table && !edge->needs_nothing && (!is_owner || reach->pulled[table]);
        if (needs && s->tables[edge->parent].role == ROLE_SAMPLED)
            arrive(reach, edge->parent, true, edge->policy == POLICY_PULL_WITH_CHILDREN);
    }
}

/* Would parents that come with their children bring more parents of the same table? */
static bool
comes_back(const struct builder *b, int parent)
{
    struct reach reach = { .sampling = b->out,
                           .pulled = ARENA_ARRAY(b->arena, bool, b->out->ntables + 1),
                           .complete = ARENA_ARRAY(b->arena, bool, b->out->ntables + 1) };
    arrive(&reach, parent, false, true);
    return reach.pulled[parent];
}

static bool
choose_policies(struct builder *b)
{
    struct sampling *s = b->out;
    for (int i = 0; i < s->nedges; i++) {
        struct sample_edge *edge = &s->edges[i];
        const struct table *child = s->tables[edge->child].table;
        enum sample_role role = s->tables[edge->parent].role;
        if (s->tables[edge->child].role == ROLE_SCHEMA_ONLY)
            continue;
        if (role == ROLE_SCHEMA_ONLY) {
            error_set(b->err, DECANT_USAGE,
                      "rows of '%s.%s' refer to '%s', of which the rules take the schema only",
                      child->schema, child->name, edge->key->parent_name);
            return error_hint(b->err, "take both as schema_only, or neither");
        }
        edge->needs_nothing = role == ROLE_WHOLE && s->tables[edge->parent].where == NULL;
    }
    for (int i = 0; i < s->nedges; i++) {
        struct sample_edge *edge = &s->edges[i];
        bool is_owner = s->tables[edge->child].owner == i, owns = false;
        if (is_owner || edge->rule != NULL || edge->needs_nothing)
            continue;
        for (int j = 0; j < s->nedges; j++)
            owns |= s->edges[j].parent == edge->parent && s->tables[s->edges[j].child].owner == j;
        if (!owns)
            edge->policy = POLICY_PULL; /* there are no children to bring */
        else if (!comes_back(b, edge->parent))
            edge->policy = POLICY_PULL_WITH_CHILDREN;
        else
            edge->policy = is_link(s, edge->child) ? POLICY_REQUIRE : POLICY_PULL;
    }
    for (int i = 0; i < s->nedges; i++) {
        const struct sample_edge *edge = &s->edges[i];
        if (edge->rule != NULL && edge->policy == POLICY_PULL_WITH_CHILDREN &&
            comes_back(b, edge->parent))
            return rules_error(b->rules, edge->rule->mark, b->err,
                               "parents pulled with their children come back to their own table: "
                               "it would never end");
    }
    return true;
}

/* Puts owners and required parents first. */
static bool
sort_tables(struct builder *b)
{
    struct sampling *s = b->out;
    bool *placed = ARENA_ARRAY(b->arena, bool, s->ntables + 1);
    s->order = ARENA_ARRAY(b->arena, int, s->ntables + 1);
    for (int n = 0; n < s->ntables;) {
        int before = n;
        for (int t = 0; t < s->ntables; t++) {
            bool ready = !placed[t];
            for (int i = 0; ready && i < s->nedges; i++) {
                const struct sample_edge *edge = &s->edges[i];
                bool waits = s->tables[t].owner == i ||
                             (edge->policy == POLICY_REQUIRE && !edge->needs_nothing);
                ready = edge->child != t || edge->parent == t || !waits || placed[edge->parent];
            }
            if (ready) {
                placed[t] = true;
                s->order[n++] = t;
            }
        }
        if (n == before) {
            error_set(b->err, DECANT_USAGE, "owners and required parents go in a circle");
            return error_hint(b->err, "say 'pull' instead of 'require' for one of these keys");
        }
    }
    return true;
}

bool
sampling_build(const struct rules *rules, const struct plan *plan, struct arena *arena,
               struct sampling *out, struct decant_error *err)
{
    struct builder b = { rules, plan, arena, out, err };
    *out = (struct sampling){ .seed = rules->sample.seed };
    if (rules->sample.rate <= 0) {
        rules_error(rules, rules->sample.mark, err, "'rate' is missing");
        return error_hint(err,
                          "rate: 5%% takes 5 of 100 rows of every root, with all that they own");
    }
    if (!refuse_rest(&b) || !list_tables(&b))
        return false;
    list_edges(&b);
    if (!apply_keys(&b))
        return false;
    make_small_whole(&b);
    choose_owners(&b);
    return check_owners(&b) && check_rates(&b) && choose_policies(&b) && sort_tables(&b);
}

double
sampling_rate(const struct sampling *sampling, int number)
{
    const struct sample_table *table = &sampling->tables[number];
    if (table->role != ROLE_SAMPLED)
        return table->role == ROLE_WHOLE ? 1 : 0;
    if (table->owner < 0)
        return table->rate;
    double owner = sampling_rate(sampling, sampling->edges[table->owner].parent);
    return table->is_thinned && table->rate < owner ? table->rate : owner;
}
