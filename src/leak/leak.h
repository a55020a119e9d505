/* SPDX-License-Identifier: PostgreSQL */
/*
 * The search of a finished copy for what the rules were to remove: values of known kinds that could
 * reach somebody (src/detect has the kinds and the reserved ranges), and originals of masked
 * columns (src/transform/originals.h).
 *
 * A fake may equal somebody's original by chance: a text of b random bits equals one of n originals
 * of its length with a chance of n / 2^b. Where all texts of a masked column with a chance as small
 * would make less than a thousandth of a hit, one hit is a leak; the others are counted, and are a
 * leak when more different originals are among them than expected, by three standard deviations and
 * three. In a column that is copied as it is, or of whose texts the rest is, nothing is drawn:
 * there a hit is a leak where its own chance is below one in 10,000.
 */
#ifndef LEAK_LEAK_H
#define LEAK_LEAK_H

#include "detect/detect.h"
#include "rules/checks.h"
#include "transform/originals.h"

/* A column of the copy. */
struct leak_column {
    const char *object;            /* schema.table.column, or a part of the schema */
    const struct transformer *how; /* NULL: it was copied as it is */
    bool is_json, is_schema;
    bool is_number;   /* a column of whole numbers that is kept: only what identifies counts */
    bool is_whole;    /* a uuid: what looks like something in it is nothing */
    bool is_scrubbed; /* a text of which the rest stays as it was */
    double bits;      /* random ones of its fakes; 0: as many as they look like */
};

struct leak_finding {
    const char *object, *kind; /* a detector, or "originals" */
    int64_t count, cells;
    const char *keys;    /* of the first rows, as in the copy, joined by blanks; or "" */
    const char *allowed; /* the reason for which somebody accepts it; or NULL */
};

/* Tells a row, when something was found in it: writes its key as in the copy, at most 40 bytes. */
struct leak_row {
    void *ctx;
    void (*put_key)(void *ctx, char *out, size_t size);
};

struct leak;

/* Everything lives in `arena` but what leak_free() frees. `originals` may be NULL: nobody has them
 * any more, and only kinds are looked for. */
struct leak *leak_new(const struct rules_checks *rules, struct originals *originals,
                      struct arena *arena);
void leak_free(struct leak *leak); /* NULL is allowed */

/* Looks at one cell. `column` must outlive the search; `row` may be NULL. */
void leak_look(struct leak *leak, const struct leak_column *column, const char *text, size_t len,
               const struct leak_row *row);

/* The same of a number: as its digits, and as an address of version 4. Small ones say nothing. */
void leak_look_at_number(struct leak *leak, const struct leak_column *column, int64_t number,
                         const struct leak_row *row);

/* Another search for the same, for a thread of its own: with an arena of its own, and nothing found
 * yet. It ends before `leak` and its originals. */
struct leak *leak_beside(const struct leak *leak);

/* Adds what `from` saw in `part` to what `leak` saw in `column`, as if its rows came behind: to be
 * called in the order of the parts, each once. */
void leak_merge(struct leak *leak, const struct leak_column *column, const struct leak *from,
                const struct leak_column *part);

int64_t leak_cells(const struct leak *leak);

/* What was found, in the order of the objects. */
int leak_findings(struct leak *leak, const struct leak_finding **out);

#endif
