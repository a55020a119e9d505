/* SPDX-License-Identifier: PostgreSQL */
/* What the observer writes down, and which rows are to blame, with what a server answers. */
#include "rehearse/beyond.h"
#include "rehearse/blame.h"
#include "rehearse/observe.h"
#include "rehearse/plans.h"
#include "rehearse/state.h"
#include "rehearse/violate.h"
#include "rehearsed.h"
#include "server.h"

static struct scripted_server server;
static struct pg_info *info;
static const atomic_int never = 0;
static struct rehearsal r;
static struct relations before;

static struct pg_conn *
connection(void)
{
    struct decant_error err = { 0 };
    struct pg_conn *conn = pg_connect(info, "decant", &never, &err);
    if (conn == NULL)
        fail_msg("%s", err.message);
    return conn;
}

static int
begin(void **state)
{
    struct decant_error err = { 0 };
    (void)state;
    server_start(&server, "rehearse");
    assert_true(pg_info_parse(server.uri, "target", &info, &err));
    r = (struct rehearsal){ .copy = "shop", .before = &before };
    struct pg_conn *conn = connection();
    assert_true(relations_load(conn, true, &before, &err));
    pg_close(conn);
    return 0;
}

static int
end(void **state)
{
    (void)state;
    rehearsal_deinit(&r);
    relations_deinit(&before);
    pg_info_free(info);
    server_stop(&server);
    return 0;
}

/* ---- the observer */

struct looking {
    struct observer *observer;
    const struct proxy_observer *hooks;
    char cells[8][14][64];
    const char *pointers[8 * 14];
    int n;
};

static void
look_at(struct looking *l, const char *name, const char *mode, unsigned file, int read)
{
    const struct relation *relation = relations_named(&before, name);
    char(*row)[64] = l->cells[l->n++];
    snprintf(row[0], 64, "250ms");
    snprintf(row[1], 64, "0");
    snprintf(row[2], 64, "%d", 900000000);
    snprintf(row[3], 64, "%u", relation != NULL ? relation->oid : 99999999u);
    snprintf(row[4], 64, "%s", mode);
    snprintf(row[5], 64, "%s", name);
    snprintf(row[6], 64, "%c", relation != NULL ? relation->kind : 'r');
    snprintf(row[7], 64, "%u", file != 0 ? file : relation->file);
    row[8][0] = '\0';
    snprintf(row[9], 64, "%d", read);
    for (int i = 10; i < 13; i++)
        snprintf(row[i], 64, "%d", i == 11 ? 7 : 0);
    snprintf(row[13], 64, "5");
}

static void
run_step(struct looking *l, const char *sql, const char *tag, bool in_block)
{
    const struct proxy_statement statement = { 0, 77, sql, strlen(sql), false };
    const struct proxy_end ended = { tag, "", "", "", "", "", "", in_block };
    l->hooks->begun(l->hooks->ctx, &statement);
    bool asks = l->hooks->ended(l->hooks->ctx, 0, &ended);
    assert_int_equal(asks, l->n > 0);
    for (int i = 0; i < l->n * 14; i++)
        l->pointers[i] = l->cells[i / 14][i % 14];
    const struct proxy_rows rows = { l->n, 14, l->pointers };
    if (l->n > 0)
        l->hooks->looked(l->hooks->ctx, 0, &rows);
    l->hooks->settled(l->hooks->ctx, 0, in_block);
    l->n = 0;
}

static void
begin_looking(struct looking *l)
{
    struct decant_error err = { 0 };
    memset(l, 0, sizeof *l);
    l->observer = observer_new(connection(), &r.record, &err);
    assert_non_null(l->observer);
    l->hooks = observer_hooks(l->observer);
}

static const struct effect *
effect_of(int step, enum effect_kind kind)
{
    for (int i = 0; i < r.record.neffects; i++)
        if (r.record.effects[i].step == step && r.record.effects[i].kind == kind)
            return &r.record.effects[i];
    return NULL;
}

