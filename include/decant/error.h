/* SPDX-License-Identifier: PostgreSQL */
/* What went wrong, where, and what to do: one struct, filled where the failure is detected. */
#ifndef DECANT_ERROR_H
#define DECANT_ERROR_H

/* Also the exit status of decant(1). */
enum decant_code {
    DECANT_OK = 0,
    DECANT_BUG = 1,         /* a bug */
    DECANT_USAGE = 2,       /* command line or rules file */
    DECANT_REFUSED = 3,     /* unsafe, undecided, not privileged, held by another run */
    DECANT_LEAK = 4,        /* a source value that the rules were to remove */
    DECANT_CHECK = 5,       /* a check of the finished copy failed, or could not run */
    DECANT_UNAVAILABLE = 6, /* source or target lost, full or not writable, no memory: try again */
    DECANT_UNPUBLISHED = 7, /* built, but not put in place */
    DECANT_CANCELLED = 130, /* decant_job_cancel() was called */
};

/* Fixed size: reporting a failure never allocates. Messages name objects, never values of rows. */
struct decant_error {
    enum decant_code code;
    char sqlstate[6];  /* from a server, or empty */
    char message[512]; /* what failed: lower case, no full stop, names in quotes */
    char context[512]; /* where, innermost first; may be empty */
    char hint[512];    /* what the user can do; may be empty */
};

#endif
