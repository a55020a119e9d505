/* SPDX-License-Identifier: PostgreSQL */
/* Manifests: what is written is read back, what is none is refused, and each stands beside its own
 * copy. */
#include <math.h>
#include <sys/stat.h>
#include <fcntl.h>

#include "report.h"

/* Names as people give them, and worse. */
#define ODD "pub\"lic.O'Brien; DROP TABLE run--.\xE5\x90\x8D %s\n"

struct loaded {
    struct arena arena;
    struct manifest manifest;
    struct manifest_note *notes;
    int nnotes;
};

static bool
load(const char *path, struct loaded *out, struct decant_error *err)
{
    *out = (struct loaded){ 0 };
    *err = (struct decant_error){ 0 };
    return manifest_load(path, &out->arena, &out->manifest, &out->notes, &out->nnotes, err);
}

static void
store(const struct manifest *manifest, const char *path)
{
    struct decant_error err = { 0 };
    struct notes notes;
    struct manifest copy = *manifest;
    notes_init(&notes);
    if (copy.notes == NULL)
        copy.notes = &notes;
    if (!manifest_store(&copy, path, &err))
        fail_msg("%s", err.message);
    notes_deinit(&notes);
}

/* One number of a manifest, asked of the file itself; NaN for NULL. */
static double
ask(const char *path, const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *stmt;
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
        fail_msg("%s", sqlite3_errmsg(db));
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    double figure =
        sqlite3_column_type(stmt, 0) == SQLITE_NULL ? NAN : sqlite3_column_double(stmt, 0);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return figure;
}

/* ---- what is written is read back */

static void
a_manifest_of_nothing_is_read_back_as_nothing(void **state)
{
    struct decant_error err;
    struct loaded in;
    const char *path = in_folder("empty.decant");
    (void)state;
    store(&(struct manifest){ 0 }, path);
    assert_true(load(path, &in, &err));
    assert_int_equal(in.manifest.nfacts, 0);
    assert_int_equal(in.manifest.ntables + in.manifest.nkeys + in.manifest.nsamples, 0);
    assert_int_equal(in.manifest.ncolumns + in.manifest.nsearched + in.manifest.nfindings, 0);
    assert_int_equal(in.nnotes, 0);
    assert_null(manifest_fact(&in.manifest, "run"));
    arena_deinit(&in.arena);
}

static void
odd_names_and_values_are_read_back_as_they_were(void **state)
{
    struct decant_error err;
    struct loaded in;
    const char *path = in_folder("odd.decant");
    struct manifest_fact facts[] = { { ODD, "it's" }, { "empty", "" } };
    struct manifest_column columns[] = { { ODD, "\"My Type\"(3)[]", "kept", "", ODD } };
    struct manifest_finding findings[] = { { ODD, "originals", "1,2 '3", "because \"so\"", 1, 2 } };
    struct manifest_key keys[] = { { ODD, "a.b", ODD, 0 } };
    (void)state;
    store(&(struct manifest){ .facts = facts,
                              .nfacts = 2,
                              .columns = columns,
                              .ncolumns = 1,
                              .findings = findings,
                              .nfindings = 1,
                              .keys = keys,
                              .nkeys = 1 },
          path);
    assert_true(load(path, &in, &err));
    assert_string_equal(manifest_fact(&in.manifest, ODD), "it's");
    assert_string_equal(manifest_fact(&in.manifest, "empty"), "");
    assert_string_equal(in.manifest.columns[0].name, ODD);
    assert_string_equal(in.manifest.columns[0].type, "\"My Type\"(3)[]");
    assert_string_equal(in.manifest.columns[0].mask, "");
    assert_string_equal(in.manifest.columns[0].guarantee, ODD);
    assert_string_equal(in.manifest.findings[0].keys, "1,2 '3");
    assert_string_equal(in.manifest.findings[0].allowed, "because \"so\"");
    assert_string_equal(in.manifest.keys[0].parent, ODD);
    arena_deinit(&in.arena);
}