static void
locks_last_until_their_transaction_ends(void **state)
{
    struct looking l;
    struct decant_error err = { 0 };
    (void)state;
    begin_looking(&l);
    observer_set_origin(l.observer, (struct origin){ "m.sql", 3 });
    run_step(&l, "BEGIN", "BEGIN", true);
    look_at(&l, "public.rows", "AccessExclusiveLock", 0, 0);
    run_step(&l, "ALTER TABLE rows ADD COLUMN k int", "ALTER TABLE", true);
    assert_int_equal(r.record.nholds, 1);
    assert_true(r.record.holds[0].is_open && r.record.holds[0].is_exact);
    assert_int_equal(r.record.steps[1].lock_timeout_ms, 250);
    assert_string_equal(r.record.steps[1].file, "m.sql");
    assert_true(r.record.steps[1].wal_bytes > 0);
    run_step(&l, "COMMIT", "COMMIT", false);
    assert_false(r.record.holds[0].is_open);
    assert_int_equal(r.record.ntransactions, 1);
    assert_true(observer_finish(l.observer, &err));
    observer_free(l.observer);
}

static void
files_and_counters_tell_what_was_done(void **state)
{
    struct looking l;
    (void)state;
    begin_looking(&l);
    look_at(&l, "public.rows", "AccessExclusiveLock", 4242, 100);
    look_at(&l, "public.rows_pkey", "AccessExclusiveLock", 4243, 0);
    run_step(&l, "ALTER TABLE rows ALTER COLUMN n TYPE int", "ALTER TABLE", false);
    assert_string_equal(effect_of(0, EFFECT_REWRITE)->name, "public.rows");
    assert_string_equal(effect_of(0, EFFECT_REBUILD)->name, "public.rows_pkey");
    assert_int_equal(effect_of(0, EFFECT_SCAN)->rows, 100);
    assert_int_equal(effect_of(0, EFFECT_UPDATE)->rows, 7);
    look_at(&l, "public.made", "AccessExclusiveLock", 4244, 0);
    run_step(&l, "CREATE TABLE made ()", "CREATE TABLE", false);
    assert_string_equal(effect_of(1, EFFECT_CREATE)->name, "public.made");
    look_at(&l, "public.rows", "AccessExclusiveLock", 4245, 0);
    run_step(&l, "TRUNCATE rows", "TRUNCATE TABLE", false);
    assert_string_equal(effect_of(2, EFFECT_NEW_FILE)->name, "public.rows");
    observer_free(l.observer);
}

static void
what_commits_by_itself_is_marked(void **state)
{
    static const struct {
        const char *sql;
        bool is_exact;
    } cases[] = {
        { "CREATE INDEX CONCURRENTLY i ON rows (n)", false },
        { "VACUUM rows", false },
        { "CALL p()", false },
        { "REINDEX SCHEMA public", false },
        { "CLUSTER", false },
        { "DO $$ BEGIN COMMIT; END $$", false },
        { "DO $$ BEGIN END $$", true },
        { "CLUSTER rows USING rows_pkey", true },
        { "REFRESH MATERIALIZED VIEW CONCURRENTLY v", true },
        { "ALTER TABLE rows ADD COLUMN concurrently int DEFAULT (1)", false },
        { "CREATE INDEX i ON rows (n)", true },
    };
    struct looking l;
    (void)state;
    begin_looking(&l);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        look_at(&l, "public.rows", "AccessShareLock", 0, 0);
        run_step(&l, cases[i].sql, "DONE", false);
        assert_int_equal(r.record.steps[i].is_exact, cases[i].is_exact);
    }
    observer_free(l.observer);
}

static void
a_failure_keeps_names_and_no_words(void **state)
{
    struct looking l;
    const struct proxy_statement statement = { 0, 77, "SELECT 'secret'", 15, false };
    const struct proxy_end ended = { "", "23505", "public", "rows", "", "k", "", false };
    (void)state;
    begin_looking(&l);
    l.hooks->begun(l.hooks->ctx, &statement);
    assert_false(l.hooks->ended(l.hooks->ctx, 0, &ended));
    l.hooks->settled(l.hooks->ctx, 0, false);
    l.hooks->left(l.hooks->ctx, 0);
    assert_string_equal(r.record.steps[0].text, "SELECT '…'");
    assert_string_equal(r.record.steps[0].constraint, "k");
    assert_ptr_equal(record_failed(&r.record), &r.record.steps[0]);
    observer_free(l.observer);
}

static void
a_look_that_was_lost_is_counted(void **state)
{
    struct looking l;
    const struct proxy_statement statement = { 0, 77, "DROP TABLE x", 12, false };
    const struct proxy_end ended = { "DROP TABLE", "", "", "", "", "", "", false };
    (void)state;
    begin_looking(&l);
    l.hooks->begun(l.hooks->ctx, &statement);
    assert_true(l.hooks->ended(l.hooks->ctx, 0, &ended));
    l.hooks->looked(l.hooks->ctx, 0, NULL);
    assert_int_equal(r.record.lost, 1);
    assert_false(r.record.steps[0].is_exact);
    assert_true(l.hooks->tick(l.hooks->ctx) > 0);
    observer_free(l.observer);
}

