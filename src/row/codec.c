/* SPDX-License-Identifier: PostgreSQL */
#include "row/codec.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

#include "base/bytes.h"
#include "base/json.h"
#include "row/number.h"

enum { MAX_DIMENSIONS = 6 };

struct reader {
    const uint8_t *p;
    size_t left;
};

static bool
read_u32(struct reader *in, uint32_t *out)
{
    if (in->left < 4)
        return false;
    *out = get_u32(in->p);
    in->p += 4;
    in->left -= 4;
    return true;
}

/* A length and as many bytes; -1 is NULL. */
static bool
read_value(struct reader *in, struct decant_value *out)
{
    uint32_t len;
    if (!read_u32(in, &len))
        return false;
    *out = (struct decant_value){ .data = in->p, .len = (int32_t)len };
    if (out->len == DECANT_NULL)
        return true;
    if (out->len < 0 || len > in->left)
        return false;
    in->p += len;
    in->left -= len;
    return true;
}

/* array_send(): int32 dimensions, int32 has NULLs, oid of the element; length and lower bound of
 * each dimension; then the elements. */
struct array {
    int ndim;
    uint32_t length[MAX_DIMENSIONS];
    int32_t lower[MAX_DIMENSIONS];
    struct reader elements;
};

static bool
array_parse(const struct decant_value *value, struct array *array)
{
    struct reader in = { value->data, (size_t)value->len };
    uint32_t ndim, has_nulls, oid, lower;
    if (!read_u32(&in, &ndim) || !read_u32(&in, &has_nulls) || !read_u32(&in, &oid) ||
        ndim > MAX_DIMENSIONS)
        return false;
    array->ndim = (int)ndim;
    uint64_t count = 1;
    for (int i = 0; i < array->ndim; i++) {
        if (!read_u32(&in, &array->length[i]) || !read_u32(&in, &lower))
            return false;
        array->lower[i] = (int32_t)lower;
        count *= array->length[i];
        if (array->length[i] == 0 || count > in.left) /* an element takes 4 bytes at least */
            return false;
    }
    array->elements = in;
    return true;
}

/* array_out() quotes what it would otherwise read differently. */
static bool
needs_quotes(const char *s, size_t len, char delimiter)
{
    if (len == 0 || (len == 4 && strncasecmp(s, "null", 4) == 0))
        return true;
    for (size_t i = 0; i < len; i++)
        if (s[i] == '"' || s[i] == '\\' || s[i] == '{' || s[i] == '}' || s[i] == delimiter ||
            isspace((unsigned char)s[i]))
            return true;
    return false;
}

static void
put_quoted(struct buf *out, const char *s, size_t len, bool doubled)
{
    buf_putc(out, '"');
    for (size_t i = 0; i < len; i++) {
        if (s[i] == '"' || s[i] == '\\')
            buf_putc(out, doubled ? s[i] : '\\');
        buf_putc(out, s[i]);
    }
    buf_putc(out, '"');
}

/* How the parts of an array are written: as a literal of PostgreSQL or as JSON. */
struct array_writer {
    const struct type *element;
    const struct text_style *style;
    char delimiter, open, close;
    bool is_spaced; /* a blank behind each delimiter, as jsonb has */
    bool (*put)(const struct array_writer *writer, const struct decant_value *value,
                struct buf *out);
};

static bool
put_literal(const struct array_writer *writer, const struct decant_value *value, struct buf *out)
{
    if (value->len == DECANT_NULL) {
        buf_puts(out, "NULL");
        return true;
    }
    struct buf text = { 0 };
    bool ok = codec_text(writer->element, value, writer->style, &text);
    if (ok && needs_quotes(buf_str(&text), text.len, writer->delimiter))
        put_quoted(out, buf_str(&text), text.len, false);
    else
        buf_add(out, buf_str(&text), text.len);
    buf_deinit(&text);
    return ok;
}

/* A reader of JSON may have doubles only. */
static bool
fits_json_number(const struct type *type, const struct decant_value *value)
{
    int64_t integer;
    double real;
    if (type->scalar == SCALAR_NUMERIC) {
        enum number_form form = number_numeric(value, &integer, &real);
        return form == NUMBER_INTEGER || form == NUMBER_REAL;
    }
    if (type->scalar == SCALAR_FLOAT4 || type->scalar == SCALAR_FLOAT8) {
        uint8_t top = value->len > 1 ? value->data[0] & 0x7F : 0;
        bool is_double = value->len == 8;
        return !(top == 0x7F && (value->data[1] & (is_double ? 0xF0 : 0x80)) ==
                                    (is_double ? 0xF0 : 0x80)); /* NaN, infinities */
    }
    return true;
}

static bool
put_json(const struct array_writer *writer, const struct decant_value *value, struct buf *out)
{
    const struct type *type = writer->element;
    if (value->len == DECANT_NULL) {
        buf_puts(out, "null");
        return true;
    }
    enum json_form form = type->kind == TYPE_SCALAR ? scalars[type->scalar].json : JSON_STRING;
    if (form == JSON_BOOL && value->len == 1) {
        buf_puts(out, value->data[0] != 0 ? "true" : "false");
        return true;
    }
    if (form == JSON_NUMBER && fits_json_number(type, value))
        return codec_text(type, value, writer->style, out);
    struct buf text = { 0 };
    bool ok = codec_text(type, value, writer->style, &text);
    if (ok)
        json_string(out, buf_str(&text), text.len);
    buf_deinit(&text);
    return ok;
}

