/* SPDX-License-Identifier: PostgreSQL */
/*
 * Edge rows: of values and patterns of NULLs that many rows share but the sample has too few of,
 * the rows with the smallest u are added, without weight. A value that fewer than five rows share
 * could tell who they belong to, and a column of more than fifty values is no list of states.
 *
 * A state is known by a number that the source computes: a hash of the value, or bits for NULLs.
 * First the rows of the copy are read; then those rows of the source that have a state of which the
 * copy has too few, which are few themselves.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "select/states.h"

enum {
    LEAST_BUDGET = 10,
    MOST_KEPT = 10, /* rows per value */
};

/* A row that a state wants. */
struct wish {
    int64_t rank; /* the first row of every value comes before the second of any */
    int64_t rows; /* the rarest first */
    struct candidate row;
};

/* Of each table only its wishes stay: its states are much. */
struct finder {
    struct chosen_rows *set, *view; /* the reader's, while it reads */
    int number;                     /* of the table */
    bool in_source;                 /* else the rows of the copy are read */
    struct states_list states;
    size_t nwishes;
    struct wish *wishes; /* the most urgent first */
};

static bool
has_lead(const struct side *side)
{
    return !side->by_row && tuple_fits_integer(side->targets[0].tuple.columns, 1);
}

static bool
visit_states(struct scan *scan, const struct decant_value *values, struct key128 identity,
             struct decant_error *err)
{
    assert(scan != NULL);
    struct finder *finder = scan->ctx;
    struct chosen_rows *set = finder->view;
    const struct target *first = &scan->side->targets[0];
    bool is_in = keyset_get(&first->members, identity) != ORIGIN_NONE;
    bool may_come =
        finder->in_source && !is_in && missing_parent(set, scan->number, values) == NULL;
    if (!finder->in_source && !is_in)
        return true;
    struct candidate row = { .identity = identity, .alike = 1 };
    if (may_come) {
        row.u = tuple_u(&first->tuple, values, identity, &scan->side->chooser);
        if (has_lead(scan->side))
            tuple_lead(&first->tuple, values, &row.lead);
    }
    (void)err;
    for (int i = 0; i < finder->states.n; i++) {
        struct states *states = &finder->states.items[i];
        const struct decant_value *here = &values[scan->side->nread + scan->side->has_place + i];
        if (states->n < 0 || here->len != 8)
            continue;
        struct state *value = states_find(states, get_u64(here->data));
        if (value == NULL || value->is_satisfied)
            continue;
        value->rows++;
        value->in_copy += is_in;
        if (may_come)
            states_keep(value, states->wanted, row);
    }
    return true;
}

static int
at_most(int wanted)
{
    return wanted < MOST_KEPT ? wanted : MOST_KEPT;
}

static void
list_states(struct finder *finder)
{
    const struct sampling *sampling = finder->set->sampling;
    if (sampling->per_value > 0)
        states_add_values(finder->set, finder->number, at_most(sampling->per_value), true,
                          &finder->states);
    if (sampling->null_patterns > 0)
        states_add_nulls(finder->set, finder->number, at_most(sampling->null_patterns),
                         &finder->states);
}

/* ---- which rows */

static int
by_urgency(const void *a, const void *b)
{
    const struct wish *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    if (x->rows != y->rows)
        return x->rows < y->rows ? -1 : 1;
    return (x->row.u > y->row.u) - (x->row.u < y->row.u);
}

static void
list_wishes(struct finder *finder)
{
    for (int i = 0; i < finder->states.n; i++) {
        const struct states *states = &finder->states.items[i];
        for (int j = 0; j < states->n; j++) {
            const struct state *value = &states->values[j];
            int64_t there = value->is_satisfied ? states->wanted : value->in_copy;
            for (int k = 0; value->rows >= states->least && there < states->wanted && k < value->n;
                 there += value->smallest[k++].alike) {
                finder->wishes = mem_grow(finder->wishes, finder->nwishes, sizeof *finder->wishes);
                finder->wishes[finder->nwishes++] =
                    (struct wish){ there, value->rows, value->smallest[k] };
            }
        }
    }
    if (finder->nwishes > 0)
        qsort(finder->wishes, finder->nwishes, sizeof *finder->wishes, by_urgency);
    states_free(&finder->states);
}

static bool
visit_asked(struct scan *scan, const struct decant_value *values, struct key128 identity,
            struct decant_error *err)
{
    (void)err;
    if (keyset_get(&scan->side->targets[0].asked, identity) != 0)
        add_row(scan->set, scan->number, values, identity, ORIGIN_EDGE, 0);
    return true;
}

