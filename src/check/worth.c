/* SPDX-License-Identifier: PostgreSQL */
#include "check/worth.h"

#include <stdint.h>

/* In hundredths of a bit: sums of whole numbers do not wait for one another. */
enum {
    DIGIT = 332,  /* log2(10) */
    LETTER = 470, /* log2(26) */
    WORD = 900,   /* of a list of 500 */
};

/* This runs for every character of a copy: without tables of the C library. */
static inline bool
is_digit(unsigned char c)
{
    return (unsigned)(c - '0') < 10;
}

static inline bool
is_letter(unsigned char c)
{
    return (unsigned)((c | 0x20) - 'a') < 26 || c >= 0x80;
}

struct worth
worth_of(const char *text, size_t len, bool from_lists)
{
    int64_t most = from_lists ? WORD : INT64_MAX, word = 0, sum = 0;
    size_t letters = 0, digits = 0, dots = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (is_letter(c)) {
            word += c >= 0x80 ? LETTER / 2 : LETTER; /* a letter beyond ASCII has two bytes */
            letters++;
            continue;
        }
        sum += word < most ? word : most;
        word = 0;
        digits += is_digit(c);
        dots += c == '.';
    }
    int64_t of_digits = DIGIT * (int64_t)digits;
    sum += (word < most ? word : most) + of_digits;
    return (struct worth){ .digits = (int)digits,
                           .is_word = letters == len,
                           .is_dotted = dots == 3 && digits + dots == len,
                           .bits = (double)sum / 100,
                           .digit_bits = (double)of_digits / 100 };
}

static inline bool
is_sign(unsigned char c)
{
    return c == '@' || c == '.' || c == '_' || c == '+' || c == '-' || c == '\'';
}

static inline bool
is_plain(unsigned char c)
{
    return is_letter(c) || is_digit(c);
}

bool
worth_next_word(const char *text, size_t len, size_t *at, struct span *out)
{
    const unsigned char *c = (const unsigned char *)text;
    size_t i = *at;
    while (i < len && !is_plain(c[i]) && !is_sign(c[i]))
        i++;
    size_t begin = i;
    while (i < len && (is_plain(c[i]) || is_sign(c[i])))
        i++;
    size_t end = *at = i;
    while (end > begin && !is_plain(c[end - 1]))
        end--;
    while (begin < end && !is_plain(c[begin]))
        begin++;
    *out = (struct span){ begin, end };
    return begin < i;
}
