/* SPDX-License-Identifier: PostgreSQL */
/*
 * Whales. A row that owns more than the share `cap` of what a table is to bring would make or break
 * the size of the sample. It becomes likelier itself, and of what it owns a part comes along, so
 * that the part's probability is the table's again:
 *
 *     pi(row) = s / (cap * N)     where it owns s > cap * rate * N of the table's N rows, at most 1
 *     pi(child | row) = rate / pi(row)
 *
 * s and N are exact, so that statistics do not change which rows are in.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "select/internal.h"

enum {
    MOST_CANDIDATES = 5000,
    BUCKETS = 4096,      /* a power of two */
    MANY_ROWS = 2000000, /* of a table: its owners are counted in buckets first */
};

/* One table's rows, counted by one of its owners. */
struct count {
    const struct chosen_rows *set;
    struct pg_conn *conn;
    const char *name;                 /* of the table */
    const struct edge *first;         /* to its own owner */
    const struct edge *by;            /* to the owner for whom they are counted */
    double rows;                      /* of the table, N */
    int64_t most;                     /* of them, of one owner */
    int64_t limit;                    /* more than these make a whale */
    struct select_fanout fanout;      /* of the owners, unless they were counted in buckets */
    int64_t least;                    /* so many children of its own an owner needs to be one */
    struct chances found;             /* owners, and their rows */
    const struct chances *candidates; /* or NULL: all */
    struct buf scratch;
};

/* Appends a query of the columns that `edge` refers by, as k0, k1 ..., of the rows within the
 * frame; `below` are such rows of a table that this one owns, or NULL. */
static void
put_level(const struct chosen_rows *set, const struct edge *edge, const struct edge *below,
          const char *below_sql, struct buf *out)
{
    const struct sample_table *plan = set->sides[edge->plan->child].plan;
    buf_puts(out, "SELECT ");
    for (int i = 0; i < edge->child.ncolumns; i++) {
        buf_puts(out, i > 0 ? ", " : "");
        tuple_put_column(edge->child.columns[i], "decant_row", out);
        buf_printf(out, " AS decant_k%d", i);
    }
    buf_puts(out, " FROM ");
    catalog_put_rows(plan->table, out);
    buf_puts(out, " AS decant_row");
    if (below != NULL)
        buf_printf(out, " JOIN (%s) AS decant_below ON ", below_sql);
    for (int i = 0; below != NULL && i < below->child.ncolumns; i++) {
        buf_puts(out, i > 0 ? " AND " : "");
        tuple_put_column(below->parent->tuple.columns[i], "decant_row", out);
        buf_printf(out, " = decant_below.decant_k%d", i);
    }
    if (plan->where != NULL)
        buf_printf(out, " WHERE (%s)", plan->where);
}

static void
put_keys(int n, struct buf *out)
{
    for (int i = 0; i < n; i++)
        buf_printf(out, "%sdecant_k%d", i > 0 ? ", " : "", i);
}

/* Owners (or buckets) with n rows each, and whether they are none. */
static bool
visit_totals(void *ctx, const struct decant_value *values, struct decant_error *err)
{
    struct count *count = ctx;
    int64_t n = (int64_t)get_u64(values[0].data), owners = (int64_t)get_u64(values[2].data);
    struct select_fanout *fanout = &count->fanout;
    (void)err;
    count->rows += (double)n * (double)owners;
    if (values[1].data[0] == 0)
        return true;
    if (n > count->most)
        count->most = n;
    fanout->bars[n < SELECT_MOST_CHILDREN ? n : SELECT_MOST_CHILDREN] += owners;
    fanout->parents += owners;
    fanout->children += n * owners;
    return true;
}

/* Owners of many rows are counted by the bucket that they fall into, first: a few thousand groups
 * need no disk where millions would. No owner has more rows than its bucket. */
static bool
is_bucketed(const struct count *count)
{
    const struct edge *edge = count->by;
    return count->by == count->first && edge->child.as_integer &&
           tuple_fits_integer(edge->child.columns, edge->child.ncolumns) &&
           count->set->sides[edge->plan->child].plan->table->reltuples > MANY_ROWS;
}

static void
put_bucket(struct buf *out)
{
    buf_printf(out, "pg_catalog.hashint8extended(decant_k0::int8, 0) & %d", BUCKETS - 1);
}

