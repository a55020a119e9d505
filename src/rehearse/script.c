/* SPDX-License-Identifier: PostgreSQL */
#include "rehearse/script.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "pg/copy.h"

enum { MOST_FILE = 256 << 20 };

static bool
read_file(const char *path, struct buf *out, struct decant_error *err)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    char block[65536];
    size_t n;
    if (file == NULL) {
        error_errno(err, "cannot read '%s'", path);
        err->code = DECANT_USAGE;
        return false;
    }
    while ((n = fread(block, 1, sizeof block, file)) > 0 && out->len < MOST_FILE)
        buf_add(out, block, n);
    bool ok = ferror(file) == 0;
    if (file != stdin)
        fclose(file);
    if (!ok)
        return error_errno(err, "cannot read '%s'", path);
    return out->len < MOST_FILE || error_set(err, DECANT_USAGE, "'%s' is too large", path);
}

bool
script_is_copy(const struct statement *statement)
{
    char word[8];
    return strcmp(statement_word(statement, 0, word, sizeof word), "COPY") == 0 &&
           statement_has(statement, "STDIN");
}

bool
script_next_rows(struct statements *statements, const char **rows, size_t *len)
{
    const char *p = memchr(statements->p, '\n', (size_t)(statements->end - statements->p));
    *rows = p != NULL ? p + 1 : statements->end;
    for (p = *rows; p < statements->end;) {
        const char *newline = memchr(p, '\n', (size_t)(statements->end - p));
        const char *behind = newline != NULL ? newline + 1 : statements->end;
        statements->line++;
        if (behind - p >= 2 && p[0] == '\\' && p[1] == '.' && (behind - p == 2 || p[2] < ' ')) {
            *len = (size_t)(p - *rows);
            statements->p = behind;
            return true;
        }
        p = behind;
    }
    return false;
}

static bool
check_file(const char *path, const struct buf *text, struct decant_error *err)
{
    struct statements all = { buf_str(text), buf_str(text) + text->len, 1 };
    struct statement statement;
    const char *rows;
    size_t len;
    while (statement_next(&all, &statement)) {
        if (statement.has_command) {
            error_set(err, DECANT_USAGE, "'%s', line %d: a command of psql", path, all.line);
            return error_hint(err, "let psql run it: decant rehearse ... -- psql -f %s", path);
        }
        char word[8];
        if (strcmp(statement_word(&statement, 0, word, sizeof word), "COPY") == 0 &&
            statement_has(&statement, "STDOUT"))
            return error_set(err, DECANT_USAGE, "'%s', line %d: nobody would take the rows of COPY",
                             path, statement.line);
        if (script_is_copy(&statement) && !script_next_rows(&all, &rows, &len))
            return error_set(err, DECANT_USAGE, "'%s', line %d: the rows of COPY do not end", path,
                             statement.line);
    }
    return true;
}

bool
script_read(const struct decant_words *files, struct buf *texts, struct decant_error *err)
{
    assert(files != NULL && texts != NULL);
    bool ok = true;
    for (int i = 0; ok && i < files->count; i++)
        ok = read_file(files->items[i], &texts[i], err) &&
             check_file(files->items[i], &texts[i], err);
    return ok;
}

static bool
run_copy(struct pg_conn *conn, const char *sql, const char *rows, size_t len,
         struct decant_error *err)
{
    int64_t stored;
    struct pg_writer *writer = pg_writer_open(conn, sql, PG_TEXT, err);
    if (writer == NULL)
        return false;
    if (pg_writer_put_text(writer, rows, len, err))
        return pg_writer_finish(writer, &stored, err);
    pg_writer_abort(writer);
    return false;
}

bool
script_run(struct pg_conn *conn, struct statements *all, const struct statement *statement,
           struct decant_error *err)
{
    assert(conn != NULL && statement != NULL);
    const char *rows;
    size_t len;
    struct buf sql = { 0 };
    buf_add(&sql, statement->text, statement->len);
    bool ok = !script_is_copy(statement) ? pg_exec(conn, err, buf_str(&sql))
                                         : script_next_rows(all, &rows, &len) &&
                                               run_copy(conn, buf_str(&sql), rows, len, err);
    buf_deinit(&sql);
    return ok;
}
