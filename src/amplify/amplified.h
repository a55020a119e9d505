/* SPDX-License-Identifier: PostgreSQL */
/* Tables and columns of a copy that is amplified, and what is decided about them. */
#ifndef AMPLIFY_AMPLIFIED_H
#define AMPLIFY_AMPLIFIED_H

#include "base/lookup.h"
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
    COLUMN_VARIED,    /* a hash of it and a number for its end, or other last digits */
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
    int twin;        /* a key whose columns an index says are unique, and nothing else; or -1 */
    int root;        /* the table of the rows that bring its rows; itself */
    int64_t rows;    /* of the copy */
    double wanted;   /* rows, of the amplified copy */
    int64_t sampled; /* of AMPLIFY_ROOT: rows that stand for others; the others for themselves */
    struct amplified_column *columns;
    int clock;           /* the column by whose values all times of a row are shifted, or -1 */
    int nworking;        /* columns that its replicas are made with, beside its own */
    bool has_period;     /* a foreign key over periods begins or ends there */
    bool drops_hollow;   /* rows that were not sampled go, and others stand in for them */
    bool is_other;       /* nobody asked for more of it */
    bool is_rigid;       /* columns that a check knows are not varied */
    double pages;        /* of production; 0: not known */
    const char *thin;    /* why it says nothing of how many rows there are; or NULL */
    const char *why_not; /* it stays as it is, though it has fewer rows than wanted; or NULL */
};

struct model {
    const struct plan *plan;
    bool is_even;                   /* all rows become so many times as many */
    struct amplified_table *tables; /* by their number in the plan */
    int *order;                     /* owners before what they own */
    /* of the manifest of the copy: */
    struct lookup relations, samples, policies, columns, distincts;
};

#endif
