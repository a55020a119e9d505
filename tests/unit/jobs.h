/* SPDX-License-Identifier: PostgreSQL */
/* Whole jobs against a scripted server: what one is told, what it said, and what it left behind. */
#ifndef JOBS_H
#define JOBS_H

#include <decant/decant.h>

#include <dirent.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "server.h"
#include "unit.h"

enum { MOST_PHASES = 600 };

/* Everything that a test writes lies in it; end() empties it. */
static char folder[256];

struct told {
    struct scripted_server server;
    bool has_server;
    struct decant_options options;
    struct decant_error err;
    struct decant_job *job; /* the one that runs */
    char target[500], rules[300], key[300];
    const char *tables[4];
    struct buf notes;    /* a line for each event of not_carried: reason, object, number */
    struct buf findings; /* likewise: object, kind, detail */
    struct buf proved;   /* likewise: kind, detail */
    char verdict[600], compared[600];
    enum decant_phase phases[MOST_PHASES];
    int nphases;
    int64_t rows; /* of the event "done" */
    enum decant_phase cancel_at;
    bool cancels;
    char *text;
    int nrequests;
};

static struct told told;

static inline void
hear(void *ctx, const struct decant_event *event)
{
    assert_ptr_equal(ctx, &told);
    if (told.cancels && event->phase == told.cancel_at)
        decant_job_cancel(told.job);
    if (event->phase == DECANT_PHASE_NOT_CARRIED)
        buf_printf(&told.notes, "%s %s %lld\n", event->reason, event->object,
                   (long long)event->count);
    if (event->phase == DECANT_PHASE_FINDING)
        buf_printf(&told.findings, "%s %s %s\n", event->object, event->kind, event->detail);
    if (event->phase == DECANT_PHASE_PROVED)
        buf_printf(&told.proved, "%s %s\n", event->kind, event->detail);
    if (event->phase == DECANT_PHASE_VERDICT)
        snprintf(told.verdict, sizeof told.verdict, "%s", event->detail);
    if (event->phase == DECANT_PHASE_COMPARED)
        snprintf(told.compared, sizeof told.compared, "%s", event->detail);
    if (event->phase == DECANT_PHASE_DONE)
        told.rows = event->rows;
    if (event->phase != DECANT_PHASE_STAGE && event->phase != DECANT_PHASE_PROGRESS &&
        told.nphases < MOST_PHASES)
        told.phases[told.nphases++] = event->phase;
}

static inline int
times_heard(enum decant_phase phase)
{
    int n = 0;
    for (int i = 0; i < told.nphases; i++)
        n += told.phases[i] == phase;
    return n;
}

static inline bool
has_note(const char *line)
{
    struct buf all = { 0 }, wanted = { 0 };
    buf_printf(&all, "\n%s", told.notes.len > 0 ? told.notes.data : "");
    buf_printf(&wanted, "\n%s", line);
    bool found = strstr(buf_str(&all), buf_str(&wanted)) != NULL;
    buf_deinit(&all);
    buf_deinit(&wanted);
    return found;
}

/* ---- files */

static inline void
write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static inline void
read_file(const char *path, struct buf *out)
{
    char bytes[65536];
    FILE *file = fopen(path, "r");
    buf_reset(out);
    if (file == NULL)
        fail_msg("there is no '%s'", path);
    for (size_t n; (n = fread(bytes, 1, sizeof bytes, file)) > 0;)
        buf_add(out, bytes, n);
    fclose(file);
}

static inline int
by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names in the folder, in their order, each behind a blank. */
static inline void
list_folder(struct buf *out)
{
    char *names[64];
    int n = 0;
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL && n < 64;)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            names[n++] = mem_strdup(entry->d_name);
    closedir(dir);
    qsort(names, (size_t)n, sizeof *names, by_name);
    buf_reset(out);
    buf_puts(out, "");
    for (int i = 0; i < n; i++) {
        buf_printf(out, " %s", names[i]);
        free(names[i]);
    }
}

static inline void
assert_folder_has(const char *names)
{
    struct buf list = { 0 };
    list_folder(&list);
    assert_string_equal(buf_str(&list), names);
    buf_deinit(&list);
}

/* The manifest beside the copy: the only file of its name. */
static inline void
find_manifest_file(char *out, size_t size)
{
    struct buf list = { 0 };
    list_folder(&list);
    const char *begin = strstr(buf_str(&list), "copy.sqlite."),
               *end = begin != NULL ? strstr(begin, ".decant") : NULL;
    if (end == NULL)
        fail_msg("there is no manifest among%s", buf_str(&list));
    snprintf(out, size, "%s/%.*s", folder, (int)(end + 7 - begin), begin);
    buf_deinit(&list);
}

static inline void
empty_folder(const char *path, bool is_top)
{
    struct buf name = { 0 };
    DIR *dir = opendir(path);
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        buf_reset(&name);
        buf_printf(&name, "%s/%s", path, entry->d_name);
        if (unlink(buf_str(&name)) != 0)
            empty_folder(buf_str(&name), false);
    }
    if (dir != NULL)
        closedir(dir);
    buf_deinit(&name);
    if (!is_top)
        rmdir(path);
}

/* ---- jobs */

#define KEY_TEXT "# key\n000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"

