/* SPDX-License-Identifier: PostgreSQL */
#include "fidelity/sketch.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "fidelity/rank.h"
#include "fidelity/time.h"

enum {
    REGISTERS = 4096,
    REGISTER_BITS = 12,
    VALUE_SLOTS = 128,
    LEAST_GROUPS = 15,
    MOST_TEXT = 47,
    LONGEST_COUNTED = 64 /* of values that are not measured otherwise */
};

/* Sums of one group of rows: of shares `sum` and `squares` are the same. */
struct group {
    double n, sum, squares, nulls;
};

/* What is only wanted until the last row. */
struct work {
    uint8_t registers[REGISTERS];
    int slots[VALUE_SLOTS]; /* into out.values, plus 1 */
    struct group groups[SKETCH_GROUPS];
    uint32_t value_groups[SKETCH_VALUES][SKETCH_GROUPS]; /* rows of a value */
};

struct state {
    enum sketch_kind kind;
    struct sketch_column out;
    struct work *work;
};

struct sketch {
    int ncolumns;
    int64_t rows;
    int most, taken;    /* rows of the sample */
    uint64_t random;    /* always the same, so that the same rows give the same figures */
    double skip_factor; /* of Li's algorithm L, see below */
    int64_t next;       /* the row that is taken next */
    struct state *columns;
    double *numbers; /* of the row at hand */
    uint8_t *groups; /* by row of the sample */
};

enum sketch_kind
sketch_kind_of(const struct type *type)
{
    assert(type != NULL);
    static const uint8_t kinds[SCALAR_COUNT] = {
        [SCALAR_BOOL] = SKETCH_NUMBER + 1,    [SCALAR_INT2] = SKETCH_NUMBER + 1,
        [SCALAR_INT4] = SKETCH_NUMBER + 1,    [SCALAR_INT8] = SKETCH_NUMBER + 1,
        [SCALAR_FLOAT4] = SKETCH_NUMBER + 1,  [SCALAR_FLOAT8] = SKETCH_NUMBER + 1,
        [SCALAR_NUMERIC] = SKETCH_NUMBER + 1, [SCALAR_DATE] = SKETCH_TIME + 1,
        [SCALAR_TIMESTAMP] = SKETCH_TIME + 1, [SCALAR_TIMESTAMPTZ] = SKETCH_TIME + 1,
        [SCALAR_TEXT] = SKETCH_TEXT + 1,      [SCALAR_VARCHAR] = SKETCH_TEXT + 1,
        [SCALAR_NAME] = SKETCH_TEXT + 1,
    };
    if (type->kind == TYPE_ENUM)
        return SKETCH_TEXT;
    if (type->kind != TYPE_SCALAR || kinds[type->scalar] == 0)
        return SKETCH_OTHER;
    return (enum sketch_kind)(kinds[type->scalar] - 1);
}

struct sketch *
sketch_new(const enum sketch_kind *kinds, int ncolumns, int most)
{
    assert(kinds != NULL || ncolumns == 0);
    assert(ncolumns >= 0 && most > 0);
    struct sketch *s = mem_alloc(sizeof *s);
    s->ncolumns = ncolumns;
    s->random = UINT64_C(0x9E3779B97F4A7C15);
    s->columns = mem_alloc((size_t)(ncolumns + 1) * sizeof *s->columns);
    s->most = most < SKETCH_ROWS ? most : SKETCH_ROWS;
    s->numbers = mem_alloc((size_t)(ncolumns + 1) * sizeof *s->numbers);
    for (int i = 0; i < ncolumns; i++) {
        s->columns[i].kind = kinds[i];
        s->columns[i].work = mem_alloc(sizeof(struct work));
        s->columns[i].out.values = mem_alloc(SKETCH_VALUES * sizeof(struct sketch_value));
        if (kinds[i] == SKETCH_OTHER)
            s->columns[i].out.nvalues = -1;
    }
    return s;
}

void
sketch_free(struct sketch *s)
{
    for (int i = 0; s != NULL && i < s->ncolumns; i++) {
        free(s->columns[i].work);
        free(s->columns[i].out.sample);
        free(s->columns[i].out.values);
    }
    if (s != NULL) {
        free(s->columns);
        free(s->numbers);
        free(s->groups);
    }
    free(s);
}

