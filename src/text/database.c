/* SPDX-License-Identifier: PostgreSQL */
#include "text/database.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "text/rows.h"

/* Rows that are in memory at once: as many as take so many bytes, as far as the last ones tell. */
enum { FIRST_FETCH = 10, ROWS_OF_FETCH = 200, FETCH_BYTES = 4 << 20 };

/* What PostgreSQL 13 knows, and what reads the text the same way whoever loads it. */
const struct text_dialect text_postgres = {
    .name = "PostgreSQL",
    .head = "SET client_encoding = 'UTF8';\n"
            "SET standard_conforming_strings = on;\n"
            "SET check_function_bodies = off;\n"
            "SET array_nulls = on;\n"
            "SET client_min_messages = warning;\n"
            "SET datestyle = 'ISO, YMD';\n"
            "SET intervalstyle = 'postgres';\n"
            "SET timezone = 'UTC';\n"
            "SET lc_monetary = 'C';\n"
            "SET xmloption = content;\n"
            "SET search_path = '';\n",
    .foot = "\nRESET search_path;\n"
            "RESET default_tablespace;\n"
            "RESET default_table_access_method;\n"
            "RESET xmloption;\n"
            "RESET lc_monetary;\n"
            "RESET timezone;\n"
            "RESET intervalstyle;\n"
            "RESET datestyle;\n"
            "RESET client_min_messages;\n"
            "RESET array_nulls;\n"
            "RESET check_function_bodies;\n"
            "RESET standard_conforming_strings;\n"
            "RESET client_encoding;\n",
};

/* ---- literals */

void
text_database_literal(struct buf *out, const char *value, bool is_bare)
{
    assert(out != NULL);
    if (value == NULL) {
        buf_puts(out, "NULL");
        return;
    }
    size_t plain = strspn(value, "0123456789+-.eE");
    /* -0 would be the whole number 0 before it is a double */
    bool is_number = plain > 0 && value[plain] == '\0' && strcmp(value, "-0") != 0;
    if (is_bare && (is_number || strcmp(value, "t") == 0 || strcmp(value, "f") == 0)) {
        buf_puts(out, is_number ? value : value[0] == 't' ? "true" : "false");
        return;
    }
    bool is_escaped = strpbrk(value, "\n\r") != NULL; /* either would end the line */
    buf_puts(out, is_escaped ? "E'" : "'");
    for (; *value != '\0'; value++) {
        if (*value == '\'' || (is_escaped && *value == '\\'))
            buf_putc(out, *value);
        if (*value == '\n' || *value == '\r')
            buf_puts(out, *value == '\n' ? "\\n" : "\\r");
        else
            buf_putc(out, *value);
    }
    buf_putc(out, '\'');
}

void
text_database_cell(struct buf *out, const char *value)
{
    static const char from[] = "\b\f\n\r\t\v\\", to[] = "bfnrtv\\";
    if (value == NULL) {
        buf_puts(out, "\\N");
        return;
    }
    for (; *value != '\0'; value++) {
        const char *at = strchr(from, *value);
        if (at != NULL) {
            buf_putc(out, '\\');
            buf_putc(out, to[at - from]);
        } else {
            buf_putc(out, *value);
        }
    }
}

/* ---- the schema */

void
text_database_schema(const char *dump, struct buf *out)
{
    /* the first object's comment ends the head; the dump's own ends all */
    static const char first[] = "--\n-- Name: ";
    static const char last[] = "--\n-- PostgreSQL database dump complete\n";
    const char *begin = strstr(dump, first), *end = begin;
    for (const char *at = begin; at != NULL; at = strstr(at + 1, last))
        end = at;
    if (begin != NULL && end > begin)
        buf_add(out, begin, (size_t)(end - begin));
}

static bool
dump_section(struct pg_conn *conn, const struct pg_tools *tools, const char *snapshot,
             const char *section, struct buf *out, struct decant_error *err)
{
    const char *args[] = { "--schema-only",
                           "--encoding=UTF8",
                           "--no-owner",
                           "--no-privileges",
                           "--no-tablespaces",
                           "--no-publications",
                           "--no-subscriptions",
                           "--no-security-labels",
                           section,
                           snapshot,
                           NULL };
    struct buf dump = { 0 }, errors = { 0 };
    int status;
    /* literals in definitions are written by the former, values in them by the latter */
    const struct pg_session session = {
        conn, "decant text",
        "-c standard_conforming_strings=on -c lc_monetary=C -c quote_all_identifiers=off"
    };
    bool ok = pg_tool_run_in(&session, tools->dump, args, -1, &dump, &errors, &status, err);
    if (ok && status != 0)
        ok = error_set(err, DECANT_UNAVAILABLE, "pg_dump ended with status %d", status);
    if (ok)
        text_database_schema(buf_str(&dump), out);
    buf_deinit(&dump);
    buf_deinit(&errors);
    return ok;
}

