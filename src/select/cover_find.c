/* SPDX-License-Identifier: PostgreSQL */
/* Reading every table for what its rows show: first whose children there are, then the states. */
#include "select/cover.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "select/hash.h"

enum { MOST_AT_ONCE = 500 }; /* states of which one statement tells */

/* One viewer's view: it shares all but the connection and the buffer. */
struct viewer {
    struct cover *cover;
    struct chosen_rows view;
    int from, to;  /* states that it is told of */
    int64_t bytes; /* of the keys of parents that it counts, as far as they were added up */
};

static void
viewer_init(struct viewer *viewer, struct cover *cover, int worker)
{
    *viewer = (struct viewer){ .cover = cover, .view = *cover->set };
    viewer->view.conn = viewer->view.conns[worker];
    viewer->view.scratch = (struct buf){ 0 };
}

bool
cover_next_states(const struct states_list *list, bool with_ends, int *from, int *to)
{
    assert(list != NULL && *from >= 0);
    while (!with_ends && *from < list->n && list->items[*from].kind == STATES_OF_ENDS)
        ++*from;
    *to = *from;
    while (*to < list->n && *to - *from < MOST_AT_ONCE &&
           (with_ends || list->items[*to].kind != STATES_OF_ENDS))
        ++*to;
    return *to > *from;
}

/* ---- children */

/* What the reader's keys take is added to what all readers' take. */
static bool
check_children(struct viewer *viewer, int number, struct decant_error *err)
{
    struct cover *cover = viewer->cover;
    const struct sample_edges *up = &cover->set->sampling->tables[number].up;
    int64_t bytes = 0;
    for (int i = 0; i < up->n; i++)
        bytes += (int64_t)keyset_bytes(&cover->families[up->of[i]].children);
    int64_t more = bytes - viewer->bytes;
    viewer->bytes = bytes;
    int64_t used = atomic_fetch_add(&cover->bytes, more) + more;
    if (used <= cover->set->memory_bytes)
        return true;
    error_set(err, DECANT_REFUSED, "the keys of parents of a cover take more than %lld MiB",
              (long long)(cover->set->memory_bytes >> 20));
    return error_hint(err, "%lld MiB were in use; allow more with --memory",
                      (long long)(used >> 20));
}

static bool
visit_child(struct scan *scan, const struct decant_value *values, struct key128 identity,
            struct decant_error *err)
{
    enum { ONE = 1, MORE, CHECK_EVERY = 4096 };
    struct viewer *viewer = scan->ctx;
    const struct sample_edges *up = &scan->side->plan->up;
    (void)identity;
    for (int i = 0; i < up->n; i++) {
        struct family *family = &viewer->cover->families[up->of[i]];
        struct key128 key;
        if ((family->shows_none || family->shows_some) &&
            edge_key(scan->set, &scan->set->edges[up->of[i]], values, &key) &&
            !keyset_put(&family->children, key, ONE))
            keyset_relabel(&family->children, key, MORE);
    }
    return scan->rows % CHECK_EVERY != 0 || check_children(viewer, scan->number, err);
}

static bool
count_children(void *ctx, int worker, int item, struct decant_error *err)
{
    struct cover *cover = ctx;
    const struct side *side = &cover->set->sides[item];
    struct viewer viewer;
    bool counts = false;
    for (int i = 0; i < side->plan->up.n; i++) {
        const struct family *family = &cover->families[side->plan->up.of[i]];
        counts |= family->shows_none || family->shows_some;
    }
    if (!counts)
        return true;
    viewer_init(&viewer, cover, worker);
    struct scan scan = { .set = &viewer.view, .side = &viewer.view.sides[item], .number = item };
    scan.visit = visit_child;
    scan.ctx = &viewer;
    bool ok = scan_run(&scan, NULL, err);
    buf_deinit(&viewer.view.scratch);
    return ok && check_children(&viewer, item, err);
}

/* ---- states */

static void
keep_sibling(struct siblings *siblings, struct candidate row)
{
    if (siblings->n == 2 && row.u >= siblings->rows[1].u)
        return;
    if (siblings->n < 2)
        siblings->n++;
    int at = siblings->n - 1;
    if (at == 1 && siblings->rows[0].u > row.u) {
        siblings->rows[1] = siblings->rows[0];
        at = 0;
    }
    siblings->rows[at] = row;
}

