/* SPDX-License-Identifier: PostgreSQL */
/* Numbers. Those of KIND_NUMBER are decimal text, in and out, with as many decimals. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "transform/maker.h"
#include "transform/transform.h"

struct int_params {
    const struct yaml_node *range;
};

struct noise_params {
    double ratio;
};

struct bucket_params {
    double step;
};

struct top_code_params {
    double at;
};

enum { MANY = 1000 }; /* a permutation of fewer may leave most of them where they are */

/* ---- int */

struct int_range {
    int64_t low, high;
};

static bool
int_prepare(struct mask *mask, struct mask_maker *maker)
{
    const struct int_params *params = mask->params;
    struct int_range *range = ARENA_NEW(maker->arena, struct int_range);
    *range = (struct int_range){ 0, mask->high > INT32_MAX ? INT32_MAX : mask->high };
    mask->state = range;
    if (params->range == NULL)
        return true;
    const struct yaml_node *low = params->range->items;
    const struct yaml_node *high = low != NULL ? low->next : NULL;
    char *end[2] = { NULL, NULL };
    bool ok = params->range->kind == YAML_LIST && high != NULL && high->next == NULL &&
              low->kind == YAML_TEXT && high->kind == YAML_TEXT;
    if (ok) {
        range->low = strtoll(low->text, &end[0], 10);
        range->high = strtoll(high->text, &end[1], 10);
        ok = *end[0] == '\0' && *end[1] == '\0' && range->low < range->high &&
             range->low >= mask->low && range->high <= mask->high &&
             (uint64_t)range->high - (uint64_t)range->low < UINT64_C(1) << 62;
    }
    mask->may_stay = ok && (uint64_t)range->high - (uint64_t)range->low < MANY;
    return ok || place_error(&mask->rule->place, maker->err,
                             "E111 range: [lowest, highest] within the column's type is wanted");
}

/* What lies outside is permuted within its own part of the type: above, and below. */
APPLY(int_apply)
{
    const struct int_range *range = mask->state;
    int64_t x = cell->integer;
    if (x < mask->low || x > mask->high)
        return MASK_INVALID;
    uint64_t tweak = 1, from = (uint64_t)range->low,
             n = (uint64_t)range->high - (uint64_t)range->low + 1;
    if (x > range->high) {
        from = (uint64_t)range->high + 1;
        n = (uint64_t)mask->high - (uint64_t)range->high;
        tweak = 2;
    } else if (x < range->low) {
        from = (uint64_t)mask->low;
        n = (uint64_t)range->low - (uint64_t)mask->low;
        tweak = 3;
    }
    uint64_t rank = (uint64_t)x - from;
    if (n > UINT64_C(1) << 62) { /* parts of 2^62: the highest bits stay */
        tweak += 4 * (1 + (rank >> 62));
        from += rank >> 62 << 62;
        uint64_t left = (uint64_t)mask->high - from + 1;
        n = left < UINT64_C(1) << 62 ? left : UINT64_C(1) << 62;
        rank &= (UINT64_C(1) << 62) - 1;
    }
    cell->out_integer = (int64_t)(from + permute(mask->key, tweak, n, rank, &cell->work->shuffles));
    return MASK_DONE;
}

/* ---- decimal text */

static bool
read_decimal(const struct mask_value *cell, double *out, int *decimals)
{
    char text[400], *end;
    if (cell->len >= sizeof text)
        return false;
    memcpy(text, cell->data, cell->len);
    text[cell->len] = '\0';
    *out = strtod(text, &end);
    const char *point = strchr(text, '.');
    *decimals = point != NULL ? (int)strlen(point + 1) : 0;
    return *end == '\0' && isfinite(*out);
}

static enum mask_result
put_number(const struct mask *mask, struct mask_value *cell, double x, int decimals)
{
    if (cell->kind == KIND_INTEGER) {
        x = round(x);
        cell->out_integer = x <= (double)mask->low    ? mask->low
                            : x >= (double)mask->high ? mask->high
                                                      : (int64_t)x;
    } else {
        x = x > mask->limit ? mask->limit : x < -mask->limit ? -mask->limit : x;
        buf_printf(cell->out, "%.*f", decimals > 100 ? 100 : decimals, x);
    }
    return MASK_DONE;
}

