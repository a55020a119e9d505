/* SPDX-License-Identifier: PostgreSQL */
/* What becomes of each table when a copy is amplified: which rows stand for several of production,
 * and how what must be unique stays so. Decided from the schema, and from what the manifest of the
 * copy says of roles and sizes; no row is read. */
#ifndef AMPLIFY_MODEL_H
#define AMPLIFY_MODEL_H

#include "amplify/amplified.h"

/* How large it is to become. */
struct extent {
    double scale;    /* of production's rows */
    double factor;   /* above 0: of the copy's own, instead */
    const char *sql; /* only tables that this names, and those that they refer to; NULL: all */
};

/* `rows` are the copy's, by number of the table. In `arena`. */
void model_make(const struct plan *plan, const struct manifest *manifest, const int64_t *rows,
                const struct extent *extent, struct arena *arena, struct model *out);

/* It is to stay as it is, for this reason. What it owns, and what refers to it, is decided anew. */
void model_leave(struct model *model, int table, const char *why_not, struct arena *arena);

#endif
