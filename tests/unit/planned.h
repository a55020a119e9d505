/* SPDX-License-Identifier: PostgreSQL */
/* Catalogs that are written by hand, a line a table, and what the plan and a sample make of them.
 */
#ifndef PLANNED_H
#define PLANNED_H

#include <ctype.h>

#include "fake.h"
#include "plan/sampling.h"

enum { MANY_ROWS = -1, MOST_TABLES = 24, MOST_COLUMNS = 12, MOST_KEYS = 48 };

struct planned {
    struct arena arena;
    struct table tables[MOST_TABLES];
    struct foreign_key keys[MOST_KEYS];
    struct catalog catalog;
    struct table_statistics known[MOST_TABLES];
    struct column_statistics known_columns[MOST_TABLES][MOST_COLUMNS];
    struct statistics statistics;
    struct plan plan;
    struct notes notes;
    struct rules *rules;
    struct sampling sampling;
    struct decant_error err;
};

static inline void
planned_init(struct planned *p)
{
    memset(p, 0, sizeof *p);
    notes_init(&p->notes);
    p->catalog.tables = p->tables;
    p->catalog.foreign_keys = p->keys;
    p->statistics = (struct statistics){ .catalog = &p->catalog, .tables = p->known };
}

/* What is known of the rows, to be changed. */
static inline struct table_statistics *
planned_known(struct planned *p, const struct table *table)
{
    return &p->known[table - p->tables];
}

static inline struct column_statistics *
planned_known_column(struct planned *p, const struct table *table, const char *name)
{
    return &planned_known(p, table)->columns[table_column(table, name)];
}

static inline void
planned_deinit(struct planned *p)
{
    rules_free(p->rules);
    notes_deinit(&p->notes);
    arena_deinit(&p->arena);
}

/* As fake_type(), with oids that tell types apart. */
static inline const struct type *
planned_type(struct planned *p, const char *name, int *typmod)
{
    struct type *type = ARENA_NEW(&p->arena, struct type);
    *type = *fake_type(name, typmod);
    type->oid = type->kind == TYPE_SCALAR ? scalars[type->scalar].oid : 0;
    for (const char *c = name; type->oid == 0 && *c != '\0'; c++)
        type->oid += (uint32_t)(100000 + *c);
    return type;
}

/* "id* integer, user_id! integer, note text": * is part of the primary key, ! is NOT NULL. A table
 * of MANY_ROWS is larger than any that is whole by itself. Tables are added by their names' order.
 */
static inline struct table *
planned_table(struct planned *p, const char *name, int rows, const char *columns)
{
    assert_true(p->catalog.ntables < MOST_TABLES);
    struct table *t = &p->tables[p->catalog.ntables++];
    const char *dot = strchr(name, '.');
    struct column *made = ARENA_ARRAY(&p->arena, struct column, MOST_COLUMNS);
    struct index_key *parts = ARENA_ARRAY(&p->arena, struct index_key, MOST_COLUMNS);
    *t = (struct table){ .schema = arena_strndup(&p->arena, name, (size_t)(dot - name)),
                         .name = arena_strdup(&p->arena, dot + 1),
                         .kind = 'r',
                         .reltuples = rows < 0 ? 10000 : rows,
                         .columns = made,
                         .root = t };
    *planned_known(p, t) = (struct table_statistics){
        .few_rows = rows,
        .columns = p->known_columns[t - p->tables],
    };
    struct index *primary = ARENA_ARRAY(&p->arena, struct index, 1);
    *primary = (struct index){ .schema = t->schema,
                               .name = "primary",
                               .method = "btree",
                               .is_primary = true,
                               .is_unique = true,
                               .is_valid = true,
                               .keys = parts };
    while (*columns != '\0') {
        struct column *c = &made[t->ncolumns];
        size_t len = strcspn(columns, "*! ");
        c->name = arena_strndup(&p->arena, columns, len);
        if (columns[len] == '*')
            parts[primary->nkeys++].column = t->ncolumns;
        c->not_null = columns[len] != ' ';
        columns += len + c->not_null + 1;
        len = strcspn(columns, ",");
        c->type_name = arena_strndup(&p->arena, columns, len);
        c->type = planned_type(p, c->type_name, &c->typmod);
        c->attnum = ++t->ncolumns;
        columns += len + (columns[len] == ',');
        columns += strspn(columns, " ");
    }
    t->nindexes = primary->nkeys > 0;
    t->indexes = primary;
    return t;
}

