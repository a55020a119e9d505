/* SPDX-License-Identifier: PostgreSQL */
#include "catalog/access.h"

#include <stdlib.h>
#include <string.h>

#include "pg/quote.h"

static const char access_sql[] =
    "WITH RECURSIVE tree(oid, kind) AS ("
    " SELECT c.oid, c.relkind FROM pg_catalog.pg_class c WHERE c.oid = ANY ($1::oid[])"
    " UNION ALL SELECT i.inhrelid, c.relkind FROM tree t"
    " JOIN pg_catalog.pg_inherits i ON i.inhparent = t.oid"
    " JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid WHERE t.kind = 'p' AND $2::bool)"
    " SELECT n.nspname, c.relname, has_schema_privilege(n.oid, 'USAGE'),"
    " has_table_privilege(c.oid, 'SELECT'), row_security_active(c.oid),"
    " CASE WHEN row_security_active(c.oid) THEN EXISTS (SELECT 1 FROM pg_catalog.pg_policy p WHERE "
    "p.polrelid = c.oid AND p.polpermissive"
    "  AND p.polcmd IN ('r', '*') AND pg_get_expr(p.polqual, p.polrelid) = 'true'"
    "  AND (p.polroles = '{0}' OR EXISTS (SELECT 1 FROM unnest(p.polroles) r"
    "   WHERE pg_has_role(r, 'USAGE'))))"
    " AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_policy p WHERE p.polrelid = c.oid"
    "  AND NOT p.polpermissive AND p.polcmd IN ('r', '*')) END, current_user"
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
};

bool
access_load(struct pg_conn *conn, const struct selection *selection, bool leaves,
            struct arena *arena, struct access *out, struct decant_error *err)
{
    struct buf oids = { 0 };
    buf_putc(&oids, '{');
    for (int i = 0; i < selection->nrelations; i++)
        buf_printf(&oids, i == 0 ? "%u" : ",%u", selection->relations[i].oid);
    buf_putc(&oids, '}');
    const char *params[] = { buf_str(&oids), leaves ? "t" : "f" };
    struct pg_result *r = pg_query(conn, err, access_sql, 2, params);
    buf_deinit(&oids);
    *out = (struct access){ 0 };
    if (r == NULL)
        return error_context(err, "reading privileges");
    out->gaps = ARENA_ARRAY(arena, struct access_gap, pg_nrows(r) + 1);
    out->relations = ARENA_ARRAY(arena, struct pg_relation, pg_nrows(r) + 1);
    for (int i = 0; i < pg_nrows(r); i++) {
        const char *schema = arena_strdup(arena, pg_text(r, i, ACCESS_COL_SCHEMA));
        const char *name = arena_strdup(arena, pg_text(r, i, ACCESS_COL_NAME));
        out->relations[out->nrelations++] = (struct pg_relation){ .schema = schema, .name = name };
        bool active = pg_bool(r, i, ACCESS_COL_ACTIVE);
        bool hides_nothing = pg_bool(r, i, ACCESS_COL_HIDES_NOTHING);
        out->role = arena_strdup(arena, pg_text(r, i, ACCESS_COL_ROLE));
        out->needs_row_security |= active && hides_nothing;
        if (pg_bool(r, i, ACCESS_COL_USAGE) && pg_bool(r, i, ACCESS_COL_SELECT) &&
            (!active || hides_nothing))
            continue;
        out->gaps[out->ngaps++] = (struct access_gap){
            .problem = !pg_bool(r, i, ACCESS_COL_USAGE)    ? ACCESS_NO_USAGE
                       : !pg_bool(r, i, ACCESS_COL_SELECT) ? ACCESS_NO_SELECT
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
    if (access->ngaps == 0)
        return true;
    const struct access_gap *gap = &access->gaps[0];
    struct buf grant = { 0 };
    switch (gap->problem) {
    case ACCESS_NO_USAGE:
        error_set(err, DECANT_REFUSED, "role '%s' may not use the schema '%s'", access->role,
                  gap->schema);
        buf_puts(&grant, "GRANT USAGE ON SCHEMA ");
        quote_ident(&grant, gap->schema);
        break;
    case ACCESS_NO_SELECT:
        error_set(err, DECANT_REFUSED, "role '%s' may not read '%s.%s'", access->role, gap->schema,
                  gap->name);
        buf_puts(&grant, "GRANT SELECT ON ");
        quote_qualified(&grant, gap->schema, gap->name);
        break;
    case ACCESS_POLICY:
        error_set(err, DECANT_REFUSED, "row security may hide rows of '%s.%s' from role '%s'",
                  gap->schema, gap->name, access->role);
        buf_puts(&grant, "CREATE POLICY decant ON ");
        quote_qualified(&grant, gap->schema, gap->name);
        buf_puts(&grant, " FOR SELECT");
        break;
    }
    buf_puts(&grant, " TO ");
    quote_ident(&grant, access->role);
    buf_puts(&grant, gap->problem == ACCESS_POLICY ? " USING (true); (or BYPASSRLS)" : ";");
    if (access->ngaps > 1)
        error_context(err, "and %d more", access->ngaps - 1);
    error_hint(err, "%s -- 'decant check --grants' prints the whole script", buf_str(&grant));
    buf_deinit(&grant);
    return false;
}

void
access_grants(const struct access *access, const char *database, struct buf *out)
{
    const char *schema = "";
    buf_puts(out,
             "-- A role that may read what a pull reads, and nothing else.\n"
             "-- Run as a superuser or the owner of the objects; the name is yours to choose.\n"
             "\\set role decant_reader\n"
             "CREATE ROLE :\"role\" LOGIN;\n"
             "ALTER ROLE :\"role\" SET default_transaction_read_only = on;\n"
             "GRANT CONNECT ON DATABASE ");
    quote_ident(out, database);
    buf_puts(out, " TO :\"role\";\n");
    for (int i = 0; i < access->nrelations; i++) {
        const struct pg_relation *relation = &access->relations[i];
        if (strcmp(schema, relation->schema) != 0) {
            schema = relation->schema;
            buf_puts(out, "GRANT USAGE ON SCHEMA ");
            quote_ident(out, schema);
            buf_puts(out, " TO :\"role\";\n");
        }
        buf_puts(out, "GRANT SELECT ON ");
        quote_qualified(out, relation->schema, relation->name);
        buf_puts(out, " TO :\"role\";\n");
    }
    for (int i = 0; i < access->ngaps; i++) {
        if (access->gaps[i].problem != ACCESS_POLICY)
            continue;
        buf_puts(out, "CREATE POLICY decant ON ");
        quote_qualified(out, access->gaps[i].schema, access->gaps[i].name);
        buf_puts(out, " FOR SELECT TO :\"role\" USING (true);\n");
    }
}