static bool
write_section(struct pg_conn *conn, const struct pg_tools *tools, const char *snapshot,
              enum text_section section, struct text_files *files, struct decant_error *err)
{
    struct buf text = { 0 };
    bool ok = dump_section(conn, tools, snapshot,
                           section == TEXT_SCHEMA ? "--section=pre-data" : "--section=post-data",
                           &text, err) &&
              text_files_begin(files, section, NULL, NULL, err) &&
              text_files_put(files, "\n", 1, err) &&
              text_files_put(files, buf_str(&text), text.len, err);
    buf_deinit(&text);
    return ok;
}

/* A line feed in a name ends the comment that pg_dump wrote it in, before it knew better (its
 * releases of August 2025): psql would run the rest. */
static const char names_sql[] = "SELECT 1 FROM (SELECT relname FROM pg_catalog.pg_class UNION ALL"
                                " SELECT nspname FROM pg_catalog.pg_namespace UNION ALL"
                                " SELECT typname FROM pg_catalog.pg_type UNION ALL"
                                " SELECT proname FROM pg_catalog.pg_proc UNION ALL"
                                " SELECT conname FROM pg_catalog.pg_constraint UNION ALL"
                                " SELECT tgname FROM pg_catalog.pg_trigger UNION ALL"
                                " SELECT polname FROM pg_catalog.pg_policy UNION ALL"
                                " SELECT rulename FROM pg_catalog.pg_rewrite UNION ALL"
                                " SELECT attname FROM pg_catalog.pg_attribute UNION ALL"
                                " SELECT collname FROM pg_catalog.pg_collation UNION ALL"
                                " SELECT oprname FROM pg_catalog.pg_operator UNION ALL"
                                " SELECT stxname FROM pg_catalog.pg_statistic_ext) AS n (name)"
                                " WHERE name OPERATOR(pg_catalog.~) '[\\n\\r]' LIMIT 1";

static bool
check_names(struct pg_conn *conn, struct decant_error *err)
{
    struct pg_result *r = pg_query(conn, err, names_sql, 0, NULL);
    bool ok = r != NULL;
    if (ok && pg_nrows(r) > 0) {
        ok = error_set(err, DECANT_REFUSED, "the name of an object has a line feed");
        error_hint(err, "programs that load text may take what stands behind it for a statement");
    }
    pg_result_free(r);
    return ok;
}

/* ---- rows */

/* Tables whose rows are the copy's own, by name: roots of partitions for all their leaves. Those of
 * extensions are theirs. */
static const char tables_sql[] =
    "SELECT c.oid, n.nspname, c.relname, c.relkind, pg_catalog.format('%I.%I', n.nspname,"
    " c.relname) FROM pg_catalog.pg_class c"
    " JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace"
    " WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition"
    " AND c.relpersistence OPERATOR(pg_catalog.<>) 't'"
    " AND n.nspname OPERATOR(pg_catalog.!~) '^pg_'"
    " AND n.nspname OPERATOR(pg_catalog.<>) 'information_schema'"
    " AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d WHERE d.objid OPERATOR(pg_catalog.=)"
    " c.oid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass"
    " AND d.deptype OPERATOR(pg_catalog.=) 'e')"
    " ORDER BY n.nspname COLLATE \"C\", c.relname COLLATE \"C\"";

/* Name, place in the primary key or -1, whether it has a collation, whether parts of it may have
 * one (then its text is compared), whether its values stand without quotes, and whether it is an
 * identity that only OVERRIDING lets in. */
