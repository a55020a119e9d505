/* SPDX-License-Identifier: PostgreSQL */
/* What a table is there for, as far as its names, keys and a look at its rows tell. */
#ifndef PROPOSE_KINDS_H
#define PROPOSE_KINDS_H

#include "propose/bookkeeping.h"
#include "propose/columns.h"
#include "propose/references.h"

enum table_kind {
    TABLE_ORDINARY,    /* is 0 */
    TABLE_BOOKKEEPING, /* of a tool: whole, kept */
    TABLE_REFERENCE,   /* small, and nobody's: what other rows refer to, or programs name */
};

struct kind {
    enum table_kind kind;
    const struct bookkeeping *tool; /* of TABLE_BOOKKEEPING */
    bool is_lookup;                 /* it is called like one, and keys refer to it */
    char why[160];                  /* of TABLE_REFERENCE, without a value; quotes names */
};

/* Fills one per table of the plan; `proposals` by table and column. */
void kinds_find(const struct plan *plan, const struct references *references,
                struct proposal *const *proposals, struct kind *out);

/* Columns of a table of such a kind that were masked for want of a reason are kept instead;
 * `evidence` by column. */
void kinds_keep(const struct kind *kind, const struct table *table, const struct evidence *evidence,
                struct proposal *proposals, struct arena *arena);

#endif
