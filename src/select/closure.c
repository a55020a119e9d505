/* SPDX-License-Identifier: PostgreSQL */
/* Parents are pulled until no foreign key leads out of the set. */
#include "select/internal.h"

#include <assert.h>

bool
edge_key(struct chosen_rows *set, const struct edge *edge, const struct decant_value *values,
         struct key128 *out)
{
    return tuple_key(&edge->child, values, set->fingerprint_key, &set->scratch, out);
}

uint8_t
label_of_factor(struct chosen_rows *set, double factor)
{
    assert(set != NULL);
    if (factor > 1 - 1e-9 && factor < 1 + 1e-9)
        return ORIGIN_SAMPLE;
    for (int i = LABEL_STRATUM; i < set->nlabels; i++)
        if (set->factors[i] == factor)
            return (uint8_t)i;
    if (set->nlabels == LABEL_END)
        return 0;
    set->factors[set->nlabels] = factor;
    return (uint8_t)set->nlabels++;
}

/* Asks for the parent that a row refers to, unless it is in (with its children, if they are
 * wanted). */
static void
want_parent(struct chosen_rows *set, struct edge *edge, const struct decant_value *values)
{
    struct key128 key;
    struct target *parent = edge->parent;
    enum rules_policy policy = edge->plan->policy;
    bool with_children = policy == POLICY_PULL_WITH_CHILDREN;
    if (edge->plan->needs_nothing || policy == POLICY_REASSIGN || policy == POLICY_NULL ||
        !edge_key(set, edge, values, &key))
        return;
    enum origin origin = (enum origin)keyset_get(&parent->members, key);
    bool is_hollow = (origin == ORIGIN_PULLED || origin == ORIGIN_EDGE) &&
                     keyset_get(&parent->completed, key) == 0;
    if (origin != ORIGIN_NONE && !(is_hollow && with_children))
        return;
    uint8_t want = with_children ? WANT_WITH_CHILDREN : WANT_BARE;
    bool is_new = keyset_put(&parent->wanted, key, want);
    if (!is_new && with_children && keyset_get(&parent->wanted, key) != want) {
        keyset_relabel(&parent->wanted, key, want);
        is_new = true;
    }
    edge->brought += is_new && with_children;
    int64_t lead;
    if (is_new && edge->child.ncolumns > 1 && tuple_fits_integer(parent->tuple.columns, 1) &&
        tuple_lead(&edge->child, values, &lead))
        keyset_put(&parent->leads, (struct key128){ (uint64_t)lead, 0 }, 1);
}

bool
add_row(struct chosen_rows *set, int number, const struct decant_value *values,
        struct key128 identity, uint8_t label, double chance)
{
    assert(set != NULL);
    struct side *side = &set->sides[number];
    bool is_new = keyset_put(&side->targets[0].members, identity, label);
    struct key128 place = { side->has_place ? side_place(&values[side->nread]) : 0, 0 };
    /* Rows without a key may be alike: each place counts. */
    if (side->has_place ? !keyset_put(&side->places, place, 1) : !is_new && !side->by_row)
        return false;
    side->counts[label_origin(label)]++;
    if (label == LABEL_HEAVY)
        chances_add(&side->targets[0].kept, identity, chance);
    for (int i = 1; i < side->ntargets; i++) {
        struct key128 key;
        if (!tuple_key(&side->targets[i].tuple, values, set->fingerprint_key, &set->scratch, &key))
            continue;
        keyset_put(&side->targets[i].members, key, label);
        if (label == LABEL_HEAVY)
            chances_add(&side->targets[i].kept, key, chance);
    }
    const struct sample_edges *up = &side->plan->up;
    for (int i = 0; i < up->n; i++) {
        want_parent(set, &set->edges[up->of[i]], values);
        if (label_is_sampled(label))
            fanout_add(set, &set->edges[up->of[i]], values);
    }
    return true;
}

