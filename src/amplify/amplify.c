/* SPDX-License-Identifier: PostgreSQL */
#include "amplify/amplify.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "amplify/internal.h"
#include "base/pipeline.h"

/* ---- what is tried before anything is written */

static const char *
words_of(const struct decant_error *why)
{
    static const struct {
        const char *state, *words;
    } known[] = { { "23514", "a check does not take it" },
                  { "22001", "it is too long" },
                  { "22003", "a number is too large" },
                  { "23502", "a column may not be NULL" } };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].state, why->sqlstate) == 0)
            return known[i].words;
    return "the server does not take it";
}

/* The first replica of each row and the last, which checks and partitions take, or do not; nothing
 * of it stays. */
static bool
try_one(const struct amplify *amplify, int t, struct pg_conn *conn, bool *is_taken,
        struct decant_error *err)
{
    const struct table *table = amplify->model->tables[t].table;
    struct decant_error why = { 0 };
    struct buf sql = { 0 };
    buf_puts(&sql, "BEGIN; TRUNCATE ");
    quote_qualified(&sql, table->schema, table->name);
    buf_puts(&sql, "; INSERT INTO ");
    quote_qualified(&sql, table->schema, table->name);
    buf_puts(&sql, " (");
    replicate_put_columns(amplify->model, t, &sql);
    buf_puts(&sql, ") OVERRIDING SYSTEM VALUE ");
    replicate_put_query(amplify->model, t, true, &sql);
    *is_taken = pg_exec(conn, &why, buf_str(&sql));
    buf_deinit(&sql);
    if (!*is_taken && pg_conn_is_lost(conn)) {
        *err = why;
        return false;
    }
    if (!pg_exec(conn, err, "ROLLBACK"))
        return false;
    if (!*is_taken && !amplify->model->tables[t].is_rigid)
        amplify->model->tables[t].is_rigid = true; /* perhaps it is only what was varied */
    else if (!*is_taken)
        model_leave(amplify->model, t,
                    arena_printf(amplify->arena, "%s (SQLSTATE %s)", words_of(&why), why.sqlstate),
                    amplify->arena);
    return true;
}

/* *again: a table stays as it is now, and the others must be tried anew. */
static bool
try_all(const struct amplify *amplify, struct pg_conn *conn, bool *again, struct decant_error *err)
{
    bool ok = true;
    *again = false;
    for (int t = 0; ok && !*again && t < amplify->model->plan->ntables; t++) {
        bool is_taken = true;
        if (amplify->model->tables[t].how != AMPLIFY_SINGLE)
            ok = try_one(amplify, t, conn, &is_taken, err);
        *again = !is_taken;
    }
    return ok;
}

/* ---- different values */

static const char distincts_sql[] =
    "SELECT s.attname, CASE WHEN s.n_distinct < 0 THEN -s.n_distinct * c.reltuples ELSE"
    " s.n_distinct END FROM pg_catalog.pg_stats s JOIN pg_catalog.pg_class c"
    " ON c.oid = $1::pg_catalog.regclass AND c.relname = s.tablename"
    " WHERE s.schemaname = '" STAGE "'";

static bool
vary(const struct amplify *amplify, int t, struct pg_conn *conn, struct decant_error *err)
{
    const struct table *table = amplify->model->tables[t].table;
    const char *params[] = { arena_printf(amplify->arena, STAGE ".s%d", t) };
    struct pg_result *r = pg_query(conn, err, distincts_sql, 1, params);
    for (int i = 0; r != NULL && i < pg_nrows(r); i++) {
        int c = table_column(table, pg_text(r, i, 0));
        if (c >= 0)
            columns_vary(amplify->model, t, c, pg_double(r, i, 1), amplify->arena);
    }
    pg_result_free(r);
    return r != NULL;
}

static bool
vary_all(const struct amplify *amplify, struct pg_conn *conn, struct decant_error *err)
{
    bool ok = true;
    for (int t = 0; ok && t < amplify->model->plan->ntables; t++)
        if (amplify->model->tables[t].how != AMPLIFY_SINGLE)
            ok = vary(amplify, t, conn, err);
    columns_set_clocks(amplify->model);
    return ok;
}

/* ---- rows */

struct writing {
    const struct amplify *amplify;
    struct pg_conn **conns;
    int *tables; /* the largest first */
    int n;
    atomic_int stop;
};

/* Production's pages have room: rows that were changed left it. As much is left here, where nobody
 * has said how much; below this it is not worth it. */
enum { LEAST_FULL = 10, FULL = 95 };

static const char fill_sql[] =
    "SELECT pg_catalog.format('%I.%I', n.nspname, c.relname), pg_catalog.pg_relation_size("
    "$2::pg_catalog.regclass) / pg_catalog.current_setting('block_size')::float8"
    " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relkind = 'r' AND c.oid IN (SELECT $1::pg_catalog.regclass UNION ALL SELECT relid"
    "  FROM pg_catalog.pg_partition_tree($1::pg_catalog.regclass))"
    " AND coalesce(c.reloptions::text, '') !~ 'fillfactor'";

/* Appends statements that leave the room, and ones that forget it. */
static bool
put_room(const struct amplify *amplify, int t, const char *name, struct pg_conn *conn,
         struct buf *before, struct buf *after, struct decant_error *err)
{
    const struct amplified_table *table = &amplify->model->tables[t];
    char stage[40];
    snprintf(stage, sizeof stage, STAGE ".s%d", t);
    if (table->pages <= 0 || table->rows == 0 || table->how == AMPLIFY_SINGLE)
        return true;
    const char *params[] = { name, stage };
    struct pg_result *r = pg_query(conn, err, fill_sql, 2, params);
    for (int i = 0; r != NULL && i < pg_nrows(r); i++) {
        double pages = pg_double(r, i, 1) * table->wanted / (double)table->rows;
        int full = (int)(100 * pages / table->pages);
        if (full >= FULL)
            continue;
        buf_printf(before, "ALTER TABLE %s SET (fillfactor = %d); ", pg_text(r, i, 0),
                   full > LEAST_FULL ? full : LEAST_FULL);
        buf_printf(after, "; ALTER TABLE %s RESET (fillfactor)", pg_text(r, i, 0));
    }
    pg_result_free(r);
    return r != NULL;
}

