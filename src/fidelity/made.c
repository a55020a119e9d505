/* SPDX-License-Identifier: PostgreSQL */
/* What was chosen for a copy that was made earlier: its manifest knows. */
#include <string.h>

#include "fidelity/compare.h"

static const struct manifest_sample *
find_sample(const struct manifest *manifest, const char *name)
{
    for (int i = 0; i < manifest->nsamples; i++)
        if (strcmp(manifest->samples[i].name, name) == 0)
            return &manifest->samples[i];
    return NULL;
}

static void
take_bars(struct comparison *comparison, const struct manifest *manifest, int number)
{
    const struct sample_edge *edge = &comparison->env.sampling->edges[number];
    struct select_fanout out = { 0 };
    const char *name = compare_edge_name(comparison, edge);
    for (int i = 0; i < manifest->nfanouts; i++) {
        const struct manifest_point *bar = &manifest->fanouts[i];
        int n = (int)bar->x;
        if (strcmp(bar->name, name) != 0 || n < 0 || n > SELECT_MOST_CHILDREN)
            continue;
        out.bars[n] = bar->rows;
        out.parents += bar->rows;
        out.children += n * bar->rows;
    }
    comparison->copies[number] = compare_keep_fanout(comparison, &out);
}

void
compare_made(struct comparison *comparison, const struct manifest *manifest)
{
    if (comparison == NULL)
        return;
    comparison->is_foreign = manifest == NULL || manifest->nsamples == 0;
    for (int i = 0; i < comparison->ntables; i++) {
        struct compared *c = &comparison->tables[i];
        const struct manifest_sample *sample =
            comparison->is_foreign
                ? NULL
                : find_sample(manifest, compare_table_name(comparison, c->table));
        c->expected = sample == NULL ? -1
                                     : sample->sampled + sample->whole + sample->completed +
                                           sample->pulled + sample->asked + sample->edge;
        c->sampled.chosen = sample != NULL ? (double)sample->sampled : 0;
    }
    for (int i = 0; !comparison->is_foreign && i < comparison->env.sampling->nedges; i++)
        take_bars(comparison, manifest, i);
}
