/* SPDX-License-Identifier: PostgreSQL */
/*
 * Policies that change a key, by the user's wish: a row whose parent is not in the copy gets
 * another one, or none. The new parent is the sampled one of like popularity: all parents are
 * ranked by the number of their children, the sampled ones among them likewise, and rank r of N
 * goes to rank r * n / N. So both fan-outs keep their shapes, while who belongs to whom is lost.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "select/hash.h"
#include "select/internal.h"

struct parent {
    int64_t key, children;
    uint64_t u; /* breaks ties alike in every run */
};

/* A row in want of a parent. */
struct pending {
    struct key128 identity, others;
    int64_t old, avoid;
    bool has_avoid;
};

struct moved {
    struct key128 identity;
    int64_t parent;
};

struct reassign {
    struct edge *edge;
    bool is_null;        /* the new key is NULL */
    struct tuple unique; /* the other columns of a unique key that the key is part of */
    bool is_unique;
    const struct edge *sibling; /* another key of the row to the same parents, or NULL */
    struct keyset used;         /* of the unique key */
    struct parent *parents;     /* the most popular first */
    size_t nparents, parents_room;
    int64_t *sampled; /* in the same order */
    size_t nsampled;
    struct pending *pending;
    size_t npending, pending_room;
    struct moved *moved; /* by identity */
    size_t nmoved, moved_room;
};

static int
compare_keys(struct key128 x, struct key128 y)
{
    if (x.a != y.a)
        return x.a < y.a ? -1 : 1;
    return (x.b > y.b) - (x.b < y.b);
}

static int
by_identity(const void *a, const void *b)
{
    return compare_keys(((const struct moved *)a)->identity, ((const struct moved *)b)->identity);
}

static int
pending_by_identity(const void *a, const void *b)
{
    const struct pending *x = a, *y = b;
    return compare_keys(x->identity, y->identity);
}

static int
by_popularity(const void *a, const void *b)
{
    const struct parent *x = a, *y = b;
    if (x->children != y->children)
        return x->children > y->children ? -1 : 1;
    return (x->u > y->u) - (x->u < y->u);
}

static const struct moved *
find_moved(const struct reassign *r, struct key128 identity)
{
    const struct moved wanted = { .identity = identity };
    if (r->nmoved == 0)
        return NULL;
    return bsearch(&wanted, r->moved, r->nmoved, sizeof wanted, by_identity);
}

/* ---- set-up */

static const struct index *
unique_with(const struct table *table, const struct column *column, int *n)
{
    const struct index *found = NULL;
    *n = 0;
    for (int i = 0; i < table->nindexes; i++)
        for (int k = 0; table->indexes[i].is_unique && k < table->indexes[i].nkeys; k++)
            if (table->indexes[i].keys[k].column < 0 ||
                &table->columns[table->indexes[i].keys[k].column] == column) {
                found = &table->indexes[i];
                ++*n;
                break;
            }
    return found;
}

static bool
refuse(const struct edge *edge, struct decant_error *err, const char *why)
{
    return error_set(err, DECANT_USAGE, "%s: '%s' cannot be '%s': %s", edge->plan->place,
                     edge->plan->name, rules_policy_name(edge->plan->policy), why);
}

bool
reassign_set_up(struct chosen_rows *set, struct edge *edge, struct decant_error *err)
{
    struct side *side = &set->sides[edge->plan->child];
    const struct column *column = edge->child.columns[0];
    int n;
    const struct index *unique = unique_with(side->plan->table, column, &n);
    bool is_null = edge->plan->policy == POLICY_NULL;
    if (column->expression != NULL || edge->child.ncolumns != 1)
        return refuse(edge, err, "only a key of one column can be changed");
    if (is_null && column->not_null)
        return refuse(edge, err, "the column is NOT NULL");
    if (!is_null && (!edge->parent->tuple.as_integer ||
                     !tuple_fits_integer(edge->child.columns, edge->child.ncolumns)))
        return refuse(edge, err, "only integers can be");
    for (int i = 0; unique != NULL && i < unique->nkeys; i++)
        if (unique->keys[i].column < 0)
            return refuse(edge, err, "it may be part of an index over an expression");
    if (n > 1)
        return refuse(edge, err, "it is part of more than one unique key");
    if (is_null && unique != NULL && unique->nulls_not_distinct)
        return refuse(edge, err, "its unique key calls NULLs equal");
    struct reassign *r = edge->reassign = mem_alloc(sizeof *r);
    r->edge = edge;
    r->is_null = is_null;
    r->is_unique = unique != NULL;
    if (unique != NULL) {
        int *numbers = ARENA_ARRAY(&set->arena, int, unique->nkeys + 1), others = 0;
        for (int i = 0; i < unique->nkeys; i++)
            if (&side->plan->table->columns[unique->keys[i].column] != column)
                numbers[others++] = unique->keys[i].column;
        r->unique = make_tuple(set, side, numbers, others);
    }
    for (int i = 0; i < set->sampling->nedges; i++)
        if (&set->edges[i] != edge && !is_null && set->edges[i].plan->child == edge->plan->child &&
            set->edges[i].plan->policy == POLICY_REASSIGN &&
            (set->edges[i].plan->parent == edge->plan->parent || unique != NULL))
            return refuse(edge, err, "another key of the same rows is reassigned, too");
    for (int i = 0; i < set->sampling->nedges; i++)
        if (&set->edges[i] != edge && set->edges[i].plan->child == edge->plan->child &&
            set->edges[i].plan->parent == edge->plan->parent && set->edges[i].child.as_integer)
            r->sibling = &set->edges[i];
    return true;
}

