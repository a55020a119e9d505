/* SPDX-License-Identifier: PostgreSQL */
/* In which form the columns of a table travel. COPY in binary costs both servers least, but a value
 * that holds an oid of the source (regclass ...) means something else elsewhere, and some types
 * have no binary form. */
#ifndef PLAN_WIRE_H
#define PLAN_WIRE_H

#include "catalog/catalog.h"

enum wire_use {
    WIRE_DECODED, /* the client reads the values: what it cannot decode comes as text */
    WIRE_PASSED,  /* another server reads them: binary, or the whole table as text */
};

/* Must the whole table pass as text? */
bool wire_passes_text(const struct table *table);

/* Appends what stands in the select list for a column; `sql` names it. */
void wire_put(const struct table *table, const struct column *column, enum wire_use use,
              const char *sql, struct buf *out);

#endif