static const char columns_sql[] =
    "SELECT pg_catalog.quote_ident(a.attname), "
    "coalesce(pg_catalog.array_position(i.indkey::pg_catalog.int2[], a.attnum),"
    " -1),"
    " a.attcollation OPERATOR(pg_catalog.<>) 0, t.typcategory IN ('C', 'R', 'U'),"
    " t.typcategory OPERATOR(pg_catalog.=) 'B' OR t.oid OPERATOR(pg_catalog.=) ANY"
    " ('{pg_catalog.int2,pg_catalog.int4,pg_catalog.int8,pg_catalog.numeric,pg_catalog.float4,"
    "pg_catalog.float8}'::pg_catalog.regtype[]),"
    " a.attidentity OPERATOR(pg_catalog.=) 'a'"
    " FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=)"
    " a.atttypid LEFT JOIN pg_catalog.pg_index i ON i.indrelid OPERATOR(pg_catalog.=) a.attrelid"
    " AND i.indisprimary WHERE a.attrelid OPERATOR(pg_catalog.=) $1::pg_catalog.oid"
    " AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped"
    " AND a.attgenerated OPERATOR(pg_catalog.=) ''"
    " ORDER BY coalesce(pg_catalog.array_position(i.indkey::pg_catalog.int2[], a.attnum), 32767),"
    " a.attnum";

struct text_table {
    struct buf name, columns, order, into;
    bool *is_bare;
    int ncolumns;
};

static void
table_deinit(struct text_table *table)
{
    buf_deinit(&table->name);
    buf_deinit(&table->columns);
    buf_deinit(&table->order);
    buf_deinit(&table->into);
    free(table->is_bare);
}

static bool
describe(struct pg_conn *conn, const char *oid, bool is_copy, struct text_table *table,
         struct decant_error *err)
{
    const char *params[] = { oid };
    struct pg_result *r = pg_query(conn, err, columns_sql, 1, params);
    bool is_always = false;
    if (r == NULL)
        return false;
    table->ncolumns = pg_nrows(r);
    table->is_bare = mem_alloc((size_t)table->ncolumns + 1);
    for (int i = 0; i < table->ncolumns; i++) {
        buf_puts(&table->columns, i > 0 ? ", " : "");
        buf_puts(&table->columns, pg_text(r, i, 0));
        table->is_bare[i] = pg_bool(r, i, 4);
        is_always |= pg_bool(r, i, 5);
        if (pg_int(r, i, 1) < 0)
            continue;
        buf_puts(&table->order, table->order.len > 0 ? ", " : " ORDER BY ");
        buf_puts(&table->order, pg_text(r, i, 0));
        buf_puts(&table->order, pg_bool(r, i, 3)   ? "::pg_catalog.text COLLATE \"C\""
                                : pg_bool(r, i, 2) ? " COLLATE \"C\""
                                                   : "");
    }
    pg_result_free(r);
    if (table->order.len == 0 && table->ncolumns > 0) /* without a key: by all that they hold */
        buf_printf(&table->order, " ORDER BY ROW(%s)::pg_catalog.text COLLATE \"C\"",
                   buf_str(&table->columns));
    buf_printf(&table->into, is_copy ? "COPY %s (%s) FROM stdin;" : "INSERT INTO %s (%s)%s VALUES",
               buf_str(&table->name), buf_str(&table->columns),
               is_always ? " OVERRIDING SYSTEM VALUE" : "");
    return true;
}

static bool
put_fetched(const struct text_table *table, const struct pg_result *r, struct text_rows *rows,
            struct decant_error *err)
{
    for (int i = 0; i < pg_nrows(r); i++) {
        for (int c = 0; c < table->ncolumns; c++) {
            struct buf *out = text_rows_cell(rows);
            const char *value = pg_text(r, i, c);
            if (rows->is_copy)
                text_database_cell(out, value);
            else
                text_database_literal(out, value, table->is_bare[c]);
        }
        if (!text_rows_end_row(rows, err))
            return false;
    }
    return true;
}

static bool
fetch_rows(struct pg_conn *conn, const struct text_table *table, bool is_root,
           struct text_rows *rows, struct decant_error *err)
{
    if (!pg_execf(conn, err, "DECLARE decant_rows NO SCROLL CURSOR FOR SELECT %s FROM %s%s%s",
                  buf_str(&table->columns), is_root ? "" : "ONLY ", buf_str(&table->name),
                  buf_str(&table->order)))
        return false;
    bool ok = true;
    int64_t before = 0;
    for (int n = FIRST_FETCH, got = 1; ok && got > 0;) {
        char sql[64];
        snprintf(sql, sizeof sql, "FETCH %d FROM decant_rows", n);
        struct pg_result *r = pg_query(conn, err, sql, 0, NULL);
        got = r != NULL ? pg_nrows(r) : 0;
        ok = r != NULL && put_fetched(table, r, rows, err);
        pg_result_free(r);
        int64_t each = got > 0 ? (rows->bytes - before) / got + 1 : 1;
        before = rows->bytes;
        n = each > FETCH_BYTES                   ? 1
            : each * ROWS_OF_FETCH > FETCH_BYTES ? (int)(FETCH_BYTES / each)
                                                 : ROWS_OF_FETCH;
    }
    return ok && pg_exec(conn, err, "CLOSE decant_rows");
}

