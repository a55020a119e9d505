/* SPDX-License-Identifier: PostgreSQL */
/* Reads a finished copy once more: the rows of a table as its database gives them. */
#ifndef LOAD_SCAN_H
#define LOAD_SCAN_H

#include <stdatomic.h>

#include "pg/conn.h"
#include "row/cell.h"

/* Where the copy is: a file, or a connection that nobody else uses meanwhile. A file is opened
 * once: SQLite reads its whole schema whenever it is opened. */
struct scan_source {
    const char *path; /* NULL: it is no file */
    struct db *db;    /* of a file */
    struct pg_conn *conn;
    const atomic_int *stop;
};

/* Opens the file at `path`. */
bool scan_open_file(const char *path, const atomic_int *stop, struct scan_source *out,
                    struct decant_error *err);
void scan_end(struct scan_source *source); /* closes the file, or the connection */

/* The row that a row refers to. */
struct scan_parent {
    const char *schema, *name;
    bool with_partitions;
    int nkeys;
    const char *const *child_keys, *const *parent_keys;
    const char *const *operators; /* of a database: schema and sign */
    int first, n;                 /* these of the columns that are read are the parent's */
};

/* Rows that stand together: from one number to another, both in it. They are numbers of rows in a
 * file, of pages in a database. */
struct scan_part {
    int64_t first, last; /* INT64_MIN, INT64_MAX: no bound */
};

enum { SCAN_MOST_PARTS = 64 };

/* A table by its name in the copy; `schema` means nothing in a file. A partitioned one is read with
 * all its partitions, if they are wanted. */
struct scan_table {
    const char *schema, *name;
    int ncolumns;
    const char *const *columns;
    bool with_partitions;
    const struct scan_parent *parent; /* or NULL */
    const struct scan_part *part;     /* or NULL: all rows */
};

/* Divides the rows of a large table into parts of about 50,000 rows or 16 MiB, in their order;
 * those of a small one, or of one whose database finds no rows by their place, are one part. */
bool scan_parts(const struct scan_source *source, const struct scan_table *table,
                struct scan_part out[SCAN_MOST_PARTS], int *n, struct decant_error *err);

struct scan; /* opaque; ends before its source */

bool scan_open(const struct scan_source *source, const struct scan_table *table, struct scan **out,
               struct decant_error *err);

/* 1 row, 0 end, -1 error. PostgreSQL's cells are all text. They live until the next call. */
int scan_next(struct scan *scan, const struct cell **cells, struct decant_error *err);
void scan_close(struct scan *scan); /* NULL is allowed */

/* Calls `take` with the name and text of each part of the copy's schema that may hold words of
 * people: defaults, checks, comments, labels of enums, views, functions. */
bool scan_schema(const struct scan_source *source,
                 void (*take)(void *ctx, const char *object, const char *text), void *ctx,
                 struct decant_error *err);

#endif