/* Each counter has a place of its own: none is read into another's. */
static void
every_number_of_a_sample_comes_back_to_its_own_field(void **state)
{
    struct decant_error err;
    struct loaded in;
    const char *path = in_folder("sample.decant");
    struct manifest_sample samples[] = {
        { "s.b", "root", 0.25, 1, 2, 3, 4, 5, 6, 7, 8, -1 },
        { "s.a", "owned", 1e-9, INT64_MAX, 0, 0, 0, 0, 0, 0, 0, INT64_MAX },
    };
    (void)state;
    store(&(struct manifest){ .samples = samples, .nsamples = 2 }, path);
    assert_true(load(path, &in, &err));
    assert_int_equal(in.manifest.nsamples, 2);
    const struct manifest_sample *a = &in.manifest.samples[0], *b = &in.manifest.samples[1];
    assert_string_equal(a->name, "s.a"); /* by name, whatever the order was */
    assert_true(a->sampled == INT64_MAX && a->source_rows == INT64_MAX && a->rate == 1e-9);
    const int64_t counts[] = { b->sampled, b->whole, b->completed, b->pulled,
                               b->asked,   b->edge,  b->hollow,    b->capped };
    for (int i = 0; i < 8; i++)
        assert_int_equal(counts[i], i + 1);
    assert_true(b->rate == 0.25 && b->source_rows == -1);
    arena_deinit(&in.arena);
}

static void
flags_of_searched_columns_are_not_mixed_up(void **state)
{
    struct decant_error err;
    struct loaded in;
    const char *path = in_folder("flags.decant");
    struct manifest_searched all[6];
    (void)state;
    for (int i = 0; i < 6; i++) /* one flag each */
        all[i] = (struct manifest_searched){ .name = "a.b.c",
                                             .schema = "a",
                                             .copy_table = "a__b",
                                             .copy_column = "C",
                                             .mask = i == 0 ? "" : "email",
                                             .is_json = i == 0,
                                             .is_scrubbed = i == 1,
                                             .is_whole = i == 2,
                                             .is_bytes = i == 3,
                                             .is_number = i == 4,
                                             .is_key = i == 5,
                                             .bits = i * 0.5 };
    store(&(struct manifest){ .searched = all, .nsearched = 6 }, path);
    assert_true(load(path, &in, &err));
    assert_int_equal(in.manifest.nsearched, 6);
    for (int i = 0; i < 6; i++) { /* in their order: those of one table stand together */
        const struct manifest_searched *c = &in.manifest.searched[i];
        assert_int_equal(c->is_json, i == 0);
        assert_int_equal(c->is_scrubbed, i == 1);
        assert_int_equal(c->is_whole, i == 2);
        assert_int_equal(c->is_bytes, i == 3);
        assert_int_equal(c->is_number, i == 4);
        assert_int_equal(c->is_key, i == 5);
        assert_true(c->bits == i * 0.5);
        assert_string_equal(c->copy_table, "a__b");
        assert_string_equal(c->mask, i == 0 ? "" : "email");
    }
    arena_deinit(&in.arena);
}

/* Of the source shares are told, of the copy numbers: verify needs these. */
static void
bars_are_read_back_as_parents_of_the_copy(void **state)
{
    struct decant_error err;
    struct loaded in;
    const char *path = in_folder("bars.decant");
    struct manifest_point bars[] = {
        { .name = "a.b.k", .label = "owner", .x = 0, .source = 0.25, .copy = 0.5, .rows = 70 },
        { .name = "a.b.k", .label = "cross", .x = 255, .source = NAN, .copy = 0.5, .rows = 1 },
    };
    (void)state;
    store(&(struct manifest){ .fanouts = bars, .nfanouts = 2 }, path);
    assert_true(load(path, &in, &err));
    assert_int_equal(in.manifest.nfanouts, 2);
    assert_true(in.manifest.fanouts[0].x == 0 && in.manifest.fanouts[0].rows == 70);
    assert_true(in.manifest.fanouts[1].x == 255 && in.manifest.fanouts[1].rows == 1);
    assert_string_equal(in.manifest.fanouts[1].label, "cross");
    assert_float_equal(ask(path, "SELECT source FROM fanouts WHERE children = 0"), 0.25, 0);
    assert_true(isnan(ask(path, "SELECT source FROM fanouts WHERE children = 255")));
    arena_deinit(&in.arena);
}

