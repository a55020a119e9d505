/* SPDX-License-Identifier: PostgreSQL */
/* A finished copy is read once more, file or database: rows, the parents of rows, rows without one,
 * and the texts of its schema. */
#include "load/scan.h"

#include "load.h"
#include "load/foreign_keys.h"
#include "load/sink.h"

#include "server.h"

static char folder[256], path[300];
static const atomic_int never = 0;

/* Rows as "1|x;2|NULL;" */
static const char *
rows_of(const struct scan_source *source, const struct scan_table *table)
{
    static struct buf text;
    struct decant_error err = { 0 };
    struct scan *scan = NULL;
    const struct cell *cells;
    int n;
    buf_deinit(&text);
    buf_puts(&text, "");
    if (!scan_open(source, table, &scan, &err))
        fail_msg("%s", err.message);
    while ((n = scan_next(scan, &cells, &err)) > 0)
        for (int i = 0; i < table->ncolumns; i++) {
            const struct cell *c = &cells[i];
            if (c->kind == CELL_INTEGER)
                buf_printf(&text, "%lld", (long long)c->integer);
            else if (c->kind == CELL_REAL)
                buf_printf(&text, "%g", c->real);
            else
                buf_printf(&text, c->kind == CELL_BLOB ? "X%.*s" : "%.*s",
                           c->kind == CELL_NULL ? 4 : (int)c->len,
                           c->kind == CELL_NULL ? "NULL" : (const char *)c->data);
            buf_putc(&text, i + 1 < table->ncolumns ? '|' : ';');
        }
    if (n < 0)
        fail_msg("%s", err.message);
    scan_close(scan);
    static char copy[1000];
    snprintf(copy, sizeof copy, "%s", buf_str(&text));
    buf_deinit(&text);
    return copy;
}

/* ---- a file */

static void
make_file(const char *sql)
{
    struct db *db;
    struct decant_error err = { 0 };
    unlink(path);
    assert_true(db_open(path, DB_CREATE, NULL, &db, &err));
    assert_true(db_exec(db, &err, sql));
    db_close(db);
}

static void
cells_of_a_file_are_of_their_own_kind(void **state)
{
    static const char *const columns[] = { "b", "A \"odd\" name", "b" };
    struct scan_source source;
    struct decant_error err = { 0 };
    (void)state;
    make_file("CREATE TABLE \"t'\"\"x\"(\"A \"\"odd\"\" name\", b);"
              "INSERT INTO \"t'\"\"x\" VALUES (1, 'x'), (1.5, NULL), (x'4142', '')");
    assert_true(scan_open_file(path, &never, &source, &err));
    const struct scan_table table = { .name = "t'\"x", .ncolumns = 3, .columns = columns };
    assert_string_equal(rows_of(&source, &table), "x|1|x;NULL|1.5|NULL;|XAB|;");
    assert_string_equal(rows_of(&source, &table), "x|1|x;NULL|1.5|NULL;|XAB|;"); /* once more */
    scan_end(&source);
    scan_end(&source); /* is no error */
}

static void
a_row_of_a_file_comes_with_its_parent_or_nulls(void **state)
{
    static const char *const columns[] = { "id", "name", "x" }, *const child[] = { "a", "b" };
    static const char *const parents[] = { "x", "y" };
    const struct scan_parent parent = {
        .name = "p", .nkeys = 2, .child_keys = child, .parent_keys = parents, .first = 1, .n = 2
    };
    const struct scan_table table = {
        .name = "c", .ncolumns = 3, .columns = columns, .parent = &parent
    };
    struct scan_source source;
    struct decant_error err = { 0 };
    (void)state;
    make_file("CREATE TABLE p(x, y, name); CREATE TABLE c(id, a, b, name);"
              "INSERT INTO p VALUES (1, 1, 'one'), (1, 2, 'two');"
              "INSERT INTO c VALUES (1, 1, 2, 'own'), (2, 1, 7, 'own'), (3, NULL, 1, 'own')");
    assert_true(scan_open_file(path, &never, &source, &err));
    assert_string_equal(rows_of(&source, &table), "1|two|1;2|NULL|NULL;3|NULL|NULL;");
    scan_end(&source);
}

