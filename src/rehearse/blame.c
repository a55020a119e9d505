/* SPDX-License-Identifier: PostgreSQL */
#include "rehearse/blame.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

#include "pg/quote.h"
#include "pg/statement.h"

/* ---- words of the statement */

static const char *const unique[] = { "UNIQUE", "CONCURRENTLY", NULL };

/* The statement without the first NOT NULL; NULL: it has none. */
static const char *
without_not_null(const char *sql, struct arena *arena)
{
    const char *end = sql + strlen(sql), *not = sql;
    while ((not = sql_behind_word(not, end, "NOT")) != NULL) {
        const char *word = not +strspn(not, " \t\r\n");
        if (strncasecmp(word, "NULL", 4) == 0)
            return arena_printf(arena, "%.*s%s", (int)(not -3 - sql), sql, word + 4);
    }
    return NULL;
}

/* The table without its schema, as it is called in expressions. */
static const char *
last_part(const char *table_sql)
{
    const char *dot = strrchr(table_sql, '.'); /* the name may have one, in quotes */
    const char *quoted = strstr(table_sql, ".\"");
    return quoted != NULL ? quoted + 1 : dot != NULL ? dot + 1 : table_sql;
}

/* ---- asking */

/* One statement under a savepoint; what fails is undone. */
static bool
attempt(struct pg_conn *conn, const char *sql)
{
    struct decant_error ignored = { 0 };
    if (!pg_exec(conn, &ignored, "SAVEPOINT decant_blame"))
        return false;
    if (pg_exec(conn, &ignored, sql))
        return true;
    pg_exec(conn, &ignored, "ROLLBACK TO SAVEPOINT decant_blame");
    return false;
}

/* The only row of a query, or NULL. */
static struct pg_result *
ask(struct pg_conn *conn, const char *sql, int n, const char *const *params)
{
    struct decant_error ignored = { 0 };
    struct pg_result *rows = pg_query(conn, &ignored, sql, n, params);
    if (rows != NULL && pg_nrows(rows) > 0)
        return rows;
    pg_result_free(rows);
    return NULL;
}

static bool
set_table(struct pg_conn *conn, const char *schema, const char *table, struct blame *out)
{
    const char *params[] = { schema, table };
    struct pg_result *r =
        ask(conn,
            "SELECT pg_catalog.concat(n.nspname, '.', c.relname),"
            " pg_catalog.format('%I.%I', n.nspname, c.relname), c.relkind = 'p'"
            " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = $1 AND c.relname = $2",
            2, params);
    if (r == NULL)
        return false;
    out->table = arena_strdup(&out->arena, pg_text(r, 0, 0));
    out->table_sql = arena_strdup(&out->arena, pg_text(r, 0, 1));
    out->is_partitioned = pg_bool(r, 0, 2);
    pg_result_free(r);
    return true;
}

/* From FROM on; `rows` is what the rows are called there. */
static void PRINTF(3, 4) set_rows(struct blame *out, const char *rows, const char *fmt, ...)
{
    struct buf text = { 0 };
    va_list args;
    va_start(args, fmt);
    buf_vprintf(&text, fmt, args);
    va_end(args);
    out->rows_sql =
        arena_printf(&out->arena, "SELECT %s.tableoid, %s.ctid %s", rows, rows, buf_str(&text));
    out->source_sql = arena_printf(&out->arena, "SELECT 1 %s", buf_str(&text));
    buf_deinit(&text);
}

/* ---- each class of failure */

static const char *
blame_null(struct pg_conn *conn, const struct step *step, struct blame *out)
{
    const char *params[] = { step->schema, step->table, step->column };
    if (!set_table(conn, step->schema, step->table, out))
        return "its table is not there before the statement";
    struct pg_result *r =
        ask(conn,
            "SELECT pg_catalog.quote_ident(a.attname) FROM pg_catalog.pg_attribute a"
            " JOIN pg_catalog.pg_class c ON c.oid = a.attrelid"
            " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = $1 AND c.relname = $2 AND a.attname = $3 AND NOT a.attisdropped",
            3, params);
    if (r == NULL) { /* it is to be added */
        set_rows(out, "t", "FROM %s t", out->table_sql);
        out->what = "rows get no value of the new column";
        out->past_sql = without_not_null(step->sql, &out->arena);
        out->past = "without NOT NULL";
    } else {
        set_rows(out, "t", "FROM %s t WHERE %s IS NULL", out->table_sql, pg_text(r, 0, 0));
        out->what = arena_printf(&out->arena, "rows without a value of %s", step->column);
    }
    pg_result_free(r);
    return NULL;
}

