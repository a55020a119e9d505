/* SPDX-License-Identifier: PostgreSQL */
#include "fidelity/cdf.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include <stdbool.h>

#include "base/mem.h"

static int
by_number(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static int
by_x(const void *a, const void *b)
{
    double x = ((const struct cdf_weighted *)a)->x, y = ((const struct cdf_weighted *)b)->x;
    return x < y ? -1 : x > y;
}

void
cdf_of_values(double *values, size_t n, struct cdf *out)
{
    assert(values != NULL || n == 0);
    *out = (struct cdf){ 0 };
    if (n == 0)
        return;
    qsort(values, n, sizeof *values, by_number);
    out->points = mem_alloc(n * sizeof *out->points);
    for (size_t i = 0; i < n; i++) {
        if (out->n == 0 || out->points[out->n - 1].x < values[i])
            out->points[out->n++] = (struct cdf_point){ values[i], (double)i / (double)n, 0 };
        out->points[out->n - 1].upto = (double)(i + 1) / (double)n;
    }
}

void
cdf_of_weighted(struct cdf_weighted *values, size_t n, struct cdf *out)
{
    double sum = 0, at = 0;
    *out = (struct cdf){ 0 };
    for (size_t i = 0; i < n; i++)
        sum += values[i].weight;
    if (sum <= 0)
        return;
    qsort(values, n, sizeof *values, by_x);
    out->points = mem_alloc(n * sizeof *out->points);
    for (size_t i = 0; i < n; i++) {
        if (out->n == 0 || out->points[out->n - 1].x < values[i].x)
            out->points[out->n++] = (struct cdf_point){ values[i].x, at / sum, 0 };
        at += values[i].weight;
        out->points[out->n - 1].upto = at / sum;
    }
}

/* The share of the bounds' values up to x. */
static double
share_of_bounds(const double *bounds, size_t n, double x)
{
    if (n < 2 || x < bounds[0])
        return 0;
    for (size_t i = 0; i + 1 < n; i++)
        if (x < bounds[i + 1])
            return ((double)i + (x - bounds[i]) / (bounds[i + 1] - bounds[i])) / (double)(n - 1);
    return 1;
}

void
cdf_of_histogram(struct cdf_weighted *singles, size_t n, const double *bounds, size_t nbounds,
                 double rest, struct cdf *out)
{
    size_t most = n + nbounds, single = 0;
    double at = 0, total = nbounds > 1 ? rest : 0;
    *out = (struct cdf){ .resolution = nbounds > 1 ? rest / (double)(nbounds - 1) : 0 };
    for (size_t i = 0; i < n; i++)
        total += singles[i].weight;
    if (most == 0 || total <= 0)
        return;
    qsort(singles, n, sizeof *singles, by_x);
    out->points = mem_alloc(most * sizeof *out->points);
    for (size_t b = 0; single < n || b < nbounds;) {
        bool takes_single = b >= nbounds || (single < n && singles[single].x <= bounds[b]);
        double x = takes_single ? singles[single].x : bounds[b];
        double between = rest * share_of_bounds(bounds, nbounds, x);
        struct cdf_point point = { x, (at + between) / total, 0 };
        if (takes_single)
            at += singles[single++].weight;
        while (single < n && singles[single].x <= x) /* values that are one number here */
            at += singles[single++].weight;
        while (b < nbounds && bounds[b] <= x)
            b++;
        point.upto = (at + between) / total;
        out->points[out->n++] = point;
    }
    out->resolution /= total;
}

void
cdf_deinit(struct cdf *cdf)
{
    free(cdf->points);
    *cdf = (struct cdf){ 0 };
}

/* The shares below x and up to it; *at is where the last search ended, for ascending x. */
static void
shares_at(const struct cdf *cdf, double x, size_t *at, double *below, double *upto)
{
    while (*at < cdf->n && cdf->points[*at].x < x)
        ++*at;
    const struct cdf_point *next = *at < cdf->n ? &cdf->points[*at] : NULL;
    const struct cdf_point *last = *at > 0 ? &cdf->points[*at - 1] : NULL;
    if (next != NULL && next->x <= x) {
        *below = next->below;
        *upto = next->upto;
    } else if (next == NULL || last == NULL) {
        *below = *upto = next == NULL;
    } else {
        *below = *upto =
            last->upto + (next->below - last->upto) * (x - last->x) / (next->x - last->x);
    }
}

static double
one_way(const struct cdf *a, const struct cdf *b)
{
    size_t at = 0;
    double distance = 0, below, upto;
    for (size_t i = 0; i < a->n; i++) {
        shares_at(b, a->points[i].x, &at, &below, &upto);
        distance =
            fmax(distance, fmax(fabs(a->points[i].below - below), fabs(a->points[i].upto - upto)));
    }
    return distance;
}

double
cdf_ks(const struct cdf *a, const struct cdf *b)
{
    return fmax(one_way(a, b), one_way(b, a));
}

double
cdf_quantile(const struct cdf *cdf, double share)
{
    assert(cdf != NULL);
    for (size_t i = 0; i < cdf->n; i++) {
        const struct cdf_point *p = &cdf->points[i];
        if (share <= p->upto && (share >= p->below || i == 0))
            return p->x;
        if (share < p->below) {
            const struct cdf_point *last = p - 1;
            double rise = p->below - last->upto;
            return rise > 0 ? last->x + (p->x - last->x) * (share - last->upto) / rise : p->x;
        }
    }
    return cdf->n > 0 ? cdf->points[cdf->n - 1].x : NAN;
}
