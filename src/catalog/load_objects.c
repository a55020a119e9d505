/* SPDX-License-Identifier: PostgreSQL */
/* The server, sequences, extensions, and what only a list mentions. */
#include <stdlib.h>
#include <string.h>

#include "catalog/loader.h"
#include "pg/quote.h"

enum { POSITIONS = 200 }; /* of sequences, in one statement */

static const char server_sql[] =
    "SELECT pg_catalog.pg_is_in_recovery(), pg_catalog.pg_encoding_to_char(d.encoding),"
    " d.datcollate, d.datctype, %s,"
    " pg_catalog.scale((1::pg_catalog.money)::pg_catalog.numeric),"
    " pg_catalog.pg_postmaster_start_time()::pg_catalog.text"
    " FROM pg_catalog.pg_database d"
    " WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()";

static const char system_id_sql[] =
    "SELECT system_identifier::pg_catalog.text FROM pg_catalog.pg_control_system()";

/* The function may be forbidden: a transaction goes on all the same. */
static bool
load_system_id(struct pg_conn *conn, bool *known, struct buf *out, struct decant_error *err)
{
    struct decant_error ignored = { 0 };
    struct pg_result *r = NULL;
    if (!pg_conn_is_attached(conn)) {
        *known = pg_value(conn, &ignored, system_id_sql, out);
        return true;
    }
    bool goes_on = pg_try(conn, system_id_sql, &r, &ignored, err);
    *known = r != NULL;
    if (*known)
        buf_puts(out, pg_text(r, 0, 0));
    pg_result_free(r);
    return goes_on;
}

bool
catalog_load_server(struct pg_conn *conn, struct arena *arena, struct server *out,
                    struct decant_error *err)
{
    int version = pg_conn_version(conn);
    struct buf sql = { 0 }, id = { 0 };
    buf_printf(&sql, server_sql,
               version >= 170000   ? "d.datlocprovider, d.datlocale"
               : version >= 150000 ? "d.datlocprovider, d.daticulocale"
                                   : "NULL, NULL");
    struct pg_result *r = pg_query(conn, err, buf_str(&sql), 0, NULL);
    buf_deinit(&sql);
    if (r == NULL)
        return false;
    bool known;
    if (!load_system_id(conn, &known, &id, err)) {
        pg_result_free(r);
        return false;
    }
    *out = (struct server){
        .version = version,
        .in_recovery = pg_bool(r, 0, 0),
        .encoding = arena_strdup(arena, pg_text(r, 0, 1)),
        .collate = arena_strdup(arena, pg_text(r, 0, 2)),
        .ctype = arena_strdup(arena, pg_text(r, 0, 3)),
        .provider = arena_strdup(arena, pg_text(r, 0, 4)),
        .icu_locale = arena_strdup(arena, pg_text(r, 0, 5)),
        .money_scale = (int)pg_int(r, 0, 6),
        .system_id = arena_strdup(arena, known ? buf_str(&id) : pg_text(r, 0, 7)),
    };
    pg_result_free(r);
    buf_deinit(&id);
    return true;
}

/* A sequence belongs to columns by ownership (serial, identity) or because their defaults call it.
 * A row for each of them; one of NULLs where there is none. */
