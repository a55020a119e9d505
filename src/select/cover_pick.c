/* SPDX-License-Identifier: PostgreSQL */
/* Draws what rows refer to and show as a graph, of which cover_choose.c knows no more, and chooses.
 */
#include <assert.h>
#include <stdlib.h>

#include "select/cover_rows.h"

/* The graph that is chosen from, and the places of rows in it: in an order that does not depend on
 * how they were read. */
struct drawing {
    struct cover_rows *rows;
    struct cover_graph graph;
    struct cover_node *nodes;
    struct pair *parents, *features; /* as lists; later only their second numbers */
    size_t nparents, nfeatures;
    int *order, *node_of; /* node to row, row to node */
};

struct pair {
    int node, of;
};

static int
by_u(const void *a, const void *b, void *ctx)
{
    const struct cover_row *x = &((const struct cover_row *)ctx)[*(const int *)a];
    const struct cover_row *y = &((const struct cover_row *)ctx)[*(const int *)b];
    if (x->table != y->table)
        return x->table < y->table ? -1 : 1;
    if (x->at.u != y->at.u)
        return x->at.u < y->at.u ? -1 : 1;
    if (x->at.identity.a != y->at.identity.a)
        return x->at.identity.a < y->at.identity.a ? -1 : 1;
    return (x->at.identity.b > y->at.identity.b) - (x->at.identity.b < y->at.identity.b);
}

static int
by_pair(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    return x->node != y->node ? (x->node > y->node) - (x->node < y->node)
                              : (x->of > y->of) - (x->of < y->of);
}

static void
add_pair(struct pair **pairs, size_t *n, int node, int of)
{
    *pairs = mem_grow(*pairs, *n, sizeof **pairs);
    (*pairs)[(*n)++] = (struct pair){ node, of };
}

struct draw_ref {
    int edge, node;
    struct key128 key;
};

static int
by_parent(const void *a, const void *b)
{
    const struct draw_ref *x = a, *y = b;
    if (x->edge != y->edge)
        return x->edge < y->edge ? -1 : 1;
    if (x->key.a != y->key.a)
        return x->key.a < y->key.a ? -1 : 1;
    if (x->key.b != y->key.b)
        return x->key.b < y->key.b ? -1 : 1;
    return (x->node > y->node) - (x->node < y->node);
}

/* Two children of one parent show together that it has more than one: a node of its own. */
static void
draw_siblings(struct drawing *d, const struct cover *cover)
{
    const struct cover_rows *rows = d->rows;
    struct draw_ref *refs = mem_alloc((rows->nrefs + 1) * sizeof *refs);
    size_t n = rows->nrefs;
    for (size_t i = 0; i < n; i++)
        refs[i] = (struct draw_ref){ rows->refs[i].edge, d->node_of[rows->refs[i].row],
                                     rows->refs[i].key };
    qsort(refs, n, sizeof *refs, by_parent);
    for (size_t i = 0; i + 1 < n; i++) {
        const struct draw_ref *x = &refs[i], *y = &refs[i + 1];
        bool begins = i == 0 || refs[i - 1].edge != x->edge || refs[i - 1].key.a != x->key.a ||
                      refs[i - 1].key.b != x->key.b;
        int feature = cover->families[x->edge].feature_of_many;
        bool can_come = !rows->rows[d->order[x->node]].cannot_come &&
                        !rows->rows[d->order[y->node]].cannot_come;
        if (!begins || !can_come || feature < 0 || x->edge != y->edge || x->key.a != y->key.a ||
            x->key.b != y->key.b)
            continue;
        add_pair(&d->parents, &d->nparents, d->graph.nnodes, x->node);
        add_pair(&d->parents, &d->nparents, d->graph.nnodes, y->node);
        add_pair(&d->features, &d->nfeatures, d->graph.nnodes++, feature);
    }
    free(refs);
}

/* What refers to a row that cannot come cannot come either: such rows show nothing, so that nobody
 * wants them. */
