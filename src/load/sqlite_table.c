/* SPDX-License-Identifier: PostgreSQL */
#include "load/sqlite_table.h"

#include <assert.h>

#include "base/map.h"
#include "sqlite/feed.h"

bool
sqlite_table_create(struct db *db, struct sqlite_table *table, struct decant_error *err)
{
    struct buf sql = { 0 };
    ddl_create_table(table, &sql);
    bool ok = db_exec(db, err, buf_str(&sql));
    if (!ok)
        error_context(err, "table '%s.%s'", table->source->schema, table->source->name);
    buf_deinit(&sql);
    return ok;
}

/* Rows of a stream as SQLite's cells. */
struct table_feed {
    struct feed feed;
    struct sqlite_table *table;
    struct row_stream *rows;
    struct row row;
    bool again;
};

static int
table_feed_next(struct feed *feed, struct decant_error *err)
{
    struct table_feed *f = (struct table_feed *)feed;
    return row_stream_next(f->rows, &f->row, err);
}

static bool
table_feed_cell(struct feed *feed, int i, struct cell *out, struct decant_error *err)
{
    struct table_feed *f = (struct table_feed *)feed;
    struct sqlite_column *column = &f->table->columns[i];
    if (f->row.values[i].len == DECANT_NULL)
        return true;
    switch (sqlite_cell(column, &f->row.values[i], out)) {
    case CELL_OK:
        return true;
    case CELL_DOES_NOT_FIT:
        column->as_text = true;
        f->again = true;
        return error_set(err, DECANT_BUG, "a value does not fit its column");
    case CELL_MALFORMED:
        break;
    }
    error_set(err, DECANT_BUG, "a value of type '%s' could not be read", column->source->type_name);
    return error_context(err, "column '%s'", column->source->name);
}

/* The table is read once more whatever the rest of its rows hold: which other columns do not fit is
 * found out now. */
static bool
find_misfits(struct table_feed *f, struct decant_error *err)
{
    int more = 1;
    while (more > 0) {
        for (int i = 0; i < f->table->ncolumns; i++) {
            struct sqlite_column *column = &f->table->columns[i];
            struct cell cell;
            if (!column->as_text && f->row.values[i].len != DECANT_NULL &&
                sqlite_cell(column, &f->row.values[i], &cell) == CELL_DOES_NOT_FIT)
                column->as_text = true;
        }
        more = row_stream_next(f->rows, &f->row, err);
    }
    return more == 0;
}

/* A failed table is dropped and done again: without a journal nothing can be rolled back. */
static bool
recreate(struct db *db, struct sqlite_table *table, struct decant_error *err)
{
    struct buf sql = { 0 };
    buf_puts(&sql, "DROP TABLE ");
    db_quote(&sql, table->name);
    bool ok = db_exec(db, err, buf_str(&sql)) && sqlite_table_create(db, table, err);
    buf_deinit(&sql);
    for (int i = 0; i < table->ncolumns; i++)
        table->columns[i].losses = (struct sqlite_losses){ 0 };
    return ok;
}

/* Rows that the source does not send in an order that means the same here are put in order here: by
 * a key, or else by all their columns. */
static void
put_order(const struct sqlite_table *table, struct buf *out)
{
    const struct index *key = catalog_identity(table->source);
    int n = key != NULL ? key->nkeys : table->ncolumns;
    for (int i = 0; i < n; i++)
        buf_printf(out, i == 0 ? " ORDER BY %d" : ", %d",
                   (key != NULL ? key->keys[i].column : i) + 1);
}

bool
sqlite_masks_broke(const char *index, struct decant_error *err)
{
    error_set(err, DECANT_CHECK, "masks gave two rows one key of the unique index '%s'", index);
    return error_hint(err, "nothing was published; 'decant explain' says what its columns' masks "
                           "guarantee");
}

static bool
masks_key(const struct plan *plan, const struct table *table)
{
    const struct index *key = catalog_primary_key(table);
    return key != NULL && plan_masks_index(plan, key);
}

/* Two rows of the source have one key here because of what its values lost; or else a row came
 * twice, which is a fault. */
