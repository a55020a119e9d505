/* SPDX-License-Identifier: PostgreSQL */
#include "pg/snapshot.h"

#include <string.h>

#include "pg/quote.h"

enum { LOCKS_PER_STATEMENT = 500 };

static bool
lock_relations(struct pg_conn *conn, const struct pg_relation *relations, int n,
               struct decant_error *err)
{
    struct buf sql = { 0 };
    bool ok = true;
    for (int done = 0; ok && done < n; done += LOCKS_PER_STATEMENT) {
        buf_reset(&sql);
        for (int i = done; i < n && i < done + LOCKS_PER_STATEMENT; i++) {
            /* LOCK TABLE without ONLY also locks, and asks rights on, inheritance children. */
            buf_puts(&sql, relations[i].is_partitioned ? "LOCK TABLE " : "LOCK TABLE ONLY ");
            quote_qualified(&sql, relations[i].schema, relations[i].name);
            buf_puts(&sql, " IN ACCESS SHARE MODE;");
        }
        int locked;
        ok = pg_exec_counted(conn, buf_str(&sql), &locked, err);
        if (!ok && done + locked < n)
            error_context(err, "locking '%s.%s'", relations[done + locked].schema,
                          relations[done + locked].name);
        if (!ok && strcmp(err->sqlstate, "55P03") == 0)
            error_hint(err, "another session holds a lock on it: try again later, or wait longer "
                            "with --lock-timeout");
    }
    buf_deinit(&sql);
    return ok;
}

bool
snapshot_begin(struct pg_conn *conn, const struct pg_relation *relations, int nrelations,
               int lock_timeout_ms, struct buf *id, struct decant_error *err)
{
    return pg_execf(conn, err,
                    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;"
                    "SET LOCAL lock_timeout = %d",
                    lock_timeout_ms) &&
           lock_relations(conn, relations, nrelations, err) &&
           pg_value(conn, err, "SELECT pg_catalog.pg_export_snapshot()", id);
}

static const char verify_sql[] =
    "SELECT pg_catalog.count(*) FROM pg_catalog.pg_class c"
    " JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace"
    " JOIN ROWS FROM (pg_catalog.unnest($1::pg_catalog.oid[]), "
    "pg_catalog.unnest($2::pg_catalog.text[]),"
    "  pg_catalog.unnest($3::pg_catalog.text[])) AS want(oid, schema, name)"
    " ON c.oid OPERATOR(pg_catalog.=) want.oid"
    " WHERE n.nspname OPERATOR(pg_catalog.=) want.schema::pg_catalog.name"
    " AND c.relname OPERATOR(pg_catalog.=) want.name::pg_catalog.name"
    /* relfilenode is what the snapshot says, the function what is true now */
    " AND (c.relkind OPERATOR(pg_catalog.=) 'p' OR c.relfilenode OPERATOR(pg_catalog.=)"
    "  pg_catalog.pg_relation_filenode(c.oid))";

static void
put_element(struct buf *out, const char *text)
{
    buf_puts(out, out->len == 1 ? "\"" : ",\"");
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            buf_putc(out, '\\');
        buf_putc(out, *text);
    }
    buf_putc(out, '"');
}

bool
snapshot_verify(struct pg_conn *conn, const struct pg_relation *relations, int nrelations,
                bool *same, struct decant_error *err)
{
    struct buf arrays[3] = { { 0 } };
    for (int i = 0; i < 3; i++)
        buf_putc(&arrays[i], '{');
    for (int i = 0; i < nrelations; i++) {
        buf_printf(&arrays[0], i == 0 ? "%u" : ",%u", relations[i].oid);
        put_element(&arrays[1], relations[i].schema);
        put_element(&arrays[2], relations[i].name);
    }
    const char *params[3];
    for (int i = 0; i < 3; i++) {
        buf_putc(&arrays[i], '}');
        params[i] = arrays[i].data;
    }
    struct pg_result *result = pg_query(conn, err, verify_sql, 3, params);
    if (result != NULL)
        *same = pg_int(result, 0, 0) == nrelations;
    pg_result_free(result);
    for (int i = 0; i < 3; i++)
        buf_deinit(&arrays[i]);
    return result != NULL;
}

bool
snapshot_attach(struct pg_conn *conn, const char *id, struct decant_error *err)
{
    struct buf sql = { 0 };
    buf_puts(&sql, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT ");
    quote_literal(&sql, id);
    bool ok = pg_exec(conn, err, buf_str(&sql));
    buf_deinit(&sql);
    return ok;
}

static const char waiter_sql[] =
    "SELECT coalesce((SELECT pg_catalog.quote_ident(n.nspname) OPERATOR(pg_catalog.||) '.'"
    "  OPERATOR(pg_catalog.||) pg_catalog.quote_ident(c.relname)"
    "  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n"
    "  ON n.oid OPERATOR(pg_catalog.=) c.relnamespace"
    "  WHERE c.oid OPERATOR(pg_catalog.=) w.relation), w.relation::pg_catalog.text)"
    " FROM pg_catalog.pg_locks w"
    " WHERE NOT w.granted AND w.locktype OPERATOR(pg_catalog.=) 'relation'"
    " AND w.mode OPERATOR(pg_catalog.<>) 'AccessShareLock'"
    " AND pg_catalog.pg_blocking_pids(w.pid) OPERATOR(pg_catalog.&&) ARRAY("
    "  SELECT a.pid FROM pg_catalog.pg_stat_activity a"
    "  WHERE pg_catalog.starts_with(a.application_name, $1))"
    " LIMIT 1";

bool
snapshot_find_waiter(struct pg_conn *conn, const char *application, struct buf *relation,
                     struct decant_error *err)
{
    const char *params[] = { application };
    struct pg_result *result = pg_query(conn, err, waiter_sql, 1, params);
    if (result != NULL && pg_nrows(result) > 0)
        buf_puts(relation, pg_text(result, 0, 0));
    pg_result_free(result);
    return result != NULL;
}