static const char constraint_sql[] =
    "SELECT k.contype, pg_catalog.pg_get_expr(k.conbin, k.conrelid),"
    " pg_catalog.concat(pn.nspname, '.', p.relname),"
    " CASE WHEN p.oid IS NOT NULL THEN pg_catalog.format('%I.%I', pn.nspname, p.relname) END,"
    " k.confmatchtype = 'f',"
    " (SELECT pg_catalog.string_agg(pg_catalog.format('c.%I', a.attname), ', ' ORDER BY u.i)"
    "  FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY u(n, i) JOIN pg_catalog.pg_attribute a"
    "  ON a.attrelid = k.conrelid AND a.attnum = u.n),"
    " (SELECT pg_catalog.string_agg(pg_catalog.format('p.%I', a.attname), ', ' ORDER BY u.i)"
    "  FROM pg_catalog.unnest(k.confkey) WITH ORDINALITY u(n, i) JOIN pg_catalog.pg_attribute a"
    "  ON a.attrelid = k.confrelid AND a.attnum = u.n)"
    " FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " LEFT JOIN pg_catalog.pg_class p ON p.oid = k.confrelid"
    " LEFT JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace"
    " WHERE n.nspname = $1 AND c.relname = $2 AND k.conname = $3";

static void
set_orphans(const struct pg_result *r, struct blame *out)
{
    const char *child = pg_text(r, 0, 5);
    bool is_full = pg_bool(r, 0, 4);
    /* MATCH FULL lets a row be without a parent only where all its columns are NULL */
    set_rows(out, "c",
             "FROM %s c WHERE %s ROW(%s) %s AND NOT EXISTS (SELECT FROM %s p WHERE (%s) ="
             " (%s))",
             out->table_sql, is_full ? "NOT" : "", child, is_full ? "IS NULL" : "IS NOT NULL",
             pg_text(r, 0, 3), pg_text(r, 0, 6), child);
    out->what = arena_printf(&out->arena, "rows without a parent in %s", pg_text(r, 0, 2));
}

/* A foreign key or a check, which the server knows, or takes without a look at the rows. */
static const char *
blame_constraint(struct pg_conn *conn, const struct step *step, struct blame *out)
{
    const char *params[] = { step->schema, step->table, step->constraint };
    char first[8];
    const struct statement statement = { step->sql, strlen(step->sql), 1, false };
    if (strcmp(statement_word(&statement, 0, first, sizeof first), "ALTER") != 0)
        return "the statement writes rows itself, and the first that fails ended it";
    if (!set_table(conn, step->schema, step->table, out))
        return "its table is not there before the statement";
    const char *not_valid = arena_printf(&out->arena, "%s NOT VALID", step->sql);
    bool validates = statement_has(&statement, "VALIDATE");
    bool is_there = validates || attempt(conn, not_valid);
    out->past_sql = validates || !is_there ? NULL : not_valid;
    out->past = "NOT VALID";
    struct pg_result *r = is_there ? ask(conn, constraint_sql, 3, params) : NULL;
    if (r == NULL)
        return "its definition is not to be had apart from the statement";
    if (pg_text(r, 0, 0)[0] == 'f') {
        set_orphans(r, out);
    } else {
        set_rows(out, last_part(out->table_sql), "FROM %s WHERE NOT (%s)", out->table_sql,
                 pg_text(r, 0, 1));
        out->what = arena_printf(&out->arena, "rows break the check %s", step->constraint);
    }
    pg_result_free(r);
    return NULL;
}

/* ---- unique keys */

