/* SPDX-License-Identifier: PostgreSQL */
/* Two SQLite files, which one connection reads side by side: main is the one before, b the other.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "diff/diff.h"

/* A table of either file, and its key where both have the same. */
struct pair {
    const char *name;
    bool is_before, is_after;
    int nkeys, nothers; /* columns that both have */
    const char **keys, **others;
};

struct reading {
    struct db *db;
    struct diff *diff;
    int npairs;
    struct pair *pairs; /* on the heap */
};

static bool
list_tables(struct reading *reading, struct decant_error *err)
{
    static const char sql[] =
        "SELECT name, max(side = 0), max(side = 1) FROM"
        " (SELECT name, 0 AS side FROM main.sqlite_schema WHERE type = 'table'"
        " UNION ALL SELECT name, 1 FROM b.sqlite_schema WHERE type = 'table')"
        " WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' GROUP BY name ORDER BY name";
    struct db_stmt *stmt = db_prepare(reading->db, sql, err);
    int status = -1;
    while (stmt != NULL && (status = db_step(stmt, err)) == 1) {
        reading->pairs = mem_grow(reading->pairs, (size_t)reading->npairs, sizeof *reading->pairs);
        reading->pairs[reading->npairs++] =
            (struct pair){ .name = arena_strdup(&reading->diff->arena, db_text(stmt, 0)),
                           .is_before = db_column_int(stmt, 1) != 0,
                           .is_after = db_column_int(stmt, 2) != 0 };
    }
    db_finalize(stmt);
    return status == 0;
}

/* Columns of both sides by name, with their types, and their places in the keys. */
static bool
compare_columns(struct reading *reading, struct pair *pair, struct decant_error *err)
{
    static const char sql[] =
        "SELECT name, max(CASE side WHEN 0 THEN type END), max(CASE side WHEN 1 THEN type END),"
        " coalesce(max(CASE side WHEN 0 THEN pk END), -1),"
        " coalesce(max(CASE side WHEN 1 THEN pk END), -1)"
        " FROM (SELECT 0 AS side, name, type, pk FROM pragma_table_info(?1, 'main')"
        " UNION ALL SELECT 1, name, type, pk FROM pragma_table_info(?1, 'b'))"
        " GROUP BY name ORDER BY max(pk), name";
    struct arena *arena = &reading->diff->arena;
    struct db_stmt *stmt = db_prepare(reading->db, sql, err);
    int status = -1;
    bool same_key = true;
    if (stmt != NULL)
        db_bind_text(stmt, 1, pair->name);
    while (stmt != NULL && (status = db_step(stmt, err)) == 1) {
        const char *name = arena_strdup(arena, db_text(stmt, 0));
        const char *was = arena_strdup(arena, db_text(stmt, 1));
        const char *now = arena_strdup(arena, db_text(stmt, 2));
        int64_t pk_before = db_column_int(stmt, 3), pk_after = db_column_int(stmt, 4);
        if (was == NULL || now == NULL || strcmp(was, now) != 0)
            diff_add_change(reading->diff, "column", arena_printf(arena, "%s.%s", pair->name, name),
                            was != NULL ? was : "", now != NULL ? now : "");
        same_key &= (pk_before > 0) == (pk_after > 0) && (pk_before <= 0 || pk_before == pk_after);
        if (was == NULL || now == NULL)
            continue;
        const char ***list = pk_before > 0 ? &pair->keys : &pair->others;
        int *n = pk_before > 0 ? &pair->nkeys : &pair->nothers;
        *list = mem_grow(*list, (size_t)*n, sizeof **list);
        (*list)[(*n)++] = name;
    }
    db_finalize(stmt);
    if (!same_key)
        pair->nkeys = 0;
    return status == 0;
}

static void
put_columns(struct buf *sql, const char *side, const char *const *columns, int n, bool by_bytes)
{
    for (int i = 0; i < n; i++) {
        buf_printf(sql, "%s%s.", i > 0 ? ", " : "", side);
        db_quote(sql, columns[i]);
        buf_puts(sql, by_bytes ? " COLLATE BINARY" : "");
    }
}

