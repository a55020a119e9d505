/* SPDX-License-Identifier: PostgreSQL */
#include "plan/builder.h"
#include "plan/party.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/suggest.h"
#include "catalog/condition.h"
#include "pg/quote.h"

static bool
set_strata(const struct builder *b, const struct rules_stratum *rule, struct sample_table *t)
{
    int *columns = ARENA_ARRAY(b->arena, int, rule->ncolumns + 1);
    for (int i = 0; i < rule->ncolumns; i++) {
        struct suggestion suggestion = { .word = rule->columns[i] };
        int c = 0;
        for (; c < t->table->ncolumns; c++) {
            if (strcmp(t->table->columns[c].name, rule->columns[i]) == 0)
                break;
            suggest_offer(&suggestion, t->table->columns[c].name);
        }
        columns[i] = c;
        if (c < t->table->ncolumns)
            continue;
        rules_error(b->rules, rule->mark, b->err, "'%s' has no column '%s'", rule->table,
                    rule->columns[i]);
        const char *best = suggest_best(&suggestion);
        return best != NULL && error_hint(b->err, "did you mean '%s'?", best);
    }
    t->nstrata = rule->ncolumns;
    t->strata = columns;
    t->strata_min = rule->min;
    return true;
}

static bool
list_strata(const struct builder *b)
{
    const struct rules_sample *s = &b->rules->sample;
    for (int i = 0; i < s->nstrata; i++) {
        struct sample_table *found = NULL;
        for (int j = 0; j < b->out->ntables; j++) {
            struct sample_table *t = &b->out->tables[j];
            const char *const names[] = { t->table->schema, t->table->name };
            if (pattern_matches(s->strata[i].pattern, names))
                found = t;
        }
        if (found == NULL)
            return rules_error(b->rules, s->strata[i].mark, b->err,
                               "no selected table is named '%s'", s->strata[i].table);
        if (!set_strata(b, &s->strata[i], found))
            return false;
        found->is_named = true;
    }
    return true;
}

/* Strata are of rows that are chosen by themselves. */
static bool
check_strata(const struct builder *b)
{
    const struct rules_sample *s = &b->rules->sample;
    for (int i = 0; i < s->nstrata; i++)
        for (int j = 0; j < b->out->ntables; j++) {
            const struct sample_table *t = &b->out->tables[j];
            const char *const names[] = { t->table->schema, t->table->name };
            if (pattern_matches(s->strata[i].pattern, names) &&
                (t->role != ROLE_SAMPLED || t->owner >= 0))
                return rules_error(b->rules, s->strata[i].mark, b->err,
                                   "'%s' has no strata: it is no root", s->strata[i].table);
        }
    return true;
}

/* SQL of the rules over the rows of a table that is read as decant_row: where it says the table's
 * name, it gets its row under this name. */
static bool
own_rows(struct builder *b, const struct rules_table *rule, struct sample_table *t,
         const char **out)
{
    struct buf condition = { 0 };
    const struct table *table = t->table;
    *out = NULL;
    if (rule == NULL || rule->where == NULL)
        return true;
    if (condition_is_unclear(table, rule->where)) {
        rules_error(b->rules, rule->mark, b->err,
                    "'%s.%s' in this condition may be the row or another table", table->schema,
                    table->name);
        return error_hint(b->err, "give the other one an alias, and say '%s.COLUMN' of the row",
                          table->name);
    }
    if (t->captured == NULL)
        t->captured = condition_captured(table, rule->where);
    if (condition_put(table, rule->where, &condition)) {
        const char *sql = arena_strdup(b->arena, buf_str(&condition));
        buf_reset(&condition);
        buf_printf(&condition, "(SELECT (%s\n) FROM (SELECT decant_row.*) AS ", sql);
        quote_ident(&condition, table->name);
        buf_putc(&condition, ')');
    } else {
        buf_putc(&condition, '\n'); /* a comment may be its end */
    }
    *out = arena_strdup(b->arena, buf_str(&condition));
    buf_deinit(&condition);
    return true;
}

