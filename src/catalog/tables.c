/* SPDX-License-Identifier: PostgreSQL */
#include "catalog/tables.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"

/* The rules of processSQLNamePattern() in src/fe_utils/string_utils.c. */
bool
pattern_to_regex(const char *pattern, struct buf *schema, struct buf *name, bool *has_schema)
{
    assert(name != NULL);
    bool quoted = false;
    *has_schema = false;
    buf_puts(name, "^(");
    for (const char *p = pattern; *p != '\0'; p++) {
        unsigned char c = (unsigned char)*p;
        if (c == '"') {
            if (quoted && p[1] == '"') {
                buf_putc(name, '"');
                p++;
            } else {
                quoted = !quoted;
            }
        } else if (!quoted && isupper(c)) {
            buf_putc(name, (char)tolower(c));
        } else if (!quoted && c == '*') {
            buf_puts(name, ".*");
        } else if (!quoted && c == '?') {
            buf_putc(name, '.');
        } else if (!quoted && c == '.') {
            if (*has_schema)
                return false;
            *has_schema = true;
            buf_puts(name, ")$");
            buf_reset(schema);
            buf_add(schema, name->data, name->len);
            buf_reset(name);
            buf_puts(name, "^(");
        } else if (c == '$' || (quoted && strchr("|*+?()[]{}.^\\", c) != NULL)) {
            buf_putc(name, '\\'); /* a dollar sign is a letter of names */
            buf_putc(name, (char)c);
        } else {
            buf_putc(name, (char)c);
        }
    }
    buf_puts(name, ")$");
    return true;
}

static const char tables_sql[] =
    "SELECT c.oid, n.nspname, c.relname, c.relkind = 'p'"
    " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND NOT c.relispartition"
    " AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
    " AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d WHERE d.objid = c.oid"
    "  AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype = 'e')"
    " ORDER BY n.nspname COLLATE \"C\", c.relname COLLATE \"C\"";

enum tables_column { TABLES_OID, TABLES_SCHEMA, TABLES_NAME, TABLES_PARTITIONED };

/* With a schema in the pattern it decides; without one a table must be on the search path. */
static const char match_table_sql[] =
    "SELECT c.oid FROM pg_catalog.pg_class c"
    " JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace"
    " WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,f,v,m,S}')"
    " AND c.relname OPERATOR(pg_catalog.~) $1"
    " AND CASE WHEN $2::pg_catalog.text IS NULL THEN pg_catalog.pg_table_is_visible(c.oid)"
    "  ELSE n.nspname OPERATOR(pg_catalog.~) $2 END";

/* A schema without tables is there, too. */
static const char match_schema_sql[] =
    "SELECT c.oid FROM pg_catalog.pg_namespace n"
    " LEFT JOIN pg_catalog.pg_class c ON n.oid OPERATOR(pg_catalog.=) c.relnamespace"
    " WHERE n.nspname OPERATOR(pg_catalog.~) $1 AND $2::pg_catalog.text IS NULL";

enum { KEEP = 1, DROP = 2 };

static bool
mark(struct pg_conn *conn, const struct decant_words *patterns, const char *option, bool is_schema,
     bool must_match, uintptr_t flag, struct map *marks, struct decant_error *err)
{
    assert(patterns != NULL);
    struct buf schema = { 0 }, name = { 0 };
    bool ok = true;
    for (int i = 0; ok && i < patterns->count; i++) {
        const char *pattern = patterns->items[i];
        bool has_schema;
        buf_reset(&schema);
        buf_reset(&name);
        if (!pattern_to_regex(pattern, &schema, &name, &has_schema) || (is_schema && has_schema)) {
            ok = error_set(err, DECANT_USAGE, "too many dotted names in %s %s", option, pattern);
            break;
        }
        const char *params[] = { buf_str(&name), has_schema ? buf_str(&schema) : NULL };
        struct pg_result *result =
            pg_query(conn, err, is_schema ? match_schema_sql : match_table_sql, 2, params);
        if (result == NULL) {
            if (strcmp(err->sqlstate, "2201B") == 0)
                error_set(err, DECANT_USAGE, "%s %s is not a valid pattern", option, pattern);
            ok = false;
            break;
        }
        for (int row = 0; row < pg_nrows(result); row++) {
            uint64_t oid = (uint64_t)pg_int(result, row, 0);
            if (pg_text(result, row, 0) == NULL)
                continue;
            map_put(marks, oid, (void *)((uintptr_t)map_get(marks, oid) | flag));
        }
        if (pg_nrows(result) == 0 && must_match) {
            error_set(err, DECANT_REFUSED, "%s %s matches nothing in the source", option, pattern);
            ok = error_hint(err, "names without a schema are looked for on the search path; "
                                 "letters outside quotes are folded to lower case");
        }
        pg_result_free(result);
    }
    buf_deinit(&schema);
    buf_deinit(&name);
    return ok;
}

bool
selection_load(struct pg_conn *conn, const struct decant_options *options, struct arena *arena,
               struct selection *out, struct decant_error *err)
{
    assert(options != NULL);
    bool by_table = options->tables.count > 0, by_schema = options->schemas.count > 0 && !by_table;
    bool has_patterns =
        by_table || by_schema || options->not_tables.count > 0 || options->not_schemas.count > 0;
    struct map marks = { 0 };
    struct pg_result *result = NULL;
    *out = (struct selection){ 0 };
    /* Patterns without a schema ask for the search path of the role; see catalog.c. */
    bool ok =
        (!has_patterns || pg_exec(conn, err, "RESET search_path")) &&
        mark(conn, &options->tables, "-t", false, true, KEEP, &marks, err) &&
        mark(conn, &options->not_tables, "-T", false, false, DROP, &marks, err) &&
        (by_table || (mark(conn, &options->schemas, "-n", true, true, KEEP, &marks, err) &&
                      mark(conn, &options->not_schemas, "-N", true, false, DROP, &marks, err))) &&
        (!has_patterns || pg_exec(conn, err, "SET search_path = ''")) &&
        (result = pg_query(conn, err, tables_sql, 0, NULL)) != NULL;
    if (ok) {
        out->relations = ARENA_ARRAY(arena, struct pg_relation, pg_nrows(result) + 1);
        for (int i = 0; i < pg_nrows(result); i++) {
            uint32_t oid = (uint32_t)pg_int(result, i, TABLES_OID);
            uintptr_t flags = (uintptr_t)map_get(&marks, oid);
            if ((flags & DROP) != 0 || ((by_table || by_schema) && (flags & KEEP) == 0))
                continue;
            out->relations[out->nrelations++] = (struct pg_relation){
                .oid = oid,
                .schema = arena_strdup(arena, pg_text(result, i, TABLES_SCHEMA)),
                .name = arena_strdup(arena, pg_text(result, i, TABLES_NAME)),
                .is_partitioned = pg_bool(result, i, TABLES_PARTITIONED),
            };
        }
        if (out->nrelations == 0 && (by_table || by_schema || marks.count > 0))
            ok = error_set(err, DECANT_REFUSED, "the patterns select no table");
    }
    pg_result_free(result);
    map_deinit(&marks);
    return ok;
}

bool
selection_equal(const struct selection *a, const struct selection *b)
{
    assert(a != NULL && b != NULL);
    if (a->nrelations != b->nrelations)
        return false;
    for (int i = 0; i < a->nrelations; i++)
        if (a->relations[i].oid != b->relations[i].oid ||
            strcmp(a->relations[i].schema, b->relations[i].schema) != 0 ||
            strcmp(a->relations[i].name, b->relations[i].name) != 0)
            return false;
    return true;
}
