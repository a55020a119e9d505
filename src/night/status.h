/* SPDX-License-Identifier: PostgreSQL */
/* How a target is: from its journal, and the copies that are there. */
#ifndef NIGHT_STATUS_H
#define NIGHT_STATUS_H

#include "night/journal.h"

/* A copy that is there. */
struct status_copy {
    const char *run; /* "": nobody knows */
    int64_t made_s;  /* when the run began; 0: unknown */
    int64_t bytes;
    bool is_current;
};

/* Something that wants looking at; a problem decides on the exit status, a warning does not. */
struct status_finding {
    const char *code, *text;
    bool is_problem;
};

struct status {
    const char *target, *journal_path;
    const struct journal *journal;
    int64_t now_s;
    bool is_running;            /* somebody holds the lock of the run */
    const char *unreachable;    /* why nobody knows which copies there are, or NULL */
    const char *manifest_fault; /* of the copy in place, or NULL */
    int ncopies;                /* the one in place first */
    const struct status_copy *copies;

    /* by status_judge() */
    int64_t data_s, next_s, expires_s; /* of the copy in place; 0: unknown, or never */
    int nfindings, nproblems;
    struct status_finding *findings;
};

/* Finds what wants looking at; in `arena`. */
void status_judge(struct status *status, struct arena *arena);

void status_put_text(const struct status *status, struct buf *out);
void status_put_json(const struct status *status, struct buf *out);

#endif
