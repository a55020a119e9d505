/* SPDX-License-Identifier: PostgreSQL */
/* Dates and times, as PostgreSQL and the copies write them, on one line of numbers. */
#ifndef FIDELITY_TIME_H
#define FIDELITY_TIME_H

#include <stddef.h>

/* Seconds since 2000-01-01 of "2024-05-01[ T]10:00:00[.f][+02[:30]][ BC]"; NaN when it is none. */
double time_of_text(const char *text, size_t len);

#endif
