/* SPDX-License-Identifier: PostgreSQL */
/* The connections of a pull to its source: one holds the snapshot and the locks, others read; or
 * one does it all. */
#include <assert.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "job/pull.h"
#include "pg/quote.h"
#include "pg/snapshot.h"

#define SECOND_CONNECTION_S "5"

enum { MAX_SNAPSHOTS = 5 };

int
pull_worker_count(const struct decant_options *options, const struct pg_conn *source)
{
    assert(options != NULL);
    enum { FAR_WORKERS = 3 }; /* at least, of a server that is mostly waited for */
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    int n = options->jobs >= 0 ? options->jobs : (int)(processors / 2);
    int most = options->jobs >= 0 ? MAX_WORKERS : 4;
    if (options->jobs < 0 && n < FAR_WORKERS && pg_conn_is_far(source))
        n = FAR_WORKERS;
    return n < 1 ? 1 : n > most ? most : n;
}

static bool
begin_session(struct pull_source *source, int lock_timeout_ms, struct decant_error *err)
{
    struct buf sql = { 0 };
    buf_printf(&sql, "SET lock_timeout = %d; RESET search_path; %s; SET search_path = ''",
               lock_timeout_ms, pg_path_sql);
    struct pg_result *r = pg_query_several(source->holder, buf_str(&sql), err);
    if (r != NULL)
        buf_puts(&source->search_path, pg_text(r, 0, 0));
    pg_result_free(r);
    buf_deinit(&sql);
    return r != NULL;
}

static bool
is_name(const struct type *type)
{
    return type != NULL && strcmp(type->schema, "pg_catalog") == 0 &&
           strncmp(type->name, "reg", 3) == 0;
}

/* SQL of the rules, and values that are names of objects, mean what the role finds on its path.
 * Where there are none nothing is searched: an owner of the database may have put names of hers
 * before those of others. */
void
reading_choose_names(struct pull *pull)
{
    assert(pull != NULL);
    pull->source.reads_names = pull->choice.rules != NULL && rules_hold_sql(pull->choice.rules);
    for (int i = 0; i < pull->source.catalog->ntables; i++)
        for (int j = 0; j < pull->source.catalog->tables[i].ncolumns; j++) {
            const struct type *type = pull->source.catalog->tables[i].columns[j].type;
            pull->source.reads_names |= is_name(type) || is_name(type->element);
        }
}

bool
reading_connect(struct pull *pull, struct decant_error *err)
{
    assert(pull != NULL);
    struct decant_job *job = pull->job;
    pull->source.holder = job_connect_source(job, err);
    if (pull->source.holder == NULL ||
        !begin_session(&pull->source, job->options->lock_timeout_ms, err) ||
        !catalog_load_server(pull->source.holder, &pull->arena, &pull->source.server, err))
        return false;
    if (pull->source.server.version < 130000)
        return error_set(err, DECANT_REFUSED, "the source is PostgreSQL %d; 13 is the oldest",
                         pull->source.server.version / 10000);
    pull->source.database = arena_strdup(&pull->arena, pg_conn_database(pull->source.holder));
    job_emit(job, DECANT_PHASE_CONNECTED, (struct decant_event){ .object = pull->source.database });
    return true;
}

/* Locks, snapshot and catalog. Between the selection and the locks another session may have changed
 * the tables; then the snapshot is taken anew. */
bool
reading_snapshot(struct pull *pull, struct decant_error *err)
{
    assert(pull != NULL);
    const struct decant_options *options = pull->job->options;
    for (int i = 0; i < MAX_SNAPSHOTS; i++) {
        struct selection now;
        bool same = false;
        if (!selection_load(pull->source.holder, options, &pull->arena, &pull->source.selection,
                            err))
            return false;
        sample_exclude(pull->choice.rules, &pull->source.selection);
        if (!access_load(pull->source.holder, &pull->source.selection,
                         pull->target.ops->loads_leaves ? ACCESS_DUMP : ACCESS_QUERIES,
                         &pull->arena, &pull->source.access, err) ||
            !access_require(&pull->source.access, err) ||
            (pull->source.access.needs_row_security &&
             !pg_exec(pull->source.holder, err, "SET row_security = on")))
            return false;
        const struct pg_relation *relations = pull->source.selection.relations;
        int n = pull->source.selection.nrelations;
        buf_reset(&pull->source.snapshot_id);
        struct decant_error failure = { 0 };
        bool begun = snapshot_begin(pull->source.holder, relations, n, options->lock_timeout_ms,
                                    &pull->source.snapshot_id, &pull->source.snapshot_s, &failure);
        bool gone = !begun && (strcmp(failure.sqlstate, "42P01") == 0 ||
                               strcmp(failure.sqlstate, "3F000") == 0);
        if (!begun && !gone) {
            *err = failure;
            return false;
        }
        if (begun && (!snapshot_verify(pull->source.holder, relations, n, &same, err) ||
                      !selection_load(pull->source.holder, options, &pull->arena, &now, err)))
            return false;
        sample_exclude(pull->choice.rules, &now);
        if (begun && same && selection_equal(&pull->source.selection, &now))
            return true;
        if (!pg_exec(pull->source.holder, err, "ROLLBACK"))
            return false;
    }
    return error_set(err, DECANT_UNAVAILABLE, "the source's tables change all the time");
}

/* Settings of a connection that reads rows, inside its transaction. Compiling a statement that only
 * reads and filters takes longer than it saves. */
