/* SPDX-License-Identifier: PostgreSQL */
/* What a team wants of a migration, and what it did instead. */
#ifndef REHEARSE_POLICY_H
#define REHEARSE_POLICY_H

#include "rehearse/rehearsal.h"
#include "rules/rehearse.h"

/* `rules` says what is wanted: sizes are production's, times are this machine's. */
struct policy {
    const struct rules_rehearse *rules;
    const char *today;    /* "2026-11-30": what is allowed may end */
    const char *baseline; /* a report in JSON whose findings are known; NULL: none is */
};

/* Adds the findings to the rehearsal, breaches first. */
void policy_judge(const struct policy *policy, struct rehearsal *rehearsal);

/* The codes of findings, in their order; ends with NULL. */
extern const char *const policy_codes[];

#endif
