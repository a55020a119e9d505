/* SPDX-License-Identifier: PostgreSQL */
/*
 * A PostgreSQL copy is built in a database beside the target: schema from pg_dump without keys,
 * triggers and indexes, rows by COPY into leaves, then the rest of the schema, sequences and
 * materialized views; two renames in one transaction put it in place.
 */
#include "load/sink.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load/analyze.h"
#include "load/database.h"
#include "load/extension_rows.h"
#include "load/late.h"
#include "load/objects.h"
#include "load/postgres_checks.h"
#include "load/postgres_table.h"
#include "load/restore.h"
#include "load/settings.h"
#include "pg/quote.h"

enum { MAX_WORKERS = 16 };

struct sink {
    const struct sink_env *env;
    struct pg_info *info;  /* of the target server, pinned to its address */
    struct pg_conn *admin; /* to the maintenance database; holds the lock of the target */
    struct pg_conn *workers[MAX_WORKERS]; /* to the new database */
    struct restore restore;
    struct late late;
    const struct server *source;
    struct server server;
    const char *name, *new_name, *previous_name;
    bool exists, is_created, is_analyzed, is_published;
    int keep;
    struct map missing; /* oid of the source -> its table, which the target does not have */
};

/* Cleaning up goes on when the job was told to stop. */
static const atomic_int never = 0;

static struct pg_conn *
connect_to(const struct sink *sink, const char *database, const char *purpose,
           const atomic_int *stop, struct decant_error *err)
{
    char application[96];
    struct pg_info *info = pg_info_copy(sink->info);
    snprintf(application, sizeof application, "decant/%s/%s", sink->env->run, purpose);
    pg_info_set(info, "dbname", database);
    if (stop == &never && atomic_load(sink->env->stop) != 0) { /* nobody waits for the rest */
        pg_info_set(info, "connect_timeout", "2");
        pg_info_set_stall(info, 2000);
    }
    struct pg_conn *conn = pg_connect(info, application, stop, err);
    pg_info_free(info);
    return conn;
}

static bool
connect_admin(struct sink *sink, struct decant_error *err)
{
    static const char *const databases[] = { "postgres", "template1" };
    for (int i = 0; i < 2 && sink->admin == NULL; i++)
        sink->admin = connect_to(sink, databases[i], "admin", sink->env->stop, err);
    if (sink->admin == NULL)
        return false;
    struct pg_info *pinned = pg_conn_info(sink->admin);
    pg_info_free(sink->info);
    sink->info = pinned;
    return catalog_load_server(sink->admin, sink->env->arena, &sink->server, err);
}

static bool
guard_server(struct sink *sink, struct decant_error *err)
{
    const struct decant_options *options = sink->env->options;
    bool same = strcmp(sink->server.system_id, sink->source->system_id) == 0;
    int source = sink->source->version / 10000, target = sink->server.version / 10000;
    if (same && strcmp(sink->name, pg_conn_database(sink->env->source)) == 0)
        return error_set(err, DECANT_REFUSED, "the target is the source");
    if (same && !options->allow_same_server) {
        error_set(err, DECANT_REFUSED, "the target is on the source's server");
        return error_hint(err, "a copy costs that server memory, disk and WAL; accept it with "
                               "--allow-same-server");
    }
    if (target < source && !options->allow_downgrade) {
        error_set(err, DECANT_REFUSED, "the source is PostgreSQL %d, the target only %d", source,
                  target);
        return error_hint(err,
                          "install the package postgresql-%d on the target, or try with "
                          "--allow-downgrade",
                          source);
    }
    return pg_tools_find(options->pg_bindir, (source > target ? source : target) * 10000,
                         &sink->restore.tools, err);
}

static const char is_empty_sql[] =
    "SELECT NOT EXISTS (SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n"
    " ON n.oid OPERATOR(pg_catalog.=) c.relnamespace"
    " WHERE n.nspname OPERATOR(pg_catalog.!~) '^pg_'"
    " AND n.nspname OPERATOR(pg_catalog.<>) 'information_schema')";

