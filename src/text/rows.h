/* SPDX-License-Identifier: PostgreSQL */
/* Rows as text: one a line, of INSERTs that hold many, or of a COPY. */
#ifndef TEXT_ROWS_H
#define TEXT_ROWS_H

#include <stdint.h>

#include "text/files.h"

/* One after the other: text_rows_begin_row(), the values, text_rows_end_row(). */
struct text_rows {
    struct text_files *files;
    const char *into; /* "INSERT INTO t (a, b) VALUES", or a COPY */
    bool is_copy;
    struct buf text;      /* not written yet */
    int64_t rows, bytes;  /* so far */
    int64_t of_statement; /* rows of the INSERT at hand */
    size_t statement_bytes;
    size_t begun; /* where the row that is being written begins in it */
    int ncells;   /* of the row that is being written */
};

/* `into` stays the caller's. */
void text_rows_begin(struct text_rows *rows, struct text_files *files, const char *into,
                     bool is_copy);
/* Where the next value of the row is appended. */
struct buf *text_rows_cell(struct text_rows *rows);
bool text_rows_end_row(struct text_rows *rows, struct decant_error *err);
bool text_rows_end(struct text_rows *rows, struct decant_error *err);

#endif
