/* SPDX-License-Identifier: PostgreSQL */
/*
 * Free text. Regenerated, every letter is another one: words keep their lengths and their capitals,
 * digits stay digits, blanks and punctuation stay, so that rows are as wide and lines as long as in
 * production; or, since who knows an original knows it by these, words have other lengths.
 * Scrubbed, only what patterns find is replaced, by the same fake that it has in its own column.
 * Redacted, nothing is left but blanks.
 */
#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "detect/detect.h"
#include "transform/maker.h"
#include "transform/transform.h"

struct text_params {
    int mode, length;
    const struct yaml_node *find;
};

enum { REGENERATE, SCRUB, REDACT, MOST_FINDERS = 32 };
enum { LENGTH_KEPT, LENGTH_BUCKET, LENGTH_NEAR };

/* What one pattern finds, and what becomes of it. */
struct finder {
    int detector; /* -1: a regex of the rules */
    const struct regex *regex;
    struct mask *mask;
};

struct scrubber {
    struct detect *detect;
    int n;
    struct finder finders[MOST_FINDERS];
};

/* ---- making the scrubber */

static bool
add_finder(struct mask *mask, struct mask_maker *maker, const struct yaml_node *item)
{
    struct scrubber *scrubber = mask->state;
    struct finder *finder = &scrubber->finders[scrubber->n];
    struct reader reader = mask_maker_reader(maker);
    size_t len = strlen(item->key);
    const char *problem;
    if (scrubber->n == MOST_FINDERS)
        return value_error(&reader, item, "E111 more than 32 patterns");
    if (len > 2 && item->key[0] == '/' && item->key[len - 1] == '/') {
        const char *pattern = arena_strndup(maker->arena, item->key + 1, len - 2);
        finder->detector = -1;
        finder->regex = mask_maker_regex(maker, pattern, &problem);
        if (finder->regex == NULL)
            return yaml_error(reader.source, item->key_line, item->key_column, maker->err,
                              "E111 /%s/: %s", pattern, problem);
    } else if ((finder->detector = detector_find(item->key)) < 0) {
        return yaml_error(reader.source, item->key_line, item->key_column, maker->err,
                          "E113 there is no detector '%s'", item->key);
    }
    const struct rules_mask *rule = read_mask(&reader, item);
    finder->mask = rule != NULL ? mask_make(maker, rule) : NULL;
    scrubber->n += finder->mask != NULL;
    return finder->mask != NULL;
}

static bool
add_known(struct mask *mask, struct mask_maker *maker)
{
    struct scrubber *scrubber = mask->state;
    for (int i = 0; i < ndetectors; i++) {
        bool is_id = strcmp(detectors[i].mask, "national_id") == 0; /* which one is not said */
        const char *use = is_id || detectors[i].is_secret ? "by_shape" : detectors[i].mask;
        struct finder *finder = &scrubber->finders[scrubber->n++];
        finder->detector = i;
        finder->mask = mask_make_word(maker, mask, use);
        if (finder->mask == NULL)
            return false;
    }
    return true;
}

static bool
text_prepare(struct mask *mask, struct mask_maker *maker)
{
    const struct text_params *params = mask->params;
    if (params->mode != REGENERATE && params->length == LENGTH_NEAR)
        return place_error(&mask->rule->place, maker->err,
                           "E112 'length: near' belongs to mode regenerate");
    if (params->mode != SCRUB)
        return params->find == NULL ||
               place_error(&mask->rule->place, maker->err, "E112 'find' belongs to mode scrub");
    struct scrubber *scrubber = ARENA_NEW(maker->arena, struct scrubber);
    enum mask_kind kind = maker->kind;
    bool ok = true;
    mask->state = scrubber;
    mask->may_stay = true;
    scrubber->detect = mask_maker_detect(maker);
    maker->kind = KIND_TEXT;
    if (params->find == NULL) {
        ok = add_known(mask, maker);
    } else if (params->find->kind != YAML_MAP) {
        struct reader reader = mask_maker_reader(maker);
        ok = value_is_map(&reader, params->find);
    } else {
        for (const struct yaml_node *item = params->find->items; ok && item != NULL;
             item = item->next)
            ok = add_finder(mask, maker, item);
    }
    maker->kind = kind;
    return ok;
}

/* ---- regenerate */

/* By how frequent they are: 32 consonants, and vowels twice. */
static const char letters[2][33] = { "tnshrdlcmfpgbvwktnshrdlcmtnsrlkj",
                                     "eaoiueaeoaeioueeeaoiueaeoaeiouee" };