/* How many rows are there, and how many does one owner (or one bucket) have at most? */
static bool
count_totals(struct count *count, struct decant_error *err)
{
    struct buf level = { 0 }, groups = { 0 }, sql = { 0 };
    put_level(count->set, count->by, NULL, NULL, &level);
    if (is_bucketed(count))
        put_bucket(&groups);
    else
        put_keys(count->by->child.ncolumns, &groups);
    buf_printf(&sql,
               "COPY (SELECT n, g IS NOT NULL, pg_catalog.count(*) FROM (SELECT pg_catalog.count(*)"
               " AS n, %s AS g FROM (%s) AS k GROUP BY %s) AS c GROUP BY 1, 2) TO STDOUT (FORMAT"
               " binary)",
               is_bucketed(count) ? buf_str(&groups) : "decant_k0", buf_str(&level),
               buf_str(&groups));
    bool ok = scan_query(count->conn, buf_str(&sql), 3, count->name, visit_totals, count, err);
    buf_deinit(&level);
    buf_deinit(&groups);
    buf_deinit(&sql);
    return ok;
}

static bool
group_key(struct count *count, const struct decant_value *values, struct key128 *out)
{
    int at[count->by->child.ncolumns];
    struct tuple tuple = count->by->child;
    for (int i = 0; i < tuple.ncolumns; i++)
        at[i] = i;
    tuple.at = at;
    return tuple_key(&tuple, values, count->set->fingerprint_key, &count->scratch, out);
}

static bool
visit_owner(void *ctx, const struct decant_value *values, struct decant_error *err)
{
    struct count *count = ctx;
    struct key128 key;
    (void)err;
    if (group_key(count, values, &key))
        chances_add(&count->found, key,
                    (double)(int64_t)get_u64(values[count->by->child.ncolumns].data));
    return true;
}

/* Runs "keys of count->by, number of rows" over the rows of `level`, of the owners that have more
 * than `least`. */
static bool
run_groups(struct count *count, const char *level, int64_t least, struct decant_error *err)
{
    struct buf sql = { 0 };
    int n = count->by->child.ncolumns;
    buf_puts(&sql, "COPY (SELECT ");
    put_keys(n, &sql);
    buf_printf(&sql, ", pg_catalog.count(*) FROM (%s) AS k", level);
    if (is_bucketed(count)) {
        buf_puts(&sql, " WHERE ");
        put_bucket(&sql);
        buf_puts(&sql, " IN (SELECT ");
        put_bucket(&sql);
        buf_printf(&sql, " FROM (%s) AS j GROUP BY 1 HAVING pg_catalog.count(*) > %lld)", level,
                   (long long)least);
    }
    buf_puts(&sql, " GROUP BY ");
    put_keys(n, &sql);
    buf_printf(&sql, " HAVING pg_catalog.count(*) > %lld) TO STDOUT (FORMAT binary)",
               (long long)least);
    bool ok = scan_query(count->conn, buf_str(&sql), n + 1, count->name, visit_owner, count, err);
    buf_deinit(&sql);
    return ok;
}

/* Counts the table's rows by the owner that count->by refers to, through all owners between; only
 * for the candidates where they are few integers. */
static bool
count_whales(struct count *count, struct decant_error *err)
{
    assert(count != NULL);
    const struct chances *candidates = count->candidates;
    const struct chosen_rows *set = count->set;
    const struct edge *edge = count->first;
    struct buf level = { 0 }, next = { 0 };
    put_level(set, edge, NULL, NULL, &level);
    while (edge != count->by) {
        const struct edge *up = &set->edges[set->sides[edge->plan->parent].plan->owner];
        buf_reset(&next);
        put_level(set, up, edge, buf_str(&level), &next);
        buf_reset(&level);
        buf_add(&level, next.data, next.len);
        edge = up;
    }
    if (candidates != NULL && candidates->n <= MOST_CANDIDATES && edge->child.as_integer &&
        tuple_fits_integer(edge->child.columns, edge->child.ncolumns)) {
        const struct sample_table *plan = set->sides[edge->plan->child].plan;
        buf_puts(&level, plan->where != NULL ? " AND " : " WHERE ");
        tuple_put_column(edge->child.columns[0], "decant_row", &level);
        buf_puts(&level, " OPERATOR(pg_catalog.=) ANY ('{");
        for (size_t i = 0; i < candidates->n; i++)
            buf_printf(&level, i > 0 ? ",%lld" : "%lld", (long long)candidates->items[i].key.a);
        buf_puts(&level, "}'::pg_catalog.int8[])");
    }
    bool ok = run_groups(count, buf_str(&level), count->limit, err);
    buf_deinit(&level);
    buf_deinit(&next);
    return ok;
}

