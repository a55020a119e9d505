/* SPDX-License-Identifier: PostgreSQL */
/* Sizes of tables, and rows of one parent, on both sides. */
#include <assert.h>
#include <math.h>

#include "fidelity/compare.h"
#include "load/scan.h"
#include "pg/quote.h"
#include "sqlite/db.h"

/* A table's name and the columns of a key, as SQL. */
struct end {
    struct buf table;
    int n;
    const char **columns;
};

static void
put_columns(const struct end *end, struct buf *out)
{
    for (int i = 0; i < end->n; i++) {
        buf_puts(out, i > 0 ? ", " : "");
        quote_ident(out, end->columns[i]);
    }
}

/* Parents by their rows, of a key between plain columns; the same in either language. Rows without
 * a parent count for none: then `parent` is given. */
static void
put_counts(const struct end *child, const struct end *parent, struct buf *out)
{
    buf_printf(out, "SELECT n, count(*) FROM (SELECT count(*) AS n FROM %s",
               buf_str(&child->table));
    for (int i = 0; i < child->n; i++) {
        buf_puts(out, i == 0 ? " WHERE " : " AND ");
        quote_ident(out, child->columns[i]);
        buf_puts(out, " IS NOT NULL");
    }
    if (parent != NULL) {
        buf_puts(out, " AND (");
        put_columns(child, out);
        buf_puts(out, ") IN (SELECT ");
        put_columns(parent, out);
        buf_printf(out, " FROM %s)", buf_str(&parent->table));
    }
    buf_puts(out, " GROUP BY ");
    put_columns(child, out);
    buf_puts(out, ") AS c GROUP BY 1 ORDER BY 1 DESC");
}

/* What is read of either side, the largest first. */
struct counts {
    struct select_fanout *fanout;
    int64_t ntop, top; /* parents with most rows, up to TOP of them; their rows */
};

enum { TOP = 10 };

static void
add_bar(struct counts *out, int64_t n, int64_t parents)
{
    int64_t rest = TOP - out->ntop < parents ? TOP - out->ntop : parents;
    out->fanout->bars[n < SELECT_MOST_CHILDREN ? n : SELECT_MOST_CHILDREN] += parents;
    out->fanout->parents += parents;
    out->fanout->children += n * parents;
    out->ntop += rest;
    out->top += rest * n;
}

static double
top_share(const struct counts *counts)
{
    return counts->fanout->children > 0 ? (double)counts->top / (double)counts->fanout->children
                                        : NAN;
}

/* In the source, and in a copy that is a database, names are the same. */
static void
set_end(struct comparison *comparison, const struct table *table, bool in_file, struct end *out)
{
    if (in_file) {
        quote_ident(&out->table, comparison->env.ops->name_of(comparison->env.sink, table, -1));
    } else {
        catalog_put_rows(table, &out->table);
        buf_puts(&out->table, " AS decant_row");
    }
    for (int i = 0; in_file && i < out->n; i++)
        out->columns[i] = comparison->env.ops->name_of(comparison->env.sink, table,
                                                       table_column(table, out->columns[i]));
}

static void
set_ends(struct comparison *comparison, const struct sample_edge *edge, bool in_file,
         struct end *child, struct end *parent)
{
    const struct table *to = comparison->env.sampling->tables[edge->parent].table;
    child->n = parent->n = edge->ncolumns;
    child->columns = ARENA_ARRAY(comparison->arena, const char *, edge->ncolumns + 1);
    parent->columns = ARENA_ARRAY(comparison->arena, const char *, edge->ncolumns + 1);
    for (int i = 0; i < edge->ncolumns; i++) {
        child->columns[i] = edge->child_keys[i]->name;
        parent->columns[i] = to->columns[edge->parent_columns[i]].name;
    }
    set_end(comparison, comparison->env.sampling->tables[edge->child].table, in_file, child);
    set_end(comparison, to, in_file, parent);
}

static bool
read_counts_of_file(struct db *db, const char *sql, struct counts *out, struct decant_error *err)
{
    struct db_stmt *stmt = db_prepare(db, sql, err);
    int more = stmt != NULL ? 1 : -1;
    while (more > 0 && (more = db_step(stmt, err)) > 0)
        add_bar(out, db_column_int(stmt, 0), db_column_int(stmt, 1));
    db_finalize(stmt);
    return more == 0;
}

