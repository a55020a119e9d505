/* SPDX-License-Identifier: PostgreSQL */
/* How many replicas each row has. */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "amplify/internal.h"

/* A weight may become so many times as large as it was. Rounds end when all sums are so near. */
enum { MOST_TIMES = 5, MOST_SUMS = 40, ROUNDS = 30 };
#define NEAR 1e-4
#define WHALE_TIMES 10
#define WHALE_SHARE 0.05

/* ---- rows as they were */

static bool
stage_one(const struct model *model, int t, struct pg_conn *conn, struct decant_error *err)
{
    const struct table *table = model->tables[t].table;
    struct buf sql = { 0 };
    buf_printf(&sql,
               "CREATE UNLOGGED TABLE " STAGE ".s%d AS SELECT pg_catalog.row_number() OVER ()"
               " AS decant_n, t.* FROM %s",
               t, table->kind == 'p' ? "" : "ONLY ");
    quote_qualified(&sql, table->schema, table->name);
    buf_printf(&sql, " t; ANALYZE " STAGE ".s%d", t);
    bool ok = pg_exec(conn, err, buf_str(&sql));
    buf_deinit(&sql);
    return ok;
}

bool
weigh_stage(const struct amplify *amplify, struct pg_conn *conn, struct decant_error *err)
{
    bool ok = true;
    for (int t = 0; ok && t < amplify->model->plan->ntables; t++)
        if (!is_left(amplify->model, t))
            ok = stage_one(amplify->model, t, conn, err);
    return ok;
}

/* ---- who brings them */

static void
put_sought(const struct model *model, int t, const char *alias, struct buf *out)
{
    const struct amplified_table *table = &model->tables[t];
    for (int c = 0; c < table->table->ncolumns; c++)
        if (table->columns[c].is_sought) {
            buf_printf(out, ", %s.", alias);
            quote_ident(out, table->table->columns[c].name);
            buf_printf(out, " AS c%d", c);
        }
}

/* The row `p` of the parent's table of that kind whose key `s` has. */
static void
put_join(const struct model *model, const struct plan_key *key, char kind, const char *alias,
         struct buf *out)
{
    int parent = plan_number(model->plan, key->parent);
    buf_printf(out, " LEFT JOIN " STAGE ".%c%d %s ON ", kind, parent, alias);
    for (int i = 0; i < key->key->ncolumns; i++) {
        buf_printf(out, "%s%s.c%d = s.", i > 0 ? " AND " : "", alias, key->parent_columns[i]);
        quote_ident(out, key->child->columns[key->child_columns[i]].name);
    }
}

/* Rows of different tables have different numbers: what brings itself is its own root. */
static void
put_own_root(int t, struct buf *out)
{
    buf_printf(out, "((%d::int8 << 40) | s.decant_n)", t);
}

static bool
find_roots(const struct model *model, int t, struct pg_conn *conn, struct decant_error *err)
{
    const struct amplified_table *table = &model->tables[t];
    struct buf sql = { 0 };
    bool is_owned = table->how == AMPLIFY_OWNED;
    buf_printf(&sql, "CREATE UNLOGGED TABLE " STAGE ".r%d AS SELECT s.decant_n AS n, ", t);
    buf_puts(&sql, is_owned ? "coalesce(p.root, " : "");
    put_own_root(t, &sql);
    buf_printf(&sql, "%s AS root", is_owned ? ")" : "");
    put_sought(model, t, "s", &sql);
    buf_printf(&sql, " FROM " STAGE ".s%d s", t);
    if (is_owned)
        put_join(model, &model->plan->keys[table->owner], 'r', "p", &sql);
    buf_printf(&sql, "; ANALYZE " STAGE ".r%d", t);
    bool ok = pg_exec(conn, err, buf_str(&sql));
    buf_deinit(&sql);
    return ok;
}

/* ---- weights of roots */

struct sums {
    int n;                 /* the root's rows, and those of the tables behind it */
    int tables[MOST_SUMS]; /* the root first */
    double target[MOST_SUMS];
};

static int
by_rows(const struct model *model, int a, int b)
{
    return model->tables[a].rows > model->tables[b].rows;
}

