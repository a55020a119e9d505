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

/* Appends rows of an original and its fake: VALUES (...), ... */
static bool
put_trials(const struct mask *mask, enum mask_kind kind, struct buf *out)
{
    struct mask_work work = { 0 };
    struct buf original = { 0 }, fake = { 0 };
    struct mask_seeds seeds = { 0 };
    int n = 0;
    for (int i = 0; i < TRIALS; i++) {
        struct mask_value value = { .out = &fake, .work = &work };
        seeds.person[0] = seeds.row[0] = seeds.entity[0] =
            (uint64_t)i * UINT64_C(0x9E3779B97F4A7C15);
        seeds.person[1] = seeds.row[1] = seeds.person[0] ^ UINT64_C(0x5DEECE66D);
        if (!next_original(mask, kind, i, &original, &value))
            break;
        struct mask_value before = value;
        buf_reset(&fake);
        if (mask_cell(mask, &seeds, &value) != MASK_DONE)
            continue;
        buf_puts(out, n++ == 0 ? "(VALUES (" : ", (");
        put_literal(&before, false, out);
        buf_puts(out, ", ");
        put_literal(&value, true, out);
        buf_putc(out, ')');
    }
    buf_puts(out, n > 0 ? ")" : "");
    mask_work_deinit(&work);
    buf_deinit(&original);
    buf_deinit(&fake);
    return n > 0;
}

/* The condition over one column of the trials. */
static void
put_condition(const struct trial *trial, const char *which, struct buf *out)
{
    buf_printf(out, "(SELECT (%s) IS NOT FALSE FROM (SELECT trial.%s::%s AS ", trial->condition,
               which, trial->type);
    quote_ident(out, trial->column);
    buf_puts(out, ") AS ");
    quote_ident(out, trial->table);
    buf_puts(out, ")");
}

static bool
ask(const struct trial *trial, struct mask_prover *prover, const struct buf *rows, const char *what,
    bool *answer)
{
    struct buf sql = { 0 };
    struct decant_error ignored = { 0 };
    buf_printf(&sql, "SELECT coalesce(%s, false) FROM (SELECT ", what);
    put_condition(trial, "o", &sql);
    buf_puts(&sql, " AS o, ");
    put_condition(trial, "f", &sql);
    buf_printf(&sql, " AS f FROM %s AS trial(o, f)) AS x", buf_str(rows));
    bool ok = prover->try_sql(prover->ctx, buf_str(&sql), answer, &ignored);
    buf_deinit(&sql);
    return ok;
}

bool
trial_run(const struct trial *trial, struct mask_prover *prover, bool *possible, bool *holds)
{
    struct buf rows = { 0 };
    bool ok = put_trials(trial->mask, trial->kind, &rows) &&
              ask(trial, prover, &rows, "bool_or(o)", possible) &&
              ask(trial, prover, &rows, *possible ? "bool_and(f) FILTER (WHERE o)" : "bool_and(f)",
                  holds);
    buf_deinit(&rows);
    return ok;
}
