/* SPDX-License-Identifier: PostgreSQL */
/*
 * What becomes of every column of the copy. Decided from the rules and the catalog alone, before a
 * row is read; then each decision is made into masks, proved, and applied row by row.
 *
 * Columns that a foreign key joins are one class: they take the line of the class, so that keys
 * hold in the copy.
 */
#ifndef MASK_MASKING_H
#define MASK_MASKING_H

#include <stdatomic.h>

#include "plan/sampling.h"
#include "transform/maker.h"

enum verdict {
    VERDICT_UNDECIDED, /* open-typed, or its name looks personal: nobody said what becomes of it */
    VERDICT_SAFE,      /* a safe type */
    VERDICT_KEPT,      /* by a line */
    VERDICT_MASKED,
    VERDICT_NULLED,   /* undecided, under `unclassified: null` */
    VERDICT_COMPUTED, /* generated from columns that are kept */
};

struct decision {
    enum verdict verdict;
    const struct rules_mask *rule;   /* of MASKED and NULLED */
    const struct rules_column *line; /* that decided; NULL: none did */
    int class_table, class_column;   /* whose line it is: another's in a class of foreign keys */
    int class_size;                  /* columns that are joined, this one included */
    bool folds, tells_case; /* of the class, once masks are made: a unique index of it takes texts
                             * that differ in case alone for one, or for two */
};

/* One column at work. */
struct column_mask {
    int column;
    const struct rules_mask *rule;
    enum mask_kind kind;
    enum mask_need need; /* the most that one of the masks needs */
    bool is_array, server_empties;
    uint64_t salt;
    int nmasks; /* tried in order; the last has no condition */
    struct mask **masks;
    int *conditions; /* numbers of extras; -1: none */
    struct mask_told *told;
};

/* What became of a column's values, over all threads. */
struct mask_told {
    atomic_llong values;   /* that are not NULL */
    atomic_llong kept;     /* by a condition */
    atomic_llong repaired; /* that were none of the transformer's kind */
};

/* What tells whose a row is. */
struct entity_key {
    bool is_needed;
    int column, extra; /* one of them: a whole number of the table itself, or an extra */
    const char *label;
};

/* A table with its decisions. */
struct masked_table {
    const struct table *table;  /* a root of partitions, or a plain one */
    struct decision *decisions; /* by column */
    enum column_fate *fates;    /* by column; what is lost is known once masks are made */
    int nmasks;
    struct column_mask *masks; /* in the order in which they are applied */
    int nextras;
    const char **extras; /* expressions over decant_row, decant_e1 ...: sent behind the columns */
    const char *joins;   /* what stands behind FROM for them */
    struct entity_key person, entity, row;
    bool seeds_rows; /* some mask is seeded by the row itself */
};

struct masking {
    struct arena *arena;
    const struct rules *rules;
    const struct plan *plan;
    int ntables;
    struct masked_table *tables;     /* in the order of the plan */
    const enum column_fate **masked; /* by table of the plan and column */
    struct mask_maker maker;
    const uint8_t *entity_key;
    struct originals *originals; /* gets what is masked; NULL: nobody looks for it later */
};

/* Decides on every column. `plan` has the source's keys. DECANT_USAGE for lines that contradict
 * each other or the catalog. */
bool masking_decide(const struct rules *rules, const struct plan *plan, struct arena *arena,
                    struct masking *out, struct decant_error *err);

/* Numbers and uuids whose names packs know as what identifies or opens something: the line's own
 * transformer cannot treat them, but a permutation can. NULL: no such line. */
const struct rules_mask *mask_by_name(const struct rules *rules, struct columns_memo *memo,
                                      const struct table *table, const struct column *column,
                                      const struct rules_column **line);

/* The mask for what only the type is known of; `is_prose`: texts of several words; `unique`: two
 * fakes that are equal would stop a pull. */
const char *mask_by_type(const struct column *column, bool is_prose, bool unique);

/* Refuses columns that nobody decided on: DECANT_REFUSED with the list and a proposal for each. */
bool masking_require(const struct masking *masking, struct decant_error *err);

