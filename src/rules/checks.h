/* SPDX-License-Identifier: PostgreSQL */
/* The section `checks`: what a finished copy must prove before it is published. */
#ifndef RULES_CHECKS_H
#define RULES_CHECKS_H

#include "rules/value.h"

/* A finding that somebody looked at and accepts. */
struct rules_allow {
    int line;
    const char *object;  /* schema.table.column, or a part of the schema: schema.object */
    const char *pattern; /* a detector, or "originals" */
    const char *why;
};

enum rules_scope { SCOPE_SAMPLE, SCOPE_POPULATION };
enum rules_gate { GATE_NONE, GATE_DEFAULT, GATE_STRICT };
enum rules_stats { STATS_CHEAP, STATS_FULL, STATS_NONE };

struct rules_checks {
    int scope;           /* enum rules_scope: whose originals are looked for */
    int least_length;    /* characters of an original that is looked for */
    int64_t leak_memory; /* bytes, for fingerprints of originals */
    int nallowed;
    struct rules_allow *allowed;
    int gate, source_stats; /* enum rules_gate, rules_stats */
    int ngiven;
    const char **given; /* texts that the SQL of a run itself puts into the copy, sorted; set by
                         * the run */
    int ncanaries;
    const char **canaries; /* statements that yield numbers on both sides */
};

void checks_init(struct rules_checks *checks);

/* The enum rules_gate of a word, or -1. */
int checks_gate(const char *word);

/* `out` is a struct rules_checks, with its defaults. */
bool read_checks(struct reader *reader, const struct yaml_node *node, void *out);

#endif
