/* SPDX-License-Identifier: PostgreSQL */
#include "rehearse/beyond.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "pg/statement.h"
#include "rehearse/migration.h"
#include "rehearse/script.h"
#include "rehearse/violate.h"

/* What everything is behind a COMMIT or SAVEPOINT that failed, until the block ends. */
#define IN_FAILED_TRANSACTION "25P02"

struct pass {
    struct pg_conn *conn;
    struct rehearsal *out;
    bool goes_on;
    bool is_over;
    bool is_super; /* its session may keep triggers from running */
};

/* One that a savepoint must not stand around. */
static bool
is_control(const struct statement *statement)
{
    static const char *const words[] = { "ABORT",   "BEGIN",    "COMMIT",    "END",  "PREPARE",
                                         "RELEASE", "ROLLBACK", "SAVEPOINT", "START" };
    char word[16];
    statement_word(statement, 0, word, sizeof word);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i], word) == 0)
            return true;
    return false;
}

/* Statements of our own: what becomes of them shows in what is tried next. */
static void
say(struct pass *pass, const char *sql)
{
    struct decant_error ignored = { 0 };
    pg_exec(pass->conn, &ignored, sql);
}

/* The failure as a step: the record's, or a further one. */
static int
step_of(struct pass *pass, const char *file, const struct statement *statement)
{
    struct record *record = &pass->out->record;
    for (int i = 0; i < record->nsteps; i++) {
        const struct step *known = &record->steps[i];
        if (known->sqlstate[0] != '\0' && known->line == statement->line &&
            strncmp(known->sql, statement->text, statement->len) == 0 && known->file != NULL &&
            strcmp(known->file, file) == 0)
            return i;
    }
    struct record *beyond = &pass->out->beyond;
    struct arena *arena = &beyond->arena;
    struct pg_failure failure = pg_conn_failure(pass->conn);
    struct buf text = { 0 };
    struct step *step = record_step(beyond);
    statement_put(statement, true, &text);
    *step = (struct step){ .text = arena_strdup(arena, buf_str(&text)),
                           .sql = arena_strndup(arena, statement->text, statement->len),
                           .file = arena_strdup(arena, file),
                           .line = statement->line,
                           .tag = "",
                           .sqlstate = arena_strdup(arena, failure.sqlstate),
                           .schema = arena_strdup(arena, failure.schema),
                           .table = arena_strdup(arena, failure.table),
                           .column = arena_strdup(arena, failure.column),
                           .constraint = arena_strdup(arena, failure.constraint),
                           .datatype = arena_strdup(arena, failure.datatype),
                           .wal_bytes = -1,
                           .temp_bytes = -1,
                           .rows = -1,
                           .lock_timeout_ms = -1,
                           .statement_timeout_ms = -1 };
    buf_deinit(&text);
    return record->nsteps + beyond->nsteps - 1;
}

/* Tries something in the place of the statement; what fails leaves nothing. */
static bool
attempt(struct pass *pass, const char *first, int nparams, const char *const *params,
        const char *second)
{
    struct decant_error ignored = { 0 };
    bool is_inside = pg_conn_is_attached(pass->conn);
    say(pass, is_inside ? "SAVEPOINT decant_instead" : "BEGIN");
    struct pg_result *r =
        first != NULL ? pg_query(pass->conn, &ignored, first, nparams, params) : NULL;
    bool ok = first == NULL || r != NULL;
    pg_result_free(r);
    ok = ok && pg_exec(pass->conn, &ignored, second);
    if (!ok)
        say(pass, is_inside ? "ROLLBACK TO SAVEPOINT decant_instead" : "ROLLBACK");
    say(pass, is_inside ? "RELEASE SAVEPOINT decant_instead" : "COMMIT");
    return ok;
}

/* Rows stay where they are, so that what is counted behind this is what it would be; no trigger
 * runs for a superuser. */
