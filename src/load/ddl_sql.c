/* SPDX-License-Identifier: PostgreSQL */
/* The text of CREATE TABLE and CREATE INDEX. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "load/ddl_sqlite.h"
#include "load/translate.h"
#include "row/plain.h"

static struct translate_scope
table_scope(const struct sqlite_table *table, enum translate_purpose purpose)
{
    return (struct translate_scope){ .purpose = purpose,
                                     .columns = table->columns,
                                     .ncolumns = table->ncolumns,
                                     .profile = table->columns[0].profile };
}

static void
put_literal(const struct cell *cell, struct buf *out)
{
    assert(cell != NULL);
    switch (cell->kind) {
    case CELL_INTEGER:
        buf_printf(out, "%lld", (long long)cell->integer);
        break;
    case CELL_REAL: /* SQLite has no word for infinity, but reads what is beyond a double as such */
        if (isinf(cell->real))
            buf_puts(out, cell->real < 0 ? "-9e999" : "9e999");
        else
            buf_printf(out, "%.17g", cell->real);
        break;
    case CELL_BLOB:
        buf_puts(out, "X'");
        plain_hex(cell->data, cell->len, out);
        buf_putc(out, '\'');
        break;
    case CELL_TEXT: {
        char *text = mem_alloc(cell->len + 1);
        memcpy(text, cell->data, cell->len);
        text[cell->len] = '\0';
        db_quote_text(out, text);
        free(text);
        break;
    }
    case CELL_NULL:
        buf_puts(out, "NULL");
        break;
    }
}

/* Spelled as in the rows of the source. */
static bool
put_constant(const struct sqlite_column *column, const struct decant_value *value, struct buf *out)
{
    struct sqlite_column twin = *column; /* counts what its values lost, and this is none of them */
    struct cell cell = { .kind = CELL_NULL };
    twin.text = (struct buf){ 0 };
    bool ok = value->len < 0 || sqlite_cell(&twin, value, &cell) == CELL_OK;
    if (ok && value->len >= 0) {
        buf_puts(out, " DEFAULT ");
        put_literal(&cell, out);
    }
    buf_deinit(&twin.text);
    return ok;
}

bool
ddl_default(const struct sqlite_table *table, int number, struct buf *out)
{
    assert(number >= 0 && number < table->ncolumns);
    const struct column *column = table->columns[number].source;
    const struct decant_value *constant = table->columns[number].constant;
    struct translate_scope scope = table_scope(table, TRANSLATE_DEFAULT);
    struct buf sql = { 0 };
    if (column->default_sql == NULL || column->is_generated || column->has_sequence)
        return true;
    if (constant != NULL)
        return put_constant(&table->columns[number], constant, out);
    scope.filled = &table->columns[number];
    bool ok = translate(&scope, column->default_sql, &sql);
    const char *s = buf_str(&sql);
    bool is_plain = s[0] == '\'' || (s[0] >= '0' && s[0] <= '9') || s[0] == '-' ||
                    strncmp(s, "CURRENT_", 8) == 0 || strcmp(s, "NULL") == 0;
    if (ok && strcmp(s, "NULL") != 0)
        buf_printf(out, is_plain ? " DEFAULT %s" : " DEFAULT (%s)", s);
    buf_deinit(&sql);
    return ok;
}

