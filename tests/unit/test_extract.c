/* SPDX-License-Identifier: PostgreSQL */
/* Rows of a table as they are read: the columns that travel, their order, what a hook is told; and
 * keys that are spelled like their parents'. */
#include "server.h"
#include "jobs.h"

#include "catalog/tables.h"
#include "copy/extract.h"
#include "copy/respell.h"

/* A connection in a transaction, with what it knows of the source. */
static struct {
    struct pg_conn *conn;
    struct arena arena;
    struct notes notes;
    const struct catalog *catalog;
    struct plan plan;
    atomic_int stop;
} session;

static void
begin_session(void)
{
    struct pg_info *info;
    struct selection selection;
    begin("job", NULL);
    memset(&session, 0, sizeof session);
    notes_init(&session.notes);
    MUST(pg_info_parse(told.server.uri, "source", &info, &told.err));
    session.conn = pg_connect(info, "test", &session.stop, &told.err);
    pg_info_free(info);
    assert_non_null(session.conn);
    MUST(pg_exec(session.conn, &told.err, "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"));
    MUST(selection_load(session.conn, &told.options, &session.arena, &selection, &told.err));
    MUST(catalog_load(session.conn, &selection, &session.arena, &session.catalog, &told.err));
    MUST(plan_build(session.catalog, false, true, &session.arena, &session.notes, &session.plan,
                    &told.err));
}

static void
end_session(void)
{
    pg_close(session.conn);
    notes_deinit(&session.notes);
    map_deinit(&session.plan.constants);
    arena_deinit(&session.arena);
    end();
}

static const struct table *
table_of(const char *name)
{
    for (int i = 0; i < session.catalog->ntables; i++)
        if (strcmp(session.catalog->tables[i].name, name) == 0)
            return &session.catalog->tables[i];
    fail_msg("no table %s", name);
    return NULL;
}

static struct extract
extract_of(const char *table, bool decoded)
{
    return (struct extract){ .plan = &session.plan,
                             .table = table_of(table),
                             .use = decoded ? WIRE_DECODED : WIRE_PASSED,
                             .with_generated = decoded,
                             .in_key_order = decoded };
}

/* ---- columns */

static void
a_computed_column_travels_only_to_who_does_not_compute(void **state)
{
    (void)state;
    begin_session();
    struct extract to_sqlite = extract_of("computed", true);
    struct extract to_postgres = extract_of("computed", false);
    assert_int_equal(extract_ncolumns(&to_sqlite), 3);
    assert_int_equal(extract_ncolumns(&to_postgres), 2);
    for (int i = 0; i < 2; i++) {
        struct extract_stream stream = { 0 };
        struct row row;
        MUST(extract_open(session.conn, i == 0 ? &to_sqlite : &to_postgres, &stream, &told.err));
        assert_int_equal(row_stream_next(&stream.stream, &row, &told.err), 1);
        assert_int_equal(row.ncolumns, i == 0 ? 3 : 2);
        if (i == 0) { /* 2 * 21, big-endian */
            assert_int_equal(row.values[2].len, 4);
            assert_int_equal(row.values[2].data[3], 42);
        }
        while (row_stream_next(&stream.stream, &row, &told.err) == 1)
            ;
        extract_close(&stream);
    }
    end_session();
}

static void
a_table_without_columns_has_its_rows(void **state)
{
    (void)state;
    begin_session();
    struct extract extract = extract_of("no_columns", false);
    struct extract_stream stream = { 0 };
    struct row row;
    assert_int_equal(extract_ncolumns(&extract), 0);
    MUST(extract_open(session.conn, &extract, &stream, &told.err));
    assert_int_equal(row_stream_next(&stream.stream, &row, &told.err), 1);
    assert_int_equal(row.ncolumns, 0);
    assert_int_equal(row_stream_next(&stream.stream, &row, &told.err), 0);
    extract_close(&stream);
    end_session();
}

