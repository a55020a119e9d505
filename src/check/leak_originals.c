/* SPDX-License-Identifier: PostgreSQL */
/* Originals of masked columns, in whatever form a copy may have them. */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "check/internal.h"

enum {
    TELLING_DIGITS = 5,
    CLOSE_BITS = 4,
    LEAST_NUMBERS = 2, /* one that is equal may mean something else */
    TEXT_BITS = 64,    /* a text that is no identifier must be as telling as this */
};

#define CERTAIN 1e-4        /* of one text */
#define CERTAIN_COLUMN 1e-3 /* of all that are as rare, or rarer */
#define ADDRESS_BITS 20     /* of a network that nobody routes; many originals lie in one, too */

/* A text that identifies nobody by itself must be long, or a number that few rows have. */
static bool
is_telling(const struct original *original, bool is_drawn, bool has_digits, double bits)
{
    if (original->tells != TELLS_TEXT || is_drawn)
        return original->tells != TELLS_NOTHING;
    return !original->is_common && (has_digits || bits >= TEXT_BITS);
}

/* Fingerprints whose places are there by now. */
static void
settle(struct leak *leak, struct watched *watched)
{
    const struct leak_column *column = watched->column;
    for (int i = 0; i < leak->nprobes; i++) {
        const struct probe *probe = &leak->probes[i];
        struct original original = originals_find(leak->originals, &probe->sought);
        bool is_hit = is_telling(&original, watched->is_drawn, probe->has_digits, probe->bits);
        if (column->is_schema || column->is_number) /* rows may well have their column's default */
            is_hit = original.tells == TELLS_WHO && !original.is_common;
        if (watched->is_shared && (original.is_common || original.tells != TELLS_WHO))
            is_hit = false;
        if (is_hit && probe->rarity > watched->best)
            watched->best = probe->rarity;
    }
    leak->nprobes = 0;
}

/* Bits of a text that is looked up. `given`: what its column's mask says of whole values, or 0. */
static double
bits_of(const struct watched *watched, const char *text, size_t len, bool as_digits,
        const struct worth *worth, double given)
{
    if (worth->is_dotted || watched->is_network)
        return memchr(text, '/', len) != NULL ? 0 : ADDRESS_BITS; /* few networks are short */
    if (watched->column->is_number) /* numbers that count or date lie close together */
        return fmax(0, worth->digit_bits - CLOSE_BITS);
    if (as_digits || watched->is_number)
        return worth->digit_bits;
    return given > 0 ? given : worth->bits;
}

/* What was copied as it is was drawn by nobody, nor what is left of a text: there each text stands
 * for itself, and no other makes it more likely. Numbers do: they are many, and short. */
static int
rarity_of(const struct watched *watched, double *chance)
{
    if (watched->is_drawn || watched->column->is_number)
        return *chance <= ldexp(1, 1 - MOST_RARITY) ? MOST_RARITY - 1 : -ilogb(*chance);
    if (*chance >= CERTAIN)
        return 0;
    *chance = 0;
    return MOST_RARITY - 1;
}

static void
probe(struct leak *leak, struct watched *watched, const char *text, size_t len, bool as_digits,
      double given)
{
    struct worth worth = worth_of(text, len, watched->is_drawn);
    struct probe *next = &leak->probes[leak->nprobes];
    if (worth.is_word || (as_digits && worth.digits == 0) ||
        !originals_seek(leak->originals, text, len, as_digits, &leak->scratch, &next->sought))
        return;
    next->bits = bits_of(watched, text, len, as_digits, &worth, given);
    next->has_digits = worth.digits >= TELLING_DIGITS;
    double chance = fmin(1, ldexp(next->sought.peers, -(int)next->bits));
    next->rarity = rarity_of(watched, &chance);
    watched->originals[next->rarity].expected += chance;
    if (++leak->nprobes == MOST_PROBES)
        settle(leak, watched);
}

/* Two words with a blank between them, whatever is there in the text. */
static void
probe_pair(struct leak *leak, struct watched *watched, const char *text, const struct span *first,
           const struct span *second)
{
    if (second->begin == first->end + 1 && text[first->end] == ' ') {
        probe(leak, watched, text + first->begin, second->end - first->begin, false, 0);
        return;
    }
    buf_reset(&leak->pair);
    buf_add(&leak->pair, text + first->begin, first->end - first->begin);
    buf_putc(&leak->pair, ' ');
    buf_add(&leak->pair, text + second->begin, second->end - second->begin);
    probe(leak, watched, leak->pair.data, leak->pair.len, false, 0);
}

