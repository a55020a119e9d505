/* SPDX-License-Identifier: PostgreSQL */
/* Dates and times, counted from 2000-01-01. */
#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "transform/maker.h"
#include "transform/transform.h"

struct shift_params {
    int unit, max;
};

struct birth_params {
    int preserve, band;
};

struct truncate_params {
    int to;
};

#define DAY_US INT64_C(86400000000)
enum { EPOCH_DAYS = 10957 /* from 1970-01-01 to 2000-01-01 */ };

/* Days from 2000-01-01 and back: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
static int64_t
days_of(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t yoe = year - era * 400, doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468 - EPOCH_DAYS;
}

static void
civil_of(int64_t days, int64_t *year, int *month, int *day)
{
    days += 719468 + EPOCH_DAYS;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097, doe = days - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int doy = (int)(doe - (365 * yoe + yoe / 4 - yoe / 100)), mp = (5 * doy + 2) / 153;
    *day = doy - (153 * mp + 2) / 5 + 1;
    *month = mp < 10 ? mp + 3 : mp - 9;
    *year = yoe + era * 400 + (*month <= 2);
}

static bool
is_infinite(const struct mask_value *cell)
{
    return cell->kind == KIND_DATE ? cell->integer == INT32_MIN || cell->integer == INT32_MAX
                                   : cell->integer == INT64_MIN || cell->integer == INT64_MAX;
}

static int64_t
floor_to(int64_t x, int64_t step)
{
    return x / step * step - (x % step < 0 ? step : 0);
}

static int64_t
whole_days(const struct mask_value *cell)
{
    return cell->kind == KIND_DATE ? cell->integer : floor_to(cell->integer, DAY_US) / DAY_US;
}

static int
shifts(const struct mask *mask)
{
    const struct shift_params *params = mask->params;
    return params->max > 0 ? params->max : 52;
}

/* What a reader must guess who knows nothing of the entity. */
static double
date_shift_bits(const struct mask *mask)
{
    return log2(shifts(mask));
}

/* "Never" (9999-12-31) or "not known" (1970-01-01) is the same for everybody: moved, it would tell
 * by how much the entity's other dates were. */
static bool
date_shift_prepare(struct mask *mask, struct mask_maker *maker)
{
    if (maker->shared == NULL || maker->column == NULL || maker->column->type->kind != TYPE_SCALAR)
        return true;
    return maker->shared(maker->frequencies_ctx, maker->table, maker->column, maker->kind,
                         maker->arena, &mask->nshared, &mask->shared, maker->err);
}

/* The first date or time that PostgreSQL has, 4714-11-24 BC. */
static int64_t
first_of(const struct mask_value *cell)
{
    return cell->kind == KIND_DATE ? -2451545 : INT64_C(-211813488000000000);
}

/* The year that it is of begins before it. */
static void
put_not_before_first(struct mask_value *cell, int64_t fake)
{
    cell->out_integer = fake < first_of(cell) ? first_of(cell) : fake;
}

APPLY(date_shift_apply)
{
    const struct shift_params *params = mask->params;
    int max = shifts(mask);
    int64_t days = (int64_t)(1 + cell->bits[0] % (uint64_t)max) * (params->unit == 0 ? 7 : 1);
    int64_t step = cell->kind == KIND_DATE ? 1 : DAY_US;
    if (is_infinite(cell) || mask_is_shared(mask, cell->integer) ||
        cell->integer - days * step < first_of(cell))
        return MASK_SAME;
    cell->out_integer = cell->integer - days * step;
    return MASK_DONE;
}

static int64_t
today(void)
{
    return (int64_t)(time(NULL) / 86400) - EPOCH_DAYS;
}

/* Another day of the band, never one that has not come yet: in the band of today, none behind the
 * original. */
static int64_t
fake_birth(const struct birth_params *params, int64_t days, uint64_t random)
{
    int64_t year;
    int month, day;
    civil_of(days, &year, &month, &day);
    int64_t band = params->preserve == 1   ? 1
                   : params->preserve == 2 ? 80
                   : params->band > 0      ? params->band
                                           : 5;
    int64_t first = params->preserve == 2 ? 1930 : floor_to(year, band);
    int64_t from = days_of(first, 1, 1), to = days_of(first + band, 1, 1);
    if (to > today() && days >= from)
        to = days + 1;
    return to > from ? from + (int64_t)(random % (uint64_t)(to - from)) : days;
}

/* Text: 1980-05-17, 17.05.1980, 05/17/1980: the year stands where four digits are. */
static enum mask_result
birth_text(const struct birth_params *params, struct mask_value *cell)
{
    assert(cell != NULL);
    int parts[3] = { 0 }, lengths[3] = { 0 }, n = 0;
    for (size_t i = 0; i < cell->len; i++) {
        unsigned char c = (unsigned char)cell->data[i];
        if (!isdigit(c) && (strchr("-./", c) == NULL || ++n > 2))
            return MASK_INVALID;
        if (isdigit(c) && lengths[n]++ < 4)
            parts[n] = parts[n] * 10 + (c - '0');
    }
    int at = lengths[0] == 4 ? 0 : lengths[2] == 4 ? 2 : -1;
    if (n != 2 || at < 0 || lengths[1] == 0 || lengths[1] > 2)
        return MASK_INVALID;
    /* where both could be the month, the fake's day is below 13, too, and either reading is one */
    int month = at == 0 ? parts[1] : parts[1] <= 12 ? parts[1] : parts[0];
    int day = at == 0 ? parts[2] : parts[1] <= 12 ? parts[0] : parts[1];
    if (month < 1 || month > 12 || day < 1 || day > 31)
        return MASK_INVALID;
    int64_t fake = fake_birth(params, days_of(parts[at], month, day), cell->bits[0]), year;
    civil_of(fake, &year, &month, &day);
    if (at == 2)
        day = day > 12 ? day - 12 : day;
    int out[3] = { at == 0 ? (int)year : day, month, at == 0 ? day : (int)year };
    if (at == 2 && parts[1] > 12) {
        out[0] = month;
        out[1] = day;
    }
    n = 0;
    for (size_t i = 0; i < cell->len; n++) {
        buf_printf(cell->out, "%0*d", lengths[n], out[n]);
        i += (size_t)lengths[n];
        if (i < cell->len)
            buf_putc(cell->out, cell->data[i++]);
    }
    return MASK_DONE;
}

