/* SPDX-License-Identifier: PostgreSQL */
/* What the files of a rehearsal share: rehearse.c says what is wanted and judges, the others run it
 * on a database or a file. */
#ifndef JOB_REHEARSE_H
#define JOB_REHEARSE_H

#include "job/internal.h"
#include "job/volume.h"
#include "proxy/proxy.h"
#include "rehearse/observe.h"
#include "rehearse/plans.h"
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
    struct manifest manifest; /* of the copy; without relations where there is none */
    struct plans *plans;      /* of queries before the migration; NULL: nobody asks for plans */
    const char *hollow;       /* a clone of production's size, as long as it is needed; or NULL */
    struct hole_server server;
    struct volume volume; /* of the copy */
};

/* The policy, and what is known of production's sizes and of columns: where there is no manifest,
 * or none that can be read, of neither. */
bool rehearse_load_policy(struct rehearse *rehearse, struct decant_error *err);
void rehearse_load_manifest(struct rehearse *rehearse, const char *path, bool is_file);

void rehearse_judge(struct rehearse *rehearse);

/* Run it, and judge what came of it. */
bool rehearse_on_database(struct rehearse *rehearse, struct decant_error *err);
bool rehearse_on_file(struct rehearse *rehearse, struct decant_error *err);

/* What the files about databases share: to a database of the copy's server; `role` says what for.
 */
struct pg_conn *rehearse_connect(struct rehearse *rehearse, const char *database, const char *role,
                                 struct decant_error *err);
void rehearse_end_proxy(struct rehearse *rehearse);

void rehearse_set_upstream(struct rehearse *rehearse);
bool rehearse_run_there(struct rehearse *rehearse, struct decant_error *err);

/* --at production: once more, on production's rows made from the copy's, in a database that is
 * dropped. */
bool rehearse_there(struct rehearse *rehearse, struct decant_error *err);

/* The plans of --queries, before the migration and after it: on clones of production's size where
 * the server is the user's own, else as the copy has them. After it nobody may be connected to the
 * clone. */
bool rehearse_plan_before(struct rehearse *rehearse, struct decant_error *err);
bool rehearse_plan_after(struct rehearse *rehearse, struct decant_error *err);
void rehearse_end_plans(struct rehearse *rehearse);

/* Ends what rehearse_on_database() began, also where it failed. */
void rehearse_end_database(struct rehearse *rehearse);

#endif
