/* SPDX-License-Identifier: PostgreSQL */
/*
 * What a pull reads of the source, column by column. A column is left out when its mask needs
 * nothing of it, and no key, frame, condition or statement of the rules could look at it: in doubt
 * it counts as read.
 */
#ifndef JOB_READS_H
#define JOB_READS_H

#include "catalog/access.h"
#include "job/mask.h"

/* Sets `read` of the relations that have columns that no statement reads. `masks` are built. */
void reads_list(const struct job_masks *masks, const struct rules *rules, struct arena *arena,
                struct access *access);

#endif
