/* SPDX-License-Identifier: PostgreSQL */
/* What the files of a rehearsal share: rehearse.c says what is wanted and judges, the others run it
 * on a database or a file. */
#ifndef JOB_REHEARSE_H
#define JOB_REHEARSE_H

#include "job/internal.h"
#include "proxy/proxy.h"
#include "rehearse/observe.h"
#include "rehearse/probe.h"
#include "rehearse/rehearsal.h"
#include "report/manifest.h"
#include "rules/rules.h"

struct rehearse {
    struct decant_job *job;
    struct arena arena;
    struct pg_info *info;  /* of the copy's server, pinned to one address */
    struct pg_conn *admin; /* holds the clone */
    const char *target, *clone;
    struct rehearsal rehearsal;
    struct observer *observer;
    struct proxy *proxy;
    struct proxy_upstream upstream;
    struct pg_info *direct; /* to the clone, past the proxy */
    struct probes *probes;
    struct reader *reader;
    struct rules *rules; /* or NULL */
    struct rules_rehearse wanted;
    struct buf baseline;
    atomic_int is_over; /* the migration: the proxy may end */
    struct relations before;
};

/* The policy, and what is known of production's sizes and of columns: where there is no manifest,
 * or none that can be read, of neither. */
bool rehearse_load_policy(struct rehearse *rehearse, struct decant_error *err);
void rehearse_load_manifest(struct rehearse *rehearse, const char *path, bool is_file);

void rehearse_judge(struct rehearse *rehearse);

/* Run it, and judge what came of it. */
bool rehearse_on_database(struct rehearse *rehearse, struct decant_error *err);
bool rehearse_on_file(struct rehearse *rehearse, struct decant_error *err);

/* Ends what rehearse_on_database() began, also where it failed. */
void rehearse_end_database(struct rehearse *rehearse);

#endif
