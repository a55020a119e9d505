/* SPDX-License-Identifier: PostgreSQL */
#include "load/scan.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "pg/copy.h"
#include "pg/quote.h"
#include "sqlite/db.h"

struct scan {
    int ncolumns;
    struct cell *cells;
    struct db_stmt *stmt;     /* of a file */
    struct pg_reader *reader; /* of a database */
};

bool
scan_open_file(const char *path, const atomic_int *stop, struct scan_source *out,
               struct decant_error *err)
{
    assert(path != NULL && out != NULL);
    *out = (struct scan_source){ .path = path, .stop = stop };
    return db_open(path, DB_READ, stop, &out->db, err);
}

void
scan_end(struct scan_source *source)
{
    assert(source != NULL);
    db_close(source->db);
    pg_close(source->conn);
    source->db = NULL;
    source->conn = NULL;
}

static void
put_bound(const char *word, const char *sign, int64_t number, bool in_file, struct buf *out)
{
    if (in_file)
        buf_printf(out, " %s c._rowid_ %s %lld", word, sign, (long long)number);
    else
        buf_printf(out, " %s c.ctid %s '(%lld,0)'::pg_catalog.tid", word, sign, (long long)number);
}

static void
put_part(const struct scan_part *part, bool in_file, struct buf *out)
{
    bool has_first = part->first != INT64_MIN;
    assert(part->first <= part->last);
    if (has_first)
        put_bound("WHERE", ">=", part->first, in_file, out);
    if (part->last != INT64_MAX)
        put_bound(has_first ? "AND" : "WHERE", "<", part->last + 1, in_file, out);
}

/* The list of columns, and what they come from. */
static void
put_query(const struct scan_table *table, bool in_file, struct buf *out)
{
    assert(table != NULL);
    const struct scan_parent *parent = table->parent;
    const char *only = in_file || table->with_partitions ? "" : "ONLY ";
    for (int i = 0; i < table->ncolumns; i++) {
        bool is_parents = parent != NULL && i >= parent->first && i < parent->first + parent->n;
        buf_puts(out, i == 0 ? "SELECT " : ", ");
        buf_puts(out, is_parents ? "p." : "c.");
        quote_ident(out, table->columns[i]);
        buf_puts(out, in_file ? "" : "::pg_catalog.text");
    }
    buf_printf(out, " FROM %s", only);
    if (in_file)
        quote_ident(out, table->name);
    else
        quote_qualified(out, table->schema, table->name);
    buf_puts(out, " AS c");
    if (table->part != NULL)
        put_part(table->part, in_file, out);
    if (parent == NULL)
        return;
    assert(table->part == NULL);
    buf_printf(out, " LEFT JOIN %s", in_file || parent->with_partitions ? "" : "ONLY ");
    if (in_file)
        quote_ident(out, parent->name);
    else
        quote_qualified(out, parent->schema, parent->name);
    for (int i = 0; i < parent->nkeys; i++) {
        buf_puts(out, i == 0 ? " AS p ON p." : " AND p.");
        quote_ident(out, parent->parent_keys[i]);
        if (in_file)
            buf_puts(out, " = c.");
        else
            buf_printf(out, " OPERATOR(%s) c.", parent->operators[i]);
        quote_ident(out, parent->child_keys[i]);
    }
}

static bool
open_file(const struct scan_source *source, const struct scan_table *table, struct scan *scan,
          struct decant_error *err)
{
    struct buf sql = { 0 };
    put_query(table, true, &sql);
    scan->stmt = db_prepare(source->db, buf_str(&sql), err);
    buf_deinit(&sql);
    return scan->stmt != NULL;
}

static bool
open_database(const struct scan_source *source, const struct scan_table *table, struct scan *scan,
              struct decant_error *err)
{
    struct buf sql = { 0 };
    buf_puts(&sql, "COPY (");
    put_query(table, false, &sql);
    buf_puts(&sql, ") TO STDOUT (FORMAT binary)");
    scan->reader = pg_reader_open(source->conn, buf_str(&sql), table->ncolumns, err);
    buf_deinit(&sql);
    return scan->reader != NULL;
}

/* ---- parts */

enum { ROWS_OF_PART = 50000, PAGES_OF_PART = 2048, FINDS_PAGES = 140000 };

/* Numbers `first` to `last`, `each` by each or more. */
static int
divide(int64_t first, int64_t last, int64_t each, struct scan_part *out)
{
    uint64_t span = (uint64_t)last - (uint64_t)first;
    uint64_t most = span / (uint64_t)each + 1;
    int n = most > SCAN_MOST_PARTS ? SCAN_MOST_PARTS : (int)most;
    uint64_t step = span / (uint64_t)n + 1;
    for (int i = 0; i < n; i++) {
        int64_t begin = (int64_t)((uint64_t)first + (uint64_t)i * step);
        out[i] = (struct scan_part){ i == 0 ? INT64_MIN : begin, INT64_MAX };
        if (i > 0)
            out[i - 1].last = begin - 1;
    }
    return n;
}

