/* SPDX-License-Identifier: PostgreSQL */
/* How much a text tells: what nobody would have by chance is evidence. */
#ifndef DETECT_WORTH_H
#define DETECT_WORTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the characters of a text are. Sums are in hundredths of a bit: whole numbers do not wait
 * for one another, and come to the same in any order. */
struct tally_of_text {
    int64_t letters_worth; /* where words may come from lists, each worth no more than a word */
    size_t letters, digits, dots;
};

struct worth {
    int digits;
    bool is_word;   /* letters only: a name alone, a word of the language, which may be anybody's */
    bool is_dotted; /* four numbers with dots between them */
    double bits, digit_bits; /* if drawn at random: all characters, and the digits alone */
};

enum {
    WORTH_DIGIT = 332,  /* log2(10) */
    WORTH_LETTER = 470, /* log2(26); one beyond ASCII has two bytes */
    WORTH_WORD = 900,   /* of a list of 500 */
};

/* What `n` letters in a row are worth, `high` of which are bytes of letters beyond ASCII. This runs
 * for every word of a copy. */
static inline int64_t
worth_of_word(size_t n, size_t high, bool from_lists)
{
    int64_t worth = (int64_t)(n - high) * WORTH_LETTER + (int64_t)high * (WORTH_LETTER / 2);
    return from_lists && worth > WORTH_WORD ? WORTH_WORD : worth;
}

struct worth worth_of_tally(const struct tally_of_text *tally, size_t len);

/* Of a text that nobody has looked at. */
struct tally_of_text tally_of(const char *text, size_t len, bool from_lists);
struct worth worth_of(const char *text, size_t len, bool from_lists);

#endif