static bool
read_counts(struct pg_conn *conn, const char *sql, struct counts *out, struct decant_error *err)
{
    struct pg_result *r = pg_query(conn, err, sql, 0, NULL);
    for (int i = 0; r != NULL && i < pg_nrows(r); i++)
        add_bar(out, pg_int(r, i, 0), pg_int(r, i, 1));
    pg_result_free(r);
    return r != NULL;
}

/* `copy` NULL: in the source. */
static bool
count_rows(struct comparison *comparison, const struct scan_source *copy,
           const struct sample_edge *edge, struct counts *out, struct decant_error *err)
{
    struct buf sql = { 0 };
    struct end child = { 0 }, parent = { 0 };
    bool in_file = copy != NULL && copy->path != NULL;
    set_ends(comparison, edge, in_file, &child, &parent);
    put_counts(&child, copy != NULL ? &parent : NULL, &sql);
    bool ok = in_file ? read_counts_of_file(copy->db, buf_str(&sql), out, err)
                      : read_counts(copy != NULL ? copy->conn : comparison->env.source,
                                    buf_str(&sql), out, err);
    buf_deinit(&sql);
    buf_deinit(&child.table);
    buf_deinit(&parent.table);
    return ok;
}

static bool
is_there(const struct comparison *comparison, const struct sample_edge *edge)
{
    return comparison->env.ops->name_of(comparison->env.sink,
                                        comparison->env.sampling->tables[edge->child].table,
                                        -1) != NULL &&
           comparison->env.ops->name_of(comparison->env.sink,
                                        comparison->env.sampling->tables[edge->parent].table,
                                        -1) != NULL;
}

static bool
is_plain(const struct sample_edge *edge)
{
    bool ok = edge->key != NULL;
    for (int i = 0; ok && i < edge->ncolumns; i++)
        ok = edge->child_keys[i]->expression == NULL;
    return ok;
}

static bool
count_source(struct comparison *comparison, int edge, struct select_fanout *out,
             struct decant_error *err)
{
    struct counts counts = { .fanout = out };
    bool ok = count_rows(comparison, NULL, &comparison->env.sampling->edges[edge], &counts, err);
    comparison->tops[edge] = ok ? top_share(&counts) : NAN;
    return ok;
}

/* Parents without children are in no group. */
static void
add_childless(struct select_fanout *out, double parents)
{
    if (out->children == 0 || !isfinite(parents) || parents <= (double)out->parents)
        return;
    out->bars[0] = (int64_t)parents - out->parents;
    out->parents = (int64_t)parents;
}

const struct select_fanout *
compare_keep_fanout(struct comparison *comparison, const struct select_fanout *fanout)
{
    static const struct select_fanout nothing;
    assert(comparison != NULL);
    if (fanout->parents == 0 && fanout->children == 0)
        return &nothing;
    struct select_fanout *kept = ARENA_NEW(comparison->arena, struct select_fanout);
    *kept = *fanout;
    return kept;
}

/* What the cap did not count is counted where the source is read whole anyway. */
bool
compare_count_source(struct comparison *comparison, struct decant_error *err)
{
    assert(comparison != NULL);
    const struct sampling *sampling = comparison->env.sampling;
    bool ok = true;
    comparison->sources =
        ARENA_ARRAY(comparison->arena, const struct select_fanout *, sampling->nedges + 1);
    comparison->tops = ARENA_ARRAY(comparison->arena, double, sampling->nedges + 1);
    comparison->copies =
        ARENA_ARRAY(comparison->arena, const struct select_fanout *, sampling->nedges + 1);
    for (int i = 0; ok && i < sampling->nedges; i++) {
        const struct sample_edge *edge = &sampling->edges[i];
        struct select_fanout copy, source;
        comparison->tops[i] = NAN;
        if (!select_fanout(comparison->env.chosen, i, &copy, &source))
            copy = source = (struct select_fanout){ 0 };
        else if (source.children == 0 && is_plain(edge) && copy.parents > 0 &&
                 comparison->env.rules->checks.source_stats == STATS_FULL)
            ok = count_source(comparison, i, &source, err);
        add_childless(&source, comparison->tables[edge->parent].sampled.rows);
        comparison->copies[i] = compare_keep_fanout(comparison, &copy);
        comparison->sources[i] = compare_keep_fanout(comparison, &source);
    }
    return ok;
}

