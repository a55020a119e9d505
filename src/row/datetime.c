/* SPDX-License-Identifier: PostgreSQL */
/* Wire forms: date is int32 days, timestamp[tz] int64 microseconds since 2000-01-01; the least and
 * the greatest integer are the infinities (src/include/datatype/timestamp.h). */
#include "row/datetime.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/bytes.h"

#define US_PER_SECOND INT64_C(1000000)
#define US_PER_DAY (86400 * US_PER_SECOND)

struct civil {
    int64_t year; /* astronomical: 0 is 1 BC */
    int month, day;
};

/* Days since 2000-01-01 to the proleptic Gregorian calendar; after Howard Hinnant,
 * "chrono-Compatible Low-Level Date Algorithms", civil_from_days. */
static struct civil
civil_from_days(int64_t days)
{
    days += 730425; /* from 0000-03-01 to 2000-01-01 */
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t doe = days - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    int month = (int)(mp < 10 ? mp + 3 : mp - 9);
    return (struct civil){ .year = yoe + era * 400 + (month <= 2),
                           .month = month,
                           .day = (int)(doy - (153 * mp + 2) / 5 + 1) };
}

static char *
put2(char *p, int n)
{
    p[0] = (char)('0' + n / 10 % 10);
    p[1] = (char)('0' + n % 10);
    return p + 2;
}

static void
put_date(struct civil date, struct buf *out)
{
    int64_t year = date.year > 0 ? date.year : 1 - date.year;
    if (year > 9999)
        buf_printf(out, "%" PRId64, year);
    buf_reserve(out, 16);
    char *p = out->data + out->len;
    if (year <= 9999)
        p = put2(put2(p, (int)(year / 100)), (int)(year % 100));
    *p++ = '-';
    p = put2(p, date.month);
    *p++ = '-';
    p = put2(p, date.day);
    *p = '\0';
    out->len = (size_t)(p - out->data);
}

/* HH:MM:SS and six decimals unless they are zero; PostgreSQL also drops zeros at their end. */
static void
put_time(int64_t us, bool trimmed, struct buf *out)
{
    buf_reserve(out, 24);
    char *p = out->data + out->len;
    int64_t seconds = us / US_PER_SECOND;
    int fraction = (int)(us % US_PER_SECOND);
    p = put2(p, (int)(seconds / 3600));
    *p++ = ':';
    p = put2(p, (int)(seconds / 60 % 60));
    *p++ = ':';
    p = put2(p, (int)(seconds % 60));
    if (fraction != 0) {
        *p++ = '.';
        p = put2(put2(put2(p, fraction / 10000), fraction / 100 % 100), fraction % 100);
        while (trimmed && p[-1] == '0')
            p--;
    }
    *p = '\0';
    out->len = (size_t)(p - out->data);
}

static enum datetime_range
date_parts(const struct decant_value *value, struct civil *date, struct buf *out)
{
    if (value->len != 4)
        return DATETIME_MALFORMED;
    int32_t days = (int32_t)get_u32(value->data);
    if (days == INT32_MIN || days == INT32_MAX) {
        buf_puts(out, days < 0 ? "-infinity" : "infinity");
        return DATETIME_INFINITE;
    }
    *date = civil_from_days(days);
    put_date(*date, out);
    return date->year >= 1 && date->year <= 9999 ? DATETIME_PLAIN : DATETIME_BEYOND;
}

static enum datetime_range
timestamp_parts(const struct decant_value *value, bool trimmed, struct civil *date, struct buf *out)
{
    if (value->len != 8)
        return DATETIME_MALFORMED;
    int64_t us = (int64_t)get_u64(value->data);
    if (us == INT64_MIN || us == INT64_MAX) {
        buf_puts(out, us < 0 ? "-infinity" : "infinity");
        return DATETIME_INFINITE;
    }
    int64_t days = us / US_PER_DAY, rest = us % US_PER_DAY;
    if (rest < 0) {
        rest += US_PER_DAY;
        days--;
    }
    *date = civil_from_days(days);
    put_date(*date, out);
    buf_putc(out, ' ');
    put_time(rest, trimmed, out);
    return date->year >= 1 && date->year <= 9999 ? DATETIME_PLAIN : DATETIME_BEYOND;
}

