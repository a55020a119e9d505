/* SPDX-License-Identifier: PostgreSQL */
#include "load/sqlite_type.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "row/codec.h"
#include "row/datetime.h"
#include "row/number.h"

typedef enum cell_status (*cell_function)(struct sqlite_column *column,
                                          const struct decant_value *value, struct cell *out);

static enum cell_status
text_cell(const struct buf *text, struct cell *out)
{
    *out = (struct cell){ .kind = CELL_TEXT, .data = buf_str(text), .len = text->len };
    return CELL_OK;
}

static enum cell_status
integer_cell(struct sqlite_column *column, const struct decant_value *value, struct cell *out)
{
    (void)column;
    out->kind = CELL_INTEGER;
    return number_int(value, &out->integer) ? CELL_OK : CELL_MALFORMED;
}

static enum cell_status
oid_cell(struct sqlite_column *column, const struct decant_value *value, struct cell *out)
{
    enum cell_status status = integer_cell(column, value, out);
    out->integer &= UINT32_MAX;
    return status;
}

static enum cell_status
bool_cell(struct sqlite_column *column, const struct decant_value *value, struct cell *out)
{
    (void)column;
    if (value->len != 1)
        return CELL_MALFORMED;
    out->kind = CELL_INTEGER;
    out->integer = value->data[0] != 0;
    return CELL_OK;
}

/* A value that few programs can read: as it is, NULL, or the nearest one that they can. Counts it.
 * `nearest` NULL: there is none. Where NULL may not stand, or keys tell rows apart, it stays. */
static enum cell_status
odd_cell(struct sqlite_column *column, int64_t *count, const char *nearest, struct cell *out)
{
    bool may_change = !column->source->not_null && !column->is_key;
    if (column->odd == ODD_CLAMP && nearest != NULL && !column->is_key) {
        buf_reset(&column->text);
        buf_puts(&column->text, nearest);
        column->losses.clamped++;
    } else if (column->odd != ODD_KEEP && may_change) {
        column->losses.nulled++;
        *out = (struct cell){ .kind = CELL_NULL };
        return CELL_OK;
    } else {
        (*count)++;
    }
    return text_cell(&column->text, out);
}

/* A NaN cannot be bound: SQLite would make it NULL. */
static enum cell_status
real_cell(struct sqlite_column *column, double real, struct cell *out)
{
    column->losses.minus_zero += real == 0 && signbit(real);
    if (isnan(real)) {
        buf_reset(&column->text);
        buf_puts(&column->text, "NaN");
        return odd_cell(column, &column->losses.nan, NULL, out);
    }
    out->kind = CELL_REAL;
    out->real = real;
    return CELL_OK;
}

static enum cell_status
float4_cell(struct sqlite_column *column, const struct decant_value *value, struct cell *out)
{
    double real;
    return number_float4(value, &real) ? real_cell(column, real, out) : CELL_MALFORMED;
}

static enum cell_status
float8_cell(struct sqlite_column *column, const struct decant_value *value, struct cell *out)
{
    double real;
    return number_float8(value, &real) ? real_cell(column, real, out) : CELL_MALFORMED;
}

static enum cell_status
own_text_cell(struct sqlite_column *column, const struct decant_value *value, struct cell *out)
{
    buf_reset(&column->text);
    if (!codec_text(column->source->type, value, &column->style, &column->text))
        return CELL_MALFORMED;
    return text_cell(&column->text, out);
}

/* As text 1.0 and 1.000 would be two keys. */
static enum cell_status
numeric_text_cell(struct sqlite_column *column, const struct decant_value *value, struct cell *out)
{
    enum cell_status status = own_text_cell(column, value, out);
    struct buf *text = &column->text;
    if (status != CELL_OK || !column->is_key || strchr(buf_str(text), '.') == NULL)
        return status;
    while (text->data[text->len - 1] == '0')
        text->len--;
    text->len -= text->data[text->len - 1] == '.';
    return text_cell(text, out);
}

