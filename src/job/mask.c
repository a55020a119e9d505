/* SPDX-License-Identifier: PostgreSQL */
#include "job/mask.h"

#include <stdlib.h>
#include <string.h>

#include "pg/quote.h"

enum { MOST_FREQUENT = 1000 };

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
    struct notes ignored;
    notes_init(&ignored);
    bool ok = plan_build(env->catalog, true, false, env->arena, &ignored, &out->plan, err) &&
              masking_decide(env->rules, &out->plan, env->arena, &out->masking, err);
    notes_deinit(&ignored);
    if (ok)
        count(out);
    return ok;
}

/* A statement that may fail, without the end of the transaction. */
static struct pg_result *
try_query(struct pg_conn *conn, const char *sql, struct decant_error *err)
{
    struct decant_error ignored = { 0 };
    if (!pg_exec(conn, err, "SAVEPOINT decant_trial"))
        return NULL;
    struct pg_result *result = pg_query(conn, err, sql, 0, NULL);
    pg_exec(conn, &ignored,
            result != NULL ? "RELEASE SAVEPOINT decant_trial"
                           : "ROLLBACK TO SAVEPOINT decant_trial");
    return result;
}

static bool
try_sql(void *ctx, const char *sql, bool *holds, struct decant_error *err)
{
    struct pg_result *result = try_query(ctx, sql, err);
    *holds = result != NULL && (pg_nrows(result) == 0 || pg_bool(result, 0, 0));
    pg_result_free(result);
    return result != NULL;
}

static bool
frequencies(void *ctx, const struct table *table, const struct column *column, int min,
            struct arena *arena, size_t *n, struct mask_frequency **out, struct decant_error *err)
{
    struct buf sql = { 0 };
    bool is_array = column->type->kind == TYPE_ARRAY;
    buf_printf(&sql, "SELECT v::pg_catalog.text COLLATE \"C\", pg_catalog.count(*) FROM (SELECT %s",
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
            bool is_computed = column->is_generated && decision->verdict == VERDICT_MASKED;
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
    struct mask_prover prover = { .masking = &out->masking,
                                  .try_sql = env->conn != NULL ? try_sql : NULL,
                                  .ctx = env->conn,
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
    struct key *throwaway = NULL;
    if (!find_owners(env, out, err) || (env->key == NULL && !key_throwaway(&throwaway, err)))
        return false;
    out->ring = key_ring_new(env->key != NULL ? env->key : throwaway);
    if (env->conn != NULL && env->key != NULL) {
        out->masking.maker.frequencies = frequencies;
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
    masking_deinit(&masks->masking);
    key_ring_free(masks->ring);
    masks->ring = NULL;
}