enum datetime_range
datetime_date_sqlite(const struct decant_value *value, struct buf *out)
{
    struct civil date = { 0 };
    enum datetime_range range = date_parts(value, &date, out);
    if (range == DATETIME_BEYOND && date.year <= 0)
        buf_puts(out, " BC");
    return range;
}

enum datetime_range
datetime_timestamp_sqlite(const struct decant_value *value, struct buf *out)
{
    struct civil date = { 0 };
    enum datetime_range range = timestamp_parts(value, false, &date, out);
    if (range == DATETIME_BEYOND && date.year <= 0)
        buf_puts(out, " BC");
    return range;
}

bool
datetime_date_text(const struct decant_value *value, const struct text_style *style,
                   struct buf *out)
{
    (void)style;
    return datetime_date_sqlite(value, out) != DATETIME_MALFORMED;
}

bool
datetime_timestamp_text(const struct decant_value *value, const struct text_style *style,
                        struct buf *out)
{
    struct civil date = { 0 };
    (void)style;
    enum datetime_range range = timestamp_parts(value, true, &date, out);
    if (range == DATETIME_BEYOND && date.year <= 0)
        buf_puts(out, " BC");
    return range != DATETIME_MALFORMED;
}

bool
datetime_timestamptz_text(const struct decant_value *value, const struct text_style *style,
                          struct buf *out)
{
    struct civil date = { 0 };
    (void)style;
    enum datetime_range range = timestamp_parts(value, true, &date, out);
    if (range == DATETIME_MALFORMED)
        return false;
    if (range != DATETIME_INFINITE)
        buf_puts(out, date.year <= 0 ? "+00 BC" : "+00");
    return true;
}

static bool
time_of_day(const struct decant_value *value, bool trimmed, struct buf *out)
{
    if (value->len != 8)
        return false;
    int64_t us = (int64_t)get_u64(value->data);
    if (us < 0 || us > US_PER_DAY) /* 24:00:00 is a time of PostgreSQL's */
        return false;
    put_time(us, trimmed, out);
    return true;
}

bool
datetime_time_text(const struct decant_value *value, const struct text_style *style,
                   struct buf *out)
{
    (void)style;
    return time_of_day(value, true, out);
}

bool
datetime_time_sqlite(const struct decant_value *value, struct buf *out)
{
    return time_of_day(value, false, out);
}

/* int64 microseconds, int32 seconds west of Greenwich. */
static bool
timetz(const struct decant_value *value, bool minutes_always, struct buf *out)
{
    if (value->len != 12)
        return false;
    int64_t us = (int64_t)get_u64(value->data);
    int64_t east = -(int64_t)(int32_t)get_u32(value->data + 8);
    if (us < 0 || us > US_PER_DAY || llabs(east) >= 100 * 3600)
        return false;
    put_time(us, true, out);
    int zone = (int)llabs(east);
    buf_printf(out, "%c%02d", east < 0 ? '-' : '+', zone / 3600);
    if (minutes_always || zone % 3600 != 0)
        buf_printf(out, ":%02d", zone / 60 % 60);
    if (zone % 60 != 0)
        buf_printf(out, ":%02d", zone % 60);
    return true;
}

bool
datetime_timetz_text(const struct decant_value *value, const struct text_style *style,
                     struct buf *out)
{
    (void)style;
    return timetz(value, false, out);
}

bool
datetime_timetz_sqlite(const struct decant_value *value, struct buf *out)
{
    return timetz(value, true, out);
}

/* interval_send(): int64 microseconds, int32 days, int32 months. From PostgreSQL 17 on, all parts
 * at their least or greatest value are an infinity. */
struct interval {
    int64_t us;
    int32_t days, months;
    int infinite; /* -1, 0, 1 */
};

