/* SPDX-License-Identifier: PostgreSQL */
#include "select/states.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/as_text.h"
#include "catalog/condition.h"
#include "pg/quote.h"

static unsigned
slot_of(const struct states *states, uint64_t key)
{
    unsigned i = (unsigned)(key * UINT64_C(0x9E3779B97F4A7C15) >> 40) & (STATES_SLOTS - 1);
    while (states->slots[i] != 0 && states->values[states->slots[i] - 1].key != key)
        i = (i + 1) & (STATES_SLOTS - 1);
    return i;
}

const struct state *
states_get(const struct states *states, uint64_t key)
{
    assert(states != NULL);
    int number = states->n > 0 ? states->slots[slot_of(states, key)] : 0;
    return number == 0 ? NULL : &states->values[number - 1];
}

static void
give_up(struct states *states)
{
    for (int i = 0; i < states->n; i++)
        free(states->values[i].smallest);
    free(states->values);
    states->values = NULL;
    states->n = -1;
}

struct state *
states_find(struct states *states, uint64_t key)
{
    assert(states->n >= 0);
    unsigned i = slot_of(states, key);
    if (states->slots[i] != 0)
        return &states->values[states->slots[i] - 1];
    if (states->n == states->most) {
        give_up(states);
        return NULL;
    }
    states->values = mem_grow(states->values, (size_t)states->n, sizeof *states->values);
    states->values[states->n] = (struct state){ .key = key };
    states->slots[i] = (uint8_t)++states->n;
    return &states->values[states->n - 1];
}

static bool
is_same(struct key128 x, struct key128 y)
{
    return x.a == y.a && x.b == y.b;
}

/* Who was put out has too large a u, and so have those that are like it: all of those that stay are
 * counted. */
void
states_keep(struct state *state, int most, struct candidate row)
{
    assert(most > 0 && most <= STATES_KEPT);
    int at = state->n;
    if (state->smallest == NULL)
        state->smallest = mem_alloc((size_t)most * sizeof *state->smallest);
    if (at == most && row.u > state->smallest[at - 1].u)
        return;
    for (int i = 0; i < state->n; i++)
        if (is_same(state->smallest[i].identity, row.identity)) {
            state->smallest[i].alike++;
            return;
        }
    if (at == most && row.u == state->smallest[at - 1].u)
        return;
    if (at == most)
        at--;
    else
        state->n++;
    for (; at > 0 && state->smallest[at - 1].u > row.u; at--)
        state->smallest[at] = state->smallest[at - 1];
    state->smallest[at] = row;
}

/* ---- which columns */

static const struct column *
column_of(const struct chosen_rows *set, int number, int i)
{
    return &set->sides[number].plan->table->columns[i];
}

bool
states_is_told(const struct chosen_rows *set, int number, int column)
{
    const enum column_fate *masked = set->sides[number].plan->masked;
    return !side_is_key_column(set, number, column) &&
           (masked == NULL || masked[column] == FATE_COPIED);
}

static bool
has_values(const struct chosen_rows *set, int number, int i)
{
    const struct type *type = column_of(set, number, i)->type;
    bool is_simple =
        type->kind == TYPE_ENUM || (type->kind == TYPE_SCALAR && type_is_decodable(type) &&
                                    !type_is_json(type) && type->scalar != SCALAR_BYTEA);
    return is_simple && states_is_told(set, number, i);
}

enum ends
states_ends_of(const struct type *type)
{
    static const uint8_t ends[SCALAR_COUNT] = {
        [SCALAR_INT2] = ENDS_OF_VALUES,        [SCALAR_INT4] = ENDS_OF_VALUES,
        [SCALAR_INT8] = ENDS_OF_VALUES,        [SCALAR_NUMERIC] = ENDS_OF_VALUES,
        [SCALAR_FLOAT4] = ENDS_OF_VALUES,      [SCALAR_FLOAT8] = ENDS_OF_VALUES,
        [SCALAR_MONEY] = ENDS_OF_VALUES,       [SCALAR_DATE] = ENDS_OF_VALUES,
        [SCALAR_TIME] = ENDS_OF_VALUES,        [SCALAR_TIMESTAMP] = ENDS_OF_VALUES,
        [SCALAR_TIMESTAMPTZ] = ENDS_OF_VALUES, [SCALAR_INTERVAL] = ENDS_OF_VALUES,
        [SCALAR_TEXT] = ENDS_OF_LENGTHS,       [SCALAR_VARCHAR] = ENDS_OF_LENGTHS,
        [SCALAR_BPCHAR] = ENDS_OF_LENGTHS,     [SCALAR_CITEXT] = ENDS_OF_LENGTHS,
    };
    return type->kind == TYPE_SCALAR ? (enum ends)ends[type->scalar] : ENDS_NONE;
}

