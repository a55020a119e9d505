/* SPDX-License-Identifier: PostgreSQL */
/*
 * The search of one cell, written for the reader and not for speed: it goes over the text once for
 * each question. src/check has to find the same; see test_leak.c.
 */
#ifndef TESTS_LEAK_REFERENCE_H
#define TESTS_LEAK_REFERENCE_H

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "leak/internal.h"

struct span {
    size_t begin, end;
};

/* In hundredths of a bit: sums of whole numbers do not wait for one another. */
enum {
    DIGIT = 332,  /* log2(10) */
    LETTER = 470, /* log2(26) */
    WORD = 900,   /* of a list of 500 */
};

/* This runs for every character of a copy: without tables of the C library. */
static inline bool
is_digit(unsigned char c)
{
    return (unsigned)(c - '0') < 10;
}

static inline bool
is_letter(unsigned char c)
{
    return (unsigned)((c | 0x20) - 'a') < 26 || c >= 0x80;
}

static struct worth
ref_worth_of(const char *text, size_t len, bool from_lists)
{
    int64_t most = from_lists ? WORD : INT64_MAX, word = 0, sum = 0;
    size_t letters = 0, digits = 0, dots = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        size_t n = 1;
        enum utf8_part part = c >= 0x80 ? utf8_part_at(text + i, len - i, &n) : UTF8_LETTER;
        if (is_letter(c) && part == UTF8_LETTER) {
            /* a letter beyond ASCII counts as if it had two bytes */
            word += c >= 0x80 ? (int64_t)n * LETTER / 2 : LETTER;
            letters += n;
            i += n - 1;
            continue;
        }
        i += n - 1;
        sum += word < most ? word : most;
        word = 0;
        digits += is_digit(c);
        dots += c == '.';
    }
    int64_t of_digits = DIGIT * (int64_t)digits;
    sum += (word < most ? word : most) + of_digits;
    return (struct worth){ .digits = (int)digits,
                           .is_word = letters == len,
                           .is_dotted = dots == 3 && digits + dots == len,
                           .bits = (double)sum / 100,
                           .digit_bits = (double)of_digits / 100 };
}

static inline bool
is_sign(unsigned char c)
{
    return c == '@' || c == '.' || c == '_' || c == '+' || c == '-' || c == '\'';
}

static inline bool
is_plain(unsigned char c)
{
    return is_letter(c) || is_digit(c);
}

/* Letters and digits, signs inside words, and what is between them. */
static enum utf8_part
part_of(const char *text, size_t len, size_t i, size_t *n)
{
    unsigned char c = (unsigned char)text[i];
    *n = 1;
    if (c >= 0x80)
        return utf8_part_at(text + i, len - i, n);
    return is_plain(c) ? UTF8_LETTER : is_sign(c) ? UTF8_INSIDE : UTF8_BETWEEN;
}

static bool
ref_next_word(const char *text, size_t len, size_t *at, struct span *out)
{
    size_t i = *at, n;
    while (i < len && part_of(text, len, i, &n) == UTF8_BETWEEN)
        i += n;
    size_t first = i, begin = len, end = i;
    for (enum utf8_part part; i < len && (part = part_of(text, len, i, &n)) != UTF8_BETWEEN; i += n)
        if (part == UTF8_LETTER) {
            begin = begin < i ? begin : i;
            end = i + n;
        }
    *at = i;
    *out = (struct span){ end > begin ? begin : end, end };
    return first < i;
}

enum { CHECKED_DIGITS = 11 };

/* What a text has of what detectors need. */
struct ref_traits {
    int digits;
    bool has[256];
    bool is_prose; /* letters and a blank: numbers in it are meant as such */
};

