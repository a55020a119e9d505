/* SPDX-License-Identifier: PostgreSQL */
/*
 * Expressions of PostgreSQL (checks, defaults, index expressions, predicates, as pg_get_expr prints
 * them) to SQLite. A small whitelist: what is not certain to mean the same is refused. (Fuzzed.)
 */
#ifndef LOAD_TRANSLATE_H
#define LOAD_TRANSLATE_H

#include "load/expression.h"

/* Appends the translation; false (and nothing appended) when there is none. */
bool translate(const struct translate_scope *scope, const char *sql, struct buf *out);

/* Is the whole expression one pair of parentheses? */
bool translate_is_wrapped(const char *sql);

#endif
