/* SPDX-License-Identifier: PostgreSQL */
/* Masks that look at nothing but NULL: null, empty, set, secret, password_hash; and redact. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "transform/maker.h"
#include "transform/transform.h"

struct set_params {
    const char *value;
};

struct secret_params {
    int length;
};

struct hash_params {
    int scheme;
    const char *file;
};

struct redact_params {
    int first, last;
    const char *with;
};

enum { SECRET_CHARACTERS = 21, MOST_SECRET = 200 };

APPLY(null_apply)
{
    (void)mask, (void)cell;
    return MASK_NULL;
}

APPLY(empty_apply)
{
    (void)mask;
    if (cell->kind == KIND_JSON)
        buf_puts(cell->out, "{}");
    return MASK_DONE;
}

/* The value of a number is read once. */
static bool
set_prepare(struct mask *mask, struct mask_maker *maker)
{
    const struct set_params *params = mask->params;
    int64_t *value = ARENA_NEW(maker->arena, int64_t);
    char *end;
    mask->state = value;
    if (maker->kind != KIND_INTEGER)
        return mask_maker_check(maker, mask, params->value);
    errno = 0;
    *value = strtoll(params->value, &end, 10);
    return (*end == '\0' && errno == 0 && *value >= mask->low && *value <= mask->high) ||
           place_error(&mask->rule->place, maker->err, "E111 set: '%s' is no value of the column",
                       params->value);
}

APPLY(set_apply)
{
    const struct set_params *params = mask->params;
    if (cell->kind & (KIND_INTEGER | KIND_DATE | KIND_TIMESTAMP)) {
        cell->out_integer = *(const int64_t *)mask->state;
        return MASK_DONE;
    }
    buf_puts(cell->out, params->value);
    return MASK_DONE;
}

static int
set_longest(const struct mask *mask)
{
    const struct set_params *params = mask->params;
    return (int)utf8_length(params->value, strlen(params->value));
}

static int
secret_length(const struct mask *mask)
{
    const struct secret_params *params = mask->params;
    int n = params->length > 0 ? params->length : SECRET_CHARACTERS;
    n = n > MOST_SECRET ? MOST_SECRET : n;
    return mask->room > 0 && n > mask->room ? mask->room : n;
}

static int
secret_longest(const struct mask *mask)
{
    return secret_length(mask);
}

static double
secret_bits(const struct mask *mask)
{
    return 5.0 * (secret_length(mask) - 1);
}

/* No scheme of hashing begins with '!': whatever compares it with a password says no. */
APPLY(secret_apply)
{
    int n = secret_length(mask);
    const uint8_t *random = mask_stream(mask, cell, (size_t)n);
    buf_putc(cell->out, '!');
    for (int i = 1; i < n; i++)
        buf_putc(cell->out, mask_base32[random[i] & 31]);
    return MASK_DONE;
}

/* Well-formed, with a salt and a hash that nobody computed. */
static const char *const hash_forms[] = {
    "$2b$12$.....................................................",
    "$argon2id$v=19$m=65536,t=3,p=4$......................$........................................"
    "...",
    "pbkdf2_sha256$600000$......................$...........................................=",
    "scrypt$16384$......................$8$1$......................................................"
    "."
    "...............................==",
};

static int
hash_longest(const struct mask *mask)
{
    const struct hash_params *params = mask->params;
    return (int)strlen(mask->state != NULL ? (const char *)mask->state
                                           : hash_forms[params->scheme]);
}

static bool
hash_prepare(struct mask *mask, struct mask_maker *maker)
{
    const struct hash_params *params = mask->params;
    char line[300] = "";
    if (params->file == NULL)
        return true;
    FILE *file = fopen(params->file, "re");
    bool ok = file != NULL && fgets(line, sizeof line, file) != NULL;
    if (file != NULL)
        fclose(file);
    line[strcspn(line, "\r\n")] = '\0';
    if (!ok || line[0] == '\0')
        return place_error(&mask->rule->place, maker->err, "E121 '%s' has no line that can be read",
                           params->file);
    mask->state = arena_strdup(maker->arena, line);
    return true;
}

APPLY(hash_apply)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.";
    const struct hash_params *params = mask->params;
    if (mask->state != NULL) {
        buf_puts(cell->out, mask->state);
        return MASK_DONE;
    }
    const char *form = hash_forms[params->scheme];
    const uint8_t *random = mask_stream(mask, cell, strlen(form));
    for (size_t i = 0; form[i] != '\0'; i++)
        buf_putc(cell->out, form[i] == '.' ? digits[random[i] % 62] : form[i]);
    return MASK_DONE;
}

APPLY(redact_apply)
{
    const struct redact_params *params = mask->params;
    const char *with = params->with != NULL ? params->with : "*";
    size_t n = utf8_length(cell->data, cell->len);
    size_t first = (size_t)params->first, last = (size_t)params->last;
    if (first + last >= n) /* a short one would stay as it is */
        first = last = 0;
    size_t head = utf8_prefix(cell->data, cell->len, first);
    size_t tail = utf8_prefix(cell->data, cell->len, n - last);
    buf_add(cell->out, cell->data, head);
    for (size_t i = first; i < n - last; i++)
        buf_puts(cell->out, with);
    buf_add(cell->out, cell->data + tail, cell->len - tail);
    return MASK_DONE;
}

