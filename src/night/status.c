/* SPDX-License-Identifier: PostgreSQL */
#include "night/status.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "rules/schedule.h"

enum {
    MOST_FINDINGS = 64,
    MOST_TABLES_TOLD = 8,
    LATE_S = 3600,       /* a run that was due so long ago should have begun */
    CLOCK_SLACK_S = 300, /* clocks of two machines may differ by so much */
    MOST_RUN_S = 86400,  /* a run that takes longer is looked at */
};

/* ---- what wants looking at */

struct judging {
    struct status *status;
    struct arena *arena;
};

static void add(const struct judging *judging, bool is_problem, const char *code, const char *fmt,
                ...) PRINTF(4, 5);

static void
add(const struct judging *judging, bool is_problem, const char *code, const char *fmt, ...)
{
    struct status *status = judging->status;
    char text[1400];
    va_list args;
    if (status->nfindings == MOST_FINDINGS)
        return;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    status->nproblems += is_problem;
    status->findings[status->nfindings++] =
        (struct status_finding){ code, arena_strdup(judging->arena, text), is_problem };
}

/* "26 h", "3 days" */
static const char *
span(int64_t s, char out[32])
{
    s = s > 0 ? s : 0; /* the clock was set back, which is told */
    if (s >= 2 * 86400)
        snprintf(out, 32, "%lld days", (long long)(s / 86400));
    else if (s >= 2 * 3600)
        snprintf(out, 32, "%lld hours", (long long)(s / 3600));
    else
        snprintf(out, 32, "%lld minutes", (long long)(s / 60));
    return out;
}

static const char *
moment(int64_t s, char out[32])
{
    char text[CLOCK_TEXT];
    clock_put(s, text);
    snprintf(out, 32, "%.10s %.8s UTC", text, text[0] != '\0' ? text + 11 : "");
    return out;
}

static const struct status_copy *
current(const struct status *status)
{
    return status->ncopies > 0 && status->copies[0].is_current ? &status->copies[0] : NULL;
}

static const struct night *
last_night(const struct status *status)
{
    const struct journal *journal = status->journal;
    return journal->nnights > 0 ? &journal->nights[journal->nnights - 1] : NULL;
}

static void
judge_last(const struct judging *judging)
{
    const struct status *status = judging->status;
    const struct night *last = last_night(status);
    char when[32], for_how_long[32];
    if (last == NULL) {
        add(judging, true, "no-run", "no run was ever recorded: %s", status->journal_path);
        return;
    }
    moment(last->began_s, when);
    if (last->status < 0 && status->is_running) {
        if (status->now_s - last->began_s > MOST_RUN_S)
            add(judging, true, "hangs", "the run of %s has not ended for %s", when,
                span(status->now_s - last->began_s, for_how_long));
    } else if (last->status < 0) {
        add(judging, true, "killed", "the run of %s was killed before its end", when);
    } else if (last->status > 0) {
        add(judging, true, "failed", "the run of %s ended with status %d in %s: %s", when,
            last->status, last->stage != NULL ? last->stage : "?",
            last->message != NULL ? last->message : "?");
    }
    for (int i = 0; i < last->nwarnings; i++)
        add(judging, false, "warning", "%s", last->warnings[i]);
}

static void
judge_schedule(const struct judging *judging)
{
    struct status *status = judging->status;
    const struct night *last = last_night(status);
    struct schedule schedule;
    char when[32];
    if (last == NULL || status->journal->when == NULL ||
        !schedule_parse(status->journal->when, &schedule))
        return;
    int64_t due = schedule_last(&schedule, status->now_s - LATE_S);
    status->next_s = schedule_next(&schedule, status->now_s);
    /* a run that began a little early was that one */
    if (due > 0 && last->began_s < due - LATE_S)
        add(judging, true, "not-run",
            "no run has begun since one was due at %s: is the timer alive?", moment(due, when));
}

