/* SPDX-License-Identifier: PostgreSQL */
#include "fidelity/measured.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fidelity/time.h"

enum { ROWS_PER_TARGET = 300 }; /* that ANALYZE looks at: analyze.c, after Chaudhuri et al., 1998 */

static double
placed_in(const struct sketch_column *column, double nsampled)
{
    double n = 0;
    for (size_t i = 0; column->sample != NULL && i < (size_t)nsampled; i++)
        n += isfinite(column->sample[i]) != 0;
    return nsampled > 0 ? n / nsampled : 0;
}

void
measured_of_sketch(const struct sketch *sketch, int column, struct arena *arena,
                   struct measured *out)
{
    assert(sketch != NULL && column >= 0);
    const struct sketch_column *c = sketch_column(sketch, column);
    double there = (double)(c->rows - c->nulls);
    *out = (struct measured){ .is_known = true,
                              .rows = (double)c->rows,
                              .null_share = c->rows > 0 ? (double)c->nulls / (double)c->rows : 0,
                              .distinct = c->distinct,
                              .effect = c->effect,
                              .value_effect = c->value_effect,
                              .null_effect = c->null_effect,
                              .has_all_values = c->nvalues >= 0 };
    if (sketch_sampled(sketch) < sketch_rows(sketch))
        out->sample = sketch_sampled(sketch);
    sketch_cdf(sketch, column, &out->cdf);
    out->placed = placed_in(c, sketch_sampled(sketch));
    if (c->nvalues <= 0)
        return;
    out->values = ARENA_ARRAY(arena, struct measured_value, c->nvalues);
    for (int i = 0; i < c->nvalues; i++)
        out->values[out->nvalues++] =
            (struct measured_value){ arena_strdup(arena, c->values[i].text),
                                     (double)c->values[i].rows / there };
}

void
measured_deinit(struct measured *measured)
{
    cdf_deinit(&measured->cdf);
    *measured = (struct measured){ 0 };
}

/* ---- pg_stats */

/* Splits an array as array_out() writes it, of one dimension; texts live in `arena`. */
static int
split_array(const char *text, struct arena *arena, const char ***out)
{
    struct buf element = { 0 };
    int n = 0;
    *out = NULL;
    if (text == NULL || text[0] != '{')
        return 0;
    size_t most = 1; /* a comma may also stand inside an element */
    for (const char *p = text; *p != '\0'; p++)
        most += *p == ',';
    *out = ARENA_ARRAY(arena, const char *, most);
    for (const char *p = text + 1; *p != '\0' && *p != '}';) {
        bool is_quoted = *p == '"';
        buf_reset(&element);
        p += is_quoted;
        while (*p != '\0' && (is_quoted ? *p != '"' : *p != ',' && *p != '}')) {
            p += *p == '\\' && p[1] != '\0';
            buf_putc(&element, *p++);
        }
        p += is_quoted && *p == '"';
        p += *p == ',';
        (*out)[n++] = arena_strdup(arena, buf_str(&element));
    }
    buf_deinit(&element);
    return n;
}

static double
number_of(enum sketch_kind kind, const char *text)
{
    char *end;
    if (kind == SKETCH_TIME)
        return time_of_text(text, strlen(text));
    if (strcmp(text, "t") == 0 || strcmp(text, "f") == 0)
        return text[0] == 't';
    double number = strtod(text, &end);
    return *end == '\0' && isfinite(number) ? number : NAN;
}

static void
set_cdf(enum sketch_kind kind, int nvalues, const char *const *values, const char *const *shares,
        int nbounds, const char *const *bounds, struct measured *out)
{
    struct cdf_weighted *singles = mem_alloc((size_t)(nvalues + 1) * sizeof *singles);
    double *numbers = mem_alloc((size_t)(nbounds + 1) * sizeof *numbers), rest = 1;
    size_t n = 0, m = 0;
    double there = 1 - out->null_share, odd = 0;
    for (int i = 0; i < nvalues; i++) {
        double x = number_of(kind, values[i]), share = atof(shares[i]) / there;
        rest -= share;
        if (isfinite(x))
            singles[n++] = (struct cdf_weighted){ x, share };
        else
            odd += share;
    }
    out->placed = there * (1 - odd);
    for (int i = 0; i < nbounds; i++) {
        double x = number_of(kind, bounds[i]);
        if (isfinite(x) && (m == 0 || x > numbers[m - 1]))
            numbers[m++] = x;
    }
    cdf_of_histogram(singles, n, numbers, m, rest > 0 ? rest : 0, &out->cdf);
    free(singles);
    free(numbers);
}