/* "NULL: there is none": a figure that nobody knows is no zero. */
static void
what_nobody_knows_is_null_and_what_no_floor_allows_is_infinite(void **state)
{
    const char *path = in_folder("measures.decant");
    struct manifest_figure figures[] = {
        { "rows", "a.b", "bad", NULL, 10, 9, 0.1, 0, INFINITY },
        { "nulls", "a.b.c", "unknown", "why", NAN, NAN, NAN, NAN, NAN },
    };
    struct manifest_point shares[] = {
        { .name = "a.b.c", .label = "red", .source = NAN, .copy = 0.5 }
    };
    (void)state;
    store(&(struct manifest){ .figures = figures, .nfigures = 2, .shares = shares, .nshares = 1 },
          path);
    assert_true(isinf(ask(path, "SELECT excess FROM measures WHERE kind = 'rows'")));
    assert_true(isnan(ask(path, "SELECT note FROM measures WHERE kind = 'rows'")));
    assert_float_equal(ask(path, "SELECT count(*) FROM measures WHERE kind = 'nulls' AND source IS"
                                 " NULL AND copy IS NULL AND distance IS NULL AND floor IS NULL AND"
                                 " excess IS NULL AND note = 'why'"),
                       1, 0);
    assert_true(isnan(ask(path, "SELECT source FROM shares")));
    assert_float_equal(ask(path, "SELECT copy FROM shares WHERE value = 'red'"), 0.5, 0);
}

