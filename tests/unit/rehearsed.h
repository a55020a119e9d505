/* SPDX-License-Identifier: PostgreSQL */
/* A rehearsal made by hand: public.t of 150 MB with an index, public.p, and what a test adds. */
#ifndef REHEARSED_H
#define REHEARSED_H

#include "rehearse/policy.h"
#include "rehearse/rehearsal.h"
#include "rehearse/write.h"
#include "unit.h"

static struct relations known;

static inline struct relation *
know(unsigned oid, const char *name, char kind, const char *table, int64_t bytes)
{
    struct relation *relation = ARENA_NEW(&known.arena, struct relation);
    *relation = (struct relation){ .oid = oid,
                                   .name = name,
                                   .kind = kind,
                                   .table = table,
                                   .file = oid,
                                   .bytes = bytes,
                                   .rows = 1000 };
    struct relation **list = ARENA_ARRAY(&known.arena, struct relation *, known.n + 1);
    for (int i = 0; i < known.n; i++)
        list[i] = known.list[i];
    list[known.n++] = relation;
    known.list = list; /* they come by name */
    map_put(&known.by_oid, oid, relation);
    return relation;
}

static inline void
rehearsed_begin(struct rehearsal *r)
{
    known = (struct relations){ 0 };
    *r = (struct rehearsal){ .copy = "shop", .what = "m.sql", .server = "PostgreSQL 15.1" };
    know(3, "public.p", 'r', NULL, 5000);
    know(1, "public.t", 'r', NULL, 150 << 20);
    know(2, "public.t_a", 'i', "public.t", 10 << 20);
    r->before = &known;
}

static inline void
rehearsed_end(struct rehearsal *r)
{
    rehearsal_deinit(r);
    relations_deinit(&known);
}

static inline struct step *
add_step(struct rehearsal *r, const char *text, const char *tag)
{
    struct step *step = record_step(&r->record);
    step->text = step->sql = text;
    step->tag = tag;
    step->file = "m.sql";
    step->line = r->record.nsteps;
    step->is_exact = true;
    step->took_ms = 10;
    step->lock_timeout_ms = 1000;
    step->transaction = r->record.nsteps;
    r->record.took_ms += 10;
    return step;
}

/* Of the last step. */
static inline struct hold *
add_hold(struct rehearsal *r, unsigned oid, enum lock_mode mode, double ms)
{
    struct hold *hold = record_hold(&r->record);
    const struct relation *relation = relations_find(&known, oid);
    hold->oid = oid;
    hold->name = relation != NULL ? relation->name : "public.new";
    hold->kind = relation != NULL ? relation->kind : 'r';
    hold->mode = mode;
    hold->step = r->record.nsteps - 1;
    hold->to_ms = ms;
    hold->is_exact = true;
    hold->is_open = false;
    return hold;
}

static inline struct effect *
add_effect(struct rehearsal *r, enum effect_kind kind, const char *name, char relkind, int64_t rows)
{
    struct effect *effect = record_effect(&r->record);
    effect->step = r->record.nsteps - 1;
    effect->kind = kind;
    effect->name = name;
    effect->relkind = relkind;
    effect->rows = rows;
    return effect;
}

#endif
