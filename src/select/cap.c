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
#include "base/bytes.h"
#include "select/internal.h"

enum { MOST_CANDIDATES = 5000 };

struct count {
    struct selection_set *set;
    const char *name;         /* of the table whose rows are counted */
    const struct edge *first; /* to its own owner */
    const struct edge *by;    /* to the owner for whom they are counted */
    double rows;              /* of the table, N */
    int64_t most;             /* of them, of one owner */
    int64_t limit;            /* more than these make a whale */
    struct chances *candidates;
};

/* Appends a query of the columns that `edge` refers by, as k0, k1 ..., of the rows within the frame;
 * `below` are such rows of a table that this one owns, or NULL. */
static void
put_level(const struct selection_set *set, const struct edge *edge, const struct edge *below,
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

static bool
visit_totals(void *ctx, const struct decant_value *values, struct decant_error *err)
{
    struct count *count = ctx;
    (void)err;
    count->rows = values[0].len == 8 ? (double)(int64_t)get_u64(values[0].data) : 0;
    count->most = values[1].len == 8 ? (int64_t)get_u64(values[1].data) : 0;
    return true;
}

/* How many rows are there, and how many does one owner have at most? */
static bool
count_totals(struct count *count, struct decant_error *err)
{
    struct buf level = { 0 }, sql = { 0 };
    put_level(count->set, count->by, NULL, NULL, &level);
    buf_puts(&sql, "COPY (SELECT pg_catalog.sum(n)::int8,"
                   " pg_catalog.max(n) FILTER (WHERE decant_k0 IS NOT NULL)"
                   " FROM (SELECT pg_catalog.count(*) AS n, ");
    put_keys(count->by->child.ncolumns, &sql);
    buf_printf(&sql, " FROM (%s) AS k GROUP BY ", buf_str(&level));
    put_keys(count->by->child.ncolumns, &sql);
    buf_puts(&sql, ") AS c) TO STDOUT (FORMAT binary)");
    bool ok = scan_query(count->set, buf_str(&sql), 2, count->name, visit_totals, count, err);
    buf_deinit(&level);
    buf_deinit(&sql);
    return ok;
}

static bool
group_key(const struct count *count, const struct decant_value *values, struct key128 *out)
{
    int at[count->by->child.ncolumns];
    struct tuple tuple = count->by->child;
    for (int i = 0; i < tuple.ncolumns; i++)
        at[i] = i;
    tuple.at = at;
    return tuple_key(&tuple, values, count->set->fingerprint_key, &count->set->scratch, out);
}

static bool
visit_whale(void *ctx, const struct decant_value *values, struct decant_error *err)
{
    struct count *count = ctx;
    struct key128 key;
    (void)err;
    if (!group_key(count, values, &key))
        return true;
    double rows = (double)(int64_t)get_u64(values[count->by->child.ncolumns].data);
    double need = rows / (count->set->sampling->cap * count->rows);
    chances_add(&count->by->parent->heavy, key, need < 1 ? need : 1);
    return true;
}

/* Owners of so many of their own children that they may be whales of what those own. */
static bool
visit_candidate(void *ctx, const struct decant_value *values, struct decant_error *err)
{
    struct count *count = ctx;
    struct key128 key;
    (void)err;
    if (group_key(count, values, &key))
        chances_add(count->candidates, key,
                    (double)(int64_t)get_u64(values[count->by->child.ncolumns].data));
    return true;
}

/* Runs "keys of count->by, number of rows" over the rows of `level`, of the owners that have more
 * than `least`. */
static bool
run_groups(struct count *count, const char *level, int64_t least,
           bool (*visit)(void *, const struct decant_value *, struct decant_error *),
           struct decant_error *err)
{
    struct buf sql = { 0 };
    int n = count->by->child.ncolumns;
    buf_puts(&sql, "COPY (SELECT ");
    put_keys(n, &sql);
    buf_printf(&sql, ", pg_catalog.count(*) FROM (%s) AS k GROUP BY ", level);
    put_keys(n, &sql);
    buf_printf(&sql, " HAVING pg_catalog.count(*) > %lld) TO STDOUT (FORMAT binary)",
               (long long)least);
    bool ok = scan_query(count->set, buf_str(&sql), n + 1, count->name, visit, count, err);
    buf_deinit(&sql);
    return ok;
}

/* Counts the table's rows by the owner that count->by refers to, through all owners between; only
 * for the candidates where they are few integers. */
static bool
count_whales(struct count *count, const struct chances *candidates, struct decant_error *err)
{
    const struct selection_set *set = count->set;
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
    bool ok = run_groups(count, buf_str(&level), count->limit, visit_whale, err);
    buf_deinit(&level);
    buf_deinit(&next);
    return ok;
}

/* Finds the owners of more than `least` rows of their own children. */
static bool
find_candidates(struct count *count, int64_t least, struct chances *out, struct decant_error *err)
{
    struct buf level = { 0 };
    put_level(count->set, count->by, NULL, NULL, &level);
    count->candidates = out;
    bool ok = run_groups(count, buf_str(&level), least, visit_candidate, err);
    buf_deinit(&level);
    return ok;
}

/* Do rows of this table make whales of its owners? An owner further up can only be one if it has so
 * many children of its own that each of them, with the most that any has, would do. */
static bool
find_in(struct selection_set *set, int number, struct decant_error *err)
{
    struct side *side = &set->sides[number];
    struct edge *first = &set->edges[side->plan->owner];
    struct count count = { .set = set, .first = first, .by = first };
    count.name = side->plan->table->name;
    if (!count_totals(&count, err))
        return blame_rules(side->plan->where_place, err);
    first->most = count.most;
    count.limit = (int64_t)(set->sampling->cap * side->rate * count.rows);
    bool ok = count.rows == 0 || count.most <= count.limit || count_whales(&count, NULL, err);
    double below = (double)count.most; /* the most rows that one child of an owner brings */
    for (int owner = first->plan->parent; ok && set->sides[owner].plan->owner >= 0;) {
        count.by = &set->edges[set->sides[owner].plan->owner];
        owner = count.by->plan->parent;
        if (below * (double)count.by->most > (double)count.limit) {
            struct chances candidates = { 0 };
            ok = find_candidates(&count, (int64_t)((double)count.limit / below), &candidates, err) &&
                 (candidates.n == 0 || count_whales(&count, &candidates, err));
            chances_deinit(&candidates);
        }
        below *= (double)count.by->most;
    }
    return ok;
}

bool
cap_find(struct selection_set *set, struct decant_error *err)
{
    const struct sampling *sampling = set->sampling;
    if (sampling->cap <= 0)
        return true;
    for (int i = 0; i < sampling->ntables; i++) {
        int number = sampling->order[i];
        const struct side *side = &set->sides[number];
        if (side->plan->role == ROLE_SAMPLED && side->plan->owner >= 0 && side->rate < 1 &&
            !find_in(set, number, err))
            return false;
    }
    for (int i = 0; i < sampling->ntables; i++)
        for (int j = 0; j < set->sides[i].ntargets; j++)
            chances_sort(&set->sides[i].targets[j].heavy);
    return true;
}
