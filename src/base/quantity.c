/* SPDX-License-Identifier: PostgreSQL */
#include "base/quantity.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* A decimal number at the beginning of the text; *end is what stands behind it, without blanks. */
static bool
number(const char *text, double *out, const char **end)
{
    char *behind;
    if (strspn(text, "0123456789.") == 0)
        return false;
    errno = 0;
    *out = strtod(text, &behind);
    *end = behind + strspn(behind, " ");
    bool is_hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    return behind != text && errno == 0 && !is_hex;
}

bool
quantity_share(const char *text, double *out)
{
    double share;
    const char *end;
    if (!number(text, &share, &end) || (*end != '\0' && strcmp(end, "%") != 0))
        return false;
    share /= *end == '%' ? 100 : 1;
    if (!(share > 0 && share <= 1))
        return false;
    *out = share;
    return true;
}

bool
quantity_bytes(const char *text, int64_t *out)
{
    static const struct {
        const char *unit;
        double bytes;
    } units[] = { { "", 1 },      { "B", 1 },
                  { "kB", 1e3 },  { "KiB", 1024.0 },
                  { "MB", 1e6 },  { "MiB", 1048576.0 },
                  { "GB", 1e9 },  { "GiB", 1073741824.0 },
                  { "TB", 1e12 }, { "TiB", 1099511627776.0 } };
    double n;
    const char *end;
    if (!number(text, &n, &end) || !(n > 0))
        return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(end, units[i].unit) == 0 && n * units[i].bytes >= 1 &&
            n * units[i].bytes < 9e18) {
            *out = (int64_t)(n * units[i].bytes);
            return true;
        }
    return false;
}

bool
quantity_duration(const char *text, int *out)
{
    static const struct {
        const char *unit;
        long ms;
    } units[] = { { "ms", 1 }, { "s", 1000 }, { "min", 60000 }, { "h", 3600000 }, { "", 1000 } };
    char *end;
    errno = 0;
    long n = strtol(text, &end, 10);
    for (size_t i = 0; i < sizeof units / sizeof *units && end != text && errno == 0; i++)
        if (strcmp(end, units[i].unit) == 0 && n >= 0 && n <= INT_MAX / units[i].ms) {
            *out = (int)(n * units[i].ms);
            return true;
        }
    return false;
}

bool
quantity_age(const char *text, int64_t *out)
{
    static const struct {
        const char *unit;
        long s;
    } units[] = { { "s", 1 }, { "min", 60 }, { "h", 3600 }, { "d", 86400 }, { "w", 604800 } };
    char *end;
    errno = 0;
    long n = strtol(text, &end, 10);
    for (size_t i = 0; i < sizeof units / sizeof *units && end != text && errno == 0; i++)
        if (strcmp(end, units[i].unit) == 0 && n > 0 && n <= LONG_MAX / units[i].s) {
            *out = (int64_t)n * units[i].s;
            return true;
        }
    return false;
}
