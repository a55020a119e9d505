/* SPDX-License-Identifier: PostgreSQL */
/* Manifests, locks and publishing: what touches the file system, in a folder of its own. */
#include <fcntl.h>
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "load/publish_file.h"
#include "report/manifest.h"
#include "sqlite/db.h"
#include "folder.h"

static void
make_db(const char *path, const char *sql)
{
    struct db *db;
    struct decant_error err = { 0 };
    assert_true(db_open(path, DB_CREATE, NULL, &db, &err));
    assert_true(db_exec(db, &err, sql));
    db_close(db);
}

static int64_t
first_int(const char *path)
{
    struct db *db;
    struct decant_error err = { 0 };
    int64_t n = -1;
    assert_true(db_open(path, DB_READ, NULL, &db, &err));
    assert_true(db_int(db, "SELECT * FROM t", &n, &err));
    db_close(db);
    return n;
}

static void
a_manifest_reads_back_as_it_was_written(void **state)
{
    (void)state;
    struct notes notes;
    struct arena arena = { 0 };
    struct decant_error err = { 0 };
    struct manifest_fact facts[] = { { "run", "20260101000000x000000" } };
    struct manifest_table tables[] = { { "public.t", 7, 70 } };
    struct manifest_key keys[] = { { "fk", "public.t", "public.p", 2 } };
    notes_init(&notes);
    notes_add(&notes, NOTE_EXCLUSION, "exclusion constraint", 0, "public.%s", "x");
    struct manifest_sample samples[] = { { "public.t", "root", 0.05, 1, 2, 3, 4, 5, 6, 7, 8, 9 } };
    struct manifest_policy policies[] = { { "public.t.fk", "public.t", "public.p", "pull", 9,
                                            10 } };
    struct manifest_searched searched[] = { { .name = "public.t.c",
                                              .schema = "public",
                                              .copy_table = "t",
                                              .copy_column = "c_2",
                                              .mask = "text",
                                              .is_json = true,
                                              .is_scrubbed = true,
                                              .is_whole = true,
                                              .is_number = true,
                                              .bits = 40.5 } };
    struct manifest_finding findings[] = { { "public.t.c", "email", "1 2", "published", 3, 70 } };
    struct manifest_figure figures[] = { { "nulls", "public.t.c", "holds", NULL, 0.1, 0.2, 0.1, NAN,
                                           1.5 } };
    struct manifest out = { .searched = searched,
                            .nsearched = 1,
                            .findings = findings,
                            .nfindings = 1,
                            .figures = figures,
                            .nfigures = 1,
                            .facts = facts,
                            .tables = tables,
                            .keys = keys,
                            .samples = samples,
                            .policies = policies,
                            .notes = &notes,
                            .nfacts = 1,
                            .ntables = 1,
                            .nkeys = 1,
                            .nsamples = 1,
                            .npolicies = 1 },
                    in;
    struct manifest_note *lines;
    int n;
    assert_true(manifest_store(&out, "deep/er/m.decant", &err));
    struct stat st;
    assert_int_equal(stat("deep/er/m.decant", &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_true(manifest_load("deep/er/m.decant", &arena, &in, &lines, &n, &err));
    assert_string_equal(manifest_fact(&in, "run"), "20260101000000x000000");
    assert_null(manifest_fact(&in, "none"));
    assert_int_equal(in.tables[0].rows, 7);
    assert_int_equal(in.keys[0].orphans, out.keys[0].orphans);
    assert_int_equal(in.nsearched, 1);
    assert_string_equal(in.searched[0].copy_column, "c_2");
    assert_true(in.searched[0].is_json && in.searched[0].is_scrubbed && !in.searched[0].is_key);
    assert_true(in.searched[0].bits > 40 && in.searched[0].bits < 41);
    assert_true(in.searched[0].is_whole && in.searched[0].is_number && !in.searched[0].is_bytes);
    assert_int_equal(in.nfindings, 1);
    assert_string_equal(in.findings[0].allowed, "published");
    assert_int_equal(in.findings[0].cells, 70);
    assert_int_equal(n, 1);
    assert_string_equal(lines[0].object, "public.x");
    assert_string_equal(lines[0].reason, "exclusion-constraint");
    arena_deinit(&arena);
    notes_deinit(&notes);
}

static void
older_manifests_of_the_same_copy_go(void **state)
{
    (void)state;
    static const char *const names[] = { "a.db.0123456789abcdef.decant",
                                         "a.db.fedcba9876543210.decant",
                                         "b.db.fedcba9876543210.decant" };
    for (int i = 0; i < 3; i++)
        close(open(names[i], O_CREAT | O_WRONLY, 0600));
    manifest_remove_others(names[0], NULL, 0);
    assert_true(file_size(names[0]) >= 0);
    assert_true(file_size(names[1]) < 0);
    assert_true(file_size(names[2]) >= 0);
}

static void
a_lock_is_held_once_and_leaves_nothing(void **state)
{
    (void)state;
    struct decant_error err = { 0 };
    int fd, other;
    static const atomic_int never = 0;
    assert_true(file_lock("x.lock", 0, "x", &never, &fd, &err));
    assert_false(file_lock("x.lock", 0, "x", &never, &other, &err));
    assert_int_equal(err.code, DECANT_REFUSED);
    file_unlock("x.lock", fd);
    assert_true(file_size("x.lock") < 0);
    assert_true(file_lock("x.lock", 0, "x", &never, &fd, &err));
    file_unlock("x.lock", fd);
}

static void
a_program_that_may_write_is_seen(void **state)
{
    (void)state;
    make_db("open.db", "CREATE TABLE t (n); INSERT INTO t VALUES (1)");
    struct db *db;
    struct decant_error err = { 0 };
    assert_false(file_has_writer("open.db"));
    assert_true(db_open("open.db", DB_READ, NULL, &db, &err));
    assert_false(file_has_writer("open.db"));
    db_close(db);
    assert_true(db_open("open.db", DB_WRITE, NULL, &db, &err));
    assert_true(file_has_writer("open.db"));
    db_close(db);
    assert_false(file_has_writer("open.db"));
    assert_false(file_has_writer("no such file"));
    assert_int_equal(first_int("open.db"), 1);
}

static void
a_stale_wal_does_not_bring_old_rows_back(void **state)
{
    (void)state;
    struct decant_error err = { 0 };
    struct notes notes;
    notes_init(&notes);
    /* A WAL that was left behind by a crash: made in a copy of the pair of files. */
    make_db("live", "PRAGMA journal_mode = WAL; CREATE TABLE t(n); INSERT INTO t VALUES (1)");
    struct db *db;
    assert_true(db_open("live", DB_WRITE, NULL, &db, &err));
    assert_true(db_exec(db, &err, "UPDATE t SET n = 111"));
    assert_int_equal(system("cp live old && cp live-wal old-wal"), 0);
    db_close(db);
    assert_true(file_size("old-wal") > 0);
    make_db("new", "CREATE TABLE t(n); INSERT INTO t VALUES (2)");
    assert_true(publish_rename(&(struct publication){ .built = "new",
                                                      .target = "old",
                                                      .run = "20260101000002x000000",
                                                      .run_before = "20260101000001x000000",
                                                      .keep = 1,
                                                      .notes = &notes },
                               &err));
    assert_true(file_size("old-wal") < 0);
    assert_int_equal(first_int("old"), 2);
    assert_int_equal(first_int("old.20260101000001x000000.db"), 111);
    notes_deinit(&notes);
}

static void
a_copy_that_is_in_use_is_not_replaced(void **state)
{
    (void)state;
    struct decant_error err = { 0 };
    struct db *reader;
    make_db("busy", "PRAGMA journal_mode = WAL; CREATE TABLE t(n); INSERT INTO t VALUES (1)");
    make_db("fresh", "CREATE TABLE t(n); INSERT INTO t VALUES (2)");
    assert_true(db_open("busy", DB_WRITE, NULL, &reader, &err));
    assert_true(db_exec(reader, &err, "BEGIN; SELECT * FROM t"));
    assert_false(publish_rename(
        &(struct publication){ .built = "fresh", .target = "busy", .run = "20260101000002x000000" },
        &err));
    assert_int_equal(err.code, DECANT_UNPUBLISHED);
    assert_true(file_size("fresh") > 0);
    db_close(reader);
    assert_int_equal(first_int("busy"), 1);
}

static void
a_symbolic_link_needs_no_exclusive_access(void **state)
{
    (void)state;
    struct decant_error err = { 0 };
    struct notes notes;
    notes_init(&notes);
    for (int i = 1; i <= 3; i++) {
        char sql[64], run[32];
        snprintf(sql, sizeof sql, "CREATE TABLE t(n); INSERT INTO t VALUES (%d)", i);
        snprintf(run, sizeof run, "2026010100000%dx000000", i);
        make_db("next", sql);
        assert_true(publish_symlink(
            &(struct publication){
                .built = "next", .target = "linked", .run = run, .keep = 1, .notes = &notes },
            &err));
        assert_int_equal(first_int("linked"), i);
    }
    assert_true(file_size("linked.20260101000001x000000.db") < 0);
    assert_true(file_size("linked.20260101000002x000000.db") > 0);
    notes_deinit(&notes);
}

static void
files_are_told_apart_by_their_first_bytes(void **state)
{
    (void)state;
    uint32_t id;
    assert_int_equal(db_probe("absent", &id), DB_ABSENT);
    close(open("nothing", O_CREAT | O_WRONLY, 0600));
    assert_int_equal(db_probe("nothing", &id), DB_EMPTY);
    assert_int_equal(system("printf 'some text' > text"), 0);
    assert_int_equal(db_probe("text", &id), DB_OTHER);
    make_db("marked", "PRAGMA application_id = 77; CREATE TABLE t(n)");
    assert_int_equal(db_probe("marked", &id), DB_SQLITE);
    assert_int_equal(id, 77);
    assert_int_equal(db_probe(".", &id), DB_OTHER);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_manifest_reads_back_as_it_was_written),
        cmocka_unit_test(older_manifests_of_the_same_copy_go),
        cmocka_unit_test(a_lock_is_held_once_and_leaves_nothing),
        cmocka_unit_test(a_program_that_may_write_is_seen),
        cmocka_unit_test(a_stale_wal_does_not_bring_old_rows_back),
        cmocka_unit_test(a_copy_that_is_in_use_is_not_replaced),
        cmocka_unit_test(a_symbolic_link_needs_no_exclusive_access),
        cmocka_unit_test(files_are_told_apart_by_their_first_bytes),
    };
    return cmocka_run_group_tests(tests, folder_enter, folder_leave);
}