static void
put_column(const struct column *column, struct buf *out)
{
    buf_puts(out, "decant_row.");
    quote_ident(out, column->name);
}

static struct states *
add(struct states_list *list, struct states states, struct buf *sql)
{
    assert(states.wanted > 0 && states.wanted <= STATES_KEPT);
    list->items = mem_grow(list->items, (size_t)list->n, sizeof *list->items);
    states.sql = buf_steal(sql);
    list->items[list->n] = states;
    return &list->items[list->n++];
}

/* Appends the number by which a value is known: a hash that says nothing to who reads the source's
 * log. NULL stays NULL. */
static void
put_value(const struct column *column, uint64_t seed, struct buf *out)
{
    const struct type *type = column->type;
    bool is_small =
        type->kind == TYPE_SCALAR &&
        (type->scalar == SCALAR_INT2 || type->scalar == SCALAR_INT4 || type->scalar == SCALAR_INT8);
    bool is_bool = type->kind == TYPE_SCALAR && type->scalar == SCALAR_BOOL;
    struct buf name = { 0 };
    put_column(column, &name);
    if (is_small || is_bool) {
        buf_printf(out, "pg_catalog.hashint8extended((%s)%s::pg_catalog.int8, '%lld')",
                   buf_str(&name), is_bool ? "::pg_catalog.int4" : "", (long long)seed);
    } else {
        buf_puts(out, "pg_catalog.hashtextextended(");
        as_text_put(column, buf_str(&name), out);
        buf_printf(out, " COLLATE \"C\", '%lld')", (long long)seed);
    }
    buf_deinit(&name);
}

/* The labels of an enum and the values of a flag tell nobody's secret. */
static bool
is_closed(const struct type *type)
{
    return type->kind == TYPE_ENUM || (type->kind == TYPE_SCALAR && type->scalar == SCALAR_BOOL);
}

void
states_add_values(const struct chosen_rows *set, int number, int wanted, bool closed_alike,
                  struct states_list *out)
{
    assert(set != NULL && out != NULL);
    const struct side *side = &set->sides[number];
    for (int i = 0; i < side->plan->table->ncolumns; i++) {
        const struct column *column = column_of(set, number, i);
        struct buf sql = { 0 };
        if (!has_values(set, number, i))
            continue;
        bool is_open = closed_alike || !is_closed(column->type);
        put_value(column, side->chooser.seed, &sql);
        add(out,
            (struct states){ .kind = STATES_OF_VALUES,
                             .name = column->name,
                             .most = is_open ? STATES_FEW : STATES_MANY,
                             .wanted = wanted,
                             .least = is_open ? STATES_ALIKE : 1 },
            &sql);
    }
}

/* Which columns are NULL, as the bits of one number for every BITS columns that may be. What the
 * copy does not tell of a column is no reason to take a row. */
void
states_add_nulls(const struct chosen_rows *set, int number, int wanted, struct states_list *out)
{
    enum { BITS = 60 };
    assert(set != NULL && out != NULL);
    const struct sample_table *plan = set->sides[number].plan;
    const struct states nulls = {
        .kind = STATES_OF_NULLS, .most = STATES_MANY, .wanted = wanted, .least = STATES_ALIKE
    };
    struct buf sql = { 0 };
    int n = 0;
    for (int i = 0; i < plan->table->ncolumns; i++) {
        if (plan->table->columns[i].not_null ||
            (plan->masked != NULL && plan->masked[i] == FATE_LOST))
            continue;
        buf_puts(&sql, n == 0 ? "(0::int8" : "");
        buf_puts(&sql, " + CASE WHEN ");
        put_column(&plan->table->columns[i], &sql);
        buf_printf(&sql, " IS NULL THEN %lld ELSE 0 END", 1LL << n);
        if (++n < BITS)
            continue;
        buf_putc(&sql, ')');
        add(out, nulls, &sql);
        n = 0;
    }
    if (n > 0) {
        buf_putc(&sql, ')');
        add(out, nulls, &sql);
    }
}

/* ---- what only a cover wants */

static bool
is_flag(const struct chosen_rows *set, int number, int i)
{
    const struct type *type = column_of(set, number, i)->type;
    return type->kind == TYPE_SCALAR && type->scalar == SCALAR_BOOL &&
           states_is_told(set, number, i);
}