/* More digits than a double holds. Django reads no text where it expects a number. */
static enum cell_status
rounded_cell(struct sqlite_column *column, const struct decant_value *value, struct cell *out)
{
    bool may_round = column->profile->is_django || column->odd == ODD_CLAMP;
    if (column->is_key || (!may_round && column->odd == ODD_KEEP))
        return CELL_DOES_NOT_FIT;
    if (own_text_cell(column, value, out) != CELL_OK)
        return CELL_MALFORMED;
    if (!may_round)
        return odd_cell(column, &column->losses.rounded, NULL, out);
    column->losses.rounded++;
    return real_cell(column, strtod(buf_str(&column->text), NULL), out);
}

static enum cell_status
numeric_cell(struct sqlite_column *column, const struct decant_value *value, struct cell *out)
{
    if (column->as_text)
        return numeric_text_cell(column, value, out);
    double real = 0;
    switch (number_numeric(value, &out->integer, &real)) {
    case NUMBER_INTEGER:
        out->kind = CELL_INTEGER;
        return CELL_OK;
    case NUMBER_REAL:
    case NUMBER_INFINITE:
        return real_cell(column, real, out);
    case NUMBER_NAN:
        return real_cell(column, NAN, out);
    case NUMBER_TOO_LONG:
        return rounded_cell(column, value, out);
    case NUMBER_MALFORMED:
        break;
    }
    return CELL_MALFORMED;
}

/* The text of a money value is a plain number; an affinity of NUMERIC makes it one. Amounts beyond
 * 15 digits do not fit a double. */
static enum cell_status
money_cell(struct sqlite_column *column, const struct decant_value *value, struct cell *out)
{
    int64_t units;
    if (!number_int(value, &units))
        return CELL_MALFORMED;
    if (!column->as_text && (units > 999999999999999 || units < -999999999999999))
        return CELL_DOES_NOT_FIT;
    return own_text_cell(column, value, out);
}

static enum cell_status
plain_cell(struct sqlite_column *column, const struct decant_value *value, struct cell *out)
{
    *out = (struct cell){ .kind = CELL_TEXT, .data = value->data, .len = (size_t)value->len };
    if (column->check_utf8 && !plain_is_utf8(value->data, (size_t)value->len)) {
        column->losses.not_utf8++;
        out->kind = CELL_BLOB;
    }
    return CELL_OK;
}

/* Blanks at the end of a char(n) do not count in PostgreSQL's comparisons, but would here. */
static enum cell_status
bpchar_cell(struct sqlite_column *column, const struct decant_value *value, struct cell *out)
{
    struct decant_value trimmed = *value;
    while (trimmed.len > 0 && trimmed.data[trimmed.len - 1] == ' ')
        trimmed.len--;
    return plain_cell(column, &trimmed, out);
}

static enum cell_status
char_cell(struct sqlite_column *column, const struct decant_value *value, struct cell *out)
{
    column->losses.char_zero += value->len == 1 && value->data[0] == 0;
    return own_text_cell(column, value, out);
}

static enum cell_status
blob_cell(struct sqlite_column *column, const struct decant_value *value, struct cell *out)
{
    (void)column;
    *out = (struct cell){ .kind = CELL_BLOB, .data = value->data, .len = (size_t)value->len };
    return CELL_OK;
}

#define FIRST_DAY "0001-01-01"
#define LAST_DAY "9999-12-31"

bool
sqlite_is_zoned(const struct sqlite_column *column)
{
    const struct type *type = column->source->type;
    return type->kind == TYPE_SCALAR && type->scalar == SCALAR_TIMESTAMPTZ;
}

