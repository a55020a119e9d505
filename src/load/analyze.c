/* SPDX-License-Identifier: PostgreSQL */
#include "load/analyze.h"

#include <assert.h>
#include <stdatomic.h>

#include "base/pipeline.h"

enum { MOST_CONNECTIONS = 8 };

/* A partitioned table brings its partitions along. */
static const char tables_sql[] =
    "SELECT pg_catalog.format('ANALYZE %I.%I', n.nspname, c.relname) FROM pg_catalog.pg_class c"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relkind IN ('r', 'm', 'p') AND NOT c.relispartition AND NOT c.relisshared"
    " AND c.relpersistence <> 't'"
    " ORDER BY CASE WHEN c.relkind = 'p' THEN (SELECT"
    "  pg_catalog.sum(pg_catalog.pg_relation_size(relid)) FROM pg_catalog.pg_partition_tree(c.oid))"
    " ELSE pg_catalog.pg_relation_size(c.oid) END DESC NULLS LAST, c.oid";

struct analyzing {
    struct pg_conn *conns[MOST_CONNECTIONS];
    struct pg_result *statements;
    atomic_int stop;
};

static bool
analyze_one(void *ctx, int worker, int item, struct decant_error *err)
{
    struct analyzing *analyzing = ctx;
    return atomic_load(&analyzing->stop) != 0 || /* another one failed */
           pg_exec(analyzing->conns[worker], err, pg_text(analyzing->statements, item, 0));
}

bool
analyze_tables(const struct analyze *analyze, struct decant_error *err)
{
    assert(analyze != NULL && analyze->most > 0);
    struct analyzing analyzing = { .conns[0] = analyze->connect(analyze->ctx, err) };
    struct decant_error ignored = { 0 };
    int n = 1, most = analyze->most < MOST_CONNECTIONS ? analyze->most : MOST_CONNECTIONS;
    bool ok =
        analyzing.conns[0] != NULL &&
        (analyzing.statements = pg_query(analyzing.conns[0], err, tables_sql, 0, NULL)) != NULL;
    while (ok && n < most && n < pg_nrows(analyzing.statements) &&
           (analyzing.conns[n] = analyze->connect(analyze->ctx, &ignored)) != NULL)
        n++;
    ok = ok && pipeline_map(pg_nrows(analyzing.statements), n, &analyzing.stop, 1, &analyzing,
                            analyze_one, err);
    pg_result_free(analyzing.statements);
    for (int i = 0; i < n; i++)
        pg_close(analyzing.conns[i]);
    return ok;
}
