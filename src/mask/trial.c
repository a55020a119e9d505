/* SPDX-License-Identifier: PostgreSQL */
#include "mask/trial.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "mask/instance.h"
#include "pg/quote.h"
#include "row/encode.h"
#include "row/network.h"
#include "row/plain.h"

enum { MADE_UP = 300, BYTES_OF_A_CHECK = 16, SEEDS = 12, PERSONS = 4000, MOST_MEMBERS = 8 };

/* Rows of an original and its fake under construction. */
struct rows {
    const struct trial *trial;
    struct mask_work work;
    struct buf fake, out;
    int n;
    bool is_named;   /* the condition speaks of what comes now */
    bool is_odd;     /* it is no usual value of the mask's kind */
    uint64_t person; /* whose fakes come now; 0: somebody new each time */
};

/* Appends a literal of the cell's value, for the column's type. */
static void
put_literal(const struct mask_value *cell, bool is_fake, struct buf *out)
{
    struct buf text = { 0 };
    int64_t number = is_fake ? cell->out_integer : cell->integer;
    const char *data = is_fake ? buf_str(cell->out) : cell->data;
    size_t len = is_fake ? cell->out->len : cell->len;
    const struct decant_value wire = { (const uint8_t *)data, (int32_t)len };
    const struct text_style style = { 0 };
    bool is_printed = (cell->kind == KIND_UUID && plain_uuid_text(&wire, &style, &text)) ||
                      (cell->kind == KIND_MAC && network_mac_text(&wire, &style, &text)) ||
                      (cell->kind == KIND_NETWORK && network_inet_text(&wire, &style, &text));
    if (is_printed) {
        assert(text.len > 0);
    } else if (cell->kind == KIND_INTEGER) {
        buf_printf(&text, "%lld", (long long)number);
    } else if (cell->kind == KIND_BYTES) {
        buf_puts(&text, "\\x");
        for (size_t i = 0; i < len; i++)
            buf_printf(&text, "%02x", (unsigned char)data[i]);
    } else {
        buf_add(&text, data, len);
    }
    if (cell->kind == KIND_DATE)
        buf_printf(out, "('2000-01-01'::date + %lld)::text", (long long)number);
    else if (cell->kind == KIND_TIMESTAMP)
        buf_printf(out, "('2000-01-01'::timestamp + %lld * '1 microsecond'::interval)::text",
                   (long long)number);
    else
        quote_literal(out, buf_str(&text));
    buf_deinit(&text);
}

/* Appends (original, fake, 'm': made up, 'n': named, 'r': none of the mask's kind), or nothing
 * where the mask makes none. */
static void
put_row(struct rows *rows, const struct mask_value *original, bool with_original)
{
    struct mask_value value = *original;
    struct mask_seeds seeds = { 0 };
    value.out = &rows->fake;
    value.work = &rows->work;
    seeds.person[0] = seeds.row[0] = seeds.entity[0] =
        (rows->person != 0 ? rows->person : (uint64_t)rows->n) * UINT64_C(0x9E3779B97F4A7C15);
    seeds.person[1] = seeds.row[1] = seeds.person[0] ^ UINT64_C(0x5DEECE66D);
    buf_reset(&rows->fake);
    enum mask_result result = mask_cell(rows->trial->mask, &seeds, &value);
    if (result != MASK_DONE && result != MASK_NULL)
        return;
    buf_puts(&rows->out, rows->n++ == 0 ? "(VALUES (" : ", (");
    if (with_original)
        put_literal(original, false, &rows->out);
    else
        buf_puts(&rows->out, "NULL");
    buf_puts(&rows->out, ", ");
    if (result == MASK_NULL)
        buf_puts(&rows->out, "NULL");
    else
        put_literal(&value, true, &rows->out);
    buf_puts(&rows->out, (value.is_repaired || rows->is_odd) && with_original ? ", 'r')"
                         : rows->is_named                                     ? ", 'n')"
                                                                              : ", 'm')");
}

/* ---- originals */

static void
put_text(void *ctx, const char *text)
{
    struct rows *rows = ctx;
    put_row(rows,
            &(struct mask_value){ .kind = rows->trial->kind, .data = text, .len = strlen(text) },
            true);
}

