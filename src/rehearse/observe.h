/* SPDX-License-Identifier: PostgreSQL */
/* Watches a rehearsal through a proxy and writes it down. Locks, files and rows are asked of the
 * program's own session before its transaction ends; what commits by itself is sampled by another
 * connection while it runs. Sources: pg_locks, pg_class and the statistics functions of chapters 54
 * and 28 of PostgreSQL's manual. */
#ifndef REHEARSE_OBSERVE_H
#define REHEARSE_OBSERVE_H

#include "proxy/proxy.h"
#include "rehearse/record.h"
#include "rehearse/relations.h"

struct observer;

/* Where a statement comes from, told by who sends it, before it does; NULL and 0: not known. */
struct origin {
    const char *file;
    int line;
};

/* Called when a relation is seen under a lock for the first time; by the proxy's thread. */
typedef void (*observer_on_touch)(void *ctx, const char *name, char kind);

/* `conn` is a connection to the database that is rehearsed on, the observer's own until it is
 * freed; the record must outlive it. NULL with an error. */
struct observer *observer_new(struct pg_conn *conn, struct record *record,
                              struct decant_error *err);
void observer_free(struct observer *observer); /* closes the connection; NULL is allowed */

void observer_on_touched(struct observer *observer, observer_on_touch touched, void *ctx);

/* What a proxy is to call. */
const struct proxy_observer *observer_hooks(const struct observer *observer);

/* For the statements to come; may be called by another thread while none runs. */
void observer_set_origin(struct observer *observer, struct origin origin);

/* After the last session has left: closes what is open, and says whether anything was lost. */
bool observer_finish(struct observer *observer, struct decant_error *err);

/* Hands over the relations as they were when it began. */
void observer_take_before(struct observer *observer, struct relations *out);

#endif
