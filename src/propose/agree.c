/* SPDX-License-Identifier: PostgreSQL */
#include "propose/agree.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/map.h"

#define NEARLY_ALL 0.9 /* of a column's values: it speaks the other's language */

/* What is drawn from the source's values is in the copy, too. */
static bool
is_kept(const struct proposal *p)
{
    return p->mask != NULL &&
           (strcmp(p->mask, "keep") == 0 || strncmp(p->mask, "{use: choice", 12) == 0);
}

/* Masks that keep the form of a text, so that two columns which share it agree on their fakes. */
static bool
is_by_form(const struct proposal *p)
{
    static const char *const masks[] = { "by_shape", "pattern", "digits", "username",
                                         "email",    "token",   "uuid" };
    for (size_t i = 0; p->mask != NULL && i < sizeof masks / sizeof *masks; i++)
        if (strcmp(p->mask, masks[i]) == 0)
            return true;
    return false;
}

/* A column, by one of its values. */
struct holder {
    int table, column;
};

enum side { KEPT, MASKED, FORCED };

static bool
is_on(const struct proposal *p, enum side side)
{
    return side == FORCED ? is_kept(p) && p->is_forced
           : side == KEPT ? is_kept(p)
                          : p->mask != NULL && !is_kept(p) && strcmp(p->mask, "\"null\"") != 0;
}

static void
gather(const struct plan *plan, const struct evidence *const *evidence,
       struct proposal *const *proposals, enum side side, struct arena *arena, struct map *out)
{
    for (int t = 0; t < plan->ntables; t++)
        for (int c = 0; c < plan->tables[t]->ncolumns; c++) {
            const struct evidence *e = &evidence[t][c];
            if (!is_on(&proposals[t][c], side) || e->nhashes == 0)
                continue;
            struct holder *holder = ARENA_NEW(arena, struct holder);
            *holder = (struct holder){ t, c };
            for (int i = 0; i < e->nhashes; i++)
                map_put(out, e->hashes[i], holder);
        }
}

/* A column that has some of the values, and how many of them there are. */
static const struct holder *
shares(const struct map *map, const struct evidence *e, int *n)
{
    const struct holder *found = NULL;
    *n = 0;
    for (int i = 0; i < e->nhashes; i++) {
        const struct holder *holder = map_get(map, e->hashes[i]);
        *n += holder != NULL;
        found = holder != NULL ? holder : found;
    }
    for (int i = 0; found == NULL && i < e->npairs; i++)
        found = map_get(map, e->pairs[i]); /* two words of a text are found, too */
    return found;
}

/* Columns masked for want of a reason that have nothing but what is kept anyway. */
static void
keep_known(const struct plan *plan, const struct evidence *const *evidence,
           struct proposal *const *proposals)
{
    struct map kept = { 0 };
    struct arena arena = { 0 };
    gather(plan, evidence, proposals, KEPT, &arena, &kept);
    for (int t = 0; t < plan->ntables; t++)
        for (int c = 0; c < plan->tables[t]->ncolumns; c++) {
            struct proposal *p = &proposals[t][c];
            int shared;
            const struct holder *from = p->mask != NULL && !is_kept(p) && p->is_fallback
                                            ? shares(&kept, &evidence[t][c], &shared)
                                            : NULL;
            bool is_text = mask_kind_of(plan->tables[t]->columns[c].type) == KIND_TEXT;
            int all = is_text ? evidence[t][c].distinct : evidence[t][c].nhashes;
            if (from == NULL || shared < NEARLY_ALL * all)
                continue;
            p->mask = "keep";
            p->is_guess = shared < all;
            snprintf(p->why, sizeof p->why, "values of %.60s.%.60s",
                     plan->tables[from->table]->name,
                     plan->tables[from->table]->columns[from->column].name);
        }
    map_deinit(&kept);
    arena_deinit(&arena);
}

/* Columns that are kept, though what they hold is masked elsewhere. Returns whether there were any.
 */
static bool
mask_known(const struct plan *plan, const struct evidence *const *evidence,
           struct proposal *const *proposals)
{
    struct map masked = { 0 };
    struct arena arena = { 0 };
    bool changed = false;
    gather(plan, evidence, proposals, MASKED, &arena, &masked);
    for (int t = 0; t < plan->ntables; t++)
        for (int c = 0; c < plan->tables[t]->ncolumns; c++) {
            struct proposal *p = &proposals[t][c];
            int shared;
            const struct holder *from =
                is_kept(p) && !p->is_firm ? shares(&masked, &evidence[t][c], &shared) : NULL;
            if (from == NULL)
                continue;
            bool is_text = mask_kind_of(plan->tables[t]->columns[c].type) == KIND_TEXT;
            const struct proposal *other = &proposals[from->table][from->column];
            p->mask = !is_text            ? "{use: json, other: mask}"
                      : is_by_form(other) ? other->mask
                                          : "by_shape";
            p->is_guess = false;
            snprintf(p->why, sizeof p->why, "has values of %.60s.%.60s, which are masked",
                     plan->tables[from->table]->name,
                     plan->tables[from->table]->columns[from->column].name);
            changed = true;
        }
    map_deinit(&masked);
    arena_deinit(&arena);
    return changed;
}