APPLY(birth_date_apply)
{
    const struct birth_params *params = mask->params;
    if (cell->kind == KIND_TEXT)
        return birth_text(params, cell);
    if (is_infinite(cell))
        return MASK_SAME;
    int64_t days = whole_days(cell), fake = fake_birth(params, days, cell->bits[0]);
    put_not_before_first(cell,
                         cell->kind == KIND_DATE ? fake : cell->integer + (fake - days) * DAY_US);
    return MASK_DONE;
}

enum { YEAR, QUARTER, MONTH, WEEK, DAY, HOUR, MINUTE };

static bool
truncate_prepare(struct mask *mask, struct mask_maker *maker)
{
    const struct truncate_params *params = mask->params;
    return maker->kind != KIND_DATE || params->to < DAY ||
           place_error(&mask->rule->place, maker->err,
                       "E111 to: a date has no hours, and would stay as it is");
}

APPLY(truncate_apply)
{
    const struct truncate_params *params = mask->params;
    int64_t days, year;
    int month, day;
    if (is_infinite(cell))
        return MASK_SAME;
    days = whole_days(cell);
    if (params->to >= HOUR) {
        int64_t step = params->to == HOUR ? DAY_US / 24 : DAY_US / 1440;
        if (cell->kind == KIND_DATE)
            return MASK_SAME;
        cell->out_integer = floor_to(cell->integer, step);
        return MASK_DONE;
    }
    civil_of(days, &year, &month, &day);
    if (params->to == WEEK)
        days = floor_to(days + 5, 7) - 5; /* 2000-01-01 was a Saturday; weeks begin on Monday */
    else if (params->to != DAY)
        days = days_of(year,
                       params->to == YEAR      ? 1
                       : params->to == QUARTER ? (month - 1) / 3 * 3 + 1
                                               : month,
                       1);
    put_not_before_first(cell, cell->kind == KIND_DATE ? days : days * DAY_US);
    return MASK_DONE;
}

static const struct parameter shift_list[] = {
    { .name = "unit",
      .kind = PARAM_WORD,
      .offset = offsetof(struct shift_params, unit),
      .words = { "week", "day" },
      .fallback = "week",
      .summary = "whole weeks keep the day of the week" },
    { .name = "max",
      .kind = PARAM_COUNT,
      .offset = offsetof(struct shift_params, max),
      .fallback = "52",
      .summary = "units, into the past" },
};

const struct transformer transform_date_shift = {
    .name = "date_shift",
    .summary = "earlier by whole weeks, the same for all dates of an entity",
    .accepts = KIND_DATE | KIND_TIMESTAMP,
    .seed = SEED_ENTITY,
    .need = NEED_VALUE,
    .gives = GIVES_ORDER,
    .size = sizeof(struct shift_params),
    PARAMS(shift_list),
    .prepare = date_shift_prepare,
    .bits = date_shift_bits,
    .apply = date_shift_apply,
};

static const struct parameter birth_list[] = {
    { .name = "preserve",
      .kind = PARAM_WORD,
      .offset = offsetof(struct birth_params, preserve),
      .words = { "age_band", "year", "none" },
      .fallback = "age_band",
      .summary = "" },
    { .name = "band",
      .kind = PARAM_COUNT,
      .offset = offsetof(struct birth_params, band),
      .fallback = "5",
      .summary = "years" },
};

const struct transformer transform_birth_date = {
    .name = "birth_date",
    .summary = "another day of the same years",
    .accepts = KIND_DATE | KIND_TIMESTAMP | KIND_TEXT,
    .seed = SEED_PERSON,
    .need = NEED_VALUE,
    .gives = GIVES_SHAPE,
    .size = sizeof(struct birth_params),
    PARAMS(birth_list),
    .apply = birth_date_apply,
    .examples = "1980-05-17|17.05.1980",
};

static const struct parameter truncate_list[] = {
    { .name = "to",
      .kind = PARAM_WORD,
      .offset = offsetof(struct truncate_params, to),
      .words = { "year", "quarter", "month", "week", "day", "hour", "minute" },
      .fallback = "month",
      .summary = "" },
};

const struct transformer transform_truncate = {
    .name = "truncate",
    .summary = "the beginning of the year, month, hour ...",
    .accepts = KIND_DATE | KIND_TIMESTAMP,
    .seed = SEED_NONE,
    .need = NEED_VALUE,
    .gives = GIVES_ORDER,
    .size = sizeof(struct truncate_params),
    PARAMS(truncate_list),
    .prepare = truncate_prepare,
    .apply = truncate_apply,
};