/* The first or last day that programs know; `hour` behind it. */
static enum cell_status
odd_day_cell(struct sqlite_column *column, enum datetime_range range, bool has_hour,
             struct cell *out)
{
    const char *text = buf_str(&column->text);
    bool is_early = text[0] == '-' || strstr(text, " BC") != NULL;
    struct buf nearest = { 0 };
    buf_puts(&nearest, is_early ? FIRST_DAY : LAST_DAY);
    if (has_hour) {
        buf_puts(&nearest, is_early ? " 00:00:00" : " 23:59:59");
        sqlite_respell_timestamp(column->profile, sqlite_is_zoned(column), 0, &nearest);
    } else {
        sqlite_respell_date(column->profile, &nearest);
    }
    enum cell_status status = odd_cell(column,
                                       range == DATETIME_INFINITE ? &column->losses.infinite
                                                                  : &column->losses.beyond_dates,
                                       buf_str(&nearest), out);
    buf_deinit(&nearest);
    return status;
}

static enum cell_status
date_cell(struct sqlite_column *column, const struct decant_value *value, struct cell *out)
{
    buf_reset(&column->text);
    enum datetime_range range = datetime_date_sqlite(value, &column->text);
    if (range == DATETIME_MALFORMED)
        return CELL_MALFORMED;
    if (range != DATETIME_PLAIN)
        return odd_day_cell(column, range, false, out);
    sqlite_respell_date(column->profile, &column->text);
    return text_cell(&column->text, out);
}

static enum cell_status
timestamp_cell(struct sqlite_column *column, const struct decant_value *value, struct cell *out)
{
    buf_reset(&column->text);
    enum datetime_range range = datetime_timestamp_sqlite(value, &column->text);
    if (range == DATETIME_MALFORMED)
        return CELL_MALFORMED;
    if (range != DATETIME_PLAIN)
        return odd_day_cell(column, range, true, out);
    column->losses.shortened +=
        sqlite_respell_timestamp(column->profile, sqlite_is_zoned(column), 0, &column->text);
    return text_cell(&column->text, out);
}

static enum cell_status
time_cell(struct sqlite_column *column, const struct decant_value *value, struct cell *out)
{
    struct buf nearest = { 0 };
    buf_reset(&column->text);
    if (!datetime_time_sqlite(value, &column->text))
        return CELL_MALFORMED;
    bool is_midnight = strncmp(buf_str(&column->text), "24", 2) == 0;
    column->losses.shortened += sqlite_respell_time(column->profile, 0, &column->text);
    if (!is_midnight)
        return text_cell(&column->text, out);
    buf_puts(&nearest, "23:59:59");
    sqlite_respell_time(column->profile, 0, &nearest);
    enum cell_status status = odd_cell(column, &column->losses.midnights, buf_str(&nearest), out);
    buf_deinit(&nearest);
    return status;
}

static enum cell_status
timetz_cell(struct sqlite_column *column, const struct decant_value *value, struct cell *out)
{
    buf_reset(&column->text);
    return datetime_timetz_sqlite(value, &column->text) ? text_cell(&column->text, out)
                                                        : CELL_MALFORMED;
}

static enum cell_status
interval_cell(struct sqlite_column *column, const struct decant_value *value, struct cell *out)
{
    buf_reset(&column->text);
    return datetime_interval_iso(value, &column->text) ? text_cell(&column->text, out)
                                                       : CELL_MALFORMED;
}

static enum cell_status
interval_us_cell(struct sqlite_column *column, const struct decant_value *value, struct cell *out)
{
    out->kind = CELL_INTEGER;
    if (datetime_interval_us(value, &out->integer))
        return CELL_OK;
    enum cell_status status = interval_cell(column, value, out);
    return status == CELL_OK ? odd_cell(column, &column->losses.months, NULL, out) : status;
}

static enum cell_status
uuid_cell(struct sqlite_column *column, const struct decant_value *value, struct cell *out)
{
    if (!column->profile->has_hex_uuids)
        return own_text_cell(column, value, out);
    buf_reset(&column->text);
    plain_hex(value->data, (size_t)value->len, &column->text);
    return value->len == 16 ? text_cell(&column->text, out) : CELL_MALFORMED;
}