/* The database must not exist, be ours, be empty, or be given up on purpose. */
static bool
guard_database(struct sink *sink, struct decant_error *err)
{
    struct buf run = { 0 }, empty = { 0 };
    bool ok = database_exists(sink->admin, sink->name, &sink->exists, err) &&
              database_mark(sink->admin, sink->name, &run, err);
    sink->previous_name = database_previous_name(sink->env->arena, sink->name,
                                                 run.len > 0 ? buf_str(&run) : sink->env->run);
    if (ok && sink->exists && run.len == 0 && !sink->env->options->overwrite) {
        struct pg_conn *conn = connect_to(sink, sink->name, "guard", sink->env->stop, err);
        ok = conn != NULL && pg_value(conn, err, is_empty_sql, &empty);
        pg_close(conn);
        if (ok && strcmp(buf_str(&empty), "t") != 0) {
            error_set(err, DECANT_REFUSED, "the database '%s' is not a copy that decant made",
                      sink->name);
            ok = error_hint(err, "choose another name, or replace it with --overwrite");
        }
    }
    buf_deinit(&run);
    buf_deinit(&empty);
    return ok;
}

static bool
postgres_open(const struct sink_env *env, const struct server *source, struct sink **out,
              struct decant_error *err)
{
    struct sink *sink = mem_alloc(sizeof *sink);
    *out = sink;
    sink->env = env;
    sink->source = source;
    sink->keep = env->postgres_keep;
    restore_init(&sink->restore, env);
    if (!pg_info_parse(env->target, "target", &sink->info, err))
        return false;
    pg_info_set_stall(sink->info, env->options->stall_timeout_ms);
    if (!pg_info_is_local(sink->info) && !env->options->allow_remote) {
        error_set(err, DECANT_REFUSED, "the target is on another host");
        return error_hint(err, "rows that are not masked would leave this one; accept it with "
                               "--allow-remote");
    }
    const char *name = pg_info_get(sink->info, "dbname");
    if (name == NULL)
        return error_set(err, DECANT_USAGE, "the target names no database");
    sink->name = arena_strdup(env->arena, name);
    sink->new_name = database_new_name(env->arena, name, env->run);
    return connect_admin(sink, err) && guard_server(sink, err) && guard_database(sink, err) &&
           database_lock(sink->admin, sink->name, env->options->wait_s, err) &&
           database_drop_leftovers(sink->admin, sink->name, err);
}

/* Text reads as the source wrote it: reg* types must find the same names as its role does. */
static bool
connect_worker(struct sink *sink, int i, struct decant_error *err)
{
    sink->workers[i] = connect_to(sink, sink->new_name, "load", sink->env->stop, err);
    if (sink->workers[i] == NULL)
        return false;
    struct buf sql = { 0 };
    buf_puts(&sql, "SELECT pg_catalog.set_config('search_path', ");
    quote_literal(&sql, sink->env->search_path);
    buf_puts(&sql, ", false); SET array_nulls = on"); /* else NULL in an array is a word */
    if (sink->env->options->owner != NULL) {
        buf_puts(&sql, "; SET ROLE ");
        quote_ident(&sql, sink->env->options->owner);
    }
    bool ok = pg_exec(sink->workers[i], err, buf_str(&sql));
    buf_deinit(&sql);
    return ok;
}

static const char tables_sql[] =
    "SELECT pg_catalog.to_regclass(pg_catalog.format('%I.%I', $1::pg_catalog.text,"
    " $2::pg_catalog.text)) IS NOT NULL";

/* Which of the selected tables did the target accept? */
static bool
find_missing(struct sink *sink, struct decant_error *err)
{
    const struct catalog *catalog = sink->env->plan->catalog;
    for (int i = 0; i < catalog->ntables; i++) {
        const struct table *table = &catalog->tables[i];
        const char *params[] = { table->schema, table->name };
        if (table->kind == 'f')
            continue;
        struct pg_result *r = pg_query(sink->workers[0], err, tables_sql, 2, params);
        if (r == NULL)
            return false;
        bool there = pg_bool(r, 0, 0);
        pg_result_free(r);
        if (there)
            continue;
        bool excused = sink->restore.nmissing > 0 || sink->env->options->allow_downgrade;
        if (!excused) {
            error_set(err, DECANT_REFUSED, "the target did not accept the table '%s.%s'%s",
                      table->schema, table->name, sink->restore.reason);
            restore_hint_versions(&sink->restore, err);
            return error_hint(err, "its definition uses something that the target server lacks; "
                                   "leave it out with -T");
        }
        map_put(&sink->missing, table->oid, (void *)table);
        notes_add(sink->env->notes, NOTE_TABLE_MISSING, "table", 0, "%s.%s", table->schema,
                  table->name);
    }
    return true;
}