/* All of whose columns are computed, or that has none. */
static bool
write_defaults(struct pg_conn *conn, const struct text_table *table, bool is_root,
               struct text_files *files, struct decant_error *err)
{
    struct buf sql = { 0 }, count = { 0 }, line = { 0 };
    buf_printf(&sql, "SELECT pg_catalog.count(*) FROM %s%s", is_root ? "" : "ONLY ",
               buf_str(&table->name));
    buf_printf(&line, "INSERT INTO %s DEFAULT VALUES;\n", buf_str(&table->name));
    bool ok = pg_value(conn, err, buf_str(&sql), &count);
    for (long long n = ok ? atoll(buf_str(&count)) : 0; ok && n > 0; n--)
        ok = text_files_put(files, buf_str(&line), line.len, err);
    buf_deinit(&sql);
    buf_deinit(&count);
    buf_deinit(&line);
    return ok;
}

static bool
write_table(struct pg_conn *conn, const struct pg_result *tables, int i, bool is_copy,
            struct text_files *files, struct decant_error *err)
{
    struct text_table table = { 0 };
    struct text_rows rows;
    buf_puts(&table.name, pg_text(tables, i, 4));
    bool ok =
        text_files_begin(files, TEXT_ROWS, pg_text(tables, i, 1), pg_text(tables, i, 2), err) &&
        describe(conn, pg_text(tables, i, 0), is_copy, &table, err);
    const bool is_root = strcmp(pg_text(tables, i, 3), "p") == 0;
    if (ok && table.ncolumns > 0) {
        struct decant_error ignored = { 0 };
        text_rows_begin(&rows, files, buf_str(&table.into), is_copy);
        ok = fetch_rows(conn, &table, is_root, &rows, err);
        ok = text_rows_end(&rows, ok ? err : &ignored) && ok;
    } else if (ok) {
        ok = write_defaults(conn, &table, is_root, files, err);
    }
    table_deinit(&table);
    return ok;
}

static bool
write_tables(struct pg_conn *conn, bool is_copy, struct text_files *files, struct decant_error *err)
{
    struct pg_result *tables = pg_query(conn, err, tables_sql, 0, NULL);
    bool ok = tables != NULL;
    for (int i = 0; ok && i < pg_nrows(tables); i++)
        ok = write_table(conn, tables, i, is_copy, files, err);
    pg_result_free(tables);
    return ok;
}

/* ---- behind rows */

static bool
put_lines(struct text_files *files, const struct pg_result *r, struct decant_error *err)
{
    bool ok = true;
    for (int i = 0; ok && i < pg_nrows(r); i++)
        ok = text_files_put(files, pg_text(r, i, 0), strlen(pg_text(r, i, 0)), err) &&
             text_files_put(files, "\n", 1, err);
    return ok;
}

/* Where a sequence stands only it tells: pg_sequences has no number of one that is to give its
 * next. */
static const char sequences_sql[] =
    "SELECT pg_catalog.format('SELECT pg_catalog.format(''SELECT pg_catalog.setval(%%L, %%s, "
    "%%s);'',"
    " %L, last_value, CASE WHEN is_called THEN ''true'' ELSE ''false'' END) FROM %s',"
    " pg_catalog.format('%I.%I', n.nspname, c.relname),"
    " pg_catalog.format('%I.%I', n.nspname, c.relname)) FROM pg_catalog.pg_class c"
    " JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace"
    " WHERE c.relkind OPERATOR(pg_catalog.=) 'S' AND n.nspname OPERATOR(pg_catalog.!~) '^pg_'"
    " AND c.relpersistence OPERATOR(pg_catalog.<>) 't'"
    " ORDER BY n.nspname COLLATE \"C\", c.relname COLLATE \"C\"";

static bool
write_positions(struct pg_conn *conn, struct text_files *files, struct decant_error *err)
{
    struct pg_result *all = pg_query(conn, err, sequences_sql, 0, NULL);
    bool ok = all != NULL;
    for (int i = 0; ok && i < pg_nrows(all); i++) {
        struct pg_result *r = pg_query(conn, err, pg_text(all, i, 0), 0, NULL);
        ok = r != NULL && put_lines(files, r, err);
        pg_result_free(r);
    }
    pg_result_free(all);
    return ok;
}