/* Keeps two children of each of the parents with the smallest u. */
static void
keep_family(struct family *family, struct key128 parent, uint64_t u, struct candidate row)
{
    int at = 0;
    while (at < family->nmany && family->many[at].u < u)
        at++;
    if (at < family->nmany && family->many[at].parent.a == parent.a &&
        family->many[at].parent.b == parent.b) {
        keep_sibling(&family->many[at], row);
        return;
    }
    if (at == COVER_FAMILIES)
        return;
    int last = family->nmany < COVER_FAMILIES ? family->nmany++ : COVER_FAMILIES - 1;
    memmove(&family->many[at + 1], &family->many[at], (size_t)(last - at) * sizeof *family->many);
    family->many[at] = (struct siblings){ .u = u, .parent = parent, .n = 1, .rows = { row } };
}

static void
count_state(struct state *state, bool is_in, bool may_come, int wanted, struct candidate row)
{
    state->rows++;
    state->in_copy += is_in;
    if (may_come)
        states_keep(state, wanted, row);
}

/* What the row shows as a child, and as a parent. */
static void
note_families(struct scan *scan, const struct decant_value *values, bool is_in, bool may_come,
              struct candidate row)
{
    struct viewer *viewer = scan->ctx;
    const struct sample_table *plan = scan->side->plan;
    struct chosen_rows *set = scan->set;
    struct key128 key;
    for (int i = 0; i < plan->up.n; i++) {
        struct family *family = &viewer->cover->families[plan->up.of[i]];
        if (!family->shows_some || !edge_key(set, &set->edges[plan->up.of[i]], values, &key))
            continue;
        if (keyset_get(&family->children, key) == 1) {
            count_state(&family->one, is_in, may_come, STATES_KEPT, row);
            continue;
        }
        family->more++;
        if (may_come)
            keep_family(family, key, hash_bytes(&key, sizeof key, scan->side->chooser.seed), row);
    }
    for (int i = 0; i < plan->down.n; i++) {
        struct family *family = &viewer->cover->families[plan->down.of[i]];
        const struct edge *edge = &set->edges[plan->down.of[i]];
        if (family->shows_none &&
            tuple_key(&edge->parent->tuple, values, set->fingerprint_key, &set->scratch, &key) &&
            keyset_get(&family->children, key) == 0)
            count_state(&family->none, is_in, may_come, STATES_KEPT, row);
    }
}

static bool
visit_row(struct scan *scan, const struct decant_value *values, struct key128 identity,
          struct decant_error *err)
{
    struct viewer *viewer = scan->ctx;
    struct states_list *list = &viewer->cover->lists[scan->number];
    const struct side *side = scan->side;
    const struct target *first = &side->targets[0];
    bool is_in = keyset_get(&first->members, identity) != ORIGIN_NONE;
    bool may_come = !is_in && empty_parent(scan->set, scan->number, values) == NULL;
    struct candidate row = { .identity = identity, .alike = 1 };
    (void)err;
    row.u = tuple_u(&first->tuple, values, identity, &side->chooser);
    if (!side->by_row && tuple_fits_integer(first->tuple.columns, 1))
        tuple_lead(&first->tuple, values, &row.lead);
    for (int i = viewer->from; i < viewer->to; i++) {
        struct states *states = &list->items[i];
        const struct decant_value *here = &values[side->nread + side->has_place + i - viewer->from];
        struct state *state = states->n >= 0 && here->len == sizeof(uint64_t)
                                  ? states_find(states, get_u64(here->data))
                                  : NULL;
        if (state != NULL)
            count_state(state, is_in, may_come, states->wanted, row);
    }
    if (viewer->from == 0)
        note_families(scan, values, is_in, may_come, row);
    return true;
}

/* Appends the sub-select that tells the ends, if any of the states has some. */
static void
put_ends(const struct states_list *list, const struct scan *scan, int from, int to, struct buf *out)
{
    const char *separator = " CROSS JOIN (SELECT ";
    for (int i = from; i < to; i++)
        if (list->items[i].ends != NULL) {
            buf_printf(out, "%s%s", separator, list->items[i].ends);
            separator = ", ";
        }
    if (out->len == 0)
        return;
    buf_puts(out, " FROM ");
    catalog_put_rows(scan->side->plan->table, out);
    buf_puts(out, " AS decant_row");
    if (scan->side->plan->where != NULL)
        buf_printf(out, " WHERE (%s)", scan->side->plan->where);
    buf_puts(out, ") AS decant_ends");
}

