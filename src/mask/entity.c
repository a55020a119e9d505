/* SPDX-License-Identifier: PostgreSQL */
#include "mask/entity.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "catalog/as_text.h"
#include "pg/quote.h"

enum { MOST_STEPS = 32 };

/* The way from a table to its entity: edges of the sampling, each from child to parent. */
struct way {
    int n;
    const struct sample_edge *steps[MOST_STEPS];
    const struct table *end;
};

static int
number_of(const struct sampling *owners, const struct table *table)
{
    for (int i = 0; i < owners->ntables; i++)
        if (owners->tables[i].table == table)
            return i;
    return -1;
}

/* Has a parent at most one child along the edge? */
static bool
is_one_to_one(const struct sampling *owners, const struct sample_edge *edge)
{
    const struct table *child = owners->tables[edge->child].table;
    for (int i = 0; i < child->nindexes; i++) {
        const struct index *index = &child->indexes[i];
        bool covered = index->is_unique && index->is_valid && index->predicate == NULL;
        for (int j = 0; covered && j < index->nkeys; j++) {
            bool found = false;
            for (int k = 0; k < edge->ncolumns; k++)
                found |= index->keys[j].column >= 0 &&
                         edge->child_keys[k] == &child->columns[index->keys[j].column];
            covered = found;
        }
        if (covered)
            return true;
    }
    return false;
}

static const struct rules_entity *
entity_of(const struct masking *masking, const struct table *table)
{
    const char *const names[] = { table->schema, table->name };
    const struct rules_columns *columns = &masking->rules->columns;
    for (size_t i = 0; i < columns->nentities; i++)
        if (pattern_matches(columns->entities[i].table, names))
            return &columns->entities[i];
    return NULL;
}

/* The edge by a column that `via` names for this table; NULL: no entity says one. */
static const struct sample_edge *
via_edge(const struct masking *masking, const struct sampling *owners, int number)
{
    const struct table *table = owners->tables[number].table;
    const char *const names[] = { table->schema, table->name };
    const struct rules_columns *columns = &masking->rules->columns;
    for (size_t i = 0; i < columns->nentities; i++)
        for (int j = 0; j < columns->entities[i].nvia; j++) {
            const struct rules_via *via = &columns->entities[i].via[j];
            if (!pattern_matches(via->table, names))
                continue;
            for (int k = 0; k < owners->nedges; k++)
                if (owners->edges[k].child == number && owners->edges[k].ncolumns == 1 &&
                    strcmp(owners->edges[k].child_keys[0]->name, via->column) == 0)
                    return &owners->edges[k];
        }
    return NULL;
}

static void
find_way(const struct masking *masking, const struct sampling *owners, const struct table *table,
         enum entity_kind kind, struct way *out)
{
    assert(owners != NULL);
    int at = number_of(owners, table), declared = -1, unique = 0;
    bool is_unique = true;
    *out = (struct way){ .end = table };
    if (kind == ENTITY_ROW || at < 0)
        return;
    if (entity_of(masking, table) != NULL)
        return;
    while (out->n < MOST_STEPS) {
        const struct sample_edge *edge = via_edge(masking, owners, at);
        bool is_via = edge != NULL;
        if (edge == NULL && owners->tables[at].owner >= 0)
            edge = &owners->edges[owners->tables[at].owner];
        if (edge == NULL || edge->key == NULL)
            break;
        out->steps[out->n++] = edge;
        is_unique = is_unique && !is_via && is_one_to_one(owners, edge);
        if (is_unique)
            unique = out->n;
        at = edge->parent;
        if (entity_of(masking, owners->tables[at].table) != NULL) {
            declared = out->n;
            break;
        }
        for (int i = 0; i + 1 < out->n; i++)
            if (out->steps[i] == edge) /* a circle that `via` made */
                return;
    }
    if (declared >= 0)
        out->n = declared;
    else if (kind == ENTITY_PERSON)
        out->n = unique;
    if (out->n > 0)
        out->end = owners->tables[out->steps[out->n - 1]->parent].table;
}

