/* SPDX-License-Identifier: PostgreSQL */
/* What a team wants of a migration, and what it did instead. */
#ifndef REHEARSE_POLICY_H
#define REHEARSE_POLICY_H

#include "rehearse/rehearsal.h"

/* A finding that is accepted. */
struct policy_allow {
    const char *code; /* of the finding, or its id */
    const char *on;   /* the relation, or NULL: any */
    const char *why;
    const char *until; /* "2026-12-31", the last day on which it holds; NULL: for ever */
};

/* Sizes are production's, times are this machine's. */
struct policy {
    int read_hold_ms, write_hold_ms; /* the longest that readers, or writers, are kept off */
    int wait_ms;                     /* the longest that anybody was seen to wait */
    int64_t large_bytes;             /* from here on a table is large */
    bool needs_lock_timeout;
    bool may_lose; /* rows and values */
    struct policy_allow *allowed;
    int nallowed;
    const char *today; /* "2026-11-30" */
};

/* What a careful DBA would sign; nothing is allowed. */
void policy_init(struct policy *policy);

/* Adds the findings to the rehearsal, breaches first. */
void policy_judge(const struct policy *policy, struct rehearsal *rehearsal);

/* The codes of findings, in their order; ends with NULL. */
extern const char *const policy_codes[];

#endif