static bool
without_values(struct pass *pass, const struct culprits *culprits, const char *sql)
{
    if (culprits->places == NULL)
        return false;
    const char *params[] = { culprits->tables, culprits->places };
    struct decant_error ignored = { 0 };
    struct buf first = { 0 }, role = { 0 };
    buf_printf(&first,
               "UPDATE %s SET %s = NULL WHERE (tableoid, ctid) IN"
               " (SELECT t, p FROM ROWS FROM (pg_catalog.unnest($1::oid[]),"
               " pg_catalog.unnest($2::tid[])) AS r(t, p))",
               culprits->table_sql, culprits->column_sql);
    buf_puts(&role, "SET session_replication_role = ");
    bool silences =
        pass->is_super && pg_value(pass->conn, &ignored, "SHOW session_replication_role", &role);
    if (silences)
        say(pass, "SET session_replication_role = replica");
    bool ok = attempt(pass, buf_str(&first), 2, params, sql);
    if (silences)
        say(pass, buf_str(&role)); /* the files may have set it themselves */
    buf_deinit(&first);
    buf_deinit(&role);
    return ok;
}

/* How it went on behind the statement. */
static const char *
go_past(struct pass *pass, const struct culprits *culprits, const char *sql)
{
    if (culprits->past_sql != NULL && attempt(pass, NULL, 0, NULL, culprits->past_sql))
        return culprits->past;
    if (culprits->column_sql != NULL && without_values(pass, culprits, sql))
        return "with NULL in their place";
    return "left out";
}

/* What a statement that failed failed for. Inside a block all is as before it by a savepoint. */
static void
meet(struct pass *pass, const char *file, const struct statement *statement, bool is_inside)
{
    struct culprits culprits = { 0 };
    struct rehearsal *out = pass->out;
    int step = step_of(pass, file, statement);
    const char *past = "left out";
    say(pass, is_inside ? "ROLLBACK TO SAVEPOINT decant_beyond" : "BEGIN");
    bool blames = violate_blames_rows(rehearsal_step(out, step));
    if (blames)
        violate_meet(pass->conn, step, out, &culprits);
    say(pass, is_inside ? "ROLLBACK TO SAVEPOINT decant_beyond" : "ROLLBACK");
    if (pass->goes_on && blames) {
        char *sql = strndup(statement->text, statement->len);
        past = go_past(pass, &culprits, sql);
        free(sql);
    }
    if (pass->goes_on && blames)
        out->violations[out->nviolations - 1].past = past;
    pass->is_over = !pass->goes_on;
    arena_deinit(&culprits.arena);
}

static bool
run_one(struct pass *pass, const char *file, struct statements *all,
        const struct statement *statement, struct decant_error *err)
{
    bool is_inside = pg_conn_is_attached(pass->conn) && !is_control(statement);
    if (is_inside)
        say(pass, "SAVEPOINT decant_beyond");
    if (!script_run(pass->conn, all, statement, err)) {
        if (err->sqlstate[0] == '\0' || err->code == DECANT_CANCELLED)
            return false;
        bool follows = strcmp(err->sqlstate, IN_FAILED_TRANSACTION) == 0;
        *err = (struct decant_error){ 0 };
        if (!follows)
            meet(pass, file, statement, is_inside);
    }
    if (is_inside)
        say(pass, "RELEASE SAVEPOINT decant_beyond");
    return true;
}

static bool
is_superuser(struct pg_conn *conn, bool *is, struct decant_error *err)
{
    struct buf text = { 0 };
    bool ok = pg_value(conn, err, "SHOW is_superuser", &text);
    *is = ok && strcmp(buf_str(&text), "on") == 0;
    buf_deinit(&text);
    return ok;
}

bool
beyond_find(const struct pg_info *info, const struct decant_words *files, bool goes_on,
            const atomic_int *stop, struct rehearsal *out, struct decant_error *err)
{
    assert(info != NULL && files->count > 0 && out != NULL);
    struct buf *texts = mem_alloc((size_t)files->count * sizeof *texts);
    struct pass pass = { .out = out, .goes_on = goes_on };
    bool ok = script_read(files, texts, err);
    pass.conn = ok ? pg_connect_plain(info, "decant replay", stop, err) : NULL;
    ok = pass.conn != NULL && is_superuser(pass.conn, &pass.is_super, err);
    for (int i = 0; ok && !pass.is_over && i < files->count; i++) {
        struct statements all = { buf_str(&texts[i]), buf_str(&texts[i]) + texts[i].len, 1 };
        struct statement statement;
        while (ok && !pass.is_over && statement_next(&all, &statement))
            ok = run_one(&pass, files->items[i], &all, &statement, err);
    }
    pg_close(pass.conn);
    for (int i = 0; i < files->count; i++)
        buf_deinit(&texts[i]);
    free(texts);
    return ok;
}
