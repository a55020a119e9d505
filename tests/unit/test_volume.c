/* SPDX-License-Identifier: PostgreSQL */
/* How large relations are to be: production's sizes by the manifest, and after a migration by what
 * it changed; files get holes, and are never made shorter. */
#include "volume/hollow.h"

#include <sys/stat.h>

#include "source.h"

/* ---- what production has */

static struct manifest_relation relations[] = {
    { "public.orders", NULL, 'r', 50000, 500, 400 },
    { "public.orders_pkey", "public.orders", 'i', 50000, 150, 0 },
    { "pg_toast.pg_toast_4711", "public.orders", 't', 70, 30, 20 },
    { "public.Orders", NULL, 'r', -1, 9, 0 },
    { "public.parts", NULL, 'p', 80, 3, 0 },
    { "public.sums", NULL, 'm', 2, 1, 1 },
};
static struct manifest_table tables[] = { { "public.orders", 1000, 0 } };
static struct manifest_distinct distincts[] = { { "public.orders.status", 7 },
                                                { "public.orders.note", 0 },
                                                { "public.orders.gone", 3 },
                                                { "public.sums.count", -0.5 } };
static struct manifest_fact facts[] = { { "page_bytes", "8192" } };

static const struct manifest manifest = {
    .relations = relations,
    .nrelations = sizeof relations / sizeof *relations,
    .tables = tables,
    .ntables = 1,
    .distincts = distincts,
    .ndistincts = sizeof distincts / sizeof *distincts,
    .facts = facts,
    .nfacts = 1,
};

static struct volume_relation *
relation_of(const struct volume *volume, const char *name, char kind)
{
    for (int i = 0; i < volume->nrelations; i++)
        if (strcmp(volume->relations[i].name, name) == 0 && volume->relations[i].kind == kind)
            return &volume->relations[i];
    fail_msg("there is no %s", name);
    return NULL;
}

static void
assert_wants(const struct volume *volume, const char *name, char kind, double rows, int64_t pages,
             int64_t visible)
{
    const struct volume_relation *relation = relation_of(volume, name, kind);
    assert_null(relation->why_not);
    assert_float_equal(relation->wanted.rows, rows, 0.5);
    assert_int_equal(relation->wanted.pages, pages);
    assert_int_equal(relation->wanted.visible, visible);
}

static void
look(struct source *source, const struct volume *before, struct volume *out)
{
    if (!volume_look(source->conn, &manifest, before, &source->arena, out, &source->err))
        fail_msg("%s", source->err.message);
}

static void
sizes_are_those_of_the_manifest(void **state)
{
    struct source source;
    struct volume volume;
    (void)state;
    source_begin(&source, "volume");
    look(&source, NULL, &volume);
    assert_wants(&volume, "public.orders", 'r', 50000, 500, 400);
    assert_wants(&volume, "public.orders_pkey", 'i', 50000, 150, 0);
    assert_wants(&volume, "public.orders", 't', 70, 30, 20); /* its number is another one there */
    assert_wants(&volume, "public.Orders", 'r', -1, 9, 0);   /* case tells names apart */
    assert_wants(&volume, "public.parts", 'p', 80, 3, 0);
    assert_wants(&volume, "public.sums", 'm', 2, 1, 1);
    /* orders has 50 times as many rows there */
    const struct volume_relation *own = relation_of(&volume, "public.of_the_copy", 'i');
    assert_wants(&volume, "public.of_the_copy", 'i', 50000, own->is.pages * 50, 0);
    assert_non_null(relation_of(&volume, "public.alone", 'r')->why_not);
    assert_non_null(relation_of(&volume, "public.parts_1", 'r')->why_not);
    volume_deinit(&volume);
    source_end(&source);
}

static void
what_grows_and_what_has_options_is_known(void **state)
{
    struct source source;
    struct volume volume;
    (void)state;
    source_begin(&source, "volume");
    look(&source, NULL, &volume);
    assert_true(relation_of(&volume, "public.orders", 'r')->is_hollow);
    assert_false(relation_of(&volume, "public.sums", 'm')->is_hollow); /* one page, as there */
    assert_false(relation_of(&volume, "public.alone", 'r')->is_hollow);
    assert_true(relation_of(&volume, "public.alone", 'r')->has_options);
    assert_false(relation_of(&volume, "public.orders", 'r')->has_options);
    assert_true(volume.bytes > volume.bytes_before + (int64_t)(500 + 150 + 30 - 40) * 8192);
    assert_int_equal(volume.ndistincts, 2); /* 0 says that it is not known */
    volume_deinit(&volume);
    source_end(&source);
}