void
complete_row(struct chosen_rows *set, int number, const struct decant_value *values)
{
    assert(set != NULL);
    const struct sample_edges *down = &set->sampling->tables[number].down;
    for (int i = 0; i < down->n; i++) {
        struct edge *edge = &set->edges[down->of[i]];
        struct key128 key;
        if (edge->is_owner &&
            tuple_key(&edge->parent->tuple, values, set->fingerprint_key, &set->scratch, &key) &&
            keyset_put(&edge->complete, key, WANT_WITH_CHILDREN))
            edge->has_new = true;
    }
}

/* Another row that is alike may be in. */
static bool
is_missing(const struct scan *scan, struct key128 identity)
{
    return scan->side->has_place ||
           keyset_get(&scan->side->targets[0].members, identity) == ORIGIN_NONE;
}

static void
mark_completed(struct scan *scan, const struct decant_value *values)
{
    for (int i = 0; i < scan->side->ntargets; i++) {
        struct target *target = &scan->side->targets[i];
        struct key128 key;
        if (target->asked.count > 0 && tuple_key(&target->tuple, values, scan->set->fingerprint_key,
                                                 &scan->set->scratch, &key))
            keyset_put(&target->completed, key, WANT_WITH_CHILDREN);
    }
}

/* Rows that are wanted as parents. */
static bool
visit_wanted(struct scan *scan, const struct decant_value *values, struct key128 identity,
             struct decant_error *err)
{
    struct chosen_rows *set = scan->set;
    enum want want = WANT_NOTHING;
    (void)err;
    for (int i = 0; i < scan->side->ntargets; i++) {
        struct target *target = &scan->side->targets[i];
        struct key128 key;
        if (target->asked.count > 0 && !(i == 0 && scan->side->by_row) &&
            tuple_key(&target->tuple, values, set->fingerprint_key, &set->scratch, &key)) {
            enum want here = (enum want)keyset_get(&target->asked, key);
            want = here > want ? here : want;
        }
    }
    if (want == WANT_NOTHING)
        return true;
    /* A row that was chosen meanwhile has the children that were chosen for it. */
    enum origin origin = label_origin(keyset_get(&scan->side->targets[0].members, identity));
    if (!scan->side->has_place && origin != ORIGIN_NONE && origin != ORIGIN_PULLED &&
        origin != ORIGIN_EDGE)
        return true;
    if (is_missing(scan, identity))
        add_row(set, scan->number, values, identity, ORIGIN_PULLED, 0);
    if (want == WANT_WITH_CHILDREN) {
        mark_completed(scan, values);
        complete_row(set, scan->number, values);
    }
    return true;
}

struct edge *
empty_parent(struct chosen_rows *set, int number, const struct decant_value *values)
{
    const struct sample_edges *up = &set->sampling->tables[number].up;
    for (int i = 0; i < up->n; i++) {
        struct edge *edge = &set->edges[up->of[i]];
        struct key128 key;
        if (edge->plan->policy == POLICY_REQUIRE && !edge->plan->needs_nothing &&
            set->sides[edge->plan->parent].plan->role == ROLE_SCHEMA_ONLY &&
            edge_key(set, edge, values, &key))
            return edge;
    }
    return NULL;
}

/* Rows that belong to a completed parent. */
static bool
visit_completed(struct scan *scan, const struct decant_value *values, struct key128 identity,
                struct decant_error *err)
{
    struct chosen_rows *set = scan->set;
    const struct edge *owner = &set->edges[scan->side->plan->owner];
    struct key128 key;
    (void)err;
    if (!edge_key(set, owner, values, &key) || keyset_get(&owner->complete, key) == WANT_NOTHING)
        return true;
    struct edge *empty = empty_parent(set, scan->number, values);
    if (empty != NULL) {
        empty->required_away++;
        return true;
    }
    if (is_missing(scan, identity))
        add_row(set, scan->number, values, identity, ORIGIN_COMPLETED, 0);
    complete_row(set, scan->number, values);
    return true;
}

