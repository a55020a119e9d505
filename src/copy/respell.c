/* SPDX-License-Identifier: PostgreSQL */
#include "copy/respell.h"

#include <assert.h>

#include "catalog/as_text.h"
#include "pg/quote.h"

static bool
may_differ(const struct column *column)
{
    return column->is_nondeterministic ||
           (column->type->kind == TYPE_SCALAR && column->type->scalar == SCALAR_CITEXT);
}

static bool
key_may_differ(const struct plan_key *key)
{
    for (int i = 0; !key->key->is_period && i < key->key->ncolumns; i++)
        if (may_differ(&key->child->columns[key->child_columns[i]]) ||
            may_differ(&key->parent->columns[key->parent_columns[i]]))
            return true;
    return false;
}

/* p.x OPERATOR(...) c.y AND ... */
static void
put_join(const struct plan_key *key, const char *alias, struct buf *out)
{
    for (int i = 0; i < key->key->ncolumns; i++) {
        buf_puts(out, i > 0 ? " AND p." : "p.");
        quote_ident(out, key->parent->columns[key->parent_columns[i]].name);
        buf_printf(out, " OPERATOR(%s) %s.", key->key->operators[i], alias);
        quote_ident(out, key->child->columns[key->child_columns[i]].name);
    }
}

/* The spelling of a key. */
static void
put_bytes(const char *alias, const struct column *column, struct buf *out)
{
    struct buf name = { 0 };
    buf_printf(&name, "%s.", alias);
    quote_ident(&name, column->name);
    as_text_put(column, buf_str(&name), out);
    buf_puts(out, " COLLATE \"C\"");
    buf_deinit(&name);
}

static void
put_count(const struct plan_key *key, struct buf *out)
{
    buf_puts(out, "SELECT pg_catalog.count(*) FROM ");
    catalog_put_rows(key->child, out);
    buf_puts(out, " c JOIN ");
    catalog_put_rows(key->parent, out);
    buf_puts(out, " p ON ");
    put_join(key, "c", out);
    for (int i = 0; i < key->key->ncolumns; i++) {
        buf_puts(out, i == 0 ? " WHERE " : " OR ");
        put_bytes("p", &key->parent->columns[key->parent_columns[i]], out);
        buf_puts(out, " OPERATOR(pg_catalog.<>) ");
        put_bytes("c", &key->child->columns[key->child_columns[i]], out);
    }
}

bool
respell_find(struct pg_conn *conn, struct plan *plan, struct notes *notes, struct decant_error *err)
{
    assert(plan != NULL);
    for (int i = 0; i < plan->nkeys; i++) {
        struct plan_key *key = &plan->keys[i];
        struct buf sql = { 0 };
        if (!key_may_differ(key))
            continue;
        put_count(key, &sql);
        struct pg_result *r = pg_query(conn, err, buf_str(&sql), 0, NULL);
        buf_deinit(&sql);
        if (r == NULL)
            return error_context(err, "foreign key '%s'", key->key->name);
        key->respelled = pg_int(r, 0, 0);
        pg_result_free(r);
        if (key->respelled > 0)
            notes_add(notes, NOTE_KEY_RESPELLED, "foreign key", key->respelled, "%s.%s.%s",
                      key->child->schema, key->child->name, key->key->name);
    }
    return true;
}

const struct plan_key *
respell_key(const struct plan *plan, const struct table *table, int column)
{
    assert(column >= 0);
    for (int i = 0; i < plan->nkeys; i++) {
        const struct plan_key *key = &plan->keys[i];
        if (key->child != table || key->respelled == 0)
            continue;
        for (int j = 0; j < key->key->ncolumns; j++)
            if (key->child_columns[j] == column)
                return key;
    }
    return NULL;
}

void
respell_put(const struct plan_key *key, int column, const char *alias, struct buf *out)
{
    assert(key != NULL && column >= 0);
    int at = 0;
    while (key->child_columns[at] != column)
        at++;
    buf_puts(out, "coalesce((SELECT p.");
    quote_ident(out, key->parent->columns[key->parent_columns[at]].name);
    buf_puts(out, " FROM ");
    catalog_put_rows(key->parent, out);
    buf_puts(out, " p WHERE ");
    put_join(key, alias, out);
    buf_printf(out, "), %s.", alias);
    quote_ident(out, key->child->columns[column].name);
    buf_putc(out, ')');
}
