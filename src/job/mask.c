/* SPDX-License-Identifier: PostgreSQL */
#include "job/mask.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "catalog/as_text.h"
#include "pg/quote.h"

enum {
    MOST_FREQUENT = 1000,
    TRIAL_MS = 2000, /* of a statement that tries masks; all together may take so much: */
    TRIALS_MS = 10000,
    OWN_ROWS = 20000, /* of a column, and different values, that a mask is tried on */
    OWN_VALUES = 1000,
    SHARED_PAGES = 8000, /* that are read for dates that many rows share */
    FEW_VALUES = 1000,
    FEW_ROWS_EACH = 10,
};

/* Who owns whom must not depend on how many rows there are today: neither counts nor a rate. */
static bool
find_owners(const struct job_masks_env *env, struct job_masks *out, struct decant_error *err)
{
    struct rules rules = *env->rules;
    if (rules.sample.rate <= 0)
        rules.sample.rate = 1;
    return sampling_build(&rules, &out->plan, env->arena, &out->owners, err);
}

static void
count(struct job_masks *out)
{
    for (int t = 0; t < out->masking.ntables; t++)
        for (int c = 0; c < out->masking.tables[t].table->ncolumns; c++) {
            enum verdict verdict = out->masking.tables[t].decisions[c].verdict;
            out->ncolumns++;
            out->nmasked += verdict == VERDICT_MASKED;
            out->nkept += verdict == VERDICT_KEPT;
            out->nnulled += verdict == VERDICT_NULLED;
            out->nsafe += verdict == VERDICT_SAFE || verdict == VERDICT_COMPUTED;
        }
}

bool
job_masks_decide(const struct job_masks_env *env, struct job_masks *out, struct decant_error *err)
{
    assert(env != NULL);
    struct notes ignored;
    notes_init(&ignored);
    bool ok = plan_build(env->catalog, true, false, env->arena, &ignored, &out->plan, err);
    out->plan.statistics = env->statistics;
    ok = ok && masking_decide(env->rules, &out->plan, env->arena, &out->masking, err);
    notes_deinit(&ignored);
    if (ok)
        count(out);
    return ok;
}

/* What trials may take of the source. */
struct trying {
    struct pg_conn *conn;
    int64_t left_ms; /* of all of them */
};

/* Rows of a statement that may fail or take too long, without the end of the transaction; NULL with
 * an error. */
static struct pg_result *
try_rows(struct trying *trying, const char *sql, struct decant_error *err)
{
    struct decant_error lost = { 0 };
    struct pg_result *r;
    struct buf all = { 0 };
    int64_t begun = clock_ms(), most = trying->left_ms < TRIAL_MS ? trying->left_ms : TRIAL_MS;
    if (most <= 0) {
        error_set(err, DECANT_REFUSED, "trials have taken too long");
        return NULL;
    }
    buf_printf(&all, "SET LOCAL statement_timeout = %d; %s", (int)most, sql);
    pg_try(trying->conn, buf_str(&all), &r, err, &lost);
    buf_deinit(&all);
    trying->left_ms -= clock_ms() - begun;
    return r;
}

static bool
try_sql(void *ctx, const char *sql, int n, bool (*answers)[MASK_ANSWERS], struct decant_error *err)
{
    struct pg_result *r = try_rows(ctx, sql, err);
    for (int i = 0; answers != NULL && r != NULL && i < pg_nrows(r); i++)
        for (int j = 0; j < MASK_ANSWERS && pg_int(r, i, 0) < n; j++)
            answers[pg_int(r, i, 0)][j] = pg_bool(r, i, 1 + j);
    pg_result_free(r);
    return r != NULL;
}

/* The text of a column's value as cells of its kind have it; times are numbers. */
static void
put_own(const struct column *column, enum mask_kind kind, struct buf *out)
{
    struct buf name = { 0 };
    quote_ident(&name, column->name);
    if (kind == KIND_DATE)
        buf_printf(out,
                   "((%s)::pg_catalog.date OPERATOR(pg_catalog.-)"
                   " '2000-01-01'::pg_catalog.date)::pg_catalog.text",
                   buf_str(&name));
    else if (kind == KIND_TIMESTAMP)
        buf_printf(out,
                   "(1000000 OPERATOR(pg_catalog.*) pg_catalog.date_part('epoch',"
                   " (%s)::pg_catalog.timestamp OPERATOR(pg_catalog.-)"
                   " '2000-01-01'::pg_catalog.timestamp))::pg_catalog.int8::pg_catalog.text",
                   buf_str(&name));
    else
        as_text_put(column, buf_str(&name), out);
    buf_deinit(&name);
}