static void
put_column(const struct sqlite_table *table, int i, struct buf *out)
{
    assert(table != NULL && i >= 0);
    const struct sqlite_column *column = &table->columns[i];
    db_quote(out, column->name);
    buf_putc(out, ' ');
    if (i == table->integer_key) {
        bool lower = column->profile->is_django;
        buf_puts(out, lower ? "integer NOT NULL PRIMARY KEY" : "INTEGER NOT NULL PRIMARY KEY");
        if (column->source->has_sequence)
            buf_puts(out, " AUTOINCREMENT");
    } else {
        sqlite_declared_type(column, out);
    }
    if (column->source->not_null && !column->is_emptied && i != table->integer_key)
        buf_puts(out, " NOT NULL");
    ddl_default(table, i, out);
    const struct type *type = column->source->type;
    if (type->kind == TYPE_ENUM) {
        buf_puts(out, " CHECK (");
        db_quote(out, column->name);
        buf_puts(out, " IN (");
        for (int j = 0; j < type->nlabels; j++) {
            buf_puts(out, j > 0 ? ", " : "");
            db_quote_text(out, type->labels[j]);
        }
        buf_puts(out, "))");
    }
    bool is_json = type_is_json(type);
    if (is_json && column->profile->is_django) {
        buf_puts(out, " CHECK ((JSON_VALID(");
        db_quote(out, column->name);
        buf_puts(out, ") OR ");
        db_quote(out, column->name);
        buf_puts(out, " IS NULL))");
    }
}

static void
put_names(const struct sqlite_table *table, const int *columns, int n, struct buf *out)
{
    buf_putc(out, '(');
    for (int i = 0; i < n; i++) {
        buf_puts(out, i > 0 ? ", " : "");
        db_quote(out, table->columns[columns[i]].name);
    }
    buf_putc(out, ')');
}

static const char *
action(char code)
{
    switch (code) {
    case 'r':
        return "RESTRICT";
    case 'c':
        return "CASCADE";
    case 'n':
        return "SET NULL";
    case 'd':
        return "SET DEFAULT";
    }
    return NULL;
}

void
ddl_full_match(const struct sqlite_table *table, const struct sqlite_key *key, struct buf *out)
{
    assert(table != NULL && plan_key_is_full(key->plan));
    for (int pass = 0; pass < 2; pass++) {
        buf_puts(out, pass == 0 ? "" : " OR ");
        for (int i = 0; i < key->plan->key->ncolumns; i++) {
            buf_puts(out, i > 0 ? " AND " : "(");
            db_quote(out, table->columns[key->plan->child_columns[i]].name);
            buf_puts(out, pass == 0 ? " IS NULL" : " IS NOT NULL");
        }
        buf_putc(out, ')');
    }
}

static void
put_key(const struct sqlite_table *table, const struct sqlite_key *key, struct buf *out)
{
    assert(table != NULL && key != NULL);
    const struct plan_key *plan = key->plan;
    const struct foreign_key *source = plan->key;
    buf_puts(out, ",\n  CONSTRAINT ");
    db_quote(out, source->name);
    buf_puts(out, " FOREIGN KEY ");
    put_names(table, plan->child_columns, source->ncolumns, out);
    buf_puts(out, " REFERENCES ");
    db_quote(out, key->parent->name);
    buf_putc(out, ' ');
    put_names(key->parent, plan->parent_columns, source->ncolumns, out);
    if (action(source->on_update) != NULL)
        buf_printf(out, " ON UPDATE %s", action(source->on_update));
    if (action(source->on_delete) != NULL)
        buf_printf(out, " ON DELETE %s", action(source->on_delete));
    if (source->is_deferrable && source->is_deferred)
        buf_puts(out, " DEFERRABLE INITIALLY DEFERRED");
    if (!plan_key_is_full(plan))
        return;
    buf_puts(out, ",\n  CHECK (");
    ddl_full_match(table, key, out);
    buf_putc(out, ')');
}

static void
put_check(const struct sqlite_table *table, struct sqlite_check *check, struct buf *out)
{
    struct translate_scope scope = table_scope(table, TRANSLATE_CHECK);
    struct buf sql = { 0 };
    scope.value = check->value;
    if (check->state <= CHECK_REFUSED)
        check->state = translate(&scope, check->sql, &sql) ? CHECK_CARRIED : CHECK_REFUSED;
    if (check->state == CHECK_CARRIED) {
        buf_puts(out, ",\n  CONSTRAINT ");
        db_quote(out, check->name);
        bool is_wrapped = translate_is_wrapped(buf_str(&sql)); /* some tools read one pair only */
        buf_printf(out, is_wrapped ? " CHECK %s" : " CHECK (%s)", buf_str(&sql));
    }
    buf_deinit(&sql);
}

