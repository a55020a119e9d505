/* SPDX-License-Identifier: PostgreSQL */
/* Names and texts as a rules file spells them. */
#ifndef RULES_SPELL_H
#define RULES_SPELL_H

#include "base/buf.h"

/* A name as the language wants it, and a key of the file made of it. */
void spell_name(const char *name, struct buf *out);
void spell_scalar(const char *text, struct buf *out);

/* The same between brackets, where a comma is a sign. */
void spell_item(const char *text, struct buf *out);

/* "schema.table", or "schema.table.column" with '.' for `joint`, "schema.table:constraint" with
 * ':'; `behind` may be NULL. As a scalar. */
void spell_key(const char *schema, const char *table, char joint, const char *behind,
               struct buf *out);

#endif
