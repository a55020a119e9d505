/* SPDX-License-Identifier: PostgreSQL */
/* What the rules let a run do with its copy, and whom it tells. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/child.h"
#include "base/file.h"
#include "base/json.h"
#include "job/night.h"
#include "pg/quote.h"
#include "rehearse/script.h"

/* ---- SQL for the copy */

static int
by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The next quote that is in no comment, or the end. */
static const char *
skip_to_quote(const char *p)
{
    while (*p != '\0' && *p != '\'') {
        const char *end = p[0] == '-' && p[1] == '-'   ? strchr(p, '\n')
                          : p[0] == '/' && p[1] == '*' ? strstr(p + 2, "*/")
                                                       : p;
        p = end != NULL ? end + 1 : p + strlen(p);
    }
    return p;
}

/* The texts in quotes: what they put into the copy is no leak, for people have reviewed it with the
 * rules. */
static void
take_literals(struct pull *pull, const struct buf *texts, int n)
{
    struct rules_checks *checks = &pull->choice.rules->checks;
    struct buf literal = { 0 };
    int most = 1;
    for (int i = 0; i < n; i++)
        for (size_t at = 0; at < texts[i].len; at++)
            most += texts[i].data[at] == '\'';
    checks->given = ARENA_ARRAY(&pull->arena, const char *, most);
    for (int i = 0; i < n; i++)
        for (const char *p = buf_str(&texts[i]); *(p = skip_to_quote(p)) != '\0';) {
            buf_reset(&literal);
            for (p++; *p != '\0' && (*p != '\'' || p[1] == '\''); p++) {
                buf_putc(&literal, *p);
                p += *p == '\'';
            }
            checks->given[checks->ngiven++] = arena_strdup(&pull->arena, buf_str(&literal));
            p += *p != '\0';
        }
    qsort(checks->given, (size_t)checks->ngiven, sizeof *checks->given, by_text);
    buf_deinit(&literal);
}

/* Whose end would be taken back in silence. */
static bool
is_left_open(const char *path, struct decant_error *err)
{
    error_set(err, DECANT_REFUSED, "'%s' ends inside a transaction", path);
    return error_hint(err, "COMMIT is missing");
}

static bool
run_statements(struct pg_conn *conn, const char *path, const struct buf *text,
               struct decant_error *err)
{
    struct statements all = { buf_str(text), buf_str(text) + text->len, 1 };
    struct statement statement;
    while (statement_next(&all, &statement)) {
        int line = statement.line;
        if (!script_run(conn, &all, &statement, err)) {
            if (err->code != DECANT_CANCELLED && err->sqlstate[0] != '\0')
                err->code = DECANT_REFUSED;
            return error_context(err, "%s, line %d", path, line);
        }
    }
    return !pg_conn_is_attached(conn) || is_left_open(path, err);
}

static bool
load_database(struct night_run *run, struct pull *pull, const struct buf *texts,
              struct decant_error *err)
{
    struct pg_conn *conn = pull->target.ops->connect_writer(pull->target.sink, err);
    struct buf role = { 0 };
    bool ok = conn != NULL && pg_exec(conn, err, "RESET search_path"); /* as psql would have it */
    if (ok && pull->job->options->owner != NULL) {
        buf_puts(&role, "SET ROLE ");
        quote_ident(&role, pull->job->options->owner);
        ok = pg_exec(conn, err, buf_str(&role));
    }
    for (int i = 0; ok && i < run->wish->nafter_load; i++)
        ok = run_statements(conn, run->wish->after_load[i], &texts[i], err);
    pg_close(conn);
    buf_deinit(&role);
    return ok;
}

static bool
load_file(struct night_run *run, struct pull *pull, const struct buf *texts,
          struct decant_error *err)
{
    struct db *db = NULL;
    bool ok =
        db_open(pull->target.ops->file(pull->target.sink), DB_WRITE, &pull->job->stop, &db, err) &&
        db_exec(db, err, "PRAGMA foreign_keys = ON");
    for (int i = 0; ok && i < run->wish->nafter_load; i++)
        if (!db_exec(db, err, buf_str(&texts[i]))) {
            if (err->code == DECANT_BUG) /* the user's SQL, not ours */
                err->code = DECANT_REFUSED;
            ok = error_context(err, "%s", run->wish->after_load[i]);
        } else if (!db_is_idle(db)) {
            ok = is_left_open(run->wish->after_load[i], err);
        }
    db_close(db);
    return ok;
}