static bool
write_one(void *ctx, int worker, int item, struct decant_error *err)
{
    struct writing *writing = ctx;
    int t = writing->tables[item];
    const struct model *model = writing->amplify->model;
    const struct table *table = model->tables[t].table;
    struct pg_conn *conn = writing->conns[worker];
    struct buf sql = { 0 }, name = { 0 }, after = { 0 };
    if (atomic_load(&writing->stop) != 0)
        return true;
    quote_qualified(&name, table->schema, table->name);
    buf_puts(&sql, "BEGIN; ");
    bool ok = put_room(writing->amplify, t, buf_str(&name), conn, &sql, &after, err);
    buf_printf(&sql, "TRUNCATE %s%s; INSERT INTO %s (", table->kind == 'p' ? "" : "ONLY ",
               buf_str(&name), buf_str(&name));
    replicate_put_columns(model, t, &sql);
    buf_puts(&sql, ") OVERRIDING SYSTEM VALUE ");
    replicate_put_query(model, t, false, &sql);
    buf_printf(&sql, "%s; COMMIT", buf_str(&after));
    ok = ok && (pg_exec(conn, err, buf_str(&sql)) ||
                error_context(err, "%s.%s", table->schema, table->name));
    buf_deinit(&sql);
    buf_deinit(&name);
    buf_deinit(&after);
    return ok;
}

static int
by_wanted(const void *a, const void *b, void *ctx)
{
    const struct model *model = ctx;
    double x = model->tables[*(const int *)a].wanted, y = model->tables[*(const int *)b].wanted;
    return (x < y) - (x > y);
}

static bool
vacuum_one(void *ctx, int worker, int item, struct decant_error *err)
{
    struct writing *writing = ctx;
    const struct table *table = writing->amplify->model->tables[writing->tables[item]].table;
    struct buf sql = { 0 };
    buf_puts(&sql, "VACUUM ");
    quote_qualified(&sql, table->schema, table->name);
    bool ok =
        atomic_load(&writing->stop) != 0 || pg_exec(writing->conns[worker], err, buf_str(&sql));
    buf_deinit(&sql);
    return ok;
}

/* Every table that is not left, the largest first, side by side. */
static bool
for_all(const struct amplify *amplify, struct pg_conn **conns,
        bool (*work)(void *ctx, int worker, int item, struct decant_error *err),
        struct decant_error *err)
{
    struct model *model = amplify->model;
    struct writing writing = { .amplify = amplify, .conns = conns };
    writing.tables = ARENA_ARRAY(amplify->arena, int, model->plan->ntables + 1);
    for (int t = 0; t < model->plan->ntables; t++)
        if (!is_left(model, t))
            writing.tables[writing.n++] = t;
    qsort_r(writing.tables, (size_t)writing.n, sizeof *writing.tables, by_wanted, model);
    return pipeline_map(writing.n, amplify->njobs, &writing.stop, 1, &writing, work, err);
}

/* ---- all of it */

/* The same rows in the same order, whenever it is done. */
static const char settings[] =
    "SET synchronize_seqscans = off; SET max_parallel_workers_per_gather = 0; SET jit = off;"
    " SET client_min_messages = warning";

static bool
connect_all(const struct amplify *amplify, struct pg_conn **conns, struct decant_error *err)
{
    bool ok = true;
    for (int i = 0; ok && i < amplify->njobs; i++) {
        conns[i] = amplify->connect(amplify->ctx, err);
        ok = conns[i] != NULL && pg_exec(conns[i], err, settings);
    }
    return ok;
}

static bool
prepare(const struct amplify *amplify, struct pg_conn *conn, struct decant_error *err)
{
    bool again = true, ok = true;
    while (ok && again)
        ok = pg_exec(conn, err, "DROP SCHEMA IF EXISTS " STAGE " CASCADE; CREATE SCHEMA " STAGE) &&
             weigh_stage(amplify, conn, err) && vary_all(amplify, conn, err) &&
             weigh_rows(amplify, conn, err) && replicate_prepare(amplify, conn, err) &&
             try_all(amplify, conn, &again, err);
    return ok;
}

static void
close_all(const struct amplify *amplify, struct pg_conn **conns)
{
    for (int i = 0; i < amplify->njobs; i++)
        pg_close(conns[i]);
}

bool
amplify_run(const struct amplify *amplify, struct decant_error *err)
{
    assert(amplify != NULL && amplify->njobs > 0);
    struct pg_conn **conns = ARENA_ARRAY(amplify->arena, struct pg_conn *, amplify->njobs);
    bool ok = connect_all(amplify, conns, err) && prepare(amplify, conns[0], err) &&
              for_all(amplify, conns, write_one, err) &&
              pg_exec(conns[0], err, "DROP SCHEMA " STAGE " CASCADE");
    close_all(amplify, conns);
    return ok;
}

bool
amplify_vacuum(const struct amplify *amplify, struct decant_error *err)
{
    assert(amplify != NULL && amplify->njobs > 0);
    struct pg_conn **conns = ARENA_ARRAY(amplify->arena, struct pg_conn *, amplify->njobs);
    bool ok = connect_all(amplify, conns, err) && for_all(amplify, conns, vacuum_one, err);
    close_all(amplify, conns);
    return ok;
}
