/* SPDX-License-Identifier: PostgreSQL */
#include "catalog/as_text.h"

#include <assert.h>

#include "pg/quote.h"

/* The server's functions do not take a domain: cast to its base it is only called otherwise. */
static void
put(const struct type *type, bool is_domain, const char *sql, struct buf *out)
{
    if (type->output == NULL) {
        buf_printf(out, "(%s)::pg_catalog.text", sql);
        return;
    }
    buf_printf(out, "pg_catalog.textin(pg_catalog.%s(%s", type->output, sql);
    if (is_domain) {
        buf_puts(out, "::");
        quote_qualified(out, type->schema, type->name);
    }
    buf_puts(out, "))");
}

void
as_text_put(const struct column *column, const char *sql, struct buf *out)
{
    assert(sql != NULL);
    put(column->type, column->domain != NULL, sql, out);
}

void
as_text_put_element(const struct column *column, const char *sql, struct buf *out)
{
    assert(sql != NULL);
    put(column->type->element, true, sql, out);
}

void
as_text_put_row(const char *alias, struct buf *out)
{
    assert(alias != NULL);
    buf_printf(out, "pg_catalog.textin(pg_catalog.record_out(%s))", alias);
}
