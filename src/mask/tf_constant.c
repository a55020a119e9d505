/* SPDX-License-Identifier: PostgreSQL */
/* Masks that look at nothing but NULL: null, empty, set, secret, password_hash; and redact. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "mask/compile.h"
#include "mask/functions.h"

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
bool
set_prepare(struct mask *mask, struct mask_maker *maker)
{
    const struct set_params *params = mask->params;
    int64_t *value = ARENA_NEW(maker->arena, int64_t);
    char *end;
    mask->state = value;
    if (maker->kind != KIND_INTEGER)
        return mask_maker_check(maker, mask, params->value);
    *value = strtoll(params->value, &end, 10);
    return (*end == '\0' && *value >= mask->low && *value <= mask->high) ||
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

int
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

int
secret_longest(const struct mask *mask)
{
    return secret_length(mask);
}

double
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

int
hash_longest(const struct mask *mask)
{
    const struct hash_params *params = mask->params;
    return (int)strlen(mask->state != NULL ? (const char *)mask->state
                                           : hash_forms[params->scheme]);
}

bool
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
