/* SPDX-License-Identifier: PostgreSQL */
/* Which line decides on which column, and what nobody decided on. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "mask/classes.h"
#include "mask/masking.h"
#include "mask/names.h"
#include "mask/unique.h"

/* ---- lines */

struct decider {
    const struct rules *rules;
    const struct plan *plan;
    struct masking *out;
    struct decant_error *err;
    struct classes classes;
    struct columns_memo memo;
};

static const struct rules_column *
match(struct decider *d, int table, int column, const struct rules_column **twin)
{
    const struct table *t = d->plan->tables[table];
    const struct column *c = &t->columns[column];
    struct mask_asking asking = { d->rules, c };
    return columns_match(&d->rules->columns, &d->memo, t->schema, t->name, c->name, mask_fits,
                         &asking, twin);
}

static bool
is_exact(const struct rules_column *line)
{
    return line != NULL && line->table_is_exact && line->column_is_exact;
}

static const char *
object_name(struct decider *d, int table, int column)
{
    const struct table *t = d->plan->tables[table];
    return arena_printf(d->out->arena, "%s.%s.%s", t->schema, t->name, t->columns[column].name);
}

/* ---- decisions */

/* What a class, known by its root cell, was decided by. */
struct class_choice {
    const struct rules_column *line;
    int table, column, size;
    int parent_table, parent_column; /* a member that refers to none, or the first of a circle */
    bool has_parent;
};

static bool
add_to_class(struct decider *d, int table, int column, struct class_choice *choices)
{
    assert(d != NULL);
    struct class_choice *choice = &choices[classes_find(&d->classes, table, column)];
    const struct rules_column *twin, *line = match(d, table, column, &twin);
    bool is_child = classes_is_child(&d->classes, table, column);
    if (choice->size++ == 0 || (!is_child && !choice->has_parent)) {
        choice->parent_table = table;
        choice->parent_column = column;
        choice->has_parent = !is_child;
    }
    if (twin != NULL && !mask_says_same(line->mask, twin->mask)) {
        place_error(&twin->place, d->err, "E230 two lines for '%s': the other one is %s:%d",
                    object_name(d, table, column), line->place.source->name, line->place.line);
        return error_hint(d->err, "take one of them out");
    }
    if (!is_exact(line))
        return true;
    if (choice->line != NULL && !mask_says_same(choice->line->mask, line->mask)) {
        place_error(&line->place, d->err,
                    "E220 foreign keys join '%s' and '%s', but line %d of %s says another mask",
                    object_name(d, table, column), object_name(d, choice->table, choice->column),
                    choice->line->place.line, choice->line->place.source->name);
        return error_hint(d->err, "one rule is enough for all columns that keys join");
    }
    if (choice->line == NULL) {
        choice->line = line;
        choice->table = table;
        choice->column = column;
    }
    return true;
}

static const struct rules_mask null_rule = { .use = "null" };
static const struct rules_mask empty_rule = { .use = "empty" }, ip_rule = { .use = "ip" };
static const struct rules_mask mac_rule = { .use = "mac" }, shape_rule = { .use = "by_shape" };
static const struct rules_mask recompute_rule = { .use = "recompute" };
static const struct rules_mask int_rule = { .use = "int" }, uuid_rule = { .use = "uuid" };

/* Does the column refer to a table that the selection leaves out? Its key would be permuted. */
static bool
dangles(const struct decider *d, const struct column *column)
{
    for (int i = 0; i < d->plan->catalog->nforeign_keys; i++) {
        const struct foreign_key *key = &d->plan->catalog->foreign_keys[i];
        if (key->parent == NULL && key->ncolumns == 1 &&
            &key->child->columns[key->child_columns[0]] == column)
            return true;
    }
    return false;
}

/* `keys: permute`: whole numbers and uuids that are keys. */
static const struct rules_mask *
permuted(struct decider *d, const struct class_choice *choice, const struct column *column)
{
    const struct type *type = column->type;
    if (d->rules->columns.defaults.keys != KEYS_PERMUTE)
        return NULL;
    const struct table *parent = d->plan->tables[choice->parent_table];
    bool is_key = catalog_key_column(parent) == choice->parent_column;
    if (!is_key && !dangles(d, column))
        return NULL;
    enum mask_kind kind = mask_kind_of(type);
    return type->kind != TYPE_SCALAR ? NULL
           : kind == KIND_INTEGER    ? &int_rule
           : kind == KIND_UUID       ? &uuid_rule
                                     : NULL;
}

static bool
fits_any(void *ctx, const struct rules_mask *mask)
{
    static const char *const identifying[] = { "secret",      "token", "card",     "iban",
                                               "national_id", "phone", "by_shape", "postal_code",
                                               "digits",      "ip",    "username" };
    (void)ctx;
    for (size_t i = 0; i < sizeof identifying / sizeof *identifying; i++)
        if (strcmp(mask->use, identifying[i]) == 0)
            return true;
    return false;
}