/* The transformer's examples, and variants of them: other digits and letters. */
static void
put_examples(struct rows *rows)
{
    const char *list = rows->trial->mask->how->examples, *from;
    int n = 1;
    for (const char *q = list; q != NULL && (q = strchr(q, '|')) != NULL; q++)
        n++;
    for (int number = 0; number < MADE_UP; number++) {
        struct buf text = { 0 };
        from = list != NULL ? list : "abc";
        for (int which = number % n; which > 0; which--)
            from = strchr(from, '|') + 1;
        buf_add(&text, from, strcspn(from, "|"));
        for (size_t i = 0; rows->trial->kind == KIND_TEXT && number >= n && i < text.len; i++) {
            char *c = &text.data[i];
            unsigned turn = (unsigned)number * 7u + (unsigned)i * 13u;
            if (*c >= '0' && *c <= '9')
                *c = (char)('0' + (unsigned)(*c - '0' + (int)(turn % 10)) % 10);
            else if (*c >= 'a' && *c <= 'z')
                *c = (char)('a' + (unsigned)(*c - 'a' + (int)(turn % 26)) % 26);
        }
        put_text(rows, buf_str(&text));
        buf_deinit(&text);
    }
}

static void
put_integer(void *ctx, int64_t number)
{
    struct rows *rows = ctx;
    const struct mask *mask = rows->trial->mask;
    if (rows->trial->kind == KIND_INTEGER && (number < mask->low || number > mask->high))
        return;
    put_row(rows, &(struct mask_value){ .kind = rows->trial->kind, .integer = number }, true);
}

/* The longest and the shortest fake of many persons, and one that is not of letters alone. */
static void
put_extremes(struct rows *rows)
{
    assert(rows != NULL);
    const struct trial *trial = rows->trial;
    const char *list = trial->mask->how->examples;
    struct buf original = { 0 };
    uint64_t found[3] = { 0 };
    size_t longest = 0, shortest = SIZE_MAX;
    buf_add(&original, list != NULL ? list : "Abc", list != NULL ? strcspn(list, "|") : 3);
    const struct mask_value value = { .kind = trial->kind,
                                      .data = buf_str(&original),
                                      .len = original.len,
                                      .out = &rows->fake,
                                      .work = &rows->work };
    for (uint64_t i = 1; i <= PERSONS; i++) {
        struct mask_value fake = value;
        struct mask_seeds seeds = { 0 };
        seeds.person[0] = i * UINT64_C(0x9E3779B97F4A7C15);
        seeds.person[1] = seeds.person[0] ^ UINT64_C(0x5DEECE66D);
        buf_reset(&rows->fake);
        if (mask_cell(trial->mask, &seeds, &fake) != MASK_DONE)
            continue;
        const char *text = buf_str(&rows->fake);
        size_t n = utf8_length(text, rows->fake.len);
        found[0] = n > longest ? i : found[0];
        found[1] = n < shortest ? i : found[1];
        longest = n > longest ? n : longest;
        shortest = n < shortest ? n : shortest;
        for (size_t k = 0; found[2] == 0 && k < rows->fake.len; k++)
            if (!isalpha((unsigned char)text[k]))
                found[2] = i;
    }
    for (int i = 0; i < 3; i++) {
        rows->person = found[i];
        put_text(rows, buf_str(&original));
    }
    rows->person = 0;
    buf_deinit(&original);
}

/* Names of a letter or with digits are rare; fakes of them have not their form. */
static void
put_odd(struct rows *rows)
{
    static const char *const texts[] = { "O", "x", "ÖZ", "1X", "7", "-" };
    rows->is_odd = true;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        put_text(rows, texts[i]);
    rows->is_odd = false;
}

/* A number of the condition, and those beside it. */
static void
put_named_integer(void *ctx, int64_t number)
{
    for (int64_t n = number - 1; n <= number + 1; n++)
        put_integer(ctx, n);
}

static void
put_named_decimal(void *ctx, int64_t number)
{
    struct buf text = { 0 };
    for (int half = -2; half <= 2; half++) {
        buf_reset(&text);
        buf_printf(&text, "%.1f", (double)number + half * 0.5);
        put_text(ctx, buf_str(&text));
    }
    buf_deinit(&text);
}

/* "2020-01-31" or what begins so, as days since 2000-01-01; see Howard Hinnant's days_from_civil.
 */