/* A document that is a bare number would lose its spelling in a column of NUMERIC affinity. */
static enum cell_status
json_text_cell(struct sqlite_column *column, const uint8_t *data, size_t len, struct cell *out)
{
    size_t i = 0;
    while (i < len && strchr(" \t\r\n", data[i]) != NULL && data[i] != '\0')
        i++;
    if (!column->as_text && !column->profile->is_django && i < len &&
        (data[i] == '-' || (data[i] >= '0' && data[i] <= '9')))
        return CELL_DOES_NOT_FIT;
    struct decant_value text = { .data = data, .len = (int32_t)len };
    return plain_cell(column, &text, out);
}

static enum cell_status
json_cell(struct sqlite_column *column, const struct decant_value *value, struct cell *out)
{
    return json_text_cell(column, value->data, (size_t)value->len, out);
}

static enum cell_status
jsonb_cell(struct sqlite_column *column, const struct decant_value *value, struct cell *out)
{
    if (value->len < 1 || value->data[0] != 1)
        return CELL_MALFORMED;
    return json_text_cell(column, value->data + 1, (size_t)value->len - 1, out);
}

static enum cell_status
array_cell(struct sqlite_column *column, const struct decant_value *value, struct cell *out)
{
    bool bounds;
    buf_reset(&column->text);
    if (!codec_array_json(column->source->type, value, &column->style, &column->text, &bounds))
        return CELL_MALFORMED;
    column->losses.lower_bounds += bounds;
    return text_cell(&column->text, out);
}

struct mapping {
    const char *declared; /* a modifier such as (10,2) is added to it */
    enum value_class class;
    cell_function cell;
};

/* A row per scalar, a column for most profiles and one for Django's; an empty entry there means: as
 * for the others. */
enum { SPELLING_PLAIN, SPELLING_DJANGO, SPELLINGS };

