/* SPDX-License-Identifier: PostgreSQL */
#include "plan/wire.h"

#include <assert.h>

#include "catalog/as_text.h"

bool
wire_passes_text(const struct table *table)
{
    assert(table != NULL);
    for (int i = 0; i < table->ncolumns; i++) {
        const struct column *column = &table->columns[i];
        if (!column->is_generated && (column->type->holds_oids || !column->type->has_binary))
            return true;
    }
    return false;
}

void
wire_put(const struct table *table, const struct column *column, enum wire_use use, const char *sql,
         struct buf *out)
{
    assert(sql != NULL);
    const struct type *type = column->type;
    bool is_binary = use == WIRE_PASSED ? !wire_passes_text(table) : type_is_decodable(type);
    bool is_json =
        use == WIRE_DECODED && type->kind == TYPE_SCALAR && scalars[type->scalar].by_json;
    if (is_binary)
        buf_puts(out, sql);
    else if (is_json)
        buf_printf(out, "pg_catalog.to_json(%s)::pg_catalog.text", sql);
    else
        as_text_put(column, sql, out);
}
