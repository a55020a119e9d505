/* SPDX-License-Identifier: PostgreSQL */
/* Filling a decant_error. Each function returns false, so that a failing function can end with one.
 * On success an error is left untouched. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdbool.h>

#include <decant/error.h>

#define PRINTF(f, a) __attribute__((format(printf, f, a)))

bool error_set(struct decant_error *err, enum decant_code code, const char *fmt, ...) PRINTF(3, 4);

/* Adds where it happened; the innermost place stands first. */
bool error_context(struct decant_error *err, const char *fmt, ...) PRINTF(2, 3);

/* Says what the user can do; the first hint wins. */
bool error_hint(struct decant_error *err, const char *fmt, ...) PRINTF(2, 3);

/* For a failed system call: "message: reason of errno", DECANT_UNAVAILABLE. */
bool error_errno(struct decant_error *err, const char *fmt, ...) PRINTF(2, 3);

#endif
