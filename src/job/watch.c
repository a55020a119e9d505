/* SPDX-License-Identifier: PostgreSQL */
#include "job/watch.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "pg/snapshot.h"

enum { LOOK_MS = 1000, NAP_MS = 50 };

static void
stop_job(struct watch *watch, enum job_stop reason)
{
    int running = JOB_RUNS;
    atomic_compare_exchange_strong(&watch->job->stop, &running, reason);
}

static void *
look_after(void *arg)
{
    struct watch *watch = arg;
    const struct decant_options *options = watch->job->options;
    int64_t begun = clock_ms(), next = begun, waiting_since = -1;
    struct buf relation = { 0 };
    while (ticker_rest(&watch->ticker, NAP_MS) && atomic_load(&watch->job->stop) == JOB_RUNS) {
        int64_t now = clock_ms();
        if (now < next)
            continue;
        next = now + LOOK_MS;
        if (options->max_snapshot_age_ms > 0 && now - begun > options->max_snapshot_age_ms)
            stop_job(watch, JOB_TOO_OLD);
        struct decant_error err = { 0 };
        buf_reset(&relation);
        if (!snapshot_find_waiter(watch->conn, watch->job->application, &relation, &err))
            break; /* the readers meet the same trouble and report it */
        if (relation.len == 0)
            waiting_since = -1;
        else if (waiting_since < 0) {
            waiting_since = now;
            watch->nwaits++;
        }
        if (waiting_since >= 0 && options->yield_after_ms > 0 &&
            now - waiting_since >= options->yield_after_ms) {
            snprintf(watch->job->yielded_for, sizeof watch->job->yielded_for, "%s",
                     buf_str(&relation));
            stop_job(watch, JOB_YIELDED);
        }
    }
    buf_deinit(&relation);
    return NULL;
}

void
watch_begin(struct watch *watch, struct decant_job *job, struct pg_conn *conn)
{
    assert(conn != NULL);
    *watch = (struct watch){ .job = job, .conn = conn };
    ticker_begin(&watch->ticker, look_after, watch);
}

void
watch_end(struct watch *watch)
{
    ticker_end(&watch->ticker);
}