/* The largest tables that it brings. */
static void
list_sums(const struct model *model, int root, struct sums *out)
{
    *out = (struct sums){ .n = 1, .tables = { root } };
    for (int t = 0; t < model->plan->ntables; t++) {
        if (model->tables[t].how != AMPLIFY_OWNED || model->tables[t].root != root ||
            model->tables[t].thin != NULL)
            continue;
        int at = out->n < MOST_SUMS ? out->n++ : MOST_SUMS;
        if (at == MOST_SUMS && !by_rows(model, t, out->tables[MOST_SUMS - 1]))
            continue;
        for (at = at < MOST_SUMS ? at : MOST_SUMS - 1;
             at > 1 && by_rows(model, t, out->tables[at - 1]); at--)
            out->tables[at] = out->tables[at - 1];
        out->tables[at] = t;
    }
}

/* Rows that own something were sampled; of the others as many as the manifest says, whichever. */
static bool
make_features(const struct model *model, const struct sums *sums, struct pg_conn *conn,
              struct decant_error *err)
{
    int root = sums->tables[0];
    struct buf sql = { 0 };
    buf_printf(&sql,
               "CREATE UNLOGGED TABLE " STAGE ".f%d AS SELECT n, 1::float8 AS w, is_bringing,"
               " is_bringing OR"
               " row_number() OVER (PARTITION BY is_bringing ORDER BY"
               " pg_catalog.hashint8extended(n, 1)) <= %lld - count(*) FILTER (WHERE is_bringing)"
               " OVER () AS is_sampled, 1::float8 AS x0",
               root, (long long)model->tables[root].sampled);
    for (int i = 1; i < sums->n; i++)
        buf_printf(&sql, ", x%d", i);
    buf_puts(&sql, " FROM (SELECT r.n, false");
    for (int i = 1; i < sums->n; i++)
        buf_printf(&sql, " OR x%d.x IS NOT NULL", i);
    buf_puts(&sql, " AS is_bringing");
    for (int i = 1; i < sums->n; i++)
        buf_printf(&sql, ", coalesce(x%1$d.x, 0)::float8 AS x%1$d", i);
    buf_printf(&sql, " FROM " STAGE ".r%d r", root);
    for (int i = 1; i < sums->n; i++)
        buf_printf(&sql,
                   " LEFT JOIN (SELECT root, count(*) AS x FROM " STAGE
                   ".r%1$d GROUP BY root) x%2$d ON x%2$d.root = r.root",
                   sums->tables[i], i);
    buf_puts(&sql, ") f");
    bool ok = pg_exec(conn, err, buf_str(&sql));
    buf_deinit(&sql);
    return ok;
}

/* So many times is each row there whose number depends on nothing else. */
static double
share_of(const struct amplified_table *table)
{
    return fmax(1, table->wanted / fmax(1, (double)table->rows));
}

/* What the rows of each table come to that no row of the root brings: they have no owner, or what
 * they belong to has none. */
static bool
weigh_ownerless(const struct model *model, const struct sums *sums, struct pg_conn *conn,
                double *weights, struct decant_error *err)
{
    struct buf sql = { 0 };
    for (int i = 0; i < sums->n; i++) {
        weights[i] = 0;
        buf_printf(&sql, "%1$sSELECT %2$d, root >> 40, count(*) FROM " STAGE ".r%3$d GROUP BY 1, 2",
                   i > 0 ? " UNION ALL " : "", i, sums->tables[i]);
    }
    struct pg_result *r = pg_query(conn, err, buf_str(&sql), 0, NULL);
    for (int k = 0; r != NULL && k < pg_nrows(r); k++) {
        int i = (int)pg_int(r, k, 0), by = (int)pg_int(r, k, 1);
        if (by == sums->tables[0])
            continue;
        weights[i] += pg_double(r, k, 2) * share_of(&model->tables[by]);
    }
    pg_result_free(r);
    buf_deinit(&sql);
    return r != NULL;
}

/* What the sampled rows come to, and have to: others stand for themselves. */
struct sampled {
    double roots, first; /* rows of the root, and how many each stands for if all do alike */
    double sum[MOST_SUMS];
};

