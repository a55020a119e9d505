/* SPDX-License-Identifier: PostgreSQL */
/* Two databases: each yields its rows by their keys, and the two streams are merged. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "diff/diff.h"
#include "pg/quote.h"

/* A table of either side, as the two catalogs tell it. */
struct known {
    const char *schema, *name, *label; /* label: schema.name */
    int ncolumns;
    const char **columns, **types;
    bool *is_key;
    bool has_key;
};

struct side {
    struct pg_conn *conn;
    int n;
    struct known *tables; /* on the heap, by label */
};

static const char columns_sql[] =
    "SELECT n.nspname, c.relname, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod),"
    " coalesce(a.attnum = ANY ((i.indkey::pg_catalog.int2[])[0:i.indnkeyatts - 1]), false)"
    " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
    " LEFT JOIN pg_catalog.pg_index i ON i.indrelid = c.oid AND i.indisprimary"
    " WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname !~ '^pg_'"
    " AND n.nspname <> 'information_schema' AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d"
    "  WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid"
    "  AND d.deptype = 'e')"
    " ORDER BY (n.nspname || '.' || c.relname) COLLATE \"C\", a.attname COLLATE \"C\"";

static bool
load(struct side *side, struct arena *arena, struct decant_error *err)
{
    struct pg_result *r = pg_query(side->conn, err, columns_sql, 0, NULL);
    for (int i = 0; r != NULL && i < pg_nrows(r); i++) {
        const char *label = arena_printf(arena, "%s.%s", pg_text(r, i, 0), pg_text(r, i, 1));
        if (side->n == 0 || strcmp(side->tables[side->n - 1].label, label) != 0) {
            side->tables = mem_grow(side->tables, (size_t)side->n, sizeof *side->tables);
            side->tables[side->n++] =
                (struct known){ .schema = arena_strdup(arena, pg_text(r, i, 0)),
                                .name = arena_strdup(arena, pg_text(r, i, 1)),
                                .label = label };
        }
        struct known *table = &side->tables[side->n - 1];
        size_t n = (size_t)table->ncolumns++;
        table->columns = mem_grow(table->columns, n, sizeof *table->columns);
        table->types = mem_grow(table->types, n, sizeof *table->types);
        table->is_key = mem_grow(table->is_key, n, sizeof *table->is_key);
        table->columns[n] = arena_strdup(arena, pg_text(r, i, 2));
        table->types[n] = arena_strdup(arena, pg_text(r, i, 3));
        table->is_key[n] = pg_bool(r, i, 4);
        table->has_key |= table->is_key[n];
    }
    pg_result_free(r);
    return r != NULL;
}

static void
side_deinit(struct side *side)
{
    for (int i = 0; i < side->n; i++) {
        free(side->tables[i].columns);
        free(side->tables[i].types);
        free(side->tables[i].is_key);
    }
    free(side->tables);
}

static int
column_of(const struct known *table, const char *name)
{
    for (int i = 0; i < table->ncolumns; i++)
        if (strcmp(table->columns[i], name) == 0)
            return i;
    return -1;
}

/* Tells what differs; have both the same key? */
static bool
compare_columns(const struct known *was, const struct known *now, struct diff *out)
{
    bool same_key = was->has_key && now->has_key;
    for (int i = 0; i < now->ncolumns; i++) {
        int j = column_of(was, now->columns[i]);
        const char *before = j >= 0 ? was->types[j] : "";
        if (strcmp(before, now->types[i]) != 0)
            diff_add_change(out, "column",
                            arena_printf(&out->arena, "%s.%s", now->label, now->columns[i]), before,
                            now->types[i]);
        same_key &= now->is_key[i] == (j >= 0 && was->is_key[j]);
    }
    for (int j = 0; j < was->ncolumns; j++) {
        bool is_gone = column_of(now, was->columns[j]) < 0;
        if (is_gone)
            diff_add_change(out, "column",
                            arena_printf(&out->arena, "%s.%s", was->label, was->columns[j]),
                            was->types[j], "");
        same_key &= !is_gone || !was->is_key[j];
    }
    return same_key;
}

/* Columns that both have, of the key or the others: ROW(a, b) as a text. */
static void
put_row(struct buf *sql, const struct known *table, const struct known *other, bool keys)
{
    int n = 0;
    buf_puts(sql, "ROW(");
    for (int i = 0; i < table->ncolumns; i++) {
        if (table->is_key[i] != keys || column_of(other, table->columns[i]) < 0)
            continue;
        buf_puts(sql, n++ > 0 ? ", " : "");
        quote_ident(sql, table->columns[i]);
    }
    buf_puts(sql, ")::pg_catalog.text");
}

/* The rows of one side, by key. */
struct stream {
    struct pg_conn *conn;
    struct pg_result *r;
    int at;
    bool is_over;
};