static bool
divide_file(const struct scan_source *source, const struct scan_table *table, struct scan_part *out,
            int *n, struct decant_error *err)
{
    struct buf sql = { 0 };
    buf_puts(&sql, "SELECT (SELECT min(_rowid_) FROM ");
    quote_ident(&sql, table->name);
    buf_puts(&sql, "), (SELECT max(_rowid_) FROM ");
    quote_ident(&sql, table->name);
    /* a column may be called so */
    buf_puts(&sql, ") WHERE NOT EXISTS (SELECT 1 FROM pragma_table_xinfo(");
    db_quote_text(&sql, table->name);
    buf_puts(&sql, ") WHERE lower(name) = '_rowid_')");
    struct db_stmt *stmt = db_prepare(source->db, buf_str(&sql), err);
    int more = stmt != NULL ? db_step(stmt, err) : -1;
    if (more > 0)
        *n = divide(db_column_int(stmt, 0), db_column_int(stmt, 1), ROWS_OF_PART, out);
    db_finalize(stmt);
    buf_deinit(&sql);
    return more >= 0;
}

static bool
divide_database(const struct scan_source *source, const struct scan_table *table,
                struct scan_part *out, int *n, struct decant_error *err)
{
    struct buf name = { 0 };
    quote_qualified(&name, table->schema, table->name);
    const char *const parameters[] = { buf_str(&name) };
    struct pg_result *r = pg_query(source->conn, err,
                                   "SELECT pg_catalog.pg_relation_size($1::pg_catalog.regclass)"
                                   " / pg_catalog.current_setting('block_size')::pg_catalog.int8",
                                   1, parameters);
    if (r != NULL && pg_int(r, 0, 0) > 0)
        *n = divide(0, pg_int(r, 0, 0) - 1, PAGES_OF_PART, out);
    pg_result_free(r);
    buf_deinit(&name);
    return r != NULL;
}

bool
scan_parts(const struct scan_source *source, const struct scan_table *table,
           struct scan_part out[SCAN_MOST_PARTS], int *n, struct decant_error *err)
{
    assert(table->parent == NULL && n != NULL);
    *n = 1;
    out[0] = (struct scan_part){ INT64_MIN, INT64_MAX };
    if (source->path != NULL)
        return divide_file(source, table, out, n, err);
    return table->with_partitions || pg_conn_version(source->conn) < FINDS_PAGES ||
           divide_database(source, table, out, n, err);
}

bool
scan_open(const struct scan_source *source, const struct scan_table *table, struct scan **out,
          struct decant_error *err)
{
    assert(table->ncolumns >= 0 && out != NULL);
    struct scan *scan = mem_alloc(sizeof *scan);
    scan->ncolumns = table->ncolumns;
    scan->cells = mem_alloc((size_t)(table->ncolumns + 1) * sizeof *scan->cells);
    *out = scan;
    return (source->path != NULL ? open_file : open_database)(source, table, scan, err);
}

int
scan_next(struct scan *scan, const struct cell **cells, struct decant_error *err)
{
    assert(scan != NULL && cells != NULL);
    struct decant_value *values;
    *cells = scan->cells;
    if (scan->reader == NULL) {
        int n = db_step(scan->stmt, err);
        for (int i = 0; n > 0 && i < scan->ncolumns; i++)
            db_cell(scan->stmt, i, &scan->cells[i]);
        return n;
    }
    int n = pg_reader_next(scan->reader, &values, err);
    for (int i = 0; n > 0 && i < scan->ncolumns; i++) {
        bool is_null = values[i].len < 0;
        scan->cells[i] = (struct cell){ .kind = is_null ? CELL_NULL : CELL_TEXT,
                                        .data = values[i].data,
                                        .len = is_null ? 0 : (size_t)values[i].len };
    }
    return n;
}

void
scan_close(struct scan *scan)
{
    if (scan == NULL)
        return;
    db_finalize(scan->stmt);
    pg_reader_close(scan->reader);
    free(scan->cells);
    free(scan);
}

/* ---- the schema */

static bool
read_file_schema(const struct scan_source *source,
                 void (*take)(void *ctx, const char *object, const char *text), void *ctx,
                 struct decant_error *err)
{
    struct db_stmt *stmt =
        db_prepare(source->db, "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL", err);
    int n = stmt == NULL ? -1 : 0;
    while (stmt != NULL && (n = db_step(stmt, err)) > 0)
        take(ctx, db_text(stmt, 0), db_text(stmt, 1));
    db_finalize(stmt);
    return n == 0;
}

