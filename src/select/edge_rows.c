/* SPDX-License-Identifier: PostgreSQL */
/*
 * Edge rows: of values and patterns of NULLs that many rows share but the sample has too few of,
 * the rows with the smallest u are added, without weight. A value that fewer than five rows share
 * could tell who they belong to, and a column of more than fifty values is no list of states.
 *
 * A state is known by a number that the source computes: a hash of the value, or bits for NULLs.
 * First the rows of the copy are read; then those rows of the source that have a state of which the
 * copy has too few, which are few themselves.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/as_text.h"
#include "pg/quote.h"
#include "select/internal.h"

enum {
    MOST_VALUES = 50,
    MOST_PATTERNS = 250,
    LEAST_ROWS = 5, /* that share a value */
    LEAST_BUDGET = 10,
    SLOTS = 512,    /* a power of two, twice the most values */
    MOST_KEPT = 10, /* rows per value */
};

static_assert(MOST_VALUES < UINT8_MAX && MOST_PATTERNS < UINT8_MAX, "a slot has room for each");

struct candidate {
    uint64_t u;
    struct key128 identity;
    int64_t lead; /* the first integer of its key, where it has one: by it the row is found again */
    int64_t alike; /* rows that are it: more than one only where there is no key */
};

struct value {
    uint64_t key;
    int64_t rows, in_copy;
    bool is_satisfied;
    int n;
    struct candidate smallest[MOST_KEPT]; /* of rows that are not in, ascending */
};

/* The values of one column, or the patterns of NULLs in a row. */
struct states {
    int most, wanted;     /* values; rows of each */
    char *sql;            /* of the number by which a state is known */
    int n;                /* -1: too many */
    uint8_t slots[SLOTS]; /* number + 1 */
    struct value *values; /* room for powers of two: all tables have theirs at once */
};

struct finder {
    struct chosen_rows *set, *view; /* the reader's, while it reads */
    int number;                     /* of the table */
    bool in_source;                 /* else the rows of the copy are read */
    int nstates;
    struct states *states;
};

