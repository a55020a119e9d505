/* SPDX-License-Identifier: PostgreSQL */
/* A pull whose source is a copy, and whose rows become as many as production's. */
#ifndef JOB_AMPLIFY_H
#define JOB_AMPLIFY_H

#include "amplify/amplify.h"
#include "job/internal.h"
#include "report/manifest.h"

struct pull;

struct amplifying {
    const struct decant_options *asked; /* the options of the job, before what a pull needs */
    const struct manifest *of_copy;
    const char *sql; /* only tables that it names, and what they refer to; NULL: all */
    struct model model;
    int64_t *copied, *rows; /* by table of the plan: before and after */
};

/* Makes an amplified copy in options.target of options.source, by its manifest; `sql` as above. The
 * options are the job's while it lasts. */
bool amplifying_copy(struct decant_job *job, const struct decant_options *options,
                     const struct manifest *manifest, const char *sql, struct decant_error *err);

/* The files that say which tables are meant, as one text in `arena`; NULL: none. */
bool amplifying_read(const struct decant_words *files, struct arena *arena, const char **out,
                     struct decant_error *err);

/* Between the last row and the first index. */
bool amplifying_run(struct pull *pull, struct decant_error *err);

/* Behind the indexes. */
bool amplifying_finish(struct pull *pull, struct decant_error *err);

/* A check of the finished copy: fakes that were made of fakes lie where they lay. `ctx` is the
 * pull. */
bool amplifying_search(void *ctx, struct decant_error *err);

/* The facts that the manifest of the copy knows. */
const char *amplifying_fact(const struct pull *pull, const char *name, const char *own);

/* What the manifest tells then: of production and of columns what that of the copy does. */
void amplifying_list(const struct pull *pull, struct manifest *out);

#endif
