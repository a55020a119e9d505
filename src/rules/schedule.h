/* SPDX-License-Identifier: PostgreSQL */
/* When a run is due: "02:30", "Mon-Fri 02:30", "Sat,Sun 04:00,16:00", in the machine's time. */
#ifndef RULES_SCHEDULE_H
#define RULES_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

enum { SCHEDULE_TIMES = 24, SCHEDULE_EVERY_DAY = 0x7F };

struct schedule {
    unsigned days;               /* bit 0 is Sunday */
    int ntimes;                  /* 0: there is no schedule */
    int minutes[SCHEDULE_TIMES]; /* of the day, in ascending order */
};

/* False: it is no schedule. */
bool schedule_parse(const char *text, struct schedule *out);

/* The first time after `s` (seconds since 1970) and the last one at or before it; -1: there is no
 * schedule. */
int64_t schedule_next(const struct schedule *schedule, int64_t s);
int64_t schedule_last(const struct schedule *schedule, int64_t s);

#endif
