/* SPDX-License-Identifier: PostgreSQL */
/* Rows of production from rows of a sample: one INSERT a table. */
#include <assert.h>
#include <math.h>
#include <stdio.h>

#include "amplify/internal.h"

/* ---- what rows are made from */

/* Is the key mapped here? Each column of the child is mapped by one key only. */
static bool
is_used(const struct model *model, int t, int k)
{
    const struct amplified_table *table = &model->tables[t];
    bool used = false;
    for (int c = 0; c < table->table->ncolumns; c++)
        used |= table->columns[c].how == COLUMN_KEY && table->columns[c].key == k;
    return used && is_rekeyed(model, &model->plan->keys[k]);
}

/* Replica j of a row refers to replica j of its parent where both belong to one cohort, or have
 * replicas in the same way. */
static void
put_edge(const struct model *model, int t, int k, struct buf *columns, struct buf *joins)
{
    const struct plan_key *key = &model->plan->keys[k];
    int parent = plan_number(model->plan, key->parent);
    bool both_even =
        model->tables[t].how == AMPLIFY_EVENLY && model->tables[parent].how == AMPLIFY_EVENLY;
    buf_printf(columns, ", p%1$d.k AS decant_k%1$d, coalesce(p%1$d.root = k.root", k);
    if (both_even)
        buf_printf(columns, " OR p%d.k = k.k", k);
    buf_printf(columns, ", false) AS decant_same%d", k);
    buf_printf(columns, ", count(*) OVER (PARTITION BY p%1$d.n) AS decant_n%1$d", k);
    for (int i = 0; i < key->key->ncolumns; i++) {
        enum column_how form = columns_form(model, parent, key->parent_columns[i]);
        if (form == COLUMN_KEPT || form == COLUMN_SHIFTED)
            continue;
        put_parent_base(model, k, i, columns);
        buf_printf(columns, " AS decant_p%d_%d", k, i);
    }
    put_parent_join(model, k, 'k', joins);
}

static bool
prepare_one(const struct model *model, int t, struct pg_conn *conn, struct decant_error *err)
{
    struct buf sql = { 0 }, joins = { 0 };
    buf_printf(&sql,
               "CREATE UNLOGGED TABLE " STAGE ".x%d AS SELECT s.*, k.k AS decant_k,"
               " k.base AS decant_base",
               t);
    for (int k = 0; k < model->plan->nkeys; k++)
        if (model->plan->keys[k].child == model->tables[t].table && is_used(model, t, k))
            put_edge(model, t, k, &sql, &joins);
    buf_printf(&sql,
               " FROM " STAGE ".s%1$d s JOIN " STAGE ".k%1$d k ON k.n = s.decant_n%2$s"
               " ORDER BY s.decant_n",
               t, buf_str(&joins));
    bool ok = pg_exec(conn, err, buf_str(&sql));
    buf_deinit(&sql);
    buf_deinit(&joins);
    return ok;
}

bool
replicate_prepare(const struct amplify *amplify, struct pg_conn *conn, struct decant_error *err)
{
    bool ok = true;
    for (int t = 0; ok && t < amplify->model->plan->ntables; t++)
        if (!is_left(amplify->model, t))
            ok = prepare_one(amplify->model, t, conn, err);
    return ok;
}

/* ---- values */

static void
put_old(const struct column *column, struct buf *out)
{
    buf_puts(out, "x.");
    quote_ident(out, column->name);
}

static void
put_type(const struct column *column, struct buf *out)
{
    buf_printf(out, "::%s", column->type_name);
}

/* Which replica of the row that a key refers to: the same one in a cohort, else all take turns. */
static void
put_parent_replica(const struct model *model, int key, struct buf *out)
{
    int child = plan_number(model->plan, model->plan->keys[key].child);
    if (model->tables[child].how == AMPLIFY_SINGLE) { /* and whoever refers to it finds the same */
        buf_puts(out, "0");
        return;
    }
    buf_printf(out,
               "CASE WHEN x.decant_same%1$d THEN x.decant_j ELSE (x.decant_base + x.decant_j) %% "
               "x.decant_k%1$d"
               " END",
               key);
}

/* Any row of the parent's table, but always the same one for the same parent and `which`. */
static void
put_other_parent(const struct amplified_column *column, int parent, const char *which,
                 struct buf *out)
{
    buf_printf(out,
               " THEN (pg_catalog.hashint8extended(x.decant_p%d_%d, %s) & 9223372036854775807) %%"
               " (SELECT sum(k) FROM " STAGE ".k%d)::int8",
               column->key, column->part, which, parent);
}

