/* SPDX-License-Identifier: PostgreSQL */
/* A line for every column that needs a decision: by its name, its type, and what its values look
 * like. */
#ifndef PROPOSE_COLUMNS_H
#define PROPOSE_COLUMNS_H

#include "mask/masking.h"
#include "propose/evidence.h"

struct proposal {
    const char *mask;        /* as it stands in the file; NULL: the column needs no line */
    const char *paths;       /* of `mask`, if that goes leaf by leaf: members that refer to keys, or
                              * NULL */
    const char *second;      /* what its values look like, where the first does not hold; or NULL */
    bool is_guess;           /* a person should look at it: "# ?" */
    bool is_fallback;        /* for want of a reason: nothing is known of what it holds */
    bool is_firm;            /* kept for a reason that other columns' masks do not change */
    bool is_forced;          /* kept, because nothing that would mask it can hold */
    bool is_code;            /* kept, because its values look like codes */
    bool is_personal;        /* it tells who somebody is, or how to reach them */
    const char *reaches;     /* what kind of values that reach somebody it keeps: likewise */
    const char *shared_with; /* firmly kept values that this column masks: a finding to accept */
    int round;               /* of the trials, in which it was mended last; 0: never */
    char why[160];           /* the evidence, without a value */
};

/* The rules with the packs that are asked about names, and which of their lines take a name. */
struct propose_packs {
    const struct rules *rules;
    struct columns_memo names;
};

/* `unique`: the column must stay so. */
void propose_column(struct propose_packs *known, const struct table *table, int column, bool unique,
                    const struct evidence *evidence, struct proposal *out);

/* Does a check have each value that was seen as a literal? Then they are a part of the schema. */
bool propose_is_vocabulary(const struct table *table, const struct column *column,
                           const struct evidence *evidence);

/* Does it hold the numbers of releases, which look like addresses of a network? */
bool propose_is_version(const struct column *column);

/* Is a column of this name one by which rows are told, or told of? */
bool propose_is_identifier(const char *name);

/* Appends the section `columns`: `proposals` by table of the plan and column. Returns the number of
 * lines that a person should look at. */
int propose_put_columns(const struct plan *plan, struct proposal *const *proposals,
                        struct buf *out);

/* Appends the section `checks` for findings that are to be expected, or nothing. Returns the number
 * of its lines. */
int propose_put_accepted(const struct plan *plan, struct proposal *const *proposals,
                         struct buf *out);

#endif
