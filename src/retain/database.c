/* SPDX-License-Identifier: PostgreSQL */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "pg/quote.h"
#include "retain/retain.h"

struct carrying {
    struct pg_conn *before, *after;
    struct buf table;            /* quoted, with its schema */
    struct buf columns, as_text; /* of both: a, b and a::text, b::text */
    int ncolumns;
};

static const char columns_sql[] =
    "SELECT attname FROM pg_catalog.pg_attribute WHERE attrelid = "
    "$1::pg_catalog.text::pg_catalog.regclass"
    " AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum";

/* Had the copy before this table? */
static bool
table_exists(struct carrying *c, bool *out, struct decant_error *err)
{
    static const char sql[] = "SELECT pg_catalog.to_regclass($1::pg_catalog.text) IS NOT NULL";
    const char *params[] = { buf_str(&c->table) };
    struct pg_result *r = pg_query(c->before, err, sql, 1, params);
    *out = r != NULL && pg_bool(r, 0, 0);
    pg_result_free(r);
    return r != NULL;
}

static bool
has_column(const struct pg_result *r, const char *name)
{
    for (int i = 0; i < pg_nrows(r); i++)
        if (strcmp(pg_text(r, i, 0), name) == 0)
            return true;
    return false;
}

static bool
find_columns(struct carrying *c, struct decant_error *err)
{
    const char *params[] = { buf_str(&c->table) };
    struct pg_result *was = pg_query(c->before, err, columns_sql, 1, params);
    struct pg_result *now = was != NULL ? pg_query(c->after, err, columns_sql, 1, params) : NULL;
    for (int i = 0; now != NULL && i < pg_nrows(now); i++) {
        const char *name = pg_text(now, i, 0);
        if (!has_column(was, name))
            continue;
        buf_puts(&c->columns, c->ncolumns > 0 ? ", " : "");
        buf_puts(&c->as_text, c->ncolumns++ > 0 ? ", " : "");
        quote_ident(&c->columns, name);
        quote_ident(&c->as_text, name);
        buf_puts(&c->as_text, "::pg_catalog.text");
    }
    bool ok = now != NULL;
    pg_result_free(was);
    pg_result_free(now);
    return ok;
}

/* Triggers as they are, as statements that make them so again. */
static bool
quiet_triggers(struct carrying *c, struct buf *back, struct decant_error *err)
{
    static const char sql[] =
        "SELECT pg_catalog.format('ALTER TABLE %s %s TRIGGER %I;', $1::pg_catalog.text, CASE "
        "tgenabled WHEN 'O' THEN"
        " 'ENABLE' WHEN 'R' THEN 'ENABLE REPLICA' WHEN 'A' THEN 'ENABLE ALWAYS' ELSE 'DISABLE' END,"
        " tgname) FROM pg_catalog.pg_trigger"
        " WHERE tgrelid = $1::pg_catalog.text::pg_catalog.regclass AND NOT tgisinternal";
    const char *params[] = { buf_str(&c->table) };
    struct pg_result *r = pg_query(c->after, err, sql, 1, params);
    if (r == NULL)
        return false;
    int n = pg_nrows(r);
    for (int i = 0; i < n; i++)
        buf_puts(back, pg_text(r, i, 0));
    pg_result_free(r);
    return n == 0 ||
           pg_execf(c->after, err, "ALTER TABLE %s DISABLE TRIGGER USER", buf_str(&c->table));
}

/* Sequences of the table's columns, which began behind the rows that were copied. */
static bool
advance_sequences(struct carrying *c, struct decant_error *err)
{
    static const char sql[] =
        "SELECT pg_catalog.format('SELECT pg_catalog.setval(%L, %s((SELECT %s(%I) FROM %s),"
        " (SELECT last_value FROM %s)))', s, CASE WHEN q.seqincrement < 0 THEN 'least' ELSE"
        " 'greatest' END, CASE WHEN q.seqincrement < 0 THEN 'min' ELSE 'max' END, attname,"
        " $1::pg_catalog.text, s)"
        " FROM pg_catalog.pg_attribute,"
        " pg_catalog.pg_get_serial_sequence($1::pg_catalog.text, attname) s,"
        " pg_catalog.pg_sequence q"
        " WHERE attrelid = $1::pg_catalog.text::pg_catalog.regclass AND attnum > 0 AND NOT"
        " attisdropped AND s IS NOT NULL AND q.seqrelid = s::pg_catalog.regclass";
    const char *params[] = { buf_str(&c->table) };
    struct pg_result *r = pg_query(c->after, err, sql, 1, params);
    bool ok = r != NULL;
    for (int i = 0; ok && i < pg_nrows(r); i++)
        ok = pg_exec(c->after, err, pg_text(r, i, 0));
    pg_result_free(r);
    return ok;
}