static void
what_only_reports_read_is_there_as_well(void **state)
{
    const char *path = in_folder("rest.decant");
    struct manifest_weaker weaker[] = { { "a.b.c", "masked", "kept" } };
    struct manifest_point single = { .name = "a.b.d", .source = 0.75 },
                          crowd = { .name = "a.b", .x = 3, .source = 0.5, .copy = 0.625 },
                          point = { .name = "a.b.d", .label = "copy", .x = -1.5, .source = 0.05 };
    struct manifest_policy policy = { "a.b.k", "a.b", "a.p", "require", 11, 12 };
    struct manifest_table table = { "a.b", -1, 0 };
    (void)state;
    store(&(struct manifest){ .weaker = weaker,
                              .nweaker = 1,
                              .singles = &single,
                              .nsingles = 1,
                              .crowds = &crowd,
                              .ncrowds = 1,
                              .distributions = &point,
                              .ndistributions = 1,
                              .policies = &policy,
                              .npolicies = 1,
                              .tables = &table,
                              .ntables = 1 },
          path);
    static const struct {
        const char *sql;
        double is;
    } cases[] = {
        { "SELECT count(*) FROM weaker WHERE name = 'a.b.c' AND was = 'masked' AND now = 'kept'",
          1 },
        { "SELECT share FROM singles WHERE name = 'a.b.d'", 0.75 },
        { "SELECT columns FROM crowds", 3 },
        { "SELECT alone FROM crowds", 0.5 },
        { "SELECT few FROM crowds", 0.625 },
        { "SELECT x FROM distributions WHERE side = 'copy' AND share = 0.05", -1.5 },
        { "SELECT left_out FROM policies WHERE policy = 'require' AND parent = 'a.p'", 11 },
        { "SELECT changed FROM policies WHERE child = 'a.b'", 12 },
        { "SELECT rows FROM tables", -1 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_float_equal(ask(path, cases[i].sql), cases[i].is, 0);
}

static void
notes_come_back_with_their_words(void **state)
{
    struct decant_error err = { 0 };
    struct loaded in;
    struct notes notes;
    const char *path = in_folder("notes.decant");
    (void)state;
    notes_init(&notes);
    for (int reason = 0; reason < NOTE_COUNT; reason++)
        notes_add(&notes, (enum note_reason)reason, "thing", reason, "public.\"odd %d\"", reason);
    assert_true(manifest_store(&(struct manifest){ .notes = &notes }, path, &err));
    assert_true(load(path, &in, &err));
    assert_int_equal(in.nnotes, NOTE_COUNT);
    for (int i = 0; i < NOTE_COUNT; i++) {
        const struct note *note = &notes.items[i];
        const char *hint = note_hint(note->reason);
        assert_string_equal(in.notes[i].object, note->object);
        assert_string_equal(in.notes[i].reason, note_code(note->reason));
        assert_string_equal(in.notes[i].consequence, note_consequence(note));
        assert_int_equal(in.notes[i].count, note->count);
        if (hint == NULL)
            assert_null(in.notes[i].hint);
        else
            assert_string_equal(in.notes[i].hint, hint);
    }
    notes_deinit(&notes);
    arena_deinit(&in.arena);
}

static void
thousands_of_tables_and_a_value_of_a_megabyte_are_no_trouble(void **state)
{
    enum { N = 3000, LONG = 1 << 20 };
    struct decant_error err;
    struct loaded in;
    struct arena arena = { 0 };
    const char *path = in_folder("huge.decant");
    struct manifest_table *tables = ARENA_ARRAY(&arena, struct manifest_table, N);
    char *text = arena_alloc(&arena, LONG + 1);
    struct manifest_fact fact = { "long", memset(text, 'x', LONG) };
    (void)state;
    for (int i = 0; i < N; i++)
        tables[i] =
            (struct manifest_table){ arena_printf(&arena, "s.t%06d", i), i, (int64_t)i << 40 };
    store(&(struct manifest){ .facts = &fact, .nfacts = 1, .tables = tables, .ntables = N }, path);
    assert_true(load(path, &in, &err));
    assert_int_equal(in.manifest.ntables, N);
    assert_string_equal(in.manifest.tables[N - 1].name, "s.t002999");
    assert_true(in.manifest.tables[N - 1].bytes == (int64_t)(N - 1) << 40);
    assert_int_equal(strlen(manifest_fact(&in.manifest, "long")), LONG);
    arena_deinit(&in.arena);
    arena_deinit(&arena);
}

/* Table "c" of schema "a.b", and table "b.c" of schema "a". */
static void
names_that_are_joined_alike_are_two_tables(void **state)
{
    struct decant_error err;
    struct loaded in;
    const char *path = in_folder("alike.decant");
    struct manifest_table tables[] = { { "a.b.c", 1, 1 }, { "a.b.c", 2, 2 } };
    (void)state;
    store(&(struct manifest){ .tables = tables, .ntables = 2 }, path);
    assert_true(load(path, &in, &err));
    assert_int_equal(in.manifest.ntables, 2);
    arena_deinit(&in.arena);
}

/* ---- how it is written */

static mode_t
mode_of(const char *path)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 0777;
}

static void
nobody_else_may_read_it_whatever_the_umask(void **state)
{
    static const mode_t masks[] = { 0, 022, 0077 };
    (void)state;
    for (int i = 0; i < 3; i++) {
        mode_t before = umask(masks[i]);
        store(&(struct manifest){ 0 }, in_folder("mode.decant"));
        assert_int_equal(umask(before), masks[i]); /* and it is as it was */
        assert_int_equal(mode_of(in_folder("mode.decant")), 0600);
    }
}

static void
it_replaces_one_that_is_there_and_leaves_nothing_beside_it(void **state)
{
    struct decant_error err;
    struct loaded in;
    const char *path = in_folder("again.decant");
    struct manifest_fact first = { "run", "1" }, second = { "run", "2" };
    (void)state;
    change_file(in_folder("again.decant.new"), "CREATE TABLE run(left_by_a_killed_run)");
    store(&(struct manifest){ .facts = &first, .nfacts = 1 }, path);
    store(&(struct manifest){ .facts = &second, .nfacts = 1 }, path);
    assert_true(load(path, &in, &err));
    assert_int_equal(in.manifest.nfacts, 1);
    assert_string_equal(manifest_fact(&in.manifest, "run"), "2");
    assert_int_equal(access(in_folder("again.decant.new"), F_OK), -1);
    arena_deinit(&in.arena);
}

/* Two facts of one name contradict each other. */
static void
one_that_cannot_be_written_leaves_the_old_one_and_says_where(void **state)
{
    struct decant_error err = { 0 };
    struct loaded in;
    struct notes notes;
    const char *path = in_folder("kept.decant");
    struct manifest_fact facts[] = { { "run", "1" }, { "run", "2" } };
    (void)state;
    store(&(struct manifest){ .facts = facts, .nfacts = 1 }, path);
    notes_init(&notes);
    assert_false(manifest_store(&(struct manifest){ .facts = facts, .nfacts = 2, .notes = &notes },
                                path, &err));
    assert_non_null(strstr(err.context, path));
    assert_true(load(path, &in, &err));
    assert_string_equal(manifest_fact(&in.manifest, "run"), "1");
    assert_int_equal(access(in_folder("kept.decant.new"), F_OK), -1);
    notes_deinit(&notes);
    arena_deinit(&in.arena);
}

static void
a_place_that_is_no_folder_is_an_error(void **state)
{
    struct decant_error err = { 0 };
    struct notes notes;
    (void)state;
    notes_init(&notes);
    store(&(struct manifest){ 0 }, in_folder("file.decant"));
    assert_false(manifest_store(&(struct manifest){ .notes = &notes },
                                in_folder("file.decant/m.decant"), &err));
    assert_int_equal(err.code, DECANT_UNAVAILABLE);
    assert_non_null(strstr(err.context, "file.decant/m.decant"));
    notes_deinit(&notes);
}

static void
one_that_lies_where_a_folder_is_cannot_be_put_in_place(void **state)
{
    struct decant_error err = { 0 };
    struct notes notes;
    const char *path = in_folder("dir.decant");
    (void)state;
    notes_init(&notes);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(mkdir(in_folder("dir.decant/x"), 0700), 0);
    assert_false(manifest_store(&(struct manifest){ .notes = &notes }, path, &err));
    assert_int_equal(err.code, DECANT_UNAVAILABLE);
    assert_int_equal(access(in_folder("dir.decant.new"), F_OK), -1);
    notes_deinit(&notes);
}

/* ---- what is none */

static void
write_bytes(const char *path, const void *data, size_t len)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, len, file), len);
    fclose(file);
}

