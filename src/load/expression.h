/* SPDX-License-Identifier: PostgreSQL */
/* Where an expression stands: what it is for, and the names that it may use. */
#ifndef LOAD_EXPRESSION_H
#define LOAD_EXPRESSION_H

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
    const struct sqlite_column *filled; /* of a default: the column that gets it; or NULL */
};

#endif