const struct transformer transform_keep = {
    .name = "keep",
    .summary = "the original",
    .accepts = KIND_ANY,
    .need = NEED_VALUE,
    .gives = GIVES_INJECTIVE | GIVES_SHAPE | GIVES_ORDER,
};

static bool
null_may_be_null(const struct mask *mask)
{
    (void)mask;
    return true;
}

const struct transformer transform_null = {
    .name = "null",
    .summary = "NULL",
    .accepts = KIND_ANY,
    .need = NEED_NOTHING,
    .apply = null_apply,
    .is = IS_EMPTY | IS_FOLDED,
    .may_be_null = null_may_be_null,
};

const struct transformer transform_empty = {
    .name = "empty",
    .summary = "an empty text, list or object",
    .accepts = KIND_TEXTS | KIND_BYTES | KIND_OTHER,
    .need = NEED_NULLNESS,
    .apply = empty_apply,
    .is = IS_EMPTY,
};

static bool
set_values(const struct mask *mask, bool (*take)(void *ctx, const char *value), void *ctx)
{
    return take(ctx, ((const struct set_params *)mask->params)->value);
}

static const struct parameter set_list[] = {
    { .name = "value",
      .kind = PARAM_TEXT,
      .offset = offsetof(struct set_params, value),
      .summary = "what every row gets" },
};

const struct transformer transform_set = {
    .name = "set",
    .summary = "the same value in every row",
    .accepts = KIND_TEXT | KIND_JSON | KIND_INTEGER | KIND_NUMBER | KIND_ENUM | KIND_BOOL,
    .need = NEED_NULLNESS,
    .size = sizeof(struct set_params),
    PARAMS(set_list),
    .prepare = set_prepare,
    .apply = set_apply,
    .longest = set_longest,
    .is = IS_GIVEN,
    .values = set_values,
};

static const struct parameter secret_list[] = {
    { .name = "length",
      .kind = PARAM_COUNT,
      .offset = offsetof(struct secret_params, length),
      .fallback = "21",
      .summary = "characters, the first is '!'" },
};

const struct transformer transform_secret = {
    .name = "secret",
    .summary = "random characters that open nothing, for nothing that was",
    .accepts = KIND_TEXT | KIND_BYTES,
    .seed = SEED_ROW,
    .need = NEED_BLANKNESS,
    .gives = GIVES_RANDOM | GIVES_LETTERS,
    .size = sizeof(struct secret_params),
    PARAMS(secret_list),
    .apply = secret_apply,
    .bits = secret_bits,
    .longest = secret_longest,
};

static const struct parameter hash_list[] = {
    { .name = "scheme",
      .kind = PARAM_WORD,
      .offset = offsetof(struct hash_params, scheme),
      .words = { "bcrypt", "argon2id", "pbkdf2_sha256", "scrypt" },
      .fallback = "bcrypt",
      .summary = "how the hash is spelled" },
    { .name = "file",
      .kind = PARAM_TEXT,
      .offset = offsetof(struct hash_params, file),
      .fallback = "none",
      .summary = "one line: the hash of a password that developers know" },
};

const struct transformer transform_password_hash = {
    .name = "password_hash",
    .summary = "a hash in the usual spelling that no password has, or one for all",
    .accepts = KIND_TEXT,
    .seed = SEED_ROW,
    .need = NEED_BLANKNESS,
    .gives = GIVES_SECRETS,
    .size = sizeof(struct hash_params),
    PARAMS(hash_list),
    .prepare = hash_prepare,
    .apply = hash_apply,
    .longest = hash_longest,
    .is = IS_UNTRIED,
};

static const struct parameter redact_list[] = {
    { .name = "first",
      .kind = PARAM_COUNT,
      .offset = offsetof(struct redact_params, first),
      .fallback = "0",
      .summary = "characters that stay at the beginning" },
    { .name = "last",
      .kind = PARAM_COUNT,
      .offset = offsetof(struct redact_params, last),
      .fallback = "0",
      .summary = "characters that stay at the end" },
    { .name = "with",
      .kind = PARAM_TEXT,
      .offset = offsetof(struct redact_params, with),
      .fallback = "*",
      .summary = "what stands for the others" },
};

const struct transformer transform_redact = {
    .name = "redact",
    .summary = "asterisks",
    .accepts = KIND_TEXT,
    .seed = SEED_NONE,
    .need = NEED_VALUE,
    .tells = TELLS_TEXT,
    .gives = GIVES_SHAPE,
    .size = sizeof(struct redact_params),
    PARAMS(redact_list),
    .apply = redact_apply,
    .examples = "abc|4111 1111",
};

const struct transformer transform_recompute = {
    .name = "recompute",
    .summary = "emptied: what is computed from masked columns must be computed anew (generated "
               "columns are)",
    .accepts = KIND_ANY,
    .seed = SEED_NONE,
    .need = NEED_NULLNESS,
    .apply = empty_apply,
    .is = IS_EMPTY | IS_ANEW,
};