static bool
is_exact(const struct rules_table *rule)
{
    return rule != NULL && pattern_is_exact(rule->pattern);
}

/* The lists of the rules, each by table. */
struct role_rules {
    const struct rules_table **roots, **frames, **whole, **schema_only, **also;
};

static bool
read_lists(const struct builder *b, struct role_rules *out)
{
    const struct rules_sample *s = &b->rules->sample;
    const struct {
        const struct rules_table ***of, *rules;
        int n;
    } lists[] = {
        { &out->roots, s->roots, s->nroots },
        { &out->frames, s->tables, s->ntables },
        { &out->whole, s->whole, s->nwhole },
        { &out->schema_only, s->schema_only, s->nschema_only },
        { &out->also, s->also, s->nalso },
    };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        *lists[i].of = rules_by_table(b, lists[i].rules, lists[i].n);
        if (*lists[i].of == NULL)
            return false;
    }
    return true;
}

/* An exact name wins over a pattern of another list. */
static enum sample_role
role_of(const struct role_rules *rules, int number)
{
    const struct rules_table *root = rules->roots[number], *only = rules->schema_only[number],
                             *whole = rules->whole[number];
    bool any_exact = is_exact(root) || is_exact(only) || is_exact(whole);
    return only != NULL && (!any_exact || is_exact(only))     ? ROLE_SCHEMA_ONLY
           : whole != NULL && (!any_exact || is_exact(whole)) ? ROLE_WHOLE
                                                              : ROLE_SAMPLED;
}

/* What the rules say of one table. */
static bool
read_rules(struct builder *b, const struct role_rules *rules, int number)
{
    struct sample_table *t = &b->out->tables[number];
    const struct rules_table *root = rules->roots[number], *frame = rules->frames[number],
                             *also = rules->also[number];
    t->masked = b->plan->masked != NULL ? b->plan->masked[number] : NULL;
    t->is_named = root != NULL;
    t->is_root = root != NULL;
    t->is_thinned = frame != NULL && frame->rate > 0;
    t->rate = t->is_thinned                    ? frame->rate
              : root != NULL && root->rate > 0 ? root->rate
                                               : b->rules->sample.rate;
    if (!own_rows(b, frame, t, &t->where))
        return false;
    if (t->where != NULL)
        t->where_place = rule_place(b, frame->mark);
    if (rules->schema_only[number] != NULL && also != NULL)
        return rules_error(b->rules, also->mark, b->err,
                           "'%s.%s' is schema only: no rows of it can be asked for",
                           t->table->schema, t->table->name);
    if (!own_rows(b, also, t, &t->also))
        return false;
    if (also != NULL)
        t->also_place = rule_place(b, also->mark);
    t->role = role_of(rules, number);
    bool is_wanted = is_exact(root) || is_exact(frame) || is_exact(rules->whole[number]);
    if (!is_wanted && also == NULL)
        t->silenced = sampling_acts(b->rules, t->table);
    if (t->silenced != NULL)
        t->role = ROLE_SCHEMA_ONLY;
    return true;
}

static bool
list_tables(struct builder *b)
{
    assert(b != NULL);
    struct sampling *out = b->out;
    struct role_rules rules;
    out->ntables = b->plan->ntables;
    out->tables = ARENA_ARRAY(b->arena, struct sample_table, out->ntables + 1);
    for (int i = 0; i < out->ntables; i++)
        out->tables[i] = (struct sample_table){
            .table = b->plan->tables[i],
            .few_rows = statistics_few(b->plan->statistics, b->plan->tables[i]),
            .owner = -1,
        };
    if (!read_lists(b, &rules))
        return false;
    b->frames = rules.frames;
    for (int i = 0; i < out->ntables; i++)
        if (!read_rules(b, &rules, i))
            return false;
    return list_strata(b);
}

static bool
same_edge(const struct sample_edge *a, const struct sample_edge *b)
{
    size_t n = (size_t)a->ncolumns;
    return a->child == b->child && a->parent == b->parent && a->ncolumns == b->ncolumns &&
           memcmp(a->child_keys, b->child_keys, n * sizeof *a->child_keys) == 0 &&
           memcmp(a->parent_columns, b->parent_columns, n * sizeof(int)) == 0;
}

