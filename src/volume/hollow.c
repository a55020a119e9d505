/* SPDX-License-Identifier: PostgreSQL */
#include "volume/hollow.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "pg/quote.h"

/* pg_restore_relation_stats() and pg_restore_attribute_stats() are from 18 on. */
enum { RESTORES_STATISTICS = 180000, AT_ONCE = 500 };

/* ---- the server */

bool
hollow_look(struct pg_conn *conn, struct hole_server *out, struct decant_error *err)
{
    assert(out != NULL);
    struct pg_result *r = pg_query(conn, err,
                                   "SELECT pg_catalog.current_setting('block_size'), setting"
                                   " FROM pg_catalog.pg_settings WHERE name = 'segment_size'",
                                   0, NULL);
    if (r == NULL)
        return false;
    out->page_bytes = (int)pg_int(r, 0, 0);
    out->segment_pages = pg_int(r, 0, 1);
    pg_result_free(r);
    return true;
}

/* ---- statistics */

static const char set_relations_sql[] =
    "UPDATE pg_catalog.pg_class c SET relpages = w.pages, relallvisible = w.visible,"
    " reltuples = CASE WHEN w.rows >= 0 THEN w.rows::float4 ELSE reltuples END"
    " FROM ROWS FROM (pg_catalog.unnest($1::oid[]), pg_catalog.unnest($2::float8[]), "
    "pg_catalog.unnest($3::int8[]), pg_catalog.unnest($4::int8[]))"
    "  w(oid, rows, pages, visible) WHERE c.oid = w.oid";

static const char restore_relations_sql[] =
    "SELECT pg_catalog.pg_restore_relation_stats('schemaname', n.nspname::text, 'relname',"
    " c.relname::text, 'relpages', w.pages::int4, 'reltuples',"
    " CASE WHEN w.rows >= 0 THEN w.rows::float4 ELSE reltuples END,"
    " 'relallvisible', w.visible::int4)"
    " FROM ROWS FROM (pg_catalog.unnest($1::oid[]), pg_catalog.unnest($2::float8[]), "
    "pg_catalog.unnest($3::int8[]), pg_catalog.unnest($4::int8[]))"
    "  w(oid, rows, pages, visible) JOIN pg_catalog.pg_class c ON c.oid = w.oid"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace";

static const char set_distincts_sql[] =
    "UPDATE pg_catalog.pg_statistic s SET stadistinct = w.n"
    " FROM ROWS FROM (pg_catalog.unnest($1::oid[]), pg_catalog.unnest($2::int2[]), "
    "pg_catalog.unnest($3::float4[])) w(oid, attnum, n)"
    " JOIN pg_catalog.pg_class c ON c.oid = w.oid"
    " WHERE s.starelid = w.oid AND s.staattnum = w.attnum AND s.stainherit = (c.relkind = 'p')";

/* What is not named stays as it is. */
static const char restore_distincts_sql[] =
    "SELECT pg_catalog.pg_restore_attribute_stats('schemaname', n.nspname::text, 'relname',"
    " c.relname::text, 'attname', a.attname::text, 'inherited', s.stainherit,"
    " 'null_frac', s.stanullfrac, 'avg_width', s.stawidth, 'n_distinct', w.n)"
    " FROM ROWS FROM (pg_catalog.unnest($1::oid[]), pg_catalog.unnest($2::int2[]), "
    "pg_catalog.unnest($3::float4[])) w(oid, attnum, n)"
    " JOIN pg_catalog.pg_class c ON c.oid = w.oid"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " JOIN pg_catalog.pg_attribute a ON a.attrelid = w.oid AND a.attnum = w.attnum"
    " JOIN pg_catalog.pg_statistic s ON s.starelid = w.oid AND s.staattnum = w.attnum"
    "  AND s.stainherit = (c.relkind = 'p')";

enum { MOST_LISTS = 4 };

