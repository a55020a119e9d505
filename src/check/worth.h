/* SPDX-License-Identifier: PostgreSQL */
/* The words of a text, and how much they tell: what nobody would have by chance is evidence. */
#ifndef CHECK_WORTH_H
#define CHECK_WORTH_H

#include <stdbool.h>
#include <stddef.h>

#define DIGIT_BITS 3.32 /* log2(10) */

struct worth {
    int digits;
    bool is_word;   /* letters only: a name alone, a word of the language, which may be anybody's */
    bool is_dotted; /* four numbers with dots between them */
    /* If its characters were drawn at random; where words may come from lists, they are worth no
     * more than a word. */
    double bits;
};

struct worth worth_of(const char *text, size_t len, bool from_lists);

/* The next word at or behind *at, without signs at its ends; false: there is none. */
bool worth_next_word(const char *text, size_t len, size_t *at, size_t *begin, size_t *end);

#endif
