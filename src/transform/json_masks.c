/* SPDX-License-Identifier: PostgreSQL */
#include "transform/json_masks.h"

#include <assert.h>
#include <string.h>

#include "transform/transform.h"

enum { MOST_NAMES = 10000 };

/* ---- preparing */

static bool
add_path(struct json_masks *masks, struct mask_maker *maker, const struct yaml_node *item)
{
    struct reader reader = mask_maker_reader(maker);
    struct json_rule *rule = &masks->rules[masks->n];
    const char *problem;
    path_parse(item->key, maker->arena, &rule->path, &problem);
    if (problem != NULL)
        return yaml_error(reader.source, item->key_line, item->key_column, maker->err,
                          "E114 '%s': %s", item->key, problem);
    const struct rules_mask *how = read_mask(&reader, item);
    if (how == NULL)
        return false;
    if (how->next != NULL)
        return value_error(&reader, item, "E115 conditions are for columns, not for paths");
    if (strcmp(how->use, "keep") != 0 && (rule->mask = mask_make(maker, how)) == NULL)
        return false;
    masks->n++;
    return true;
}

/* Packs know columns by their names: keys of JSON are names, too. What a line does to numbers or
 * dates is not for texts, but its leaf is no less personal. */
static bool
add_names(struct json_masks *masks, struct mask_maker *maker)
{
    const struct rules_columns *columns = &maker->rules->columns;
    masks->names.columns = columns;
    masks->names.n = columns->ncolumns;
    masks->names.masks = ARENA_ARRAY(maker->arena, struct mask *, columns->ncolumns + 1);
    for (size_t i = 0; i < columns->ncolumns; i++) {
        const struct rules_column *line = &columns->columns[i];
        if (line->rank != RANK_PACK || strcmp(line->table_name, "*") != 0 ||
            line->mask->next != NULL)
            continue;
        const struct rules_domain *domain;
        const struct transformer *how =
            mask_transformer(maker->rules, line->mask, &domain, maker->err);
        if (how == NULL)
            return false;
        bool is_for_texts = (how->accepts & KIND_TEXT) != 0 && how->need == NEED_VALUE;
        if (how->apply == NULL)
            continue;
        masks->names.masks[i] = is_for_texts ? mask_make(maker, line->mask) : masks->shape;
        if (masks->names.masks[i] == NULL)
            return false;
    }
    return true;
}

bool
json_prepare(struct mask *mask, struct mask_maker *maker)
{
    assert(mask != NULL && maker != NULL);
    const struct json_params *params = mask->params;
    struct json_masks *masks = ARENA_NEW(maker->arena, struct json_masks);
    enum mask_kind kind = maker->kind;
    int n = 0;
    mask->state = masks;
    mask->may_stay = true;
    masks->other = params->other;
    masks->keys = params->keys;
    masks->detect = mask_maker_detect(maker);
    if (params->paths != NULL && params->paths->kind != YAML_MAP) {
        struct reader reader = mask_maker_reader(maker);
        return value_is_map(&reader, params->paths);
    }
    maker->kind = KIND_TEXT;
    for (const struct yaml_node *i = params->paths != NULL ? params->paths->items : NULL; i != NULL;
         i = i->next)
        n++;
    masks->rules = ARENA_ARRAY(maker->arena, struct json_rule, n + 1);
    bool ok = true;
    for (const struct yaml_node *i = params->paths != NULL ? params->paths->items : NULL;
         ok && i != NULL; i = i->next)
        ok = add_path(masks, maker, i);
    masks->text = ok ? mask_make_word(maker, mask, "text") : NULL;
    masks->shape = masks->text != NULL ? mask_make_word(maker, mask, "by_shape") : NULL;
    ok = masks->shape != NULL && add_names(masks, maker);
    maker->kind = kind;
    return ok;
}

/* ---- finding */

/* The number, from 1, of the line that knows a key; 0: none does. */
static size_t
find_name(const struct json_names *names, const char *key)
{
    struct buf normal = { 0 };
    size_t found = 0;
    columns_normalize(key, &normal);
    const char *const name[] = { buf_str(&normal) };
    for (size_t i = 0; i < names->n && found == 0; i++)
        if (names->masks[i] != NULL && pattern_matches(names->columns->columns[i].column, name))
            found = i + 1;
    buf_deinit(&normal);
    return found;
}

static uint64_t
hash_key(const struct path_step *step)
{
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a: keys repeat in every row */
    for (size_t i = 0; i < step->len; i++)
        hash = (hash ^ (uint8_t)step->key[i]) * UINT64_C(1099511628211);
    return hash;
}

static const struct mask *
by_name(const struct json_masks *masks, struct mask_work *work, const struct path_step *place,
        int depth)
{
    const struct json_names *names = &masks->names;
    int at = depth - 1;
    while (at >= 0 && place[at].kind != STEP_KEY)
        at--;
    if (at < 0 || names->n == 0)
        return NULL;
    uint64_t hash = hash_key(&place[at]);
    uintptr_t number = (uintptr_t)map_get(&work->names, hash); /* one more than the line's */
    if (number == 0) {
        number = find_name(names, place[at].key) + 1;
        if (work->names.count < MOST_NAMES)
            map_put(&work->names, hash, (void *)number);
    }
    return number > 1 ? names->masks[number - 2] : NULL;
}

enum json_verdict
json_masks_find(const struct json_masks *masks, struct mask_work *work,
                const struct path_step *place, int depth, const char *text, size_t len,
                enum json_leaf kind, const struct mask **mask)
{
    assert(masks != NULL);
    const struct json_rule *best = NULL;
    for (int i = 0; i < masks->n; i++)
        if (path_matches(&masks->rules[i].path, place, depth) &&
            (best == NULL || masks->rules[i].path.exactness > best->path.exactness))
            best = &masks->rules[i];
    *mask = best != NULL ? best->mask : NULL;
    if (best != NULL)
        return best->mask != NULL ? JSON_MASKED : JSON_KEPT;
    if (masks->other != OTHER_MASK)
        return masks->other == OTHER_KEEP   ? JSON_KEPT
               : masks->other == OTHER_DROP ? JSON_DROPPED
                                            : JSON_STOPS;
    if (kind == LEAF_WORD) /* whatever its key is called: it tells nothing that was not asked for */
        return JSON_KEPT;
    *mask = by_name(masks, work, place, depth);
    if (*mask != NULL)
        return JSON_MASKED;
    if (kind == LEAF_NUMBER && len < JSON_LONG_NUMBER)
        return JSON_KEPT;
    *mask = kind == LEAF_TEXT && memchr(text, ' ', len) != NULL ? masks->text : masks->shape;
    return JSON_MASKED;
}