static void
what_is_not_in_the_file_is_told(void **state)
{
    static const char *const columns[] = { "nothing" };
    const struct scan_table tables[] = {
        { .name = "gone", .ncolumns = 1, .columns = columns },
        { .name = "t", .ncolumns = 1, .columns = columns },
    };
    struct scan_source source;
    (void)state;
    make_file("CREATE TABLE t(a)");
    for (int i = 0; i < 2; i++) {
        struct scan *scan = NULL;
        struct decant_error err = { 0 };
        assert_true(scan_open_file(path, &never, &source, &err));
        assert_false(scan_open(&source, &tables[i], &scan, &err));
        assert_non_null(strstr(err.message, "no such"));
        scan_close(scan);
        scan_end(&source);
    }
    scan_close(NULL);
}

/* How many rows have been read by parts of a table of these numbers; *n parts. */
static int
rows_of_parts(const char *numbers, const char *column, int *n)
{
    static const char *const columns[] = { "a" };
    struct scan_part parts[SCAN_MOST_PARTS];
    struct scan_source source;
    struct decant_error err = { 0 };
    char sql[400];
    int rows = 0;
    snprintf(sql, sizeof sql,
             "CREATE TABLE t(%s INTEGER PRIMARY KEY, a); INSERT INTO t SELECT n, n FROM (%s)",
             column, numbers);
    make_file(sql);
    struct scan_table table = { .name = "t", .ncolumns = 1, .columns = columns };
    assert_true(scan_open_file(path, &never, &source, &err));
    assert_true(scan_parts(&source, &table, parts, n, &err));
    for (int i = 0; i < *n; i++) {
        struct scan *scan = NULL;
        const struct cell *cells;
        int64_t last = INT64_MIN;
        table.part = &parts[i];
        assert_true(scan_open(&source, &table, &scan, &err));
        for (; scan_next(scan, &cells, &err) > 0; rows++) {
            assert_true(cells[0].integer >= parts[i].first && cells[0].integer <= parts[i].last);
            assert_true(cells[0].integer > last || last == INT64_MIN);
            last = cells[0].integer;
        }
        scan_close(scan);
        assert_true(i == 0 || parts[i].first == parts[i - 1].last + 1);
    }
    assert_true(parts[0].first == INT64_MIN && parts[*n - 1].last == INT64_MAX);
    scan_end(&source);
    return rows;
}

/* `count` numbers from `first` on. */
#define SERIES(first, step, count)                                                                 \
    "WITH RECURSIVE s(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM s WHERE i < " #count             \
    " - 1) SELECT " #first " + i * " #step " AS n FROM s"

static void
every_row_is_of_one_part(void **state)
{
    static const struct {
        const char *numbers;
        int rows, parts;
    } cases[] = {
        { "SELECT 1 AS n WHERE false", 0, 1 },
        { "SELECT 7 AS n", 1, 1 },
        { SERIES(1, 1, 400), 400, 1 },
        { SERIES(-200000, 1000, 400), 400, 8 },
        { SERIES(1, 1000003, 400), 400, SCAN_MOST_PARTS },
        { SERIES(9223372036854775807, -99999, 10), 10, 18 },
        { "SELECT 9223372036854775807 AS n UNION ALL SELECT -9223372036854775807 - 1", 2,
          SCAN_MOST_PARTS },
    };
    int n;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(rows_of_parts(cases[i].numbers, "id", &n), cases[i].rows);
        assert_int_equal(n, cases[i].parts);
    }
    /* a column that is called like the number of a row hides it */
    assert_int_equal(rows_of_parts("SELECT 1 AS n UNION ALL SELECT 900000000", "_RowId_", &n), 2);
    assert_int_equal(n, 1);
}

