/* SPDX-License-Identifier: PostgreSQL */
/* Values from a list: drawn, or looked up. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mask/compile.h"
#include "mask/functions.h"

struct choices {
    size_t n;
    const char **values;
    double *upto;  /* cumulated shares */
    bool is_empty; /* the source has no value that is frequent enough */
};

bool
choice_is_empty(const struct mask *mask)
{
    return mask->state != NULL && ((const struct choices *)mask->state)->is_empty;
}

static enum mask_result
put_value(struct mask_value *cell, const char *value)
{
    if (cell->kind == KIND_INTEGER) {
        cell->out_integer = strtoll(value, NULL, 10); /* checked: see mask_maker_check() */
        return MASK_DONE;
    }
    buf_puts(cell->out, value);
    return MASK_DONE;
}

static bool
list_values(const struct yaml_node *list, struct mask_maker *maker, const struct mask *mask,
            struct choices *out)
{
    struct reader reader = mask_maker_reader(maker);
    int n;
    if (!value_texts(&reader, list, &out->values, &n))
        return false;
    out->n = (size_t)n;
    for (int i = 0; i < n; i++)
        if (!mask_maker_check(maker, mask, out->values[i]))
            return false;
    out->upto = ARENA_ARRAY(maker->arena, double, n);
    for (int i = 0; i < n; i++)
        out->upto[i] = (double)(i + 1) / n;
    return true;
}

bool
choice_prepare(struct mask *mask, struct mask_maker *maker)
{
    struct choice_params *params = mask->params;
    struct choices *choices = ARENA_NEW(maker->arena, struct choices);
    bool from_source = params->weights != NULL && strcmp(params->weights, "source") == 0;
    mask->state = choices;
    mask->may_stay = true;
    if (params->weights != NULL && !from_source)
        return place_error(&mask->rule->place, maker->err,
                           "E111 weights: 'source' is all that is known here");
    if ((params->values != NULL) == from_source)
        return place_error(&mask->rule->place, maker->err,
                           "E112 choice: one of 'values' and 'weights: source' is wanted");
    if (!from_source)
        return list_values(params->values, maker, mask, choices);
    if (params->min_count == 0)
        params->min_count = 5;
    if (!mask_maker_source(maker, params->min_count, &choices->n, &choices->values, &choices->upto))
        return false;
    /* an empty table needs no values; in any other the proof refuses the mask */
    choices->is_empty = choices->n == 0 && maker->frequencies != NULL && maker->column != NULL &&
                        maker->table->reltuples > 0;
    return true;
}

APPLY(choice_apply)
{
    const struct choices *choices = mask->state;
    double at = (double)(cell->bits[0] >> 11) / 9007199254740992.0;
    size_t low = 0, high = choices->n - 1;
    if (choices->n == 0) /* nothing is frequent enough, or this is a trial without data */
        return MASK_NULL;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (at < choices->upto[middle])
            high = middle;
        else
            low = middle + 1;
    }
    return put_value(cell, choices->values[low]);
}

struct mapping {
    const struct yaml_node *values, *fallback;
};

bool
map_prepare(struct mask *mask, struct mask_maker *maker)
{
    const struct map_params *params = mask->params;
    struct reader reader = mask_maker_reader(maker);
    if (!value_is_map(&reader, params->values))
        return false;
    const char *ignored;
    for (const struct yaml_node *item = params->values->items; item != NULL; item = item->next)
        if (item->kind != YAML_TEXT)
            return value_error(&reader, item, "E111 a text is wanted here");
        else if (strcmp(item->text, "null") != 0 && !mask_maker_check(maker, mask, item->text))
            return false;
    return value_text(&reader, params->fallback, &ignored) &&
           (strcmp(ignored, "null") == 0 || mask_maker_check(maker, mask, ignored));
}

/* A boolean is "t" or "f" on its way: people write true. */
static bool
is_key(const char *key, const char *text, size_t len, enum mask_kind kind)
{
    if (kind == KIND_BOOL)
        return key[0] == text[0];
    return strlen(key) == len && memcmp(key, text, len) == 0;
}

/* 'keep' as default would let pass what nobody has looked at. */
APPLY(map_apply)
{
    const struct map_params *params = mask->params;
    char number[32];
    const char *text = cell->data;
    size_t len = cell->len;
    if (cell->kind == KIND_INTEGER) {
        len = (size_t)sprintf(number, "%lld", (long long)cell->integer);
        text = number;
    }
    for (const struct yaml_node *item = params->values->items; item != NULL; item = item->next)
        if (is_key(item->key, text, len, cell->kind))
            return strcmp(item->text, "null") == 0 ? MASK_NULL : put_value(cell, item->text);
    return strcmp(params->fallback->text, "null") == 0 ? MASK_NULL
                                                       : put_value(cell, params->fallback->text);
}
