/* SPDX-License-Identifier: PostgreSQL */
#include "plan/wire.h"

bool
wire_passes_text(const struct table *table)
{
    for (int i = 0; i < table->ncolumns; i++) {
        const struct column *column = &table->columns[i];
        if (!column->is_generated && (column->type->holds_oids || !column->type->has_binary))
            return true;
    }
    return false;
}

const char *
wire_format(const struct table *table, const struct column *column, enum wire_use use)
{
    const struct type *type = column->type;
    if (use == WIRE_PASSED)
        return wire_passes_text(table) ? "%s::pg_catalog.text" : "%s";
    if (type_is_decodable(type))
        return "%s";
    if (type->kind == TYPE_SCALAR && scalars[type->scalar].cast != NULL)
        return scalars[type->scalar].cast;
    return "%s::pg_catalog.text";
}