/* The number of the row that a key refers to. Rare parents stand for several; one that stands only
 * for itself, though its table has more, is stood in for. */
static void
put_parent_number(const struct model *model, const struct amplified_column *column, struct buf *out)
{
    int k = column->key;
    const struct plan_key *key = &model->plan->keys[k];
    int parent = plan_number(model->plan, key->parent);
    const struct amplified_table *of = &model->tables[parent];
    bool may_stand_in = key->key->ncolumns == 1 && !column->is_strict &&
                        of->how != AMPLIFY_SINGLE && of->how != AMPLIFY_EVENLY &&
                        of->columns[key->parent_columns[0]].how == COLUMN_NUMBER;
    char which[40];
    buf_puts(out, "CASE ");
    if (of->drops_hollow) {
        buf_printf(out, "WHEN x.decant_k%d = 0", k);
        put_other_parent(column, parent, "x.decant_j", out);
    }
    if (column->others > 1) {
        snprintf(which, sizeof which, "x.decant_j %% %lld", (long long)column->others);
        buf_printf(out, " WHEN NOT x.decant_same%1$d AND x.decant_n%1$d = 1 AND %2$s > 0", k,
                   which);
        put_other_parent(column, parent, which, out);
    }
    if (may_stand_in) {
        buf_printf(out, " WHEN NOT x.decant_same%1$d AND x.decant_k%1$d = 1 AND x.decant_j > 0", k);
        put_other_parent(column, parent, "x.decant_j", out);
    }
    buf_printf(out, " WHEN true THEN x.decant_p%d_%d + ", k, column->part);
    put_parent_replica(model, k, out);
    buf_puts(out, " END + 1");
}

/* An identifier as UUIDs are written. */
static void
put_uuid(const char *old, const char *number, struct buf *out)
{
    buf_printf(
        out,
        "pg_catalog.overlay(pg_catalog.overlay(pg_catalog.md5(%s::text || ':' || (%s)::text),"
        " '4', 13), '8', 17)::uuid",
        old, number);
}

/* The number for the last digits, or behind it; for the end of a text that would become too long.
 * `most`: characters, 0: no limit. */
static void
put_numbered(const char *old, const char *number, int most, struct buf *out)
{
    buf_printf(out,
               "CASE WHEN pg_catalog.length(%1$s) = 36 AND %1$s ~"
               " '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' THEN ",
               old);
    put_uuid(old, number, out);
    buf_puts(out, "::text");
    if (most > 0)
        buf_printf(out,
                   " WHEN pg_catalog.length(%1$s) + pg_catalog.length((%2$s)::text) >= %3$d THEN"
                   " pg_catalog.left(%1$s, greatest(0, %3$d - 1 - pg_catalog.length((%2$s)::text)))"
                   " || '-' || (%2$s)::text",
                   old, number, most);
    buf_printf(out,
               " WHEN %1$s ~ '[0-9]' THEN pg_catalog.regexp_replace(%1$s, '[0-9]+([^0-9]*)$',"
               " pg_catalog.lpad((%2$s)::text, greatest(pg_catalog.length((%2$s)::text),"
               " pg_catalog.length(pg_catalog.substring(%1$s, '([0-9]+)[^0-9]*$'))), '0')"
               " || '\\1') ELSE %1$s || '-' || (%2$s)::text END",
               old, number);
}

/* What a value becomes that is made with a number; of `column`, as long as `origin` may be, which
 * it refers to or is. */
static void
put_made(enum column_how form, const struct column *column, const struct column *origin,
         const char *number, struct buf *out)
{
    struct buf old = { 0 };
    put_old(column, &old);
    const char *text = buf_str(&old);
    bool is_number = form == COLUMN_NUMBER;
    if (is_number)
        buf_printf(out, "(%s)", number);
    else if (form == COLUMN_UUID)
        put_uuid(text, number, out);
    else if (form == COLUMN_EMAIL)
        buf_printf(out,
                   "pg_catalog.substr(%1$s, 1, pg_catalog.length(%1$s) - pg_catalog.strpos("
                   "pg_catalog.reverse(%1$s), '@')) || '+' || (%2$s)::text || pg_catalog.right("
                   "%1$s, pg_catalog.strpos(pg_catalog.reverse(%1$s), '@'))",
                   text, number);
    else if (form == COLUMN_PHONE)
        buf_printf(out, "'+999' || pg_catalog.lpad((%s)::text, 11, '0')", number);
    else
        put_numbered(text, number, origin->typmod >= 4 ? origin->typmod - 4 : 0, out);
    if (is_number) /* of a text a cast would cut off the end without a word */
        put_type(column, out);
    buf_deinit(&old);
}