static bool
load_files(struct night_run *run, struct pull *pull, struct decant_error *err)
{
    const int n = run->wish->nafter_load;
    const struct decant_words files = { run->wish->after_load, n };
    if (n == 0)
        return true;
    struct buf *texts = mem_alloc((size_t)n * sizeof *texts);
    bool ok = script_read(&files, texts, err);
    if (ok && pull->choice.rules != NULL)
        take_literals(pull, texts, n);
    ok = ok && (pull->target.ops->file != NULL ? load_file : load_database)(run, pull, texts, err);
    for (int i = 0; i < n; i++)
        buf_deinit(&texts[i]);
    free(texts);
    return ok;
}

/* ---- commands */

static void
describe(const struct night_run *run, const char *event, const char *url,
         const struct decant_error *failure, struct buf *out)
{
    buf_putc(out, '{');
    json_member_string(out, "event", event);
    json_member_string(out, "run", run->job->run);
    json_member_string(out, "target", run->called);
    json_member_string(out, "config", run->config);
    json_member_string(out, "database_url", url);
    if (run->is_recorded) {
        json_member_int(out, "rows", run->rows);
        json_member_int(out, "bytes", run->bytes);
    }
    if (failure != NULL) {
        json_member_int(out, "status", failure->code);
        json_member_string(out, "stage", night_stage_of(run));
        json_member_string(out, "message", failure->message);
        json_member_string(out, "hint", failure->hint[0] != '\0' ? failure->hint : NULL);
    }
    night_put_warnings(run, out);
    buf_puts(out, "}\n");
}

static bool
run_hook(const struct night_run *run, const char *event, const struct rules_hook *hook,
         const char *url, const struct decant_error *failure, struct decant_error *err)
{
    struct buf text = { 0 };
    int status = 0;
    static const atomic_int never = 0; /* who was stopped may still say so */
    describe(run, event, url, failure, &text);
    char *directory = file_directory(run->config); /* paths are beside the rules */
    const struct child_variable env[] = { { "DATABASE_URL", url != NULL ? url : "" },
                                          { "DECANT_RUN", run->job->run },
                                          { NULL, NULL } };
    const struct child_command command = { .argv = hook->command,
                                           .env = env,
                                           .input = buf_str(&text),
                                           .directory = directory,
                                           .timeout_ms = hook->timeout_ms,
                                           .stop = failure != NULL ? &never : &run->job->stop };
    bool ok = child_run_command(&command, &status, err);
    if (!ok && err->code != DECANT_CANCELLED)
        error_context(err, "hook %s", event);
    if (ok && status != 0)
        ok = error_set(err, DECANT_REFUSED, "the hook %s ended with status %d", event, status);
    free(directory);
    buf_deinit(&text);
    return ok;
}

static void
put_file_url(const char *path, struct buf *out)
{
    char *whole = file_whole(path);
    buf_printf(out, "sqlite:///%s", whole);
    free(whole);
}

bool
night_hook(struct night_run *run, const char *event, const struct rules_hook *hook,
           const struct decant_error *failure, struct decant_error *err)
{
    assert(run != NULL && event != NULL && hook != NULL);
    struct buf url = { 0 };
    const char *place;
    bool ok = true;
    if (hook->command == NULL)
        return true;
    struct pg_info *info = NULL;
    if (sink_for(run->options.target, &place) == &sink_sqlite)
        put_file_url(place, &url);
    else if ((ok = pg_info_parse(place, "target", &info, err)))
        pg_info_put_url(info, NULL, &url);
    ok = ok && run_hook(run, event, hook, buf_str(&url), failure, err);
    pg_info_free(info);
    buf_deinit(&url);
    return ok;
}

/* The copy that is not published has a name of its own. */
static bool
before_publish(struct night_run *run, struct pull *pull, struct decant_error *err)
{
    const struct rules_hook *hook = &run->wish->before_publish;
    struct buf url = { 0 };
    bool ok = true;
    if (hook->command == NULL)
        return true;
    if (pull->target.ops->file != NULL) {
        put_file_url(pull->target.ops->file(pull->target.sink), &url);
    } else {
        struct pg_conn *conn = pull->target.ops->connect_writer(pull->target.sink, err);
        struct pg_info *info = conn != NULL ? pg_conn_info(conn) : NULL;
        ok = info != NULL;
        if (ok)
            pg_info_put_url(info, NULL, &url);
        pg_info_free(info);
        pg_close(conn);
    }
    ok = ok && run_hook(run, "before_publish", hook, buf_str(&url), NULL, err);
    buf_deinit(&url);
    return ok;
}

bool
night_loaded(void *ctx, struct pull *pull, struct decant_error *err)
{
    struct night_run *run = ctx;
    assert(run != NULL && pull != NULL);
    return night_retain(run, pull, err) && load_files(run, pull, err) &&
           before_publish(run, pull, err);
}
