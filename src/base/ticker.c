/* SPDX-License-Identifier: PostgreSQL */
#include "base/ticker.h"

#include <assert.h>
#include <time.h>

void
ticker_begin(struct ticker *ticker, void *(*look)(void *arg), void *arg)
{
    assert(look != NULL);
    pthread_condattr_t attributes;
    *ticker = (struct ticker){ .is_over = false };
    pthread_mutex_init(&ticker->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC); /* others may set the time of day */
    pthread_cond_init(&ticker->told, &attributes);
    pthread_condattr_destroy(&attributes);
    ticker->is_running = pthread_create(&ticker->thread, NULL, look, arg) == 0;
}

bool
ticker_rest(struct ticker *ticker, int ms)
{
    assert(ms > 0);
    struct timespec until;
    int waited = 0;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += ms % 1000 * 1000000L;
    until.tv_sec += ms / 1000 + until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_mutex_lock(&ticker->mutex);
    while (!ticker->is_over && waited == 0)
        waited = pthread_cond_timedwait(&ticker->told, &ticker->mutex, &until);
    bool goes_on = !ticker->is_over;
    pthread_mutex_unlock(&ticker->mutex);
    return goes_on;
}

void
ticker_end(struct ticker *ticker)
{
    if (!ticker->is_running)
        return;
    pthread_mutex_lock(&ticker->mutex);
    ticker->is_over = true;
    pthread_cond_signal(&ticker->told);
    pthread_mutex_unlock(&ticker->mutex);
    pthread_join(ticker->thread, NULL);
    pthread_cond_destroy(&ticker->told);
    pthread_mutex_destroy(&ticker->mutex);
    ticker->is_running = false;
}
