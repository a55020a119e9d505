/* SPDX-License-Identifier: PostgreSQL */
/* Any bytes as a value of any column that is masked: the first byte chooses the column. The same
 * bytes have the same fake twice, and what was masked is of the column's type. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "mask/masking.h"
#include "row/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { COLUMNS = 26, EXTRAS = 8 };

static const char rules_text[] =
    "packs: [pii@1]\n"
    "locale: {en_US: 1, de_DE: 1}\n"
    "columns:\n"
    "  s.t:\n"
    "    c0: email\n    c1: username\n    c2: full_name\n    c3: phone\n    c4: ip\n    c5: mac\n"
    "    c6: url\n    c7: card\n    c8: iban\n    c9: {use: national_id, format: de_steuer_id}\n"
    "    c10: by_shape\n    c11: text\n    c12: {use: text, mode: scrub}\n    c13: json\n"
    "    c14: {use: json, keys: mask, paths: {\"$..a\": email, \"$.b[0]\": phone}}\n"
    "    c15: uuid\n    c16: token\n    c17: postal_code\n    c18: {use: birth_date}\n"
    "    c19: {use: redact, first: 2, last: 2}\n    c20: by_shape\n    c21: int\n"
    "    c22: {use: noise}\n    c23: date_shift\n    c24: ip\n    c25: json\n";

static struct column columns[COLUMNS];
static struct type array = { .kind = TYPE_ARRAY, .has_binary = true, .delimiter = ',' };
static struct table table = { .schema = "s", .name = "t", .ncolumns = COLUMNS, .columns = columns };
static struct masking masking;
static struct mask_stream stream;

static const struct type *
scalar(enum scalar_id id)
{
    static struct type types[SCALAR_COUNT];
    types[id] = (struct type){ .kind = TYPE_SCALAR, .scalar = id, .name = "x", .has_binary = true };
    return &types[id];
}

static void
set_up(void)
{
    static struct arena arena;
    static struct rules *rules;
    static struct key *key;
    static const struct table *tables[] = { &table };
    static struct plan plan = { .ntables = 1, .tables = tables, .by_name = tables };
    static struct sample_table owner = { .table = &table, .owner = -1 };
    static int order[] = { 0 };
    const struct sampling owners = { .ntables = 1, .tables = &owner, .order = order };
    static const enum scalar_id ids[] = {
        [20] = SCALAR_TEXT,      [21] = SCALAR_INT4, [22] = SCALAR_NUMERIC,
        [23] = SCALAR_TIMESTAMP, [24] = SCALAR_INET, [25] = SCALAR_JSONB
    };
    struct decant_error err = { 0 };
    bool travels[COLUMNS];
    for (int i = 0; i < COLUMNS; i++) {
        static char names[COLUMNS][8];
        snprintf(names[i], sizeof names[i], "c%d", i);
        columns[i] = (struct column){ .name = names[i],
                                      .type = scalar(i < 20 ? SCALAR_TEXT : ids[i]),
                                      .type_name = "x",
                                      .typmod = -1 };
        travels[i] = true;
    }
    columns[13].type = columns[14].type = scalar(SCALAR_JSON);
    array.element = scalar(SCALAR_TEXT);
    columns[20].type = &array;
    table.root = &table;
    bool ok = rules_parse("fuzz", rules_text, strlen(rules_text), &rules, &err) &&
              key_throwaway(&key, &err) && masking_decide(rules, &plan, &arena, &masking, &err) &&
              masking_compile(&masking, &owners, key_ring_new(key), &err);
    if (!ok)
        fprintf(stderr, "%s\n", err.message);
    assert(ok);
    mask_stream_init(&stream, &masking, &masking.tables[0], &table, travels, false);
}

static bool
mask(int column, const uint8_t *data, size_t size, struct buf *out)
{
    struct decant_value values[COLUMNS + EXTRAS];
    struct decant_error err = { 0 };
    for (int i = 0; i < COLUMNS + EXTRAS; i++)
        values[i] = (struct decant_value){ .len = DECANT_NULL };
    values[column] = (struct decant_value){ data, (int32_t)size };
    if (!mask_stream_row(&stream, values, values + COLUMNS, &err))
        return false;
    if (values[column].len >= 0)
        buf_add(out, values[column].data, (size_t)values[column].len);
    return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct text_style style = { .money_scale = 2 };
    struct buf first = { 0 }, second = { 0 }, text = { 0 };
    if (columns[0].name == NULL)
        set_up();
    if (size < 1)
        return 0;
    int column = data[0] % COLUMNS;
    bool ok = mask(column, data + 1, size - 1, &first);
    assert(ok == mask(column, data + 1, size - 1, &second));
    assert(first.len == second.len && memcmp(buf_str(&first), buf_str(&second), first.len) == 0);
    const struct decant_value in = { data + 1, (int32_t)size - 1 };
    const struct decant_value fake = { (const uint8_t *)buf_str(&first), (int32_t)first.len };
    const struct type *type = columns[column].type;
    if (ok && first.len > 0 && codec_text(type, &in, &style, &text)) {
        buf_reset(&text);
        assert(codec_text(type, &fake, &style, &text));
    }
    buf_deinit(&first);
    buf_deinit(&second);
    buf_deinit(&text);
    return 0;
}
