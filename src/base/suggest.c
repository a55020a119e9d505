/* SPDX-License-Identifier: PostgreSQL */
#include "base/suggest.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum { LONGEST = 48, FAR = 3 };

static int
least(int a, int b)
{
    return a < b ? a : b;
}

/* Damerau's distance: letters inserted, left out, replaced, or swapped with their neighbour. */
static int
distance(const char *a, const char *b)
{
    int d[LONGEST + 1][LONGEST + 1];
    size_t n = strlen(a), m = strlen(b);
    if (n > LONGEST || m > LONGEST)
        return LONGEST;
    for (size_t i = 0; i <= n; i++)
        d[i][0] = (int)i;
    for (size_t j = 0; j <= m; j++)
        d[0][j] = (int)j;
    for (size_t i = 1; i <= n; i++)
        for (size_t j = 1; j <= m; j++) {
            int best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            best = least(best, least(d[i - 1][j], d[i][j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                best = least(best, d[i - 2][j - 2] + 1);
            d[i][j] = best;
        }
    return d[n][m];
}

void
suggest_offer(struct suggestion *suggestion, const char *known)
{
    assert(known != NULL);
    int d = distance(suggestion->word, known);
    if (suggestion->nearest != NULL && d >= suggestion->distance)
        return;
    suggestion->nearest = known;
    suggestion->distance = d;
}

const char *
suggest_best(const struct suggestion *suggestion)
{
    assert(suggestion != NULL);
    bool near = suggestion->nearest != NULL && suggestion->distance <= FAR &&
                suggestion->distance < (int)strlen(suggestion->word);
    return near ? suggestion->nearest : NULL;
}
