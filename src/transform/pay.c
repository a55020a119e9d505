/* SPDX-License-Identifier: PostgreSQL */
/* Numbers of cards, accounts and persons. */
#include <ctype.h>
#include <string.h>

#include "detect/numbers.h"
#include "transform/transform.h"

struct card_params {
    int preserve, luhn;
};

struct iban_params {
    int preserve;
};

struct id_params {
    int format;
};

enum { MOST = 40 };

/* Takes the letters and digits out of a text, upper case; -1: too many, or other characters than
 * spaces, hyphens, dots and slashes between them. */
static int
compact(const struct mask_value *cell, char out[MOST])
{
    int n = 0;
    for (size_t i = 0; i < cell->len; i++) {
        unsigned char c = (unsigned char)cell->data[i];
        if (c < 0x80 && isalnum(c)) {
            if (n == MOST - 1)
                return -1;
            out[n++] = (char)toupper(c);
        } else if (c != ' ' && c != '-' && c != '.' && c != '/') {
            return -1;
        }
    }
    out[n] = '\0';
    return n;
}

/* Writes a fake as the original is grouped. */
static void
put_like(const char *fake, struct mask_value *cell)
{
    buf_reserve(cell->out, cell->len + 1);
    char *to = cell->out->data + cell->out->len;
    for (size_t i = 0; i < cell->len; i++) {
        unsigned char c = (unsigned char)cell->data[i];
        to[i] = !isalnum(c)  ? (char)c
                : islower(c) ? (char)tolower((unsigned char)*fake++)
                             : *fake++;
    }
    cell->out->len += cell->len;
    cell->out->data[cell->out->len] = '\0';
}

/* `n` digits, with zeros before. */
static char *
put_digits(char *out, int n, unsigned long value)
{
    for (int i = n - 1; i >= 0; i--, value /= 10)
        out[i] = (char)('0' + value % 10);
    out[n] = '\0';
    return out + n;
}

static char
random_digit(uint64_t *random)
{
    char digit = (char)('0' + *random % 10);
    *random /= 10;
    return digit;
}

/* ---- card */

static double
card_bits(const struct mask *mask)
{
    (void)mask;
    return 29.8; /* nine digits of a number of sixteen */
}

APPLY(card_apply)
{
    const struct card_params *params = mask->params;
    char digits[MOST];
    int n = compact(cell, digits);
    const char *head = card_brands[0].test;
    if (n < 12 || n > 19 || strspn(digits, "0123456789") != (size_t)n)
        return MASK_INVALID;
    for (int i = 0; params->preserve == 0 && i < ncard_brands; i++)
        if (strncmp(digits, card_brands[i].prefix, strlen(card_brands[i].prefix)) == 0)
            head = card_brands[i].test;
    uint64_t random = cell->bits[0];
    memcpy(digits, head, 6);
    for (int i = 6; i < n - 1; i++)
        digits[i] = random_digit(&random);
    digits[n - 1] = numbers_luhn_digit(digits, n - 1);
    if (params->luhn == 1)
        digits[n - 1] = (char)('0' + (digits[n - 1] - '0' + 1 + random % 9) % 10);
    put_like(digits, cell);
    return MASK_DONE;
}

/* ---- iban */

static double
iban_bits(const struct mask *mask)
{
    (void)mask;
    return 33; /* ten digits of an account */
}

/* The bank's part (by country, else eight characters) is of nothing but 9 or Z. */
APPLY(iban_apply)
{
    const struct iban_params *params = mask->params;
    char text[MOST];
    int n = compact(cell, text);
    if (n < 15 || n > 34 || !isalpha((unsigned char)text[0]) || !isalpha((unsigned char)text[1]) ||
        !isdigit((unsigned char)text[2]) || !isdigit((unsigned char)text[3]))
        return MASK_INVALID;
    int bank = numbers_iban_bank(text);
    uint64_t random[2] = { cell->bits[0], cell->bits[1] };
    if (params->preserve == 1 && n == 22)
        memcpy(text, "DE", 2);
    for (int i = 4; i < n; i++) {
        bool is_letter = isalpha((unsigned char)text[i]);
        uint64_t *from = &random[i % 2];
        if (i < 4 + bank)
            text[i] = is_letter ? 'Z' : '9';
        else if (is_letter)
            text[i] = (char)('A' + *from % 26), *from /= 26;
        else
            text[i] = random_digit(from);
    }
    numbers_iban_check(text);
    put_like(text, cell);
    return MASK_DONE;
}

/* ---- national_id */

static void
fake_ssn(uint64_t random, char *out)
{
    /* 50-65, 70-88, 90-92 and 94-99 are groups of tax numbers */
    static const uint8_t free_groups[] = { 66, 67, 68, 69, 89, 93 };
    unsigned group = (unsigned)(random % 55), area = (unsigned)(random / 55 % 100);
    group = group < 49 ? group + 1 : free_groups[group - 49];
    out = put_digits(out, 3, 900 + area);
    out = put_digits(out, 2, group);
    put_digits(out, 4, 1 + random / 5500 % 9999);
}

static void
fake_nino(uint64_t random, char *out)
{
    memcpy(out, "QQ", 2);
    out = put_digits(out + 2, 6, random % 1000000);
    out[0] = "ABCD"[random / 1000000 % 4];
    out[1] = '\0';
}