/* Of more than a few flags there are too many pairs: a list without room says so. */
static bool
has_few_flags(const struct chosen_rows *set, int number, int wanted, struct states_list *out)
{
    enum { MOST_FLAGS = 24 };
    struct buf none = { 0 };
    int n = 0;
    for (int i = 0; i < set->sides[number].plan->table->ncolumns; i++)
        n += is_flag(set, number, i);
    if (n <= MOST_FLAGS)
        return true;
    buf_puts(&none, "0::pg_catalog.int8");
    add(out, (struct states){ .kind = STATES_OF_FLAGS, .most = 0, .wanted = wanted, .least = 1 },
        &none);
    return false;
}

static void
add_flags(struct chosen_rows *set, int number, int wanted, struct states_list *out)
{
    const struct table *table = set->sides[number].plan->table;
    if (!has_few_flags(set, number, wanted, out))
        return;
    for (int i = 0; i < table->ncolumns; i++) {
        const struct column *x = &table->columns[i];
        for (int j = 0; j < i; j++) {
            const struct column *y = &table->columns[j];
            struct buf sql = { 0 };
            if (!is_flag(set, number, i) || !is_flag(set, number, j))
                continue;
            buf_puts(&sql, "(");
            put_column(y, &sql);
            buf_puts(&sql, "::pg_catalog.int4 * 2 + ");
            put_column(x, &sql);
            buf_puts(&sql, "::pg_catalog.int4)::pg_catalog.int8");
            add(out,
                (struct states){ .kind = STATES_OF_FLAGS,
                                 .name = arena_printf(&set->arena, "%s, %s", y->name, x->name),
                                 .most = STATES_FEW,
                                 .wanted = wanted,
                                 .least = 1 },
                &sql);
        }
    }
}

/* The table is read once for the ends of all its columns, in the same statement. */
static void
add_ends(struct chosen_rows *set, int number, int i, int wanted, struct states_list *out)
{
    const struct column *column = column_of(set, number, i);
    enum ends ends = states_ends_of(column->type);
    struct buf value = { 0 }, sql = { 0 }, aggregates = { 0 };
    if (ends == ENDS_NONE)
        return;
    buf_puts(&value, ends == ENDS_OF_LENGTHS ? "pg_catalog.length(" : "(");
    put_column(column, &value);
    buf_putc(&value, ')');
    buf_printf(&sql, "CASE WHEN %s OPERATOR(pg_catalog.=) decant_ends.decant_high_%d THEN 2::int8",
               buf_str(&value), i);
    buf_printf(&aggregates, "pg_catalog.max(%s) AS decant_high_%d", buf_str(&value), i);
    if (ends == ENDS_OF_VALUES) {
        buf_printf(&sql, " WHEN %s OPERATOR(pg_catalog.=) decant_ends.decant_low_%d THEN 1",
                   buf_str(&value), i);
        buf_printf(&aggregates, ", pg_catalog.min(%s) AS decant_low_%d", buf_str(&value), i);
    }
    buf_puts(&sql, " END");
    struct states *states = add(
        out,
        (struct states){
            .kind = STATES_OF_ENDS, .name = column->name, .most = 2, .wanted = wanted, .least = 1 },
        &sql);
    states->ends = buf_steal(&aggregates);
    buf_deinit(&value);
}

/* What makes a shape of a value, for which # stands; the first that holds. Of dates they are the
 * infinities, years BC, 29 February, 31 December, 1 January. */
#define OF_NUMBERS                                                                                 \
    " WHEN # OPERATOR(pg_catalog.=) '0' THEN 2 WHEN # OPERATOR(pg_catalog.<) '0' THEN 3"
#define OF_FLOATS " WHEN # OPERATOR(pg_catalog.=) 'NaN' THEN 1" OF_NUMBERS
#define OF_DATES                                                                                   \
    " WHEN # OPERATOR(pg_catalog.=) 'infinity' THEN 1 WHEN # OPERATOR(pg_catalog.=) '-infinity'"   \
    " THEN 2 WHEN # OPERATOR(pg_catalog.<) '0001-01-01' THEN 3"                                    \
    " WHEN # OPERATOR(pg_catalog.>) '294276-12-30' THEN NULL" /* no timestamps are behind it */    \
    " ELSE CASE pg_catalog.date_part('month', #) * 100 + pg_catalog.date_part('day', #)"           \
    " WHEN 229 THEN 4 WHEN 1231 THEN 5 WHEN 101 THEN 6 END"
/* empty, beyond ASCII, more than one line */
#define OF_TEXTS                                                                                   \
    " WHEN pg_catalog.length(#) = 0 THEN 1 WHEN pg_catalog.octet_length(pg_catalog.convert_to(#, " \
    "'UTF8')) <> pg_catalog.length(#) THEN 2 WHEN pg_catalog.strpos(#, E'\n') > 0 THEN 3"

