/* SPDX-License-Identifier: PostgreSQL */
#include "select/predict.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "pg/copy.h"
#include "select/tuple.h"

enum { ROUNDS = 6, COUNTED_AT_ONCE = 20 };

/* How many parents are referred to by k rows. */
struct histogram {
    struct bar {
        double k, parents;
    } * bars;
    size_t n, room;
};

struct predictor {
    struct pg_conn *conn;
    const struct sampling *sampling;
    double most_counted;
    struct prediction *out;
    struct histogram *all, *with_children; /* by parent */
    double *within;                        /* by table: pulled rows whose owner has pulled them */
    double *filled; /* by edge within a cohort: share of the child's rows that refer to a parent */
};

static double
rows_of(const struct sample_table *table)
{
    return fmax(sampling_rows(table), 0);
}

static bool
pulls(const struct sampling *s, int number, bool with_children)
{
    const struct sample_edge *edge = &s->edges[number];
    if (edge->needs_nothing || s->tables[edge->parent].role != ROLE_SAMPLED ||
        s->tables[edge->child].role == ROLE_SCHEMA_ONLY || s->tables[edge->child].owner == number)
        return false;
    return edge->policy == POLICY_PULL_WITH_CHILDREN ||
           (edge->policy == POLICY_PULL && !with_children);
}

static void
add_bar(struct histogram *h, double k, double parents)
{
    if (h->n == h->room) {
        h->room = h->room > 0 ? h->room * 2 : 16;
        h->bars = mem_realloc(h->bars, h->room * sizeof *h->bars);
    }
    h->bars[h->n++] = (struct bar){ k, parents };
}

/* ---- counting: rows of one cohort count once, and those whose parent is of their own cohort not
 */

static int
root_of(const struct sampling *s, int table)
{
    while (s->tables[table].owner >= 0)
        table = s->edges[s->tables[table].owner].parent;
    return table;
}

/* Appends keys as one value: an integer, or text. */
static void
put_value(const struct column *const *columns, int n, bool as_integer, const char *name,
          struct buf *out)
{
    buf_puts(out, as_integer ? "(" : "ROW(");
    for (int i = 0; i < n; i++) {
        buf_puts(out, i > 0 ? ", " : "");
        tuple_put_column(columns[i], "decant_row", out);
    }
    buf_printf(out, ")::%s AS %s", as_integer ? "int8" : "text", name);
}

/* Appends the columns that another table's key refers to. */
static const struct column **
parent_columns(const struct sampling *s, const struct sample_edge *edge)
{
    const struct column **columns = mem_alloc((size_t)(edge->ncolumns + 1) * sizeof *columns);
    for (int i = 0; i < edge->ncolumns; i++)
        columns[i] = &s->tables[edge->parent].table->columns[edge->parent_columns[i]];
    return columns;
}

static bool
is_integer_edge(const struct sampling *s, const struct sample_edge *edge)
{
    const struct column **columns = parent_columns(s, edge);
    bool ok = tuple_fits_integer(edge->child_keys, edge->ncolumns) &&
              tuple_fits_integer(columns, edge->ncolumns);
    free(columns);
    return ok;
}

/* The key by which rows of a root are chosen; where there is none, `other` stands for it. */
static void
put_identity(const struct table *table, const struct column *other, struct buf *out)
{
    const struct index *key = catalog_identity(table);
    int n = key != NULL ? key->nkeys : 1;
    const struct column **columns = mem_alloc((size_t)n * sizeof(const struct column *));
    for (int i = 0; i < n; i++)
        columns[i] = key != NULL ? &table->columns[key->keys[i].column] : other;
    put_value(columns, n, false, "r", out);
    free(columns);
}

/* Appends a query of one key of a table, as `name`, and of the key of the root that its rows
 * follow, as r. Rows without an owner are not in it. */
