/* SPDX-License-Identifier: PostgreSQL */
/* Tables in which tools remember which migrations ran. */
#ifndef PROPOSE_BOOKKEEPING_H
#define PROPOSE_BOOKKEEPING_H

#include "catalog/catalog.h"

struct bookkeeping {
    const char *table;
    const char *columns[4]; /* that must be there, too: others have tables of this name; to NULL */
    const char *tool;       /* for a reader of the rules */
    const char *profile;    /* of SQLite copies for programs that use it; NULL: not known */
    const char *identity; /* a column about people by which the tool tells what ran: with a fake it
                           * would run all again; NULL: there is none */
    /* A row that says where the copy is: not in production. NULL: there is none. */
    const char *value_column, *condition, *value;
};

/* NULL: it is none. Names are compared whatever their case. */
const struct bookkeeping *bookkeeping_of(const struct table *table);

#endif
