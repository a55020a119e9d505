/* SPDX-License-Identifier: PostgreSQL */
/* The section `rehearse`: what a migration may do to its users. */
#ifndef RULES_REHEARSE_H
#define RULES_REHEARSE_H

#include "rules/pattern.h"
#include "rules/value.h"

/* A finding of a rehearsal that somebody looked at and accepts. */
struct rules_rehearse_allow {
    const char *finding; /* its code, or its id */
    const char *on;      /* schema.relation; NULL: any */
    const char *why;
    const char *until; /* "2026-12-31": the last day; NULL: for ever */
};

/* What a table's users have to bear. */
struct rules_limits {
    int read_hold_ms, write_hold_ms; /* the longest that readers, or writers, are kept off */
    int wait_ms;                     /* the longest that anybody is seen to wait */
    int64_t large_bytes;             /* from here on a table is large */
};

/* Tables that have limits of their own; below 0: as for others. */
struct rules_limited {
    struct pattern *pattern;
    struct rules_limits limits;
};

struct rules_rehearse {
    struct rules_limits limits;
    int nlimited;
    struct rules_limited *limited; /* the first that fits a table holds */
    bool any_lock_timeout;         /* a lock may be waited for without end */
    bool may_lose;                 /* rows and values */
    int nallowed;
    struct rules_rehearse_allow *allowed;
};

void rehearse_init(struct rules_rehearse *rehearse);
void rehearse_deinit(struct rules_rehearse *rehearse);

/* What holds for a relation, "schema.name". */
struct rules_limits rehearse_limits(const struct rules_rehearse *rehearse, const char *relation);

/* `out` is a struct rules_rehearse, with its defaults. */
bool read_rehearse(struct reader *reader, const struct yaml_node *node, void *out);

#endif
