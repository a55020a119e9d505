/* SPDX-License-Identifier: PostgreSQL */
#include "select/hash.h"
#include "select/internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "row/codec.h"

const char *
origin_name(enum origin origin)
{
    static const char *const names[ORIGIN_COUNT] = {
        [ORIGIN_NONE] = "none",           [ORIGIN_SAMPLE] = "sample", [ORIGIN_WHOLE] = "whole",
        [ORIGIN_COMPLETED] = "completed", [ORIGIN_PULLED] = "pulled", [ORIGIN_ASKED] = "asked",
        [ORIGIN_EDGE] = "edge",
    };
    return names[origin];
}

/* Rows that the rules name, with all that they own. */
static bool
visit_also(struct scan *scan, const struct decant_value *values, struct key128 identity,
           struct decant_error *err)
{
    const struct edge *empty = empty_parent(scan->set, scan->number, values);
    if (empty != NULL)
        return error_set(err, DECANT_REFUSED,
                         "a row of '%s.%s' that is asked for needs one of '%s.%s', which is schema "
                         "only",
                         scan->side->plan->table->schema, scan->side->plan->table->name,
                         scan->set->sides[empty->plan->parent].plan->table->schema,
                         scan->set->sides[empty->plan->parent].plan->table->name);
    add_row(scan->set, scan->number, values, identity, ORIGIN_ASKED, 0);
    complete_row(scan->set, scan->number, values);
    return true;
}

static bool
add_asked(struct chosen_rows *set, struct decant_error *err)
{
    for (int i = 0; i < set->sampling->ntables; i++) {
        struct scan scan = { .set = set, .side = &set->sides[i], .number = i };
        scan.visit = visit_also;
        if (scan.side->plan->also != NULL && !scan_run(&scan, scan.side->plan->also, err))
            return blame_rules(scan.side->plan->also_place, err);
    }
    return true;
}

static bool
change_keys(struct chosen_rows *set, struct decant_error *err)
{
    for (bool pulls = true; pulls;) {
        pulls = false;
        for (int i = 0; i < set->sampling->nedges; i++)
            if (set->edges[i].reassign != NULL && !reassign_rows(set, &set->edges[i], &pulls, err))
                return false;
        if (pulls && !close_keys(set, err))
            return false;
    }
    return true;
}

static bool
prepare(struct chosen_rows *set, const struct key *key, struct decant_error *err)
{
    set_up(set, key);
    for (int i = 0; i < set->sampling->nedges; i++) {
        enum rules_policy policy = set->edges[i].plan->policy;
        if ((policy == POLICY_REASSIGN || policy == POLICY_NULL) &&
            !set->edges[i].plan->needs_nothing && !reassign_set_up(set, &set->edges[i], err))
            return false;
    }
    return true;
}

static bool
check_dangling(const struct chosen_rows *set, struct decant_error *err)
{
    for (int i = 0; i < set->sampling->ntables && set->sampling->stops_at_dangling; i++) {
        const struct side *side = &set->sides[i];
        int64_t dangling = select_dangling(set, side->plan->table);
        if (dangling > 0) {
            error_set(err, DECANT_REFUSED,
                      "%lld rows that other rows refer to are not in '%s.%s' of the source",
                      (long long)dangling, side->plan->table->schema, side->plan->table->name);
            return error_hint(err, "the rules say 'dangling: stop'; 'keep' copies such rows as "
                                   "they are");
        }
    }
    return true;
}

bool
select_run(struct pg_conn *const *conns, int nconns, const struct sampling *sampling,
           const struct key *key, int64_t memory_bytes, atomic_int *stop, struct chosen_rows **out,
           struct decant_error *err)
{
    assert(nconns > 0 && key != NULL);
    struct chosen_rows *set = mem_alloc(sizeof *set);
    set->sampling = sampling;
    set->conn = conns[0];
    set->conns = conns;
    set->nconns = nconns;
    set->stop = stop;
    set->memory_bytes = memory_bytes;
    if (!prepare(set, key, err) || !cap_find(set, err) || !choose_cohorts(set, err) ||
        !add_asked(set, err) || !close_keys(set, err) || !cover_add(set, err) ||
        !close_keys(set, err) || !extremes_add(set, err) || !edge_rows_add(set, err) ||
        !close_keys(set, err) || !change_keys(set, err) || !check_dangling(set, err)) {
        select_free(set);
        return false;
    }
    fanout_finish(set);
    for (int i = 0; i < sampling->ntables; i++) /* from here on only identities are looked up */
        for (int j = 1; j < set->sides[i].ntargets; j++)
            keyset_deinit(&set->sides[i].targets[j].members);
    *out = set;
    return true;
}