static const struct mapping mappings[SCALAR_COUNT][SPELLINGS] = {
    [SCALAR_BOOL] = { { "BOOLEAN", CLASS_BOOL, bool_cell }, { "bool", CLASS_BOOL, bool_cell } },
    [SCALAR_INT2] = { { "SMALLINT", CLASS_INTEGER, integer_cell },
                      { "smallint", CLASS_INTEGER, integer_cell } },
    [SCALAR_INT4] = { { "INTEGER", CLASS_INTEGER, integer_cell },
                      { "integer", CLASS_INTEGER, integer_cell } },
    [SCALAR_INT8] = { { "BIGINT", CLASS_INTEGER, integer_cell },
                      { "bigint", CLASS_INTEGER, integer_cell } },
    [SCALAR_OID] = { { "BIGINT", CLASS_INTEGER, oid_cell } },
    [SCALAR_FLOAT4] = { { "FLOAT", CLASS_FLOAT, float4_cell },
                        { "real", CLASS_FLOAT, float4_cell } },
    [SCALAR_FLOAT8] = { { "FLOAT", CLASS_FLOAT, float8_cell },
                        { "real", CLASS_FLOAT, float8_cell } },
    [SCALAR_NUMERIC] = { { "DECIMAL", CLASS_DECIMAL, numeric_cell },
                         { "decimal", CLASS_DECIMAL, numeric_cell } },
    [SCALAR_MONEY] = { { "DECIMAL", CLASS_DECIMAL, money_cell },
                       { "decimal", CLASS_DECIMAL, money_cell } },
    [SCALAR_CHAR] = { { "CHAR(1)", CLASS_TEXT, char_cell } },
    [SCALAR_NAME] = { { "TEXT", CLASS_TEXT, plain_cell } },
    [SCALAR_TEXT] = { { "TEXT", CLASS_TEXT, plain_cell }, { "text", CLASS_TEXT, plain_cell } },
    [SCALAR_VARCHAR] = { { "VARCHAR", CLASS_TEXT, plain_cell },
                         { "varchar", CLASS_TEXT, plain_cell } },
    [SCALAR_BPCHAR] = { { "CHAR", CLASS_TEXT, bpchar_cell }, { "char", CLASS_TEXT, bpchar_cell } },
    [SCALAR_CITEXT] = { { "TEXT COLLATE \"NOCASE\"", CLASS_NOCASE, plain_cell } },
    [SCALAR_BYTEA] = { { "BLOB", CLASS_OTHER, blob_cell } },
    [SCALAR_GEOMETRY] = { { "BLOB", CLASS_OTHER, blob_cell } },
    [SCALAR_DATE] = { { "DATE", CLASS_DATE, date_cell }, { "date", CLASS_DATE, date_cell } },
    [SCALAR_TIME] = { { "TIME", CLASS_OTHER, time_cell }, { "time", CLASS_OTHER, time_cell } },
    [SCALAR_TIMETZ] = { { "TEXT", CLASS_OTHER, timetz_cell } },
    [SCALAR_TIMESTAMP] = { { "DATETIME", CLASS_TIMESTAMP, timestamp_cell },
                           { "datetime", CLASS_TIMESTAMP, timestamp_cell } },
    [SCALAR_TIMESTAMPTZ] = { { "DATETIME", CLASS_TIMESTAMP, timestamp_cell },
                             { "datetime", CLASS_TIMESTAMP, timestamp_cell } },
    [SCALAR_INTERVAL] = { { "TEXT", CLASS_OTHER, interval_cell },
                          { "bigint", CLASS_OTHER, interval_us_cell } },
    [SCALAR_UUID] = { { "VARCHAR(36)", CLASS_UUID, uuid_cell },
                      { "char(32)", CLASS_UUID, uuid_cell } },
    [SCALAR_JSON] = { { "JSON", CLASS_OTHER, json_cell }, { "text", CLASS_OTHER, json_cell } },
    [SCALAR_JSONB] = { { "JSON", CLASS_OTHER, jsonb_cell }, { "text", CLASS_OTHER, jsonb_cell } },
    [SCALAR_INET] = { { "TEXT", CLASS_OTHER, own_text_cell },
                      { "char(39)", CLASS_OTHER, own_text_cell } },
    [SCALAR_CIDR] = { { "TEXT", CLASS_OTHER, own_text_cell } },
    [SCALAR_MACADDR] = { { "TEXT", CLASS_OTHER, own_text_cell } },
    [SCALAR_MACADDR8] = { { "TEXT", CLASS_OTHER, own_text_cell } },
    [SCALAR_BIT] = { { "TEXT", CLASS_OTHER, own_text_cell } },
    [SCALAR_VARBIT] = { { "TEXT", CLASS_OTHER, own_text_cell } },
    [SCALAR_HSTORE] = { { "JSON", CLASS_OTHER, json_cell } },
};

/* Types that are not scalars, by kind. */
static const struct mapping kind_mappings[][SPELLINGS] = {
    [TYPE_OPAQUE] = { { "TEXT", CLASS_OTHER, plain_cell }, { "text", CLASS_OTHER, plain_cell } },
    [TYPE_ENUM] = { { "VARCHAR", CLASS_TEXT, plain_cell }, { "varchar", CLASS_TEXT, plain_cell } },
    [TYPE_ARRAY] = { { "JSON", CLASS_OTHER, array_cell }, { "text", CLASS_OTHER, array_cell } },
    [TYPE_RANGE] = { { "TEXT", CLASS_OTHER, own_text_cell },
                     { "text", CLASS_OTHER, own_text_cell } },
    [TYPE_MULTIRANGE] = { { "TEXT", CLASS_OTHER, own_text_cell },
                          { "text", CLASS_OTHER, own_text_cell } },
};