static bool
read_date(const char *text, int64_t *days)
{
    int year, month, day;
    if (sscanf(text, "%4d-%2d-%2d", &year, &month, &day) != 3 || month < 1 || month > 12 ||
        day < 1 || day > 31)
        return false;
    int64_t y = month <= 2 ? year - 1 : year, era = (y >= 0 ? y : y - 399) / 400;
    int64_t of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    *days = era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 730425;
    return true;
}

static void
put_named_time(void *ctx, const char *text)
{
    enum { US_PER_DAY_MILLIONS = 86400 };
    struct rows *rows = ctx;
    int64_t days,
        unit = rows->trial->kind == KIND_DATE ? 1 : US_PER_DAY_MILLIONS * INT64_C(1000000);
    if (!read_date(text, &days))
        return;
    for (int64_t day = days - 1; day <= days + 1; day++)
        put_integer(rows, day * unit);
}

static void
put_length(void *ctx, int64_t number)
{
    struct rows *rows = ctx;
    char bytes[256];
    if (number < 0 || number > (int64_t)sizeof bytes)
        return;
    memset(bytes, 0xA7, sizeof bytes);
    put_row(rows, &(struct mask_value){ .kind = KIND_BYTES, .data = bytes, .len = (size_t)number },
            true);
}

/* What a mask that follows its original is tried on. */
static void
put_made_up(struct rows *rows)
{
    assert(rows != NULL);
    for (int i = 0; i < MADE_UP; i++)
        switch ((int)rows->trial->kind) {
        case KIND_INTEGER:
            put_integer(rows, (int64_t)i * i * 37 - 5);
            break;
        case KIND_DATE:
            put_integer(rows, -12000 + i * 67);
            break;
        case KIND_TIMESTAMP:
            put_integer(rows, (int64_t)i * INT64_C(2670000123456));
            break;
        case KIND_NUMBER: {
            struct buf text = { 0 };
            buf_printf(&text, "%d.%02d", i * 3, i % 100);
            put_text(rows, buf_str(&text));
            buf_deinit(&text);
            break;
        }
        case KIND_BYTES:
            put_length(rows, i % BYTES_OF_A_CHECK);
            break;
        }
    if (rows->trial->kind & (KIND_TEXT | KIND_JSON))
        put_examples(rows);
    if (rows->trial->kind == KIND_TEXT && rows->trial->mask->seed == SEED_PERSON) {
        put_extremes(rows);
        put_odd(rows);
    }
}

/* A member of an object that the condition asks for, as ->> 'name'. */
struct member {
    struct rows *rows;
    const char *name;
    size_t len;
};

static void
put_member(void *ctx, const char *text)
{
    const struct member *member = ctx;
    struct buf object = { 0 };
    buf_putc(&object, '{');
    json_string(&object, member->name, member->len);
    buf_putc(&object, ':');
    json_string(&object, text, strlen(text));
    buf_putc(&object, '}');
    put_text(member->rows, buf_str(&object));
    buf_deinit(&object);
}

static void
put_members(struct rows *rows)
{
    const char *p = rows->trial->condition;
    for (int n = 0; n < MOST_MEMBERS && (p = strstr(p, "->")) != NULL; n++) {
        p += 2 + (p[2] == '>');
        p += strspn(p, " ");
        if (*p++ != '\'')
            continue;
        struct member member = { rows, p, strcspn(p, "'") };
        instance_texts(rows->trial->condition, put_member, &member);
    }
}

/* ... and what the condition speaks of. */
static void
put_named(struct rows *rows)
{
    const char *sql = rows->trial->condition;
    rows->is_named = true;
    switch ((int)rows->trial->kind) {
    case KIND_TEXT:
        instance_texts(sql, put_text, rows);
        put_text(rows, "");
        break;
    case KIND_JSON:
        put_members(rows);
        break;
    case KIND_INTEGER:
        instance_numbers(sql, put_named_integer, rows);
        break;
    case KIND_NUMBER:
        instance_numbers(sql, put_named_decimal, rows);
        break;
    case KIND_DATE:
    case KIND_TIMESTAMP:
        instance_texts(sql, put_named_time, rows);
        break;
    case KIND_BYTES:
        instance_numbers(sql, put_length, rows);
        break;
    }
    rows->is_named = false;
}

/* ---- the query */

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