static void
what_is_no_manifest_is_refused_by_its_name(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
    } cases[] = {
        { "", 0 },
        { "x", 1 },
        { "SQLite format 3", 16 },
        { "SQLite format 3\0but nothing of a database behind it, not even a header", 70 },
        { "{\"run\": {}}", 11 },
    };
    struct decant_error err;
    struct loaded in;
    const char *path = in_folder("none.decant");
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_bytes(path, cases[i].bytes, cases[i].len);
        assert_false(load(path, &in, &err));
        assert_int_equal(err.code, DECANT_CHECK);
        assert_non_null(strstr(err.message, path));
        assert_non_null(strstr(err.message, "is not a manifest of decant"));
        arena_deinit(&in.arena);
    }
    unlink(path);
    assert_false(load(path, &in, &err)); /* and one that is not there */
    assert_int_equal(err.code, DECANT_CHECK);
    unlink(path);
    change_file(path, "CREATE TABLE run(name, value)"); /* somebody's database */
    assert_false(load(path, &in, &err));
    assert_non_null(strstr(err.message, "is not a manifest of decant"));
    arena_deinit(&in.arena);
}

static void
those_of_other_versions_are_refused_with_what_to_do(void **state)
{
    static const int versions[] = { 0, 1, 3, 8, 1000, -1 };
    struct decant_error err;
    struct loaded in;
    char sql[80];
    const char *path = in_folder("version.decant");
    (void)state;
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
        store_bare(path);
        snprintf(sql, sizeof sql, "PRAGMA user_version = %d", versions[i]);
        change_file(path, sql);
        assert_false(load(path, &in, &err));
        assert_int_equal(err.code, DECANT_CHECK);
        assert_non_null(strstr(err.message, "another version of decant"));
        assert_non_null(strstr(err.message, path));
        assert_non_null(strstr(err.hint, "make the copy again"));
        arena_deinit(&in.arena);
    }
}

