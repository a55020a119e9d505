/* SPDX-License-Identifier: PostgreSQL */
/* A selection over the catalog of a scripted server, held against all rows of the source: which of
 * them are in, why, and whether their parents, as the server tells them, are in, too. */
#ifndef CHOOSING_H
#define CHOOSING_H

#include "fake.h"
#include "pg/copy.h"
#include "pg/quote.h"
#include "select/select.h"

/* The catalog has a struct of this name, too. */
#include "server.h"

enum { ROOM = INT32_MAX }; /* of key sets, in bytes */

/* All rows of one table, in the order in which they are stored. */
struct source {
    const struct table *table;
    int nkeys;
    size_t n, first; /* rows; number of the first among those of all tables */
    struct decant_value *keys;
    char **cells; /* NULL is NULL */
};

/* Row and parent, as numbers of all rows. */
struct pair {
    size_t child, parent;
};

struct references {
    size_t n;
    struct pair *pairs;
};

/* What became of every row of the source. */
struct picture {
    size_t n;
    enum origin *origins;
    double *probabilities;
};

struct choosing {
    struct scripted_server server;
    struct pg_conn *conns[2];
    int nconns;
    atomic_int stop;
    struct arena arena, sample_arena;
    struct notes notes;
    const struct catalog *catalog;
    struct plan plan;
    struct key *key;
    int64_t memory;
    struct rules *rules; /* of the choice */
    struct sampling sampling;
    struct chosen_rows *set; /* NULL when there is none */
    struct decant_error err;
    struct source *sources;        /* by table of the plan; loaded when they are looked at */
    struct references *references; /* by key of the plan */
    size_t nrows;
    struct picture seen;
};

static inline struct key *
key_of_number(unsigned number)
{
    struct key *key = NULL;
    struct decant_error err = { 0 };
    int ends[2];
    char text[66];
    snprintf(text, sizeof text, "%064x\n", number + 1);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], text, 65), 65);
    close(ends[1]);
    assert_true(key_load_fd(ends[0], &key, &err));
    close(ends[0]);
    return key;
}

