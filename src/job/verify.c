/* SPDX-License-Identifier: PostgreSQL */
/* Proves a finished copy again, from the copy and its manifest; and beside its source, if asked. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/pipeline.h"
#include "key/digest.h"
#include "job/against.h"
#include "job/find.h"
#include "job/search.h"
#include "load/sink.h"
#include "report/manifest.h"

struct verify {
    struct decant_job *job;
    struct arena arena;
    const char *target;
    struct manifest manifest;
    struct manifest_note *notes;
    int nnotes;
    char sha256[DIGEST_HEX];
};

static bool
load_file_manifest(struct verify *verify, struct decant_error *err)
{
    const char *path;
    if (!find_of_file(verify->job, verify->target, &verify->arena, verify->sha256, &path, err) ||
        !manifest_load(path, &verify->arena, &verify->manifest, &verify->notes, &verify->nnotes,
                       err))
        return false;
    const char *expected = manifest_fact(&verify->manifest, "sha256");
    if (expected == NULL || strcmp(expected, verify->sha256) != 0)
        return error_set(err, DECANT_CHECK, "'%s' was changed since it was made", verify->target);
    return true;
}

static bool
check_integrity(void *ctx, struct decant_error *err)
{
    struct verify *verify = ctx;
    struct db *db;
    if (!db_open(verify->target, DB_READ, &verify->job->stop, &db, err))
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
check_file_keys(void *ctx, struct decant_error *err)
{
    struct verify *verify = ctx;
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

/* Values that reach somebody; nobody has the originals any more. Findings that were accepted when
 * the copy was made are accepted here. */
static bool
search(struct verify *verify, const struct scan_source *source, struct decant_error *err)
{
    struct rules_checks checks;
    const struct leak_finding *findings;
    const struct manifest *manifest = &verify->manifest;
    checks_init(&checks);
    checks.nallowed = manifest->nfindings;
    checks.allowed = ARENA_ARRAY(&verify->arena, struct rules_allow, manifest->nfindings + 1);
    for (int i = 0; i < manifest->nfindings; i++)
        checks.allowed[i] = (struct rules_allow){ .object = manifest->findings[i].name,
                                                  .pattern = manifest->findings[i].kind,
                                                  .why = manifest->findings[i].allowed };
    struct leak *leak = leak_new(&checks, NULL, &verify->arena);
    bool ok =
        search_copy(source, manifest->searched, manifest->nsearched, leak, &verify->arena, err);
    int n = ok ? leak_findings(leak, &findings) : 0;
    ok = ok && search_judge(verify->job, findings, n, err);
    leak_free(leak);
    return ok;
}

static bool
search_file(void *ctx, struct decant_error *err)
{
    struct verify *verify = ctx;
    const struct scan_source source = { .path = verify->target, .stop = &verify->job->stop };
    return verify->manifest.nsearched == 0 || search(verify, &source, err);
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

static bool
check_table(struct pg_conn *conn, const struct manifest_table *table, struct decant_error *err)
{
    struct pg_result *result = pg_query(conn, err, table->count_sql, 0, NULL);
    if (result == NULL)
        return error_context(err, "table '%s'", table->name);
    int64_t rows = pg_int(result, 0, 0);
    pg_result_free(result);
    return rows == table->rows ||
           error_set(err, DECANT_CHECK, "'%s' has %lld rows, the manifest says %lld", table->name,
                     (long long)rows, (long long)table->rows);
}

static bool
check_key(struct pg_conn *conn, const struct manifest_key *key, struct decant_error *err)
{
    struct pg_result *result = pg_query(conn, err, key->orphans_sql, 0, NULL);
    if (result == NULL)
        return error_context(err, "foreign key '%s' of '%s'", key->name, key->child);
    int64_t orphans = pg_int(result, 0, 0);
    pg_result_free(result);
    return orphans <= key->orphans ||
           error_set(err, DECANT_CHECK, "%lld rows of '%s' have no parent in '%s'",
                     (long long)orphans, key->child, key->parent);
}

static bool
verify_database(struct verify *verify, struct decant_error *err)
{
    struct pg_conn *conn = find_connect(verify->job, verify->target, err);
    if (conn == NULL)
        return false;
    const char *path = NULL, *label = NULL;
    bool ok = find_of_database(verify->job, conn, &verify->arena, &label, &path, err) &&
              manifest_load(path, &verify->arena, &verify->manifest, &verify->notes,
                            &verify->nnotes, err);
    if (ok) {
        /* The mark in the database, which ends its label, says which run made it. */
        const char *run = manifest_fact(&verify->manifest, "run");
        size_t len = run != NULL ? strlen(run) : 0, whole = strlen(label);
        if (len == 0 || len > whole || strcmp(label + whole - len, run) != 0)
            ok = error_set(err, DECANT_CHECK, "the manifest '%s' belongs to another copy", path);
    }
    for (int i = 0; ok && i < verify->manifest.ntables; i++)
        if (verify->manifest.tables[i].rows >= 0)
            ok = check_table(conn, &verify->manifest.tables[i], err);
    for (int i = 0; ok && i < verify->manifest.nkeys; i++)
        ok = check_key(conn, &verify->manifest.keys[i], err);
    const struct scan_source source = { .conn = conn, .stop = &verify->job->stop };
    if (ok && verify->manifest.nsearched > 0)
        ok = search(verify, &source, err);
    pg_close(conn);
    return ok;
}

/* Nothing but its bytes says what it is; the rest is for its source to say. */
static bool
verify_foreign(struct verify *verify, bool is_file, struct decant_error *err)
{
    return !is_file || check_integrity(verify, err);
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
    bool is_file = sink_for(job->options->target, &verify.target) == &sink_sqlite;
    bool with_source = job->options->source != NULL;
    bool ok = !with_source || find_is_foreign(job, verify.target, is_file, &is_foreign, err);
    if (ok)
        ok = is_foreign ? verify_foreign(&verify, is_file, err)
             : is_file  ? verify_file(&verify, err)
                        : verify_database(&verify, err);
    if (ok && with_source)
        ok = against_source(job, is_file ? &sink_made_file : &sink_made_database, verify.target,
                            is_foreign ? NULL : &verify.manifest, &foreign, err);
    if (ok)
        report(&verify, foreign);
    else
        job_explain_stop(job, err);
    arena_deinit(&verify.arena);
    return ok;
}

#pragma GCC visibility pop