static bool
interval_parse(const struct decant_value *value, struct interval *iv)
{
    if (value->len != 16)
        return false;
    *iv = (struct interval){ .us = (int64_t)get_u64(value->data),
                             .days = (int32_t)get_u32(value->data + 8),
                             .months = (int32_t)get_u32(value->data + 12) };
    if (iv->us == INT64_MAX && iv->days == INT32_MAX && iv->months == INT32_MAX)
        iv->infinite = 1;
    if (iv->us == INT64_MIN && iv->days == INT32_MIN && iv->months == INT32_MIN)
        iv->infinite = -1;
    return true;
}

static uint64_t
magnitude(int64_t n)
{
    return n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
}

static void
put_fraction(int us, struct buf *out)
{
    if (us == 0)
        return;
    buf_printf(out, ".%06d", us);
    while (out->data[out->len - 1] == '0')
        out->data[--out->len] = '\0';
}

bool
datetime_interval_text(const struct decant_value *value, const struct text_style *style,
                       struct buf *out)
{
    struct interval iv;
    (void)style;
    if (!interval_parse(value, &iv))
        return false;
    if (iv.infinite != 0) {
        buf_puts(out, iv.infinite > 0 ? "infinity" : "-infinity");
        return true;
    }
    /* As EncodeInterval() does: a sign is shown behind a part with the other one. */
    const struct {
        int value;
        const char *unit;
    } parts[] = { { iv.months / 12, "year" }, { iv.months % 12, "mon" }, { iv.days, "day" } };
    bool first = true, before_negative = false;
    for (int i = 0; i < 3; i++) {
        if (parts[i].value == 0)
            continue;
        buf_printf(out, "%s%s%d %s%s", first ? "" : " ",
                   before_negative && parts[i].value > 0 ? "+" : "", parts[i].value, parts[i].unit,
                   parts[i].value != 1 ? "s" : "");
        before_negative = parts[i].value < 0;
        first = false;
    }
    if (first || iv.us != 0) {
        uint64_t us = magnitude(iv.us), seconds = us / US_PER_SECOND;
        buf_printf(out, "%s%s%02" PRIu64 ":%02d:%02d", first ? "" : " ",
                   iv.us < 0         ? "-"
                   : before_negative ? "+"
                                     : "",
                   seconds / 3600, (int)(seconds / 60 % 60), (int)(seconds % 60));
        put_fraction((int)(us % US_PER_SECOND), out);
    }
    return true;
}

bool
datetime_interval_iso(const struct decant_value *value, struct buf *out)
{
    struct interval iv;
    if (!interval_parse(value, &iv))
        return false;
    if (iv.infinite != 0) {
        buf_puts(out, iv.infinite > 0 ? "infinity" : "-infinity");
        return true;
    }
    if (iv.months == 0 && iv.days == 0 && iv.us == 0) {
        buf_puts(out, "PT0S");
        return true;
    }
    const char *sign = iv.us < 0 ? "-" : "";
    uint64_t us = magnitude(iv.us), seconds = us / US_PER_SECOND;
    uint64_t hours = seconds / 3600;
    int minutes = (int)(seconds / 60 % 60), rest = (int)(seconds % 60);
    int fraction = (int)(us % US_PER_SECOND);
    buf_putc(out, 'P');
    if (iv.months / 12 != 0)
        buf_printf(out, "%dY", iv.months / 12);
    if (iv.months % 12 != 0)
        buf_printf(out, "%dM", iv.months % 12);
    if (iv.days != 0)
        buf_printf(out, "%dD", iv.days);
    if (us != 0)
        buf_putc(out, 'T');
    if (hours != 0)
        buf_printf(out, "%s%" PRIu64 "H", sign, hours);
    if (minutes != 0)
        buf_printf(out, "%s%dM", sign, minutes);
    if (rest != 0 || fraction != 0) {
        buf_printf(out, "%s%d", sign, rest);
        put_fraction(fraction, out);
        buf_putc(out, 'S');
    }
    return true;
}

bool
datetime_interval_us(const struct decant_value *value, int64_t *us)
{
    struct interval iv;
    if (!interval_parse(value, &iv) || iv.months != 0 || iv.infinite != 0)
        return false;
    /* A day is 24 hours here, as in a timedelta of Python. */
    return !__builtin_mul_overflow((int64_t)iv.days, US_PER_DAY, us) &&
           !__builtin_add_overflow(*us, iv.us, us);
}
