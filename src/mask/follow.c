/* SPDX-License-Identifier: PostgreSQL */
#include "mask/follow.h"

#include <assert.h>
#include <string.h>

#include "transform/json_masks.h"

/* What becomes of a value: it stays, goes, or gets the fake of `mask`. */
enum fate { STAYS, GOES, CHANGES };

struct treatment {
    enum fate fate;
    const struct mask *mask; /* of CHANGES; NULL: one of several, by conditions */
};

static struct treatment
of_column(const struct masking *masking, int table, int column)
{
    const struct column_mask *how = masking_column(&masking->tables[table], column);
    if (how == NULL)
        return (struct treatment){ STAYS, NULL };
    if (how->nmasks > 1)
        return (struct treatment){ CHANGES, NULL };
    bool goes = (how->masks[0]->how->is & IS_EMPTY) != 0;
    return (struct treatment){ goes ? GOES : CHANGES, how->masks[0] };
}

/* The leaf at `path`, which stands for a key of the type `key`. */
static struct treatment
of_leaf(const struct masking *masking, const struct treatment *document, const char *path,
        const struct column *key)
{
    static const char *const likely[] = { "1000000", "a" }; /* a number as long as somebody's */
    struct mask_work work = { 0 };
    struct path place;
    const char *problem;
    if (document->fate != CHANGES || document->mask == NULL ||
        (document->mask->how->is & IS_DOCUMENT) == 0)
        return *document;
    path_parse(path, masking->arena, &place, &problem);
    if (problem != NULL) /* the sampling says so */
        return (struct treatment){ GOES, NULL };
    bool is_number = mask_kind_of(key->type) == KIND_INTEGER;
    const char *text = likely[!is_number];
    struct treatment out = { STAYS, NULL };
    switch (json_masks_find(document->mask->state, &work, place.steps, place.n, text, strlen(text),
                            is_number ? LEAF_NUMBER : LEAF_TEXT, &out.mask)) {
    case JSON_MASKED:
        out.fate = CHANGES;
        break;
    case JSON_KEPT:
        break;
    default:
        out.fate = GOES;
    }
    mask_work_deinit(&work);
    return out;
}

static bool
follows(const struct treatment *reference, const struct treatment *key)
{
    const struct mask *a = reference->mask, *b = key->mask;
    if (reference->fate == GOES || key->fate == GOES || reference->fate != key->fate)
        return reference->fate == GOES;
    return key->fate == STAYS ||
           (a != NULL && b != NULL && a->how == b->how && a->seed == SEED_VALUE &&
            strcmp(a->domain->name, b->domain->name) == 0 && mask_says_same(a->rule, b->rule));
}

static bool
refuse(const struct masking *masking, const struct rules_reference *from,
       const struct rules_end *to, const struct treatment *key, struct decant_error *err)
{
    const char *mask = key->fate == STAYS                       ? "keep"
                       : key->fate == GOES || key->mask == NULL ? NULL
                                                                : key->mask->rule->use;
    rules_error(masking->rules, from->mark, err,
                "E224 '%s' %s, and what refers to it would not follow it", to->name,
                key->fate == STAYS ? "is kept" : "is masked");
    if (mask == NULL)
        return error_hint(err, "one mask without conditions keeps the key");
    if (from->path != NULL)
        return error_hint(err,
                          "say the same of '%s': {use: json, paths: {\"%s\": %s}, other: mask}",
                          from->name, from->path, mask);
    return error_hint(err, "say the same of '%s': %s", from->columns[0], mask);
}

static bool
check_end(const struct masking *masking, const struct rules_reference *from,
          const struct rules_end *to, struct decant_error *err)
{
    const struct plan *plan = masking->plan;
    int child = plan_find(plan, from->table), parent = plan_find(plan, to->table);
    for (int k = 0; child >= 0 && parent >= 0 && k < from->ncolumns && k < to->ncolumns; k++) {
        int column = table_column(plan->tables[child], from->columns[k]);
        int key_column = table_column(plan->tables[parent], to->columns[k]);
        if (column < 0 || key_column < 0) /* the sampling says so */
            continue;
        struct treatment reference = of_column(masking, child, column);
        struct treatment key = of_column(masking, parent, key_column);
        if (from->path != NULL)
            reference = of_leaf(masking, &reference, from->path,
                                &plan->tables[parent]->columns[key_column]);
        if (!follows(&reference, &key))
            return refuse(masking, from, to, &key, err);
    }
    return true;
}

bool
follow_check(const struct masking *masking, struct decant_error *err)
{
    assert(masking->rules != NULL && masking->plan != NULL);
    const struct rules_sample *sample = &masking->rules->sample;
    for (int i = 0; i < sample->nreferences; i++) {
        const struct rules_reference *from = &sample->references[i];
        bool is_plain = from->path == NULL && from->type_column == NULL;
        for (int j = 0; !is_plain && j < from->nends; j++)
            if (!check_end(masking, from, &from->ends[j], err))
                return false;
    }
    return true;
}
