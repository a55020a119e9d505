/* SPDX-License-Identifier: PostgreSQL */
/* Fakes of the same shape: each character stays in its alphabet. */
#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/utf8.h"
#include "key/prf.h"
#include "transform/transform.h"

struct shape_params {
    int preserve_prefix, preserve_suffix;
};

struct token_params {
    int length, alphabet;
};

/* Alphabets. Of what is in none, characters beyond ASCII are moved within their block of 64. */
static const struct alphabet {
    uint32_t from, to;
} alphabets[] = {
    { '0', '9' },       { 'a', 'z' },       { 'A', 'Z' },       { 0xDF, 0xF6 },
    { 0xF8, 0xFF },     { 0xC0, 0xD6 },     { 0xD8, 0xDE },     { 0x3B1, 0x3C9 },
    { 0x391, 0x3A1 },   { 0x3A3, 0x3A9 },   { 0x3AC, 0x3AF },   { 0x3CA, 0x3CE },
    { 0x388, 0x38A },   { 0x430, 0x44F },   { 0x410, 0x42F },   { 0x5D0, 0x5EA },
    { 0x620, 0x63A },   { 0x641, 0x64A },   { 0x905, 0x939 },   { 0xE01, 0xE2E },
    { 0x3041, 0x3096 }, { 0x30A1, 0x30FA }, { 0x4E00, 0x9FFF }, { 0xAC00, 0xD7A3 },
};

/* Spaces, punctuation and symbols beyond ASCII stay. */
static bool
is_plain(uint32_t c)
{
    return c == UINT32_MAX || (c >= 0x80 && c <= 0xBF) || c == 0xD7 || c == 0xF7 ||
           (c >= 0x300 && c <= 0x36F) || (c >= 0x2000 && c <= 0x2BFF) ||
           (c >= 0x3000 && c <= 0x303F) || (c >= 0xFE00 && c <= 0xFE6F);
}

static bool
alphabet_of(uint32_t c, bool digits_only, struct alphabet *out)
{
    size_t n = digits_only ? 1 : c < 0x80 ? 3 : sizeof alphabets / sizeof *alphabets;
    for (size_t i = 0; i < n; i++)
        if (c >= alphabets[i].from && c <= alphabets[i].to) {
            *out = alphabets[i];
            return true;
        }
    if (digits_only || c < 0x80 || is_plain(c))
        return false;
    *out = (struct alphabet){ c & ~63u, c | 63u };
    return true;
}

/* The characters of a text that are replaced, as numbers in blocks of at most 60 bits. */
struct shape {
    struct symbol {
        uint32_t code;
        struct alphabet alphabet; /* from > to: stays */
        bool is_byte;             /* no UTF-8 */
    } * symbols;
    size_t n;
};

static double
radix(const struct symbol *symbol)
{
    return (double)(symbol->alphabet.to - symbol->alphabet.from + 1);
}

/* A hash of everything but the symbols from..to, of which only the alphabets count: the tweak of
 * that block. */
static uint64_t
tweak_of(const struct mask *mask, const struct shape *shape, size_t from, size_t to,
         struct buf *scratch)
{
    buf_reset(scratch);
    buf_reserve(scratch, 4 * shape->n + 1);
    for (size_t i = 0; i < shape->n; i++) {
        const struct symbol *s = &shape->symbols[i];
        bool inside = i >= from && i < to && s->alphabet.from <= s->alphabet.to;
        put_u32((uint8_t *)scratch->data + 4 * i,
                inside ? s->alphabet.from | UINT32_C(1) << 31 : s->code);
    }
    return prf_64(mask->key, scratch->data, 4 * shape->n);
}

/* A text of several blocks: each is permuted under a tweak of all the others, one after the other,
 * which can be undone from the last to the first. */
