/* SPDX-License-Identifier: PostgreSQL */
#include "job/internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "leak/search.h"
#include "report/manifest.h"
#include "report/report.h"

#pragma GCC visibility push(default)

void
decant_options_init(struct decant_options *options)
{
    *options = (struct decant_options){
        .keep = -1,
        .pool = -1,
        .retries = 2,
        .jobs = -1,
        .lock_timeout_ms = 2000,
        .yield_after_ms = 5000,
        .stall_timeout_ms = PG_STALL_MS,
        .max_snapshot_age_ms = 3600 * 1000,
        .memory_bytes = INT64_C(512) << 20,
    };
}

struct decant_job *
decant_job_new(const struct decant_options *options, decant_on_event on_event, void *ctx)
{
    struct decant_job *job = mem_alloc(sizeof *job);
    job->options = options;
    job->on_event = on_event;
    job->event_ctx = ctx;
    pthread_mutex_init(&job->event_mutex, NULL);
    job->started_ms = clock_ms();
    struct timespec now;
    struct tm utc;
    time_t began = (time_t)job_now(job);
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&began, &utc);
    size_t len = strftime(job->run, sizeof job->run, "%Y%m%d%H%M%S", &utc);
    /* by the microsecond, so that names sort by time; then by process */
    unsigned us = (unsigned)(now.tv_nsec / 1000); /* 20 bits */
    snprintf(job->run + len, sizeof job->run - len, "x%06x", us << 4 | ((unsigned)getpid() & 15));
    snprintf(job->application, sizeof job->application, "decant/%s/", job->run);
    return job;
}

void
decant_job_set_row_hook(struct decant_job *job, decant_row_hook hook, void *ctx)
{
    job->hook = hook;
    job->hook_ctx = ctx;
}

void
decant_job_cancel(struct decant_job *job)
{
    int running = JOB_RUNS;
    atomic_compare_exchange_strong(&job->stop, &running, JOB_CANCELLED);
}

void
decant_job_free(struct decant_job *job)
{
    if (job == NULL)
        return;
    pthread_mutex_destroy(&job->event_mutex);
    free(job);
}

#pragma GCC visibility pop

int64_t
job_now(const struct decant_job *job)
{
    assert(job != NULL);
    int64_t told = job->options->now_s;
    return told > 0 ? told + (clock_ms() - job->started_ms) / 1000 : clock_now();
}

void
job_emit(struct decant_job *job, enum decant_phase phase, struct decant_event event)
{
    assert(job != NULL);
    static const char *const names[] = {
        [DECANT_PHASE_CONNECTED] = "connected",
        [DECANT_PHASE_SNAPSHOT] = "snapshot",
        [DECANT_PHASE_CATALOG] = "catalog",
        [DECANT_PHASE_SCHEMA] = "schema",
        [DECANT_PHASE_TABLE_OPEN] = "table_open",
        [DECANT_PHASE_PROGRESS] = "progress",
        [DECANT_PHASE_TABLE_DONE] = "table_done",
        [DECANT_PHASE_DATA] = "data",
        [DECANT_PHASE_INDEXES] = "indexes",
        [DECANT_PHASE_CHECKS] = "checks",
        [DECANT_PHASE_SWAP] = "swap",
        [DECANT_PHASE_SWAPPED] = "swapped",
        [DECANT_PHASE_RETRY] = "retry",
        [DECANT_PHASE_PROVED] = "proved",
        [DECANT_PHASE_COMPARED] = "compared",
        [DECANT_PHASE_FINDING] = "finding",
        [DECANT_PHASE_NOT_CARRIED] = "not_carried",
        [DECANT_PHASE_DONE] = "done",
        [DECANT_PHASE_STAGE] = "stage",
        [DECANT_PHASE_WARNING] = "warning",
        [DECANT_PHASE_VERDICT] = "verdict",
    };
    double elapsed = (double)(clock_ms() - job->started_ms) / 1000;
    bool is_stage = phase <= DECANT_PHASE_SCHEMA ||
                    (phase >= DECANT_PHASE_DATA && phase <= DECANT_PHASE_CHECKS);
    if (is_stage) {                          /* told by one thread */
        if (phase == DECANT_PHASE_CONNECTED) /* again, perhaps */
            job->timeline[0] = '\0';
        size_t len = strlen(job->timeline);
        snprintf(job->timeline + len, sizeof job->timeline - len, "%s%s %.2f", len > 0 ? ";" : "",
                 names[phase], elapsed);
    }
    if (job->on_event == NULL)
        return;
    event.phase = phase;
    event.name = names[phase];
    event.elapsed_s = elapsed;
    pthread_mutex_lock(&job->event_mutex);
    job->on_event(job->event_ctx, &event);
    pthread_mutex_unlock(&job->event_mutex);
}