/* ---- the steps: what can be counted side by side is */

struct counts {
    struct count *items;
    int n;
    struct pg_conn *const *conns;
};

static bool
work_totals(void *ctx, int worker, int item, struct decant_error *err)
{
    struct counts *counts = ctx;
    struct count *count = &counts->items[item];
    count->conn = counts->conns[worker];
    return count_totals(count, err) ||
           blame_rules(count->set->sides[count->first->plan->child].plan->where_place, err);
}

static bool
work_candidates(void *ctx, int worker, int item, struct decant_error *err)
{
    struct counts *counts = ctx;
    struct count *count = &counts->items[item];
    struct buf level = { 0 };
    count->conn = counts->conns[worker];
    put_level(count->set, count->by, NULL, NULL, &level);
    bool ok = run_groups(count, buf_str(&level), count->least, err);
    buf_deinit(&level);
    return ok;
}

static bool
work_whales(void *ctx, int worker, int item, struct decant_error *err)
{
    struct counts *counts = ctx;
    struct count *count = &counts->items[item];
    count->conn = counts->conns[worker];
    return count->candidates != NULL && count->candidates->n == 0 ? true : count_whales(count, err);
}

static void
counts_init(struct chosen_rows *set, struct counts *counts, int most)
{
    *counts = (struct counts){ .conns = set->conns };
    counts->items = mem_alloc((size_t)(most + 1) * sizeof *counts->items);
}

static void
counts_deinit(struct counts *counts)
{
    for (int i = 0; i < counts->n; i++) {
        chances_deinit(&counts->items[i].found);
        buf_deinit(&counts->items[i].scratch);
    }
    free(counts->items);
}

/* One for every table that has an owner. */
static void
list_tables(struct chosen_rows *set, struct counts *out)
{
    counts_init(set, out, set->sampling->ntables);
    for (int i = 0; i < set->sampling->ntables; i++) {
        const struct side *side = &set->sides[i];
        if (side->plan->role != ROLE_SAMPLED || side->plan->owner < 0 || side->rate >= 1)
            continue;
        const struct edge *first = &set->edges[side->plan->owner];
        out->items[out->n++] = (struct count){
            .set = set, .name = side->plan->table->name, .first = first, .by = first
        };
    }
}

/* One for every table and each of its owners who may be a whale of it. An owner further up can only
 * be one if it has so many children of its own that each of them, with the most that any has, would
 * do; where nobody can have, nothing is counted. */
static void
list_pairs(struct chosen_rows *set, const struct counts *tables, struct counts *out)
{
    counts_init(set, out, 0); /* few of all that could be */
    for (int i = 0; i < tables->n; i++) {
        struct count pair = tables->items[i];
        pair.found = (struct chances){ 0 };
        pair.scratch = (struct buf){ 0 };
        double below = 1; /* the most rows that one child of the owner brings */
        for (;;) {
            double most = below * (double)pair.by->most;
            pair.least = (int64_t)((double)pair.limit / below);
            if (most > (double)pair.limit && pair.rows > 0) {
                out->items = mem_grow(out->items, (size_t)out->n, sizeof *out->items);
                out->items[out->n++] = pair;
            }
            below = most;
            const struct side *owner = &set->sides[pair.by->plan->parent];
            if (owner->plan->owner < 0)
                break;
            pair.by = &set->edges[owner->plan->owner];
        }
    }
}

/* One for every owner that pairs of several levels ask for. */
static void
list_candidates(struct chosen_rows *set, const struct counts *pairs, struct counts *out)
{
    counts_init(set, out, set->sampling->nedges);
    for (int i = 0; i < pairs->n; i++) {
        const struct count *pair = &pairs->items[i];
        int at = 0;
        while (at < out->n && out->items[at].by != pair->by)
            at++;
        if (pair->by == pair->first)
            continue;
        if (at == out->n)
            out->items[out->n++] = (struct count){ .set = set,
                                                   .name = pair->name,
                                                   .first = pair->by,
                                                   .by = pair->by,
                                                   .least = pair->least };
        else if (pair->least < out->items[at].least)
            out->items[at].least = pair->least;
    }
}

