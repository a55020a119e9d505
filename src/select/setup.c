/* SPDX-License-Identifier: PostgreSQL */
/* What is read of every table, and how its rows are told and chosen. */
#include <assert.h>
#include <string.h>

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
make_tuple_of(struct chosen_rows *set, struct side *side, const struct column *const *columns,
              int n)
{
    int *at = ARENA_ARRAY(&set->arena, int, n + 1);
    for (int i = 0; i < n; i++)
        at[i] = place_of(side, columns[i]);
    return (struct tuple){
        .ncolumns = n, .columns = columns, .at = at, .as_integer = tuple_fits_integer(columns, n)
    };
}

struct tuple
make_tuple(struct chosen_rows *set, struct side *side, const int *numbers, int n)
{
    assert(set != NULL && side != NULL);
    const struct column **columns = ARENA_ARRAY(&set->arena, const struct column *, n + 1);
    for (int i = 0; i < n; i++)
        columns[i] = &side->plan->table->columns[numbers[i]];
    return make_tuple_of(set, side, columns, n);
}

static void
make_identity(struct chosen_rows *set, struct side *side)
{
    const struct table *table = side->plan->table;
    const struct index *key = catalog_identity(table);
    int n = key != NULL ? key->nkeys : table->ncolumns;
    int *numbers = ARENA_ARRAY(&set->arena, int, n + 1);
    for (int i = 0; i < n; i++)
        numbers[i] = key != NULL ? key->keys[i].column : i;
    side->by_row = key == NULL;
    side->has_place = key == NULL && table->kind == 'r';
    side->targets[side->ntargets++].tuple = make_tuple(set, side, numbers, n);
}

static struct target *
find_target(struct chosen_rows *set, struct side *side, const int *numbers, int n)
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
make_edge(struct chosen_rows *set, int number)
{
    const struct sample_edge *plan = &set->sampling->edges[number];
    struct edge *edge = &set->edges[number];
    edge->plan = plan;
    edge->is_owner = set->sampling->tables[plan->child].owner == number;
    edge->child = make_tuple_of(set, &set->sides[plan->child], plan->child_keys, plan->ncolumns);
    edge->parent =
        find_target(set, &set->sides[plan->parent], plan->parent_columns, plan->ncolumns);
    edge->child.as_integer = edge->parent->tuple.as_integer;
    for (int i = 0; i < plan->ncolumns && i < 32; i++) {
        const struct type *type = edge->parent->tuple.columns[i]->type;
        if (type->kind == TYPE_SCALAR && type->scalar == SCALAR_BPCHAR)
            edge->child.padded |= UINT32_C(1) << i;
    }
}

/* All columns, and expressions of references that only the rules know. */
static int
most_read(const struct sampling *sampling, int number)
{
    int n = sampling->tables[number].table->ncolumns + 1;
    const struct sample_edges *up = &sampling->tables[number].up;
    for (int i = 0; i < up->n; i++)
        n += sampling->edges[up->of[i]].ncolumns;
    return n;
}

/* Its own key, and those that references name. */
static int
most_targets(const struct sampling *sampling, int number)
{
    return 2 + sampling->tables[number].down.n;
}

/* Parents that are required are chosen by themselves, and so are those of owners. */
static void
set_shares(struct chosen_rows *set)
{
    for (int n = 0; n < set->sampling->ntables; n++) {
        int number = set->sampling->order[n];
        struct side *side = &set->sides[number];
        side->share = side->plan->owner >= 0
                          ? set->sides[set->sampling->edges[side->plan->owner].parent].share
                          : 1;
        for (int i = 0; i < side->plan->up.n; i++) {
            const struct sample_edge *edge = &set->sampling->edges[side->plan->up.of[i]];
            const struct side *parent = &set->sides[edge->parent];
            double in = parent->rate * parent->share;
            /* where no parent is in, only rows that need none are */
            if (edge->policy == POLICY_REQUIRE && !edge->needs_nothing && edge->parent != number &&
                in > 0)
                side->share *= in;
        }
    }
}

void
set_up(struct chosen_rows *set, const struct key *key)
{
    assert(set != NULL);
    const struct sampling *sampling = set->sampling;
    set->sides = ARENA_ARRAY(&set->arena, struct side, sampling->ntables + 1);
    set->edges = ARENA_ARRAY(&set->arena, struct edge, sampling->nedges + 1);
    key_derive(key, "fingerprint", "", set->fingerprint_key, PRF_KEY);
    set->nlabels = LABEL_STRATUM;
    for (int i = 0; i < LABEL_END; i++)
        set->factors[i] = 1;
    for (int i = 0; i < sampling->ntables; i++) {
        struct side *side = &set->sides[i];
        const struct table *table = sampling->tables[i].table;
        uint8_t sub_key[32];
        side->plan = &sampling->tables[i];
        map_put(&set->by_oid, table->oid, side);
        side->read = ARENA_ARRAY(&set->arena, const struct column *, most_read(sampling, i));
        side->targets = ARENA_ARRAY(&set->arena, struct target, most_targets(sampling, i));
        make_identity(set, side);
        const char *label =
            arena_printf(&set->arena, "%s\n%s.%s", sampling->seed, table->schema, table->name);
        key_derive(key, "sample", label, sub_key, sizeof sub_key);
        memcpy(&side->chooser.seed, sub_key, sizeof side->chooser.seed);
        memcpy(side->chooser.key, sub_key + 16, PRF_KEY);
        explicit_bzero(sub_key, sizeof sub_key);
        side->rate = sampling_rate(sampling, i);
        if (side->plan->nstrata > 0)
            side->strata =
                strata_new(make_tuple(set, side, side->plan->strata, side->plan->nstrata));
    }
    set_shares(set);
    for (int i = 0; i < sampling->nedges; i++)
        make_edge(set, i);
}

void
select_forget_keys(struct chosen_rows *set)
{
    if (set == NULL)
        return;
    explicit_bzero(set->fingerprint_key, sizeof set->fingerprint_key);
    for (int i = 0; set->sides != NULL && i < set->sampling->ntables; i++)
        explicit_bzero(set->sides[i].chooser.key, sizeof set->sides[i].chooser.key);
}

bool
side_is_key_column(const struct chosen_rows *set, int number, int column)
{
    assert(set != NULL && column >= 0);
    const struct table *table = set->sides[number].plan->table;
    for (int i = 0; i < table->nindexes; i++)
        for (int k = 0; table->indexes[i].is_unique && k < table->indexes[i].nkeys; k++)
            if (table->indexes[i].keys[k].column == column)
                return true;
    const struct sample_edges *up = &set->sampling->tables[number].up;
    for (int i = 0; i < up->n; i++)
        for (int k = 0; k < set->edges[up->of[i]].child.ncolumns; k++)
            if (set->edges[up->of[i]].child.columns[k] == &table->columns[column])
                return true;
    return false;
}
