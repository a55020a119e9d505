/* SPDX-License-Identifier: PostgreSQL */
/* Rehearsals on a clone of a PostgreSQL copy. */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/pipeline.h"
#include "job/find.h"
#include "job/rehearse.h"
#include "load/database.h"
#include "load/settings.h"
#include "rehearse/beyond.h"
#include "rehearse/migration.h"
#include "rehearse/state.h"
#include "rehearse/violate.h"

enum { CONFIRM_MS = 60000 }; /* the source is not to work longer for one count */

struct pg_conn *
rehearse_connect(struct rehearse *rehearse, const char *database, const char *role,
                 struct decant_error *err)
{
    assert(rehearse != NULL && database != NULL);
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
        rehearse->admin = rehearse_connect(rehearse, databases[i], "admin", err);
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

/* Statements mean what they mean in the copy: its search_path, its time zone. */
static bool
carry_settings(struct rehearse *rehearse, struct decant_error *err)
{
    struct notes ignored;
    notes_init(&ignored);
    bool ok = settings_carry(rehearse->admin, rehearse->target, rehearse->clone, &ignored, err);
    notes_deinit(&ignored);
    return ok;
}

/* Its clone would have pages of zeros where it has holes, and times be those of reading them. */
static bool
refuse_hollow(struct rehearse *rehearse, struct decant_error *err)
{
    bool is_hollow;
    if (!hollow_is_kept(rehearse->admin, rehearse->target, &is_hollow, err) || !is_hollow)
        return err->code == DECANT_OK;
    error_set(err, DECANT_REFUSED, "'%s' is hollow", rehearse->target);
    return error_hint(err,
                      "decant volume solid local:%s; queries are planned as for production "
                      "without it",
                      rehearse->target);
}

static bool
make_clone(struct rehearse *rehearse, struct decant_error *err)
{
    return refuse_hollow(rehearse, err) &&
           database_drop_clones(rehearse->admin, rehearse->target, err) &&
           database_clone(rehearse->admin, &rehearse->arena, rehearse->target, rehearse->job->run,
                          &rehearse->clone, err) &&
           carry_settings(rehearse, err);
}

/* Where the server listens: a directory, or an address. */
void
rehearse_set_upstream(struct rehearse *rehearse)
{
    assert(rehearse != NULL);
    if (rehearse->direct != NULL)
        pg_info_free(rehearse->direct);
    const struct pg_info *info = rehearse->info;
    const char *address = pg_info_get(info, "hostaddr");
    rehearse->upstream = (struct proxy_upstream){
        .host = address != NULL && address[0] != '\0' ? address : pg_info_get(info, "host"),
        .port = pg_info_get(info, "port"),
        .database = rehearse->clone,
        .user = pg_conn_user(rehearse->admin),
    };
    rehearse->direct = pg_info_copy(info);
    pg_info_set(rehearse->direct, "dbname", rehearse->clone);
}

static bool
make_proxy(struct rehearse *rehearse, struct record *record, struct decant_error *err)
{
    struct pg_conn *conn = rehearse_connect(rehearse, rehearse->clone, "observer", err);
    if (conn == NULL)
        return false;
    int version = pg_conn_version(conn);
    rehearse->rehearsal.server =
        arena_printf(&rehearse->arena, "PostgreSQL %d.%d", version / 10000, version % 10000);
    rehearse->observer = observer_new(conn, record, err);
    return rehearse->observer != NULL &&
           proxy_new(&rehearse->upstream, observer_hooks(rehearse->observer), &rehearse->proxy,
                     err);
}

void
rehearse_end_proxy(struct rehearse *rehearse)
{
    assert(rehearse != NULL);
    proxy_free(rehearse->proxy);
    observer_free(rehearse->observer);
    rehearse->proxy = NULL;
    rehearse->observer = NULL;
}

/* Who would feel it, while it runs. */
static bool
make_users(struct rehearse *rehearse, struct decant_error *err)
{
    int reader_ms = rehearse->job->options->reader_ms;
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
run_files(struct rehearse *rehearse, const struct decant_words *files, struct decant_error *err)
{
    const struct decant_job *job = rehearse->job;
    struct pg_info *info = pg_info_copy(rehearse->direct);
    char port[16];
    snprintf(port, sizeof port, "%d", proxy_port(rehearse->proxy));
    pg_info_set(info, "host", "127.0.0.1");
    pg_info_set(info, "hostaddr", "127.0.0.1");
    pg_info_set(info, "port", port);
    pg_info_set(info, "sslmode", "disable");
    pg_info_set_stall(info, 0); /* a statement may take its time; the proxy sees the server end */
    bool ok = migration_run_files(files, info, rehearse->observer, &job->stop, err);
    pg_info_free(info);
    return ok;
}

static bool
run_command(struct rehearse *rehearse, const char *const *command, int *status,
            struct decant_error *err)
{
    const struct decant_job *job = rehearse->job;
    char passfile[64];
    int fd;
    if (!pg_tool_password(rehearse->admin, &fd, err))
        return false;
    snprintf(passfile, sizeof passfile, "/proc/self/fd/%d", fd);
    const struct migration_address address = { .port = proxy_port(rehearse->proxy),
                                               .user = rehearse->upstream.user,
                                               .database = rehearse->clone,
                                               .passfile = fd >= 0 ? passfile : NULL };
    bool ok = migration_run_command(command, &job->options->env, &address, &job->stop, status, err);
    if (fd >= 0)
        close(fd);
    return ok;
}

/* What is run: files, or a command. */
struct way {
    struct rehearse *rehearse;
    const struct decant_words *files;
    const char *const *command; /* NULL: files */
    int *status;
};

static bool
migrate(void *ctx, struct decant_error *err)
{
    const struct way *way = ctx;
    bool ok = way->command != NULL ? run_command(way->rehearse, way->command, way->status, err)
                                   : run_files(way->rehearse, way->files, err);
    atomic_store(&way->rehearse->is_over, 1);
    return ok;
}

static bool
serve(void *ctx, struct decant_error *err)
{
    const struct way *way = ctx;
    return proxy_run(way->rehearse->proxy, &way->rehearse->is_over, err);
}

static bool
go(struct way *way, struct decant_error *err)
{
    struct task tasks[] = { { migrate, way }, { serve, way } };
    atomic_store(&way->rehearse->is_over, 0);
    return pipeline_tasks(tasks, 2, err) && observer_finish(way->rehearse->observer, err);
}

/* Dumps are taken where there are tools for them: what they would say is then missing. */
static bool
compare_schemas(struct rehearse *rehearse, struct pg_conn *before, struct pg_conn *after,
                struct change **changes, int *n, struct decant_error *err)
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
        state_compare_schemas(buf_str(&old), buf_str(&new), &rehearse->rehearsal.arena, changes, n);
    rehearse->rehearsal.has_schema = ok;
    buf_deinit(&old);
    buf_deinit(&new);
    return ok;
}

/* The copy and the clone, beside each other; neither can be written to. */
static bool
connect_both(struct rehearse *rehearse, struct pg_conn *both[2], struct decant_error *err)
{
    both[0] = rehearse_connect(rehearse, rehearse->target, "before", err);
    both[1] = both[0] != NULL ? rehearse_connect(rehearse, rehearse->clone, "after", err) : NULL;
    return both[1] != NULL && pg_make_read_only(both[0], err) && pg_make_read_only(both[1], err);
}

/* What it left behind. */
static bool
compare(struct rehearse *rehearse, struct decant_error *err)
{
    struct pg_conn *both[2] = { NULL, NULL };
    struct rehearsal *out = &rehearse->rehearsal;
    bool ok = connect_both(rehearse, both, err) && state_compare(both[0], both[1], out, err) &&
              compare_schemas(rehearse, both[0], both[1], &out->changes, &out->nchanges, err);
    pg_close(both[0]);
    pg_close(both[1]);
    return ok;
}

/* ---- once more, and back */

static bool
run_again(struct rehearse *rehearse, struct way *way, struct rerun *out, struct decant_error *err)
{
    rehearse_end_proxy(rehearse);
    out->was_run = true;
    out->is_command = way->command != NULL;
    way->status = &out->status;
    return make_proxy(rehearse, &out->record, err) && go(way, err);
}

static bool
run_twice(struct rehearse *rehearse, struct decant_error *err)
{
    const struct decant_options *options = rehearse->job->options;
    struct way way = { rehearse, &options->sql, options->command, NULL };
    return !options->twice || rehearsal_has_failed(&rehearse->rehearsal) ||
           run_again(rehearse, &way, &rehearse->rehearsal.twice, err);
}

bool
rehearse_run_there(struct rehearse *rehearse, struct decant_error *err)
{
    assert(rehearse != NULL);
    const struct decant_options *options = rehearse->job->options;
    struct way way = { rehearse, &options->sql, options->command, NULL };
    bool ok = run_again(rehearse, &way, &rehearse->rehearsal.there, err);
    rehearse_end_proxy(rehearse);
    return ok;
}

/* The way back: a file where the name says so, else a command for the shell. What it leaves is to
 * be the schema of the copy. */
static bool
run_down(struct rehearse *rehearse, struct decant_error *err)
{
    const char *down = rehearse->job->options->down;
    struct rehearsal *out = &rehearse->rehearsal;
    if (down == NULL || rehearsal_has_failed(out))
        return true;
    size_t len = strlen(down);
    bool is_file = len > 4 && strcmp(down + len - 4, ".sql") == 0;
    const char *const command[] = { "sh", "-c", down, NULL };
    struct decant_words files = { &down, 1 };
    struct way way = { rehearse, &files, is_file ? NULL : command, NULL };
    struct pg_conn *both[2] = { NULL, NULL };
    bool ok = run_again(rehearse, &way, &out->down, err) && connect_both(rehearse, both, err) &&
              compare_schemas(rehearse, both[0], both[1], &out->down_changes, &out->ndown, err);
    pg_close(both[0]);
    pg_close(both[1]);
    return ok;
}

/* ---- rows that broke something */

/* How many rows of the source the same is true of. */
static bool
confirm(struct rehearse *rehearse, struct decant_error *err)
{
    struct rehearsal *out = &rehearse->rehearsal;
    if (rehearse->job->options->source == NULL || out->nviolations == 0)
        return true;
    struct pg_conn *conn = job_connect_source(rehearse->job, err);
    bool ok = conn != NULL && pg_make_read_only(conn, err) &&
              pg_execf(conn, err, "SET lock_timeout = %d; SET statement_timeout = %d",
                       rehearse->job->options->lock_timeout_ms, CONFIRM_MS);
    for (int i = 0; ok && i < out->nviolations; i++) {
        struct violation *violation = &out->violations[i];
        struct decant_error cannot = { 0 }; /* a column may be the migration's own */
        struct pg_result *r =
            violation->sql != NULL ? pg_query(conn, &cannot, violation->sql, 0, NULL) : NULL;
        violation->there = r != NULL ? pg_int(r, 0, 0) : -1;
        pg_result_free(r);
    }
    pg_close(conn);
    return ok;
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
    bool has_failed = job->options->goes_on ? record_failed(record) != NULL : step < record->nsteps;
    if (!has_failed || job->options->keep_clone)
        return true;
    rehearse_end_proxy(rehearse);
    if (!database_drop(rehearse->admin, rehearse->clone, err) || !make_clone(rehearse, err))
        return false;
    bool ok = job->options->command == NULL
                  ? beyond_find(rehearse->direct, &job->options->sql, job->options->goes_on,
                                &job->stop, &rehearse->rehearsal, err)
                  : violate_count(rehearse->direct, &job->stop, step, &rehearse->rehearsal, err);
    return ok && confirm(rehearse, err);
}

static bool
run(struct rehearse *rehearse, struct decant_error *err)
{
    const struct decant_options *options = rehearse->job->options;
    struct rehearsal *out = &rehearse->rehearsal;
    struct way way = { rehearse, &options->sql, options->command, &out->status };
    out->is_command = options->command != NULL;
    out->what = out->is_command ? options->command[0] : options->sql.items[0];
    if (!make_proxy(rehearse, &out->record, err))
        return false;
    observer_take_before(rehearse->observer, &rehearse->before);
    out->before = &rehearse->before;
    bool ok = make_users(rehearse, err) && go(&way, err);
    if (ok)
        rehearsal_feel(out);
    end_users(rehearse);
    return ok;
}

/* What its manifest says, which is found by what the database says of itself. */
static void
load_manifest(struct rehearse *rehearse)
{
    struct decant_error none = { 0 };
    const char *label, *path;
    struct pg_conn *conn = rehearse_connect(rehearse, rehearse->target, "before", &none);
    if (conn != NULL &&
        find_of_database(rehearse->job, conn, &rehearse->arena, &label, &path, &none))
        rehearse_load_manifest(rehearse, path, false);
    pg_close(conn);
}

bool
rehearse_on_database(struct rehearse *rehearse, struct decant_error *err)
{
    bool ok = rehearse_load_policy(rehearse, err) && connect_admin(rehearse, err) &&
              make_clone(rehearse, err);
    if (!ok)
        return false;
    load_manifest(rehearse);
    rehearse_set_upstream(rehearse);
    ok = rehearse_plan_before(rehearse, err) && run(rehearse, err) &&
         rehearse_plan_after(rehearse, err) && compare(rehearse, err) && run_twice(rehearse, err) &&
         run_down(rehearse, err) && count_violations(rehearse, err) &&
         rehearse_there(rehearse, err);
    if (ok && rehearse->job->options->keep_clone) {
        rehearse_end_proxy(rehearse);
        ok = database_keep_clone(rehearse->admin, &rehearse->arena, rehearse->clone,
                                 rehearse->target, rehearse->job->run, &rehearse->rehearsal.kept,
                                 err);
    }
    if (ok)
        rehearse_judge(rehearse);
    return ok;
}

/* Also when the job was stopped, which its own connections watch. */
static void
drop_clones(struct rehearse *rehearse)
{
    static const atomic_int never = 0;
    struct decant_error ignored = { 0 };
    char application[96];
    bool is_left = rehearse->clone != NULL && rehearse->rehearsal.kept == NULL;
    if (!is_left && rehearse->hollow == NULL)
        return;
    snprintf(application, sizeof application, "%send", rehearse->job->application);
    struct pg_info *info = pg_info_copy(rehearse->info);
    pg_info_set(info, "dbname", pg_conn_database(rehearse->admin));
    struct pg_conn *conn = pg_connect(info, application, &never, &ignored);
    if (conn != NULL && is_left)
        database_drop(conn, rehearse->clone, &ignored);
    if (conn != NULL && rehearse->hollow != NULL)
        database_drop(conn, rehearse->hollow, &ignored);
    pg_close(conn);
    pg_info_free(info);
}

void
rehearse_end_database(struct rehearse *rehearse)
{
    end_users(rehearse);
    rehearse_end_proxy(rehearse);
    rehearse_end_plans(rehearse);
    if (rehearse->direct != NULL)
        pg_info_free(rehearse->direct);
    drop_clones(rehearse);
    pg_close(rehearse->admin);
    if (rehearse->info != NULL)
        pg_info_free(rehearse->info);
}
