/* SPDX-License-Identifier: PostgreSQL */
/* What one pass over a text sees of it, for all who would read it again: which signs it has, how
 * its digits are grouped, and its words. */
#ifndef DETECT_TRAITS_H
#define DETECT_TRAITS_H

#include <stdbool.h>
#include <stddef.h>

#include "detect/worth.h"

/* Kinds of characters; beyond ASCII see utf8_part_at(). */
enum {
    SEEN_LETTER = 1 << 0, /* of ASCII */
    SEEN_HIGH = 1 << 1,
    SEEN_DIGIT = 1 << 2,
    SEEN_SIGN = 1 << 3,    /* stands inside a word: @ . _ + - ' */
    SEEN_JOINT = 1 << 4,   /* joins two words to one: - _ . */
    SEEN_NUMERIC = 1 << 5, /* stands inside a number as people write it: + ( ) . / - and a blank */
    SEEN_NAME = 1 << 6,    /* letters and digits of ASCII, _ and - */
    SEEN_UPPER = 1 << 7,
    SEEN_AT = 1 << 8,
    SEEN_COLON = 1 << 9,
    SEEN_DOLLAR = 1 << 10,
    SEEN_DASH = 1 << 11,
    SEEN_DOT = 1 << 12,
    SEEN_BLANK = 1 << 13,
    SEEN_CONTROL = 1 << 14, /* below a blank */
    SEEN_BLANKS = 1 << 15,  /* two in a row */
};

/* Letters, digits and signs in a row. Signs at its ends are left out: where begin is end, it has
 * nothing else. */
struct text_word {
    size_t begin, end;
    size_t joint; /* the place of its joint, where it has one */
    int joints;
    struct tally_of_text tally;
};

struct traits {
    unsigned seen;
    struct tally_of_text tally; /* of the whole text */
    size_t longest_name;        /* run of SEEN_NAME, letters beyond ASCII with them */
    size_t grouped;             /* digits, parted by single blanks and dashes at most */
    size_t numeric;             /* digits in one run of SEEN_NUMERIC */
    int dotted;                 /* dots between digits */
    int colons; /* behind hexadecimal digits, where an address of version 6 may be: seven, or two in
                   a row */
    bool is_coded; /* somewhere two letters, perhaps a blank, and a digit stand in a row */
    struct text_word *words;
    size_t nwords, most_words; /* there is memory for so many */
};

/* Looks at a text; what `traits` had of another one is gone, but for its memory. `from_lists`: see
 * detect/worth.h. */
void traits_look(struct traits *traits, const char *text, size_t len, bool from_lists);
void traits_deinit(struct traits *traits);

#endif