static void
judge_copy(const struct judging *judging)
{
    struct status *status = judging->status;
    const struct journal *journal = status->journal;
    const struct status_copy *copy = current(status);
    const struct night *good = journal_success(journal, 0);
    char age[32], most[32];
    if (status->unreachable != NULL) {
        add(judging, true, "unreachable", "the copy cannot be reached: %s", status->unreachable);
        return;
    }
    if (copy == NULL) {
        if (good != NULL && good->has_expired)
            add(judging, true, "expired", "the copy has expired, and was removed");
        else
            add(judging, true, good != NULL ? "gone" : "no-copy",
                good != NULL ? "the copy is not there any more" : "there is no copy yet");
        return;
    }
    const struct night *own = journal_find(journal, copy->run);
    status->data_s = own != NULL && own->data_s > 0 ? own->data_s : copy->made_s;
    if (status->manifest_fault != NULL)
        add(judging, true, "manifest", "%s", status->manifest_fault);
    if (own == NULL)
        add(judging, false, "by-hand", "the copy in place was made by no run of this journal");
    else if (good != NULL && strcmp(own->run, good->run) < 0)
        add(judging, false, "rolled-back", "in place is a copy from before the last one");
    if (status->data_s == 0)
        return;
    int64_t old = status->now_s - status->data_s;
    if (journal->max_age_s > 0 && old > journal->max_age_s)
        add(judging, true, "too-old", "the data of the copy is %s old; max_age is %s",
            span(old, age), span(journal->max_age_s, most));
    if (journal->expires_s > 0) {
        status->expires_s = status->data_s + journal->expires_s;
        if (old > journal->expires_s)
            add(judging, true, "expired",
                "the copy has expired: it is %s old; the next run "
                "removes it",
                span(old, age));
    }
}

/* Tables that lost a third of their rows since the night before. */
static void
judge_rows(const struct judging *judging)
{
    const struct night *now = journal_success(judging->status->journal, 0);
    const struct night *before = journal_success(judging->status->journal, 1);
    int told = 0;
    for (int i = 0, j = 0; before != NULL && i < before->ntables && told < MOST_TABLES_TOLD; i++) {
        const struct night_table *was = &before->tables[i];
        while (j < now->ntables && strcmp(now->tables[j].name, was->name) < 0)
            j++;
        bool is_there = j < now->ntables && strcmp(now->tables[j].name, was->name) == 0;
        int64_t rows = is_there ? now->tables[j].rows : 0;
        if (was->rows < 3 || 3 * rows > 2 * was->rows)
            continue;
        add(judging, false, "fewer-rows", "'%s' has %lld rows, the night before %lld", was->name,
            (long long)rows, (long long)was->rows);
        told++;
    }
}

void
status_judge(struct status *status, struct arena *arena)
{
    assert(status != NULL && status->journal != NULL && arena != NULL);
    const struct judging judging = { status, arena };
    char when[32];
    status->findings = ARENA_ARRAY(arena, struct status_finding, MOST_FINDINGS);
    status->nfindings = status->nproblems = 0;
    if (status->journal->last_s > status->now_s + CLOCK_SLACK_S)
        add(&judging, true, "clock",
            "the journal knows of %s, which is to come: the clock was "
            "set back",
            moment(status->journal->last_s, when));
    judge_last(&judging);
    judge_schedule(&judging);
    judge_copy(&judging);
    judge_rows(&judging);
    if (status->journal->ndamaged > 0)
        add(&judging, false, "journal", "%d lines of the journal cannot be read",
            status->journal->ndamaged);
}

/* ---- as a text */

static void
put_count(int64_t n, struct buf *out)
{
    char digits[32];
    int len = snprintf(digits, sizeof digits, "%lld", (long long)n);
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            buf_putc(out, ',');
        buf_putc(out, digits[i]);
    }
}

static void
put_copy(const struct status *status, struct buf *out)
{
    const struct status_copy *copy = current(status);
    const struct night *own = copy != NULL ? journal_find(status->journal, copy->run) : NULL;
    char when[32], age[32];
    if (copy == NULL)
        return;
    if (status->data_s > 0)
        buf_printf(out, "  copy          data of %s, %s old", moment(status->data_s, when),
                   span(status->now_s - status->data_s, age));
    else
        buf_puts(out, "  copy          of an unknown age");
    if (own != NULL && own->is_published) {
        buf_puts(out, ", ");
        put_count(own->rows, out);
        buf_puts(out, " rows");
    }
    buf_printf(out, ", %.1f MB%s%s\n", (double)copy->bytes / 1e6,
               copy->run[0] != '\0' ? ", run " : "", copy->run);
}

static void
put_runs(const struct status *status, struct buf *out)
{
    const struct journal *journal = status->journal;
    const struct night *last = last_night(status), *good = journal_success(journal, 0);
    char when[32];
    if (last != NULL && last->status < 0 && status->is_running)
        buf_printf(out, "  under way     since %s\n", moment(last->began_s, when));
    if (good != NULL)
        buf_printf(out, "  last success  %s, in %.0f s\n", moment(good->ended_s, when),
                   good->seconds);
    for (int i = journal->nnights - 1; i >= 0; i--) {
        const struct night *night = &journal->nights[i];
        if (night->status <= 0 || night == last) /* that one is a problem, below */
            continue;
        buf_printf(out, "  last failure  %s, status %d in %s: %s\n", moment(night->began_s, when),
                   night->status, night->stage != NULL ? night->stage : "?",
                   night->message != NULL ? night->message : "?");
        break;
    }
    if (status->next_s > 0)
        buf_printf(out, "  next run      %s (%s)\n", moment(status->next_s, when), journal->when);
}

