/* SPDX-License-Identifier: PostgreSQL */
/* What is known of a column, for people. */
#include <assert.h>
#include <string.h>

#include "mask/masking.h"
#include "mask/unique.h"

static void
put_line(const struct decision *decision, const struct masked_table *own,
         const struct masking *masking, int column, struct buf *out)
{
    const struct masked_table *of = &masking->tables[decision->class_table];
    if (decision->line != NULL)
        buf_printf(out, "  decided by      %s:%d: '%s' under '%s'\n",
                   decision->line->place.source->name, decision->line->place.line,
                   decision->line->name, decision->line->table_name);
    if (of != own || decision->class_column != column)
        buf_printf(out, "  joined to       %s.%s.%s by a foreign key: its line decides\n",
                   of->table->schema, of->table->name,
                   of->table->columns[decision->class_column].name);
    else if (decision->class_size > 1)
        buf_printf(out, "  joined to       %d other columns by foreign keys: they follow\n",
                   decision->class_size - 1);
}

static void
put_guarantees(const struct mask *mask, struct buf *out)
{
    const struct transformer *how = mask->how;
    buf_printf(out, "  fake            %s: %s\n", how->name, how->summary);
    if (mask->domain->is_named)
        buf_printf(out, "  domain          %s: one original, one fake, wherever it is used\n",
                   mask->domain->name);
    if (mask->seed != SEED_NONE)
        buf_printf(out, "  the same by     %s\n", mask_seed_name(mask->seed));
    buf_printf(out, "  reads           %s of the original\n", mask_need_name(how->need));
    if (how->gives & GIVES_INJECTIVE && mask->seed == SEED_VALUE)
        buf_puts(out, "  unique          by construction: a permutation\n");
    else if (how->gives & GIVES_RANDOM && mask->seed != SEED_PERSON)
        buf_printf(out, "  unique          by %.0f random bits\n", how->bits(mask));
    else if (how->bits != NULL && mask->seed == SEED_ENTITY)
        buf_printf(out,
                   "  hides           %.1f bits: who knows one date of an entity knows the others; "
                   "what many rows share stays\n",
                   how->bits(mask));
    if (how->gives & GIVES_SHAPE)
        buf_puts(out, "  keeps           the original's length and kinds of characters\n");
    if (how->longest != NULL && how->longest(mask) > 0)
        buf_printf(out, "  length          at most %d characters%s\n", how->longest(mask),
                   mask->room > 0 ? "" : ", the column has no limit");
    if (how->range != NULL)
        buf_printf(out, "  lies in         %s\n", how->range);
}

void
masking_explain(const struct masking *masking, const struct masked_table *table, int column,
                struct buf *out)
{
    assert(column >= 0 && column < table->table->ncolumns);
    static const char *const verdicts[] = {
        [VERDICT_UNDECIDED] = "nobody decided on it: a pull would stop",
        [VERDICT_SAFE] = "kept: its type is safe, and no name pattern speaks against it",
        [VERDICT_KEPT] = "kept, by a line of the rules",
        [VERDICT_MASKED] = "masked",
        [VERDICT_NULLED] = "NULL: nobody decided on it, and 'unclassified' says null",
        [VERDICT_COMPUTED] = "computed from columns that are kept",
    };
    const struct column *c = &table->table->columns[column];
    const struct decision *decision = &table->decisions[column];
    const struct column_mask *how = masking_column(table, column);
    bool lower;
    buf_printf(out, "%s.%s.%s  %s\n  %s\n", table->table->schema, table->table->name, c->name,
               c->type_name, verdicts[decision->verdict]);
    put_line(decision, table, masking, column, out);
    for (int i = 0; how != NULL && i < how->nmasks; i++) {
        const struct rules_mask *rule = how->rule;
        for (int j = 0; j < i; j++)
            rule = rule->next;
        if (rule->when != NULL)
            buf_printf(out, "  when            %s\n", rule->when);
        put_guarantees(how->masks[i], out);
    }
    int number = (int)(table - masking->tables);
    if (how != NULL && unique_is_needed(masking, number, column, &lower))
        buf_printf(out, "  must be unique  an index says so%s\n",
                   lower ? "; case does not count" : "");
}
