/* SPDX-License-Identifier: PostgreSQL */
/* Why a row is in the copy, or why not: its own number, its owner, and who refers to it. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "select/internal.h"

struct explain {
    struct chosen_rows *set;
    int number;       /* of the table that is read */
    const char *text; /* the key that is looked for, or NULL: the one of `tuple` */
    const struct tuple *tuple;
    struct key128 key;
    bool found;
    /* of the row that was found */
    struct key128 identity;
    struct buf name;            /* "schema.table key" */
    double u, share;            /* up to which u it is in, given that its owner is */
    bool has_owner, is_outside; /* of the frame */
    struct key128 owner;
    const struct edge *missing; /* along it a parent is required, and not in; or NULL */
    int64_t others;             /* rows in the copy that refer to it, beside the first */
};

static bool
is_masked(const struct side *side, const struct column *column)
{
    const struct table *table = side->plan->table;
    bool is_own = column >= table->columns && column < table->columns + table->ncolumns;
    return side->plan->masked != NULL &&
           (!is_own || side->plan->masked[column - table->columns] != FATE_COPIED);
}

/* With the key of the row; `typed`: whoever asks has named it, else originals of masks are not
 * said. */
static void
put_name(const struct chosen_rows *set, int number, const struct decant_value *values, bool typed,
         struct buf *out)
{
    const struct side *side = &set->sides[number];
    const struct tuple *identity = &side->targets[0].tuple;
    struct decant_value key[identity->ncolumns + 1];
    bool hides = false;
    for (int i = 0; i < identity->ncolumns; i++) {
        key[i] = values[identity->at[i]];
        hides |= !typed && is_masked(side, identity->columns[i]);
    }
    buf_printf(out, "%s.%s ", side->plan->table->schema, side->plan->table->name);
    if (hides)
        buf_puts(out, "(masked key)");
    else
        select_put_key(set, side->plan->table, key, out);
}

static const char *
key_part(const struct explain *e)
{
    const struct table *table = e->set->sides[e->number].plan->table;
    return buf_str(&e->name) + strlen(table->schema) + strlen(table->name) + 2;
}

static bool
visit_row(struct scan *scan, const struct decant_value *values, struct key128 identity,
          struct decant_error *err)
{
    assert(scan != NULL);
    struct explain *e = scan->ctx;
    struct chosen_rows *set = scan->set;
    struct key128 key;
    (void)err;
    if (e->found)
        return true;
    buf_reset(&e->name);
    if (e->text == NULL &&
        (!tuple_key(e->tuple, values, set->fingerprint_key, &set->scratch, &key) ||
         key.a != e->key.a || key.b != e->key.b))
        return true;
    put_name(set, e->number, values, e->text != NULL, &e->name);
    if (e->text != NULL && strcmp(key_part(e), e->text) != 0)
        return true;
    e->found = true;
    e->identity = identity;
    const struct side *side = scan->side;
    e->u = (double)tuple_u(&side->targets[0].tuple, values, identity, &side->chooser) /
           18446744073709551616.0;
    e->share = choose_share(scan, values);
    e->missing = missing_parent(set, e->number, values);
    const struct decant_value *frame = &values[side->nread + side->has_place];
    e->is_outside = scan->nextra > 0 && frame->data[0] == 0;
    e->has_owner =
        side->plan->owner >= 0 && edge_key(set, &set->edges[side->plan->owner], values, &e->owner);
    if (e->text != NULL) /* the row itself: who refers to it is asked by this key */
        for (int i = 0; i < side->ntargets; i++)
            side->targets[i].is_looked_for =
                tuple_key(&side->targets[i].tuple, values, set->fingerprint_key, &set->scratch,
                          &side->targets[i].looked_for);
    return true;
}

static bool
visit_referrer(struct scan *scan, const struct decant_value *values, struct key128 identity,
               struct decant_error *err)
{
    struct explain *e = scan->ctx;
    struct key128 key;
    (void)err;
    if (keyset_get(&scan->side->targets[0].members, identity) == ORIGIN_NONE ||
        !tuple_key(e->tuple, values, scan->set->fingerprint_key, &scan->set->scratch, &key) ||
        key.a != e->key.a || key.b != e->key.b)
        return true;
    if (e->found)
        e->others++;
    else
        put_name(scan->set, scan->number, values, false, &e->name);
    e->found = true;
    return true;
}

static bool
look(struct explain *e,
     bool (*visit)(struct scan *, const struct decant_value *, struct key128,
                   struct decant_error *),
     struct decant_error *err)
{
    struct scan scan = { .set = e->set, .side = &e->set->sides[e->number], .number = e->number };
    struct buf frame = { 0 };
    if (scan.side->plan->where != NULL) {
        buf_printf(&frame, ", ((%s) IS TRUE)", scan.side->plan->where);
        scan.extra = buf_str(&frame);
        scan.nextra = 1;
    }
    scan.visit = visit;
    scan.ctx = e;
    e->found = false;
    bool ok = scan_run(&scan, NULL, err);
    buf_deinit(&frame);
    return ok;
}

static void
put_columns(const struct edge *edge, struct buf *out)
{
    for (int i = 0; i < edge->child.ncolumns; i++)
        buf_printf(out, "%s%s", i > 0 ? ", " : "", edge->child.columns[i]->name);
}

/* A required parent that left the row out. */
static void
put_missing(const struct explain *e, struct buf *out)
{
    if (e->missing == NULL)
        return;
    const struct table *parent = e->set->sides[e->missing->plan->parent].plan->table;
    buf_printf(out, "  its parent in %s.%s (", parent->schema, parent->name);
    put_columns(e->missing, out);
    buf_puts(out, ") is required, and not in the copy\n");
}