/* Of objects that no extension brought. */
#define OWN(class, oid)                                                                            \
    " AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend WHERE classid = 'pg_catalog." class       \
        "'::pg_catalog.regclass AND objid = " oid " AND deptype = 'e')"
#define NOT_OURS(schema) schema " !~ '^pg_' AND " schema " <> 'information_schema'"

/* Every text and every name that comes with the schema: what is missing here lands unsearched. */
static const char schema_sql[] =
    "SELECT pg_catalog.format('%s.%s.%s', n.nspname, c.relname, a.attname),"
    " pg_catalog.pg_get_expr(d.adbin, d.adrelid)"
    " FROM pg_catalog.pg_attrdef d JOIN pg_catalog.pg_class c ON c.oid = d.adrelid"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.adnum"
    " WHERE " NOT_OURS("n.nspname") //
    " UNION ALL SELECT pg_catalog.format('%s.%s', n.nspname, k.conname),"
    " pg_catalog.concat_ws(' ', k.conname, CASE WHEN k.contype IN ('c', 'x')"
    " THEN pg_catalog.pg_get_constraintdef(k.oid) END) FROM pg_catalog.pg_constraint k"
    " JOIN pg_catalog.pg_namespace n ON n.oid = k.connamespace WHERE " NOT_OURS("n.nspname") //
    " UNION ALL SELECT pg_catalog.format('%s.%s', n.nspname, c.relname),"
    " pg_catalog.concat_ws(' ', c.relname,"
    " CASE WHEN c.relkind IN ('v', 'm') THEN pg_catalog.pg_get_viewdef(c.oid)"
    "  WHEN c.relkind IN ('i', 'I') THEN pg_catalog.pg_get_indexdef(c.oid) END,"
    " pg_catalog.pg_get_expr(c.relpartbound, c.oid),"
    " CASE WHEN c.relkind = 'p' THEN pg_catalog.pg_get_partkeydef(c.oid) END,"
    " pg_catalog.array_to_string(c.reloptions, ' '))"
    " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE " NOT_OURS("n.nspname") OWN("pg_class", "c.oid") //
    " UNION ALL SELECT pg_catalog.format('%s.%s', n.nspname, c.relname), a.attname"
    " FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind NOT IN ('i', 'I') AND " NOT_OURS(
        "n.nspname") OWN("pg_class", "c.oid") //
    /* with their defaults, settings and bodies */
    " UNION ALL SELECT pg_catalog.format('%s.%s', n.nspname, p.proname),"
    " CASE WHEN p.prokind = 'a' THEN pg_catalog.concat_ws(' ', p.proname, g.agginitval,"
    "  g.aggminitval) ELSE pg_catalog.pg_get_functiondef(p.oid) END"
    " FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace"
    " LEFT JOIN pg_catalog.pg_aggregate g ON g.aggfnoid = p.oid"
    " WHERE " NOT_OURS("n.nspname") OWN("pg_proc", "p.oid") //
    " UNION ALL SELECT pg_catalog.format('%s.%s', n.nspname, t.typname), e.enumlabel"
    " FROM pg_catalog.pg_enum e JOIN pg_catalog.pg_type t ON t.oid = e.enumtypid"
    " JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace WHERE " NOT_OURS("n.nspname") //
    " UNION ALL SELECT pg_catalog.format('%s.%s', n.nspname, t.typname),"
    " pg_catalog.concat_ws(' ', t.typname, t.typdefault)"
    " FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace"
    " WHERE t.typtype <> 'c' AND t.typelem = 0 AND " NOT_OURS("n.nspname")
        OWN("pg_type", "t.oid") " UNION ALL SELECT pg_catalog.format('%s.%s', n.nspname, t.tgname),"
                                " pg_catalog.pg_get_triggerdef(t.oid) FROM pg_catalog.pg_trigger t"
                                " JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid"
                                " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
                                " WHERE NOT t.tgisinternal AND " NOT_OURS("n.nspname") //
    " UNION ALL SELECT pg_catalog.format('%s.%s', n.nspname, w.rulename),"
    " pg_catalog.pg_get_ruledef(w.oid) FROM pg_catalog.pg_rewrite w"
    " JOIN pg_catalog.pg_class c ON c.oid = w.ev_class"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE w.rulename <> '_RETURN' AND " NOT_OURS("n.nspname") //
    " UNION ALL SELECT pg_catalog.format('%s.%s', n.nspname, s.stxname), %s"
    " FROM pg_catalog.pg_statistic_ext s"
    " JOIN pg_catalog.pg_namespace n ON n.oid = s.stxnamespace WHERE " NOT_OURS("n.nspname") //
    " UNION ALL SELECT pg_catalog.format('%s.%s', schemaname, policyname),"
    " pg_catalog.concat_ws(' ', policyname, qual, with_check,"
    " pg_catalog.array_to_string(roles, ' ')) FROM pg_catalog.pg_policies"
    " UNION ALL SELECT nspname, nspname FROM pg_catalog.pg_namespace WHERE " NOT_OURS("nspname") //
    " UNION ALL SELECT pg_catalog.format('%s.%s', n.nspname, x.collname), x.collname"
    " FROM pg_catalog.pg_collation x JOIN pg_catalog.pg_namespace n ON n.oid = x.collnamespace"
    " WHERE " NOT_OURS("n.nspname") //
    " UNION ALL SELECT pg_catalog.format('%s.%s', n.nspname, x.dictname),"
    " pg_catalog.concat_ws(' ', x.dictname, x.dictinitoption) FROM pg_catalog.pg_ts_dict x"
    " JOIN pg_catalog.pg_namespace n ON n.oid = x.dictnamespace WHERE " NOT_OURS("n.nspname") //
    " UNION ALL SELECT pg_catalog.format('%s.%s', n.nspname, x.cfgname), x.cfgname"
    " FROM pg_catalog.pg_ts_config x JOIN pg_catalog.pg_namespace n ON n.oid = x.cfgnamespace"
    " WHERE " NOT_OURS("n.nspname") //
    " UNION ALL SELECT pg_catalog.format('%s.%s', n.nspname, x.opfname), x.opfname"
    " FROM pg_catalog.pg_opfamily x JOIN pg_catalog.pg_namespace n ON n.oid = x.opfnamespace"
    " WHERE " NOT_OURS("n.nspname") //
    " UNION ALL SELECT pg_catalog.format('%s.%s', n.nspname, x.opcname), x.opcname"
    " FROM pg_catalog.pg_opclass x JOIN pg_catalog.pg_namespace n ON n.oid = x.opcnamespace"
    " WHERE " NOT_OURS("n.nspname") //
    " UNION ALL SELECT pg_catalog.format('%s.%s', n.nspname, x.conname), x.conname"
    " FROM pg_catalog.pg_conversion x JOIN pg_catalog.pg_namespace n ON n.oid = x.connamespace"
    " WHERE " NOT_OURS("n.nspname") //
    " UNION ALL SELECT amname, amname FROM pg_catalog.pg_am WHERE oid >= 16384"
    " UNION ALL SELECT pg_catalog.format('%s.%s', n.nspname, c.relname),"
    " pg_catalog.concat_ws(' ', q.seqstart, q.seqmin, q.seqmax) FROM pg_catalog.pg_sequence q"
    " JOIN pg_catalog.pg_class c ON c.oid = q.seqrelid"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE " NOT_OURS("n.nspname") //
    " UNION ALL SELECT 'settings of the database', pg_catalog.array_to_string(s.setconfig, ' ')"
    " FROM pg_catalog.pg_db_role_setting s JOIN pg_catalog.pg_database b ON b.oid = s.setdatabase"
    " WHERE b.datname = pg_catalog.current_database()"
    " UNION ALL SELECT 'comment on ' || pg_catalog.pg_describe_object(classoid, objoid, objsubid),"
    " description FROM pg_catalog.pg_description WHERE objoid >= 16384"
    " AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d WHERE d.classid = classoid"
    " AND d.objid = objoid AND d.deptype = 'e')"
    " AND classoid <> 'pg_catalog.pg_extension'::pg_catalog.regclass";