bool
sqlite_odd_parse(const char *word, enum sqlite_odd *out, struct decant_error *err)
{
    assert(word != NULL && out != NULL);
    static const char *const words[] = {
        [ODD_KEEP] = "keep", [ODD_NULL] = "null", [ODD_CLAMP] = "clamp"
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(word, words[i]) == 0) {
            *out = (enum sqlite_odd)i;
            return true;
        }
    return error_set(err, DECANT_USAGE,
                     "odd values are kept, made NULL or clamped: keep, null or "
                     "clamp, not '%s'",
                     word);
}

static const struct mapping *
mapping_of(const struct sqlite_column *column)
{
    const struct type *type = column->source->type;
    const struct mapping *row = type->kind == TYPE_SCALAR ? mappings[type->scalar]
                                : type_is_decodable(type) ? kind_mappings[type->kind]
                                                          : kind_mappings[TYPE_OPAQUE];
    bool is_django = column->profile->is_django && row[SPELLING_DJANGO].cell != NULL;
    return &row[is_django ? SPELLING_DJANGO : SPELLING_PLAIN];
}

/* Type modifiers carry 4 more than the length of varchar(n) and char(n), and precision << 16 |
 * scale of numeric(p,s); the scale has 11 bits and a sign. */
enum { TYPMOD_OFFSET = 4 };

static void
add_modifier(const struct sqlite_column *column, struct buf *out)
{
    const struct type *type = column->source->type;
    int typmod = column->source->typmod - TYPMOD_OFFSET;
    if (type->kind == TYPE_ENUM) {
        size_t longest = 1;
        for (int i = 0; i < type->nlabels; i++)
            if (strlen(type->labels[i]) > longest)
                longest = strlen(type->labels[i]);
        buf_printf(out, "(%zu)", longest);
    }
    if (type->kind == TYPE_SCALAR && type->scalar == SCALAR_MONEY)
        buf_printf(out, "(19,%d)", column->style.money_scale);
    if (type->kind != TYPE_SCALAR || typmod < 0)
        return;
    if (type->scalar == SCALAR_VARCHAR || type->scalar == SCALAR_BPCHAR)
        buf_printf(out, "(%d)", typmod);
    else if (type->scalar == SCALAR_NUMERIC && !column->profile->is_django)
        buf_printf(out, "(%d,%d)", typmod >> 16 & 0xFFFF, ((typmod & 0x7FF) ^ 1024) - 1024);
}

/* NULL: as the table above says. */
static const char *
declared_by_profile(const struct sqlite_column *column)
{
    const struct sqlite_profile *profile = column->profile;
    const struct type *type = column->source->type;
    if (type->kind == TYPE_ARRAY && type_is_decodable(type))
        return profile->lists;
    for (int i = 0; i < PROFILE_TYPES && profile->types[i].declared != NULL; i++)
        if (type->kind == TYPE_SCALAR && type->scalar == profile->types[i].scalar)
            return profile->types[i].declared;
    return NULL;
}

void
sqlite_declared_type(const struct sqlite_column *column, struct buf *out)
{
    assert(column->source != NULL && column->profile != NULL);
    const char *own = declared_by_profile(column);
    buf_puts(out, own != NULL ? own : mapping_of(column)->declared);
    if (column->as_text)
        buf_puts(out, "_TEXT"); /* "TEXT" anywhere in the name gives the affinity of text */
    if (own == NULL || strcmp(own, "VARCHAR") == 0)
        add_modifier(column, out);
}

enum value_class
sqlite_value_class(const struct sqlite_column *column)
{
    return column->as_text ? CLASS_OTHER : mapping_of(column)->class;
}

enum cell_status
sqlite_cell(struct sqlite_column *column, const struct decant_value *value, struct cell *out)
{
    assert(value->len >= 0);
    return mapping_of(column)->cell(column, value, out);
}