bool
compare_count_copy(struct comparison *comparison, const struct scan_source *copy,
                   struct decant_error *err)
{
    assert(comparison != NULL);
    bool ok = true;
    for (int i = 0; ok && i < comparison->env.sampling->nedges; i++) {
        const struct sample_edge *edge = &comparison->env.sampling->edges[i];
        struct select_fanout out = { 0 };
        struct counts counts = { .fanout = &out };
        if (is_plain(edge) && is_there(comparison, edge)) {
            ok = count_rows(comparison, copy, edge, &counts, err);
            add_childless(&out, comparison->tables[edge->parent].sampled.there);
        }
        comparison->copies[i] = compare_keep_fanout(comparison, &out);
    }
    return ok;
}

/* Rows come with their owner: so many tell as much as one. */
static double
rows_of_one_owner(const struct comparison *comparison, const struct sample_edge *edge)
{
    int owner = comparison->env.sampling->tables[edge->child].owner;
    double sum = 0, squares = 0;
    for (int i = 0; owner >= 0 && i <= SELECT_MOST_CHILDREN; i++) {
        double parents = (double)comparison->copies[owner]->bars[i];
        sum += parents * i;
        squares += parents * i * i;
    }
    return sum > 0 ? squares / sum : 1;
}

/* Rows of a parent that has any. */
static double
rows_of_one(const struct select_fanout *fanout)
{
    double parents = (double)(fanout->parents - fanout->bars[0]);
    return parents > 0 ? (double)fanout->children / parents : 0;
}

/* The share of the rows that the largest parents have is what a thinned key keeps; where parents
 * were left out with their rows, ten of those that are left are others. */
bool
compare_tops(struct comparison *comparison, const struct scan_source *copy,
             struct decant_error *err)
{
    assert(comparison != NULL);
    bool ok = true;
    for (int i = 0; ok && i < comparison->env.sampling->nedges; i++) {
        const struct sample_edge *edge = &comparison->env.sampling->edges[i];
        struct select_fanout there = { 0 };
        struct counts counts = { .fanout = &there };
        if (isnan(comparison->tops[i]) || !is_there(comparison, edge))
            continue;
        ok = count_rows(comparison, copy, edge, &counts, err);
        if (ok && rows_of_one(&there) < 0.7 * rows_of_one(comparison->sources[i]))
            fidelity_add_top(&comparison->fidelity, compare_edge_name(comparison, edge),
                             comparison->tops[i], top_share(&counts), (double)there.children,
                             rows_of_one_owner(comparison, edge));
    }
    return ok;
}

static size_t
bars_of(const struct select_fanout *fanout, struct cdf_weighted out[SELECT_MOST_CHILDREN + 1])
{
    for (int i = 0; i <= SELECT_MOST_CHILDREN; i++)
        out[i] = (struct cdf_weighted){ i, (double)fanout->bars[i] };
    return SELECT_MOST_CHILDREN + 1;
}

/* The square of the coefficient of variation of the rows of one parent. */
static double
variation_of(const struct select_fanout *fanout)
{
    double n = (double)fanout->parents, sum = 0, squares = 0;
    for (int i = 0; i <= SELECT_MOST_CHILDREN; i++) {
        sum += (double)fanout->bars[i] * i;
        squares += (double)fanout->bars[i] * i * i;
    }
    double mean = n > 0 ? sum / n : 0;
    return mean > 0 ? squares / n / (mean * mean) - 1 : 0;
}

/* How much the size of the sample varies: roots come one by one, what they own with them. ANALYZE
 * estimates the source's rows, so a fiftieth is added. */
static void
set_variance(struct comparison *comparison, struct compared *c)
{
    int owner = comparison->env.sampling->tables[c->number].owner;
    double rest = 1 - c->sampled.chosen / c->sampled.rows;
    if (owner < 0) {
        c->variance = c->sampled.chosen > 0 ? rest / c->sampled.chosen : 1;
        return;
    }
    const struct compared *parent =
        &comparison->tables[comparison->env.sampling->edges[owner].parent];
    const struct select_fanout *copy = comparison->copies[owner];
    double parents = (double)copy->parents;
    c->variance = parent->variance + (parents > 0 ? variation_of(copy) * rest / parents : 1);
}

