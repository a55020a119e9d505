/* SPDX-License-Identifier: PostgreSQL */
#include "select/cover_choose.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* A choice under way. */
struct choice {
    const struct cover_graph *graph;
    uint8_t *chosen;
    int64_t price;
    int *shown;      /* by feature: chosen nodes that have it */
    int *dependants; /* by node: chosen nodes whose parent it is */
    int *holders;    /* by feature: where its nodes begin in `nodes_of`; one more than features */
    int *nodes_of;   /* the nodes of each feature, in their order */
    int *seen_node, *seen_feature; /* the last question in which it was met */
    int question;
    int *brought; /* what a node brings: the nodes of its closure that are not chosen */
    int nbrought;
};

/* What a node would bring. */
struct offer {
    int64_t gain, price;
};

static int
degree(const struct cover_graph *graph, int node)
{
    return graph->nodes[node + 1].parents - graph->nodes[node].parents;
}

static void
index_holders(struct choice *c)
{
    const struct cover_graph *graph = c->graph;
    const int n = graph->nodes[graph->nnodes].features;
    for (int i = 0; i < n; i++)
        c->holders[graph->features[i] + 1]++;
    for (int i = 0; i < graph->nfeatures; i++)
        c->holders[i + 1] += c->holders[i];
    int *at = mem_alloc(((size_t)graph->nfeatures + 1) * sizeof *at);
    memcpy(at, c->holders, (size_t)graph->nfeatures * sizeof *at);
    for (int node = 0; node < graph->nnodes; node++)
        for (int i = graph->nodes[node].features; i < graph->nodes[node + 1].features; i++)
            c->nodes_of[at[graph->features[i]]++] = node;
    free(at);
}

static void
meet(struct choice *c, int node)
{
    if (c->chosen[node] || c->seen_node[node] == c->question)
        return;
    c->seen_node[node] = c->question;
    c->brought[c->nbrought++] = node;
}

/* Lists in c->brought what comes with a node. */
static struct offer
ask(struct choice *c, int node)
{
    const struct cover_graph *graph = c->graph;
    struct offer offer = { 0 };
    c->question++;
    c->nbrought = 0;
    meet(c, node);
    for (int i = 0; i < c->nbrought; i++) {
        const struct cover_node *here = &graph->nodes[c->brought[i]];
        offer.price += here->price;
        for (int j = here->parents; j < here[1].parents; j++)
            meet(c, graph->parents[j]);
        for (int j = here->features; j < here[1].features; j++) {
            int feature = graph->features[j];
            if (c->shown[feature] > 0 || c->seen_feature[feature] == c->question)
                continue;
            c->seen_feature[feature] = c->question;
            offer.gain++;
        }
    }
    return offer;
}

static bool
is_better(struct offer x, struct offer than)
{
    return x.gain * than.price > than.gain * x.price;
}

static void
take(struct choice *c, int node)
{
    const struct cover_graph *graph = c->graph;
    c->price += ask(c, node).price;
    for (int i = 0; i < c->nbrought; i++) {
        const struct cover_node *here = &graph->nodes[c->brought[i]];
        c->chosen[c->brought[i]] = 1;
        for (int j = here->parents; j < here[1].parents; j++)
            c->dependants[graph->parents[j]]++;
        for (int j = here->features; j < here[1].features; j++)
            c->shown[graph->features[j]]++;
    }
}

static void
serve(struct choice *c, int feature)
{
    struct offer best = { 0, 1 };
    int node = -1;
    for (int i = c->holders[feature]; c->shown[feature] == 0 && i < c->holders[feature + 1]; i++) {
        struct offer offer = ask(c, c->nodes_of[i]);
        if (node >= 0 && !is_better(offer, best))
            continue;
        best = offer;
        node = c->nodes_of[i];
    }
    if (node >= 0)
        take(c, node);
}

/* Features by how many nodes have them: in powers of two, so that a row more or less changes
 * nothing. */
static void
serve_all(struct choice *c)
{
    const int most = c->graph->nnodes;
    for (int64_t low = 1; low <= most; low *= 2)
        for (int i = 0; i < c->graph->nfeatures; i++) {
            int n = c->holders[i + 1] - c->holders[i];
            if (n >= low && n < low * 2)
                serve(c, i);
        }
}

static bool
is_needless(const struct choice *c, int node)
{
    const struct cover_node *here = &c->graph->nodes[node];
    if (!c->chosen[node] || c->dependants[node] > 0)
        return false;
    for (int j = here->features; j < here[1].features; j++)
        if (c->shown[c->graph->features[j]] < 2)
            return false;
    return true;
}

static void
drop(struct choice *c, int node)
{
    const struct cover_node *here = &c->graph->nodes[node];
    c->chosen[node] = 0;
    c->price -= here->price;
    for (int j = here->parents; j < here[1].parents; j++)
        c->dependants[c->graph->parents[j]]--;
    for (int j = here->features; j < here[1].features; j++)
        c->shown[c->graph->features[j]]--;
}

/* Rows in a circle hold each other, and stay. */
static void
drop_needless(struct choice *c)
{
    for (bool found = true; found;) {
        found = false;
        for (int node = c->graph->nnodes - 1; node >= 0; node--)
            if (is_needless(c, node)) {
                drop(c, node);
                found = true;
            }
    }
}

/* Begins again with what was chosen, the best offer first, as far as the limit allows. */
static void
keep_within(struct choice *c, int64_t most)
{
    const struct cover_graph *graph = c->graph;
    uint8_t *was = mem_alloc((size_t)graph->nnodes + 1);
    memcpy(was, c->chosen, (size_t)graph->nnodes);
    for (int node = 0; node < graph->nnodes; node++)
        if (c->chosen[node])
            drop(c, node);
    for (;;) {
        struct offer best = { 0, 1 };
        int at = -1;
        for (int node = 0; node < graph->nnodes; node++) {
            struct offer offer =
                was[node] && !c->chosen[node] ? ask(c, node) : (struct offer){ 0, 1 };
            if (!is_better(offer, best) || c->price + offer.price > most)
                continue;
            best = offer;
            at = node;
        }
        if (at < 0)
            break;
        take(c, at);
    }
    free(was);
}

int64_t
cover_choose(const struct cover_graph *graph, int64_t most, uint8_t *chosen)
{
    assert(graph != NULL && chosen != NULL && most >= 0);
    assert(graph->nnodes == 0 || degree(graph, graph->nnodes - 1) >= 0);
    const size_t nodes = (size_t)graph->nnodes + 1, features = (size_t)graph->nfeatures + 1;
    struct arena arena = { 0 };
    struct choice c = { .graph = graph, .chosen = chosen };
    c.shown = ARENA_ARRAY(&arena, int, features);
    c.seen_feature = ARENA_ARRAY(&arena, int, features);
    c.holders = ARENA_ARRAY(&arena, int, features + 1);
    c.dependants = ARENA_ARRAY(&arena, int, nodes);
    c.seen_node = ARENA_ARRAY(&arena, int, nodes);
    c.brought = ARENA_ARRAY(&arena, int, nodes);
    c.nodes_of = ARENA_ARRAY(&arena, int, graph->nodes[graph->nnodes].features + 1);
    memset(chosen, 0, (size_t)graph->nnodes);
    index_holders(&c);
    serve_all(&c);
    drop_needless(&c);
    if (most > 0 && c.price > most)
        keep_within(&c, most);
    arena_deinit(&arena);
    return c.price;
}
