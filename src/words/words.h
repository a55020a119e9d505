/* SPDX-License-Identifier: PostgreSQL */
/* Names, places and words by locale: the files of src/words, embedded when the program is
 * built; and names that are made of syllables, where a real one is not wanted. */
#ifndef WORDS_WORDS_H
#define WORDS_WORDS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct word_list {
    const char *const *items;
    size_t n;
};

/* "City|Region" in `city`. */
struct locale_words {
    const char *name; /* "en_US" */
    struct word_list first_female, first_male, last, city, region, street, company, company_suffix,
        word;
};

extern const struct locale_words locale_words[];
extern const int nlocale_words;

/* NULL when there is no such locale. */
const struct locale_words *words_locale(const char *name);

/* One of a list by 64 random bits. */
const char *words_pick(const struct word_list *list, uint64_t random);

/* Appends a pronounceable name of two or three syllables that is in no list: 3.2e5 or more of them.
 */
void words_phonotactic(uint64_t random, int syllables, struct buf *out);

/* Appends the letters and digits of a text in ASCII: "Zoë Müller" is "zoe-mueller" with '-' as
 * separator; without one (0) they are joined. Other scripts leave nothing. */
void words_slug(const char *text, size_t len, char separator, struct buf *out);

#endif
