/* SPDX-License-Identifier: PostgreSQL */
/* Copies that are to be planned for like production. */
#include "job/volume.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "job/find.h"
#include "rehearse/amount.h"
#include "server/cluster.h"

enum { TOLD = 20 };

bool
volume_server(struct decant_job *job, struct pg_conn *conn, struct arena *arena,
              struct hole_server *server, bool *out, struct decant_error *err)
{
    assert(job != NULL && server != NULL && out != NULL);
    struct cluster home;
    struct decant_error none = { 0 };
    char data[300];
    *out = cluster_find(job->options->pg_bindir, &home, &none) && cluster_is_of(&home, conn, data);
    if (!*out)
        return true;
    server->folder = arena_strdup(arena, data);
    return hollow_look(conn, server, err);
}

struct voluming {
    struct decant_job *job;
    struct arena arena;
    struct pg_conn *conn;
    struct hole_server server;
    struct volume volume;
    struct buf *text;
};

/* The only connection: nobody else is to be in the database when it is looked at. */
static bool
begin(struct voluming *voluming, struct decant_error *err)
{
    struct decant_job *job = voluming->job;
    const char *target;
    struct pg_info *info;
    bool is_ours = false;
    if (job->options->target == NULL)
        return error_set(err, DECANT_USAGE, "no copy to change: decant volume hollow local:NAME");
    if (!find_target(job, &voluming->arena, &target)) {
        if (!pg_info_parse(target, "target", &info, err))
            return false;
        pg_info_set_stall(info, job->options->stall_timeout_ms);
        voluming->conn = pg_connect(info, job->application, &job->stop, err);
        pg_info_free(info);
        if (voluming->conn == NULL ||
            !volume_server(job, voluming->conn, &voluming->arena, &voluming->server, &is_ours, err))
            return false;
    }
    if (is_ours)
        return true;
    error_set(err, DECANT_REFUSED, "only copies of your own server have a volume: local:NAME");
    return error_hint(err, "the server's files are changed, and its statistics; make a copy with "
                           "decant pull --to local:NAME");
}

static bool
load_manifest(struct voluming *voluming, struct manifest *out, struct decant_error *err)
{
    const char *label, *path, *page;
    struct manifest_note *notes;
    int nnotes;
    struct arena *arena = &voluming->arena;
    if (!find_of_database(voluming->job, voluming->conn, arena, &label, &path, err) ||
        !manifest_load(path, arena, out, &notes, &nnotes, err))
        return false;
    if (out->nrelations == 0) {
        error_set(err, DECANT_CHECK, "the manifest of the copy tells no sizes");
        return error_hint(err, "an older version of decant made it: make the copy again");
    }
    page = manifest_fact(out, "page_bytes");
    return (page != NULL && atoi(page) == voluming->server.page_bytes) ||
           error_set(err, DECANT_REFUSED, "production's pages have %s bytes, and the server's %d",
                     page != NULL ? page : "0", voluming->server.page_bytes);
}

/* Of each reason a few: the same ones are told by a number. */
static void
tell_left_out(struct voluming *voluming)
{
    const struct volume *volume = &voluming->volume;
    int n = 0;
    for (int i = 0; i < volume->nrelations; i++) {
        const struct volume_relation *relation = &volume->relations[i];
        if (relation->why_not == NULL)
            continue;
        if (n++ < TOLD)
            buf_printf(voluming->text, "  %s: left as it is: %s\n", relation->name,
                       relation->why_not);
    }
    if (n > TOLD)
        buf_printf(voluming->text, "  and %d more\n", n - TOLD);
}

/* Of production's rows nobody knows: as many to a page as in the copy are planned for. */
static void
tell_guesses(struct voluming *voluming, const struct manifest *manifest)
{
    int nolder = 0, nnever = 0;
    for (int i = 0; i < manifest->nguesses; i++) {
        nolder += strcmp(manifest->guesses[i].how, "older") == 0;
        nnever += strcmp(manifest->guesses[i].how, "never") == 0;
    }
    if (nolder > 0)
        buf_printf(voluming->text,
                   "  %d table%s grown since ANALYZE there: rows are as its planner takes them\n",
                   nolder, nolder == 1 ? " has" : "s have");
    if (nnever > 0)
        buf_printf(voluming->text,
                   "  %d table%s never analyzed there: as many rows to a page as in the copy\n",
                   nnever, nnever == 1 ? " was" : "s were");
}

static void
tell_hollow(struct voluming *voluming, const struct manifest *manifest)
{
    const struct volume *volume = &voluming->volume;
    int ntables = 0, nindexes = 0;
    for (int i = 0; i < volume->nrelations; i++) {
        const struct volume_relation *relation = &volume->relations[i];
        bool is_set = relation->why_not == NULL && relation->file != 0;
        ntables += is_set && (relation->kind == 'r' || relation->kind == 'm');
        nindexes += is_set && relation->kind == 'i';
    }
    buf_printf(voluming->text,
               "as large as production to the planner: %d tables and %d indexes, %s; what was not "
               "there takes no room\n",
               ntables, nindexes, amount_bytes(&voluming->arena, (double)volume->bytes));
    tell_guesses(voluming, manifest);
    tell_left_out(voluming);
    buf_puts(voluming->text, "ask for plans only: a statement that reads a whole table reads all "
                             "its pages; ANALYZE, or rewriting a table, undoes it for that table, "
                             "and 'decant volume hollow' again mends it\n");
}

static bool
make_hollow(struct voluming *voluming, struct decant_error *err)
{
    struct manifest manifest;
    bool ok =
        load_manifest(voluming, &manifest, err) &&
        volume_look(voluming->conn, &manifest, NULL, &voluming->arena, &voluming->volume, err) &&
        hollow_keep(voluming->conn, &voluming->volume, err) &&
        hollow_make(voluming->conn, &voluming->server, &voluming->volume, err);
    if (ok)
        tell_hollow(voluming, &manifest);
    return ok;
}

static bool
make_solid(struct voluming *voluming, struct decant_error *err)
{
    bool ok = hollow_undo(voluming->conn, err);
    if (ok)
        buf_puts(voluming->text, "as large as its rows are\n");
    return ok;
}

static const struct {
    const char *name;
    bool (*run)(struct voluming *voluming, struct decant_error *err);
} verbs[] = { { "hollow", make_hollow }, { "solid", make_solid } };

#pragma GCC visibility push(default)

bool
decant_job_volume(struct decant_job *job, const char *verb, char **text, struct decant_error *err)
{
    struct buf out = { 0 };
    struct voluming voluming = { .job = job, .text = &out };
    size_t i = 0, n = sizeof verbs / sizeof *verbs;
    *text = NULL;
    while (i < n && (verb == NULL || strcmp(verbs[i].name, verb) != 0))
        i++;
    if (i == n) {
        error_set(err, DECANT_USAGE,
                  verb == NULL ? "'decant volume' needs a verb" : "there is no 'decant volume %s'",
                  verb);
        return error_hint(err, "hollow COPY, solid COPY");
    }
    bool ok = begin(&voluming, err) && verbs[i].run(&voluming, err);
    if (!ok)
        job_explain_stop(job, err);
    volume_deinit(&voluming.volume);
    pg_close(voluming.conn);
    arena_deinit(&voluming.arena);
    *text = ok ? buf_steal(&out) : NULL;
    buf_deinit(&out);
    return ok;
}

#pragma GCC visibility pop