static void
what_often_comes_and_is_quick_is_not_looked_at(void **state)
{
    struct looking l;
    (void)state;
    begin_looking(&l);
    for (int i = 0; i < 5; i++) {
        char sql[64];
        snprintf(sql, sizeof sql, "INSERT INTO rows VALUES (%d, 'x')", i);
        if (i < 2)
            look_at(&l, "public.rows", "RowExclusiveLock", 0, 0);
        run_step(&l, sql, "INSERT 0 1", false);
        assert_int_equal(r.record.steps[i].rows, 1);
    }
    observer_free(l.observer);
}

/* ---- who is to blame */

static void
every_row_that_breaks_a_constraint_is_counted(void **state)
{
    static const struct {
        const char *sql, *sqlstate, *column, *constraint, *table;
        int64_t rows;
    } cases[] = {
        { "ALTER TABLE rows ALTER COLUMN later SET NOT NULL", "23502", "later", "", "rows", 7 },
        { "ALTER TABLE rows ADD COLUMN k int NOT NULL", "23502", "k", "", "rows", 100 },
        { "ALTER TABLE rows ADD CONSTRAINT k1 CHECK (later > 10)", "23514", "", "k1", "rows", 3 },
        { "ALTER TABLE rows ADD CONSTRAINT k FOREIGN KEY (a, b) REFERENCES parent", "23503", "",
          "k", "rows", 8 },
        { "CREATE UNIQUE INDEX CONCURRENTLY k ON rows (email)", "23505", "", "k", "rows", 6 },
        { "ALTER TABLE rows ADD CONSTRAINT k UNIQUE NULLS NOT DISTINCT (later)", "23505", "", "k",
          "rows", 7 },
        { "ALTER TABLE rows ADD CONSTRAINT k EXCLUDE USING gist (room WITH =, span WITH &&)",
          "23P01", "", "k", "rows", 3 },
        { "ALTER TABLE rows ALTER COLUMN n TYPE int", "22003", "", "", "", 3 },
        { "ALTER DOMAIN score ADD CONSTRAINT k CHECK (VALUE >= 0)", "23514", "points", "k", "rows",
          4 },
        { "INSERT INTO rows (id) VALUES (1)", "23505", "", "rows_pkey", "rows", -1 },
        { "ALTER TABLE rows ADD COLUMN k int CHECK (k > 0) DEFAULT 0", "23514", "", "k", "rows",
          -1 },
        { "SELECT 1 / 0", "22012", "", "", "", -1 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct decant_error err = { 0 };
        struct step *step = record_step(&r.record);
        step->sql = step->text = cases[i].sql;
        step->sqlstate = cases[i].sqlstate;
        step->schema = "public";
        step->table = cases[i].table;
        step->column = cases[i].column;
        step->constraint = cases[i].constraint;
        assert_true(violate_blames_rows(step));
        assert_true(violate_count(info, &never, r.record.nsteps - 1, &r, &err));
        assert_int_equal(r.nviolations, (int)i + 1);
        if (r.violations[i].rows != cases[i].rows)
            fail_msg("%s: %lld (%s)", cases[i].sql, (long long)r.violations[i].rows,
                     r.violations[i].why != NULL ? r.violations[i].why : "");
        step = &r.record.steps[i];
        step->sqlstate = "XX000"; /* it is not done again before the next */
    }
}

static void
a_statement_with_parameters_cannot_be_done_again(void **state)
{
    struct decant_error err = { 0 };
    struct step *step = record_step(&r.record);
    (void)state;
    step->sql = "UPDATE rows SET n = $1";
    step->has_params = true;
    step = record_step(&r.record);
    step->sql = "ALTER TABLE rows ALTER COLUMN later SET NOT NULL";
    step->sqlstate = "23502";
    assert_true(violate_count(info, &never, 1, &r, &err));
    assert_string_equal(r.violations[0].why, "a statement before it was sent with parameters");
}

static void
what_fails_behind_a_failure_is_found_as_if_it_stood_alone(void **state)
{
    static const char script[] = "BEGIN;\nALTER TABLE rows ALTER COLUMN later SET NOT NULL;\n"
                                 "ALTER DOMAIN score ADD CONSTRAINT k CHECK (VALUE >= 0);\n"
                                 "ALTER TABLE rows ADD CONSTRAINT k1 CHECK (later > 10);\n"
                                 "ALTER TABLE nowhere ADD k int;\nROLLBACK;\n";
    static const struct {
        int line, rows;
        const char *past, *first;
    } expected[] = { { 2, 7, "left out", "1" },
                     { 3, 4, "NOT VALID", "20" },
                     { 4, 3, "NOT VALID", "8" } };
    char path[] = "/tmp/decant-beyond-XXXXXX";
    struct decant_error err = { 0 };
    const char *names[] = { path };
    const struct decant_words files = { names, 1 };
    (void)state;
    int fd = mkstemp(path);
    assert_int_equal(write(fd, script, sizeof script - 1), (int)sizeof script - 1);
    close(fd);
    r.kept_columns = mem_alloc(sizeof *r.kept_columns);
    r.kept_columns[0] = "public.rows.id";
    r.nkept = 1;
    bool ok = beyond_find(info, &files, true, &never, &r, &err);
    unlink(path);
    assert_true(ok);
    assert_int_equal(r.beyond.nsteps, 4); /* the record knows none of them */
    assert_string_equal(r.beyond.steps[3].sqlstate, "42P01");
    assert_int_equal(r.nviolations, 3);
    for (int i = 0; i < 3; i++) {
        const struct violation *v = &r.violations[i];
        assert_int_equal(rehearsal_step(&r, v->step)->line, expected[i].line);
        assert_int_equal(v->rows, expected[i].rows);
        assert_string_equal(v->past, expected[i].past);
        assert_string_equal(v->key, "id");
        assert_string_equal(v->keys[0], expected[i].first);
    }
}

static void
a_copy_and_itself_do_not_differ(void **state)
{
    struct decant_error err = { 0 };
    struct pg_conn *one = connection(), *other = connection();
    const struct relation *rows = relations_named(&before, "public.rows");
    (void)state;
    record_step(&r.record);
    struct hold *hold = record_hold(&r.record);
    hold->oid = rows->oid;
    hold->mode = LOCK_ACCESS_EXCLUSIVE;
    assert_true(state_compare(one, other, &r, &err));
    assert_int_equal(r.nlosses + r.nleftovers, 0);
    pg_close(one);
    pg_close(other);
}

static void
plans_that_became_worse_are_told(void **state)
{
    char path[] = "/tmp/decant-queries-XXXXXX";
    struct decant_error err = { 0 };
    struct plans *plans, *none;
    const char *files[] = { path }, *absent[] = { "/nonexistent" };
    const struct decant_words words = { files, 1 }, bad = { absent, 1 };
    int fd = mkstemp(path);
    (void)state;
    assert_true(write(fd, "SELECT * FROM rows WHERE id = 5; SELECT nope FROM rows;", 55) == 55);
    close(fd);
    assert_true(plans_take(info, &words, &never, &r.arena, &plans, &err));
    plans_compare(plans, plans, &r);
    assert_int_equal(r.nworse, 0);
    assert_false(plans_take(info, &bad, &never, &r.arena, &none, &err));
    unlink(path);
    static const char old[] = "Index Scan using i on t  (cost=0.29..8.30 rows=1 width=4)\n",
                      new[] = "Seq Scan on t  (cost=0.00..1693.00 rows=1 width=4)\n";
    assert_true(plans_cost(old) > 8.2 && plans_cost(old) < 8.4);
    assert_true(plans_has(old, " using ", "i"));
    assert_false(plans_has(old, " using ", "ind"));
    assert_true(plans_has(new, "Seq Scan on ", "t"));
}

int
main(void)
{
#define FACT(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        FACT(locks_last_until_their_transaction_ends),
        FACT(files_and_counters_tell_what_was_done),
        FACT(what_commits_by_itself_is_marked),
        FACT(a_failure_keeps_names_and_no_words),
        FACT(a_look_that_was_lost_is_counted),
        FACT(what_often_comes_and_is_quick_is_not_looked_at),
        FACT(every_row_that_breaks_a_constraint_is_counted),
        FACT(a_statement_with_parameters_cannot_be_done_again),
        FACT(what_fails_behind_a_failure_is_found_as_if_it_stood_alone),
        FACT(a_copy_and_itself_do_not_differ),
        FACT(plans_that_became_worse_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
