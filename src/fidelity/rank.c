/* SPDX-License-Identifier: PostgreSQL */
#include "fidelity/rank.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

enum { LEAST_ROWS = 30, LEAST_GROUPS = 10 };

struct ranked {
    double value, rank;
    int row;
};

static int
by_value(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    return x->value < y->value ? -1 : x->value > y->value;
}

/* Ranks by row; equal values share the mean of theirs. */
static void
rank(struct ranked *items, int n, double *out)
{
    qsort(items, (size_t)n, sizeof *items, by_value);
    for (int i = 0; i < n;) {
        int end = i;
        while (end < n && items[end].value == items[i].value)
            end++;
        for (int j = i; j < end; j++)
            out[items[j].row] = (i + end - 1) / 2.0;
        i = end;
    }
}

/* Of ranks, which are taken from their mean. */
struct sums {
    double n, x, y, xx, yy, xy;
};

static void
add(struct sums *sums, double x, double y)
{
    sums->n++;
    sums->x += x;
    sums->y += y;
    sums->xx += x * x;
    sums->yy += y * y;
    sums->xy += x * y;
}

/* Without the rows of a group; NULL: of all. */
static double
correlation(const struct sums *all, const struct sums *without)
{
    static const struct sums none;
    const struct sums *w = without != NULL ? without : &none;
    double n = all->n - w->n, x = all->x - w->x, y = all->y - w->y;
    double xx = all->xx - w->xx - x * x / n, yy = all->yy - w->yy - y * y / n;
    return n > 0 && xx > 0 && yy > 0 ? (all->xy - w->xy - x * y / n) / sqrt(xx * yy) : NAN;
}

static double
error_of(const struct sums *all, const struct sums groups[RANK_GROUPS])
{
    double sum = 0, squares = 0, n = 0;
    for (int g = 0; g < RANK_GROUPS; g++) {
        double r = groups[g].n > 0 ? correlation(all, &groups[g]) : NAN;
        if (!isfinite(r))
            continue;
        n++;
        sum += r;
        squares += r * r;
    }
    if (n < LEAST_GROUPS)
        return 1; /* a few bring all: they tell nothing of others */
    return sqrt(fmax(0, (squares - sum * sum / n) * (n - 1) / n));
}

struct rank_correlation
rank_correlate(const double *x, const double *y, const uint8_t *groups, int rows)
{
    assert(rows >= 0);
    struct rank_correlation out = { NAN, 0, 0 };
    int n = 0;
    if (x == NULL || y == NULL || rows == 0)
        return out;
    struct ranked *items = mem_alloc((size_t)(2 * rows + 1) * sizeof *items);
    double *ranks = mem_alloc((size_t)(2 * rows + 1) * sizeof *ranks);
    int *at = mem_alloc((size_t)(rows + 1) * sizeof *at);
    for (int i = 0; i < rows; i++)
        if (isfinite(x[i]) && isfinite(y[i])) {
            items[n] = (struct ranked){ x[i], 0, n };
            items[rows + n] = (struct ranked){ y[i], 0, n };
            at[n++] = i;
        }
    rank(items, n, ranks);
    rank(items + rows, n, ranks + rows);
    struct sums all = { 0 }, by_group[RANK_GROUPS] = { { 0 } };
    double mean = (n - 1) / 2.0;
    for (int i = 0; i < n; i++) {
        add(&all, ranks[i] - mean, ranks[rows + i] - mean);
        add(&by_group[groups[at[i]]], ranks[i] - mean, ranks[rows + i] - mean);
    }
    free(items);
    free(ranks);
    free(at);
    out.share = (double)n / rows;
    out.r = n >= LEAST_ROWS ? correlation(&all, NULL) : NAN;
    out.error = error_of(&all, by_group);
    return out;
}
