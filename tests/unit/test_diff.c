/* SPDX-License-Identifier: PostgreSQL */
/* What differs between two files: rows by key, columns, decisions; and nothing where nothing does.
 */
#include "diff/diff.h"

#include "folder.h"
#include "load.h"

static const atomic_int never = 0;

static void
make_db(const char *path, const char *sql)
{
    struct db *db;
    struct decant_error err = { 0 };
    assert_true(db_open(path, DB_CREATE, NULL, &db, &err));
    if (!db_exec(db, &err, sql))
        fail_msg("%s", err.message);
    db_close(db);
}

static void
differ(const char *before, const char *after, struct diff *out)
{
    struct decant_error err = { 0 };
    make_db("a", before);
    make_db("b", after);
    *out = (struct diff){ 0 };
    if (!diff_files("a", "b", &never, out, &err))
        fail_msg("%s", err.message);
}

static void
rows_come_go_and_change_by_their_key(void **state)
{
    struct diff d;
    (void)state;
    differ(
        "CREATE TABLE t(id INTEGER PRIMARY KEY, x TEXT, y);"
        "INSERT INTO t VALUES (1, 'a', 1), (2, 'b', NULL), (3, 'c', 3), (4, NULL, 4), (9, 'z', 9)",
        "CREATE TABLE t(id INTEGER PRIMARY KEY, x TEXT, y);"
        "INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 2), (3, NULL, 3), (4, NULL, 4), (5, 'e', 5),"
        " (6, 'f', 6)",
        &d);
    assert_int_equal(d.ntables, 1);
    assert_int_equal(d.tables[0].before, 5);
    assert_int_equal(d.tables[0].after, 6);
    assert_int_equal(d.tables[0].came, 2);
    assert_int_equal(d.tables[0].went, 1);
    assert_int_equal(d.tables[0].changed, 2);
    assert_int_equal(d.nchanges, 0);
    diff_deinit(&d);
}

static void
keys_of_several_columns_and_odd_names(void **state)
{
    struct diff d;
    (void)state;
    differ(
        "CREATE TABLE \"it's \"\"odd\"\"\"(a, \"b c\", v, PRIMARY KEY (a, \"b c\")) WITHOUT ROWID;"
        "INSERT INTO \"it's \"\"odd\"\"\" VALUES (1, 1, 'x'), (1, 2, 'y')",
        "CREATE TABLE \"it's \"\"odd\"\"\"(a, \"b c\", v, PRIMARY KEY (a, \"b c\")) WITHOUT ROWID;"
        "INSERT INTO \"it's \"\"odd\"\"\" VALUES (1, 1, 'x'), (2, 1, 'y')",
        &d);
    assert_string_equal(d.tables[0].name, "it's \"odd\"");
    assert_int_equal(d.tables[0].came, 1);
    assert_int_equal(d.tables[0].went, 1);
    assert_int_equal(d.tables[0].changed, 0);
    diff_deinit(&d);
}

/* As many as PostgreSQL has; and what a column takes for the same is not the same bytes. */
static void
tables_may_be_wide_and_without_regard_to_case(void **state)
{
    struct diff d;
    struct buf a = { 0 }, b = { 0 };
    (void)state;
    buf_puts(&a, "CREATE TABLE t(id INTEGER PRIMARY KEY, x TEXT COLLATE NOCASE");
    for (int i = 0; i < 1598; i++)
        buf_printf(&a, ", c%d", i);
    buf_puts(&a, ");");
    buf_puts(&b, buf_str(&a));
    buf_puts(&a, "INSERT INTO t(id, x) VALUES (1, 'a'), (2, 'b'), (3, 'c')");
    buf_puts(&b, "INSERT INTO t(id, x, c1597) VALUES (1, 'A', NULL), (2, 'b', NULL), (3, 'c', 1)");
    differ(buf_str(&a), buf_str(&b), &d);
    assert_int_equal(d.tables[0].changed, 2);
    buf_deinit(&a);
    buf_deinit(&b);
    diff_deinit(&d);
}

/* Without a key in common only numbers are known. */
static void
what_has_no_key_is_not_guessed(void **state)
{
    struct diff d;
    (void)state;
    differ("CREATE TABLE t(x); INSERT INTO t VALUES (1), (2);"
           "CREATE TABLE u(id INTEGER PRIMARY KEY, x)",
           "CREATE TABLE t(x); INSERT INTO t VALUES (3);"
           "CREATE TABLE u(id, x PRIMARY KEY)",
           &d);
    for (int i = 0; i < 2; i++)
        assert_int_equal(d.tables[i].changed, -1);
    assert_int_equal(d.tables[0].before, 2);
    assert_int_equal(d.tables[0].after, 1);
    diff_deinit(&d);
}

