/* SPDX-License-Identifier: PostgreSQL */
/* The rows that a cover may choose: candidates of each feature, and all that they refer to. */
#include "select/cover_rows.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { NEW = -1 }; /* a row of which nothing is told yet */

/* Keys of rows to fetch. */
struct wish {
    struct keyset keys;
    struct keyset leads; /* the first column of each, where all have an integer there */
    bool has_leads;
};

/* Where rows are found by the columns of a target. */
struct finding {
    struct map rows;           /* number + 1 */
    struct keyset sought;      /* ever */
    struct wish wanted, asked; /* what is wanted while a table is read waits for the next round */
};

/* Of two fingerprints it is the same by chance only. */
static uint64_t
number_of(struct key128 key)
{
    return key.a ^ key.b;
}

static int
find_row(const struct finding *finding, struct key128 key)
{
    return (int)(intptr_t)map_get(&finding->rows, number_of(key)) - 1;
}

static void
enter(struct finding *finding, struct key128 key, int row)
{
    map_put(&finding->rows, number_of(key), (void *)(intptr_t)(row + 1));
}

static void
mark(struct cover_rows *rows, int row, int feature)
{
    if (feature < 0)
        return;
    rows->marks = mem_grow(rows->marks, rows->nmarks, sizeof *rows->marks);
    rows->marks[rows->nmarks++] = (struct cover_mark){ row, feature };
}

/* ---- asking */

static void
ask(struct cover *cover, int table, int target, struct key128 key, const int64_t *lead)
{
    struct finding *finding = &cover->rows->findings[table][target];
    if (!keyset_put(&finding->sought, key, 1))
        return;
    struct wish *wish = &finding->wanted;
    wish->has_leads = (wish->keys.count == 0 || wish->has_leads) && lead != NULL;
    keyset_put(&wish->keys, key, 1);
    if (lead != NULL)
        keyset_put(&wish->leads, (struct key128){ (uint64_t)*lead, 0 }, 1);
}

static void
ask_for(struct cover *cover, int table, const struct candidate *row)
{
    const struct side *side = &cover->set->sides[table];
    bool has_lead = !side->by_row && tuple_fits_integer(side->targets[0].tuple.columns, 1);
    ask(cover, table, 0, row->identity, has_lead ? &row->lead : NULL);
}

static void
ask_for_state(struct cover *cover, int table, const struct state *state)
{
    for (int i = 0; state->feature >= 0 && i < state->n; i++)
        ask_for(cover, table, &state->smallest[i]);
}

static void
ask_for_candidates(struct cover *cover)
{
    const struct sampling *sampling = cover->set->sampling;
    for (int t = 0; t < sampling->ntables; t++)
        for (int i = 0; i < cover->lists[t].n; i++)
            for (int j = 0; j < cover->lists[t].items[i].n; j++)
                ask_for_state(cover, t, &cover->lists[t].items[i].values[j]);
    for (int i = 0; i < sampling->nedges; i++) {
        const struct family *family = &cover->families[i];
        ask_for_state(cover, sampling->edges[i].parent, &family->none);
        ask_for_state(cover, sampling->edges[i].child, &family->one);
        for (int j = 0; j < family->nmany; j++)
            for (int k = 0; k < family->many[j].n; k++)
                ask_for(cover, sampling->edges[i].child, &family->many[j].rows[k]);
    }
}

/* ---- fetching */

struct fetch {
    struct cover *cover;
    int from, to; /* states that are told */
    bool is_first;
};

static int
target_number(const struct side *side, const struct target *target)
{
    return (int)(target - side->targets);
}

/* Does the selection pull the parent? */
static bool
needs(const struct sample_edge *edge)
{
    return !edge->needs_nothing && edge->policy != POLICY_REASSIGN && edge->policy != POLICY_NULL;
}

static void
note_ends(struct cover *cover, int row)
{
    const struct cover_row *here = &cover->rows->rows[row];
    const struct states_list *list = &cover->lists[here->table];
    for (int i = 0; i < list->n; i++) {
        const struct states *states = &list->items[i];
        for (int j = 0; states->kind == STATES_OF_ENDS && j < states->n; j++)
            for (int k = 0; k < states->values[j].n; k++)
                if (states->values[j].smallest[k].identity.a == here->at.identity.a &&
                    states->values[j].smallest[k].identity.b == here->at.identity.b)
                    mark(cover->rows, row, states->values[j].feature);
    }
}