static inline bool
choosing_connect(struct choosing *c)
{
    struct pg_info *info = NULL;
    bool ok = pg_info_parse(c->server.uri, "source", &info, &c->err);
    for (int i = 0; ok && i < c->nconns; i++) {
        c->conns[i] = pg_connect(info, "decant/unit/read", &c->stop, &c->err);
        ok = c->conns[i] != NULL &&
             pg_exec(c->conns[i], &c->err, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") &&
             pg_exec(c->conns[i], &c->err, "SET search_path = ''");
    }
    pg_info_free(info);
    return ok;
}

/* Everything up to the choice; false: c->err says why. */
static inline bool
choosing_begin(struct choosing *c, const char *script, enum server_fault fault, int at, int nconns)
{
    struct decant_options options;
    struct selection selection;
    memset(c, 0, sizeof *c);
    server_start_faulty(&c->server, script, fault, at);
    notes_init(&c->notes);
    decant_options_init(&options);
    c->nconns = nconns;
    c->memory = ROOM;
    c->key = fake_key();
    return choosing_connect(c) &&
           selection_load(c->conns[0], &options, &c->arena, &selection, &c->err) &&
           catalog_load(c->conns[0], &selection, &c->arena, &c->catalog, &c->err) &&
           plan_build(c->catalog, true, false, &c->arena, &c->notes, &c->plan, &c->err);
}

static inline void
choosing_open(struct choosing *c, const char *script)
{
    if (!choosing_begin(c, script, SERVER_WORKS, 0, 1))
        fail_msg("%s (%s)", c->err.message, c->err.sqlstate);
}

static inline void
choosing_forget(struct choosing *c)
{
    select_free(c->set);
    c->set = NULL;
    rules_free(c->rules);
    c->rules = NULL;
    arena_deinit(&c->sample_arena);
    c->sample_arena = (struct arena){ 0 };
    c->err = (struct decant_error){ 0 };
}

static inline void
picture_free(struct picture *picture)
{
    free(picture->origins);
    free(picture->probabilities);
    *picture = (struct picture){ 0 };
}

/* Returns how many requests the server was sent. */
static inline int
choosing_close(struct choosing *c)
{
    choosing_forget(c);
    for (int i = 0; c->sources != NULL && i < c->plan.ntables; i++) {
        struct source *source = &c->sources[i];
        for (size_t k = 0; k < source->n * (size_t)source->nkeys; k++)
            free((void *)source->keys[k].data);
        for (size_t k = 0; k < source->n * (size_t)source->table->ncolumns; k++)
            free(source->cells[k]);
        free(source->keys);
        free(source->cells);
    }
    for (int i = 0; c->references != NULL && i < c->plan.nkeys; i++)
        free(c->references[i].pairs);
    free(c->sources);
    free(c->references);
    picture_free(&c->seen);
    for (int i = 0; i < c->nconns; i++)
        pg_close(c->conns[i]);
    key_free(c->key);
    notes_deinit(&c->notes);
    arena_deinit(&c->arena);
    return server_stop(&c->server);
}

/* Chooses anew, by the text of a `sample` section. False: c->err says why. */
static inline bool
choose(struct choosing *c, const char *sample)
{
    char text[2000];
    choosing_forget(c);
    snprintf(text, sizeof text, "sample: %s\n", sample);
    c->rules = fake_rules(text);
    return sampling_build(c->rules, &c->plan, &c->sample_arena, &c->sampling, &c->err) &&
           select_run(c->conns, c->nconns, &c->sampling, c->key, c->memory, &c->stop, &c->set,
                      &c->err);
}

/* ---- the rows of the source */

static inline struct decant_value
value_copy(struct decant_value value)
{
    size_t len = value.len > 0 ? (size_t)value.len : 0;
    uint8_t *data = mem_alloc(len + 1);
    if (len > 0)
        memcpy(data, value.data, len);
    return (struct decant_value){ .data = data, .len = value.len };
}

static inline void
source_add(struct source *source, const struct decant_value *values)
{
    size_t nkeys = (size_t)source->nkeys, ncells = (size_t)source->table->ncolumns;
    source->keys = mem_realloc(source->keys, (source->n + 1) * nkeys * sizeof *source->keys);
    source->cells = mem_realloc(source->cells, (source->n + 1) * ncells * sizeof *source->cells);
    for (size_t i = 0; i < ncells; i++)
        source->cells[source->n * ncells + i] =
            values[i].len == DECANT_NULL
                ? NULL
                : strndup((const char *)values[i].data, (size_t)values[i].len);
    for (size_t i = 0; i < nkeys; i++)
        source->keys[source->n * nkeys + i] = value_copy(values[ncells + i]);
    source->n++;
}

static inline void
source_load(struct choosing *c, struct source *source, const struct table *table)
{
    struct buf sql = { 0 };
    struct decant_value *values;
    int n;
    *source = (struct source){ .table = table, .first = c->nrows };
    buf_puts(&sql, "COPY (SELECT ");
    for (int i = 0; i < table->ncolumns; i++) {
        buf_puts(&sql, i > 0 ? ", decant_row." : "decant_row.");
        quote_ident(&sql, table->columns[i].name);
        buf_puts(&sql, "::pg_catalog.text");
    }
    source->nkeys = select_put_columns(c->set, table, &sql);
    buf_puts(&sql, " FROM ");
    catalog_put_rows(table, &sql);
    buf_puts(&sql, " AS decant_row ORDER BY decant_row.tableoid, decant_row.ctid) TO STDOUT "
                   "(FORMAT binary)");
    struct pg_reader *reader =
        pg_reader_open(c->conns[0], buf_str(&sql), table->ncolumns + source->nkeys, &c->err);
    if (reader == NULL)
        fail_msg("%s (%s)", c->err.message, c->err.sqlstate);
    while ((n = pg_reader_next(reader, &values, &c->err)) > 0)
        source_add(source, values);
    assert_int_equal(n, 0);
    pg_reader_close(reader);
    c->nrows += source->n;
    buf_deinit(&sql);
}

static inline void
put_numbered(const struct table *table, const char *alias, struct buf *sql)
{
    buf_puts(sql, "(SELECT pg_catalog.row_number() OVER (ORDER BY decant_row.tableoid,"
                  " decant_row.ctid) AS decant_n, * FROM ");
    catalog_put_rows(table, sql);
    buf_printf(sql, " AS decant_row) AS %s", alias);
}

/* Who is whose parent is for the server to say. */
static inline void
references_load(struct choosing *c, const struct plan_key *key, struct references *out)
{
    struct buf sql = { 0 };
    buf_puts(&sql, "SELECT c.decant_n, p.decant_n FROM ");
    put_numbered(key->child, "c", &sql);
    buf_puts(&sql, " JOIN ");
    put_numbered(key->parent, "p", &sql);
    for (int i = 0; i < key->key->ncolumns; i++) {
        buf_puts(&sql, i == 0 ? " ON p." : " AND p.");
        quote_ident(&sql, key->parent->columns[key->parent_columns[i]].name);
        buf_printf(&sql, " OPERATOR(%s) c.", key->key->operators[i]);
        quote_ident(&sql, key->child->columns[key->child_columns[i]].name);
    }
    buf_puts(&sql, " ORDER BY 1, 2");
    struct pg_result *r = pg_query(c->conns[0], &c->err, buf_str(&sql), 0, NULL);
    if (r == NULL)
        fail_msg("%s (%s): %s", c->err.message, c->err.sqlstate, buf_str(&sql));
    size_t child = c->sources[plan_number(&c->plan, key->child)].first;
    size_t parent = c->sources[plan_number(&c->plan, key->parent)].first;
    out->n = (size_t)pg_nrows(r);
    out->pairs = mem_alloc((out->n + 1) * sizeof *out->pairs);
    for (int i = 0; i < pg_nrows(r); i++)
        out->pairs[i] = (struct pair){ child + (size_t)pg_int(r, i, 0) - 1,
                                       parent + (size_t)pg_int(r, i, 1) - 1 };
    pg_result_free(r);
    buf_deinit(&sql);
}

static inline void
choosing_load(struct choosing *c)
{
    c->sources = mem_alloc((size_t)(c->plan.ntables + 1) * sizeof *c->sources);
    c->references = mem_alloc((size_t)(c->plan.nkeys + 1) * sizeof *c->references);
    for (int i = 0; i < c->plan.ntables; i++)
        source_load(c, &c->sources[i], c->plan.tables[i]);
    for (int i = 0; i < c->plan.nkeys; i++)
        references_load(c, &c->plan.keys[i], &c->references[i]);
}

/* What the selection says of every row of the source. */
static inline struct picture
picture_take(struct choosing *c)
{
    struct picture out = { 0 };
    struct buf scratch = { 0 };
    if (c->sources == NULL)
        choosing_load(c);
    out.n = c->nrows;
    out.origins = mem_alloc((out.n + 1) * sizeof *out.origins);
    out.probabilities = mem_alloc((out.n + 1) * sizeof *out.probabilities);
    for (int i = 0; i < c->plan.ntables; i++) {
        const struct source *s = &c->sources[i];
        for (size_t row = 0; row < s->n; row++)
            out.origins[s->first + row] =
                select_origin(c->set, s->table, &s->keys[row * (size_t)s->nkeys],
                              &out.probabilities[s->first + row], &scratch);
    }
    buf_deinit(&scratch);
    return out;
}

/* Chooses and looks; ends the test when that fails. */
static inline void
must_choose(struct choosing *c, const char *sample)
{
    if (!choose(c, sample))
        fail_msg("%s: %s (%s) %s", sample, c->err.message, c->err.sqlstate, c->err.hint);
    picture_free(&c->seen);
    c->seen = picture_take(c);
}

/* ---- what tests ask */

static inline int
table_number(const struct choosing *c, const char *name)
{
    for (int i = 0; i < c->plan.ntables; i++)
        if (strcmp(c->plan.tables[i]->name, name) == 0)
            return i;
    fail_msg("there is no table '%s'", name);
    return -1;
}

/* What the planner takes a table's size for, to be changed. */
static inline double *
size_of_table(const struct choosing *c, int number)
{
    return (double *)&c->catalog->tables[number].reltuples; /* the arena is ours */
}

static inline const struct table *
table_named(const struct choosing *c, const char *name)
{
    return c->plan.tables[table_number(c, name)];
}

static inline const struct source *
source_named(const struct choosing *c, const char *name)
{
    return &c->sources[table_number(c, name)];
}

static inline const char *
cell(const struct source *source, size_t row, const char *column)
{
    int i = table_column(source->table, column);
    assert_true(i >= 0);
    return source->cells[row * (size_t)source->table->ncolumns + (size_t)i];
}

static inline size_t
row_with(const struct source *source, const char *column, const char *value)
{
    for (size_t row = 0; row < source->n; row++)
        if (cell(source, row, column) != NULL && strcmp(cell(source, row, column), value) == 0)
            return row;
    fail_msg("'%s' has no row with %s = %s", source->table->name, column, value);
    return 0;
}

static inline enum origin
origin_at(const struct choosing *c, const struct source *source, size_t row)
{
    return c->seen.origins[source->first + row];
}

static inline double
probability_at(const struct choosing *c, const struct source *source, size_t row)
{
    return c->seen.probabilities[source->first + row];
}

static inline int64_t
rows_of_origin(const struct choosing *c, const char *table, enum origin origin)
{
    const struct source *source = source_named(c, table);
    int64_t n = 0;
    for (size_t row = 0; row < source->n; row++)
        n += origin_at(c, source, row) == origin;
    return n;
}

static inline int64_t
rows_in(const struct choosing *c, const char *table)
{
    return (int64_t)source_named(c, table)->n - rows_of_origin(c, table, ORIGIN_NONE);
}

static inline const struct sample_edge *
edge_of(const struct choosing *c, const struct foreign_key *key)
{
    for (int i = 0; i < c->sampling.nedges; i++)
        if (c->sampling.edges[i].key == key)
            return &c->sampling.edges[i];
    return NULL;
}

static inline int
edge_named(const struct choosing *c, const char *name)
{
    for (int i = 0; i < c->sampling.nedges; i++)
        if (strcmp(c->sampling.edges[i].name, name) == 0)
            return i;
    fail_msg("there is no key '%s'", name);
    return -1;
}

static inline const struct references *
references_named(const struct choosing *c, const char *name)
{
    for (int i = 0; i < c->plan.nkeys; i++)
        if (strcmp(c->plan.keys[i].key->name, name) == 0)
            return &c->references[i];
    fail_msg("there is no key '%s'", name);
    return NULL;
}

/* NaN is near nothing. */
static inline void
assert_near(double value, double expected)
{
    if (!(value > expected - 1e-9 && value < expected + 1e-9))
        fail_msg("%g is not %g", value, expected);
}

/* Every chosen row has its parents, but along keys that are changed. */
static inline void
assert_closed(const struct choosing *c)
{
    for (int i = 0; i < c->plan.nkeys; i++) {
        const struct plan_key *key = &c->plan.keys[i];
        const struct sample_edge *edge = edge_of(c, key->key);
        if (edge != NULL && (edge->policy == POLICY_REASSIGN || edge->policy == POLICY_NULL))
            continue;
        for (size_t k = 0; k < c->references[i].n; k++) {
            struct pair pair = c->references[i].pairs[k];
            if (c->seen.origins[pair.child] != ORIGIN_NONE &&
                c->seen.origins[pair.parent] == ORIGIN_NONE)
                fail_msg("row %zu of %s is in without its parent by %s",
                         pair.child - c->sources[plan_number(&c->plan, key->child)].first,
                         key->child->name, key->key->name);
        }
    }
}

/* The set has no row that the source has not, and counts each of them once. */
static inline void
assert_counted(const struct choosing *c)
{
    for (int i = 0; i < c->plan.ntables; i++) {
        const char *name = c->plan.tables[i]->name;
        for (enum origin origin = ORIGIN_SAMPLE; origin < ORIGIN_COUNT; origin++)
            if (select_count(c->set, c->plan.tables[i], origin) != rows_of_origin(c, name, origin))
                fail_msg("%s: %lld rows are '%s', of the source %lld", name,
                         (long long)select_count(c->set, c->plan.tables[i], origin),
                         origin_name(origin), (long long)rows_of_origin(c, name, origin));
        assert_int_equal(select_has_none(c->set, c->plan.tables[i]), rows_in(c, name) == 0);
    }
}

static inline bool
pictures_equal(const struct picture *a, const struct picture *b)
{
    for (size_t i = 0; i < a->n; i++)
        if (a->origins[i] != b->origins[i] || a->probabilities[i] != b->probabilities[i])
            return false;
    return a->n == b->n;
}

#endif
