/* SPDX-License-Identifier: PostgreSQL */
#include "base/pipeline.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/mem.h"

enum { MAX_THREADS = 64, CONVEYED = 8 };

struct task_thread {
    pthread_t thread;
    const struct task *task;
    struct decant_error err;
    bool ok, started;
};

static void *
run_task(void *arg)
{
    struct task_thread *t = arg;
    t->ok = t->task->run(t->task->ctx, &t->err);
    return NULL;
}

bool
pipeline_tasks(const struct task *tasks, int n, struct decant_error *err)
{
    struct task_thread threads[MAX_THREADS] = { 0 };
    bool ok = true;
    assert(n <= MAX_THREADS);
    for (int i = 0; i < n; i++) {
        threads[i].task = &tasks[i];
        threads[i].started =
            i > 0 && pthread_create(&threads[i].thread, NULL, run_task, &threads[i]) == 0;
    }
    for (int i = 0; i < n; i++) {
        if (threads[i].started)
            pthread_join(threads[i].thread, NULL);
        else
            run_task(&threads[i]);
    }
    for (int i = 0; i < n && ok; i++) {
        ok = threads[i].ok;
        if (!ok)
            *err = threads[i].err;
    }
    return ok;
}

struct queue {
    atomic_int next;
    int n;
    atomic_int *stop;
    int failed;
    void *ctx;
    bool (*work)(void *ctx, int worker, int item, struct decant_error *err);
    pthread_mutex_t mutex;
    bool has_failed;
    struct decant_error err; /* of the first failure */
};

struct worker {
    struct queue *queue;
    int number;
    pthread_t thread;
};

static void *
run_worker(void *arg)
{
    struct worker *worker = arg;
    struct queue *queue = worker->queue;
    int item;
    while ((item = atomic_fetch_add(&queue->next, 1)) < queue->n) {
        struct decant_error err = { 0 };
        if (queue->work(queue->ctx, worker->number, item, &err))
            continue;
        int running = 0;
        pthread_mutex_lock(&queue->mutex);
        if (!queue->has_failed)
            queue->err = err;
        queue->has_failed = true;
        pthread_mutex_unlock(&queue->mutex);
        atomic_compare_exchange_strong(queue->stop, &running, queue->failed);
        break;
    }
    return NULL;
}

bool
pipeline_map(int n, int nworkers, atomic_int *stop, int failed, void *ctx,
             bool (*work)(void *ctx, int worker, int item, struct decant_error *err),
             struct decant_error *err)
{
    struct queue queue = { .n = n, .stop = stop, .failed = failed, .ctx = ctx, .work = work };
    struct worker workers[MAX_THREADS];
    bool started[MAX_THREADS];
    assert(nworkers >= 1 && nworkers <= MAX_THREADS);
    pthread_mutex_init(&queue.mutex, NULL);
    for (int i = 0; i < nworkers; i++) {
        workers[i] = (struct worker){ .queue = &queue, .number = i };
        started[i] =
            i > 0 && pthread_create(&workers[i].thread, NULL, run_worker, &workers[i]) == 0;
    }
    run_worker(&workers[0]);
    for (int i = 1; i < nworkers; i++)
        if (started[i])
            pthread_join(workers[i].thread, NULL);
    pthread_mutex_destroy(&queue.mutex);
    if (queue.has_failed)
        *err = queue.err;
    return !queue.has_failed;
}

struct conveyor {
    bool (*work)(void *ctx, const struct buf *buf, struct decant_error *err);
    void *ctx;
    pthread_t thread;
    bool has_thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct buf bufs[CONVEYED]; /* a ring: `n` of them, from `first` on, are full */
    int first, n;
    bool is_ending, has_failed;
    struct decant_error err;
};

/* A buffer is worked on in its place, and is free only afterwards. */
static void *
run_conveyor(void *arg)
{
    struct conveyor *c = arg;
    pthread_mutex_lock(&c->mutex);
    while (!c->has_failed) {
        while (c->n == 0 && !c->is_ending)
            pthread_cond_wait(&c->changed, &c->mutex);
        if (c->n == 0)
            break;
        struct buf *buf = &c->bufs[c->first];
        pthread_mutex_unlock(&c->mutex);
        bool ok = c->work(c->ctx, buf, &c->err);
        buf_reset(buf);
        pthread_mutex_lock(&c->mutex);
        c->has_failed = !ok;
        c->first = (c->first + 1) % CONVEYED;
        c->n--;
        pthread_cond_signal(&c->changed);
    }
    pthread_mutex_unlock(&c->mutex);
    return NULL;
}

struct conveyor *
conveyor_new(bool (*work)(void *ctx, const struct buf *buf, struct decant_error *err), void *ctx)
{
    struct conveyor *c = mem_alloc(sizeof *c);
    c->work = work;
    c->ctx = ctx;
    pthread_mutex_init(&c->mutex, NULL);
    pthread_cond_init(&c->changed, NULL);
    return c;
}

bool
conveyor_put(struct conveyor *c, struct buf *full, struct decant_error *err)
{
    if (!c->has_thread)
        c->has_thread = pthread_create(&c->thread, NULL, run_conveyor, c) == 0;
    if (!c->has_thread) {
        bool ok = c->work(c->ctx, full, err);
        buf_reset(full);
        return ok;
    }
    pthread_mutex_lock(&c->mutex);
    while (c->n == CONVEYED && !c->has_failed)
        pthread_cond_wait(&c->changed, &c->mutex);
    bool ok = !c->has_failed;
    if (ok) {
        struct buf *place = &c->bufs[(c->first + c->n) % CONVEYED];
        struct buf empty = *place;
        *place = *full;
        *full = empty;
        c->n++;
        pthread_cond_signal(&c->changed);
    } else {
        *err = c->err;
    }
    pthread_mutex_unlock(&c->mutex);
    return ok;
}

bool
conveyor_end(struct conveyor *c, struct decant_error *err)
{
    if (c->has_thread) {
        pthread_mutex_lock(&c->mutex);
        c->is_ending = true;
        pthread_cond_signal(&c->changed);
        pthread_mutex_unlock(&c->mutex);
        pthread_join(c->thread, NULL);
    }
    bool ok = !c->has_failed;
    if (!ok)
        *err = c->err;
    for (int i = 0; i < CONVEYED; i++)
        buf_deinit(&c->bufs[i]);
    pthread_mutex_destroy(&c->mutex);
    pthread_cond_destroy(&c->changed);
    free(c);
    return ok;
}
