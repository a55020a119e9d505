/* SPDX-License-Identifier: PostgreSQL */
/* Proves a finished copy again, from the copy and its manifest; and beside its source, if asked. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/pipeline.h"
#include "job/against.h"
#include "job/find.h"
#include "job/text_target.h"
#include "job/pulse.h"
#include "leak/search.h"
#include "key/digest.h"
#include "load/foreign_keys.h"
#include "load/sink.h"
#include "report/manifest.h"

/* What is looked at, side by side; in the order in which it is told. */
enum proof { PROOF_BYTES, PROOF_INTEGRITY, PROOF_KEYS, PROOF_SEARCH, PROOFS };

struct verify {
    struct decant_job *job;
    struct arena arena;
    const char *target;
    const char *path; /* of the manifest; NULL: there is none */
    struct manifest manifest;
    struct manifest_note *notes;
    int nnotes;
    struct pulse pulse;
    char sha256[DIGEST_HEX];
    bool is_done[PROOFS];               /* it was looked at */
    struct decant_error failed[PROOFS]; /* what was found; code 0: it is good */
};

/* What is found does not end the others; what keeps from looking does. */
static bool
settle(struct verify *verify, enum proof proof, bool ok, const struct decant_error *failure,
       struct decant_error *err)
{
    bool is_finding = !ok && (failure->code == DECANT_CHECK || failure->code == DECANT_LEAK);
    verify->is_done[proof] = ok || is_finding;
    if (is_finding)
        verify->failed[proof] = *failure;
    else if (!ok)
        *err = *failure;
    return ok || is_finding;
}

static bool
load_file_manifest(struct verify *verify, struct decant_error *err)
{
    const char *path = NULL;
    struct decant_error changed = { 0 };
    if (!find_of_file(verify->job, verify->target, &verify->arena, verify->sha256, &path, err) ||
        !manifest_load(path, &verify->arena, &verify->manifest, &verify->notes, &verify->nnotes,
                       err))
        return false;
    const char *expected = manifest_fact(&verify->manifest, "sha256");
    bool same = expected != NULL && strcmp(expected, verify->sha256) == 0;
    if (!same)
        find_changed(verify->target, &changed);
    verify->path = path;
    return settle(verify, PROOF_BYTES, same, &changed, err);
}

static bool
find_damage(struct verify *verify, struct decant_error *err)
{
    struct db *db;
    if (!db_open(verify->target, DB_PROVE, &verify->job->stop, &db, err))
        return false;
    struct db_stmt *stmt = db_prepare(db, "PRAGMA integrity_check(1)", err);
    bool ok = stmt != NULL && db_step(stmt, err) == 1;
    if (ok && strcmp(db_text(stmt, 0), "ok") != 0)
        ok = error_set(err, DECANT_CHECK, "the copy is damaged: %s", db_text(stmt, 0));
    db_finalize(stmt);
    db_close(db);
    return ok;
}

static bool
check_integrity(void *ctx, struct decant_error *err)
{
    struct decant_error failure = { 0 };
    bool ok = find_damage(ctx, &failure);
    return settle(ctx, PROOF_INTEGRITY, ok, &failure, err);
}

static bool
find_orphans(struct verify *verify, struct decant_error *err)
{
    struct db *db;
    if (!db_open(verify->target, DB_READ, &verify->job->stop, &db, err))
        return false;
    struct db_stmt *stmt = db_prepare(
        db, "SELECT \"table\", parent, count(*) FROM pragma_foreign_key_check GROUP BY 1, 2", err);
    int n = stmt == NULL ? -1 : db_step(stmt, err);
    if (n > 0)
        error_set(err, DECANT_CHECK, "%lld rows of '%s' have no parent in '%s'",
                  (long long)db_column_int(stmt, 2), db_text(stmt, 0), db_text(stmt, 1));
    db_finalize(stmt);
    db_close(db);
    return n == 0;
}

static bool
check_file_keys(void *ctx, struct decant_error *err)
{
    struct decant_error failure = { 0 };
    bool ok = find_orphans(ctx, &failure);
    return settle(ctx, PROOF_KEYS, ok, &failure, err);
}

static bool
search(struct verify *verify, const struct search_env *env, struct decant_error *err)
{
    struct decant_error failure = { 0 };
    if (verify->manifest.nsearched == 0) /* no column is masked */
        return true;
    bool ok = leaks_search_again(verify->job, &verify->manifest, env, &verify->arena, &failure);
    return settle(verify, PROOF_SEARCH, ok, &failure, err);
}

static bool
open_file(void *ctx, struct scan_source *out, struct decant_error *err)
{
    const struct verify *verify = ctx;
    return scan_open_file(verify->target, &verify->job->stop, out, err);
}

static bool
search_file(void *ctx, struct decant_error *err)
{
    struct verify *verify = ctx;
    const struct search_env env = { .open = open_file,
                                    .ctx = verify,
                                    .most = job_reader_count(verify->job->options),
                                    .rows = &verify->pulse.rows };
    return search(verify, &env, err);
}

