/* SPDX-License-Identifier: PostgreSQL */
/* What a manifest says of the comparison. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "fidelity/compare.h"

static void
record_figures(struct comparison *comparison, struct manifest *manifest)
{
    static const char *const verdicts[] = {
        [FIDELITY_HOLDS] = "holds", [FIDELITY_BAD] = "bad", [FIDELITY_UNKNOWN] = "unknown"
    };
    const struct fidelity *fidelity = &comparison->fidelity;
    manifest->figures = ARENA_ARRAY(comparison->arena, struct manifest_figure, fidelity->n + 1);
    for (size_t i = 0; i < fidelity->n; i++) {
        const struct figure *figure = &fidelity->items[i];
        manifest->figures[manifest->nfigures++] =
            (struct manifest_figure){ .kind = figure_name(figure->kind),
                                      .name = figure->object,
                                      .verdict = verdicts[figure->verdict],
                                      .note = figure->note,
                                      .source = figure->source,
                                      .copy = figure->copy,
                                      .distance = figure->distance,
                                      .floor = figure->floor,
                                      .excess = figure->excess };
    }
}

enum { POINTS = 20, LEAST_CELLS = 10 };

static struct manifest_point *
add_point(size_t *n, struct manifest_point **list)
{
    *list = mem_grow(*list, *n, sizeof **list);
    return &(*list)[(*n)++];
}

/* From the 5th part of a hundred to the 95th, and only where ten rows lie beyond: the least and the
 * largest value are somebody's. */
static void
keep_distribution(struct comparison *comparison, const char *name, const char *side,
                  const struct cdf *cdf)
{
    for (int i = 1; cdf->n > 0 && i < POINTS; i++) {
        double share = (double)i / POINTS;
        *add_point(&comparison->ndistributions, &comparison->distributions) =
            (struct manifest_point){
                .name = name, .label = side, .x = cdf_quantile(cdf, share), .source = share
            };
    }
}

/* Values that fewer than ten rows of the copy have single somebody out. */
static void
keep_shares(struct comparison *comparison, const char *name, const struct measured *source,
            const struct measured *copy)
{
    for (int i = 0; copy->has_all_values && i < copy->nvalues; i++) {
        double there = copy->rows * (1 - copy->null_share), other = source->is_known ? 0 : NAN;
        if (copy->values[i].share * there < LEAST_CELLS)
            continue;
        for (int j = 0; j < source->nvalues; j++)
            if (strcmp(source->values[j].text, copy->values[i].text) == 0)
                other = source->values[j].share;
        *add_point(&comparison->nshares, &comparison->shares) =
            (struct manifest_point){ .name = name,
                                     .label = copy->values[i].text,
                                     .source = other,
                                     .copy = copy->values[i].share };
    }
}

/* A kept column of a table that tells of people, with so many values that each tells rows apart. */
static void
keep_single(struct comparison *comparison, const struct compared *c, int number, const char *name)
{
    static const double least = 0.1;
    const struct masked_table *masked = masking_find(comparison->env.masking, c->table);
    const struct measured *side =
        c->source[number].is_known ? &c->source[number] : &c->copy[number];
    double rows = side->rows * (1 - side->null_share);
    if (masked == NULL || masked->nmasks == 0 || rows < LEAST_CELLS * POINTS ||
        side->distinct < least * rows || compare_is_key(comparison, c, number))
        return;
    *add_point(&comparison->nsingles, &comparison->singles) =
        (struct manifest_point){ .name = name, .source = fmin(1, side->distinct / rows) };
}

void
compare_keep(struct comparison *comparison, const struct compared *c)
{
    assert(comparison != NULL);
    if (c->ncrowd > 0 && c->crowd.rows > 0)
        *add_point(&comparison->ncrowds, &comparison->crowds) =
            (struct manifest_point){ .name = compare_table_name(comparison, c->table),
                                     .x = c->ncrowd,
                                     .source = c->crowd.alone,
                                     .copy = c->crowd.few };
    for (int i = 0; i < c->n; i++) {
        int number = c->columns[i];
        const struct measured *source = &c->source[number], *copy = &c->copy[number];
        const char *name = compare_column_name(comparison, c->table, number);
        if (!c->is_kept[number])
            continue;
        keep_single(comparison, c, number, name);
        if (copy->rows * copy->placed >= LEAST_CELLS * POINTS) {
            keep_distribution(comparison, name, "source", &source->cdf);
            keep_distribution(comparison, name, "copy", &copy->cdf);
        }
        keep_shares(comparison, name, source, copy);
    }
}

/* Bars of a fan-out that are told. */
static bool
is_told(const struct comparison *comparison, int number, int children)
{
    const struct select_fanout *copy = comparison->copies[number];
    return copy->parents > 0 &&
           (copy->bars[children] != 0 || comparison->sources[number]->bars[children] != 0);
}

static int
count_bars(const struct comparison *comparison)
{
    int n = 0;
    for (int i = 0; i < comparison->env.sampling->nedges; i++)
        for (int children = 0; children <= SELECT_MOST_CHILDREN; children++)
            n += is_told(comparison, i, children);
    return n;
}

static void
record_fanout(struct comparison *comparison, struct manifest *manifest, int number)
{
    const struct sample_edge *edge = &comparison->env.sampling->edges[number];
    const struct select_fanout *source = comparison->sources[number];
    const struct select_fanout *copy = comparison->copies[number];
    const char *name = compare_edge_name(comparison, edge);
    bool is_owner = comparison->env.sampling->tables[edge->child].owner == number;
    for (int i = 0; i <= SELECT_MOST_CHILDREN; i++) {
        if (!is_told(comparison, number, i))
            continue;
        manifest->fanouts[manifest->nfanouts++] = (struct manifest_point){
            .name = name,
            .label = is_owner ? "owner" : "cross",
            .x = i,
            .source =
                source->children > 0 ? (double)source->bars[i] / (double)source->parents : NAN,
            .copy = (double)copy->bars[i] / (double)copy->parents,
            .rows = copy->bars[i],
        };
    }
}

void
compare_record(struct comparison *comparison, struct manifest *manifest)
{
    assert(manifest != NULL);
    if (comparison == NULL)
        return;
    record_figures(comparison, manifest);
    manifest->distributions = comparison->distributions;
    manifest->ndistributions = (int)comparison->ndistributions;
    manifest->shares = comparison->shares;
    manifest->nshares = (int)comparison->nshares;
    manifest->singles = comparison->singles;
    manifest->nsingles = (int)comparison->nsingles;
    manifest->crowds = comparison->crowds;
    manifest->ncrowds = (int)comparison->ncrowds;
    manifest->fanouts =
        ARENA_ARRAY(comparison->arena, struct manifest_point, count_bars(comparison) + 1);
    for (int i = 0; i < comparison->env.sampling->nedges; i++)
        record_fanout(comparison, manifest, i);
}