static void
set_twins(struct blame *out, const char *keys, const char *where, bool nulls_are_equal)
{
    const char *named =
        arena_printf(&out->arena, "SELECT tableoid, ctid, ROW(%s) AS k FROM %s%s%s", keys,
                     out->table_sql, where != NULL ? " WHERE " : "", where != NULL ? where : "");
    set_rows(out, "b",
             "FROM (SELECT a.tableoid, a.ctid, pg_catalog.count(*) OVER (PARTITION BY k) AS n"
             " FROM (%s) a%s) b WHERE n > 1",
             named, nulls_are_equal ? "" : " WHERE k IS NOT NULL");
    out->what = "rows share their key with others";
}

static const char index_sql[] =
    "SELECT (SELECT pg_catalog.string_agg(pg_catalog.pg_get_indexdef(i.indexrelid, k::int, false),"
    "  ', ' ORDER BY k) FROM pg_catalog.generate_series(1, i.indnkeyatts) k),"
    " pg_catalog.pg_get_expr(i.indpred, i.indrelid) FROM pg_catalog.pg_index i"
    " WHERE i.indrelid = pg_catalog.to_regclass($1) ORDER BY i.indexrelid DESC LIMIT 1";

static const char *
blame_index(struct pg_conn *conn, const struct step *step, bool nulls_are_equal, struct blame *out)
{
    const char *params[] = { out->table_sql };
    out->past_sql = sql_without_words(step->sql, unique, &out->arena);
    out->past = "not unique";
    /* CONCURRENTLY leaves its index behind, invalid */
    struct buf old = { 0 };
    buf_puts(&old, "DROP INDEX IF EXISTS ");
    quote_qualified(&old, step->schema, step->constraint);
    attempt(conn, buf_str(&old));
    buf_deinit(&old);
    if (!attempt(conn, out->past_sql))
        return "the index cannot be made without being unique";
    struct pg_result *r = ask(conn, index_sql, 1, params);
    if (r == NULL)
        return "its definition is not to be had";
    set_twins(out, pg_text(r, 0, 0), pg_text(r, 0, 1), nulls_are_equal);
    pg_result_free(r);
    return NULL;
}

static const char *
blame_unique(struct pg_conn *conn, const struct step *step, struct blame *out)
{
    const char *end = step->sql + strlen(step->sql), *behind;
    char first[8];
    const struct statement statement = { step->sql, strlen(step->sql), 1, false };
    statement_word(&statement, 0, first, sizeof first);
    if (!set_table(conn, step->schema, step->table, out))
        return "its table is not there before the statement";
    const char *nulls = sql_behind_word(step->sql, end, "NULLS");
    const char *not_distinct = nulls != NULL ? sql_behind_word(nulls, end, "NOT") : NULL;
    if (strcmp(first, "CREATE") == 0)
        return blame_index(conn, step, not_distinct != NULL, out);
    const char *list = sql_behind_word(step->sql, end, "UNIQUE");
    if (list == NULL)
        list = sql_behind_word(step->sql, end, "KEY");
    const char *keys =
        strcmp(first, "ALTER") == 0 && list != NULL
            ? sql_in_parentheses(not_distinct != NULL && not_distinct > list ? not_distinct : list,
                                 end, &out->arena, &behind)
            : NULL;
    if (keys == NULL)
        return "the statement writes rows itself, and the first that fails ended it";
    set_twins(out, keys, NULL, not_distinct != NULL);
    return NULL;
}

/* ---- exclusion: ( element WITH operator, ... ) [WHERE ( predicate )] */

static const char *
blame_exclusion(struct pg_conn *conn, const struct step *step, struct blame *out)
{
    static const char *const with[] = { "WITH", NULL }, *const none[] = { NULL };
    const char *end = step->sql + strlen(step->sql), *behind, *where = NULL;
    const char *p = sql_behind_word(step->sql, end, "EXCLUDE");
    const char *list = p != NULL ? sql_in_parentheses(p, end, &out->arena, &behind) : NULL;
    if (list == NULL || !set_table(conn, step->schema, step->table, out))
        return "its definition is not to be had apart from the statement";
    p = sql_behind_word(behind, end, "WHERE");
    if (p != NULL)
        where = sql_in_parentheses(p, end, &out->arena, &behind);
    struct buf names = { 0 }, pairs = { 0 };
    const char *last = list + strlen(list);
    int n = 0;
    for (p = list; p < last; n++) {
        const char *element = sql_until(p, last, with, &out->arena, &p);
        p = p < last ? p + strlen("WITH") : p;
        const char *operator= sql_until(p, last, none, &out->arena, &p);
        p = p < last ? p + 1 : p;
        buf_printf(&names, ", (%s) AS k%d", element, n);
        buf_printf(&pairs, " AND a.k%d %s b.k%d", n, operator, n);
    }
    const char *rows =
        arena_printf(&out->arena, "(SELECT tableoid, ctid%s FROM %s%s%s)", buf_str(&names),
                     out->table_sql, where != NULL ? " WHERE " : "", where != NULL ? where : "");
    set_rows(out, "a",
             "FROM %s a WHERE EXISTS (SELECT FROM %s b"
             " WHERE (a.tableoid, a.ctid) <> (b.tableoid, b.ctid)%s)",
             rows, rows, buf_str(&pairs));
    out->what = "rows exclude each other";
    buf_deinit(&names);
    buf_deinit(&pairs);
    return NULL;
}