const struct rules_mask *
mask_by_name(const struct rules *rules, struct columns_memo *memo, const struct table *table,
             const struct column *column, const struct rules_column **line)
{
    assert(rules != NULL && table != NULL && column != NULL);
    static const struct rules_mask noise_rule = { .use = "noise" };
    const struct rules_column *twin;
    enum mask_kind kind = mask_kind_of(column->type);
    *line = NULL;
    if (column->type->kind != TYPE_SCALAR || column->is_generated ||
        !(kind & (KIND_INTEGER | KIND_NUMBER | KIND_UUID)))
        return NULL;
    *line = columns_match(&rules->columns, memo, table->schema, table->name, column->name, fits_any,
                          NULL, &twin);
    if (*line == NULL || (*line)->rank != RANK_PACK) {
        *line = NULL;
        return NULL;
    }
    return kind == KIND_UUID ? &uuid_rule : kind == KIND_INTEGER ? &int_rule : &noise_rule;
}

/* `unclassified: null`, where NULL may not stand: nothing of the original either. Texts that keys
 * join need one fake for one original. */
static const struct rules_mask *
nothing(const struct table *table, int column, bool is_joined)
{
    const struct column *c = &table->columns[column];
    bool is_unique = false;
    if (is_joined && mask_kind_of(c->type) == KIND_TEXT && c->type->kind != TYPE_ARRAY)
        return &shape_rule;
    if (!c->not_null)
        return &null_rule;
    if (c->type->kind == TYPE_ARRAY)
        return &recompute_rule;
    for (int i = 0; i < table->nindexes; i++)
        is_unique |= table->indexes[i].is_unique && unique_uses(table, &table->indexes[i], column);
    switch ((int)mask_kind_of(c->type)) {
    case KIND_NETWORK:
        return &ip_rule;
    case KIND_MAC:
        return &mac_rule;
    case KIND_TEXT:
        return is_unique ? &shape_rule : &empty_rule;
    default:
        return &empty_rule;
    }
}

/* By itself, by its domain, or for some rows. */
static bool
may_keep(const struct decider *d, const struct rules_mask *rule)
{
    struct decant_error ignored = { 0 };
    for (; rule != NULL; rule = rule->next) {
        const struct rules_domain *domain;
        const struct transformer *how = mask_transformer(d->rules, rule, &domain, &ignored);
        if (how != NULL && how->apply == NULL)
            return true;
    }
    return false;
}

static bool
decide_line(struct decider *d, struct decision *decision, const struct rules_column *line,
            const struct column *column, const char *name)
{
    const char *safe = masking_safe_type(&d->rules->columns, column->type);
    decision->line = line;
    decision->rule = line->mask;
    decision->verdict = VERDICT_MASKED;
    if (!may_keep(d, line->mask))
        return true;
    if (line->mask->next == NULL)
        decision->verdict = VERDICT_KEPT;
    if (safe != NULL || is_exact(line))
        return true;
    place_error(&line->place, d->err, "E231 '%s' is open-typed: a pattern may mask it, not keep it",
                name);
    return error_hint(d->err, "write out schema.table and column where it is safe to copy");
}

static bool
decide_column(struct decider *d, int table, int column, struct class_choice *choices)
{
    assert(d != NULL && table >= 0 && column >= 0);
    struct masked_table *masked = &d->out->tables[table];
    const struct column *c = &masked->table->columns[column];
    struct decision *decision = &masked->decisions[column];
    const struct class_choice *choice = &choices[classes_find(&d->classes, table, column)];
    const struct rules_column *line = choice->line, *twin;
    bool is_exact_line = line != NULL;
    decision->class_size = choice->size;
    decision->class_table = is_exact_line ? choice->table : choice->parent_table;
    decision->class_column = is_exact_line ? choice->column : choice->parent_column;
    if (!is_exact_line) /* patterns and packs speak for the class where it begins */
        line = match(d, decision->class_table, decision->class_column, &twin);
    if (line != NULL)
        return decide_line(d, decision, line, c, object_name(d, table, column));
    decision->rule = permuted(d, choice, c);
    if (decision->rule == NULL) {
        const struct table *named = d->plan->tables[decision->class_table];
        decision->rule = mask_by_name(d->rules, &d->memo, named,
                                      &named->columns[decision->class_column], &decision->line);
    }
    if (decision->rule != NULL)
        decision->verdict = VERDICT_MASKED;
    else if (masking_safe_type(&d->rules->columns, c->type) != NULL)
        decision->verdict = VERDICT_SAFE;
    else if (d->rules->columns.defaults.unclassified == UNCLASSIFIED_NULL) {
        decision->verdict = VERDICT_NULLED;
        decision->rule = nothing(masked->table, column, choice->size > 1);
    }
    return true;
}

static bool
is_changed(const struct decision *decision)
{
    return decision->verdict == VERDICT_MASKED || decision->verdict == VERDICT_NULLED;
}

