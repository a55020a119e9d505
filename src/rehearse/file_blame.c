/* SPDX-License-Identifier: PostgreSQL */
#include "rehearse/file_blame.h"

#include <assert.h>
#include <string.h>

#include "pg/statement.h"
#include "rehearse/violate.h"

static const char itself[] = "the statement writes rows itself, and the first that fails ended it";
static const char unknown[] = "its definition is not to be had apart from the statement";

#define PROBE "temp.decant_probe" /* the rows that were to be written */

/* What is being looked for. */
struct hunt {
    struct db *db;
    const struct step *step;
    struct arena *arena;
    const char *end;    /* of the statement */
    const char *table;  /* as SQLite's message names it */
    const char *source; /* where the rows are: the table, quoted, or PROBE */
    const char *what;
    int64_t rows, of;
};

static const char *
quoted(struct arena *arena, const char *name)
{
    struct buf text = { 0 };
    db_quote(&text, name);
    const char *out = arena_strdup(arena, buf_str(&text));
    buf_deinit(&text);
    return out;
}

/* "t.a, t.b" as the table, and the columns quoted, after `before` each and with `between`. */
static const char *
columns_of(struct hunt *hunt, const char *before, const char *after, const char *between)
{
    struct buf out = { 0 };
    const char *p = hunt->step->constraint;
    size_t len = strlen(hunt->table) + 1;
    while (p != NULL && strlen(p) > len) {
        const char *comma = strstr(p, ", ");
        size_t name = comma != NULL ? (size_t)(comma - p) : strlen(p);
        buf_printf(&out, "%s%s%s%s", out.len > 0 ? between : "", before,
                   quoted(hunt->arena, arena_strndup(hunt->arena, p + len, name - len)), after);
        p = comma != NULL ? comma + 2 : NULL;
    }
    const char *text = arena_strdup(hunt->arena, buf_str(&out));
    buf_deinit(&out);
    return text;
}

static bool
set_table(struct hunt *hunt)
{
    const char *names = hunt->step->constraint, *dot = strchr(names, '.');
    if (dot == NULL)
        return false;
    hunt->table = arena_strndup(hunt->arena, names, (size_t)(dot - names));
    hunt->source = quoted(hunt->arena, hunt->table);
    return true;
}

static bool
count(struct hunt *hunt, const char *rows_sql)
{
    struct decant_error ignored = { 0 };
    const char *all = arena_printf(hunt->arena, "SELECT count(*) FROM %s", hunt->source);
    return db_int(hunt->db, rows_sql, &hunt->rows, &ignored) &&
           db_int(hunt->db, all, &hunt->of, &ignored);
}

/* ---- rows that were to be written: INSERT INTO table ... SELECT, into a table without rules */

/* Behind the name of the table at `p`, with its schema. */
static const char *
behind_name(const char *p, const char *end)
{
    bool has_name = false;
    while (p < end) {
        enum sql_kind kind;
        size_t len = sql_token(p, end, &kind);
        bool is_dot = kind == SQL_SIGN && *p == '.';
        if (has_name && !is_dot)
            return p;
        has_name = kind != SQL_SPACE && !is_dot;
        p += len;
    }
    return p;
}

static bool
fill_probe(struct hunt *hunt)
{
    struct decant_error ignored = { 0 };
    const char *sql = hunt->step->sql, *into = sql_behind_word(sql, hunt->end, "INTO");
    if (into == NULL || !db_execf(hunt->db, &ignored,
                                  "CREATE TABLE " PROBE " AS SELECT * FROM %s"
                                  " LIMIT 0",
                                  hunt->source))
        return false;
    const char *behind = behind_name(into, hunt->end);
    return db_execf(hunt->db, &ignored, "%.*s " PROBE " %s", (int)(into - sql), sql, behind);
}

/* ---- each class of failure */

static const char *
blame_null(struct hunt *hunt)
{
    hunt->what = arena_printf(hunt->arena, "rows without a value of %s",
                              strchr(hunt->step->constraint, '.') + 1);
    return count(hunt, arena_printf(hunt->arena, "SELECT count(*) FROM %s WHERE %s", hunt->source,
                                    columns_of(hunt, "", " IS NULL", " AND ")))
               ? NULL
               : unknown;
}

/* Those that share their key among themselves, or with a row that is there. */
static const char *
blame_unique(struct hunt *hunt)
{
    const char *where = sql_behind_word(hunt->step->sql, hunt->end, "WHERE");
    bool is_index = strcmp(hunt->source, PROBE) != 0;
    const char *there =
        is_index ? ""
                 : arena_printf(hunt->arena, " OR EXISTS (SELECT 1 FROM %s t WHERE (%s) = (%s))",
                                quoted(hunt->arena, hunt->table), columns_of(hunt, "t.", "", ", "),
                                columns_of(hunt, "r.", "", ", "));
    hunt->what = "rows share their key with others";
    return count(hunt, arena_printf(hunt->arena,
                                    "SELECT count(*) FROM (SELECT *, count(*) OVER (PARTITION BY"
                                    " %s) AS decant_n FROM %s WHERE %s%s%s%s) r"
                                    " WHERE decant_n > 1%s",
                                    columns_of(hunt, "", "", ", "), hunt->source,
                                    columns_of(hunt, "", " IS NOT NULL", " AND "),
                                    is_index && where != NULL ? " AND (" : "",
                                    is_index && where != NULL ? where : "",
                                    is_index && where != NULL ? ")" : "", there))
               ? NULL
               : unknown;
}