/* Which of the four forms of a byte is taken. */
enum form { FORM_SAME, FORM_LETTER, FORM_DIGIT, FORM_NO_ADDRESS };

static unsigned
form_of(unsigned char c)
{
    unsigned letter = ((unsigned)c | 0x20) - 'a' < 26, digit = (unsigned)c - '0' < 10;
    return letter * FORM_LETTER + digit * FORM_DIGIT + (c == '@') * FORM_NO_ADDRESS;
}

/* Without branches on the text: words are short, and a processor cannot foresee their ends. */
static void
regenerate(const struct mask *mask, struct mask_value *cell)
{
    assert(cell != NULL);
    const uint8_t *random = mask_stream(mask, cell, cell->len);
    size_t start = cell->out->len;
    buf_reserve(cell->out, cell->len + 1);
    char *to = cell->out->data + start;
    unsigned all = 0;
    for (size_t i = 0; i < cell->len; i++) {
        unsigned char c = (unsigned char)cell->data[i], r = random[i];
        /* three quarters of the time vowels and consonants alternate */
        const char *letter = letters[(i ^ (r >= 192)) & 1];
        const char forms[4] = { (char)c, (char)(letter[r & 31] ^ (~c & 0x20)),
                                (char)('0' + (r * 10u >> 8)), '_' };
        to[i] = forms[form_of(c)];
        all |= c;
    }
    bool has_others = all >= 0x80;
    cell->out->len = start + cell->len;
    cell->out->data[cell->out->len] = '\0';
    if (!has_others)
        return;
    /* letters beyond ASCII: by their alphabets */
    struct buf *copy = &cell->work->leaf;
    struct mask_value again = *cell;
    buf_reset(copy);
    buf_add(copy, cell->out->data + start, cell->len);
    cell->out->len = start;
    again.data = copy->data;
    again.len = copy->len;
    mask_shape(mask, &again, 0, 0);
}

/* Words for one line of `chars` characters, at most a seventh shorter. It begins with a capital,
 * and ends with a stop, where the original does. */
static void
rewrite_line(const char *line, size_t len, const uint8_t *random, struct buf *out)
{
    enum { SHORTEST_WORD = 2, MORE = 7, SHORTER = 7 };
    size_t chars = utf8_length(line, len), left = chars - chars * random[0] / (SHORTER * 256);
    char last = len > 1 && strchr(".!?:", line[len - 1]) != NULL ? line[len - 1] : '\0';
    left -= last != '\0';
    for (size_t word = 0, i = 0; i < left; i++) {
        uint8_t r = random[i];
        if (word == 0 && i > 0 && i + SHORTEST_WORD < left)
            buf_putc(out, ' ');
        else
            buf_putc(out, letters[(i ^ (r >= 192)) & 1][r & 31]);
        word = word > 0 ? word - 1 : (size_t)SHORTEST_WORD + (r & MORE);
    }
    if (chars > 0 && left > 0 && isupper((unsigned char)line[0]))
        out->data[out->len - left] = (char)toupper((unsigned char)out->data[out->len - left]);
    if (last != '\0')
        buf_putc(out, last);
}

static void
rewrite(const struct mask *mask, struct mask_value *cell)
{
    const uint8_t *random = mask_stream(mask, cell, cell->len + 1);
    for (size_t i = 0; i < cell->len;) {
        const char *line = cell->data + i, *end = memchr(line, '\n', cell->len - i);
        size_t len = end != NULL ? (size_t)(end - line) : cell->len - i;
        rewrite_line(line, len, random + i, cell->out);
        if (end != NULL)
            buf_putc(cell->out, '\n');
        i += len + 1;
    }
}

static void
redact(struct mask_value *cell)
{
    for (size_t i = 0; i < cell->len;) {
        uint32_t code;
        size_t n = utf8_decode(cell->data + i, cell->len - i, &code);
        buf_putc(cell->out, isspace((unsigned char)cell->data[i]) ? cell->data[i] : '*');
        i += n;
    }
}

/* ---- scrub */

struct hit {
    size_t begin, end;
    const struct mask *mask;
};

/* The next hit of a finder; false: there is none. *failed: the engine gave up. */
static bool
next_hit(const struct scrubber *scrubber, int which, struct mask_value *cell, size_t from,
         struct hit *out, bool *failed)
{
    const struct finder *finder = &scrubber->finders[which];
    struct regex_space *space = mask_work_regex(cell->work);
    int found =
        finder->detector >= 0
            ? detect_find(scrubber->detect, finder->detector, space, cell->data, cell->len, from,
                          &out->begin, &out->end)
            : regex_find(finder->regex, space, cell->data, cell->len, from, &out->begin, &out->end);
    out->mask = finder->mask;
    *failed |= found < 0;
    return found > 0;
}