static void
put_text(const char *alias, const struct column *column, struct buf *out)
{
    struct buf name = { 0 };
    buf_printf(&name, "%s.", alias);
    quote_ident(&name, column->name);
    as_text_put(column, buf_str(&name), out);
    buf_deinit(&name);
}

static bool
is_whole_number(const struct table *end)
{
    const struct index *key = catalog_identity(end);
    return key != NULL && key->nkeys == 1 &&
           mask_kind_of(end->columns[key->keys[0].column].type) == KIND_INTEGER &&
           end->columns[key->keys[0].column].type->kind == TYPE_SCALAR &&
           end->columns[key->keys[0].column].type->scalar != SCALAR_MONEY;
}

/* Column `i` of the identity of the end, or of the child that holds it. */
static const struct column *
identity_column(const struct table *end, int i, const struct sample_edge *last)
{
    const struct index *key = catalog_identity(end);
    for (int j = 0; last != NULL && j < last->ncolumns; j++)
        if (last->parent_columns[j] == key->keys[i].column)
            return last->child_keys[j];
    return &end->columns[key->keys[i].column];
}

/* The columns that identify a row of the end; of a step's child where they are the key itself. */
static void
put_identity(const struct table *end, const char *alias, const struct sample_edge *last,
             struct buf *out)
{
    const struct index *key = catalog_identity(end);
    if (key == NULL) {
        as_text_put_row(alias, out);
        return;
    }
    if (is_whole_number(end)) {
        buf_printf(out, "(%s.", alias);
        quote_ident(out, identity_column(end, 0, last)->name);
        buf_puts(out, ")::pg_catalog.int8");
        return;
    }
    for (int i = 0; i < key->nkeys; i++) {
        if (i > 0)
            buf_puts(out, " || pg_catalog.chr(31) || ");
        put_text(alias, identity_column(end, i, last), out);
    }
}

static bool
leads_to_identity(const struct table *end, const struct sample_edge *edge)
{
    const struct index *key = catalog_identity(end);
    for (int i = 0; key != NULL && i < key->nkeys; i++) {
        bool found = false;
        for (int j = 0; j < edge->ncolumns; j++)
            found |= edge->parent_columns[j] == key->keys[i].column;
        if (!found)
            return false;
    }
    return key != NULL;
}

static void
put_join(const struct sampling *owners, const struct sample_edge *edge, const char *child,
         const char *parent, struct buf *out)
{
    const struct table *table = owners->tables[edge->parent].table;
    buf_puts(out, " LEFT JOIN ");
    catalog_put_rows(table, out);
    buf_printf(out, " AS %s ON ", parent);
    for (int i = 0; i < edge->ncolumns; i++) {
        buf_printf(out, "%s%s.", i > 0 ? " AND " : "", parent);
        quote_ident(out, table->columns[edge->parent_columns[i]].name);
        buf_printf(out, " OPERATOR(%s) %s.", edge->key->operators[i], child);
        quote_ident(out, edge->child_keys[i]->name);
    }
}

void
entity_sql(const struct masking *masking, const struct sampling *owners, const struct table *table,
           enum entity_kind kind, struct buf *joins, int *njoins, struct buf *out,
           const char **label, int *column)
{
    assert(masking != NULL && table != NULL);
    struct way way;
    char alias[24] = "decant_row", next[24];
    find_way(masking, owners, table, kind, &way);
    *label = arena_printf(masking->arena, "%s.%s", way.end->schema, way.end->name);
    int hops = way.n;
    const struct sample_edge *last = way.n > 0 ? way.steps[way.n - 1] : NULL;
    if (last != NULL && leads_to_identity(way.end, last))
        hops--;
    else
        last = NULL;
    for (int i = 0; i < hops; i++) {
        snprintf(next, sizeof next, "decant_e%d", ++*njoins);
        put_join(owners, way.steps[i], alias, next, joins);
        memcpy(alias, next, sizeof alias);
    }
    put_identity(way.end, alias, last, out);
    *column = -1;
    if (hops > 0 || !is_whole_number(way.end))
        return;
    const struct column *own = identity_column(way.end, 0, last);
    if (own >= table->columns && own < table->columns + table->ncolumns && own->expression == NULL)
        *column = (int)(own - table->columns);
}
