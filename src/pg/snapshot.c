/* SPDX-License-Identifier: PostgreSQL */
#include "pg/snapshot.h"

#include <assert.h>
#include <string.h>

#include "pg/quote.h"

/* What a session begins with, once more: a pooler may have given the transaction another one. */
#define TRANSACTION_SETTINGS                                                                       \
    "SET LOCAL DateStyle = 'ISO, MDY'; SET LOCAL IntervalStyle = 'postgres';"                      \
    "SET LOCAL TimeZone = 'UTC'; SET LOCAL extra_float_digits = 1;"                                \
    "SET LOCAL bytea_output = 'hex'; SET LOCAL constraint_exclusion = off;"                        \
    "SET LOCAL idle_in_transaction_session_timeout = 0;"

enum { LOCKS_PER_STATEMENT = 500 };

/* LOCK TABLE without ONLY also locks, and asks rights on, inheritance children. A query locks what
 * it could read, if no row of it is wanted; a false WHERE would leave partitions out. */
static void
put_lock(const struct pg_relation *relation, struct buf *sql)
{
    buf_puts(sql, relation->is_by_column ? "SELECT FROM " : "LOCK TABLE ");
    buf_puts(sql, relation->is_partitioned ? "" : "ONLY ");
    quote_qualified(sql, relation->schema, relation->name);
    buf_puts(sql, relation->is_by_column ? " LIMIT 0;" : " IN ACCESS SHARE MODE;");
}

static bool
lock_some(struct pg_conn *conn, const struct pg_relation *const *relations, int n,
          struct decant_error *err)
{
    struct buf sql = { 0 };
    int locked;
    for (int i = 0; i < n; i++)
        put_lock(relations[i], &sql);
    bool ok = pg_exec_counted(conn, buf_str(&sql), &locked, err);
    if (!ok && locked < n)
        error_context(err, "locking '%s.%s'", relations[locked]->schema, relations[locked]->name);
    if (!ok && strcmp(err->sqlstate, "55P03") == 0)
        error_hint(err, "another session holds a lock on it: try again later, or wait longer "
                        "with --lock-timeout");
    buf_deinit(&sql);
    return ok;
}

static bool
lock_relations(struct pg_conn *conn, const struct pg_relation *relations, int nrelations,
               bool by_column, struct decant_error *err)
{
    const struct pg_relation *some[LOCKS_PER_STATEMENT];
    int n = 0;
    for (int i = 0; i < nrelations; i++) {
        if (relations[i].is_by_column == by_column)
            some[n++] = &relations[i];
        if (n == LOCKS_PER_STATEMENT) {
            if (!lock_some(conn, some, n, err))
                return false;
            n = 0;
        }
    }
    return n == 0 || lock_some(conn, some, n, err);
}

/* Each table takes a lock, of which the server has so many for all of its sessions: whoever takes
 * them all keeps the others waiting for an error. */
static bool
has_room(int64_t room, int nrelations, struct decant_error *err)
{
    if (nrelations <= room)
        return true;
    error_set(err, DECANT_REFUSED, "%d tables need a lock each, and the source has room for %lld",
              nrelations, (long long)room);
    return error_hint(err, "raise max_locks_per_transaction on the source (it needs a restart), or "
                           "copy fewer tables");
}

static bool
export_snapshot(struct pg_conn *conn, struct buf *id, double *at_s, struct decant_error *err)
{
    static const char sql[] =
        "SELECT pg_catalog.pg_export_snapshot(),"
        " EXTRACT(epoch FROM pg_catalog.statement_timestamp())::pg_catalog.float8";
    struct pg_result *r = pg_query(conn, err, sql, 0, NULL);
    if (r != NULL) {
        buf_puts(id, pg_text(r, 0, 0));
        *at_s = pg_double(r, 0, 1);
    }
    pg_result_free(r);
    return r != NULL;
}

