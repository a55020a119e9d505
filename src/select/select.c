/* SPDX-License-Identifier: PostgreSQL */
#include "select/internal.h"

#include <stdlib.h>
#include <string.h>

#include "pg/quote.h"
#include "row/codec.h"

const char *
origin_name(enum origin origin)
{
    static const char *const names[ORIGIN_COUNT] = {
        [ORIGIN_NONE] = "none",           [ORIGIN_SAMPLE] = "sample", [ORIGIN_WHOLE] = "whole",
        [ORIGIN_COMPLETED] = "completed", [ORIGIN_PULLED] = "pulled",
    };
    return names[origin];
}

static bool
edge_key(struct selection_set *set, const struct edge *edge, const struct decant_value *values,
         struct key128 *out)
{
    return tuple_key(&edge->child, values, set->fingerprint_key, &set->scratch, out);
}

/* Asks for the parent that a row refers to, unless it is in (with its children, if they are
 * wanted). */
static void
want_parent(struct selection_set *set, struct edge *edge, const struct decant_value *values)
{
    struct key128 key;
    struct target *parent = edge->parent;
    bool with_children = edge->plan->policy == POLICY_PULL_WITH_CHILDREN;
    if (edge->plan->needs_nothing || !edge_key(set, edge, values, &key))
        return;
    enum origin origin = (enum origin)keyset_get(&parent->members, key);
    bool is_hollow = origin == ORIGIN_PULLED && keyset_get(&parent->completed, key) == 0;
    if (origin != ORIGIN_NONE && !(is_hollow && with_children))
        return;
    uint8_t want = with_children ? WANT_WITH_CHILDREN : WANT_BARE;
    if (!keyset_put(&parent->wanted, key, want) && with_children)
        keyset_relabel(&parent->wanted, key, want);
}

static void
add_row(struct selection_set *set, int number, const struct decant_value *values,
        struct key128 identity, enum origin origin)
{
    struct side *side = &set->sides[number];
    if (!keyset_put(&side->targets[0].members, identity, (uint8_t)origin) && !side->by_row)
        return;
    side->counts[origin]++;
    for (int i = 1; i < side->ntargets; i++) {
        struct key128 key;
        if (tuple_key(&side->targets[i].tuple, values, set->fingerprint_key, &set->scratch, &key))
            keyset_put(&side->targets[i].members, key, (uint8_t)origin);
    }
    for (int i = 0; i < set->sampling->nedges; i++)
        if (set->edges[i].plan->child == number)
            want_parent(set, &set->edges[i], values);
}

/* Asks for all that a row owns. */
static void
complete_row(struct selection_set *set, int number, const struct decant_value *values)
{
    for (int i = 0; i < set->sampling->nedges; i++) {
        struct edge *edge = &set->edges[i];
        struct key128 key;
        if (edge->is_owner && edge->plan->parent == number &&
            tuple_key(&edge->parent->tuple, values, set->fingerprint_key, &set->scratch, &key) &&
            keyset_put(&edge->complete, key, WANT_WITH_CHILDREN))
            edge->has_new = true;
    }
}

static bool
is_below(const struct side *side, const struct decant_value *values, struct key128 identity,
         const struct bound *bound)
{
    return bound->all != 0 ||
           tuple_u(&side->targets[0].tuple, values, identity, &side->chooser) < bound->below;
}

static bool
is_chosen(struct scan *scan, const struct decant_value *values, struct key128 identity)
{
    struct selection_set *set = scan->set;
    const struct side *side = scan->side;
    struct key128 key;
    if (side->plan->role == ROLE_WHOLE)
        return true;
    struct edge *owner = side->plan->owner >= 0 ? &set->edges[side->plan->owner] : NULL;
    if (owner == NULL || !edge_key(set, owner, values, &key))
        return is_below(side, values, identity, &side->own); /* a root, or nobody's row */
    return keyset_get(&owner->parent->members, key) == ORIGIN_SAMPLE &&
           is_below(side, values, identity, &side->thin);
}

