/* SPDX-License-Identifier: PostgreSQL */
/* A first rules file, from the catalog alone: short, with the reason beside each choice. */
#ifndef PROPOSE_PROPOSE_H
#define PROPOSE_PROPOSE_H

#include "plan/sampling.h"

/* Appends the head of the file: the key, packs, what is sampled. What the plan would find by
 * itself, and without a choice, is left out. The section `columns` comes behind it. */
void propose_rules(const struct sampling *sampling, const char *key_id, const char *pack_names,
                   double rate, struct buf *out);

#endif
