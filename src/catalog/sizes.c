/* SPDX-License-Identifier: PostgreSQL */
#include "catalog/sizes.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "pg/quote.h"

/* What is counted of tables that were never analyzed: pages of one, and of all. */
enum { COUNTED_PAGES = 1000, ALL_PAGES = 10000 };

static const char relations_sql[] =
    "SELECT pg_catalog.concat(n.nspname, '.', c.relname), CASE WHEN x.rel <> x.of THEN"
    " pg_catalog.concat(tn.nspname, '.', t.relname) END, c.relkind, c.reltuples,"
    " coalesce(pg_catalog.pg_relation_size(c.oid) /"
    " pg_catalog.current_setting('block_size')::int8, 0), c.relallvisible,"
    " pg_catalog.current_setting('block_size'), c.oid, c.relpages, n.nspname, c.relname"
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

/* A parent of the most common value has the most children; where no value is common, all have about
 * as many. */
static const char families_sql[] =
    "SELECT pg_catalog.concat(n.nspname, '.', c.relname, '.', f.conname),"
    " pg_catalog.min(greatest(s.most_common_freqs[1], CASE WHEN s.n_distinct > 0 THEN"
    "  1 / s.n_distinct WHEN s.n_distinct < 0 AND c.reltuples > 0 THEN"
    "  1 / (-s.n_distinct * c.reltuples) END)) * c.reltuples"
    " FROM pg_catalog.pg_constraint f JOIN pg_catalog.pg_class c ON c.oid = f.conrelid"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (f.conkey)"
    " JOIN pg_catalog.pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname"
    "  AND s.attname = a.attname AND s.inherited = (c.relkind = 'p')"
    " WHERE f.contype = 'f' AND f.conparentid = 0 AND c.oid = ANY ($1::oid[]) AND c.reltuples > 0"
    " GROUP BY n.nspname, c.relname, f.conname, c.reltuples ORDER BY 1";

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

/* As the planner does it: so many rows to a page, times the pages that there are by now. */
static void
bring_up_to_date(struct relation_size *relation, int64_t pages_then)
{
    bool is_table = relation->kind == 'r' || relation->kind == 'm';
    if (relation->kind == 'p' || relation->kind == 'I') /* what its partitions have */
        return;
    int64_t grown = relation->pages - pages_then;
    if (relation->rows < 0 || (pages_then == 0 && relation->pages > 0)) {
        relation->told = is_table && relation->pages > 0 ? "never" : NULL;
        relation->rows = is_table && relation->pages == 0 ? 0 : -1;
    } else if (pages_then > 0) {
        relation->rows *= (double)relation->pages / (double)pages_then;
        if (is_table && (grown > pages_then / 10 + 1 || -grown > pages_then / 10 + 1))
            relation->told = "older";
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
        bring_up_to_date(&out->relations[i], pg_int(r, i, 8));
    }
    out->page_bytes = pg_nrows(r) > 0 ? (int)pg_int(r, 0, 6) : 0;
}

/* One statement counts them all; a table that may not be read stays as it is, and so do the others
 * then. */
static bool
count_small(struct pg_conn *conn, struct sizes *out, const struct pg_result *r,
            struct decant_error *err)
{
    struct buf sql = { 0 };
    struct pg_result *rows = NULL;
    struct decant_error why = { 0 };
    int64_t pages = 0;
    for (int i = 0; i < out->nrelations; i++) {
        const struct relation_size *relation = &out->relations[i];
        if (relation->told == NULL || strcmp(relation->told, "never") != 0 ||
            relation->pages > COUNTED_PAGES || (pages += relation->pages) > ALL_PAGES)
            continue;
        buf_printf(&sql, "%sSELECT %d AS i, pg_catalog.count(*) AS n FROM ONLY ",
                   sql.len > 0 ? " UNION ALL " : "", i);
        quote_qualified(&sql, pg_text(r, i, 9), pg_text(r, i, 10));
    }
    bool ok = sql.len == 0 || pg_try(conn, buf_str(&sql), &rows, &why, err);
    for (int i = 0; rows != NULL && i < pg_nrows(rows); i++) {
        struct relation_size *relation = &out->relations[pg_int(rows, i, 0)];
        relation->rows = pg_double(rows, i, 1);
        relation->told = "counted";
    }
    pg_result_free(rows);
    buf_deinit(&sql);
    return ok;
}

static bool
load_relations(struct pg_conn *conn, const struct catalog *catalog, const char *oids,
               struct arena *arena, struct sizes *out, struct decant_error *err)
{
    struct pg_result *r = pg_query(conn, err, relations_sql, 1, &oids);
    if (r == NULL)
        return false;
    take_relations(r, catalog, arena, out);
    bool ok = count_small(conn, out, r, err);
    pg_result_free(r);
    return ok;
}

static bool
load_distincts(struct pg_conn *conn, const char *oids, struct arena *arena, struct sizes *out,
               struct decant_error *err)
{
    struct pg_result *r = pg_query(conn, err, columns_sql, 1, &oids);
    if (r == NULL)
        return false;
    out->columns = ARENA_ARRAY(arena, struct column_distinct, pg_nrows(r) + 1);
    for (int i = 0; i < pg_nrows(r); i++)
        out->columns[out->ncolumns++] =
            (struct column_distinct){ arena_strdup(arena, pg_text(r, i, 0)), pg_double(r, i, 1) };
    pg_result_free(r);
    return true;
}

static bool
load_families(struct pg_conn *conn, const char *oids, struct arena *arena, struct sizes *out,
              struct decant_error *err)
{
    struct pg_result *r = pg_query(conn, err, families_sql, 1, &oids);
    if (r == NULL)
        return false;
    out->families = ARENA_ARRAY(arena, struct largest_family, pg_nrows(r) + 1);
    for (int i = 0; i < pg_nrows(r); i++)
        out->families[out->nfamilies++] =
            (struct largest_family){ arena_strdup(arena, pg_text(r, i, 0)),
                                     (int64_t)exp2(ceil(log2(fmax(1, pg_double(r, i, 1))))) };
    pg_result_free(r);
    return true;
}

bool
sizes_load(struct pg_conn *conn, const struct catalog *catalog, struct arena *arena,
           struct sizes *out, struct decant_error *err)
{
    assert(catalog != NULL && arena != NULL && out != NULL);
    struct buf oids = { 0 };
    put_oids(catalog, &oids);
    *out = (struct sizes){ 0 };
    bool ok = load_relations(conn, catalog, buf_str(&oids), arena, out, err) &&
              load_distincts(conn, buf_str(&oids), arena, out, err) &&
              load_families(conn, buf_str(&oids), arena, out, err);
    buf_deinit(&oids);
    return ok;
}