static bool
stream_begin(struct stream *stream, struct pg_conn *conn, const struct known *table,
             const struct known *other, struct decant_error *err)
{
    struct buf sql = { 0 };
    *stream = (struct stream){ .conn = conn };
    buf_puts(&sql, "DECLARE decant_rows NO SCROLL CURSOR FOR SELECT ");
    put_row(&sql, table, other, true);
    buf_puts(&sql, " COLLATE \"C\", pg_catalog.hashtextextended(");
    put_row(&sql, table, other, false);
    buf_puts(&sql, ", 0) FROM ");
    quote_qualified(&sql, table->schema, table->name);
    buf_puts(&sql, " ORDER BY 1");
    bool ok = pg_exec(conn, err, buf_str(&sql));
    buf_deinit(&sql);
    return ok;
}

static bool
stream_next(struct stream *stream, struct decant_error *err)
{
    if (stream->r != NULL && ++stream->at < pg_nrows(stream->r))
        return true;
    pg_result_free(stream->r);
    stream->at = 0;
    stream->r = pg_query(stream->conn, err, "FETCH 5000 FROM decant_rows", 0, NULL);
    stream->is_over = stream->r != NULL && pg_nrows(stream->r) == 0;
    return stream->r != NULL;
}

static bool
stream_end(struct stream *stream, struct decant_error *err)
{
    pg_result_free(stream->r);
    return pg_exec(stream->conn, err, "CLOSE decant_rows");
}

static bool
merge(struct stream *was, struct stream *now, struct diff_table *table, struct decant_error *err)
{
    table->came = table->went = table->changed = 0;
    bool ok = stream_next(was, err) && stream_next(now, err);
    while (ok && !(was->is_over && now->is_over)) {
        int order = was->is_over ? 1
                    : now->is_over
                        ? -1
                        : strcmp(pg_text(was->r, was->at, 0), pg_text(now->r, now->at, 0));
        table->went += order < 0;
        table->came += order > 0;
        if (order == 0)
            table->changed += strcmp(pg_text(was->r, was->at, 1), pg_text(now->r, now->at, 1)) != 0;
        ok = (order > 0 || stream_next(was, err)) && (order < 0 || stream_next(now, err));
    }
    return ok;
}

static int64_t
count(struct pg_conn *conn, const struct known *table, struct decant_error *err)
{
    struct buf sql = { 0 };
    buf_puts(&sql, "SELECT pg_catalog.count(*) FROM ");
    quote_qualified(&sql, table->schema, table->name);
    struct pg_result *r = pg_query(conn, err, buf_str(&sql), 0, NULL);
    int64_t rows = r != NULL ? pg_int(r, 0, 0) : -1;
    pg_result_free(r);
    buf_deinit(&sql);
    return rows;
}

/* Either may be NULL: it is not there. */
static bool
compare_tables(const struct side *sides[2], const struct known *was, const struct known *now,
               struct diff *out, struct decant_error *err)
{
    struct diff_table table = { was != NULL ? was->label : now->label, -1, -1, -1, -1, -1 };
    bool same_key = was != NULL && now != NULL && compare_columns(was, now, out), ok = true;
    if (was != NULL)
        ok = (table.before = count(sides[0]->conn, was, err)) >= 0;
    if (ok && now != NULL)
        ok = (table.after = count(sides[1]->conn, now, err)) >= 0;
    if (ok && same_key) {
        struct stream before = { 0 }, after = { 0 };
        ok = stream_begin(&before, sides[0]->conn, was, now, err) &&
             stream_begin(&after, sides[1]->conn, now, was, err) &&
             merge(&before, &after, &table, err) && stream_end(&before, err) &&
             stream_end(&after, err);
    }
    if (ok)
        diff_add_table(out, &table);
    return ok || error_context(err, "table '%s'", table.name);
}

static bool
begin(struct side *side, struct arena *arena, struct decant_error *err)
{
    return pg_exec(side->conn, err,
                   "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET LOCAL search_path = '';"
                   "SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO'; SET LOCAL"
                   " extra_float_digits = 3") &&
           load(side, arena, err);
}

bool
diff_databases(struct pg_conn *before, struct pg_conn *after, struct diff *out,
               struct decant_error *err)
{
    assert(before != NULL && after != NULL && out != NULL);
    struct side was = { .conn = before }, now = { .conn = after };
    const struct side *sides[2] = { &was, &now };
    bool ok = begin(&was, &out->arena, err) && begin(&now, &out->arena, err);
    for (int i = 0, j = 0; ok && (i < was.n || j < now.n);) {
        int order = i == was.n   ? 1
                    : j == now.n ? -1
                                 : strcmp(was.tables[i].label, now.tables[j].label);
        ok = compare_tables(sides, order <= 0 ? &was.tables[i] : NULL,
                            order >= 0 ? &now.tables[j] : NULL, out, err);
        i += order <= 0;
        j += order >= 0;
    }
    side_deinit(&was);
    side_deinit(&now);
    return ok;
}
