/* SPDX-License-Identifier: PostgreSQL */
#include "catalog/access.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pg/quote.h"

/* Partitions on other servers: a table is read leaf by leaf, for they need not be there. */
static const char access_sql[] =
    "WITH RECURSIVE tree(oid, kind, by_leaf) AS ("
    /* a join would read all of pg_class for each table */
    " SELECT c.oid, c.relkind, $2::bool OR (c.relkind = 'p' AND EXISTS (SELECT 1"
    "  FROM pg_catalog.pg_partition_tree(c.oid) p"
    "  WHERE (SELECT f.relkind FROM pg_catalog.pg_class f WHERE f.oid = p.relid) = 'f'))"
    " FROM pg_catalog.pg_class c WHERE c.oid = ANY ($1::oid[])"
    " UNION ALL SELECT i.inhrelid, c.relkind, t.by_leaf FROM tree t"
    " JOIN pg_catalog.pg_inherits i ON i.inhparent = t.oid"
    " JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid WHERE t.kind = 'p' AND t.by_leaf)"
    " SELECT n.nspname, c.relname, has_schema_privilege(n.oid, 'USAGE'),"
    " has_table_privilege(c.oid, 'SELECT'), row_security_active(c.oid),"
    " CASE WHEN row_security_active(c.oid) THEN EXISTS (SELECT 1 FROM pg_catalog.pg_policy p WHERE "
    "p.polrelid = c.oid AND p.polpermissive"
    "  AND p.polcmd IN ('r', '*') AND pg_get_expr(p.polqual, p.polrelid) = 'true'"
    "  AND (p.polroles = '{0}' OR EXISTS (SELECT 1 FROM unnest(p.polroles) r"
    "   WHERE pg_has_role(r, 'USAGE'))))"
    " AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_policy p WHERE p.polrelid = c.oid"
    "  AND NOT p.polpermissive AND p.polcmd IN ('r', '*')) END, current_user, c.oid,"
    " NOT t.by_leaf AND NOT has_table_privilege(c.oid, 'SELECT')"
    " AND has_any_column_privilege(c.oid, 'SELECT'),"
    " c.relrowsecurity AND NOT (EXISTS (SELECT 1 FROM pg_catalog.pg_policy p WHERE "
    "p.polrelid = c.oid AND p.polpermissive AND p.polroles = '{0}'"
    "  AND p.polcmd IN ('r', '*') AND pg_get_expr(p.polqual, p.polrelid) = 'true')"
    " AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_policy p WHERE p.polrelid = c.oid"
    "  AND NOT p.polpermissive AND p.polcmd IN ('r', '*')))"
    " FROM tree t JOIN pg_catalog.pg_class c ON c.oid = t.oid"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p')"
    " ORDER BY 1, 2";

enum access_column {
    ACCESS_COL_SCHEMA,
    ACCESS_COL_NAME,
    ACCESS_COL_USAGE,
    ACCESS_COL_SELECT,
    ACCESS_COL_ACTIVE,
    ACCESS_COL_HIDES_NOTHING,
    ACCESS_COL_ROLE,
    ACCESS_COL_OID,
    ACCESS_COL_BY_COLUMN,
    ACCESS_COL_NEEDS_POLICY,
};

static void
set_by_column(struct selection *selection, const struct access_relation *relation)
{
    for (int i = 0; i < selection->nrelations; i++)
        if (selection->relations[i].oid == relation->oid)
            selection->relations[i].is_by_column = relation->is_by_column;
}

