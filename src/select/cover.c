/* SPDX-License-Identifier: PostgreSQL */
#include "select/cover.h"

#include <assert.h>
#include <stdlib.h>

static const char *const kinds[] = {
    [STATES_OF_VALUES] = "values", [STATES_OF_NULLS] = "NULLs",   [STATES_OF_FLAGS] = "flags",
    [STATES_OF_ENDS] = "ends",     [STATES_OF_SHAPES] = "shapes", [STATES_OF_BRANCHES] = "check",
};

static void
count(struct select_feature *feature, const struct state *state, int least, const uint8_t *shown)
{
    bool is_there = state->rows >= least;
    feature->there += is_there;
    feature->shown += is_there && (state->in_copy > 0 || shown[state->feature]);
    feature->rare += !is_there && state->rows > 0;
}

static void
tell(struct chosen_rows *set, struct select_feature feature)
{
    if (feature.there != 0 || feature.rare > 0)
        set->features[set->nfeatures++] = feature;
}

static void
tell_states(struct chosen_rows *set, const struct table *table, const struct states *states,
            const uint8_t *shown)
{
    struct select_feature feature = { .table = table,
                                      .what = kinds[states->kind],
                                      .name = states->name };
    if (states->n < 0 && states->kind == STATES_OF_VALUES)
        return; /* many values are no list of states */
    for (int i = 0; i < states->n; i++)
        count(&feature, &states->values[i], states->least, shown);
    if (states->n < 0)
        feature.there = -1;
    if (states->kind == STATES_OF_VALUES && feature.there == 0)
        return; /* nor are a few names */
    tell(set, feature);
}

static void
tell_family(struct chosen_rows *set, int number, const struct family *family, const uint8_t *shown)
{
    const struct sample_edge *edge = &set->sampling->edges[number];
    struct select_feature feature = { .table = set->sampling->tables[edge->child].table,
                                      .what = "children",
                                      .name = edge->name };
    count(&feature, &family->none, 1, shown);
    count(&feature, &family->one, 1, shown);
    if (family->feature_of_many >= 0) {
        feature.there++;
        feature.shown += shown[family->feature_of_many];
    }
    tell(set, feature);
}

static void
tell_all(const struct cover *cover, const uint8_t *shown)
{
    struct chosen_rows *set = cover->set;
    const struct sampling *sampling = set->sampling;
    int n = sampling->nedges;
    for (int t = 0; t < sampling->ntables; t++)
        n += cover->lists[t].n;
    set->features = ARENA_ARRAY(&set->arena, struct select_feature, n + 1);
    for (int t = 0; t < sampling->ntables; t++)
        for (int i = 0; i < cover->lists[t].n; i++)
            tell_states(set, sampling->tables[t].table, &cover->lists[t].items[i], shown);
    for (int i = 0; i < sampling->nedges; i++)
        tell_family(set, i, &cover->families[i], shown);
    assert(set->nfeatures <= n);
}

static void
family_deinit(struct family *family)
{
    keyset_deinit(&family->children);
    free(family->none.smallest);
    free(family->one.smallest);
}

bool
cover_add(struct chosen_rows *set, struct decant_error *err)
{
    assert(set != NULL);
    const struct sampling *sampling = set->sampling;
    struct cover cover = { .set = set };
    if (!sampling->is_cover)
        return true;
    cover.lists = mem_alloc(((size_t)sampling->ntables + 1) * sizeof *cover.lists);
    cover.families = mem_alloc(((size_t)sampling->nedges + 1) * sizeof *cover.families);
    bool ok = cover_find(&cover, err) && cover_fetch(&cover, err);
    if (ok) {
        uint8_t *shown = mem_alloc((size_t)cover.nfeatures + 1);
        cover_pick(&cover, sampling->cover_rows, shown);
        tell_all(&cover, shown);
        free(shown);
        ok = cover_take(&cover, err);
    }
    cover_rows_free(cover.rows);
    for (int t = 0; t < sampling->ntables; t++)
        states_free(&cover.lists[t]);
    for (int i = 0; i < sampling->nedges; i++)
        family_deinit(&cover.families[i]);
    free(cover.lists);
    free(cover.families);
    return ok;
}

int
select_features(const struct chosen_rows *set, const struct select_feature **out)
{
    assert(set != NULL && out != NULL);
    *out = set->features;
    return set->nfeatures;
}
