/* SPDX-License-Identifier: PostgreSQL */
/* Rows are read and masked by a thread of their own while the target takes the ones before: each
 * side waits for a server, and most of the time it is not the same one. */
#ifndef COPY_PREFETCH_H
#define COPY_PREFETCH_H

#include "base/pipeline.h"
#include "row/row_stream.h"

struct prefetch {
    struct row_stream stream; /* to read from */
    struct row_stream *from;
    struct supply *supply;
    int ncolumns;
    const uint8_t *data; /* rows of the buffer at hand */
    size_t left;
    struct decant_value *values;
};

/* From here on `from` belongs to the thread, until prefetch_end(). */
void prefetch_begin(struct prefetch *prefetch, struct row_stream *from, int ncolumns);
void prefetch_end(struct prefetch *prefetch);

#endif