/* The order decides where two policies would do, so it must not depend on the catalog's numbers. */
static int
by_child_and_name(const void *a, const void *b)
{
    const struct sample_edge *x = a, *y = b;
    if (x->child != y->child)
        return x->child < y->child ? -1 : 1;
    int order = strcmp(x->name, y->name);
    return order != 0 ? order : (x->parent > y->parent) - (x->parent < y->parent);
}

/* A key that only some partitions have is an edge of the whole table: pulling a parent too many
 * does no harm. */
static void
list_edges(struct builder *b)
{
    assert(b != NULL);
    struct sampling *out = b->out;
    /* by table the last edge from it, by edge the one before that has the same child; from 1 */
    int *last = ARENA_ARRAY(b->arena, int, out->ntables + 1);
    int *before = ARENA_ARRAY(b->arena, int, b->plan->nkeys + 1);
    out->edges = ARENA_ARRAY(b->arena, struct sample_edge, b->plan->nkeys + 1);
    for (int i = 0; i < b->plan->nkeys; i++) {
        const struct plan_key *key = &b->plan->keys[i];
        /* parents cover a period together: all of its other columns are parents, whatever their
         * time. The rows of one child then have several, as along a reference of the rules. */
        bool is_period = key->key->is_period;
        int n = key->key->ncolumns - is_period;
        const struct column **columns = ARENA_ARRAY(b->arena, const struct column *, n + 1);
        for (int c = 0; c < n; c++)
            columns[c] = &key->child->columns[key->child_columns[c]];
        struct sample_edge edge = { .key = is_period ? NULL : key->key,
                                    .name = key->key->name,
                                    .child = plan_number(b->plan, key->child),
                                    .parent = plan_number(b->plan, key->parent),
                                    .ncolumns = n,
                                    .child_keys = columns,
                                    .parent_columns = key->parent_columns,
                                    /* by a key of the whole table, not of some partitions */
                                    .is_enforced = key->is_validated &&
                                                   key->key->child == key->child && !is_period,
                                    .policy = POLICY_PULL };
        assert(edge.child >= 0 && edge.parent >= 0);
        int known = last[edge.child];
        while (known != 0 && !same_edge(&out->edges[known - 1], &edge))
            known = before[known - 1];
        if (known != 0) {
            out->edges[known - 1].is_enforced |= edge.is_enforced;
            continue;
        }
        before[out->nedges] = last[edge.child];
        out->edges[out->nedges++] = edge;
        last[edge.child] = out->nedges;
    }
    if (out->nedges > 0)
        qsort(out->edges, (size_t)out->nedges, sizeof *out->edges, by_child_and_name);
}