/* Appends a line per undecided column, with a proposal; returns their number. */
int masking_put_undecided(const struct masking *masking, struct buf *out);

/* Makes the masks, and says for each table what the source must send. `owners` says who owns whom;
 * `ring` must outlive the masking. */
bool masking_compile(struct masking *masking, const struct sampling *owners, struct key_ring *ring,
                     struct decant_error *err);

void masking_deinit(struct masking *masking);

/* NULL: the table has no masks (or `masking` is NULL). `table` may be a partition. */
const struct masked_table *masking_find(const struct masking *masking, const struct table *table);

/* The mask of a column of the root, or NULL. */
const struct column_mask *masking_column(const struct masked_table *table, int column);

/* ---- rows */

struct mask_stream {
    const struct masked_table *table;
    const struct masking *masking;
    int *places;  /* of the root's columns among the values of the stream; -1: not there */
    bool as_text; /* the target takes text: masked values are binary before */
    struct mask_work work;
    struct buf row;
    bool *is_text;  /* by column, of the row at hand; where as_text */
    size_t *starts; /* of the fakes in `row`, by mask */
    struct mask_count {
        int64_t seen, same; /* values that it should have changed, and those that it did not */
        int64_t values, kept, repaired; /* see struct mask_told */
    } * counts;                         /* by mask */
};

/* `leaf` is what is read, `nvalues` columns of it travel: travels[i] says which. */
void mask_stream_init(struct mask_stream *stream, const struct masking *masking,
                      const struct masked_table *masked, const struct table *leaf,
                      const bool *travels, bool as_text);
void mask_stream_deinit(struct mask_stream *stream);

/* Overwrites what masks left on the stack of the calling thread: the last thing that it does. */
void mask_forget(void);

/* Masks the values of a row; behind them stand those of the extras. What the values then point to
 * lives until the next call. DECANT_REFUSED for a value that a rule says must stop the run. */
bool mask_stream_row(struct mask_stream *stream, struct decant_value *values,
                     const struct decant_value *extras, struct decant_error *err);

/* Masks of which most values were kept by a condition, or had another form, are noted. */
void masking_tell(const struct masking *masking, struct notes *notes);

/* At the end: DECANT_LEAK when a mask has changed nothing. */
bool mask_stream_check(const struct mask_stream *stream, struct decant_error *err);

/* ---- proofs */

struct queued_trial; /* opaque */
enum { MASK_ANSWERS = 6 };

/* Holds every mask against the column's constraints. `try_sql` runs a statement on the source that
 * reads no table and yields `n` rows of their number and MASK_ANSWERS answers, which it stores by
 * that number; NULL: what has to be tried is a doubt. `own_values` reads what a column holds today,
 * in the form that cells of its kind have as text; NULL: nobody may look. */
struct mask_prover {
    struct masking *masking;
    bool (*try_sql)(void *ctx, const char *sql, int n, bool (*answers)[MASK_ANSWERS],
                    struct decant_error *err);
    bool (*own_values)(void *ctx, const struct table *table, const struct column *column,
                       enum mask_kind kind, struct arena *arena, size_t *n,
                       struct decant_value **out, struct decant_error *err);
    /* Likewise, of rows: `n` of them, each its ctid and then the values of the columns; of a plain
     * table only. */
    bool (*own_rows)(void *ctx, const struct table *table, int ncolumns,
                     const struct column *const *columns, struct arena *arena, size_t *n,
                     struct decant_value **out, struct decant_error *err);
    void *ctx;
    /* Told of a mask that cannot hold, instead of an error; may be NULL. */
    void (*on_refused)(void *ctx, int table, int column);
    void *refused_ctx;
    size_t ndoubts;
    const char **doubts; /* "schema.table.column (why)", on the heap */
    size_t ntrials;
    int nrefused;                /* that on_refused() was told of */
    struct queued_trial *trials; /* of masking_prove() alone */
};

bool masking_prove(struct mask_prover *prover, struct decant_error *err);

/* ---- explaining */

/* Appends what is known of a column: which line decided, what its mask guarantees. */
void masking_explain(const struct masking *masking, const struct masked_table *table, int column,
                     struct buf *out);

#endif