static const char too_stale[] =
    "more than a tenth of the source's rows have changed since they were counted, or they were "
    "counted just now: ANALYZE them";

static void
add_size(struct comparison *comparison, struct compared *c)
{
    const struct sample_table *plan = &comparison->env.sampling->tables[c->number];
    set_variance(comparison, c);
    if (plan->role != ROLE_SAMPLED || plan->where != NULL || plan->nstrata > 0 ||
        isinf(c->sampled.rows))
        return;
    if (c->stale > MEASURED_MOST_STALE) {
        fidelity_add_unknown(&comparison->fidelity, FIGURE_SIZE,
                             compare_table_name(comparison, c->table), too_stale);
        return;
    }
    double rate = sampling_rate(comparison->env.sampling, c->number);
    for (int i = 0; i < comparison->env.sampling->nedges && plan->owner < 0; i++)
        if (comparison->env.sampling->edges[i].child == c->number &&
            select_required_away(comparison->env.chosen, i) > 0) {
            fidelity_add_unknown(&comparison->fidelity, FIGURE_SIZE,
                                 compare_table_name(comparison, c->table),
                                 "rows come with what they belong to, whatever their own rate");
            return;
        }
    if (plan->owner >= 0)
        rate *= select_share(comparison->env.chosen, plan->owner);
    fidelity_add_size(&comparison->fidelity, compare_table_name(comparison, c->table), rate,
                      &c->sampled, c->variance + pow(fmax(0.02, c->stale), 2));
}

static double
mean_of(const struct select_fanout *fanout)
{
    return (double)fanout->children / (double)fanout->parents;
}

static void
add_fanout(struct comparison *comparison, int number)
{
    assert(comparison != NULL);
    const struct sample_edge *edge = &comparison->env.sampling->edges[number];
    const struct compared *parent = &comparison->tables[edge->parent];
    const struct sample_table *plan = &comparison->env.sampling->tables[edge->child];
    bool is_owner = plan->owner == number;
    const struct select_fanout *source = comparison->sources[number];
    const struct select_fanout *copy = comparison->copies[number];
    struct cdf_weighted a[SELECT_MOST_CHILDREN + 1], b[SELECT_MOST_CHILDREN + 1];
    if (plan->role != ROLE_SAMPLED || copy->parents == 0)
        return;
    const char *object = compare_edge_name(comparison, edge);
    enum figure_kind kind = is_owner ? FIGURE_FANOUT : FIGURE_CROSS;
    const char *why = source->children == 0 || isinf(parent->sampled.rows)
                          ? "the source's rows of one parent are not counted"
                      : parent->stale > MEASURED_MOST_STALE ? too_stale
                      : !edge->is_enforced ? "rows of the source may have no parent"
                                           : NULL;
    if (why != NULL) {
        fidelity_add_unknown(&comparison->fidelity, kind, object, why);
        return;
    }
    double own = sampling_rate(comparison->env.sampling, edge->child) /
                 sampling_rate(comparison->env.sampling, edge->parent);
    double thinned =
        select_share(comparison->env.chosen, number) * (is_owner && own < 0.999 ? own : 1);
    struct sampled parents = parent->sampled;
    parents.chosen = (double)copy->parents;
    const struct fanout_side sides[] = { { a, bars_of(source, a), mean_of(source) },
                                         { b, bars_of(copy, b), mean_of(copy) } };
    fidelity_add_fanout(&comparison->fidelity, kind, object, &sides[0], &sides[1],
                        is_owner ? thinned : sampling_rate(comparison->env.sampling, edge->child),
                        &parents, parent->stale,
                        comparison->env.sampling->tables[edge->parent].owner < 0);
}

void
compare_keys(struct comparison *comparison)
{
    assert(comparison != NULL);
    for (int i = 0; i < comparison->env.sampling->ntables;
         i++) /* owners first: theirs is in their rows' */
        add_size(comparison, &comparison->tables[comparison->env.sampling->order[i]]);
    for (int i = 0; i < comparison->env.sampling->nedges; i++)
        add_fanout(comparison, i);
}
