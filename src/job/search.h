/* SPDX-License-Identifier: PostgreSQL */
/* The search of a copy for what was to be removed from it, by what its manifest says of its
 * columns: before a copy is published, and whenever it is verified. */
#ifndef JOB_SEARCH_H
#define JOB_SEARCH_H

#include "check/leak.h"
#include "measure/scan.h"
#include "job/internal.h"
#include "report/manifest.h"

/* Looks through the schema and the columns, of which those of one table stand together. *rows grows
 * by those that were searched; NULL: nobody counts them. */
bool search_copy(const struct scan_source *source, const struct manifest_searched *columns, int n,
                 struct leak *leak, struct arena *arena, atomic_llong *rows,
                 struct decant_error *err);

/* DECANT_LEAK for findings that nobody accepts; each is an event. */
bool search_judge(struct decant_job *job, const struct leak_finding *findings, int n,
                  struct decant_error *err);

#endif
