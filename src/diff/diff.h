/* SPDX-License-Identifier: PostgreSQL */
/* What differs between two copies of one source: mostly those of two nights. */
#ifndef DIFF_DIFF_H
#define DIFF_DIFF_H

#include "base/mem.h"
#include "pg/conn.h"
#include "report/manifest.h"

/* A table of either copy. */
struct diff_table {
    const char *name;
    int64_t before, after;       /* rows; -1: it is not there */
    int64_t came, went, changed; /* by the primary key; -1: not known, there is none in common */
};

/* Something of the schema, of the decisions or of the figures: "" was or is not there. */
struct diff_change {
    const char *kind; /* "table", "column", "decision", "figure" */
    const char *name, *was, *now;
};

struct diff {
    struct arena arena;
    bool has_manifests; /* of both: decisions and figures were compared */
    int ntables, nchanges;
    struct diff_table *tables;   /* on the heap, by name */
    struct diff_change *changes; /* on the heap, by kind */
};

/* Compares schema and rows of two SQLite files, or of two databases; nothing is written. */
bool diff_files(const char *before, const char *after, const atomic_int *stop, struct diff *out,
                struct decant_error *err);
bool diff_databases(struct pg_conn *before, struct pg_conn *after, struct diff *out,
                    struct decant_error *err);

/* Adds what became of columns and figures. */
void diff_manifests(const struct manifest *before, const struct manifest *after, struct diff *out);

void diff_add_table(struct diff *diff, const struct diff_table *table);
void diff_add_change(struct diff *diff, const char *kind, const char *name, const char *was,
                     const char *now);

/* At most a screen; `before` and `after` are what the copies are called. */
void diff_put_text(const struct diff *diff, const char *before, const char *after, struct buf *out);
/* All of it, in one line. */
void diff_put_json(const struct diff *diff, const char *before, const char *after, struct buf *out);

void diff_deinit(struct diff *diff);

#endif