static void
tables_and_columns_come_and_go(void **state)
{
    struct diff d;
    struct buf text = { 0 };
    (void)state;
    differ("CREATE TABLE t(id INTEGER PRIMARY KEY, old TEXT, kept TEXT); CREATE TABLE gone(x);"
           "INSERT INTO t VALUES (1, 'o', 'k'); INSERT INTO gone VALUES (1)",
           "CREATE TABLE t(id INTEGER PRIMARY KEY, new TEXT, kept INTEGER); CREATE TABLE came(x);"
           "INSERT INTO t VALUES (1, 'n', 'k')",
           &d);
    assert_int_equal(d.nchanges, 5);
    diff_put_text(&d, "a", "b", &text);
    assert_non_null(strstr(buf_str(&text), "table gone: gone (there)"));
    assert_non_null(strstr(buf_str(&text), "table came: new (there)"));
    assert_non_null(strstr(buf_str(&text), "column t.new: new (TEXT)"));
    assert_non_null(strstr(buf_str(&text), "column t.old: gone (TEXT)"));
    assert_non_null(strstr(buf_str(&text), "column t.kept: INTEGER, was TEXT"));
    buf_reset(&text);
    diff_put_json(&d, "a", "b", &text);
    assert_non_null(
        strstr(buf_str(&text), "{\"name\":\"came\",\"before\":-1,\"after\":0,\"came\":-1"));
    buf_deinit(&text);
    diff_deinit(&d);
}

static void
the_same_file_does_not_differ(void **state)
{
    struct diff d;
    struct buf text = { 0 };
    (void)state;
    differ(
        "CREATE TABLE t(id INTEGER PRIMARY KEY, x); INSERT INTO t VALUES (1, 1e300), (2, x'00ff')",
        "CREATE TABLE t(id INTEGER PRIMARY KEY, x); INSERT INTO t VALUES (1, 1e300), (2, x'00ff')",
        &d);
    diff_put_text(&d, "a", "b", &text);
    assert_string_equal(buf_str(&text),
                        "b, beside a\n  1 table has the same rows\n\n  the schema is the same\n"
                        "  decisions and figures are not known: a copy has no manifest\n");
    buf_reset(&text);
    diff_manifests(&(struct manifest){ 0 }, &(struct manifest){ 0 }, &d);
    diff_put_text(&d, "a", "b", &text);
    assert_string_equal(buf_str(&text), "b, beside a\n  1 table has the same rows\n\n"
                                        "  schema, decisions and figures are the same\n");
    buf_deinit(&text);
    diff_deinit(&d);
}

/* As in a manifest, in no order. */
static void
decisions_and_figures_are_compared(void **state)
{
    struct manifest_column was[] = { { "s.t.b", "text", "masked", "email", "" },
                                     { "s.t.a", "text", "kept", "", "" },
                                     { "s.t.gone", "text", "kept", "", "" } };
    struct manifest_column now[] = { { "s.t.a", "text", "masked", "text", "" },
                                     { "s.t.new", "int", "safe", "", "" },
                                     { "s.t.b", "text", "masked", "email", "" } };
    struct manifest_figure before[] = { { "rows", "s.t", "holds", "", 1, 1, 0, 0, 0 },
                                        { "nulls", "s.t.a", "holds", "", 1, 1, 0, 0, 0 } };
    struct manifest_figure after[] = { { "nulls", "s.t.a", "unknown", "", 1, 1, 0, 0, 0 },
                                       { "rows", "s.t", "holds", "", 1, 1, 0, 0, 0 } };
    struct manifest a = { .ncolumns = 3, .columns = was, .nfigures = 2, .figures = before };
    struct manifest b = { .ncolumns = 3, .columns = now, .nfigures = 2, .figures = after };
    struct diff d = { 0 };
    (void)state;
    diff_manifests(&a, &b, &d);
    assert_int_equal(d.nchanges, 4);
    assert_string_equal(d.changes[0].name, "s.t.a");
    assert_string_equal(d.changes[0].was, "kept");
    assert_string_equal(d.changes[0].now, "masked, text");
    assert_string_equal(d.changes[1].name, "s.t.gone");
    assert_string_equal(d.changes[2].name, "s.t.new");
    assert_string_equal(d.changes[3].kind, "figure");
    assert_string_equal(d.changes[3].now, "unknown");
    diff_deinit(&d);
}

static void
at_most_a_screen_is_told(void **state)
{
    struct diff d = { 0 };
    struct buf text = { 0 };
    char name[20];
    int lines = 0;
    (void)state;
    for (int i = 0; i < 500; i++) {
        snprintf(name, sizeof name, "t%d", i);
        diff_add_table(&d, &(struct diff_table){ name, 1, 1 + i, i, 0, 0 });
        diff_add_change(&d, "column", name, "", "text");
    }
    diff_put_text(&d, "a", "b", &text);
    for (const char *p = buf_str(&text); *p != '\0'; p++)
        lines += *p == '\n';
    assert_true(lines <= 33);
    assert_non_null(strstr(buf_str(&text), "\n  t499 ")); /* where most has moved */
    assert_non_null(strstr(buf_str(&text), "and 487 more\n"));
    buf_deinit(&text);
    diff_deinit(&d);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(rows_come_go_and_change_by_their_key, folder_clear),
        cmocka_unit_test_teardown(keys_of_several_columns_and_odd_names, folder_clear),
        cmocka_unit_test_teardown(tables_may_be_wide_and_without_regard_to_case, folder_clear),
        cmocka_unit_test_teardown(what_has_no_key_is_not_guessed, folder_clear),
        cmocka_unit_test_teardown(tables_and_columns_come_and_go, folder_clear),
        cmocka_unit_test_teardown(the_same_file_does_not_differ, folder_clear),
        cmocka_unit_test_teardown(decisions_and_figures_are_compared, folder_clear),
        cmocka_unit_test_teardown(at_most_a_screen_is_told, folder_clear),
    };
    return cmocka_run_group_tests_name("diff", tests, folder_enter, folder_leave);
}
