/* SPDX-License-Identifier: PostgreSQL */
#include "night/journal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "sqlite/db.h"

/* A night of ten thousand tables has lines of half a megabyte. */
enum { MOST_BYTES = 4 << 20, LEAST_LINES = 8 };

/* ---- writing */

static bool
read_whole(const char *path, struct buf *out, struct decant_error *err)
{
    char block[65536];
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return errno == ENOENT || error_errno(err, "cannot read '%s'", path);
    for (size_t n; (n = fread(block, 1, sizeof block, file)) > 0;)
        buf_add(out, block, n);
    bool ok = !ferror(file) || error_errno(err, "cannot read '%s'", path);
    fclose(file);
    return ok;
}

static bool
put(int fd, const char *data, size_t len)
{
    return write(fd, data, len) == (ssize_t)len && fsync(fd) == 0;
}

/* The last lines of it, beside it and then in its place. */
static bool
shorten(const char *path, struct decant_error *err)
{
    struct buf text = { 0 }, new_path = { 0 };
    if (!read_whole(path, &text, err)) {
        buf_deinit(&text);
        return false;
    }
    const char *begin = buf_str(&text), *end = begin + text.len, *from = end;
    for (int lines = 0; from > begin; lines++) {
        const char *line = from - 1; /* its end */
        while (line > begin && line[-1] != '\n')
            line--;
        if (lines >= LEAST_LINES && end - line > MOST_BYTES / 2)
            break;
        from = line;
    }
    size_t len = text.len - (size_t)(from - buf_str(&text));
    buf_printf(&new_path, "%s.new", path);
    int fd = open(buf_str(&new_path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && put(fd, from, len) && rename(buf_str(&new_path), path) == 0;
    if (!ok)
        error_errno(err, "cannot shorten '%s'", path);
    if (fd >= 0)
        close(fd);
    buf_deinit(&text);
    buf_deinit(&new_path);
    return ok;
}

/* Does what a full disk or a crash left at the end want a line of its own? */
static bool
is_cut(const char *path)
{
    char last = '\n';
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && lseek(fd, -1, SEEK_END) >= 0 && read(fd, &last, 1) != 1)
        last = '\n';
    if (fd >= 0)
        close(fd);
    return last != '\n';
}

bool
journal_append(const char *path, const char *line, struct decant_error *err)
{
    assert(path != NULL && line != NULL && strchr(line, '\n') == NULL);
    struct buf text = { 0 };
    if (!file_make_directories(path, err) || (file_size(path) > MOST_BYTES && !shorten(path, err)))
        return false;
    buf_printf(&text, "%s%s\n", is_cut(path) ? "\n" : "", line);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && put(fd, buf_str(&text), text.len);
    if (!ok)
        error_errno(err, "cannot write to '%s'", path);
    if (fd >= 0)
        close(fd);
    buf_deinit(&text);
    return ok;
}

/* ---- reading: SQLite takes the lines apart */

struct reading {
    struct db *db;
    struct db_stmt *line, *tables, *warnings;
    struct arena *arena;
    struct journal *journal;
};

enum column {
    EVENT,
    RUN,
    AT,
    STATUS,
    STAGE,
    MESSAGE,
    HINT,
    PUBLISHED,
    DATA_AT,
    ROWS,
    BYTES,
    SECONDS,
    NOT_CARRIED,
    TARGET,
    CONFIG,
    SCHEDULE,
    MAX_AGE,
    EXPIRES
};

static const char line_sql[] =
    "SELECT value ->> 'event', value ->> 'run', value ->> 'at', value ->> 'status',"
    " value ->> 'stage', value ->> 'message', value ->> 'hint', value ->> 'published',"
    " value ->> 'data_at', value ->> 'rows', value ->> 'bytes', value ->> 'seconds',"
    " value ->> 'not_carried', value ->> 'target', value ->> 'config', value ->> 'schedule',"
    " value ->> 'max_age_s', value ->> 'expires_s'"
    " FROM (SELECT ?1 AS value) WHERE json_valid(?1) AND json_type(?1) = 'object'";
static const char tables_sql[] = "SELECT key, value FROM json_each(?1, '$.tables') ORDER BY key";
static const char warnings_sql[] = "SELECT value FROM json_each(?1, '$.warnings')";

static int64_t
time_in(struct db_stmt *stmt, int column)
{
    const char *text = db_text(stmt, column);
    int64_t s = text != NULL ? clock_parse(text) : 0;
    return s > 0 ? s : 0;
}

static struct night *
night_called(struct reading *reading, const char *run)
{
    struct journal *journal = reading->journal;
    for (int i = journal->nnights - 1; i >= 0; i--)
        if (strcmp(journal->nights[i].run, run) == 0)
            return &journal->nights[i];
    journal->nights[journal->nnights] =
        (struct night){ .run = arena_strdup(reading->arena, run), .status = -1 };
    return &journal->nights[journal->nnights++];
}

static bool
read_lists(struct reading *reading, const char *line, struct night *night, struct decant_error *err)
{
    int n = 0, status;
    for (int pass = 0; pass < 2; pass++) {
        db_bind_text(reading->tables, 1, line);
        for (n = 0; (status = db_step(reading->tables, err)) == 1; n++)
            if (pass == 1)
                night->tables[n] =
                    (struct night_table){ arena_strdup(reading->arena, db_text(reading->tables, 0)),
                                          db_column_int(reading->tables, 1) };
        if (status < 0)
            return false;
        if (pass == 0)
            night->tables = ARENA_ARRAY(reading->arena, struct night_table, n + 1);
    }
    night->ntables = n;
    for (int pass = 0; pass < 2; pass++) {
        db_bind_text(reading->warnings, 1, line);
        for (n = 0; (status = db_step(reading->warnings, err)) == 1; n++)
            if (pass == 1)
                night->warnings[n] = arena_strdup(reading->arena, db_text(reading->warnings, 0));
        if (status < 0)
            return false;
        if (pass == 0)
            night->warnings = ARENA_ARRAY(reading->arena, const char *, n + 1);
    }
    night->nwarnings = n;
    return true;
}

static void
take_begin(struct reading *reading, struct night *night, int64_t at_s)
{
    struct journal *journal = reading->journal;
    night->began_s = at_s;
    journal->target = arena_strdup(reading->arena, db_text(reading->line, TARGET));
    journal->config = arena_strdup(reading->arena, db_text(reading->line, CONFIG));
    journal->when = arena_strdup(reading->arena, db_text(reading->line, SCHEDULE));
    journal->max_age_s = db_column_int(reading->line, MAX_AGE);
    journal->expires_s = db_column_int(reading->line, EXPIRES);
}

static void
take_end(struct reading *reading, struct night *night, int64_t at_s)
{
    struct db_stmt *stmt = reading->line;
    night->ended_s = at_s;
    if (night->began_s == 0) /* its first line was among the oldest, which went */
        night->began_s = at_s;
    night->status = (int)db_column_int(stmt, STATUS);
    night->is_published = db_column_int(stmt, PUBLISHED) != 0;
    night->stage = arena_strdup(reading->arena, db_text(stmt, STAGE));
    night->message = arena_strdup(reading->arena, db_text(stmt, MESSAGE));
    night->hint = arena_strdup(reading->arena, db_text(stmt, HINT));
    night->data_s = time_in(stmt, DATA_AT);
    night->rows = db_column_int(stmt, ROWS);
    night->bytes = db_column_int(stmt, BYTES);
    night->not_carried = db_column_int(stmt, NOT_CARRIED);
    night->seconds = db_column_double(stmt, SECONDS);
    if (night->is_published)
        reading->journal->in_place = night->run;
}

/* A copy that a run of this journal made, or somebody by hand. */
static void
take_expired(struct reading *reading, const char *run)
{
    struct journal *journal = reading->journal;
    for (int i = 0; i < journal->nnights; i++)
        if (strcmp(journal->nights[i].run, run) == 0)
            journal->nights[i].has_expired = true;
    if (journal->in_place != NULL && strcmp(journal->in_place, run) == 0)
        journal->in_place = NULL;
}

static bool
take_line(struct reading *reading, const char *line, struct decant_error *err)
{
    struct decant_error odd = { 0 };
    db_bind_text(reading->line, 1, line);
    int status = db_step(reading->line, &odd);
    const char *event = status == 1 ? db_text(reading->line, EVENT) : NULL;
    const char *run = status == 1 ? db_text(reading->line, RUN) : NULL;
    int64_t at_s = status == 1 ? time_in(reading->line, AT) : 0;
    bool ok = true;
    if (event == NULL || run == NULL || at_s == 0) {
        reading->journal->ndamaged++;
    } else if (strcmp(event, "begin") == 0) {
        take_begin(reading, night_called(reading, run), at_s);
    } else if (strcmp(event, "end") == 0) {
        struct night *night = night_called(reading, run);
        take_end(reading, night, at_s);
        ok = read_lists(reading, line, night, err);
    } else if (strcmp(event, "expired") == 0) {
        take_expired(reading, run);
    } else if (strcmp(event, "rollback") == 0) {
        reading->journal->in_place = arena_strdup(reading->arena, run);
    }
    if (at_s != 0)
        reading->journal->last_s = at_s;
    while (status == 1) /* to its end, so that it can run again */
        status = db_step(reading->line, &odd);
    return ok;
}

static bool
prepare(struct reading *reading, struct decant_error *err)
{
    return db_open(":memory:", DB_CREATE, NULL, &reading->db, err) &&
           (reading->line = db_prepare(reading->db, line_sql, err)) != NULL &&
           (reading->tables = db_prepare(reading->db, tables_sql, err)) != NULL &&
           (reading->warnings = db_prepare(reading->db, warnings_sql, err)) != NULL;
}

bool
journal_read(const char *path, struct arena *arena, struct journal *out, struct decant_error *err)
{
    assert(path != NULL && arena != NULL && out != NULL);
    struct buf text = { 0 };
    struct reading reading = { .arena = arena, .journal = out };
    int lines = 0;
    *out = (struct journal){ .exists = file_size(path) >= 0 };
    bool ok = read_whole(path, &text, err) && prepare(&reading, err);
    for (size_t i = 0; ok && i < text.len; i++)
        lines += text.data[i] == '\n';
    out->nights = ARENA_ARRAY(arena, struct night, lines + 2);
    char *line = ok && text.len > 0 ? buf_steal(&text) : NULL, *whole = line;
    while (ok && line != NULL && *line != '\0') {
        char *end = line + strcspn(line, "\n");
        bool is_last = *end == '\0';
        *end = '\0';
        ok = *line == '\0' || take_line(&reading, line, err);
        line = is_last ? end : end + 1;
    }
    free(whole);
    buf_deinit(&text);
    db_finalize(reading.line);
    db_finalize(reading.tables);
    db_finalize(reading.warnings);
    db_close(reading.db);
    return ok;
}

const struct night *
journal_success(const struct journal *journal, int back)
{
    assert(journal != NULL && back >= 0);
    for (int i = journal->nnights - 1; i >= 0; i--)
        if (journal->nights[i].is_published && back-- == 0)
            return &journal->nights[i];
    return NULL;
}

const struct night *
journal_find(const struct journal *journal, const char *run)
{
    assert(journal != NULL && run != NULL);
    for (int i = journal->nnights - 1; i >= 0; i--)
        if (strcmp(journal->nights[i].run, run) == 0)
            return &journal->nights[i];
    return NULL;
}