/* ---- after a migration */

static void
what_became_larger_in_the_copy_is_so_much_larger(void **state)
{
    struct source source;
    struct volume before, after;
    (void)state;
    source_begin(&source, "volume");
    look(&source, NULL, &before);
    struct volume_relation *orders = relation_of(&before, "public.orders", 'r');
    struct volume_relation *key = relation_of(&before, "public.orders_pkey", 'i');
    orders->is.pages *= 2; /* half of it is left */
    orders->file++;
    key->file++; /* written anew, as large as it was */
    look(&source, &before, &after);
    assert_wants(&after, "public.orders", 'r', 50000, 250, 0);
    assert_wants(&after, "public.orders_pkey", 'i', 50000, 150, 0);
    assert_wants(&after, "public.orders", 't', 70, 30, 20); /* as it was */
    assert_non_null(relation_of(&after, "public.alone", 'r')->why_not);
    assert_ptr_equal(after.distincts, before.distincts);
    volume_deinit(&after);
    volume_deinit(&before);
    source_end(&source);
}

static void
an_index_that_was_made_is_larger_as_its_table_is(void **state)
{
    struct source source;
    struct volume before, after;
    (void)state;
    source_begin(&source, "volume");
    look(&source, NULL, &before);
    struct volume_relation *own = relation_of(&before, "public.of_the_copy", 'i');
    struct map known = { 0 };
    for (int i = 0; i < before.nrelations; i++)
        if (&before.relations[i] != own && before.relations[i].kind != 'm')
            map_put(&known, before.relations[i].oid, &before.relations[i]);
    map_deinit(&before.by_oid);
    before.by_oid = known;
    look(&source, &before, &after);
    const struct volume_relation *made = relation_of(&after, "public.of_the_copy", 'i');
    assert_wants(&after, "public.of_the_copy", 'i', 50000, made->is.pages * 50, 0);
    assert_non_null(relation_of(&after, "public.sums", 'm')->why_not); /* who knows how large? */
    volume_deinit(&after);
    volume_deinit(&before);
    source_end(&source);
}

/* ---- files */

static int64_t
bytes_of(const char *folder, const char *name)
{
    char path[300];
    struct stat found;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return stat(path, &found) == 0 ? found.st_size : -1;
}

static void
write_file(const char *folder, const char *name, size_t bytes)
{
    char path[300];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (size_t i = 0; i < bytes; i++)
        fputc('x', file);
    assert_int_equal(fclose(file), 0);
}