bool
access_load(struct pg_conn *conn, struct selection *selection, enum access_use use,
            struct arena *arena, struct access *out, struct decant_error *err)
{
    assert(selection != NULL && arena != NULL);
    struct buf oids = { 0 };
    buf_putc(&oids, '{');
    for (int i = 0; i < selection->nrelations; i++)
        buf_printf(&oids, i == 0 ? "%u" : ",%u", selection->relations[i].oid);
    buf_putc(&oids, '}');
    const char *params[] = { buf_str(&oids), use == ACCESS_DUMP ? "t" : "f" };
    struct pg_result *r = pg_query(conn, err, access_sql, 2, params);
    buf_deinit(&oids);
    *out = (struct access){ 0 };
    if (r == NULL)
        return error_context(err, "reading privileges");
    out->gaps = ARENA_ARRAY(arena, struct access_gap, pg_nrows(r) + 1);
    out->relations = ARENA_ARRAY(arena, struct access_relation, pg_nrows(r) + 1);
    for (int i = 0; i < pg_nrows(r); i++) {
        const char *schema = arena_strdup(arena, pg_text(r, i, ACCESS_COL_SCHEMA));
        const char *name = arena_strdup(arena, pg_text(r, i, ACCESS_COL_NAME));
        bool by_column = pg_bool(r, i, ACCESS_COL_BY_COLUMN);
        struct access_relation *relation = &out->relations[out->nrelations++];
        *relation =
            (struct access_relation){ .oid = (uint32_t)pg_int(r, i, ACCESS_COL_OID),
                                      .schema = schema,
                                      .name = name,
                                      .is_by_column = by_column,
                                      .needs_policy = pg_bool(r, i, ACCESS_COL_NEEDS_POLICY) };
        set_by_column(selection, relation);
        bool active = pg_bool(r, i, ACCESS_COL_ACTIVE);
        bool hides_nothing = pg_bool(r, i, ACCESS_COL_HIDES_NOTHING);
        out->role = arena_strdup(arena, pg_text(r, i, ACCESS_COL_ROLE));
        out->needs_row_security |= active && hides_nothing;
        bool may_read = pg_bool(r, i, ACCESS_COL_SELECT) || by_column;
        if (pg_bool(r, i, ACCESS_COL_USAGE) && may_read && (!active || hides_nothing))
            continue;
        out->gaps[out->ngaps++] = (struct access_gap){
            .problem = !pg_bool(r, i, ACCESS_COL_USAGE) ? ACCESS_NO_USAGE
                       : !may_read                      ? ACCESS_NO_SELECT
                                                        : ACCESS_POLICY,
            .schema = schema,
            .name = name,
        };
    }
    pg_result_free(r);
    return true;
}

bool
access_require(const struct access *access, struct decant_error *err)
{
    assert(access != NULL);
    if (access->ngaps == 0)
        return true;
    const struct access_gap *gap = &access->gaps[0];
    struct buf grant = { 0 };
    switch (gap->problem) {
    case ACCESS_NO_USAGE:
        error_set(err, DECANT_REFUSED, "role '%s' may not use the schema '%s'", access->role,
                  gap->schema);
        buf_puts(&grant, "GRANT USAGE ON SCHEMA ");
        quote_ident_visible(&grant, gap->schema);
        break;
    case ACCESS_NO_SELECT:
        error_set(err, DECANT_REFUSED, "role '%s' may not read '%s.%s'", access->role, gap->schema,
                  gap->name);
        buf_puts(&grant, "GRANT SELECT ON ");
        quote_qualified_visible(&grant, gap->schema, gap->name);
        break;
    case ACCESS_POLICY:
        error_set(err, DECANT_REFUSED, "row security may hide rows of '%s.%s' from role '%s'",
                  gap->schema, gap->name, access->role);
        buf_puts(&grant, "CREATE POLICY decant ON ");
        quote_qualified_visible(&grant, gap->schema, gap->name);
        buf_puts(&grant, " FOR SELECT");
        break;
    }
    buf_puts(&grant, " TO ");
    quote_ident_visible(&grant, access->role);
    buf_puts(&grant, gap->problem == ACCESS_POLICY ? " USING (true); (or BYPASSRLS)" : ";");
    if (access->ngaps > 1)
        error_context(err, "and %d more", access->ngaps - 1);
    error_hint(err, "%s -- 'decant check --grants' prints the whole script", buf_str(&grant));
    buf_deinit(&grant);
    return false;
}