static bool
set_targets(const struct model *model, struct sums *sums, struct pg_conn *conn, struct sampled *out,
            struct decant_error *err)
{
    struct buf sql = { 0 };
    double weights[MOST_SUMS];
    if (!weigh_ownerless(model, sums, conn, weights, err))
        return false;
    buf_puts(&sql, "SELECT count(*) FILTER (WHERE is_sampled)");
    for (int i = 0; i < sums->n; i++)
        buf_printf(&sql,
                   ", coalesce(sum(x%1$d) FILTER (WHERE is_sampled), 0),"
                   " coalesce(sum(w * x%1$d) FILTER (WHERE NOT is_sampled), 0)",
                   i);
    buf_printf(&sql, " FROM " STAGE ".f%d", sums->tables[0]);
    struct pg_result *r = pg_query(conn, err, buf_str(&sql), 0, NULL);
    buf_deinit(&sql);
    if (r == NULL)
        return false;
    out->roots = fmax(1, pg_double(r, 0, 0));
    for (int i = 0; i < sums->n; i++) {
        out->sum[i] = pg_double(r, 0, 2 * i + 1);
        sums->target[i] = fmax(out->sum[i], model->tables[sums->tables[i]].wanted - weights[i] -
                                                pg_double(r, 0, 2 * i + 2));
    }
    out->first = fmax(1, sums->target[0] / out->roots);
    pg_result_free(r);
    return true;
}

/* A cohort is a whale that is many times as large as the others, and would be much of all by its
 * weight alone: production has one of it, too. *n: how many were found. */
static bool
set_whales_apart(const struct sums *sums, const struct sampled *sampled, struct pg_conn *conn,
                 int *n, struct decant_error *err)
{
    struct buf sql = { 0 };
    buf_printf(&sql,
               "WITH whales AS (UPDATE " STAGE ".f%d SET is_sampled = false WHERE is_sampled"
               " AND (false",
               sums->tables[0]);
    for (int i = 1; i < sums->n; i++)
        buf_printf(&sql, " OR x%d > %.17g", i,
                   fmax(WHALE_TIMES * sampled->sum[i] / sampled->roots,
                        WHALE_SHARE * sums->target[i] / sampled->first));
    buf_puts(&sql, ") RETURNING 1) SELECT count(*) FROM whales");
    struct pg_result *r = pg_query(conn, err, buf_str(&sql), 0, NULL);
    *n = r != NULL ? (int)pg_int(r, 0, 0) : 0;
    pg_result_free(r);
    buf_deinit(&sql);
    return r != NULL;
}

static bool
begin_weights(const struct model *model, struct sums *sums, struct pg_conn *conn, double *first,
              struct decant_error *err)
{
    struct sampled sampled = { 0 };
    int nwhales = 1;
    bool ok = true;
    if (model->tables[sums->tables[0]].drops_hollow)
        ok = pg_execf(conn, err, "UPDATE " STAGE ".f%d SET w = 0 WHERE NOT is_sampled",
                      sums->tables[0]);
    while (ok && nwhales > 0)
        ok = set_targets(model, sums, conn, &sampled, err) &&
             set_whales_apart(sums, &sampled, conn, &nwhales, err);
    *first = sampled.first;
    return ok;
}

/* Of A x = b; a row that depends on the others gets 0. */
static void
solve(double a[MOST_SUMS][MOST_SUMS], double *b, int n, double *x)
{
    int rows[MOST_SUMS];
    for (int i = 0; i < n; i++)
        rows[i] = i;
    for (int c = 0; c < n; c++) {
        for (int i = c + 1; i < n; i++)
            if (fabs(a[rows[i]][c]) > fabs(a[rows[c]][c])) {
                int swap = rows[i];
                rows[i] = rows[c];
                rows[c] = swap;
            }
        double pivot = a[rows[c]][c];
        for (int i = c + 1; i < n && pivot != 0; i++) {
            double times = a[rows[i]][c] / pivot;
            for (int k = c; k < n; k++)
                a[rows[i]][k] -= times * a[rows[c]][k];
            b[rows[i]] -= times * b[rows[c]];
        }
    }
    for (int c = n - 1; c >= 0; c--) {
        double rest = b[rows[c]], pivot = a[rows[c]][c];
        for (int k = c + 1; k < n; k++)
            rest -= a[rows[c]][k] * x[k];
        x[c] = pivot != 0 ? rest / pivot : 0;
    }
}

/* The linear calibration within bounds: a weight is first * (1 + the sum of lambda * x), but no
 * less than 1 and no more than `most`. */
struct fit {
    const struct sums *sums;
    double first, most;
    double lambda[MOST_SUMS], steps[MOST_SUMS];
    double off; /* the sum that is furthest from what it is to be, as a share of that */
};

static void
put_weights(const struct fit *fit, struct buf *out)
{
    buf_printf(out, "UPDATE " STAGE ".f%d SET w = greatest(1, least(%.17g, %.17g * (1",
               fit->sums->tables[0], fit->most, fit->first);
    for (int i = 0; i < fit->sums->n; i++)
        buf_printf(out, " + (%.17g) * x%d", fit->lambda[i], i);
    buf_puts(out, "))) WHERE is_sampled");
}

