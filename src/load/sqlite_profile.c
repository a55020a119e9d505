/* SPDX-License-Identifier: PostgreSQL */
#include "load/sqlite_profile.h"

#include <assert.h>
#include <string.h>

/* Formats of strftime(). */
#define NOW_SIX "%Y-%m-%d %H:%M:%f000"
#define NOW_THREE "%Y-%m-%d %H:%M:%f"
#define NOW_ZONE "%Y-%m-%d %H:%M:%S+00:00"
#define NOW_T_ZONE "%Y-%m-%dT%H:%M:%S+00:00"
#define NOW_T_THREE_ZONE "%Y-%m-%dT%H:%M:%f+00:00"

/* Each is what its readers were seen to write and look for; see `make readers`. */
const struct sqlite_profile sqlite_profiles[] = {
    { .name = "default", .readers = "sqlite3, Rails' ActiveRecord, Peewee, Knex, pandas" },
    { .name = "django", .readers = "Django", .is_django = true, .has_hex_uuids = true },
    { .name = "rails",
      .readers = "ActiveRecord",
      .day = "2000-01-01 ",
      .has_no_statistics = true }, /* schema.rb cannot dump sqlite_stat1 */
    { .name = "sqlalchemy",
      .readers = "SQLAlchemy, Pony",
      .decimals = DECIMALS_SIX,
      .stamp.now = NOW_SIX,
      .has_hex_uuids = true,
      .types = { { SCALAR_UUID, "CHAR(32)" } } },
    { .name = "jdbc",
      .readers = "sqlite-jdbc, Hibernate",
      .decimals = DECIMALS_THREE,
      .hour = " 00:00:00.000",
      .day = "1970-01-01 ",
      .stamp.now = NOW_THREE,
      .needs = { { SCALAR_TIMESTAMP, "the URL ends with ?date_class=TEXT" },
                 { SCALAR_TIMESTAMPTZ, "the URL ends with ?date_class=TEXT" },
                 { SCALAR_DATE, "the URL ends with ?date_class=TEXT" },
                 { SCALAR_TIME, "the URL ends with ?date_class=TEXT" },
                 { SCALAR_UUID, "Hibernate: @JdbcTypeCode(SqlTypes.CHAR)" } } },
    { .name = "typeorm",
      .readers = "TypeORM, MikroORM",
      .decimals = DECIMALS_THREE,
      .stamp.now = NOW_THREE,
      .has_no_statistics = true, /* MikroORM's generator stops at sqlite_stat1 */
      .needs = { { SCALAR_TIMESTAMP, "MikroORM reads times as local: TZ=UTC" },
                 { SCALAR_TIMESTAMPTZ, "MikroORM reads times as local: TZ=UTC" } } },
    { .name = "drizzle",
      .readers = "Drizzle",
      .decimals = DECIMALS_THREE,
      .stamp.now = NOW_THREE,
      .types = { { SCALAR_BOOL, "INTEGER" },
                 { SCALAR_TIMESTAMP, "TEXT" },
                 { SCALAR_TIMESTAMPTZ, "TEXT" },
                 { SCALAR_DATE, "TEXT" },
                 { SCALAR_TIME, "TEXT" },
                 { SCALAR_JSON, "TEXT" },
                 { SCALAR_JSONB, "TEXT" },
                 { SCALAR_BPCHAR, "VARCHAR" } },
      .lists = "TEXT" },
    { .name = "prisma",
      .readers = "Prisma",
      .decimals = DECIMALS_THREE,
      .stamp = { 'T', "+00:00", NOW_T_THREE_ZONE },
      .hour = "T00:00:00.000+00:00",
      .types = { { SCALAR_DATE, "DATETIME" }, /* names are compared whole, modifiers and all */
                 { SCALAR_NUMERIC, "DECIMAL" },
                 { SCALAR_MONEY, "DECIMAL" },
                 { SCALAR_VARCHAR, "TEXT" },
                 { SCALAR_BPCHAR, "TEXT" },
                 { SCALAR_JSON, "JSONB" },
                 { SCALAR_JSONB, "JSONB" },
                 { SCALAR_UUID, "TEXT" } },
      .lists = "JSONB" },
    { .name = "go",
      .readers = "mattn/go-sqlite3",
      .decimals = DECIMALS_FEWEST,
      .stamp = { ' ', "+00:00", NOW_ZONE } },
    { .name = "duckdb",
      .readers = "DuckDB, polars",
      .has_no_nan = true,
      .types = { { SCALAR_TIME, "VARCHAR(15)" },
                 { SCALAR_FLOAT4, "DOUBLE" },
                 { SCALAR_FLOAT8, "DOUBLE" } } },
    { .name = "sqlx",
      .readers = "sqlx",
      .decimals = DECIMALS_IN_THREES,
      .zoned = { 'T', "+00:00", NOW_T_ZONE },
      .types = { { SCALAR_NUMERIC, "FLOAT" }, { SCALAR_MONEY, "FLOAT" } },
      .needs = { { SCALAR_UUID, "uuid::fmt::Hyphenated" } } },
    { .name = "diesel",
      .readers = "Diesel",
      .decimals = DECIMALS_IN_THREES,
      .zoned = { ' ', "+00:00", NOW_ZONE },
      .types = { { SCALAR_JSON, "TEXT" },
                 { SCALAR_JSONB, "TEXT" },
                 { SCALAR_HSTORE, "TEXT" },
                 { SCALAR_DATE, "DATE" } },
      .lists = "TEXT" },
};
const int nsqlite_profiles = (int)(sizeof sqlite_profiles / sizeof *sqlite_profiles);

