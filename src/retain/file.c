/* SPDX-License-Identifier: PostgreSQL */
#include <assert.h>

#include "retain/retain.h"

/* Of the rows in question; no table has such a column, but might have one called rowid. */
#define NUMBER "\"decant: number of a row\""

/* The columns that both tables have, but for those that SQLite computes: a, b, c */
static bool
put_columns(struct db *db, const char *table, struct buf *out, struct decant_error *err)
{
    static const char sql[] = "SELECT name FROM pragma_table_xinfo(?1, 'main') WHERE hidden = 0"
                              " AND name IN (SELECT name FROM pragma_table_xinfo(?1, 'old'))";
    struct db_stmt *stmt = db_prepare(db, sql, err);
    int status = -1;
    if (stmt != NULL)
        db_bind_text(stmt, 1, table);
    while (stmt != NULL && (status = db_step(stmt, err)) == 1) {
        buf_puts(out, out->len > 0 ? ", " : "");
        db_quote(out, db_text(stmt, 0));
    }
    db_finalize(stmt);
    return status == 0;
}

static bool
attach(struct db *db, const char *before, struct decant_error *err)
{
    struct buf sql = { 0 };
    buf_puts(&sql, "ATTACH ");
    db_quote_text(&sql, before);
    buf_puts(&sql, " AS old; PRAGMA foreign_keys = ON; PRAGMA synchronous = OFF");
    bool ok = db_exec(db, err, buf_str(&sql));
    buf_deinit(&sql);
    return ok;
}

/* The rows in question, numbered, so that each has its own chance. */
static bool
take_rows(struct db *db, const char *table, const char *columns, const char *where,
          struct decant_error *err)
{
    struct buf sql = { 0 };
    buf_printf(&sql,
               "CREATE TEMP TABLE decant_retained AS SELECT row_number() OVER () AS " NUMBER
               ", %s FROM old.",
               columns);
    db_quote(&sql, table);
    buf_puts(&sql, " AS ");
    db_quote(&sql, table);
    buf_printf(&sql,
               " WHERE %s\n;CREATE INDEX temp.decant_retained_n ON decant_retained (" NUMBER ")",
               where);
    bool ok = db_exec(db, err, buf_str(&sql));
    if (!ok && err->code == DECANT_BUG) /* the user's condition */
        err->code = DECANT_USAGE;
    buf_deinit(&sql);
    return ok;
}

/* One round over those that are not in yet; those that refer to others of them come in later ones.
 */
static bool
insert_rows(struct db *db, const char *table, const char *columns, int64_t *n,
            struct decant_error *err)
{
    struct buf sql = { 0 };
    struct db_stmt *ids = db_prepare(db, "SELECT " NUMBER " FROM decant_retained ORDER BY 1", err);
    int64_t carried = 0;
    int status = -1;
    buf_puts(&sql, "INSERT INTO main.");
    db_quote(&sql, table);
    buf_printf(&sql, " (%s) SELECT %s FROM decant_retained WHERE " NUMBER " = ?1", columns,
               columns);
    struct db_stmt *insert = ids != NULL ? db_prepare(db, buf_str(&sql), err) : NULL;
    struct db_stmt *forget =
        insert != NULL ? db_prepare(db, "DELETE FROM decant_retained WHERE " NUMBER " = ?1", err)
                       : NULL;
    while (forget != NULL && (status = db_step(ids, err)) == 1) {
        struct decant_error refused = { 0 };
        int64_t id = db_column_int(ids, 0);
        db_bind_int(insert, 1, id);
        if (db_step(insert, &refused) == 0) {
            db_bind_int(forget, 1, id);
            if (db_step(forget, err) < 0) {
                status = -1;
                break;
            }
            carried++;
        } else if (refused.code == DECANT_UNAVAILABLE || refused.code == DECANT_CANCELLED) {
            *err = refused;
            status = -1;
            break;
        }
    }
    db_finalize(ids);
    db_finalize(insert);
    db_finalize(forget);
    buf_deinit(&sql);
    *n = carried;
    return status == 0;
}

bool
retain_file(const char *before, const char *after, const char *table, const char *where,
            const atomic_int *stop, struct retained *out, struct decant_error *err)
{
    assert(before != NULL && after != NULL && table != NULL && where != NULL && out != NULL);
    struct db *db = NULL;
    struct buf columns = { 0 };
    int64_t round = 0;
    *out = (struct retained){ 0 };
    bool ok = db_open(after, DB_WRITE, stop, &db, err) && attach(db, before, err) &&
              put_columns(db, table, &columns, err);
    if (ok && columns.len > 0) {
        ok = take_rows(db, table, buf_str(&columns), where, err);
        do {
            if (ok && atomic_load(stop) != 0)
                ok = error_set(err, DECANT_CANCELLED, "cancelled");
            ok = ok && insert_rows(db, table, buf_str(&columns), &round, err);
            out->carried += round;
        } while (ok && round > 0);
        ok = ok && db_int(db, "SELECT count(*) FROM decant_retained", &out->refused, err);
    }
    db_close(db);
    buf_deinit(&columns);
    return ok;
}
