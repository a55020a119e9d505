/* SPDX-License-Identifier: PostgreSQL */
#include "detect/worth.h"

#include <assert.h>

#include "base/utf8.h"

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
            size_t n = 1;
            if (c < 0x80 ? (unsigned)((c | 0x20) - 'a') >= 26
                         : utf8_part_at(text + i, len - i, &n) != UTF8_LETTER)
                break;
            high += c >= 0x80 ? n : 0;
            i += n - 1;
        }
        tally.letters += i - begin;
        tally.letters_worth += worth_of_word(i - begin, high, from_lists);
        if (i < len) {
            tally.digits += (unsigned)(text[i] - '0') < 10;
            tally.dots += text[i] == '.';
            size_t n = 1;
            if ((unsigned char)text[i] >= 0x80)
                utf8_part_at(text + i, len - i, &n);
            i += n;
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
