/* SPDX-License-Identifier: PostgreSQL */
#include "fidelity/figures.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    LEAST_ROWS = 100,   /* fewer say nothing of a distribution */
    EXPECTED_ROWS = 20, /* so many rows of a value are expected: that none is there is no chance */
    MOST_CHILDREN = 255,
};

#define COUNTS 2 /* rows: of a rare value there may be one more, or two, whatever its share */
#define MOST_OTHERS 0.2 /* of the rows have another origin: the rest says too little */
#define BAD INFINITY

const char *
figure_name(enum figure_kind kind)
{
    static const char *const names[FIGURE_COUNT] = {
        [FIGURE_ROWS] = "rows",       [FIGURE_SIZE] = "size",     [FIGURE_FANOUT] = "fan-out",
        [FIGURE_CROSS] = "cross key", [FIGURE_NULLS] = "nulls",   [FIGURE_NUMBERS] = "numbers",
        [FIGURE_TIMES] = "times",     [FIGURE_VALUES] = "values", [FIGURE_COVERAGE] = "coverage",
        [FIGURE_TOP] = "top ten",     [FIGURE_PAIRS] = "pairs",   [FIGURE_CANARY] = "canary",
    };
    return names[kind];
}

void
fidelity_deinit(struct fidelity *f)
{
    free(f->items);
    *f = (struct fidelity){ 0 };
}

static struct figure *
add(struct fidelity *f, enum figure_kind kind, const char *object)
{
    f->items = mem_grow(f->items, f->n, sizeof *f->items);
    struct figure *figure = &f->items[f->n++];
    *figure = (struct figure){
        .kind = kind, .object = arena_strdup(f->arena, object), .source = NAN, .copy = NAN
    };
    return figure;
}

static void
set_distance(struct figure *figure, double distance, double floor)
{
    figure->distance = distance;
    figure->floor = floor;
    figure->excess = distance <= 0 ? 0 : floor > 0 ? distance / floor : BAD;
}

void
fidelity_add_unknown(struct fidelity *f, enum figure_kind kind, const char *object,
                     const char *note)
{
    assert(object != NULL);
    struct figure *figure = add(f, kind, object);
    figure->note = note;
    figure->verdict = FIDELITY_UNKNOWN;
    figure->excess = figure->distance = figure->floor = NAN;
}

void
fidelity_add_canary(struct fidelity *f, const char *query, double share)
{
    assert(f != NULL);
    fidelity_add_unknown(f, FIGURE_CANARY, query, "the copy's answer as a share of the source's");
    f->items[f->n - 1].source = 1;
    f->items[f->n - 1].copy = share;
}

/* f of the comment in the header, of a figure about this share of the rows. `basis`: rows that the
 * source's figure rests on, 0: all. */
static double
noise(const struct sampled *table, double share, double effect, double basis)
{
    double n = table->chosen / fmax(effect / share, 1);
    double rest = table->rows > table->chosen ? 1 - table->chosen / table->rows : 0;
    double f = sqrt((n > 0 ? rest / n : 0) + (basis > 0 ? 1 / (basis * share) : 0));
    return fmax(f, 1 / fmax(table->chosen * share, 1)); /* one row more or less is always noise */
}

static double
share_of_others(const struct sampled *table)
{
    return table->there > 0 && table->chosen < table->there ? 1 - table->chosen / table->there : 0;
}

/* What may be so without being wrong: rows of other origins, and changes since ANALYZE.
 */
static double
forgiven(const struct measured *source, const struct sampled *table)
{
    return share_of_others(table) + source->stale;
}

void
fidelity_add_rows(struct fidelity *f, const char *object, int64_t chosen, int64_t there)
{
    assert(object != NULL);
    struct figure *figure = add(f, FIGURE_ROWS, object);
    figure->source = (double)chosen;
    figure->copy = (double)there;
    set_distance(figure, chosen > 0 ? fabs((double)(there - chosen)) / (double)chosen : there > 0,
                 0);
}