void
select_free(struct chosen_rows *set)
{
    if (set == NULL)
        return;
    select_forget_keys(set);
    for (int i = 0; i < set->sampling->ntables; i++)
        for (int j = 0; j < set->sides[i].ntargets; j++) {
            keyset_deinit(&set->sides[i].targets[j].members);
            keyset_deinit(&set->sides[i].targets[j].wanted);
            keyset_deinit(&set->sides[i].targets[j].asked);
            keyset_deinit(&set->sides[i].targets[j].completed);
            keyset_deinit(&set->sides[i].targets[j].leads);
            keyset_deinit(&set->sides[i].targets[j].dangling);
            chances_deinit(&set->sides[i].targets[j].whales);
            chances_deinit(&set->sides[i].targets[j].kept);
        }
    for (int i = 0; i < set->sampling->ntables; i++) {
        strata_free(set->sides[i].strata);
        keyset_deinit(&set->sides[i].places);
    }
    for (int i = 0; i < set->sampling->nedges; i++) {
        keyset_deinit(&set->edges[i].complete);
        keyset_deinit(&set->edges[i].children);
        map_deinit(&set->edges[i].beyond);
        reassign_free(set->edges[i].reassign);
    }
    map_deinit(&set->by_oid);
    buf_deinit(&set->scratch);
    arena_deinit(&set->arena);
    free(set);
}

/* ---- what the copy asks */

static const struct side *
side_of(const struct chosen_rows *set, const struct table *root)
{
    return map_get(&set->by_oid, root->oid);
}

bool
select_has_all(const struct chosen_rows *set, const struct table *root)
{
    const struct sample_table *plan = side_of(set, root)->plan;
    return plan->role == ROLE_WHOLE && plan->where == NULL;
}

bool
select_has_none(const struct chosen_rows *set, const struct table *root)
{
    return side_of(set, root)->targets[0].members.count == 0;
}

int
select_put_columns(const struct chosen_rows *set, const struct table *root, struct buf *out)
{
    const struct tuple *identity = &side_of(set, root)->targets[0].tuple;
    for (int i = 0; i < identity->ncolumns; i++) {
        buf_puts(out, ", ");
        tuple_put_column(identity->columns[i], "decant_row", out);
    }
    return identity->ncolumns;
}

/* The key of a row by the values of select_put_columns(). */
static bool
key_of(const struct chosen_rows *set, const struct side *side, const struct decant_value *values,
       struct buf *scratch, struct key128 *out)
{
    struct tuple tuple = side->targets[0].tuple;
    int at[tuple.ncolumns > 0 ? tuple.ncolumns : 1];
    for (int i = 0; i < tuple.ncolumns; i++)
        at[i] = i;
    tuple.at = at;
    *out = (struct key128){ 0, 0 };
    if (!side->by_row)
        return tuple_key(&tuple, values, set->fingerprint_key, scratch, out);
    tuple_row_key(&tuple, values, set->fingerprint_key, scratch, out);
    return true;
}

enum origin
select_origin(const struct chosen_rows *set, const struct table *root,
              const struct decant_value *values, double *probability, struct buf *scratch)
{
    assert(set != NULL);
    const struct side *side = side_of(set, root);
    struct key128 key;
    if (!key_of(set, side, values, scratch, &key))
        return ORIGIN_NONE;
    uint8_t label = keyset_get(&side->targets[0].members, key);
    *probability = label == ORIGIN_WHOLE ? 1 : 0;
    if (label_is_sampled(label))
        *probability = (label == LABEL_HEAVY ? chances_find(&side->targets[0].kept, key)
                                             : side->rate * set->factors[label]) *
                       side->share;
    return label_origin(label);
}

bool
select_changes_keys(const struct chosen_rows *set, const struct table *root)
{
    const struct sample_edges *up = &side_of(set, root)->plan->up;
    for (int i = 0; i < up->n; i++)
        if (set->edges[up->of[i]].reassign != NULL)
            return true;
    return false;
}

void
select_change_keys(const struct chosen_rows *set, const struct table *root,
                   const struct decant_value *key_values,
                   void (*put)(void *ctx, const struct column *column, int64_t value, bool is_null),
                   void *ctx, struct buf *scratch)
{
    assert(set != NULL);
    const struct side *side = side_of(set, root);
    struct key128 key;
    if (!key_of(set, side, key_values, scratch, &key))
        return;
    for (int i = 0; i < side->plan->up.n; i++) {
        const struct edge *edge = &set->edges[side->plan->up.of[i]];
        int64_t parent;
        bool is_null;
        if (edge->reassign != NULL && reassign_find(edge->reassign, key, &parent, &is_null))
            put(ctx, edge->child.columns[0], parent, is_null);
    }
}

int64_t
select_reassigned(const struct chosen_rows *set, int edge)
{
    return reassign_count(set->edges[edge].reassign);
}

int64_t
select_dangling(const struct chosen_rows *set, const struct table *root)
{
    const struct side *side = side_of(set, root);
    int64_t n = 0;
    for (int i = 0; i < side->ntargets; i++)
        n += (int64_t)side->targets[i].dangling.count;
    return n;
}