static const char sequences_sql[] =
    "SELECT DISTINCT c.oid, n.nspname, c.relname, o.tab, o.att, s.seqincrement,"
    " has_sequence_privilege(c.oid, 'SELECT')"
    "  AND NOT (c.relpersistence = 'u' AND pg_is_in_recovery())"
    " FROM pg_catalog.pg_sequence s JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " LEFT JOIN (SELECT d.objid AS seq, d.refobjid AS tab, d.refobjsubid AS att"
    "  FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::regclass"
    "  AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.deptype IN ('a', 'i')"
    "  AND d.refobjsubid > 0"
    "  UNION ALL SELECT d.refobjid, a.adrelid, a.adnum FROM pg_catalog.pg_attrdef a"
    "  JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_attrdef'::regclass"
    "  AND d.objid = a.oid AND d.refclassid = 'pg_catalog.pg_class'::regclass) o ON o.seq = c.oid"
    " WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
    " AND c.relpersistence <> 't'"
    " AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d WHERE d.objid = c.oid"
    "  AND d.deptype = 'e')"
    " ORDER BY c.oid, o.tab, o.att";

enum sequences_column {
    SEQ_OID,
    SEQ_SCHEMA,
    SEQ_NAME,
    SEQ_TABLE,
    SEQ_COLUMN,
    SEQ_INCREMENT,
    SEQ_READABLE,
};

/* Are the column's values, or those that programs give it, the sequence's own? */
static bool
takes_values(const struct column *column)
{
    static const char call[] = "nextval('", end[] = "'::regclass)";
    const struct type *type = column->type;
    bool is_whole = type->kind == TYPE_SCALAR &&
                    (type->scalar == SCALAR_INT2 || type->scalar == SCALAR_INT4 ||
                     type->scalar == SCALAR_INT8 || type->scalar == SCALAR_NUMERIC);
    const char *sql = column->default_sql;
    if (!is_whole || sql == NULL || column->is_generated)
        return is_whole;
    size_t len = strlen(sql);
    return len > strlen(end) && strncmp(sql, call, strlen(call)) == 0 &&
           strcmp(sql + len - strlen(end), end) == 0 && strchr(sql, ')') == sql + len - 1;
}

/* The rows from `first` to before `next` are of one sequence. */
static struct sequence
read_sequence(struct loader *loader, struct pg_result *r, int first, int next, bool *is_selected)
{
    struct sequence_user *users = ARENA_ARRAY(loader->arena, struct sequence_user, next - first);
    struct sequence sequence = { .schema = loader_text(loader, r, first, SEQ_SCHEMA),
                                 .name = loader_text(loader, r, first, SEQ_NAME),
                                 .increment = pg_int(r, first, SEQ_INCREMENT),
                                 .is_readable = pg_bool(r, first, SEQ_READABLE),
                                 .users = users };
    *is_selected = pg_text(r, first, SEQ_TABLE) == NULL;
    for (int i = first; i < next; i++) {
        const struct table *table = map_get(&loader->tables, (uint64_t)pg_int(r, i, SEQ_TABLE));
        int column = table != NULL ? loader_column(table, (int)pg_int(r, i, SEQ_COLUMN)) : -1;
        if (column < 0)
            continue; /* of a table that is not selected */
        *is_selected = true;
        if (takes_values(&table->columns[column]))
            users[sequence.nusers++] = (struct sequence_user){ table, column };
        else
            sequence.is_in_expression = true;
    }
    return sequence;
}

/* Positions of sequences[from .. to), in one statement. */
static bool
read_positions(struct loader *loader, struct sequence *sequences, int from, int to,
               struct decant_error *err)
{
    struct buf sql = { 0 };
    for (int i = from; i < to; i++) {
        if (!sequences[i].is_readable)
            continue;
        buf_printf(&sql, "%sSELECT %d, last_value, is_called FROM ",
                   sql.len > 0 ? " UNION ALL " : "", i);
        quote_qualified(&sql, sequences[i].schema, sequences[i].name);
    }
    struct pg_result *r = sql.len > 0 ? pg_query(loader->conn, err, buf_str(&sql), 0, NULL) : NULL;
    bool ok = sql.len == 0 || r != NULL;
    for (int i = 0; r != NULL && i < pg_nrows(r); i++) {
        struct sequence *sequence = &sequences[pg_int(r, i, 0)];
        sequence->last_value = pg_int(r, i, 1);
        sequence->is_called = pg_bool(r, i, 2);
    }
    pg_result_free(r);
    buf_deinit(&sql);
    return ok;
}

static bool
load_sequences(struct loader *loader, struct decant_error *err)
{
    struct pg_result *r = loader_query(loader, err, sequences_sql, false);
    if (r == NULL)
        return false;
    int n = 0;
    struct sequence *sequences = ARENA_ARRAY(loader->arena, struct sequence, pg_nrows(r) + 1);
    for (int i = 0, next; i < pg_nrows(r); i = next) {
        bool is_selected;
        next = loader_group_end(r, i);
        sequences[n] = read_sequence(loader, r, i, next, &is_selected);
        n += is_selected;
    }
    pg_result_free(r);
    loader->catalog->sequences = sequences;
    loader->catalog->nsequences = n;
    for (int i = 0; i < n; i += POSITIONS)
        if (!read_positions(loader, sequences, i, i + POSITIONS < n ? i + POSITIONS : n, err))
            return false;
    return true;
}

static const char objects_sql[] =
    "WITH own AS (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname !~ '^pg_'"
    "  AND n.nspname <> 'information_schema'),"
    " ext AS (SELECT d.classid, d.objid FROM pg_catalog.pg_depend d WHERE d.deptype = 'e')"
    " SELECT CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view'"
    "  ELSE 'foreign table' END, n.nspname || '.' || c.relname"
    " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relkind IN ('v', 'm', 'f') AND n.oid IN (SELECT oid FROM own)"
    "  AND c.oid NOT IN (SELECT objid FROM ext)"
    " UNION ALL SELECT 'trigger', n.nspname || '.' || c.relname || '.' || t.tgname"
    " FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND c.oid = ANY ($1::oid[])"
    " UNION ALL SELECT 'rule', n.nspname || '.' || c.relname || '.' || w.rulename"
    " FROM pg_catalog.pg_rewrite w JOIN pg_catalog.pg_class c ON c.oid = w.ev_class"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = ANY ($1::oid[])"
    " UNION ALL SELECT 'policy', n.nspname || '.' || c.relname || '.' || p.polname"
    " FROM pg_catalog.pg_policy p JOIN pg_catalog.pg_class c ON c.oid = p.polrelid"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = ANY ($1::oid[])"
    " UNION ALL SELECT CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate'"
    "  ELSE 'function' END, n.nspname || '.' || p.proname"
    " FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace"
    " WHERE n.oid IN (SELECT oid FROM own) AND p.oid NOT IN (SELECT objid FROM ext)"
    " AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d WHERE d.objid = p.oid"
    "  AND d.classid = 'pg_catalog.pg_proc'::regclass AND d.deptype = 'i')"
    " UNION ALL SELECT 'inheritance', n.nspname || '.' || c.relname"
    " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.oid = ANY ($1::oid[]) AND c.relkind = 'r'"
    " AND EXISTS (SELECT 1 FROM pg_catalog.pg_inherits h WHERE h.inhparent = c.oid)"
    " UNION ALL SELECT 'extended statistics', n.nspname || '.' || s.stxname"
    " FROM pg_catalog.pg_statistic_ext s JOIN pg_catalog.pg_namespace n ON n.oid = s.stxnamespace"
    " WHERE s.stxrelid = ANY ($1::oid[])"
    " UNION ALL SELECT 'event trigger', e.evtname FROM pg_catalog.pg_event_trigger e"
    " WHERE e.oid NOT IN (SELECT objid FROM ext)"
    " UNION ALL SELECT 'publication', p.pubname FROM pg_catalog.pg_publication p"
    " UNION ALL SELECT 'setting', pg_catalog.split_part(o, '=', 1)"
    " FROM pg_catalog.pg_db_role_setting s, pg_catalog.unnest(s.setconfig) o WHERE s.setrole = 0"
    " AND s.setdatabase = (SELECT oid FROM pg_catalog.pg_database"
    "  WHERE datname = pg_catalog.current_database()) AND o NOT LIKE 'decant.%'"
    " UNION ALL SELECT 'foreign server', s.srvname FROM pg_catalog.pg_foreign_server s"
    " ORDER BY 1, 2";

static bool
load_list(struct loader *loader, struct decant_error *err)
{
    struct pg_result *r = loader_query(loader, err, objects_sql, true);
    if (r == NULL)
        return false;
    int n = pg_nrows(r);
    struct object *objects = ARENA_ARRAY(loader->arena, struct object, n + 1);
    for (int i = 0; i < n; i++)
        objects[i] = (struct object){ .kind = loader_text(loader, r, i, 0),
                                      .name = loader_text(loader, r, i, 1) };
    pg_result_free(r);
    loader->catalog->objects = objects;
    loader->catalog->nobjects = n;
    return true;
}

static const char extension_tables_sql[] =
    "SELECT e.extname, n.nspname, c.relname, x.condition,"
    " pg_catalog.has_table_privilege(c.oid, 'SELECT')"
    " AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') FROM pg_catalog.pg_extension e,"
    " ROWS FROM (pg_catalog.unnest(e.extconfig), pg_catalog.unnest(e.extcondition))"
    " AS x(relation, condition)"
    " JOIN pg_catalog.pg_class c ON c.oid = x.relation"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' ORDER BY 1, "
    "2, 3";

static bool
count_extension_rows(struct loader *loader, struct extension_table *table, struct decant_error *err)
{
    struct buf sql = { 0 };
    buf_puts(&sql, "SELECT pg_catalog.count(*) FROM ONLY ");
    quote_qualified(&sql, table->schema, table->name);
    buf_printf(&sql, " %s", table->condition);
    struct pg_result *r = loader_query(loader, err, buf_str(&sql), false);
    table->rows = r != NULL ? pg_int(r, 0, 0) : -1;
    bool ok = r != NULL;
    pg_result_free(r);
    buf_deinit(&sql);
    return ok;
}

static bool
load_extension_tables(struct loader *loader, struct decant_error *err)
{
    struct pg_result *r = loader_query(loader, err, extension_tables_sql, false);
    if (r == NULL)
        return false;
    int n = pg_nrows(r);
    struct extension_table *tables = ARENA_ARRAY(loader->arena, struct extension_table, n + 1);
    bool ok = true;
    for (int i = 0; ok && i < n; i++) {
        tables[i] = (struct extension_table){ .extension = loader_text(loader, r, i, 0),
                                              .schema = loader_text(loader, r, i, 1),
                                              .name = loader_text(loader, r, i, 2),
                                              .condition = loader_text(loader, r, i, 3),
                                              .rows = -1 };
        ok = !pg_bool(r, i, 4) || count_extension_rows(loader, &tables[i], err);
    }
    pg_result_free(r);
    loader->catalog->extension_tables = tables;
    loader->catalog->nextension_tables = n;
    return ok;
}

static bool
load_extensions(struct loader *loader, struct decant_error *err)
{
    struct pg_result *r = loader_query(
        loader, err,
        "SELECT extname FROM pg_catalog.pg_extension WHERE extname <> 'plpgsql' ORDER BY 1", false);
    if (r == NULL)
        return false;
    int n = pg_nrows(r);
    struct extension *extensions = ARENA_ARRAY(loader->arena, struct extension, n + 1);
    for (int i = 0; i < n; i++)
        extensions[i].name = loader_text(loader, r, i, 0);
    pg_result_free(r);
    loader->catalog->extensions = extensions;
    loader->catalog->nextensions = n;
    r = loader_query(loader, err, "SELECT count(*) FROM pg_catalog.pg_largeobject_metadata", false);
    if (r == NULL)
        return false;
    loader->catalog->large_objects = pg_int(r, 0, 0);
    pg_result_free(r);
    return true;
}

bool
load_objects(struct loader *loader, struct decant_error *err)
{
    return load_sequences(loader, err) && load_list(loader, err) && load_extensions(loader, err) &&
           load_extension_tables(loader, err);
}