void
fidelity_add_size(struct fidelity *f, const char *object, double rate, const struct sampled *table,
                  double variance)
{
    assert(object != NULL);
    struct figure *figure = add(f, FIGURE_SIZE, object);
    figure->source = rate;
    figure->is_told = true;
    figure->copy = table->rows > 0 ? table->chosen / table->rows : NAN;
    if (table->rows * rate < LEAST_ROWS) {
        figure->verdict = FIDELITY_UNKNOWN;
        figure->note = "too few rows are expected";
        figure->excess = figure->distance = figure->floor = NAN;
        return;
    }
    set_distance(figure, fabs(figure->copy / rate - 1), 1.96 * sqrt(variance));
}

/* ---- rows of one parent */

static double
mean_of(const struct cdf_weighted *bars, size_t n)
{
    double sum = 0, weight = 0;
    for (size_t i = 0; i < n; i++) {
        sum += bars[i].x * bars[i].weight;
        weight += bars[i].weight;
    }
    return weight > 0 ? sum / weight : 0;
}

/* Of parents with k rows each, as many as keep j of them, if each row stays with probability p:
 * f'(j) = sum over k of f(k) C(k, j) p^j (1 - p)^(k - j). */
static size_t
thin(const struct cdf_weighted *bars, size_t n, double p, struct cdf_weighted *out)
{
    for (int j = 0; j <= MOST_CHILDREN; j++)
        out[j] = (struct cdf_weighted){ j, 0 };
    for (size_t i = 0; i < n; i++) {
        int k = (int)bars[i].x;
        for (int j = 0; j <= k && j <= MOST_CHILDREN; j++) {
            double log_chance = lgamma(k + 1) - lgamma(j + 1) - lgamma(k - j + 1) + j * log(p) +
                                (k - j) * log1p(-p);
            out[j].weight += bars[i].weight * exp(log_chance);
        }
    }
    return MOST_CHILDREN + 1;
}

/* The distance of two fan-outs, the first one thinned. */
static double
fanout_distance(const struct cdf_weighted *source, size_t nsource, const struct cdf_weighted *copy,
                size_t ncopy, double thinned, double *mean)
{
    struct cdf_weighted expected[MOST_CHILDREN + 1], seen[MOST_CHILDREN + 1];
    struct cdf a, b;
    size_t n = nsource;
    if (thinned < 1)
        n = thin(source, nsource, thinned, expected);
    else
        memcpy(expected, source, nsource * sizeof *source);
    memcpy(seen, copy, ncopy * sizeof *copy);
    *mean = mean_of(expected, n);
    cdf_of_weighted(expected, n, &a);
    cdf_of_weighted(seen, ncopy, &b);
    double distance = cdf_ks(&a, &b);
    cdf_deinit(&a);
    cdf_deinit(&b);
    return distance;
}

void
fidelity_add_fanout(struct fidelity *f, enum figure_kind kind, const char *object,
                    const struct fanout_side *source, const struct fanout_side *copy,
                    double thinned, const struct sampled *parents, double stale, bool one_by_one)
{
    assert(f != NULL && source != NULL && copy != NULL && parents != NULL);
    double mean;
    if (parents->chosen < LEAST_ROWS) {
        fidelity_add_unknown(f, kind, object, "too few parents were sampled");
        return;
    }
    struct figure *figure = add(f, kind, object);
    figure->source = source->mean;
    figure->copy = copy->mean;
    double distance = fanout_distance(source->bars, source->n, copy->bars, copy->n, thinned, &mean);
    set_distance(figure, distance - stale, 1.36 * noise(parents, 1, 1, 0));
    if (kind != FIGURE_CROSS) {
        /* as if parents were missing by chance; as if they had come one by one */
        figure->is_told = thinned < 1 || !one_by_one;
        figure->note = thinned < 1 ? "thinned by the policy of another key" : NULL;
        return;
    }
    /* Rows may come with this parent all the same, where both have one root. */
    figure->verdict = FIDELITY_UNKNOWN;
    figure->note = arena_printf(f->arena, "not preserved: an independent sample has %.3g", mean);
    double whole = fanout_distance(source->bars, source->n, copy->bars, copy->n, 1, &mean);
    if (whole > distance)
        return;
    set_distance(figure, whole - stale, 1.36 * noise(parents, 1, 1, 0));
    figure->note = "preserved: both sides come with one root";
}

