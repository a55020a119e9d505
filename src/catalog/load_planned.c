/* SPDX-License-Identifier: PostgreSQL */
/*
 * What the planner would run. For any statement over a table it reads the expressions of its
 * indexes, statistics and partition key, and computes immutable calls of constants in them
 * (plancat.c, relcache.c: eval_const_expressions). A function of SQL is put in place first, and
 * what stands in it may be such a call.
 */
#include <stdlib.h>
#include <string.h>

#include "catalog/loader.h"

/* Functions of roles that are neither superuser nor this one, of no extension; whether a call with
 * a row's values may bring along one of them with constants: in a parameter's default or in a body
 * of standard SQL, which depend on what they call; in a body that is text, by its name, by an
 * operator or a cast of theirs, or in a spelling that hides it. */
#define OF_OTHERS NOT_OF_TRUSTED("pg_proc", "p.oid", "p.proowner")
static const char functions_sql[] =
    "WITH u AS MATERIALIZED (SELECT p.oid, p.proname, p.prosrc, l.lanname FROM pg_catalog.pg_proc p"
    "  JOIN pg_catalog.pg_language l ON l.oid = p.prolang"
    "  WHERE p.oid >= 16384 AND p.provolatile = 'i' AND " OF_OTHERS "),"
    " o AS MATERIALIZED (SELECT o.oid FROM pg_catalog.pg_operator o JOIN u ON u.oid = o.oprcode)"
    " SELECT u.oid, EXISTS (SELECT 1 FROM pg_catalog.pg_depend d"
    "  WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = u.oid AND CASE d.refclassid"
    "   WHEN 'pg_catalog.pg_proc'::regclass THEN d.refobjid IN (SELECT oid FROM u)"
    "   WHEN 'pg_catalog.pg_operator'::regclass THEN d.refobjid IN (SELECT oid FROM o)"
    "   ELSE false END)"
    " OR u.lanname = 'sql' AND (u.prosrc ~* 'U&' OR EXISTS (SELECT 1 FROM o)"
    "  OR EXISTS (SELECT 1 FROM u x WHERE x.oid <> u.oid"
    "   AND pg_catalog.strpos(pg_catalog.lower(u.prosrc), pg_catalog.lower(x.proname)) > 0)"
    "  OR EXISTS (SELECT 1 FROM pg_catalog.pg_cast k JOIN u x ON x.oid = k.castfunc)) FROM u";

enum { FUNCTIONS_OID, FUNCTIONS_IS_OPEN };

static const char trees_sql[] =
    "SELECT n.nspname, c.relname, x.tree FROM (SELECT i.indrelid AS relation,"
    "  coalesce(i.indexprs::text, '') || coalesce(i.indpred::text, '') AS tree"
    "  FROM pg_catalog.pg_index i WHERE i.indexprs IS NOT NULL OR i.indpred IS NOT NULL"
    " UNION ALL SELECT partrelid, partexprs::text FROM pg_catalog.pg_partitioned_table"
    "  WHERE partexprs IS NOT NULL%s) x JOIN pg_catalog.pg_class c ON c.oid = x.relation"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = ANY ($1::oid[])"
    " ORDER BY 1, 2";

static const char statistics_sql[] = /* 14 on */
    " UNION ALL SELECT stxrelid, stxexprs::text FROM pg_catalog.pg_statistic_ext"
    "  WHERE stxexprs IS NOT NULL";

enum { TREES_SCHEMA, TREES_TABLE, TREES_TREE };

/* The node that begins where `p` stands, with all below it: its length. In a name a brace stands
 * behind a backslash (outToken()). */
static size_t
node_length(const char *p)
{
    int depth = 0;
    size_t n = 0;
    do {
        depth += p[n] == '{' ? 1 : p[n] == '}' ? -1 : 0;
        n += p[n] == '\\' && p[n + 1] != '\0' ? 2 : 1;
    } while (depth > 0 && p[n] != '\0');
    return n;
}

/* Does the tree call one of the functions with constants alone, or one that is open? The form is
 * that of nodeToString(): {FUNCEXPR :funcid 123 ... :args ({VAR ...} ...) ...} */
static bool
calls(const char *tree, const struct map *functions)
{
    for (const char *node = tree; (node = strchr(node, '{')) != NULL; node++) {
        size_t len = node_length(node), head = strcspn(node + 1, "{}") + 1;
        const char *id = memmem(node, head, "funcid ", 7); /* also of :opfuncid */
        if (id == NULL)
            continue;
        const char *flag = map_get(functions, strtoull(id + 7, NULL, 10));
        if (flag != NULL && (*flag == 'o' || memmem(node, len, "{VAR ", 5) == NULL))
            return true;
    }
    return false;
}

static bool
check_trees(struct loader *loader, const struct map *functions, struct decant_error *err)
{
    struct buf sql = { 0 };
    buf_printf(&sql, trees_sql, loader->catalog->server.version >= 140000 ? statistics_sql : "");
    struct pg_result *r = loader_query(loader, err, buf_str(&sql), true);
    buf_deinit(&sql);
    bool ok = r != NULL;
    for (int i = 0; ok && i < pg_nrows(r); i++) {
        if (!calls(pg_text(r, i, TREES_TREE), functions))
            continue;
        error_set(err, DECANT_REFUSED,
                  "planning any statement over '%s.%s' would run a function of somebody whom this "
                  "role does not trust",
                  pg_text(r, i, TREES_SCHEMA), pg_text(r, i, TREES_TABLE));
        ok = error_hint(
            err, "an index, a statistics object or its partition key calls it with constants; "
                 "leave the table out with -T, or let a superuser own the function");
    }
    pg_result_free(r);
    return ok;
}

bool
load_planned(struct loader *loader, struct decant_error *err)
{
    static char closed[] = "c", open[] = "o";
    struct map functions = { 0 };
    struct pg_result *r = loader_query(loader, err, functions_sql, false);
    if (r == NULL)
        return false;
    for (int i = 0; i < pg_nrows(r); i++)
        map_put(&functions, (uint64_t)pg_int(r, i, FUNCTIONS_OID),
                pg_bool(r, i, FUNCTIONS_IS_OPEN) ? open : closed);
    pg_result_free(r);
    bool ok = functions.count == 0 || check_trees(loader, &functions, err);
    map_deinit(&functions);
    return ok;
}