/* Sums by weight, and products of what is within bounds, in one journey. */
static void
put_sums(const struct fit *fit, struct buf *out)
{
    buf_puts(out, "WITH f AS (");
    put_weights(fit, out);
    buf_puts(out, " RETURNING *) SELECT ");
    for (int i = 0; i < fit->sums->n; i++)
        buf_printf(out, "%scoalesce(sum(w * x%d), 0)", i > 0 ? ", " : "", i);
    for (int i = 0; i < fit->sums->n; i++)
        for (int k = i; k < fit->sums->n; k++)
            buf_printf(out, ", coalesce(sum(x%d * x%d) FILTER (WHERE w > 1 AND w < %.17g), 0)", i,
                       k, fit->most);
    buf_puts(out, " FROM f");
}

/* Sets the weights. How far are the sums off, and what is Newton's step to where they are not? */
static bool
try_weights(struct fit *fit, struct pg_conn *conn, struct decant_error *err)
{
    double a[MOST_SUMS][MOST_SUMS], b[MOST_SUMS];
    const struct sums *sums = fit->sums;
    struct buf sql = { 0 };
    put_sums(fit, &sql);
    struct pg_result *r = pg_query(conn, err, buf_str(&sql), 0, NULL);
    buf_deinit(&sql);
    if (r == NULL)
        return false;
    fit->off = 0;
    for (int i = 0, at = sums->n; i < sums->n; i++) {
        b[i] = sums->target[i] - pg_double(r, 0, i);
        fit->off = fmax(fit->off, fabs(b[i]) / fmax(1, sums->target[i]));
        for (int k = i; k < sums->n; k++, at++)
            a[i][k] = a[k][i] = fit->first * pg_double(r, 0, at);
        a[i][i] = a[i][i] * (1 + 1e-9) + 1e-9; /* tables that always go together */
    }
    pg_result_free(r);
    solve(a, b, sums->n, fit->steps);
    return true;
}

/* A step that leads further away is taken back by half; the nearest weights stay. */
static bool
calibrate(const struct sums *sums, double first, struct pg_conn *conn, struct decant_error *err)
{
    struct fit fit = { .sums = sums, .first = first, .most = first * MOST_TIMES };
    struct fit best = fit;
    best.off = INFINITY;
    double share = 1;
    bool ok = true;
    for (int round = 0; ok && best.off > NEAR && round < ROUNDS; round++) {
        ok = try_weights(&fit, conn, err);
        bool is_nearer = ok && fit.off < best.off;
        share = is_nearer ? fmin(1, 2 * share) : share / 2;
        if (is_nearer)
            best = fit;
        for (int i = 0; i < sums->n; i++)
            fit.lambda[i] = best.lambda[i] + share * best.steps[i];
    }
    struct buf sql = { 0 };
    put_weights(&best, &sql);
    ok = ok && pg_exec(conn, err, buf_str(&sql));
    buf_deinit(&sql);
    return ok;
}

static bool
weigh_roots(const struct model *model, int root, struct pg_conn *conn, struct decant_error *err)
{
    struct sums sums;
    double first = 1;
    list_sums(model, root, &sums);
    return make_features(model, &sums, conn, err) &&
           begin_weights(model, &sums, conn, &first, err) && calibrate(&sums, first, conn, err);
}

/* ---- replicas */

/* So many that the sums of all rows up to each are as near as whole numbers can be: one of a row is
 * the difference of two. */
static void
put_whole(const char *weight, const char *order, struct buf *out)
{
    buf_printf(out,
               "(floor(sum(%1$s) OVER (ORDER BY %2$s) + 0.5) - floor(sum(%1$s) OVER (ORDER BY %2$s)"
               " - %1$s + 0.5))::int8",
               weight, order);
}

/* The numbers that a column which refers on has, of the row that it refers to. */
static void
put_numbers(const struct model *model, int t, struct buf *out)
{
    const struct amplified_table *table = &model->tables[t];
    for (int c = 0; c < table->table->ncolumns; c++) {
        const struct amplified_column *column = &table->columns[c];
        enum column_how form = columns_form(model, t, c);
        if (!column->is_sought || column->how != COLUMN_KEY || form == COLUMN_KEPT ||
            form == COLUMN_SHIFTED)
            continue;
        const struct plan_key *key = &model->plan->keys[column->key];
        int parent = plan_number(model->plan, key->parent);
        int sought = key->parent_columns[column->part];
        bool refers_on = model->tables[parent].columns[sought].how == COLUMN_KEY;
        buf_printf(out, refers_on ? ", p%d.a%d" : ", p%d.base", column->key, sought);
        buf_printf(out, " AS a%d", c);
    }
}

