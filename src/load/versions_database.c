/* SPDX-License-Identifier: PostgreSQL */
/* Copies that are databases. The run that made one is its mark, which goes with it wherever it is
 * renamed to. */
#include "load/versions.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "load/database.h"

static struct pg_conn *
connect_to(const struct versions *versions, const char *database, struct decant_error *err)
{
    struct pg_info *info = pg_info_copy(versions->info);
    pg_info_set(info, "dbname", database);
    struct pg_conn *conn = pg_connect(info, "decant versions", versions->stop, err);
    pg_info_free(info);
    return conn;
}

static bool
add(struct versions *versions, const char *name, bool is_current, struct decant_error *err)
{
    static const char size_sql[] = "SELECT pg_catalog.pg_database_size($1::pg_catalog.name)";
    const char *params[] = { name };
    struct buf run = { 0 };
    struct pg_result *r = pg_query(versions->admin, err, size_sql, 1, params);
    bool ok = r != NULL && database_mark(versions->admin, name, &run, err);
    if (ok)
        versions_add(versions, &(struct version){ .run = buf_str(&run),
                                                  .name = name,
                                                  .bytes = pg_int(r, 0, 0),
                                                  .is_current = is_current });
    pg_result_free(r);
    buf_deinit(&run);
    return ok;
}

static bool
list(struct versions *versions, struct decant_error *err)
{
    bool exists = false;
    struct pg_result *r = database_list_previous(versions->admin, versions->target, err);
    bool ok = r != NULL && database_exists(versions->admin, versions->target, &exists, err) &&
              (!exists || add(versions, versions->target, true, err));
    for (int i = 0; ok && i < pg_nrows(r); i++)
        ok = add(versions, pg_text(r, i, 0), false, err);
    pg_result_free(r);
    return ok;
}

static bool
open_databases(struct versions *versions, const struct versions_wish *wish, const char *place,
               struct decant_error *err)
{
    static const char *const maintenance[] = { "postgres", "template1" };
    if (!pg_info_parse(place, "target", &versions->info, err))
        return false;
    pg_info_set_stall(versions->info, wish->stall_ms);
    const char *name = pg_info_get(versions->info, "dbname");
    if (name == NULL)
        return error_set(err, DECANT_USAGE, "the target names no database");
    versions->target = arena_strdup(&versions->arena, name);
    for (int i = 0; i < 2 && versions->admin == NULL; i++)
        versions->admin = connect_to(versions, maintenance[i], err);
    if (versions->admin == NULL)
        return false;
    *err = (struct decant_error){ 0 }; /* the first may be missing */
    struct pg_info *pinned = pg_conn_info(versions->admin);
    pg_info_free(versions->info);
    versions->info = pinned;
    return (!wish->locks || database_lock(versions->admin, versions->target, wish->wait_s, err)) &&
           list(versions, err);
}

static bool
restore_database(struct versions *versions, const struct version *to, struct decant_error *err)
{
    const struct version *current = versions_current(versions);
    const char *previous =
        database_previous_name(&versions->arena, versions->target,
                               current != NULL && current->run[0] != '\0' ? current->run : to->run);
    if (strcmp(previous, to->name) == 0)
        previous = arena_printf(&versions->arena, "%sp", previous);
    struct pg_conn *killer = connect_to(versions, pg_conn_database(versions->admin), err);
    bool ok = killer != NULL &&
              database_swap(versions->admin, killer, versions->target, to->name, previous, err);
    pg_close(killer);
    if (!ok && strcmp(err->sqlstate, "55006") == 0) {
        error_set(err, DECANT_UNPUBLISHED, "clients of '%s' did not let go of it",
                  versions->target);
        error_hint(err, "end their sessions (this needs the same role, or pg_signal_backend) and "
                        "run again");
    }
    return ok;
}

static bool
drop_database(struct versions *versions, const struct version *which, struct decant_error *err)
{
    return database_drop(versions->admin, which->name, err);
}

static void
close_databases(struct versions *versions)
{
    pg_close(versions->admin);
    pg_info_free(versions->info);
}

const struct versions_ops versions_of_database = { .open = open_databases,
                                                   .restore = restore_database,
                                                   .drop = drop_database,
                                                   .close = close_databases };
