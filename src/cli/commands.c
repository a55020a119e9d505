/* SPDX-License-Identifier: PostgreSQL */
#include "cli/commands.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/visible.h"
#include "cli/progress.h"

/* The job that a signal cancels. A handler has no argument, so this is the one variable of the
 * program that is not passed along. */
static struct decant_job *running;
static volatile sig_atomic_t got_signal;

static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
enum { nsignals = sizeof signals / sizeof *signals };

static void
on_signal(int number)
{
    got_signal = number;
    decant_job_cancel(running);
    for (int i = 0; i < nsignals; i++)
        signal(signals[i], SIG_DFL); /* whoever sends another one does not want to wait */
}

static void
catch_signals(struct decant_job *job)
{
    struct sigaction action = { .sa_handler = on_signal };
    running = job;
    for (int i = 0; i < nsignals; i++)
        sigaction(signals[i], &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* Whoever sent the signal is to see that it was the end of us. */
static void
die_of_signal(void)
{
    if (got_signal == 0)
        return;
    fflush(NULL);
    signal(got_signal, SIG_DFL);
    raise(got_signal);
}

/* Whatever names are in the text. */
static void
print(FILE *out, const char *before, const char *text, const char *behind)
{
    struct buf shown = { 0 };
    visible_put(&shown, text, true);
    fprintf(out, "%s%s%s", before, buf_str(&shown), behind);
    buf_deinit(&shown);
}

int
command_failed(const struct arguments *arguments, const struct decant_error *err)
{
    assert(err->code != DECANT_OK); /* it is the exit status */
    if (arguments->json) {
        struct buf line = { 0 };
        buf_putc(&line, '{');
        json_member_string(&line, "event", "error");
        json_member_int(&line, "status", err->code);
        json_member_string(&line, "message", err->message);
        json_member_string(&line, "context", err->context[0] != '\0' ? err->context : NULL);
        json_member_string(&line, "hint", err->hint[0] != '\0' ? err->hint : NULL);
        json_member_string(&line, "sqlstate", err->sqlstate[0] != '\0' ? err->sqlstate : NULL);
        printf("%s}\n", buf_str(&line));
        buf_deinit(&line);
    }
    print(stderr, "decant: ", err->message, "");
    if (err->context[0] != '\0')
        print(stderr, " (", err->context, ")");
    fputc('\n', stderr);
    if (err->hint[0] != '\0')
        print(stderr, "hint: ", err->hint, "\n");
    return err->code;
}

/* Every command ends its job so: no signal may find it afterwards. */
static int
end_job(const struct arguments *arguments, struct decant_job *job, bool ok,
        const struct decant_error *err)
{
    int status = ok ? 0 : command_failed(arguments, err);
    for (int i = 0; i < nsignals; i++)
        signal(signals[i], SIG_DFL);
    decant_job_free(job);
    if (!ok && err->code == DECANT_CANCELLED)
        die_of_signal();
    return status;
}

/* local:NAME is a copy on the user's own server, which is started for it. */
static bool
find_one(struct arguments *arguments, const char **name, char **address, struct decant_error *err)
{
    static const char scheme[] = "local:";
    if (*name == NULL || strncmp(*name, scheme, strlen(scheme)) != 0)
        return true;
    if (!decant_server_address(*name + strlen(scheme), arguments->job.pg_bindir, address, err))
        return false;
    *name = *address;
    return true;
}

static bool
find_local(struct arguments *arguments, struct decant_error *err)
{
    return find_one(arguments, &arguments->job.target, &arguments->address, err);
}

/* Runs one verb of the library with events, signals and errors as every command has them. */
static int
run_job(struct arguments *arguments, bool (*verb)(struct decant_job *, struct decant_error *))
{
    struct decant_error err = { 0 };
    struct progress progress;
    if (!find_local(arguments, &err))
        return command_failed(arguments, &err);
    progress_init(&progress, arguments->json, arguments->quiet);
    struct decant_job *job = decant_job_new(&arguments->job, progress_event, &progress);
    catch_signals(job);
    bool ok = verb(job, &err);
    progress_finish(&progress, ok);
    return end_job(arguments, job, ok, &err);
}

int
command_verify(struct arguments *arguments)
{
    arguments->job.target = arguments->positional;
    return run_job(arguments, decant_job_verify);
}

/* Runs a verb that returns a text for stdout. */
static int
run_text(struct arguments *arguments, bool (*verb)(struct decant_job *, const struct arguments *,
                                                   char **, struct decant_error *))
{
    struct decant_error err = { 0 };
    char *text = NULL;
    arguments->job.source = arguments->positional;
    if (!find_local(arguments, &err))
        return command_failed(arguments, &err);
    struct decant_job *job = decant_job_new(&arguments->job, NULL, NULL);
    catch_signals(job);
    bool ok = verb(job, arguments, &text, &err);
    if (ok)
        print(stdout, "", text, "");
    free(text);
    return end_job(arguments, job, ok, &err);
}

static bool
init_verb(struct decant_job *job, const struct arguments *arguments, char **text,
          struct decant_error *err)
{
    return arguments->review ? decant_job_review(job, text, err) : decant_job_init(job, text, err);
}

static bool
preview_verb(struct decant_job *job, const struct arguments *arguments, char **text,
             struct decant_error *err)
{
    return decant_job_preview(job, arguments->preview, text, err);
}

int
command_pull(struct arguments *arguments)
{
    assert(arguments != NULL);
    if (arguments->preview != NULL)
        return run_text(arguments, preview_verb);
    arguments->job.source = arguments->positional;
    return run_job(arguments, decant_job_pull);
}

static bool
plan_verb(struct decant_job *job, const struct arguments *arguments, char **text,
          struct decant_error *err)
{
    return decant_job_plan(job, arguments->exact, arguments->json, arguments->sql, text, err);
}

int
command_init(struct arguments *arguments)
{
    return run_text(arguments, init_verb);
}

int
command_plan(struct arguments *arguments)
{
    return run_text(arguments, plan_verb);
}

static bool
explain_verb(struct decant_job *job, const struct arguments *arguments, char **text,
             struct decant_error *err)
{
    return decant_job_explain(job, arguments->row, arguments->columns, text, err);
}

/* TABLE[.COLUMN] stands before SOURCE, unless --row says what to explain. */
int
command_explain(struct arguments *arguments)
{
    assert(arguments != NULL);
    if (arguments->row == NULL) {
        arguments->columns = arguments->positional;
        arguments->positional = arguments->second;
    }
    return run_text(arguments, explain_verb);
}

static bool
report_verb(struct decant_job *job, const struct arguments *arguments, char **text,
            struct decant_error *err)
{
    bool absolute = arguments->figures != NULL && strcmp(arguments->figures, "absolute") == 0;
    if (arguments->figures != NULL && !absolute)
        return error_set(err, DECANT_USAGE, "--figures is 'absolute', not '%s'",
                         arguments->figures);
    return decant_job_report(job, arguments->format != NULL ? arguments->format : "text", absolute,
                             text, err);
}

int
command_report(struct arguments *arguments)
{
    assert(arguments != NULL);
    arguments->job.target = arguments->positional;
    arguments->positional = NULL;
    return run_text(arguments, report_verb);
}

static bool
sizes_verb(struct decant_job *job, const struct arguments *arguments, char **text,
           struct decant_error *err)
{
    return decant_job_sizes(job, arguments->format != NULL ? arguments->format : "json", text, err);
}

int
command_sizes(struct arguments *arguments)
{
    assert(arguments != NULL);
    arguments->job.target = arguments->positional;
    arguments->positional = NULL;
    return run_text(arguments, sizes_verb);
}

int
command_rehearse(struct arguments *arguments)
{
    assert(arguments != NULL);
    struct decant_error err = { 0 };
    char *text = NULL;
    arguments->job.at_production = arguments->at != NULL;
    if (arguments->at != NULL && strcmp(arguments->at, "production") != 0) {
        error_set(&err, DECANT_USAGE, "--at is 'production', not '%s'", arguments->at);
        return command_failed(arguments, &err);
    }
    if (!find_local(arguments, &err))
        return command_failed(arguments, &err);
    struct decant_job *job = decant_job_new(&arguments->job, NULL, NULL);
    catch_signals(job);
    bool ok = decant_job_rehearse(job, arguments->format != NULL ? arguments->format : "text",
                                  &text, &err);
    if (text != NULL)
        print(stdout, "", text, "");
    free(text);
    return end_job(arguments, job, ok, &err);
}

int
command_check(struct arguments *arguments)
{
    struct decant_error err = { 0 };
    char *script = NULL;
    arguments->job.source = arguments->positional;
    struct progress progress;
    progress_init(&progress, arguments->json, true);
    struct decant_job *job = decant_job_new(&arguments->job, progress_event, &progress);
    catch_signals(job);
    enum decant_grants grants = arguments->by_column ? DECANT_GRANTS_COLUMNS
                                : arguments->grants  ? DECANT_GRANTS_TABLES
                                                     : DECANT_GRANTS_NONE;
    bool wants_script = grants != DECANT_GRANTS_NONE;
    bool ok = decant_job_check(job, grants, &script, &err);
    bool script_given = script != NULL && wants_script;
    if (script != NULL && (script_given || !arguments->json))
        print(stdout, "", script, "");
    free(script);
    /* The script is what was asked for; that it is needed is no failure then. */
    ok = ok || script_given;
    if (ok && !arguments->quiet && !wants_script && progress.unproved == 0)
        fprintf(stderr, "nothing would stop a pull\n");
    else if (ok && !arguments->quiet && !wants_script)
        fprintf(stderr,
                "nothing is known that would stop a pull; %d mask%s not proved: a pull in which "
                "one breaks its constraint ends with status 5\n",
                progress.unproved, progress.unproved == 1 ? " is" : "s are");
    return end_job(arguments, job, ok, &err);
}

int
command_amplify(struct arguments *arguments)
{
    assert(arguments != NULL);
    struct decant_error err = { 0 };
    arguments->job.source = arguments->positional;
    if (!find_one(arguments, &arguments->job.source, &arguments->copy, &err))
        return command_failed(arguments, &err);
    return run_job(arguments, decant_job_amplify);
}

/* Its status is the command's. */
int
command_lend(struct arguments *arguments)
{
    assert(arguments != NULL);
    struct decant_error err = { 0 };
    char *text = NULL;
    int status = 0;
    arguments->job.target = arguments->positional;
    if (!find_local(arguments, &err))
        return command_failed(arguments, &err);
    struct decant_job *job = decant_job_new(&arguments->job, NULL, NULL);
    catch_signals(job);
    bool ok = decant_job_lend(job, &status, &text, &err);
    if (ok && !arguments->quiet)
        print(stderr, "", text, "");
    free(text);
    int failed = end_job(arguments, job, ok, &err);
    return ok ? status : failed;
}

/* Text for stdout is passed on as it is. */
int
command_text(struct arguments *arguments)
{
    assert(arguments != NULL);
    struct decant_error err = { 0 };
    char *text = NULL;
    arguments->job.source = arguments->positional;
    if (!find_one(arguments, &arguments->job.source, &arguments->copy, &err))
        return command_failed(arguments, &err);
    struct decant_job *job = decant_job_new(&arguments->job, NULL, NULL);
    catch_signals(job);
    bool ok = decant_job_text(job, &text, &err);
    bool is_sql = ok && strcmp(arguments->job.target, "-") == 0;
    if (is_sql)
        fputs(text, stdout);
    else if (ok && !arguments->quiet)
        print(stderr, "", text, "");
    free(text);
    return end_job(arguments, job, ok, &err);
}

static bool
volume_verb(struct decant_job *job, const struct arguments *arguments, char **text,
            struct decant_error *err)
{
    return decant_job_volume(job, arguments->second, text, err);
}

/* The verb stands before the copy. */
int
command_volume(struct arguments *arguments)
{
    assert(arguments != NULL);
    arguments->job.target = arguments->second;
    arguments->second = arguments->positional;
    arguments->positional = NULL;
    return run_text(arguments, volume_verb);
}

static bool
take_now(struct arguments *arguments, struct decant_error *err)
{
    if (arguments->now == NULL)
        return true;
    arguments->job.now_s = clock_parse(arguments->now);
    if (arguments->job.now_s > 0)
        return true;
    error_set(err, DECANT_USAGE, "--now does not take '%s'", arguments->now);
    return error_hint(err, "a time in UTC: 2026-11-30T02:30:00Z");
}

int
command_run(struct arguments *arguments)
{
    assert(arguments != NULL);
    struct decant_error err = { 0 };
    arguments->job.source = arguments->positional;
    return take_now(arguments, &err) ? run_job(arguments, decant_job_run)
                                     : command_failed(arguments, &err);
}

/* Runs a verb whose text is also there when it fails. */
static int
run_told(struct arguments *arguments, bool (*verb)(struct decant_job *, const struct arguments *,
                                                   char **, struct decant_error *))
{
    struct decant_error err = { 0 };
    char *text = NULL;
    struct decant_job *job = decant_job_new(&arguments->job, NULL, NULL);
    catch_signals(job);
    bool ok = verb(job, arguments, &text, &err);
    if (text != NULL && !arguments->quiet)
        print(stdout, "", text, "");
    free(text);
    return end_job(arguments, job, ok, &err);
}

static bool
status_verb(struct decant_job *job, const struct arguments *arguments, char **text,
            struct decant_error *err)
{
    const char *format = arguments->format != NULL ? arguments->format
                         : arguments->json         ? "json"
                                                   : "text";
    return decant_job_status(job, format, text, err);
}

int
command_status(struct arguments *arguments)
{
    assert(arguments != NULL);
    struct decant_error err = { 0 };
    if (!take_now(arguments, &err))
        return command_failed(arguments, &err);
    return run_told(arguments, status_verb);
}

static bool
schedule_verb(struct decant_job *job, const struct arguments *arguments, char **text,
              struct decant_error *err)
{
    const char *kind = arguments->systemd      ? "systemd"
                       : arguments->cron       ? "cron"
                       : arguments->kubernetes ? "kubernetes"
                                               : NULL;
    return decant_job_schedule(job, kind, arguments->into, text, err);
}

int
command_schedule(struct arguments *arguments)
{
    return run_told(arguments, schedule_verb);
}

static bool
diff_verb(struct decant_job *job, const struct arguments *arguments, char **text,
          struct decant_error *err)
{
    return decant_job_diff(job, arguments->json, text, err);
}

int
command_diff(struct arguments *arguments)
{
    return run_told(arguments, diff_verb);
}

static bool
rollback_verb(struct decant_job *job, const struct arguments *arguments, char **text,
              struct decant_error *err)
{
    return decant_job_rollback(job, arguments->run, text, err);
}

int
command_rollback(struct arguments *arguments)
{
    assert(arguments != NULL);
    struct decant_error err = { 0 };
    arguments->job.target = arguments->positional;
    return take_now(arguments, &err) ? run_told(arguments, rollback_verb)
                                     : command_failed(arguments, &err);
}

int
command_server(struct arguments *arguments)
{
    assert(arguments != NULL);
    struct decant_error err = { 0 };
    char *text = NULL;
    bool ok = decant_server(arguments->positional, arguments->second, arguments->job.pg_bindir,
                            &text, &err);
    if (ok)
        print(stdout, "", text, "");
    free(text);
    return ok ? 0 : command_failed(arguments, &err);
}

int
command_key(struct arguments *arguments)
{
    struct decant_error err = { 0 };
    char *path = NULL, id[9];
    const char *verb = arguments->positional;
    if (verb == NULL || strcmp(verb, "new") != 0) {
        error_set(&err, DECANT_USAGE,
                  verb == NULL ? "'decant key' needs a verb" : "there is no 'decant key %s'", verb);
        error_hint(&err, "decant key new [FILE]");
        return command_failed(arguments, &err);
    }
    if (!decant_key_new(arguments->second, &path, id, &err))
        return command_failed(arguments, &err);
    printf("%s\n", path);
    if (!arguments->quiet)
        fprintf(stderr,
                "key %s: whoever has this file can tell which rows are in a copy; keep it, "
                "because no other one makes the same copy\n",
                id);
    free(path);
    return 0;
}