static void
note_kin(struct scan *scan, const struct decant_value *values, int row)
{
    struct cover *cover = ((struct fetch *)scan->ctx)->cover;
    struct cover_rows *rows = cover->rows;
    struct chosen_rows *set = cover->set;
    const struct sample_table *plan = scan->side->plan;
    struct key128 key;
    for (int i = 0; i < plan->up.n; i++) {
        const struct family *family = &cover->families[plan->up.of[i]];
        const struct edge *edge = &set->edges[plan->up.of[i]];
        if (!edge_key(set, edge, values, &key))
            continue;
        if (keyset_get(&family->children, key) == 1)
            mark(rows, row, family->one.feature);
        rows->refs = mem_grow(rows->refs, rows->nrefs, sizeof *rows->refs);
        rows->refs[rows->nrefs++] = (struct cover_ref){ row, plan->up.of[i], key };
        int64_t lead;
        int target = target_number(&set->sides[edge->plan->parent], edge->parent);
        bool has_lead = tuple_fits_integer(edge->parent->tuple.columns, 1) &&
                        tuple_lead(&edge->child, values, &lead);
        if (needs(edge->plan) && keyset_get(&edge->parent->members, key) == 0)
            ask(cover, edge->plan->parent, target, key, has_lead ? &lead : NULL);
    }
    for (int i = 0; i < plan->down.n; i++) {
        const struct family *family = &cover->families[plan->down.of[i]];
        if (family->none.feature >= 0 &&
            tuple_key(&set->edges[plan->down.of[i]].parent->tuple, values, set->fingerprint_key,
                      &set->scratch, &key) &&
            keyset_get(&family->children, key) == 0)
            mark(rows, row, family->none.feature);
    }
}

static int
add_fetched(struct scan *scan, const struct decant_value *values, struct key128 identity)
{
    struct cover *cover = ((struct fetch *)scan->ctx)->cover;
    struct cover_rows *rows = cover->rows;
    struct side *side = scan->side;
    struct candidate at = { .identity = identity, .alike = 1 };
    int number = (int)rows->n;
    at.u = tuple_u(&side->targets[0].tuple, values, identity, &side->chooser);
    if (!side->by_row && tuple_fits_integer(side->targets[0].tuple.columns, 1))
        tuple_lead(&side->targets[0].tuple, values, &at.lead);
    rows->rows = mem_grow(rows->rows, rows->n, sizeof *rows->rows);
    rows->rows[rows->n++] =
        (struct cover_row){ scan->number, NEW,
                            empty_parent(scan->set, scan->number, values) != NULL, at };
    enter(&rows->findings[scan->number][0], identity, number);
    for (int i = 1; i < side->ntargets; i++) {
        struct key128 key;
        if (tuple_key(&side->targets[i].tuple, values, scan->set->fingerprint_key,
                      &scan->set->scratch, &key))
            enter(&rows->findings[scan->number][i], key, number);
    }
    note_ends(cover, number);
    return number;
}

static bool
is_asked_for(const struct scan *scan, const struct decant_value *values, struct key128 identity)
{
    const struct finding *findings =
        ((const struct fetch *)scan->ctx)->cover->rows->findings[scan->number];
    if (keyset_get(&findings[0].asked.keys, identity) != 0)
        return true;
    for (int i = 1; i < scan->side->ntargets; i++) {
        struct key128 key;
        if (findings[i].asked.keys.count > 0 &&
            tuple_key(&scan->side->targets[i].tuple, values, scan->set->fingerprint_key,
                      &scan->set->scratch, &key) &&
            keyset_get(&findings[i].asked.keys, key) != 0)
            return true;
    }
    return false;
}

static bool
visit_fetched(struct scan *scan, const struct decant_value *values, struct key128 identity,
              struct decant_error *err)
{
    const struct fetch *fetch = scan->ctx;
    struct cover *cover = fetch->cover;
    struct states_list *list = &cover->lists[scan->number];
    (void)err;
    if (!is_asked_for(scan, values, identity) ||
        keyset_get(&scan->side->targets[0].members, identity) != 0)
        return true;
    int number = find_row(&cover->rows->findings[scan->number][0], identity);
    if (number < 0)
        number = add_fetched(scan, values, identity);
    if (cover->rows->rows[number].told == NEW) {
        note_kin(scan, values, number);
    } else if (cover->rows->rows[number].told >= fetch->to) {
        /* without a key rows that are alike come together */
        cover->rows->rows[number].at.alike += scan->side->by_row && fetch->is_first;
        return true;
    }
    for (int i = fetch->from; i < fetch->to; i++) {
        const struct decant_value *here =
            &values[scan->side->nread + scan->side->has_place + i - fetch->from];
        const struct state *state =
            here->len == sizeof(uint64_t) ? states_get(&list->items[i], get_u64(here->data)) : NULL;
        if (state != NULL)
            mark(cover->rows, number, state->feature);
    }
    cover->rows->rows[number].told = fetch->to;
    return true;
}

static bool
scan_asked(struct scan *scan, struct cover *cover, int target, struct decant_error *err)
{
    const struct wish *asked = &cover->rows->findings[scan->number][target].asked;
    const struct target *of = &scan->side->targets[target];
    if (asked->keys.count == 0)
        return true;
    if (target == 0 && scan->side->by_row)
        return scan_run(scan, NULL, err);
    return asked->has_leads ? scan_leads(scan, of, &asked->leads, err)
                            : scan_keys(scan, of, &asked->keys, err);
}

static void
wish_deinit(struct wish *wish)
{
    keyset_deinit(&wish->keys);
    keyset_deinit(&wish->leads);
}