/* Without `script` there is no server; with `rules` the file and its key are there. */
static inline void
begin_faulty(const char *script, const char *rules, enum server_fault fault, int at)
{
    told = (struct told){ 0 };
    snprintf(told.target, sizeof told.target, "%s/copy.sqlite", folder);
    snprintf(told.rules, sizeof told.rules, "%s/rules.yaml", folder);
    snprintf(told.key, sizeof told.key, "%s/key", folder);
    decant_options_init(&told.options);
    told.options.target = told.target;
    told.options.jobs = 1;
    told.has_server = script != NULL;
    if (script != NULL) {
        server_start_faulty(&told.server, script, fault, at);
        told.options.source = told.server.uri;
    }
    if (rules == NULL) {
        told.options.no_mask = true;
        return;
    }
    write_file(told.rules, rules);
    write_file(told.key, KEY_TEXT);
    chmod(told.key, 0600);
    told.options.rules = told.rules;
    told.options.key_file = told.key;
}

static inline void
begin(const char *script, const char *rules)
{
    begin_faulty(script, rules, SERVER_WORKS, 0);
}

/* Only this table, or pattern of tables. */
static inline void
select_table(const char *pattern)
{
    told.tables[told.options.tables.count++] = pattern;
    told.options.tables.items = told.tables;
}

static inline void
forget(void)
{
    buf_deinit(&told.notes);
    buf_deinit(&told.findings);
    buf_deinit(&told.proved);
    free(told.text);
    told.text = NULL;
    told.nphases = 0;
    told.rows = 0;
    told.verdict[0] = told.compared[0] = '\0';
    told.err = (struct decant_error){ 0 };
}

/* A new job of the same options: what the last one said is forgotten. */
static inline struct decant_job *
new_job(void)
{
    forget();
    return told.job = decant_job_new(&told.options, hear, &told);
}

static inline bool
done(bool ok)
{
    decant_job_free(told.job);
    told.job = NULL;
    return ok;
}

static inline bool
pull(void)
{
    struct decant_job *job = new_job();
    return done(decant_job_pull(job, &told.err));
}

/* From the copy and its manifest alone. */
static inline bool
verify_copy(void)
{
    const char *source = told.options.source;
    told.options.source = NULL;
    struct decant_job *job = new_job();
    bool ok = done(decant_job_verify(job, &told.err));
    told.options.source = source;
    return ok;
}

static inline bool
verify_beside_source(void)
{
    struct decant_job *job = new_job();
    return done(decant_job_verify(job, &told.err));
}

static inline bool
check(enum decant_grants grants)
{
    struct decant_job *job = new_job();
    return done(decant_job_check(job, grants, &told.text, &told.err));
}

static inline bool
init(void)
{
    struct decant_job *job = new_job();
    return done(decant_job_init(job, &told.text, &told.err));
}

static inline bool
plan(bool exact, bool json, bool with_sql)
{
    struct decant_job *job = new_job();
    return done(decant_job_plan(job, exact, json, with_sql, &told.text, &told.err));
}

static inline bool
explain(const char *row, const char *columns)
{
    struct decant_job *job = new_job();
    return done(decant_job_explain(job, row, columns, &told.text, &told.err));
}

static inline bool
report(const char *format, bool absolute)
{
    struct decant_job *job = new_job();
    return done(decant_job_report(job, format, absolute, &told.text, &told.err));
}

static inline bool
preview(const char *table)
{
    struct decant_job *job = new_job();
    return done(decant_job_preview(job, table, &told.text, &told.err));
}

static inline bool
review(void)
{
    struct decant_job *job = new_job();
    return done(decant_job_review(job, &told.text, &told.err));
}

/* It worked, or the test ends with what was said. */
#define MUST(call)                                                                                 \
    do {                                                                                           \
        if (!(call))                                                                               \
            fail_msg("%s (%s; %s)", told.err.message, told.err.context, told.err.hint);            \
    } while (0)

static inline void
assert_refused(bool ok, enum decant_code code, const char *message)
{
    assert_false(ok);
    if (strstr(told.err.message, message) == NULL)
        fail_msg("'%s' is not in '%s' (%s)", message, told.err.message, told.err.context);
    assert_int_equal(told.err.code, code);
}

static inline void
assert_text_has(const char *what)
{
    if (told.text == NULL || strstr(told.text, what) == NULL)
        fail_msg("'%s' is not in:\n%s", what, told.text != NULL ? told.text : "(nothing)");
}

static inline void
assert_text_lacks(const char *what)
{
    if (told.text != NULL && strstr(told.text, what) != NULL)
        fail_msg("'%s' is in:\n%s", what, told.text);
}

/* Stops the server; the folder is empty behind it. */
static inline void
end(void)
{
    bool has_server = told.has_server;
    told.has_server = false;
    forget();
    if (has_server)
        told.nrequests = server_stop(&told.server);
    empty_folder(folder, true);
}

/* A fact that failed leaves its server behind. */
static inline int
tidy(void **state)
{
    (void)state;
    if (told.has_server)
        end();
    empty_folder(folder, true);
    return 0;
}

#define FACT(name) cmocka_unit_test_teardown(name, tidy)

/* ---- what is in the copy */

/* The first cell of the first row, as text; "NULL". Valid until the next. */
static inline const char *
cell(const char *sql)
{
    static char out[4000];
    sqlite3 *db;
    sqlite3_stmt *statement = NULL;
    if (sqlite3_open_v2(told.target, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    const char *text = (const char *)sqlite3_column_text(statement, 0);
    snprintf(out, sizeof out, "%s", text != NULL ? text : "NULL");
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return out;
}

static inline int64_t
count(const char *sql)
{
    return atoll(cell(sql));
}

/* Somebody changes the copy. */
static inline void
spoil(const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(told.target, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_close(db);
}

static inline int
begin_folder(void **state)
{
    (void)state;
    return make_folder(folder, sizeof folder) ? 0 : -1;
}

static inline int
end_folder(void **state)
{
    (void)state;
    empty_folder(folder, true);
    return rmdir(folder);
}

#endif