static struct ref_traits
traits_of(const char *text, size_t len)
{
    struct ref_traits traits = { 0 };
    int letters = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        traits.has[c] = true;
        traits.digits += isdigit(c) != 0;
        size_t n = 1;
        bool is_sign_beyond = c >= 0x80 && utf8_part_at(text + i, len - i, &n) != UTF8_LETTER;
        for (size_t j = 1; j < n; j++)
            traits.has[(unsigned char)text[i + j]] = true;
        letters += is_sign_beyond ? 0 : c >= 0x80 ? (int)n : isalpha(c) != 0;
        i += n - 1;
    }
    traits.is_prose = letters >= 3 && traits.has[' '];
    return traits;
}

/* Are values of this kind the work of the column's own mask, or of SQL? */
static bool
is_expected(const struct leak_column *column, const struct detector *detector)
{
    if (column->is_schema)
        return detector->is_weak;
    if (column->is_number) /* of digits alone, only those with check digits say something */
        return detector->digits < CHECKED_DIGITS;
    if (column->how == NULL || column->is_scrubbed)
        return false;
    return (detector->is_secret && (column->how->gives & GIVES_SECRETS) != 0) ||
           /* letters and digits of the right kinds are valid now and then */
           ((detector->is_weak ||
             (detector->is_valid != NULL && /* leaves of a document keep their shape, too */
              ((column->how->gives & (GIVES_SHAPE | GIVES_LETTERS)) != 0 || column->is_json))) &&
            strcmp(detector->mask, column->how->name) != 0);
}

/* Numbers of several kinds stand in one another: the first kind, which is the longer, counts. */
struct taken {
    size_t n;
    struct span spans[64];
};

static bool
take(struct taken *taken, size_t begin, size_t end)
{
    for (size_t i = 0; i < taken->n; i++)
        if (begin < taken->spans[i].end && end > taken->spans[i].begin)
            return false;
    if (taken->n < sizeof taken->spans / sizeof *taken->spans) {
        taken->spans[taken->n].begin = begin;
        taken->spans[taken->n++].end = end;
    }
    return true;
}

/* An e-mail address has a host with a dot, and somebody before it; "git@host:path" is a place, and
 * '%@corp.test' a pattern. */
static bool
is_address(const struct detector *d, const char *text, size_t len, size_t begin, size_t end)
{
    if (strcmp(d->name, "email") != 0)
        return true;
    const char *at = memrchr(text + begin, '@', end - begin);
    bool is_somebody = false;
    for (const char *p = text + begin; at != NULL && p < at; p++)
        is_somebody |= isalnum((unsigned char)*p) || (unsigned char)*p >= 0x80;
    if (!is_somebody)
        return false;
    return at != NULL && memchr(at, '.', (size_t)(text + end - at)) != NULL &&
           !(end < len && text[end] == ':');
}

static void
ref_look_for_kinds(struct leak *leak, struct watched *watched, const char *text, size_t len)
{
    struct ref_traits traits = traits_of(text, len);
    struct taken taken = { 0 };
    for (int i = 0; i < ndetectors; i++) {
        const struct detector *d = &detectors[i];
        size_t begin, end;
        if (d->is_public || is_expected(watched->column, d))
            continue;
        for (size_t at = 0;
             detect_find(leak->detect, i, leak->space, text, len, at, &begin, &end) > 0; at = end) {
            bool is_first = take(&taken, begin, end);
            if (!is_first || (d->is_reserved != NULL && d->is_reserved(text + begin, end - begin)))
                continue;
            bool is_grouped = d->digits < 13 || memchr(text + begin, ' ', end - begin) != NULL ||
                              memchr(text + begin, '-', end - begin) != NULL;
            bool is_sure =
                (!d->is_weak || (traits.is_prose && is_grouped && !watched->column->is_json)) &&
                !(d->is_secret && watched->column->how != NULL && !watched->column->is_scrubbed &&
                  (watched->column->how->gives & (GIVES_SHAPE | GIVES_LETTERS)) != 0) &&
                !(d->is_valid != NULL && watched->column->how != NULL &&
                  !watched->column->is_scrubbed && watched->column->how->need == NEED_VALUE &&
                  strcmp(d->mask, watched->column->how->name) != 0);
            if (is_address(d, text, len, begin, end))
                leak_hit(leak, watched, i, is_sure);
        }
    }
}