/* Takes up what is wanted of a table; false: nothing. */
static bool
take_up(struct cover *cover, int table)
{
    bool any = false;
    for (int i = 0; i < cover->set->sides[table].ntargets; i++) {
        struct finding *finding = &cover->rows->findings[table][i];
        wish_deinit(&finding->asked);
        finding->asked = finding->wanted;
        finding->wanted = (struct wish){ 0 };
        any |= finding->asked.keys.count > 0;
    }
    return any;
}

static bool
fetch_table(struct cover *cover, int table, struct decant_error *err)
{
    struct side *side = &cover->set->sides[table];
    struct fetch fetch = { .cover = cover, .is_first = true };
    struct scan scan = { .set = cover->set, .side = side, .number = table, .ctx = &fetch };
    bool ok = true;
    scan.visit = visit_fetched;
    for (; ok && (cover_next_states(&cover->lists[table], false, &fetch.from, &fetch.to) ||
                  fetch.is_first);
         fetch.from = fetch.to) {
        struct buf extra = { 0 };
        for (int i = fetch.from; i < fetch.to; i++)
            buf_printf(&extra, ", %s", cover->lists[table].items[i].sql);
        scan.extra = buf_str(&extra);
        scan.nextra = fetch.to - fetch.from;
        for (int i = 0; ok && i < side->ntargets; i++)
            ok = scan_asked(&scan, cover, i, err);
        buf_deinit(&extra);
        fetch.is_first = false;
    }
    return ok;
}

static void
make_rows(struct cover *cover)
{
    const int n = cover->set->sampling->ntables;
    struct cover_rows *rows = mem_alloc(sizeof *rows);
    rows->ntables = n;
    rows->findings = ARENA_ARRAY(&rows->arena, struct finding *, n + 1);
    rows->nfindings = ARENA_ARRAY(&rows->arena, int, n + 1);
    for (int t = 0; t < n; t++) {
        rows->nfindings[t] = cover->set->sides[t].ntargets;
        rows->findings[t] = ARENA_ARRAY(&rows->arena, struct finding, rows->nfindings[t]);
    }
    cover->rows = rows;
}

/* Every round asks for keys that were never asked for, so it ends. */
bool
cover_fetch(struct cover *cover, struct decant_error *err)
{
    assert(cover != NULL && cover->rows == NULL);
    make_rows(cover);
    ask_for_candidates(cover);
    for (bool found = true; found;) {
        found = false;
        for (int t = 0; t < cover->rows->ntables; t++) {
            if (!take_up(cover, t))
                continue;
            if (!fetch_table(cover, t, err))
                return false;
            found = true;
        }
    }
    return true;
}

/* ---- the rows that are chosen */

int
cover_parent(const struct cover *cover, const struct cover_ref *ref)
{
    assert(cover->rows != NULL);
    const struct edge *edge = &cover->set->edges[ref->edge];
    int table = edge->plan->parent;
    int target = target_number(&cover->set->sides[table], edge->parent);
    int parent = find_row(&cover->rows->findings[table][target], ref->key);
    return needs(edge->plan) && parent != ref->row ? parent : -1;
}

void
cover_forget_wanted(struct cover *cover)
{
    assert(cover->rows != NULL);
    for (int t = 0; t < cover->rows->ntables; t++) {
        take_up(cover, t);
        take_up(cover, t);
        keyset_deinit(&cover->rows->findings[t][0].sought);
    }
}

void
cover_want(struct cover *cover, const struct cover_row *row)
{
    assert(row != NULL);
    ask_for(cover, row->table, &row->at);
}

static bool
visit_chosen(struct scan *scan, const struct decant_value *values, struct key128 identity,
             struct decant_error *err)
{
    const struct cover *cover = ((const struct fetch *)scan->ctx)->cover;
    (void)err;
    if (keyset_get(&cover->rows->findings[scan->number][0].asked.keys, identity) != 0)
        add_row(scan->set, scan->number, values, identity, ORIGIN_EDGE, 0);
    return true;
}

bool
cover_take(struct cover *cover, struct decant_error *err)
{
    assert(cover->rows != NULL);
    struct fetch fetch = { .cover = cover };
    for (int t = 0; t < cover->rows->ntables; t++) {
        struct scan scan = { .set = cover->set, .side = &cover->set->sides[t], .number = t };
        scan.visit = visit_chosen;
        scan.ctx = &fetch;
        if (take_up(cover, t) && !scan_asked(&scan, cover, 0, err))
            return false;
    }
    return true;
}

void
cover_rows_free(struct cover_rows *rows)
{
    if (rows == NULL)
        return;
    for (int t = 0; t < rows->ntables; t++) {
        for (int i = 0; i < rows->nfindings[t]; i++) {
            map_deinit(&rows->findings[t][i].rows);
            keyset_deinit(&rows->findings[t][i].sought);
            wish_deinit(&rows->findings[t][i].wanted);
            wish_deinit(&rows->findings[t][i].asked);
        }
    }
    free(rows->rows);
    free(rows->refs);
    free(rows->marks);
    arena_deinit(&rows->arena);
    free(rows);
}
