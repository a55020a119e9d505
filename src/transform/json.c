/* SPDX-License-Identifier: PostgreSQL */
/*
 * JSON, leaf by leaf, in one pass and without a tree: what is not a leaf that changes is copied
 * byte by byte, so that the order of keys, blanks, doubled keys and the spelling of numbers stay.
 */
#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "transform/json_masks.h"
#include "transform/transform.h"

enum { MOST_DEPTH = 64 };

/* ---- reading */

struct walk {
    const struct json_masks *masks;
    struct mask_value *cell;
    const struct mask_seeds *seeds;
    const char *p, *end;
    struct path_step place[MOST_DEPTH];
    struct buf names[MOST_DEPTH]; /* keys without their escapes */
    int depth;
    bool dropped; /* the leaf at hand goes */
    enum mask_result result;
};

static bool value(struct walk *walk);

static void
copy_blanks(struct walk *walk)
{
    while (walk->p < walk->end && strchr(" \t\r\n", *walk->p) != NULL && *walk->p != '\0')
        buf_putc(walk->cell->out, *walk->p++);
}

/* The text behind an opening quote without its escapes; walk->p comes to stand behind the closing
 * one. */
static bool
read_string(struct walk *walk, struct buf *out)
{
    assert(walk != NULL);
    static const char names[] = "\"\\/bfnrt", codes[] = "\"\\/\b\f\n\r\t";
    buf_reset(out);
    buf_puts(out, "");
    while (walk->p < walk->end && *walk->p != '"') {
        if (*walk->p != '\\') {
            buf_putc(out, *walk->p++);
            continue;
        }
        if (++walk->p >= walk->end)
            return false;
        const char *simple = *walk->p != '\0' ? strchr(names, *walk->p) : NULL;
        if (simple != NULL) {
            buf_putc(out, codes[simple - names]);
            walk->p++;
            continue;
        }
        unsigned code = 0, low = 0;
        if (walk->end - walk->p < 5 || sscanf(walk->p, "u%4x", &code) != 1)
            return false;
        walk->p += 5;
        if (code >= 0xD800 && code < 0xDC00 && walk->end - walk->p >= 6 &&
            sscanf(walk->p, "\\u%4x", &low) == 1) {
            code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
            walk->p += 6;
        }
        utf8_put(code, out);
    }
    return walk->p++ < walk->end;
}

static bool
fail(struct walk *walk, const char *why)
{
    walk->cell->work->stop = why;
    walk->result = MASK_STOP;
    return false;
}

static bool
is_number_text(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!isdigit((unsigned char)text[i]) && !(i == 0 && text[i] == '-' && len > 1) &&
            strchr(".eE+-", text[i]) == NULL)
            return false;
    return len > 0 && (text[0] != '0' || len == 1 || text[1] == '.') &&
           isdigit((unsigned char)text[len - 1]) &&
           (text[0] != '-' || isdigit((unsigned char)text[1])) &&
           isdigit((unsigned char)text[text[0] == '-']);
}

/* ---- leaves */

/* NULL: the leaf stays, goes, or stops the run. */
static const struct mask *
mask_of_leaf(struct walk *walk, const char *text, size_t len, enum json_leaf kind, bool *keeps)
{
    const struct mask *mask;
    enum json_verdict verdict = json_masks_find(walk->masks, walk->cell->work, walk->place,
                                                walk->depth, text, len, kind, &mask);
    *keeps = verdict == JSON_KEPT;
    walk->dropped |= verdict == JSON_DROPPED;
    if (verdict == JSON_STOPS)
        fail(walk, "a leaf of JSON that no path names");
    return mask;
}

/* Masks `text` into cell->out; false: it stays, goes or stops the run. */
static bool
mask_leaf(struct walk *walk, const struct mask *mask, const char *text, size_t len, struct buf *out)
{
    struct mask_value leaf = *walk->cell;
    leaf.kind = KIND_TEXT;
    leaf.data = text;
    leaf.len = len;
    leaf.out = out;
    enum mask_result result = mask_cell(mask, walk->seeds, &leaf);
    if (result == MASK_STOP)
        walk->result = MASK_STOP;
    if (result == MASK_NULL)
        buf_puts(walk->cell->out, "null");
    return result == MASK_DONE;
}

static bool
string_leaf(struct walk *walk)
{
    const char *from = walk->p++;
    struct buf text = { 0 }, fake = { 0 };
    bool keeps = true, ok = read_string(walk, &text);
    const struct mask *mask =
        ok ? mask_of_leaf(walk, buf_str(&text), text.len, LEAF_TEXT, &keeps) : NULL;
    if (ok && walk->result == MASK_DONE && !walk->dropped) {
        if (keeps || mask == NULL)
            buf_add(walk->cell->out, from, (size_t)(walk->p - from));
        else if (mask_leaf(walk, mask, buf_str(&text), text.len, &fake))
            json_string(walk->cell->out, buf_str(&fake), fake.len);
    }
    buf_deinit(&text);
    buf_deinit(&fake);
    return ok && walk->result == MASK_DONE;
}

