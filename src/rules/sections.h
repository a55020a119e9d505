/* SPDX-License-Identifier: PostgreSQL */
/* The sections of a rules file, each read in a file of its own. */
#ifndef RULES_SECTIONS_H
#define RULES_SECTIONS_H

#include "rules/rules.h"
#include "rules/value.h"

/* `out` is a struct rules_sample, with its defaults. */
bool read_sample(struct reader *reader, const struct yaml_node *node, void *out);
void sample_deinit(struct rules_sample *sample);

#endif
