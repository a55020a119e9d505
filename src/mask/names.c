/* SPDX-License-Identifier: PostgreSQL */
#include "mask/names.h"

#include <string.h>

#include "mask/compile.h"

static bool
check_domains(const struct rules *rules, struct decant_error *err)
{
    const struct rules_columns *columns = &rules->columns;
    for (size_t i = 0; i < columns->ndomains; i++) {
        const struct rules_domain *domain = &columns->domains[i];
        if (transformer_find(domain->name) != NULL)
            return place_error(&domain->place, err,
                               "E108 the domain '%s' is called like a transformer", domain->name);
        if (transformer_find(domain->mask->use) == NULL)
            return place_error(&domain->place, err, "E102 there is no transformer '%s'",
                               domain->mask->use);
    }
    return true;
}

static bool
is_end_of_key(const struct plan *plan, int table, const char *column)
{
    for (int i = 0; table >= 0 && i < plan->nkeys; i++) {
        const struct plan_key *key = &plan->keys[i];
        if (key->child == plan->tables[table] && key->key->ncolumns == 1 &&
            strcmp(key->child->columns[key->child_columns[0]].name, column) == 0)
            return true;
    }
    return false;
}

static bool
check_entities(const struct rules *rules, const struct plan *plan, struct decant_error *err)
{
    for (size_t i = 0; i < rules->columns.nentities; i++) {
        const struct rules_entity *entity = &rules->columns.entities[i];
        if (plan_find(plan, entity->table) < 0)
            return place_error(&entity->place, err, "E201 there is no selected table '%s'",
                               entity->table_name);
        for (int j = 0; j < entity->nvia; j++) {
            const struct rules_via *via = &entity->via[j];
            if (!is_end_of_key(plan, plan_find(plan, via->table), via->column))
                return place_error(&via->place, err,
                                   "E201 no foreign key of one column begins at '%s.%s'",
                                   via->table_name, via->column);
        }
    }
    return true;
}

/* A line that names a table or column exactly, but meets none. */
static bool
check_lines(const struct rules *rules, const struct plan *plan, struct decant_error *err)
{
    const struct rules_columns *columns = &rules->columns;
    for (size_t i = 0; i < columns->ncolumns; i++) {
        const struct rules_column *line = &columns->columns[i];
        bool table_found = false, found = false;
        for (const struct rules_mask *mask = line->mask; mask != NULL; mask = mask->next) {
            const struct rules_domain *domain;
            if (mask_transformer(rules, mask, &domain, err) == NULL)
                return false;
        }
        if (!line->table_is_exact || line->rank == RANK_PACK)
            continue;
        for (int t = 0; t < plan->ntables && !found; t++) {
            const struct table *table = plan->tables[t];
            const char *const names[] = { table->schema, table->name };
            if (!pattern_matches(line->table, names))
                continue;
            table_found = true;
            for (int c = 0; c < table->ncolumns && !found; c++) {
                const char *const name[] = { table->columns[c].name };
                found = pattern_matches(line->column, name);
            }
        }
        if (!found && (!table_found || line->column_is_exact)) {
            place_error(&line->place, err, "E201 there is no %s '%s%s%s' in the source",
                        table_found ? "column" : "selected table", line->table_name,
                        table_found ? "." : "", table_found ? line->name : "");
            return error_hint(err, "the schema has changed, or the name is wrong: take the line "
                                   "out, or mend it");
        }
    }
    return true;
}

/* References that are no plain columns cannot follow a key that is masked. */
bool
names_check_virtual(const struct rules *rules, const struct plan *plan,
                    const enum column_fate *const *masked, struct decant_error *err)
{
    for (int i = 0; i < rules->sample.nreferences; i++) {
        const struct rules_reference *from = &rules->sample.references[i];
        bool is_plain = from->path == NULL && from->type_column == NULL;
        for (int j = 0; !is_plain && j < from->nends; j++) {
            int parent = plan_find(plan, from->ends[j].table);
            for (int k = 0; parent >= 0 && k < from->ends[j].ncolumns; k++) {
                int column = table_column(plan->tables[parent], from->ends[j].columns[k]);
                if (column >= 0 && masked[parent][column])
                    return rules_error(rules, from->mark, err,
                                       "E224 '%s' refers to a key that is masked, and cannot "
                                       "follow it",
                                       from->name);
            }
        }
    }
    return true;
}

bool
names_check(const struct rules *rules, const struct plan *plan, struct decant_error *err)
{
    return check_domains(rules, err) && check_entities(rules, plan, err) &&
           check_lines(rules, plan, err);
}
