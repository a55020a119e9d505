/* SPDX-License-Identifier: PostgreSQL */
/* A catalog that a scripted server tells, and its plan. */
#ifndef LOADED_H
#define LOADED_H

#include "catalog/tables.h"
#include "plan/sampling.h"
#include "unit.h"

#include "server.h"

struct loaded {
    struct scripted_server server;
    struct pg_conn *conn;
    atomic_int stop;
    struct arena arena;
    struct selection selection;
    const struct catalog *catalog;
    struct notes notes;
    struct plan plan;
    struct decant_error err;
};

/* Inside a transaction, where names mean nothing but what they say. */
static inline bool
loaded_connect(struct loaded *l, const char *script, enum server_fault fault, int at)
{
    struct pg_info *info = NULL;
    memset(l, 0, sizeof *l);
    notes_init(&l->notes);
    server_start_faulty(&l->server, script, fault, at);
    bool ok = pg_info_parse(l->server.uri, "source", &info, &l->err);
    l->conn = ok ? pg_connect(info, "decant/test/", &l->stop, &l->err) : NULL;
    pg_info_free(info);
    return l->conn != NULL && pg_exec(l->conn, &l->err, "SET search_path = ''") &&
           pg_exec(l->conn, &l->err, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
}

static inline bool
loaded_plan(struct loaded *l, bool merge)
{
    struct decant_options options;
    decant_options_init(&options);
    return selection_load(l->conn, &options, &l->arena, &l->selection, &l->err) &&
           catalog_load(l->conn, &l->selection, &l->arena, &l->catalog, &l->err) &&
           plan_build(l->catalog, false, merge, &l->arena, &l->notes, &l->plan, &l->err);
}

static inline void
loaded_open(struct loaded *l, const char *script, bool merge)
{
    if (!loaded_connect(l, script, SERVER_WORKS, 0) || !loaded_plan(l, merge))
        fail_msg("%s", l->err.message);
}

/* Returns how many requests the server was sent. */
static inline int
loaded_close(struct loaded *l)
{
    pg_close(l->conn);
    notes_deinit(&l->notes);
    map_deinit(&l->plan.constants);
    arena_deinit(&l->arena);
    return server_stop(&l->server);
}

static inline const struct table *
loaded_table(const struct loaded *l, const char *schema, const char *name)
{
    for (int i = 0; i < l->plan.ntables; i++)
        if (strcmp(l->plan.tables[i]->schema, schema) == 0 &&
            strcmp(l->plan.tables[i]->name, name) == 0)
            return l->plan.tables[i];
    fail_msg("no table %s.%s", schema, name);
    return NULL;
}

#endif