static void
permute_shape(const struct mask *mask, struct mask_value *cell, struct shape *shape)
{
    assert(mask != NULL && cell != NULL && shape != NULL);
    size_t from = 0;
    while (from < shape->n) {
        double size = 1;
        size_t to = from;
        while (to < shape->n &&
               (shape->symbols[to].alphabet.from > shape->symbols[to].alphabet.to ||
                size * radix(&shape->symbols[to]) < 0x1p60)) {
            if (shape->symbols[to].alphabet.from <= shape->symbols[to].alphabet.to)
                size *= radix(&shape->symbols[to]);
            to++;
        }
        bool is_one = from == 0 && to == shape->n;
        /* one short run of one alphabet needs no tweak, and shares its table with others */
        uint64_t tweak =
            is_one && size <= 65536 ? 0 : tweak_of(mask, shape, from, to, &cell->work->fold);
        uint64_t rank = 0, n = (uint64_t)size;
        for (size_t i = from; i < to; i++) {
            const struct symbol *s = &shape->symbols[i];
            if (s->alphabet.from <= s->alphabet.to)
                rank = rank * (s->alphabet.to - s->alphabet.from + 1) + s->code - s->alphabet.from;
        }
        rank = permute(mask->key, tweak, n, rank, &cell->work->shuffles);
        for (size_t i = to; i-- > from;) {
            struct symbol *s = &shape->symbols[i];
            if (s->alphabet.from > s->alphabet.to)
                continue;
            uint32_t many = s->alphabet.to - s->alphabet.from + 1;
            s->code = s->alphabet.from + (uint32_t)(rank % many);
            rank /= many;
        }
        from = to;
    }
}

/* Long texts: one stream instead of hashes of all the rest. Two different ones may meet, but have
 * 2^64 streams. */
enum { LONG_TEXT = 256, SUB_KEY_BYTES = 32 };

static void
replace_shape(const struct mask *mask, struct mask_value *cell, struct shape *shape)
{
    const uint8_t *random = mask_stream(mask, cell, shape->n * 4);
    for (size_t i = 0; i < shape->n; i++) {
        struct symbol *s = &shape->symbols[i];
        if (s->alphabet.from <= s->alphabet.to)
            s->code = s->alphabet.from +
                      get_u32(random + 4 * i) % (s->alphabet.to - s->alphabet.from + 1);
    }
}

/* An address of made-up letters may be somebody's: its sign changes places with one that is in no
 * address. */
static uint32_t
without_address(uint32_t code)
{
    return code == '@' ? '`' : code == '`' ? '@' : code;
}

static void
reshape(const struct mask *mask, struct mask_value *cell, size_t prefix, size_t suffix,
        bool digits_only)
{
    assert(mask != NULL && cell != NULL);
    size_t total = utf8_length(cell->data, cell->len), at = 0;
    if (prefix + suffix >= total) /* a short one would stay as it is */
        prefix = suffix = 0;
    struct buf *room = &cell->work->scratch;
    struct shape shape = { 0 };
    buf_reset(room);
    buf_reserve(room, (cell->len + 1) * sizeof(struct symbol));
    shape.symbols = (struct symbol *)room->data;
    for (size_t i = 0; i < cell->len; at++) {
        struct symbol *s = &shape.symbols[shape.n++];
        size_t n = 1;
        if ((uint8_t)cell->data[i] < 0x80)
            s->code = (uint8_t)cell->data[i];
        else
            n = utf8_decode(cell->data + i, cell->len - i, &s->code);
        s->is_byte = s->code == UINT32_MAX;
        if (at < prefix || at + suffix >= total || s->is_byte ||
            !alphabet_of(s->code, digits_only, &s->alphabet))
            s->alphabet = (struct alphabet){ 1, 0 };
        if (s->is_byte) { /* of no alphabet: a letter that says nothing of it */
            s->code = 'a' + (mask->key[shape.n % SUB_KEY_BYTES] + 7u * shape.n) % 26;
            s->is_byte = false;
        }
        i += n;
    }
    if (shape.n > LONG_TEXT)
        replace_shape(mask, cell, &shape);
    else
        permute_shape(mask, cell, &shape);
    buf_reserve(cell->out, 4 * shape.n + 1);
    for (size_t i = 0; !digits_only && i < shape.n; i++)
        shape.symbols[i].code = without_address(shape.symbols[i].code);
    for (size_t i = 0; i < shape.n; i++)
        if (shape.symbols[i].is_byte || shape.symbols[i].code < 0x80)
            cell->out->data[cell->out->len++] = (char)shape.symbols[i].code;
        else
            utf8_put(shape.symbols[i].code, cell->out);
    cell->out->data[cell->out->len] = '\0';
}