static bool
put_dimension(const struct array_writer *writer, struct array *array, int dim, struct buf *out)
{
    buf_putc(out, writer->open);
    for (uint32_t i = 0; i < array->length[dim]; i++) {
        if (i > 0)
            buf_puts(out, (char[]){ writer->delimiter, writer->is_spaced ? ' ' : '\0', '\0' });
        if (dim + 1 < array->ndim) {
            if (!put_dimension(writer, array, dim + 1, out))
                return false;
            continue;
        }
        struct decant_value value;
        if (!read_value(&array->elements, &value) || !writer->put(writer, &value, out))
            return false;
    }
    buf_putc(out, writer->close);
    return true;
}

static bool
has_lower_bounds(const struct array *array)
{
    for (int i = 0; i < array->ndim; i++)
        if (array->lower[i] != 1)
            return true;
    return false;
}

static bool
array_text(const struct type *type, const struct decant_value *value,
           const struct text_style *style, struct buf *out)
{
    struct array array;
    if (!array_parse(value, &array))
        return false;
    if (has_lower_bounds(&array)) {
        for (int i = 0; i < array.ndim; i++)
            buf_printf(out, "[%d:%lld]", array.lower[i],
                       (long long)array.lower[i] + array.length[i] - 1);
        buf_putc(out, '=');
    }
    if (array.ndim == 0) {
        buf_puts(out, "{}");
        return true;
    }
    struct array_writer writer = { type->element, style, type->delimiter, '{',
                                   '}',           false, put_literal };
    return put_dimension(&writer, &array, 0, out);
}

bool
codec_array_json(const struct type *type, const struct decant_value *value,
                 const struct text_style *style, struct buf *out, bool *lower_bounds)
{
    assert(type != NULL);
    struct array array;
    if (!array_parse(value, &array))
        return false;
    *lower_bounds = has_lower_bounds(&array);
    if (array.ndim == 0) {
        buf_puts(out, "[]");
        return true;
    }
    struct array_writer writer = { type->element, style, ',', '[', ']', true, put_json };
    return put_dimension(&writer, &array, 0, out);
}

/* range_send(): a byte of flags, then the bounds that are not infinite. */
enum {
    RANGE_EMPTY = 0x01,
    RANGE_LOWER_INCLUSIVE = 0x02,
    RANGE_UPPER_INCLUSIVE = 0x04,
    RANGE_LOWER_INFINITE = 0x08,
    RANGE_UPPER_INFINITE = 0x10,
};

static bool
put_bound(const struct type *subtype, struct reader *in, const struct text_style *style,
          struct buf *out)
{
    struct decant_value value;
    if (!read_value(in, &value) || value.len == DECANT_NULL)
        return false;
    struct buf text = { 0 };
    bool ok = codec_text(subtype, &value, style, &text);
    const char *s = buf_str(&text);
    bool quote = text.len == 0; /* as range_bound_escape() does */
    for (size_t i = 0; i < text.len && !quote; i++)
        quote = strchr("\"\\()[],", s[i]) != NULL || isspace((unsigned char)s[i]);
    if (quote)
        put_quoted(out, s, text.len, true);
    else
        buf_add(out, s, text.len);
    buf_deinit(&text);
    return ok;
}

static bool
range_text(const struct type *type, const struct decant_value *value,
           const struct text_style *style, struct buf *out)
{
    if (value->len < 1)
        return false;
    uint8_t flags = value->data[0];
    struct reader in = { value->data + 1, (size_t)value->len - 1 };
    if ((flags & RANGE_EMPTY) != 0) {
        buf_puts(out, "empty");
        return true;
    }
    buf_putc(out, (flags & RANGE_LOWER_INCLUSIVE) != 0 ? '[' : '(');
    if ((flags & RANGE_LOWER_INFINITE) == 0 && !put_bound(type->element, &in, style, out))
        return false;
    buf_putc(out, ',');
    if ((flags & RANGE_UPPER_INFINITE) == 0 && !put_bound(type->element, &in, style, out))
        return false;
    buf_putc(out, (flags & RANGE_UPPER_INCLUSIVE) != 0 ? ']' : ')');
    return true;
}

static bool
multirange_text(const struct type *type, const struct decant_value *value,
                const struct text_style *style, struct buf *out)
{
    struct reader in = { value->data, (size_t)value->len };
    uint32_t count;
    if (!read_u32(&in, &count))
        return false;
    buf_putc(out, '{');
    for (uint32_t i = 0; i < count; i++) {
        struct decant_value range;
        if (i > 0)
            buf_putc(out, ',');
        if (!read_value(&in, &range) || range.len == DECANT_NULL ||
            !range_text(type->element, &range, style, out))
            return false;
    }
    buf_putc(out, '}');
    return true;
}

bool
codec_text(const struct type *type, const struct decant_value *value,
           const struct text_style *style, struct buf *out)
{
    assert(value->len >= 0);
    switch (type->kind) {
    case TYPE_SCALAR:
        return scalars[type->scalar].text(value, style, out);
    case TYPE_ENUM:
    case TYPE_OPAQUE:
        buf_add(out, value->data, (size_t)value->len);
        return true;
    case TYPE_ARRAY:
        return array_text(type, value, style, out);
    case TYPE_RANGE:
        return range_text(type, value, style, out);
    case TYPE_MULTIRANGE:
        return multirange_text(type, value, style, out);
    }
    assert(!"type kind");
    return false;
}
