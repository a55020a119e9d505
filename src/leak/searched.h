/* SPDX-License-Identifier: PostgreSQL */
/* Which columns of a copy are searched for what was to be removed, and by which its rows are told.
 */
#ifndef LEAK_SEARCHED_H
#define LEAK_SEARCHED_H

#include "load/sink.h"
#include "mask/masking.h"
#include "report/manifest.h"

/* What a copy is made of. */
struct searched_env {
    const struct rules *rules;
    const struct plan *plan;
    const struct masking *masking;
    int nunits;
    const struct table *const *units; /* tables, or leaves of partitions */
    const struct sink_ops *ops;
    struct sink *sink;
};

struct searched {
    int n;
    struct manifest_searched *columns; /* those of one table stand together */
};

/* Tables with columns that may hold words, and their keys; all in `arena`, but for names of the
 * sink. */
void searched_list(const struct searched_env *env, struct arena *arena, struct searched *out);

#endif
