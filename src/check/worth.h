/* SPDX-License-Identifier: PostgreSQL */
/* The words of a text, and how much they tell: what nobody would have by chance is evidence. */
#ifndef CHECK_WORTH_H
#define CHECK_WORTH_H

#include <stdbool.h>
#include <stddef.h>

#define DIGIT_BITS 3.32 /* log2(10) */

/* Bits of a text, if its characters were drawn at random; where words may come from lists, they are
 * worth no more than a word. */
double worth_bits(const char *text, size_t len, bool from_lists);

int worth_digits(const char *text, size_t len);

/* May be anybody's: a name alone, a word of the language. */
bool worth_one_word(const char *text, size_t len);

/* Four numbers with dots between them? */
bool worth_dotted(const char *text, size_t len);

/* The next word at or behind *at, without signs at its ends; false: there is none. */
bool worth_next_word(const char *text, size_t len, size_t *at, size_t *begin, size_t *end);

#endif
