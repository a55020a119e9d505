/* SPDX-License-Identifier: PostgreSQL */
/* A thread that looks at something now and then, and ends as soon as it is told to. Zeros are one
 * that does not run. */
#ifndef BASE_TICKER_H
#define BASE_TICKER_H

#include <pthread.h>
#include <stdbool.h>

struct ticker {
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t told;
    bool is_running, is_over;
};

/* Runs `look`, which rests between its looks and returns when that says so. Where no thread can be
 * had, nothing runs. */
void ticker_begin(struct ticker *ticker, void *(*look)(void *arg), void *arg);

/* In the thread: waits. False: it is over. */
bool ticker_rest(struct ticker *ticker, int ms);

/* Ends the thread, and waits for that. Nothing happens where none runs. */
void ticker_end(struct ticker *ticker);

#endif
