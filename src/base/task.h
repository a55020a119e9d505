/* SPDX-License-Identifier: PostgreSQL */
/* A piece of work that may run beside others; only src/job starts threads. */
#ifndef BASE_TASK_H
#define BASE_TASK_H

#include <stdbool.h>

#include "base/error.h"

struct task {
    bool (*run)(void *ctx, struct decant_error *err);
    void *ctx;
};

#endif
