/* SPDX-License-Identifier: PostgreSQL */
/* Indexes, checks and foreign keys. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/loader.h"

enum { MAX_KEYS = 64 }; /* INDEX_MAX_KEYS is 32 */

static const char indexes_sql[] =
    "SELECT i.indrelid, n.nspname, c.relname, am.amname, i.indisprimary, i.indisunique,"
    " k.oid IS NOT NULL AND k.contype IN ('p', 'u'), i.indisvalid AND i.indisready,"
    " coalesce(k.condeferrable, false), %s, pg_get_expr(i.indpred, i.indrelid),"
    " i.indnkeyatts, i.indkey::text, i.indoption::text,"
    " ARRAY(SELECT pg_get_indexdef(i.indexrelid, g, false)"
    "  FROM generate_series(1, i.indnkeyatts) g)::text[],"
    " coalesce(k.contype = 'x', false),"
    " ARRAY(SELECT CASE WHEN o.oprname = '=' THEN 1 ELSE 0 END"
    "  FROM unnest(k.conexclop) WITH ORDINALITY AS e(op, i)"
    "  JOIN pg_catalog.pg_operator o ON o.oid = e.op ORDER BY e.i)::text"
    " FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " JOIN pg_catalog.pg_am am ON am.oid = c.relam"
    " LEFT JOIN pg_catalog.pg_constraint k ON k.conindid = i.indexrelid"
    "  AND k.contype IN ('p', 'u', 'x')"
    " WHERE i.indrelid = ANY ($1::oid[]) AND i.indislive"
    " ORDER BY i.indrelid, NOT i.indisprimary, c.relname COLLATE \"C\"";

enum indexes_column {
    INDEXES_TABLE,
    INDEXES_SCHEMA,
    INDEXES_NAME,
    INDEXES_METHOD,
    INDEXES_PRIMARY,
    INDEXES_UNIQUE,
    INDEXES_CONSTRAINT,
    INDEXES_VALID,
    INDEXES_DEFERRABLE,
    INDEXES_NULLS_NOT_DISTINCT,
    INDEXES_PREDICATE,
    INDEXES_NKEYS,
    INDEXES_KEYS,
    INDEXES_OPTIONS,
    INDEXES_DEFINITIONS,
    INDEXES_EXCLUDES,
    INDEXES_EQUALITIES,
};

/* Elements of a one-dimensional text[] literal, in the arena. */
static int
text_array(struct arena *arena, const char *text, const char **out, int most)
{
    int n = 0;
    struct buf word = { 0 };
    if (*text == '{')
        text++;
    while (*text != '\0' && *text != '}' && n < most) {
        bool quoted = *text == '"';
        buf_reset(&word);
        for (text += quoted;
             *text != '\0' && (quoted ? *text != '"' : *text != ',' && *text != '}'); text++) {
            if (*text == '\\' && text[1] != '\0')
                text++;
            buf_putc(&word, *text);
        }
        out[n++] = arena_strdup(arena, buf_str(&word));
        text += quoted && *text == '"';
        text += *text == ',';
    }
    buf_deinit(&word);
    return n;
}

static struct index
read_index(struct loader *loader, const struct table *table, struct pg_result *r, int row)
{
    assert(loader != NULL);
    int attnums[MAX_KEYS], options[MAX_KEYS], equalities[MAX_KEYS];
    const char *definitions[MAX_KEYS];
    int natts = loader_numbers(pg_text(r, row, INDEXES_KEYS), attnums, MAX_KEYS);
    int noptions = loader_numbers(pg_text(r, row, INDEXES_OPTIONS), options, MAX_KEYS);
    int nequal = loader_numbers(pg_text(r, row, INDEXES_EQUALITIES), equalities, MAX_KEYS);
    int ndefs =
        text_array(loader->arena, pg_text(r, row, INDEXES_DEFINITIONS), definitions, MAX_KEYS);
    struct index index = {
        .schema = loader_text(loader, r, row, INDEXES_SCHEMA),
        .name = loader_text(loader, r, row, INDEXES_NAME),
        .method = loader_text(loader, r, row, INDEXES_METHOD),
        .is_primary = pg_bool(r, row, INDEXES_PRIMARY),
        .is_unique = pg_bool(r, row, INDEXES_UNIQUE),
        .is_constraint = pg_bool(r, row, INDEXES_CONSTRAINT),
        .is_valid = pg_bool(r, row, INDEXES_VALID),
        .is_deferrable = pg_bool(r, row, INDEXES_DEFERRABLE),
        .nulls_not_distinct = pg_bool(r, row, INDEXES_NULLS_NOT_DISTINCT),
        .predicate = loader_text(loader, r, row, INDEXES_PREDICATE),
        .nkeys = (int)pg_int(r, row, INDEXES_NKEYS),
    };
    if (pg_bool(r, row, INDEXES_EXCLUDES))
        index.method = "exclude"; /* the index of an exclusion constraint */
    index.nincluded = natts - index.nkeys;
    struct index_key *keys = ARENA_ARRAY(loader->arena, struct index_key, natts);
    for (int i = 0; i < natts; i++)
        keys[i] = (struct index_key){
            .column = attnums[i] > 0 ? loader_column(table, attnums[i]) : -1,
            .sql = i < ndefs ? definitions[i] : NULL,
            .is_descending = i < noptions && (options[i] & 1) != 0,
            .is_equality = i < nequal && equalities[i] != 0,
        };
    index.keys = keys;
    return index;
}

