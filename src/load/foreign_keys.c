/* SPDX-License-Identifier: PostgreSQL */
#include "load/foreign_keys.h"

#include <assert.h>

#include "pg/quote.h"

static void
put_table(const struct table *table, struct buf *out)
{
    if (table->kind != 'p')
        buf_puts(out, "ONLY ");
    quote_qualified(out, table->schema, table->name);
}

/* Is the parent p equal to the child c in the first n columns? */
static void
put_equal(const struct plan_key *key, int n, struct buf *out)
{
    for (int i = 0; i < n; i++) {
        buf_puts(out, i > 0 ? " AND p." : "p.");
        quote_ident(out, key->parent->columns[key->parent_columns[i]].name);
        buf_printf(out, " OPERATOR(%s) c.", key->key->operators[i]);
        quote_ident(out, key->child->columns[key->child_columns[i]].name);
    }
}

/* Rows whose period no parents cover, all together. */
static void
put_uncovered(const struct plan_key *key, struct buf *out)
{
    int last = key->key->ncolumns - 1;
    buf_puts(out, "SELECT pg_catalog.count(*) FROM ");
    put_table(key->child, out);
    buf_puts(out, " c WHERE NOT coalesce((SELECT pg_catalog.range_agg(p.");
    quote_ident(out, key->parent->columns[key->parent_columns[last]].name);
    buf_puts(out, ") OPERATOR(pg_catalog.@>) c.");
    quote_ident(out, key->child->columns[key->child_columns[last]].name);
    buf_puts(out, " FROM ");
    put_table(key->parent, out);
    buf_puts(out, " p WHERE ");
    put_equal(key, last, out);
    buf_puts(out, "), false)");
}

/* Of a key that is MATCH FULL, those that are NULL in part, too. */
static void
put_orphans(const struct plan_key *key, struct buf *out)
{
    if (key->key->is_period) {
        put_uncovered(key, out);
    } else {
        buf_puts(out, "SELECT pg_catalog.count(*) FROM ");
        put_table(key->child, out);
        buf_puts(out, " c WHERE NOT EXISTS (SELECT 1 FROM ");
        put_table(key->parent, out);
        buf_puts(out, " p WHERE ");
        put_equal(key, key->key->ncolumns, out);
        buf_putc(out, ')');
    }
    for (int i = 0; i < key->key->ncolumns; i++) {
        buf_puts(out, " AND c.");
        quote_ident(out, key->child->columns[key->child_columns[i]].name);
        buf_puts(out, " IS NOT NULL");
    }
    if (!plan_key_is_full(key))
        return;
    buf_puts(out, " OR pg_catalog.num_nulls(");
    for (int i = 0; i < key->key->ncolumns; i++) {
        buf_puts(out, i > 0 ? ", c." : "c.");
        quote_ident(out, key->child->columns[key->child_columns[i]].name);
    }
    buf_printf(out, ") BETWEEN 1 AND %d", key->key->ncolumns - 1);
}

bool
foreign_keys_count_orphans(struct pg_conn *conn, const struct plan_key *key, int64_t *out,
                           struct decant_error *err)
{
    assert(key->parent != NULL && out != NULL);
    struct buf sql = { 0 };
    put_orphans(key, &sql);
    struct pg_result *result = pg_query(conn, err, buf_str(&sql), 0, NULL);
    *out = result != NULL ? pg_int(result, 0, 0) : 0;
    pg_result_free(result);
    buf_deinit(&sql);
    return result != NULL;
}