/* A generated column follows those that it is computed from; nothing else can be done to it. */
static bool
decide_generated(struct decider *d, int number)
{
    struct masked_table *masked = &d->out->tables[number];
    for (int i = 0; i < masked->table->ncolumns; i++) {
        const struct column *column = &masked->table->columns[i];
        struct decision *decision = &masked->decisions[i];
        bool is_own = is_exact(decision->line) && decision->class_table == number &&
                      decision->class_column == i;
        if (!column->is_generated)
            continue;
        if (is_own && decision->verdict == VERDICT_MASKED)
            return place_error(&decision->line->place, d->err,
                               "E233 '%s' is computed from other columns: mask those",
                               object_name(d, number, i));
        if (decision->class_size > 1 && is_changed(decision))
            continue; /* keys lead to it: as what it is computed from */
        decision->verdict = VERDICT_COMPUTED;
        decision->rule = NULL;
        for (int j = 0; j < masked->table->ncolumns; j++)
            if (j != i && is_changed(&masked->decisions[j]) &&
                plan_mentions(column->default_sql, masked->table->columns[j].name)) {
                decision->verdict = VERDICT_MASKED;
                decision->rule = &null_rule;
            }
    }
    return true;
}

/* A column that is inherited, and that nothing speaks about, is treated as the parent's: the same
 * people are in both. Once more for each generation. */
static void
decide_inherited(struct decider *d)
{
    for (bool again = true; again;) {
        again = false;
        for (int t = 0; t < d->plan->ntables; t++) {
            const struct table *table = d->plan->tables[t];
            for (int p = 0; p < table->nparents; p++) {
                int number = plan_number(d->plan, table->parents[p]);
                for (int c = 0; number >= 0 && c < table->ncolumns; c++) {
                    struct decision *own = &d->out->tables[t].decisions[c];
                    int from = table_column(table->parents[p], table->columns[c].name);
                    if (from < 0 || own->verdict != VERDICT_SAFE || own->class_size > 1 ||
                        !is_changed(&d->out->tables[number].decisions[from]))
                        continue;
                    own->verdict = d->out->tables[number].decisions[from].verdict;
                    own->rule = d->out->tables[number].decisions[from].rule;
                    own->line = d->out->tables[number].decisions[from].line;
                    again = true;
                }
            }
        }
    }
}

bool
masking_decide(const struct rules *rules, const struct plan *plan, struct arena *arena,
               struct masking *out, struct decant_error *err)
{
    assert(rules != NULL && plan != NULL);
    struct decider d = {
        .rules = rules, .plan = plan, .out = out, .err = err, .memo = { .arena = arena }
    };
    *out =
        (struct masking){ .arena = arena, .rules = rules, .plan = plan, .ntables = plan->ntables };
    out->tables = ARENA_ARRAY(arena, struct masked_table, plan->ntables + 1);
    out->masked = ARENA_ARRAY(arena, const enum column_fate *, plan->ntables + 1);
    classes_build(rules, plan, arena, &d.classes);
    struct class_choice *choices = ARENA_ARRAY(arena, struct class_choice, d.classes.ncells + 1);
    bool ok = names_check(rules, plan, err);
    for (int t = 0; ok && t < plan->ntables; t++) {
        const struct table *table = plan->tables[t];
        out->tables[t] = (struct masked_table){
            .table = table, .decisions = ARENA_ARRAY(arena, struct decision, table->ncolumns + 1)
        };
        for (int c = 0; ok && c < table->ncolumns; c++)
            ok = add_to_class(&d, t, c, choices);
    }
    for (int t = 0; ok && t < plan->ntables; t++)
        for (int c = 0; ok && c < plan->tables[t]->ncolumns; c++)
            ok = decide_column(&d, t, c, choices);
    map_deinit(&d.memo.names);
    if (ok)
        decide_inherited(&d);
    for (int t = 0; ok && t < plan->ntables; t++) {
        struct masked_table *table = &out->tables[t];
        table->fates = ARENA_ARRAY(arena, enum column_fate, plan->tables[t]->ncolumns + 1);
        ok = decide_generated(&d, t);
        for (int c = 0; c < plan->tables[t]->ncolumns; c++)
            table->fates[c] = is_changed(&table->decisions[c]) ? FATE_MASKED : FATE_COPIED;
        out->masked[t] = table->fates;
    }
    return ok;
}

const struct masked_table *
masking_find(const struct masking *masking, const struct table *table)
{
    assert(table != NULL);
    int number =
        masking != NULL && masking->ntables > 0 ? plan_number(masking->plan, table->root) : -1;
    return number >= 0 ? &masking->tables[number] : NULL;
}

const struct column_mask *
masking_column(const struct masked_table *table, int column)
{
    assert(column >= 0);
    for (int i = 0; table != NULL && i < table->nmasks; i++)
        if (table->masks[i].column == column)
            return &table->masks[i];
    return NULL;
}