/* ---- columns */

static void
add_nulls(struct fidelity *f, const char *object, const struct measured *source,
          const struct measured *copy, const struct sampled *table)
{
    struct figure *figure = add(f, FIGURE_NULLS, object);
    double q = fmax(source->null_share, source->basis > 0 ? 3 / source->basis : 0);
    figure->source = source->null_share;
    figure->copy = copy->null_share;
    set_distance(figure, fabs(source->null_share - copy->null_share) - forgiven(source, table),
                 1.96 * noise(table, 1, copy->null_effect, source->basis) * sqrt(q * (1 - q)) +
                     COUNTS / fmax(table->chosen, 1));
}

static void
add_numbers(struct fidelity *f, enum figure_kind kind, const char *object,
            const struct measured *source, const struct measured *copy, const struct sampled *table)
{
    struct figure *figure = add(f, kind, object);
    figure->source = cdf_quantile(&source->cdf, 0.5);
    figure->copy = cdf_quantile(&copy->cdf, 0.5);
    double own =
        (copy->sample > 0 ? 1 / copy->sample : 0) + (source->sample > 0 ? 1 / source->sample : 0);
    double there = fmax(source->placed, 1e-6);
    double f2 = noise(table, there, copy->effect, source->basis);
    set_distance(
        figure, cdf_ks(&source->cdf, &copy->cdf) - forgiven(source, table) - source->cdf.resolution,
        1.36 * sqrt(f2 * f2 + own / there));
}

static double
share_of(const struct measured *side, const char *text)
{
    for (int i = 0; i < side->nvalues; i++)
        if (strcmp(side->values[i].text, text) == 0)
            return side->values[i].share;
    return 0;
}

/* Half the differences of all shares; what the source does not list counts as one more value. */
static void
add_values(struct fidelity *f, const char *object, const struct measured *source,
           const struct measured *copy, const struct sampled *table)
{
    assert(f != NULL && source != NULL && copy != NULL && table != NULL);
    struct figure *figure = add(f, FIGURE_VALUES, object);
    double sum = 0, spread = 0, rest_source = 1, rest_copy = 1;
    int kept = 0, lost = 0;
    double there = fmax(1 - source->null_share, 1e-6);
    double rows = table->chosen / fmax(copy->value_effect, 1) * there;
    for (int i = 0; i < source->nvalues; i++) {
        double q = source->values[i].share, seen = share_of(copy, source->values[i].text);
        sum += fabs(q - seen);
        spread += sqrt(fmax(q * (1 - q), 0));
        rest_source -= q;
        rest_copy -= seen;
        kept += seen > 0;
        lost += seen <= 0 && (q - source->stale) * rows >= EXPECTED_ROWS;
    }
    sum += fabs(rest_source - rest_copy);
    spread += sqrt(fmax(rest_source * (1 - rest_source), 0));
    set_distance(figure, sum / 2 - forgiven(source, table),
                 2 * 0.40 * noise(table, there, copy->value_effect, source->basis) * spread +
                     COUNTS / fmax(table->chosen * there, 1));
    if (source->nvalues == 0)
        return;
    figure = add(f, FIGURE_COVERAGE, object);
    figure->source = source->nvalues;
    figure->copy = kept;
    figure->distance = (double)(source->nvalues - kept) / source->nvalues;
    figure->floor = NAN;
    figure->excess = lost > 0 ? BAD : 0;
    if (lost > 0)
        figure->note = arena_printf(f->arena, "%d of which %d rows or more were expected", lost,
                                    EXPECTED_ROWS);
}

void
fidelity_add_top(struct fidelity *f, const char *object, double source, double copy, double rows,
                 double effect)
{
    enum { LEAST_OF_TOP = 200 };
    if (!isfinite(source) || !isfinite(copy))
        return;
    if (copy * rows < LEAST_OF_TOP) {
        fidelity_add_unknown(f, FIGURE_TOP, object, "ten parents have too few rows");
        return;
    }
    struct figure *figure = add(f, FIGURE_TOP, object);
    figure->source = source;
    figure->copy = copy;
    figure->is_told = true;
    set_distance(figure, fabs(source - copy), 1.96 * sqrt(source * (1 - source) * effect / rows));
}

