/* SPDX-License-Identifier: PostgreSQL */
#include "mask/names.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/suggest.h"
#include "transform/maker.h"

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

/* The table that a line names; -1. Its column in *column; -1. */
static int
find_line(const struct plan *plan, const struct rules_column *line, int *column)
{
    int found = plan_find(plan, line->table);
    int end = pattern_literal(line->table) != NULL ? found + 1 : plan->ntables;
    *column = -1;
    for (int t = found; t >= 0 && t < end && *column < 0; t++) {
        const struct table *table = plan->tables[t];
        const char *const names[] = { table->schema, table->name };
        if (!pattern_matches(line->table, names))
            continue;
        found = t;
        for (int c = 0; c < table->ncolumns && *column < 0; c++) {
            const char *const name[] = { table->columns[c].name };
            *column = pattern_matches(line->column, name) ? c : -1;
        }
    }
    return found;
}

bool
names_is_stale(const struct plan *plan, const struct rules_column *line)
{
    int column;
    if (!line->table_is_exact || line->rank == RANK_PACK)
        return false;
    int table = find_line(plan, line, &column);
    return column < 0 && (table < 0 || line->column_is_exact);
}

/* The name that was meant, perhaps: of a table with its schema, of a column without; or NULL. */
static const char *
nearest(const struct plan *plan, const struct rules_column *line, char *room, size_t size)
{
    int column, table = find_line(plan, line, &column);
    const char *name = table < 0 ? line->table_name : line->name;
    struct suggestion suggestion = { .word = name };
    char best[256] = "";
    for (int t = 0; table < 0 && t < plan->ntables; t++) {
        snprintf(room, size, "%s.%s", plan->tables[t]->schema, plan->tables[t]->name);
        const char *before = suggestion.nearest;
        suggest_offer(&suggestion, room);
        if (suggestion.nearest != before || suggestion.nearest == room)
            snprintf(best, sizeof best, "%s", room);
        suggestion.nearest = best;
    }
    for (int c = 0; table >= 0 && c < plan->tables[table]->ncolumns; c++)
        suggest_offer(&suggestion, plan->tables[table]->columns[c].name);
    const char *found = best[0] != '\0' || table >= 0 ? suggest_best(&suggestion) : NULL;
    if (found != NULL)
        snprintf(room, size, "%s", found);
    return found != NULL ? room : NULL;
}

static void
put_stale(const struct plan *plan, const struct rules_column *line, struct buf *out)
{
    int column, table = find_line(plan, line, &column);
    char room[256];
    const char *near = nearest(plan, line, room, sizeof room);
    buf_printf(out, "  line %d: %s%s%s", line->place.line, line->table_name, table >= 0 ? "." : "",
               table >= 0 ? line->name : "");
    if (near != NULL)
        buf_printf(out, " (did you mean '%s'?)", near);
    buf_putc(out, '\n');
}

/* Lines that name a table or column exactly, but meet none: all of them at once. */
static bool
check_lines(const struct rules *rules, const struct plan *plan, struct decant_error *err)
{
    assert(rules != NULL);
    enum { ROOM = 380 }; /* of a hint */
    const struct rules_columns *columns = &rules->columns;
    const struct rules_column *first = NULL;
    struct buf list = { 0 };
    int n = 0, hidden = 0;
    for (size_t i = 0; i < columns->ncolumns; i++) {
        const struct rules_column *line = &columns->columns[i];
        for (const struct rules_mask *mask = line->mask; mask != NULL; mask = mask->next) {
            const struct rules_domain *domain;
            if (mask_transformer(rules, mask, &domain, err) == NULL) {
                buf_deinit(&list);
                return false;
            }
        }
        if (!names_is_stale(plan, line))
            continue;
        first = first != NULL ? first : line;
        n++;
        if (list.len < ROOM)
            put_stale(plan, line, &list);
        else
            hidden++;
    }
    if (n == 0)
        return true;
    int column, table = find_line(plan, first, &column);
    place_error(&first->place, err, "E201 there is no %s '%s%s%s' in the source",
                table >= 0 ? "column" : "selected table", first->table_name, table >= 0 ? "." : "",
                table >= 0 ? first->name : "");
    if (hidden > 0)
        buf_printf(&list, "  and %d more\n", hidden);
    error_hint(err,
               "%d line%s name%s what is not there; 'decant init --update' takes %s out:\n%.*s", n,
               n == 1 ? "" : "s", n == 1 ? "s" : "", n == 1 ? "it" : "them",
               (int)(list.len > 0 ? list.len - 1 : 0), buf_str(&list));
    buf_deinit(&list);
    return false;
}

bool
names_check(const struct rules *rules, const struct plan *plan, struct decant_error *err)
{
    return check_domains(rules, err) && check_entities(rules, plan, err) &&
           check_lines(rules, plan, err);
}