static void
put_rooted(const struct sampling *s, int table, const struct column *const *columns, int n,
           bool as_integer, const char *name, struct buf *out)
{
    assert(s != NULL && table >= 0);
    const struct sample_table *t = &s->tables[table];
    const struct sample_edge *owner = t->owner >= 0 ? &s->edges[t->owner] : NULL;
    bool below_root = owner != NULL && s->tables[owner->parent].owner < 0;
    buf_puts(out, "SELECT ");
    put_value(columns, n, as_integer, name, out);
    buf_puts(out, ", ");
    if (owner == NULL) {
        put_identity(t->table, columns[0], out);
    } else if (below_root) {
        put_value(owner->child_keys, owner->ncolumns, false, "r", out);
    } else {
        buf_puts(out, "up.r");
    }
    buf_puts(out, " FROM ");
    catalog_put_rows(t->table, out);
    buf_puts(out, " AS decant_row");
    if (owner != NULL && !below_root) {
        const struct column **above = parent_columns(s, owner);
        bool integer = is_integer_edge(s, owner);
        struct buf key = { 0 };
        buf_puts(out, " JOIN (");
        put_rooted(s, owner->parent, above, owner->ncolumns, integer, "o", out);
        put_value(owner->child_keys, owner->ncolumns, integer, "x", &key);
        buf_printf(out, ") AS up ON up.o = %.*s", (int)(key.len - 5), buf_str(&key));
        buf_deinit(&key);
        free(above);
    }
}

/* May a row and the parent that it refers to follow the same row of one root? */
static bool
is_within(const struct sampling *s, const struct sample_edge *edge)
{
    int root = root_of(s, edge->child);
    return root == root_of(s, edge->parent) && edge->parent != root;
}

static void
put_reference(const struct sampling *s, int number, bool as_integer, struct buf *out)
{
    const struct sample_edge *edge = &s->edges[number];
    int root = root_of(s, edge->child);
    bool same_root = is_within(s, edge);
    buf_printf(out, "SELECT c.k, %d AS g, c.r FROM (", root);
    put_rooted(s, edge->child, edge->child_keys, edge->ncolumns, as_integer, "k", out);
    buf_puts(out, ") AS c");
    if (same_root) {
        const struct column **columns = parent_columns(s, edge);
        buf_puts(out, " JOIN (");
        put_rooted(s, edge->parent, columns, edge->ncolumns, as_integer, "k", out);
        buf_puts(out, ") AS p ON p.k = c.k AND p.r <> c.r");
        free(columns);
    }
    buf_puts(out, " WHERE c.k IS NOT NULL");
}

/* Appends "parent's key, cohort" of all rows that refer to the parent. False: there are none, or
 * too many. */
static bool
put_references(const struct predictor *p, int parent, bool with_children, struct buf *out)
{
    const struct sampling *s = p->sampling;
    const struct sample_edges *down = &s->tables[parent].down;
    double rows = 0;
    bool as_integer = true, any = false;
    for (int i = 0; i < down->n; i++)
        if (pulls(s, down->of[i], with_children))
            as_integer = as_integer && is_integer_edge(s, &s->edges[down->of[i]]);
    for (int i = 0; i < down->n; i++) {
        if (!pulls(s, down->of[i], with_children))
            continue;
        rows += rows_of(&s->tables[s->edges[down->of[i]].child]);
        buf_puts(out, any ? " UNION ALL " : "");
        put_reference(s, down->of[i], as_integer, out);
        any = true;
    }
    return any && rows <= p->most_counted;
}

/* Histograms that one statement counts: the server may be far away. */
struct counting {
    struct predictor *p;
    struct buf sql;
    int n;
    struct histogram *histograms[COUNTED_AT_ONCE];
};

static bool
count_histograms(struct counting *counting, struct decant_error *err)
{
    struct decant_value *values;
    if (counting->n == 0)
        return true;
    buf_puts(&counting->sql, ") TO STDOUT (FORMAT binary)");
    struct pg_reader *reader = pg_reader_open(counting->p->conn, buf_str(&counting->sql), 3, err);
    int n = reader == NULL ? -1 : 0;
    while (reader != NULL && (n = pg_reader_next(reader, &values, err)) > 0)
        add_bar(counting->histograms[get_u32(values[0].data)], (double)get_u64(values[1].data),
                (double)get_u64(values[2].data));
    pg_reader_close(reader);
    buf_reset(&counting->sql);
    counting->n = 0;
    return n == 0;
}

/* Of what would take too long the mean must do. */
static void
take_mean(struct predictor *p, int parent, bool with_children, struct histogram *out)
{
    const struct sample_edges *down = &p->sampling->tables[parent].down;
    double rows = 0, parents = fmax(p->out[parent].rows, 0);
    for (int i = 0; i < down->n; i++)
        if (pulls(p->sampling, down->of[i], with_children))
            rows += fmax(p->out[p->sampling->edges[down->of[i]].child].rows, 0);
    add_bar(out, parents > 0 ? rows / parents : 0, parents);
}

