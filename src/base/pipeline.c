/* SPDX-License-Identifier: PostgreSQL */
#include "base/pipeline.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/mem.h"

enum { MAX_THREADS = 64, SUPPLIED = 8 };

/* Tasks, and who takes the next. */
struct batch {
    const struct task *tasks;
    int n;
    atomic_int next;
    struct decant_error *errs;
    bool *ok;
};

static void *
run_tasks(void *arg)
{
    struct batch *batch = arg;
    int i;
    while ((i = atomic_fetch_add(&batch->next, 1)) < batch->n)
        batch->ok[i] = batch->tasks[i].run(batch->tasks[i].ctx, &batch->errs[i]);
    return NULL;
}

bool
pipeline_few_tasks(const struct task *tasks, int n, int most, struct decant_error *err)
{
    assert(tasks != NULL && n >= 0 && n <= MAX_THREADS && most > 0);
    struct decant_error errs[MAX_THREADS] = { 0 };
    bool done[MAX_THREADS] = { false };
    pthread_t threads[MAX_THREADS];
    struct batch batch = { .tasks = tasks, .n = n, .errs = errs, .ok = done };
    int started = 0;
    bool ok = true;
    while (started + 1 < most && started + 1 < n &&
           pthread_create(&threads[started], NULL, run_tasks, &batch) == 0)
        started++;
    run_tasks(&batch);
    for (int i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < n && ok; i++) {
        ok = done[i];
        if (!ok)
            *err = errs[i];
    }
    return ok;
}

bool
pipeline_tasks(const struct task *tasks, int n, struct decant_error *err)
{
    return pipeline_few_tasks(tasks, n, MAX_THREADS, err);
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
    assert(n >= 0 && nworkers > 0 && work != NULL);
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

struct supply {
    bool (*fill)(void *ctx, struct buf *out, bool *end, struct decant_error *err);
    void (*leave)(void);
    void *ctx;
    pthread_t thread;
    bool has_thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct buf bufs[SUPPLIED]; /* a ring: `n` of them, from `first` on, are full */
    int first, n;
    bool in_hand;                          /* the owner has the first one */
    bool is_last, has_failed, is_unwanted; /* `is_last`: the thread fills no more */
    struct decant_error err;
};

/* A buffer is filled in its place; nobody else looks at it meanwhile. */
static void
fill_next(struct supply *s)
{
    struct buf *buf = &s->bufs[(s->first + s->n) % SUPPLIED];
    bool end = false;
    pthread_mutex_unlock(&s->mutex);
    buf_reset(buf);
    bool ok = s->fill(s->ctx, buf, &end, &s->err);
    pthread_mutex_lock(&s->mutex);
    s->n += ok;
    s->has_failed = !ok;
    s->is_last = !ok || end;
}

static void *
run_supply(void *arg)
{
    struct supply *s = arg;
    pthread_mutex_lock(&s->mutex);
    while (!s->is_last && !s->is_unwanted) {
        if (s->n == SUPPLIED) {
            pthread_cond_wait(&s->changed, &s->mutex);
            continue;
        }
        fill_next(s);
        pthread_cond_signal(&s->changed);
    }
    pthread_mutex_unlock(&s->mutex);
    s->leave();
    return NULL;
}

struct supply *
supply_new(bool (*fill)(void *ctx, struct buf *out, bool *end, struct decant_error *err),
           void (*leave)(void), void *ctx)
{
    assert(fill != NULL);
    struct supply *s = mem_alloc(sizeof *s);
    s->fill = fill;
    s->leave = leave;
    s->ctx = ctx;
    pthread_mutex_init(&s->mutex, NULL);
    pthread_cond_init(&s->changed, NULL);
    s->has_thread = pthread_create(&s->thread, NULL, run_supply, s) == 0;
    return s;
}

int
supply_next(struct supply *s, const struct buf **out, struct decant_error *err)
{
    assert(s != NULL && out != NULL);
    pthread_mutex_lock(&s->mutex);
    if (s->in_hand) {
        s->first = (s->first + 1) % SUPPLIED;
        s->n--;
        pthread_cond_signal(&s->changed);
    }
    while (s->n == 0 && !s->is_last)
        if (s->has_thread)
            pthread_cond_wait(&s->changed, &s->mutex);
        else
            fill_next(s);
    s->in_hand = s->n > 0;
    *out = &s->bufs[s->first];
    int result = s->n > 0 ? 1 : s->has_failed ? -1 : 0;
    if (result < 0)
        *err = s->err;
    pthread_mutex_unlock(&s->mutex);
    return result;
}

void
supply_free(struct supply *s)
{
    if (s == NULL)
        return;
    pthread_mutex_lock(&s->mutex);
    s->is_unwanted = true;
    pthread_cond_signal(&s->changed);
    pthread_mutex_unlock(&s->mutex);
    if (s->has_thread)
        pthread_join(s->thread, NULL);
    else
        s->leave();
    for (int i = 0; i < SUPPLIED; i++)
        buf_deinit(&s->bufs[i]);
    pthread_mutex_destroy(&s->mutex);
    pthread_cond_destroy(&s->changed);
    free(s);
}
