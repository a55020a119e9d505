/* SPDX-License-Identifier: PostgreSQL */
/* A pull, masked where RULES and KEY are given: bench_pull SOURCE TARGET [RULES KEY]. Prints the
 * seconds until the rows are loaded, until the copy is built (indexes, statistics, final bytes) and
 * until it is published, and the peak memory in KiB. */
#include <decant/decant.h>
#include <stdio.h>
#include <sys/resource.h>

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
    struct times times = { 0 };
    struct decant_error err = { 0 };
    struct decant_options options;
    if (argc != 3 && argc != 5)
        return 2;
    decant_options_init(&options);
    options.source = argv[1];
    options.target = argv[2];
    options.no_mask = argc == 3;
    options.rules = argc == 5 ? argv[3] : NULL;
    options.key_file = argc == 5 ? argv[4] : NULL;
    struct decant_job *job = decant_job_new(&options, on_event, &times);
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