/* To a mask of shapes the letter of an exponent is one like others: where it alone keeps the fake
 * from being a number, it stands where it stood. */
static void
restore_exponent(struct buf *fake, const char *text, size_t len)
{
    size_t at = 0;
    while (at < len && text[at] != 'e' && text[at] != 'E')
        at++;
    if (fake->len != len || at == len)
        return;
    char letter = fake->data[at];
    fake->data[at] = text[at];
    if (!is_number_text(fake->data, fake->len))
        fake->data[at] = letter;
}

static bool
is_word(const char *text, size_t len, const char *word)
{
    return len == strlen(word) && memcmp(text, word, len) == 0;
}

static bool
is_true_or_false(const char *text, size_t len)
{
    return is_word(text, len, "true") || is_word(text, len, "false");
}

/* A number, or true, false and null: what its fake is says how it is written. */
static bool
bare_leaf(struct walk *walk)
{
    const char *from = walk->p;
    while (walk->p < walk->end && (isalnum((unsigned char)*walk->p) || strchr("+-.", *walk->p)))
        walk->p++;
    size_t len = (size_t)(walk->p - from);
    struct buf fake = { 0 };
    bool keeps, is_number = len > 0 && (isdigit((unsigned char)from[0]) || from[0] == '-') &&
                            is_number_text(from, len);
    if (is_word(from, len, "null")) /* which is what a mask may make, and says nothing */
        buf_add(walk->cell->out, from, len);
    if (!is_number && !is_true_or_false(from, len)) /* anything else is no JSON */
        return is_word(from, len, "null");
    const struct mask *mask =
        mask_of_leaf(walk, from, len, is_number ? LEAF_NUMBER : LEAF_WORD, &keeps);
    if (walk->result == MASK_DONE && !walk->dropped) {
        bool is_made = !keeps && mask != NULL && mask_leaf(walk, mask, from, len, &fake);
        if (is_made && is_number && !is_number_text(buf_str(&fake), fake.len))
            restore_exponent(&fake, from, len);
        if (keeps || mask == NULL)
            buf_add(walk->cell->out, from, len);
        else if (is_made && (is_number_text(buf_str(&fake), fake.len) ||
                             is_true_or_false(buf_str(&fake), fake.len)))
            buf_add(walk->cell->out, fake.data, fake.len);
        else if (fake.len > 0)
            json_string(walk->cell->out, buf_str(&fake), fake.len);
    }
    buf_deinit(&fake);
    return walk->result == MASK_DONE;
}

/* ---- objects and arrays */

/* An address, or a number by which somebody could be known. */
static bool
is_personal_key(const struct walk *walk, const char *key, size_t len)
{
    static const char *const kinds[] = { "email", "phone", "iban", "card" };
    struct regex_space *space = mask_work_regex(walk->cell->work);
    size_t digits = 0, letters = 0, begin, end;
    for (size_t i = 0; i < len; i++) {
        digits += isdigit((unsigned char)key[i]) != 0;
        letters += isalpha((unsigned char)key[i]) != 0;
    }
    if (digits >= JSON_LONG_NUMBER && letters == 0)
        return true;
    for (int i = 0; i < 4; i++)
        if (detect_find(walk->masks->detect, detector_find(kinds[i]), space, key, len, 0, &begin,
                        &end) > 0)
            return true;
    return false;
}

static bool
check_key(struct walk *walk, const struct buf *key)
{
    return walk->masks->keys != KEYS_CHECKED || !is_personal_key(walk, buf_str(key), key->len) ||
           fail(walk, "an address or a long number that is used as a key of JSON ('keys: mask' "
                      "masks keys, too)");
}

/* Keys that a path spells out are known to be none of somebody's. */
static bool
is_named_key(const struct walk *walk)
{
    const struct path_step *key = &walk->place[walk->depth];
    for (int i = 0; i < walk->masks->n; i++)
        for (int j = 0; j < walk->masks->rules[i].path.n; j++) {
            const struct path_step *step = &walk->masks->rules[i].path.steps[j];
            if (step->key != NULL && step->len == key->len &&
                memcmp(step->key, key->key, key->len) == 0)
                return true;
        }
    return false;
}

static void
put_masked_key(struct walk *walk, const struct buf *key)
{
    struct buf fake = { 0 };
    if (mask_leaf(walk, walk->masks->shape, buf_str(key), key->len, &fake))
        json_string(walk->cell->out, buf_str(&fake), fake.len);
    buf_deinit(&fake);
}

