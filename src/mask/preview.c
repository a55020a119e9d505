/* SPDX-License-Identifier: PostgreSQL */
#include "mask/preview.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "row/datetime.h"
#include "row/network.h"

/* The `number`th of the transformer's examples, with other digits and letters. */
static void
put_original(const struct mask *mask, enum mask_kind kind, int number, struct buf *out)
{
    assert(mask != NULL);
    const char *list = mask->how->examples != NULL ? mask->how->examples : "Example 12";
    /* as they travel: row/network.c and row/plain.c */
    static const char address[] = { 2, 32, 0, 4, (char)203, 0, 113, 0 };
    char bytes[16] = { 0 };
    switch ((int)kind) {
    case KIND_NETWORK:
        buf_add(out, address, sizeof address);
        out->data[out->len - 1] = (char)(number + 1);
        return;
    case KIND_MAC:
    case KIND_UUID:
        bytes[0] = (char)(number + 1);
        bytes[6] = 0x40; /* of version 4 */
        buf_add(out, bytes, kind == KIND_MAC ? 6 : sizeof bytes);
        return;
    case KIND_JSON:
        list = "{\"name\": \"Example 12\"}";
        break;
    }
    int n = 1;
    for (const char *p = strchr(list, '|'); p != NULL; p = strchr(p + 1, '|'))
        n++;
    for (int which = number % n; which > 0; which--)
        list = strchr(list, '|') + 1;
    buf_add(out, list, strcspn(list, "|"));
    for (size_t i = 0; i < out->len && number >= n && kind == KIND_TEXT; i++) {
        char *c = &out->data[i];
        int turn = number * 7 + (int)i * 13;
        if (*c >= '0' && *c <= '9')
            *c = (char)('0' + (*c - '0' + turn) % 10);
        else if (*c >= 'a' && *c <= 'z')
            *c = (char)('a' + (*c - 'a' + turn) % 26);
    }
}

static void
put_value(const struct mask_value *cell, struct buf *out)
{
    assert(cell != NULL);
    static const struct text_style style = { 0 };
    uint8_t bytes[8];
    struct decant_value value = { bytes, 0 };
    switch ((int)cell->kind) {
    case KIND_INTEGER:
        buf_printf(out, "%lld", (long long)cell->out_integer);
        break;
    case KIND_DATE:
        put_u32(bytes, (uint32_t)cell->out_integer);
        value.len = 4;
        datetime_date_text(&value, &style, out);
        break;
    case KIND_TIMESTAMP:
        put_u64(bytes, (uint64_t)cell->out_integer);
        value.len = 8;
        datetime_timestamp_text(&value, &style, out);
        break;
    case KIND_BYTES:
        buf_printf(out, "%zu bytes", cell->out->len);
        break;
    case KIND_NETWORK:
    case KIND_MAC:
    case KIND_UUID:
        value =
            (struct decant_value){ (const uint8_t *)buf_str(cell->out), (int32_t)cell->out->len };
        (cell->kind == KIND_NETWORK ? network_inet_text
         : cell->kind == KIND_MAC   ? network_mac_text
                                    : plain_uuid_text)(&value, &style, out);
        break;
    default:
        buf_add(out, buf_str(cell->out), cell->out->len);
    }
}

bool
preview_fake(const struct column_mask *column, int number, struct buf *out)
{
    assert(number >= 0);
    enum { YEAR_DAYS = 365, EXAMPLE_DAYS = -3650 };
    const struct mask *mask = column->masks[column->nmasks - 1];
    struct buf original = { 0 }, fake = { 0 };
    struct mask_work work = { 0 };
    struct mask_seeds seeds = { 0 };
    uint64_t who = ((uint64_t)number + 1) * UINT64_C(0x9E3779B97F4A7C15);
    seeds.person[0] = seeds.row[0] = seeds.entity[0] = who;
    seeds.person[1] = seeds.row[1] = who ^ UINT64_C(0x5DEECE66D);
    put_original(mask, column->kind, number, &original);
    struct mask_value cell = { .kind = column->kind,
                               .data = buf_str(&original),
                               .len = original.len,
                               .out = &fake,
                               .salt = column->salt,
                               .work = &work };
    int64_t days = EXAMPLE_DAYS - (int64_t)number * YEAR_DAYS;
    cell.integer = column->kind == KIND_TIMESTAMP ? days * INT64_C(86400000000)
                   : column->kind == KIND_DATE    ? days
                                                  : 40 + number;
    enum mask_result result = mask_cell(mask, &seeds, &cell);
    if (result == MASK_DONE)
        put_value(&cell, out);
    else if (result == MASK_NULL)
        buf_puts(out, "NULL");
    mask_work_deinit(&work);
    buf_deinit(&original);
    buf_deinit(&fake);
    return result == MASK_DONE || result == MASK_NULL;
}