static bool
add_wishes(const struct finder *finder, int number, struct decant_error *err)
{
    struct chosen_rows *set = finder->set;
    struct side *side = &set->sides[number];
    struct target *first = &side->targets[0];
    double budget = set->sampling->edge_budget * (double)first->members.count;
    int64_t left = budget > LEAST_BUDGET ? (int64_t)budget : LEAST_BUDGET;
    struct keyset leads = { 0 };
    for (size_t i = 0; i < finder->nwishes && left > 0; i++) {
        const struct candidate *row = &finder->wishes[i].row;
        if (keyset_get(&first->asked, row->identity) != 0)
            continue;
        left -= row->alike; /* of rows that are alike all come: the last may be more than is left */
        keyset_put(&first->asked, row->identity, 1);
        keyset_put(&leads, (struct key128){ (uint64_t)row->lead, 0 }, 1);
    }
    struct scan scan = { .set = set, .side = side, .number = number };
    scan.visit = visit_asked;
    /* Without a key all rows are read. */
    bool ok =
        first->asked.count == 0 || (has_lead(side) ? scan_leads(&scan, first, &leads, err)
                                                   : scan_keys(&scan, first, &first->asked, err));
    keyset_deinit(&leads);
    keyset_deinit(&first->asked);
    return ok;
}

/* Reads the rows of the copy, and others. */
static bool
read_copy(struct scan *scan, struct decant_error *err)
{
    const struct side *side = scan->side;
    bool is_exact;
    if (side->plan->owner >= 0) {
        const struct edge *owner = &scan->set->edges[side->plan->owner];
        return scan_owned(scan, owner, &owner->parent->members, NULL, &is_exact, err);
    }
    if (!side->has_place)
        return scan_keys(scan, &side->targets[0], &side->targets[0].members, err);
    return scan_places(scan, &side->places, err);
}

/* Appends the condition that a row has a state of which the copy has too few. */
static void
put_wanting(struct finder *finder, struct buf *out)
{
    const char *separator = "";
    for (int i = 0; i < finder->states.n; i++) {
        struct states *states = &finder->states.items[i];
        if (states->n < 0)
            continue;
        buf_printf(out, "%sNOT coalesce(%s = ANY ('{", separator, states->sql);
        const char *comma = "";
        for (int j = 0; j < states->n; j++) {
            struct state *value = &states->values[j];
            value->is_satisfied = value->in_copy >= states->wanted;
            value->rows = value->in_copy = 0;
            if (value->is_satisfied) {
                buf_printf(out, "%s%lld", comma, (long long)value->key);
                comma = ",";
            }
        }
        buf_printf(out, "}'::int8[]), %s IS NULL)", states->sql);
        separator = " OR ";
    }
}

/* Looks at one table. Nothing is added meanwhile, so that tables can be looked at side by side:
 * each reader has the set with a connection and a buffer of its own. */
static bool
find_states(void *ctx, int worker, int item, struct decant_error *err)
{
    struct finder *finder = &((struct finder *)ctx)[item];
    struct chosen_rows view = *finder->set;
    struct side *side = &view.sides[finder->number];
    struct scan scan = { .set = &view, .side = side, .number = finder->number };
    struct buf extra = { 0 }, wanting = { 0 };
    view.conn = view.conns[worker];
    view.scratch = (struct buf){ 0 };
    finder->view = &view;
    list_states(finder);
    for (int i = 0; i < finder->states.n; i++)
        buf_printf(&extra, ", %s", finder->states.items[i].sql);
    scan.extra = buf_str(&extra);
    scan.nextra = finder->states.n;
    scan.visit = visit_states;
    scan.ctx = finder;
    bool ok = finder->states.n == 0 || read_copy(&scan, err);
    finder->in_source = true;
    if (ok && finder->states.n > 0)
        put_wanting(finder, &wanting);
    if (ok && wanting.len > 0)
        ok = scan_few(&scan, side->plan->where, buf_str(&wanting), err);
    list_wishes(finder);
    buf_deinit(&extra);
    buf_deinit(&wanting);
    buf_deinit(&view.scratch);
    return ok;
}

static bool
add_states(struct chosen_rows *set, struct decant_error *err)
{
    struct finder *finders = mem_alloc((size_t)(set->sampling->ntables + 1) * sizeof *finders);
    int n = 0;
    for (int i = 0; i < set->sampling->ntables; i++)
        if (set->sides[set->sampling->order[i]].plan->role == ROLE_SAMPLED)
            finders[n++] = (struct finder){ .set = set, .number = set->sampling->order[i] };
    bool ok = set_map(set, n, finders, find_states, err);
    for (int i = 0; ok && i < n; i++)
        ok = finders[i].nwishes == 0 || add_wishes(&finders[i], finders[i].number, err);
    for (int i = 0; i < n; i++)
        free(finders[i].wishes);
    free(finders);
    return ok;
}

bool
edge_rows_add(struct chosen_rows *set, struct decant_error *err)
{
    const struct sampling *sampling = set->sampling;
    return (sampling->per_value == 0 && sampling->null_patterns == 0) || add_states(set, err);
}
