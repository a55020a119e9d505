/* SPDX-License-Identifier: PostgreSQL */
/* What a type means for masks: its kind, its limits, and whether it is safe to copy. */
#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "mask/unique.h"
#include "transform/maker.h"

enum mask_kind
mask_kind_of(const struct type *type)
{
    static const uint16_t classes[SCALAR_COUNT] = {
        [SCALAR_BOOL] = KIND_BOOL,
        [SCALAR_INT2] = KIND_INTEGER,
        [SCALAR_INT4] = KIND_INTEGER,
        [SCALAR_INT8] = KIND_INTEGER,
        [SCALAR_MONEY] = KIND_INTEGER,
        [SCALAR_FLOAT4] = KIND_NUMBER,
        [SCALAR_FLOAT8] = KIND_NUMBER,
        [SCALAR_NUMERIC] = KIND_NUMBER,
        [SCALAR_NAME] = KIND_TEXT,
        [SCALAR_TEXT] = KIND_TEXT,
        [SCALAR_VARCHAR] = KIND_TEXT,
        [SCALAR_BPCHAR] = KIND_TEXT,
        [SCALAR_CITEXT] = KIND_TEXT,
        [SCALAR_BYTEA] = KIND_BYTES,
        [SCALAR_DATE] = KIND_DATE,
        [SCALAR_TIMESTAMP] = KIND_TIMESTAMP,
        [SCALAR_TIMESTAMPTZ] = KIND_TIMESTAMP,
        [SCALAR_UUID] = KIND_UUID,
        [SCALAR_JSON] = KIND_JSON,
        [SCALAR_JSONB] = KIND_JSON,
        [SCALAR_INET] = KIND_NETWORK,
        [SCALAR_CIDR] = KIND_NETWORK,
        [SCALAR_MACADDR] = KIND_MAC,
        [SCALAR_MACADDR8] = KIND_MAC,
    };
    if (type->kind == TYPE_ARRAY)
        return mask_kind_of(type->element) == KIND_OTHER || type->element->kind == TYPE_ARRAY
                   ? KIND_OTHER
                   : mask_kind_of(type->element);
    if (type->kind == TYPE_ENUM)
        return KIND_ENUM;
    bool known = type->kind == TYPE_SCALAR && type_is_decodable(type) && !type->holds_oids;
    return known && classes[type->scalar] != 0 ? classes[type->scalar] : KIND_OTHER;
}

bool
mask_treats(const struct transformer *how, enum mask_kind kind, const struct column *column)
{
    assert(how != NULL);
    const struct type *type = column != NULL ? column->type : NULL;
    while (type != NULL && type->kind == TYPE_ARRAY)
        type = type->element;
    bool is_narrow = kind == KIND_INTEGER && type != NULL &&
                     (type->kind != TYPE_SCALAR || type->scalar != SCALAR_INT8);
    return (how->accepts & kind) != 0 && !(is_narrow && (how->is & IS_WIDE) != 0);
}

bool
mask_fits(void *ctx, const struct rules_mask *rule)
{
    const struct mask_asking *asking = ctx;
    struct decant_error ignored = { 0 };
    for (; rule != NULL; rule = rule->next) {
        const struct rules_domain *domain;
        const struct transformer *how = mask_transformer(asking->rules, rule, &domain, &ignored);
        if (how == NULL) /* an error later */
            return true;
        if (!mask_treats(how, mask_kind_of(asking->column->type), asking->column))
            return false;
    }
    return true;
}

/* ---- limits */

/* The largest number of a numeric(p,s). */
static double
limit_of(const struct column *column)
{
    int typmod = column->domain != NULL ? column->domain->typmod : column->typmod;
    const struct type *type =
        column->type->kind == TYPE_ARRAY ? column->type->element : column->type;
    if (type->kind != TYPE_SCALAR || type->scalar != SCALAR_NUMERIC || typmod <= 4)
        return INFINITY;
    int precision = (typmod - 4) >> 16 & 0xFFFF, scale = (typmod - 4) & 0x7FF;
    return pow(10, precision - scale) - pow(10, -scale);
}

