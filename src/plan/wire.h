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

/* A printf format with one %s for the column's name in the select list. */
const char *wire_format(const struct table *table, const struct column *column, enum wire_use use);

#endif
