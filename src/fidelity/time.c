/* SPDX-License-Identifier: PostgreSQL */
#include "fidelity/time.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

/* Days since 2000-01-01 of a proleptic Gregorian date: H. Hinnant, "chrono-Compatible Low-Level
 * Date Algorithms", days_from_civil. */
static double
days_of(double year, int month, int day)
{
    year -= month <= 2;
    double era = floor(year / 400), of_era = year - era * 400;
    double of_year = floor((153.0 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
    double days = of_era * 365 + floor(of_era / 4) - floor(of_era / 100) + of_year;
    return era * 146097 + days - 730425;
}

static bool
take_number(const char **p, const char *end, char before, double *out)
{
    const char *at = *p;
    if (before != 0) {
        if (at == end || (*at != before && !(before == ' ' && *at == 'T')))
            return false;
        at++;
    }
    if (at == end || !isdigit((unsigned char)*at))
        return false;
    for (*out = 0; at < end && isdigit((unsigned char)*at); at++)
        *out = *out * 10 + (*at - '0');
    *p = at;
    return true;
}

double
time_of_text(const char *text, size_t len)
{
    const char *p = text, *end = text + len;
    double year, month, day, hour = 0, minute = 0, second = 0, offset = 0, part;
    if (!take_number(&p, end, 0, &year) || !take_number(&p, end, '-', &month) ||
        !take_number(&p, end, '-', &day))
        return NAN;
    if (take_number(&p, end, ' ', &hour) && take_number(&p, end, ':', &minute))
        take_number(&p, end, ':', &second);
    const char *fraction = p;
    if (take_number(&p, end, '.', &part))
        second += part / pow(10, (double)(p - fraction - 1));
    char sign = p < end ? *p : 0;
    if ((sign == '+' || sign == '-') && take_number(&p, end, sign, &part)) {
        offset = part * 3600;
        if (take_number(&p, end, ':', &part))
            offset += part * 60;
    }
    if (end - p >= 3 && memcmp(end - 2, "BC", 2) == 0)
        year = 1 - year;
    return days_of(year, (int)month, (int)day) * 86400 + hour * 3600 + minute * 60 + second -
           (sign == '-' ? -offset : offset);
}
