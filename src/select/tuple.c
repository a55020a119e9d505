/* SPDX-License-Identifier: PostgreSQL */
#include "select/tuple.h"

#include <assert.h>
#include <string.h>

#include "base/bytes.h"
#include "catalog/as_text.h"
#include "pg/quote.h"
#include "row/number.h"
#include "select/hash.h"

static bool
is_scalar(const struct column *column, enum scalar_id id)
{
    return column->type->kind == TYPE_SCALAR && column->type->scalar == id;
}

static bool
is_integer(const struct column *column)
{
    return is_scalar(column, SCALAR_INT2) || is_scalar(column, SCALAR_INT4) ||
           is_scalar(column, SCALAR_INT8);
}

bool
tuple_fits_integer(const struct column *const *columns, int n)
{
    return n == 1 && is_integer(columns[0]);
}

void
tuple_put_column(const struct column *column, const char *alias, struct buf *out)
{
    assert(column != NULL);
    struct buf name = { 0 };
    if (column->expression != NULL) {
        buf_puts(out, column->expression);
        return;
    }
    if (alias != NULL)
        buf_printf(&name, "%s.", alias);
    quote_ident(&name, column->name);
    if (is_scalar(column, SCALAR_CITEXT))
        buf_printf(out, "pg_catalog.lower(%s::pg_catalog.text)", buf_str(&name));
    else if (type_is_decodable(column->type))
        buf_puts(out, buf_str(&name));
    else
        as_text_put(column, buf_str(&name), out);
    buf_deinit(&name);
}

/* 1.000 and 1 are one number. */
static void
put_number(const struct column *column, const struct decant_value *value, struct buf *out)
{
    static const struct text_style style;
    size_t start = out->len;
    scalars[column->type->scalar].text(value, &style, out);
    char *text = out->data + start;
    if (memchr(text, '.', out->len - start) != NULL && strpbrk(text, "eE") == NULL) {
        while (out->data[out->len - 1] == '0')
            out->len--;
        out->len -= out->data[out->len - 1] == '.';
    }
    if (out->len - start == 2 && memcmp(out->data + start, "-0", 2) == 0) {
        out->data[start] = '0';
        out->len--;
    }
    out->data[out->len] = '\0';
}

static void
put_canonical(const struct column *column, bool is_padded, const struct decant_value *value,
              struct buf *out)
{
    size_t place = out->len;
    uint8_t size[8] = { 0 };
    struct decant_value trimmed = *value;
    buf_add(out, size, sizeof size);
    bool is_number = is_integer(column) || is_scalar(column, SCALAR_NUMERIC) ||
                     is_scalar(column, SCALAR_FLOAT4) || is_scalar(column, SCALAR_FLOAT8);
    while ((is_padded || is_scalar(column, SCALAR_BPCHAR)) && trimmed.len > 0 &&
           trimmed.data[trimmed.len - 1] == ' ')
        trimmed.len--;
    if (is_number)
        put_number(column, value, out);
    else
        buf_add(out, trimmed.data, (size_t)trimmed.len);
    put_u64(size, out->len - place - sizeof size);
    memcpy(out->data + place, size, sizeof size);
}

static bool
integer_of(const struct column *column, const struct decant_value *value, int64_t *out)
{
    double real;
    return is_scalar(column, SCALAR_NUMERIC) ? number_numeric(value, out, &real) == NUMBER_INTEGER
                                             : number_int(value, out);
}

bool
tuple_lead(const struct tuple *tuple, const struct decant_value *values, int64_t *out)
{
    const struct decant_value *value = &values[tuple->at[0]];
    return is_integer(tuple->columns[0]) && value->len != DECANT_NULL && number_int(value, out);
}

bool
tuple_key(const struct tuple *tuple, const struct decant_value *values,
          const uint8_t fingerprint_key[PRF_KEY], struct buf *scratch, struct key128 *out)
{
    assert(tuple != NULL);
    for (int i = 0; i < tuple->ncolumns; i++)
        if (values[tuple->at[i]].len == DECANT_NULL)
            return false;
    if (tuple->as_integer) {
        int64_t n;
        if (!integer_of(tuple->columns[0], &values[tuple->at[0]], &n))
            return false;
        *out = (struct key128){ (uint64_t)n, 0 };
        return true;
    }
    tuple_row_key(tuple, values, fingerprint_key, scratch, out);
    return true;
}

void
tuple_row_key(const struct tuple *tuple, const struct decant_value *values,
              const uint8_t fingerprint_key[PRF_KEY], struct buf *scratch, struct key128 *out)
{
    assert(tuple != NULL && scratch != NULL);
    static const uint8_t null_mark[8] = { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF };
    uint64_t hash[2];
    buf_reset(scratch);
    for (int i = 0; i < tuple->ncolumns; i++) {
        const struct decant_value *value = &values[tuple->at[i]];
        if (value->len == DECANT_NULL)
            buf_add(scratch, null_mark, sizeof null_mark);
        else
            put_canonical(tuple->columns[i], i < 32 && (tuple->padded >> i & 1) != 0, value,
                          scratch);
    }
    prf_128(fingerprint_key, buf_str(scratch), scratch->len, hash);
    *out = (struct key128){ hash[0], hash[1] };
}

bool
tuple_is_hashed_as_bytes(const struct tuple *identity)
{
    assert(identity != NULL);
    const struct column *column = identity->columns[0];
    return identity->ncolumns == 1 &&
           (is_scalar(column, SCALAR_UUID) || is_scalar(column, SCALAR_TEXT) ||
            is_scalar(column, SCALAR_VARCHAR));
}

uint64_t
tuple_u(const struct tuple *identity, const struct decant_value *values, struct key128 key,
        const struct chooser *chooser)
{
    assert(identity != NULL && chooser != NULL);
    const struct decant_value *value = &values[identity->at[0]];
    if (identity->as_integer)
        return hash_integer((int64_t)key.a, chooser->seed);
    if (tuple_is_hashed_as_bytes(identity) && value->len != DECANT_NULL)
        return hash_bytes(value->data, (size_t)value->len, chooser->seed);
    uint64_t hash[2];
    prf_128(chooser->key, &key, sizeof key, hash);
    return hash[0];
}