void
mask_shape(const struct mask *mask, struct mask_value *cell, size_t prefix, size_t suffix)
{
    reshape(mask, cell, prefix, suffix, false);
}

static enum mask_result
apply(const struct mask *mask, struct mask_value *cell, bool digits_only)
{
    const struct shape_params *params = mask->params;
    reshape(mask, cell, (size_t)params->preserve_prefix, (size_t)params->preserve_suffix,
            digits_only);
    return MASK_DONE;
}

APPLY(digits_apply)
{
    bool has_digit = false;
    for (size_t i = 0; i < cell->len; i++)
        has_digit |= isdigit((unsigned char)cell->data[i]) != 0;
    if (!has_digit)
        return MASK_INVALID;
    return apply(mask, cell, true);
}

APPLY(pattern_apply)
{
    return apply(mask, cell, false);
}

APPLY(by_shape_apply)
{
    return apply(mask, cell, false);
}

/* ---- uuid: 122 bits are permuted, version and variant stay */

static void
permute_uuid(const struct mask *mask, uint8_t uuid[16])
{
    uint64_t high = get_u64(uuid), low = get_u64(uuid + 8);
    uint64_t version = high & 0xF000, variant = low >> 62;
    uint64_t upper = (high >> 16 << 12) | (high & 0xFFF); /* 60 bits */
    uint64_t lower = low & ((UINT64_C(1) << 62) - 1);     /* 62 bits */
    uint64_t halves[2] = { upper << 1 | lower >> 61, lower & ((UINT64_C(1) << 61) - 1) };
    permute_122(mask->key, halves);
    upper = halves[0] >> 1;
    lower = (halves[0] & 1) << 61 | halves[1];
    put_u64(uuid, (upper >> 12 << 16) | version | (upper & 0xFFF));
    put_u64(uuid + 8, variant << 62 | lower);
}

static bool
parse_uuid(const char *text, size_t len, uint8_t out[16])
{
    int n = 0;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (c == '-' || c == '{' || c == '}')
            continue;
        int digit = isdigit((unsigned char)c)    ? c - '0'
                    : isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10
                                                 : -1;
        if (digit < 0 || n == 32)
            return false;
        out[n / 2] = (uint8_t)(n % 2 == 0 ? digit << 4 : out[n / 2] | digit);
        n++;
    }
    return n == 32;
}

APPLY(uuid_apply)
{
    uint8_t uuid[16];
    if (cell->kind == KIND_UUID) {
        memcpy(uuid, cell->data, sizeof uuid);
        permute_uuid(mask, uuid);
        buf_add(cell->out, uuid, sizeof uuid);
        return MASK_DONE;
    }
    if (!parse_uuid(cell->data, cell->len, uuid))
        return MASK_INVALID;
    permute_uuid(mask, uuid);
    bool is_upper = false;
    for (size_t i = 0; i < cell->len; i++)
        is_upper |= cell->data[i] >= 'A' && cell->data[i] <= 'F';
    int n = 0;
    for (size_t i = 0; i < cell->len; i++) {
        char c = cell->data[i];
        if (!isxdigit((unsigned char)c)) {
            buf_putc(cell->out, c);
            continue;
        }
        int digit = n % 2 == 0 ? uuid[n / 2] >> 4 : uuid[n / 2] & 15;
        buf_putc(cell->out, (is_upper ? "0123456789ABCDEF" : "0123456789abcdef")[digit]);
        n++;
    }
    return MASK_DONE;
}

/* ---- token */

static int
token_length(const struct mask *mask, size_t original)
{
    const struct token_params *params = mask->params;
    size_t n = params->length > 0 ? (size_t)params->length : original < 16 ? 16 : original;
    return (int)(mask->domain->room > 0 && n > (size_t)mask->domain->room
                     ? (size_t)mask->domain->room
                     : n);
}

static double
token_bits(const struct mask *mask)
{
    const struct token_params *params = mask->params;
    return (params->alphabet == 1 ? 4.0 : 5.0) * token_length(mask, 16);
}

static int
token_longest(const struct mask *mask)
{
    const struct token_params *params = mask->params;
    return params->length > 0 || mask->domain->room > 0 ? token_length(mask, 1 << 20) : 0;
}

