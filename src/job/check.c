/* SPDX-License-Identifier: PostgreSQL */
/* What would stop a pull, found without locks and without a row. */
#include "catalog/access.h"
#include "job/pull.h"

/* A connection's work. */
struct check_job {
    struct decant_job *job;
    struct pg_conn *conn;
    struct arena *arena;
    struct notes *notes;
    struct rules *rules; /* or NULL */
    const struct catalog *catalog;
    struct job_masks masks;
    struct buf text;
};

static bool
check_masks(struct check_job *check, struct decant_error *err)
{
    const struct job_masks_env env = { .conn = check->conn,
                                       .catalog = check->catalog,
                                       .rules = check->rules,
                                       .arena = check->arena,
                                       .notes = check->notes };
    if (check->rules == NULL || !check->rules->columns.is_given)
        return true;
    if (!job_masks_decide(&env, &check->masks, err))
        return false;
    if (masking_put_undecided(&check->masks.masking, &check->text) > 0)
        return masking_require(&check->masks.masking, err);
    return job_masks_build(&env, &check->masks, err);
}

static bool
run(struct check_job *check, bool grants, struct decant_error *err)
{
    struct selection selection;
    struct access access;
    struct plan plan;
    const struct decant_options *options = check->job->options;
    if (options->rules != NULL && !rules_load(options->rules, &check->rules, err))
        return false;
    if (!pg_exec(check->conn, err, "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY") ||
        !selection_load(check->conn, options, check->arena, &selection, err) ||
        !access_load(check->conn, &selection, true, check->arena, &access, err))
        return false;
    if (grants)
        access_grants(&access, pg_conn_database(check->conn), &check->text);
    sample_exclude(check->rules, &selection);
    return access_require(&access, err) &&
           catalog_load(check->conn, &selection, check->arena, &check->catalog, err) &&
           plan_build(check->catalog, options->drop_dangling_keys, false, check->arena,
                      check->notes, &plan, err) &&
           (grants || check_masks(check, err));
}

#pragma GCC visibility push(default)

bool
decant_job_check(struct decant_job *job, bool grants, char **text, struct decant_error *err)
{
    struct arena arena = { 0 };
    struct notes notes;
    struct check_job check = { .job = job, .arena = &arena, .notes = &notes };
    notes_init(&notes);
    check.conn = job_connect_source(job, err);
    bool ok = check.conn != NULL && run(&check, grants, err);
    if (!ok)
        job_explain_stop(job, err);
    else
        job_emit_notes(job, &notes);
    *text = check.text.len > 0 ? buf_steal(&check.text) : NULL;
    pg_close(check.conn);
    job_masks_deinit(&check.masks);
    rules_free(check.rules);
    buf_deinit(&check.text);
    notes_deinit(&notes);
    arena_deinit(&arena);
    return ok;
}

#pragma GCC visibility pop
