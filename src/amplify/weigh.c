/* SPDX-License-Identifier: PostgreSQL */
/* How many replicas each row has. */
#include <math.h>
#include <stdio.h>

#include "amplify/internal.h"

/* ---- what others ask for, too */

double
share_of(const struct amplified_table *table)
{
    return fmax(1, table->wanted / fmax(1, (double)table->rows));
}

void
put_parent_join(const struct model *model, int key, char kind, struct buf *out)
{
    const struct plan_key *of = &model->plan->keys[key];
    buf_printf(out, " LEFT JOIN " STAGE ".%c%d p%d ON ", kind, plan_number(model->plan, of->parent),
               key);
    for (int i = 0; i < of->key->ncolumns; i++) {
        buf_printf(out, "%sp%d.c%d = s.", i > 0 ? " AND " : "", key, of->parent_columns[i]);
        quote_ident(out, of->child->columns[of->child_columns[i]].name);
    }
}

void
put_parent_base(const struct model *model, int key, int part, struct buf *out)
{
    const struct plan_key *of = &model->plan->keys[key];
    int sought = of->parent_columns[part];
    const struct amplified_table *parent = &model->tables[plan_number(model->plan, of->parent)];
    bool refers_on = parent->columns[sought].how == COLUMN_KEY;
    buf_printf(out, refers_on ? ", p%d.a%d" : ", p%d.base", key, sought);
}

/* ---- rows as they were */

static bool
stage_one(const struct model *model, int t, struct pg_conn *conn, struct decant_error *err)
{
    const struct table *table = model->tables[t].table;
    struct buf sql = { 0 };
    buf_printf(&sql,
               "CREATE UNLOGGED TABLE " STAGE ".s%d AS SELECT pg_catalog.row_number() OVER ()"
               " AS decant_n, t.* FROM %s",
               t, table->kind == 'p' ? "" : "ONLY ");
    quote_qualified(&sql, table->schema, table->name);
    buf_printf(&sql, " t; ANALYZE " STAGE ".s%d", t);
    bool ok = pg_exec(conn, err, buf_str(&sql));
    buf_deinit(&sql);
    return ok;
}

bool
weigh_stage(const struct amplify *amplify, struct pg_conn *conn, struct decant_error *err)
{
    bool ok = true;
    for (int t = 0; ok && t < amplify->model->plan->ntables; t++)
        if (!is_left(amplify->model, t))
            ok = stage_one(amplify->model, t, conn, err);
    return ok;
}

/* ---- who brings them */

static void
put_sought(const struct model *model, int t, const char *alias, struct buf *out)
{
    const struct amplified_table *table = &model->tables[t];
    for (int c = 0; c < table->table->ncolumns; c++)
        if (table->columns[c].is_sought) {
            buf_printf(out, ", %s.", alias);
            quote_ident(out, table->table->columns[c].name);
            buf_printf(out, " AS c%d", c);
        }
}

/* Rows of different tables have different numbers: what brings itself is its own root. */
static void
put_own_root(int t, struct buf *out)
{
    buf_printf(out, "((%d::int8 << 40) | s.decant_n)", t);
}

static bool
find_roots(const struct model *model, int t, struct pg_conn *conn, struct decant_error *err)
{
    const struct amplified_table *table = &model->tables[t];
    struct buf sql = { 0 };
    bool is_owned = table->how == AMPLIFY_OWNED;
    buf_printf(&sql, "CREATE UNLOGGED TABLE " STAGE ".r%d AS SELECT s.decant_n AS n, ", t);
    if (is_owned)
        buf_printf(&sql, "coalesce(p%d.root, ", table->owner);
    put_own_root(t, &sql);
    buf_printf(&sql, "%s AS root", is_owned ? ")" : "");
    put_sought(model, t, "s", &sql);
    buf_printf(&sql, " FROM " STAGE ".s%d s", t);
    if (is_owned)
        put_parent_join(model, table->owner, 'r', &sql);
    buf_printf(&sql, "; ANALYZE " STAGE ".r%d", t);
    bool ok = pg_exec(conn, err, buf_str(&sql));
    buf_deinit(&sql);
    return ok;
}

/* ---- replicas */

/* So many that the sums of all rows up to each are as near as whole numbers can be: one of a row is
 * the difference of two. */
static void
put_whole(const char *weight, const char *order, struct buf *out)
{
    buf_printf(out,
               "(floor(sum(%1$s) OVER (ORDER BY %2$s) + 0.5) - floor(sum(%1$s) OVER (ORDER BY %2$s)"
               " - %1$s + 0.5))::int8",
               weight, order);
}

