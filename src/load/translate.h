/* SPDX-License-Identifier: PostgreSQL */
/*
 * Expressions of PostgreSQL (checks, defaults, index expressions, predicates, as pg_get_expr prints
 * them) to SQLite. A small whitelist: what is not certain to mean the same is refused. (Fuzzed.)
 */
#ifndef LOAD_TRANSLATE_H
#define LOAD_TRANSLATE_H

#include "load/sqlite_type.h"

enum translate_purpose {
    TRANSLATE_CHECK,   /* truth of a row */
    TRANSLATE_INDEX,   /* an index expression or predicate: nothing but pure functions */
    TRANSLATE_DEFAULT, /* no columns; the time and new uuids are allowed */
};

struct translate_scope {
    enum translate_purpose purpose;
    const struct sqlite_column *columns; /* the names that may be used */
    int ncolumns;
    const struct sqlite_column *value; /* of a domain: what VALUE means; or NULL */
    const struct sqlite_profile *profile;
    bool is_zoned; /* it is the default of a timestamptz */
};

/* Appends the translation; false (and nothing appended) when there is none. */
bool translate(const struct translate_scope *scope, const char *sql, struct buf *out);

/* Is the whole expression one pair of parentheses? */
bool translate_is_wrapped(const char *sql);

#endif
