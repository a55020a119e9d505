/* SPDX-License-Identifier: PostgreSQL */
/* A value as SQLite knows it. */
#ifndef ROW_CELL_H
#define ROW_CELL_H

#include <stddef.h>
#include <stdint.h>

enum cell_kind { CELL_NULL, CELL_INTEGER, CELL_REAL, CELL_TEXT, CELL_BLOB };

struct cell {
    enum cell_kind kind;
    int64_t integer;
    double real;
    const void *data; /* of TEXT and BLOB; lives until the next row */
    size_t len;
};

#endif
