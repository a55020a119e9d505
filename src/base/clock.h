/* SPDX-License-Identifier: PostgreSQL */
/* Time that only goes forward, and times of day as texts. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

int64_t clock_ms(void); /* milliseconds since some point in the past */
int64_t clock_us(void); /* microseconds since the same point */

/* The time of day: seconds since 1970. */
int64_t clock_now(void);

enum { CLOCK_TEXT = 21 }; /* bytes of "2026-11-30T02:30:00Z" and its end */

/* As ISO 8601 has it, in UTC; years beyond 9999 are "". */
void clock_put(int64_t s, char out[CLOCK_TEXT]);

/* Such a text, also with a blank for T and without the Z; -1: it is none. */
int64_t clock_parse(const char *text);

/* What the first fourteen digits of the name of a run say; -1: they are none. */
int64_t clock_of_run(const char *run);

#endif
