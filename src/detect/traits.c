/* SPDX-License-Identifier: PostgreSQL */
#include "detect/traits.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/utf8.h"

/* By the character. This runs for every one of a copy: without tables of the C library. */
static const uint16_t classes[256] = {
    [0 ... 31] = SEEN_CONTROL,
    [' '] = SEEN_BLANK | SEEN_NUMERIC,
    ['$'] = SEEN_DOLLAR,
    ['\''] = SEEN_SIGN,
    ['('] = SEEN_NUMERIC,
    [')'] = SEEN_NUMERIC,
    ['+'] = SEEN_SIGN | SEEN_NUMERIC,
    ['-'] = SEEN_SIGN | SEEN_JOINT | SEEN_NUMERIC | SEEN_NAME | SEEN_DASH,
    ['.'] = SEEN_SIGN | SEEN_JOINT | SEEN_NUMERIC | SEEN_DOT,
    ['/'] = SEEN_NUMERIC,
    ['0' ... '9'] = SEEN_DIGIT | SEEN_NUMERIC | SEEN_NAME,
    [':'] = SEEN_COLON,
    ['@'] = SEEN_SIGN | SEEN_AT,
    ['A' ... 'Z'] = SEEN_LETTER | SEEN_NAME | SEEN_UPPER,
    ['_'] = SEEN_SIGN | SEEN_JOINT | SEEN_NAME,
    ['a' ... 'z'] = SEEN_LETTER | SEEN_NAME,
    [128 ... 255] = SEEN_HIGH | SEEN_NAME,
};

enum {
    SEEN_LETTERS = SEEN_LETTER | SEEN_HIGH,
    ADDRESS_COLONS = 7,
};

static inline unsigned
class_at(const char *text, size_t i)
{
    return classes[(unsigned char)text[i]];
}

/* The pass: a text, how far it is, and what is open there. */
struct pass {
    struct traits *traits;
    const char *text;
    size_t len, at;
    bool from_lists;
    bool in_word;
    struct text_word word, signs; /* the word, and what stands behind its last letter or digit */
    size_t digits_end;            /* of the last digits */
    size_t grouped, numeric;      /* runs that are open */
    size_t name;                  /* where the open one begins */
    bool has_gap;                 /* two colons in a row */
};

static inline size_t
larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static void
end_word(struct pass *pass)
{
    struct traits *traits = pass->traits;
    if (traits->nwords == traits->most_words) {
        traits->most_words = 2 * traits->most_words + 16;
        traits->words = mem_realloc(traits->words, traits->most_words * sizeof *traits->words);
    }
    traits->words[traits->nwords++] = pass->word;
    pass->in_word = false;
}

/* A letter or a digit: signs before it, if there are any, stand inside the word. */
static inline void
open_word(struct pass *pass)
{
    struct text_word *word = &pass->word;
    if (!pass->in_word || word->end == word->begin) {
        *word = (struct text_word){ .begin = pass->at };
        pass->in_word = true;
    } else if (pass->signs.begin < pass->at) {
        word->joint = pass->signs.joints > 0 ? pass->signs.joint : word->joint;
        word->joints += pass->signs.joints;
        word->tally.dots += pass->signs.tally.dots;
    }
}

static inline void
close_run(struct pass *pass)
{
    pass->word.end = pass->at;
    pass->signs = (struct text_word){ .begin = pass->at };
}

/* The bytes of a letter beyond ASCII; 0: what stands there is none. */
static size_t
letter_beyond(const char *text, size_t len)
{
    size_t n;
    return utf8_part_at(text, len, &n) == UTF8_LETTER ? n : 0;
}

static inline void
take_letters(struct pass *pass, unsigned class)
{
    const char *text = pass->text;
    size_t begin = pass->at, at = begin, len = pass->len, high = 0, n;
    unsigned seen = 0;
    open_word(pass);
    while ((class & SEEN_LETTERS) != 0) {
        if ((class & SEEN_HIGH) != 0) {
            if ((n = letter_beyond(text + at, len - at)) == 0)
                break;
            high += n;
            at += n - 1;
        }
        seen |= class;
        class = ++at < len ? class_at(text, at) : 0;
    }
    pass->at = at;
    int64_t worth = worth_of_word(pass->at - begin, high, pass->from_lists);
    pass->traits->seen |= seen;
    pass->traits->tally.letters += pass->at - begin;
    pass->traits->tally.letters_worth += worth;
    pass->word.tally.letters += pass->at - begin;
    pass->word.tally.letters_worth += worth;
    pass->numeric = 0;
    close_run(pass);
}

