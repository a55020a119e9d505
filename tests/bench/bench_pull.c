/* SPDX-License-Identifier: PostgreSQL */
/* A pull with three masks: bench_pull SOURCE TARGET. Prints the seconds until the rows are loaded,
 * until the copy is built (indexes, statistics, final bytes) and until it is published, and the
 * peak memory in KiB. */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "masks.h"

struct times {
    double data, built, done;
};

static void
on_event(void *ctx, const struct decant_event *event)
{
    struct times *times = ctx;
    if (event->phase == DECANT_PHASE_DATA)
        times->data = event->elapsed_s;
    if (event->phase == DECANT_PHASE_INDEXES)
        times->built = event->elapsed_s;
    if (event->phase == DECANT_PHASE_DONE)
        times->done = event->elapsed_s;
}

int
main(int argc, char **argv)
{
    static struct masks masks;
    struct times times = { 0 };
    struct decant_error err = { 0 };
    struct decant_options options;
    if (argc != 3 || sodium_init() < 0)
        return 2;
    decant_options_init(&options);
    options.source = argv[1];
    options.target = argv[2];
    options.no_mask = true;
    struct decant_job *job = decant_job_new(&options, on_event, &times);
    decant_job_set_row_hook(job, masks_apply, &masks);
    bool ok = decant_job_pull(job, &err);
    decant_job_free(job);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    if (!ok)
        fprintf(stderr, "%s %s\n", err.message, err.context);
    else
        printf("%.3f %.3f %.3f %ld\n", times.data, times.built, times.done, usage.ru_maxrss);
    return ok ? 0 : 1;
}
