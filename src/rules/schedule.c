/* SPDX-License-Identifier: PostgreSQL */
#include "rules/schedule.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { WEEK = 7 };

static const char *const names[WEEK] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };

/* The day that the text begins with, or -1. */
static int
day_at(const char **text)
{
    for (int i = 0; i < WEEK; i++)
        if (strncasecmp(*text, names[i], 3) == 0) {
            *text += 3;
            return i;
        }
    return -1;
}

/* "Mon-Fri", "Sat,Sun": a range may go round the end of the week. */
static bool
parse_days(const char **text, unsigned *out)
{
    *out = 0;
    for (;;) {
        int from = day_at(text), to = from;
        if (from >= 0 && **text == '-') {
            (*text)++;
            to = day_at(text);
        }
        if (from < 0 || to < 0)
            return false;
        for (int day = from;; day = (day + 1) % WEEK) {
            *out |= 1U << day;
            if (day == to)
                break;
        }
        if (**text != ',')
            return true;
        (*text)++;
    }
}

/* Two digits below `end`, or -1. */
static int
two_digits(const char *text, int end)
{
    if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
        return -1;
    int n = (text[0] - '0') * 10 + text[1] - '0';
    return n < end ? n : -1;
}

bool
schedule_parse(const char *text, struct schedule *out)
{
    assert(text != NULL && out != NULL);
    *out = (struct schedule){ .days = SCHEDULE_EVERY_DAY };
    if (*text >= 'A') {
        if (!parse_days(&text, &out->days) || *text != ' ')
            return false;
        text += strspn(text, " ");
    }
    for (;;) {
        int hours = two_digits(text, 24);
        int minutes = hours >= 0 && text[2] == ':' ? two_digits(text + 3, 60) : -1;
        int at = hours * 60 + minutes;
        bool is_later = out->ntimes == 0 || at > out->minutes[out->ntimes - 1];
        if (minutes < 0 || !is_later || out->ntimes == SCHEDULE_TIMES)
            return false;
        out->minutes[out->ntimes++] = at;
        text += 5;
        if (*text == '\0')
            return true;
        if (*text++ != ',')
            return false;
    }
}

/* A time of the day that is `days` after the one of `s`. */
static int64_t
time_on(int64_t s, int days, int minutes)
{
    time_t at = (time_t)s;
    struct tm local;
    if (localtime_r(&at, &local) == NULL)
        return -1;
    local.tm_mday += days;
    local.tm_hour = minutes / 60;
    local.tm_min = minutes % 60;
    local.tm_sec = 0;
    local.tm_isdst = -1; /* a time that the clock leaves out is an hour later */
    return (int64_t)mktime(&local);
}

static bool
is_due(const struct schedule *schedule, int64_t s)
{
    time_t at = (time_t)s;
    struct tm local;
    return localtime_r(&at, &local) != NULL && (schedule->days >> local.tm_wday & 1) != 0;
}

int64_t
schedule_next(const struct schedule *schedule, int64_t s)
{
    assert(schedule != NULL);
    for (int day = 0; day <= WEEK && schedule->ntimes > 0; day++)
        for (int i = 0; i < schedule->ntimes; i++) {
            int64_t at = time_on(s, day, schedule->minutes[i]);
            if (at > s && is_due(schedule, at))
                return at;
        }
    return -1;
}

int64_t
schedule_last(const struct schedule *schedule, int64_t s)
{
    assert(schedule != NULL);
    for (int day = 0; day >= -WEEK && schedule->ntimes > 0; day--)
        for (int i = schedule->ntimes - 1; i >= 0; i--) {
            int64_t at = time_on(s, day, schedule->minutes[i]);
            if (at >= 0 && at <= s && is_due(schedule, at))
                return at;
        }
    return -1;
}
