/* SPDX-License-Identifier: PostgreSQL */
#include "load/late.h"

#include <assert.h>
#include <string.h>

struct late_check {
    const char *add, *validate, *name; /* the last for people */
    struct late_check *next;
};

/* Functions of extensions, of C and of the server read no rows of ours. */
static const char checks_sql[] =
    "SELECT pg_catalog.format('ALTER %s %s DROP CONSTRAINT %I', kind, owner, conname),"
    " pg_catalog.format('ALTER %s %s ADD CONSTRAINT %I %s NOT VALID', kind, owner, conname,"
    "  definition),"
    " pg_catalog.format('ALTER %s %s VALIDATE CONSTRAINT %I', kind, owner, conname),"
    " owner || '.' || conname"
    " FROM (SELECT c.oid, c.conname, c.coninhcount,"
    "  CASE WHEN c.contypid <> 0 THEN 'DOMAIN' ELSE 'TABLE' END AS kind,"
    "  CASE WHEN c.contypid <> 0 THEN pg_catalog.format_type(c.contypid, NULL)"
    "   ELSE c.conrelid::pg_catalog.regclass::pg_catalog.text END AS owner,"
    "  pg_catalog.pg_get_constraintdef(c.oid) AS definition"
    "  FROM pg_catalog.pg_constraint c WHERE c.contype = 'c' AND c.convalidated"
    "  AND c.coninhcount = 0 AND c.oid >= 16384 AND EXISTS (SELECT 1 FROM pg_catalog.pg_depend d"
    "   JOIN pg_catalog.pg_proc p ON p.oid = d.refobjid"
    "   JOIN pg_catalog.pg_language l ON l.oid = p.prolang"
    "   WHERE d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND d.objid = c.oid"
    "   AND d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass"
    "   AND l.lanname NOT IN ('internal', 'c')"
    /* inside other types it cannot be put back */
    "   AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t"
    "    ON t.oid = a.atttypid LEFT JOIN pg_catalog.pg_class k ON k.oid = a.attrelid"
    "    WHERE c.contypid <> 0 AND a.attnum > 0 AND (t.typelem = c.contypid"
    "     OR (k.relkind = 'c' AND t.oid = c.contypid)))"
    "   AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_range g WHERE g.rngsubtype = c.contypid)"
    "   AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend e WHERE e.objid = p.oid"
    "    AND e.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND e.deptype = 'e'))) x"
    " ORDER BY oid";

enum { CHECK_DROP, CHECK_ADD, CHECK_VALIDATE, CHECK_NAME };

/* What forces row security, and what lifts it. */
static const char forced_sql[] =
    "SELECT pg_catalog.string_agg('ALTER TABLE ' || t || ' FORCE ROW LEVEL SECURITY', '; '),"
    " pg_catalog.string_agg('ALTER TABLE ' || t || ' NO FORCE ROW LEVEL SECURITY', '; ')"
    " FROM (SELECT oid::pg_catalog.regclass::pg_catalog.text AS t FROM pg_catalog.pg_class"
    "  WHERE relforcerowsecurity AND oid >= 16384) x";

enum { FORCED_FORCE, FORCED_LIFT };

/* Dropping a check of a parent leaves those that its children have of their own: until there are
 * none. *more: there were. */
static bool
take_off_checks(struct late_check ***end, struct pg_conn *copy, const struct sink_env *env,
                bool *more, struct decant_error *err)
{
    struct pg_result *r = pg_query(copy, err, checks_sql, 0, NULL);
    bool ok = r != NULL;
    *more = ok && pg_nrows(r) > 0;
    for (int i = 0; ok && i < pg_nrows(r); i++) {
        struct late_check *check = ARENA_NEW(env->arena, struct late_check);
        *check = (struct late_check){ arena_strdup(env->arena, pg_text(r, i, CHECK_ADD)),
                                      arena_strdup(env->arena, pg_text(r, i, CHECK_VALIDATE)),
                                      arena_strdup(env->arena, pg_text(r, i, CHECK_NAME)), NULL };
        **end = check;
        *end = &check->next;
        ok = pg_exec(copy, err, pg_text(r, i, CHECK_DROP));
    }
    pg_result_free(r);
    return ok;
}

/* Row security that is forced hides rows from the checks of their owner. */
static bool
lift_force(struct late *late, struct pg_conn *copy, const struct sink_env *env,
           struct decant_error *err)
{
    struct pg_result *r = pg_query(copy, err, forced_sql, 0, NULL);
    bool ok = r != NULL;
    if (ok && pg_text(r, 0, FORCED_FORCE) != NULL) {
        late->force = arena_strdup(env->arena, pg_text(r, 0, FORCED_FORCE));
        ok = pg_exec(copy, err, pg_text(r, 0, FORCED_LIFT));
    }
    pg_result_free(r);
    return ok;
}

bool
late_put_off(struct late *late, struct pg_conn *copy, const struct sink_env *env,
             struct decant_error *err)
{
    assert(late != NULL);
    struct late_check **end = &late->checks;
    bool more = true;
    /* names have their schemas then */
    bool ok =
        pg_exec(copy, err, "BEGIN; SET LOCAL search_path = ''") && lift_force(late, copy, env, err);
    while (ok && more)
        ok = take_off_checks(&end, copy, env, &more, err);
    return ok && pg_exec(copy, err, "COMMIT");
}

/* Whether rows break it is one question, whether the server stopped meanwhile another. */
static bool
is_broken(const struct decant_error *err)
{
    return strcmp(err->sqlstate, "23514") == 0;
}

bool
late_add_checks(struct late *late, struct pg_conn *copy, const struct sink_env *env,
                struct decant_error *err)
{
    assert(late != NULL && env != NULL);
    for (const struct late_check *check = late->checks; check != NULL; check = check->next) {
        struct decant_error failure = { 0 };
        bool is_there = pg_exec(copy, &failure, check->add) ||
                        strcmp(failure.sqlstate, "42710") == 0; /* with that of its parent */
        if (is_there && pg_exec(copy, &failure, check->validate))
            continue;
        bool may_break = env->is_sample || env->options->no_mask;
        if (is_there && strcmp(failure.sqlstate, "0A000") == 0) { /* in a type of a type */
            notes_add(env->notes, NOTE_CHECK_LATE, "check", 0, "%s", check->name);
            continue;
        }
        if (!is_there || !is_broken(&failure)) {
            *err = failure;
            return error_context(err, "the check '%s'", check->name);
        }
        if (!may_break) {
            error_set(err, DECANT_CHECK, "the masked rows break the check '%s'", check->name);
            return error_hint(err, "it calls a function that may read other tables; keep what it "
                                   "reads, or mask both sides alike");
        }
        notes_add(env->notes, NOTE_CHECK_LATE, "check", 0, "%s", check->name);
    }
    return true;
}

bool
late_force(struct late *late, struct pg_conn *copy, struct decant_error *err)
{
    return late->force == NULL || pg_exec(copy, err, late->force);
}
