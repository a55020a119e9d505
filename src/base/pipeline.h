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

/* Hands the numbers 0 to n-1 to `nworkers` threads (1: the calling one), each to `work` once. When
 * one fails, *stop is set to `failed` (if it is 0), and the others end early; the error is that of
 * the first failure in time. */
bool pipeline_map(int n, int nworkers, atomic_int *stop, int failed, void *ctx,
                  bool (*work)(void *ctx, int worker, int item, struct decant_error *err),
                  struct decant_error *err);

/* A thread that works on buffers in their order while its owner fills the next ones. It begins with
 * the first buffer, and without it (no thread to be had) the owner does the work. */
struct conveyor;

struct conveyor *
conveyor_new(bool (*work)(void *ctx, const struct buf *buf, struct decant_error *err), void *ctx);

/* Hands `full` over and leaves an empty buffer in it; waits while too many are in work. False: the
 * work on an earlier one has failed. */
bool conveyor_put(struct conveyor *conveyor, struct buf *full, struct decant_error *err);

/* Waits until all is done, and frees the conveyor. False: some work has failed. */
bool conveyor_end(struct conveyor *conveyor, struct decant_error *err);

#endif
