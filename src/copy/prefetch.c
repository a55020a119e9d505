/* SPDX-License-Identifier: PostgreSQL */
#include "copy/prefetch.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "mask/masking.h"
#include "pg/copy.h"

enum { BUFFER_SIZE = 64 * 1024 };

static bool
fill(void *ctx, struct buf *out, bool *end, struct decant_error *err)
{
    struct prefetch *prefetch = ctx;
    struct row row;
    int n = 1;
    buf_reserve(out, 2 * BUFFER_SIZE);
    while (out->len < BUFFER_SIZE && (n = row_stream_next(prefetch->from, &row, err)) > 0)
        pg_put_row(out, &row);
    *end = n == 0;
    return n >= 0;
}

static int
next(struct row_stream *stream, struct row *out, struct decant_error *err)
{
    struct prefetch *prefetch = (struct prefetch *)stream;
    while (prefetch->left == 0) {
        const struct buf *buf;
        int n = supply_next(prefetch->supply, &buf, err);
        if (n <= 0)
            return n;
        prefetch->data = (const uint8_t *)buf->data;
        prefetch->left = buf->len;
    }
    if (pg_split_row(&prefetch->data, &prefetch->left, prefetch->ncolumns, prefetch->values) < 0) {
        error_set(err, DECANT_BUG, "a row was damaged on its way");
        return -1;
    }
    *out = (struct row){ .ncolumns = prefetch->ncolumns, .values = prefetch->values };
    return 1;
}

void
prefetch_begin(struct prefetch *prefetch, struct row_stream *from, int ncolumns)
{
    assert(from != NULL && ncolumns >= 0);
    *prefetch = (struct prefetch){ .stream = { .next = next, .is_ordered = from->is_ordered },
                                   .from = from,
                                   .ncolumns = ncolumns };
    prefetch->values = mem_alloc((size_t)(ncolumns + 1) * sizeof *prefetch->values);
    prefetch->supply = supply_new(fill, mask_forget, prefetch);
}

void
prefetch_end(struct prefetch *prefetch)
{
    supply_free(prefetch->supply);
    free(prefetch->values);
}
