/* SPDX-License-Identifier: PostgreSQL */
/* Statistics of a PostgreSQL copy. A database's ANALYZE takes its tables one by one; here several
 * connections do. */
#ifndef LOAD_ANALYZE_H
#define LOAD_ANALYZE_H

#include "pg/conn.h"

struct analyze {
    struct pg_conn *(*connect)(void *ctx, struct decant_error *err); /* to the copy */
    void *ctx;
    int most; /* connections; the first one has to be there */
};

/* Analyzes every table, the database's own catalog, too, and materialized view. Tables that all
 * databases share are not ours, and an ordinary role may not. */
bool analyze_tables(const struct analyze *analyze, struct decant_error *err);

#endif
