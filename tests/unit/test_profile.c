/* SPDX-License-Identifier: PostgreSQL */
/* How each reader's profile spells values, and what becomes of those that few can read. */
#include <float.h>

#include "base/bytes.h"
#include "fake.h"
#include "load/sqlite_type.h"

static const struct sqlite_profile *
profile(const char *name)
{
    const struct sqlite_profile *found;
    struct decant_error err = { 0 };
    assert_true(sqlite_profile_find(name, &found, &err));
    return found;
}

/* The text of a value in a column that may be NULL. */
static const char *
spelled(const char *name, enum sqlite_odd odd, const char *type, const void *bytes, int len,
        struct sqlite_column *column)
{
    static struct column source;
    struct cell cell = { 0 };
    buf_deinit(&column->text);
    source = fake_column("c", type);
    *column = (struct sqlite_column){ .source = &source, .profile = profile(name), .odd = odd };
    struct decant_value value = { bytes, len };
    assert_int_equal(sqlite_cell(column, &value, &cell), CELL_OK);
    return cell.kind == CELL_NULL ? "NULL" : cell.kind == CELL_TEXT ? cell.data : "a number";
}

static void
put_days(int32_t days, uint8_t out[4])
{
    put_u32(out, (uint32_t)days);
}

static void
times_have_the_decimals_that_readers_write(void **state)
{
    static const struct {
        const char *profile, *whole, *fraction, *date, *time;
    } cases[] = {
        { "default", "2000-01-01 00:00:00", "2000-01-01 00:00:00.123456", "2000-01-02",
          "00:00:01" },
        { "django", "2000-01-01 00:00:00", "2000-01-01 00:00:00.123456", "2000-01-02", "00:00:01" },
        { "rails", "2000-01-01 00:00:00", "2000-01-01 00:00:00.123456", "2000-01-02",
          "2000-01-01 00:00:01" },
        { "sqlalchemy", "2000-01-01 00:00:00.000000", "2000-01-01 00:00:00.123456", "2000-01-02",
          "00:00:01.000000" },
        { "jdbc", "2000-01-01 00:00:00.000", "2000-01-01 00:00:00.123", "2000-01-02 00:00:00.000",
          "1970-01-01 00:00:01.000" },
        { "typeorm", "2000-01-01 00:00:00.000", "2000-01-01 00:00:00.123", "2000-01-02",
          "00:00:01.000" },
        { "go", "2000-01-01 00:00:00+00:00", "2000-01-01 00:00:00.123456+00:00", "2000-01-02",
          "00:00:01" },
        { "prisma", "2000-01-01T00:00:00.000+00:00", "2000-01-01T00:00:00.123+00:00",
          "2000-01-02T00:00:00.000+00:00", "00:00:01.000" },
        { "sqlx", "2000-01-01T00:00:00+00:00", "2000-01-01T00:00:00.123456+00:00", "2000-01-02",
          "00:00:01" },
        { "diesel", "2000-01-01 00:00:00+00:00", "2000-01-01 00:00:00.123456+00:00", "2000-01-02",
          "00:00:01" },
    };
    uint8_t whole[8], fraction[8], date[4], time[8];
    struct sqlite_column column = { 0 };
    (void)state;
    put_u64(whole, 0);
    put_u64(fraction, 123456);
    put_days(1, date);
    put_u64(time, 1000000);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *name = cases[i].profile;
        assert_string_equal(spelled(name, ODD_KEEP, "timestamp with time zone", whole, 8, &column),
                            cases[i].whole);
        assert_string_equal(
            spelled(name, ODD_KEEP, "timestamp with time zone", fraction, 8, &column),
            cases[i].fraction);
        assert_string_equal(spelled(name, ODD_KEEP, "date", date, 4, &column), cases[i].date);
        assert_string_equal(spelled(name, ODD_KEEP, "time without time zone", time, 8, &column),
                            cases[i].time);
    }
    buf_deinit(&column.text);
}

static void
lost_microseconds_are_counted(void **state)
{
    uint8_t micro[8], milli[8];
    struct sqlite_column column = { 0 };
    (void)state;
    put_u64(micro, 123456);
    put_u64(milli, 123000);
    spelled("jdbc", ODD_KEEP, "timestamp with time zone", milli, 8, &column);
    assert_int_equal(column.losses.shortened, 0);
    spelled("jdbc", ODD_KEEP, "timestamp with time zone", micro, 8, &column);
    assert_int_equal(column.losses.shortened, 1);
    buf_deinit(&column.text);
}

static void
odd_values_are_kept_nulled_or_clamped_and_counted(void **state)
{
    uint8_t infinite[8], midnight[8], early[4], nan[8] = { 0x7f, 0xf8 };
    struct sqlite_column c = { 0 };
    (void)state;
    put_u64(infinite, (uint64_t)INT64_MAX);
    put_u64(midnight, UINT64_C(86400000000));
    put_days(-1000000, early);
    assert_string_equal(spelled("default", ODD_KEEP, "timestamp with time zone", infinite, 8, &c),
                        "infinity");
    assert_int_equal(c.losses.infinite, 1);
    assert_string_equal(spelled("default", ODD_NULL, "timestamp with time zone", infinite, 8, &c),
                        "NULL");
    assert_int_equal(c.losses.nulled, 1);
    assert_string_equal(spelled("jdbc", ODD_CLAMP, "timestamp with time zone", infinite, 8, &c),
                        "9999-12-31 23:59:59.000");
    assert_int_equal(c.losses.clamped, 1);
    assert_string_equal(spelled("default", ODD_CLAMP, "date", early, 4, &c), "0001-01-01");
    assert_string_equal(spelled("default", ODD_KEEP, "time without time zone", midnight, 8, &c),
                        "24:00:00");
    assert_int_equal(c.losses.midnights, 1);
    assert_string_equal(spelled("default", ODD_CLAMP, "time without time zone", midnight, 8, &c),
                        "23:59:59");
    assert_string_equal(spelled("default", ODD_KEEP, "double precision", nan, 8, &c), "NaN");
    assert_string_equal(spelled("default", ODD_CLAMP, "double precision", nan, 8, &c), "NULL");
    buf_deinit(&c.text);
}