/* Ten digits of which exactly one stands there twice; the first is 0, as in no number given out. */
static void
fake_steuer_id(uint64_t random, char *out)
{
    char digits[] = "123456789";
    for (int i = 9; i > 1; i--) {
        int j = (int)(random % (uint64_t)i);
        random /= (uint64_t)i;
        char other = digits[j];
        digits[j] = digits[i - 1];
        digits[i - 1] = other;
    }
    out[0] = '0';
    memcpy(out + 1, digits, 9);
    int from = 1 + (int)(random % 9), to = 1 + (int)((random / 9 % 8 + 1 + (uint64_t)from - 1) % 9);
    out[to] = out[from];
    out[10] = numbers_iso7064_digit(out, 10);
    out[11] = '\0';
}

static void
fake_nir(uint64_t random, char *out)
{
    char *p = put_digits(out, 1, 1 + (random & 1)); /* sex */
    p = put_digits(p, 2, random / 2 % 100);         /* year of birth */
    p = put_digits(p, 2, 1 + random / 200 % 12);    /* month */
    p = put_digits(p, 2, 0);                        /* department */
    p = put_digits(p, 3, 1 + random / 2400 % 990);  /* town */
    p = put_digits(p, 3, 1 + random / 2376000 % 999);
    put_digits(p, 2, numbers_nir_key(out));
}

static const struct {
    void (*fake)(uint64_t random, char *out);
    int length;
    double bits;
} id_formats[] = { { fake_ssn, 9, 25.7 },
                   { fake_nino, 9, 21.9 },
                   { fake_steuer_id, 11, 24.6 },
                   { fake_nir, 15, 31.0 } };

static double
national_id_bits(const struct mask *mask)
{
    const struct id_params *params = mask->params;
    return id_formats[params->format].bits;
}

APPLY(national_id_apply)
{
    const struct id_params *params = mask->params;
    char text[MOST], fake[MOST];
    int n = compact(cell, text);
    if (n != id_formats[params->format].length)
        return MASK_INVALID;
    id_formats[params->format].fake(cell->bits[0], fake);
    put_like(fake, cell);
    return MASK_DONE;
}

static const struct parameter card_list[] = {
    { .name = "preserve",
      .kind = PARAM_WORD,
      .offset = offsetof(struct card_params, preserve),
      .words = { "brand", "none" },
      .fallback = "brand",
      .summary = "" },
    { .name = "luhn",
      .kind = PARAM_WORD,
      .offset = offsetof(struct card_params, luhn),
      .words = { "valid", "broken" },
      .fallback = "valid",
      .summary = "the check digit" },
};

const struct transformer transform_card = {
    .name = "card",
    .summary = "a card number of the same brand, length and format",
    .range = "the BINs of payment providers' published test numbers",
    .accepts = KIND_TEXT,
    .seed = SEED_VALUE,
    .need = NEED_VALUE,
    .tells = TELLS_WHO,
    .gives = GIVES_RANDOM | GIVES_RESERVED | GIVES_SHAPE,
    .size = sizeof(struct card_params),
    PARAMS(card_list),
    .apply = card_apply,
    .bits = card_bits,
    .examples = "4111 1111 1111 1111|5500000000000004|3400-000000-00009",
};

static const struct parameter iban_list[] = {
    { .name = "preserve",
      .kind = PARAM_WORD,
      .offset = offsetof(struct iban_params, preserve),
      .words = { "country", "none" },
      .fallback = "country",
      .summary = "" },
};

const struct transformer transform_iban = {
    .name = "iban",
    .summary = "an IBAN of the same country and length, with valid check digits",
    .range = "bank codes of nothing but 9 (Z where letters stand): no bank is known to have one",
    .accepts = KIND_TEXT,
    .seed = SEED_VALUE,
    .need = NEED_VALUE,
    .tells = TELLS_WHO,
    .gives = GIVES_RANDOM | GIVES_RESERVED | GIVES_SHAPE,
    .size = sizeof(struct iban_params),
    PARAMS(iban_list),
    .apply = iban_apply,
    .bits = iban_bits,
    .examples = "DE89370400440532013000|GB29 NWBK 6016 1331 9268 19|FR1420041010050500013M02606",
};

static const struct parameter id_list[] = {
    { .name = "format",
      .kind = PARAM_WORD,
      .offset = offsetof(struct id_params, format),
      .words = { "us_ssn", "gb_nino", "de_steuer_id", "fr_nir" },
      .summary = "whose number it is" },
};

const struct transformer transform_national_id = {
    .name = "national_id",
    .summary = "a person's number with valid check digits",
    .range = "US area 900-999 outside the groups of ITINs (SSA); GB prefix QQ (HMRC); DE first "
             "digit 0 (BZSt's test numbers); FR department 00 (INSEE)",
    .accepts = KIND_TEXT,
    .seed = SEED_VALUE,
    .need = NEED_VALUE,
    .tells = TELLS_WHO,
    .gives = GIVES_RANDOM | GIVES_RESERVED,
    .size = sizeof(struct id_params),
    PARAMS(id_list),
    .apply = national_id_apply,
    .bits = national_id_bits,
    .examples = "078-05-1120|AB123456C|86095742719|255081416802538",
};