/* ---- values */

static double
number_of(const struct cell *cell)
{
    char text[64], *end;
    const char *data = cell->data;
    if (cell->kind == CELL_INTEGER)
        return (double)cell->integer;
    if (cell->kind == CELL_REAL)
        return cell->real;
    if (cell->kind != CELL_TEXT || cell->len == 0 || cell->len >= sizeof text)
        return NAN;
    if (cell->len <= 5 && strchr("tf", data[0]) != NULL)
        return data[0] == 't';
    memcpy(text, data, cell->len);
    text[cell->len] = '\0';
    double number = strtod(text, &end);
    return *end == '\0' && isfinite(number) ? number : NAN;
}

static double
measure(enum sketch_kind kind, const struct cell *cell)
{
    if (kind == SKETCH_NUMBER)
        return number_of(cell);
    if (cell->kind != CELL_TEXT || kind == SKETCH_OTHER)
        return NAN;
    return kind == SKETCH_TIME ? time_of_text(cell->data, cell->len)
                               : (double)utf8_length(cell->data, cell->len);
}

/* splitmix64: S. Vigna, https://prng.di.unimi.it/splitmix64.c, in the public domain. */
static uint64_t
mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    return x ^ (x >> 31);
}

uint64_t
sketch_hash(const struct cell *cell)
{
    assert(cell != NULL);
    const uint8_t *data = cell->data;
    uint64_t h = UINT64_C(0xCBF29CE484222325);
    double real = cell->real;
    if (cell->kind == CELL_INTEGER)
        return mix((uint64_t)cell->integer + 1);
    if (cell->kind == CELL_REAL) {
        memcpy(&h, &real, sizeof h);
        return mix(h);
    }
    for (size_t i = 0; i < cell->len; i++)
        h = (h ^ data[i]) * UINT64_C(0x100000001B3);
    return mix(h);
}

static void
count_distinct(struct state *column, uint64_t hash)
{
    size_t which = hash >> (64 - REGISTER_BITS);
    uint64_t rest = hash << REGISTER_BITS | UINT64_C(1) << (REGISTER_BITS - 1);
    uint8_t rank = (uint8_t)(__builtin_clzll(rest) + 1);
    if (column->work->registers[which] < rank)
        column->work->registers[which] = rank;
}

static double
distinct_of(const struct state *column)
{
    double sum = 0, empty = 0;
    for (int i = 0; i < REGISTERS; i++) {
        sum += ldexp(1, -column->work->registers[i]);
        empty += column->work->registers[i] == 0;
    }
    double estimate = 0.7213 / (1 + 1.079 / REGISTERS) * REGISTERS * REGISTERS / sum;
    return estimate < 2.5 * REGISTERS && empty > 0 ? REGISTERS * log(REGISTERS / empty) : estimate;
}

static size_t
text_of(const struct cell *cell, char out[MOST_TEXT + 1])
{
    if (cell->kind == CELL_INTEGER)
        return (size_t)snprintf(out, MOST_TEXT + 1, "%lld", (long long)cell->integer);
    if (cell->kind == CELL_REAL)
        return (size_t)snprintf(out, MOST_TEXT + 1, "%.15g", cell->real);
    if (cell->len > MOST_TEXT)
        return SIZE_MAX;
    memcpy(out, cell->data, cell->len);
    out[cell->len] = '\0';
    return cell->len;
}

/* Counts the value, as long as there are few. */
static void
count_value(struct state *column, const struct cell *cell, uint64_t hash, int group)
{
    struct sketch_column *out = &column->out;
    char text[MOST_TEXT + 1];
    if (out->nvalues < 0)
        return;
    if (text_of(cell, text) > MOST_TEXT) {
        out->nvalues = -1;
        return;
    }
    size_t at = hash % VALUE_SLOTS;
    while (column->work->slots[at] != 0 &&
           strcmp(out->values[column->work->slots[at] - 1].text, text) != 0)
        at = (at + 1) % VALUE_SLOTS;
    if (column->work->slots[at] == 0) {
        if (out->nvalues == SKETCH_VALUES) {
            out->nvalues = -1;
            return;
        }
        memcpy(out->values[out->nvalues].text, text, sizeof text);
        column->work->slots[at] = ++out->nvalues;
    }
    out->values[column->work->slots[at] - 1].rows++;
    column->work->value_groups[column->work->slots[at] - 1][group]++;
}

