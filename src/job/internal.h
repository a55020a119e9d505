/* SPDX-License-Identifier: PostgreSQL */
/* What the files of this directory share: the job itself, its events, its reasons to stop. */
#ifndef JOB_INTERNAL_H
#define JOB_INTERNAL_H

#include <decant/decant.h>

#include <pthread.h>

#include "base/mem.h"
#include "pg/conn.h"
#include "plan/notes.h"

/* Values of decant_job.stop; the first one wins. */
enum job_stop {
    JOB_RUNS = 0,
    JOB_CANCELLED, /* by the user */
    JOB_YIELDED,   /* to a session that waits for us */
    JOB_TOO_OLD,   /* the snapshot */
    JOB_FAILED,    /* another thread failed */
};

struct decant_job {
    const struct decant_options *options;
    decant_on_event on_event;
    void *event_ctx;
    pthread_mutex_t event_mutex;
    decant_row_hook hook;
    void *hook_ctx;
    atomic_int stop;       /* enum job_stop; every wait watches it */
    char yielded_for[256]; /* the relation */
    int64_t started_ms;
    int64_t bytes;
    char run[32]; /* letters and digits, begins with the time */
    char application[64];
    char timeline[256]; /* "stage seconds;..." of what has ended */
};

/* The time of day, in seconds since 1970. */
int64_t job_now(const struct decant_job *job);

void job_emit(struct decant_job *job, enum decant_phase phase, struct decant_event event);

/* Emits one event per note. */
void job_emit_notes(struct decant_job *job, const struct notes *notes);

/* Emits a finding of the search for originals; `job` is a struct decant_job. */
struct leak_finding;
void job_tell_finding(void *job, const struct leak_finding *finding, const char *detail);

/* Connections that a finished copy is searched with, side by side: nobody else waits for it. */
int job_reader_count(const struct decant_options *options);

/* leaks.c: looks through a finished copy for values that reach somebody; nobody has the originals
 * any more. Findings that were accepted when it was made are accepted again. */
struct manifest;
struct search_env;
bool leaks_search_again(struct decant_job *job, const struct manifest *manifest,
                        const struct search_env *env, struct arena *arena,
                        struct decant_error *err);

/* Emits the verdict of a manifest; `path` may be NULL, and what cannot be read says nothing. */
void job_emit_verdict(struct decant_job *job, const char *path);

/* Connects to the source; "" arguments come from the environment. */
struct pg_conn *job_connect_source(struct decant_job *job, struct decant_error *err);

/* Replaces "cancelled" by the reason for which the job was stopped. */
void job_explain_stop(struct decant_job *job, struct decant_error *err);

#endif
