/* SPDX-License-Identifier: PostgreSQL */
/* Time that only goes forward. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

int64_t clock_ms(void); /* milliseconds since some point in the past */
int64_t clock_us(void); /* microseconds since the same point */

#endif