static void
find_dangling(struct side *side)
{
    for (int i = 0; i < side->ntargets; i++) {
        struct target *target = &side->targets[i];
        for (size_t j = 0; j < target->asked.nslots; j++) {
            struct key128 key = keyset_key(&target->asked, j);
            if (target->asked.labels[j] != 0 && keyset_get(&target->members, key) == 0)
                keyset_put(&target->dangling, key, 1);
        }
    }
}

/* Pulls the parents that one table is asked for. Rows may ask for others of their own table while
 * it is read; those wait for the next round. Keys that no row has dangle in the source, too. */
static bool
pull_wanted(struct chosen_rows *set, int number, bool *found, struct decant_error *err)
{
    struct side *side = &set->sides[number];
    struct scan scan = { .set = set, .side = side, .number = number };
    bool ok = true;
    scan.visit = visit_wanted;
    for (int i = 0; i < side->ntargets; i++) {
        side->targets[i].asked = side->targets[i].wanted;
        side->targets[i].wanted = (struct keyset){ 0 };
    }
    for (int i = 0; ok && i < side->ntargets; i++)
        if (side->targets[i].asked.count > 0) {
            struct keyset leads = side->targets[i].leads;
            side->targets[i].leads = (struct keyset){ 0 };
            ok = leads.count > 0
                     ? scan_leads(&scan, &side->targets[i], &leads, err)
                     : scan_keys(&scan, &side->targets[i], &side->targets[i].asked, err);
            keyset_deinit(&leads);
            *found = true;
        }
    if (ok)
        find_dangling(side);
    for (int i = 0; i < side->ntargets; i++)
        keyset_deinit(&side->targets[i].asked);
    return ok;
}

static bool
bring_completed(struct chosen_rows *set, int number, bool *found, struct decant_error *err)
{
    struct side *side = &set->sides[number];
    struct edge *owner = side->plan->owner >= 0 ? &set->edges[side->plan->owner] : NULL;
    if (owner == NULL || !owner->has_new || side->plan->role == ROLE_SCHEMA_ONLY)
        return true;
    struct scan scan = { .set = set, .side = side, .number = number };
    scan.visit = visit_completed;
    *found = true;
    owner->has_new = false;
    bool is_exact;
    return scan_owned(&scan, owner, &owner->complete, NULL, &is_exact, err);
}

/* A circle of parents that bring their children may be allowed up to a number of rows. */
static bool
check_limits(const struct chosen_rows *set, struct decant_error *err)
{
    int64_t completed = 0;
    for (int i = 0; i < set->sampling->ntables; i++)
        completed += set->sides[i].counts[ORIGIN_COMPLETED];
    for (int i = 0; i < set->sampling->nedges; i++) {
        const struct edge *edge = &set->edges[i];
        const struct rules_key *rule = edge->plan->rule;
        if (rule == NULL || rule->max_rows == 0 || edge->brought + completed <= rule->max_rows)
            continue;
        error_set(err, DECANT_REFUSED, "%s: '%s' brings more than max_rows: %lld",
                  edge->plan->place, rule->name, (long long)rule->max_rows);
        return error_hint(err,
                          "%lld parents with %lld rows of theirs so far; say 'pull', or allow more",
                          (long long)edge->brought, (long long)completed);
    }
    return true;
}

/* Every round adds keys of a finite set, so it ends. */
bool
close_keys(struct chosen_rows *set, struct decant_error *err)
{
    assert(set != NULL);
    for (bool found = true; found;) {
        found = false;
        for (int i = 0; i < set->sampling->ntables; i++)
            if (!pull_wanted(set, i, &found, err) || !bring_completed(set, i, &found, err))
                return false;
        if (!check_limits(set, err))
            return false;
    }
    return scan_check_memory(set, err);
}
