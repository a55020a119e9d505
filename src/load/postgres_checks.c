/* SPDX-License-Identifier: PostgreSQL */
#include "load/postgres_checks.h"

#include <assert.h>
#include <string.h>

#include "pg/quote.h"

static const char key_exists_sql[] =
    "SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_constraint WHERE contype = 'f' AND conname = $1"
    " AND conrelid = pg_catalog.to_regclass(pg_catalog.format('%I.%I', $2::pg_catalog.text,"
    " $3::pg_catalog.text)))";

static const char key_definition_sql[] =
    "SELECT pg_catalog.pg_get_constraintdef(oid) FROM pg_catalog.pg_constraint WHERE contype = 'f'"
    " AND conname = $1 AND conrelid = pg_catalog.to_regclass(pg_catalog.format('%I.%I',"
    " $2::pg_catalog.text, $3::pg_catalog.text))";

/* Rows that break a key stay; new ones shall not. False: the server takes no such key here. */
static bool
add_not_valid(struct pg_conn *copy, const struct sink_env *env, const struct foreign_key *key)
{
    const char *params[] = { key->name, key->child->schema, key->child->name };
    struct decant_error ignored = { 0 };
    struct buf sql = { 0 };
    struct pg_result *r = pg_query(env->source, &ignored, key_definition_sql, 3, params);
    bool ok = r != NULL && pg_nrows(r) == 1;
    if (ok) {
        buf_puts(&sql, "ALTER TABLE ");
        quote_qualified(&sql, key->child->schema, key->child->name);
        buf_puts(&sql, " ADD CONSTRAINT ");
        quote_ident(&sql, key->name);
        buf_printf(&sql, " %s NOT VALID", pg_text(r, 0, 0));
        ok = pg_exec(copy, &ignored, buf_str(&sql));
    }
    pg_result_free(r);
    buf_deinit(&sql);
    return ok;
}

static bool
check_key(struct pg_conn *copy, const struct sink_env *env, struct plan_key *key,
          struct decant_error *err)
{
    assert(key != NULL);
    const struct foreign_key *source = key->key;
    const char *params[] = { source->name, source->child->schema, source->child->name };
    struct pg_result *r = pg_query(copy, err, key_exists_sql, 3, params);
    if (r == NULL)
        return false;
    bool there = pg_bool(r, 0, 0);
    pg_result_free(r);
    if (there && key->is_validated)
        return true;
    struct sink_env of_copy = *env;
    of_copy.source = copy;
    int64_t in_copy, in_source;
    if (!env->count_orphans(&of_copy, key, &in_copy, err) || !plan_key_is_askable(key, err) ||
        !env->count_orphans(env, key, &in_source, err))
        return false;
    if (env->is_sample ? in_copy > in_source : in_copy != in_source)
        return error_set(err, DECANT_CHECK,
                         "foreign key '%s' of '%s.%s': %lld rows of the copy have no parent, "
                         "%lld in the source",
                         source->name, source->child->schema, source->child->name,
                         (long long)in_copy, (long long)in_source);
    key->orphans = in_copy;
    if (!there && in_copy > 0) /* else the restore has told why */
        notes_add(env->notes,
                  add_not_valid(copy, env, source) ? NOTE_KEY_NOT_VALID
                                                   : NOTE_KEY_VIOLATED_IN_SOURCE,
                  "foreign key", in_copy, "%s.%s.%s", source->child->schema, source->child->name,
                  source->name);
    return true;
}

bool
postgres_check_keys(struct pg_conn *copy, const struct sink_env *env, const struct map *missing,
                    bool are_doubtful, struct decant_error *err)
{
    assert(env != NULL && missing != NULL);
    for (int i = 0; i < env->plan->nkeys; i++) {
        struct plan_key *key = &env->plan->keys[i];
        bool is_there = map_get(missing, key->key->child->oid) == NULL &&
                        map_get(missing, key->key->parent->oid) == NULL;
        if ((are_doubtful || !key->is_validated) && is_there && !check_key(copy, env, key, err))
            return false;
    }
    return true;
}

static const char index_exists_sql[] = "SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_index WHERE "
                                       "indisunique AND indisvalid AND indexrelid ="
                                       " pg_catalog.to_regclass(pg_catalog.format('%I.%I', "
                                       "$1::pg_catalog.text, $2::pg_catalog.text)))";

static const char index_definition_sql[] =
    "SELECT pg_catalog.pg_get_indexdef(pg_catalog.to_regclass(pg_catalog.format('%I.%I',"
    " $1::pg_catalog.text, $2::pg_catalog.text)))";

/* An entry may be longer than a page of an index takes when a mask's letters do not compress as
 * those of the source do: the restore has told of that, and no two rows got one key. pg_restore
 * does not give the SQLSTATE, so the server is asked once more. */
static bool
is_too_long(struct pg_conn *copy, const struct sink_env *env, const struct index *index)
{
    const char *params[] = { index->schema, index->name };
    struct decant_error failure = { 0 };
    struct pg_result *r = pg_query(env->source, &failure, index_definition_sql, 2, params);
    const char *sql = r != NULL ? pg_text(r, 0, 0) : NULL;
    bool is_made = sql != NULL && pg_exec(copy, &failure, sql);
    pg_result_free(r);
    return is_made || strcmp(failure.sqlstate, "54000") == 0; /* program_limit_exceeded */
}

bool
postgres_check_indexes(struct pg_conn *copy, const struct sink_env *env, struct decant_error *err)
{
    assert(env != NULL);
    for (int t = 0; t < env->plan->ntables; t++) {
        const struct table *table = env->plan->tables[t];
        for (int i = 0; i < table->nindexes; i++) {
            const struct index *index = &table->indexes[i];
            if (!index->is_unique || !index->is_valid || !plan_masks_index(env->plan, index))
                continue;
            const char *params[] = { index->schema, index->name };
            struct pg_result *r = pg_query(copy, err, index_exists_sql, 2, params);
            bool there = r != NULL && pg_bool(r, 0, 0), failed = r == NULL;
            pg_result_free(r);
            if (failed)
                return false;
            if (there || is_too_long(copy, env, index))
                continue;
            error_set(err, DECANT_CHECK,
                      "the unique index '%s.%s' could not be made of masked columns", index->schema,
                      index->name);
            return error_hint(err, "nothing was published; 'decant explain' says what its columns'"
                                   " masks guarantee");
        }
    }
    return true;
}
