/* SPDX-License-Identifier: PostgreSQL */
/* What becomes of each table when a copy is amplified: which rows stand for several of production,
 * and how what must be unique stays so. Decided from the schema, and from what the manifest of the
 * copy says of roles and sizes; no row is read. */
#ifndef AMPLIFY_MODEL_H
#define AMPLIFY_MODEL_H

#include "plan/plan.h"
#include "report/manifest.h"

/* What a row becomes. Its replicas are numbered from 0. */
enum amplify_how {
    AMPLIFY_SINGLE, /* itself */
    AMPLIFY_EVENLY, /* as many as any other row of its table, but for rounding */
    AMPLIFY_ROOT,   /* a row that was sampled stands for several, with all that it owns */
    AMPLIFY_OWNED,  /* as many as its owner */
};

/* What becomes of a column. "Its number" is the replica's in its table, from 1 on, without gaps,
 * or that of the row that a key refers to. */
enum column_how {
    COLUMN_KEPT,
    COLUMN_GENERATED, /* the server computes it */
    COLUMN_KEY,       /* of a foreign key: whatever the column that it refers to becomes */
    COLUMN_NUMBER,    /* its number */
    COLUMN_UUID,      /* a hash of the value and its number */
    COLUMN_EMAIL,     /* its number before the @ */
    COLUMN_PHONE,     /* +999, and its number */
    COLUMN_DIGITS,    /* its number for the last digits, or behind it */
    COLUMN_SHIFTED,   /* a little more: a number or a time between this value and the next */
    COLUMN_VARIED,    /* its number for the last characters */
};

struct amplified_column {
    enum column_how how;
    int key, part;    /* of COLUMN_KEY: in the plan, and which of its columns */
    int64_t variants; /* of COLUMN_SHIFTED and COLUMN_VARIED: different values made of one */
    int64_t parts;    /* of COLUMN_SHIFTED: of the way to the next value */
    int64_t others;   /* of COLUMN_KEY: other parents among whom the replicas of a rare one go */
    bool is_sought;   /* a foreign key refers to it */
    bool is_strict;   /* it is in a unique index or an exclusion constraint */
};

struct amplified_table {
    const struct table *table;
    enum amplify_how how;
    int owner;       /* the key whose parent brings its rows, or -1 */
    int root;        /* the table of the rows that bring its rows; itself */
    int64_t rows;    /* of the copy */
    double wanted;   /* rows, of the amplified copy */
    int64_t sampled; /* of AMPLIFY_ROOT: rows that stand for others; the others for themselves */
    struct amplified_column *columns;
    int clock;        /* the column by whose values all times of a row are shifted, or -1 */
    bool is_other;    /* nobody asked for more of it */
    bool is_rigid;    /* columns that a check knows are not varied */
    double pages;     /* of production; 0: not known */
    const char *thin; /* a key for whose sake the copy lacks rows of owners that it has; or NULL */
    const char *why_not; /* it stays as it is, though it has fewer rows than wanted; or NULL */
};

struct model {
    const struct plan *plan;
    const struct manifest *manifest; /* of the copy */
    bool is_even;                    /* all rows become so many times as many */
    struct amplified_table *tables;  /* by their number in the plan */
    int *order;                      /* owners before what they own */
};

/* How large it is to become. */
struct extent {
    double scale;    /* of production's rows */
    double factor;   /* above 0: of the copy's own, instead */
    const char *sql; /* only tables that this names, and those that they refer to; NULL: all */
};

/* `rows` are the copy's, by number of the table. In `arena`. */
void model_make(const struct plan *plan, const struct manifest *manifest, const int64_t *rows,
                const struct extent *extent, struct arena *arena, struct model *out);

/* It is to stay as it is, for this reason. What it owns, and what refers to it, is decided anew. */
void model_leave(struct model *model, int table, const char *why_not, struct arena *arena);

/* A column has so many different values in the copy: where production has several times as many,
 * they are varied, if nothing else depends on them. */
void model_vary(struct model *model, int table, int column, double distinct, struct arena *arena);

/* Behind the last call of the former: what goes by the same clock in a row. */
void model_set_clocks(struct model *model);

/* What a value of the column becomes in the end: that of the column that keys lead to. */
enum column_how model_form(const struct model *model, int table, int column);

#endif
