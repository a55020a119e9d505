/* SPDX-License-Identifier: PostgreSQL */
/* A thread that looks after the source while rows are read: our locks and a waiting ALTER TABLE
 * together would stall the application, so the job gives way. It uses the connection that holds the
 * snapshot, which keeps that connection alive as well. */
#ifndef JOB_WATCH_H
#define JOB_WATCH_H

#include "base/ticker.h"
#include "job/internal.h"

struct watch {
    struct decant_job *job;
    struct pg_conn *conn;
    int nwaits; /* times that a session was seen waiting for us */
    struct ticker ticker;
};

void watch_begin(struct watch *watch, struct decant_job *job, struct pg_conn *conn);

/* Stops the thread; the connection is free again. May be called when it never began. */
void watch_end(struct watch *watch);

#endif
