/* SPDX-License-Identifier: PostgreSQL */
/* References that only the rules know: by a column, by a path into JSON, or to one of several
 * tables by the value of another column. Each becomes an expression over the row, NULL where it
 * refers to nothing, of a type that compares with the parent's. */
#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "base/suggest.h"
#include "catalog/as_text.h"
#include "pg/quote.h"
#include "plan/builder.h"
#include "rules/path.h"

static const struct type type_int8 = { .schema = "pg_catalog",
                                       .name = "int8",
                                       .kind = TYPE_SCALAR,
                                       .scalar = SCALAR_INT8,
                                       .has_binary = true };
static const struct type type_uuid = { .schema = "pg_catalog",
                                       .name = "uuid",
                                       .kind = TYPE_SCALAR,
                                       .scalar = SCALAR_UUID,
                                       .has_binary = true };
static const struct type type_text = { .schema = "pg_catalog",
                                       .name = "text",
                                       .kind = TYPE_SCALAR,
                                       .scalar = SCALAR_TEXT,
                                       .has_binary = true };

enum family { FAMILY_NONE, FAMILY_INTEGER, FAMILY_UUID, FAMILY_TEXT, FAMILY_CITEXT };

static enum family
family_of(const struct column *column)
{
    if (column->type->kind != TYPE_SCALAR)
        return FAMILY_NONE;
    switch (column->type->scalar) {
    case SCALAR_INT2:
    case SCALAR_INT4:
    case SCALAR_INT8:
        return FAMILY_INTEGER;
    case SCALAR_UUID:
        return FAMILY_UUID;
    case SCALAR_TEXT:
    case SCALAR_VARCHAR:
        return FAMILY_TEXT;
    case SCALAR_CITEXT:
        return FAMILY_CITEXT;
    default:
        return FAMILY_NONE;
    }
}

static const struct column *
find_column(const struct builder *b, const struct rules_reference *rule, int table,
            const char *name)
{
    const struct table *t = table >= 0 ? b->out->tables[table].table : NULL;
    struct suggestion suggestion = { .word = name };
    for (int i = 0; t != NULL && i < t->ncolumns; i++) {
        if (strcmp(t->columns[i].name, name) == 0)
            return &t->columns[i];
        suggest_offer(&suggestion, t->columns[i].name);
    }
    rules_error(b->rules, rule->mark, b->err,
                t == NULL ? "the reference '%s' is not between selected tables"
                          : "the reference '%s' names a column that is not there",
                rule->name);
    const char *best = suggest_best(&suggestion);
    if (best != NULL)
        error_hint(b->err, "did you mean '%s'?", best);
    return NULL;
}

/* "$.user.ids[0]" as the text array that #> takes. False: it leads to no one place. */
static bool
put_path(const char *text, struct arena *arena, struct buf *out)
{
    struct buf literal = { 0 };
    struct path path;
    const char *problem;
    path_parse(text, arena, &path, &problem);
    bool ok = problem == NULL && path.n > 0;
    buf_putc(&literal, '{');
    for (int i = 0; ok && i < path.n; i++) {
        const struct path_step *step = &path.steps[i];
        ok = step->kind == STEP_KEY || step->kind == STEP_INDEX;
        if (step->kind == STEP_KEY)
            quote_element(&literal, step->key);
        else if (ok)
            quote_element(&literal, arena_printf(arena, "%ld", step->index));
    }
    buf_putc(&literal, '}');
    if (ok)
        quote_literal(out, buf_str(&literal));
    buf_deinit(&literal);
    return ok;
}

/* Appends `text` in the parent's type, NULL where it cannot be one of its values. */
static const struct type *
put_converted(const char *text, enum family family, struct buf *out)
{
    switch (family) {
    case FAMILY_INTEGER:
        buf_printf(out,
                   "CASE WHEN %1$s ~ '^-?[0-9]{1,19}$' THEN CASE WHEN (%1$s)::numeric BETWEEN"
                   " '-9223372036854775808' AND '9223372036854775807' THEN (%1$s)::int8 END END",
                   text);
        return &type_int8;
    case FAMILY_UUID:
        buf_printf(out,
                   "CASE WHEN %1$s ~ '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$'"
                   " THEN (%1$s)::uuid END",
                   text);
        return &type_uuid;
    case FAMILY_CITEXT:
        buf_printf(out, "pg_catalog.lower(%s)", text);
        return &type_text;
    default:
        buf_puts(out, text);
        return &type_text;
    }
}