/* Statistics over expressions came with version 14. */
static const char statistics_sql[] = "pg_catalog.pg_get_statisticsobjdef(s.oid)";

static bool
read_database_schema(const struct scan_source *source,
                     void (*take)(void *ctx, const char *object, const char *text), void *ctx,
                     struct decant_error *err)
{
    struct buf sql = { 0 };
    const char *place = strstr(schema_sql, "s.stxname), %s");
    size_t head = (size_t)(place - schema_sql) + strlen("s.stxname), ");
    buf_add(&sql, schema_sql, head); /* the statement has other %s, which are the server's */
    buf_puts(&sql, pg_conn_version(source->conn) >= 140000 ? statistics_sql : "s.stxname");
    buf_puts(&sql, schema_sql + head + 2);
    struct pg_result *r = pg_query(source->conn, err, buf_str(&sql), 0, NULL);
    buf_deinit(&sql);
    for (int i = 0; r != NULL && i < pg_nrows(r); i++)
        take(ctx, pg_text(r, i, 0), pg_text(r, i, 1));
    pg_result_free(r);
    return r != NULL;
}

bool
scan_schema(const struct scan_source *source,
            void (*take)(void *ctx, const char *object, const char *text), void *ctx,
            struct decant_error *err)
{
    assert(take != NULL);
    return (source->path != NULL ? read_file_schema : read_database_schema)(source, take, ctx, err);
}