static void
files_are_as_the_server_cuts_them(void **state)
{
    char folder[200], path[300];
    struct decant_error err = { 0 };
    struct stat found;
    (void)state;
    assert_true(make_folder(folder, sizeof folder));
    const struct hole_server server = { folder, 1024, 10 };
    write_file(folder, "1", 3000);
    assert_true(hole_extend(&server, "1", 25, &err));
    assert_int_equal(bytes_of(folder, "1"), 10240);
    assert_int_equal(bytes_of(folder, "1.1"), 10240);
    assert_int_equal(bytes_of(folder, "1.2"), 5120);
    assert_int_equal(bytes_of(folder, "1.3"), -1);
    assert_true(hole_extend(&server, "1", 20, &err)); /* nothing is made shorter */
    assert_int_equal(bytes_of(folder, "1.2"), 5120);
    snprintf(path, sizeof path, "%s/1.2", folder);
    assert_int_equal(stat(path, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0600);
    assert_true(found.st_blocks * 512 < 5120);
    FILE *file = fopen(path, "r");
    assert_int_equal(fgetc(file), 0);
    fclose(file);
    assert_int_equal(remove_folder(folder), 0);
}

static void
a_relation_without_its_first_file_is_an_error(void **state)
{
    char folder[200], path[300], other[300];
    struct decant_error err = { 0 };
    (void)state;
    assert_true(make_folder(folder, sizeof folder));
    const struct hole_server server = { folder, 1024, 10 }, none = { "/nonexistent", 1024, 10 };
    assert_false(hole_extend(&server, "1", 5, &err));
    assert_int_equal(err.code, DECANT_UNAVAILABLE);
    assert_int_equal(bytes_of(folder, "1"), -1);
    assert_false(hole_extend(&none, "1", 5, &err));
    write_file(folder, "2", 10);
    snprintf(other, sizeof other, "%s/2", folder);
    snprintf(path, sizeof path, "%s/3", folder);
    assert_int_equal(symlink(other, path), 0);
    assert_false(hole_extend(&server, "3", 5, &err)); /* no link is followed */
    assert_int_equal(bytes_of(folder, "2"), 10);
    assert_int_equal(remove_folder(folder), 0);
}

/* ---- both, in a database */

/* The files of the relations, in a folder of the test's own. */
static void
make_files(const struct volume *volume, const char *folder)
{
    char command[600];
    for (int i = 0; i < volume->nrelations; i++)
        if (volume->relations[i].path != NULL) {
            snprintf(command, sizeof command, "mkdir -p \"$(dirname '%s/%s')\"", folder,
                     volume->relations[i].path);
            assert_int_equal(system(command), 0);
            write_file(folder, volume->relations[i].path, 1);
        }
}

static void
hollow_relations_are_as_large_as_they_are_to_be(void **state)
{
    struct source source;
    struct volume volume;
    char folder[200];
    (void)state;
    assert_true(make_folder(folder, sizeof folder));
    source_begin(&source, "volume");
    look(&source, NULL, &volume);
    make_files(&volume, folder);
    struct hole_server server = { .folder = folder };
    assert_true(hollow_look(source.conn, &server, &source.err));
    assert_int_equal(server.page_bytes, 8192);
    assert_int_equal(server.segment_pages, 131072);
    if (!hollow_make(source.conn, &server, &volume, &source.err))
        fail_msg("%s", source.err.message);
    assert_int_equal(bytes_of(folder, relation_of(&volume, "public.orders", 'r')->path),
                     500 * 8192);
    assert_int_equal(bytes_of(folder, relation_of(&volume, "public.orders", 't')->path), 30 * 8192);
    assert_int_equal(bytes_of(folder, relation_of(&volume, "public.alone", 'r')->path), 1);
    assert_int_equal(bytes_of(folder, relation_of(&volume, "public.sums", 'm')->path), 1);
    volume_deinit(&volume);
    source_end(&source);
    assert_int_equal(remove_folder(folder), 0);
}

/* Whatever it is that a server does not answer: an error, and no file that a commit stands for. */
static void
a_server_that_fails_ends_with_an_error(void **state)
{
    (void)state;
    if (server_is_real())
        return;
    for (int at = 2; at < 12; at++) {
        struct source source = { 0 };
        struct volume volume = { 0 };
        char folder[200];
        struct hole_server server = { .folder = folder };
        assert_true(make_folder(folder, sizeof folder));
        decant_options_init(&source.options);
        server_start_faulty(&source.server, "volume", SERVER_FAILS, at);
        source.conn = source_connect(&source);
        bool ok = source.conn != NULL &&
                  volume_look(source.conn, &manifest, NULL, &source.arena, &volume, &source.err);
        if (ok)
            make_files(&volume, folder);
        ok = ok && hollow_look(source.conn, &server, &source.err) &&
             hollow_make(source.conn, &server, &volume, &source.err);
        if (!ok)
            assert_int_not_equal(source.err.code, DECANT_OK);
        volume_deinit(&volume);
        source_close(&source);
        server_stop_anyhow(&source.server);
        assert_int_equal(remove_folder(folder), 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_those_of_the_manifest),
        cmocka_unit_test(what_grows_and_what_has_options_is_known),
        cmocka_unit_test(what_became_larger_in_the_copy_is_so_much_larger),
        cmocka_unit_test(an_index_that_was_made_is_larger_as_its_table_is),
        cmocka_unit_test(files_are_as_the_server_cuts_them),
        cmocka_unit_test(a_relation_without_its_first_file_is_an_error),
        cmocka_unit_test(hollow_relations_are_as_large_as_they_are_to_be),
        cmocka_unit_test(a_server_that_fails_ends_with_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
