/* SPDX-License-Identifier: PostgreSQL */
/* What a table is, at which rate its rows come, and which rule names it. */
#include "plan/builder.h"

#include <assert.h>
#include <stddef.h>

#include "base/suggest.h"

const char *
rule_place(const struct builder *b, struct rules_mark mark)
{
    if (mark.line == 0) /* not of the file */
        return "--row";
    return arena_printf(b->arena, "%s:%d:%d", b->rules->source.name, mark.line, mark.column);
}

static void
offer_rule(const struct rules_table *rule, const struct rules_table **best)
{
    if (*best == NULL || (pattern_is_exact(rule->pattern) && !pattern_is_exact((*best)->pattern)))
        *best = rule;
}

/* Returns whether it fits one. */
static bool
spread_rule(const struct builder *b, const struct rules_table *rule, const struct rules_table **of)
{
    int found = plan_find(b->plan, rule->pattern);
    int end = pattern_literal(rule->pattern) != NULL ? found + 1 : b->out->ntables;
    for (int i = found; i >= 0 && i < end; i++) {
        const struct table *table = b->out->tables[i].table;
        const char *const names[] = { table->schema, table->name };
        if (pattern_matches(rule->pattern, names))
            offer_rule(rule, &of[i]);
    }
    return found >= 0;
}

static void
refuse_name(const struct builder *b, const struct rules_table *rule)
{
    struct suggestion suggestion = { .word = rule->name };
    for (int i = 0; i < b->out->ntables; i++)
        suggest_offer(&suggestion, arena_printf(b->arena, "%s.%s", b->out->tables[i].table->schema,
                                                b->out->tables[i].table->name));
    rules_error(b->rules, rule->mark, b->err, "no selected table is named '%s'", rule->name);
    const char *best = suggest_best(&suggestion);
    if (best != NULL)
        error_hint(b->err, "did you mean '%s'?", best);
}

const struct rules_table **
rules_by_table(const struct builder *b, const struct rules_table *rules, int n)
{
    assert(n == 0 || rules != NULL);
    const struct rules_table **of =
        ARENA_ARRAY(b->arena, const struct rules_table *, b->out->ntables + 1);
    for (int i = 0; i < n; i++)
        if (!spread_rule(b, &rules[i], of)) {
            refuse_name(b, &rules[i]);
            return NULL;
        }
    return of;
}

double
sampling_rate(const struct sampling *sampling, int number)
{
    assert(number >= 0 && number < sampling->ntables);
    const struct sample_table *table = &sampling->tables[number];
    if (table->role != ROLE_SAMPLED)
        return table->role == ROLE_WHOLE ? 1 : 0;
    if (table->owner < 0)
        return table->rate;
    double owner = sampling_rate(sampling, sampling->edges[table->owner].parent);
    return table->is_thinned && table->rate < owner ? table->rate : owner;
}

static bool
has_column(const void *table, const char *column)
{
    return table_column(table, column) >= 0;
}

const char *
sampling_acts(const struct rules *rules, const struct table *table)
{
    assert(rules != NULL && table != NULL);
    return quiets_find(&rules->columns.quiet, table->schema, table->name, has_column, table);
}

const char *
sampling_role(const struct sample_table *table)
{
    assert(table != NULL);
    return table->role == ROLE_WHOLE         ? "whole"
           : table->silenced != NULL         ? "quiet"
           : table->role == ROLE_SCHEMA_ONLY ? "schema only"
           : table->owner >= 0               ? "owned"
                                             : "root";
}
