/* SPDX-License-Identifier: PostgreSQL */
/* What the files share that build a sampling: the steps in the order of sampling_build(). */
#ifndef PLAN_BUILDER_H
#define PLAN_BUILDER_H

#include "plan/sampling.h"

struct builder {
    const struct rules *rules;
    const struct plan *plan;
    struct arena *arena;
    struct sampling *out;
    struct decant_error *err;
    const struct rules_table **frames; /* by table: the rule of `tables` for it, or NULL */
};

/* virtual.c: adds references that only the rules know. */
bool add_virtual_edges(struct builder *b);

/* clear.c: marks the references whose keys only the server can compare, and makes their parents
 * whole; then whether the rules leave them so. */
void find_unclear(struct builder *b);
bool check_unclear(const struct builder *b);

/* owners.c: gives a reference the policy that a rule says. */
bool pin_edge(struct builder *b, const struct rules_key *rule, int number);

/* owners.c: the owner of every sampled table that the rules give none; then whether all of them,
 * and the rates below them, make sense. */
void choose_owners(struct builder *b);
bool check_owners(const struct builder *b);
bool check_rates(const struct builder *b);

/* sampling.c: are rows of `table` chosen after those of `to`, over however many owners and required
 * parents? So is every table after itself. */
bool waits_for(const struct builder *b, int table, int to);

/* policies.c: what becomes of rows whose parent is not in. */
bool choose_policies(struct builder *b);

/* roles.c */
const char *rule_place(const struct builder *b, struct rules_mark mark); /* file:line:column */

/* By table, the rule of a list for it; an exact name wins, then the first. NULL: none. In the
 * builder's arena; NULL in place of all, an error, for a rule that fits no table: it is a slip. */
const struct rules_table **rules_by_table(const struct builder *b, const struct rules_table *rules,
                                          int n);

#endif
