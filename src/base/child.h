/* SPDX-License-Identifier: PostgreSQL */
/* Running another program. It dies with us (PR_SET_PDEATHSIG), so start it from the thread that
 * lives longest. */
#ifndef BASE_CHILD_H
#define BASE_CHILD_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/buf.h"

/* A variable for a program's environment. */
struct child_variable {
    const char *name, *value;
};

struct child {
    const char *const *argv;          /* ends with NULL; argv[0] is a path */
    const struct child_variable *env; /* more of them; ends with a NULL name; or NULL */
    int stdout_fd;                    /* where its output goes; -1: into `output` */
    struct buf *output;
    struct buf *errors;     /* what it says on stderr, at most 8 MiB */
    const atomic_int *stop; /* nonzero: end it with SIGTERM, and two seconds later with SIGKILL */
    int quiet_ms;           /* it may say nothing for so long, or until asked; 0: for ever */
    bool (*is_at_work)(void *ctx);
    void *ctx;
};

/* *status is its exit status, 128 + N after signal N. False when it could not be run, was stopped
 * (DECANT_CANCELLED), or was not at work (DECANT_UNAVAILABLE). */
bool child_run(const struct child *child, int *status, struct decant_error *err);

/* A command of the user's, found as a shell finds it. */
struct child_command {
    const char *const *argv;          /* ends with NULL */
    const struct child_variable *env; /* ends with a NULL name; an empty value takes one away */
    const char *input;                /* its stdin; NULL: ours */
    const char *directory;            /* where it runs; NULL: here */
    bool keeps_stdout;                /* else its stdout goes to our stderr */
    int timeout_ms;                   /* it is ended then, with what it started; 0: it may go on */
    const atomic_int *stop;           /* nonzero: it is ended */
};

/* Runs it with our stderr, which gets its stdout, too, unless it keeps that. *status as above; 127
 * where it cannot be run is an error, and so is the end of its time (DECANT_UNAVAILABLE). */
bool child_run_command(const struct child_command *command, int *status, struct decant_error *err);

#endif
