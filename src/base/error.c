/* SPDX-License-Identifier: PostgreSQL */
#include "base/error.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool
error_set(struct decant_error *err, enum decant_code code, const char *fmt, ...)
{
    assert(err != NULL && code != DECANT_OK);
    va_list args;
    *err = (struct decant_error){ .code = code };
    va_start(args, fmt);
    vsnprintf(err->message, sizeof err->message, fmt, args);
    va_end(args);
    return false;
}

bool
error_context(struct decant_error *err, const char *fmt, ...)
{
    assert(err != NULL);
    size_t len = strlen(err->context);
    if (len > 0 && len + 2 < sizeof err->context) {
        memcpy(err->context + len, ", ", 3);
        len += 2;
    }
    va_list args;
    va_start(args, fmt);
    vsnprintf(err->context + len, sizeof err->context - len, fmt, args);
    va_end(args);
    return false;
}

bool
error_hint(struct decant_error *err, const char *fmt, ...)
{
    assert(err != NULL);
    if (err->hint[0] != '\0')
        return false;
    va_list args;
    va_start(args, fmt);
    vsnprintf(err->hint, sizeof err->hint, fmt, args);
    va_end(args);
    return false;
}

bool
error_errno(struct decant_error *err, const char *fmt, ...)
{
    assert(err != NULL);
    int reason = errno;
    *err = (struct decant_error){ .code = DECANT_UNAVAILABLE };
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(err->message, sizeof err->message, fmt, args);
    va_end(args);
    if (len >= 0 && (size_t)len < sizeof err->message)
        snprintf(err->message + len, sizeof err->message - (size_t)len, ": %s", strerror(reason));
    return false;
}
