/* SPDX-License-Identifier: PostgreSQL */
/* The copy of a sample beside its source: what is known of both, and whether they agree. */
#ifndef JOB_COMPARE_H
#define JOB_COMPARE_H

#include <pthread.h>

#include "check/fidelity.h"
#include "measure/crowd.h"
#include "measure/measured.h"
#include "report/manifest.h"
#include "select/keyset.h"
#include "select/select.h"

struct pull;
struct scan_source;

enum { COMPARED_KEYS = 32 };

/* A table of the plan on both sides. */
struct compared {
    const struct table *table;
    int number;              /* in the sampling */
    enum sketch_kind *kinds; /* by column of the table */
    bool *is_kept;           /* its values are in the copy */
    struct measured *source, *copy;
    struct sketch *source_sketch, *copy_sketch; /* by `columns`, then `joined` */
    struct sketch *chance_sketch; /* of the copy's rows that chance chose, if others are there */
    int n, *columns;              /* those that are measured */
    /* Where pairs are compared: columns of the owner's row, sketched behind its own. */
    const struct compared *parent;
    int njoined, *joined;
    struct sampled sampled;
    bool is_even;     /* rows, and those that they follow, come evenly from the whole */
    int64_t expected; /* rows of the copy; -1: nobody says */
    double variance;  /* of the sample's size, by its expectation */
    /* Which rows came with one root: of a table that owns others, keys of the copy (as hashes) and
     * their groups, plus 1. */
    int nowner, owner[COMPARED_KEYS]; /* columns along which its rows follow their owner */
    int nowned, owned[COMPARED_KEYS]; /* columns that rows of others refer to */
    struct keyset groups;
    /* Rows that are there for another reason, by hashes of their keys as text. */
    struct keyset others;
    struct crowd_shares crowd; /* of the copy: rows by what is kept of them, but for keys */
    int ncrowd;                /* columns that this looks at */
    int nidentity, identity[COMPARED_KEYS]; /* columns of the key; 0: rows cannot be told */
    bool has_rows_only;                     /* no column can be compared: its rows are counted */
    double stale;                           /* share of the source that has changed since ANALYZE */
};

struct comparison {
    int ntables;
    struct compared *tables;
    struct select_fanout *sources, *copies; /* by edge of the sampling; no parents: not known */
    double *tops; /* by edge: the share of the source's rows that ten parents have; NaN: unknown */
    pthread_mutex_t mutex; /* of `others`: rows are noted by several threads */
    struct compared *noted;
    bool is_foreign; /* nobody says which rows of the copy were sampled: all, then */
    /* Points of both sides, on the heap: what is left of the distributions. */
    size_t ndistributions, nshares;
    struct manifest_point *distributions, *shares, *singles, *crowds;
    size_t nsingles, ncrowds;
    double *canaries; /* by query: the source's figure */
    struct fidelity fidelity;
};

/* Names as in the report, "schema.table.column", in the comparison's arena. */
const char *compare_table_name(struct pull *pull, const struct table *table);
const char *compare_column_name(struct pull *pull, const struct table *table, int column);
const char *compare_edge_name(struct pull *pull, const struct sample_edge *edge);

/* What the source has to read for them, by the planner. */
int64_t compare_read_bytes(const struct pull *pull);

/* Takes the statistics of the source, while its snapshot is held. */
bool compare_begin(struct pull *pull, struct decant_error *err);

/* Measures the finished copy and compares; a task (base/task.h). */
bool compare_copy(void *ctx, struct decant_error *err);

/* DECANT_CHECK for a figure that is further away than the gate allows. */
bool compare_judge(struct pull *pull, struct decant_error *err);

/* compare_canaries.c: the queries of the rules, on both sides. DECANT_CHECK for one that a side
 * cannot answer. */
bool compare_ask_source(struct pull *pull, struct decant_error *err);
bool compare_ask_copy(struct pull *pull, const struct scan_source *copy, struct decant_error *err);

/* compare_sketch.c: reads a whole table of the source, or of the copy with what chance chose. */
bool compare_sketch_source(struct pull *pull, const struct scan_source *where, struct compared *c,
                           struct decant_error *err);
bool compare_sketch_copy(struct pull *pull, const struct scan_source *where, struct compared *c,
                         struct decant_error *err);

/* compare_origins.c: notes a row that is copied, and why (see copy/extract.h); says whether a row
 * of the copy, by the text of its key, is one that chance did not choose. */
void compare_find_identity(struct compared *c);
void compare_note(struct pull *pull, const struct table *root, enum origin origin,
                  const struct decant_value *key);
bool compare_is_other(const struct compared *c, const struct cell *key, struct buf *scratch);

/* compare_made.c: the copy was made earlier: what was chosen then is in its manifest. Without one
 * it is foreign. */
void compare_made(struct pull *pull, const struct manifest *manifest);

/* compare_keys.c: rows of one parent in the source; then sizes and rows of one parent. */
bool compare_count_source(struct pull *pull, struct decant_error *err);
void compare_keys(struct pull *pull);
bool compare_count_copy(struct pull *pull, const struct scan_source *copy,
                        struct decant_error *err); /* of a foreign one */
bool compare_tops(struct pull *pull, const struct scan_source *copy, struct decant_error *err);

/* Is it part of the primary key, or a reference? */
bool compare_is_key(const struct pull *pull, const struct table *table, int column);

/* compare_record.c: keeps points of a table's distributions, while they are there; and what the
 * manifest is to say of it all. */
void compare_keep(struct pull *pull, const struct compared *c);
void compare_record(struct pull *pull, struct manifest *manifest);
void compare_end(struct pull *pull);

#endif