static const char *
before_item(const struct buf *list)
{
    return list->len == 0 ? "{" : ",";
}

/* n lists of items without the last brace are parameters, and freed. */
static bool
query_lists(struct pg_conn *conn, const char *sql, struct buf *lists, int n,
            struct decant_error *err)
{
    const char *params[MOST_LISTS] = { 0 };
    for (int i = 0; i < n; i++) {
        buf_puts(&lists[i], lists[i].len == 0 ? "{}" : "}");
        params[i] = buf_str(&lists[i]);
    }
    struct pg_result *r = pg_query(conn, err, sql, n, params);
    bool ok = r != NULL;
    pg_result_free(r);
    for (int i = 0; i < n; i++)
        buf_deinit(&lists[i]);
    return ok;
}

/* The planner's density: a relation that is larger in the copy keeps its pages. */
static bool
set_relations(struct pg_conn *conn, const struct volume *volume, struct decant_error *err)
{
    struct buf lists[MOST_LISTS] = { { 0 } };
    for (int i = 0; i < volume->nrelations; i++) {
        const struct volume_relation *relation = &volume->relations[i];
        const struct volume_size *wanted = &relation->wanted;
        if (relation->why_not != NULL || relation->kind == 't') /* which the planner never reads */
            continue;
        int64_t pages = relation->file != 0 && relation->is.pages > wanted->pages
                            ? relation->is.pages
                            : wanted->pages;
        buf_printf(&lists[0], "%s%u", before_item(&lists[0]), relation->oid);
        buf_printf(&lists[1], "%s%.9g", before_item(&lists[1]), wanted->rows);
        buf_printf(&lists[2], "%s%lld", before_item(&lists[2]), (long long)pages);
        buf_printf(&lists[3], "%s%lld", before_item(&lists[3]), (long long)wanted->visible);
    }
    bool restores = pg_conn_version(conn) >= RESTORES_STATISTICS;
    return query_lists(conn, restores ? restore_relations_sql : set_relations_sql, lists,
                       MOST_LISTS, err);
}

static bool
set_distincts(struct pg_conn *conn, const struct volume *volume, struct decant_error *err)
{
    struct buf lists[3] = { { 0 } };
    for (int i = 0; i < volume->ndistincts; i++) {
        const struct volume_distinct *distinct = &volume->distincts[i];
        buf_printf(&lists[0], "%s%u", before_item(&lists[0]), distinct->table);
        buf_printf(&lists[1], "%s%d", before_item(&lists[1]), distinct->column);
        buf_printf(&lists[2], "%s%.9g", before_item(&lists[2]), distinct->n);
    }
    bool restores = pg_conn_version(conn) >= RESTORES_STATISTICS;
    return query_lists(conn, restores ? restore_distincts_sql : set_distincts_sql, lists, 3, err);
}

/* ---- sizes */

/* Statements of a few hundred tables each. */
static bool
lock_tables(struct pg_conn *conn, const struct volume *volume, struct decant_error *err)
{
    struct buf sql = { 0 };
    bool ok = pg_exec(conn, err, "SET LOCAL lock_timeout = '1s'");
    for (int i = 0, n = 0; ok && i < volume->nrelations; i++) {
        const struct volume_relation *relation = &volume->relations[i];
        if (relation->kind == 'r') {
            buf_puts(&sql, n++ > 0 ? ", " : "LOCK TABLE ONLY ");
            quote_qualified(&sql, relation->schema, relation->relname);
        }
        if (n == AT_ONCE || (n > 0 && i == volume->nrelations - 1)) {
            buf_puts(&sql, " IN SHARE MODE");
            ok = pg_exec(conn, err, buf_str(&sql));
            buf_reset(&sql);
            n = 0;
        }
    }
    if (!ok && strcmp(err->sqlstate, "55P03") == 0) {
        error_set(err, DECANT_REFUSED, "somebody is writing to the database");
        error_hint(err, "end those transactions, and try again");
    }
    buf_deinit(&sql);
    return ok;
}

