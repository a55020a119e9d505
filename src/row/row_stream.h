/* SPDX-License-Identifier: PostgreSQL */
/* Rows of one table, pulled one at a time by the sink. Streams are stacked: a stream may hold the
 * one it reads from. */
#ifndef ROW_ROW_STREAM_H
#define ROW_ROW_STREAM_H

#include <decant/error.h>
#include <decant/value.h>

struct row {
    int ncolumns;
    const struct decant_value *values; /* valid until the next call */
};

struct row_stream {
    /* 1 row, 0 end, -1 error */
    int (*next)(struct row_stream *stream, struct row *out, struct decant_error *err);
    bool is_ordered; /* by the primary key, whose order is the same in every database */
};

static inline int
row_stream_next(struct row_stream *stream, struct row *out, struct decant_error *err)
{
    return stream->next(stream, out, err);
}

#endif
