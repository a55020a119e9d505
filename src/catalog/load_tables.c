/* SPDX-License-Identifier: PostgreSQL */
/*
 * Tables and their partitions, and what all parts of the loader use. The connection that reads the
 * catalog has an empty search_path: pg_catalog is then searched alone, so operators and functions
 * need no qualification, and expressions come with qualified names. The connections that read
 * tables keep the path of the role, which functions may need.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/loader.h"

struct pg_result *
loader_query(struct loader *loader, struct decant_error *err, const char *sql, bool by_tables)
{
    assert(sql != NULL);
    const char *params[] = { loader->oids };
    struct pg_result *result = pg_query(loader->conn, err, sql, by_tables ? 1 : 0, params);
    if (result == NULL)
        error_context(err, "reading the catalog");
    return result;
}

int
loader_group_end(const struct pg_result *result, int row)
{
    int64_t oid = pg_int(result, row, 0);
    while (row < pg_nrows(result) && pg_int(result, row, 0) == oid)
        row++;
    return row;
}

int
loader_column(const struct table *table, int attnum)
{
    assert(table != NULL);
    for (int i = 0; i < table->ncolumns; i++)
        if (table->columns[i].attnum == attnum)
            return i;
    return -1;
}

int
loader_numbers(const char *text, int *out, int most)
{
    assert(most >= 0);
    int n = 0;
    while (text != NULL && *text != '\0' && n < most) {
        char *end;
        long number = strtol(text, &end, 10);
        if (end == text) {
            text++; /* a brace, a comma or a blank */
            continue;
        }
        out[n++] = (int)number;
        text = end;
    }
    return n;
}

static const char tables_sql[] =
    "WITH RECURSIVE tree(oid, root, kind) AS ("
    " SELECT c.oid, c.oid, c.relkind FROM pg_catalog.pg_class c WHERE c.oid = ANY ($1::oid[])"
    " UNION ALL SELECT i.inhrelid, t.root, c.relkind FROM tree t"
    " JOIN pg_catalog.pg_inherits i ON i.inhparent = t.oid"
    " JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid WHERE t.kind = 'p')"
    " SELECT t.root, c.oid, n.nspname, c.relname, c.relkind, c.relpersistence = 'u',"
    " c.reltuples, c.relpages, pg_get_expr(c.relpartbound, c.oid),"
    " CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END"
    " FROM tree t JOIN pg_catalog.pg_class c ON c.oid = t.oid"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " JOIN pg_catalog.pg_class rc ON rc.oid = t.root"
    " JOIN pg_catalog.pg_namespace rn ON rn.oid = rc.relnamespace"
    " ORDER BY rn.nspname COLLATE \"C\", rc.relname COLLATE \"C\", c.oid <> t.root,"
    " n.nspname COLLATE \"C\", c.relname COLLATE \"C\"";

enum tables_column {
    TABLES_ROOT,
    TABLES_OID,
    TABLES_SCHEMA,
    TABLES_NAME,
    TABLES_KIND,
    TABLES_UNLOGGED,
    TABLES_RELTUPLES,
    TABLES_RELPAGES,
    TABLES_BOUND,
    TABLES_PARTITION_KEY,
};

static char *
oid_array(const struct selection *selection)
{
    struct buf oids = { 0 };
    buf_putc(&oids, '{');
    for (int i = 0; i < selection->nrelations; i++)
        buf_printf(&oids, i == 0 ? "%u" : ",%u", selection->relations[i].oid);
    buf_putc(&oids, '}');
    return buf_steal(&oids);
}

/* Collects the leaves of the root that stands at `row`, and what they add up to. */
static void
gather_leaves(struct loader *loader, struct table *root, int nparts)
{
    const struct table **leaves = ARENA_ARRAY(loader->arena, const struct table *, nparts + 1);
    if (root->kind != 'p')
        return;
    root->reltuples = 0;
    for (int i = 1; i < nparts; i++) {
        const struct table *part = root + i;
        if (part->kind == 'p')
            continue;
        leaves[root->nleaves++] = part;
        root->relpages += part->relpages;
        if (part->reltuples < 0 || root->reltuples < 0)
            root->reltuples = -1;
        else
            root->reltuples += part->reltuples;
    }
    root->leaves = leaves;
}

bool
load_tables(struct loader *loader, const struct selection *selection, struct decant_error *err)
{
    assert(loader != NULL);
    loader->oids = oid_array(selection);
    struct pg_result *r = loader_query(loader, err, tables_sql, true);
    if (r == NULL)
        return false;
    int n = pg_nrows(r);
    struct table *tables = ARENA_ARRAY(loader->arena, struct table, n + 1), *root = NULL;
    struct buf oids = { 0 };
    for (int i = 0; i < n; i++) {
        struct table *t = &tables[i];
        if (pg_int(r, i, TABLES_ROOT) == pg_int(r, i, TABLES_OID))
            root = t;
        *t = (struct table){
            .oid = (uint32_t)pg_int(r, i, TABLES_OID),
            .schema = loader_text(loader, r, i, TABLES_SCHEMA),
            .name = loader_text(loader, r, i, TABLES_NAME),
            .kind = pg_text(r, i, TABLES_KIND)[0],
            .is_unlogged = pg_bool(r, i, TABLES_UNLOGGED),
            .reltuples = pg_double(r, i, TABLES_RELTUPLES),
            /* of a root, -1 once it is analyzed: it has the pages of its partitions */
            .relpages = pg_int(r, i, TABLES_RELPAGES) > 0 ? pg_int(r, i, TABLES_RELPAGES) : 0,
            .root = root,
            .partition_key = loader_text(loader, r, i, TABLES_PARTITION_KEY),
            .partition_bound = loader_text(loader, r, i, TABLES_BOUND),
        };
        map_put(&loader->tables, t->oid, t);
        buf_printf(&oids, i == 0 ? "{%u" : ",%u", t->oid);
    }
    for (int i = 0, next; i < n; i = next) {
        next = loader_group_end(r, i);
        gather_leaves(loader, &tables[i], next - i);
    }
    pg_result_free(r);
    buf_puts(&oids, n == 0 ? "{}" : "}");
    free(loader->oids);
    loader->oids = buf_steal(&oids);
    loader->catalog->tables = tables;
    loader->catalog->ntables = n;
    return true;
}

static const char parents_sql[] =
    "SELECT i.inhrelid, i.inhparent FROM pg_catalog.pg_inherits i"
    " JOIN pg_catalog.pg_class p ON p.oid = i.inhparent AND p.relkind = 'r'"
    " WHERE i.inhrelid = ANY ($1::oid[]) ORDER BY i.inhrelid, i.inhseqno";

/* Parents that the selection leaves out do not count. */
bool
load_parents(struct loader *loader, struct decant_error *err)
{
    assert(loader != NULL);
    struct pg_result *r = loader_query(loader, err, parents_sql, true);
    if (r == NULL)
        return false;
    for (int i = 0, next; i < pg_nrows(r); i = next) {
        struct table *child = map_get(&loader->tables, (uint64_t)pg_int(r, i, 0));
        next = loader_group_end(r, i);
        const struct table **parents = ARENA_ARRAY(loader->arena, const struct table *, next - i);
        for (int j = i; child != NULL && j < next; j++) {
            const struct table *parent = map_get(&loader->tables, (uint64_t)pg_int(r, j, 1));
            if (parent != NULL)
                parents[child->nparents++] = parent;
        }
        if (child != NULL)
            child->parents = parents;
    }
    pg_result_free(r);
    return true;
}
