/* SPDX-License-Identifier: PostgreSQL */
/* What a manifest says of the comparison. */
#include <math.h>
#include <string.h>

#include "job/compare.h"
#include "job/pull.h"

static void
record_measures(struct pull *pull, struct manifest *manifest)
{
    static const char *const verdicts[] = {
        [FIDELITY_HOLDS] = "holds", [FIDELITY_BAD] = "bad", [FIDELITY_UNKNOWN] = "unknown"
    };
    const struct fidelity *fidelity = &pull->comparison->fidelity;
    manifest->measures =
        ARENA_ARRAY(&pull->compare_arena, struct manifest_measure, fidelity->n + 1);
    for (size_t i = 0; i < fidelity->n; i++) {
        const struct metric *metric = &fidelity->items[i];
        manifest->measures[manifest->nmeasures++] =
            (struct manifest_measure){ .kind = metric_name(metric->kind),
                                       .name = metric->object,
                                       .verdict = verdicts[metric->verdict],
                                       .note = metric->note,
                                       .source = metric->source,
                                       .copy = metric->copy,
                                       .distance = metric->distance,
                                       .floor = metric->floor,
                                       .excess = metric->excess };
    }
}

enum { POINTS = 21, LEAST_CELLS = 10 };

static void
record_distribution(struct manifest *manifest, const char *name, const char *side,
                    const struct cdf *cdf)
{
    for (int i = 0; cdf->n > 0 && i < POINTS; i++) {
        double share = (double)i / (POINTS - 1);
        manifest->distributions[manifest->ndistributions++] = (struct manifest_point){
            .name = name, .label = side, .x = cdf_quantile(cdf, share), .source = share
        };
    }
}

/* Values that fewer than ten rows of the copy have single somebody out. */
static void
record_shares(struct manifest *manifest, const char *name, const struct measured *source,
              const struct measured *copy)
{
    for (int i = 0; copy->has_all_values && i < copy->nvalues; i++) {
        double there = copy->rows * (1 - copy->null_share), other = source->is_known ? 0 : NAN;
        if (copy->values[i].share * there < LEAST_CELLS)
            continue;
        for (int j = 0; j < source->nvalues; j++)
            if (strcmp(source->values[j].text, copy->values[i].text) == 0)
                other = source->values[j].share;
        manifest->shares[manifest->nshares++] = (struct manifest_point){
            .name = name,
            .label = copy->values[i].text,
            .source = other,
            .copy = copy->values[i].share,
        };
    }
}

static void
record_fanout(struct pull *pull, struct manifest *manifest, int number)
{
    const struct sample_edge *edge = &pull->sampling.edges[number];
    const struct compared *child = &pull->comparison->tables[edge->child];
    struct select_fanout sample, source;
    if (!select_fanout(pull->chosen, number, &sample, &source) || sample.parents == 0)
        return;
    const char *name = arena_printf(&pull->compare_arena, "%s.%s.%s", child->table->schema,
                                    child->table->name, edge->name);
    bool is_owner = pull->sampling.tables[edge->child].owner == number;
    source = pull->comparison->sources[number];
    for (int i = 0; i <= SELECT_MOST_CHILDREN; i++) {
        if (sample.bars[i] == 0 && source.bars[i] == 0)
            continue;
        manifest->fanouts[manifest->nfanouts++] = (struct manifest_point){
            .name = name,
            .label = is_owner ? "owner" : "cross",
            .x = i,
            .source = source.children > 0 ? (double)source.bars[i] / (double)source.parents : NAN,
            .copy = (double)sample.bars[i] / (double)sample.parents,
        };
    }
}

void
compare_record(struct pull *pull, struct manifest *manifest)
{
    struct comparison *comparison = pull->comparison;
    struct arena *arena = &pull->compare_arena;
    int columns = 0;
    if (comparison == NULL)
        return;
    record_measures(pull, manifest);
    for (int i = 0; i < comparison->ntables; i++)
        columns += comparison->tables[i].n;
    manifest->distributions = ARENA_ARRAY(arena, struct manifest_point, columns * 2 * POINTS + 1);
    manifest->shares = ARENA_ARRAY(arena, struct manifest_point, columns * SKETCH_VALUES + 1);
    manifest->fanouts = ARENA_ARRAY(arena, struct manifest_point,
                                    pull->sampling.nedges * (SELECT_MOST_CHILDREN + 1) + 1);
    for (int i = 0; i < comparison->ntables; i++) {
        const struct compared *c = &comparison->tables[i];
        for (int j = 0; j < c->n; j++) {
            int number = c->columns[j];
            if (!c->is_kept[number] || c->copy_sketch == NULL)
                continue;
            const char *name = arena_printf(arena, "%s.%s.%s", c->table->schema, c->table->name,
                                            c->table->columns[number].name);
            record_distribution(manifest, name, "source", &c->source[number].cdf);
            record_distribution(manifest, name, "copy", &c->copy[number].cdf);
            record_shares(manifest, name, &c->source[number], &c->copy[number]);
        }
    }
    for (int i = 0; i < pull->sampling.nedges; i++)
        record_fanout(pull, manifest, i);
}