/* The rows of a column's values that are not NULL: `what` of them. */
static void
put_own_rows(const struct table *table, const struct column *column, enum mask_kind kind,
             const char *what, struct buf *out)
{
    struct column own = *column;
    own.name = "c"; /* as it is called in `what` */
    buf_puts(out, "SELECT DISTINCT ");
    put_own(&own, kind, out);
    buf_printf(out, " AS v FROM (SELECT %s AS c FROM (SELECT ", what);
    quote_ident(out, column->name);
    buf_puts(out, " AS c FROM ");
    catalog_put_rows(table, out);
    buf_puts(out, " AS decant_row WHERE ");
    quote_ident(out, column->name);
    buf_puts(out, " IS NOT NULL");
    if (kind & (KIND_DATE | KIND_TIMESTAMP)) {
        buf_puts(out, " AND pg_catalog.isfinite(");
        quote_ident(out, column->name);
        buf_putc(out, ')');
    }
}

static bool
own_values(void *ctx, const struct table *table, const struct column *column, enum mask_kind kind,
           struct arena *arena, size_t *n, struct decant_value **out, struct decant_error *err)
{
    struct buf sql = { 0 };
    bool ordered = (kind & (KIND_DATE | KIND_TIMESTAMP | KIND_INTEGER | KIND_NUMBER)) != 0;
    buf_puts(&sql, "SELECT v FROM ((");
    put_own_rows(table, column, kind, "c", &sql);
    buf_printf(&sql, " LIMIT %d) AS x) AS y LIMIT %d)", OWN_ROWS, OWN_VALUES);
    for (int i = 0; ordered && i < 2; i++) {
        buf_puts(&sql, " UNION ALL (");
        put_own_rows(table, column, kind, i == 0 ? "pg_catalog.min(c)" : "pg_catalog.max(c)", &sql);
        buf_puts(&sql, ") AS x) AS y)");
    }
    buf_puts(&sql, ") AS z WHERE v IS NOT NULL");
    struct pg_result *r = try_rows(ctx, buf_str(&sql), err);
    *n = r != NULL ? (size_t)pg_nrows(r) : 0;
    *out = ARENA_ARRAY(arena, struct decant_value, *n + 1);
    for (size_t i = 0; i < *n; i++) {
        const char *text = arena_strdup(arena, pg_text(r, (int)i, 0));
        (*out)[i] = (struct decant_value){ (const uint8_t *)text, (int32_t)strlen(text) };
    }
    pg_result_free(r);
    buf_deinit(&sql);
    return r != NULL;
}

static bool
own_rows(void *ctx, const struct table *table, int ncolumns, const struct column *const *columns,
         struct arena *arena, size_t *n, struct decant_value **out, struct decant_error *err)
{
    assert(table != NULL);
    struct buf sql = { 0 };
    buf_puts(&sql, "SELECT ctid::pg_catalog.text");
    for (int i = 0; i < ncolumns; i++) {
        buf_puts(&sql, ", ");
        put_own(columns[i], mask_kind_of(columns[i]->type), &sql);
    }
    buf_puts(&sql, " FROM ONLY ");
    quote_qualified(&sql, table->schema, table->name);
    buf_puts(&sql, " WHERE true");
    for (int i = 0; i < ncolumns; i++)
        if (mask_kind_of(columns[i]->type) & (KIND_DATE | KIND_TIMESTAMP)) {
            buf_puts(&sql, " AND coalesce(pg_catalog.isfinite(");
            quote_ident(&sql, columns[i]->name);
            buf_puts(&sql, "), true)");
        }
    buf_printf(&sql, " LIMIT %d", OWN_VALUES / 2);
    struct pg_result *r = try_rows(ctx, buf_str(&sql), err);
    *n = r != NULL ? (size_t)pg_nrows(r) : 0;
    *out = ARENA_ARRAY(arena, struct decant_value, (*n + 1) * (size_t)(ncolumns + 1));
    for (size_t i = 0; i < *n; i++)
        for (int c = 0; c <= ncolumns; c++) {
            const char *text = arena_strdup(arena, pg_text(r, (int)i, c));
            (*out)[i * (size_t)(ncolumns + 1) + (size_t)c] =
                (struct decant_value){ (const uint8_t *)text,
                                       text != NULL ? (int32_t)strlen(text) : DECANT_NULL };
        }
    pg_result_free(r);
    buf_deinit(&sql);
    return r != NULL;
}

