/* SPDX-License-Identifier: PostgreSQL */
/*
 * In the place of src/copy/prefetch.c: rows are damaged on their way to the target. DAMAGE lists
 * what, as "KIND TABLE COLUMN ARGUMENT" separated by semicolons:
 *
 *     thin     drops PERCENT of the rows, by the value of the column
 *     become   gives rows whose column is ARGUMENT (text) the one of the row before
 *     nulls    makes PERCENT of the values NULL
 *     shuffle  gives each row the value of the row before
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "copy/extract.h"
#include "copy/prefetch.h"

enum { MOST_DAMAGES = 4 };

struct damage {
    char kind[16], table[64], column[64], argument[64];
    int place; /* of the column; -1: another table's */
    uint8_t before[1024];
    int32_t before_len;
    unsigned random;
};

static struct damage damages[MOST_DAMAGES];
static int ndamages;
static struct decant_value values[64];

static unsigned
hash(const struct decant_value *value)
{
    unsigned h = 2166136261u;
    for (int i = 0; i < value->len; i++)
        h = (h ^ value->data[i]) * 16777619u;
    return (h ^ h >> 15) * 2654435761u >> 8;
}

/* False: the row is dropped. */
static bool
apply(struct damage *damage)
{
    struct decant_value *value = &values[damage->place];
    unsigned percent = (unsigned)atoi(damage->argument);
    uint8_t now[1024];
    int32_t len = value->len;
    if (strcmp(damage->kind, "thin") == 0)
        return hash(value) % 100 >= percent;
    damage->random = damage->random * 1664525u + 1013904223u;
    if (strcmp(damage->kind, "nulls") == 0) {
        if ((damage->random >> 8) % 100 < percent)
            value->len = DECANT_NULL;
        return true;
    }
    bool is_meant = strcmp(damage->kind, "shuffle") == 0 ||
                    (len == (int32_t)strlen(damage->argument) &&
                     memcmp(value->data, damage->argument, (size_t)len) == 0);
    if (len > 0)
        memcpy(now, value->data, (size_t)len);
    bool is_first = damage->before_len == 0 && strcmp(damage->kind, "become") == 0;
    if (is_meant && is_first) { /* the first row has none before it */
        memcpy(damage->before, "done", 4);
        damage->before_len = 4;
    }
    if (is_meant && damage->before_len > 0) {
        value->data = damage->before;
        value->len = damage->before_len;
        static uint8_t given[1024];
        memcpy(given, damage->before, sizeof given);
        value->data = given;
    }
    if (strcmp(damage->kind, "shuffle") == 0 || !is_meant) {
        damage->before_len = len;
        if (len > 0)
            memcpy(damage->before, now, (size_t)len);
    }
    return true;
}

static int
next(struct row_stream *stream, struct row *out, struct decant_error *err)
{
    struct prefetch *prefetch = (struct prefetch *)stream;
    struct row row;
    int n;
    bool is_kept = false;
    while (!is_kept && (n = row_stream_next(prefetch->from, &row, err)) > 0) {
        is_kept = true;
        memcpy(values, row.values, (size_t)row.ncolumns * sizeof *values);
        for (int i = 0; i < ndamages; i++)
            if (damages[i].place >= 0)
                is_kept = apply(&damages[i]) && is_kept;
        /* as if it had never been read */
        ((struct extract_stream *)prefetch->from)->rows -= !is_kept;
    }
    *out = (struct row){ row.ncolumns, values };
    return is_kept ? 1 : n;
}

void
prefetch_begin(struct prefetch *prefetch, struct row_stream *from, int ncolumns)
{
    const struct extract_stream *stream = (const struct extract_stream *)from;
    const char *text = getenv("DAMAGE");
    ndamages = 0;
    for (int used = 0; text != NULL && ndamages < MOST_DAMAGES; text += used) {
        struct damage *damage = &damages[ndamages];
        *damage = (struct damage){ .place = -1, .random = 1 };
        if (sscanf(text, " %15s %63s %63s %63[^;]; %n", damage->kind, damage->table, damage->column,
                   damage->argument, &used) < 4 &&
            used == 0)
            break;
        for (int i = 0; i < ncolumns && strcmp(damage->table, stream->info.name) == 0; i++)
            if (strcmp(stream->info.columns[i].name, damage->column) == 0)
                damage->place = i;
        ndamages++;
        if (strchr(text, ';') == NULL)
            break;
    }
    *prefetch = (struct prefetch){ .stream = { .next = next, .is_ordered = from->is_ordered },
                                   .from = from,
                                   .ncolumns = ncolumns };
}

void
prefetch_end(struct prefetch *prefetch)
{
    (void)prefetch;
}