/* The unit below which values of a column cannot differ. */
static double
unit_of(const struct column *column)
{
    int scalar = column->type->scalar;
    int scale = column->typmod >= 4 ? (column->typmod - 4) & 0xFFFF : 0;
    return scalar == SCALAR_INT2 || scalar == SCALAR_INT4 || scalar == SCALAR_INT8 ? 1
           : scalar == SCALAR_NUMERIC && column->typmod >= 4                       ? pow(10, -scale)
                                                                                   : 0;
}

/* The way from a value to the next, on average, in so many parts: an interval, or a number. */
static void
put_step(int t, const struct amplified_column *how, const struct column *column, struct buf *out)
{
    int scalar = column->type->scalar;
    bool is_time = scalar == SCALAR_TIMESTAMP || scalar == SCALAR_TIMESTAMPTZ;
    struct buf name = { 0 };
    quote_ident(&name, column->name);
    buf_printf(out, "(SELECT (max(%1$s) - min(%1$s))%3$s / (count(DISTINCT %1$s) * %2$lld)",
               buf_str(&name), (long long)how->parts,
               is_time || scalar == SCALAR_INTERVAL ? "" : "::float8");
    buf_printf(out, " FROM " STAGE ".s%d", t);
    if (is_time || scalar == SCALAR_DATE)
        buf_printf(out, " WHERE pg_catalog.isfinite(%s)", buf_str(&name));
    else if (scalar != SCALAR_INTERVAL)
        buf_printf(out, " WHERE %s::text NOT IN ('NaN', 'Infinity', '-Infinity')", buf_str(&name));
    buf_puts(out, ")");
    buf_deinit(&name);
}

/* Between a value and the next: as far as column c of table t goes in replica `j`. */
static void
put_shift(const struct model *model, int t, int c, const char *j, struct buf *out)
{
    const struct amplified_table *table = &model->tables[t];
    const struct amplified_column *how = &table->columns[c];
    const struct column *column = &table->table->columns[c];
    int scalar = column->type->scalar;
    bool is_time = scalar == SCALAR_TIMESTAMP || scalar == SCALAR_TIMESTAMPTZ;
    bool is_number = !is_time && scalar != SCALAR_DATE && scalar != SCALAR_INTERVAL;
    buf_printf(out, " + %s((%s) %% %lld) * ",
               scalar == SCALAR_DATE ? "floor("
               : is_number           ? "("
                                     : "",
               j, (long long)how->variants);
    if (is_number)
        buf_printf(out, "greatest(%.9g, ", unit_of(column));
    put_step(t, how, is_time ? &table->table->columns[table->clock] : column, out);
    buf_puts(out, is_number ? "))" : scalar == SCALAR_DATE ? ")::int4" : "");
    if (is_number)
        put_type(column, out);
}

/* A key goes as far as what it refers to. */
static void
put_shifted_key(const struct model *model, int t, int c, struct buf *out)
{
    const struct amplified_column *how = &model->tables[t].columns[c];
    struct buf j = { 0 };
    int k = how->key, at = t, column = c;
    put_parent_replica(model, k, &j);
    columns_find_origin(model, &at, &column);
    buf_printf(out, "CASE WHEN x.decant_k%d IS NULL THEN ", k);
    put_old(&model->tables[t].table->columns[c], out);
    buf_puts(out, " ELSE ");
    put_old(&model->tables[t].table->columns[c], out);
    put_shift(model, at, column, buf_str(&j), out);
    buf_puts(out, " END");
    buf_deinit(&j);
}

#define LAST_DIGITS "'([0-9]{2,9})[^0-9]*$'"