static inline struct table *
planned_find(struct planned *p, const char *name)
{
    for (int i = 0; i < p->catalog.ntables; i++)
        if (strcmp(name,
                   arena_printf(&p->arena, "%s.%s", p->tables[i].schema, p->tables[i].name)) == 0)
            return &p->tables[i];
    fail_msg("no table %s", name);
    return NULL;
}

/* "s.orders(customer_id, at)" */
static inline struct table *
planned_end(struct planned *p, const char *text, const int **columns, int *n)
{
    size_t len = strcspn(text, "(");
    struct table *t = planned_find(p, arena_strndup(&p->arena, text, len));
    int *numbers = ARENA_ARRAY(&p->arena, int, 8);
    for (*n = 0, text += len; *text == '(' || *text == ','; (*n)++) {
        text += 1 + strspn(text + 1, " ");
        len = strcspn(text, ",)");
        numbers[*n] = table_column(t, arena_strndup(&p->arena, text, len));
        assert_true(numbers[*n] >= 0);
        text += len;
    }
    *columns = numbers;
    return t;
}

/* A foreign key that every row has kept. on_delete as in pg_constraint. */
static inline struct foreign_key *
planned_key(struct planned *p, const char *name, const char *from, const char *to, char on_delete)
{
    assert_true(p->catalog.nforeign_keys < MOST_KEYS);
    struct foreign_key *key = &p->keys[p->catalog.nforeign_keys++];
    const char **operators = ARENA_ARRAY(&p->arena, const char *, 8);
    int n;
    *key = (struct foreign_key){ .name = arena_strdup(&p->arena, name),
                                 .operators = operators,
                                 .is_enforced = true,
                                 .is_validated = true,
                                 .on_update = 'a',
                                 .on_delete = on_delete,
                                 .match = 's' };
    key->child = planned_end(p, from, &key->child_columns, &key->ncolumns);
    key->parent = planned_end(p, to, &key->parent_columns, &n);
    key->parent_name = arena_strndup(&p->arena, to, strcspn(to, "("));
    assert_int_equal(n, key->ncolumns);
    for (int i = 0; i < n; i++)
        operators[i] = "pg_catalog.=";
    return key;
}

/* The newest `n` tables become the leaves of `root`. */
static inline void
planned_partitions(struct planned *p, const char *root, int n)
{
    struct table *t = planned_find(p, root);
    const struct table **leaves = ARENA_ARRAY(&p->arena, const struct table *, n + 1);
    t->kind = 'p';
    t->nleaves = n;
    t->leaves = leaves;
    for (int i = 0; i < n; i++) {
        struct table *leaf = &p->tables[p->catalog.ntables - n + i];
        leaf->root = t;
        leaves[i] = leaf;
    }
}

static inline bool
planned_plan(struct planned *p, bool drop, bool merge)
{
    bool ok = plan_build(&p->catalog, drop, merge, &p->arena, &p->notes, &p->plan, &p->err);
    p->plan.statistics = &p->statistics;
    return ok;
}

/* The plan, and the sample that rules make of it. */
static inline bool
planned_try(struct planned *p, const char *rules)
{
    rules_free(p->rules);
    p->rules = fake_rules(rules);
    p->err = (struct decant_error){ 0 };
    return planned_plan(p, true, false) &&
           sampling_build(p->rules, &p->plan, &p->arena, &p->sampling, &p->err);
}

static inline void
planned_sample(struct planned *p, const char *rules)
{
    if (!planned_try(p, rules))
        fail_msg("%s (%s)\n%s", p->err.message, p->err.hint, rules);
}

static inline const struct sample_table *
planned_sampled(struct planned *p, const char *name)
{
    return &p->sampling.tables[plan_number(&p->plan, planned_find(p, name))];
}

static inline double
planned_rate(struct planned *p, const char *name)
{
    return sampling_rate(&p->sampling, plan_number(&p->plan, planned_find(p, name)));
}

/* The first reference of that name. */
static inline const struct sample_edge *
planned_edge(struct planned *p, const char *name)
{
    for (int i = 0; i < p->sampling.nedges; i++)
        if (strcmp(p->sampling.edges[i].name, name) == 0)
            return &p->sampling.edges[i];
    fail_msg("no reference %s", name);
    return NULL;
}

/* The name of the key that a table follows; "": it has no owner. */
static inline const char *
planned_owner(struct planned *p, const char *name)
{
    int owner = planned_sampled(p, name)->owner;
    return owner < 0 ? "" : p->sampling.edges[owner].name;
}

static inline int
planned_notes(const struct planned *p, enum note_reason reason)
{
    int n = 0;
    for (size_t i = 0; i < p->notes.count; i++)
        n += p->notes.items[i].reason == reason;
    return n;
}

#endif