static const char unreadable_sql[] =
    "SELECT a.attname FROM pg_catalog.pg_attribute a"
    " WHERE a.attrelid = $1::pg_catalog.oid AND a.attnum > 0 AND NOT a.attisdropped"
    " AND ($2::text[] IS NULL OR a.attname = ANY ($2))"
    " AND NOT has_column_privilege(a.attrelid, a.attnum, 'SELECT') ORDER BY a.attnum";

static bool
require_columns(struct pg_conn *conn, const struct access *access,
                const struct access_relation *relation, struct decant_error *err)
{
    assert(access != NULL && relation != NULL);
    char oid[16];
    struct buf names = { 0 }, list = { 0 };
    snprintf(oid, sizeof oid, "%u", (unsigned)relation->oid);
    buf_putc(&names, '{');
    for (int i = 0; i < relation->nread; i++)
        quote_element(&names, relation->read[i]);
    buf_putc(&names, '}');
    const char *params[] = { oid, relation->read != NULL ? buf_str(&names) : NULL };
    struct pg_result *r = pg_query(conn, err, unreadable_sql, 2, params);
    buf_deinit(&names);
    if (r == NULL)
        return error_context(err, "reading privileges");
    bool ok = pg_nrows(r) == 0;
    for (int i = 0; i < pg_nrows(r); i++) {
        buf_puts(&list, i > 0 ? ", " : "");
        quote_ident(&list, pg_text(r, i, 0));
    }
    if (!ok) {
        error_set(err, DECANT_REFUSED, "role '%s' may not read '%s.%s.%s'", access->role,
                  relation->schema, relation->name, pg_text(r, 0, 0));
        struct buf table = { 0 }, role = { 0 };
        quote_qualified(&table, relation->schema, relation->name);
        quote_ident(&role, access->role);
        error_hint(err,
                   "GRANT SELECT (%s) ON %s TO %s; -- or mask it without reading it: null, set",
                   buf_str(&list), buf_str(&table), buf_str(&role));
        buf_deinit(&table);
        buf_deinit(&role);
    }
    buf_deinit(&list);
    pg_result_free(r);
    return ok;
}

bool
access_require_columns(struct pg_conn *conn, const struct access *access, struct decant_error *err)
{
    assert(access != NULL);
    for (int i = 0; i < access->nrelations; i++)
        if (access->relations[i].is_by_column &&
            !require_columns(conn, access, &access->relations[i], err))
            return false;
    return true;
}

void
access_grants(const struct access *access, const char *database, struct buf *out)
{
    assert(access != NULL);
    const char *schema = "";
    buf_puts(out,
             "-- A role that may read what a pull reads, and nothing else.\n"
             "-- Run as a superuser or the owner of the objects; the name is yours to choose.\n"
             "\\set role decant_reader\n"
             "CREATE ROLE :\"role\" LOGIN;\n"
             "ALTER ROLE :\"role\" SET default_transaction_read_only = on;\n"
             "GRANT CONNECT ON DATABASE ");
    quote_ident_visible(out, database);
    buf_puts(out, " TO :\"role\";\n");
    for (int i = 0; i < access->nrelations; i++) {
        const struct access_relation *relation = &access->relations[i];
        if (strcmp(schema, relation->schema) != 0) {
            schema = relation->schema;
            buf_puts(out, "GRANT USAGE ON SCHEMA ");
            quote_ident_visible(out, schema);
            buf_puts(out, " TO :\"role\";\n");
        }
        buf_puts(out, "GRANT SELECT ");
        for (int c = 0; c < relation->nread; c++) {
            buf_puts(out, c > 0 ? ", " : "(");
            quote_ident_visible(out, relation->read[c]);
        }
        buf_puts(out, relation->nread > 0 ? ") ON " : "ON ");
        quote_qualified_visible(out, relation->schema, relation->name);
        buf_puts(out, " TO :\"role\";\n");
    }
    for (int i = 0; i < access->nrelations; i++) {
        if (!access->relations[i].needs_policy)
            continue;
        buf_puts(out, "CREATE POLICY decant ON ");
        quote_qualified_visible(out, access->relations[i].schema, access->relations[i].name);
        buf_puts(out, " FOR SELECT TO :\"role\" USING (true);\n");
    }
}