/* Another number of as many digits for the last one in a short text. */
static void
put_other_digits(const char *old, const char *which, struct buf *out)
{
    struct buf digits = { 0 };
    buf_printf(&digits, "pg_catalog.substring(%s, " LAST_DIGITS ")", old);
    buf_printf(
        out,
        "pg_catalog.regexp_replace(%1$s, '[0-9]{2,9}([^0-9]*)$', pg_catalog.lpad(((%3$s::int8"
        " + %2$s * 7919) %% power(10, pg_catalog.length(%3$s))::int8)::text,"
        " pg_catalog.length(%3$s), '0') || '\\1')",
        old, which, buf_str(&digits));
    buf_deinit(&digits);
}

/* As long as it was: a hash of the value and its number for the end of a text, or of bytes. */
static void
put_varied(const struct amplified_column *how, const struct column *column, struct buf *out)
{
    struct buf old = { 0 };
    char which[40];
    put_old(column, &old);
    snprintf(which, sizeof which, "(x.decant_j %% %lld)", (long long)how->variants);
    buf_printf(out, "CASE WHEN %2$s = 0 THEN %1$s WHEN pg_catalog.length(%1$s) >= 12 THEN ",
               buf_str(&old), which);
    if (column->type->scalar == SCALAR_BYTEA) {
        buf_printf(out,
                   "pg_catalog.substr(%1$s, 1, pg_catalog.length(%1$s) - 8) || pg_catalog.int8send("
                   "pg_catalog.hashint8extended(%2$s, pg_catalog.hashtext(%1$s::text)))",
                   buf_str(&old), which);
    } else {
        buf_printf(out,
                   "pg_catalog.left(%1$s, -9) || ' ' || pg_catalog.left(pg_catalog.md5(%1$s || ':'"
                   " || %2$s::text), 8) WHEN %1$s ~ " LAST_DIGITS " THEN ",
                   buf_str(&old), which);
        put_other_digits(buf_str(&old), which, out);
    }
    buf_printf(out, " ELSE %s END", buf_str(&old));
    buf_deinit(&old);
}

static void
put_value(const struct model *model, int t, int c, struct buf *out)
{
    const struct amplified_column *how = &model->tables[t].columns[c];
    const struct column *column = &model->tables[t].table->columns[c];
    enum column_how form = columns_form(model, t, c);
    struct buf number = { 0 };
    if (how->how == COLUMN_SHIFTED) {
        put_old(column, out);
        put_shift(model, t, c, "x.decant_j", out);
    } else if (form == COLUMN_SHIFTED) {
        put_shifted_key(model, t, c, out);
    } else if (how->how == COLUMN_VARIED) {
        put_varied(how, column, out);
    } else if (form == COLUMN_KEPT) {
        put_old(column, out);
    } else {
        if (how->how == COLUMN_KEY)
            put_parent_number(model, how, &number);
        else
            buf_puts(&number, "x.decant_base + x.decant_j + 1");
        buf_puts(out, "CASE WHEN ");
        put_old(column, out);
        if (how->how == COLUMN_KEY) /* of a key without a row that it refers to, too */
            buf_printf(out, " IS NULL OR x.decant_p%d_%d", how->key, how->part);
        buf_puts(out, " IS NULL THEN ");
        put_old(column, out);
        buf_puts(out, " ELSE ");
        int at = t, origin = c;
        columns_find_origin(model, &at, &origin);
        put_made(form, column, &model->tables[at].table->columns[origin], buf_str(&number), out);
        buf_puts(out, " END");
    }
    buf_deinit(&number);
}

void
replicate_put_columns(const struct model *model, int table, struct buf *out)
{
    const struct amplified_table *t = &model->tables[table];
    for (int c = 0, n = 0; c < t->table->ncolumns; c++) {
        if (t->columns[c].how == COLUMN_GENERATED)
            continue;
        buf_puts(out, n++ > 0 ? ", " : "");
        quote_ident(out, t->table->columns[c].name);
    }
}

void
replicate_put_query(const struct model *model, int table, bool is_trial, struct buf *out)
{
    const struct amplified_table *t = &model->tables[table];
    buf_puts(out, "SELECT ");
    for (int c = 0, n = 0; c < t->table->ncolumns; c++) {
        if (t->columns[c].how == COLUMN_GENERATED)
            continue;
        buf_puts(out, n++ > 0 ? ", " : "");
        put_value(model, table, c, out);
    }
    buf_printf(
        out,
        " FROM (SELECT x.*, pg_catalog.generate_series(0::int8, x.decant_k - 1%s) AS decant_j"
        " FROM " STAGE ".x%d x) x",
        is_trial ? ", greatest(1, x.decant_k - 1)" : "", table);
}