/* The key as the row has it: a column, or an expression. NULL: the types cannot be compared. */
static const struct column *
make_key(const struct builder *b, const struct rules_reference *rule, const struct column *column,
         const struct column *type_column, const char *value, const struct column *parent)
{
    assert(b != NULL && rule != NULL && column != NULL);
    enum family from = family_of(column), to = family_of(parent);
    bool is_json = type_is_json(column->type);
    bool plain = rule->path == NULL && from == to;
    struct column *made = ARENA_ARRAY(b->arena, struct column, 1);
    struct buf name = { 0 }, text = { 0 }, sql = { 0 };
    bool ok = to != FAMILY_NONE && (rule->path != NULL ? is_json : from != FAMILY_NONE);
    if (ok && plain && type_column == NULL)
        return column;
    buf_puts(&name, "decant_row.");
    quote_ident(&name, column->name);
    if (rule->path != NULL) {
        buf_printf(&text, "(%s #>> ", buf_str(&name));
        ok = ok && put_path(rule->path, b->arena, &text);
        buf_putc(&text, ')');
    } else {
        as_text_put(column, buf_str(&name), &text);
    }
    *made = (struct column){ .name = column->name, .type = column->type, .typmod = -1 };
    if (value != NULL) {
        struct buf type_name = { 0 };
        buf_puts(&type_name, "decant_row.");
        quote_ident(&type_name, type_column->name);
        buf_puts(&sql, "CASE WHEN ");
        as_text_put(type_column, buf_str(&type_name), &sql);
        buf_deinit(&type_name);
        buf_puts(&sql, " OPERATOR(pg_catalog.=) ");
        quote_literal(&sql, value);
        buf_puts(&sql, " THEN ");
    }
    if (plain && to != FAMILY_CITEXT)
        buf_puts(&sql, buf_str(&name));
    else
        made->type = put_converted(buf_str(&text), to, &sql);
    buf_puts(&sql, value != NULL ? " END" : "");
    made->expression = arena_printf(b->arena, "(%s)", buf_str(&sql));
    buf_deinit(&name);
    buf_deinit(&text);
    buf_deinit(&sql);
    return ok ? made : NULL;
}

static bool
is_unique(const struct table *table, const int *numbers, int n)
{
    for (int i = 0; i < table->nindexes; i++) {
        const struct index *index = &table->indexes[i];
        int same = 0;
        for (int k = 0; k < index->nkeys; k++)
            for (int j = 0; j < n; j++)
                same += index->keys[k].column == numbers[j];
        if (index->is_unique && index->predicate == NULL && index->nkeys == n && same == n)
            return true;
    }
    return false;
}

static bool
add_end(struct builder *b, const struct rules_reference *rule, const struct rules_end *end)
{
    assert(b != NULL && rule != NULL && end != NULL);
    int child = plan_find(b->plan, rule->table), parent = plan_find(b->plan, end->table);
    const struct column *type_column = NULL;
    const struct column **keys = ARENA_ARRAY(b->arena, const struct column *, rule->ncolumns + 1);
    int *numbers = ARENA_ARRAY(b->arena, int, rule->ncolumns + 1);
    if (rule->type_column != NULL &&
        (type_column = find_column(b, rule, child, rule->type_column)) == NULL)
        return false;
    for (int i = 0; i < rule->ncolumns; i++) {
        const struct column *column = find_column(b, rule, child, rule->columns[i]);
        const struct column *to =
            column != NULL ? find_column(b, rule, parent, end->columns[i]) : NULL;
        if (to == NULL)
            return false;
        numbers[i] = (int)(to - b->out->tables[parent].table->columns);
        keys[i] = make_key(b, rule, column, type_column, end->value, to);
        if (keys[i] == NULL)
            return rules_error(b->rules, rule->mark, b->err,
                               "'%s' cannot refer to '%s': only integers, uuids and texts can, or "
                               "a path like $.user.id into json",
                               rule->name, end->name);
    }
    if (rule->has_policy && rule->policy == POLICY_OWNER &&
        !is_unique(b->out->tables[parent].table, numbers, rule->ncolumns))
        return rules_error(b->rules, rule->mark, b->err,
                           "'%s' cannot follow '%s': no key says that it is unique", rule->name,
                           end->name);
    struct sample_edge *edge = &b->out->edges[b->out->nedges++];
    *edge = (struct sample_edge){ .name = rule->name,
                                  .child = child,
                                  .parent = parent,
                                  .ncolumns = rule->ncolumns,
                                  .child_keys = keys,
                                  .parent_columns = numbers,
                                  .policy = POLICY_PULL };
    return true;
}

bool
add_virtual_edges(struct builder *b)
{
    assert(b != NULL);
    const struct rules_sample *s = &b->rules->sample;
    int nends = 0;
    for (int i = 0; i < s->nreferences; i++)
        nends += s->references[i].nends;
    struct sample_edge *edges =
        ARENA_ARRAY(b->arena, struct sample_edge, b->out->nedges + nends + 1);
    if (b->out->nedges > 0)
        memcpy(edges, b->out->edges, (size_t)b->out->nedges * sizeof *edges);
    b->out->edges = edges;
    for (int i = 0; i < s->nreferences; i++)
        for (int j = 0; j < s->references[i].nends; j++) {
            int number = b->out->nedges;
            const struct rules_reference *rule = &s->references[i];
            if (!add_end(b, rule, &rule->ends[j]))
                return false;
            if (!rule->has_policy)
                continue;
            struct rules_key *pin = ARENA_ARRAY(b->arena, struct rules_key, 1);
            *pin = (struct rules_key){ .mark = rule->mark,
                                       .name = rule->name,
                                       .policy = rule->policy };
            if (!pin_edge(b, pin, number))
                return false;
        }
    return true;
}
