/* SPDX-License-Identifier: PostgreSQL */
/* The cohorts: rows that are in by their own hash, and rows that follow their owner. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "pg/quote.h"
#include "select/hash.h"
#include "select/internal.h"

/* The probability that a row needs because of all that it owns; 0: none of its own. */
static double
need_of(struct scan *scan, const struct decant_value *values)
{
    double need = 0;
    for (int i = 0; i < scan->side->ntargets; i++) {
        const struct target *target = &scan->side->targets[i];
        struct key128 key;
        if (target->whales.n == 0 || !tuple_key(&target->tuple, values, scan->set->fingerprint_key,
                                                &scan->set->scratch, &key))
            continue;
        double here = chances_find(&target->whales, key);
        need = here > need ? here : need;
    }
    return need;
}

/* How a row would come to be in: with which probability, and given that its owner is in with which.
 */
struct way {
    uint8_t label;
    double chance, given;
};

/* False: its owner is not in. */
static bool
follow_owner(struct scan *scan, const struct decant_value *values, struct way *way)
{
    struct chosen_rows *set = scan->set;
    struct key128 key;
    if (scan->side->plan->owner < 0 || scan->is_ownerless)
        return true;
    struct edge *owner = &set->edges[scan->side->plan->owner];
    if (!edge_key(set, owner, values, &key))
        return true; /* nobody's row */
    uint8_t label = keyset_get(&owner->parent->members, key);
    if (!label_is_sampled(label))
        return false;
    way->given = label == LABEL_HEAVY ? chances_find(&owner->parent->kept, key)
                                      : set->sides[owner->plan->parent].rate * set->factors[label];
    if (label >= LABEL_STRATUM) {
        way->label = label;
        way->chance *= set->factors[label];
    }
    return true;
}

/* False: its owner is not in. */
static bool
find_way(struct scan *scan, const struct decant_value *values, struct way *way)
{
    *way = (struct way){ ORIGIN_SAMPLE, scan->side->rate, 1 };
    if (!follow_owner(scan, values, way))
        return false;
    double need = need_of(scan, values);
    if (need > way->chance) {
        way->chance = need;
        way->label = LABEL_HEAVY;
    }
    return true;
}

static bool
is_chosen(struct scan *scan, const struct decant_value *values, struct key128 identity,
          struct way *way)
{
    const struct side *side = scan->side;
    if (!find_way(scan, values, way))
        return false;
    bool by_strata = side->strata != NULL && way->label != LABEL_HEAVY;
    if (!by_strata && way->chance >= way->given)
        return true;
    uint64_t u = tuple_u(&side->targets[0].tuple, values, identity, &side->chooser);
    if (by_strata)
        return strata_holds(side, scan->set, values, identity, u, &way->label);
    int all;
    return u < hash_bound(way->chance / way->given, &all) || all != 0;
}

double
choose_share(struct scan *scan, const struct decant_value *values)
{
    assert(scan != NULL);
    struct way way;
    return find_way(scan, values, &way) ? fmin(way.chance / way.given, 1) : 0;
}

struct edge *
missing_parent(struct chosen_rows *set, int number, const struct decant_value *values)
{
    assert(set != NULL);
    const struct sample_edges *up = &set->sampling->tables[number].up;
    for (int i = 0; i < up->n; i++) {
        struct edge *edge = &set->edges[up->of[i]];
        struct key128 key;
        if (edge->plan->policy != POLICY_REQUIRE || edge->plan->needs_nothing ||
            edge->plan->parent == number || !edge_key(set, edge, values, &key) ||
            keyset_get(&edge->parent->members, key) != ORIGIN_NONE)
            continue;
        return edge;
    }
    return NULL;
}

/* How much likelier than usual is it that the row's required parents are in? */
static double
required_factor(struct scan *scan, const struct decant_value *values)
{
    assert(scan != NULL);
    struct chosen_rows *set = scan->set;
    double factor = 1;
    const struct sample_edges *up = &set->sampling->tables[scan->number].up;
    for (int i = 0; i < up->n; i++) {
        struct edge *edge = &set->edges[up->of[i]];
        const struct side *parent = &set->sides[edge->plan->parent];
        struct key128 key, owner = { 0 };
        if (edge->plan->policy != POLICY_REQUIRE || edge->plan->needs_nothing ||
            edge->plan->parent == scan->number)
            continue;
        double usual = parent->rate * parent->share, here = 1;
        if (usual <= 0) /* of a table without rows none is in, but rows that need none of it are */
            continue;
        if (edge_key(set, edge, values, &key)) {
            const struct edge *first =
                scan->side->plan->owner >= 0 ? &set->edges[scan->side->plan->owner] : NULL;
            bool is_owner = first != NULL && first->parent == edge->parent &&
                            edge_key(set, first, values, &owner) && owner.a == key.a &&
                            owner.b == key.b;
            uint8_t label = keyset_get(&edge->parent->members, key);
            if (!is_owner && label == LABEL_HEAVY)
                here = chances_find(&edge->parent->kept, key) * parent->share;
            else if (!is_owner && label_is_sampled(label))
                here = usual * set->factors[label];
        }
        factor *= here / usual;
    }
    return factor;
}

/* What a row's parents make of its probability is told by its label. Where there is none left, or
 * it is a whale's, the usual one is told and the row is counted. */
static void
label_by_required(struct scan *scan, double factor, struct way *way)
{
    if (factor == 1)
        return;
    uint8_t label = way->label == LABEL_HEAVY
                        ? 0
                        : label_of_factor(scan->set, factor * scan->set->factors[way->label]);
    if (label != 0)
        way->label = label;
    else
        scan->side->rough++;
}

