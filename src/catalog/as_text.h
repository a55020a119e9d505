/* SPDX-License-Identifier: PostgreSQL */
/*
 * The text of a value, as an expression for the source to evaluate. A cast to text would do, but
 * whoever owns a type may make a cast of it that calls a function of theirs, and that would run
 * with our rights. The type's own output function is the server's.
 */
#ifndef CATALOG_AS_TEXT_H
#define CATALOG_AS_TEXT_H

#include "catalog/catalog.h"

/* Appends it; `sql` is a value of the column. NULL stays NULL. */
void as_text_put(const struct column *column, const char *sql, struct buf *out);

/* The same of an element of a column of arrays. */
void as_text_put_element(const struct column *column, const char *sql, struct buf *out);

/* The same of a whole row. */
void as_text_put_row(const char *alias, struct buf *out);

#endif