static bool
want_histogram(struct counting *counting, int parent, bool with_children, struct histogram *out,
               struct decant_error *err)
{
    struct predictor *p = counting->p;
    struct buf references = { 0 };
    bool ok = true;
    if (put_references(p, parent, with_children, &references)) {
        buf_printf(&counting->sql,
                   "%sSELECT %d, n, pg_catalog.count(*) FROM (SELECT pg_catalog.count(*) AS n"
                   " FROM (SELECT DISTINCT k, g, r FROM (%s) AS a) AS r GROUP BY k) AS c"
                   " GROUP BY n",
                   counting->n == 0 ? "COPY (" : " UNION ALL ", counting->n, buf_str(&references));
        counting->histograms[counting->n++] = out;
        ok = counting->n < COUNTED_AT_ONCE || count_histograms(counting, err);
    } else if (references.len > 0) {
        take_mean(p, parent, with_children, out);
    }
    buf_deinit(&references);
    return ok;
}

static bool
count_all(struct predictor *p, struct decant_error *err)
{
    struct counting counting = { .p = p };
    bool ok = true;
    for (int i = 0; ok && i < p->sampling->ntables; i++)
        ok = want_histogram(&counting, i, false, &p->all[i], err) &&
             want_histogram(&counting, i, true, &p->with_children[i], err);
    ok = ok && count_histograms(&counting, err);
    buf_deinit(&counting.sql);
    return ok;
}

static bool
count_filled(struct predictor *p, int number, struct decant_error *err)
{
    const struct sample_edge *edge = &p->sampling->edges[number];
    struct buf sql = { 0 };
    if (!is_within(p->sampling, edge) || !pulls(p->sampling, number, false))
        return true;
    buf_puts(&sql, "SELECT coalesce(pg_catalog.count(");
    tuple_put_column(edge->child_keys[0], "decant_row", &sql);
    buf_puts(&sql, ")::float8 / nullif(pg_catalog.count(*), 0), 0) FROM ");
    catalog_put_rows(p->sampling->tables[edge->child].table, &sql);
    buf_puts(&sql, " AS decant_row");
    struct pg_result *r = pg_query(p->conn, err, buf_str(&sql), 0, NULL);
    if (r != NULL)
        p->filled[number] = strtod(pg_text(r, 0, 0), NULL);
    pg_result_free(r);
    buf_deinit(&sql);
    return r != NULL;
}

/* ---- the estimates */

/* Of references to one of several tables a row has one. */
static bool
is_alternative(const struct sampling *s, int number)
{
    const struct sample_edge *edge = &s->edges[number];
    const struct sample_edges *up = &s->tables[edge->child].up;
    for (int i = 0; edge->key == NULL && up->of[i] < number; i++)
        if (s->edges[up->of[i]].key == NULL && strcmp(s->edges[up->of[i]].name, edge->name) == 0)
            return true;
    return false;
}

static void
predict_sampled(const struct sampling *s, int number, struct prediction *out)
{
    const struct sample_table *table = &s->tables[number];
    double rate = sampling_rate(s, number), share = 1, owners = out->rows, q = 1;
    if (out->rows < 0) /* nobody analyzed it */
        return;
    for (int i = 0; i < table->up.n; i++) {
        const struct sample_edge *edge = &s->edges[table->up.of[i]];
        if (edge->policy == POLICY_REQUIRE && !edge->needs_nothing &&
            !is_alternative(s, table->up.of[i]))
            share *= sampling_rate(s, edge->parent);
    }
    out->sampled = out->rows * rate * share;
    for (int i = 0; i < table->up.n && table->owner < 0; i++) /* they come with these */
        if (s->edges[table->up.of[i]].policy == POLICY_REQUIRE && share < 1) {
            owners = rows_of(&s->tables[s->edges[table->up.of[i]].parent]);
            q = owners > 0 ? fmin(1, out->rows / owners) / 2 : 1;
            break;
        }
    for (int t = number; s->tables[t].owner >= 0;) {
        t = s->edges[s->tables[t].owner].parent;
        owners = rows_of(&s->tables[t]);
    }
    if (table->owner >= 0 && owners > 0)
        q = fmin(1, out->rows / owners) / 2;
    out->sd = out->rows > 0 && rate * share > 0 && rate * share < 1 && owners > 0
                  ? out->sampled * sqrt((1 - rate * share) / (rate * share * owners) / q)
                  : 0;
}

