/* SPDX-License-Identifier: PostgreSQL */
/*
 * Few rows that together have every feature, with all rows that they refer to: a set cover, greedy
 * (V. Chvatal, "A greedy heuristic for the set-covering problem", 1979) with two differences. A
 * row's price is that of the rows which it brings; and the feature that the fewest rows have is
 * served first, so that what it costs is spent before rows are bought for what it has anyway. In
 * the end every row goes of which nothing depends on.
 */
#ifndef SELECT_COVER_CHOOSE_H
#define SELECT_COVER_CHOOSE_H

#include <stdint.h>

/* Rows that may be chosen, in an order that does not depend on how they were read: it decides where
 * nothing else does. */
struct cover_node {
    int price;    /* rows that it is; 0 of two rows that show something together */
    int parents;  /* its first in cover_graph.parents */
    int features; /* ... in cover_graph.features; those of the next node end both */
};

/* All is the caller's. */
struct cover_graph {
    int nnodes, nfeatures;
    const struct cover_node *nodes; /* and one behind the last */
    const int *parents;             /* nodes that are in when it is; circles are allowed */
    const int *features;
};

/* Sets chosen[node] to 1 or 0, such that no parent of a chosen node is missing; returns the price
 * of all. Beyond `most` (0: no limit) features are given up that would cost more than others. */
int64_t cover_choose(const struct cover_graph *graph, int64_t most, uint8_t *chosen);

#endif