static bool
member(struct walk *walk)
{
    const char *from = walk->p;
    struct buf *key = &walk->names[walk->depth];
    if (*walk->p++ != '"' || !read_string(walk, key) || !check_key(walk, key))
        return false;
    walk->place[walk->depth] =
        (struct path_step){ .kind = STEP_KEY, .key = buf_str(key), .len = key->len };
    if (walk->masks->keys == KEYS_MASKED && !is_named_key(walk))
        put_masked_key(walk, key);
    else
        buf_add(walk->cell->out, from, (size_t)(walk->p - from));
    copy_blanks(walk);
    if (walk->p >= walk->end || *walk->p != ':')
        return false;
    buf_putc(walk->cell->out, *walk->p++);
    copy_blanks(walk);
    walk->depth++;
    bool ok = value(walk);
    walk->depth--;
    return ok;
}

/* Both kinds. An item that is dropped goes with its comma. */
static bool
items(struct walk *walk, char close)
{
    assert(walk != NULL);
    struct buf *out = walk->cell->out;
    bool is_object = close == '}', is_first = true;
    if (walk->depth == MOST_DEPTH - 1)
        return false;
    buf_putc(out, *walk->p++);
    for (long i = 0;; i++) {
        size_t before = out->len;
        if (!is_first)
            buf_putc(out, ',');
        copy_blanks(walk);
        if (walk->p < walk->end && *walk->p == close && i == 0)
            break;
        walk->dropped = false;
        if (is_object) {
            if (walk->p >= walk->end || !member(walk))
                return false;
        } else {
            walk->place[walk->depth++] = (struct path_step){ .kind = STEP_INDEX, .index = i };
            bool ok = value(walk);
            walk->depth--;
            if (!ok)
                return false;
        }
        if (walk->dropped)
            out->len = before;
        else
            is_first = false;
        walk->dropped = false;
        copy_blanks(walk);
        if (walk->p >= walk->end || (*walk->p != ',' && *walk->p != close))
            return false;
        if (*walk->p == close)
            break;
        walk->p++;
    }
    buf_putc(out, *walk->p++);
    return true;
}

static bool
value(struct walk *walk)
{
    if (walk->p >= walk->end)
        return false;
    switch (*walk->p) {
    case '{':
        return items(walk, '}');
    case '[':
        return items(walk, ']');
    case '"':
        return string_leaf(walk);
    default:
        return bare_leaf(walk);
    }
}

APPLY(json_apply)
{
    struct walk walk = { .masks = mask->state,
                         .cell = cell,
                         .seeds = cell->seeds,
                         .p = cell->data,
                         .end = cell->data + cell->len,
                         .result = MASK_DONE };
    size_t start = cell->out->len;
    copy_blanks(&walk);
    bool ok = value(&walk);
    copy_blanks(&walk);
    ok = ok && walk.p == walk.end;
    for (int i = 0; i < MOST_DEPTH; i++)
        buf_deinit(&walk.names[i]);
    if (walk.result == MASK_STOP)
        return MASK_STOP;
    if (ok)
        return MASK_DONE;
    cell->out->len = start;
    if (cell->kind == KIND_JSON) { /* not JSON as we know it, or nested beyond our stack */
        buf_puts(cell->out, "{}");
        return MASK_DONE;
    }
    return MASK_INVALID;
}

static const struct parameter json_list[] = {
    { .name = "paths",
      .kind = PARAM_NODE,
      .offset = offsetof(struct json_params, paths),
      .fallback = "none",
      .summary = "a map from paths ($.a.b, $..key, $.list[*].a) to masks" },
    { .name = "other",
      .kind = PARAM_WORD,
      .offset = offsetof(struct json_params, other),
      .words = { "mask", "keep", "drop", "stop" },
      .fallback = "mask",
      .summary = "what becomes of the leaves that no path names" },
    { .name = "keys",
      .kind = PARAM_WORD,
      .offset = offsetof(struct json_params, keys),
      .words = { "check", "keep", "mask" },
      .fallback = "check",
      .summary = "check: an e-mail address or a long number used as a key stops the run; mask: "
                 "other letters "
                 "and digits" },
};

const struct transformer transform_json = {
    .name = "json",
    .summary = "leaf by leaf",
    .accepts = KIND_JSON | KIND_TEXT,
    .seed = SEED_VALUE,
    .need = NEED_VALUE,
    .gives = GIVES_SECRETS,
    .size = sizeof(struct json_params),
    PARAMS(json_list),
    .prepare = json_prepare,
    .apply = json_apply,
    .examples = "{\"a\": \"b\"}|[]",
    .is = IS_DOCUMENT,
};