/* Views that hold rows, in the order in which they were made, which is that of their dependence. */
static const char views_sql[] =
    "SELECT pg_catalog.format('REFRESH MATERIALIZED VIEW %I.%I;', n.nspname, c.relname)"
    " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=)"
    " c.relnamespace WHERE c.relkind OPERATOR(pg_catalog.=) 'm' AND c.relispopulated"
    " ORDER BY c.oid";

static bool
write_ends(struct pg_conn *conn, struct text_files *files, struct decant_error *err)
{
    if (!write_positions(conn, files, err))
        return false;
    struct pg_result *r = pg_query(conn, err, views_sql, 0, NULL);
    bool ok = r != NULL && put_lines(files, r, err);
    pg_result_free(r);
    return ok;
}

/* The rest is set for each session of ours. */
static const char begin_sql[] =
    "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET LOCAL lc_monetary = 'C';"
    "SET LOCAL quote_all_identifiers = off";

bool
text_database_write(struct pg_conn *conn, const struct pg_tools *tools, bool is_copy,
                    struct text_files *files, struct decant_error *err)
{
    assert(conn != NULL && tools != NULL && files != NULL);
    struct buf snapshot = { 0 };
    buf_puts(&snapshot, "--snapshot=");
    bool ok = pg_exec(conn, err, begin_sql) && check_names(conn, err) &&
              pg_value(conn, err, "SELECT pg_catalog.pg_export_snapshot()", &snapshot) &&
              write_section(conn, tools, buf_str(&snapshot), TEXT_SCHEMA, files, err) &&
              write_tables(conn, is_copy, files, err) &&
              write_section(conn, tools, buf_str(&snapshot), TEXT_KEYS, files, err) &&
              write_ends(conn, files, err) && text_files_end(files, err) &&
              pg_exec(conn, err, "COMMIT");
    buf_deinit(&snapshot);
    return ok;
}

/* ---- and back */

/* "psql:PATH:LINE: ERROR:  SQLSTATE" is all that it says: its messages would quote values. */
static bool
psql_failed(const struct text_files *files, const char *errors, int status,
            struct decant_error *err)
{
    static const char word[] = "ERROR:  ";
    const char *at = strstr(errors, word);
    error_set(err, DECANT_CHECK, "psql cannot load the text: it ended with status %d", status);
    if (at == NULL)
        return false;
    const char *line = at;
    while (line > errors && line[-1] != '\n')
        line--;
    for (int i = 0; i < files->nnames; i++) {
        char *path = text_files_path(files, i);
        const char *found = strstr(line, path);
        if (found != NULL && found < at)
            error_context(err, "%s, line %d, SQLSTATE %.5s", files->names[i],
                          atoi(found + strlen(path) + 1), at + strlen(word));
        free(path);
    }
    return false;
}

bool
text_database_load(const struct text_files *files, struct pg_conn *conn,
                   const struct pg_tools *tools, struct decant_error *err)
{
    assert(files != NULL && conn != NULL && tools != NULL);
    const char **args = mem_alloc((size_t)(files->nnames + 8) * sizeof *args);
    char psql[512], **paths = mem_alloc((size_t)(files->nnames + 1) * sizeof *paths);
    struct buf output = { 0 }, errors = { 0 };
    int n = 0, status = 0;
    snprintf(psql, sizeof psql, "%.*spsql",
             (int)(strlen(tools->dump) - strlen(strrchr(tools->dump, '/') + 1)), tools->dump);
    args[n++] = "--no-psqlrc";
    args[n++] = "--quiet";
    args[n++] = "--single-transaction";
    args[n++] = "--set=ON_ERROR_STOP=1";
    args[n++] = "--set=VERBOSITY=sqlstate";
    args[n++] = "--output=/dev/null";
    for (int i = 0; i < files->nnames; i++) {
        char *path = text_files_path(files, i);
        struct buf arg = { 0 };
        buf_printf(&arg, "--file=%s", path);
        args[n++] = paths[i] = buf_steal(&arg);
        free(path);
    }
    const struct pg_session session = { conn, "decant text",
                                        "-c default_transaction_read_only=off" };
    bool ok = pg_tool_run_in(&session, psql, args, -1, &output, &errors, &status, err);
    if (ok && status != 0)
        ok = psql_failed(files, buf_str(&errors), status, err);
    for (int i = 0; i < files->nnames; i++)
        free(paths[i]);
    free(paths);
    free(args);
    buf_deinit(&output);
    buf_deinit(&errors);
    return ok;
}
