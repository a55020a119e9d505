/* SPDX-License-Identifier: PostgreSQL */
/* Runs a migration on a clone of a copy and says what it did. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/pipeline.h"
#include "job/find.h"
#include "job/internal.h"
#include "load/database.h"
#include "proxy/proxy.h"
#include "rehearse/migration.h"
#include "rehearse/observe.h"
#include "rehearse/policy.h"
#include "rehearse/probe.h"
#include "rehearse/state.h"
#include "rehearse/violate.h"
#include "rehearse/write.h"

struct rehearse {
    struct decant_job *job;
    struct arena arena;
    struct pg_info *info;  /* of the copy's server, pinned to one address */
    struct pg_conn *admin; /* holds the clone */
    const char *target, *clone;
    struct rehearsal rehearsal;
    struct observer *observer;
    struct proxy *proxy;
    struct proxy_upstream upstream;
    struct pg_info *direct; /* to the clone, past the proxy */
    struct probes *probes;
    struct reader *reader;
    atomic_int is_over; /* the migration: the proxy may end */
};

static struct pg_conn *
connect_to(struct rehearse *rehearse, const char *database, const char *role,
           struct decant_error *err)
{
    struct pg_info *info = pg_info_copy(rehearse->info);
    char application[96];
    pg_info_set(info, "dbname", database);
    snprintf(application, sizeof application, "%s%s", rehearse->job->application, role);
    struct pg_conn *conn = pg_connect(info, application, &rehearse->job->stop, err);
    pg_info_free(info);
    return conn;
}

/* To the copy's server; the copy itself must have nobody who is connected to it. */
static bool
connect_admin(struct rehearse *rehearse, struct decant_error *err)
{
    static const char *const databases[] = { "postgres", "template1" };
    struct decant_job *job = rehearse->job;
    if (!pg_info_parse(rehearse->target, "target", &rehearse->info, err))
        return false;
    pg_info_set_stall(rehearse->info, job->options->stall_timeout_ms);
    const char *name = pg_info_get(rehearse->info, "dbname");
    if (name == NULL)
        return error_set(err, DECANT_USAGE, "the copy has no name: 'dbname' is missing");
    rehearse->target = arena_strdup(&rehearse->arena, name);
    for (int i = 0; i < 2 && rehearse->admin == NULL; i++)
        rehearse->admin = connect_to(rehearse, databases[i], "admin", err);
    if (rehearse->admin == NULL)
        return false;
    err->code = DECANT_OK;
    struct pg_info *pinned = pg_conn_info(rehearse->admin);
    pg_info_free(rehearse->info);
    rehearse->info = pinned;
    if (pg_info_is_local(pinned))
        return true;
    error_set(err, DECANT_REFUSED, "the copy is on another host");
    return error_hint(err, "what is measured would be the network; rehearse on a copy beside you");
}

static bool
make_clone(struct rehearse *rehearse, struct decant_error *err)
{
    return database_drop_clones(rehearse->admin, rehearse->target, err) &&
           database_clone(rehearse->admin, &rehearse->arena, rehearse->target, rehearse->job->run,
                          &rehearse->clone, err);
}

/* Where a server listens: a directory, or an address. */
static bool
make_proxy(struct rehearse *rehearse, struct decant_error *err)
{
    const struct pg_info *info = rehearse->info;
    const char *address = pg_info_get(info, "hostaddr");
    rehearse->upstream = (struct proxy_upstream){
        .host = address != NULL && address[0] != '\0' ? address : pg_info_get(info, "host"),
        .port = pg_info_get(info, "port"),
        .database = rehearse->clone,
        .user = pg_conn_user(rehearse->admin),
    };
    struct pg_conn *conn = connect_to(rehearse, rehearse->clone, "observer", err);
    if (conn == NULL)
        return false;
    int version = pg_conn_version(conn);
    rehearse->rehearsal.server =
        arena_printf(&rehearse->arena, "PostgreSQL %d.%d", version / 10000, version % 10000);
    rehearse->observer = observer_new(conn, &rehearse->rehearsal.record, err);
    return rehearse->observer != NULL &&
           proxy_new(&rehearse->upstream, observer_hooks(rehearse->observer), &rehearse->proxy,
                     err);
}

