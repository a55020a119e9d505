/* SPDX-License-Identifier: PostgreSQL */
/*
 * Databases that are lent: clones of a copy, each for one program, dropped when it ends. A pool of
 * them can be made ahead. A clone in the pool says in its comment of which run's copy it is; one
 * that is lent has another name, and is locked by the session that lends it, so that what a killed
 * one has left is told from what is in use.
 */
#ifndef LOAD_LENT_H
#define LOAD_LENT_H

#include "load/database.h"

/* A copy whose clones are lent; all but `admin`, a session at the maintenance database, live in
 * `arena`. */
struct lender {
    struct pg_conn *admin;
    struct arena *arena;
    const char *copy; /* the database */
    const char *mark; /* the run that made it, or "" */
    const char *run;  /* of this job */
    int nmade;        /* clones, so far */
};

/* Makes the pool hold `n` clones of the copy as it is now: others, and what killed lenders left,
 * are dropped; those in use stay. */
bool lent_fill(struct lender *lender, int n, struct decant_error *err);

/* One from the pool, or a new one. *from_pool: it has become smaller by it. The session of `admin`
 * holds it. */
bool lent_take(struct lender *lender, const char **name, bool *from_pool, struct decant_error *err);

/* Drops it, whoever is connected; *from_pool of lent_take(): another one takes its place. */
bool lent_return(struct lender *lender, const char *name, bool from_pool, struct decant_error *err);

#endif