/* Older versions knew no crowds, or no sizes: their copies can still be verified and reported. */
static void
one_of_an_older_version_lacks_tables_and_is_read(void **state)
{
    struct decant_error err = { 0 };
    struct loaded in;
    struct db *db = NULL;
    int64_t n = -1;
    const char *path = in_folder("older.decant");
    (void)state;
    store_bare(path);
    change_file(path, "DROP TABLE guesses; DROP TABLE families; DROP TABLE amplified;"
                      " PRAGMA user_version = 6");
    assert_true(load(path, &in, &err));
    assert_int_equal(in.manifest.nfamilies, 0);
    arena_deinit(&in.arena);
    change_file(path, "DROP TABLE relations; DROP TABLE distincts; PRAGMA user_version = 5");
    assert_true(load(path, &in, &err));
    assert_int_equal(in.manifest.nrelations, 0);
    arena_deinit(&in.arena);
    change_file(path, "DROP TABLE crowds; PRAGMA user_version = 4");
    assert_true(load(path, &in, &err));
    assert_string_equal(manifest_fact(&in.manifest, "seed"), "v1");
    assert_true(manifest_open(path, NULL, &db, &err));
    assert_true(db_int(db, "SELECT count(*) FROM crowds", &n, &err));
    assert_int_equal(n, 0);
    assert_false(db_exec(db, &err, "DELETE FROM run")); /* it is only read */
    db_close(db);
    assert_true(isnan(ask(path, "SELECT max(name) FROM sqlite_schema WHERE name = 'crowds'")));
    arena_deinit(&in.arena);
}

/* What a full disk or a cut transfer leaves. A cut is an error or, where nothing but free pages is
 * lost, the whole: never a part, and no crash. */
static void
a_cut_file_is_never_read_in_part(void **state)
{
    enum { N = 200 };
    struct decant_error err;
    struct loaded in;
    struct manifest_table tables[N];
    char names[N][16];
    struct stat st;
    const char *path = in_folder("cut.decant");
    int refused = 0;
    (void)state;
    for (int i = 0; i < N; i++) {
        snprintf(names[i], sizeof names[i], "s.t%03d", i);
        tables[i] = (struct manifest_table){ names[i], i, i };
    }
    store(&(struct manifest){ .tables = tables, .ntables = N }, path);
    assert_int_equal(stat(path, &st), 0);
    for (off_t len = st.st_size - 1; len >= 0; len -= 1021) {
        assert_int_equal(truncate(path, len), 0);
        bool ok = load(path, &in, &err);
        refused += !ok;
        if (ok)
            assert_int_equal(in.manifest.ntables, N);
        else
            assert_true(err.code == DECANT_CHECK || err.code == DECANT_UNAVAILABLE);
        arena_deinit(&in.arena);
    }
    assert_true(refused > 40);
}

/* Bytes at random places: a wrong number cannot be told from a right one, but each call ends. */
static void
damaged_files_end_in_an_error_or_in_a_list(void **state)
{
    struct decant_error err;
    struct loaded in;
    uint64_t random = 20261130;
    int refused = 0;
    const char *path = in_folder("damaged.decant");
    (void)state;
    for (int round = 0; round < 60; round++) {
        store_bare(path);
        FILE *file = fopen(path, "r+");
        for (int i = 0; i < 60; i++) {
            random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            fseek(file, 100 + (long)(random >> 33) % 60000, SEEK_SET);
            fputc((int)(random >> 20) & 0xFF, file);
        }
        fclose(file);
        bool ok = load(path, &in, &err);
        refused += !ok;
        assert_true(ok || err.message[0] != '\0');
        arena_deinit(&in.arena);
    }
    assert_true(refused > 0);
}

static void
one_without_a_table_is_an_error(void **state)
{
    static const char *const tables[] = { "run",      "tables",   "foreign_keys",
                                          "samples",  "fanouts",  "columns",
                                          "searched", "findings", "not_carried" };
    struct decant_error err;
    struct loaded in;
    char sql[80];
    const char *path = in_folder("lacks.decant");
    (void)state;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        store_bare(path);
        snprintf(sql, sizeof sql, "DROP TABLE %s", tables[i]);
        change_file(path, sql);
        assert_false(load(path, &in, &err));
        assert_non_null(strstr(err.message, tables[i]));
        arena_deinit(&in.arena);
    }
}

/* ---- where it is */

