/* SPDX-License-Identifier: PostgreSQL */
/* Databases of the target's server: what is done when it has no such locale, when the mark may not
 * be set, when clients do not let go, when another run holds the lock. */
#include "load/database.h"

#include <sys/stat.h>

#include "load/extension_rows.h"
#include "talk.h"

#define DONE "= ALTER\nZ I"
#define ERROR(code) "! SERROR\tC" code "\tMa secret\nZ I"
#define NO_ROWS "| a\n= SELECT 0\nZ I"
#define ONE_ROW "| a\n- 1\n= SELECT 1\nZ I"

static int
times(const char *text, const char *needle)
{
    int n = 0;
    for (const char *p = text; (p = strstr(p, needle)) != NULL; p++)
        n++;
    return n;
}

/* ---- locales */

static void
a_locale_that_the_server_lacks_becomes_a_plain_one(void **state)
{
    static const struct {
        const char *encoding;
        int refusals;
        const char *code;
        bool is_made;
        const char *collate; /* that it is made with */
    } cases[] = {
        { "UTF8", 0, "42809", true, "de_DE.UTF-8" }, { "UTF8", 1, "42809", true, "'C.UTF-8'" },
        { "UTF8", 1, "22023", true, "'C.UTF-8'" },   { "UTF8", 2, "42809", true, "'C'" },
        { "LATIN1", 1, "42809", true, "'C'" },       { "UTF8", 3, "42809", false, NULL },
        { "UTF8", 1, "53100", false, NULL }, /* the disk is full: no locale helps */
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct subject s;
        char refusal[64];
        subject_init(&s);
        snprintf(refusal, sizeof refusal, "! SERROR\tC%s\tMa secret\nZ I", cases[i].code);
        for (int k = 0; k < cases[i].refusals; k++)
            raw_says(&s.raw, refusal);
        raw_says(&s.raw, DONE);
        subject_start(&s);
        struct server server = s.source.catalog.server;
        server.collate = server.ctype = "de_DE.UTF-8";
        server.encoding = cases[i].encoding;
        assert_int_equal(
            database_create(s.conn, "new \"one", NULL, &server, &s.source.notes, &s.err),
            cases[i].is_made);
        const char *asked = subject_stop(&s);
        assert_non_null(strstr(asked, "CREATE DATABASE \"new \"\"one\" TEMPLATE template0"));
        if (cases[i].is_made) {
            const char *last = asked;
            for (const char *p = asked; (p = strstr(p, "CREATE DATABASE")) != NULL; p++)
                last = p;
            assert_non_null(strstr(last, cases[i].collate));
            assert_int_equal(noted(&s.source.notes, "locale-missing", "de_DE.UTF-8"),
                             cases[i].refusals > 0);
        } else {
            assert_string_equal(s.err.context, "creating the database 'new \"one'");
            assert_int_equal(s.source.notes.count, 0);
        }
        subject_deinit(&s);
    }
}

static void
an_icu_locale_and_an_owner_come_with_it(void **state)
{
    struct subject s;
    (void)state;
    subject_init(&s);
    raw_says(&s.raw, ERROR("42809"));
    raw_says(&s.raw, DONE);
    subject_start(&s);
    struct server server = s.source.catalog.server;
    server.provider = "i";
    server.icu_locale = "de-AT";
    assert_true(database_create(s.conn, "x", "Owner's", &server, &s.source.notes, &s.err));
    const char *asked = subject_stop(&s);
    assert_int_equal(times(asked, "LOCALE_PROVIDER icu ICU_LOCALE 'de-AT'"), 1); /* not again */
    assert_int_equal(times(asked, "OWNER \"Owner's\""), 2);
    subject_deinit(&s);
}

static void
who_may_make_no_database_is_told_what_it_takes(void **state)
{
    struct subject s;
    (void)state;
    subject_init(&s);
    raw_says(&s.raw, ERROR("42501"));
    subject_start(&s);
    assert_false(
        database_create(s.conn, "x", NULL, &s.source.catalog.server, &s.source.notes, &s.err));
    subject_stop(&s);
    assert_int_equal(s.err.code, DECANT_REFUSED);
    assert_non_null(strstr(s.err.hint, "CREATEDB"));
    assert_null(strstr(s.err.message, "secret"));
    subject_deinit(&s);
}

/* ---- the mark */

