/* SPDX-License-Identifier: PostgreSQL */
/* What rows that bring others weigh, so that all tables together come to what they are to have. */
#include <math.h>
#include <stdio.h>

#include "amplify/internal.h"

/* A weight may become so many times as large as it was. Rounds end when all sums are so near. */
enum { MOST_TIMES = 5, MOST_SUMS = 40, ROUNDS = 30 };
#define NEAR 1e-4
#define WHALE_TIMES 10
#define WHALE_SHARE 0.05

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

bool
calibrate_roots(const struct model *model, int root, struct pg_conn *conn, struct decant_error *err)
{
    struct sums sums;
    double first = 1;
    list_sums(model, root, &sums);
    return make_features(model, &sums, conn, err) &&
           begin_weights(model, &sums, conn, &first, err) && calibrate(&sums, first, conn, err);
}
