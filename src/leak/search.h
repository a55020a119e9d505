/* SPDX-License-Identifier: PostgreSQL */
/* The search of a copy for what was to be removed from it, by what its manifest says of its
 * columns: before a copy is published, and whenever it is verified. */
#ifndef LEAK_SEARCH_H
#define LEAK_SEARCH_H

#include "leak/leak.h"
#include "load/scan.h"
#include "plan/plan.h"
#include "report/manifest.h"

/* Where a copy is read from, by several readers side by side. */
struct search_env {
    /* Opens it once more; the search ends what this sets, also where it fails. */
    bool (*open)(void *ctx, struct scan_source *out, struct decant_error *err);
    void *ctx;
    int most;           /* readers; as many as there is work for are opened */
    atomic_llong *rows; /* grows by those that were searched; NULL: nobody counts them */
};

enum { SEARCH_MOST_READERS = 16 };

/* Looks through the schema and the columns, of which those of one table stand together. What is
 * found does not depend on the number of readers. */
bool search_copy(const struct search_env *env, const struct manifest_searched *columns, int n,
                 struct leak *leak, struct arena *arena, struct decant_error *err);

/* Looks at what the manifest has of names and rules; its values are those of cells. */
void leak_look_at_manifest(struct leak *leak, const struct plan *plan,
                           const struct manifest *manifest);

/* DECANT_LEAK for findings that nobody accepts; `tell` gets each of them, with where it was found.
 */
bool search_judge(const struct leak_finding *findings, int n,
                  void (*tell)(void *ctx, const struct leak_finding *finding, const char *detail),
                  void *ctx, struct decant_error *err);

#endif
