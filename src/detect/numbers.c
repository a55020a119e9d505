/* SPDX-License-Identifier: PostgreSQL */
#include "detect/numbers.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

/* Tests begin as the numbers that Stripe, Adyen and Braintree publish for tests. */
const struct card_brand card_brands[] = {
    { "visa", "4", "400000" },    { "mastercard", "5", "555555" }, { "mastercard", "2", "222300" },
    { "amex", "34", "378282" },   { "amex", "37", "378282" },      { "discover", "6", "601100" },
    { "diners", "36", "362272" }, { "diners", "30", "305693" },    { "jcb", "35", "356600" },
};
const int ncard_brands = (int)(sizeof card_brands / sizeof *card_brands);

static int
luhn_sum(const char *digits, int n, bool doubles)
{
    int sum = 0;
    for (int i = n - 1; i >= 0; i--, doubles = !doubles) {
        int digit = digits[i] - '0';
        digit = doubles ? digit * 2 : digit;
        sum += digit > 9 ? digit - 9 : digit;
    }
    return sum;
}

char
numbers_luhn_digit(const char *digits, int n)
{
    return (char)('0' + (10 - luhn_sum(digits, n, true) % 10) % 10);
}

bool
numbers_luhn(const char *digits, int n)
{
    return n > 1 && luhn_sum(digits, n, false) % 10 == 0;
}

char
numbers_iso7064_digit(const char *digits, int n)
{
    int product = 10;
    for (int i = 0; i < n; i++) {
        int sum = (digits[i] - '0' + product) % 10;
        product = 2 * (sum == 0 ? 10 : sum) % 11;
    }
    return (char)('0' + (11 - product) % 10);
}

/* Length, and how much of it is the bank's (with its branch), by the registry of SWIFT. */
static const struct country {
    char name[3];
    uint8_t length, bank;
} countries[] = {
    { "AT", 20, 5 }, { "BE", 16, 3 },  { "BG", 22, 8 },  { "CH", 21, 5 },  { "CY", 28, 8 },
    { "CZ", 24, 4 }, { "DE", 22, 8 },  { "DK", 18, 4 },  { "EE", 20, 4 },  { "ES", 24, 8 },
    { "FI", 18, 6 }, { "FR", 27, 10 }, { "GB", 22, 10 }, { "GR", 27, 7 },  { "HR", 21, 7 },
    { "HU", 28, 8 }, { "IE", 22, 10 }, { "IS", 26, 6 },  { "IT", 27, 11 }, { "LI", 21, 5 },
    { "LT", 20, 5 }, { "LU", 20, 3 },  { "LV", 21, 4 },  { "MC", 27, 10 }, { "MT", 31, 9 },
    { "NL", 18, 4 }, { "NO", 15, 4 },  { "PL", 28, 8 },  { "PT", 25, 8 },  { "RO", 24, 4 },
    { "SE", 24, 3 }, { "SI", 19, 5 },  { "SK", 24, 4 },  { "SM", 27, 11 }, { "TR", 26, 5 },
    { "AE", 23, 3 }, { "SA", 24, 2 },  { "IL", 23, 6 },  { "BR", 29, 13 },
};

static const struct country *
country_of(const char *text)
{
    for (size_t i = 0; i < sizeof countries / sizeof *countries; i++)
        if (strncmp(countries[i].name, text, 2) == 0)
            return &countries[i];
    return NULL;
}

int
numbers_iban_length(const char *text)
{
    const struct country *country = country_of(text);
    return country != NULL ? country->length : 0;
}

int
numbers_iban_bank(const char *text)
{
    const struct country *country = country_of(text);
    return country != NULL ? country->bank : 8;
}

/* The text modulo 97, its first four characters at the end, letters as 10 to 35. */
static unsigned
rest_of(const char *text, size_t n, uint64_t rest)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        rest = isdigit(c) ? rest * 10 + (unsigned)(c - '0') : rest * 100 + (unsigned)(c - 'A') + 10;
        if (rest > UINT64_C(100000000000000000))
            rest %= 97;
    }
    return (unsigned)(rest % 97);
}

static unsigned
iban_rest(const char *text)
{
    return rest_of(text, 4, rest_of(text + 4, strlen(text) - 4, 0));
}

bool
numbers_iban(const char *text)
{
    size_t n = strlen(text);
    int wanted = numbers_iban_length(text);
    if (n < 15 || n > 34 || (wanted != 0 && (size_t)wanted != n))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!(i < 2   ? isupper((unsigned char)text[i])
              : i < 4 ? isdigit((unsigned char)text[i])
                      : isupper((unsigned char)text[i]) || isdigit((unsigned char)text[i])))
            return false;
    return iban_rest(text) == 1;
}

void
numbers_iban_check(char *text)
{
    text[2] = text[3] = '0';
    unsigned check = 98 - iban_rest(text);
    text[2] = (char)('0' + check / 10);
    text[3] = (char)('0' + check % 10);
}

unsigned
numbers_nir_key(const char *digits)
{
    uint64_t n = 0;
    for (int i = 0; i < 13; i++)
        n = n * 10 + (uint64_t)(digits[i] - '0');
    return 97 - (unsigned)(n % 97);
}