/* From which tables edges begin, and to which they lead: once all are there. */
static void
link_edges(struct builder *b)
{
    struct sampling *out = b->out;
    int *up = ARENA_ARRAY(b->arena, int, out->nedges + 1);
    int *down = ARENA_ARRAY(b->arena, int, out->nedges + 1);
    for (int i = 0; i < out->nedges; i++) {
        out->tables[out->edges[i].child].up.n++;
        out->tables[out->edges[i].parent].down.n++;
    }
    int **next = ARENA_ARRAY(b->arena, int *, 2 * out->ntables + 1);
    for (int t = 0; t < out->ntables; t++) {
        struct sample_table *table = &out->tables[t];
        table->up.of = next[2 * t] = up;
        table->down.of = next[2 * t + 1] = down;
        up += table->up.n;
        down += table->down.n;
    }
    for (int i = 0; i < out->nedges; i++) {
        *next[2 * out->edges[i].child]++ = i;
        *next[2 * out->edges[i].parent + 1]++ = i;
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
        return strcmp(edge->name, rule->constraint) == 0;
    return edge->ncolumns == 1 && edge->child_keys[0]->expression == NULL &&
           strcmp(edge->child_keys[0]->name, rule->column) == 0;
}

static bool
apply_keys(struct builder *b)
{
    const struct rules_sample *s = &b->rules->sample;
    for (int i = 0; i < s->nkeys; i++) {
        const struct rules_key *rule = &s->keys[i];
        int found = -1, n = 0;
        for (int j = b->out->nedges - 1; j >= 0; j--)
            if (is_named_by(b, &b->out->edges[j], rule) && b->out->edges[j].rule == NULL) {
                found = j;
                n++;
            }
        if (n > 1) {
            rules_error(b->rules, rule->mark, b->err, "%d foreign keys begin at '%s'", n,
                        rule->name);
            return error_hint(b->err, "say which: schema.table:constraint");
        }
        if (found < 0)
            return rules_error(b->rules, rule->mark, b->err,
                               "there is no foreign key '%s' between selected tables", rule->name);
        if (!pin_edge(b, rule, found))
            return false;
    }
    return true;
}

/* All rows of a small table with personal columns would say who is not in it; of a handful there
 * might be none. */
static bool
has_masks(const struct sample_table *t)
{
    for (int i = 0; t->masked != NULL && i < t->table->ncolumns; i++)
        if (t->masked[i])
            return true;
    return false;
}

/* Nobody has decided yet: what refers to rows that are sampled belongs to them, however small. */
static bool
follows_others(const struct builder *b, int number)
{
    const struct sample_edges *up = &b->out->tables[number].up;
    for (int i = 0; b->plan->is_first && i < up->n; i++) {
        const struct sample_edge *edge = &b->out->edges[up->of[i]];
        const struct sample_table *parent = &b->out->tables[edge->parent];
        if (edge->parent != number && parent->role == ROLE_SAMPLED &&
            !column_is_audit(edge->child_keys[0]) && (parent->few_rows < 0 || has_masks(parent)))
            return true;
    }
    return false;
}

static void
make_small_whole(struct builder *b)
{
    for (int i = 0; i < b->out->ntables; i++) {
        struct sample_table *t = &b->out->tables[i];
        int64_t rows = t->few_rows;
        bool is_mentioned = t->is_named || t->is_thinned || t->where != NULL || t->also != NULL;
        if (t->role == ROLE_SAMPLED && !is_mentioned && !t->is_owner && rows >= 0 &&
            rows <= (has_masks(t) ? SAMPLING_HANDFUL : SAMPLING_FEW_ROWS) &&
            (rows <= SAMPLING_HANDFUL || !follows_others(b, i)))
            t->role = ROLE_WHOLE;
    }
}

/* Does the child come behind the parent? */
static bool
waits(const struct sampling *s, int number)
{
    const struct sample_edge *edge = &s->edges[number];
    return edge->child != edge->parent &&
           (s->tables[edge->child].owner == number ||
            (edge->policy == POLICY_REQUIRE && !edge->needs_nothing));
}

/* `seen` by table. */
static bool
leads_to(const struct sampling *s, int table, int to, bool *seen)
{
    const struct sample_edges *up = &s->tables[table].up;
    if (table == to)
        return true;
    seen[table] = true;
    for (int i = 0; i < up->n; i++) {
        int parent = s->edges[up->of[i]].parent;
        if (waits(s, up->of[i]) && !seen[parent] && leads_to(s, parent, to, seen))
            return true;
    }
    return false;
}

bool
waits_for(const struct builder *b, int table, int to)
{
    assert(table >= 0 && to >= 0);
    bool *seen = mem_alloc((size_t)b->out->ntables + 1);
    bool leads = leads_to(b->out, table, to, seen);
    free(seen);
    return leads;
}

/* A required parent in a circle: the first one that no rule asks for is pulled instead. */
static bool
open_circle(struct builder *b, const bool *placed)
{
    struct sampling *s = b->out;
    const struct sample_edge *ruled = NULL;
    for (int i = 0; i < s->nedges; i++) {
        struct sample_edge *edge = &s->edges[i];
        if (placed[edge->child] || placed[edge->parent] || !waits(s, i) ||
            !waits_for(b, edge->parent, edge->child))
            continue;
        if (edge->policy == POLICY_REQUIRE && edge->rule == NULL) {
            edge->policy = POLICY_PULL;
            return true;
        }
        if (edge->policy == POLICY_REQUIRE)
            ruled = edge;
    }
    assert(ruled != NULL); /* owners alone make no circle */
    rules_error(b->rules, ruled->rule->mark, b->err,
                "owners and required parents go in a circle: '%s' is part of it",
                ruled->rule->name);
    return error_hint(b->err, "say 'pull' instead of 'require' for this key");
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
            const struct sample_edges *up = &s->tables[t].up;
            bool ready = !placed[t];
            for (int i = 0; ready && i < up->n; i++)
                ready = !waits(s, up->of[i]) || placed[s->edges[up->of[i]].parent];
            if (ready) {
                placed[t] = true;
                s->order[n++] = t;
            }
        }
        if (n == before && !open_circle(b, placed))
            return false;
    }
    return true;
}