bool
snapshot_begin(struct pg_conn *conn, const struct pg_relation *relations, int nrelations,
               int lock_timeout_ms, struct buf *id, double *at_s, struct decant_error *err)
{
    assert(nrelations >= 0 && lock_timeout_ms >= 0 && id != NULL && at_s != NULL);
    struct buf sql = { 0 };
    buf_printf(&sql,
               "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;" TRANSACTION_SETTINGS
               "SET LOCAL lock_timeout = %d;"
               "SELECT pg_catalog.current_setting('max_locks_per_transaction')::pg_catalog.int8"
               " OPERATOR(pg_catalog.*) (pg_catalog.current_setting('max_connections')"
               "::pg_catalog.int8 OPERATOR(pg_catalog.+)"
               " pg_catalog.current_setting('max_prepared_transactions')::pg_catalog.int8)",
               lock_timeout_ms);
    struct pg_result *r = pg_query_several(conn, buf_str(&sql), err);
    bool ok = r != NULL && has_room(pg_int(r, 0, 0), nrelations, err);
    pg_result_free(r);
    buf_deinit(&sql);
    return ok && lock_relations(conn, relations, nrelations, false, err) &&
           lock_relations(conn, relations, nrelations, true, err) &&
           export_snapshot(conn, id, at_s, err);
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

/* Partitions, as the snapshot has them, that are not locked, or are on other files now. */
static const char rewritten_sql[] =
    "WITH RECURSIVE tree(oid) AS (SELECT pg_catalog.unnest($1::pg_catalog.oid[])"
    " UNION ALL SELECT i.inhrelid FROM tree t"
    " JOIN pg_catalog.pg_inherits i ON i.inhparent OPERATOR(pg_catalog.=) t.oid)"
    " SELECT pg_catalog.count(*) FROM tree t"
    " JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) t.oid"
    " WHERE c.relkind OPERATOR(pg_catalog.=) 'r' AND (NOT EXISTS (SELECT 1"
    "  FROM pg_catalog.pg_locks l WHERE l.pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid()"
    "  AND l.locktype OPERATOR(pg_catalog.=) 'relation'"
    "  AND l.relation OPERATOR(pg_catalog.=) c.oid)"
    " OR c.relfilenode OPERATOR(pg_catalog.<>) pg_catalog.pg_relation_filenode(c.oid))";

/* Partitions that are locked by a query are locked behind the snapshot, as their parent is. */
static bool
verify_partitions(struct pg_conn *conn, const struct pg_relation *relations, int nrelations,
                  bool *same, struct decant_error *err)
{
    struct buf roots = { 0 };
    buf_putc(&roots, '{');
    for (int i = 0; i < nrelations; i++)
        if (relations[i].is_by_column && relations[i].is_partitioned)
            buf_printf(&roots, "%s%u", roots.len > 1 ? "," : "", relations[i].oid);
    buf_putc(&roots, '}');
    const char *params[] = { buf_str(&roots) };
    struct pg_result *result = pg_query(conn, err, rewritten_sql, 1, params);
    buf_deinit(&roots);
    if (result != NULL && *same)
        *same = pg_int(result, 0, 0) == 0;
    pg_result_free(result);
    return result != NULL;
}

bool
snapshot_verify(struct pg_conn *conn, const struct pg_relation *relations, int nrelations,
                bool *same, struct decant_error *err)
{
    assert(same != NULL);
    struct buf arrays[3] = { { 0 } };
    for (int i = 0; i < 3; i++)
        buf_putc(&arrays[i], '{');
    for (int i = 0; i < nrelations; i++) {
        buf_printf(&arrays[0], i == 0 ? "%u" : ",%u", relations[i].oid);
        quote_element(&arrays[1], relations[i].schema);
        quote_element(&arrays[2], relations[i].name);
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
    return result != NULL && verify_partitions(conn, relations, nrelations, same, err);
}

/*
 * On a hot standby an imported snapshot lost the running subtransactions: what they commit later
 * stays invisible to all readers of that standby. Seen on 17.10, 18.4 and 18.6; mended in the
 * releases of 2026-11-12 (15.20 tried, the others by their number). The first good minor release of
 * each; those that are not listed never got one.
 */
static const struct {
    int major, minor;
} mended[] = { { 14, 25 }, { 15, 20 }, { 16, 16 }, { 17, 12 }, { 18, 7 }, { 19, 1 } };

bool
snapshot_may_be_imported(int version)
{
    for (size_t i = 0; i < sizeof mended / sizeof *mended; i++)
        if (version / 10000 == mended[i].major)
            return version % 10000 >= mended[i].minor;
    return version / 10000 > 19;
}

bool
snapshot_attach(struct pg_conn *conn, const char *id, struct decant_error *err)
{
    assert(id != NULL);
    struct buf sql = { 0 };
    buf_puts(&sql, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT ");
    quote_literal(&sql, id);
    buf_puts(&sql, ";" TRANSACTION_SETTINGS);
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
