/* SPDX-License-Identifier: PostgreSQL */
/* What a run writes down of itself. */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "job/night.h"

void
night_warn(struct night_run *run, const char *fmt, ...)
{
    assert(run != NULL && fmt != NULL);
    char text[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    run->warnings = mem_grow(run->warnings, (size_t)run->nwarnings, sizeof *run->warnings);
    run->warnings[run->nwarnings++] = arena_strdup(&run->arena, text);
}

static void
begin_line(struct buf *line, const char *event, const char *run, int64_t at_s)
{
    buf_putc(line, '{');
    json_member_string(line, "event", event);
    json_member_string(line, "run", run);
    json_member_time(line, "at", at_s);
}

bool
night_begin(struct night_run *run, struct decant_error *err)
{
    assert(run != NULL);
    struct buf line = { 0 };
    begin_line(&line, "begin", run->job->run, job_now(run->job));
    json_member_string(&line, "target", run->called);
    json_member_string(&line, "config", run->config);
    json_member_string(&line, "schedule", run->wish->when);
    if (run->wish->max_age_s > 0)
        json_member_int(&line, "max_age_s", run->wish->max_age_s);
    if (run->wish->expires_s > 0)
        json_member_int(&line, "expires_s", run->wish->expires_s);
    buf_putc(&line, '}');
    bool ok = journal_append(run->journal, buf_str(&line), err);
    buf_deinit(&line);
    return ok;
}

static void
put_copy(const struct night_run *run, struct buf *line)
{
    json_member_time(line, "data_at", run->data_s);
    json_member_int(line, "rows", run->rows);
    json_member_int(line, "bytes", run->bytes);
    json_member_int(line, "not_carried", run->not_carried);
    buf_puts(line, ",\"tables\":{");
    for (int i = 0; i < run->ntables; i++)
        json_member_int(line, run->tables[i].name, run->tables[i].rows);
    buf_putc(line, '}');
}

void
night_put_warnings(const struct night_run *run, struct buf *line)
{
    assert(run != NULL && line != NULL);
    buf_puts(line, ",\"warnings\":[");
    for (int i = 0; i < run->nwarnings; i++) {
        buf_puts(line, i > 0 ? "," : "");
        json_string(line, run->warnings[i], strlen(run->warnings[i]));
    }
    buf_putc(line, ']');
}

const char *
night_stage_of(const struct night_run *run)
{
    assert(run != NULL);
    return run->nstages > 0 ? run->stages[run->nstages - 1].name : "begin";
}

bool
night_end(struct night_run *run, const struct decant_error *failure, struct decant_error *err)
{
    assert(run != NULL);
    struct buf line = { 0 };
    begin_line(&line, "end", run->job->run, job_now(run->job));
    json_member_int(&line, "status", failure != NULL ? failure->code : 0);
    buf_puts(&line, run->is_published ? ",\"published\":true" : ",\"published\":false");
    json_member_double(&line, "seconds", (double)(clock_ms() - run->job->started_ms) / 1000);
    if (failure != NULL) {
        json_member_string(&line, "stage", night_stage_of(run));
        json_member_string(&line, "message", failure->message);
        json_member_string(&line, "context", failure->context[0] != '\0' ? failure->context : NULL);
        json_member_string(&line, "hint", failure->hint[0] != '\0' ? failure->hint : NULL);
    }
    buf_puts(&line, ",\"stages\":{");
    for (int i = 0; i < run->nstages; i++)
        json_member_double(&line, run->stages[i].name, run->stages[i].seconds);
    buf_putc(&line, '}');
    if (run->is_published)
        put_copy(run, &line);
    night_put_warnings(run, &line);
    buf_putc(&line, '}');
    bool ok = journal_append(run->journal, buf_str(&line), err);
    buf_deinit(&line);
    return ok;
}

bool
night_tell(const char *journal, const char *event, int64_t at_s, const char *run, const char *from,
           struct decant_error *err)
{
    assert(journal != NULL && event != NULL && run != NULL);
    struct buf line = { 0 };
    begin_line(&line, event, run, at_s);
    json_member_string(&line, "from", from);
    buf_putc(&line, '}');
    bool ok = journal_append(journal, buf_str(&line), err);
    buf_deinit(&line);
    return ok;
}
