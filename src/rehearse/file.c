/* SPDX-License-Identifier: PostgreSQL */
#include "rehearse/file.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "pg/statement.h"
#include "rehearse/file_blame.h"
#include "rehearse/script.h"
#include "rehearse/violate.h"
#include "sqlite/db.h"

static const char infix[] = ".rehearse-";

/* ---- the copy */

/* Does a run that goes on hold it? What SQLite puts beside it belongs to it. */
static bool
is_held(const char *leftover)
{
    static const char *const behind[] = { "-journal", "-wal", "-shm" };
    char *name = mem_strdup(leftover);
    for (size_t i = 0; i < sizeof behind / sizeof *behind; i++) {
        size_t len = strlen(name), end = strlen(behind[i]);
        if (len > end && strcmp(name + len - end, behind[i]) == 0)
            name[len - end] = '\0';
    }
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    bool held = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0;
    if (fd >= 0)
        close(fd);
    free(name);
    return held;
}

static void
remove_leftovers(const char *path)
{
    char *folder = file_directory(path);
    DIR *dir = opendir(folder);
    size_t len = strlen(file_name(path));
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        if (strncmp(entry->d_name, file_name(path), len) != 0 ||
            strncmp(entry->d_name + len, infix, strlen(infix)) != 0)
            continue;
        char *leftover = file_join(folder, entry->d_name);
        if (!is_held(leftover))
            unlink(leftover);
        free(leftover);
    }
    if (dir != NULL)
        closedir(dir);
    free(folder);
}

/* The kernel shares blocks where it can (copy_file_range(2)), and copies elsewhere. */
static bool
copy_bytes(int from, int to)
{
    char *block = NULL;
    ssize_t n;
    while ((n = copy_file_range(from, NULL, to, NULL, 1 << 30, 0)) > 0)
        ;
    if (n < 0 && (errno == EXDEV || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP)) {
        enum { BLOCK = 1 << 20 };
        block = mem_alloc(BLOCK);
        while ((n = read(from, block, BLOCK)) > 0)
            if (write(to, block, (size_t)n) != n) {
                n = -1;
                break;
            }
    }
    free(block);
    return n == 0;
}

