/* SPDX-License-Identifier: PostgreSQL */
/* How many rows refer to one parent: in the sample, as it is chosen, and in the source, where the
 * cap has them counted anyway. */
#include "select/internal.h"

#include <assert.h>

enum { MOST_LABEL = SELECT_MOST_CHILDREN };

/* One number of a key: that of two keys is the same by chance only. */
static uint64_t
number_of(struct key128 key)
{
    return key.a ^ key.b;
}

static uintptr_t
beyond(const struct edge *edge, struct key128 key)
{
    return (uintptr_t)map_get(&edge->beyond, number_of(key));
}

void
fanout_add(struct chosen_rows *set, struct edge *edge, const struct decant_value *values)
{
    assert(edge != NULL);
    struct key128 key;
    if (edge->plan->key == NULL || !edge_key(set, edge, values, &key))
        return;
    uint8_t seen = keyset_get(&edge->children, key);
    if (seen == 0)
        keyset_put(&edge->children, key, 1);
    else if (seen < MOST_LABEL)
        keyset_relabel(&edge->children, key, (uint8_t)(seen + 1));
    else
        map_put(&edge->beyond, number_of(key), (void *)(beyond(edge, key) + 1));
}

/* Parents that came by the table's own probability, or with all others: not the ones that the cap
 * changed, nor those that are there because of a child. */
static bool
counts(uint8_t label)
{
    return label == ORIGIN_SAMPLE || label == ORIGIN_WHOLE;
}

struct select_fanout *
fanout_keep(struct chosen_rows *set, const struct select_fanout *fanout)
{
    assert(set != NULL);
    if (fanout->parents == 0)
        return NULL;
    struct select_fanout *kept = ARENA_NEW(&set->arena, struct select_fanout);
    *kept = *fanout;
    return kept;
}

void
fanout_finish(struct chosen_rows *set)
{
    assert(set != NULL);
    for (int i = 0; i < set->sampling->nedges; i++) {
        struct edge *edge = &set->edges[i];
        const struct keyset *parents = &edge->parent->members;
        struct select_fanout sum = { 0 }, *out = &sum;
        if (edge->plan->key == NULL)
            continue;
        for (size_t slot = 0; slot < parents->nslots; slot++) {
            if (!counts(parents->labels[slot]))
                continue;
            struct key128 key = keyset_key(parents, slot);
            uint8_t children = keyset_get(&edge->children, key);
            out->bars[children]++;
            out->parents++;
            out->children += children;
            if (children == MOST_LABEL)
                out->children += (int64_t)beyond(edge, key);
        }
        edge->sample = fanout_keep(set, out);
        keyset_deinit(&edge->children);
        map_deinit(&edge->beyond);
    }
}

bool
select_fanout(const struct chosen_rows *set, int number, struct select_fanout *sample,
              struct select_fanout *source)
{
    assert(set != NULL);
    const struct edge *edge = &set->edges[number];
    *sample = edge->sample != NULL ? *edge->sample : (struct select_fanout){ 0 };
    *source = edge->source != NULL ? *edge->source : (struct select_fanout){ 0 };
    return edge->plan->key != NULL;
}

double
select_share(const struct chosen_rows *set, int number)
{
    return set->sides[set->edges[number].plan->child].share;
}
