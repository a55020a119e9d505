/* SPDX-License-Identifier: PostgreSQL */
#include "detect/worth.h"

#include <assert.h>

struct worth
worth_of_tally(const struct tally_of_text *tally, size_t len)
{
    assert(tally != NULL);
    int64_t of_digits = WORTH_DIGIT * (int64_t)tally->digits;
    return (struct worth){
        .digits = (int)tally->digits,
        .is_word = tally->letters == len,
        .is_dotted = tally->dots == 3 && tally->digits + tally->dots == len,
        .bits = (double)(tally->letters_worth + of_digits) / 100,
        .digit_bits = (double)of_digits / 100,
    };
}

struct tally_of_text
tally_of(const char *text, size_t len, bool from_lists)
{
    struct tally_of_text tally = { 0 };
    for (size_t i = 0, begin, high; i < len;) {
        for (begin = i, high = 0; i < len; i++) {
            unsigned char c = (unsigned char)text[i];
            if ((unsigned)((c | 0x20) - 'a') >= 26 && c < 0x80)
                break;
            high += c >= 0x80;
        }
        tally.letters += i - begin;
        tally.letters_worth += worth_of_word(i - begin, high, from_lists);
        if (i < len) {
            tally.digits += (unsigned)(text[i] - '0') < 10;
            tally.dots += text[i] == '.';
            i++;
        }
    }
    return tally;
}

struct worth
worth_of(const char *text, size_t len, bool from_lists)
{
    const struct tally_of_text tally = tally_of(text, len, from_lists);
    return worth_of_tally(&tally, len);
}
