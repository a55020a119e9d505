/* SPDX-License-Identifier: PostgreSQL */
/* Rehearsals on a SQLite copy. */
#include "rehearse/file.h"

#include "base/file.h"
#include "rehearse/policy.h"
#include "rehearse/write.h"
#include "sqlite/db.h"
#include "unit.h"

static char folder[200], path[300], script[300];
static struct rehearsal r;
static struct relations nothing;
static const atomic_int never = 0;

static void
write_text_file(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static int
begin(void **state)
{
    struct decant_error err = { 0 };
    struct db *db;
    (void)state;
    assert_true(make_folder(folder, sizeof folder));
    snprintf(path, sizeof path, "%s/shop.sqlite", folder);
    snprintf(script, sizeof script, "%s/m.sql", folder);
    assert_true(db_open(path, DB_CREATE, NULL, &db, &err));
    assert_true(
        db_exec(db, &err,
                "CREATE TABLE p (id INTEGER PRIMARY KEY, name TEXT);"
                "CREATE TABLE t (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p, note TEXT);"
                "INSERT INTO p VALUES (1, 'a'), (2, 'b'), (3, NULL);"
                "INSERT INTO t VALUES (1, 1, 'x'), (2, 1, 'y'), (3, 2, NULL), (4, 9, 'z');"));
    db_close(db);
    r = (struct rehearsal){ .copy = "shop.sqlite", .before = &nothing, .is_file = true };
    return 0;
}

static int
end(void **state)
{
    (void)state;
    rehearsal_deinit(&r);
    return remove_folder(folder);
}

/* What the statements leave: findings as lines. */
static const char *
rehearsed(const char *statements)
{
    static struct buf out;
    struct decant_error err = { 0 };
    struct rules_rehearse rules;
    const char *files[] = { script };
    const struct decant_words words = { files, 1 };
    char *copy;
    int fd;
    write_text_file(script, statements);
    assert_true(file_rehearse_copy(path, &copy, &fd, &err));
    if (!file_rehearse_run(copy, &words, &never, &r, &err) ||
        !file_rehearse_compare(path, copy, &never, &r, &err))
        fail_msg("%s", err.message);
    unlink(copy);
    close(fd);
    free(copy);
    rehearse_init(&rules);
    const struct policy policy = { &rules, "2026-11-30", NULL };
    policy_judge(&policy, &r);
    buf_reset(&out);
    for (int i = 0; i < r.nfindings; i++)
        buf_printf(&out, "%s %s: %s\n", r.findings[i].code,
                   r.findings[i].relation != NULL ? r.findings[i].relation : "",
                   r.findings[i].text);
    return buf_str(&out);
}

static void
what_changes_the_schema_alone_holds(void **state)
{
    (void)state;
    assert_string_equal(rehearsed("ALTER TABLE t ADD COLUMN k int; CREATE INDEX i ON t (p);"), "");
    assert_string_equal(rehearsal_verdict(&r), "holds");
    assert_int_equal(r.nchanges, 2);
    assert_string_equal(r.changes[0].type, "INDEX");
    assert_null(r.changes[0].before);
    assert_int_equal(r.record.nsteps, 2);
}

static void
rows_and_values_that_are_gone_are_counted(void **state)
{
    (void)state;
    assert_string_equal(
        rehearsed("DELETE FROM t WHERE id = 2; UPDATE t SET note = NULL WHERE id = 1;"
                  "ALTER TABLE p DROP COLUMN name;"),
        "rows-lost t: 4 rows are 3 now\n"
        "values-lost p: column name: 2 values are 0 now\n"
        "values-lost t: column note: 3 values are 1 now\n");
}

static void
a_table_that_went_is_lost_with_its_rows(void **state)
{
    (void)state;
    assert_string_equal(rehearsed("DROP TABLE t;"), "rows-lost t: 4 rows are 0 now\n");
}

static void
only_new_orphans_are_broken(void **state)
{
    (void)state;
    assert_string_equal(rehearsed("PRAGMA foreign_keys = off; UPDATE t SET p = 77 WHERE id <= 2;"),
                        "rows-broken t: 2 rows of t have no parent in p\n");
}

static void
a_failure_has_the_state_that_it_would_have_elsewhere(void **state)
{
    static const struct {
        const char *sql, *sqlstate;
    } cases[] = {
        { "CREATE UNIQUE INDEX i ON t (p)", "23505" },
        { "INSERT INTO nowhere VALUES (1)", "42P01" },
        { "ALTER TABLE t ADD COLUMN note TEXT", "42701" },
        { "CREATE TABLE t (id)", "42P07" },
        { "SELECT nope FROM t", "42703" },
        { "SELEC 1", "42601" },
        { "ALTER TABLE t ADD COLUMN k int NOT NULL", "23502" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        r.nfindings = 0;
        rehearsed(cases[i].sql);
        assert_string_equal(r.record.steps[i].sqlstate, cases[i].sqlstate);
    }
    assert_string_equal(rehearsal_verdict(&r), "failed");
    assert_string_equal(r.record.steps[0].constraint, "t.p");
}

/* The last statement of each fails; what came before it stays. */
static void
every_row_that_a_statement_fails_for_is_counted(void **state)
{
    static const struct {
        const char *sql, *what;
        int rows, of; /* rows below 0: they cannot be counted */
    } cases[] = {
        { "CREATE UNIQUE INDEX i ON t (p)", "rows share their key with others", 2, 4 },
        { "INSERT INTO t VALUES (5, 2, 'x'); CREATE UNIQUE INDEX i ON t (p) WHERE note IS NOT NULL",
          "rows share their key with others", 2, 5 },
        { "ALTER TABLE t ADD COLUMN k int NOT NULL", "rows get no value of the new column", 4, 4 },
        { "CREATE TABLE n (id INTEGER PRIMARY KEY, \"the note\" TEXT NOT NULL);"
          "INSERT INTO n SELECT id, note FROM t",
          "rows without a value of the note", 1, 4 },
        { "CREATE TABLE n (id int, p int UNIQUE); INSERT INTO n VALUES (0, 2);"
          "INSERT INTO n (id, p) SELECT id, p FROM t",
          "rows share their key with others", 3, 4 },
        { "CREATE TABLE n (id int, a int, b int, UNIQUE (a, b)); INSERT INTO n (id, a, b) SELECT "
          "t.id, t.p, p.id FROM t LEFT JOIN p ON p.id = 3 AND t.id <> 4 UNION ALL SELECT 9, 1, 3",
          "rows share their key with others", 3, 5 },
        { "CREATE TABLE n (id int, note text CHECK (note <> 'z'));"
          "INSERT INTO n SELECT id, note FROM t",
          "rows break the check note <> 'z'", 1, 4 },
        { "CREATE TABLE n (id int CONSTRAINT small CHECK (id < 3), note text);"
          "INSERT INTO n SELECT id, note FROM t",
          "rows break the check small", 2, 4 },
        { "PRAGMA foreign_keys = on; BEGIN; PRAGMA defer_foreign_keys = on;"
          "DELETE FROM p WHERE id = 1; COMMIT",
          "rows without a parent", 3, 3 },
        { "UPDATE t SET id = 1", "two rows have the same key", -1, 0 },
        { "INSERT INTO t VALUES (1, 1, 'again')", "two rows have the same key", -1, 0 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int before = r.nviolations;
        r.nfindings = 0;
        rehearsed(cases[i].sql);
        const struct violation *v = &r.violations[before];
        assert_true(r.nviolations > before);
        assert_int_equal(v->step, r.record.nsteps - 1);
        if (v->rows != cases[i].rows || strcmp(v->what, cases[i].what) != 0)
            fail_msg("%s: %lld %s (%s)", cases[i].sql, (long long)v->rows, v->what,
                     v->why != NULL ? v->why : "");
        assert_int_equal(v->of, cases[i].of);
        assert_int_equal(v->why != NULL, cases[i].rows < 0);
    }
}

static void
the_report_says_what_is_not_known(void **state)
{
    struct buf out = { 0 };
    (void)state;
    rehearsed("CREATE TABLE k (id)");
    assert_true(rehearsal_write(&r, "text", &out));
    assert_non_null(strstr(buf_str(&out), "not known: locks, rewrites and waits"));
    buf_deinit(&out);
}

static void
leftovers_of_killed_runs_go_and_writers_are_left_alone(void **state)
{
    char leftover[400], wal[400];
    char *copy;
    struct decant_error err = { 0 };
    (void)state;
    int fd, other;
    snprintf(leftover, sizeof leftover, "%s.rehearse-999999999-journal", path);
    snprintf(wal, sizeof wal, "%s-wal", path);
    write_text_file(leftover, "x");
    assert_true(file_rehearse_copy(path, &copy, &fd, &err));
    assert_int_equal(file_size(leftover), -1);
    assert_true(file_size(copy) == file_size(path));
    snprintf(leftover, sizeof leftover, "%s", copy);
    free(copy);
    assert_false(file_rehearse_copy(path, &copy, &other, &err)); /* the same process: its name */
    assert_true(file_size(leftover) >= 0);                       /* is held, and stays */
    free(copy);
    close(fd);
    unlink(leftover);
    write_text_file(wal, "x");
    assert_false(file_rehearse_copy(path, &copy, &fd, &err));
    assert_int_equal(err.code, DECANT_REFUSED);
    free(copy);
}

int
main(void)
{
#define FACT(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        FACT(what_changes_the_schema_alone_holds),
        FACT(rows_and_values_that_are_gone_are_counted),
        FACT(a_table_that_went_is_lost_with_its_rows),
        FACT(only_new_orphans_are_broken),
        FACT(a_failure_has_the_state_that_it_would_have_elsewhere),
        FACT(every_row_that_a_statement_fails_for_is_counted),
        FACT(the_report_says_what_is_not_known),
        FACT(leftovers_of_killed_runs_go_and_writers_are_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
