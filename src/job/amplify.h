/* SPDX-License-Identifier: PostgreSQL */
/* A pull whose source is a copy, and whose rows become as many as production's. */
#ifndef JOB_AMPLIFY_H
#define JOB_AMPLIFY_H

#include "job/internal.h"
#include "report/manifest.h"

/* Makes an amplified copy in options.target of options.source, by its manifest: with `sql` only the
 * tables that it names, and what they refer to. The options are the job's while it lasts. */
bool amplifying_copy(struct decant_job *job, const struct decant_options *options,
                     const struct manifest *manifest, const char *sql, struct decant_error *err);

/* The files that say which tables are meant, as one text in `arena`; NULL: none. */
bool amplifying_read(const struct decant_words *files, struct arena *arena, const char **out,
                     struct decant_error *err);

#endif