static void
where_null_may_not_stand_an_odd_value_stays(void **state)
{
    uint8_t nan[8] = { 0x7f, 0xf8 };
    struct column source = fake_column("c", "double precision");
    source.not_null = true;
    struct sqlite_column c = { .source = &source, .profile = profile("default"), .odd = ODD_NULL };
    struct decant_value value = { nan, 8 };
    struct cell cell;
    (void)state;
    assert_int_equal(sqlite_cell(&c, &value, &cell), CELL_OK);
    assert_int_equal(cell.kind, CELL_TEXT);
    assert_int_equal(c.losses.nan, 1);
    buf_deinit(&c.text);
}

static void
uuids_have_the_form_that_readers_bind(void **state)
{
    static const uint8_t uuid[16] = { 0x12, 0x34 };
    struct sqlite_column c = { 0 };
    (void)state;
    assert_string_equal(spelled("default", ODD_KEEP, "uuid", uuid, 16, &c),
                        "12340000-0000-0000-0000-000000000000");
    assert_string_equal(spelled("sqlalchemy", ODD_KEEP, "uuid", uuid, 16, &c),
                        "12340000000000000000000000000000");
    buf_deinit(&c.text);
}

static void
declared_types_are_those_that_readers_know(void **state)
{
    static const struct {
        const char *profile, *type, *declared;
    } cases[] = {
        { "default", "double precision", "FLOAT" },
        { "default", "numeric", "DECIMAL" },
        { "sqlx", "numeric", "FLOAT" },
        { "duckdb", "time without time zone", "VARCHAR(15)" },
        { "drizzle", "boolean", "INTEGER" },
        { "drizzle", "character", "VARCHAR" },
        { "diesel", "jsonb", "TEXT" },
        { "diesel", "text[]", "TEXT" },
        { "sqlalchemy", "uuid", "CHAR(32)" },
        { "django", "numeric", "decimal" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct column source = fake_column("c", cases[i].type);
        struct sqlite_column c = { .source = &source, .profile = profile(cases[i].profile) };
        struct buf out = { 0 };
        sqlite_declared_type(&c, &out);
        assert_string_equal(buf_str(&out), cases[i].declared);
        buf_deinit(&out);
    }
}

static void
an_unknown_profile_is_answered_with_those_that_there_are(void **state)
{
    const struct sqlite_profile *found;
    struct decant_error err = { 0 };
    (void)state;
    assert_false(sqlite_profile_find("hibernate", &found, &err));
    assert_int_equal(err.code, DECANT_USAGE);
    assert_non_null(strstr(err.hint, "jdbc"));
}

/* What a reader writes with as few decimals as it can, it does not find with more. */
static void
zeros_behind_decimals_are_the_readers(void **state)
{
    static const struct {
        const char *profile;
        uint64_t microseconds;
        const char *plain, *zoned;
    } cases[] = {
        { "default", 120000, "2000-01-01 00:00:00.120000", "2000-01-01 00:00:00.120000" },
        { "go", 120000, "2000-01-01 00:00:00.12+00:00", "2000-01-01 00:00:00.12+00:00" },
        { "sqlx", 120000, "2000-01-01 00:00:00.120", "2000-01-01T00:00:00.120+00:00" },
        { "sqlx", 120, "2000-01-01 00:00:00.000120", "2000-01-01T00:00:00.000120+00:00" },
        { "diesel", 120000, "2000-01-01 00:00:00.120", "2000-01-01 00:00:00.120+00:00" },
        { "diesel", 0, "2000-01-01 00:00:00", "2000-01-01 00:00:00+00:00" },
    };
    struct sqlite_column column = { 0 };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t bytes[8];
        put_u64(bytes, cases[i].microseconds);
        assert_string_equal(
            spelled(cases[i].profile, ODD_KEEP, "timestamp without time zone", bytes, 8, &column),
            cases[i].plain);
        assert_string_equal(
            spelled(cases[i].profile, ODD_KEEP, "timestamp with time zone", bytes, 8, &column),
            cases[i].zoned);
    }
    buf_deinit(&column.text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zeros_behind_decimals_are_the_readers),
        cmocka_unit_test(times_have_the_decimals_that_readers_write),
        cmocka_unit_test(lost_microseconds_are_counted),
        cmocka_unit_test(odd_values_are_kept_nulled_or_clamped_and_counted),
        cmocka_unit_test(where_null_may_not_stand_an_odd_value_stays),
        cmocka_unit_test(uuids_have_the_form_that_readers_bind),
        cmocka_unit_test(declared_types_are_those_that_readers_know),
        cmocka_unit_test(an_unknown_profile_is_answered_with_those_that_there_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
