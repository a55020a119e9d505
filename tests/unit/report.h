/* SPDX-License-Identifier: PostgreSQL */
/* Manifests that a test makes: what is not of the test is empty, and rows are put in by SQL. */
#ifndef UNIT_REPORT_H
#define UNIT_REPORT_H

#include <sqlite3.h>

#include "report/manifest.h"
#include "report/report.h"
#include "unit.h"

static char folder[256];

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
    return remove_folder(folder);
}

/* Valid until the next but seven. */
static inline const char *
in_folder(const char *name)
{
    static char paths[8][400];
    static int next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

/* What a pull says of itself. */
static struct manifest_fact usual_facts[] = {
    { "made", "2026-11-29 12:32:42 UTC" },
    { "database", "shop" },
    { "key_id", "e301c3d7" },
    { "seed", "v1" },
    { "columns", "57 masked, 14 kept" },
    { "leaks", "0 found and accepted" },
    { "not_checked", "" },
    { "source_version", "150004" },
    { "load", "a primary, 2 connections" },
    { "size", "10600000" },
    { "rate", "0.2" },
};

static inline void
copy_file(const char *from, const char *to)
{
    char bytes[4096];
    FILE *in = fopen(from, "r"), *out = fopen(to, "w");
    assert_true(in != NULL && out != NULL);
    for (size_t n; (n = fread(bytes, 1, sizeof bytes, in)) > 0;)
        assert_int_equal(fwrite(bytes, 1, n, out), n);
    fclose(in);
    assert_int_equal(fclose(out), 0);
}

/* A manifest without anything but facts: made once, for the disk is waited for. */
static inline void
store_bare(const char *path)
{
    struct decant_error err = { 0 };
    struct notes notes;
    char bare[400];
    snprintf(bare, sizeof bare, "%s/bare.decant", folder);
    notes_init(&notes);
    const struct manifest manifest = { .facts = usual_facts,
                                       .nfacts = sizeof usual_facts / sizeof *usual_facts,
                                       .notes = &notes };
    if (access(bare, F_OK) != 0 && !manifest_store(&manifest, bare, &err))
        fail_msg("%s", err.message);
    notes_deinit(&notes);
    copy_file(bare, path);
}

/* What somebody else would do to the file. */
static inline void
change_file(const char *path, const char *sql)
{
    sqlite3 *db;
    char *problem = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_exec(db, "PRAGMA synchronous = OFF", NULL, NULL, NULL); /* no disk is waited for */
    if (sqlite3_exec(db, sql, NULL, NULL, &problem) != SQLITE_OK)
        fail_msg("%s", problem);
    sqlite3_close(db);
}

/* A manifest with rows of its own, to be closed. */
static inline struct db *
open_with(const char *sql)
{
    struct decant_error err = { 0 };
    struct db *db = NULL;
    const char *path = in_folder("with.decant");
    store_bare(path);
    change_file(path, sql);
    if (!manifest_open(path, NULL, &db, &err))
        fail_msg("%s", err.message);
    return db;
}

/* A report; valid until the next. */
static inline const char *
report_of(const char *sql, enum report_format format, bool absolute)
{
    static struct buf out;
    struct decant_error err = { 0 };
    struct db *db = open_with(sql);
    buf_reset(&out);
    if (!report_write(db, format, "copy.sqlite", absolute, &out, &err))
        fail_msg("%s", err.message);
    db_close(db);
    return buf_str(&out);
}

static inline void
assert_has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("'%s' is not in: %s", part, text);
}

static inline void
assert_lacks(const char *text, const char *part)
{
    const char *at = strstr(text, part);
    if (at != NULL)
        fail_msg("'%s' is in it: %.*s", part, 200, at - text > 60 ? at - 60 : text);
}

/* How often. */
static inline int
count_of(const char *text, const char *part)
{
    int n = 0;
    for (; (text = strstr(text, part)) != NULL; text += strlen(part))
        n++;
    return n;
}

#endif