/* Drops a row whose required parent is not in. */
static bool
has_required(struct scan *scan, const struct decant_value *values)
{
    struct selection_set *set = scan->set;
    for (int i = 0; i < set->sampling->nedges; i++) {
        struct edge *edge = &set->edges[i];
        struct key128 key;
        if (edge->plan->child != scan->number || edge->plan->policy != POLICY_REQUIRE ||
            edge->plan->needs_nothing || edge->plan->parent == scan->number ||
            !edge_key(set, edge, values, &key) ||
            keyset_get(&edge->parent->members, key) != ORIGIN_NONE)
            continue;
        edge->required_away++;
        return false;
    }
    return true;
}

static bool
visit_cohort(struct scan *scan, const struct decant_value *values, struct key128 identity,
             struct decant_error *err)
{
    (void)err;
    bool whole = scan->side->plan->role == ROLE_WHOLE;
    if (is_chosen(scan, values, identity) && (whole || has_required(scan, values)))
        add_row(scan->set, scan->number, values, identity, whole ? ORIGIN_WHOLE : ORIGIN_SAMPLE);
    return true;
}

/* Rows that are wanted as parents. */
static bool
visit_wanted(struct scan *scan, const struct decant_value *values, struct key128 identity,
             struct decant_error *err)
{
    struct selection_set *set = scan->set;
    enum want want = WANT_NOTHING;
    (void)err;
    for (int i = 0; i < scan->side->ntargets; i++) {
        struct target *target = &scan->side->targets[i];
        struct key128 key;
        if (!(i == 0 && scan->side->by_row) &&
            tuple_key(&target->tuple, values, set->fingerprint_key, &set->scratch, &key)) {
            enum want here = (enum want)keyset_get(&target->asked, key);
            if (here == WANT_WITH_CHILDREN)
                keyset_put(&target->completed, key, WANT_WITH_CHILDREN);
            want = here > want ? here : want;
        }
    }
    if (want == WANT_NOTHING)
        return true;
    if (keyset_get(&scan->side->targets[0].members, identity) == ORIGIN_NONE)
        add_row(set, scan->number, values, identity, ORIGIN_PULLED);
    if (want == WANT_WITH_CHILDREN)
        complete_row(set, scan->number, values);
    return true;
}

/* Rows that belong to a completed parent. */
static bool
visit_completed(struct scan *scan, const struct decant_value *values, struct key128 identity,
                struct decant_error *err)
{
    struct selection_set *set = scan->set;
    const struct edge *owner = &set->edges[scan->side->plan->owner];
    struct key128 key;
    (void)err;
    if (!edge_key(set, owner, values, &key) || keyset_get(&owner->complete, key) == WANT_NOTHING)
        return true;
    if (keyset_get(&scan->side->targets[0].members, identity) == ORIGIN_NONE)
        add_row(set, scan->number, values, identity, ORIGIN_COMPLETED);
    complete_row(set, scan->number, values);
    return true;
}

/* ---- the stages */

/* Class 42 of SQLSTATE is what a server says of SQL that is wrong, class 22 of values that are. */
static bool
blame_frame(const struct sample_table *plan, struct decant_error *err)
{
    char sqlstate[6];
    memcpy(sqlstate, err->sqlstate, sizeof sqlstate);
    bool is_wrong = strncmp(sqlstate, "42", 2) == 0 || strncmp(sqlstate, "22", 2) == 0;
    if (!is_wrong || strcmp(sqlstate, "42501") == 0)
        return false;
    return error_set(err, DECANT_USAGE, "%s: the source does not accept this 'where' (SQLSTATE %s)",
                     plan->where_place, sqlstate);
}

/* Rows that nobody owns are chosen by themselves, so an index on the owner does not find them. */
static bool
choose_ownerless(struct scan *scan, const struct edge *owner, struct decant_error *err)
{
    const struct column *column = owner->child.columns[0];
    const char *frame = scan->side->plan->where;
    struct buf where = { 0 };
    if (column->not_null)
        return true;
    if (frame != NULL)
        buf_printf(&where, "(%s) AND ", frame);
    buf_puts(&where, "decant_row.");
    quote_ident(&where, column->name);
    buf_puts(&where, " IS NULL");
    bool ok = scan_run(scan, buf_str(&where), err);
    buf_deinit(&where);
    return ok;
}