static bool
extend_files(const struct hole_server *server, const struct volume *volume,
             struct decant_error *err)
{
    bool ok = true;
    for (int i = 0; ok && i < volume->nrelations; i++) {
        const struct volume_relation *relation = &volume->relations[i];
        if (relation->file != 0 && relation->why_not == NULL && relation->path != NULL &&
            relation->wanted.pages > relation->is.pages)
            ok = hole_extend(server, relation->path, relation->wanted.pages, err);
    }
    return ok;
}

/* What an index or table becomes that was never analyzed is not what production's planner sees. */
static bool
analyze(struct pg_conn *conn, const struct volume *volume, struct decant_error *err)
{
    struct buf sql = { 0 };
    bool ok = true;
    for (int i = 0; ok && i < volume->nrelations; i++) {
        const struct volume_relation *relation = &volume->relations[i];
        if (relation->kind != 'r' || relation->is.rows >= 0 || relation->why_not != NULL)
            continue;
        buf_reset(&sql);
        buf_puts(&sql, "ANALYZE ");
        quote_qualified(&sql, relation->schema, relation->relname);
        ok = pg_exec(conn, err, buf_str(&sql));
    }
    buf_deinit(&sql);
    return ok;
}

bool
hollow_make(struct pg_conn *conn, const struct hole_server *server, const struct volume *volume,
            struct decant_error *err)
{
    assert(server != NULL && volume != NULL);
    struct decant_error ignored = { 0 };
    if (!analyze(conn, volume, err) || !pg_exec(conn, err, "BEGIN"))
        return false;
    bool ok = lock_tables(conn, volume, err) && set_relations(conn, volume, err) &&
              set_distincts(conn, volume, err) && extend_files(server, volume, err) &&
              pg_exec(conn, err, "COMMIT");
    if (!ok)
        pg_exec(conn, &ignored, "ROLLBACK");
    return ok;
}

/* ---- to stay so */

/* A setting of the database: it tells the tables whose options are not ours. */
#define MARK "decant.hollow"

static const char mark_sql[] =
    "SELECT pg_catalog.substr(s, pg_catalog.length('" MARK "=') + 1)"
    " FROM pg_catalog.pg_db_role_setting r, pg_catalog.unnest(r.setconfig) s"
    " WHERE r.setrole = 0 AND s LIKE '" MARK "=%' AND r.setdatabase ="
    " (SELECT oid FROM pg_catalog.pg_database WHERE datname = $1)";

static const char options[] = "autovacuum_enabled = off, vacuum_truncate = off,"
                              " toast.autovacuum_enabled = off, toast.vacuum_truncate = off";
static const char option_names[] = "autovacuum_enabled, vacuum_truncate,"
                                   " toast.autovacuum_enabled, toast.vacuum_truncate";

/* *out has the tables with options of their own; false there: no mark. */
static bool
read_mark(struct pg_conn *conn, const char *database, struct buf *own, bool *out,
          struct decant_error *err)
{
    const char *params[] = { database };
    struct pg_result *r = pg_query(conn, err, mark_sql, 1, params);
    *out = r != NULL && pg_nrows(r) > 0;
    if (*out)
        buf_puts(own, pg_text(r, 0, 0));
    pg_result_free(r);
    return r != NULL;
}

bool
hollow_is_kept(struct pg_conn *conn, const char *database, bool *out, struct decant_error *err)
{
    assert(database != NULL && out != NULL);
    struct buf own = { 0 };
    bool ok = read_mark(conn, database, &own, out, err);
    buf_deinit(&own);
    return ok;
}

static bool
alter_database(struct pg_conn *conn, const char *how, struct decant_error *err)
{
    struct buf sql = { 0 };
    buf_puts(&sql, "ALTER DATABASE ");
    quote_ident(&sql, pg_conn_database(conn));
    buf_printf(&sql, " %s", how);
    bool ok = pg_exec(conn, err, buf_str(&sql));
    buf_deinit(&sql);
    return ok;
}