static void
a_file_that_is_no_database_is_told(void **state)
{
    struct scan_source source;
    struct decant_error err = { 0 };
    static const char *const columns[] = { "a" };
    const struct scan_table table = { .name = "t", .ncolumns = 1, .columns = columns };
    struct scan *scan = NULL;
    (void)state;
    FILE *file = fopen(path, "w");
    for (int i = 0; i < 300; i++)
        fputs("no database ", file);
    fclose(file);
    bool ok =
        scan_open_file(path, &never, &source, &err) && scan_open(&source, &table, &scan, &err);
    assert_false(ok);
    assert_int_equal(err.code, DECANT_CHECK);
    assert_non_null(strstr(err.message, "damaged or not a SQLite database"));
    scan_close(scan);
    scan_end(&source);
    unlink(path);
    assert_false(scan_open_file(path, &never, &source, &err));
    assert_int_equal(err.code, DECANT_UNAVAILABLE);
}

static void
gather(void *ctx, const char *object, const char *text)
{
    struct buf *all = ctx;
    buf_printf(all, "%s: %s\n", object, text != NULL ? text : "NULL");
}

static void
the_schema_of_a_file_is_all_its_statements(void **state)
{
    struct scan_source source;
    struct buf all = { 0 };
    struct decant_error err = { 0 };
    (void)state;
    make_file("CREATE TABLE t(a DEFAULT 'of Ann' UNIQUE); CREATE VIEW v AS SELECT 'view of Ann';"
              "CREATE INDEX i ON t(a) WHERE a <> 'index of Ann'");
    assert_true(scan_open_file(path, &never, &source, &err));
    assert_true(scan_schema(&source, gather, &all, &err));
    assert_non_null(strstr(buf_str(&all), "t: CREATE TABLE t(a DEFAULT 'of Ann' UNIQUE)"));
    assert_non_null(strstr(buf_str(&all), "v: CREATE VIEW v AS SELECT 'view of Ann'"));
    assert_non_null(strstr(buf_str(&all), "index of Ann"));
    assert_null(strstr(buf_str(&all), "NULL")); /* an index of the table's own has no text */
    buf_deinit(&all);
    scan_end(&source);
}

/* ---- a database */

struct copy {
    struct scripted_server server;
    struct scan_source source;
    struct decant_error err;
    atomic_int stop;
};

static void
copy_open(struct copy *c)
{
    struct pg_info *info = NULL;
    memset(c, 0, sizeof *c);
    server_start(&c->server, "load");
    assert_true(pg_info_parse(c->server.uri, "copy", &info, &c->err));
    c->source.conn = pg_connect(info, "decant/test/", &c->stop, &c->err);
    pg_info_free(info);
    if (c->source.conn == NULL)
        fail_msg("%s", c->err.message);
    c->source.stop = &c->stop;
}

static void
copy_close(struct copy *c)
{
    scan_end(&c->source);
    server_stop(&c->server);
}

static void
cells_of_a_database_are_all_text(void **state)
{
    static const char *const columns[] = { "id", "parent", "note" };
    struct copy c;
    (void)state;
    copy_open(&c);
    struct scan_table table = {
        .schema = "public", .name = "children", .ncolumns = 3, .columns = columns
    };
    assert_string_equal(rows_of(&c.source, &table),
                        "1|1|x;2|7|NULL;3|NULL|;4|2|tab\tand \"quotes\";"); /* no heirs */
    copy_close(&c);
}

static void
partitions_are_read_with_their_root_where_they_are_wanted(void **state)
{
    static const char *const columns[] = { "id", "day" };
    struct copy c;
    (void)state;
    copy_open(&c);
    struct scan_table table = { .schema = "app",
                                .name = "events",
                                .ncolumns = 2,
                                .columns = columns,
                                .with_partitions = true };
    assert_string_equal(rows_of(&c.source, &table), "1|2024-05-01;2|2025-05-01;");
    table.with_partitions = false;
    assert_string_equal(rows_of(&c.source, &table), "");
    table.name = "events_2";
    assert_string_equal(rows_of(&c.source, &table), "2|2025-05-01;");
    copy_close(&c);
}