static bool
visit_cohort(struct scan *scan, const struct decant_value *values, struct key128 identity,
             struct decant_error *err)
{
    struct way way = { .label = ORIGIN_WHOLE };
    (void)err;
    if (scan->side->plan->role != ROLE_WHOLE) {
        if (!is_chosen(scan, values, identity, &way))
            return true;
        struct edge *missing = missing_parent(scan->set, scan->number, values);
        if (missing != NULL) {
            missing->required_away++;
            return true;
        }
        label_by_required(scan, required_factor(scan, values), &way);
    }
    add_row(scan->set, scan->number, values, identity, way.label, way.chance);
    return true;
}

/* Appends the condition that a row's owner is not in the source either. */
static void
put_dangling(const struct edge *owner, const struct table *parent, struct buf *out)
{
    buf_puts(out, "NOT EXISTS (SELECT FROM ");
    catalog_put_rows(parent, out);
    buf_puts(out, " AS decant_owner WHERE ");
    for (int i = 0; i < owner->child.ncolumns; i++) {
        buf_puts(out, i > 0 ? " AND " : "");
        tuple_put_column(owner->child.columns[i], "decant_row", out);
        buf_puts(out, " = ");
        tuple_put_column(owner->parent->tuple.columns[i], "decant_owner", out);
    }
    buf_putc(out, ')');
}

/* Rows without an owner are chosen by themselves. An index on the owner does not find those where
 * it is NULL; and an owner that is not in the source is not in the set of owners. */
static bool
choose_ownerless(struct scan *scan, const struct edge *owner, bool has_nulls,
                 struct decant_error *err)
{
    assert(scan != NULL);
    struct scan by_themselves = { .set = scan->set, .side = scan->side, .number = scan->number };
    struct buf where = { 0 };
    bool ok = true;
    by_themselves.visit = scan->visit;
    by_themselves.is_ownerless = true;
    for (int i = 0; ok && !has_nulls && i < owner->child.ncolumns; i++) {
        if (owner->child.columns[i]->not_null)
            continue;
        buf_reset(&where);
        scan_put_and(scan->side->plan->where, &where);
        tuple_put_column(owner->child.columns[i], "decant_row", &where);
        buf_puts(&where, " IS NULL");
        ok = scan_run(&by_themselves, buf_str(&where), err);
    }
    if (ok && !owner->plan->is_enforced) {
        buf_reset(&where);
        scan_put_and(scan->side->plan->where, &where);
        for (int i = 0; i < owner->child.ncolumns; i++) {
            tuple_put_column(owner->child.columns[i], "decant_row", &where);
            buf_puts(&where, " IS NOT NULL AND ");
        }
        put_dangling(owner, scan->set->sampling->tables[owner->plan->parent].table, &where);
        ok = scan_run(&by_themselves, buf_str(&where), err);
    }
    scan->rows += by_themselves.rows;
    buf_deinit(&where);
    return ok;
}

static bool
choose_by_hash(struct scan *scan, struct decant_error *err)
{
    struct chosen_rows *set = scan->set;
    const struct side *side = scan->side;
    const struct chances *whales = NULL;
    if (side->plan->nstrata > 0)
        return strata_find(set, scan->number, err) && scan_run(scan, side->plan->where, err);
    for (int i = 0; i < side->ntargets; i++) {
        if (side->targets[i].whales.n == 0)
            continue;
        if (whales != NULL || i > 0) /* told by other columns than u is of */
            return scan_run(scan, side->plan->where, err);
        whales = &side->targets[i].whales;
    }
    return scan_below(scan, side->rate, whales, side->plan->where, err);
}

static bool
choose_cohort(struct chosen_rows *set, int number, struct decant_error *err)
{
    assert(set != NULL);
    struct side *side = &set->sides[number];
    const struct sample_table *plan = side->plan;
    struct scan scan = { .set = set, .side = side, .number = number };
    bool is_exact = false, ok;
    scan.visit = visit_cohort;
    if (plan->role == ROLE_WHOLE) {
        ok = scan_run(&scan, plan->where, err);
    } else if (plan->owner < 0) {
        ok = choose_by_hash(&scan, err);
    } else {
        const struct edge *owner = &set->edges[plan->owner];
        ok = scan_owned(&scan, owner, &owner->parent->members, plan->where, &is_exact, err) &&
             choose_ownerless(&scan, owner, !is_exact, err);
    }
    /* None: is the frame empty, or has it no row below the rate, or of the chosen owners? */
    if (ok && plan->where != NULL && scan.rows == 0) {
        scan.tail = " LIMIT 1";
        ok = scan_run(&scan, plan->where, err);
    }
    if (!ok)
        return blame_rules(plan->where_place, err);
    if (plan->where != NULL && scan.rows == 0)
        return error_set(err, DECANT_REFUSED, "%s: no row of '%s.%s' is in this frame",
                         plan->where_place, plan->table->schema, plan->table->name);
    for (int i = 0; i < side->ntargets; i++)
        chances_sort(&side->targets[i].kept);
    return true;
}

bool
choose_cohorts(struct chosen_rows *set, struct decant_error *err)
{
    assert(set != NULL);
    for (int i = 0; i < set->sampling->ntables; i++) {
        int number = set->sampling->order[i];
        enum sample_role role = set->sides[number].plan->role;
        bool is_empty = role == ROLE_SCHEMA_ONLY ||
                        (role == ROLE_SAMPLED && set->sampling->is_asked); /* nothing to read */
        if (!is_empty && !choose_cohort(set, number, err))
            return false;
    }
    return true;
}