static bool
get_number(const struct mask_value *cell, double *x, int *decimals)
{
    *decimals = 0;
    *x = (double)cell->integer;
    return cell->kind == KIND_INTEGER || read_decimal(cell, x, decimals);
}

/* A share between -1 and 1. Zero stays zero, and signs stay. */
APPLY(noise_apply)
{
    const struct noise_params *params = mask->params;
    double x, ratio = params->ratio > 0 ? params->ratio : 0.1;
    int decimals;
    if (!get_number(cell, &x, &decimals))
        return MASK_SAME;
    double share = (double)(cell->bits[0] >> 11) / 4503599627370496.0 - 1;
    return put_number(mask, cell, x * (1 + ratio * share), decimals);
}

APPLY(bucket_apply)
{
    const struct bucket_params *params = mask->params;
    double x;
    int decimals;
    if (!get_number(cell, &x, &decimals))
        return MASK_SAME;
    return put_number(mask, cell, floor(x / params->step + 1e-9) * params->step, decimals);
}

APPLY(top_code_apply)
{
    const struct top_code_params *params = mask->params;
    double x;
    int decimals = 0;
    /* infinity is above, and so is NaN in the order of the server */
    bool is_endless = cell->kind == KIND_NUMBER && cell->len > 0 && cell->data[0] != '-' &&
                      memchr("NnIi", cell->data[0], 4) != NULL;
    if (!is_endless && (!get_number(cell, &x, &decimals) || x <= params->at))
        return MASK_SAME;
    return put_number(mask, cell, params->at, decimals);
}

static const struct parameter int_list[] = {
    { .name = "range",
      .kind = PARAM_NODE,
      .offset = offsetof(struct int_params, range),
      .fallback = "of the type",
      .summary = "[lowest, highest] of the original and of the fake" },
};

const struct transformer transform_int = {
    .name = "int",
    .summary = "another whole number: a permutation",
    .accepts = KIND_INTEGER,
    .seed = SEED_VALUE,
    .need = NEED_VALUE,
    .tells = TELLS_WHO,
    .gives = GIVES_INJECTIVE,
    .size = sizeof(struct int_params),
    PARAMS(int_list),
    .prepare = int_prepare,
    .apply = int_apply,
};

static const struct parameter noise_list[] = {
    { .name = "ratio",
      .kind = PARAM_SHARE,
      .offset = offsetof(struct noise_params, ratio),
      .fallback = "10%",
      .summary = "at most so far from the original" },
};

const struct transformer transform_noise = {
    .name = "noise",
    .summary = "a number nearby",
    .accepts = KIND_INTEGER | KIND_NUMBER,
    .seed = SEED_ROW,
    .need = NEED_VALUE,
    .size = sizeof(struct noise_params),
    PARAMS(noise_list),
    .apply = noise_apply,
};

static const struct parameter bucket_list[] = {
    { .name = "step",
      .kind = PARAM_REAL,
      .offset = offsetof(struct bucket_params, step),
      .summary = "values fall to a multiple of it" },
};

const struct transformer transform_bucket = {
    .name = "bucket",
    .summary = "the multiple of a step below",
    .accepts = KIND_INTEGER | KIND_NUMBER,
    .seed = SEED_NONE,
    .need = NEED_VALUE,
    .gives = GIVES_ORDER,
    .size = sizeof(struct bucket_params),
    PARAMS(bucket_list),
    .apply = bucket_apply,
};

static const struct parameter top_code_list[] = {
    { .name = "at",
      .kind = PARAM_REAL,
      .offset = offsetof(struct top_code_params, at),
      .summary = "no value is above" },
};

const struct transformer transform_top_code = {
    .name = "top_code",
    .summary = "at most so much",
    .accepts = KIND_INTEGER | KIND_NUMBER,
    .seed = SEED_NONE,
    .need = NEED_VALUE,
    .gives = GIVES_ORDER,
    .size = sizeof(struct top_code_params),
    PARAMS(top_code_list),
    .apply = top_code_apply,
};
