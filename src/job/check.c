/* SPDX-License-Identifier: PostgreSQL */
/* What would stop a pull, found without locks and without a row. */
#include "catalog/access.h"
#include "job/internal.h"
#include "plan/plan.h"

static bool
run(struct decant_job *job, struct pg_conn *conn, bool grants, struct arena *arena,
    struct notes *notes, char **script, struct decant_error *err)
{
    struct selection selection;
    struct access access;
    struct plan plan;
    const struct catalog *catalog;
    if (!selection_load(conn, job->options, arena, &selection, err) ||
        !access_load(conn, &selection, true, arena, &access, err))
        return false;
    if (grants) {
        struct buf text = { 0 };
        access_grants(&access, pg_conn_database(conn), &text);
        *script = buf_steal(&text);
    }
    return access_require(&access, err) && catalog_load(conn, &selection, arena, &catalog, err) &&
           plan_build(catalog, job->options->drop_dangling_keys, false, arena, notes, &plan, err);
}

#pragma GCC visibility push(default)

bool
decant_job_check(struct decant_job *job, bool grants, char **script, struct decant_error *err)
{
    struct arena arena = { 0 };
    struct notes notes;
    *script = NULL;
    notes_init(&notes);
    struct pg_conn *conn = job_connect_source(job, err);
    bool ok = conn != NULL && run(job, conn, grants, &arena, &notes, script, err);
    if (!ok)
        job_explain_stop(job, err);
    pg_close(conn);
    notes_deinit(&notes);
    arena_deinit(&arena);
    return ok;
}

#pragma GCC visibility pop
