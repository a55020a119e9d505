/* SPDX-License-Identifier: PostgreSQL */
/* Queries that the rules ask of both sides. Each yields one number. */
#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fidelity/compare.h"
#include "load/scan.h"
#include "pg/quote.h"
#include "sqlite/db.h"

#define ONE_ROW "a query of one row is wanted here"

/* The answer of one row; NaN for NULL. */
static bool
ask_database(struct pg_conn *conn, const char *sql, double *out, struct decant_error *err)
{
    struct pg_result *r = pg_query(conn, err, sql, 0, NULL);
    bool ok = r != NULL && pg_nrows(r) == 1;
    if (ok)
        *out = pg_text(r, 0, 0) != NULL ? pg_double(r, 0, 0) : NAN;
    else if (r != NULL)
        error_set(err, DECANT_CHECK, ONE_ROW);
    pg_result_free(r);
    return ok;
}

/* Is it the query's own fault? A server that is lost or stopped is none. */
static bool
is_of_statement(const struct decant_error *err)
{
    return err->code == DECANT_CHECK ||
           (err->sqlstate[0] != '\0' && strncmp(err->sqlstate, "08", 2) != 0 &&
            strncmp(err->sqlstate, "53", 2) != 0 && strncmp(err->sqlstate, "57", 2) != 0);
}

bool
compare_ask_source(struct comparison *comparison, struct decant_error *err)
{
    assert(comparison != NULL);
    const struct rules_checks *checks = &comparison->env.rules->checks;
    double *figures = ARENA_ARRAY(comparison->arena, double, checks->ncanaries + 1);
    comparison->canaries = figures;
    for (int i = 0; i < checks->ncanaries; i++) {
        if (ask_database(comparison->env.source, checks->canaries[i], &figures[i], err))
            continue;
        if (is_of_statement(err))
            err->code = DECANT_USAGE;
        return error_context(err, "canary %d of the rules, on the source", i + 1);
    }
    return true;
}

static bool
is_of_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '$';
}

/* The text in single quotes at the beginning; 0: there is none. */
static size_t
length_of_literal(const char *sql)
{
    const char *end = sql[0] == '\'' ? strchr(sql + 1, '\'') : NULL;
    return end != NULL ? (size_t)(end - sql) + 1 : 0;
}

/* Of a table's name at the beginning, bare or in double quotes; 0: it is not there. */
static size_t
length_of_name(const char *sql, const struct table *table)
{
    if (*sql != '"' && tolower((unsigned char)*sql) != tolower((unsigned char)table->schema[0]))
        return 0;
    struct buf bare = { 0 }, quoted = { 0 };
    buf_printf(&bare, "%s.%s", table->schema, table->name);
    quote_qualified(&quoted, table->schema, table->name);
    size_t n = 0;
    if (strncasecmp(sql, buf_str(&bare), bare.len) == 0 && !is_of_word(sql[bare.len]))
        n = bare.len;
    else if (strncmp(sql, buf_str(&quoted), quoted.len) == 0)
        n = quoted.len;
    buf_deinit(&bare);
    buf_deinit(&quoted);
    return n;
}

/* What a file calls a table stands for what the source calls it. */
static void
put_translated(struct comparison *comparison, const char *sql, struct buf *out)
{
    while (*sql != '\0') {
        size_t literal = length_of_literal(sql);
        buf_add(out, sql, literal);
        sql += literal;
        if (literal > 0)
            continue;
        bool is_word = out->len == 0 || !is_of_word(out->data[out->len - 1]);
        bool found = false;
        for (int i = 0; is_word && !found && i < comparison->env.plan->ntables; i++) {
            const struct table *table = comparison->env.plan->tables[i];
            const char *there = comparison->env.ops->name_of(comparison->env.sink, table, -1);
            size_t n = there != NULL ? length_of_name(sql, table) : 0;
            found = n > 0;
            if (found)
                db_quote(out, there);
            sql += n;
        }
        if (!found)
            buf_putc(out, *sql++);
    }
}

static bool
ask_file(struct comparison *comparison, struct db *db, const char *sql, double *out,
         struct decant_error *err)
{
    struct buf translated = { 0 };
    put_translated(comparison, sql, &translated);
    struct db_stmt *stmt = db_prepare(db, buf_str(&translated), err);
    int rows = stmt != NULL ? db_step(stmt, err) : -1;
    if (rows == 1)
        *out = db_text(stmt, 0) != NULL ? db_column_double(stmt, 0) : NAN;
    bool ok = rows == 1 && (rows = db_step(stmt, err)) == 0;
    if (!ok && rows >= 0)
        error_set(err, DECANT_CHECK, ONE_ROW);
    db_finalize(stmt);
    buf_deinit(&translated);
    return ok;
}

/* Bare names mean the same on both sides. */
static bool
means_same_names(const struct comparison *comparison, struct pg_conn *copy,
                 struct decant_error *err)
{
    struct buf sql = { 0 };
    buf_puts(&sql, "SELECT pg_catalog.set_config('search_path', ");
    quote_literal(&sql, comparison->env.search_path);
    buf_puts(&sql, ", false)");
    bool ok = pg_exec(copy, err, buf_str(&sql));
    buf_deinit(&sql);
    return ok;
}

/* Production's own figure is not told: the copy's is, as a share of it. */
bool
compare_ask_copy(struct comparison *comparison, const struct scan_source *copy,
                 struct decant_error *err)
{
    assert(comparison != NULL && copy != NULL);
    const struct rules_checks *checks = &comparison->env.rules->checks;
    if (checks->ncanaries > 0 && copy->conn != NULL &&
        !means_same_names(comparison, copy->conn, err))
        return false;
    for (int i = 0; i < checks->ncanaries; i++) {
        double figure = NAN, source = comparison->canaries[i];
        bool ok = copy->path != NULL
                      ? ask_file(comparison, copy->db, checks->canaries[i], &figure, err)
                      : ask_database(copy->conn, checks->canaries[i], &figure, err);
        if (!ok) {
            if (copy->path != NULL || is_of_statement(err))
                err->code = DECANT_CHECK;
            return error_context(err, "canary %d of the rules, on the copy", i + 1);
        }
        fidelity_add_canary(&comparison->fidelity, checks->canaries[i],
                            source != 0 ? figure / source : NAN);
    }
    return true;
}
