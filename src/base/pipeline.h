/* SPDX-License-Identifier: PostgreSQL */
/* The only place that starts threads. Everything that they share was built before and is const, or
 * has a mutex of its own. */
#ifndef BASE_PIPELINE_H
#define BASE_PIPELINE_H

#include <stdatomic.h>

#include "base/buf.h"
#include "base/task.h"

/* Runs all tasks side by side and waits for them; the error of the first that failed, in order. */
bool pipeline_tasks(const struct task *tasks, int n, struct decant_error *err);

/* ... not more than `most` at a time, beginning with the first. They do not wait for each other. */
bool pipeline_few_tasks(const struct task *tasks, int n, int most, struct decant_error *err);

/* Hands the numbers 0 to n-1 to `nworkers` threads (1: the calling one), each to `work` once. When
 * one fails, *stop is set to `failed` (if it is 0), and the others end early; the error is that of
 * the first failure in time. */
bool pipeline_map(int n, int nworkers, atomic_int *stop, int failed, void *ctx,
                  bool (*work)(void *ctx, int worker, int item, struct decant_error *err),
                  struct decant_error *err);

/* A thread that fills buffers ahead of its owner, who takes them in their order. Without a thread
 * (none to be had) the owner does the work. */
struct supply;

/* `fill` appends to an empty buffer; *end: nothing comes behind it. `leave` is the last that the
 * thread does: stacks of threads outlive them. */
struct supply *supply_new(bool (*fill)(void *ctx, struct buf *out, bool *end,
                                       struct decant_error *err),
                          void (*leave)(void), void *ctx);

/* The next buffer, the supply's until the next call. 1, or 0 at the end, or -1: the work failed. */
int supply_next(struct supply *supply, const struct buf **out, struct decant_error *err);

/* Ends the thread behind the buffer that it fills. NULL is allowed. */
void supply_free(struct supply *supply);

#endif