/* ---- rows */

static double
random_share(struct sketch *s)
{
    s->random += UINT64_C(0x9E3779B97F4A7C15);
    return ((double)(mix(s->random) >> 11) + 0.5) * 0x1p-53;
}

/* K.-H. Li, "Reservoir-Sampling Algorithms of Time Complexity O(n(1+log(N/n)))", 1994: algorithm L.
 * The place of the row at hand in the sample; -1: it is not taken. */
static int
place_of_row(struct sketch *s)
{
    if (s->rows < s->most) {
        if (s->rows == s->most - 1) {
            s->skip_factor = exp(log(random_share(s)) / s->most);
            s->next = s->rows + 1 + (int64_t)(log(random_share(s)) / log1p(-s->skip_factor));
        }
        return (int)s->rows;
    }
    if (s->rows != s->next)
        return -1;
    int place = (int)(random_share(s) * s->most);
    s->skip_factor *= exp(log(random_share(s)) / s->most);
    s->next += 1 + (int64_t)(log(random_share(s)) / log1p(-s->skip_factor));
    return place;
}

/* Room for a sample grows with the rows that there are. */
static void
keep(struct sketch *s, int place, int group)
{
    if (place == s->taken)
        s->groups = mem_grow(s->groups, (size_t)place, sizeof *s->groups);
    s->groups[place] = (uint8_t)group;
    for (int i = 0; i < s->ncolumns; i++) {
        struct sketch_column *out = &s->columns[i].out;
        if (s->columns[i].kind == SKETCH_OTHER)
            continue;
        if (place == s->taken)
            out->sample = mem_grow(out->sample, (size_t)place, sizeof *out->sample);
        out->sample[place] = s->numbers[i];
    }
    if (place == s->taken)
        s->taken++;
}

void
sketch_add(struct sketch *s, const struct cell *cells, int group)
{
    if (group < 0)
        group = (int)(mix((uint64_t)s->rows) % SKETCH_GROUPS);
    for (int i = 0; i < s->ncolumns; i++) {
        struct state *column = &s->columns[i];
        struct group *sums = &column->work->groups[group];
        const struct cell *cell = &cells[i];
        column->out.rows++;
        sums->n++;
        s->numbers[i] = NAN;
        if (cell->kind == CELL_NULL) {
            column->out.nulls++;
            sums->nulls++;
            continue;
        }
        if (column->kind == SKETCH_OTHER) {
            if (cell->len <= LONGEST_COUNTED)
                count_distinct(column, sketch_hash(cell));
            continue;
        }
        uint64_t hash = sketch_hash(cell);
        s->numbers[i] = measure(column->kind, cell);
        count_distinct(column, hash);
        count_value(column, cell, hash, group);
    }
    int place = place_of_row(s);
    if (place >= 0)
        keep(s, place, group);
    s->rows++;
}

/* ---- what comes of it */

/* How much larger the variance of a share or mean is than if rows came one by one: the
 * delete-a-group jackknife (P. Kott, "The Delete-a-Group Jackknife", 2001) over the variance of
 * simple sampling. */
static double
effect_of(const struct group groups[SKETCH_GROUPS])
{
    double n = 0, sum = 0, squares = 0, variance = 0;
    int filled = 0;
    for (int g = 0; g < SKETCH_GROUPS; g++) {
        filled += groups[g].n > 0;
        n += groups[g].n;
        sum += groups[g].sum;
        squares += groups[g].squares;
    }
    if (filled < LEAST_GROUPS) /* all may have come with a few: they tell as much as one row */
        return n > 1 ? n : 1;
    double mean = sum / n, simple = (squares / n - mean * mean) / n;
    for (int g = 0; g < SKETCH_GROUPS; g++) {
        double left = n - groups[g].n;
        double without = left > 0 ? (sum - groups[g].sum) / left : mean;
        variance += (without - mean) * (without - mean);
    }
    variance *= (double)(SKETCH_GROUPS - 1) / SKETCH_GROUPS;
    return simple > 0 && variance > simple ? variance / simple : 1;
}