static bool
frequencies(void *ctx, const struct table *table, const struct column *column, int min,
            struct arena *arena, size_t *n, struct mask_frequency **out, struct decant_error *err)
{
    struct buf sql = { 0 };
    bool is_array = column->type->kind == TYPE_ARRAY;
    buf_puts(&sql, "SELECT ");
    (is_array ? as_text_put_element : as_text_put)(column, "v", &sql);
    buf_printf(&sql, " COLLATE \"C\", pg_catalog.count(*) FROM (SELECT %s",
               is_array ? "pg_catalog.unnest(" : "");
    quote_ident(&sql, column->name);
    buf_puts(&sql, is_array ? ") AS v FROM " : " AS v FROM ");
    catalog_put_rows(table, &sql);
    buf_printf(&sql,
               " AS decant_row) AS x WHERE v IS NOT NULL GROUP BY 1"
               " HAVING pg_catalog.count(*) >= %d ORDER BY 2 DESC, 1 LIMIT %d",
               min, MOST_FREQUENT);
    struct pg_result *r = pg_query(ctx, err, buf_str(&sql), 0, NULL);
    *n = r != NULL ? (size_t)pg_nrows(r) : 0;
    *out = ARENA_ARRAY(arena, struct mask_frequency, *n + 1);
    for (size_t i = 0; i < *n; i++)
        (*out)[i] = (struct mask_frequency){ arena_strdup(arena, pg_text(r, (int)i, 0)),
                                             pg_int(r, (int)i, 1) };
    buf_deinit(&sql);
    pg_result_free(r);
    return r != NULL;
}

/* Dates that at least 30 rows and one in a hundred share, and ten times as many as share another
 * one; of a large table a part of the pages, the same each time. */
static bool
shared(void *ctx, const struct table *table, const struct column *column, enum mask_kind kind,
       struct arena *arena, size_t *n, int64_t **out, struct decant_error *err)
{
    assert(table != NULL && column != NULL);
    struct column own = *column;
    struct buf sql = { 0 };
    double share =
        table->relpages > SHARED_PAGES ? 100.0 * SHARED_PAGES / (double)table->relpages : 100;
    own.name = "c";
    buf_puts(&sql, "SELECT v FROM (SELECT v, n, pg_catalog.sum(n) OVER () AS total,"
                   " pg_catalog.count(*) OVER () AS kinds FROM (SELECT ");
    put_own(&own, kind, &sql);
    buf_puts(&sql, " AS v, pg_catalog.count(*) AS n FROM (SELECT ");
    quote_ident(&sql, column->name);
    buf_puts(&sql, " AS c FROM ");
    catalog_put_rows(table, &sql);
    buf_puts(&sql, " AS decant_row");
    if (share < 100 && !catalog_has_foreign(table))
        buf_printf(&sql, " TABLESAMPLE SYSTEM (%g) REPEATABLE (1)", share);
    buf_puts(&sql, ") AS x WHERE c IS NOT NULL AND pg_catalog.isfinite(c) GROUP BY 1) AS y) AS z"
                   " WHERE n >= 30 AND n * 100 > total AND n * (kinds - 1) >= 10 * (total - n)"
                   " ORDER BY n DESC LIMIT 100");
    struct pg_result *r = pg_query(ctx, err, buf_str(&sql), 0, NULL);
    *n = r != NULL ? (size_t)pg_nrows(r) : 0;
    *out = ARENA_ARRAY(arena, int64_t, *n + 1);
    for (size_t i = 0; i < *n; i++)
        (*out)[i] = pg_int(r, (int)i, 0);
    bool ok = r != NULL;
    pg_result_free(r);
    buf_deinit(&sql);
    return ok;
}

