/* SPDX-License-Identifier: PostgreSQL */
/*
 * A finished copy beside its source as it is now. All originals of masked columns that the source
 * has are looked for in it, and its statistics are held against the source's. Whoever made the copy
 * need not have been a pull: without a manifest all its rows count as sampled, and its foreign keys
 * are checked here.
 */
#ifndef JOB_AGAINST_H
#define JOB_AGAINST_H

#include "load/sink.h"
#include "report/manifest.h"

/* `made` is one of the finished copies of load/sink.h; `manifest` may be NULL: then tables and
 * rows of the copy are added to `done`. DECANT_LEAK or DECANT_CHECK for what is found; each finding
 * is an event. */
bool against_source(struct decant_job *job, const struct sink_ops *made, const char *target,
                    const struct manifest *manifest, struct decant_event *done,
                    struct decant_error *err);

#endif