static bool
verify_file(struct verify *verify, struct decant_error *err)
{
    if (!load_file_manifest(verify, err))
        return false;
    /* The digest says that these are the bytes whose rows were counted when they were made. */
    struct task tasks[] = { { check_integrity, verify },
                            { check_file_keys, verify },
                            { search_file, verify } };
    return pipeline_tasks(tasks, 3, err);
}

/* ---- a database: it says itself what it has, and the manifest what it is to have */

static const struct table *
table_called(const struct catalog *catalog, const char *name)
{
    for (int i = 0; i < catalog->ntables; i++)
        if (table_is_called(&catalog->tables[i], name))
            return &catalog->tables[i];
    return NULL;
}

static bool
check_rows(struct pg_conn *conn, const struct catalog *catalog, const struct manifest_table *was,
           struct decant_error *err)
{
    const struct table *table = table_called(catalog, was->name);
    if (was->rows < 0)
        return true;
    if (table == NULL)
        return error_set(err, DECANT_CHECK, "'%s' is not in the copy any more", was->name);
    int64_t rows = sink_postgres_count(conn, table, err);
    if (rows < 0 && strcmp(err->sqlstate, "42501") == 0) {
        error_set(err, DECANT_CHECK,
                  "the rows of '%s' cannot be counted: this role may not see "
                  "all of them",
                  was->name);
        return error_hint(err, "a role that row security does not bind can verify the copy");
    }
    if (rows < 0)
        return error_context(err, "table '%s'", was->name);
    return rows == was->rows ||
           error_set(err, DECANT_CHECK, "'%s' has %lld rows, the manifest says %lld", was->name,
                     (long long)rows, (long long)was->rows);
}

static bool
check_key(struct pg_conn *conn, const struct catalog *catalog, const struct plan *plan,
          const struct manifest_key *was, struct decant_error *err)
{
    const struct plan_key *key = NULL;
    const struct table *child = table_called(catalog, was->child);
    for (int i = 0; i < plan->nkeys && key == NULL; i++)
        if (plan->keys[i].child == child && strcmp(plan->keys[i].key->name, was->name) == 0)
            key = &plan->keys[i];
    if (key == NULL)
        return error_set(err, DECANT_CHECK, "the copy has no foreign key '%s' of '%s' any more",
                         was->name, was->child);
    int64_t orphans;
    if (!foreign_keys_count_orphans(conn, key, &orphans, err))
        return error_context(err, "foreign key '%s' of '%s'", was->name, was->child);
    return orphans <= was->orphans ||
           error_set(err, DECANT_CHECK, "%lld rows of '%s' have no parent in '%s'",
                     (long long)orphans, was->child, was->parent);
}

/* The mark in the database, which ends its label, says which run made it. */
static bool
load_database_manifest(struct verify *verify, struct pg_conn *conn, struct decant_error *err)
{
    const char *path = NULL, *label = NULL;
    if (!find_of_database(verify->job, conn, &verify->arena, &label, &path, err) ||
        !manifest_load(path, &verify->arena, &verify->manifest, &verify->notes, &verify->nnotes,
                       err))
        return false;
    verify->path = path;
    const char *run = manifest_fact(&verify->manifest, "run");
    size_t len = run != NULL ? strlen(run) : 0, whole = strlen(label);
    return (len > 0 && len <= whole && strcmp(label + whole - len, run) == 0) ||
           error_set(err, DECANT_CHECK, "the manifest '%s' belongs to another copy", path);
}

static bool
check_database(struct verify *verify, struct pg_conn *conn, struct decant_error *err)
{
    struct decant_options all;
    struct selection selection;
    const struct catalog *catalog;
    struct plan plan;
    struct notes ignored;
    struct decant_error rows = { 0 }, keys = { 0 };
    decant_options_init(&all);
    notes_init(&ignored);
    bool ok = selection_load(conn, &all, &verify->arena, &selection, err) &&
              catalog_load(conn, &selection, &verify->arena, &catalog, err) &&
              plan_build(catalog, true, false, &verify->arena, &ignored, &plan, err);
    bool rows_hold = ok, keys_hold = ok;
    for (int i = 0; rows_hold && i < verify->manifest.ntables; i++)
        rows_hold = check_rows(conn, catalog, &verify->manifest.tables[i], &rows);
    for (int i = 0; keys_hold && i < verify->manifest.nkeys; i++)
        keys_hold = check_key(conn, catalog, &plan, &verify->manifest.keys[i], &keys);
    notes_deinit(&ignored);
    return ok && settle(verify, PROOF_BYTES, rows_hold, &rows, err) &&
           settle(verify, PROOF_KEYS, keys_hold, &keys, err);
}

/* The connection that is there, which the search ends. Somebody may write meanwhile: in one
 * snapshot what moves from one page to another is read once. */
static bool
take_connection(void *ctx, struct scan_source *out, struct decant_error *err)
{
    struct scan_source *source = ctx;
    *out = *source;
    source->conn = NULL;
    return pg_exec(out->conn, err, "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY");
}

