/* SPDX-License-Identifier: PostgreSQL */
/* Originals of masked columns, in whatever form a copy may have them. */
#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "leak/internal.h"

enum {
    TELLING_DIGITS = 5,
    LONG_DIGITS = 7,
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
        if (!is_hit || probe->rarity <= watched->best)
            continue;
        watched->best = probe->rarity;
        watched->best_bits = probe->sought.bits;
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

/* The text whose fingerprint is there is sought. */
static void
add_probe(struct leak *leak, struct watched *watched, const char *text, size_t len, bool as_digits,
          const struct worth *worth, double given)
{
    struct probe *next = &leak->probes[leak->nprobes];
    next->bits = bits_of(watched, text, len, as_digits, worth, given);
    next->has_digits = worth->digits >= TELLING_DIGITS;
    double chance = fmin(1, ldexp(next->sought.peers, -(int)next->bits));
    next->rarity = rarity_of(watched, &chance);
    leak_rarity(watched, next->rarity)->expected += chance;
    if (++leak->nprobes == MOST_PROBES)
        settle(leak, watched);
}

/* `lower`: see originals_seek_lower(). Letters alone may be anybody's. */
static void
probe(struct leak *leak, struct watched *watched, char *lower, size_t len,
      const struct tally_of_text *tally, double given)
{
    if (tally->letters == len ||
        !originals_seek_lower(leak->originals, lower, len, &leak->probes[leak->nprobes].sought))
        return;
    const struct worth worth = worth_of_tally(tally, len);
    add_probe(leak, watched, lower, len, false, &worth, given);
}

/* The digits of a text. */
static void
probe_digits(struct leak *leak, struct watched *watched, const char *text, size_t len)
{
    struct worth worth = worth_of(text, len, watched->is_drawn);
    if (worth.digits > 0 && originals_seek(leak->originals, text, len, true, &leak->scratch,
                                           &leak->probes[leak->nprobes].sought))
        add_probe(leak, watched, text, len, true, &worth, 0);
}

/* Letters of ASCII in place, as most texts have no others. */
static void
make_lower(struct reading *cell)
{
    struct buf *lower = &cell->lower;
    buf_reset(lower);
    buf_putc(lower, 't');
    if ((cell->traits.seen & SEEN_HIGH) != 0) {
        utf8_lower(cell->text, cell->len, lower);
        assert(lower->len == cell->len + 1);
        return;
    }
    buf_reserve(lower, cell->len + 1);
    for (size_t i = 0; i < cell->len; i++) {
        unsigned char c = (unsigned char)cell->text[i];
        lower->data[i + 1] = (char)(c | ((unsigned)(c - 'A') < 26) << 5);
    }
    lower->len += cell->len;
}

static char *
lower_at(struct reading *cell, size_t at)
{
    return cell->lower.data + 1 + at;
}

/* Two words with another sign between them than a blank: "ann-lee", "ann_lee", "ann.lee". */
static void
probe_joined(struct leak *leak, struct watched *watched, struct reading *cell,
             const struct text_word *word)
{
    char *joint = lower_at(cell, word->joint), before = *joint;
    *joint = ' ';
    probe(leak, watched, lower_at(cell, word->begin), word->end - word->begin, &word->tally, 0);
    *joint = before;
}

/* Two words with a blank between them, whatever is there in the text. */
static void
probe_pair(struct leak *leak, struct watched *watched, struct reading *cell,
           const struct text_word *first, const struct text_word *second)
{
    struct tally_of_text tally = first->tally;
    tally.letters_worth += second->tally.letters_worth;
    tally.letters += second->tally.letters;
    tally.digits += second->tally.digits;
    tally.dots += second->tally.dots;
    size_t n = first->end - first->begin, m = second->end - second->begin;
    char *begin = lower_at(cell, first->begin);
    if (second->begin != first->end + 1 || begin[n] != ' ') {
        buf_reset(&leak->pair);
        buf_putc(&leak->pair, 't');
        buf_add(&leak->pair, begin, n);
        buf_putc(&leak->pair, ' ');
        buf_add(&leak->pair, lower_at(cell, second->begin), m);
        begin = leak->pair.data + 1;
    }
    probe(leak, watched, begin, n + 1 + m, &tally, 0);
}

/* Words, and pairs of them: names are of two. */
static void
probe_words(struct leak *leak, struct watched *watched, struct reading *cell)
{
    static const struct text_word none = { 0 };
    const struct text_word *last = &none;
    for (size_t i = 0; i < cell->traits.nwords; i++) {
        const struct text_word *word = &cell->traits.words[i];
        size_t len = word->end - word->begin;
        if (len > 0) {
            if (word->joints == 1)
                probe_joined(leak, watched, cell, word);
            if (len < cell->len)
                probe(leak, watched, lower_at(cell, word->begin), len, &word->tally, 0);
            if (last->end > last->begin && !(last->begin == 0 && word->end == cell->len))
                probe_pair(leak, watched, cell, last, word);
        }
        last = word;
    }
}

/* A long number without groups stands for itself, also beside another one. */
static void
probe_words_of_digits(struct leak *leak, struct watched *watched, const char *text, size_t len)
{
    for (size_t i = 0, n; i < len; i += n + (n == 0)) {
        for (n = 0; i + n < len && isdigit((unsigned char)text[i + n]); n++)
            ;
        if (n >= LONG_DIGITS && n < len)
            probe_digits(leak, watched, text + i, n);
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
            probe_digits(leak, watched, text + begin, i - begin);
        probe_words_of_digits(leak, watched, text + begin, i - begin);
    }
}

/* A string with escapes, as it is meant. */
static void
probe_unescaped(struct leak *leak, struct watched *watched, const char *text, size_t len)
{
    struct reading *string = &leak->string;
    buf_reset(&leak->unescaped);
    json_unescape(&leak->unescaped, text, len);
    leak_read(string, watched, buf_str(&leak->unescaped), leak->unescaped.len);
    make_lower(string);
    probe(leak, watched, lower_at(string, 0), string->len, &string->traits.tally, 0);
    probe_words(leak, watched, string);
}

/* The strings of JSON: keys and leaves. */
static void
probe_strings(struct leak *leak, struct watched *watched, struct reading *cell)
{
    const char *text = cell->text;
    for (size_t i = 0; i < cell->len; i++) {
        if (text[i] != '"')
            continue;
        size_t begin = ++i;
        bool has_escapes = false;
        while (i < cell->len && text[i] != '"') {
            has_escapes |= text[i] == '\\';
            i += text[i] == '\\' ? 2 : 1;
        }
        if (i >= cell->len)
            return;
        if (has_escapes) {
            probe_unescaped(leak, watched, text + begin, i - begin);
            continue;
        }
        const struct tally_of_text tally = tally_of(text + begin, i - begin, watched->is_drawn);
        probe(leak, watched, lower_at(cell, begin), i - begin, &tally, 0);
    }
}

/* An object or a list, or a string by itself. */
static bool
looks_like_json(const char *text, size_t len)
{
    while (len > 0 && (*text == ' ' || *text == '\n')) /* other blanks are these by now */
        text++, len--;
    while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\n'))
        len--;
    return len > 0 &&
           (*text == '{' || *text == '[' || (len > 1 && *text == '"' && text[len - 1] == '"'));
}

void
leak_read(struct reading *cell, const struct watched *watched, const char *text, size_t len)
{
    cell->text = text;
    cell->len = len;
    traits_look(&cell->traits, text, len, watched->is_drawn);
}

int
leak_rarity_of(const void *value)
{
    return (int)((uintptr_t)value - 1);
}

/* Is the original at hand the first of its kind in the column? */
static bool
is_new(struct watched *watched)
{
    if (watched->found.count >= MOST_DIFFERENT)
        return true;
    if (map_get(&watched->found, watched->best_bits) != NULL)
        return false;
    map_put(&watched->found, watched->best_bits, (void *)((uintptr_t)watched->best + 1));
    return true;
}

/* A number of a range that is reserved: few of its digits are drawn, and a group of them is as like
 * as not an article's number, too. Whoever has the whole number is looked for. */
static bool
is_reserved_number(const struct watched *watched, const struct reading *cell)
{
    return watched->writes != NULL && cell->traits.tally.letters == 0 &&
           watched->writes->is_reserved(cell->text, cell->len);
}

void
leak_look_for_originals(struct leak *leak, struct watched *watched, struct reading *cell)
{
    assert(watched != NULL && cell != NULL);
    const struct leak_column *column = watched->column;
    const struct traits *traits = &cell->traits;
    make_lower(cell);
    watched->best = -1;
    probe(leak, watched, lower_at(cell, 0), cell->len, &traits->tally, column->bits);
    if (!column->is_whole && originals_counts_digits(traits->tally.digits, traits->tally.letters))
        probe_digits(leak, watched, cell->text, cell->len);
    if (!column->is_whole && !column->is_number && !is_reserved_number(watched, cell)) {
        probe_words(leak, watched, cell);
        if (originals_counts_digits(traits->numeric, 0))
            probe_numbers(leak, watched, cell->text, cell->len);
    }
    if (column->is_json || (!column->is_whole && looks_like_json(cell->text, cell->len)))
        probe_strings(leak, watched, cell);
    settle(leak, watched);
    if (watched->best < 0)
        return;
    if (leak_is_given(leak)) {
        leak_note_given(leak, watched);
        return;
    }
    struct rarity *best = leak_rarity(watched, watched->best);
    best->cells++;
    best->different += is_new(watched);
    leak_note_key(leak, watched, ndetectors);
}

/* The rarest first: as long as the whole column would hardly have one by chance, each is a leak.
 * Behind them it takes more different ones than chance gives: one fake may stand in many rows. */
int64_t
leak_judge_originals(const struct watched *watched)
{
    assert(watched != NULL);
    double expected = 0;
    int64_t sure = 0, chances = 0, different = 0;
    for (int i = MOST_RARITY - 1; i >= 0; i--) {
        if (watched->at[i] == 0)
            continue;
        const struct rarity *here = &watched->originals[watched->at[i] - 1];
        expected += here->expected;
        *(expected < CERTAIN_COLUMN ? &sure : &chances) += here->cells;
        different += expected < CERTAIN_COLUMN ? 0 : here->different;
    }
    int least = watched->column->is_number ? LEAST_NUMBERS : 1;
    if (sure + chances < least)
        return 0;
    return sure + ((double)different > expected + 3 * sqrt(expected) + 3 ? chances : 0);
}
