/* SPDX-License-Identifier: PostgreSQL */
/* A request to cancel goes over a connection of its own, which libpq makes without a time limit: a
 * thread does that, and is left behind when it does not come back. */
#include <assert.h>
#include <pthread.h>
#include <time.h>

#include "pg/internal.h"

enum { CANCEL_SECONDS = 1 };

static void *
send_request(void *arg)
{
    PGcancel *request = arg;
    char reason[256];
    PQcancel(request, reason, sizeof reason);
    PQfreeCancel(request);
    return NULL;
}

void
conn_cancel(struct pg_conn *conn)
{
    assert(conn != NULL);
    PGcancel *request = PQgetCancel(conn->pg);
    struct timespec until;
    pthread_t thread;
    if (request == NULL)
        return;
    if (pthread_create(&thread, NULL, send_request, request) != 0) {
        PQfreeCancel(request);
        return;
    }
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += CANCEL_SECONDS;
    if (pthread_timedjoin_np(thread, NULL, &until) != 0)
        pthread_detach(thread);
}
