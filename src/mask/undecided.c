/* SPDX-License-Identifier: PostgreSQL */
/* What nobody decided on, with a proposal for each. */
#include <assert.h>
#include <string.h>

#include "mask/masking.h"
#include "mask/unique.h"
#include "rules/spell.h"

enum { FEW_CHARACTERS = 60 };

const char *
mask_by_type(const struct column *column, bool is_prose, bool unique)
{
    assert(column != NULL);
    switch ((int)mask_kind_of(column->type)) {
    case KIND_TEXT:
        return is_prose && !unique ? "text" : "by_shape";
    case KIND_JSON:
        return "{use: json, other: mask}";
    case KIND_BYTES:
        return unique ? "token" : "{use: bytes, mode: placeholder}";
    case KIND_NETWORK:
        return "ip";
    case KIND_MAC:
        return "mac";
    case KIND_OTHER:
        return strcmp(column->type->name, "tsvector") == 0 ? "recompute"
               : column->not_null                          ? "empty"
                                                           : "\"null\"";
    default: /* an array of a safe type */
        return "keep";
    }
}

int
masking_put_undecided(const struct masking *masking, struct buf *out)
{
    assert(masking != NULL);
    struct buf name = { 0 };
    int n = 0;
    for (int t = 0; t < masking->ntables; t++) {
        const struct masked_table *table = &masking->tables[t];
        bool first = true;
        for (int c = 0; c < table->table->ncolumns; c++) {
            const struct column *column = &table->table->columns[c];
            if (table->decisions[c].verdict != VERDICT_UNDECIDED)
                continue;
            if (first) {
                buf_puts(out, "  ");
                spell_key(table->table->schema, table->table->name, '.', NULL, out);
                buf_puts(out, ":\n");
            }
            first = false;
            int room = mask_room(column);
            bool lower, unique = unique_is_needed(masking, t, c, &lower);
            buf_reset(&name);
            spell_name(column->name, &name);
            buf_puts(out, "    ");
            spell_scalar(buf_str(&name), out);
            buf_printf(out, ": %s  # ? %s\n",
                       mask_by_type(column, room == 0 || room > FEW_CHARACTERS, unique),
                       column->type_name);
            n++;
        }
    }
    buf_deinit(&name);
    return n;
}

bool
masking_require(const struct masking *masking, struct decant_error *err)
{
    struct buf list = { 0 };
    int n = masking_put_undecided(masking, &list);
    if (n > 0) {
        error_set(err, DECANT_REFUSED, "E301 %d column%s nobody decided on", n,
                  n == 1 ? " that" : "s that");
        if (list.len < 400)
            error_hint(err, "under 'columns':\n%s", buf_str(&list));
        else
            error_hint(err, "'decant check -c FILE' lists them with a proposal for each; 'decant "
                            "init --update' writes them down");
    }
    buf_deinit(&list);
    return n == 0;
}
