/* SPDX-License-Identifier: PostgreSQL */
/*
 * Telephone numbers. Numbers that regulators keep for fiction are few (100 per area in North
 * America, 1,000 in most lists): columns that must stay unique get +999 and a permutation of the
 * original's digits. As many digits are permuted as there are, so that fakes of originals of 12 and
 * more digits have one digit more; up to 11 digits share one permutation.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "transform/transform.h"

struct phone_params {
    int range;
};

enum { SHARED = 11, MOST_DIGITS = 17 };

static const uint64_t powers[] = {
    UINT64_C(1),
    UINT64_C(10),
    UINT64_C(100),
    UINT64_C(1000),
    UINT64_C(10000),
    UINT64_C(100000),
    UINT64_C(1000000),
    UINT64_C(10000000),
    UINT64_C(100000000),
    UINT64_C(1000000000),
    UINT64_C(10000000000),
    UINT64_C(100000000000),
    UINT64_C(1000000000000),
    UINT64_C(10000000000000),
    UINT64_C(100000000000000),
    UINT64_C(1000000000000000),
    UINT64_C(10000000000000000),
    UINT64_C(100000000000000000),
    UINT64_C(1000000000000000000),
};

/* Reserved numbers: 'N' stands for a digit from 2 to 9, '#' for any. `trunk`: as they are dialled
 * within the country. NANPA: 555-0100 to 0199. Ofcom, "Telephone numbers for use in TV and radio
 * drama". Bundesnetzagentur, "Rufnummern fuer Medienproduktionen". Arcep, decision 2018-0881. */
static const struct plan {
    const char *locale, *code; /* without + */
    const char *trunk, *numbers[5];
} plans[] = {
    { "en_US", "1", "", { "N##55501##", NULL } },
    { "en_GB", "44", "0", { "7700900###", "2079460###", "1632960###", NULL } },
    { "de_DE", "49", "0", { "3023125###", "6990009###", "4066969###", "8999998###", NULL } },
    { "fr_FR", "33", "0", { "19900####", "63998####", "26191####", NULL } },
};

struct number {
    char digits[MOST_DIGITS + 3]; /* of the original */
    int n;
    bool has_plus;
};

static bool
parse(const struct mask_value *cell, struct number *out)
{
    *out = (struct number){ 0 };
    for (size_t i = 0; i < cell->len; i++) {
        unsigned char c = (unsigned char)cell->data[i];
        if (isdigit(c)) {
            if (out->n == MOST_DIGITS)
                return false;
            out->digits[out->n++] = (char)c;
        } else if (c == '+') {
            out->has_plus = true;
        } else if (strchr(" -./()", c) == NULL) {
            return false;
        }
    }
    return out->n >= 6; /* fewer are an extension, or no number at all */
}

/* The digits of +999..., without the plus. */
static void
put_unassigned(const struct mask *mask, struct mask_value *cell, const struct number *number,
               struct buf *out)
{
    uint64_t rank = strtoull(number->digits, NULL, 10), n = powers[number->n];
    int width = number->n + 1;
    if (number->n <= SHARED) {
        for (int i = 1; i < number->n; i++)
            rank += powers[i]; /* shorter numbers stand before */
        n = UINT64_C(111111111110);
        width = SHARED + 1;
    }
    rank = permute(mask->key, (uint64_t)width, n, rank, &cell->work->shuffles);
    buf_printf(out, "999%0*llu", width, (unsigned long long)rank);
}

static void
put_pattern(const char *pattern, uint64_t random, struct buf *out)
{
    for (; *pattern != '\0'; pattern++) {
        if (*pattern != '#' && *pattern != 'N') {
            buf_putc(out, *pattern);
            continue;
        }
        int digit = *pattern == 'N' ? 2 + (int)(random % 8) : (int)(random % 10);
        buf_putc(out, (char)('0' + digit));
        random /= 10;
    }
}

/* The plan of a number: by its country code, or that of the locale. */
static const struct plan *
plan_of(const struct mask *mask, const struct mask_value *cell, const struct number *number,
        bool *is_international)
{
    bool zeros = number->digits[0] == '0' && number->digits[1] == '0';
    const char *digits = number->digits + (zeros ? 2 : 0);
    *is_international = number->has_plus || zeros;
    const char *locale = mask_locale(mask, cell)->name;
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
        const struct plan *plan = &plans[i];
        bool is_it = *is_international ? strncmp(digits, plan->code, strlen(plan->code)) == 0
                                       : strcmp(plan->locale, locale) == 0;
        if (is_it)
            return plan;
    }
    return NULL;
}