/* A statement that puts one row in: its values are parameters. */
static void
put_insert(const struct carrying *c, struct buf *sql)
{
    buf_printf(sql, "INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE VALUES (", buf_str(&c->table),
               buf_str(&c->columns));
    for (int i = 0; i < c->ncolumns; i++)
        buf_printf(sql, "%s$%d", i > 0 ? ", " : "", i + 1);
    buf_putc(sql, ')');
}

/* Is it of the row: a value that does not fit (class 22), or a constraint (class 23)? */
static bool
is_of_row(const struct decant_error *err)
{
    return strncmp(err->sqlstate, "22", 2) == 0 || strncmp(err->sqlstate, "23", 2) == 0;
}

static bool
insert_row(struct carrying *c, const char *sql, const struct pg_result *rows, int row, bool *done,
           struct decant_error *err)
{
    struct decant_error refused = { 0 };
    const char **values = mem_alloc((size_t)c->ncolumns * sizeof *values);
    for (int i = 0; i < c->ncolumns; i++)
        values[i] = pg_text(rows, row, i);
    struct pg_result *r = pg_query(c->after, &refused, sql, c->ncolumns, values);
    *done = r != NULL;
    bool ok = *done || is_of_row(&refused);
    if (!ok)
        *err = refused;
    pg_result_free(r);
    free(values);
    return ok;
}

static struct pg_result *
read_rows(struct carrying *c, const char *where, struct decant_error *err)
{
    struct buf sql = { 0 };
    buf_printf(&sql, "SELECT %s FROM %s WHERE %s", buf_str(&c->as_text), buf_str(&c->table), where);
    struct pg_result *rows = pg_query(c->before, err, buf_str(&sql), 0, NULL);
    if (rows == NULL && err->code == DECANT_BUG) /* the user's condition */
        err->code = DECANT_USAGE;
    buf_deinit(&sql);
    return rows;
}

/* Rounds over those that are not in yet, for rows that refer to others of them. */
static bool
insert_rows(struct carrying *c, const struct pg_result *rows, struct retained *out,
            struct decant_error *err)
{
    struct buf sql = { 0 };
    int n = pg_nrows(rows), round = 1;
    bool ok = true, *done = mem_alloc((size_t)n + 1);
    put_insert(c, &sql);
    while (ok && round > 0) {
        round = 0;
        for (int i = 0; ok && i < n; i++) {
            if (done[i])
                continue;
            ok = insert_row(c, buf_str(&sql), rows, i, &done[i], err);
            round += done[i];
        }
        out->carried += round;
    }
    out->refused = n - out->carried;
    free(done);
    buf_deinit(&sql);
    return ok;
}

bool
retain_database(struct pg_conn *before, struct pg_conn *after, const char *schema,
                const char *table, const char *where, struct retained *out,
                struct decant_error *err)
{
    assert(before != NULL && after != NULL && table != NULL && where != NULL && out != NULL);
    struct carrying c = { .before = before, .after = after };
    struct buf back = { 0 };
    *out = (struct retained){ 0 };
    bool is_there = false;
    quote_qualified(&c.table, schema, table);
    bool ok = table_exists(&c, &is_there, err) && (!is_there || find_columns(&c, err));
    if (ok && c.ncolumns > 0) {
        struct pg_result *rows = read_rows(&c, where, err);
        ok = rows != NULL && quiet_triggers(&c, &back, err) && insert_rows(&c, rows, out, err) &&
             (back.len == 0 || pg_exec(after, err, buf_str(&back))) &&
             (out->carried == 0 || advance_sequences(&c, err));
        pg_result_free(rows);
    }
    buf_deinit(&c.table);
    buf_deinit(&c.columns);
    buf_deinit(&c.as_text);
    buf_deinit(&back);
    return ok;
}