/* Of a row that nobody owns: its own number decides. */
static void
put_number(const struct explain *e, uint8_t label, struct buf *out)
{
    const struct side *side = &e->set->sides[e->number];
    bool is_whale = label == LABEL_HEAVY;
    double rate = is_whale ? chances_find(&side->targets[0].kept, e->identity) : side->rate;
    if (side->strata != NULL)
        buf_printf(out, "  u = %.6f; of its stratum the rows with the smallest are in\n", e->u);
    else
        buf_printf(out, "  u = %.6f is %s %g, the %s\n", e->u, e->u < rate ? "below" : "not below",
                   rate, is_whale ? "probability of a row that owns so many" : "rate of the table");
    if (!label_is_sampled(label))
        put_missing(e, out);
}

/* What left a row out whose owner is in. */
static void
put_left_out(const struct explain *e, struct buf *out)
{
    if (e->share > 0 && e->u >= e->share)
        buf_printf(out, "  u = %.6f is not below %g, the share of its owner's rows\n", e->u,
                   e->share);
    else if (e->share > 0)
        put_missing(e, out);
}

/* Looks at the row's owner, and says that it is followed. */
static bool
put_owner(const struct explain *e, uint8_t label, struct explain *up, struct buf *out,
          struct decant_error *err)
{
    struct chosen_rows *set = e->set;
    const struct edge *owner = &set->edges[set->sides[e->number].plan->owner];
    *up = (struct explain){
        .set = set, .number = owner->plan->parent, .tuple = &owner->parent->tuple, .key = e->owner
    };
    if (!look(up, visit_row, err))
        return false;
    if (!up->found)
        return true;
    uint8_t above = keyset_get(&set->sides[up->number].targets[0].members, up->identity);
    bool is_hollow = above != ORIGIN_NONE && !label_is_sampled(above);
    buf_printf(out, "  it follows its owner %s (", buf_str(&up->name));
    put_columns(owner, out);
    buf_puts(out,
             label == ORIGIN_NONE && is_hollow ? "), which came without its children\n" : ")\n");
    return true;
}

/* Says why the row itself came, and goes on with its owner. */
static bool
put_choice(struct explain *e, struct buf *out, struct decant_error *err)
{
    for (;;) {
        const struct side *side = &e->set->sides[e->number];
        uint8_t label = keyset_get(&side->targets[0].members, e->identity);
        bool is_in = label != ORIGIN_NONE;
        buf_printf(out, "%s is %s%s\n", buf_str(&e->name),
                   is_in ? "in the copy: " : "not in the copy",
                   is_in ? origin_name(label_origin(label)) : "");
        if (side->plan->role == ROLE_WHOLE)
            return true;
        if (!label_is_sampled(label) && e->is_outside) { /* it can only be pulled */
            buf_puts(out, "  it is outside of the frame, the 'where' of its table\n");
            return true;
        }
        if (side->plan->owner < 0 || !e->has_owner) {
            put_number(e, label, out);
            return true;
        }
        if (!is_in)
            put_left_out(e, out);
        struct explain up;
        bool ok = put_owner(e, label, &up, out, err);
        buf_deinit(&e->name);
        *e = up;
        if (!ok || !up.found)
            return ok;
    }
}

/* Says which row of the copy refers to it. */
static bool
put_referrers(struct chosen_rows *set, int number, const char *name, struct buf *out,
              struct decant_error *err)
{
    bool any = false;
    for (int i = 0; i < set->sampling->nedges; i++) {
        const struct edge *edge = &set->edges[i];
        if (edge->plan->parent != number || !edge->parent->is_looked_for)
            continue;
        struct explain e = { .set = set,
                             .number = edge->plan->child,
                             .tuple = &edge->child,
                             .key = edge->parent->looked_for };
        if (!look(&e, visit_referrer, err)) {
            buf_deinit(&e.name);
            return false;
        }
        if (e.found) {
            buf_printf(out, "%s refers to %s (", buf_str(&e.name), name);
            put_columns(edge, out);
            buf_printf(out, e.others > 0 ? "), and %lld other rows of the copy\n" : ")\n",
                       (long long)e.others);
        }
        any |= e.found;
        buf_deinit(&e.name);
    }
    if (!any)
        buf_printf(out, "no row of the copy refers to %s\n", name);
    return true;
}

bool
select_explain(struct chosen_rows *set, const struct table *root, const char *key, struct buf *out,
               struct decant_error *err)
{
    struct side *side = map_get(&set->by_oid, root->oid);
    struct explain e = { .set = set, .number = (int)(side - set->sides), .text = key };
    if (side->by_row)
        return error_set(err, DECANT_USAGE, "'%s.%s' has no key by which a row could be named",
                         root->schema, root->name);
    bool ok = look(&e, visit_row, err);
    if (ok && !e.found) {
        buf_deinit(&e.name);
        error_set(err, DECANT_USAGE, "'%s.%s' has no row with this key", root->schema, root->name);
        return error_hint(err, "the values of the key's columns, joined by commas, as PostgreSQL "
                               "prints them");
    }
    int number = e.number;
    char *name = ok ? mem_strdup(buf_str(&e.name)) : NULL;
    ok = ok && put_choice(&e, out, err) && put_referrers(set, number, name, out, err);
    free(name);
    buf_deinit(&e.name);
    return ok;
}