/* "DE89", "AB 12": how codes of accounts and persons begin. */
static inline bool
follows_two_letters(const char *text, size_t at)
{
    at -= at > 0 && text[at - 1] == ' ';
    return at >= 2 && (class_at(text, at - 1) & SEEN_LETTER) != 0 &&
           (class_at(text, at - 2) & SEEN_LETTER) != 0 &&
           (at == 2 || (class_at(text, at - 3) & (SEEN_LETTER | SEEN_DIGIT)) == 0);
}

static inline void
take_digits(struct pass *pass)
{
    struct traits *traits = pass->traits;
    const char *text = pass->text;
    size_t begin = pass->at, n;
    bool is_next = begin > 0 && begin == pass->digits_end + 1;
    open_word(pass);
    while (pass->at < pass->len && (class_at(text, pass->at) & SEEN_DIGIT) != 0)
        pass->at++;
    n = pass->at - begin;
    traits->seen |= SEEN_DIGIT;
    traits->tally.digits += n;
    pass->word.tally.digits += n;
    traits->is_coded |= follows_two_letters(text, begin);
    traits->dotted += is_next && text[begin - 1] == '.';
    pass->grouped =
        n + (is_next && (text[begin - 1] == ' ' || text[begin - 1] == '-') ? pass->grouped : 0);
    pass->numeric += n;
    traits->grouped = larger(traits->grouped, pass->grouped);
    traits->numeric = larger(traits->numeric, pass->numeric);
    pass->digits_end = pass->at;
    close_run(pass);
}

static inline void
take_colon(struct pass *pass)
{
    unsigned char last = pass->at > 0 ? (unsigned char)pass->text[pass->at - 1] : 0;
    bool is_hex = (unsigned)(last - '0') < 10 || (unsigned)((last | 0x20) - 'a') < 6;
    pass->traits->colons += is_hex;
    pass->has_gap |= last == ':';
}

/* A sign beyond ASCII. For names of things it is a letter: they are what programs write. */
static void
take_beyond(struct pass *pass)
{
    size_t n;
    bool stands_inside =
        utf8_part_at(pass->text + pass->at, pass->len - pass->at, &n) == UTF8_INSIDE;
    pass->traits->seen |= SEEN_HIGH;
    pass->numeric = 0;
    if (stands_inside && !pass->in_word) {
        pass->word = (struct text_word){ .begin = pass->at, .end = pass->at };
        pass->in_word = true;
    } else if (!stands_inside && pass->in_word) {
        end_word(pass);
    }
    pass->at += n;
}

static inline void
take_other(struct pass *pass, unsigned class)
{
    struct traits *traits = pass->traits;
    if ((class & SEEN_BLANK) != 0 && pass->at + 1 < pass->len && pass->text[pass->at + 1] == ' ')
        class |= SEEN_BLANKS;
    traits->seen |= class;
    traits->tally.dots += (class & SEEN_DOT) != 0;
    if ((class & SEEN_COLON) != 0)
        take_colon(pass);
    if ((class & SEEN_NUMERIC) == 0)
        pass->numeric = 0;
    if ((class & SEEN_SIGN) != 0) {
        if (!pass->in_word)
            pass->word = (struct text_word){ .begin = pass->at, .end = pass->at };
        pass->in_word = true;
        pass->signs.tally.dots += (class & SEEN_DOT) != 0;
        if ((class & SEEN_JOINT) != 0) {
            pass->signs.joints++;
            pass->signs.joint = pass->at;
        }
    } else if (pass->in_word) {
        end_word(pass);
    }
    if ((class & SEEN_NAME) == 0) {
        traits->longest_name = larger(traits->longest_name, pass->at - pass->name);
        pass->name = pass->at + 1;
    }
    pass->at++;
}

void
traits_look(struct traits *traits, const char *text, size_t len, bool from_lists)
{
    assert(text != NULL || len == 0);
    struct pass pass = {
        .traits = traits, .text = text, .len = len, .from_lists = from_lists, .digits_end = len
    };
    *traits = (struct traits){ .words = traits->words, .most_words = traits->most_words };
    while (pass.at < len) {
        unsigned class = class_at(text, pass.at);
        if ((class & SEEN_HIGH) != 0 && letter_beyond(text + pass.at, len - pass.at) == 0)
            take_beyond(&pass);
        else if ((class & SEEN_LETTERS) != 0)
            take_letters(&pass, class);
        else if ((class & SEEN_DIGIT) != 0)
            take_digits(&pass);
        else
            take_other(&pass, class);
    }
    if (pass.in_word)
        end_word(&pass);
    traits->longest_name = larger(traits->longest_name, len - pass.name);
    if (!pass.has_gap && traits->colons < ADDRESS_COLONS)
        traits->colons = 0;
}

void
traits_deinit(struct traits *traits)
{
    free(traits->words);
}