static void
odd_names_are_quoted(void **state)
{
    (void)state;
    begin_session();
    struct extract extract = extract_of("Order \"Lines\"", true);
    struct buf sql = { 0 };
    extract_sql(&extract, true, "true", &sql);
    assert_non_null(strstr(buf_str(&sql), "\"Odd.Shop\".\"Order \"\"Lines\"\"\""));
    assert_non_null(strstr(buf_str(&sql), "decant_row.\"Select\", "));
    assert_non_null(strstr(buf_str(&sql), "decant_row.\" blank \""));
    assert_non_null(strstr(buf_str(&sql), " WHERE true ORDER BY decant_row.\"Select\""));
    assert_int_equal(strncmp(buf_str(&sql), "COPY (", 6), 0);
    buf_deinit(&sql);
    end_session();
}

/* ---- order */

static void
rows_come_in_the_order_of_a_key_that_every_server_orders_alike(void **state)
{
    static const struct {
        const char *table;
        bool ordered;
    } cases[] = {
        { "people", true },    /* integer */
        { "addresses", true }, /* two integers */
        { "measured", false }, /* a date: SQLite has a text */
        { "cities", false },   /* text: by a collation */
        { "keyless", false },  { "colors", false },
    };
    (void)state;
    begin_session();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct extract extract = extract_of(cases[i].table, true);
        struct extract_stream stream = { 0 };
        struct row row;
        bool order;
        MUST(extract_plan_order(session.conn, &extract, &order, &told.err));
        if (order != cases[i].ordered)
            fail_msg("%s", cases[i].table);
        MUST(extract_open(session.conn, &extract, &stream, &told.err));
        assert_int_equal(stream.stream.is_ordered, cases[i].ordered);
        while (row_stream_next(&stream.stream, &row, &told.err) == 1)
            ;
        extract_close(&stream);
        extract.in_key_order = false;
        MUST(extract_plan_order(session.conn, &extract, &order, &told.err));
        assert_false(order); /* nobody asked for it */
    }
    end_session();
}

static void
keys_ascend_where_rows_are_ordered(void **state)
{
    (void)state;
    begin_session();
    struct extract extract = extract_of("people", true);
    struct extract_stream stream = { 0 };
    struct row row;
    int last = 0, n = 0;
    MUST(extract_open(session.conn, &extract, &stream, &told.err));
    for (; row_stream_next(&stream.stream, &row, &told.err) == 1; n++) {
        assert_true(row.values[0].data[3] > last);
        last = row.values[0].data[3];
    }
    assert_int_equal(n, 40);
    assert_int_equal(stream.rows, 40);
    assert_true(extract_bytes(&stream) > 40 * 30);
    extract_close(&stream);
    end_session();
}

/* ---- the hook */

static bool
look(void *ctx, int stream, const struct decant_table *table, struct decant_value *values,
     struct decant_error *err)
{
    int *calls = ctx;
    (void)values, (void)err;
    ++*calls;
    assert_int_equal(stream, 7);
    assert_string_equal(table->schema, "public");
    assert_string_equal(table->name, "people");
    assert_int_equal(table->ncolumns, 7);
    static const struct decant_column expected[] = {
        { "id", "integer", false, 0 },    { "email", "text", true, 0 },
        { "full_name", "text", true, 0 }, { "phone", "character varying(30)", true, 30 },
        { "born", "date", false, 0 },     { "mood", "public.mood", false, 0 },
        { "boss", "integer", false, 0 },
    };
    for (int i = 0; i < 7; i++) {
        assert_string_equal(table->columns[i].name, expected[i].name);
        assert_string_equal(table->columns[i].type, expected[i].type);
        assert_int_equal(table->columns[i].is_text, expected[i].is_text);
        assert_int_equal(table->columns[i].max_characters, expected[i].max_characters);
    }
    return *calls < 5;
}

static void
a_hook_is_told_names_types_and_lengths(void **state)
{
    (void)state;
    begin_session();
    int calls = 0, n = 0;
    struct extract extract = extract_of("people", true);
    struct extract_stream stream = { .hook = look, .hook_ctx = &calls, .worker = 7 };
    struct row row;
    MUST(extract_open(session.conn, &extract, &stream, &told.err));
    int got;
    while ((got = row_stream_next(&stream.stream, &row, &told.err)) == 1)
        n++;
    assert_int_equal(got, -1); /* the fifth row was refused */
    assert_int_equal(n, 4);
    assert_int_equal(calls, 5);
    extract_close(&stream);
    end_session();
}