static bool
set_reading(struct pull *pull, struct pg_conn *conn, struct decant_error *err)
{
    struct buf sql = { 0 };
    /* policies may call functions that mean names of the role, too */
    bool names = pull->source.reads_names || pull->source.access.needs_row_security;
    buf_printf(&sql,
               "SET LOCAL statement_timeout = %d; SET LOCAL row_security = %s;"
               " SET LOCAL jit = off; SELECT pg_catalog.set_config('search_path', ",
               pull->job->options->statement_timeout_ms,
               pull->source.access.needs_row_security ? "on" : "off");
    quote_literal(&sql, names ? buf_str(&pull->source.search_path) : "");
    buf_puts(&sql, ", true)");
    bool ok = pg_exec(conn, err, buf_str(&sql));
    buf_deinit(&sql);
    return ok;
}

static bool
attach_worker(struct pull *pull, int i, struct decant_error *err)
{
    char application[96];
    snprintf(application, sizeof application, "%sread%d", pull->job->application, i);
    struct pg_info *info = pg_conn_info(pull->source.holder);
    if (i == 0) /* behind a pooler it might wait for the end of the other one */
        pg_info_set(info, "connect_timeout", SECOND_CONNECTION_S);
    pull->source.workers[i] = pg_connect(info, application, &pull->job->stop, err);
    pg_info_free(info);
    return pull->source.workers[i] != NULL &&
           snapshot_attach(pull->source.workers[i], buf_str(&pull->source.snapshot_id), err) &&
           set_reading(pull, pull->source.workers[i], err);
}

/* The connection that holds the snapshot reads, too. */
static bool
attach_holder(struct pull *pull, struct decant_error *err)
{
    pull->source.workers[0] = pull->source.holder;
    pull->target.env.nworkers = 1;
    return set_reading(pull, pull->source.holder, err);
}

/* Why all is read on one connection; NULL: it is not. */
static const char *
only_connection(struct pull *pull)
{
    if (pull->job->options->jobs == 0)
        return "as -j 0 asks";
    if (pull->source.server.in_recovery && !snapshot_may_be_imported(pull->source.server.version))
        return "a standby of this release would lose sight of transactions, for everybody, if a "
               "snapshot were imported";
    return NULL;
}

static bool
attach_workers(struct pull *pull, struct decant_error *err)
{
    const char *why = only_connection(pull);
    struct decant_error failure = { 0 };
    bool ok = why == NULL;
    for (int i = 0; ok && i < pull->target.env.nworkers; i++)
        ok = attach_worker(pull, i, &failure);
    if (ok)
        return true;
    bool has_some = pull->source.workers[0] != NULL && why == NULL &&
                    pg_conn_is_attached(pull->source.workers[0]);
    if (has_some || failure.code == DECANT_CANCELLED) {
        *err = failure;
        return false;
    }
    pg_close(pull->source.workers[0]);
    pull->source.workers[0] = NULL;
    if (why == NULL && strncmp(failure.sqlstate, "53", 2) != 0) {
        /* a server that is going down takes none any more, and ends those that are there: what asks
         * it next finds out */
        const struct timespec moment = { .tv_nsec = 500 * 1000 * 1000 };
        nanosleep(&moment, NULL);
    }
    notes_add(&pull->notes, NOTE_ONE_CONNECTION, "connection", 0, "%s",
              why != NULL ? why : failure.message);
    return attach_holder(pull, err);
}

/* Who looks for waiting sessions uses the connection that holds the snapshot. */
bool
reading_begin(struct pull *pull, struct decant_error *err)
{
    assert(pull != NULL);
    if (!attach_workers(pull, err))
        return false;
    bool is_alone = pull->source.workers[0] == pull->source.holder;
    pull->target.env.may_connect = !is_alone || pull->source.server.in_recovery;
    pull->target.env.imports_snapshot = !is_alone;
    if (!is_alone)
        watch_begin(&pull->source.watch, pull->job, pull->source.holder);
    return true;
}

/* Ends the locks as soon as the rows are there. One connection keeps the snapshot, without locks,
 * to count orphans of the source if the copy has any; where there is but one, it takes a new one.
 */
bool
reading_end(struct pull *pull, struct decant_error *err)
{
    assert(pull != NULL);
    bool is_alone = pull->source.workers[0] == pull->source.holder;
    watch_end(&pull->source.watch);
    pull->source.held_ms = clock_ms() - pull->source.held_ms;
    pull->source.longest_ms = pg_conn_longest_ms(pull->source.holder);
    for (int i = 0; i < pull->target.env.nworkers; i++)
        if (pg_conn_longest_ms(pull->source.workers[i]) > pull->source.longest_ms)
            pull->source.longest_ms = pg_conn_longest_ms(pull->source.workers[i]);
    if (!pg_exec(pull->source.workers[0], err, "COMMIT"))
        return false;
    if (pull->target.ops->decodes &&
        !((is_alone ? pg_exec(pull->source.holder, err,
                              "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                    : snapshot_attach(pull->source.workers[0], buf_str(&pull->source.snapshot_id),
                                      err)) &&
          set_reading(pull, pull->source.workers[0], err)))
        return false;
    for (int i = 1; i < pull->target.env.nworkers; i++) {
        pg_close(pull->source.workers[i]);
        pull->source.workers[i] = NULL;
    }
    if (!is_alone)
        pg_close(pull->source.holder);
    pull->source.holder = NULL;
    pull->target.env.source = pull->source.workers[0];
    return true;
}
