/* SPDX-License-Identifier: PostgreSQL */
/* Puts a former copy back in place of the present one, which stays: so the way forward is the same
 * as the way back. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "job/night.h"

/* The one that is meant: of a run, whose name may be cut short; else the last one from before the
 * one in place. */
static const struct version *
choose(const struct versions *versions, const char *run, struct decant_error *err)
{
    const struct version *current = versions_current(versions), *found = NULL;
    for (int i = 0; i < versions->n; i++) {
        const struct version *version = &versions->items[i];
        if (version->is_current || version->run[0] == '\0')
            continue;
        bool fits = run != NULL ? strncmp(version->run, run, strlen(run)) == 0
                                : current == NULL || current->run[0] == '\0' ||
                                      strcmp(version->run, current->run) < 0;
        if (fits && found != NULL && run != NULL) {
            error_set(err, DECANT_USAGE, "more than one copy begins with '%s'", run);
            return NULL;
        }
        if (fits && found == NULL)
            found = version;
    }
    bool is_there = current != NULL && run != NULL && strncmp(current->run, run, strlen(run)) == 0;
    if (found == NULL && is_there)
        return current;
    if (found == NULL) {
        error_set(err, DECANT_REFUSED,
                  run != NULL ? "no copy of the run '%s' is kept" : "no former copy is kept%s",
                  run != NULL ? run : "");
        error_hint(err,
                   "'decant status --format json' lists the copies; 'keep' says how many stay");
    }
    return found;
}

static void
put_moment(const struct version *version, struct buf *out)
{
    char text[CLOCK_TEXT];
    clock_put(version->made_s, text);
    buf_printf(out, "%s%s%s%s", version->run[0] != '\0' ? version->run : "an unknown run",
               version->made_s > 0 ? " (" : "", version->made_s > 0 ? text : "",
               version->made_s > 0 ? ")" : "");
}

static void
describe(const struct version *from, const struct version *to, const char *target, struct buf *out)
{
    buf_printf(out, "%s is the copy of ", target);
    put_moment(to, out);
    if (from == to) {
        buf_puts(out, ", as it was\n");
        return;
    }
    if (from != NULL) {
        buf_puts(out, "; kept is that of ");
        put_moment(from, out);
    }
    buf_putc(out, '\n');
}

#pragma GCC visibility push(default)

bool
decant_job_rollback(struct decant_job *job, const char *run, char **text, struct decant_error *err)
{
    assert(job != NULL && text != NULL && err != NULL);
    struct versions versions = { .lock_fd = -1 };
    struct arena arena = { 0 };
    struct buf out = { 0 };
    if (job->options->target == NULL)
        return error_set(err, DECANT_USAGE, "no target to roll back");
    const char *place = night_place(job, job->options->target, &arena, err);
    if (place == NULL)
        return false;
    const struct versions_wish wish = { .target = place,
                                        .locks = true,
                                        .wait_s = job->options->wait_s,
                                        .stall_ms = job->options->stall_timeout_ms,
                                        .stop = &job->stop };
    const char *journal = night_journal_of(place, &arena, err);
    bool ok = journal != NULL && versions_open(&versions, &wish, err);
    const struct version *to = ok ? choose(&versions, run, err) : NULL;
    const struct version *from = ok ? versions_current(&versions) : NULL;
    ok = to != NULL && versions_restore(&versions, to, err);
    if (ok && from != to && file_size(journal) >= 0 &&
        !night_tell(journal, "rollback", job_now(job), to->run, from != NULL ? from->run : NULL,
                    err))
        ok = error_context(err, "the copy of %s is in place all the same", to->run);
    if (ok)
        describe(from, to, job->options->target, &out);
    else
        job_explain_stop(job, err);
    versions_close(&versions);
    arena_deinit(&arena);
    *text = ok ? buf_steal(&out) : NULL;
    buf_deinit(&out);
    return ok;
}

#pragma GCC visibility pop