static void
it_bears_the_first_digits_of_the_copy(void **state)
{
    struct arena arena = { 0 };
    (void)state;
    assert_string_equal(
        manifest_path_beside(&arena, "/x/shop.sqlite", "81bcc82614444f6effffffffffffffffffff"),
        "/x/shop.sqlite.81bcc82614444f6e.decant");
    arena_deinit(&arena);
}

static void
those_of_databases_lie_where_state_belongs(void **state)
{
    struct arena arena = { 0 };
    char *before = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    before = before != NULL ? mem_strdup(before) : NULL;
    home = home != NULL ? mem_strdup(home) : NULL;
    (void)state;
    setenv("XDG_STATE_HOME", "/var/state", 1);
    setenv("HOME", "/home/ann", 1);
    assert_string_equal(manifest_path_in_state(&arena, "a.b"), "/var/state/decant/a.b.decant");
    setenv("XDG_STATE_HOME", "state", 1); /* the base directory specification: to be ignored */
    assert_string_equal(manifest_path_in_state(&arena, "a.b"),
                        "/home/ann/.local/state/decant/a.b.decant");
    unsetenv("XDG_STATE_HOME");
    assert_string_equal(manifest_path_in_state(&arena, "a.b"),
                        "/home/ann/.local/state/decant/a.b.decant");
    if (before != NULL)
        setenv("XDG_STATE_HOME", before, 1);
    if (home != NULL)
        setenv("HOME", home, 1);
    free(before);
    free(home);
    arena_deinit(&arena);
}

static void
touch(const char *name, time_t seconds, long ns)
{
    const struct timespec times[] = { { seconds, ns }, { seconds, ns } };
    write_bytes(in_folder(name), "", 0);
    assert_int_equal(utimensat(AT_FDCWD, in_folder(name), times, 0), 0);
}

static void
the_youngest_is_that_of_the_last_copy(void **state)
{
    struct arena arena = { 0 };
    (void)state;
    assert_null(manifest_youngest(&arena, in_folder("y.sqlite")));
    assert_null(manifest_youngest(&arena, in_folder("no/such/folder/y.sqlite")));
    touch("y.sqlite.00000000000000aa.decant", 1000, 0);
    touch("y.sqlite.00000000000000bb.decant", 3000, 0);
    touch("y.sqlite.00000000000000cc.decant", 2000, 0);
    assert_string_equal(manifest_youngest(&arena, in_folder("y.sqlite")),
                        in_folder("y.sqlite.00000000000000bb.decant"));
    touch("y.sqlite.00000000000000aa.decant", 4000, 0);
    assert_string_equal(manifest_youngest(&arena, in_folder("y.sqlite")),
                        in_folder("y.sqlite.00000000000000aa.decant"));
    arena_deinit(&arena);
}

/* Two runs may end in one second. */
static void
parts_of_a_second_count_for_the_youngest(void **state)
{
    struct arena arena = { 0 };
    (void)state;
    for (int turn = 0; turn < 2; turn++) {
        touch("s.sqlite.00000000000000aa.decant", 1000, turn == 0 ? 100 : 200);
        touch("s.sqlite.00000000000000bb.decant", 1000, turn == 0 ? 200 : 100);
        assert_string_equal(manifest_youngest(&arena, in_folder("s.sqlite")),
                            in_folder(turn == 0 ? "s.sqlite.00000000000000bb.decant"
                                                : "s.sqlite.00000000000000aa.decant"));
    }
    arena_deinit(&arena);
}

static void
other_files_are_no_manifests_of_the_copy(void **state)
{
    static const char *const others[] = {
        "o.sqlite.decant",                      /* no digest */
        "o.sqlite.00000000000000a.decant",      /* a digit less */
        "o.sqlite.00000000000000aaa.decant",    /* a digit more */
        "o.sqlite.00000000000000AA.decant",     /* digits of SHA-256 are small */
        "o.sqlite.00000000000000aa.decant.x",   /* another end */
        "o.sqlite.00000000000000aa.decant.new", /* one under construction */
        "oo.sqlite.00000000000000aa.decant",    /* of another copy */
        "o.sqlite2.0000000000000aa.decant",
    };
    struct arena arena = { 0 };
    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        touch(others[i], 5000, 0);
    assert_null(manifest_youngest(&arena, in_folder("o.sqlite")));
    arena_deinit(&arena);
}