bool
sqlite_profile_find(const char *name, const struct sqlite_profile **out, struct decant_error *err)
{
    assert(name != NULL && out != NULL);
    struct buf names = { 0 };
    for (int i = 0; i < nsqlite_profiles; i++) {
        if (strcmp(name, sqlite_profiles[i].name) == 0) {
            *out = &sqlite_profiles[i];
            buf_deinit(&names);
            return true;
        }
        buf_printf(&names, "%s%s", i > 0 ? ", " : "", sqlite_profiles[i].name);
    }
    error_set(err, DECANT_USAGE, "there is no profile '%s'", name);
    error_hint(err, "profiles are: %s", buf_str(&names));
    buf_deinit(&names);
    return false;
}

const char *
sqlite_profile_advice(const struct sqlite_profile *profile, const struct type *type)
{
    assert(profile != NULL && type != NULL);
    for (int i = 0; i < PROFILE_TYPES && profile->needs[i].advice != NULL; i++)
        if (type->kind == TYPE_SCALAR && type->scalar == profile->needs[i].scalar)
            return profile->needs[i].advice;
    return NULL;
}

/* Cuts zeros at the end of the decimals, `step` at a time, and a point without any. */
static void
cut_zeros(struct buf *text, size_t first, size_t step)
{
    while (text->len > first && strspn(text->data + text->len - step, "0") == step) {
        text->len -= step;
        text->data[text->len] = '\0';
    }
    if (text->len == first)
        text->data[--text->len] = '\0';
}

/* "10:00:00[.ffffff]" at the end of the text. */
static bool
set_decimals(const struct sqlite_profile *profile, size_t start, struct buf *text)
{
    enum { THREE = 3 };
    const char *point = strchr(text->data + start, '.');
    size_t first = point != NULL ? (size_t)(point - text->data) + 1 : text->len;
    bool lost = false;
    switch (profile->decimals) {
    case DECIMALS_SIX_OR_NONE:
        break;
    case DECIMALS_SIX:
        buf_puts(text, point == NULL ? ".000000" : "");
        break;
    case DECIMALS_THREE:
        if (point == NULL) {
            buf_puts(text, ".000");
        } else {
            lost = strspn(text->data + first + THREE, "0") < text->len - first - THREE;
            text->len = first + THREE;
            text->data[text->len] = '\0';
        }
        break;
    case DECIMALS_IN_THREES:
    case DECIMALS_FEWEST:
        if (point != NULL)
            cut_zeros(text, first, profile->decimals == DECIMALS_FEWEST ? 1 : THREE);
        break;
    }
    return lost;
}

const struct sqlite_stamp *
sqlite_stamp_of(const struct sqlite_profile *profile, bool is_zoned)
{
    return is_zoned && profile->zoned.zone != NULL ? &profile->zoned : &profile->stamp;
}

bool
sqlite_respell_timestamp(const struct sqlite_profile *profile, bool is_zoned, size_t start,
                         struct buf *text)
{
    assert(start <= text->len);
    const struct sqlite_stamp *stamp = sqlite_stamp_of(profile, is_zoned);
    bool lost = set_decimals(profile, start, text);
    char *blank = strchr(text->data + start, ' ');
    if (blank != NULL && stamp->between != '\0')
        *blank = stamp->between;
    buf_puts(text, stamp->zone != NULL ? stamp->zone : "");
    return lost;
}

void
sqlite_put_now(const struct sqlite_profile *profile, bool is_zoned, bool is_midnight,
               struct buf *out)
{
    const char *format = sqlite_stamp_of(profile, is_zoned)->now;
    if (format == NULL && !is_midnight)
        buf_puts(out, "CURRENT_TIMESTAMP");
    else
        buf_printf(out, "(strftime('%s', 'now'%s))", format != NULL ? format : "%Y-%m-%d %H:%M:%S",
                   is_midnight ? ", 'start of day'" : "");
}

void
sqlite_put_today(const struct sqlite_profile *profile, struct buf *out)
{
    if (profile->hour == NULL)
        buf_puts(out, "CURRENT_DATE");
    else
        buf_printf(out, "(CURRENT_DATE || '%s')", profile->hour);
}

void
sqlite_respell_date(const struct sqlite_profile *profile, struct buf *text)
{
    buf_puts(text, profile->hour != NULL ? profile->hour : "");
}

bool
sqlite_respell_time(const struct sqlite_profile *profile, size_t start, struct buf *text)
{
    assert(start <= text->len);
    bool lost = set_decimals(profile, start, text);
    size_t n = profile->day != NULL ? strlen(profile->day) : 0;
    if (n > 0) {
        buf_puts(text, profile->day); /* makes room */
        memmove(text->data + start + n, text->data + start, text->len - n - start);
        memcpy(text->data + start, profile->day, n);
    }
    return lost;
}
