/* SPDX-License-Identifier: PostgreSQL */
/* Values from a list: drawn, or looked up. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "transform/maker.h"
#include "transform/transform.h"

struct choice_params {
    const struct yaml_node *values;
    const char *weights;
    int min_count;
};

struct map_params {
    const struct yaml_node *values, *fallback;
};

struct choices {
    size_t n;
    const char **values;
    double *upto;  /* cumulated shares */
    bool is_empty; /* the source has no value that is frequent enough */
};

static bool
is_null(const char *value)
{
    return strcmp(value, "null") == 0;
}

static bool
choice_is_lost(const struct mask *mask)
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

static bool
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

static bool
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
        else if (!is_null(item->text) && !mask_maker_check(maker, mask, item->text))
            return false;
    return value_text(&reader, params->fallback, &ignored) &&
           (is_null(ignored) || mask_maker_check(maker, mask, ignored));
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
            return is_null(item->text) ? MASK_NULL : put_value(cell, item->text);
    return is_null(params->fallback->text) ? MASK_NULL : put_value(cell, params->fallback->text);
}

static bool
each_value(const struct yaml_node *list, bool (*take)(void *ctx, const char *value), void *ctx)
{
    bool ok = true;
    for (const struct yaml_node *i = list != NULL ? list->items : NULL; ok && i != NULL;
         i = i->next)
        ok = i->kind != YAML_TEXT || take(ctx, i->text);
    return ok;
}

static bool
choice_values(const struct mask *mask, bool (*take)(void *ctx, const char *value), void *ctx)
{
    return each_value(((const struct choice_params *)mask->params)->values, take, ctx);
}

static bool
map_may_be_null(const struct mask *mask)
{
    const struct map_params *params = mask->params;
    bool may = is_null(params->fallback->text);
    for (const struct yaml_node *item = params->values->items; item != NULL; item = item->next)
        may |= is_null(item->text);
    return may;
}

static bool
map_values(const struct mask *mask, bool (*take)(void *ctx, const char *value), void *ctx)
{
    const struct map_params *params = mask->params;
    bool ok = is_null(params->fallback->text) || take(ctx, params->fallback->text);
    for (const struct yaml_node *i = params->values->items; ok && i != NULL; i = i->next)
        ok = is_null(i->text) || take(ctx, i->text);
    return ok;
}

static const struct parameter choice_list[] = {
    { .name = "values",
      .kind = PARAM_NODE,
      .offset = offsetof(struct choice_params, values),
      .fallback = "none",
      .summary = "a list" },
    { .name = "weights",
      .kind = PARAM_TEXT,
      .offset = offsetof(struct choice_params, weights),
      .fallback = "none",
      .summary = "source: the values of the source, as frequent as there" },
    { .name = "min_count",
      .kind = PARAM_COUNT,
      .offset = offsetof(struct choice_params, min_count),
      .fallback = "5",
      .summary = "rows that a value of the source must have" },
};

const struct transformer transform_choice = {
    .name = "choice",
    .summary = "one of a list, whatever the original was",
    .accepts = KIND_TEXT | KIND_ENUM | KIND_BOOL | KIND_INTEGER | KIND_NUMBER,
    .seed = SEED_ROW,
    .need = NEED_NULLNESS,
    .size = sizeof(struct choice_params),
    PARAMS(choice_list),
    .prepare = choice_prepare,
    .apply = choice_apply,
    .is = IS_DRAWN,
    .is_lost = choice_is_lost,
    .values = choice_values,
};

static const struct parameter map_list[] = {
    { .name = "values",
      .kind = PARAM_NODE,
      .offset = offsetof(struct map_params, values),
      .summary = "a map from originals to fakes" },
    { .name = "default",
      .kind = PARAM_NODE,
      .offset = offsetof(struct map_params, fallback),
      .summary = "of any other original" },
};

const struct transformer transform_map = {
    .name = "map",
    .is = IS_SAID,
    .summary = "by a table of the rules",
    .accepts = KIND_TEXT | KIND_ENUM | KIND_BOOL | KIND_INTEGER,
    .seed = SEED_NONE,
    .need = NEED_VALUE,
    .size = sizeof(struct map_params),
    PARAMS(map_list),
    .prepare = map_prepare,
    .apply = map_apply,
    .may_be_null = map_may_be_null,
    .values = map_values,
};