/* Does an original pass; do the fakes of made-up ones that pass, of named ones that pass, of most
 * that pass, of odd ones that pass; do all fakes? */
static void
put_query(struct rows *rows, struct buf *sql)
{
    buf_puts(sql, "SELECT coalesce(pg_catalog.bool_or(o) FILTER (WHERE what <> 'r'), false),"
                  " coalesce(pg_catalog.bool_and(f) FILTER (WHERE o AND what = 'm'), true),"
                  " coalesce(pg_catalog.bool_and(f) FILTER (WHERE o AND what = 'n'), true),"
                  " pg_catalog.count(*) FILTER (WHERE o) <="
                  "  2 * pg_catalog.count(*) FILTER (WHERE o AND f),"
                  " coalesce(pg_catalog.bool_and(f) FILTER (WHERE o AND what = 'r'), true),"
                  " coalesce(pg_catalog.bool_and(f), false) FROM (SELECT ");
    put_condition(rows->trial, "o", sql);
    buf_puts(sql, " AS o, ");
    put_condition(rows->trial, "f", sql);
    buf_printf(sql, " AS f, trial.what FROM %s) AS trial(o, f, what)) AS x", buf_str(&rows->out));
}

static bool
end_rows(struct rows *rows, struct buf *sql)
{
    if (rows->n > 0)
        put_query(rows, sql);
    mask_work_deinit(&rows->work);
    buf_deinit(&rows->fake);
    buf_deinit(&rows->out);
    return rows->n > 0;
}

/* Does the fake depend on what the original looks like? Then an original of the form that the
 * condition wants is needed. */
static bool
follows_original(const struct trial *trial)
{
    return trial->mask->how->need == NEED_VALUE && ((trial->mask->how->gives & GIVES_SHAPE) != 0 ||
                                                    (trial->kind & (KIND_TEXT | KIND_JSON)) == 0);
}

bool
trial_put(const struct trial *trial, struct buf *sql)
{
    assert(trial != NULL);
    struct rows rows = { .trial = trial };
    bool looks = trial->mask->how->need != NEED_NOTHING;
    if (looks) {
        put_made_up(&rows);
        /* what is not made of the original alone is another one next time */
        for (int i = 0; i == 0 || (i < SEEDS && trial->mask->seed != SEED_VALUE); i++)
            put_named(&rows);
    } else { /* one fake for all: the original does not matter */
        put_row(&rows, &(struct mask_value){ .kind = trial->kind, .data = "" }, false);
    }
    return end_rows(&rows, sql);
}

enum trial_result
trial_judge(const struct trial *trial, const bool answers[TRIAL_ANSWERS])
{
    assert(trial != NULL);
    enum { PASSES, MADE_UP_HOLD, NAMED_HOLD, MOST_HOLD, ODD_HOLD, ALL_HOLD };
    bool ordered = (trial->kind & (KIND_INTEGER | KIND_NUMBER | KIND_DATE | KIND_TIMESTAMP)) != 0;
    bool looks = trial->mask->how->need != NEED_NOTHING;
    if (!looks)
        return answers[ALL_HOLD] ? TRIAL_HOLDS : TRIAL_BROKEN;
    if (!answers[PASSES])
        return answers[ALL_HOLD]         ? TRIAL_HOLDS
               : follows_original(trial) ? TRIAL_OPEN
                                         : TRIAL_BROKEN;
    if (answers[MADE_UP_HOLD] && answers[NAMED_HOLD])
        return answers[ODD_HOLD] ? TRIAL_HOLDS : TRIAL_ODD;
    return ordered && answers[MOST_HOLD] ? TRIAL_AT_EDGES : TRIAL_BROKEN;
}

/* The server says values as text; masks take some of them in binary, which `wire` then holds. What
 * it does not understand stays a text, for which no mask of such a kind has a fake. */
