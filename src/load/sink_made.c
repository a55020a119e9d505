/* SPDX-License-Identifier: PostgreSQL */
/* A copy that is finished, whoever made it: it has names and can be read, and takes nothing. */
#include <stdio.h>
#include <string.h>

#include "load/ddl_sqlite.h"
#include "load/sink.h"
#include "pg/quote.h"
#include "sqlite/db.h"

struct sink {
    const struct sink_env *env;
    struct sqlite_schema schema; /* of a file: what a pull would call its tables */
};

static bool
made_open(const struct sink_env *env, const struct server *source, struct sink **out,
          struct decant_error *err)
{
    (void)source;
    (void)err;
    *out = ARENA_NEW(env->arena, struct sink);
    (*out)->env = env;
    return true;
}

static const char *
file_name_of(struct sink *sink, const struct table *source, int column)
{
    return ddl_name(&sink->schema, source, column);
}

static const char *
database_name_of(struct sink *sink, const struct table *table, int column)
{
    (void)sink;
    return column < 0 ? table->name : table->columns[column].name;
}

/* A query that every copy of the table can answer. */
static void
put_probe(struct sink *sink, const struct table *table, bool is_file, struct buf *out)
{
    buf_puts(out, "SELECT ");
    for (int i = 0; i < table->ncolumns; i++) {
        buf_puts(out, i > 0 ? ", t." : "t."); /* alone, SQLite takes an unknown name for a text */
        quote_ident(out, is_file ? file_name_of(sink, table, i) : table->columns[i].name);
    }
    buf_puts(out, is_file ? " FROM " : " FROM ONLY ");
    if (is_file)
        quote_ident(out, file_name_of(sink, table, -1));
    else
        quote_qualified(out, table->schema, table->name);
    buf_puts(out, " AS t LIMIT 0");
}

/* Other troubles are what they are. */
static bool
lacks(const struct table *table, bool is_missing, struct decant_error *err)
{
    if (!is_missing)
        return error_context(err, "'%s.%s' of the copy", table->schema, table->name);
    error_set(err, DECANT_CHECK, "'%s.%s' is not in the copy as the source has it", table->schema,
              table->name);
    return error_hint(err, "-T leaves a table out; the copy may be older than the source's schema");
}

static bool
file_prepare(struct sink *sink, struct decant_error *err)
{
    struct notes ignored;
    struct db *db;
    notes_init(&ignored);
    ddl_build(sink->env->plan, &sqlite_profiles[0], ODD_KEEP, sink->env->arena, &ignored,
              &sink->schema);
    notes_deinit(&ignored);
    if (!db_open(sink->env->target, DB_READ, sink->env->stop, &db, err))
        return false;
    bool ok = true;
    for (int i = 0; ok && i < sink->env->plan->ntables; i++) {
        const struct table *table = sink->env->plan->tables[i];
        struct buf sql = { 0 };
        if (file_name_of(sink, table, -1) == NULL)
            continue;
        put_probe(sink, table, true, &sql);
        struct db_stmt *stmt = db_prepare(db, buf_str(&sql), err);
        ok = stmt != NULL || lacks(table, strstr(err->message, "no such") != NULL, err);
        db_finalize(stmt);
        buf_deinit(&sql);
    }
    db_close(db);
    return ok;
}

static struct pg_conn *
database_connect(struct sink *sink, struct decant_error *err)
{
    struct pg_info *info;
    if (!pg_info_parse(sink->env->target, "copy", &info, err))
        return NULL;
    char application[96];
    pg_info_set_stall(info, sink->env->options->stall_timeout_ms);
    snprintf(application, sizeof application, "decant/%s/verify", sink->env->run);
    struct pg_conn *conn = pg_connect(info, application, sink->env->stop, err);
    pg_info_free(info);
    if (conn != NULL && !pg_make_read_only(conn, err)) {
        pg_close(conn);
        conn = NULL;
    }
    return conn;
}

static bool
probe_leaves(struct sink *sink, struct pg_conn *conn, const struct table *root,
             struct decant_error *err)
{
    for (int i = -1; i < root->nleaves; i++) {
        const struct table *table = i < 0 ? root : root->leaves[i];
        if (table->kind == 'f') /* another server has its rows */
            continue;
        struct buf sql = { 0 };
        put_probe(sink, table, false, &sql);
        struct pg_result *r = pg_query(conn, err, buf_str(&sql), 0, NULL);
        buf_deinit(&sql);
        if (r == NULL)
            return lacks(
                table, strncmp(err->sqlstate, "42", 2) == 0 && strcmp(err->sqlstate, "42501") != 0,
                err);
        pg_result_free(r);
    }
    return true;
}

static bool
database_prepare(struct sink *sink, struct decant_error *err)
{
    struct pg_conn *conn = database_connect(sink, err);
    bool ok = conn != NULL;
    for (int i = 0; ok && i < sink->env->plan->ntables; i++)
        ok = probe_leaves(sink, conn, sink->env->plan->tables[i], err);
    pg_close(conn);
    return ok;
}

static const char *
made_file(struct sink *sink)
{
    return sink->env->target;
}

static void
made_close(struct sink *sink)
{
    if (sink != NULL)
        map_deinit(&sink->schema.by_source);
}

const struct sink_ops sink_made_file = {
    .name = "sqlite",
    .decodes = true,
    .open = made_open,
    .prepare = file_prepare,
    .name_of = file_name_of,
    .file = made_file,
    .close = made_close,
};

const struct sink_ops sink_made_database = {
    .name = "postgres",
    .loads_leaves = true,
    .open = made_open,
    .prepare = database_prepare,
    .name_of = database_name_of,
    .connect = database_connect,
    .close = made_close,
};