void
job_emit_verdict(struct decant_job *job, const char *path)
{
    assert(job != NULL);
    struct db *manifest = NULL;
    struct buf verdict = { 0 };
    struct decant_error ignored = { 0 };
    if (path != NULL && manifest_open(path, &job->stop, &manifest, &ignored) &&
        report_verdict(manifest, &verdict, &ignored))
        job_emit(
            job, DECANT_PHASE_VERDICT,
            (struct decant_event){ .object = job->options->target, .detail = buf_str(&verdict) });
    db_close(manifest);
    buf_deinit(&verdict);
}

int
job_reader_count(const struct decant_options *options)
{
    assert(options != NULL);
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    long n = options->jobs >= 0 ? options->jobs : processors;
    return n < 1 ? 1 : n > SEARCH_MOST_READERS ? SEARCH_MOST_READERS : (int)n;
}

void
job_emit_notes(struct decant_job *job, const struct notes *notes)
{
    assert(notes != NULL);
    for (size_t i = 0; i < notes->count; i++) {
        const struct note *note = &notes->items[i];
        job_emit(job, DECANT_PHASE_NOT_CARRIED,
                 (struct decant_event){ .object = note->object,
                                        .kind = note->kind,
                                        .reason = note_code(note->reason),
                                        .detail = note_consequence(note),
                                        .hint = note_hint(note->reason),
                                        .count = note->count });
    }
}

struct pg_conn *
job_connect_source(struct decant_job *job, struct decant_error *err)
{
    assert(job != NULL);
    static const char scheme[] = "env:";
    const char *source = job->options->source, *variable = source == NULL ? "DATABASE_URL" : NULL;
    struct pg_info *info;
    if (source != NULL && strncmp(source, scheme, strlen(scheme)) == 0) {
        variable = source + strlen(scheme);
        if (getenv(variable) == NULL) {
            error_set(err, DECANT_USAGE, "the variable '%s' is not set", variable);
            return NULL;
        }
    }
    /* what a variable holds is in no process list, and children have it in theirs anyway */
    if (variable != NULL ? !pg_info_parse_variable(variable, "source", &info, err)
                         : !pg_info_parse(source, "source", &info, err))
        return NULL;
    pg_info_set_stall(info, job->options->stall_timeout_ms);
    char application[96];
    snprintf(application, sizeof application, "%sexport", job->application);
    struct pg_conn *conn = pg_connect(info, application, &job->stop, err);
    pg_info_free(info);
    return conn;
}

void
job_explain_stop(struct decant_job *job, struct decant_error *err)
{
    assert(job != NULL);
    switch ((enum job_stop)atomic_load(&job->stop)) {
    case JOB_RUNS:
    case JOB_FAILED:
        break;
    case JOB_CANCELLED:
        error_set(err, DECANT_CANCELLED, "cancelled");
        break;
    case JOB_YIELDED:
        error_set(err, DECANT_UNAVAILABLE, "gave way to a session that waits for a lock on '%s'",
                  job->yielded_for);
        error_hint(err, "run again when the migration is through, or change --yield-after");
        break;
    case JOB_TOO_OLD:
        error_set(err, DECANT_UNAVAILABLE, "the snapshot became older than --max-snapshot-age");
        error_hint(err, "an old snapshot keeps the source from vacuuming; allow more with "
                        "--max-snapshot-age, or copy less with -t and -T");
        break;
    }
}