static const char *const shapes[SCALAR_COUNT] = {
    [SCALAR_INT2] = OF_NUMBERS,   [SCALAR_INT4] = OF_NUMBERS,    [SCALAR_INT8] = OF_NUMBERS,
    [SCALAR_NUMERIC] = OF_FLOATS, [SCALAR_FLOAT4] = OF_FLOATS,   [SCALAR_FLOAT8] = OF_FLOATS,
    [SCALAR_DATE] = OF_DATES,     [SCALAR_TIMESTAMP] = OF_DATES, [SCALAR_TIMESTAMPTZ] = OF_DATES,
    [SCALAR_TEXT] = OF_TEXTS,     [SCALAR_VARCHAR] = OF_TEXTS,   [SCALAR_BPCHAR] = OF_TEXTS,
    [SCALAR_CITEXT] = OF_TEXTS,
};

static void
put_shape(const struct column *column, const char *shape, struct buf *out)
{
    struct buf name = { 0 }, value = { 0 };
    put_column(column, &name);
    if (states_ends_of(column->type) == ENDS_OF_LENGTHS)
        as_text_put(column, buf_str(&name), &value);
    else if (column->type->scalar == SCALAR_TIMESTAMPTZ)
        buf_printf(&value, "pg_catalog.timezone('UTC', %s)", buf_str(&name));
    else
        buf_puts(&value, buf_str(&name));
    buf_puts(out, "(CASE");
    for (const char *p = shape; *p != '\0'; p++)
        if (*p == '#')
            buf_puts(out, buf_str(&value));
        else
            buf_putc(out, *p);
    buf_puts(out, " END)::pg_catalog.int8");
    buf_deinit(&name);
    buf_deinit(&value);
}

static void
add_shapes(struct chosen_rows *set, int number, int i, int wanted, struct states_list *out)
{
    const struct column *column = column_of(set, number, i);
    const char *shape = column->type->kind == TYPE_SCALAR ? shapes[column->type->scalar] : NULL;
    struct buf sql = { 0 };
    if (shape == NULL)
        return;
    put_shape(column, shape, &sql);
    add(out,
        (struct states){ .kind = STATES_OF_SHAPES,
                         .name = column->name,
                         .most = STATES_FEW,
                         .wanted = wanted,
                         .least = 1 },
        &sql);
}

/* In the order of the check, as the server evaluates them: a branch may need that those before it
 * do not hold. */
static void
add_branches(struct chosen_rows *set, int number, const struct check *check, int wanted,
             struct states_list *out)
{
    const struct table *table = set->sides[number].plan->table;
    const enum column_fate *masked = set->sides[number].plan->masked;
    struct buf sql = { 0 };
    size_t len;
    if (!check->is_trusted || condition_branch(check->sql, 1, &len) == NULL)
        return;
    for (int i = 0; i < table->ncolumns; i++)
        if (masked != NULL && masked[i] != FATE_COPIED && condition_names(table, check->sql, i))
            return;
    buf_puts(&sql, "(CASE");
    const char *branch;
    for (int i = 0; (branch = condition_branch(check->sql, i, &len)) != NULL; i++)
        buf_printf(&sql, " WHEN (%.*s) THEN %d", (int)len, branch, i);
    buf_puts(&sql, " END)::pg_catalog.int8");
    add(out,
        (struct states){ .kind = STATES_OF_BRANCHES,
                         .name = check->name,
                         .most = STATES_MANY,
                         .wanted = wanted,
                         .least = 1 },
        &sql);
}

void
states_add_others(struct chosen_rows *set, int number, int wanted, struct states_list *out)
{
    assert(set != NULL && out != NULL);
    const struct table *table = set->sides[number].plan->table;
    add_flags(set, number, wanted, out);
    for (int i = 0; i < table->ncolumns; i++)
        if (states_is_told(set, number, i)) {
            add_ends(set, number, i, wanted, out);
            add_shapes(set, number, i, wanted, out);
        }
    for (int i = 0; i < table->nchecks; i++)
        add_branches(set, number, &table->checks[i], wanted, out);
}

void
states_free(struct states_list *list)
{
    assert(list != NULL);
    for (int i = 0; i < list->n; i++) {
        for (int j = 0; j < list->items[i].n; j++)
            free(list->items[i].values[j].smallest);
        free(list->items[i].values);
        free(list->items[i].sql);
        free(list->items[i].ends);
    }
    free(list->items);
    *list = (struct states_list){ 0 };
}