static double
share_in(const struct prediction *p)
{
    return p->rows > 0 ? fmin(1, (p->sampled + p->pulled + p->completed) / p->rows) : 0;
}

/* Parents that are pulled, when the rows that refer to them are in with these shares. */
static double
pulled_by(const struct predictor *p, int parent, bool with_children, const struct histogram *h)
{
    const struct sample_edges *down = &p->sampling->tables[parent].down;
    double rows = 0, in = 0, sum = 0;
    for (int i = 0; i < down->n; i++) {
        const struct prediction *child = &p->out[p->sampling->edges[down->of[i]].child];
        if (!pulls(p->sampling, down->of[i], with_children))
            continue;
        rows += child->rows;
        in += child->rows * share_in(child);
    }
    double share = rows > 0 ? in / rows : 0;
    for (size_t i = 0; i < h->n; i++)
        sum += h->bars[i].parents * (1 - pow(1 - share, h->bars[i].k));
    return sum * (1 - sampling_rate(p->sampling, parent));
}

static void
run_round(struct predictor *p)
{
    const struct sampling *s = p->sampling;
    for (int i = 0; i < s->ntables; i++) {
        if (s->tables[i].role != ROLE_SAMPLED)
            continue;
        double pulled = pulled_by(p, i, false, &p->all[i]), completed = 0, within = 0;
        double room = p->out[i].rows - p->out[i].sampled;
        for (int d = 0; d < s->tables[i].down.n; d++) {
            int e = s->tables[i].down.of[d], child = s->edges[e].child;
            bool owns = s->tables[child].owner == e;
            if (owns) /* a pulled row needs its owner */
                pulled +=
                    fmax(0, p->out[child].pulled - p->within[child]) * (1 - sampling_rate(s, i));
            /* ... and what it refers to follows it, but is not in either */
            if (!owns && child != i)
                within += p->out[child].pulled * p->filled[e];
        }
        int owner = s->tables[i].owner, parent = owner >= 0 ? s->edges[owner].parent : -1;
        if (parent >= 0 && p->out[parent].rows > 0)
            completed =
                (pulled_by(p, parent, true, &p->with_children[parent]) + p->out[parent].completed) *
                p->out[i].rows / p->out[parent].rows;
        p->out[i].completed = fmin(completed, fmax(room, 0));
        p->out[i].pulled = fmin(pulled + within, fmax(room - p->out[i].completed, 0));
        p->within[i] = fmin(within, p->out[i].pulled); /* keys in a circle would count twice */
    }
}

bool
predict_sample(struct pg_conn *conn, const struct sampling *sampling, double most_counted,
               struct prediction *out, struct decant_error *err)
{
    assert(sampling != NULL);
    struct predictor p = { conn, sampling, most_counted, out, NULL, NULL, NULL, NULL };
    size_t n = (size_t)sampling->ntables + 1;
    bool ok = true;
    p.all = mem_alloc(n * sizeof *p.all);
    p.with_children = mem_alloc(n * sizeof *p.with_children);
    p.within = mem_alloc(n * sizeof *p.within);
    p.filled = mem_alloc(((size_t)sampling->nedges + 1) * sizeof *p.filled);
    for (int i = 0; i < sampling->ntables; i++) {
        out[i] = (struct prediction){ .rows = sampling_rows(&sampling->tables[i]) };
        if (sampling->tables[i].role == ROLE_SAMPLED)
            predict_sampled(sampling, i, &out[i]);
        else if (sampling->tables[i].role == ROLE_WHOLE)
            out[i].sampled = fmax(out[i].rows, 0);
    }
    if (most_counted > 0)
        ok = count_all(&p, err);
    for (int i = 0; ok && i < sampling->nedges && most_counted > 0; i++)
        ok = count_filled(&p, i, err);
    for (int round = 0; ok && round < ROUNDS; round++)
        run_round(&p);
    for (int i = 0; i < sampling->ntables; i++) {
        free(p.all[i].bars);
        free(p.with_children[i].bars);
    }
    free(p.all);
    free(p.with_children);
    free(p.within);
    free(p.filled);
    return ok;
}
