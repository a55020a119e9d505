/* SPDX-License-Identifier: PostgreSQL */
#include "copy/copy.h"

#include <assert.h>

#include "copy/prefetch.h"

/* Reads what the sink left unread, so that the connection can be used again. */
static bool
drain(struct row_stream *stream, struct decant_error *err)
{
    struct row row;
    int n;
    while ((n = row_stream_next(stream, &row, err)) > 0)
        ;
    return n == 0;
}

static enum load_status
load(const struct copy *copy, int worker, const struct table *table, struct extract_stream *stream,
     struct decant_error *err)
{
    struct prefetch prefetch;
    prefetch_begin(&prefetch, &stream->stream, stream->info.ncolumns);
    enum load_status status =
        copy->ops->load_table(copy->sink, worker, table, &prefetch.stream, err);
    if ((status == LOAD_AGAIN || status == LOAD_SKIPPED) && !drain(&prefetch.stream, err))
        status = LOAD_FAILED;
    prefetch_end(&prefetch);
    return status;
}

bool
copy_table(const struct copy *copy, struct pg_conn *conn, int worker, const struct table *table,
           int64_t *rows, int64_t *bytes, struct decant_error *err)
{
    assert(worker >= 0 && rows != NULL && bytes != NULL);
    const struct extract extract = {
        .plan = copy->plan,
        .chosen = copy->chosen,
        .masking = copy->masking,
        .on_chosen = copy->on_chosen,
        .chosen_ctx = copy->chosen_ctx,
        .table = table,
        .use = copy->ops->decodes ? WIRE_DECODED : WIRE_PASSED,
        .with_generated = copy->ops->decodes,
        .in_key_order = copy->ops->decodes,
    };
    enum load_status status = LOAD_AGAIN;
    *rows = *bytes = 0;
    while (status == LOAD_AGAIN) {
        struct extract_stream stream = { .hook = copy->hook,
                                         .hook_ctx = copy->hook_ctx,
                                         .worker = worker,
                                         .on_progress = copy->on_progress,
                                         .progress_ctx = copy->progress_ctx };
        bool ok = extract_open(conn, &extract, &stream, err);
        status = ok ? load(copy, worker, table, &stream, err) : LOAD_FAILED;
        if (status == LOAD_AGAIN && copy->on_again != NULL)
            copy->on_again(copy->chosen_ctx);
        *bytes += extract_bytes(&stream);
        *rows = status == LOAD_SKIPPED ? -1 : stream.rows;
        extract_close(&stream);
    }
    if (status == LOAD_FAILED)
        error_context(err, "table '%s.%s'", table->schema, table->name);
    return status != LOAD_FAILED;
}
