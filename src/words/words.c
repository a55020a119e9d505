/* SPDX-License-Identifier: PostgreSQL */
#include "words/words.h"

#include <ctype.h>
#include <string.h>

const struct locale_words *
words_locale(const char *name)
{
    for (int i = 0; i < nlocale_words; i++)
        if (strcmp(locale_words[i].name, name) == 0)
            return &locale_words[i];
    return NULL;
}

const char *
words_pick(const struct word_list *list, uint64_t random)
{
    return list->items[(size_t)(((unsigned __int128)random * list->n) >> 64)];
}

static const char *const onsets[] = { "b",  "br", "d",  "dr", "f", "fl", "g", "gr", "h",
                                      "j",  "k",  "kr", "l",  "m", "n",  "p", "r",  "s",
                                      "sk", "st", "t",  "tr", "v", "w",  "z" };
static const char *const nuclei[] = { "a", "e", "i", "o", "u", "ai", "ea", "oo" };
static const char *const codas[] = { "", "l", "m", "n", "r", "s", "th", "nd" };

void
words_phonotactic(uint64_t random, int syllables, struct buf *out)
{
    size_t start = out->len;
    for (int i = 0; i < syllables; i++) {
        buf_puts(out, onsets[random % 25]);
        random /= 25;
        buf_puts(out, nuclei[random % 8]);
        random /= 8;
        buf_puts(out, codas[random % 8]);
        random /= 8;
    }
    out->data[start] = (char)toupper((unsigned char)out->data[start]);
}

/* Latin letters beyond ASCII, U+00C0 to U+017F, by their usual spelling. */
static const char *const latin[] = {
    "a", "a", "a",  "a",  "ae", "a", "ae", "c", "e", "e", "e", "e", "i",  "i", "i",  "i",
    "d", "n", "o",  "o",  "o",  "o", "oe", "",  "o", "u", "u", "u", "ue", "y", "th", "ss",
    "a", "a", "a",  "a",  "ae", "a", "ae", "c", "e", "e", "e", "e", "i",  "i", "i",  "i",
    "d", "n", "o",  "o",  "o",  "o", "oe", "",  "o", "u", "u", "u", "ue", "y", "th", "y",
    "a", "a", "a",  "a",  "a",  "a", "c",  "c", "c", "c", "c", "c", "c",  "c", "d",  "d",
    "d", "d", "e",  "e",  "e",  "e", "e",  "e", "e", "e", "e", "e", "g",  "g", "g",  "g",
    "g", "g", "g",  "g",  "h",  "h", "h",  "h", "i", "i", "i", "i", "i",  "i", "i",  "i",
    "i", "i", "ij", "ij", "j",  "j", "k",  "k", "k", "l", "l", "l", "l",  "l", "l",  "l",
    "l", "l", "l",  "n",  "n",  "n", "n",  "n", "n", "n", "n", "n", "o",  "o", "o",  "o",
    "o", "o", "oe", "oe", "r",  "r", "r",  "r", "r", "r", "s", "s", "s",  "s", "s",  "s",
    "s", "s", "t",  "t",  "t",  "t", "t",  "t", "u", "u", "u", "u", "u",  "u", "u",  "u",
    "u", "u", "u",  "u",  "w",  "w", "y",  "y", "y", "z", "z", "z", "z",  "z", "z",  "s",
};

void
words_slug(const char *text, size_t len, char separator, struct buf *out)
{
    size_t start = out->len;
    bool pending = false;
    buf_reserve(out, 2 * len + 2); /* no letter is spelled by more than two, for as many bytes */
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        const char *spelling = NULL;
        char plain[2] = { (char)tolower(c), 0 };
        if (c < 0x80 && isalnum(c))
            spelling = plain;
        else if (c >= 0xC3 && c <= 0xC5 && i + 1 < len)
            spelling = latin[((c & 0x1F) << 6 | (text[i + 1] & 0x3F)) - 0xC0];
        if (spelling != NULL && pending && separator != 0 && out->len > start)
            buf_putc(out, separator);
        pending = spelling == NULL && c < 0x80;
        for (; spelling != NULL && *spelling != '\0'; spelling++)
            out->data[out->len++] = *spelling;
    }
    out->data[out->len] = '\0';
}