/* Who would feel it, while it runs. */
static bool
make_users(struct rehearse *rehearse, struct decant_error *err)
{
    int reader_ms = rehearse->job->options->reader_ms;
    rehearse->direct = pg_info_copy(rehearse->info);
    pg_info_set(rehearse->direct, "dbname", rehearse->clone);
    rehearse->probes = probes_new(rehearse->direct);
    observer_on_touched(rehearse->observer, probes_touch, rehearse->probes);
    if (reader_ms > 0)
        rehearse->reader = reader_new(rehearse->direct, reader_ms, err);
    return reader_ms == 0 || rehearse->reader != NULL;
}

static void
end_users(struct rehearse *rehearse)
{
    reader_free(rehearse->reader);
    probes_end(rehearse->probes, &rehearse->rehearsal);
    rehearse->reader = NULL;
    rehearse->probes = NULL;
}

static bool
serve(void *ctx, struct decant_error *err)
{
    struct rehearse *rehearse = ctx;
    return proxy_run(rehearse->proxy, &rehearse->is_over, err);
}

static bool
run_files(struct rehearse *rehearse, struct decant_error *err)
{
    struct decant_job *job = rehearse->job;
    struct pg_info *info = pg_info_copy(rehearse->info);
    char port[16];
    rehearse->rehearsal.what = job->options->sql.items[0];
    snprintf(port, sizeof port, "%d", proxy_port(rehearse->proxy));
    pg_info_set(info, "host", "127.0.0.1");
    pg_info_set(info, "hostaddr", "127.0.0.1");
    pg_info_set(info, "port", port);
    pg_info_set(info, "sslmode", "disable");
    pg_info_set(info, "dbname", rehearse->clone);
    bool ok = migration_run_files(&job->options->sql, info, rehearse->observer, &job->stop, err);
    pg_info_free(info);
    return ok;
}

static bool
run_command(struct rehearse *rehearse, struct decant_error *err)
{
    struct decant_job *job = rehearse->job;
    const struct migration_address address = { .port = proxy_port(rehearse->proxy),
                                               .user = rehearse->upstream.user,
                                               .database = rehearse->clone };
    rehearse->rehearsal.is_command = true;
    rehearse->rehearsal.what = job->options->command[0];
    return migration_run_command(job->options->command, &job->options->env, &address, &job->stop,
                                 &rehearse->rehearsal.status, err);
}

static bool
migrate(void *ctx, struct decant_error *err)
{
    struct rehearse *rehearse = ctx;
    bool ok = rehearse->job->options->command != NULL ? run_command(rehearse, err)
                                                      : run_files(rehearse, err);
    atomic_store(&rehearse->is_over, 1);
    return ok;
}

/* Dumps are taken where there are tools for them: what they would say is then missing. */
static bool
compare_schemas(struct rehearse *rehearse, struct pg_conn *before, struct pg_conn *after,
                struct decant_error *err)
{
    struct pg_tools tools;
    struct decant_error none = { 0 };
    struct buf old = { 0 }, new = { 0 };
    const struct decant_job *job = rehearse->job;
    if (!pg_tools_find(job->options->pg_bindir, pg_conn_version(before), &tools, &none))
        return true;
    bool ok = state_dump(&tools, before, job->application, &old, err) &&
              state_dump(&tools, after, job->application, &new, err);
    if (ok)
        state_compare_schemas(buf_str(&old), buf_str(&new), &rehearse->rehearsal);
    buf_deinit(&old);
    buf_deinit(&new);
    return ok;
}

/* What it left behind, beside the copy. */
static bool
compare(struct rehearse *rehearse, struct decant_error *err)
{
    struct pg_conn *before = connect_to(rehearse, rehearse->target, "before", err);
    struct pg_conn *after =
        before != NULL ? connect_to(rehearse, rehearse->clone, "after", err) : NULL;
    bool ok = after != NULL && pg_make_read_only(before, err) && pg_make_read_only(after, err) &&
              state_compare(before, after, &rehearse->rehearsal, err) &&
              compare_schemas(rehearse, before, after, err);
    pg_close(before);
    pg_close(after);
    return ok;
}

static void
judge(struct rehearse *rehearse)
{
    struct policy policy;
    policy_init(&policy);
    policy_judge(&policy, &rehearse->rehearsal);
}

