/* SPDX-License-Identifier: PostgreSQL */
/* What a table is, at which rate its rows come, and which rule names it. */
#include "plan/builder.h"

#include <assert.h>

bool
rule_matches(const struct rules_table *rule, const struct table *table)
{
    const char *const names[] = { table->schema, table->name };
    return pattern_matches(rule->pattern, names);
}

const char *
rule_place(const struct builder *b, struct rules_mark mark)
{
    return arena_printf(b->arena, "%s:%d:%d", b->rules->source.name, mark.line, mark.column);
}

const struct rules_table *
find_rule(const struct rules_table *rules, int n, const struct table *table)
{
    const struct rules_table *found = NULL;
    for (int i = 0; i < n; i++)
        if (rule_matches(&rules[i], table) &&
            (found == NULL ||
             (pattern_is_exact(rules[i].pattern) && !pattern_is_exact(found->pattern))))
            found = &rules[i];
    return found;
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

const char *
sampling_role(const struct sample_table *table)
{
    assert(table != NULL);
    return table->role == ROLE_WHOLE         ? "whole"
           : table->role == ROLE_SCHEMA_ONLY ? "schema only"
           : table->owner >= 0               ? "owned"
                                             : "root";
}