static void
who_may_set_no_parameter_marks_the_comment(void **state)
{
    static const struct {
        const char *comment, *becomes;
    } cases[] = {
        { "| a\n- for the tests\n= SELECT 1\nZ I", "IS 'for the tests [decant 20260101x1]'" },
        { "| a\n- it's\n= SELECT 1\nZ I", "IS 'it''s [decant 20260101x1]'" },
        { NO_ROWS, "IS '[decant 20260101x1]'" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct subject s;
        subject_init(&s);
        raw_says(&s.raw, ERROR("42501"));
        raw_says(&s.raw, cases[i].comment);
        raw_says(&s.raw, DONE);
        subject_start(&s);
        assert_true(database_set_mark(s.conn, "copy", "20260101x1", &s.err));
        const char *asked = subject_stop(&s);
        if (strstr(asked, cases[i].becomes) == NULL)
            fail_msg("%s", asked);
        subject_deinit(&s);
    }
}

static void
a_mark_that_cannot_be_set_is_no_mark(void **state)
{
    struct subject s;
    (void)state;
    subject_init(&s);
    raw_says(&s.raw, ERROR("57P01"));
    subject_start(&s);
    assert_false(database_set_mark(s.conn, "copy", "20260101x1", &s.err));
    assert_string_equal(s.err.sqlstate, "57P01");
    assert_null(strstr(subject_stop(&s), "COMMENT"));
    subject_deinit(&s);
}

/* ---- the lock */

static void
a_lock_that_another_run_holds_is_waited_for(void **state)
{
    struct subject s;
    (void)state;
    subject_init(&s);
    raw_says(&s.raw, "| a\tb\n- f\t\n= SELECT 1\nZ I");
    raw_says(&s.raw, "| a\tb\n- f\t\n= SELECT 1\nZ I");
    raw_says(&s.raw, "| a\tb\n- t\t\n= SELECT 1\nZ I");
    subject_start(&s);
    assert_true(database_lock(s.conn, "copy", -1, &s.err));
    assert_int_equal(times(subject_stop(&s), "pg_try_advisory_lock"), 3);
    subject_deinit(&s);
}

/* ---- the swap */

#define IN_USE ERROR("55006")

static void
a_swap_is_tried_until_clients_let_go(void **state)
{
    static const struct {
        int refusals;
        const char *code;
        bool is_swapped;
    } cases[] = { { 0, "55006", true },
                  { 1, "55006", true },
                  { 2, "55006", true },
                  { 3, "55006", false },
                  { 1, "42501", false } };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct subject s;
        char refusal[64];
        subject_init(&s);
        snprintf(refusal, sizeof refusal, "! SERROR\tC%s\tMa secret\nZ I", cases[i].code);
        raw_says(&s.raw, ONE_ROW); /* it exists */
        for (int k = 0; k < cases[i].refusals; k++) {
            raw_says(&s.raw, NO_ROWS); /* sessions are ended */
            raw_says(&s.raw, refusal);
            raw_says(&s.raw, "= ROLLBACK\nZ I");
        }
        raw_says(&s.raw, NO_ROWS);
        raw_says(&s.raw, "= BEGIN\n= ALTER\n= ALTER\n= COMMIT\nZ I");
        subject_start(&s);
        struct pg_conn *killer = raw_connect(&s.raw, &raw_go_on);
        assert_int_equal(database_swap(s.conn, killer, "copy", "copy__new", "copy__prev", &s.err),
                         cases[i].is_swapped);
        pg_close(killer);
        const char *asked = subject_stop(&s);
        int tries = cases[i].is_swapped ? cases[i].refusals + 1 : cases[i].refusals;
        assert_int_equal(times(asked, "ALTER DATABASE \"copy\" RENAME TO \"copy__prev\";"
                                      "ALTER DATABASE \"copy__new\" RENAME TO \"copy\";COMMIT"),
                         tries);
        assert_true(times(asked, "pg_terminate_backend") >= tries);
        if (!cases[i].is_swapped)
            assert_string_equal(s.err.sqlstate, cases[i].code);
        subject_deinit(&s);
    }
}

static void
the_first_copy_takes_no_name_from_anybody(void **state)
{
    struct subject s;
    (void)state;
    subject_init(&s);
    raw_says(&s.raw, NO_ROWS);
    raw_says(&s.raw, NO_ROWS);
    raw_says(&s.raw, "= BEGIN\n= ALTER\n= COMMIT\nZ I");
    subject_start(&s);
    struct pg_conn *killer = raw_connect(&s.raw, &raw_go_on);
    assert_true(database_swap(s.conn, killer, "copy", "copy__new", "copy__prev", &s.err));
    pg_close(killer);
    assert_null(strstr(subject_stop(&s), "copy__prev"));
    subject_deinit(&s);
}

/* ---- what goes */