static bool
postgres_prepare(struct sink *sink, struct decant_error *err)
{
    const struct sink_env *env = sink->env;
    objects_note_left_out(env);
    sink->is_created = true; /* even half of it is dropped at the end */
    if (!database_create(sink->admin, sink->new_name, env->options->owner, sink->source, env->notes,
                         err) ||
        !database_set_lazy(sink->admin, sink->new_name, true, err))
        return false;
    for (int i = 0; i < env->nworkers; i++)
        if (!connect_worker(sink, i, err))
            return false;
    if (!objects_note_rights(sink->workers[0], env, err) ||
        !restore_dump(&sink->restore, sink->workers[0], err) ||
        !restore_section(&sink->restore, sink->workers[0], RESTORE_PRE_DATA, err) ||
        !late_put_off(&sink->late, sink->workers[0], env, err) || !find_missing(sink, err))
        return false;
    extension_rows_carry(sink->workers[0], env);
    return true;
}

static bool
postgres_is_routed(struct sink *sink, const struct table *table)
{
    return plan_masks_partition_key(sink->env->plan, table);
}

static enum load_status
postgres_load_table(struct sink *sink, int worker, const struct table *table,
                    struct row_stream *rows, struct decant_error *err)
{
    if (map_get(&sink->missing, table->oid) != NULL)
        return LOAD_SKIPPED;
    const struct table *into = postgres_is_routed(sink, table) ? table->root : table;
    return postgres_table_fill(sink->workers[worker], table, into, rows, err) ? LOAD_DONE
                                                                              : LOAD_FAILED;
}

static struct pg_conn *
connect_to_analyze(void *ctx, struct decant_error *err)
{
    struct sink *sink = ctx;
    return connect_to(sink, sink->new_name, "analyze", sink->env->stop, err);
}

static bool
analyze(void *ctx, struct decant_error *err)
{
    const struct sink *sink = ctx;
    return analyze_tables(&(struct analyze){ connect_to_analyze, ctx, sink->env->nreaders }, err);
}

static struct pg_conn *
postgres_connect_writer(struct sink *sink, struct decant_error *err)
{
    return connect_to(sink, sink->new_name, "amplify", sink->env->stop, err);
}

static bool
postgres_finish(struct sink *sink, struct decant_error *err)
{
    if (!restore_section(&sink->restore, sink->workers[0], RESTORE_POST_DATA, err) ||
        !late_add_checks(&sink->late, sink->workers[0], sink->env, err) ||
        !settings_set(sink->admin, sink->new_name, sink->env, err))
        return false;
    if (sink->env->options->schema_only)
        return true;
    objects_set_sequences(sink->workers[0], sink->env->plan, sink->env->is_sample, &sink->missing,
                          sink->env->notes);
    return objects_refresh_views(sink->workers[0], &(struct task){ analyze, sink },
                                 sink->env->notes, &sink->is_analyzed, err);
}

/* The server proved keys and checks when it made them; statistics come beside what else is checked,
 * so that nobody waits for them. */
static int
postgres_checks(struct sink *sink, struct task *tasks, int most)
{
    if (most < 1 || sink->is_analyzed || sink->env->options->schema_only)
        return 0;
    tasks[0] = (struct task){ analyze, sink };
    sink->is_analyzed = true;
    return 1;
}

static bool
postgres_judge(struct sink *sink, bool *again, struct decant_error *err)
{
    *again = false;
    return (!sink->restore.has_failed ||
            postgres_check_indexes(sink->workers[0], sink->env, err)) &&
           postgres_check_keys(sink->workers[0], sink->env, &sink->missing,
                               sink->restore.has_failed, err);
}

int64_t
sink_postgres_count(struct pg_conn *copy, const struct table *table, struct decant_error *err)
{
    assert(table != NULL);
    struct buf sql = { 0 };
    buf_puts(&sql, "SELECT pg_catalog.count(*) FROM ONLY ");
    quote_qualified(&sql, table->schema, table->name);
    struct pg_result *r = pg_query(copy, err, buf_str(&sql), 0, NULL);
    int64_t rows = r != NULL ? pg_int(r, 0, 0) : -1;
    pg_result_free(r);
    buf_deinit(&sql);
    return rows;
}

static const char visitors_sql[] =
    "SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_stat_activity WHERE datname = $1"
    " AND usesysid IS NOT NULL AND coalesce(backend_type, 'client backend') = 'client backend'"
    " AND NOT pg_catalog.starts_with(coalesce(application_name, ''), $2))";