bool
file_rehearse_copy(const char *path, char **copy, int *fd, struct decant_error *err)
{
    assert(path != NULL && copy != NULL && fd != NULL);
    *fd = -1;
    struct buf name = { 0 };
    buf_printf(&name, "%s-wal", path);
    bool is_busy = file_size(buf_str(&name)) > 0;
    buf_reset(&name);
    buf_printf(&name, "%s%s%d", path, infix, (int)getpid());
    *copy = buf_steal(&name);
    if (is_busy)
        return error_set(err, DECANT_REFUSED, "somebody is writing to '%s'", path);
    remove_leftovers(path);
    int from = open(path, O_RDONLY | O_CLOEXEC);
    if (from < 0)
        return error_errno(err, "cannot read '%s'", path);
    *fd = open(*copy, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok = *fd >= 0 && flock(*fd, LOCK_EX | LOCK_NB) == 0 && copy_bytes(from, *fd);
    if (!ok)
        error_errno(err, "cannot copy '%s'", path);
    close(from);
    return ok;
}

/* ---- statements */

/* SQLite's words for the SQLSTATEs that mean the same. */
static const char *
state_of(const char *message)
{
    static const struct {
        const char *text, *state;
    } states[] = {
        { "UNIQUE constraint failed", "23505" },
        { "NOT NULL constraint failed", "23502" },
        { "FOREIGN KEY constraint", "23503" },
        { "CHECK constraint failed", "23514" },
        { "no such table", "42P01" },
        { "no such column", "42703" },
        { "duplicate column", "42701" },
        { "already exists", "42P07" },
        { "syntax error", "42601" },
        { "annot add a NOT NULL column", "23502" },
        { "disk is full", "53100" },
        { "is locked", "55P03" },
    };
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (strstr(message, states[i].text) != NULL)
            return states[i].state;
    return "58000";
}

static void
take_failure(struct record *record, struct step *step, const struct decant_error *err)
{
    static const char mark[] = "constraint failed: ";
    const char *names = strstr(err->message, mark);
    step->sqlstate = state_of(err->message);
    if (names != NULL)
        step->constraint = arena_strdup(&record->arena, names + strlen(mark));
}

static bool
run_statement(struct db *db, const struct statement *statement, const char *file,
              struct record *record, int64_t began_us)
{
    struct decant_error failure = { 0 };
    struct buf text = { 0 };
    char *sql = strndup(statement->text, statement->len);
    statement_put(statement, true, &text);
    struct step *step = record_step(record);
    step->text = arena_strdup(&record->arena, buf_str(&text));
    step->sql = arena_strdup(&record->arena, sql);
    step->file = file;
    step->line = statement->line;
    step->is_exact = true;
    int64_t begun = clock_us();
    bool ok = db_exec(db, &failure, sql);
    step->from_ms = (double)(begun - began_us) / 1000;
    step->took_ms = (double)(clock_us() - begun) / 1000;
    if (!ok)
        take_failure(record, step, &failure);
    free(sql);
    buf_deinit(&text);
    return ok;
}

bool
file_rehearse_run(const char *copy, const struct decant_words *files, const atomic_int *stop,
                  struct rehearsal *out, struct decant_error *err)
{
    assert(copy != NULL && files != NULL && out != NULL);
    struct record *record = &out->record;
    struct buf *texts = mem_alloc((size_t)files->count * sizeof *texts);
    struct db *db = NULL;
    bool ok = script_read(files, texts, err) && db_open(copy, DB_WRITE, stop, &db, err);
    bool goes_on = ok;
    int64_t began = clock_us();
    for (int i = 0; goes_on && i < files->count; i++) {
        struct statements all = { buf_str(&texts[i]), buf_str(&texts[i]) + texts[i].len, 1 };
        struct statement statement;
        while (goes_on && statement_next(&all, &statement))
            goes_on = run_statement(db, &statement, files->items[i], record, began);
    }
    record->took_ms = (double)(clock_us() - began) / 1000;
    if (ok && !goes_on)
        file_blame(db, record->nsteps - 1, out);
    db_close(db);
    for (int i = 0; i < files->count; i++)
        buf_deinit(&texts[i]);
    free(texts);
    if (ok && atomic_load(stop) != 0)
        return error_set(err, DECANT_CANCELLED, "cancelled");
    return ok;
}

/* ---- what differs */

static const char changes_sql[] =
    "SELECT upper(coalesce(a.type, b.type)), coalesce(a.name, b.name), a.sql, b.sql"
    " FROM main.sqlite_schema a FULL JOIN old.sqlite_schema b USING (type, name)"
    " WHERE coalesce(a.sql, '') <> coalesce(b.sql, '') AND coalesce(a.name, b.name) NOT LIKE"
    " 'sqlite_%' ORDER BY 1, 2";

static bool
compare_schema(struct db *db, struct rehearsal *out, struct decant_error *err)
{
    struct db_stmt *stmt = db_prepare(db, changes_sql, err);
    int n = -1;
    while (stmt != NULL && (n = db_step(stmt, err)) == 1) {
        out->changes = mem_grow(out->changes, (size_t)out->nchanges, sizeof *out->changes);
        out->changes[out->nchanges++] =
            (struct change){ arena_strdup(&out->arena, db_text(stmt, 0)),
                             arena_strdup(&out->arena, db_text(stmt, 1)),
                             arena_strdup(&out->arena, db_text(stmt, 3)),
                             arena_strdup(&out->arena, db_text(stmt, 2)) };
    }
    db_finalize(stmt);
    out->has_schema = n == 0;
    return n == 0;
}

/* The number that a query of one says; -1: it cannot be run, as the table is not there. */
static int64_t
count(struct db *db, const char *schema, const char *table, const char *column)
{
    struct buf sql = { 0 };
    struct decant_error ignored = { 0 };
    int64_t n = -1;
    /* without the table's name in front, what is no column would be a text */
    buf_puts(&sql, column != NULL ? "SELECT count(counted." : "SELECT count(*");
    if (column != NULL)
        db_quote(&sql, column);
    buf_printf(&sql, ") FROM %s.", schema);
    db_quote(&sql, table);
    buf_puts(&sql, " AS counted");
    if (!db_int(db, buf_str(&sql), &n, &ignored))
        n = -1;
    buf_deinit(&sql);
    return n;
}

static void
put_loss(struct rehearsal *out, const char *table, const char *column, int64_t before,
         int64_t after)
{
    out->losses = mem_grow(out->losses, (size_t)out->nlosses, sizeof *out->losses);
    out->losses[out->nlosses++] =
        (struct loss){ arena_strdup(&out->arena, table), arena_strdup(&out->arena, column), before,
                       after > 0 ? after : 0, false };
}

static const char columns_sql[] =
    "SELECT s.name, c.name FROM old.sqlite_schema s, pragma_table_info(s.name, 'old') c"
    " WHERE s.type = 'table' AND s.name NOT LIKE 'sqlite_%' ORDER BY 1, c.cid";

static bool
compare_rows(struct db *db, struct rehearsal *out, struct decant_error *err)
{
    struct db_stmt *stmt = db_prepare(db, columns_sql, err);
    struct buf last = { 0 };
    int64_t gone = 0, now = 0;
    int n = -1;
    while (stmt != NULL && (n = db_step(stmt, err)) == 1) {
        const char *table = db_text(stmt, 0), *column = db_text(stmt, 1);
        if (last.len == 0 || strcmp(buf_str(&last), table) != 0) {
            buf_reset(&last);
            buf_puts(&last, table);
            int64_t before = count(db, "old", table, NULL);
            now = count(db, "main", table, NULL);
            gone = before > now ? before - (now > 0 ? now : 0) : 0;
            if (gone > 0)
                put_loss(out, table, NULL, before, now);
        }
        if (now < 0)
            continue; /* the table went, with its columns */
        int64_t before = count(db, "old", table, column);
        int64_t after = count(db, "main", table, column);
        if ((after > 0 ? after : 0) + gone < before)
            put_loss(out, table, column, before, after);
    }
    db_finalize(stmt);
    buf_deinit(&last);
    return n == 0;
}

static void
put_violation(struct rehearsal *out, const char *table, const char *what, int64_t rows)
{
    struct violation *violation = violate_put(out, -1);
    violation->what = what;
    violation->table = table;
    violation->rows = violation->of = rows;
}

/* Rows without a parent that had one, or were not there; and damage. */
static bool
check_soundness(struct db *db, struct rehearsal *out, struct decant_error *err)
{
    static const char orphans_sql[] =
        "SELECT a.\"table\", a.parent, count(*) - (SELECT count(*) FROM"
        " pragma_foreign_key_check(NULL, 'old') b WHERE b.\"table\" = a.\"table\""
        " AND b.parent = a.parent) AS n FROM pragma_foreign_key_check(NULL, 'main') a"
        " GROUP BY 1, 2 HAVING n > 0";
    struct db_stmt *stmt = db_prepare(db, orphans_sql, err);
    int n = -1;
    while (stmt != NULL && (n = db_step(stmt, err)) == 1)
        put_violation(out, arena_strdup(&out->arena, db_text(stmt, 0)),
                      arena_printf(&out->arena, "rows of %s have no parent in %s", db_text(stmt, 0),
                                   db_text(stmt, 1)),
                      db_column_int(stmt, 2));
    db_finalize(stmt);
    if (n != 0)
        return false;
    stmt = db_prepare(db, "PRAGMA main.integrity_check(1)", err);
    bool ok = stmt != NULL && db_step(stmt, err) == 1;
    if (ok && strcmp(db_text(stmt, 0), "ok") != 0)
        put_violation(out, "", "the file is not sound any more", 1);
    db_finalize(stmt);
    return ok;
}

bool
file_rehearse_compare(const char *path, const char *copy, const atomic_int *stop,
                      struct rehearsal *out, struct decant_error *err)
{
    assert(path != NULL && copy != NULL && out != NULL);
    struct db *db = NULL;
    struct buf attach = { 0 };
    buf_puts(&attach, "ATTACH ");
    db_quote_text(&attach, path);
    buf_puts(&attach, " AS old");
    bool ok = db_open(copy, DB_PROVE, stop, &db, err) && db_exec(db, err, buf_str(&attach)) &&
              compare_schema(db, out, err) && compare_rows(db, out, err) &&
              check_soundness(db, out, err);
    db_close(db);
    buf_deinit(&attach);
    return ok;
}