static void
previous_copies_go_but_for_the_newest(void **state)
{
    struct subject s;
    (void)state;
    subject_init(&s);
    raw_says(&s.raw, "| datname\n- c__prev_3\n- c__prev_2\n- c__prev_1\n= SELECT 3\nZ I");
    raw_says(&s.raw, ERROR("55006"));
    raw_says(&s.raw, DONE);
    subject_start(&s);
    database_drop_previous(s.conn, "c", 1, NULL, &s.source.notes);
    const char *asked = subject_stop(&s);
    assert_int_equal(times(asked, "DROP DATABASE"), 2);
    assert_null(strstr(asked, "DROP DATABASE IF EXISTS \"c__prev_3\""));
    assert_int_equal(noted(&s.source.notes, "old-copy", "c__prev_2"), 1);
    assert_int_equal(s.source.notes.count, 1);
    subject_deinit(&s);
}

static void
leftovers_that_do_not_go_stop_the_run(void **state)
{
    struct subject s;
    (void)state;
    subject_init(&s);
    raw_says(&s.raw, "| datname\n- c__decant_2\n- c__decant_1\n= SELECT 2\nZ I");
    raw_says(&s.raw, ERROR("42501"));
    subject_start(&s);
    assert_false(database_drop_leftovers(s.conn, "c", &s.err));
    assert_int_equal(times(subject_stop(&s), "DROP DATABASE"), 1);
    assert_string_equal(s.err.sqlstate, "42501");
    subject_deinit(&s);
}

/* ---- rows of extensions that travel from one server to the other */

#define HEADER "d 5047434f50590aff0d0a000000000000000000\n"

static bool
carry(struct subject *s, struct decant_options *options)
{
    static struct extension_table table = { "cron", "cron", "job", "WHERE jobid > 0", 2 };
    decant_options_init(options);
    options->no_mask = true;
    s->source.catalog.nextension_tables = 1;
    s->source.catalog.extension_tables = &table;
    struct pg_conn *copy = raw_connect(&s->raw, &raw_go_on);
    const struct sink_env env = { .options = options,
                                  .arena = &s->source.arena,
                                  .notes = &s->source.notes,
                                  .plan = &s->source.plan,
                                  .source = s->conn };
    extension_rows_carry(copy, &env);
    pg_close(copy);
    return s->source.notes.count == 0;
}

static void
rows_of_an_extension_travel_as_text(void **state)
{
    struct subject s;
    struct decant_options options;
    (void)state;
    subject_init(&s);
    raw_says(&s.raw, "= SAVEPOINT\nZ T");
    raw_says(&s.raw, "| attname\n- jobid\n- Odd \"name\n= SELECT 2\nZ T");
    raw_says(&s.raw, "H\n" HEADER "d 000200000001370000000578097909"
                     "7a\n"
                     "d 00020000000138ffffffff\nd ffff\nc\n= COPY 2\nZ T");
    raw_says(&s.raw, "G");
    raw_says(&s.raw, "= COPY 2\nZ I");
    subject_start(&s);
    bool is_carried = carry(&s, &options);
    const char *asked = subject_stop(&s);
    if (!is_carried)
        fail_msg("%s", asked);
    assert_non_null(strstr(asked, "WHERE jobid > 0"));
    assert_non_null(strstr(asked, "\"Odd \"\"name\"::pg_catalog.text"));
    assert_non_null(strstr(asked, "FROM STDIN (FORMAT text)"));
    static const char sent[] = "7\tx\\ty\\tz\n8\t\\N\n";
    assert_int_equal(s.raw.copied.len, strlen(sent));
    assert_memory_equal(s.raw.copied.data, sent, strlen(sent));
    subject_deinit(&s);
}

static void
rows_that_the_target_refuses_are_noted(void **state)
{
    struct subject s;
    struct decant_options options;
    (void)state;
    subject_init(&s);
    raw_says(&s.raw, "= SAVEPOINT\nZ T");
    raw_says(&s.raw, "| attname\n- jobid\n= SELECT 1\nZ T");
    raw_says(&s.raw, "! SERROR\tC42501\tMno\nZ E");
    raw_says(&s.raw, "= ROLLBACK\n= RELEASE\nZ T");
    subject_start(&s);
    assert_false(carry(&s, &options));
    assert_non_null(strstr(subject_stop(&s), "ROLLBACK TO SAVEPOINT"));
    assert_int_equal(noted(&s.source.notes, "extension-data", "cron: cron.job"), 1);
    assert_int_equal(noted_count(&s.source.notes, "extension-data"), 2);
    subject_deinit(&s);
}

