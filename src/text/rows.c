/* SPDX-License-Identifier: PostgreSQL */
#include "text/rows.h"

#include <assert.h>

/* Rows of an INSERT, and bytes behind which it ends: enough for a fast load, few enough for a
 * parser's memory. */
enum { ROWS_OF_INSERT = 500, BYTES_OF_INSERT = 1 << 20, PIECE = 65536 };

void
text_rows_begin(struct text_rows *rows, struct text_files *files, const char *into, bool is_copy)
{
    assert(rows != NULL && files != NULL && into != NULL);
    *rows = (struct text_rows){ .files = files, .into = into, .is_copy = is_copy };
}

static void
begin_row(struct text_rows *rows)
{
    bool is_full = rows->of_statement == ROWS_OF_INSERT || rows->statement_bytes >= BYTES_OF_INSERT;
    bool is_first = rows->rows == 0 || (!rows->is_copy && is_full);
    if (is_first) {
        rows->of_statement = 0;
        rows->statement_bytes = 0;
    }
    rows->of_statement++;
    if (is_first && rows->rows > 0)
        buf_puts(&rows->text, ";\n");
    else if (rows->rows > 0)
        buf_puts(&rows->text, rows->is_copy ? "\n" : ",\n");
    if (is_first)
        buf_printf(&rows->text, "\n%s\n", rows->into);
    if (!rows->is_copy)
        buf_putc(&rows->text, '(');
}

struct buf *
text_rows_cell(struct text_rows *rows)
{
    if (rows->ncells++ == 0) {
        rows->begun = rows->text.len;
        begin_row(rows);
    } else {
        buf_puts(&rows->text, rows->is_copy ? "\t" : ", ");
    }
    return &rows->text;
}

static bool
flush(struct text_rows *rows, struct decant_error *err)
{
    bool ok = text_files_put(rows->files, buf_str(&rows->text), rows->text.len, err);
    buf_reset(&rows->text);
    return ok;
}

bool
text_rows_end_row(struct text_rows *rows, struct decant_error *err)
{
    assert(rows->ncells > 0);
    if (!rows->is_copy)
        buf_putc(&rows->text, ')');
    rows->rows++;
    rows->ncells = 0;
    rows->bytes += (int64_t)(rows->text.len - rows->begun);
    rows->statement_bytes += rows->text.len - rows->begun;
    return rows->text.len < PIECE || flush(rows, err);
}

bool
text_rows_end(struct text_rows *rows, struct decant_error *err)
{
    if (rows->rows > 0)
        buf_puts(&rows->text, rows->is_copy ? "\n\\.\n" : ";\n");
    bool ok = flush(rows, err);
    buf_deinit(&rows->text);
    return ok;
}
