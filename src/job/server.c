/* SPDX-License-Identifier: PostgreSQL */
/* The verbs of the user's own server. */
#include "server/cluster.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <decant/decant.h>

#include "load/database.h"
#include "pg/quote.h"

static const atomic_int never = 0;

struct serving {
    struct cluster home;
    const char *name; /* of a database, or NULL */
    struct buf text;
};

static struct pg_conn *
connect_admin(const struct serving *serving, struct decant_error *err)
{
    struct buf address = { 0 };
    struct pg_info *info;
    cluster_put_address(&serving->home, "postgres", &address);
    struct pg_conn *conn = NULL;
    if (pg_info_parse(buf_str(&address), "target", &info, err)) {
        conn = pg_connect(info, "decant server", &never, err);
        pg_info_free(info);
    }
    buf_deinit(&address);
    return conn;
}

static bool
do_start(struct serving *serving, struct decant_error *err)
{
    if (!cluster_start(&serving->home, err))
        return false;
    cluster_put_url(&serving->home, serving->name != NULL ? serving->name : "postgres",
                    &serving->text);
    buf_putc(&serving->text, '\n');
    return true;
}

static bool
do_stop(struct serving *serving, struct decant_error *err)
{
    return cluster_stop(&serving->home, err);
}

static bool
do_url(struct serving *serving, struct decant_error *err)
{
    if (serving->name == NULL)
        return error_set(err, DECANT_USAGE, "which database? decant server url NAME");
    cluster_put_url(&serving->home, serving->name, &serving->text);
    buf_putc(&serving->text, '\n');
    return true;
}

static bool
do_status(struct serving *serving, struct decant_error *err)
{
    bool is_running;
    if (!cluster_is_running(&serving->home, &is_running, err))
        return false;
    if (!is_running) {
        buf_printf(&serving->text, "stopped: %s\n", serving->home.folder);
        return true;
    }
    struct pg_conn *conn = connect_admin(serving, err);
    struct pg_result *r = conn == NULL ? NULL
                                       : pg_query(conn, err,
                                                  "SELECT datname, pg_catalog.pg_size_pretty("
                                                  "pg_catalog.pg_database_size(oid)) FROM"
                                                  " pg_catalog.pg_database WHERE NOT datistemplate"
                                                  " AND datname <> 'postgres' ORDER BY 1",
                                                  0, NULL);
    if (r != NULL) {
        int version = pg_conn_version(conn);
        buf_printf(&serving->text, "running: PostgreSQL %d.%d in %s\n", version / 10000,
                   version % 10000, serving->home.folder);
        for (int i = 0; i < pg_nrows(r); i++)
            buf_printf(&serving->text, "  local:%s  %s\n", pg_text(r, i, 0), pg_text(r, i, 1));
    }
    pg_result_free(r);
    pg_close(conn);
    return r != NULL;
}

static bool
do_remove(struct serving *serving, struct decant_error *err)
{
    bool exists = false;
    if (serving->name == NULL)
        return error_set(err, DECANT_USAGE, "which database? decant server remove NAME");
    if (!cluster_start(&serving->home, err))
        return false;
    struct notes notes;
    notes_init(&notes);
    struct pg_conn *conn = connect_admin(serving, err);
    bool ok =
        conn != NULL && database_exists(conn, serving->name, &exists, err) &&
        (exists || error_set(err, DECANT_REFUSED, "there is no copy 'local:%s'", serving->name)) &&
        database_lock(conn, serving->name, 0, err) &&
        database_drop_leftovers(conn, serving->name, err) &&
        database_drop_clones(conn, serving->name, err) && database_drop(conn, serving->name, err);
    if (ok)
        database_drop_previous(conn, serving->name, 0, NULL, &notes);
    pg_close(conn);
    notes_deinit(&notes);
    return ok;
}

static const struct {
    const char *verb;
    bool (*run)(struct serving *serving, struct decant_error *err);
} verbs[] = { { "start", do_start },
              { "stop", do_stop },
              { "status", do_status },
              { "url", do_url },
              { "remove", do_remove } };

#pragma GCC visibility push(default)

bool
decant_server(const char *verb, const char *name, const char *pg_bindir, char **text,
              struct decant_error *err)
{
    struct serving serving = { .name = name };
    size_t i = 0, n = sizeof verbs / sizeof *verbs;
    while (i < n && (verb == NULL || strcmp(verbs[i].verb, verb) != 0))
        i++;
    if (i == n) {
        error_set(err, DECANT_USAGE,
                  verb == NULL ? "'decant server' needs a verb" : "there is no 'decant server %s'",
                  verb);
        return error_hint(err, "start, stop, status, url NAME, remove NAME");
    }
    bool ok = cluster_find(pg_bindir, &serving.home, err) && verbs[i].run(&serving, err);
    *text = buf_steal(&serving.text);
    return ok;
}

bool
decant_server_address(const char *name, const char *pg_bindir, char **address,
                      struct decant_error *err)
{
    struct cluster home;
    struct buf out = { 0 };
    if (name[0] == '\0')
        return error_set(err, DECANT_USAGE, "'local:' needs the name of a copy: local:shop");
    if (!cluster_find(pg_bindir, &home, err) || !cluster_start(&home, err))
        return false;
    cluster_put_address(&home, name, &out);
    *address = buf_steal(&out);
    return true;
}

#pragma GCC visibility pop
