/* SPDX-License-Identifier: PostgreSQL */
/* The words of a text, and how much they tell: what nobody would have by chance is evidence. */
#ifndef CHECK_WORTH_H
#define CHECK_WORTH_H

#include <stdbool.h>
#include <stddef.h>

/* A part of a text. */
struct span {
    size_t begin, end;
};

struct worth {
    int digits;
    bool is_word;   /* letters only: a name alone, a word of the language, which may be anybody's */
    bool is_dotted; /* four numbers with dots between them */
    /* If its characters were drawn at random; where words may come from lists, they are worth no
     * more than a word. */
    double bits, digit_bits; /* of all, and of the digits alone */
};

struct worth worth_of(const char *text, size_t len, bool from_lists);

/* The next word at or behind *at, without signs at its ends; false: there is none. */
bool worth_next_word(const char *text, size_t len, size_t *at, struct span *out);

#endif
