/* SPDX-License-Identifier: PostgreSQL */
/* A database for a program, which is gone when it ends: a clone of a copy, or a copy of its file.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "job/find.h"
#include "load/lent.h"
#include "load/sink.h"
#include "pg/tool.h"
#include "rehearse/file.h"
#include "rehearse/migration.h"
#include "volume/hollow.h"

struct lending {
    struct decant_job *job;
    struct arena arena;
    const char *copy; /* a path, or an address */
    struct buf text;
    int *status;
};

static bool
run_command(struct lending *lending, struct migration_address *address, struct decant_error *err)
{
    const struct decant_options *options = lending->job->options;
    address->keeps_stdout = true;
    return migration_run_command(options->command, &options->env, address, &lending->job->stop,
                                 lending->status, err);
}

/* ---- a file */

static bool
lend_file(struct lending *lending, struct decant_error *err)
{
    static const char *const behind[] = { "", "-journal", "-wal", "-shm" };
    char *copy = NULL;
    int fd = -1;
    if (lending->job->options->pool >= 0) {
        error_set(err, DECANT_USAGE, "files have no pool");
        return error_hint(err, "a file is copied when it is asked for; leave --pool out");
    }
    if (file_size(lending->copy) < 0)
        return error_set(err, DECANT_UNAVAILABLE, "there is no file '%s'", lending->copy);
    bool ok = file_rehearse_copy(lending->copy, &copy, &fd, err);
    char *whole = ok ? file_whole(copy) : NULL;
    ok = ok && run_command(lending, &(struct migration_address){ .file = whole }, err);
    for (size_t i = 0; copy != NULL && i < sizeof behind / sizeof *behind; i++)
        unlink(arena_printf(&lending->arena, "%s%s", copy, behind[i]));
    if (fd >= 0)
        close(fd);
    free(whole);
    free(copy);
    return ok;
}

/* ---- a database */

static bool
connect_admin(struct lending *lending, struct lender *lender, struct pg_info **info,
              struct decant_error *err)
{
    struct buf mark = { 0 };
    if (!pg_info_parse(lending->copy, "target", info, err))
        return false;
    const char *name = pg_info_get(*info, "dbname");
    if (name == NULL)
        return error_set(err, DECANT_USAGE, "the copy has no name: 'dbname' is missing");
    lender->copy = arena_strdup(&lending->arena, name);
    pg_info_set(*info, "dbname", "postgres");
    lender->admin = pg_connect(*info, lending->job->application, &lending->job->stop, err);
    bool ok = lender->admin != NULL && database_mark(lender->admin, lender->copy, &mark, err);
    lender->mark = arena_strdup(&lending->arena, buf_str(&mark));
    bool is_hollow = false;
    ok = ok && hollow_is_kept(lender->admin, lender->copy, &is_hollow, err);
    if (ok && is_hollow) { /* a clone would have pages of zeros for its holes */
        ok = error_set(err, DECANT_REFUSED, "'%s' is hollow", lender->copy);
        error_hint(err, "decant volume solid local:%s", lender->copy);
    } else if (ok && mark.len == 0) {
        ok = error_set(err, DECANT_REFUSED, "'%s' is no copy that decant made", lender->copy);
        error_hint(err, "what is lent is a clone of a copy");
    }
    buf_deinit(&mark);
    return ok;
}

static bool
run_in(struct lending *lending, const struct lender *lender, const char *name,
       struct decant_error *err)
{
    struct pg_info *info = pg_conn_info(lender->admin);
    const char *host = pg_info_get(info, "host"), *port = pg_info_get(info, "port");
    char passfile[64];
    int fd = -1;
    bool ok = pg_tool_password(lender->admin, &fd, err);
    snprintf(passfile, sizeof passfile, "/proc/self/fd/%d", fd);
    struct migration_address address = { .host = host != NULL ? host : "localhost",
                                         .port = port != NULL ? atoi(port) : 5432,
                                         .user = pg_conn_user(lender->admin),
                                         .database = name,
                                         .passfile = fd >= 0 ? passfile : NULL };
    ok = ok && run_command(lending, &address, err);
    if (fd >= 0)
        close(fd);
    pg_info_free(info);
    return ok;
}

static bool
lend_clone(struct lending *lending, struct lender *lender, struct decant_error *err)
{
    static const atomic_int never = 0;
    const char *name;
    bool from_pool;
    struct decant_error late = { 0 };
    if (!lent_take(lender, &name, &from_pool, err))
        return false;
    bool ok = run_in(lending, lender, name, err);
    /* whoever was cancelled gives back what is lent all the same */
    struct pg_info *info = pg_conn_info(lender->admin);
    struct lender last = *lender;
    last.admin = pg_connect(info, lending->job->application, &never, &late);
    pg_info_free(info);
    bool returned = last.admin != NULL && lent_return(&last, name, from_pool, &late);
    pg_close(last.admin);
    if (ok && !returned)
        *err = late;
    return ok && returned;
}

static bool
lend_database(struct lending *lending, struct decant_error *err)
{
    const struct decant_options *options = lending->job->options;
    struct lender lender = { .arena = &lending->arena, .run = lending->job->run };
    struct pg_info *info = NULL;
    bool ok = connect_admin(lending, &lender, &info, err);
    if (ok && options->pool >= 0) {
        ok = lent_fill(&lender, options->pool, err);
        if (ok)
            buf_printf(&lending->text, "%s: %d clone%s ready\n", lender.copy, options->pool,
                       options->pool == 1 ? " is" : "s are");
    }
    ok = ok && (options->command == NULL || lend_clone(lending, &lender, err));
    pg_close(lender.admin);
    if (info != NULL)
        pg_info_free(info);
    return ok;
}

#pragma GCC visibility push(default)

bool
decant_job_lend(struct decant_job *job, int *status, char **text, struct decant_error *err)
{
    assert(job != NULL && status != NULL && text != NULL && err != NULL);
    struct lending lending = { .job = job, .status = status };
    *status = 0;
    *text = NULL;
    if (job->options->target == NULL)
        return error_set(err, DECANT_USAGE, "no copy to lend: decant lend COPY -- COMMAND");
    if (job->options->command == NULL && job->options->pool < 0)
        return error_set(err, DECANT_USAGE, "nobody to lend it to: decant lend COPY -- COMMAND");
    bool is_file = sink_for(job->options->target, &lending.copy) == &sink_sqlite;
    bool ok = (is_file ? lend_file : lend_database)(&lending, err);
    if (!ok)
        job_explain_stop(job, err);
    *text = ok ? buf_steal(&lending.text) : NULL;
    buf_deinit(&lending.text);
    arena_deinit(&lending.arena);
    return ok;
}

#pragma GCC visibility pop