static struct mask_value
own_cell(enum mask_kind kind, const struct decant_value *value, struct buf *wire)
{
    const char *text = (const char *)value->data;
    struct mask_value cell = { .kind = kind, .data = text, .len = (size_t)value->len };
    bool is_wire = false;
    buf_reset(wire);
    if (text == NULL)
        return cell;
    if ((kind & (KIND_INTEGER | KIND_DATE | KIND_TIMESTAMP)) != 0)
        cell.integer = strtoll(text, NULL, 10);
    if ((kind & (KIND_UUID | KIND_MAC)) != 0)
        is_wire = encode_hex(text, cell.len, wire);
    if ((kind & KIND_BYTES) != 0)
        is_wire = encode_bytea(text, cell.len, wire);
    if ((kind & KIND_NETWORK) != 0)
        is_wire = encode_network(text, false, wire);
    if (is_wire) {
        cell.data = buf_str(wire);
        cell.len = wire->len;
    }
    return cell;
}

bool
trial_put_own(const struct trial *trial, size_t n, const struct decant_value *originals,
              struct buf *sql)
{
    assert(originals != NULL || n == 0);
    struct rows rows = { .trial = trial };
    struct buf wire = { 0 };
    for (size_t i = 0; i < n; i++) {
        struct mask_value value = own_cell(trial->kind, &originals[i], &wire);
        put_row(&rows, &value, false);
    }
    buf_deinit(&wire);
    return end_rows(&rows, sql);
}

/* ---- rows */

/* Appends the fake of one value of a row, as a literal. */
static void
put_fake(const struct row_trial *trial, int column, const struct decant_value *value, size_t row,
         struct mask_work *work, struct buf *out)
{
    struct mask_seeds seeds = { 0 };
    struct buf fake = { 0 }, wire = { 0 };
    seeds.person[0] = seeds.row[0] = seeds.entity[0] =
        (uint64_t)(row + 1) * UINT64_C(0x9E3779B97F4A7C15);
    struct mask_value cell = own_cell(
        trial->kinds[column], value->len >= 0 ? value : &(struct decant_value){ NULL, 0 }, &wire);
    cell.out = &fake;
    cell.work = work;
    enum mask_result result =
        value->len < 0 ? MASK_NULL : mask_cell(trial->masks[column], &seeds, &cell);
    if (result == MASK_DONE)
        put_literal(&cell, true, out);
    else
        buf_puts(out, "NULL");
    buf_deinit(&fake);
    buf_deinit(&wire);
}

void
trial_put_rows(const struct row_trial *trial, size_t n, const struct decant_value *rows,
               struct buf *sql)
{
    assert(rows != NULL || n == 0);
    struct mask_work work = { 0 };
    int width = trial->ncolumns + 1;
    buf_puts(sql, "SELECT true, true, true, true, true, coalesce(pg_catalog.bool_and((SELECT (");
    buf_printf(sql, "%s) IS NOT FALSE FROM (SELECT ", trial->condition);
    for (int i = 0; i < trial->table->ncolumns; i++) {
        int masked = trial->ncolumns - 1;
        while (masked >= 0 && trial->columns[masked] != &trial->table->columns[i])
            masked--;
        buf_puts(sql, i > 0 ? ", " : "");
        if (masked >= 0) {
            buf_printf(sql, "v.f%d::", masked);
            quote_qualified(sql, trial->table->columns[i].type->schema,
                            trial->table->columns[i].type->name);
        } else {
            buf_puts(sql, "r.");
            quote_ident(sql, trial->table->columns[i].name);
        }
        buf_puts(sql, " AS ");
        quote_ident(sql, trial->table->columns[i].name);
    }
    buf_puts(sql, ") AS ");
    quote_ident(sql, trial->table->name);
    buf_puts(sql, ")), true) FROM (VALUES ");
    for (size_t i = 0; i < n; i++) {
        buf_puts(sql, i > 0 ? ", (" : "(");
        quote_literal(sql, (const char *)rows[i * (size_t)width].data);
        buf_puts(sql, "::pg_catalog.tid");
        for (int c = 0; c < trial->ncolumns; c++) {
            buf_puts(sql, ", ");
            put_fake(trial, c, &rows[i * (size_t)width + 1 + (size_t)c], i, &work, sql);
        }
        buf_putc(sql, ')');
    }
    buf_puts(sql, ") AS v(t");
    for (int c = 0; c < trial->ncolumns; c++)
        buf_printf(sql, ", f%d", c);
    buf_puts(sql, ") JOIN ONLY ");
    quote_qualified(sql, trial->table->schema, trial->table->name);
    buf_puts(sql, " AS r ON r.ctid OPERATOR(pg_catalog.=) v.t");
    mask_work_deinit(&work);
}
