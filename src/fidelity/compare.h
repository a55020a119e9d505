/* SPDX-License-Identifier: PostgreSQL */
/* The copy of a sample beside its source: what is known of both, and whether they agree. */
#ifndef FIDELITY_COMPARE_H
#define FIDELITY_COMPARE_H

#include <pthread.h>

#include "fidelity/crowd.h"
#include "fidelity/measured.h"
#include "fidelity/figures.h"
#include "load/sink.h"
#include "mask/masking.h"
#include "report/manifest.h"
#include "select/keyset.h"
#include "select/select.h"

struct scan_source;

/* What a comparison looks at; all of it outlives the comparison but for `source`. */
struct compare_env {
    const struct rules *rules;
    const struct plan *plan;
    const struct sampling *sampling;
    struct chosen_rows *chosen;    /* the rows of the copy */
    const struct masking *masking; /* NULL: no column is masked */
    const struct sink_ops *ops;    /* of the copy */
    struct sink *sink;
    struct pg_conn *source;  /* in the snapshot: until compare_begin() has returned */
    double snapshot_s;       /* since 1970, by the source's clock */
    const char *search_path; /* in which the rules' queries are asked */
    const atomic_int *stop;
    /* Opens the finished copy; the caller ends it. */
    bool (*read_copy)(void *ctx, struct scan_source *out, struct decant_error *err);
    void (*tell)(void *ctx, const struct figure *figure, const char *detail); /* of a bad figure */
    void *ctx;
};

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
    /* Rows that are there by another origin, by hashes of their keys as text. */
    struct keyset others;
    struct crowd_shares crowd; /* of the copy: rows by what is kept of them, but for keys */
    int ncrowd;                /* columns that this looks at */
    int nidentity, identity[COMPARED_KEYS]; /* columns of the key; 0: rows cannot be told */
    bool has_rows_only;                     /* no column can be compared: its rows are counted */
    double stale;                           /* share of the source that has changed since ANALYZE */
};

struct comparison {
    struct compare_env env;
    struct arena *arena;
    int ntables;
    struct compared *tables;
    /* By edge of the sampling; no parents: not known. Many are the same that says nothing. */
    const struct select_fanout **sources, **copies;
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
const char *compare_table_name(struct comparison *comparison, const struct table *table);
const char *compare_column_name(struct comparison *comparison, const struct table *table,
                                int column);
const char *compare_edge_name(struct comparison *comparison, const struct sample_edge *edge);

/* What the source has to read for them, by the planner. */
int64_t compare_read_bytes(const struct rules *rules, const struct sampling *sampling);

/* Takes the statistics of the source, while its snapshot is held. *out, which must be NULL, is to
 * be ended also where this fails. */
bool compare_begin(const struct compare_env *env, struct arena *arena, struct comparison **out,
                   struct decant_error *err);

/* Measures the finished copy and compares; a task (base/task.h). */
bool compare_copy(void *ctx, struct decant_error *err);

/* DECANT_CHECK for a figure that is further away than the gate (enum rules_gate) allows. */
bool compare_judge(struct comparison *comparison, int gate, struct decant_error *err);

/* canaries.c: the queries of the rules, on both sides. DECANT_CHECK for one that a side
 * cannot answer. */
bool compare_ask_source(struct comparison *comparison, struct decant_error *err);
bool compare_ask_copy(struct comparison *comparison, const struct scan_source *copy,
                      struct decant_error *err);

/* sources.c: what the columns of sampled tables are like in the source, as far as the rules want it
 * to be known. */
bool compare_measure_sources(struct comparison *comparison, struct decant_error *err);

/* tables.c: reads a whole table of the source, or of the copy with what chance chose. */
bool compare_sketch_source(struct comparison *comparison, const struct scan_source *where,
                           struct compared *c, struct decant_error *err);
bool compare_sketch_copy(struct comparison *comparison, const struct scan_source *where,
                         struct compared *c, struct decant_error *err);

/* origins.c: notes a row that is copied, and why (see copy/extract.h); says whether a row
 * of the copy, by the text of its key, is one that chance did not choose. */
void compare_find_identity(struct compared *c);
void compare_note(struct comparison *comparison, const struct table *root, enum origin origin,
                  const struct decant_value *key);
bool compare_is_other(const struct compared *c, const struct cell *key, struct buf *scratch);

/* made.c: the copy was made earlier: what was chosen then is in its manifest. Without one
 * it is foreign. */
void compare_made(struct comparison *comparison, const struct manifest *manifest);

/* A fan-out that stays as long as the comparison. */
const struct select_fanout *compare_keep_fanout(struct comparison *comparison,
                                                const struct select_fanout *fanout);

/* keys.c: rows of one parent in the source; then sizes and rows of one parent. */
bool compare_count_source(struct comparison *comparison, struct decant_error *err);
void compare_keys(struct comparison *comparison);
bool compare_count_copy(struct comparison *comparison, const struct scan_source *copy,
                        struct decant_error *err); /* of a foreign one */
bool compare_tops(struct comparison *comparison, const struct scan_source *copy,
                  struct decant_error *err);

/* Is it part of the primary key, or a reference? */
bool compare_is_key(const struct comparison *comparison, const struct compared *c, int column);

/* record.c: keeps points of a table's distributions, while they are there; and what the
 * manifest is to say of it all. */
void compare_keep(struct comparison *comparison, const struct compared *c);
void compare_record(struct comparison *comparison, struct manifest *manifest);
void compare_end(struct comparison *comparison);

#endif
