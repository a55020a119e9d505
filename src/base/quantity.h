/* SPDX-License-Identifier: PostgreSQL */
/* Amounts as people write them. */
#ifndef BASE_QUANTITY_H
#define BASE_QUANTITY_H

#include <stdbool.h>
#include <stdint.h>

/* "5%" or "0.05": above 0 and at most 1. */
bool quantity_share(const char *text, double *out);

/* "2GiB", "500 MB", "4096": above 0. */
bool quantity_bytes(const char *text, int64_t *out);

/* "500ms", "2s", "5min", "1h", "3": seconds without a unit; *out in milliseconds, 0 or more. */
bool quantity_duration(const char *text, int *out);

/* "90s", "30min", "26h", "14d", "2w": above 0; *out in seconds. */
bool quantity_age(const char *text, int64_t *out);

#endif