bool
sampling_build(const struct rules *rules, const struct plan *plan, struct arena *arena,
               struct sampling *out, struct decant_error *err)
{
    assert(rules != NULL && plan != NULL);
    struct builder b = { .rules = rules, .plan = plan, .arena = arena, .out = out, .err = err };
    *out = (struct sampling){ .seed = rules->sample.seed };
    const struct rules_sample *sample = &rules->sample;
    out->cap = sample->cap;
    out->per_value = sample->has_edges ? sample->edge_values : 0;
    out->null_patterns = sample->has_edges ? sample->edge_patterns : 0;
    out->extremes = sample->has_edges ? sample->edge_extremes : 0;
    out->edge_budget = sample->edge_budget;
    out->is_asked = sample->is_asked;
    out->is_cover = sample->is_cover;
    out->cover_rows = sample->cover_rows;
    out->stops_at_dangling = sample->dangling == DANGLING_STOP;
    if (sample->rate <= 0 && !sample->is_asked) {
        rules_error(rules, rules->sample.mark, err, "'rate' is missing");
        return error_hint(err,
                          "rate: 5%% takes 5 of 100 rows of every root, with all that they own");
    }
    if (!list_tables(&b))
        return false;
    list_edges(&b);
    if (!add_virtual_edges(&b) || !apply_keys(&b))
        return false;
    link_edges(&b);
    if (!sample->is_asked)
        make_small_whole(&b);
    find_unclear(&b);
    choose_owners(&b);
    return check_owners(&b) && check_rates(&b) && check_strata(&b) && choose_policies(&b) &&
           check_unclear(&b) && sort_tables(&b);
}

void
sampling_note(const struct sampling *sampling, struct notes *notes)
{
    assert(sampling != NULL);
    for (int i = 0; i < sampling->ntables; i++) {
        const struct sample_table *t = &sampling->tables[i];
        if (t->captured != NULL)
            notes_add(notes, NOTE_CAPTURED, "column", 0, "%s.%s.%s", t->table->schema,
                      t->table->name, t->captured);
        if (t->is_for_key)
            notes_add(notes, NOTE_WHOLE_FOR_KEY, "table", 0, "%s.%s", t->table->schema,
                      t->table->name);
    }
}

double
sampling_rows(const struct sample_table *table)
{
    assert(table != NULL);
    return table->few_rows >= 0 ? (double)table->few_rows : table->table->reltuples;
}

const char *
sampling_why_not_whole(const struct sampling *sampling, int number)
{
    assert(number >= 0 && number < sampling->ntables);
    const struct sample_table *t = &sampling->tables[number];
    if (t->role != ROLE_SAMPLED || t->few_rows < 0)
        return NULL;
    return t->is_root      ? "the rules call it a root"
           : t->is_named   ? "the rules give it an owner"
           : t->is_thinned ? "the rules give it a rate"
           : t->is_owner   ? "others follow it"
           : has_masks(t)  ? "columns of it are masked; 'whole' in the rules takes all of it"
                           : NULL;
}
