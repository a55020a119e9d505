/* SPDX-License-Identifier: PostgreSQL */
#include "fidelity/measured.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fidelity/time.h"
#include "pg/quote.h"

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

enum stats_column {
    STATS_TABLE,
    STATS_COLUMN,
    STATS_NULLS,
    STATS_DISTINCT,
    STATS_VALUES,
    STATS_SHARES,
    STATS_BOUNDS,
    STATS_TARGET,
    STATS_STALE,
    STATS_SEEN
};

static void
read_column(const struct pg_result *r, int row, enum sketch_kind kind, double rows, double stale,
            struct arena *arena, struct measured *out)
{
    const char **values, **shares, **bounds;
    double distinct = pg_double(r, row, STATS_DISTINCT), sum = 0;
    int nvalues = split_array(pg_text(r, row, STATS_VALUES), arena, &values);
    int nshares = split_array(pg_text(r, row, STATS_SHARES), arena, &shares);
    int nbounds = split_array(pg_text(r, row, STATS_BOUNDS), arena, &bounds);
    double basis = ROWS_PER_TARGET * pg_double(r, row, STATS_TARGET);
    *out = (struct measured){ .is_known = true,
                              .rows = rows,
                              .null_share = pg_double(r, row, STATS_NULLS),
                              .distinct = distinct >= 0 ? distinct : -distinct * rows,
                              .basis = basis < rows ? basis : 0,
                              .stale = stale,
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
 * it by itself: statistics that are older than those of its partitions say nothing. The names keep
 * the server from reading the statistics of all tables, and so do functions in place of the view of
 * pg_stat_all_tables. */
static const char statistics_sql[] =
    "SELECT w.n, s.attname, s.null_frac, s.n_distinct, s.most_common_vals::pg_catalog.text,"
    " s.most_common_freqs::pg_catalog.text, s.histogram_bounds::pg_catalog.text,"
    " CASE WHEN a.attstattarget > 0 THEN a.attstattarget ELSE"
    " pg_catalog.current_setting('default_statistics_target')::pg_catalog.int4 END,"
    " COALESCE(t.stale, 0), EXTRACT(epoch FROM t.seen)::pg_catalog.float8"
    " FROM pg_catalog.unnest($1::pg_catalog.oid[]) WITH ORDINALITY AS w(oid, n)"
    " JOIN pg_catalog.pg_class c ON c.oid = w.oid"
    " JOIN pg_catalog.pg_namespace m ON m.oid = c.relnamespace"
    " CROSS JOIN LATERAL (SELECT"
    "  pg_catalog.sum(pg_catalog.pg_stat_get_mod_since_analyze(relid))::pg_catalog.float8"
    "  / GREATEST(pg_catalog.sum(pg_catalog.pg_stat_get_live_tuples(relid)), 1) AS stale,"
    "  pg_catalog.max(GREATEST(pg_catalog.pg_stat_get_last_analyze_time(relid),"
    "   pg_catalog.pg_stat_get_last_autoanalyze_time(relid))) AS seen"
    "  FROM (SELECT w.oid AS relid UNION ALL SELECT relid"
    "   FROM pg_catalog.pg_partition_tree(w.oid) WHERE isleaf AND c.relkind = 'p') x) t"
    " JOIN pg_catalog.pg_stats s ON s.schemaname = m.nspname AND s.tablename = c.relname"
    "  AND s.inherited = (c.relkind = 'p')"
    " JOIN pg_catalog.pg_attribute a ON a.attrelid = w.oid AND a.attname = s.attname"
    " WHERE s.tablename = ANY ($2::pg_catalog.name[])"
    " AND s.null_frac < 1"
    " AND (NOT s.inherited OR"
    "  COALESCE(GREATEST(pg_catalog.pg_stat_get_last_analyze_time(w.oid),"
    "   pg_catalog.pg_stat_get_last_autoanalyze_time(w.oid)) >="
    "  t.seen - '1 hour'::pg_catalog.interval, t.seen IS NULL))";

/* Of so many tables at once: their statistics have to fit into memory. */
enum { ASKED_AT_ONCE = 100 };

/* Counts of changes are of now, statistics are of the snapshot: where ANALYZE came in between,
 * nobody knows how old they are. A standby has no counts, nor has a server after a crash: as much
 * may have changed as autovacuum lets pass. */
static double
stale_of(const struct pg_result *r, int row, double at_s)
{
    double stale = pg_double(r, row, STATS_STALE);
    if (pg_text(r, row, STATS_SEEN) == NULL)
        return fmax(stale, MEASURED_MOST_STALE);
    return pg_double(r, row, STATS_SEEN) > at_s ? 1 : stale;
}

static bool
ask_source(struct pg_conn *conn, double at_s, const struct measured_table *tables, int n,
           struct arena *arena, struct decant_error *err)
{
    struct buf oids = { 0 }, names = { 0 };
    buf_putc(&names, '{');
    for (int i = 0; i < n; i++) {
        buf_printf(&oids, "%c%u", i == 0 ? '{' : ',', (unsigned)tables[i].table->oid);
        quote_element(&names, tables[i].table->name);
    }
    buf_putc(&oids, '}');
    buf_putc(&names, '}');
    const char *params[] = { buf_str(&oids), buf_str(&names) };
    struct pg_result *r = pg_query(conn, err, statistics_sql, 2, params);
    for (int row = 0; r != NULL && row < pg_nrows(r); row++) {
        const struct measured_table *of = &tables[pg_int(r, row, STATS_TABLE) - 1];
        int column = table_column(of->table, pg_text(r, row, STATS_COLUMN));
        double stale = stale_of(r, row, at_s);
        if (column >= 0 && stale > MEASURED_MOST_STALE)
            of->columns[column].stale = stale; /* which is all that they tell */
        else if (column >= 0)
            read_column(r, row, of->kinds[column], of->table->reltuples, stale, arena,
                        &of->columns[column]);
    }
    pg_result_free(r);
    buf_deinit(&oids);
    buf_deinit(&names);
    return r != NULL;
}

bool
measured_of_source(struct pg_conn *conn, double at_s, const struct measured_table *tables, int n,
                   struct arena *arena, struct decant_error *err)
{
    assert(n == 0 || tables != NULL);
    bool ok = true;
    for (int i = 0; ok && i < n; i += ASKED_AT_ONCE)
        ok = ask_source(conn, at_s, &tables[i], n - i < ASKED_AT_ONCE ? n - i : ASKED_AT_ONCE,
                        arena, err);
    return ok;
}