void
mask_set_limits(struct mask *mask, const struct column *column)
{
    assert(mask != NULL);
    const struct type *type = column != NULL ? column->type : NULL;
    while (type != NULL && type->kind == TYPE_ARRAY)
        type = type->element;
    enum scalar_id scalar = type != NULL && type->kind == TYPE_SCALAR ? type->scalar : SCALAR_INT8;
    mask->high = scalar == SCALAR_INT2 ? INT16_MAX : scalar == SCALAR_INT4 ? INT32_MAX : INT64_MAX;
    mask->low = -mask->high - 1;
    mask->limit = column != NULL ? limit_of(column) : INFINITY;
}

int
mask_room(const struct column *column)
{
    assert(column != NULL);
    const struct type *type = column->type;
    int typmod = column->domain != NULL ? column->domain->typmod : column->typmod;
    while (type->kind == TYPE_ARRAY)
        type = type->element;
    if (type->kind != TYPE_SCALAR)
        return 0;
    if (type->scalar == SCALAR_NAME)
        return 63;
    bool is_limited = type->scalar == SCALAR_VARCHAR || type->scalar == SCALAR_BPCHAR;
    return is_limited && typmod > 4 ? typmod - 4 : 0;
}

bool
mask_maker_check(const struct mask_maker *maker, const struct mask *mask, const char *value)
{
    assert(value != NULL);
    char *end = (char *)value;
    bool ok = true;
    size_t length = utf8_length(value, strlen(value));
    int typmod = maker->column == NULL           ? -1
                 : maker->column->domain != NULL ? maker->column->domain->typmod
                                                 : maker->column->typmod;
    switch ((int)maker->kind) {
    case KIND_INTEGER: {
        errno = 0;
        long long n = strtoll(value, &end, 10);
        ok = *end == '\0' && end > value && errno == 0 && n >= mask->low && n <= mask->high;
        break;
    }
    case KIND_NUMBER:
        ok = isfinite(strtod(value, &end)) && *end == '\0' && end > value &&
             fabs(strtod(value, NULL)) <= mask->limit;
        break;
    case KIND_BOOL:
        ok = strcmp(value, "true") == 0 || strcmp(value, "false") == 0 || strcmp(value, "t") == 0 ||
             strcmp(value, "f") == 0;
        break;
    case KIND_TEXT:
        ok = typmod <= 4 || length <= (size_t)typmod - 4;
        break;
    default:
        break;
    }
    return ok || place_error(&mask->rule->place, maker->err, "E111 '%s' is no value of the column",
                             value);
}

/* ---- safe types */

static const struct {
    const char *name; /* in the language */
    enum scalar_id scalar;
} safe_types[] = {
    { "boolean", SCALAR_BOOL },
    { "smallint", SCALAR_INT2 },
    { "integer", SCALAR_INT4 },
    { "bigint", SCALAR_INT8 },
    { "numeric", SCALAR_NUMERIC },
    { "real", SCALAR_FLOAT4 },
    { "double precision", SCALAR_FLOAT8 },
    { "uuid", SCALAR_UUID },
    { "date", SCALAR_DATE },
    { "timestamp", SCALAR_TIMESTAMP },
    { "timestamptz", SCALAR_TIMESTAMPTZ },
    { "time", SCALAR_TIME },
    { "time", SCALAR_TIMETZ },
    { "interval", SCALAR_INTERVAL },
    { "integer", SCALAR_OID },
    { "numeric", SCALAR_MONEY },
    { "boolean", SCALAR_BIT },
};

static bool
is_listed(const struct rules_columns *columns, const char *name)
{
    if (columns->defaults.safe_types == NULL)
        return true;
    for (int i = 0; i < columns->defaults.nsafe; i++)
        if (strcmp(columns->defaults.safe_types[i], name) == 0)
            return true;
    return false;
}

const char *
masking_safe_type(const struct rules_columns *columns, const struct type *type)
{
    assert(type != NULL);
    while (type->kind == TYPE_RANGE || type->kind == TYPE_MULTIRANGE)
        type = type->element;
    if (type->kind == TYPE_ENUM)
        return is_listed(columns, "enum") ? "enum" : NULL;
    for (size_t i = 0; type->kind == TYPE_SCALAR && i < sizeof safe_types / sizeof *safe_types; i++)
        if (safe_types[i].scalar == type->scalar)
            return is_listed(columns, safe_types[i].name) ? safe_types[i].name : NULL;
    return NULL;
}
