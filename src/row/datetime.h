/* SPDX-License-Identifier: PostgreSQL */
/* Dates and times: PostgreSQL's own text (DateStyle ISO, TimeZone UTC, IntervalStyle postgres) and
 * the text that SQLite's programs expect. */
#ifndef ROW_DATETIME_H
#define ROW_DATETIME_H

#include "row/plain.h"

SCALAR_TEXT_FUNCTION(datetime_date_text);
SCALAR_TEXT_FUNCTION(datetime_time_text);
SCALAR_TEXT_FUNCTION(datetime_timetz_text);
SCALAR_TEXT_FUNCTION(datetime_timestamp_text);
SCALAR_TEXT_FUNCTION(datetime_timestamptz_text);
SCALAR_TEXT_FUNCTION(datetime_interval_text);

/* Can SQLite's date functions read it: a year from 0 to 9999, and not an infinity? */
enum datetime_range { DATETIME_MALFORMED, DATETIME_PLAIN, DATETIME_BEYOND, DATETIME_INFINITE };

/* "2024-05-01", or PostgreSQL's text where that cannot be. */
enum datetime_range datetime_date_sqlite(const struct decant_value *value, struct buf *out);

/* "2024-05-01 10:00:00[.ffffff]", in UTC, with six decimals or none: the programs that compare such
 * text write it so. Of timestamp and timestamptz. */
enum datetime_range datetime_timestamp_sqlite(const struct decant_value *value, struct buf *out);

/* "10:00:00[.ffffff]". */
bool datetime_time_sqlite(const struct decant_value *value, struct buf *out);

/* "10:00:00+02:00": unlike PostgreSQL's "+02", which SQLite cannot read. */
bool datetime_timetz_sqlite(const struct decant_value *value, struct buf *out);

/* ISO 8601, "P1Y2M3DT4H5M6.7S". */
bool datetime_interval_iso(const struct decant_value *value, struct buf *out);

/* Microseconds; false when months or days of unknown length are in it, or it is malformed. */
bool datetime_interval_us(const struct decant_value *value, int64_t *us);

#endif
