/* SPDX-License-Identifier: PostgreSQL */
/* Events as people and machines read them. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <decant/decant.h>

#include "base/buf.h"

struct progress {
    bool json, quiet, is_terminal;
    bool has_bar;           /* a line of progress stands on the terminal */
    char stage[32];         /* under way */
    double stage_since;     /* seconds since the job began */
    struct buf not_carried; /* grouped lines, printed at the end */
    char group[128];        /* kind and reason of the group under way */
    int shown, hidden;      /* objects of the group */
    int unproved;           /* masks of which a pull may find that they do not hold */
};

void progress_init(struct progress *progress, bool json, bool quiet);
void progress_event(void *ctx, const struct decant_event *event); /* decant_on_event */
void progress_finish(struct progress *progress, bool ok);

#endif