static bool
verify_database(struct verify *verify, struct decant_error *err)
{
    struct scan_source source = { .conn = find_connect(verify->job, verify->target, err),
                                  .stop = &verify->job->stop };
    /* one reader: others would see another state */
    const struct search_env env = {
        .open = take_connection, .ctx = &source, .most = 1, .rows = &verify->pulse.rows
    };
    bool ok = source.conn != NULL && load_database_manifest(verify, source.conn, err) &&
              check_database(verify, source.conn, err) && search(verify, &env, err);
    scan_end(&source);
    return ok;
}

/* Nothing but its bytes says what it is; the rest is for its source to say. */
static bool
verify_foreign(struct verify *verify, bool is_file, struct decant_error *err)
{
    return !is_file || check_integrity(verify, err);
}

/* ---- what was found */

/* Says in words what is good, and what is not; the worst of that is the error. */
static bool
tell(struct verify *verify, bool is_file, struct decant_error *err)
{
    const char *good[PROOFS] = {
        [PROOF_BYTES] = is_file ? "its bytes are those that were published"
                                : "its tables have the rows that were published",
        [PROOF_INTEGRITY] = "the file is sound, and its rows satisfy its constraints",
        [PROOF_KEYS] = "its foreign keys hold, but for orphans that the source has, too",
        [PROOF_SEARCH] = "it contains no value that could belong to a real person",
    };
    const struct decant_error *worst = NULL;
    for (int i = 0; i < PROOFS; i++)
        if (verify->is_done[i] && verify->failed[i].code != DECANT_OK)
            worst = &verify->failed[i];
    if (worst == NULL) /* what the run found out still holds */
        job_emit_verdict(verify->job, verify->path);
    worst = NULL;
    for (int i = 0; i < PROOFS; i++) {
        const struct decant_error *failed = &verify->failed[i];
        if (!verify->is_done[i])
            continue;
        bool is_good = failed->code == DECANT_OK;
        job_emit(verify->job, DECANT_PHASE_PROVED,
                 (struct decant_event){ .object = verify->target,
                                        .kind = is_good ? "good" : "bad",
                                        .detail = is_good ? good[i] : failed->message });
        if (!is_good && (worst == NULL || failed->code == DECANT_LEAK))
            worst = failed;
    }
    if (worst != NULL)
        *err = *worst;
    return worst == NULL;
}

static void
report(struct verify *verify, struct decant_event done)
{
    for (int i = 0; i < verify->nnotes; i++) {
        const struct manifest_note *note = &verify->notes[i];
        job_emit(verify->job, DECANT_PHASE_NOT_CARRIED,
                 (struct decant_event){ .object = note->object,
                                        .kind = note->kind,
                                        .reason = note->reason,
                                        .detail = note->consequence,
                                        .hint = note->hint,
                                        .count = note->count });
    }
    done.object = verify->job->options->target;
    for (int i = 0; i < verify->manifest.ntables; i++) {
        done.rows += verify->manifest.tables[i].rows > 0 ? verify->manifest.tables[i].rows : 0;
        done.tables += verify->manifest.tables[i].rows >= 0;
    }
    done.tables_total += verify->manifest.ntables;
    job_emit(verify->job, DECANT_PHASE_DONE, done);
}

#pragma GCC visibility push(default)

bool
decant_job_verify(struct decant_job *job, struct decant_error *err)
{
    struct verify verify = { .job = job };
    struct decant_event foreign = { 0 };
    bool is_foreign = false;
    if (job->options->target == NULL)
        return error_set(err, DECANT_USAGE, "no copy to verify");
    if (text_is_target(job->options->target)) {
        error_set(err, DECANT_USAGE, "'%s' is SQL text", job->options->target);
        return error_hint(err, "a database that is made of it can be verified beside its source: "
                               "decant verify COPY --source SOURCE");
    }
    bool is_file = find_target(job, &verify.arena, &verify.target);
    bool with_source = job->options->source != NULL;
    pulse_begin(&verify.pulse, job);
    pulse_enter(&verify.pulse, PULSE_CHECKING, 0, 0);
    bool ok = !with_source || find_is_foreign(job, verify.target, is_file, &is_foreign, err);
    if (ok)
        ok = (is_foreign ? verify_foreign(&verify, is_file, err)
              : is_file  ? verify_file(&verify, err)
                         : verify_database(&verify, err)) &&
             tell(&verify, is_file, err);
    if (ok && with_source && verify.manifest.namplified > 0) {
        ok =
            error_set(err, DECANT_REFUSED, "its rows are replicas, which the source does not have");
        error_hint(err, "verify the copy that it was made of beside the source");
    }
    if (ok && with_source)
        ok = against_source(job, is_file ? &sink_made_file : &sink_made_database, verify.target,
                            is_foreign ? NULL : &verify.manifest, &foreign, err);
    if (!ok && strcmp(err->sqlstate, "42501") == 0 && err->hint[0] == '\0')
        error_hint(err, "row security may hide rows from this role: a superuser, or a role with "
                        "BYPASSRLS, can verify the copy");
    pulse_end(&verify.pulse);
    if (ok)
        report(&verify, foreign);
    else
        job_explain_stop(job, err);
    arena_deinit(&verify.arena);
    return ok;
}

#pragma GCC visibility pop