static void
forbid(struct drawing *d)
{
    struct cover_row *rows = d->rows->rows;
    for (bool found = true; found;) {
        found = false;
        for (size_t i = 0; i < d->nparents; i++) {
            struct cover_row *child = &rows[d->order[d->parents[i].node]];
            if (child->cannot_come || !rows[d->order[d->parents[i].of]].cannot_come)
                continue;
            child->cannot_come = found = true;
        }
    }
}

static void
draw_rows(struct drawing *d, const struct cover *cover)
{
    const struct cover_rows *rows = d->rows;
    d->order = mem_alloc((rows->n + 1) * sizeof *d->order);
    d->node_of = mem_alloc((rows->n + 1) * sizeof *d->node_of);
    for (size_t i = 0; i < rows->n; i++)
        d->order[i] = (int)i;
    qsort_r(d->order, rows->n, sizeof *d->order, by_u, rows->rows);
    for (size_t i = 0; i < rows->n; i++)
        d->node_of[d->order[i]] = (int)i;
    d->graph.nnodes = (int)rows->n;
    for (size_t i = 0; i < rows->nrefs; i++) {
        const struct cover_ref *ref = &rows->refs[i];
        int parent = cover_parent(cover, ref);
        if (parent >= 0)
            add_pair(&d->parents, &d->nparents, d->node_of[ref->row], d->node_of[parent]);
    }
    forbid(d);
    for (size_t i = 0; i < rows->nmarks; i++)
        if (!rows->rows[rows->marks[i].row].cannot_come)
            add_pair(&d->features, &d->nfeatures, d->node_of[rows->marks[i].row],
                     rows->marks[i].feature);
}

/* The second numbers of pairs, without those that come twice; where each node's begin is handed to
 * `begin`. */
static int *
flatten(struct pair *pairs, size_t n, int nnodes, size_t begin, struct cover_node *nodes)
{
    int *out = mem_alloc((n + 1) * sizeof *out);
    size_t at = 0, read = 0;
    if (n > 0)
        qsort(pairs, n, sizeof *pairs, by_pair);
    for (int node = 0; node <= nnodes; node++) {
        *(int *)((char *)&nodes[node] + begin) = (int)at;
        for (; read < n && pairs[read].node == node; read++)
            if (read == 0 || by_pair(&pairs[read - 1], &pairs[read]) != 0)
                out[at++] = pairs[read].of;
    }
    return out;
}

static void
draw(struct drawing *d, const struct cover *cover)
{
    draw_rows(d, cover);
    draw_siblings(d, cover);
    d->nodes = mem_alloc(((size_t)d->graph.nnodes + 1) * sizeof *d->nodes);
    for (size_t i = 0; i < d->rows->n; i++)
        d->nodes[i].price = (int)d->rows->rows[d->order[i]].at.alike;
    d->graph.nodes = d->nodes;
    d->graph.nfeatures = cover->nfeatures;
    d->graph.parents = flatten(d->parents, d->nparents, d->graph.nnodes,
                               offsetof(struct cover_node, parents), d->nodes);
    d->graph.features = flatten(d->features, d->nfeatures, d->graph.nnodes,
                                offsetof(struct cover_node, features), d->nodes);
}

static void
drawing_deinit(struct drawing *d)
{
    free(d->nodes);
    free((void *)d->graph.parents);
    free((void *)d->graph.features);
    free(d->parents);
    free(d->features);
    free(d->order);
    free(d->node_of);
}

void
cover_pick(struct cover *cover, int64_t most, uint8_t *shown)
{
    assert(cover->rows != NULL && shown != NULL);
    struct drawing d = { .rows = cover->rows };
    cover_forget_wanted(cover);
    draw(&d, cover);
    uint8_t *chosen = mem_alloc((size_t)d.graph.nnodes + 1);
    cover_choose(&d.graph, most, chosen);
    for (int node = 0; node < d.graph.nnodes; node++) {
        for (int i = d.nodes[node].features; chosen[node] && i < d.nodes[node + 1].features; i++)
            shown[d.graph.features[i]] = 1;
        if (node < (int)d.rows->n && chosen[node])
            cover_want(cover, &d.rows->rows[d.order[node]]);
    }
    free(chosen);
    drawing_deinit(&d);
}