/* Do a few values stand in many rows each, as far as statistics know? */
static bool
has_few_values(const struct statistics *statistics, const struct table *table,
               const struct column *column)
{
    double distinct = statistics_distinct(statistics, table, column);
    return distinct > 0 && distinct < FEW_VALUES && table->reltuples >= FEW_ROWS_EACH * distinct;
}

static bool
keeps_shape(const struct masked_table *table, int column)
{
    static const char *const shapes[] = { "by_shape", "pattern", "digits", "text" };
    const struct column_mask *how = masking_column(table, column);
    for (size_t i = 0; how != NULL && i < sizeof shapes / sizeof *shapes; i++)
        if (strcmp(how->masks[how->nmasks - 1]->how->name, shapes[i]) == 0)
            return true;
    return false;
}

static void
note_columns(const struct job_masks_env *env, const struct job_masks *masks)
{
    for (int t = 0; t < masks->masking.ntables; t++) {
        const struct masked_table *table = &masks->masking.tables[t];
        for (int c = 0; c < table->table->ncolumns; c++) {
            const struct decision *decision = &table->decisions[c];
            const struct column *column = &table->table->columns[c];
            bool is_emptied =
                decision->rule != NULL && strcmp(decision->rule->use, "recompute") == 0;
            bool is_computed = column->is_generated && decision->verdict == VERDICT_MASKED &&
                               decision->class_size < 2;
            if (keeps_shape(table, c) && has_few_values(env->statistics, table->table, column))
                notes_add(env->notes, NOTE_FEW_VALUES, "mask", 0, "%s.%s.%s", table->table->schema,
                          table->table->name, column->name);
            if (decision->verdict == VERDICT_NULLED || is_emptied || is_computed)
                notes_add(env->notes,
                          decision->verdict == VERDICT_NULLED ? NOTE_UNREVIEWED
                          : is_computed                       ? NOTE_COMPUTED_FROM_MASKED
                                                              : NOTE_EMPTIED,
                          "column", 0, "%s.%s.%s", table->table->schema, table->table->name,
                          column->name);
        }
    }
}

static bool
prove(const struct job_masks_env *env, struct job_masks *out, struct decant_error *err)
{
    struct trying trying = { env->conn, TRIALS_MS };
    struct mask_prover prover = { .masking = &out->masking,
                                  .try_sql = env->conn != NULL ? try_sql : NULL,
                                  .own_values =
                                      env->conn != NULL && env->may_look ? own_values : NULL,
                                  .own_rows = env->conn != NULL && env->may_look ? own_rows : NULL,
                                  .ctx = &trying,
                                  .on_refused = env->on_refused,
                                  .refused_ctx = env->refused_ctx };
    bool ok = masking_prove(&prover, err);
    for (size_t i = 0; i < prover.ndoubts; i++)
        notes_add(env->notes, NOTE_MASK_UNPROVED, "mask", 0, "%s", prover.doubts[i]);
    free(prover.doubts);
    return ok;
}

bool
job_masks_build(const struct job_masks_env *env, struct job_masks *out, struct decant_error *err)
{
    assert(env != NULL);
    struct key *throwaway = NULL;
    if (!find_owners(env, out, err) || (env->key == NULL && !key_throwaway(&throwaway, err)))
        return false;
    out->ring = key_ring_new(env->key != NULL ? env->key : throwaway);
    if (env->conn != NULL && env->key != NULL) {
        out->masking.maker.frequencies = frequencies;
        out->masking.maker.shared = shared;
        out->masking.maker.frequencies_ctx = env->conn;
    }
    bool ok = masking_compile(&out->masking, &out->owners, out->ring, err) && prove(env, out, err);
    key_free(throwaway);
    out->is_on = ok;
    if (ok)
        note_columns(env, out);
    return ok;
}

void
job_masks_deinit(struct job_masks *masks)
{
    assert(masks != NULL);
    masking_deinit(&masks->masking);
    key_ring_free(masks->ring);
    masks->ring = NULL;
}
