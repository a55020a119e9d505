/* SPDX-License-Identifier: PostgreSQL */
#include "measure/rank.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

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

double
rank_correlation(const double *x, const double *y, int rows, double *share)
{
    int n = 0;
    *share = 0;
    if (x == NULL || y == NULL)
        return NAN;
    struct ranked *items = mem_alloc((size_t)(2 * rows + 1) * sizeof *items);
    double *ranks = mem_alloc((size_t)(2 * rows + 1) * sizeof *ranks);
    for (int i = 0; i < rows; i++)
        if (isfinite(x[i]) && isfinite(y[i])) {
            items[n] = (struct ranked){ x[i], 0, n };
            items[rows + n] = (struct ranked){ y[i], 0, n };
            n++;
        }
    rank(items, n, ranks);
    rank(items + rows, n, ranks + rows);
    double mean = (n - 1) / 2.0, xy = 0, xx = 0, yy = 0;
    for (int i = 0; i < n; i++) {
        double dx = ranks[i] - mean, dy = ranks[rows + i] - mean;
        xy += dx * dy;
        xx += dx * dx;
        yy += dy * dy;
    }
    free(items);
    free(ranks);
    *share = (double)n / rows;
    return n >= 30 && xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : NAN;
}
