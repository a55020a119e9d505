/* SPDX-License-Identifier: PostgreSQL */
/* The section `quiet`, of packs and of rules: tables whose rows make programs act, as queues of
 * jobs do. They come without rows. */
#ifndef RULES_QUIET_H
#define RULES_QUIET_H

#include "rules/pattern.h"
#include "rules/value.h"

struct rules_quiet {
    const char *what; /* "Delayed Job: a queue" */
    int ntables, nhas;
    struct pattern **tables; /* any of these names */
    const char **has;        /* and all of these columns */
};

/* All of them, the rules' own and those of packs. */
struct rules_quiets {
    int n;
    struct rules_quiet *items; /* on the heap */
};

/* `out` is a struct rules_quiets. */
bool read_quiet(struct reader *reader, const struct yaml_node *node, void *out);
void quiets_deinit(struct rules_quiets *quiets);

/* What the table `schema.name` is for, by its name and its columns, which `has_column` knows; NULL:
 * it does not act. */
const char *quiets_find(const struct rules_quiets *quiets, const char *schema, const char *name,
                        bool (*has_column)(const void *table, const char *column),
                        const void *table);

#endif
