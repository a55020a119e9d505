/* SPDX-License-Identifier: PostgreSQL */
#include "load/sqlite_profile.h"

#include <string.h>

/* CURRENT_TIMESTAMP has no decimals. */
#define NOW "CURRENT_TIMESTAMP"
#define NOW_SIX "(strftime('%Y-%m-%d %H:%M:%f000', 'now'))"
#define NOW_THREE "(strftime('%Y-%m-%d %H:%M:%f', 'now'))"
#define NOW_ZONE "(strftime('%Y-%m-%d %H:%M:%S+00:00', 'now'))"

/* Each is what its readers were seen to write and look for; see `make readers`. */
const struct sqlite_profile sqlite_profiles[] = {
    { .name = "default",
      .readers = "sqlite3, Rails' ActiveRecord, Peewee, Knex, pandas",
      .now = NOW },
    { .name = "django", .readers = "Django", .is_django = true, .now = NOW, .has_hex_uuids = true },
    { .name = "rails",
      .readers = "ActiveRecord",
      .day = "2000-01-01 ",
      .now = NOW,
      .has_no_statistics = true }, /* schema.rb cannot dump sqlite_stat1 */
    { .name = "sqlalchemy",
      .readers = "SQLAlchemy, Pony",
      .decimals = DECIMALS_SIX,
      .now = NOW_SIX,
      .has_hex_uuids = true,
      .types = { { SCALAR_UUID, "CHAR(32)" } } },
    { .name = "jdbc",
      .readers = "sqlite-jdbc, Hibernate",
      .decimals = DECIMALS_THREE,
      .hour = " 00:00:00.000",
      .day = "1970-01-01 ",
      .now = NOW_THREE,
      .needs = { { SCALAR_TIMESTAMP, "the URL ends with ?date_class=TEXT" },
                 { SCALAR_TIMESTAMPTZ, "the URL ends with ?date_class=TEXT" },
                 { SCALAR_DATE, "the URL ends with ?date_class=TEXT" },
                 { SCALAR_TIME, "the URL ends with ?date_class=TEXT" },
                 { SCALAR_UUID, "Hibernate: @JdbcTypeCode(SqlTypes.CHAR)" } } },
    { .name = "typeorm",
      .readers = "TypeORM, MikroORM",
      .decimals = DECIMALS_THREE,
      .now = NOW_THREE,
      .has_no_statistics = true, /* MikroORM's generator stops at sqlite_stat1 */
      .needs = { { SCALAR_TIMESTAMP, "MikroORM reads times as local: TZ=UTC" },
                 { SCALAR_TIMESTAMPTZ, "MikroORM reads times as local: TZ=UTC" } } },
    { .name = "drizzle",
      .readers = "Drizzle",
      .decimals = DECIMALS_THREE,
      .now = NOW_THREE,
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
      .zone = "+00:00",
      .hour = " 00:00:00.000+00:00",
      .now = NOW_ZONE,
      .types = { { SCALAR_DATE, "DATETIME" },
                 { SCALAR_JSON, "JSONB" },
                 { SCALAR_JSONB, "JSONB" },
                 { SCALAR_UUID, "TEXT" } } },
    { .name = "go", .readers = "mattn/go-sqlite3, Tortoise", .zone = "+00:00", .now = NOW_ZONE },
    { .name = "duckdb",
      .readers = "DuckDB, polars",
      .now = NOW,
      .has_no_nan = true,
      .types = { { SCALAR_TIME, "VARCHAR(15)" },
                 { SCALAR_FLOAT4, "DOUBLE" },
                 { SCALAR_FLOAT8, "DOUBLE" } } },
    { .name = "sqlx",
      .readers = "sqlx",
      .now = NOW,
      .types = { { SCALAR_NUMERIC, "FLOAT" }, { SCALAR_MONEY, "FLOAT" } },
      .needs = { { SCALAR_UUID, "uuid::fmt::Hyphenated" } } },
    { .name = "diesel",
      .readers = "Diesel",
      .now = NOW,
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
    for (int i = 0; i < PROFILE_TYPES && profile->needs[i].advice != NULL; i++)
        if (type->kind == TYPE_SCALAR && type->scalar == profile->needs[i].scalar)
            return profile->needs[i].advice;
    return NULL;
}

/* "10:00:00[.ffffff]" at the end of the text. */
static bool
set_decimals(const struct sqlite_profile *profile, size_t start, struct buf *text)
{
    enum { SIX = 6, THREE = 3 };
    const char *point = strchr(text->data + start, '.');
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
            size_t end = (size_t)(point - text->data) + 1 + THREE;
            lost = strspn(text->data + end, "0") < text->len - end;
            text->len = end;
            text->data[end] = '\0';
        }
        break;
    }
    return lost;
}

bool
sqlite_respell_timestamp(const struct sqlite_profile *profile, size_t start, struct buf *text)
{
    bool lost = set_decimals(profile, start, text);
    buf_puts(text, profile->zone != NULL ? profile->zone : "");
    return lost;
}

void
sqlite_respell_date(const struct sqlite_profile *profile, struct buf *text)
{
    buf_puts(text, profile->hour != NULL ? profile->hour : "");
}

bool
sqlite_respell_time(const struct sqlite_profile *profile, size_t start, struct buf *text)
{
    bool lost = set_decimals(profile, start, text);
    size_t n = profile->day != NULL ? strlen(profile->day) : 0;
    if (n > 0) {
        buf_puts(text, profile->day); /* makes room */
        memmove(text->data + start + n, text->data + start, text->len - n - start);
        memcpy(text->data + start, profile->day, n);
    }
    return lost;
}
