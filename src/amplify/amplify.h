/* SPDX-License-Identifier: PostgreSQL */
/*
 * Production's rows from a sample's, inside the database of the copy under construction: the rows
 * of a cohort, which is a root's and all that they own, are replicated as often as they stand for
 * others of production. A replica's keys refer to the replicas of its own cohort, and to those of
 * other parents in turn, so that fan-outs, values and what goes together stay the sample's, and
 * sizes become production's. Weights are calibrated: the cohorts' rows add up to production's in
 * every table that they own (Deville and Saerndal 1992, the linear case).
 */
#ifndef AMPLIFY_AMPLIFY_H
#define AMPLIFY_AMPLIFY_H

#include "amplify/model.h"
#include "pg/conn.h"

struct amplify {
    /* One more connection to the database, which has the tables with their rows, and no index and
     * no foreign key yet. */
    struct pg_conn *(*connect)(void *ctx, struct decant_error *err);
    void *ctx;
    int njobs; /* connections that write side by side; at least 1 */
    struct arena *arena;
    struct model *model;
};

/* Replaces the rows; a table of the model that cannot have more gets its reason, before any table
 * is written. */
bool amplify_run(const struct amplify *amplify, struct decant_error *err);

/* Behind the indexes: pages whose rows all see are known as such, as production's are. */
bool amplify_vacuum(const struct amplify *amplify, struct decant_error *err);

#endif