/* ---- the ranks */

static bool
visit_parent(void *ctx, const struct decant_value *values, struct decant_error *err)
{
    struct reassign *r = ctx;
    struct tuple tuple = r->edge->child;
    static const int first = 0;
    struct key128 key;
    (void)err;
    tuple.at = &first;
    if (!tuple_key(&tuple, values, NULL, NULL, &key))
        return true;
    if (r->nparents == r->parents_room) {
        r->parents_room = r->parents_room > 0 ? r->parents_room * 2 : 1024;
        r->parents = mem_realloc(r->parents, r->parents_room * sizeof *r->parents);
    }
    r->parents[r->nparents++] =
        (struct parent){ .key = (int64_t)key.a, .children = (int64_t)get_u64(values[1].data) };
    return true;
}

static bool
rank_parents(struct chosen_rows *set, struct reassign *r, struct decant_error *err)
{
    const struct side *side = &set->sides[r->edge->plan->parent];
    const struct table *child = set->sides[r->edge->plan->child].plan->table;
    struct buf sql = { 0 };
    if (r->nparents > 0)
        return true;
    buf_puts(&sql, "COPY (SELECT ");
    tuple_put_column(r->edge->child.columns[0], "decant_row", &sql);
    buf_puts(&sql, ", pg_catalog.count(*) FROM ");
    catalog_put_rows(child, &sql);
    buf_puts(&sql, " AS decant_row GROUP BY 1) TO STDOUT (FORMAT binary)");
    bool ok = scan_query(set->conn, buf_str(&sql), 2, child->name, visit_parent, r, err);
    buf_deinit(&sql);
    if (!ok || r->nparents == 0)
        return ok;
    for (size_t i = 0; i < r->nparents; i++)
        r->parents[i].u = hash_integer(r->parents[i].key, side->chooser.seed);
    qsort(r->parents, r->nparents, sizeof *r->parents, by_popularity);
    r->sampled = mem_alloc(r->nparents * sizeof *r->sampled);
    for (size_t i = 0; i < r->nparents; i++) {
        struct key128 key = { (uint64_t)r->parents[i].key, 0 };
        uint8_t label = keyset_get(&r->edge->parent->members, key);
        if (label_is_sampled(label) || label == ORIGIN_WHOLE)
            r->sampled[r->nsampled++] = r->parents[i].key;
    }
    return true;
}

/* ---- the rows */

static struct key128
used_key(struct key128 others, int64_t parent)
{
    return (struct key128){ others.a ^ hash_integer(parent, others.b), others.b | 1 };
}

static bool
visit_child(struct scan *scan, const struct decant_value *values, struct key128 identity,
            struct decant_error *err)
{
    struct chosen_rows *set = scan->set;
    struct reassign *r = scan->ctx;
    struct pending row = { .identity = identity };
    struct key128 key, sibling;
    (void)err;
    if (keyset_get(&scan->side->targets[0].members, identity) == ORIGIN_NONE ||
        !edge_key(set, r->edge, values, &key) || find_moved(r, identity) != NULL)
        return true;
    if (r->is_unique)
        tuple_row_key(&r->unique, values, set->fingerprint_key, &set->scratch, &row.others);
    if (keyset_get(&r->edge->parent->members, key) != ORIGIN_NONE) {
        keyset_put(&r->used, used_key(row.others, (int64_t)key.a), 1);
        return true;
    }
    row.old = (int64_t)key.a;
    row.has_avoid = r->sibling != NULL && edge_key(set, r->sibling, values, &sibling);
    row.avoid = row.has_avoid ? (int64_t)sibling.a : 0;
    if (r->npending == r->pending_room) {
        r->pending_room = r->pending_room > 0 ? r->pending_room * 2 : 1024;
        r->pending = mem_realloc(r->pending, r->pending_room * sizeof *r->pending);
    }
    r->pending[r->npending++] = row;
    return true;
}

