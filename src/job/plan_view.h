/* SPDX-License-Identifier: PostgreSQL */
/* What 'decant plan' says, as numbers and names, and its two forms. */
#ifndef JOB_PLAN_VIEW_H
#define JOB_PLAN_VIEW_H

#include "base/buf.h"
#include "select/predict.h"
#include "select/select.h"

struct view_table {
    const char *name, *role;
    const char *owner; /* the columns by which it follows its owner; or NULL */
    const char *sql;   /* that reads its rows; keys are put in */
    double rate, bytes;
    struct prediction prediction;
    bool has_frame, has_counts;
    int64_t counts[ORIGIN_COUNT]; /* by origin, where has_counts */
    int64_t hollow, capped;
    const char *why_not_whole; /* of a small table that is sampled; or NULL */
};

struct view_key {
    const char *name, *parent, *policy, *effect;
    bool is_pinned, is_virtual;
    int64_t left_out, changed; /* rows */
};

struct view {
    double rate, cap;
    const char *seed;
    bool is_exact;
    int ntables, nkeys;
    struct view_table *tables; /* owners before those that follow them */
    struct view_key *keys;
    int connections, statements;
    int64_t read_bytes;
    bool has_masks; /* these are of all columns of all tables */
    int nsafe, nmasked, nkept, nnulled, nunproved;
    const char **unproved; /* "schema.table.column (why)" */
    bool is_cover;
    int nfeatures; /* of a cover */
    const struct select_feature *features;
};

void view_put_text(const struct view *view, bool with_sql, struct buf *out);

/* One object; "format" is its version. */
void view_put_json(const struct view *view, struct buf *out);

#endif