static int
by_number(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* The largest of the effects on the shares below nine quantiles, which no mean tells of. In the
 * sample fewer rows of a group meet than there are: the excess over 1 grows with the rows. */
static double
effect_on_shares(const struct sketch *s, const struct state *column)
{
    const double *sample = column->out.sample;
    double *sorted = mem_alloc((size_t)(s->taken + 1) * sizeof *sorted), largest = 1;
    int n = 0;
    for (int i = 0; sample != NULL && i < s->taken; i++)
        if (isfinite(sample[i]))
            sorted[n++] = sample[i];
    qsort(sorted, (size_t)n, sizeof *sorted, by_number);
    for (int q = 1; n > 0 && q < 10; q++) {
        double bound = sorted[(size_t)n * (size_t)q / 10];
        struct group groups[SKETCH_GROUPS] = { 0 };
        for (int i = 0; i < s->taken; i++) {
            struct group *group = &groups[s->groups[i]];
            if (!isfinite(sample[i]))
                continue;
            group->n++;
            group->sum += sample[i] <= bound;
            group->squares += sample[i] <= bound;
        }
        double effect = 1 + (effect_of(groups) - 1) * (double)s->rows / s->taken;
        largest = effect > largest ? effect : largest;
    }
    free(sorted);
    return largest;
}

/* The largest of the effects on the shares of values that are not rare. */
static double
effect_on_values(const struct state *column)
{
    double there = (double)(column->out.rows - column->out.nulls), largest = 1;
    for (int v = 0; v < column->out.nvalues; v++) {
        struct group groups[SKETCH_GROUPS];
        if ((double)column->out.values[v].rows < 0.02 * there)
            continue;
        for (int g = 0; g < SKETCH_GROUPS; g++) {
            double rows = column->work->value_groups[v][g];
            groups[g] =
                (struct group){ .n = column->work->groups[g].n - column->work->groups[g].nulls,
                                .sum = rows,
                                .squares = rows };
        }
        largest = fmax(largest, effect_of(groups));
    }
    return largest;
}

static double
effect_on_nulls(const struct state *column)
{
    struct group groups[SKETCH_GROUPS];
    for (int g = 0; g < SKETCH_GROUPS; g++)
        groups[g] = (struct group){ .n = column->work->groups[g].n,
                                    .sum = column->work->groups[g].nulls,
                                    .squares = column->work->groups[g].nulls };
    return effect_of(groups);
}

void
sketch_finish(struct sketch *s)
{
    for (int i = 0; i < s->ncolumns; i++) {
        struct state *column = &s->columns[i];
        column->out.distinct = distinct_of(column);
        column->out.effect = effect_on_shares(s, column);
        column->out.null_effect = effect_on_nulls(column);
        column->out.value_effect = effect_on_values(column);
        if (column->out.nvalues >= 0)
            column->out.distinct = column->out.nvalues;
        free(column->work);
        column->work = NULL;
    }
}

int64_t
sketch_rows(const struct sketch *s)
{
    return s->rows;
}

int
sketch_sampled(const struct sketch *s)
{
    return s->taken;
}

const struct sketch_column *
sketch_column(const struct sketch *s, int column)
{
    assert(column >= 0);
    return &s->columns[column].out;
}

void
sketch_cdf(const struct sketch *s, int column, struct cdf *out)
{
    assert(s != NULL && column >= 0 && column < s->ncolumns);
    const double *sample = s->columns[column].out.sample;
    double *values = mem_alloc((size_t)(s->taken + 1) * sizeof *values);
    size_t n = 0;
    for (int i = 0; sample != NULL && i < s->taken; i++)
        if (isfinite(sample[i]))
            values[n++] = sample[i];
    cdf_of_values(values, n, out);
    free(values);
}

struct rank_correlation
sketch_correlation(const struct sketch *s, int a, int b)
{
    assert(a >= 0 && b >= 0);
    return rank_correlate(s->columns[a].out.sample, s->columns[b].out.sample, s->groups, s->taken);
}