/* Where among the sampled ones would the old parent stand? `ranks` are parents by key. */
static size_t
place_of(const struct reassign *r, int64_t old, const struct moved *ranks)
{
    const struct moved wanted = { .identity = { (uint64_t)old, 0 } };
    const struct moved *rank = bsearch(&wanted, ranks, r->nparents, sizeof wanted, by_identity);
    size_t at = rank != NULL ? (size_t)rank->parent : r->nparents - 1;
    return at * r->nsampled / r->nparents;
}

static bool
find_parent(struct reassign *r, const struct pending *row, const struct moved *ranks, int64_t *out)
{
    size_t at = r->nsampled > 0 ? place_of(r, row->old, ranks) : 0;
    for (size_t i = 0; i < r->nsampled; i++) {
        int64_t parent = r->sampled[(at + i) % r->nsampled];
        if (row->has_avoid && row->avoid == parent)
            continue;
        if (r->is_unique && !keyset_put(&r->used, used_key(row->others, parent), 1))
            continue;
        *out = parent;
        return true;
    }
    return false;
}

static void
add_moved(struct reassign *r, struct key128 identity, int64_t parent)
{
    if (r->nmoved == r->moved_room) {
        r->moved_room = r->moved_room > 0 ? r->moved_room * 2 : 1024;
        r->moved = mem_realloc(r->moved, r->moved_room * sizeof *r->moved);
    }
    r->moved[r->nmoved++] = (struct moved){ identity, parent };
}

/* A row for which no parent is left keeps its own, which is pulled; one that was asked for and is
 * not there dangles in the copy, too. */
static bool
move_pending(struct reassign *r)
{
    bool pulls = false;
    struct moved *ranks = mem_alloc((r->nparents + 1) * sizeof *ranks);
    for (size_t i = 0; i < r->nparents; i++)
        ranks[i] = (struct moved){ { (uint64_t)r->parents[i].key, 0 }, (int64_t)i };
    qsort(ranks, r->nparents, sizeof *ranks, by_identity);
    if (r->npending > 0)
        qsort(r->pending, r->npending, sizeof *r->pending, pending_by_identity);
    for (size_t i = 0; i < r->npending; i++) {
        const struct pending *row = &r->pending[i];
        int64_t parent = 0;
        if (r->is_null || find_parent(r, row, ranks, &parent)) {
            add_moved(r, row->identity, parent);
        } else {
            struct key128 old = { (uint64_t)row->old, 0 };
            bool is_gone = keyset_get(&r->edge->parent->dangling, old) != 0;
            if (!is_gone)
                keyset_put(&r->edge->parent->wanted, old, WANT_BARE);
            pulls |= !is_gone;
        }
    }
    if (r->nmoved > 0)
        qsort(r->moved, r->nmoved, sizeof *r->moved, by_identity);
    r->npending = 0;
    free(ranks);
    return pulls;
}

bool
reassign_rows(struct chosen_rows *set, struct edge *edge, bool *pulls, struct decant_error *err)
{
    struct reassign *r = edge->reassign;
    struct scan scan = { .set = set,
                         .side = &set->sides[edge->plan->child],
                         .number = edge->plan->child };
    scan.visit = visit_child;
    scan.ctx = r;
    if ((!r->is_null && !rank_parents(set, r, err)) || !scan_run(&scan, NULL, err))
        return false;
    *pulls |= move_pending(r);
    return true;
}

int64_t
reassign_count(const struct reassign *r)
{
    return r != NULL ? (int64_t)r->nmoved : 0;
}

bool
reassign_find(const struct reassign *r, struct key128 identity, int64_t *parent, bool *is_null)
{
    const struct moved *moved = find_moved(r, identity);
    if (moved == NULL)
        return false;
    *parent = moved->parent;
    *is_null = r->is_null;
    return true;
}

void
reassign_free(struct reassign *r)
{
    if (r == NULL)
        return;
    keyset_deinit(&r->used);
    free(r->parents);
    free(r->sampled);
    free(r->pending);
    free(r->moved);
    free(r);
}