APPLY(token_apply)
{
    const struct token_params *params = mask->params;
    size_t n = cell->kind == KIND_BYTES && params->length == 0
                   ? cell->len
                   : (size_t)token_length(mask, utf8_length(cell->data, cell->len));
    const uint8_t *random = mask_stream(mask, cell, n);
    if (cell->kind == KIND_BYTES)
        buf_add(cell->out, random, n);
    for (size_t i = 0; cell->kind != KIND_BYTES && i < n; i++)
        buf_putc(cell->out, params->alphabet == 1 ? "0123456789abcdef"[random[i] & 15]
                                                  : mask_base32[random[i] & 31]);
    return MASK_DONE;
}

static const struct parameter shape_list[] = {
    { .name = "preserve_prefix",
      .kind = PARAM_COUNT,
      .offset = offsetof(struct shape_params, preserve_prefix),
      .fallback = "0",
      .summary = "characters that stay at the beginning" },
    { .name = "preserve_suffix",
      .kind = PARAM_COUNT,
      .offset = offsetof(struct shape_params, preserve_suffix),
      .fallback = "0",
      .summary = "characters that stay at the end" },
};

const struct transformer transform_digits = {
    .name = "digits",
    .summary = "other digits in the same places: a permutation",
    .accepts = KIND_TEXT,
    .seed = SEED_VALUE,
    .need = NEED_VALUE,
    .tells = TELLS_TEXT,
    .gives = GIVES_INJECTIVE | GIVES_SHAPE,
    .size = sizeof(struct shape_params),
    PARAMS(shape_list),
    .apply = digits_apply,
    .examples = "1234|00-17|A77",
    .is = IS_DIGITS | IS_FOLDED,
};

const struct transformer transform_pattern = {
    .name = "pattern",
    .summary = "letters for letters, digits for digits: a permutation",
    .accepts = KIND_TEXT,
    .seed = SEED_VALUE,
    .need = NEED_VALUE,
    .tells = TELLS_TEXT,
    .gives = GIVES_INJECTIVE | GIVES_SHAPE,
    .size = sizeof(struct shape_params),
    PARAMS(shape_list),
    .apply = pattern_apply,
    .examples = "SO-2024-000123|ab12|X",
};

const struct transformer transform_by_shape = {
    .name = "by_shape",
    .summary = "letters for letters of the same script, digits for digits",
    .accepts = KIND_TEXT,
    .seed = SEED_VALUE,
    .need = NEED_VALUE,
    .tells = TELLS_TEXT,
    .gives = GIVES_INJECTIVE | GIVES_SHAPE,
    .size = sizeof(struct shape_params),
    PARAMS(shape_list),
    .apply = by_shape_apply,
    .examples = "Ab-12|n/a|Ünïcode 7",
    .is = IS_FOLDED,
};

const struct transformer transform_uuid = {
    .name = "uuid",
    .summary = "another UUID of the same version: a permutation",
    .accepts = KIND_UUID | KIND_TEXT,
    .seed = SEED_VALUE,
    .need = NEED_VALUE,
    .tells = TELLS_WHO,
    .gives = GIVES_INJECTIVE | GIVES_SHAPE,
    .apply = uuid_apply,
    .examples = "6ba7b810-9dad-41d1-80b4-00c04fd430c8",
};

static const struct parameter token_list[] = {
    { .name = "length",
      .kind = PARAM_COUNT,
      .offset = offsetof(struct token_params, length),
      .fallback = "as the original",
      .summary = "characters" },
    { .name = "alphabet",
      .kind = PARAM_WORD,
      .offset = offsetof(struct token_params, alphabet),
      .words = { "base32", "hex" },
      .fallback = "base32",
      .summary = "" },
};

const struct transformer transform_token = {
    .name = "token",
    .summary = "random characters",
    .accepts = KIND_TEXT | KIND_BYTES,
    .seed = SEED_VALUE,
    .need = NEED_VALUE,
    .tells = TELLS_WHO,
    .gives = GIVES_RANDOM | GIVES_SECRETS | GIVES_LETTERS,
    .size = sizeof(struct token_params),
    PARAMS(token_list),
    .apply = token_apply,
    .bits = token_bits,
    .longest = token_longest,
    .examples = "d41d8cd98f00b204e9800998ecf8427e|abc",
    .is = IS_FOLDED,
};
