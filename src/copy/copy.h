/* SPDX-License-Identifier: PostgreSQL */
/* One table's way: extract -> row hook -> sink. */
#ifndef COPY_COPY_H
#define COPY_COPY_H

#include "copy/extract.h"
#include "load/sink.h"

struct copy {
    const struct plan *plan;
    const struct chosen_rows *chosen; /* rows to copy; NULL: all */
    const struct masking *masking;    /* NULL: every column is copied as it is */
    void (*on_chosen)(void *ctx, const struct table *root, enum origin origin, double probability,
                      const struct decant_value *key); /* see extract.h */
    void (*on_again)(void *ctx); /* the table is read once more: forget what on_chosen told */
    void *chosen_ctx;
    const struct sink_ops *ops;
    struct sink *sink;
    decant_row_hook hook;
    void *hook_ctx;
    void (*on_progress)(void *ctx, struct extract_stream *stream);
    void *progress_ctx;
};

/* Copies the rows of `table`, read through `conn`. *rows is their number, -1 when the table is not
 * in the copy; *bytes what came over the wire. */
bool copy_table(const struct copy *copy, struct pg_conn *conn, int worker,
                const struct table *table, int64_t *rows, int64_t *bytes, struct decant_error *err);

#endif
