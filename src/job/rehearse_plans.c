/* SPDX-License-Identifier: PostgreSQL */
/* Plans of queries, as production will make them. */
#include <assert.h>

#include "job/rehearse.h"
#include "load/database.h"

/* The migration itself never meets hollow tables: its times would be those of reading holes. */
static bool
drop_hollow(struct rehearse *rehearse, struct decant_error *err)
{
    const char *name = rehearse->hollow;
    rehearse->hollow = NULL;
    return name == NULL || database_drop(rehearse->admin, name, err);
}

/* Of a rewritten relation the size is known from what it was: `before` is NULL at first. */
static bool
make_hollow(struct rehearse *rehearse, const struct volume *before, struct volume *out,
            struct decant_error *err)
{
    struct pg_conn *conn = rehearse_connect(rehearse, rehearse->hollow, "volume", err);
    bool ok = conn != NULL &&
              volume_look(conn, &rehearse->manifest, before, &rehearse->arena, out, err) &&
              hollow_make(conn, &rehearse->server, out, err);
    pg_close(conn);
    return ok;
}

static bool
make_clone(struct rehearse *rehearse, const char *from, struct decant_error *err)
{
    const char *run = arena_printf(&rehearse->arena, "%sp", rehearse->job->run);
    return database_clone(rehearse->admin, &rehearse->arena, from, run, &rehearse->hollow, err);
}

static bool
take(struct rehearse *rehearse, const char *database, struct plans **out, struct decant_error *err)
{
    const struct decant_job *job = rehearse->job;
    struct pg_info *info = pg_info_copy(rehearse->direct);
    pg_info_set(info, "dbname", database);
    bool ok =
        plans_take(info, &job->options->queries, &job->stop, &rehearse->rehearsal.arena, out, err);
    pg_info_free(info);
    return ok;
}

static bool
is_of_production(const struct rehearse *rehearse)
{
    return rehearse->server.folder != NULL;
}

/* Sets where it is possible, and known how large. */
static bool
look_for_server(struct rehearse *rehearse, struct decant_error *err)
{
    bool is_possible = false;
    if (!volume_server(rehearse->job, rehearse->admin, &rehearse->arena, &rehearse->server,
                       &is_possible, err))
        return false;
    if (!is_possible || rehearse->manifest.nrelations == 0)
        rehearse->server.folder = NULL;
    rehearse->rehearsal.plans_of = is_of_production(rehearse) ? "production" : "copy";
    return true;
}

bool
rehearse_plan_before(struct rehearse *rehearse, struct decant_error *err)
{
    assert(rehearse != NULL);
    if (rehearse->job->options->queries.count == 0)
        return true;
    if (!look_for_server(rehearse, err))
        return false;
    if (!is_of_production(rehearse))
        return take(rehearse, rehearse->clone, &rehearse->plans, err);
    return make_clone(rehearse, rehearse->target, err) &&
           make_hollow(rehearse, NULL, &rehearse->volume, err) &&
           take(rehearse, rehearse->hollow, &rehearse->plans, err) && drop_hollow(rehearse, err);
}

bool
rehearse_plan_after(struct rehearse *rehearse, struct decant_error *err)
{
    assert(rehearse != NULL);
    struct plans *after = NULL;
    struct volume volume = { 0 };
    if (rehearse->plans == NULL)
        return true;
    bool ok;
    if (!is_of_production(rehearse)) {
        ok = take(rehearse, rehearse->clone, &after, err);
    } else {
        rehearse_end_proxy(rehearse);
        ok = make_clone(rehearse, rehearse->clone, err) &&
             make_hollow(rehearse, &rehearse->volume, &volume, err) &&
             take(rehearse, rehearse->hollow, &after, err) && drop_hollow(rehearse, err);
        volume_deinit(&volume);
    }
    if (ok)
        plans_compare(rehearse->plans, after, &rehearse->rehearsal);
    return ok;
}

void
rehearse_end_plans(struct rehearse *rehearse)
{
    assert(rehearse != NULL);
    volume_deinit(&rehearse->volume);
}