/* Numbers of fiction differ in length: those that fit the original's digits come first. */
static bool
put_reserved(const struct mask *mask, struct mask_value *cell, const struct number *number,
             struct buf *out)
{
    bool is_international;
    int n = 0;
    const struct plan *plan = plan_of(mask, cell, number, &is_international);
    uint64_t random = mask_bits(mask, cell, 1);
    if (plan == NULL)
        return false;
    while (plan->numbers[n] != NULL)
        n++;
    if (is_international && number->digits[0] == '0')
        buf_puts(out, "00");
    if (is_international || (number->n == 11 && plan->trunk[0] == '\0'))
        buf_puts(out, plan->code);
    else
        buf_puts(out, plan->trunk);
    put_pattern(plan->numbers[random % (uint64_t)n], random >> 8, out);
    return true;
}

/* Lays digits over the original's punctuation; what is too much stands where its digits begin. */
static void
lay_out(const char *digits, size_t n, const struct number *number, bool plus,
        struct mask_value *cell)
{
    size_t extra = n > (size_t)number->n ? n - (size_t)number->n : 0, at = 0;
    size_t skipped = (size_t)number->n > n ? (size_t)number->n - n : 0;
    bool begun = false;
    for (size_t i = 0; i < cell->len; i++) {
        char c = cell->data[i];
        if (!isdigit((unsigned char)c)) {
            if (c != '+')
                buf_putc(cell->out, c);
            continue;
        }
        if (!begun && plus)
            buf_putc(cell->out, '+');
        for (; !begun && at < extra; at++)
            buf_putc(cell->out, digits[at]);
        begun = true;
        if (skipped > 0)
            skipped--;
        else
            buf_putc(cell->out, digits[at++]);
    }
}

static double
phone_bits(const struct mask *mask)
{
    (void)mask;
    return 0; /* a permutation where it must be unique */
}

APPLY(phone_apply)
{
    const struct phone_params *params = mask->params;
    struct number number;
    struct buf digits = { 0 };
    if (cell->kind == KIND_INTEGER) {
        number = (struct number){ 0 };
        if (cell->integer < 0 || cell->integer >= INT64_C(100000000000000))
            return MASK_INVALID;
        for (uint64_t x = (uint64_t)cell->integer, n = 0; n == 0 || x > 0; x /= 10, n++) {
            memmove(number.digits + 1, number.digits, (size_t)number.n++);
            number.digits[0] = (char)('0' + x % 10);
        }
        put_unassigned(mask, cell, &number, &digits);
        cell->out_integer = strtoll(buf_str(&digits), NULL, 10);
        buf_deinit(&digits);
        return MASK_DONE;
    }
    if (!parse(cell, &number))
        return MASK_INVALID;
    bool reserved =
        params->range == 0 && !mask->domain->unique && put_reserved(mask, cell, &number, &digits);
    if (!reserved)
        put_unassigned(mask, cell, &number, &digits);
    bool plus = number.has_plus; /* with and without are two originals */
    size_t start = cell->out->len;
    lay_out(buf_str(&digits), digits.len, &number, plus, cell);
    /* where the punctuation takes the room of the digits, it goes */
    if (mask->domain->room > 0 && cell->out->len - start > (size_t)mask->domain->room) {
        cell->out->len = start;
        buf_puts(cell->out, plus ? "+" : "");
        buf_add(cell->out, digits.data, digits.len);
    }
    bool fits = mask->domain->room == 0 || cell->out->len - start <= (size_t)mask->domain->room;
    buf_deinit(&digits);
    return fits ? MASK_DONE : MASK_INVALID;
}

static int
phone_shortest(const struct mask *mask)
{
    enum { UNASSIGNED = 16 };
    return mask->domain->unique ? UNASSIGNED : 1;
}

static const struct parameter phone_list[] = {
    { .name = "range",
      .kind = PARAM_WORD,
      .offset = offsetof(struct phone_params, range),
      .words = { "reserved", "unassigned" },
      .fallback = "reserved",
      .summary = "numbers for fiction of the country, or +999, which no country has; unique ones "
                 "always are "
                 "of the second kind" },
};

const struct transformer transform_phone = {
    .name = "phone",
    .summary = "a number in the original's format",
    .range = "US, CA 555-0100 to 0199 (NANPA); GB Ofcom's numbers for drama; DE those of the "
             "Bundesnetzagentur; FR those of Arcep; else, and where they must be unique, +999, "
             "which the ITU has not assigned",
    .accepts = KIND_TEXT | KIND_INTEGER,
    .seed = SEED_VALUE,
    .need = NEED_VALUE,
    .tells = TELLS_WHO,
    .gives = GIVES_INJECTIVE | GIVES_RESERVED,
    .size = sizeof(struct phone_params),
    PARAMS(phone_list),
    .apply = phone_apply,
    .bits = phone_bits,
    .examples = "+1 212 555 7788|(415) 555-2671|+44 20 7123 4567|0171/1234567",
    .is = IS_WIDE,
    .shortest = phone_shortest,
};