/* ---- conversions: ALTER [COLUMN] name [SET DATA] TYPE type [COLLATE c] [USING expression] */

/* The table of an ALTER TABLE, as the session finds it. */
static bool
set_altered_table(struct pg_conn *conn, const struct step *step, struct blame *out)
{
    static const char *const stops[] = { "ALTER", "ADD", NULL };
    const char *end = step->sql + strlen(step->sql), *behind;
    const char *p = sql_behind_word(step->sql, end, "TABLE");
    if (p == NULL)
        return false;
    const char *only = sql_behind_word(p, end, "ONLY"), *exists = sql_behind_word(p, end, "EXISTS");
    p = exists != NULL ? exists : p;
    p = only != NULL ? only : p;
    const char *name = sql_until(p, end, stops, &out->arena, &behind);
    const char *params[] = { arena_strdup(&out->arena, name) };
    struct pg_result *r = ask(conn,
                              "SELECT n.nspname, c.relname FROM pg_catalog.pg_class c"
                              " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
                              " WHERE c.oid = pg_catalog.to_regclass(pg_catalog.btrim($1))",
                              1, params);
    bool ok = r != NULL && set_table(conn, pg_text(r, 0, 0), pg_text(r, 0, 1), out);
    pg_result_free(r);
    return ok;
}

static const char fits_sql[] =
    "CREATE FUNCTION pg_temp.decant_fits(r %s) RETURNS boolean LANGUAGE plpgsql AS $decant$"
    "DECLARE x %s; BEGIN SELECT %s INTO x FROM (SELECT (r).*) AS %s; RETURN true;"
    " EXCEPTION WHEN data_exception THEN RETURN false; END $decant$";

static const char *
blame_conversion(struct pg_conn *conn, const struct step *step, struct blame *out)
{
    static const char *const stops[] = { "USING", "COLLATE", NULL }, *const none[] = { NULL };
    static const char *const set[] = { "SET", "TYPE", NULL };
    const char *end = step->sql + strlen(step->sql), *behind;
    if (!set_altered_table(conn, step, out))
        return "the statement writes rows itself, and the first that fails ended it";
    const char *p = sql_behind_word(sql_behind_word(step->sql, end, "TABLE"), end, "ALTER");
    const char *column_word = p != NULL ? sql_behind_word(p, end, "COLUMN") : NULL;
    const char *type_word = p != NULL ? sql_behind_word(p, end, "TYPE") : NULL;
    if (type_word == NULL)
        return "the statement is not understood";
    p = column_word != NULL && column_word < type_word ? column_word : p;
    const char *column = sql_until(p, end, set, &out->arena, &behind);
    const char *type = sql_until(type_word, end, stops, &out->arena, &behind);
    const char *using = sql_behind_word(behind, end, "USING");
    const char *value = using != NULL ? sql_until(using, end, none, &out->arena, &behind) : column;
    if (!attempt(conn, arena_printf(&out->arena, fits_sql, out->table_sql, type, value,
                                    last_part(out->table_sql))))
        return "the conversion cannot be tried by itself";
    const char *alias = last_part(out->table_sql);
    set_rows(out, alias, "FROM %s AS %s WHERE NOT pg_temp.decant_fits(%s)", out->table_sql, alias,
             alias);
    size_t leading = strspn(type, " \t\r\n");
    int trimmed = (int)(strlen(type) - leading);
    while (trimmed > 0 && isspace((unsigned char)type[leading + (size_t)trimmed - 1]))
        trimmed--;
    out->what = arena_printf(&out->arena, "rows whose value does not convert to %.*s", trimmed,
                             type + leading);
    out->source_sql = NULL;
    out->column_sql = column;
    if (using == NULL && pg_conn_version(conn) >= 160000) {
        struct buf literal = { 0 };
        quote_literal(&literal, arena_strndup(&out->arena, type + leading, (size_t)trimmed));
        out->source_sql = arena_printf(
            &out->arena, "SELECT 1 FROM %s WHERE NOT pg_catalog.pg_input_is_valid((%s)::text, %s)",
            out->table_sql, column, buf_str(&literal));
        buf_deinit(&literal);
    }
    return NULL;
}