static bool
has_equal_keys(const struct sqlite_table *table)
{
    const struct index *key = catalog_primary_key(table->source);
    bool lost = false;
    for (int k = 0; key != NULL && k < key->nkeys; k++)
        lost |= sqlite_column_merges(&table->columns[key->keys[k].column]);
    return lost && !table->has_equal_keys;
}

enum load_status
sqlite_table_fill(struct db *db, const struct plan *plan, struct sqlite_table *table,
                  struct row_stream *rows, struct decant_error *err)
{
    assert(table != NULL && rows != NULL);
    struct table_feed feed = {
        .feed = { .ncolumns = table->ncolumns, .next = table_feed_next, .cell = table_feed_cell },
        .table = table,
        .rows = rows,
    };
    struct decant_error failure = { 0 };
    if (!db_exec(db, err, "BEGIN"))
        return LOAD_FAILED;
    struct buf order = { 0 };
    if (!rows->is_ordered)
        put_order(table, &order);
    bool ok = feed_insert(db, table->name, buf_str(&order), &feed.feed, &failure);
    bool is_duplicate = !ok && db_is_duplicate(db);
    buf_deinit(&order);
    bool is_ended = db_exec(db, err, "COMMIT"); /* SQLite may have done it: the disk is full */
    if (!is_ended && !ok && !feed.again)
        *err = failure;
    if (!is_ended)
        return LOAD_FAILED;
    bool is_read = !feed.again || find_misfits(&feed, err);
    for (int i = 0; i < table->ncolumns; i++)
        buf_deinit(&table->columns[i].text);
    if (is_duplicate && masks_key(plan, table->source)) {
        sqlite_masks_broke(catalog_primary_key(table->source)->name, err);
        return LOAD_FAILED;
    }
    if (is_duplicate && has_equal_keys(table))
        table->has_equal_keys = feed.again = true;
    if (feed.again)
        return is_read && recreate(db, table, err) ? LOAD_AGAIN : LOAD_FAILED;
    if (!ok)
        *err = failure;
    return ok ? LOAD_DONE : LOAD_FAILED;
}

/* The rows of sqlite_schema, which SQLite finds by their numbers only, by the names of tables. */
static bool
find_rows(struct db *db, struct map *rows, struct arena *arena, struct decant_error *err)
{
    struct db_stmt *stmt =
        db_prepare(db, "SELECT rowid, name FROM sqlite_schema WHERE type = 'table'", err);
    int n = stmt == NULL ? -1 : 0;
    while (stmt != NULL && (n = db_step(stmt, err)) > 0) {
        int64_t *row = ARENA_NEW(arena, int64_t);
        *row = db_column_int(stmt, 0);
        map_put_name(rows, arena_strdup(arena, db_text(stmt, 1)), row);
    }
    db_finalize(stmt);
    return n == 0;
}

bool
sqlite_tables_declare(struct db *db, struct sqlite_schema *schema, struct decant_error *err)
{
    struct decant_error failure = { 0 };
    struct map rows = { 0 };
    struct arena arena = { 0 };
    bool ok = find_rows(db, &rows, &arena, err) && db_exec(db, err, "PRAGMA writable_schema = ON");
    struct db_stmt *stmt =
        ok ? db_prepare(db, "UPDATE sqlite_schema SET sql = ? WHERE rowid = ?", err) : NULL;
    for (int i = 0; stmt != NULL && ok && i < schema->ntables; i++) {
        struct sqlite_table *table = &schema->tables[i];
        struct buf sql = { 0 };
        if (table->is_absent)
            continue;
        ddl_create_table(table, &sql);
        db_bind_text(stmt, 1, buf_str(&sql));
        const int64_t *row = map_get_name(&rows, table->name);
        assert(row != NULL); /* it was made */
        db_bind_int(stmt, 2, *row);
        ok = db_step(stmt, &failure) == 0;
        buf_deinit(&sql);
    }
    db_finalize(stmt);
    map_deinit(&rows);
    arena_deinit(&arena);
    if (!ok && failure.code != DECANT_OK)
        *err = failure;
    return ok && stmt != NULL && db_exec(db, err, "PRAGMA writable_schema = RESET");
}