/* Bytes of one name are joined by what they say, where one of them must stay unique. */
static void
agree_on_bytes(const struct plan *plan, struct proposal *const *proposals)
{
    struct map tokens = { 0 };
    for (int round = 0; round < 2; round++)
        for (int t = 0; t < plan->ntables; t++)
            for (int c = 0; c < plan->tables[t]->ncolumns; c++) {
                const struct column *column = &plan->tables[t]->columns[c];
                struct proposal *p = &proposals[t][c];
                if (p->mask == NULL || mask_kind_of(column->type) != KIND_BYTES)
                    continue;
                if (strcmp(p->mask, "token") == 0)
                    map_put_name(&tokens, column->name, p);
                else if (map_get_name(&tokens, column->name) != NULL && p->is_fallback)
                    p->mask = "token";
            }
    map_deinit(&tokens);
}

void
agree(const struct plan *plan, const struct evidence *const *evidence,
      struct proposal *const *proposals)
{
    keep_known(plan, evidence, proposals);
    while (mask_known(plan, evidence, proposals)) /* each time fewer are kept */
        ;
    agree_on_bytes(plan, proposals);
}

static bool
names_persons(const struct evidence *e)
{
    int hits = e->persons + e->first_names + e->last_names + e->logins;
    for (int i = 0; i < ndetectors; i++)
        hits += e->hits[i];
    return hits * 50 > e->distinct;
}

/* How many of the holder's values `e` has. */
static int
shared_with(const struct evidence *e, const struct evidence *holder)
{
    struct map own = { 0 };
    int n = 0;
    for (int i = 0; i < e->nhashes; i++)
        map_put(&own, e->hashes[i], &own);
    for (int i = 0; i < holder->nhashes; i++)
        n += map_get(&own, holder->hashes[i]) != NULL;
    map_deinit(&own);
    return n;
}

static bool
keep_like_forced(const struct plan *plan, const struct evidence *const *evidence,
                 struct proposal *const *proposals, const struct map *forced, int t, int c)
{
    struct proposal *p = &proposals[t][c];
    const struct evidence *e = &evidence[t][c];
    int n;
    bool is_code = p->is_fallback && e->prose * 5 < e->distinct;
    if (!is_on(p, MASKED) || mask_kind_of(plan->tables[t]->columns[c].type) != KIND_TEXT ||
        !(is_code || is_by_form(p)))
        return false;
    const struct holder *from = shares(forced, e, &n);
    if (n == 0 || names_persons(e))
        return false;
    const struct evidence *of = &evidence[from->table][from->column];
    if (n < NEARLY_ALL * e->nhashes && shared_with(e, of) < NEARLY_ALL * of->nhashes)
        return false;
    p->mask = "keep";
    p->is_guess = p->is_firm = true; /* and no others for its sake */
    snprintf(p->why, sizeof p->why, "values of %.60s.%.60s, which nothing can mask",
             plan->tables[from->table]->name,
             plan->tables[from->table]->columns[from->column].name);
    return true;
}

bool
agree_with_forced(const struct plan *plan, const struct evidence *const *evidence,
                  struct proposal *const *proposals)
{
    assert(plan != NULL);
    struct map forced = { 0 };
    struct arena arena = { 0 };
    bool changed = false;
    gather(plan, evidence, proposals, FORCED, &arena, &forced);
    for (int t = 0; t < plan->ntables; t++)
        for (int c = 0; c < plan->tables[t]->ncolumns; c++)
            changed |= keep_like_forced(plan, evidence, proposals, &forced, t, c);
    map_deinit(&forced);
    arena_deinit(&arena);
    return changed;
}

void
agree_to_accept(const struct plan *plan, const struct evidence *const *evidence,
                struct proposal *const *proposals, struct arena *arena)
{
    assert(plan != NULL);
    struct map masked = { 0 };
    gather(plan, evidence, proposals, MASKED, arena, &masked);
    for (int t = 0; t < plan->ntables; t++)
        for (int c = 0; c < plan->tables[t]->ncolumns; c++) {
            struct proposal *p = &proposals[t][c];
            int shared;
            bool must_stay = p->is_firm || (p->is_forced && !names_persons(&evidence[t][c]));
            const struct holder *from =
                is_kept(p) && must_stay ? shares(&masked, &evidence[t][c], &shared) : NULL;
            p->shared_with =
                from == NULL ? NULL
                             : arena_printf(arena, "%s.%s.%s", plan->tables[from->table]->schema,
                                            plan->tables[from->table]->name,
                                            plan->tables[from->table]->columns[from->column].name);
        }
    map_deinit(&masked);
}