/* Two words with another sign between them than a blank: "ann-lee", "ann_lee", "ann.lee". */
static void
probe_joined(struct leak *leak, struct watched *watched, const char *text, const struct span *word)
{
    const char *begin = text + word->begin, *end = text + word->end, *sign = NULL;
    for (const char *p = begin; p < end; p++)
        if (*p == '-' || *p == '_' || *p == '.') {
            if (sign != NULL || p == begin || p + 1 == end)
                return;
            sign = p;
        }
    if (sign == NULL)
        return;
    buf_reset(&leak->pair);
    buf_add(&leak->pair, begin, (size_t)(sign - begin));
    buf_putc(&leak->pair, ' ');
    buf_add(&leak->pair, sign + 1, (size_t)(end - sign - 1));
    probe(leak, watched, leak->pair.data, leak->pair.len, false, 0);
}

/* Words, and pairs of them: names are of two. */
static void
probe_words(struct leak *leak, struct watched *watched, const char *text, size_t len)
{
    struct span word, last = { 0 };
    for (size_t at = 0; worth_next_word(text, len, &at, &word); last = word) {
        bool is_some = word.end > word.begin;
        bool is_all = word.begin == 0 && word.end == len;
        if (is_some)
            probe_joined(leak, watched, text, &word);
        if (is_some && !is_all)
            probe(leak, watched, text + word.begin, word.end - word.begin, false, 0);
        if (is_some && last.end > last.begin && !(last.begin == 0 && word.end == len))
            probe_pair(leak, watched, text, &last, &word);
    }
}

/* Numbers as people write them, in groups. */
static void
probe_numbers(struct leak *leak, struct watched *watched, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        size_t begin = i;
        if (!isdigit((unsigned char)text[i]) && text[i] != '+' && text[i] != '(')
            continue;
        while (i < len && (isdigit((unsigned char)text[i]) || memchr("+() ./-", text[i], 7)))
            i++;
        if (begin > 0 || i < len)
            probe(leak, watched, text + begin, i - begin, true, 0);
    }
}

/* The strings of JSON: keys and leaves. */
static void
probe_strings(struct leak *leak, struct watched *watched, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] != '"')
            continue;
        size_t begin = ++i;
        bool has_escapes = false;
        while (i < len && text[i] != '"') {
            has_escapes |= text[i] == '\\';
            i += text[i] == '\\' ? 2 : 1;
        }
        if (i >= len)
            return;
        if (!has_escapes) {
            probe(leak, watched, text + begin, i - begin, false, 0);
            continue;
        }
        buf_reset(&leak->string);
        json_unescape(&leak->string, text + begin, i - begin);
        probe(leak, watched, buf_str(&leak->string), leak->string.len, false, 0);
        probe_words(leak, watched, buf_str(&leak->string), leak->string.len);
    }
}

void
leak_look_for_originals(struct leak *leak, struct watched *watched, const char *text, size_t len)
{
    const struct leak_column *column = watched->column;
    watched->best = -1;
    probe(leak, watched, text, len, false, column->bits);
    if (column->is_number) {
        probe(leak, watched, text, len, true, 0);
    } else if (!column->is_whole) {
        probe(leak, watched, text, len, true, 0);
        probe_words(leak, watched, text, len);
        probe_numbers(leak, watched, text, len);
    }
    if (column->is_json || (!column->is_whole && (text[0] == '{' || text[0] == '[')))
        probe_strings(leak, watched, text, len);
    settle(leak, watched);
    if (watched->best < 0)
        return;
    watched->originals[watched->best].cells++;
    leak_note_key(leak, watched, ndetectors);
}

/* The rarest first: as long as the whole column would hardly have one by chance, each is a leak. */
int64_t
leak_judge_originals(const struct watched *watched)
{
    double expected = 0;
    int64_t sure = 0, chances = 0;
    for (int i = MOST_RARITY - 1; i >= 0; i--) {
        expected += watched->originals[i].expected;
        *(expected < CERTAIN_COLUMN ? &sure : &chances) += watched->originals[i].cells;
    }
    int least = watched->column->is_number ? LEAST_NUMBERS : 1;
    if (sure + chances < least)
        return 0;
    return sure + ((double)chances > expected + 3 * sqrt(expected) + 3 ? chances : 0);
}
