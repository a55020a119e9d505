/* SPDX-License-Identifier: PostgreSQL */
/* Names and literals in SQL text. Identifiers are always quoted: no list of keywords ages. */
#ifndef PG_QUOTE_H
#define PG_QUOTE_H

#include "base/buf.h"

void quote_ident(struct buf *out, const char *name);
void quote_qualified(struct buf *out, const char *schema, const char *name);
void quote_literal(struct buf *out, const char *text);

/* In a URI: whatever RFC 3986 does not call unreserved is %XX. */
void quote_uri(struct buf *out, const char *text);

/* Appends an element to the text of an array, which begins with a brace. */
void quote_element(struct buf *out, const char *text);

/* The same for a script that people read: U&"...\001b" where characters would not be seen. */
void quote_ident_visible(struct buf *out, const char *name);
void quote_qualified_visible(struct buf *out, const char *schema, const char *name);

/* A query for the search path of the role, but for pg_catalog, which then comes first: for the
 * value of search_path under which SQL that the role's people wrote means what they meant. */
extern const char pg_path_sql[];

/* Statements that set it until the transaction ends. */
extern const char pg_set_path_sql[];

#endif
