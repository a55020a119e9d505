/* SPDX-License-Identifier: PostgreSQL */
#include "check/foreign_keys.h"

#include "pg/quote.h"

static void
put_table(const struct table *table, struct buf *out)
{
    if (table->kind != 'p')
        buf_puts(out, "ONLY ");
    quote_qualified(out, table->schema, table->name);
}

static void
put_orphans(const struct plan_key *key, struct buf *out)
{
    buf_puts(out, "SELECT pg_catalog.count(*) FROM ");
    put_table(key->child, out);
    buf_puts(out, " c WHERE NOT EXISTS (SELECT 1 FROM ");
    put_table(key->parent, out);
    buf_puts(out, " p WHERE ");
    for (int i = 0; i < key->key->ncolumns; i++) {
        buf_puts(out, i > 0 ? " AND p." : "p.");
        quote_ident(out, key->parent->columns[key->parent_columns[i]].name);
        buf_printf(out, " OPERATOR(%s) c.", key->key->operators[i]);
        quote_ident(out, key->child->columns[key->child_columns[i]].name);
    }
    buf_putc(out, ')');
    for (int i = 0; i < key->key->ncolumns; i++) {
        buf_puts(out, " AND c.");
        quote_ident(out, key->child->columns[key->child_columns[i]].name);
        buf_puts(out, " IS NOT NULL");
    }
}

bool
foreign_keys_count_orphans(struct pg_conn *conn, const struct plan_key *key, int64_t *out,
                           struct decant_error *err)
{
    struct buf sql = { 0 };
    put_orphans(key, &sql);
    struct pg_result *result = pg_query(conn, err, buf_str(&sql), 0, NULL);
    *out = result != NULL ? pg_int(result, 0, 0) : 0;
    pg_result_free(result);
    buf_deinit(&sql);
    return result != NULL;
}