/* ---- rows of a table */

static char folder[256];

static void
write_tool(const char *name, const char *text)
{
    char path[300];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "#!/bin/sh\n%s\n", text);
    fclose(file);
    assert_int_equal(chmod(path, 0700), 0);
}

struct rows {
    struct row_stream stream;
    const struct decant_value *values;
    int at, n, fails_at;
};

static int
rows_next(struct row_stream *stream, struct row *out, struct decant_error *err)
{
    struct rows *rows = (struct rows *)stream;
    if (rows->at == rows->fails_at) {
        error_set(err, DECANT_UNAVAILABLE, "the source is gone");
        return -1;
    }
    if (rows->at == rows->n)
        return 0;
    *out = (struct row){ 2, rows->values + (ptrdiff_t)2 * rows->at++ };
    return 1;
}

struct load {
    struct subject subject;
    struct decant_options options;
    struct sink_env env;
    struct sink *sink;
    atomic_int stop;
    struct server server;
};

/* Up to the rows: a target that has nothing, and a schema that is there at once. */
static void
load_init(struct load *l)
{
    static const char *const answers[] = {
        "| a\tb\tc\td\te\tf\tg\th\n- f\tUTF8\tC\tC\tc\t\\N\t2\tx\n= SELECT 1\nZ I",
        "| a\n- 42\n= SELECT 1\nZ I",
        NO_ROWS, /* the database does not exist */
        NO_ROWS,
        "| a\tb\n- t\t\n= SELECT 1\nZ I", /* the lock */
        NO_ROWS,                          /* leftovers */
        DONE,                             /* CREATE DATABASE */
        DONE,
        "| a\n- x\n= SELECT 1\nZ I", /* the worker */
        NO_ROWS,                     /* tables to leave out */
        "= RESET\n= SELECT 1\nZ I",  /* that connection is given back */
        "= BEGIN\n= SET\nZ T",
        "| a\tb\n- \\N\t\\N\n= SELECT 1\nZ T",
        "| a\n= SELECT 0\nZ T",
        "= COMMIT\nZ I",
        "| a\n- t\n= SELECT 1\nZ I", /* the table is there */
    };
    memset(l, 0, sizeof *l);
    subject_init(&l->subject);
    assert_true(make_folder(folder, sizeof folder));
    write_tool("pg_dump", "[ \"$1\" = --version ] && echo 'pg_dump (PostgreSQL) 15.3'; echo PGDMP");
    write_tool("pg_restore", "exit 0");
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        raw_says(&l->subject.raw, answers[i]);
    decant_options_init(&l->options);
    l->options.pg_bindir = folder;
    l->options.jobs = 1;
    source_table(&l->subject.source, "public", "Odd \"t", "id integer, name text");
    l->server = l->subject.source.catalog.server;
    l->server.system_id = "another";
}

static void
load_prepare(struct load *l)
{
    struct subject *s = &l->subject;
    subject_start(s);
    l->env = (struct sink_env){ .options = &l->options,
                                .target = s->raw.uri,
                                .run = "20260101000000x000000",
                                .stop = &l->stop,
                                .arena = &s->source.arena,
                                .notes = &s->source.notes,
                                .nworkers = 1,
                                .nreaders = 1,
                                .plan = &s->source.plan,
                                .source = s->conn,
                                .snapshot_id = "1-2-3",
                                .search_path = "app",
                                .may_connect = true,
                                .imports_snapshot = true };
    if (!sink_postgres.open(&l->env, &l->server, &l->sink, &s->err) ||
        !sink_postgres.prepare(l->sink, &s->err))
        fail_msg("%s (%s)", s->err.message, s->err.context);
}

static enum load_status
load_rows(struct load *l, int fails_at)
{
    static const struct decant_value values[] = {
        VALUE("\0\0\0\1"), VALUE("Ann"), VALUE("\0\0\0\2"), { .len = DECANT_NULL }
    };
    struct rows rows = { { .next = rows_next }, values, 0, 2, fails_at };
    return sink_postgres.load_table(l->sink, 0, &l->subject.source.tables[0], &rows.stream,
                                    &l->subject.err);
}

static const char *
load_end(struct load *l)
{
    char command[300];
    sink_postgres.close(l->sink);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    assert_int_equal(system(command), 0);
    return subject_stop(&l->subject);
}