/* ---- domains */

/* The condition of a domain with the column in the place of VALUE. */
static const char *
condition_of(const char *definition, const char *column, struct arena *arena)
{
    struct buf out = { 0 };
    const char *end = definition + strlen(definition), *behind;
    const char *body = sql_in_parentheses(definition, end, arena, &behind);
    end = body != NULL ? body + strlen(body) : body;
    for (const char *p = body; p != NULL && p < end;) {
        enum sql_kind kind;
        size_t len = sql_token(p, end, &kind);
        if (kind == SQL_WORD && len == 5 && strncasecmp(p, "value", 5) == 0)
            buf_puts(&out, column);
        else
            buf_add(&out, p, len);
        p += len;
    }
    const char *text = arena_strdup(arena, buf_str(&out));
    buf_deinit(&out);
    return text;
}

static const char *
blame_domain(struct pg_conn *conn, const struct step *step, struct blame *out)
{
    const char *params[] = { step->schema, step->table, step->column };
    out->past_sql = arena_printf(&out->arena, "%s NOT VALID", step->sql);
    out->past = "NOT VALID";
    if (!attempt(conn, out->past_sql) || !set_table(conn, step->schema, step->table, out))
        return "its definition is not to be had apart from the statement";
    struct pg_result *r =
        ask(conn,
            "SELECT pg_catalog.quote_ident(a.attname), pg_catalog.pg_get_constraintdef(k.oid)"
            " FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid"
            " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
            " JOIN pg_catalog.pg_constraint k ON k.contypid = a.atttypid"
            " WHERE n.nspname = $1 AND c.relname = $2 AND a.attname = $3"
            " ORDER BY k.oid DESC LIMIT 1",
            3, params);
    if (r == NULL)
        return "no column of that domain is known";
    set_rows(out, last_part(out->table_sql), "FROM %s WHERE NOT (%s)", out->table_sql,
             condition_of(pg_text(r, 0, 1), pg_text(r, 0, 0), &out->arena));
    out->what =
        arena_printf(&out->arena, "rows break the check of the domain, by %s", step->column);
    pg_result_free(r);
    return NULL;
}

static const struct {
    const char *state;
    const char *first_words; /* of the statement; NULL: any */
    const char *(*find)(struct pg_conn *conn, const struct step *step, struct blame *out);
} classes[] = {
    { "23502", NULL, blame_null },       { "23503", NULL, blame_constraint },
    { "23514", "DOMAIN", blame_domain }, { "23514", NULL, blame_constraint },
    { "23505", NULL, blame_unique },     { "23P01", NULL, blame_exclusion },
    { "22", NULL, blame_conversion },
};

const char *
blame_find(struct pg_conn *conn, const struct step *step, struct blame *out)
{
    assert(conn != NULL && step != NULL && out != NULL);
    const struct statement statement = { step->sql, strlen(step->sql), 1, false };
    char second[16];
    statement_word(&statement, 1, second, sizeof second);
    *out = (struct blame){ 0 };
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        bool is_kind =
            classes[i].first_words == NULL || strcmp(classes[i].first_words, second) == 0;
        if (is_kind && strncmp(step->sqlstate, classes[i].state, strlen(classes[i].state)) == 0)
            return classes[i].find(conn, step, out);
    }
    return "rows of that kind cannot be counted";
}

void
blame_deinit(struct blame *blame)
{
    assert(blame != NULL);
    arena_deinit(&blame->arena);
}
