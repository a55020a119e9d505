/* SPDX-License-Identifier: PostgreSQL */
/* A connection to a scripted server, a selection and a catalog, for tests of what they hold. */
#ifndef SOURCE_H
#define SOURCE_H

#include "catalog/catalog.h"
#include "unit.h"

#include "server.h"

struct source {
    struct scripted_server server;
    struct pg_conn *conn;
    struct arena arena;
    struct decant_options options;
    struct selection selection;
    const struct catalog *catalog;
    struct decant_error err;
};

static const atomic_int source_goes_on = 0;

/* The connection of a server that was started; NULL: source->err says why. */
static inline struct pg_conn *
source_connect(struct source *source)
{
    struct pg_info *info;
    if (!pg_info_parse(source->server.uri, "source", &info, &source->err))
        return NULL;
    struct pg_conn *conn = pg_connect(info, "decant/unit", &source_goes_on, &source->err);
    pg_info_free(info);
    return conn;
}

/* Another connection to the same server: of two servers at once, one's record would be lost.
 * source_close() ends it. */
static inline void
source_begin_beside(struct source *source, const struct source *other)
{
    memset(source, 0, sizeof *source);
    source->server = other->server;
    decant_options_init(&source->options);
    source->conn = source_connect(source);
    if (source->conn == NULL)
        fail_msg("%s", source->err.message);
}

static inline void
source_begin(struct source *source, const char *script)
{
    struct source started = { 0 };
    server_start(&started.server, script);
    source_begin_beside(source, &started);
}

/* Ends it, but for the server. */
static inline void
source_close(struct source *source)
{
    pg_close(source->conn);
    arena_deinit(&source->arena);
}

static inline void
source_end(struct source *source)
{
    source_close(source);
    server_stop(&source->server);
}

/* The tables of the options. */
static inline bool
source_load(struct source *source)
{
    memset(&source->err, 0, sizeof source->err);
    return selection_load(source->conn, &source->options, &source->arena, &source->selection,
                          &source->err) &&
           catalog_load(source->conn, &source->selection, &source->arena, &source->catalog,
                        &source->err);
}

static inline bool
source_select_table(struct source *source, const char *pattern)
{
    const char *patterns[] = { pattern };
    source->options.tables.items = patterns;
    source->options.tables.count = 1;
    bool ok = source_load(source);
    source->options.tables.count = 0;
    source->options.tables.items = NULL;
    return ok;
}

/* Never NULL. */
static inline const struct table *
source_table(const struct source *source, const char *name)
{
    for (int i = 0; i < source->catalog->ntables; i++)
        if (strcmp(source->catalog->tables[i].name, name) == 0)
            return &source->catalog->tables[i];
    fail_msg("no table %s", name);
    return NULL;
}

static inline const struct column *
source_column(const struct source *source, const char *table, const char *name)
{
    const struct table *t = source_table(source, table);
    int i = table_column(t, name);
    if (i < 0)
        fail_msg("no column %s", name);
    return &t->columns[i];
}

#endif
