/* SPDX-License-Identifier: PostgreSQL */
#include "base/pipeline.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/mem.h"

enum { MAX_THREADS = 64 };

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