bool
load_indexes(struct loader *loader, struct decant_error *err)
{
    assert(loader != NULL);
    struct buf sql = { 0 };
    buf_printf(&sql, indexes_sql,
               loader->catalog->server.version >= 150000 ? "i.indnullsnotdistinct" : "false");
    struct pg_result *r = loader_query(loader, err, buf_str(&sql), true);
    buf_deinit(&sql);
    if (r == NULL)
        return false;
    for (int i = 0, next; i < pg_nrows(r); i = next) {
        struct table *table = map_get(&loader->tables, (uint64_t)pg_int(r, i, INDEXES_TABLE));
        next = loader_group_end(r, i);
        struct index *indexes = ARENA_ARRAY(loader->arena, struct index, next - i);
        for (int j = i; j < next; j++)
            indexes[j - i] = read_index(loader, table, r, j);
        table->indexes = indexes;
        table->nindexes = next - i;
    }
    pg_result_free(r);
    return true;
}

/* A foreign key to or on a partitioned table has a row for each partition; those on the referenced
 * side repeat the child of the row they come from. */
static const char foreign_keys_sql[] =
    "SELECT k.conrelid, k.conname, k.confrelid, k.conkey::text, k.confkey::text, k.confupdtype,"
    " k.confdeltype, k.confmatchtype, k.condeferrable, k.condeferred, k.convalidated, %s,"
    " n.nspname || '.' || c.relname,"
    " ARRAY(SELECT quote_ident(v.nspname) || '.' || o.oprname"
    "  FROM unnest(k.conpfeqop) WITH ORDINALITY AS e(op, i)"
    "  JOIN pg_catalog.pg_operator o ON o.oid = e.op"
    "  JOIN pg_catalog.pg_namespace v ON v.oid = o.oprnamespace ORDER BY e.i)::text[], %s"
    " FROM pg_catalog.pg_constraint k"
    " JOIN pg_catalog.pg_class c ON c.oid = k.confrelid"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " LEFT JOIN pg_catalog.pg_constraint p ON p.oid = k.conparentid"
    " WHERE k.contype = 'f' AND k.conrelid = ANY ($1::oid[])"
    " AND (p.oid IS NULL OR p.conrelid <> k.conrelid)"
    " ORDER BY k.conrelid, k.conname COLLATE \"C\", k.oid";

enum foreign_keys_column {
    FK_CHILD,
    FK_NAME,
    FK_PARENT,
    FK_CHILD_KEY,
    FK_PARENT_KEY,
    FK_ON_UPDATE,
    FK_ON_DELETE,
    FK_MATCH,
    FK_DEFERRABLE,
    FK_DEFERRED,
    FK_VALIDATED,
    FK_SETS_SOME,
    FK_PARENT_NAME,
    FK_OPERATORS,
    FK_PERIOD,
    FK_ENFORCED,
};

static const int *
key_columns(struct loader *loader, const struct table *table, const char *text, int *n)
{
    int attnums[MAX_KEYS];
    *n = loader_numbers(text, attnums, MAX_KEYS);
    int *columns = ARENA_ARRAY(loader->arena, int, *n);
    for (int i = 0; i < *n; i++)
        columns[i] = loader_column(table, attnums[i]);
    return columns;
}

