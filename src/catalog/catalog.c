/* SPDX-License-Identifier: PostgreSQL */
#include "catalog/catalog.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/loader.h"
#include "pg/quote.h"

bool
catalog_load(struct pg_conn *conn, const struct selection *selection, struct arena *arena,
             const struct catalog **out, struct decant_error *err)
{
    assert(selection != NULL && out != NULL);
    struct catalog *catalog = ARENA_NEW(arena, struct catalog);
    struct loader loader = { .conn = conn, .arena = arena, .catalog = catalog };
    bool ok = catalog_load_server(conn, arena, &catalog->server, err) &&
              load_tables(&loader, selection, err) && load_planned(&loader, err) &&
              load_types(&loader, err) && load_parents(&loader, err) &&
              load_columns(&loader, err) && load_indexes(&loader, err) &&
              load_constraints(&loader, err) && load_objects(&loader, err);
    *out = catalog;
    map_deinit(&loader.tables);
    map_deinit(&loader.types);
    map_deinit(&loader.domains);
    free(loader.oids);
    return ok;
}

bool
table_is_called(const struct table *table, const char *name)
{
    assert(table != NULL && name != NULL);
    size_t schema = strlen(table->schema);
    return strncmp(name, table->schema, schema) == 0 && name[schema] == '.' &&
           strcmp(name + schema + 1, table->name) == 0;
}

int
table_column(const struct table *table, const char *name)
{
    assert(name != NULL);
    for (int i = 0; i < table->ncolumns; i++)
        if (strcmp(table->columns[i].name, name) == 0)
            return i;
    return -1;
}

const struct index *
catalog_primary_key(const struct table *table)
{
    return table->nindexes > 0 && table->indexes[0].is_primary ? &table->indexes[0] : NULL;
}

int
catalog_key_column(const struct table *table)
{
    const struct index *key = catalog_primary_key(table);
    return key != NULL && key->nkeys == 1 ? key->keys[0].column : -1;
}

int64_t
catalog_bytes(const struct table *table)
{
    enum { PAGE_BYTES = 8192 }; /* of every server but those that somebody built otherwise */
    return (int64_t)table->relpages * PAGE_BYTES;
}

static bool
identifies(const struct table *table, const struct index *index)
{
    bool ok =
        index->is_unique && index->is_valid && !index->is_deferrable && index->predicate == NULL;
    for (int i = 0; ok && i < index->nkeys; i++)
        ok = index->keys[i].column >= 0 && table->columns[index->keys[i].column].not_null;
    return ok;
}

const struct index *
catalog_identity(const struct table *table)
{
    assert(table != NULL);
    for (int i = 0; i < table->nindexes; i++)
        if (table->indexes[i].is_primary || identifies(table, &table->indexes[i]))
            return &table->indexes[i];
    return NULL;
}

bool
catalog_has_foreign(const struct table *table)
{
    assert(table != NULL);
    for (int i = 0; i < table->nleaves; i++)
        if (table->leaves[i]->kind == 'f')
            return true;
    return false;
}

void
catalog_put_rows(const struct table *table, struct buf *out)
{
    assert(table != NULL);
    if (!catalog_has_foreign(table)) {
        if (table->kind != 'p')
            buf_puts(out, "ONLY "); /* the rows of inheritance children are theirs */
        quote_qualified(out, table->schema, table->name);
        return;
    }
    const char *between = "(";
    for (int i = 0; i < table->nleaves; i++) {
        const struct table *leaf = table->leaves[i];
        if (leaf->kind == 'f')
            continue;
        buf_puts(out, between);
        for (int j = 0; j < table->ncolumns; j++) {
            buf_puts(out, j == 0 ? "SELECT " : ", ");
            quote_ident(out, table->columns[j].name);
        }
        buf_puts(out, " FROM ONLY ");
        quote_qualified(out, leaf->schema, leaf->name);
        between = " UNION ALL ";
    }
    if (between[0] == '(') { /* nothing but foreign ones */
        buf_puts(out, "(SELECT * FROM ");
        quote_qualified(out, table->schema, table->name);
        buf_puts(out, " WHERE false");
    }
    buf_putc(out, ')');
}
