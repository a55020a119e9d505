/* SPDX-License-Identifier: PostgreSQL */
#include "check/worth.h"

#include <ctype.h>
#include <string.h>

#define LETTER_BITS 4.70 /* log2(26) */
#define WORD_BITS 9.0    /* a word of a list of 500 */

double
worth_bits(const char *text, size_t len, bool from_lists)
{
    double bits = 0, word = 0;
    for (size_t i = 0; i <= len; i++) {
        unsigned char c = i < len ? (unsigned char)text[i] : ' ';
        if (isalpha(c) || c >= 0x80) {
            word += c >= 0x80 ? LETTER_BITS / 2 : LETTER_BITS;
            continue;
        }
        bits += from_lists && word > WORD_BITS ? WORD_BITS : word;
        bits += isdigit(c) ? DIGIT_BITS : 0;
        word = 0;
    }
    return bits;
}

bool
worth_one_word(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!isalpha((unsigned char)text[i]) && (unsigned char)text[i] < 0x80)
            return false;
    return true;
}

int
worth_digits(const char *text, size_t len)
{
    int n = 0;
    for (size_t i = 0; i < len; i++)
        n += isdigit((unsigned char)text[i]) != 0;
    return n;
}

bool
worth_dotted(const char *text, size_t len)
{
    int dots = 0;
    for (size_t i = 0; i < len; i++) {
        if (!isdigit((unsigned char)text[i]) && text[i] != '.')
            return false;
        dots += text[i] == '.';
    }
    return dots == 3;
}

static bool
is_of_word(unsigned char c)
{
    return isalnum(c) || c >= 0x80 || strchr("@._+'-", c) != NULL;
}

bool
worth_next_word(const char *text, size_t len, size_t *at, size_t *begin, size_t *end)
{
    size_t i = *at;
    while (i < len && (text[i] == '\0' || !is_of_word((unsigned char)text[i])))
        i++;
    *begin = i;
    while (i < len && text[i] != '\0' && is_of_word((unsigned char)text[i]))
        i++;
    *end = *at = i;
    while (*end > *begin && !isalnum((unsigned char)text[*end - 1]) &&
           (unsigned char)text[*end - 1] < 0x80)
        --*end;
    while (*begin < *end && !isalnum((unsigned char)text[*begin]) &&
           (unsigned char)text[*begin] < 0x80)
        ++*begin;
    return *begin < i;
}
