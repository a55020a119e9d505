/* SPDX-License-Identifier: PostgreSQL */
#include "catalog/sizes.h"

#include <assert.h>

static const char relations_sql[] =
    "SELECT pg_catalog.concat(n.nspname, '.', c.relname), CASE WHEN x.rel <> x.of THEN"
    " pg_catalog.concat(tn.nspname, '.', t.relname) END, c.relkind, c.reltuples,"
    " coalesce(pg_catalog.pg_relation_size(c.oid) /"
    " pg_catalog.current_setting('block_size')::int8, 0), c.relallvisible,"
    " pg_catalog.current_setting('block_size'), c.oid"
    " FROM (SELECT o AS of, o AS rel, 0 AS part FROM pg_catalog.unnest($1::oid[]) o"
    "  UNION ALL SELECT indrelid, indexrelid, 1 FROM pg_catalog.pg_index"
    "  WHERE indrelid = ANY ($1::oid[])"
    "  UNION ALL SELECT oid, reltoastrelid, 2 FROM pg_catalog.pg_class"
    "  WHERE oid = ANY ($1::oid[]) AND reltoastrelid <> 0) x"
    " JOIN pg_catalog.pg_class c ON c.oid = x.rel"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " JOIN pg_catalog.pg_class t ON t.oid = x.of"
    " JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace"
    " WHERE c.relkind IN ('r', 'p', 'm', 'i', 'I', 't')"
    " ORDER BY tn.nspname, t.relname, x.part, c.relname";

static const char columns_sql[] =
    "SELECT pg_catalog.concat(s.schemaname, '.', s.tablename, '.', s.attname), s.n_distinct"
    " FROM pg_catalog.pg_stats s JOIN pg_catalog.pg_namespace n ON n.nspname = s.schemaname"
    " JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = s.tablename"
    " WHERE c.oid = ANY ($1::oid[]) AND s.inherited = (c.relkind = 'p') ORDER BY 1";

static void
put_oids(const struct catalog *catalog, struct buf *out)
{
    buf_putc(out, '{');
    for (int i = 0; i < catalog->ntables; i++)
        buf_printf(out, "%s%u", i > 0 ? "," : "", (unsigned)catalog->tables[i].oid);
    buf_putc(out, '}');
}

/* A root has no file; its partitions add up. */
static void
add_up(const struct catalog *catalog, unsigned oid, struct relation_size *out)
{
    for (int i = 0; i < catalog->ntables; i++)
        if (catalog->tables[i].oid == oid) {
            out->rows = catalog->tables[i].reltuples;
            out->pages = catalog->tables[i].relpages;
        }
}

static void
take_relations(const struct pg_result *r, const struct catalog *catalog, struct arena *arena,
               struct sizes *out)
{
    out->relations = ARENA_ARRAY(arena, struct relation_size, pg_nrows(r) + 1);
    for (int i = 0; i < pg_nrows(r); i++) {
        out->relations[out->nrelations++] = (struct relation_size){
            .name = arena_strdup(arena, pg_text(r, i, 0)),
            .of = pg_text(r, i, 1) != NULL ? arena_strdup(arena, pg_text(r, i, 1)) : NULL,
            .kind = pg_text(r, i, 2)[0],
            .rows = pg_double(r, i, 3),
            .pages = pg_int(r, i, 4),
            .visible = pg_int(r, i, 5),
        };
        if (pg_text(r, i, 2)[0] == 'p')
            add_up(catalog, (unsigned)pg_int(r, i, 7), &out->relations[i]);
    }
    out->page_bytes = pg_nrows(r) > 0 ? (int)pg_int(r, 0, 6) : 0;
}

bool
sizes_load(struct pg_conn *conn, const struct catalog *catalog, struct arena *arena,
           struct sizes *out, struct decant_error *err)
{
    assert(catalog != NULL && arena != NULL && out != NULL);
    struct buf oids = { 0 };
    put_oids(catalog, &oids);
    const char *params[] = { buf_str(&oids) };
    *out = (struct sizes){ 0 };
    struct pg_result *r = pg_query(conn, err, relations_sql, 1, params);
    if (r != NULL)
        take_relations(r, catalog, arena, out);
    pg_result_free(r);
    r = r != NULL ? pg_query(conn, err, columns_sql, 1, params) : NULL;
    bool ok = r != NULL;
    out->columns = ARENA_ARRAY(arena, struct column_distinct, (ok ? pg_nrows(r) : 0) + 1);
    for (int i = 0; ok && i < pg_nrows(r); i++)
        out->columns[out->ncolumns++] =
            (struct column_distinct){ arena_strdup(arena, pg_text(r, i, 0)), pg_double(r, i, 1) };
    pg_result_free(r);
    buf_deinit(&oids);
    return ok;
}