static void
put_number_joins(const struct model *model, int t, struct buf *out)
{
    const struct amplified_table *table = &model->tables[t];
    for (int k = 0; k < model->plan->nkeys; k++) {
        const struct plan_key *key = &model->plan->keys[k];
        bool is_needed = table->how == AMPLIFY_OWNED && k == table->owner;
        for (int c = 0; key->child == table->table && c < table->table->ncolumns; c++)
            is_needed |= table->columns[c].is_sought && table->columns[c].how == COLUMN_KEY &&
                         table->columns[c].key == k && columns_form(model, t, c) != COLUMN_KEPT;
        if (key->child == table->table && is_needed && key->parent != table->table) {
            char alias[16];
            snprintf(alias, sizeof alias, "p%d", k);
            put_join(model, key, 'k', alias, out);
        }
    }
}

/* Numbers follow the values that they stand for: rows that lay in the order of their keys, or in
 * none, still do. */
static int
number_column(const struct amplified_table *table)
{
    for (int c = 0; c < table->table->ncolumns; c++)
        if (table->columns[c].how == COLUMN_NUMBER)
            return c;
    return -1;
}

static bool
count_replicas(const struct model *model, int t, struct pg_conn *conn, struct decant_error *err)
{
    const struct amplified_table *table = &model->tables[t];
    struct buf sql = { 0 }, share = { 0 };
    int number = number_column(table);
    buf_printf(&share, "(%.17g)", share_of(table));
    buf_printf(&sql,
               "CREATE UNLOGGED TABLE " STAGE ".k%d AS SELECT q.*,"
               " (sum(k) OVER (ORDER BY place, n) - k)::int8 AS base FROM (SELECT"
               " s.decant_n AS n, r.root, ",
               t);
    if (number >= 0)
        buf_puts(&sql, "s.");
    if (number >= 0)
        quote_ident(&sql, table->table->columns[number].name);
    buf_printf(&sql, "%s AS place, ", number >= 0 ? "" : "1");
    if (table->how == AMPLIFY_OWNED) {
        buf_printf(&sql, "coalesce(p%d.k, ", table->owner);
        put_whole(buf_str(&share), "s.decant_n", &sql);
        buf_puts(&sql, ")");
    } else if (table->how == AMPLIFY_ROOT) {
        put_whole("f.w", "f.n", &sql);
    } else if (table->how == AMPLIFY_EVENLY) {
        put_whole(buf_str(&share), "s.decant_n", &sql);
    } else {
        buf_puts(&sql, "1::int8");
    }
    buf_puts(&sql, " AS k");
    put_sought(model, t, "s", &sql);
    put_numbers(model, t, &sql);
    buf_printf(&sql, " FROM " STAGE ".s%1$d s JOIN " STAGE ".r%1$d r ON r.n = s.decant_n", t);
    if (table->how == AMPLIFY_ROOT)
        buf_printf(&sql, " JOIN " STAGE ".f%d f ON f.n = s.decant_n", t);
    put_number_joins(model, t, &sql);
    buf_printf(&sql, ") q; ANALYZE " STAGE ".k%d", t);
    bool ok = pg_exec(conn, err, buf_str(&sql));
    buf_deinit(&sql);
    buf_deinit(&share);
    return ok;
}

bool
weigh_rows(const struct amplify *amplify, struct pg_conn *conn, struct decant_error *err)
{
    const struct model *model = amplify->model;
    bool ok = true;
    for (int i = 0; ok && i < model->plan->ntables; i++)
        if (!is_left(model, model->order[i]))
            ok = find_roots(model, model->order[i], conn, err);
    for (int t = 0; ok && t < model->plan->ntables; t++)
        if (model->tables[t].how == AMPLIFY_ROOT)
            ok = weigh_roots(model, t, conn, err);
    for (int i = 0; ok && i < model->plan->ntables; i++)
        if (!is_left(model, model->order[i]))
            ok = count_replicas(model, model->order[i], conn, err);
    return ok;
}
