/* SPDX-License-Identifier: PostgreSQL */
#include "mask/trial.h"

#include <string.h>

#include "pg/quote.h"

/* Made-up originals: the transformer's examples, and variants of them. */
static bool
next_original(const struct mask *mask, enum mask_kind kind, int number, struct buf *out,
              struct mask_value *cell)
{
    const char *list = mask->how->examples;
    buf_reset(out);
    cell->kind = kind;
    cell->integer = (int64_t)number * number * 37 - 5;
    switch ((int)kind) {
    case KIND_INTEGER:
        cell->integer = cell->integer > mask->high ? number : cell->integer;
        return true;
    case KIND_DATE:
        cell->integer = -12000 + number * 20;
        return true;
    case KIND_TIMESTAMP:
        cell->integer = (int64_t)number * INT64_C(800000123456);
        return true;
    case KIND_NUMBER:
        buf_printf(out, "%d.%02d", number * 3, number % 100);
        break;
    case KIND_TEXT:
    case KIND_JSON: {
        int n = 1, which;
        for (const char *q = list; q != NULL && (q = strchr(q, '|')) != NULL; q++)
            n++;
        which = number % n;
        const char *from = list != NULL ? list : "abc";
        for (; which > 0; which--)
            from = strchr(from, '|') + 1;
        size_t len = strcspn(from, "|");
        buf_add(out, from, len);
        if (kind == KIND_TEXT && number >= n) /* variants: other digits and letters */
            for (size_t i = 0; i < len; i++) {
                char *c = &out->data[i];
                unsigned turn = (unsigned)number * 7u + (unsigned)i * 13u;
                if (*c >= '0' && *c <= '9')
                    *c = (char)('0' + (unsigned)(*c - '0' + (int)(turn % 10)) % 10);
                else if (*c >= 'a' && *c <= 'z')
                    *c = (char)('a' + (unsigned)(*c - 'a' + (int)(turn % 26)) % 26);
            }
        break;
    }
    default:
        return false;
    }
    cell->data = buf_str(out);
    cell->len = out->len;
    return true;
}

/* Appends a literal of the cell's value, for the column's type. */
static void
put_literal(const struct mask_value *cell, bool is_fake, struct buf *out)
{
    struct buf text = { 0 };
    int64_t number = is_fake ? cell->out_integer : cell->integer;
    if (cell->kind == KIND_INTEGER)
        buf_printf(&text, "%lld", (long long)number);
    else if (is_fake)
        buf_add(&text, buf_str(cell->out), cell->out->len);
    else
        buf_add(&text, cell->data, cell->len);
    if (cell->kind == KIND_DATE)
        buf_printf(out, "('2000-01-01'::date + %lld)::text", (long long)number);
    else if (cell->kind == KIND_TIMESTAMP)
        buf_printf(out, "('2000-01-01'::timestamp + %lld * '1 microsecond'::interval)::text",
                   (long long)number);
    else
        quote_literal(out, buf_str(&text));
    buf_deinit(&text);
}

/* ARRAY['...', ...] of originals or of their fakes. */
static bool
put_trials(const struct mask *mask, enum mask_kind kind, bool fakes, struct buf *out)
{
    struct mask_work work = { 0 };
    struct buf original = { 0 }, fake = { 0 };
    struct mask_seeds seeds = { 0 };
    int n = 0;
    for (int i = 0; i < TRIALS; i++) {
        struct mask_value cell = { .out = &fake, .work = &work };
        seeds.person[0] = seeds.row[0] = seeds.entity[0] =
            (uint64_t)i * UINT64_C(0x9E3779B97F4A7C15);
        seeds.person[1] = seeds.row[1] = seeds.person[0] ^ UINT64_C(0x5DEECE66D);
        if (!next_original(mask, kind, i, &original, &cell))
            break;
        buf_reset(&fake);
        if (fakes && mask_cell(mask, &seeds, &cell) != MASK_DONE)
            continue;
        buf_puts(out, n++ == 0 ? "ARRAY[" : ", ");
        put_literal(&cell, fakes, out);
    }
    buf_puts(out, n > 0 ? "]" : "");
    mask_work_deinit(&work);
    buf_deinit(&original);
    buf_deinit(&fake);
    return n > 0;
}

bool
trial_run(const struct trial *trial, struct mask_prover *prover, bool *holds)
{
    struct buf sql = { 0 };
    struct decant_error ignored = { 0 };
    buf_printf(&sql, "SELECT coalesce(%s((%s) IS NOT FALSE), true) FROM (SELECT v::%s AS ",
               trial->with_fakes ? "bool_and" : "bool_or", trial->condition, trial->type);
    quote_ident(&sql, trial->column);
    buf_puts(&sql, " FROM unnest(");
    bool ok = put_trials(trial->mask, trial->kind, trial->with_fakes, &sql);
    buf_puts(&sql, "::text[]) AS trial(v)) AS ");
    quote_ident(&sql, trial->table);
    ok = ok && prover->try_sql(prover->ctx, buf_str(&sql), holds, &ignored);
    buf_deinit(&sql);
    return ok;
}