/* As rows: so many columns joined by AND would nest too deeply. Keys are the same where the table
 * says so, other values only byte by byte. */
static void
put_same(struct buf *sql, const char *const *columns, int n, bool by_bytes)
{
    buf_putc(sql, '(');
    put_columns(sql, "x", columns, n, by_bytes);
    buf_puts(sql, ") IS (");
    put_columns(sql, "y", columns, n, false);
    buf_putc(sql, ')');
}

static bool
count(struct reading *reading, const struct buf *sql, int64_t *out, struct decant_error *err)
{
    return db_int(reading->db, buf_str(sql), out, err);
}

/* Rows of x of which y has none with that key. */
static bool
count_missing(struct reading *reading, const struct pair *pair, const char *x, const char *y,
              int64_t *out, struct decant_error *err)
{
    struct buf sql = { 0 };
    buf_printf(&sql, "SELECT count(*) FROM %s.", x);
    db_quote(&sql, pair->name);
    buf_printf(&sql, " x WHERE NOT EXISTS (SELECT 1 FROM %s.", y);
    db_quote(&sql, pair->name);
    buf_puts(&sql, " y WHERE ");
    put_same(&sql, pair->keys, pair->nkeys, false);
    buf_putc(&sql, ')');
    bool ok = count(reading, &sql, out, err);
    buf_deinit(&sql);
    return ok;
}

static bool
count_changed(struct reading *reading, const struct pair *pair, int64_t *out,
              struct decant_error *err)
{
    struct buf sql = { 0 };
    *out = 0;
    if (pair->nothers == 0)
        return true;
    buf_puts(&sql, "SELECT count(*) FROM main.");
    db_quote(&sql, pair->name);
    buf_puts(&sql, " x JOIN b.");
    db_quote(&sql, pair->name);
    buf_puts(&sql, " y ON ");
    put_same(&sql, pair->keys, pair->nkeys, false);
    buf_puts(&sql, " WHERE NOT (");
    put_same(&sql, pair->others, pair->nothers, true);
    buf_putc(&sql, ')');
    bool ok = count(reading, &sql, out, err);
    buf_deinit(&sql);
    return ok;
}

static bool
count_rows(struct reading *reading, const char *side, const char *table, int64_t *out,
           struct decant_error *err)
{
    struct buf sql = { 0 };
    buf_printf(&sql, "SELECT count(*) FROM %s.", side);
    db_quote(&sql, table);
    bool ok = count(reading, &sql, out, err);
    buf_deinit(&sql);
    return ok;
}

static bool
compare_pair(struct reading *reading, struct pair *pair, struct decant_error *err)
{
    struct diff_table table = { pair->name, -1, -1, -1, -1, -1 };
    bool is_both = pair->is_before && pair->is_after;
    bool ok = (!is_both || compare_columns(reading, pair, err)) &&
              (!pair->is_before || count_rows(reading, "main", pair->name, &table.before, err)) &&
              (!pair->is_after || count_rows(reading, "b", pair->name, &table.after, err));
    if (ok && is_both && pair->nkeys > 0)
        ok = count_missing(reading, pair, "b", "main", &table.came, err) &&
             count_missing(reading, pair, "main", "b", &table.went, err) &&
             count_changed(reading, pair, &table.changed, err);
    if (ok)
        diff_add_table(reading->diff, &table);
    free(pair->keys);
    free(pair->others);
    return ok;
}

bool
diff_files(const char *before, const char *after, const atomic_int *stop, struct diff *out,
           struct decant_error *err)
{
    assert(before != NULL && after != NULL && out != NULL);
    struct reading reading = { .diff = out };
    struct buf sql = { 0 };
    buf_puts(&sql, "ATTACH ");
    db_quote_text(&sql, after);
    buf_puts(&sql, " AS b");
    bool ok = db_open(before, DB_READ, stop, &reading.db, err) &&
              db_exec(reading.db, err, buf_str(&sql)) && list_tables(&reading, err);
    for (int i = 0; ok && i < reading.npairs; i++)
        ok = compare_pair(&reading, &reading.pairs[i], err);
    db_close(reading.db);
    free(reading.pairs);
    buf_deinit(&sql);
    return ok;
}
