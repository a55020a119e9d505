/* SPDX-License-Identifier: PostgreSQL */
/* Rows that only a copy has, which somebody put there, and that go on to the next copy. */
#ifndef RETAIN_RETAIN_H
#define RETAIN_RETAIN_H

#include "pg/conn.h"
#include "sqlite/db.h"

/* What became of the rows of one table. */
struct retained {
    int64_t carried;
    int64_t refused; /* their key is taken, or a parent is missing, or a constraint says no */
};

/* From the file `before` into `after`, whose table is called `table`; `where` is SQL over it. */
bool retain_file(const char *before, const char *after, const char *table, const char *where,
                 const atomic_int *stop, struct retained *out, struct decant_error *err);

/* The same of two databases. Triggers of the table do not fire; its sequences go on behind them. */
bool retain_database(struct pg_conn *before, struct pg_conn *after, const char *schema,
                     const char *table, const char *where, struct retained *out,
                     struct decant_error *err);

#endif