static struct value *
find_value(struct states *states, uint64_t key)
{
    unsigned i = (unsigned)(key * UINT64_C(0x9E3779B97F4A7C15) >> 40) & (SLOTS - 1);
    while (states->slots[i] != 0) {
        struct value *value = &states->values[states->slots[i] - 1];
        if (value->key == key)
            return value;
        i = (i + 1) & (SLOTS - 1);
    }
    if (states->n == states->most) {
        states->n = -1;
        return NULL;
    }
    states->values = mem_grow(states->values, (size_t)states->n, sizeof *states->values);
    states->values[states->n] = (struct value){ .key = key };
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
static void
keep_smallest(struct value *value, int most, struct candidate row)
{
    int at = value->n;
    if (at == most && row.u > value->smallest[at - 1].u)
        return;
    for (int i = 0; i < value->n; i++)
        if (is_same(value->smallest[i].identity, row.identity)) {
            value->smallest[i].alike++;
            return;
        }
    if (at == most && row.u == value->smallest[at - 1].u)
        return;
    if (at == most)
        at--;
    else
        value->n++;
    for (; at > 0 && value->smallest[at - 1].u > row.u; at--)
        value->smallest[at] = value->smallest[at - 1];
    value->smallest[at] = row;
}

static bool
has_lead(const struct side *side)
{
    return !side->by_row && tuple_fits_integer(side->targets[0].tuple.columns, 1);
}

static bool
visit_states(struct scan *scan, const struct decant_value *values, struct key128 identity,
             struct decant_error *err)
{
    assert(scan != NULL);
    struct finder *finder = scan->ctx;
    struct chosen_rows *set = finder->view;
    const struct target *first = &scan->side->targets[0];
    bool is_in = keyset_get(&first->members, identity) != ORIGIN_NONE;
    bool may_come =
        finder->in_source && !is_in && missing_parent(set, scan->number, values) == NULL;
    if (!finder->in_source && !is_in)
        return true;
    struct candidate row = { .identity = identity, .alike = 1 };
    if (may_come) {
        row.u = tuple_u(&first->tuple, values, identity, &scan->side->chooser);
        if (has_lead(scan->side))
            tuple_lead(&first->tuple, values, &row.lead);
    }
    (void)err;
    for (int i = 0; i < finder->nstates; i++) {
        struct states *states = &finder->states[i];
        const struct decant_value *here = &values[scan->side->nread + scan->side->has_place + i];
        if (states->n < 0 || here->len != 8)
            continue;
        struct value *value = find_value(states, get_u64(here->data));
        if (value == NULL || value->is_satisfied)
            continue;
        value->rows++;
        value->in_copy += is_in;
        if (may_come)
            keep_smallest(value, states->wanted, row);
    }
    return true;
}

/* ---- which columns */

static bool
may_have_states(const struct chosen_rows *set, int number, int i)
{
    const struct table *table = set->sides[number].plan->table;
    const struct column *column = &table->columns[i];
    bool is_simple = column->type->kind == TYPE_ENUM ||
                     (column->type->kind == TYPE_SCALAR && type_is_decodable(column->type) &&
                      !type_is_json(column->type) && column->type->scalar != SCALAR_BYTEA);
    const enum column_fate *masked = set->sides[number].plan->masked;
    return is_simple && !side_is_key_column(set, number, i) && (masked == NULL || !masked[i]);
}

/* Appends the number by which a value is known: a hash that says nothing to who reads the source's
 * log. NULL stays NULL. */
static void
put_state(const struct column *column, uint64_t seed, struct buf *out)
{
    const struct type *type = column->type;
    bool is_small =
        type->kind == TYPE_SCALAR &&
        (type->scalar == SCALAR_INT2 || type->scalar == SCALAR_INT4 || type->scalar == SCALAR_INT8);
    bool is_bool = type->kind == TYPE_SCALAR && type->scalar == SCALAR_BOOL;
    struct buf name = { 0 };
    buf_puts(&name, "decant_row.");
    quote_ident(&name, column->name);
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

static void
add_states_of(struct finder *finder, int most, int wanted, struct buf *sql)
{
    finder->states = mem_grow(finder->states, (size_t)finder->nstates, sizeof *finder->states);
    struct states *states = &finder->states[finder->nstates++];
    *states = (struct states){ .most = most, .wanted = wanted < MOST_KEPT ? wanted : MOST_KEPT };
    states->sql = buf_steal(sql);
}

/* Which columns are NULL, as the bits of one number for every BITS columns that may be. What the
 * copy does not tell of a column is no reason to take a row. */
static void
add_patterns(struct finder *finder, const struct table *table)
{
    enum { BITS = 60 };
    const enum column_fate *masked = finder->set->sides[finder->number].plan->masked;
    int wanted = finder->set->sampling->null_patterns, n = 0;
    struct buf sql = { 0 };
    for (int i = 0; i < table->ncolumns; i++) {
        if (table->columns[i].not_null || (masked != NULL && masked[i] == FATE_LOST))
            continue;
        buf_puts(&sql, n == 0 ? "(0::int8" : "");
        buf_puts(&sql, " + CASE WHEN decant_row.");
        quote_ident(&sql, table->columns[i].name);
        buf_printf(&sql, " IS NULL THEN %lld ELSE 0 END", 1LL << n);
        if (++n < BITS)
            continue;
        buf_putc(&sql, ')');
        add_states_of(finder, MOST_PATTERNS, wanted, &sql);
        n = 0;
    }
    if (n > 0) {
        buf_putc(&sql, ')');
        add_states_of(finder, MOST_PATTERNS, wanted, &sql);
    }
}

static void
list_states(struct finder *finder)
{
    const struct chosen_rows *set = finder->set;
    const struct table *table = set->sides[finder->number].plan->table;
    struct buf sql = { 0 };
    for (int i = 0; set->sampling->per_value > 0 && i < table->ncolumns; i++)
        if (may_have_states(set, finder->number, i)) {
            put_state(&table->columns[i], set->sides[finder->number].chooser.seed, &sql);
            add_states_of(finder, MOST_VALUES, set->sampling->per_value, &sql);
        }
    if (set->sampling->null_patterns > 0)
        add_patterns(finder, table);
}

/* ---- which rows */

struct wish {
    int64_t rank; /* the first row of every value comes before the second of any */
    int64_t rows; /* the rarest first */
    struct candidate row;
};

static int
by_urgency(const void *a, const void *b)
{
    const struct wish *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    if (x->rows != y->rows)
        return x->rows < y->rows ? -1 : 1;
    return (x->row.u > y->row.u) - (x->row.u < y->row.u);
}

static size_t
list_wishes(const struct finder *finder, struct wish **out)
{
    size_t n = 0, room = 0;
    for (int i = 0; i < finder->nstates; i++)
        room += finder->states[i].n > 0 ? (size_t)MOST_KEPT * (size_t)finder->states[i].n : 0;
    *out = mem_alloc((room + 1) * sizeof **out);
    for (int i = 0; i < finder->nstates; i++) {
        const struct states *states = &finder->states[i];
        for (int j = 0; j < states->n; j++) {
            const struct value *value = &states->values[j];
            int64_t there = value->is_satisfied ? states->wanted : value->in_copy;
            for (int k = 0; value->rows >= LEAST_ROWS && there < states->wanted && k < value->n;
                 there += value->smallest[k++].alike)
                (*out)[n++] = (struct wish){ there, value->rows, value->smallest[k] };
        }
    }
    qsort(*out, n, sizeof **out, by_urgency);
    return n;
}

static bool
visit_asked(struct scan *scan, const struct decant_value *values, struct key128 identity,
            struct decant_error *err)
{
    (void)err;
    if (keyset_get(&scan->side->targets[0].asked, identity) != 0)
        add_row(scan->set, scan->number, values, identity, ORIGIN_EDGE, 0);
    return true;
}

static bool
add_wishes(const struct finder *finder, int number, struct decant_error *err)
{
    struct chosen_rows *set = finder->set;
    struct side *side = &set->sides[number];
    struct target *first = &side->targets[0];
    struct wish *wishes;
    size_t n = list_wishes(finder, &wishes);
    double budget = set->sampling->edge_budget * (double)first->members.count;
    int64_t left = budget > LEAST_BUDGET ? (int64_t)budget : LEAST_BUDGET;
    struct keyset leads = { 0 };
    for (size_t i = 0; i < n && left > 0; i++) {
        const struct candidate *row = &wishes[i].row;
        if (keyset_get(&first->asked, row->identity) != 0)
            continue;
        left -= row->alike; /* of rows that are alike all come: the last may be more than is left */
        keyset_put(&first->asked, row->identity, 1);
        keyset_put(&leads, (struct key128){ (uint64_t)row->lead, 0 }, 1);
    }
    free(wishes);
    struct scan scan = { .set = set, .side = side, .number = number };
    scan.visit = visit_asked;
    /* Without a key all rows are read. */
    bool ok =
        first->asked.count == 0 || (has_lead(side) ? scan_leads(&scan, first, &leads, err)
                                                   : scan_keys(&scan, first, &first->asked, err));
    keyset_deinit(&leads);
    keyset_deinit(&first->asked);
    return ok;
}

/* Reads the rows of the copy, and others. */
static bool
read_copy(struct scan *scan, struct decant_error *err)
{
    const struct side *side = scan->side;
    bool is_exact;
    if (side->plan->owner >= 0) {
        const struct edge *owner = &scan->set->edges[side->plan->owner];
        return scan_owned(scan, owner, &owner->parent->members, NULL, &is_exact, err);
    }
    if (!side->has_place)
        return scan_keys(scan, &side->targets[0], &side->targets[0].members, err);
    return scan_places(scan, &side->places, err);
}

/* Appends the condition that a row has a state of which the copy has too few. */
static void
put_wanting(struct finder *finder, struct buf *out)
{
    const char *separator = "";
    for (int i = 0; i < finder->nstates; i++) {
        struct states *states = &finder->states[i];
        if (states->n < 0)
            continue;
        buf_printf(out, "%sNOT coalesce(%s = ANY ('{", separator, states->sql);
        const char *comma = "";
        for (int j = 0; j < states->n; j++) {
            struct value *value = &states->values[j];
            value->is_satisfied = value->in_copy >= states->wanted;
            value->rows = value->in_copy = 0;
            if (value->is_satisfied) {
                buf_printf(out, "%s%lld", comma, (long long)value->key);
                comma = ",";
            }
        }
        buf_printf(out, "}'::int8[]), %s IS NULL)", states->sql);
        separator = " OR ";
    }
}

/* Looks at one table. Nothing is added meanwhile, so that tables can be looked at side by side:
 * each reader has the set with a connection and a buffer of its own. */
static bool
find_states(void *ctx, int worker, int item, struct decant_error *err)
{
    struct finder *finder = &((struct finder *)ctx)[item];
    struct chosen_rows view = *finder->set;
    struct side *side = &view.sides[finder->number];
    struct scan scan = { .set = &view, .side = side, .number = finder->number };
    struct buf extra = { 0 }, wanting = { 0 };
    view.conn = view.conns[worker];
    view.scratch = (struct buf){ 0 };
    finder->view = &view;
    list_states(finder);
    for (int i = 0; i < finder->nstates; i++)
        buf_printf(&extra, ", %s", finder->states[i].sql);
    scan.extra = buf_str(&extra);
    scan.nextra = finder->nstates;
    scan.visit = visit_states;
    scan.ctx = finder;
    bool ok = finder->nstates == 0 || read_copy(&scan, err);
    finder->in_source = true;
    if (ok && finder->nstates > 0)
        put_wanting(finder, &wanting);
    if (ok && wanting.len > 0)
        ok = scan_few(&scan, side->plan->where, buf_str(&wanting), err);
    buf_deinit(&extra);
    buf_deinit(&wanting);
    buf_deinit(&view.scratch);
    return ok;
}

static void
finders_free(struct finder *finders, int n)
{
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < finders[i].nstates; j++) {
            free(finders[i].states[j].values);
            free(finders[i].states[j].sql);
        }
        free(finders[i].states);
    }
    free(finders);
}

static bool
add_states(struct chosen_rows *set, struct decant_error *err)
{
    struct finder *finders = mem_alloc((size_t)(set->sampling->ntables + 1) * sizeof *finders);
    int n = 0;
    for (int i = 0; i < set->sampling->ntables; i++)
        if (set->sides[set->sampling->order[i]].plan->role == ROLE_SAMPLED)
            finders[n++] = (struct finder){ .set = set, .number = set->sampling->order[i] };
    bool ok = set_map(set, n, finders, find_states, err);
    for (int i = 0; ok && i < n; i++)
        ok = finders[i].nstates == 0 || add_wishes(&finders[i], finders[i].number, err);
    finders_free(finders, n);
    return ok;
}

bool
edge_rows_add(struct chosen_rows *set, struct decant_error *err)
{
    const struct sampling *sampling = set->sampling;
    return (sampling->per_value == 0 && sampling->null_patterns == 0) || add_states(set, err);
}