static bool
choose_cohort(struct selection_set *set, int number, struct decant_error *err)
{
    struct side *side = &set->sides[number];
    const struct sample_table *plan = side->plan;
    struct scan scan = { set, side, number, 0, visit_cohort };
    bool by_index = false, ok;
    if (plan->role == ROLE_SAMPLED && plan->owner >= 0) {
        const struct edge *owner = &set->edges[plan->owner];
        ok = scan_owned(&scan, owner, &owner->parent->members, plan->where, &by_index, err) &&
             (!by_index || choose_ownerless(&scan, owner, err));
        /* None by the index: is the frame empty, or are the chosen owners without rows in it? */
        if (ok && by_index && plan->where != NULL && scan.rows == 0)
            ok = scan_run(&scan, plan->where, err);
    } else {
        ok = scan_run(&scan, plan->where, err);
    }
    if (!ok)
        return plan->where != NULL ? blame_frame(plan, err) : false;
    if (plan->where != NULL && scan.rows == 0)
        return error_set(err, DECANT_REFUSED, "%s: no row of '%s.%s' is in this frame",
                         plan->where_place, plan->table->schema, plan->table->name);
    return true;
}

static bool
choose_cohorts(struct selection_set *set, struct decant_error *err)
{
    for (int i = 0; i < set->sampling->ntables; i++) {
        int number = set->sampling->order[i];
        if (set->sides[number].plan->role != ROLE_SCHEMA_ONLY && !choose_cohort(set, number, err))
            return false;
    }
    return true;
}

/* Pulls the parents that one table is asked for. Rows may ask for others of their own table while
 * it is read; those wait for the next round. Keys that no row has dangle in the source, too. */
static bool
pull_wanted(struct selection_set *set, int number, bool *found, struct decant_error *err)
{
    struct side *side = &set->sides[number];
    struct scan scan = { set, side, number, 0, visit_wanted };
    bool ok = true;
    for (int i = 0; i < side->ntargets; i++) {
        side->targets[i].asked = side->targets[i].wanted;
        side->targets[i].wanted = (struct keyset){ 0 };
    }
    for (int i = 0; ok && i < side->ntargets; i++)
        if (side->targets[i].asked.count > 0) {
            ok = scan_keys(&scan, &side->targets[i], &side->targets[i].asked, err);
            *found = true;
        }
    for (int i = 0; i < side->ntargets; i++)
        keyset_deinit(&side->targets[i].asked);
    return ok;
}

static bool
bring_completed(struct selection_set *set, int number, bool *found, struct decant_error *err)
{
    struct side *side = &set->sides[number];
    struct edge *owner = side->plan->owner >= 0 ? &set->edges[side->plan->owner] : NULL;
    if (owner == NULL || !owner->has_new || side->plan->role == ROLE_SCHEMA_ONLY)
        return true;
    struct scan scan = { set, side, number, 0, visit_completed };
    *found = true;
    owner->has_new = false;
    bool by_index;
    return scan_owned(&scan, owner, &owner->complete, NULL, &by_index, err);
}

/* Every round adds keys of a finite set, so it ends. */
static bool
close_keys(struct selection_set *set, struct decant_error *err)
{
    for (bool found = true; found;) {
        found = false;
        for (int i = 0; i < set->sampling->ntables; i++)
            if (!pull_wanted(set, i, &found, err) || !bring_completed(set, i, &found, err))
                return false;
    }
    return scan_check_memory(set, err);
}

bool
select_run(struct pg_conn *conn, const struct sampling *sampling, const struct key *key,
           int64_t memory_bytes, struct selection_set **out, struct decant_error *err)
{
    struct selection_set *set = mem_alloc(sizeof *set);
    set->sampling = sampling;
    set->conn = conn;
    set->memory_bytes = memory_bytes;
    set_up(set, key);
    if (set_has_unclear_key(set, err) || !choose_cohorts(set, err) || !close_keys(set, err)) {
        select_free(set);
        return false;
    }
    for (int i = 0; i < sampling->ntables; i++) /* from here on only identities are looked up */
        for (int j = 1; j < set->sides[i].ntargets; j++)
            keyset_deinit(&set->sides[i].targets[j].members);
    *out = set;
    return true;
}