static bool
load_foreign_keys(struct loader *loader, struct decant_error *err)
{
    assert(loader != NULL);
    struct buf sql = { 0 };
    int version = loader->catalog->server.version;
    buf_printf(&sql, foreign_keys_sql, version >= 150000 ? "k.confdelsetcols IS NOT NULL" : "false",
               version >= 180000 ? "k.conperiod, k.conenforced" : "false, true");
    struct pg_result *r = loader_query(loader, err, buf_str(&sql), true);
    buf_deinit(&sql);
    if (r == NULL)
        return false;
    int n = pg_nrows(r), unused;
    struct foreign_key *keys = ARENA_ARRAY(loader->arena, struct foreign_key, n + 1);
    for (int i = 0; i < n; i++) {
        struct foreign_key *key = &keys[i];
        *key = (struct foreign_key){
            .name = loader_text(loader, r, i, FK_NAME),
            .child = map_get(&loader->tables, (uint64_t)pg_int(r, i, FK_CHILD)),
            .parent = map_get(&loader->tables, (uint64_t)pg_int(r, i, FK_PARENT)),
            .parent_name = loader_text(loader, r, i, FK_PARENT_NAME),
            .on_update = pg_text(r, i, FK_ON_UPDATE)[0],
            .on_delete = pg_text(r, i, FK_ON_DELETE)[0],
            .match = pg_text(r, i, FK_MATCH)[0],
            .is_deferrable = pg_bool(r, i, FK_DEFERRABLE),
            .is_deferred = pg_bool(r, i, FK_DEFERRED),
            .is_validated = pg_bool(r, i, FK_VALIDATED),
            .sets_some_columns = pg_bool(r, i, FK_SETS_SOME),
            .is_period = pg_bool(r, i, FK_PERIOD),
            .is_enforced = pg_bool(r, i, FK_ENFORCED),
        };
        key->child_columns =
            key_columns(loader, key->child, pg_text(r, i, FK_CHILD_KEY), &key->ncolumns);
        const char **operators = ARENA_ARRAY(loader->arena, const char *, key->ncolumns);
        text_array(loader->arena, pg_text(r, i, FK_OPERATORS), operators, key->ncolumns);
        key->operators = operators;
        if (key->parent != NULL)
            key->parent_columns =
                key_columns(loader, key->parent, pg_text(r, i, FK_PARENT_KEY), &unused);
    }
    pg_result_free(r);
    loader->catalog->foreign_keys = keys;
    loader->catalog->nforeign_keys = n;
    return true;
}

static const char checks_sql[] =
    "SELECT k.conrelid, k.conname, pg_get_expr(k.conbin, k.conrelid), k.convalidated, "
    "%s, " TRUSTED_SQL("k.oid") " FROM pg_catalog.pg_constraint k WHERE k.contype = 'c' AND "
                                "k.conrelid = ANY ($1::oid[])"
                                " ORDER BY k.conrelid, k.conname COLLATE \"C\"";

static bool
load_checks(struct loader *loader, struct decant_error *err)
{
    struct buf sql = { 0 };
    buf_printf(&sql, checks_sql,
               loader->catalog->server.version >= 180000 ? "k.conenforced" : "true");
    struct pg_result *r = loader_query(loader, err, buf_str(&sql), true);
    buf_deinit(&sql);
    if (r == NULL)
        return false;
    for (int i = 0, next; i < pg_nrows(r); i = next) {
        struct table *table = map_get(&loader->tables, (uint64_t)pg_int(r, i, 0));
        next = loader_group_end(r, i);
        struct check *checks = ARENA_ARRAY(loader->arena, struct check, next - i);
        for (int j = i; j < next; j++)
            checks[j - i] = (struct check){ .name = loader_text(loader, r, j, 1),
                                            .sql = loader_text(loader, r, j, 2),
                                            .is_validated = pg_bool(r, j, 3),
                                            .is_enforced = pg_bool(r, j, 4),
                                            .is_trusted = pg_bool(r, j, 5) };
        table->checks = checks;
        table->nchecks = next - i;
    }
    pg_result_free(r);
    return true;
}

bool
load_constraints(struct loader *loader, struct decant_error *err)
{
    return load_foreign_keys(loader, err) && load_checks(loader, err);
}