int64_t
select_count(const struct chosen_rows *set, const struct table *root, enum origin origin)
{
    return side_of(set, root)->counts[origin];
}

int64_t
select_hollow(const struct chosen_rows *set, const struct table *root)
{
    assert(set != NULL);
    const struct side *side = side_of(set, root);
    int64_t complete = 0;
    bool owns = false;
    for (int i = 0; i < side->ntargets; i++)
        complete += (int64_t)side->targets[i].completed.count;
    for (int i = 0; i < side->plan->down.n; i++)
        owns |= set->edges[side->plan->down.of[i]].is_owner;
    int64_t hollow = side->counts[ORIGIN_PULLED] + side->counts[ORIGIN_EDGE] - complete;
    return owns && hollow > 0 ? hollow : 0;
}

int64_t
select_capped(const struct chosen_rows *set, const struct table *root)
{
    return (int64_t)side_of(set, root)->targets[0].kept.n;
}

int64_t
select_rough(const struct chosen_rows *set, const struct table *root)
{
    return side_of(set, root)->rough;
}

int64_t
select_required_away(const struct chosen_rows *set, int edge)
{
    return set->edges[edge].required_away;
}

void
select_put_key(const struct chosen_rows *set, const struct table *root,
               const struct decant_value *values, struct buf *out)
{
    static const struct text_style style;
    const struct side *side = side_of(set, root);
    const struct tuple *identity = &side->targets[0].tuple;
    for (int i = 0; i < identity->ncolumns && !side->by_row; i++) {
        const struct column *column = identity->columns[i];
        buf_puts(out, i > 0 ? "," : "");
        if (values[i].len == DECANT_NULL)
            continue;
        if (type_is_decodable(column->type))
            codec_text(column->type, &values[i], &style, out);
        else
            buf_add(out, values[i].data, (size_t)values[i].len);
    }
}

static int
ascending(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* The integers of a set, in ascending order. */
static void
sorted_integers(const struct keyset *set, struct select_keys *out)
{
    out->keys = mem_alloc((set->count + 1) * sizeof *out->keys);
    for (size_t i = 0; i < set->nslots; i++)
        if (set->labels[i] != 0)
            out->keys[out->n++] = (int64_t)set->a[i];
    qsort(out->keys, out->n, sizeof *out->keys, ascending);
}

/* Rows that follow an enforced key are there with their parents, or have none. */
static bool
keys_of_owners(const struct chosen_rows *set, const struct side *side, struct select_keys *out)
{
    if (side->plan->owner < 0)
        return false;
    const struct edge *owner = &set->edges[side->plan->owner];
    const struct side *parent = &set->sides[owner->plan->parent];
    const struct target *target = &parent->targets[0];
    if (!owner->plan->is_enforced || owner->parent != target || !target->tuple.as_integer ||
        parent->by_row || !tuple_fits_integer(owner->child.columns, owner->child.ncolumns))
        return false;
    sorted_integers(&target->members, out);
    out->how = SELECT_BY_OWNER;
    out->column = owner->child.columns[0]->name;
    out->may_be_null = !owner->child.columns[0]->not_null;
    out->source_rows = parent->plan->table->reltuples;
    return true;
}

/* Are the rows of the copy just those whose u is below the rate? */
static bool
keys_of_hash(const struct side *side, struct select_keys *out)
{
    const struct sample_table *plan = side->plan;
    int all;
    uint64_t below = hash_bound(side->rate, &all);
    bool plain = plan->role == ROLE_SAMPLED && plan->owner < 0 && plan->where == NULL &&
                 plan->nstrata == 0 && all == 0 &&
                 side->counts[ORIGIN_SAMPLE] == (int64_t)side->targets[0].members.count &&
                 side->share >= 1;
    for (int i = 0; i < side->ntargets; i++)
        plain = plain && side->targets[i].kept.n == 0;
    struct buf condition = { 0 };
    if (plain && scan_put_below(side, side->targets[0].tuple.columns[0], below, &condition)) {
        out->how = SELECT_BY_HASH;
        out->condition = buf_steal(&condition);
    }
    buf_deinit(&condition);
    return out->condition != NULL;
}

bool
select_keys(const struct chosen_rows *set, const struct table *table, struct select_keys *out)
{
    assert(table != NULL);
    const struct side *side = side_of(set, table->root);
    const struct target *identity = &side->targets[0];
    *out = (struct select_keys){ .source_rows = table->reltuples };
    if (keys_of_hash(side, out))
        return true;
    if (side->has_place) {
        out->how = SELECT_BY_PLACE;
        sorted_integers(&side->places, out);
        out->column = "ctid";
        return true;
    }
    if (!identity->tuple.as_integer || side->by_row || table->root->kind == 'p')
        return keys_of_owners(set, side, out);
    sorted_integers(&identity->members, out);
    out->how = SELECT_BY_KEY;
    out->column = identity->tuple.columns[0]->name;
    return true;
}