/* Those of the candidates that have enough children for this pair. */
static void
give_candidates(struct counts *pairs, const struct counts *candidates, struct chances *lists)
{
    for (int i = 0; i < pairs->n; i++) {
        struct count *pair = &pairs->items[i];
        for (int j = 0; j < candidates->n && pair->by != pair->first; j++) {
            const struct chances *found = &candidates->items[j].found;
            if (candidates->items[j].by != pair->by)
                continue;
            for (size_t k = 0; k < found->n; k++)
                if (found->items[k].value > (double)pair->least)
                    chances_add(&lists[i], found->items[k].key, found->items[k].value);
            pair->candidates = &lists[i];
        }
    }
}

static bool
find_whales(struct chosen_rows *set, struct counts *pairs, struct decant_error *err)
{
    struct counts candidates;
    struct chances *lists = mem_alloc((size_t)(pairs->n + 1) * sizeof *lists);
    list_candidates(set, pairs, &candidates);
    bool ok = set_map(set, candidates.n, &candidates, work_candidates, err);
    if (ok)
        give_candidates(pairs, &candidates, lists);
    ok = ok && set_map(set, pairs->n, pairs, work_whales, err);
    for (int i = 0; i < pairs->n; i++) {
        const struct count *pair = &pairs->items[i];
        for (size_t k = 0; ok && k < pair->found.n; k++) {
            double need = pair->found.items[k].value / (set->sampling->cap * pair->rows);
            chances_add(&pair->by->parent->whales, pair->found.items[k].key, need < 1 ? need : 1);
        }
        chances_deinit(&lists[i]);
    }
    free(lists);
    counts_deinit(&candidates);
    return ok;
}

bool
cap_find(struct chosen_rows *set, struct decant_error *err)
{
    assert(set != NULL);
    const struct sampling *sampling = set->sampling;
    struct counts tables, pairs = { 0 };
    if (sampling->cap <= 0)
        return true;
    list_tables(set, &tables);
    bool ok = set_map(set, tables.n, &tables, work_totals, err);
    for (int i = 0; i < tables.n; i++) {
        struct count *count = &tables.items[i];
        int number = count->first->plan->child;
        struct edge *owner = &set->edges[set->sides[number].plan->owner];
        owner->most = count->most;
        if (!is_bucketed(count) && set->sides[number].plan->where == NULL)
            owner->source = fanout_keep(set, &count->fanout);
        count->limit = (int64_t)(sampling->cap * set->sides[number].rate * count->rows);
    }
    if (ok) {
        list_pairs(set, &tables, &pairs);
        ok = find_whales(set, &pairs, err);
    }
    counts_deinit(&pairs);
    counts_deinit(&tables);
    for (int i = 0; i < sampling->ntables; i++)
        for (int j = 0; j < set->sides[i].ntargets; j++)
            chances_sort(&set->sides[i].targets[j].whales);
    return ok;
}

bool
cap_count_owned(struct chosen_rows *set, int root, struct chances *out, struct decant_error *err)
{
    assert(set != NULL);
    struct counts tables, pairs;
    list_tables(set, &tables);
    counts_init(set, &pairs, tables.n);
    for (int i = 0; i < tables.n; i++) {
        struct count pair = tables.items[i];
        while (pair.by->plan->parent != root && set->sides[pair.by->plan->parent].plan->owner >= 0)
            pair.by = &set->edges[set->sides[pair.by->plan->parent].plan->owner];
        if (pair.by->plan->parent == root && pair.by->parent == &set->sides[root].targets[0])
            pairs.items[pairs.n++] = pair;
    }
    bool ok = set_map(set, pairs.n, &pairs, work_whales, err);
    for (int i = 0; ok && i < pairs.n; i++)
        for (size_t k = 0; k < pairs.items[i].found.n; k++)
            chances_add(out, pairs.items[i].found.items[k].key,
                        pairs.items[i].found.items[k].value);
    chances_sum(out);
    counts_deinit(&pairs);
    counts_deinit(&tables);
    return ok;
}
