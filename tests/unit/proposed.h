/* SPDX-License-Identifier: PostgreSQL */
/* Proposals for columns and values that exist only in a test. */
#ifndef PROPOSED_H
#define PROPOSED_H

#include "little.h"
#include "propose/columns.h"

/* What was seen of a column: `values` to NULL, each in `repeats` rows. */
static inline struct evidence
evidence_of(const char *const *values, int repeats)
{
    struct detect *detect = detect_new();
    struct regex_space *space = regex_space_new();
    struct evidence e = { .distinct_rows = -1 };
    for (; *values != NULL; values++) {
        evidence_add(&e, detect, space, *values, strlen(*values));
        e.values += repeats;
    }
    e.rows = e.values;
    e.distinct_rows = e.distinct;
    regex_space_free(space);
    detect_free(detect);
    return e;
}

/* "a|b|c" */
static inline struct evidence
evidence_in(struct arena *arena, const char *list, int repeats)
{
    const char *values[200];
    int n = 0;
    char *text = arena_strdup(arena, list), *value;
    while (*list != '\0' && (value = strsep(&text, "|")) != NULL)
        values[n++] = value;
    values[n] = NULL;
    return evidence_of(values, repeats);
}

/* Proposals of all tables, as agree() and others take them. */
struct proposed {
    struct little l;
    struct rules *packs;
    struct propose_packs known;
    struct evidence *evidence[LITTLE_MOST];
    struct proposal *proposals[LITTLE_MOST];
};

static inline void
proposed_init(struct proposed *p, const char *schema)
{
    little_init(&p->l, schema);
    p->packs = fake_rules("packs: [pii@1, secrets@1, payment@1, auth@1, rails@1, django@1]\n");
    p->known = (struct propose_packs){ p->packs, { .arena = &p->l.arena } };
    for (int t = 0; t < p->l.plan.ntables; t++) {
        p->evidence[t] = ARENA_ARRAY(&p->l.arena, struct evidence, LITTLE_MOST);
        p->proposals[t] = ARENA_ARRAY(&p->l.arena, struct proposal, LITTLE_MOST);
    }
}

static inline void
proposed_deinit(struct proposed *p)
{
    map_deinit(&p->known.names.names);
    rules_free(p->packs);
    little_deinit(&p->l);
}

#endif