enum {
    TELLING_DIGITS = 5,
    CLOSE_BITS = 4,
    TEXT_BITS = 64, /* a text that is no identifier must be as telling as this */
};

#define CERTAIN 1e-4    /* of one text */
#define ADDRESS_BITS 20 /* of a network that nobody routes; many originals lie in one, too */

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
    struct worth worth = ref_worth_of(text, len, watched->is_drawn);
    struct probe *next = &leak->probes[leak->nprobes];
    if (worth.is_word || (as_digits && worth.digits == 0) ||
        !originals_seek(leak->originals, text, len, as_digits, &leak->scratch, &next->sought))
        return;
    next->bits = bits_of(watched, text, len, as_digits, &worth, given);
    next->has_digits = worth.digits >= TELLING_DIGITS;
    double chance = fmin(1, ldexp(next->sought.peers, -(int)next->bits));
    next->rarity = rarity_of(watched, &chance);
    leak_rarity(watched, next->rarity)->expected += chance;
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
    for (size_t at = 0; ref_next_word(text, len, &at, &word); last = word) {
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
        for (size_t from = begin, to; from < i; from = to + 1) {
            for (to = from; to < i && isdigit((unsigned char)text[to]); to++)
                ;
            if (to - from >= 7 && to - from < i - begin)
                probe(leak, watched, text + from, to - from, true, 0);
        }
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
        buf_reset(&leak->unescaped);
        json_unescape(&leak->unescaped, text + begin, i - begin);
        probe(leak, watched, buf_str(&leak->unescaped), leak->unescaped.len, false, 0);
        probe_words(leak, watched, buf_str(&leak->unescaped), leak->unescaped.len);
    }
}

static void
ref_look_for_originals(struct leak *leak, struct watched *watched, const char *text, size_t len)
{
    const struct leak_column *column = watched->column;
    watched->best = -1;
    probe(leak, watched, text, len, false, column->bits);
    if (column->is_number) {
        probe(leak, watched, text, len, true, 0);
    } else if (!column->is_whole) {
        probe(leak, watched, text, len, true, 0);
        bool is_reserved = watched->writes != NULL && watched->writes->is_reserved(text, len);
        for (size_t i = 0; i < len; i++)
            is_reserved &= !isalpha((unsigned char)text[i]) && (unsigned char)text[i] < 0x80;
        if (!is_reserved) {
            probe_words(leak, watched, text, len);
            probe_numbers(leak, watched, text, len);
        }
    }
    size_t first = 0, last = len;
    while (first < len && (text[first] == ' ' || text[first] == '\n'))
        first++;
    while (last > first && (text[last - 1] == ' ' || text[last - 1] == '\n'))
        last--;
    bool is_json =
        last > first && (text[first] == '{' || text[first] == '[' ||
                         (last - first > 1 && text[first] == '"' && text[last - 1] == '"'));
    if (column->is_json || (!column->is_whole && is_json))
        probe_strings(leak, watched, text, len);
    settle(leak, watched);
    if (watched->best < 0)
        return;
    leak_rarity(watched, watched->best)->cells++;
    leak_note_key(leak, watched, ndetectors);
}

/* As leak_look() does, with the reference's eyes. */
static void
ref_look(struct leak *leak, struct watched *watched, const char *text, size_t len)
{
    watched->cells++;
    if (len == 0 || watched->is_given)
        return;
    if (!watched->column->is_whole) {
        ref_look_for_kinds(leak, watched, text, len);
        text = utf8_plain_blanks(text, &len, &leak->plain);
    }
    ref_look_for_originals(leak, watched, text, len);
}

#endif