/* ---- respelled keys */

static void
keys_that_are_equal_but_not_identical_are_counted(void **state)
{
    (void)state;
    begin_session();
    MUST(respell_find(session.conn, &session.plan, &session.notes, &told.err));
    int found = 0;
    for (int i = 0; i < session.plan.nkeys; i++) {
        const struct plan_key *key = &session.plan.keys[i];
        bool is_it = strcmp(key->child->name, "painted") == 0;
        found += is_it;
        assert_int_equal(key->respelled, is_it ? 2 : 0); /* RED and BLUE */
    }
    assert_int_equal(found, 1);
    end_session();
}

static void
only_the_columns_of_such_a_key_are_respelled(void **state)
{
    (void)state;
    begin_session();
    const struct table *painted = table_of("painted"), *people = table_of("people");
    assert_null(respell_key(&session.plan, painted, 1)); /* nobody has counted yet */
    MUST(respell_find(session.conn, &session.plan, &session.notes, &told.err));
    assert_null(respell_key(&session.plan, painted, 0));
    const struct plan_key *key = respell_key(&session.plan, painted, 1);
    assert_non_null(key);
    assert_ptr_equal(key->parent, table_of("colors"));
    assert_null(respell_key(&session.plan, table_of("colors"), 0)); /* the parent stays */
    for (int i = 0; i < people->ncolumns; i++)
        assert_null(respell_key(&session.plan, people, i));
    end_session();
}

static void
a_key_comes_in_the_spelling_of_its_parent(void **state)
{
    static const char *const decoded[] = { "Red", "Red", "blue", NULL };
    static const char *const passed[] = { "RED", "Red", "BLUE", NULL };
    (void)state;
    begin_session();
    MUST(respell_find(session.conn, &session.plan, &session.notes, &told.err));
    for (int i = 0; i < 2; i++) { /* PostgreSQL knows that they are equal */
        const char *const *expected = i == 0 ? decoded : passed;
        struct extract extract = extract_of("painted", i == 0);
        extract.in_key_order = true;
        struct extract_stream stream = { 0 };
        struct row row;
        MUST(extract_open(session.conn, &extract, &stream, &told.err));
        for (int n = 0; n < 4; n++) {
            assert_int_equal(row_stream_next(&stream.stream, &row, &told.err), 1);
            const struct decant_value *value = &row.values[1];
            if (expected[n] == NULL)
                assert_int_equal(value->len, DECANT_NULL);
            else {
                assert_int_equal(value->len, strlen(expected[n]));
                assert_memory_equal(value->data, expected[n], strlen(expected[n]));
            }
        }
        assert_int_equal(row_stream_next(&stream.stream, &row, &told.err), 0);
        extract_close(&stream);
    }
    end_session();
}

/* The copy joins as the source does; SQLite compares bytes. */
static void
a_copy_joins_as_its_source_does(void **state)
{
    (void)state;
    begin("job", NULL);
    select_table("public.colors");
    select_table("public.painted");
    MUST(pull());
    assert_int_equal(count("SELECT count(*) FROM painted JOIN colors ON name = color"), 3);
    assert_string_equal(cell("SELECT group_concat(color) FROM painted ORDER BY id"),
                        "Red,Red,blue");
    assert_true(has_note("key-respelled public.painted.painted_color_fkey 2\n"));
    end();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        FACT(a_computed_column_travels_only_to_who_does_not_compute),
        FACT(a_table_without_columns_has_its_rows),
        FACT(odd_names_are_quoted),
        FACT(rows_come_in_the_order_of_a_key_that_every_server_orders_alike),
        FACT(keys_ascend_where_rows_are_ordered),
        FACT(a_hook_is_told_names_types_and_lengths),
        FACT(keys_that_are_equal_but_not_identical_are_counted),
        FACT(only_the_columns_of_such_a_key_are_respelled),
        FACT(a_key_comes_in_the_spelling_of_its_parent),
        FACT(a_copy_joins_as_its_source_does),
    };
    return cmocka_run_group_tests(tests, begin_folder, end_folder);
}