/* All rows that a constraint failed for, in a clone as the first one was. */
static bool
count_violations(struct rehearse *rehearse, struct decant_error *err)
{
    const struct record *record = &rehearse->rehearsal.record;
    const struct decant_job *job = rehearse->job;
    int step = 0;
    while (step < record->nsteps && !violate_blames_rows(&record->steps[step]))
        step++;
    if (step == record->nsteps || job->options->keep_clone)
        return true;
    return database_drop(rehearse->admin, rehearse->clone, err) && make_clone(rehearse, err) &&
           violate_count(rehearse->direct, &job->stop, step, &rehearse->rehearsal, err);
}

static bool
run(struct rehearse *rehearse, struct decant_error *err)
{
    struct task tasks[] = { { migrate, rehearse }, { serve, rehearse } };
    bool ok = make_users(rehearse, err) && pipeline_tasks(tasks, 2, err) &&
              observer_finish(rehearse->observer, err);
    rehearse->rehearsal.before = observer_before(rehearse->observer);
    if (ok)
        rehearsal_feel(&rehearse->rehearsal);
    end_users(rehearse);
    return ok;
}

static bool
rehearse_it(struct rehearse *rehearse, struct decant_error *err)
{
    bool ok = connect_admin(rehearse, err) && make_clone(rehearse, err) &&
              make_proxy(rehearse, err) && run(rehearse, err) && compare(rehearse, err) &&
              count_violations(rehearse, err);
    if (ok)
        judge(rehearse);
    return ok;
}

/* The status says what the verdict says. */
static bool
conclude(const struct rehearsal *rehearsal, struct decant_error *err)
{
    const char *verdict = rehearsal_verdict(rehearsal);
    if (strcmp(verdict, "holds") == 0)
        return true;
    bool is_unseen = strcmp(verdict, "not observed") == 0;
    error_set(err, is_unseen ? DECANT_UNPUBLISHED : DECANT_CHECK, "the rehearsal %s",
              is_unseen                        ? "was not observed"
              : strcmp(verdict, "failed") == 0 ? "failed"
                                               : "breached the policy");
    if (rehearsal->record.nsteps == 0)
        error_hint(err, "nothing reached the database: does the command use DATABASE_URL or PG*?");
    return false;
}

static void
end(struct rehearse *rehearse)
{
    struct decant_error ignored = { 0 };
    end_users(rehearse);
    if (rehearse->direct != NULL)
        pg_info_free(rehearse->direct);
    proxy_free(rehearse->proxy);
    observer_free(rehearse->observer);
    if (rehearse->clone != NULL && !rehearse->job->options->keep_clone)
        database_drop(rehearse->admin, rehearse->clone, &ignored);
    pg_close(rehearse->admin);
    if (rehearse->info != NULL)
        pg_info_free(rehearse->info);
    rehearsal_deinit(&rehearse->rehearsal);
    arena_deinit(&rehearse->arena);
}

/* What is wrong with what was asked for, before anything is done. */
static bool
check_asked(const struct decant_options *options, const char *format, struct decant_error *err)
{
    bool has_files = options->sql.count > 0, has_command = options->command != NULL;
    if (!rehearsal_has_format(format)) {
        error_set(err, DECANT_USAGE, "there is no format '%s' of a rehearsal", format);
        return error_hint(err, "text, json, md, sarif, junit or html");
    }
    if (options->target == NULL) {
        error_set(err, DECANT_USAGE, "no copy to rehearse on");
        return error_hint(err, "name it with --on");
    }
    if (has_files == has_command) {
        error_set(err, DECANT_USAGE,
                  has_files ? "--sql and a command: one of them" : "nothing to rehearse");
        return error_hint(err, "decant rehearse --on COPY --sql FILE, or ... -- COMMAND");
    }
    return true;
}

#pragma GCC visibility push(default)

bool
decant_job_rehearse(struct decant_job *job, const char *format, char **text,
                    struct decant_error *err)
{
    struct rehearse rehearse = { .job = job };
    struct buf out = { 0 };
    if (!check_asked(job->options, format, err))
        return false;
    if (find_target(job, &rehearse.arena, &rehearse.target)) {
        arena_deinit(&rehearse.arena);
        return error_set(err, DECANT_REFUSED, "a SQLite copy cannot be rehearsed on yet");
    }
    bool ok = rehearse_it(&rehearse, err);
    if (ok) {
        rehearse.rehearsal.copy = rehearse.target;
        rehearsal_write(&rehearse.rehearsal, format, &out);
        *text = buf_steal(&out);
        ok = conclude(&rehearse.rehearsal, err);
    } else {
        job_explain_stop(job, err);
    }
    end(&rehearse);
    return ok;
}

#pragma GCC visibility pop
