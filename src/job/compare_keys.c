/* SPDX-License-Identifier: PostgreSQL */
/* Sizes of tables, and rows of one parent, on both sides. */
#include <math.h>

#include "job/compare.h"
#include "job/pull.h"
#include "pg/quote.h"

/* Parents by their rows, of a key between plain columns. */
static bool
count_by_sql(struct pull *pull, const struct sample_edge *edge, struct select_fanout *out,
             struct decant_error *err)
{
    struct buf sql = { 0 };
    buf_puts(&sql, "SELECT n, pg_catalog.count(*) FROM (SELECT pg_catalog.count(*) AS n FROM ");
    catalog_put_rows(pull->sampling.tables[edge->child].table, &sql);
    buf_puts(&sql, " AS decant_row");
    for (int i = 0; i < 2 * edge->ncolumns; i++) {
        const char *before = i == 0                ? " WHERE "
                             : i < edge->ncolumns  ? " AND "
                             : i == edge->ncolumns ? " GROUP BY "
                                                   : ", ";
        buf_puts(&sql, before);
        quote_ident(&sql, edge->child_keys[i % edge->ncolumns]->name);
        buf_puts(&sql, i < edge->ncolumns ? " IS NOT NULL" : "");
    }
    buf_puts(&sql, ") AS c GROUP BY 1");
    struct pg_result *r = pg_query(pull->workers[0], err, buf_str(&sql), 0, NULL);
    for (int i = 0; r != NULL && i < pg_nrows(r); i++) {
        int64_t n = pg_int(r, i, 0), parents = pg_int(r, i, 1);
        out->bars[n < SELECT_MOST_CHILDREN ? n : SELECT_MOST_CHILDREN] += parents;
        out->parents += parents;
        out->children += n * parents;
    }
    pg_result_free(r);
    buf_deinit(&sql);
    return r != NULL;
}

static bool
is_plain(const struct sample_edge *edge)
{
    bool ok = edge->key != NULL;
    for (int i = 0; ok && i < edge->ncolumns; i++)
        ok = edge->child_keys[i]->expression == NULL;
    return ok;
}

/* What the cap did not count is counted where the source is read whole anyway. */
bool
compare_count_source(struct pull *pull, struct decant_error *err)
{
    struct comparison *comparison = pull->comparison;
    const struct sampling *sampling = &pull->sampling;
    bool ok = true;
    comparison->sources =
        ARENA_ARRAY(&pull->compare_arena, struct select_fanout, sampling->nedges + 1);
    for (int i = 0; ok && i < sampling->nedges; i++) {
        const struct sample_edge *edge = &sampling->edges[i];
        struct select_fanout sample, *source = &comparison->sources[i];
        bool is_known = select_fanout(pull->chosen, i, &sample, source);
        if (is_known && source->children == 0 && is_plain(edge) && sample.parents > 0 &&
            pull->rules->checks.source_stats == STATS_FULL)
            ok = count_by_sql(pull, edge, source, err);
        double rows = comparison->tables[edge->parent].sampled.rows;
        if (source->children > 0 && isfinite(rows) && rows > (double)source->parents) {
            source->bars[0] = (int64_t)rows - source->parents;
            source->parents = (int64_t)rows;
        }
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
set_variance(struct pull *pull, struct comparison *comparison, struct compared *c)
{
    int owner = pull->sampling.tables[c->number].owner;
    double rest = 1 - c->sampled.chosen / c->sampled.rows;
    struct select_fanout sample, source;
    if (owner < 0) {
        c->variance = c->sampled.chosen > 0 ? rest / c->sampled.chosen : 1;
        return;
    }
    const struct compared *parent = &comparison->tables[pull->sampling.edges[owner].parent];
    select_fanout(pull->chosen, owner, &sample, &source);
    double parents = (double)sample.parents;
    c->variance = parent->variance + (parents > 0 ? variation_of(&sample) * rest / parents : 1);
}

static void
add_size(struct pull *pull, struct comparison *comparison, struct compared *c)
{
    const struct sample_table *plan = &pull->sampling.tables[c->number];
    set_variance(pull, comparison, c);
    if (plan->role != ROLE_SAMPLED || plan->where != NULL || plan->nstrata > 0 ||
        isinf(c->sampled.rows))
        return;
    double rate = sampling_rate(&pull->sampling, c->number);
    if (plan->owner >= 0)
        rate *= select_share(pull->chosen, plan->owner);
    fidelity_add_size(&comparison->fidelity,
                      arena_printf(&pull->compare_arena, "%s.%s", c->table->schema, c->table->name),
                      rate, &c->sampled, c->variance + 0.02 * 0.02);
}

static void
add_fanout(struct pull *pull, struct comparison *comparison, int number)
{
    const struct sample_edge *edge = &pull->sampling.edges[number];
    const struct compared *child = &comparison->tables[edge->child];
    const struct compared *parent = &comparison->tables[edge->parent];
    const struct sample_table *plan = &pull->sampling.tables[edge->child];
    bool is_owner = plan->owner == number;
    struct select_fanout sample, source;
    struct cdf_weighted a[SELECT_MOST_CHILDREN + 1], b[SELECT_MOST_CHILDREN + 1];
    if (plan->role != ROLE_SAMPLED || !select_fanout(pull->chosen, number, &sample, &source) ||
        sample.parents == 0)
        return;
    source = comparison->sources[number];
    const char *object = arena_printf(&pull->compare_arena, "%s.%s.%s", child->table->schema,
                                      child->table->name, edge->name);
    enum metric_kind kind = is_owner ? METRIC_FANOUT : METRIC_CROSS;
    const char *why = source.children == 0 || isinf(parent->sampled.rows)
                          ? "the source's rows of one parent are not counted"
                      : !edge->is_enforced ? "rows of the source may have no parent"
                                           : NULL;
    if (why != NULL) {
        fidelity_add_unknown(&comparison->fidelity, kind, object, why);
        return;
    }
    double own =
        sampling_rate(&pull->sampling, edge->child) / sampling_rate(&pull->sampling, edge->parent);
    double thinned = select_share(pull->chosen, number) * (is_owner && own < 0.999 ? own : 1);
    struct sampled parents = parent->sampled;
    parents.chosen = (double)sample.parents;
    size_t n = bars_of(&source, a), m = bars_of(&sample, b);
    fidelity_add_fanout(&comparison->fidelity, kind, object, a, n, b, m,
                        is_owner ? thinned : sampling_rate(&pull->sampling, edge->child), &parents,
                        parent->stale, pull->sampling.tables[edge->parent].owner < 0);
}

void
compare_keys(struct pull *pull)
{
    struct comparison *comparison = pull->comparison;
    for (int i = 0; i < pull->sampling.ntables; i++) /* owners first: theirs is in their rows' */
        add_size(pull, comparison, &comparison->tables[pull->sampling.order[i]]);
    for (int i = 0; i < pull->sampling.nedges; i++)
        add_fanout(pull, comparison, i);
}
