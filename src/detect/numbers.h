/* SPDX-License-Identifier: PostgreSQL */
/* Check digits, for those who make such numbers and those who look for them. */
#ifndef DETECT_NUMBERS_H
#define DETECT_NUMBERS_H

#include <stdbool.h>

/* Brands of cards: what their numbers begin with, and what fakes of them do. */
struct card_brand {
    const char *name, *prefix, *test;
};

extern const struct card_brand card_brands[];
extern const int ncard_brands;

/* The digit that makes n + 1 digits valid: ISO/IEC 7812-1, annex B (Luhn). */
char numbers_luhn_digit(const char *digits, int n);
bool numbers_luhn(const char *digits, int n);

/* ISO 7064, MOD 11,10 (the Steuer-ID). */
char numbers_iso7064_digit(const char *digits, int n);

/* ISO 13616: `text` in upper case, without spaces. The second sets its check digits. */
bool numbers_iban(const char *text);
void numbers_iban_check(char *text);
int numbers_iban_length(const char *text); /* of its country; 0: not known */
int numbers_iban_bank(const char *text);   /* characters of the bank behind the check digits */

unsigned numbers_nir_key(const char *digits); /* of 13 digits: 97 - n mod 97 */

#endif