static bool
find_states(void *ctx, int worker, int item, struct decant_error *err)
{
    struct cover *cover = ctx;
    struct states_list *list = &cover->lists[item];
    struct viewer viewer;
    bool ok = true, is_first = true;
    if (cover->set->sides[item].plan->role != ROLE_SAMPLED)
        return true;
    viewer_init(&viewer, cover, worker);
    struct scan scan = { .set = &viewer.view, .side = &viewer.view.sides[item], .number = item };
    scan.visit = visit_row;
    scan.ctx = &viewer;
    for (; ok && (cover_next_states(list, true, &viewer.from, &viewer.to) || is_first);
         viewer.from = viewer.to) {
        struct buf extra = { 0 }, ends = { 0 };
        for (int i = viewer.from; i < viewer.to; i++)
            buf_printf(&extra, ", %s", list->items[i].sql);
        put_ends(list, &scan, viewer.from, viewer.to, &ends);
        scan.extra = buf_str(&extra);
        scan.nextra = viewer.to - viewer.from;
        scan.beside = buf_str(&ends);
        ok = scan_run(&scan, scan.side->plan->where, err);
        buf_deinit(&extra);
        buf_deinit(&ends);
        is_first = false;
    }
    buf_deinit(&viewer.view.scratch);
    return ok;
}

/* ---- features */

static void
number_state(struct cover *cover, struct state *state, int least)
{
    bool is_wanted = state->rows >= least && state->in_copy == 0; /* else the rules bring it */
    state->feature = is_wanted ? cover->nfeatures++ : -1;
}

/* In the order of their keys: that in which they were met depends on where rows lie. */
static void
number_states(struct cover *cover, struct states *states)
{
    struct state *last = NULL;
    for (int i = 0; i < states->n; i++) {
        struct state *next = NULL;
        for (int j = 0; j < states->n; j++) {
            struct state *here = &states->values[j];
            if ((last == NULL || here->key > last->key) && (next == NULL || here->key < next->key))
                next = here;
        }
        assert(next != NULL);
        number_state(cover, next, states->least);
        last = next;
    }
}

static void
number_features(struct cover *cover)
{
    for (int t = 0; t < cover->set->sampling->ntables; t++)
        for (int i = 0; i < cover->lists[t].n; i++)
            number_states(cover, &cover->lists[t].items[i]);
    for (int i = 0; i < cover->set->sampling->nedges; i++) {
        struct family *family = &cover->families[i];
        number_state(cover, &family->none, 1);
        number_state(cover, &family->one, 1);
        family->feature_of_many = family->more > 0 ? cover->nfeatures++ : -1;
    }
}

/* What tables that are whole show, they show anyway; and made-up keys show nothing of the source.
 */
static void
list_features(struct cover *cover)
{
    struct chosen_rows *set = cover->set;
    for (int i = 0; i < set->sampling->ntables; i++) {
        if (set->sides[i].plan->role != ROLE_SAMPLED)
            continue;
        states_add_values(set, i, STATES_KEPT, false, &cover->lists[i]);
        states_add_nulls(set, i, STATES_KEPT, &cover->lists[i]);
        states_add_others(set, i, STATES_KEPT, &cover->lists[i]);
    }
    for (int i = 0; i < set->sampling->nedges; i++) {
        const struct sample_edge *plan = &set->sampling->edges[i];
        bool is_kept = plan->policy != POLICY_REASSIGN && plan->policy != POLICY_NULL &&
                       set->sides[plan->child].plan->role != ROLE_SCHEMA_ONLY;
        enum sample_role child = set->sides[plan->child].plan->role;
        enum sample_role parent = set->sides[plan->parent].plan->role;
        cover->families[i].shows_some =
            is_kept && child == ROLE_SAMPLED && parent != ROLE_SCHEMA_ONLY;
        cover->families[i].shows_none = is_kept && parent == ROLE_SAMPLED;
    }
}

bool
cover_find(struct cover *cover, struct decant_error *err)
{
    assert(cover != NULL && cover->nfeatures == 0);
    struct chosen_rows *set = cover->set;
    list_features(cover);
    if (!set_map(set, set->sampling->ntables, cover, count_children, err) ||
        !set_map(set, set->sampling->ntables, cover, find_states, err))
        return false;
    number_features(cover);
    return true;
}