/* The numbers that a column which refers on has, of the row that it refers to. */
static void
put_numbers(const struct model *model, int t, struct buf *out)
{
    const struct amplified_table *table = &model->tables[t];
    for (int c = 0; c < table->table->ncolumns; c++) {
        const struct amplified_column *column = &table->columns[c];
        enum column_how form = columns_form(model, t, c);
        if (!column->is_sought || column->how != COLUMN_KEY || form == COLUMN_KEPT ||
            form == COLUMN_SHIFTED)
            continue;
        put_parent_base(model, column->key, column->part, out);
        buf_printf(out, " AS a%d", c);
    }
}

static void
put_number_joins(const struct model *model, int t, struct buf *out)
{
    const struct amplified_table *table = &model->tables[t];
    for (int k = 0; k < model->plan->nkeys; k++) {
        const struct plan_key *key = &model->plan->keys[k];
        bool is_needed = table->how == AMPLIFY_OWNED && k == table->owner;
        for (int c = 0; key->child == table->table && c < table->table->ncolumns; c++)
            is_needed |= table->columns[c].is_sought && table->columns[c].how == COLUMN_KEY &&
                         table->columns[c].key == k && columns_form(model, t, c) != COLUMN_KEPT;
        if (key->child == table->table && is_needed && key->parent != table->table)
            put_parent_join(model, k, 'k', out);
    }
}

/* Numbers follow the values that they stand for: rows that lay in the order of their keys, or in
 * none, still do. */
static int
number_column(const struct amplified_table *table)
{
    for (int c = 0; c < table->table->ncolumns; c++)
        if (table->columns[c].how == COLUMN_NUMBER)
            return c;
    return -1;
}

static bool
count_replicas(const struct model *model, int t, struct pg_conn *conn, struct decant_error *err)
{
    const struct amplified_table *table = &model->tables[t];
    struct buf sql = { 0 }, share = { 0 };
    int number = number_column(table);
    buf_printf(&share, "(%.17g)", share_of(table));
    buf_printf(&sql,
               "CREATE UNLOGGED TABLE " STAGE ".k%d AS SELECT q.*,"
               " (sum(k) OVER (ORDER BY place, n) - k)::int8 AS base FROM (SELECT"
               " s.decant_n AS n, r.root, ",
               t);
    if (number >= 0)
        buf_puts(&sql, "s.");
    if (number >= 0)
        quote_ident(&sql, table->table->columns[number].name);
    buf_printf(&sql, "%s AS place, ", number >= 0 ? "" : "1");
    if (table->how == AMPLIFY_OWNED) {
        buf_printf(&sql, "coalesce(p%d.k, ", table->owner);
        put_whole(buf_str(&share), "s.decant_n", &sql);
        buf_puts(&sql, ")");
    } else if (table->how == AMPLIFY_ROOT) {
        put_whole("f.w", "f.n", &sql);
    } else if (table->how == AMPLIFY_EVENLY) {
        put_whole(buf_str(&share), "s.decant_n", &sql);
    } else {
        buf_puts(&sql, "1::int8");
    }
    buf_puts(&sql, " AS k");
    put_sought(model, t, "s", &sql);
    put_numbers(model, t, &sql);
    buf_printf(&sql, " FROM " STAGE ".s%1$d s JOIN " STAGE ".r%1$d r ON r.n = s.decant_n", t);
    if (table->how == AMPLIFY_ROOT)
        buf_printf(&sql, " JOIN " STAGE ".f%d f ON f.n = s.decant_n", t);
    put_number_joins(model, t, &sql);
    buf_printf(&sql, ") q; ANALYZE " STAGE ".k%d", t);
    bool ok = pg_exec(conn, err, buf_str(&sql));
    buf_deinit(&sql);
    buf_deinit(&share);
    return ok;
}

bool
weigh_rows(const struct amplify *amplify, struct pg_conn *conn, struct decant_error *err)
{
    const struct model *model = amplify->model;
    bool ok = true;
    for (int i = 0; ok && i < model->plan->ntables; i++)
        if (!is_left(model, model->order[i]))
            ok = find_roots(model, model->order[i], conn, err);
    for (int t = 0; ok && t < model->plan->ntables; t++)
        if (model->tables[t].how == AMPLIFY_ROOT)
            ok = calibrate_roots(model, t, conn, err);
    for (int i = 0; ok && i < model->plan->ntables; i++)
        if (!is_left(model, model->order[i]))
            ok = count_replicas(model, model->order[i], conn, err);
    return ok;
}