static void
a_row_of_a_database_comes_with_its_parent_or_nulls(void **state)
{
    static const char *const columns[] = { "id", "Odd \"Name" }, *const child[] = { "parent" };
    static const char *const parents[] = { "id" }, *const operators[] = { "pg_catalog.=" };
    const struct scan_parent parent = { .schema = "public",
                                        .name = "parents",
                                        .nkeys = 1,
                                        .child_keys = child,
                                        .parent_keys = parents,
                                        .operators = operators,
                                        .first = 1,
                                        .n = 1 };
    struct copy c;
    (void)state;
    copy_open(&c);
    const struct scan_table table = {
        .schema = "public", .name = "children", .ncolumns = 2, .columns = columns, .parent = &parent
    };
    const char *rows = rows_of(&c.source, &table);
    static const char *const each[] = { "1|a;", "2|NULL;", "3|NULL;", "4|NULL;" };
    for (int i = 0; i < 4; i++) /* in whatever order */
        assert_non_null(strstr(rows, each[i]));
    assert_int_equal(strlen(rows), 4 + 3 * 7);
    copy_close(&c);
}

static void
a_table_that_the_database_lacks_is_told(void **state)
{
    static const char *const columns[] = { "id" };
    struct scan *scan = NULL;
    const struct cell *cells;
    struct copy c;
    (void)state;
    copy_open(&c);
    const struct scan_table table = {
        .schema = "public", .name = "gone", .ncolumns = 1, .columns = columns
    };
    bool ok = scan_open(&c.source, &table, &scan, &c.err) && scan_next(scan, &cells, &c.err) >= 0;
    assert_false(ok);
    assert_string_equal(c.err.sqlstate, "42P01");
    scan_close(scan);
    copy_close(&c);
}

static void
every_text_of_a_databases_schema_is_found(void **state)
{
    static const char *const texts[] = { "default of Ann", "check of Ann", "comment on Ann",
                                         "label of Ann",   "view of Ann",  "function of Ann",
                                         "setting of Ann", "Odd \"Name",   "events_2" };
    struct buf all = { 0 };
    struct copy c;
    (void)state;
    copy_open(&c);
    if (!scan_schema(&c.source, gather, &all, &c.err))
        fail_msg("%s", c.err.message);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strstr(buf_str(&all), texts[i]) == NULL)
            fail_msg("nowhere: %s", texts[i]);
    assert_null(strstr(buf_str(&all), "pg_class")); /* is the server's */
    buf_deinit(&all);
    copy_close(&c);
}

/* ---- rows without a parent */

static void
orphans_are_counted_by_each_form_of_key(void **state)
{
    struct source source;
    struct copy c;
    int64_t n = -1;
    (void)state;
    source_init(&source);
    copy_open(&c);
    struct table *parents = source_table(&source, "public", "parents", "id integer");
    struct table *children = source_table(&source, "public", "children", "parent integer");
    struct table *rooms = source_table(&source, "public", "bookings", "room integer, during x.y");
    struct table *stays = source_table(&source, "public", "stays", "room integer, during x.y");
    struct table *events = source_table(&source, "app", "events", "id integer");
    events->kind = 'p';
    source_key(&source, "plain", children, "parent", parents, "id");
    source_key(&source, "period", stays, "room, during", rooms, "room, during")->is_period = true;
    source_key(&source, "partitioned", events, "id", parents, "id");
    struct table *seats = source_table(&source, "public", "seats", "line integer, place integer");
    struct table *tickets =
        source_table(&source, "public", "tickets", "line integer, place integer");
    source_key(&source, "simple", tickets, "line, place", seats, "line, place");
    source_key(&source, "full", tickets, "line, place", seats, "line, place")->match = 'f';
    static const int64_t orphans[] = { 1, 2, 0, 1, 3 };
    for (int i = 0; i < 5; i++) {
        if (!foreign_keys_count_orphans(c.source.conn, &source.keys[i], &n, &c.err))
            fail_msg("%s", c.err.message);
        assert_int_equal(n, orphans[i]);
    }
    ((struct table *)children)->name = "gone";
    n = 77;
    assert_false(foreign_keys_count_orphans(c.source.conn, &source.keys[0], &n, &c.err));
    assert_string_equal(c.err.sqlstate, "42P01");
    assert_int_equal(n, 0);
    copy_close(&c);
    source_deinit(&source);
}

/* ---- a copy that somebody else made */