static double
rows_placed(const struct measured *side)
{
    return side->rows * side->placed;
}

void
fidelity_add_column(struct fidelity *f, const char *object, const struct measured *source,
                    const struct measured *copy, const struct sampled *table, enum sketch_kind kind)
{
    assert(copy != NULL && table != NULL);
    const char *why = !source->is_known            ? "the source has no statistics, or old ones"
                      : table->chosen < LEAST_ROWS ? "too few rows were sampled"
                      : share_of_others(table) > MOST_OTHERS ? "most rows are there for their keys"
                                                             : NULL;
    if (why != NULL) {
        fidelity_add_unknown(f, FIGURE_NULLS, object, why);
        return;
    }
    add_nulls(f, object, source, copy, table);
    if (kind == SKETCH_TEXT && source->nvalues > 0 && copy->has_all_values)
        add_values(f, object, source, copy, table);
    else if (kind != SKETCH_OTHER && source->cdf.n > 0 && copy->cdf.n > 0 &&
             rows_placed(source) >= LEAST_ROWS && rows_placed(copy) >= LEAST_ROWS)
        add_numbers(f, kind == SKETCH_TIME ? FIGURE_TIMES : FIGURE_NUMBERS, object, source, copy,
                    table);
}

void
fidelity_add_pair(struct fidelity *f, const char *object, const struct pair *pair,
                  const struct sampled *table)
{
    assert(pair != NULL && table != NULL);
    enum { LEAST_PAIRS = 100 };
    if (!isfinite(pair->source.r) || !isfinite(pair->copy.r) ||
        table->chosen * pair->copy.share < LEAST_PAIRS)
        return;
    struct figure *figure = add(f, FIGURE_PAIRS, object);
    figure->source = pair->source.r;
    figure->copy = pair->copy.r;
    /* ranks of a correlation near 1 vary, too */
    double shape = fmax(1 - pair->source.r * pair->source.r, 0.05);
    double f2 = fmax(noise(table, pair->copy.share, pair->effect, 0) * shape, pair->copy.error);
    double own =
        pair->source_sample > 0 ? shape * shape / (pair->source_sample * pair->source.share) : 0;
    set_distance(figure, fabs(figure->source - figure->copy) - share_of_others(table),
                 1.96 * sqrt(f2 * f2 + own));
}

void
fidelity_tell(struct fidelity *f, size_t from)
{
    assert(from <= f->n);
    size_t n = from;
    for (size_t i = from; i < f->n; i++)
        if (f->items[i].verdict != FIDELITY_UNKNOWN && !isnan(f->items[i].excess)) {
            f->items[n] = f->items[i];
            f->items[n++].is_told = true;
        }
    f->n = n;
}

/* ---- what it means */

static int
by_excess(const void *a, const void *b)
{
    const struct figure *x = a, *y = b;
    double u = isnan(x->excess) ? -1 : x->excess, v = isnan(y->excess) ? -1 : y->excess;
    return u > v ? -1 : u < v ? 1 : strcmp(x->object, y->object);
}

const struct figure *
fidelity_judge(struct fidelity *f, double bound)
{
    assert(bound > 0);
    const struct figure *worst = NULL;
    qsort(f->items, f->n, sizeof *f->items, by_excess);
    for (size_t i = f->n; i-- > 0;) {
        struct figure *figure = &f->items[i];
        if (isnan(figure->excess) && figure->verdict != FIDELITY_UNKNOWN) {
            figure->verdict = FIDELITY_UNKNOWN;
            figure->note = "a side has no figure to compare";
        }
        if (figure->verdict == FIDELITY_UNKNOWN)
            continue;
        figure->verdict = figure->excess > bound ? FIDELITY_BAD : FIDELITY_HOLDS;
        if (figure->verdict == FIDELITY_BAD && !figure->is_told)
            worst = figure;
    }
    return worst;
}