static void
put_kept(const struct status *status, struct buf *out)
{
    int64_t bytes = 0, oldest_s = 0;
    int n = 0;
    char when[32];
    for (int i = 0; i < status->ncopies; i++) {
        const struct status_copy *copy = &status->copies[i];
        if (copy->is_current)
            continue;
        n++;
        bytes += copy->bytes;
        oldest_s = copy->made_s > 0 && (oldest_s == 0 || copy->made_s < oldest_s) ? copy->made_s
                                                                                  : oldest_s;
    }
    if (n > 0 && oldest_s > 0)
        buf_printf(out, "  kept          %d former cop%s, the oldest of %s, %.1f MB\n", n,
                   n == 1 ? "y" : "ies", moment(oldest_s, when), (double)bytes / 1e6);
    if (status->expires_s > 0)
        buf_printf(out, "  expires       %s\n", moment(status->expires_s, when));
}

void
status_put_text(const struct status *status, struct buf *out)
{
    assert(status != NULL && out != NULL);
    buf_printf(out, "%s: %s\n", status->target, status->nproblems == 0 ? "ok" : "look at it");
    put_copy(status, out);
    put_runs(status, out);
    put_kept(status, out);
    for (int i = 0; i < status->nfindings; i++)
        buf_printf(out, "  %s %s [%s]\n",
                   status->findings[i].is_problem ? "problem:     " : "warning:     ",
                   status->findings[i].text, status->findings[i].code);
}

/* ---- as an object of JSON, in one line */

static void
put_night(struct buf *out, const char *name, const struct night *night)
{
    if (night == NULL)
        return;
    buf_printf(out, ",\"%s\":{", name);
    json_member_string(out, "run", night->run);
    json_member_time(out, "began_at", night->began_s);
    json_member_time(out, "ended_at", night->ended_s);
    json_member_int(out, "status", night->status);
    json_member_string(out, "stage", night->stage);
    json_member_string(out, "message", night->message);
    json_member_string(out, "hint", night->hint);
    buf_putc(out, '}');
}

static void
put_copies(const struct status *status, struct buf *out)
{
    buf_puts(out, ",\"copies\":[");
    for (int i = 0; i < status->ncopies; i++) {
        const struct status_copy *copy = &status->copies[i];
        buf_puts(out, i > 0 ? ",{" : "{");
        json_member_string(out, "run", copy->run);
        json_member_time(out, "made_at", copy->made_s);
        json_member_int(out, "bytes", copy->bytes);
        buf_puts(out, copy->is_current ? ",\"is_current\":true}" : ",\"is_current\":false}");
    }
    buf_putc(out, ']');
}

static void
put_findings(const struct status *status, bool problems, struct buf *out)
{
    bool first = true;
    buf_printf(out, ",\"%s\":[", problems ? "problems" : "warnings");
    for (int i = 0; i < status->nfindings; i++) {
        const struct status_finding *finding = &status->findings[i];
        if (finding->is_problem != problems)
            continue;
        buf_puts(out, first ? "{" : ",{");
        json_member_string(out, "code", finding->code);
        json_member_string(out, "text", finding->text);
        buf_putc(out, '}');
        first = false;
    }
    buf_putc(out, ']');
}

void
status_put_json(const struct status *status, struct buf *out)
{
    assert(status != NULL && out != NULL);
    const struct journal *journal = status->journal;
    const struct night *failure = NULL, *good = journal_success(journal, 0);
    for (int i = journal->nnights - 1; i >= 0 && failure == NULL; i--)
        if (journal->nights[i].status > 0)
            failure = &journal->nights[i];
    buf_putc(out, '{');
    json_member_string(out, "target", status->target);
    json_member_string(out, "state", status->nproblems == 0 ? "ok" : "problem");
    json_member_string(out, "journal", status->journal_path);
    json_member_time(out, "data_at", status->data_s);
    if (status->data_s > 0)
        json_member_int(out, "age_s", status->now_s - status->data_s);
    if (good != NULL) {
        json_member_int(out, "rows", good->rows);
        json_member_int(out, "bytes", good->bytes);
    }
    put_night(out, "last_run", last_night(status));
    put_night(out, "last_success", good);
    put_night(out, "last_failure", failure);
    json_member_time(out, "next_run_at", status->next_s);
    json_member_time(out, "expires_at", status->expires_s);
    put_copies(status, out);
    put_findings(status, true, out);
    put_findings(status, false, out);
    buf_puts(out, "}\n");
}