static bool
set_mark(struct pg_conn *conn, const struct volume *volume, struct decant_error *err)
{
    struct buf how = { 0 };
    buf_puts(&how, "SET " MARK " = '{");
    for (int i = 0, n = 0; i < volume->nrelations; i++)
        if (volume->relations[i].has_options)
            buf_printf(&how, "%s%u", n++ > 0 ? "," : "", volume->relations[i].oid);
    buf_puts(&how, "}'");
    bool ok = alter_database(conn, buf_str(&how), err);
    buf_deinit(&how);
    return ok;
}

static bool
set_options(struct pg_conn *conn, const struct volume_relation *table, struct decant_error *err)
{
    struct buf sql = { 0 };
    buf_puts(&sql, table->kind == 'm' ? "ALTER MATERIALIZED VIEW " : "ALTER TABLE ONLY ");
    quote_qualified(&sql, table->schema, table->relname);
    buf_printf(&sql, " SET (%s)", options);
    bool ok = pg_exec(conn, err, buf_str(&sql));
    buf_deinit(&sql);
    return ok;
}

/* The mark first: what has options and is not in it, is ours. */
bool
hollow_keep(struct pg_conn *conn, const struct volume *volume, struct decant_error *err)
{
    assert(volume != NULL);
    bool is_marked;
    bool ok = hollow_is_kept(conn, pg_conn_database(conn), &is_marked, err) &&
              (is_marked || set_mark(conn, volume, err)) &&
              pg_exec(conn, err, "SET lock_timeout = '1s'");
    for (int i = 0; ok && i < volume->nrelations; i++) {
        const struct volume_relation *relation = &volume->relations[i];
        if (relation->is_hollow && !relation->has_options)
            ok = set_options(conn, relation, err);
    }
    return ok;
}

static const char solid_sql[] =
    "SELECT pg_catalog.format('VACUUM (FULL, ANALYZE) %I.%I', n.nspname, c.relname),"
    " pg_catalog.format('ALTER %s %I.%I RESET (%s)', CASE c.relkind WHEN 'm' THEN"
    "  'MATERIALIZED VIEW' ELSE 'TABLE ONLY' END, n.nspname, c.relname, $2::text)"
    " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relkind IN ('r', 'm') AND c.oid <> ALL ($1::oid[])"
    " AND c.reloptions::text ~ 'vacuum_truncate=off'"
    " ORDER BY n.nspname, c.relname";

static const char roots_sql[] =
    "SELECT pg_catalog.format('ANALYZE %I.%I', n.nspname, c.relname) FROM pg_catalog.pg_class c"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relkind = 'p' AND NOT c.relispartition ORDER BY n.nspname, c.relname";

/* Runs what a query yields, row by row, all its columns. */
static bool
replay(struct pg_conn *conn, const char *sql, int nparams, const char *const *params, int ncolumns,
       struct decant_error *err)
{
    struct pg_result *r = pg_query(conn, err, sql, nparams, params);
    bool ok = r != NULL;
    for (int i = 0; ok && i < pg_nrows(r) * ncolumns; i++)
        ok = pg_exec(conn, err, pg_text(r, i / ncolumns, i % ncolumns));
    pg_result_free(r);
    return ok;
}

bool
hollow_undo(struct pg_conn *conn, struct decant_error *err)
{
    struct buf own = { 0 };
    bool is_marked;
    bool ok = read_mark(conn, pg_conn_database(conn), &own, &is_marked, err);
    const char *params[] = { buf_str(&own), option_names };
    if (ok && is_marked)
        ok = replay(conn, solid_sql, 2, params, 2, err) &&
             replay(conn, roots_sql, 0, NULL, 1, err) && alter_database(conn, "RESET " MARK, err);
    buf_deinit(&own);
    return ok;
}