static void
read_column(const struct pg_result *r, int row, enum sketch_kind kind, double rows,
            struct arena *arena, struct measured *out)
{
    const char **values, **shares, **bounds;
    double distinct = pg_double(r, row, 2), sum = 0;
    int nvalues = split_array(pg_text(r, row, 3), arena, &values);
    int nshares = split_array(pg_text(r, row, 4), arena, &shares);
    int nbounds = split_array(pg_text(r, row, 5), arena, &bounds);
    double basis = ROWS_PER_TARGET * pg_double(r, row, 6);
    *out = (struct measured){ .is_known = true,
                              .rows = rows,
                              .null_share = pg_double(r, row, 1),
                              .distinct = distinct >= 0 ? distinct : -distinct * rows,
                              .basis = basis < rows ? basis : 0,
                              .stale = pg_double(r, row, 7),
                              .effect = 1,
                              .value_effect = 1,
                              .null_effect = 1 };
    if (nvalues > nshares)
        nvalues = nshares;
    out->values = ARENA_ARRAY(arena, struct measured_value, nvalues + 1);
    for (int i = 0; i < nvalues; i++) {
        double share = atof(shares[i]) / (1 - out->null_share);
        out->values[out->nvalues++] = (struct measured_value){ values[i], share };
        sum += share;
    }
    out->has_all_values = nbounds == 0 && sum > 0.999;
    if (kind == SKETCH_NUMBER || kind == SKETCH_TIME)
        set_cdf(kind, nvalues, values, shares, nbounds, bounds, out);
}

/* Of a partitioned table nothing tells how much has changed but its partitions, and nobody analyzes
 * it by itself: statistics that are older than those of its partitions say nothing. */
static const char statistics_sql[] =
    "WITH t AS (SELECT pg_catalog.sum(n_mod_since_analyze)::pg_catalog.float8"
    " / GREATEST(pg_catalog.sum(n_live_tup), 1) AS stale,"
    " pg_catalog.max(GREATEST(last_analyze, last_autoanalyze)) AS seen"
    " FROM pg_catalog.pg_stat_all_tables s WHERE s.relid = $3::pg_catalog.oid OR s.relid IN"
    " (SELECT relid FROM pg_catalog.pg_partition_tree($3::pg_catalog.oid) WHERE isleaf))"
    " SELECT s.attname, s.null_frac, s.n_distinct, s.most_common_vals::pg_catalog.text,"
    " s.most_common_freqs::pg_catalog.text, s.histogram_bounds::pg_catalog.text,"
    " CASE WHEN a.attstattarget > 0 THEN a.attstattarget ELSE"
    " pg_catalog.current_setting('default_statistics_target')::pg_catalog.int4 END,"
    " COALESCE(t.stale, 0)"
    " FROM pg_catalog.pg_stats s JOIN pg_catalog.pg_attribute a ON a.attrelid = $3::pg_catalog.oid"
    " AND a.attname = s.attname LEFT JOIN t ON true"
    " LEFT JOIN pg_catalog.pg_stat_all_tables o ON o.relid = $3::pg_catalog.oid"
    " WHERE s.schemaname = $1 AND s.tablename = $2 AND s.inherited = $4::pg_catalog.bool"
    " AND s.null_frac < 1 AND COALESCE(t.stale, 0) <= 0.1"
    " AND (NOT s.inherited OR COALESCE(GREATEST(o.last_analyze, o.last_autoanalyze) >="
    " t.seen - '1 hour'::pg_catalog.interval, t.seen IS NULL))";

bool
measured_of_source(struct pg_conn *conn, const struct table *table, const enum sketch_kind *kinds,
                   struct arena *arena, struct measured *out, struct decant_error *err)
{
    assert(table != NULL);
    char oid[16];
    snprintf(oid, sizeof oid, "%u", (unsigned)table->oid);
    const char *params[] = { table->schema, table->name, oid, table->kind == 'p' ? "t" : "f" };
    struct pg_result *r = pg_query(conn, err, statistics_sql, 4, params);
    for (int i = 0; r != NULL && i < pg_nrows(r); i++) {
        int column = table_column(table, pg_text(r, i, 0));
        if (column >= 0)
            read_column(r, i, kinds[column], table->reltuples, arena, &out[column]);
    }
    pg_result_free(r);
    return r != NULL;
}
