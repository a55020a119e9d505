/* SPDX-License-Identifier: PostgreSQL */
#include "plan/constants.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

#include "pg/copy.h"
#include "pg/quote.h"
#include "plan/wire.h"

enum { MOST_COLUMNS = 1000 }; /* of a statement; the server takes 1,664 */

static const char *constant(const char *p);

/* Behind the text, or NULL where it is not there. */
static const char *
behind(const char *p, const char *text)
{
    size_t n = strlen(text);
    return p != NULL && strncmp(p, text, n) == 0 ? p + n : NULL;
}

static const char *
literal(const char *p)
{
    for (p++; *p != '\0'; p++)
        if (*p == '\'' && *++p != '\'')
            return p;
    return NULL;
}

static const char *
number(const char *p)
{
    p += *p == '-';
    size_t n = strspn(p, "0123456789.");
    return n > 0 ? p + n : NULL;
}

/* numeric(10,2), character varying, timestamp(3) without time zone, "bit"[]: words and modifiers,
 * but no point between a schema and a name. */
static const char *
type_name(const char *p)
{
    const char *begin = p;
    static const char *const quoted[] = { "\"bit\"", "\"char\"" };
    for (size_t i = 0; i < sizeof quoted / sizeof *quoted; i++)
        if (behind(p, quoted[i]) != NULL)
            p = behind(p, quoted[i]);
    for (;;) {
        p += strspn(p, "abcdefghijklmnopqrstuvwxyz_0123456789");
        if (*p == '(') {
            p += 1 + strspn(p + 1, "0123456789,");
            if (*p++ != ')')
                return NULL;
        } else if (p[0] == ' ' && islower((unsigned char)p[1])) {
            p++;
        } else {
            break;
        }
    }
    while (behind(p, "[]") != NULL)
        p += 2;
    return p == begin || *p == '.' ? NULL : p;
}

static const char *
array(const char *p)
{
    while (p != NULL && *p != ']') {
        p = constant(p);
        if (behind(p, ", ") != NULL)
            p += 2;
        else if (p != NULL && *p != ']')
            return NULL;
    }
    return p != NULL ? p + 1 : NULL;
}

/* Behind a constant with its casts; NULL: there is none. */
static const char *
constant(const char *p)
{
    static const char *const words[] = { "NULL", "true", "false" };
    const char *end = NULL;
    for (size_t i = 0; i < sizeof words / sizeof *words && end == NULL; i++)
        end = behind(p, words[i]);
    if (end != NULL)
        p = end;
    else if (*p == '\'')
        p = literal(p);
    else if (*p == '(')
        p = behind(constant(p + 1), ")");
    else if (behind(p, "ARRAY[") != NULL)
        p = array(p + strlen("ARRAY["));
    else
        p = number(p);
    while (behind(p, "::") != NULL)
        p = type_name(p + 2);
    return p;
}

bool
constant_is(const char *sql)
{
    const char *end = constant(sql);
    return end != NULL && *end == '\0';
}

/* ---- of all tables */

struct batch {
    struct pg_conn *conn;
    struct arena *arena;
    struct map *out; /* see plan.h */
    struct buf sql;
    int n;
    const struct column *columns[MOST_COLUMNS];
};

static bool
read_row(struct batch *batch, struct decant_error *err)
{
    struct decant_value *values;
    struct pg_reader *reader = pg_reader_open(batch->conn, buf_str(&batch->sql), batch->n, err);
    bool ok = reader != NULL && pg_reader_next(reader, &values, err) == 1;
    for (int i = 0; ok && i < batch->n; i++) {
        struct decant_value *value = ARENA_NEW(batch->arena, struct decant_value);
        *value = values[i];
        if (value->len > 0)
            value->data = (const uint8_t *)arena_strndup(batch->arena, (const char *)value->data,
                                                         (size_t)value->len);
        map_put(batch->out, (uint64_t)(uintptr_t)batch->columns[i], value);
    }
    ok = ok && pg_reader_next(reader, &values, err) == 0;
    pg_reader_close(reader);
    return ok;
}

/* What the source does not accept is no error: the defaults are translated from their text. */
static bool
flush(struct batch *batch, struct decant_error *err)
{
    struct decant_error ignored = { 0 };
    if (batch->n == 0)
        return true;
    buf_puts(&batch->sql, ") TO STDOUT (FORMAT binary)");
    bool ok = pg_exec(batch->conn, err, "SAVEPOINT decant_constants");
    if (ok && !read_row(batch, &ignored))
        ok = pg_exec(batch->conn, err, "ROLLBACK TO SAVEPOINT decant_constants");
    ok = ok && pg_exec(batch->conn, err, "RELEASE SAVEPOINT decant_constants");
    batch->n = 0;
    return ok;
}

static void
add(struct batch *batch, const struct table *table, const struct column *column)
{
    struct buf value = { 0 };
    if (batch->n == 0) {
        buf_reset(&batch->sql);
        buf_puts(&batch->sql, "COPY (SELECT ");
    } else {
        buf_puts(&batch->sql, ", ");
    }
    buf_printf(&value, "((%s)::", column->default_sql);
    if (column->domain != NULL)
        quote_qualified(&value, column->type->schema, column->type->name);
    else
        buf_puts(&value, column->type_name);
    buf_putc(&value, ')');
    wire_put(table, column, WIRE_DECODED, buf_str(&value), &batch->sql);
    batch->columns[batch->n++] = column;
    buf_deinit(&value);
}

bool
constants_load(struct pg_conn *conn, struct plan *plan, struct arena *arena,
               struct decant_error *err)
{
    assert(plan != NULL);
    struct batch batch = { .conn = conn, .arena = arena, .out = &plan->constants };
    bool ok = true;
    for (int t = 0; ok && t < plan->ntables; t++)
        for (int c = 0; ok && c < plan->tables[t]->ncolumns; c++) {
            const struct column *column = &plan->tables[t]->columns[c];
            bool is_own = column->domain != NULL ? strcmp(column->type->schema, "pg_catalog") != 0
                                                 : strchr(column->type_name, '.') != NULL;
            bool is_plain = column->default_sql != NULL && !column->is_generated && !is_own &&
                            constant_is(column->default_sql);
            if (is_plain)
                add(&batch, plan->tables[t], column);
            if (batch.n == MOST_COLUMNS)
                ok = flush(&batch, err);
        }
    ok = ok && flush(&batch, err);
    buf_deinit(&batch.sql);
    return ok;
}