static enum mask_result
put_fake(const struct hit *hit, const struct mask_value *cell)
{
    struct mask_value part = *cell;
    part.data = cell->data + hit->begin;
    part.len = hit->end - hit->begin;
    part.kind = KIND_TEXT;
    struct buf *out = cell->out;
    size_t start = out->len;
    enum mask_result result = mask_cell(hit->mask, NULL, &part);
    if (result == MASK_NULL)
        out->len = start;
    return result == MASK_STOP ? MASK_STOP : MASK_DONE;
}

/* The leftmost hit wins, then the finder that stands first. */
static enum mask_result
scrub(const struct mask *mask, struct mask_value *cell)
{
    assert(mask != NULL && cell != NULL);
    const struct scrubber *scrubber = mask->state;
    struct hit hits[MOST_FINDERS];
    bool there[MOST_FINDERS], failed = false;
    size_t start = cell->out->len, at = 0;
    for (int i = 0; i < scrubber->n; i++)
        there[i] = next_hit(scrubber, i, cell, 0, &hits[i], &failed);
    while (!failed) {
        int best = -1;
        for (int i = 0; i < scrubber->n; i++) {
            if (there[i] && hits[i].begin < at)
                there[i] = next_hit(scrubber, i, cell, at, &hits[i], &failed);
            if (there[i] && (best < 0 || hits[i].begin < hits[best].begin))
                best = i;
        }
        if (best < 0)
            break;
        buf_add(cell->out, cell->data + at, hits[best].begin - at);
        if (put_fake(&hits[best], cell) == MASK_STOP)
            return MASK_STOP;
        at = hits[best].end;
    }
    if (failed) { /* a text that no pattern could be tried on is not let through */
        cell->out->len = start;
        regenerate(mask, cell);
        return MASK_DONE;
    }
    buf_add(cell->out, cell->data + at, cell->len - at);
    return MASK_DONE;
}

APPLY(text_apply)
{
    const struct text_params *params = mask->params;
    enum mask_result result = MASK_DONE;
    size_t start = cell->out->len;
    if (params->length == LENGTH_BUCKET) {
        size_t n = 1, whole = utf8_length(cell->data, cell->len);
        while (2 * n <= whole)
            n *= 2;
        cell->len = utf8_prefix(cell->data, cell->len, n);
    }
    if (params->mode == SCRUB)
        result = scrub(mask, cell);
    else if (params->mode == REDACT)
        redact(cell);
    else if (params->length == LENGTH_NEAR)
        rewrite(mask, cell);
    else
        regenerate(mask, cell);
    /* a fake inside may be longer than what it stands for */
    if (mask->room > 0 && result == MASK_DONE) {
        size_t len = cell->out->len - start;
        cell->out->len = start + utf8_prefix(cell->out->data + start, len, (size_t)mask->room);
    }
    return result;
}

static const struct parameter text_list[] = {
    { .name = "mode",
      .kind = PARAM_WORD,
      .offset = offsetof(struct text_params, mode),
      .words = { "regenerate", "scrub", "redact" },
      .fallback = "regenerate",
      .summary =
          "other words of the same lengths; the text without what patterns find; nothing but its "
          "shape" },
    { .name = "length",
      .kind = PARAM_WORD,
      .offset = offsetof(struct text_params, length),
      .words = { "keep", "bucket", "near" },
      .fallback = "keep",
      .summary =
          "bucket: the next power of two below; near: words of other lengths, at most a seventh "
          "shorter" },
    { .name = "find",
      .kind = PARAM_NODE,
      .offset = offsetof(struct text_params, find),
      .fallback = "what is known",
      .summary = "of scrub: a map from detectors, or /regex/, to masks" },
};

const struct transformer transform_text = {
    .name = "text",
    .summary = "other words of the same lengths, or what is left without what patterns find",
    .accepts = KIND_TEXT,
    .seed = SEED_VALUE,
    .need = NEED_VALUE,
    .tells = TELLS_TEXT,
    .size = sizeof(struct text_params),
    PARAMS(text_list),
    .prepare = text_prepare,
    .apply = text_apply,
    .gives = GIVES_SHAPE,
    .examples = "Call Ann at noon.|see ticket 77",
    .is = IS_PROSE,
};
