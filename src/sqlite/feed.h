/* SPDX-License-Identifier: PostgreSQL */
/*
 * Fast loading: a virtual table hands rows to INSERT INTO t SELECT * FROM feed, which costs 20 to
 * 45 % less than binding parameters and stepping a statement once per row.
 */
#ifndef SQLITE_FEED_H
#define SQLITE_FEED_H

#include "row/cell.h"
#include "sqlite/db.h"

struct feed {
    int ncolumns;
    /* 1 row, 0 end, -1 error */
    int (*next)(struct feed *feed, struct decant_error *err);
    bool (*cell)(struct feed *feed, int column, struct cell *out, struct decant_error *err);
};

/* Inserts all rows of `feed` into the table of that (unquoted) name; `order` is an ORDER BY clause
 * with numbers of columns, or empty. */
bool feed_insert(struct db *db, const char *table, const char *order, struct feed *feed,
                 struct decant_error *err);

#endif
