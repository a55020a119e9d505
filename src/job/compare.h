/* SPDX-License-Identifier: PostgreSQL */
/* The copy of a sample beside its source: what is known of both, and whether they agree. */
#ifndef JOB_COMPARE_H
#define JOB_COMPARE_H

#include "check/fidelity.h"
#include "measure/measured.h"
#include "report/manifest.h"

struct pull;

/* Takes the statistics of the source, while its snapshot is held. */
bool compare_begin(struct pull *pull, struct decant_error *err);

/* Measures the finished copy and compares; a task (base/task.h). */
bool compare_copy(void *ctx, struct decant_error *err);

/* DECANT_CHECK for a figure that is further away than the gate allows. */
bool compare_judge(struct pull *pull, struct decant_error *err);

/* What the manifest is to say of it. */
void compare_record(struct pull *pull, struct manifest *manifest);
void compare_end(struct pull *pull);

#endif
