/* SPDX-License-Identifier: PostgreSQL */
/* What is read of every table, and how its rows are told and chosen. */
#include <string.h>

#include "select/hash.h"
#include "select/internal.h"

/* The place of a column among those that a scan of the side reads; it is added if need be. */
static int
place_of(struct side *side, const struct column *column)
{
    for (int i = 0; i < side->nread; i++)
        if (side->read[i] == column)
            return i;
    side->read[side->nread] = column;
    return side->nread++;
}

static struct tuple
make_tuple(struct selection_set *set, struct side *side, const int *numbers, int n)
{
    const struct column **columns = ARENA_ARRAY(&set->arena, const struct column *, n + 1);
    int *at = ARENA_ARRAY(&set->arena, int, n + 1);
    for (int i = 0; i < n; i++) {
        columns[i] = &side->plan->table->columns[numbers[i]];
        at[i] = place_of(side, columns[i]);
    }
    return (struct tuple){
        .ncolumns = n, .columns = columns, .at = at, .as_integer = tuple_fits_integer(columns, n)
    };
}

static void
make_identity(struct selection_set *set, struct side *side)
{
    const struct table *table = side->plan->table;
    const struct index *key = catalog_identity(table);
    int n = key != NULL ? key->nkeys : table->ncolumns;
    int *numbers = ARENA_ARRAY(&set->arena, int, n + 1);
    for (int i = 0; i < n; i++)
        numbers[i] = key != NULL ? key->keys[i].column : i;
    side->by_row = key == NULL;
    side->targets[side->ntargets++].tuple = make_tuple(set, side, numbers, n);
}

static struct target *
find_target(struct selection_set *set, struct side *side, const int *numbers, int n)
{
    struct tuple tuple = make_tuple(set, side, numbers, n);
    for (int i = 0; i < side->ntargets; i++) {
        const struct tuple *known = &side->targets[i].tuple;
        if (known->ncolumns == n && !(i == 0 && side->by_row) &&
            memcmp(known->columns, tuple.columns, (size_t)n * sizeof *tuple.columns) == 0)
            return &side->targets[i];
    }
    side->targets[side->ntargets].tuple = tuple;
    return &side->targets[side->ntargets++];
}

static void
make_edge(struct selection_set *set, int number)
{
    const struct sample_edge *plan = &set->sampling->edges[number];
    struct edge *edge = &set->edges[number];
    edge->plan = plan;
    edge->is_owner = set->sampling->tables[plan->child].owner == number;
    edge->child = make_tuple(set, &set->sides[plan->child], plan->child_columns, plan->ncolumns);
    edge->parent =
        find_target(set, &set->sides[plan->parent], plan->parent_columns, plan->ncolumns);
    edge->child.as_integer = edge->parent->tuple.as_integer;
}

bool
set_has_unclear_key(const struct selection_set *set, struct decant_error *err)
{
    for (int i = 0; i < set->sampling->nedges; i++)
        for (int j = 0; j < set->edges[i].child.ncolumns; j++)
            if (set->edges[i].child.columns[j]->is_nondeterministic) {
                const struct foreign_key *key = set->edges[i].plan->key;
                error_set(err, DECANT_REFUSED,
                          "the foreign key '%s' of '%s.%s' compares text by a nondeterministic "
                          "collation",
                          key->name, key->child->schema, key->child->name);
                error_hint(err, "only the server can tell which keys are equal; copy both tables "
                                "whole, without a sample");
                return true;
            }
    return false;
}

/* The share of rows that stay where the owner is in. */
static double
thinning_of(const struct sampling *sampling, int number)
{
    int owner = sampling->tables[number].owner;
    double parent = owner < 0 ? 0 : sampling_rate(sampling, sampling->edges[owner].parent);
    return parent > 0 ? sampling_rate(sampling, number) / parent : 1;
}

static struct bound
bound_of(double share)
{
    struct bound bound;
    bound.below = hash_bound(share, &bound.all);
    return bound;
}

void
set_up(struct selection_set *set, const struct key *key)
{
    const struct sampling *sampling = set->sampling;
    set->sides = ARENA_ARRAY(&set->arena, struct side, sampling->ntables + 1);
    set->edges = ARENA_ARRAY(&set->arena, struct edge, sampling->nedges + 1);
    key_derive(key, "fingerprint", "", set->fingerprint_key, PRF_KEY);
    for (int i = 0; i < sampling->ntables; i++) {
        struct side *side = &set->sides[i];
        const struct table *table = sampling->tables[i].table;
        uint8_t sub_key[32];
        side->plan = &sampling->tables[i];
        map_put(&set->by_oid, table->oid, side);
        side->read = ARENA_ARRAY(&set->arena, const struct column *, table->ncolumns + 1);
        side->targets = ARENA_ARRAY(&set->arena, struct target, sampling->nedges + 2);
        make_identity(set, side);
        const char *label =
            arena_printf(&set->arena, "%s\n%s.%s", sampling->seed, table->schema, table->name);
        key_derive(key, "sample", label, sub_key, sizeof sub_key);
        memcpy(&side->chooser.seed, sub_key, sizeof side->chooser.seed);
        memcpy(side->chooser.key, sub_key + 16, PRF_KEY);
        side->own = bound_of(sampling_rate(sampling, i));
        side->thin = bound_of(thinning_of(sampling, i));
    }
    for (int i = 0; i < sampling->nedges; i++)
        make_edge(set, i);
}