void
ddl_create_table(struct sqlite_table *table, struct buf *out)
{
    assert(table->ncolumns > 0);
    buf_puts(out, "CREATE TABLE ");
    db_quote(out, table->name);
    buf_puts(out, " (");
    for (int i = 0; i < table->ncolumns; i++) {
        buf_puts(out, i > 0 ? ",\n  " : "\n  ");
        put_column(table, i, out);
    }
    const struct index *key = catalog_primary_key(table->source);
    if (key != NULL && table->integer_key < 0 && !table->has_equal_keys) {
        buf_puts(out, ",\n  PRIMARY KEY (");
        for (int i = 0; i < key->nkeys; i++) {
            buf_puts(out, i > 0 ? ", " : "");
            db_quote(out, table->columns[key->keys[i].column].name);
        }
        buf_putc(out, ')');
    }
    for (int i = 0; i < table->nchecks; i++)
        put_check(table, &table->checks[i], out);
    for (int i = 0; i < table->nkeys; i++)
        if (table->keys[i].state == KEY_CARRIED)
            put_key(table, &table->keys[i], out);
    buf_puts(out, "\n)");
}

static bool
put_index_value(const struct sqlite_table *table, const struct index_key *key, struct buf *out)
{
    struct translate_scope scope = table_scope(table, TRANSLATE_INDEX);
    if (key->column < 0)
        return key->sql != NULL && translate(&scope, key->sql, out);
    db_quote(out, table->columns[key->column].name);
    return true;
}

static bool
put_index_key(const struct sqlite_table *table, const struct index_key *key, struct buf *out)
{
    if (!put_index_value(table, key, out))
        return false;
    if (key->is_descending)
        buf_puts(out, " DESC");
    return true;
}

static bool
put_predicate(const struct sqlite_table *table, const char *predicate, struct buf *out)
{
    struct translate_scope scope = table_scope(table, TRANSLATE_INDEX);
    return translate(&scope, predicate, out);
}

/* (a IS NULL, ifnull(a, 0), ...) WHERE (a IS NULL OR ...): the rows that a unique index lets pass,
 * where its own predicate holds. */
static bool
put_null_keys(const struct sqlite_index *index, struct buf *out)
{
    const struct index *source = index->source;
    for (int pass = 0; pass < 2; pass++) {
        buf_puts(out, pass == 0 ? "(" : ") WHERE (");
        for (int i = 0; i < source->nkeys; i++) {
            buf_puts(out, i == 0 ? "" : pass == 0 ? ", " : " OR ");
            if (!put_index_value(index->table, &source->keys[i], out))
                return false;
            buf_puts(out, " IS NULL");
            if (pass == 1)
                continue;
            buf_puts(out, ", ifnull(");
            if (!put_index_value(index->table, &source->keys[i], out))
                return false;
            buf_puts(out, ", 0)");
        }
    }
    buf_putc(out, ')');
    if (source->predicate == NULL)
        return true;
    buf_puts(out, " AND (");
    bool ok = put_predicate(index->table, source->predicate, out);
    buf_putc(out, ')');
    return ok;
}

bool
ddl_create_index(const struct sqlite_index *index, struct buf *out)
{
    assert(index != NULL);
    const struct index *source = index->source;
    const struct sqlite_table *table = index->table;
    int n = source->nkeys + (index->with_include ? source->nincluded : 0);
    buf_puts(out, index->is_unique ? "CREATE UNIQUE INDEX " : "CREATE INDEX ");
    db_quote(out, index->name);
    buf_puts(out, " ON ");
    db_quote(out, table->name);
    buf_putc(out, ' ');
    if (index->for_nulls)
        return put_null_keys(index, out);
    for (int i = 0; i < n; i++) {
        buf_puts(out, i > 0 ? ", " : "(");
        if (!put_index_key(table, &source->keys[i], out))
            return false;
    }
    buf_putc(out, ')');
    if (source->predicate == NULL)
        return true;
    buf_puts(out, " WHERE ");
    return put_predicate(table, source->predicate, out);
}