/* What another role's session is may be hidden from us; a server's own worker has no role. */
static bool
is_in_use(struct sink *sink, bool *out, struct decant_error *err)
{
    char own[96];
    snprintf(own, sizeof own, "decant/%s/", sink->env->run);
    const char *params[] = { sink->new_name, own };
    struct pg_result *r = pg_query(sink->admin, err, visitors_sql, 2, params);
    *out = r != NULL && pg_bool(r, 0, 0);
    pg_result_free(r);
    return r != NULL;
}

static bool
postgres_let_in(struct sink *sink, struct decant_error *err)
{
    return sink_await_alone(sink, is_in_use, err);
}

static int64_t
postgres_count_rows(struct sink *sink, const struct table *table, struct decant_error *err)
{
    return sink_postgres_count(sink->workers[0], table, err);
}

static bool
postgres_replaces(struct sink *sink)
{
    return sink->exists;
}

static const char *
postgres_name_of(struct sink *sink, const struct table *table, int column)
{
    if (map_get(&sink->missing, table->oid) != NULL)
        return NULL;
    return column < 0 ? table->name : table->columns[column].name;
}

static struct pg_conn *
postgres_connect(struct sink *sink, struct decant_error *err)
{
    struct pg_conn *conn = connect_to(sink, sink->new_name, "check", sink->env->stop, err);
    if (conn != NULL && !pg_make_read_only(conn, err)) {
        pg_close(conn);
        conn = NULL;
    }
    return conn;
}

static const char *
postgres_label(struct sink *sink, struct arena *arena)
{
    return sink_postgres_label_for(sink->info, sink->name, sink->env->run, arena);
}

static bool
carry_over(struct sink *sink, struct decant_error *err)
{
    if (!sink->exists)
        return true;
    struct pg_conn *old = connect_to(sink, sink->name, "carry", sink->env->stop, err);
    bool ok = old != NULL && database_carry(sink->admin, old, sink->workers[0], sink->name,
                                            sink->new_name, sink->env->notes, err);
    pg_close(old);
    return ok;
}

static bool
postgres_publish(struct sink *sink, struct decant_error *err)
{
    if (!database_set_lazy(sink->admin, sink->new_name, false, err) || !carry_over(sink, err) ||
        !late_force(&sink->late, sink->workers[0], err) ||
        !database_set_mark(sink->admin, sink->new_name, sink->env->run, err))
        return false;
    for (int i = 0; i < MAX_WORKERS; i++) {
        pg_close(sink->workers[i]);
        sink->workers[i] = NULL;
    }
    struct pg_conn *killer = connect_to(sink, pg_conn_database(sink->admin), "swap", &never, err);
    bool ok = killer != NULL && database_swap(sink->admin, killer, sink->name, sink->new_name,
                                              sink->previous_name, err);
    pg_close(killer);
    if (!ok && strcmp(err->sqlstate, "55006") == 0) {
        error_set(err, DECANT_UNPUBLISHED, "clients of '%s' did not let go of it", sink->name);
        error_hint(err, "end their sessions (this needs the same role, or pg_signal_backend) and "
                        "run again");
    }
    sink->is_published = ok;
    if (ok)
        database_drop_previous(sink->admin, sink->name, sink->keep,
                               sink->exists ? sink->previous_name : NULL, sink->env->notes);
    return ok;
}

static void
postgres_close(struct sink *sink)
{
    struct decant_error ignored = { 0 };
    if (sink == NULL)
        return;
    for (int i = 0; i < MAX_WORKERS; i++)
        pg_close(sink->workers[i]);
    if (sink->is_created && !sink->is_published) {
        struct pg_conn *conn =
            connect_to(sink, pg_conn_database(sink->admin), "clean", &never, &ignored);
        if (conn != NULL)
            database_drop(conn, sink->new_name, &ignored);
        pg_close(conn);
    }
    pg_close(sink->admin);
    pg_info_free(sink->info);
    restore_deinit(&sink->restore);
    map_deinit(&sink->missing);
    free(sink);
}

const struct sink_ops sink_postgres = {
    .name = "postgres",
    .loads_leaves = true,
    .loads_parallel = true,
    .open = postgres_open,
    .prepare = postgres_prepare,
    .load_table = postgres_load_table,
    .connect_writer = postgres_connect_writer,
    .finish = postgres_finish,
    .checks = postgres_checks,
    .judge = postgres_judge,
    .let_in = postgres_let_in,
    .count_rows = postgres_count_rows,
    .replaces = postgres_replaces,
    .is_routed = postgres_is_routed,
    .name_of = postgres_name_of,
    .connect = postgres_connect,
    .label = postgres_label,
    .publish = postgres_publish,
    .close = postgres_close,
};