static void
only_manifests_of_former_states_of_this_copy_are_removed(void **state)
{
    static const struct {
        const char *name;
        bool stays;
    } files[] = {
        { "r.sqlite.00000000000000bb.decant", true }, /* the present one */
        { "r.sqlite.00000000000000aa.decant", false },
        { "r.sqlite.00000000000000cc.decant", false },
        { "r.sqlite", true },
        { "r.sqlite.00000000000000aa.sqlite", true },
        { "s.sqlite.00000000000000aa.decant", true },
        { "r.sqlite.x.00000000000000aa.decant", true },
        { "r.sqlit.00000000000000aaa.decant", true },
    };
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        touch(files[i].name, 1000, 0);
    manifest_remove_others(in_folder("r.sqlite.00000000000000bb.decant"), NULL, 0);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if ((access(in_folder(files[i].name), F_OK) == 0) != files[i].stays)
            fail_msg("%s %s", files[i].name, files[i].stays ? "is gone" : "is there");
}

/* A name without a part to differ in has no siblings, and no folder is no error. */
static void
a_plain_name_has_no_former_manifests(void **state)
{
    (void)state;
    touch("decant", 1000, 0);
    touch("other", 1000, 0);
    manifest_remove_others(in_folder("decant"), NULL, 0);
    manifest_remove_others(in_folder("other"), NULL, 0);
    manifest_remove_others(in_folder("no/such/folder.00000000000000bb.decant"), NULL, 0);
    assert_int_equal(access(in_folder("decant"), F_OK), 0);
    assert_int_equal(access(in_folder("other"), F_OK), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_manifest_of_nothing_is_read_back_as_nothing),
        cmocka_unit_test(odd_names_and_values_are_read_back_as_they_were),
        cmocka_unit_test(every_number_of_a_sample_comes_back_to_its_own_field),
        cmocka_unit_test(flags_of_searched_columns_are_not_mixed_up),
        cmocka_unit_test(bars_are_read_back_as_parents_of_the_copy),
        cmocka_unit_test(what_nobody_knows_is_null_and_what_no_floor_allows_is_infinite),
        cmocka_unit_test(what_only_reports_read_is_there_as_well),
        cmocka_unit_test(notes_come_back_with_their_words),
        cmocka_unit_test(thousands_of_tables_and_a_value_of_a_megabyte_are_no_trouble),
        cmocka_unit_test(nobody_else_may_read_it_whatever_the_umask),
        cmocka_unit_test(it_replaces_one_that_is_there_and_leaves_nothing_beside_it),
        cmocka_unit_test(one_that_cannot_be_written_leaves_the_old_one_and_says_where),
        cmocka_unit_test(a_place_that_is_no_folder_is_an_error),
        cmocka_unit_test(one_that_lies_where_a_folder_is_cannot_be_put_in_place),
        cmocka_unit_test(what_is_no_manifest_is_refused_by_its_name),
        cmocka_unit_test(those_of_other_versions_are_refused_with_what_to_do),
        cmocka_unit_test(one_of_an_older_version_lacks_tables_and_is_read),
        cmocka_unit_test(a_cut_file_is_never_read_in_part),
        cmocka_unit_test(damaged_files_end_in_an_error_or_in_a_list),
        cmocka_unit_test(one_without_a_table_is_an_error),
        cmocka_unit_test(it_bears_the_first_digits_of_the_copy),
        cmocka_unit_test(those_of_databases_lie_where_state_belongs),
        cmocka_unit_test(the_youngest_is_that_of_the_last_copy),
        cmocka_unit_test(other_files_are_no_manifests_of_the_copy),
        cmocka_unit_test(only_manifests_of_former_states_of_this_copy_are_removed),
        cmocka_unit_test(a_plain_name_has_no_former_manifests),
        cmocka_unit_test(names_that_are_joined_alike_are_two_tables),
        cmocka_unit_test(parts_of_a_second_count_for_the_youngest),
    };
    return cmocka_run_group_tests(tests, begin_folder, end_folder);
}