/* The condition of a named check in the text of its table; NULL: the name is the condition. */
static const char *
check_of(struct hunt *hunt, const char *definition)
{
    const char *end = definition + strlen(definition), *behind;
    const char *body = sql_in_parentheses(definition, end, hunt->arena, &behind);
    const char *p = body, *last = body != NULL ? body + strlen(body) : body;
    while (p != NULL && (p = sql_behind_word(p, last, "CONSTRAINT")) != NULL) {
        const char *name = p + strspn(p, " \t\r\n\"`[");
        size_t len = strlen(hunt->step->constraint);
        const char *check = sql_behind_word(p, last, "CHECK");
        if (check != NULL && strncmp(name, hunt->step->constraint, len) == 0)
            return sql_in_parentheses(check, last, hunt->arena, &behind);
    }
    return NULL;
}

static const char *
blame_check(struct hunt *hunt)
{
    struct decant_error ignored = { 0 };
    struct db_stmt *stmt =
        db_prepare(hunt->db, "SELECT sql FROM sqlite_schema WHERE name = ?1", &ignored);
    const char *condition = hunt->step->constraint;
    if (stmt != NULL)
        db_bind_text(stmt, 1, hunt->table);
    if (stmt != NULL && db_step(stmt, &ignored) == 1) {
        const char *named = check_of(hunt, arena_strdup(hunt->arena, db_text(stmt, 0)));
        condition = named != NULL ? named : condition;
    }
    db_finalize(stmt);
    hunt->what = arena_printf(hunt->arena, "rows break the check %s", hunt->step->constraint);
    return count(hunt, arena_printf(hunt->arena, "SELECT count(*) FROM %s WHERE NOT (%s)",
                                    hunt->source, condition))
               ? NULL
               : unknown;
}

static const char *
blame_new_column(struct hunt *hunt)
{
    static const char *const stops[] = { "ADD", NULL };
    const char *p = sql_behind_word(hunt->step->sql, hunt->end, "TABLE"), *behind;
    if (p == NULL)
        return unknown;
    hunt->source = sql_until(p, hunt->end, stops, hunt->arena, &behind);
    hunt->what = "rows get no value of the new column";
    return count(hunt, arena_printf(hunt->arena, "SELECT count(*) FROM %s", hunt->source))
               ? NULL
               : unknown;
}

static const char *
blame_orphans(struct hunt *hunt)
{
    hunt->what = "rows without a parent";
    hunt->source = "pragma_foreign_key_check";
    if (!count(hunt, "SELECT count(*) FROM pragma_foreign_key_check") || hunt->rows == 0)
        return itself;
    hunt->of = hunt->rows;
    return NULL;
}

/* Of an INSERT, the table is known by what follows INTO: messages of checks do not name it. */
static bool
set_inserted(struct hunt *hunt)
{
    const char *into = sql_behind_word(hunt->step->sql, hunt->end, "INTO");
    if (into == NULL)
        return false;
    const char *behind = behind_name(into, hunt->end);
    const char *name = arena_strndup(hunt->arena, into, (size_t)(behind - into));
    hunt->source = name;
    name += strspn(name, " \t\r\n\"`[");
    hunt->table = arena_strndup(hunt->arena, name, strcspn(name, " \t\r\n\"`]("));
    return true;
}

static const char *
find(struct hunt *hunt)
{
    char first[8];
    const struct statement statement = { hunt->step->sql, strlen(hunt->step->sql), 1, false };
    const char *state = hunt->step->sqlstate;
    statement_word(&statement, 0, first, sizeof first);
    bool inserts = strcmp(first, "INSERT") == 0 || strcmp(first, "WITH") == 0;
    if (strcmp(state, "23503") == 0)
        return blame_orphans(hunt);
    if (strcmp(first, "ALTER") == 0 && strcmp(state, "23502") == 0)
        return blame_new_column(hunt);
    if (strcmp(first, "CREATE") == 0 && strcmp(state, "23505") == 0)
        return set_table(hunt) ? blame_unique(hunt) : unknown;
    if (!inserts || sql_behind_word(hunt->step->sql, hunt->end, "SELECT") == NULL ||
        !set_inserted(hunt) || !fill_probe(hunt))
        return itself;
    hunt->source = PROBE;
    if (strcmp(state, "23514") == 0)
        return blame_check(hunt);
    const char *why = strchr(hunt->step->constraint, '.') == NULL ? unknown
                      : strcmp(state, "23502") == 0               ? blame_null(hunt)
                                                                  : blame_unique(hunt);
    return why;
}

void
file_blame(struct db *db, int step, struct rehearsal *out)
{
    assert(db != NULL && out != NULL && step >= 0 && step < out->record.nsteps);
    const struct step *failed = &out->record.steps[step];
    struct decant_error ignored = { 0 };
    if (!violate_blames_rows(failed))
        return;
    struct hunt hunt = { .db = db,
                         .step = failed,
                         .arena = &out->arena,
                         .end = failed->sql + strlen(failed->sql),
                         .table = "" };
    const char *why = find(&hunt);
    db_exec(db, &ignored, "DROP TABLE IF EXISTS " PROBE);
    struct violation *violation = violate_put(out, step);
    violation->why = why;
    violation->what = why == NULL ? hunt.what : rehearsal_state(failed->sqlstate);
    if (why == NULL) {
        violation->table = hunt.table;
        violation->rows = hunt.rows;
        violation->of = hunt.of;
        double scale = rehearsal_scale(out, hunt.table);
        if (scale > 1)
            violate_expect(hunt.rows, scale, &violation->low, &violation->high);
    }
}