static void
rows_are_sent_frozen_into_a_table_that_is_emptied_first(void **state)
{
    static const char sent[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0"
                               "\0\2\0\0\0\4\0\0\0\1\0\0\0\3Ann"
                               "\0\2\0\0\0\4\0\0\0\2\377\377\377\377\377\377";
    struct load l;
    (void)state;
    load_init(&l);
    raw_says(&l.subject.raw, "= BEGIN\n= TRUNCATE TABLE\nZ T");
    raw_says(&l.subject.raw, "G");
    raw_says(&l.subject.raw, "= COPY 2\nZ T");
    raw_says(&l.subject.raw, "= COMMIT\nZ I");
    load_prepare(&l);
    if (load_rows(&l, -1) != LOAD_DONE)
        fail_msg("%s", l.subject.err.message);
    const char *asked = load_end(&l);
    assert_non_null(strstr(asked, "set_config('search_path', 'app', false)"));
    asked = strstr(asked, "BEGIN; TRUNCATE ONLY \"public\".\"Odd \"\"t\"");
    assert_non_null(asked);
    asked = strstr(asked, "COPY \"public\".\"Odd \"\"t\" (\"id\", \"name\") FROM STDIN"
                          " (FORMAT binary, FREEZE)");
    assert_non_null(asked);
    assert_non_null(strstr(asked, "COMMIT"));
    assert_non_null(strstr(asked, "DROP DATABASE IF EXISTS \"db__decant_20260101000000x000000\""));
    assert_int_equal(l.subject.raw.copied.len, sizeof sent - 1);
    assert_memory_equal(l.subject.raw.copied.data, sent, sizeof sent - 1);
    subject_deinit(&l.subject);
}

static void
rows_that_did_not_all_arrive_end_the_copy(void **state)
{
    static const struct {
        const char *begun, *ended; /* what the server says of BEGIN, and of the data's end */
        int fails_at;
        enum decant_code code;
        const char *message, *sqlstate;
    } cases[] = {
        { "= BEGIN\n= TRUNCATE TABLE\nZ T", "= COPY 1\nZ T", -1, DECANT_CHECK,
          "the target stored 1 of 2 rows", "" },
        { "= BEGIN\n= TRUNCATE TABLE\nZ T", "! SERROR\tC53100\tMa secret\nZ E", -1,
          DECANT_UNAVAILABLE, "", "53100" },
        { "= BEGIN\n= TRUNCATE TABLE\nZ T", "! SERROR\tC57014\tMfailed\nZ E", 1, DECANT_UNAVAILABLE,
          "the source is gone", "" },
        { "! SERROR\tC42501\tMa secret\nZ I", NULL, -1, DECANT_REFUSED, "", "42501" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct load l;
        load_init(&l);
        raw_says(&l.subject.raw, cases[i].begun);
        if (cases[i].ended != NULL) {
            raw_says(&l.subject.raw, "G");
            raw_says(&l.subject.raw, cases[i].ended);
        }
        load_prepare(&l);
        assert_int_equal(load_rows(&l, cases[i].fails_at), LOAD_FAILED);
        const char *asked = load_end(&l);
        assert_int_equal(l.subject.err.code, cases[i].code);
        assert_non_null(strstr(l.subject.err.message, cases[i].message));
        assert_null(strstr(l.subject.err.message, "secret"));
        assert_string_equal(l.subject.err.sqlstate, cases[i].sqlstate);
        asked = strstr(asked, "TRUNCATE");
        assert_null(strstr(asked, "COMMIT"));
        assert_int_equal(strstr(asked, "(fail)") != NULL, cases[i].fails_at >= 0);
        subject_deinit(&l.subject);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_locale_that_the_server_lacks_becomes_a_plain_one),
        cmocka_unit_test(an_icu_locale_and_an_owner_come_with_it),
        cmocka_unit_test(who_may_make_no_database_is_told_what_it_takes),
        cmocka_unit_test(who_may_set_no_parameter_marks_the_comment),
        cmocka_unit_test(a_mark_that_cannot_be_set_is_no_mark),
        cmocka_unit_test(a_lock_that_another_run_holds_is_waited_for),
        cmocka_unit_test(a_swap_is_tried_until_clients_let_go),
        cmocka_unit_test(the_first_copy_takes_no_name_from_anybody),
        cmocka_unit_test(previous_copies_go_but_for_the_newest),
        cmocka_unit_test(leftovers_that_do_not_go_stop_the_run),
        cmocka_unit_test(rows_of_an_extension_travel_as_text),
        cmocka_unit_test(rows_that_the_target_refuses_are_noted),
        cmocka_unit_test(rows_are_sent_frozen_into_a_table_that_is_emptied_first),
        cmocka_unit_test(rows_that_did_not_all_arrive_end_the_copy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
