/* SPDX-License-Identifier: PostgreSQL */
#include "base/clock.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

int64_t
clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t
clock_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t
clock_now(void)
{
    return (int64_t)time(NULL);
}

void
clock_put(int64_t s, char out[CLOCK_TEXT])
{
    assert(out != NULL);
    time_t at = (time_t)s;
    struct tm utc;
    out[0] = '\0';
    if (gmtime_r(&at, &utc) != NULL && utc.tm_year <= 9999 - 1900 && utc.tm_year >= -1900)
        strftime(out, CLOCK_TEXT, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

/* The digits of `text` by a form of digits (d) and other characters; behind it the text ends. */
static int64_t
by_form(const char *text, const char *form, struct tm *utc)
{
    int *const fields[] = { &utc->tm_year, &utc->tm_mon, &utc->tm_mday,
                            &utc->tm_hour, &utc->tm_min, &utc->tm_sec };
    static const int widths[] = { 4, 2, 2, 2, 2, 2 };
    int field = 0, digits = 0;
    for (; *form != '\0'; form++, text++) {
        if (*form != 'd') {
            if (*text != *form)
                return -1;
            continue;
        }
        if (*text < '0' || *text > '9')
            return -1;
        *fields[field] = *fields[field] * 10 + (*text - '0');
        if (++digits == widths[field]) {
            field++;
            digits = 0;
        }
    }
    return 0;
}

static int64_t
seconds_of(struct tm *utc)
{
    struct tm asked = *utc;
    asked.tm_year -= 1900;
    asked.tm_mon -= 1;
    struct tm normal = asked;
    int64_t s = (int64_t)timegm(&normal);
    bool same = normal.tm_mon == asked.tm_mon && normal.tm_mday == asked.tm_mday &&
                normal.tm_hour == asked.tm_hour && normal.tm_min == asked.tm_min &&
                normal.tm_sec == asked.tm_sec;
    return same && s >= 0 ? s : -1; /* timegm() takes the 31st of February for one of March */
}

int64_t
clock_parse(const char *text)
{
    assert(text != NULL);
    static const char *const forms[] = { "dddd-dd-ddTdd:dd:dd", "dddd-dd-dd dd:dd:dd" };
    for (int i = 0; i < 2; i++) {
        struct tm utc = { 0 };
        size_t len = strlen(forms[i]);
        if (by_form(text, forms[i], &utc) == 0 &&
            (text[len] == '\0' || strcmp(text + len, "Z") == 0))
            return seconds_of(&utc);
    }
    return -1;
}

int64_t
clock_of_run(const char *run)
{
    assert(run != NULL);
    struct tm utc = { 0 };
    return by_form(run, "dddddddddddddd", &utc) == 0 ? seconds_of(&utc) : -1;
}