void
select_free(struct selection_set *set)
{
    if (set == NULL)
        return;
    for (int i = 0; i < set->sampling->ntables; i++)
        for (int j = 0; j < set->sides[i].ntargets; j++) {
            keyset_deinit(&set->sides[i].targets[j].members);
            keyset_deinit(&set->sides[i].targets[j].wanted);
            keyset_deinit(&set->sides[i].targets[j].asked);
            keyset_deinit(&set->sides[i].targets[j].completed);
        }
    for (int i = 0; i < set->sampling->nedges; i++)
        keyset_deinit(&set->edges[i].complete);
    map_deinit(&set->by_oid);
    buf_deinit(&set->scratch);
    arena_deinit(&set->arena);
    free(set);
}

/* ---- what the copy asks */

static const struct side *
side_of(const struct selection_set *set, const struct table *root)
{
    return map_get(&set->by_oid, root->oid);
}

bool
select_has_all(const struct selection_set *set, const struct table *root)
{
    const struct sample_table *plan = side_of(set, root)->plan;
    return plan->role == ROLE_WHOLE && plan->where == NULL;
}

bool
select_has_none(const struct selection_set *set, const struct table *root)
{
    return side_of(set, root)->targets[0].members.count == 0;
}

int
select_put_columns(const struct selection_set *set, const struct table *root, struct buf *out)
{
    const struct tuple *identity = &side_of(set, root)->targets[0].tuple;
    for (int i = 0; i < identity->ncolumns; i++) {
        buf_puts(out, ", ");
        tuple_put_column(identity->columns[i], out);
    }
    return identity->ncolumns;
}

enum origin
select_origin(const struct selection_set *set, const struct table *root,
              const struct decant_value *values, struct buf *scratch)
{
    const struct side *side = side_of(set, root);
    struct tuple tuple = side->targets[0].tuple;
    int at[tuple.ncolumns > 0 ? tuple.ncolumns : 1];
    struct key128 key = { 0 };
    for (int i = 0; i < tuple.ncolumns; i++)
        at[i] = i;
    tuple.at = at;
    if (side->by_row)
        tuple_row_key(&tuple, values, set->fingerprint_key, scratch, &key);
    else if (!tuple_key(&tuple, values, set->fingerprint_key, scratch, &key))
        return ORIGIN_NONE;
    return (enum origin)keyset_get(&side->targets[0].members, key);
}

int64_t
select_count(const struct selection_set *set, const struct table *root, enum origin origin)
{
    return side_of(set, root)->counts[origin];
}

int64_t
select_required_away(const struct selection_set *set, int edge)
{
    return set->edges[edge].required_away;
}

void
select_put_key(const struct selection_set *set, const struct table *root,
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

double
select_probability(const struct selection_set *set, const struct table *root)
{
    const struct side *side = side_of(set, root);
    int number = (int)(side - set->sides);
    double probability = sampling_rate(set->sampling, number);
    for (int i = 0; i < set->sampling->nedges; i++) {
        const struct sample_edge *edge = &set->sampling->edges[i];
        /* The parent's cohort is another one, so it comes independently. */
        if (edge->child == number && edge->policy == POLICY_REQUIRE && !edge->needs_nothing)
            probability *= sampling_rate(set->sampling, edge->parent);
    }
    return probability;
}

static int
ascending(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

int64_t *
select_integer_keys(const struct selection_set *set, const struct table *root, size_t *n,
                    const char **column)
{
    const struct target *identity = &side_of(set, root)->targets[0];
    const struct keyset *members = &identity->members;
    if (!identity->tuple.as_integer || side_of(set, root)->by_row)
        return NULL;
    int64_t *keys = mem_alloc(members->count * sizeof *keys);
    *n = 0;
    for (size_t i = 0; i < members->nslots; i++)
        if (members->labels[i] != 0)
            keys[(*n)++] = (int64_t)members->keys[i].a;
    qsort(keys, *n, sizeof *keys, ascending);
    *column = identity->tuple.columns[0]->name;
    return keys;
}
