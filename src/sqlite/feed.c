/* SPDX-License-Identifier: PostgreSQL */
#include "sqlite/feed.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "sqlite/internal.h"

/* One row source per statement: the module is registered anew for each table. */
struct source {
    struct feed *feed;
    struct decant_error failure;
};

struct feed_table {
    sqlite3_vtab base;
    struct source *source;
};

struct feed_cursor {
    sqlite3_vtab_cursor base;
    struct source *source;
    sqlite3_int64 row;
    bool at_end;
};

static int
feed_connect(sqlite3 *handle, void *aux, int argc, const char *const *argv, sqlite3_vtab **out,
             char **message)
{
    struct source *source = aux;
    struct buf sql = { 0 };
    (void)argc;
    (void)argv;
    (void)message;
    buf_puts(&sql, "CREATE TABLE x(");
    for (int i = 0; i < source->feed->ncolumns; i++)
        buf_printf(&sql, i == 0 ? "c%d" : ",c%d", i);
    buf_putc(&sql, ')');
    int code = sqlite3_declare_vtab(handle, buf_str(&sql));
    buf_deinit(&sql);
    if (code != SQLITE_OK)
        return code;
    struct feed_table *table = mem_alloc(sizeof *table);
    table->source = source;
    *out = &table->base;
    return SQLITE_OK;
}

static int
feed_disconnect(sqlite3_vtab *table)
{
    free(table);
    return SQLITE_OK;
}

static int
feed_best_index(sqlite3_vtab *table, sqlite3_index_info *info)
{
    (void)table;
    info->estimatedCost = 1e6;
    return SQLITE_OK;
}

static int
feed_open(sqlite3_vtab *table, sqlite3_vtab_cursor **out)
{
    struct feed_cursor *cursor = mem_alloc(sizeof *cursor);
    cursor->source = ((struct feed_table *)table)->source;
    *out = &cursor->base;
    return SQLITE_OK;
}

static int
feed_close(sqlite3_vtab_cursor *cursor)
{
    free(cursor);
    return SQLITE_OK;
}

static int
feed_next(sqlite3_vtab_cursor *base)
{
    struct feed_cursor *cursor = (struct feed_cursor *)base;
    struct source *source = cursor->source;
    int n = source->feed->next(source->feed, &source->failure);
    cursor->at_end = n <= 0;
    cursor->row++;
    return n < 0 ? SQLITE_ERROR : SQLITE_OK;
}

static int
feed_filter(sqlite3_vtab_cursor *cursor, int number, const char *text, int argc,
            sqlite3_value **argv)
{
    (void)number;
    (void)text;
    (void)argc;
    (void)argv;
    return feed_next(cursor);
}

static int
feed_eof(sqlite3_vtab_cursor *cursor)
{
    return ((struct feed_cursor *)cursor)->at_end;
}

static int
feed_column(sqlite3_vtab_cursor *cursor, sqlite3_context *context, int column)
{
    struct source *source = ((struct feed_cursor *)cursor)->source;
    struct cell cell = { .kind = CELL_NULL };
    if (!source->feed->cell(source->feed, column, &cell, &source->failure))
        return SQLITE_ERROR;
    switch (cell.kind) {
    case CELL_NULL:
        break;
    case CELL_INTEGER:
        sqlite3_result_int64(context, cell.integer);
        break;
    case CELL_REAL:
        sqlite3_result_double(context, cell.real);
        break;
    case CELL_TEXT:
        sqlite3_result_text64(context, cell.len > 0 ? cell.data : "", cell.len, SQLITE_STATIC,
                              SQLITE_UTF8);
        break;
    case CELL_BLOB:
        sqlite3_result_blob64(context, cell.len > 0 ? cell.data : "", cell.len, SQLITE_STATIC);
        break;
    }
    return SQLITE_OK;
}

static int
feed_rowid(sqlite3_vtab_cursor *cursor, sqlite3_int64 *out)
{
    *out = ((struct feed_cursor *)cursor)->row;
    return SQLITE_OK;
}

/* Without xCreate the module is a table by itself: nothing is written to the schema. */
static const sqlite3_module module = {
    .xConnect = feed_connect,
    .xDisconnect = feed_disconnect,
    .xDestroy = feed_disconnect,
    .xBestIndex = feed_best_index,
    .xOpen = feed_open,
    .xClose = feed_close,
    .xFilter = feed_filter,
    .xNext = feed_next,
    .xEof = feed_eof,
    .xColumn = feed_column,
    .xRowid = feed_rowid,
};

/* One that no table has: else SQLite would read that. */
static bool
choose_name(struct db *db, char *out, size_t size, struct decant_error *err)
{
    int64_t n = 1;
    for (int i = 0; n > 0; i++) {
        char sql[128];
        snprintf(out, size, "decant_feed_%d", i);
        snprintf(sql, sizeof sql, "SELECT count(*) FROM sqlite_master WHERE lower(name) = '%s'",
                 out);
        if (!db_int(db, sql, &n, err))
            return false;
    }
    return true;
}

bool
feed_insert(struct db *db, const char *table, const char *order, struct feed *feed,
            struct decant_error *err)
{
    assert(table != NULL && feed != NULL);
    struct source source = { .feed = feed };
    struct buf sql = { 0 };
    char name[32];
    if (!choose_name(db, name, sizeof name, err))
        return false;
    int code = sqlite3_create_module(db->handle, name, &module, &source);
    if (code != SQLITE_OK)
        return db_error(db, code, err);
    buf_puts(&sql, "INSERT INTO ");
    db_quote(&sql, table);
    buf_printf(&sql, " SELECT * FROM %s%s", name, order);
    bool ok = db_exec(db, err, buf_str(&sql));
    if (!ok && source.failure.code != DECANT_OK)
        *err = source.failure;
    buf_deinit(&sql);
    sqlite3_create_module(db->handle, name, NULL, NULL);
    return ok;
}
