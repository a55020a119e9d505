/* SPDX-License-Identifier: PostgreSQL */
/* A first rules file, from the catalog alone: short, with the reason beside each choice. */
#ifndef PROPOSE_PROPOSE_H
#define PROPOSE_PROPOSE_H

#include "plan/sampling.h"
#include "propose/kinds.h"
#include "propose/references.h"

/* What was found out about the tables. */
struct outline {
    const struct plan *plan;
    const struct rules *rules; /* that init began with: their packs say which tables act */
    const struct kind *kinds;  /* by table; NULL: nobody looked yet */
    const struct references *references;
};

/* Appends the section `target`, where the tables of a tool tell which programs will read a copy. */
void propose_target(const struct outline *outline, struct buf *out);

/* Appends rules that hold nothing but the packs and the outline: of them the sampling is built. */
void propose_outline(const struct outline *outline, const char *pack_names, double rate,
                     struct buf *out);

/* Appends the head of the file: the key, packs, what is sampled. What the plan would find by
 * itself, and without a choice, is left out. The section `columns` comes behind it. Returns the
 * number of lines that a person should look at. */
int propose_rules(const struct sampling *sampling, const struct outline *outline,
                  const char *key_id, const char *pack_names, double rate, struct buf *out);

#endif