static void
a_finished_copy_must_have_what_the_source_has(void **state)
{
    static const struct {
        const char *sql, *message; /* NULL: it is taken */
    } cases[] = {
        { "CREATE TABLE t(id, name, more)", NULL },
        { "CREATE TABLE T(ID, NAME)", NULL },
        { "CREATE TABLE t(id)", "'public.t' is not in the copy as the source has it" },
        { "CREATE TABLE u(id, name)", "'public.t' is not in the copy as the source has it" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct source source;
        struct decant_error err = { 0 };
        struct sink *sink = NULL;
        source_init(&source);
        source_table(&source, "public", "none", "");
        struct table *t = source_table(&source, "public", "t", "id integer, name text");
        const struct sink_env env = {
            .target = path, .stop = &never, .arena = &source.arena, .plan = &source.plan
        };
        make_file(cases[i].sql);
        assert_true(sink_made_file.open(&env, &source.catalog.server, &sink, &err));
        assert_int_equal(sink_made_file.prepare(sink, &err), cases[i].message == NULL);
        if (cases[i].message != NULL) {
            assert_int_equal(err.code, DECANT_CHECK);
            assert_string_equal(err.message, cases[i].message);
            assert_non_null(strstr(err.hint, "-T"));
        }
        assert_string_equal(sink_made_file.name_of(sink, t, 1), "name");
        assert_string_equal(sink_made_file.file(sink), path);
        sink_made_file.close(sink);
        source_deinit(&source);
    }
    sink_made_file.close(NULL);
}

static void
a_finished_database_must_have_what_the_source_has(void **state)
{
    struct scripted_server server;
    struct decant_options options;
    (void)state;
    server_start(&server, "load");
    decant_options_init(&options);
    for (int i = 0; i < 3; i++) {
        struct source source;
        struct decant_error err = { 0 };
        struct sink *sink = NULL;
        source_init(&source);
        struct table *t = source_table(&source, "public", i == 1 ? "gone" : "parents",
                                       i == 2 ? "id integer, gone text" : "id integer");
        const struct sink_env env = { .options = &options,
                                      .target = server.uri,
                                      .run = "20260101000000x000000",
                                      .stop = &never,
                                      .arena = &source.arena,
                                      .plan = &source.plan };
        assert_true(sink_made_database.open(&env, &source.catalog.server, &sink, &err));
        assert_int_equal(sink_made_database.prepare(sink, &err), i == 0);
        if (i > 0) {
            assert_int_equal(err.code, DECANT_CHECK);
            assert_non_null(strstr(err.message, "is not in the copy as the source has it"));
        }
        assert_string_equal(sink_made_database.name_of(sink, t, -1), t->name);
        assert_string_equal(sink_made_database.name_of(sink, t, 0), "id");
        sink_made_database.close(sink);
        source_deinit(&source);
    }
    server_stop(&server);
}

static int
begin_folder(void **state)
{
    (void)state;
    bool ok = make_folder(folder, sizeof folder);
    snprintf(path, sizeof path, "%s/copy.sqlite", folder);
    return ok ? 0 : -1;
}

static int
end_folder(void **state)
{
    (void)state;
    return remove_folder(folder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_of_a_file_are_of_their_own_kind),
        cmocka_unit_test(a_row_of_a_file_comes_with_its_parent_or_nulls),
        cmocka_unit_test(what_is_not_in_the_file_is_told),
        cmocka_unit_test(every_row_is_of_one_part),
        cmocka_unit_test(a_file_that_is_no_database_is_told),
        cmocka_unit_test(the_schema_of_a_file_is_all_its_statements),
        cmocka_unit_test(cells_of_a_database_are_all_text),
        cmocka_unit_test(partitions_are_read_with_their_root_where_they_are_wanted),
        cmocka_unit_test(a_row_of_a_database_comes_with_its_parent_or_nulls),
        cmocka_unit_test(a_table_that_the_database_lacks_is_told),
        cmocka_unit_test(every_text_of_a_databases_schema_is_found),
        cmocka_unit_test(orphans_are_counted_by_each_form_of_key),
        cmocka_unit_test(a_finished_copy_must_have_what_the_source_has),
        cmocka_unit_test(a_finished_database_must_have_what_the_source_has),
    };
    return cmocka_run_group_tests(tests, begin_folder, end_folder);
}
