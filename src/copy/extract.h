/* SPDX-License-Identifier: PostgreSQL */
/* Reading the rows of one table from the source, in the order of its key where that is cheap. */
#ifndef COPY_EXTRACT_H
#define COPY_EXTRACT_H

#include <decant/decant.h>

#include "mask/masking.h"
#include "pg/copy.h"
#include "plan/plan.h"
#include "plan/wire.h"
#include "row/row_stream.h"
#include "select/select.h"

/* What is read: the columns of `table`, which may be a partition. */
struct extract {
    const struct plan *plan; /* whose keys say which columns are respelled; see respell.h */
    const struct table *table;
    enum wire_use use;
    bool with_generated; /* else the target computes them */
    bool in_key_order;
    const struct chosen_rows *chosen; /* rows to copy; NULL: all */
    const struct masking *masking;    /* NULL: every column is copied as it is */
    /* Told of every row that is copied, by the values of its key; may be NULL. */
    void (*on_chosen)(void *ctx, const struct table *root, enum origin origin, double probability,
                      const struct decant_value *key);
    void *chosen_ctx;
};

/* Appends the COPY statement. `order` says whether to sort by the key; `where` may be NULL. */
void extract_sql(const struct extract *extract, bool order, const char *where, struct buf *out);
int extract_ncolumns(const struct extract *extract);

/* Asks the source's planner: can the rows come in key order without a large sort? */
bool extract_plan_order(struct pg_conn *conn, const struct extract *extract, bool *order,
                        struct decant_error *err);

/* A stream that reads, calls the row hook and counts. */
struct extract_stream {
    struct row_stream stream;
    struct pg_reader *reader;
    struct mask_stream mask;       /* .table NULL: nothing is masked */
    int nchosen;                   /* values behind the columns that tell rows apart */
    struct decant_table info;      /* for the hook */
    struct decant_column *columns; /* on the heap */
    decant_row_hook hook;          /* or NULL */
    void *hook_ctx;
    int worker;
    const struct extract *filter; /* or NULL: every row is copied */
    struct pg_conn *conn;
    struct select_keys keys; /* of the rows, when they are fetched by them; else .keys is NULL */
    size_t next_key;
    bool order;
    int64_t bytes; /* of the statements before */
    struct buf scratch;
    int *places; /* of the table's columns among the values, when keys are changed; or NULL */
    uint8_t (*changed)[8]; /* their new values */
    int64_t rows;
    /* Called now and then; may be NULL. */
    void (*on_progress)(void *ctx, struct extract_stream *stream);
    void *progress_ctx;
    int64_t next_progress;
};

/* `out` and `extract` must stay where they are until it is closed. */
bool extract_open(struct pg_conn *conn, const struct extract *extract, struct extract_stream *out,
                  struct decant_error *err);
void extract_close(struct extract_stream *stream);
int64_t extract_bytes(const struct extract_stream *stream); /* received so far */

#endif
