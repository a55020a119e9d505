/* SPDX-License-Identifier: PostgreSQL */
#include "report/manifest.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

enum {
    MANIFEST_APPLICATION_ID = 0x64636e6d /* "dcnm" */,
    MANIFEST_VERSION = 7,
    OLDEST_VERSION = 4
};

static const char schema_sql[] =
    "CREATE TABLE run(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    /* names of tables are joined with dots, and two may be joined alike */
    "CREATE TABLE tables(name TEXT NOT NULL, rows INTEGER NOT NULL, bytes INTEGER NOT NULL);"
    "CREATE TABLE foreign_keys(name TEXT NOT NULL, child TEXT NOT NULL, parent TEXT NOT NULL,"
    " orphans INTEGER NOT NULL);"
    "CREATE TABLE not_carried(kind TEXT NOT NULL, object TEXT NOT NULL, reason TEXT NOT NULL,"
    " count INTEGER NOT NULL, consequence TEXT NOT NULL, hint TEXT);"
    "CREATE TABLE samples(name TEXT NOT NULL, role TEXT NOT NULL, rate REAL NOT NULL,"
    " sampled INTEGER NOT NULL, whole INTEGER NOT NULL, completed INTEGER NOT NULL,"
    " pulled INTEGER NOT NULL, asked INTEGER NOT NULL, edge INTEGER NOT NULL,"
    " hollow INTEGER NOT NULL, capped INTEGER NOT NULL, source_rows INTEGER NOT NULL);"
    "CREATE TABLE policies(name TEXT NOT NULL, child TEXT NOT NULL, parent TEXT NOT NULL,"
    " policy TEXT NOT NULL,"
    " left_out INTEGER NOT NULL, changed INTEGER NOT NULL);"
    "CREATE TABLE searched(name TEXT NOT NULL, schema TEXT NOT NULL, copy_table TEXT NOT NULL,"
    " copy_column TEXT NOT NULL, mask TEXT NOT NULL, is_json INTEGER NOT NULL,"
    " is_scrubbed INTEGER NOT NULL, is_key INTEGER NOT NULL, bits REAL NOT NULL,"
    " is_whole INTEGER NOT NULL, is_bytes INTEGER NOT NULL, is_number INTEGER NOT NULL);"
    "CREATE TABLE columns(name TEXT NOT NULL, type TEXT NOT NULL, verdict TEXT NOT NULL,"
    " mask TEXT NOT NULL, guarantee TEXT NOT NULL);"
    "CREATE TABLE weaker(name TEXT NOT NULL, was TEXT NOT NULL, now TEXT NOT NULL);"
    "CREATE TABLE singles(name TEXT NOT NULL, share REAL NOT NULL);"
    "CREATE TABLE measures(kind TEXT NOT NULL, name TEXT NOT NULL, source REAL, copy REAL,"
    " distance REAL, floor REAL, excess REAL, verdict TEXT NOT NULL, note TEXT);"
    "CREATE TABLE distributions(name TEXT NOT NULL, side TEXT NOT NULL, share REAL NOT NULL,"
    " x REAL NOT NULL);"
    "CREATE TABLE shares(name TEXT NOT NULL, value TEXT NOT NULL, source REAL, copy REAL);"
    "CREATE TABLE fanouts(name TEXT NOT NULL, kind TEXT NOT NULL, children INTEGER NOT NULL,"
    " source REAL, copy REAL, parents INTEGER NOT NULL);"
    "CREATE TABLE findings(name TEXT NOT NULL, kind TEXT NOT NULL, count INTEGER NOT NULL,"
    " cells INTEGER NOT NULL, keys TEXT NOT NULL, allowed TEXT NOT NULL);";

/* What older versions had not: in their manifests these are empty. */
static const struct {
    int since;
    const char *table, *columns;
} later[] = {
    { 5, "crowds",
      "name TEXT NOT NULL, columns INTEGER NOT NULL, alone REAL NOT NULL, few REAL NOT NULL" },
    { 6, "relations",
      "name TEXT NOT NULL, of TEXT, kind TEXT NOT NULL, rows REAL NOT NULL,"
      " pages INTEGER NOT NULL, visible INTEGER NOT NULL" },
    { 6, "distincts", "name TEXT NOT NULL, n REAL NOT NULL" },
    { 7, "guesses", "name TEXT NOT NULL, how TEXT NOT NULL" },
    { 7, "amplified",
      "name TEXT NOT NULL, copied INTEGER NOT NULL, wanted REAL NOT NULL, rows INTEGER NOT NULL,"
      " reason TEXT NOT NULL" },
    { 7, "families", "name TEXT NOT NULL, children INTEGER NOT NULL" },
};

/* Makes those that a manifest of `version` lacks, in the schema. */
static bool
make_later(struct db *db, int version, const char *schema, struct decant_error *err)
{
    bool ok = true;
    for (size_t i = 0; ok && i < sizeof later / sizeof *later; i++)
        if (version < later[i].since)
            ok = db_execf(db, err, "CREATE TABLE %s.%s(%s)", schema, later[i].table,
                          later[i].columns);
    return ok;
}

/* Runs `sql` once for each item; `bind` fills the parameters of the i-th. */
static bool
insert_all(struct db *db, const char *sql, int n, const struct manifest *manifest,
           void (*bind)(const struct manifest *manifest, int i, struct db_stmt *stmt),
           struct decant_error *err)
{
    struct db_stmt *stmt = db_prepare(db, sql, err);
    bool ok = stmt != NULL;
    for (int i = 0; ok && i < n; i++) {
        bind(manifest, i, stmt);
        ok = db_step(stmt, err) == 0;
    }
    db_finalize(stmt);
    return ok;
}

static void
bind_fact(const struct manifest *manifest, int i, struct db_stmt *stmt)
{
    db_bind_text(stmt, 1, manifest->facts[i].name);
    db_bind_text(stmt, 2, manifest->facts[i].value);
}

static void
bind_table(const struct manifest *manifest, int i, struct db_stmt *stmt)
{
    db_bind_text(stmt, 1, manifest->tables[i].name);
    db_bind_int(stmt, 2, manifest->tables[i].rows);
    db_bind_int(stmt, 3, manifest->tables[i].bytes);
}

static void
bind_key(const struct manifest *manifest, int i, struct db_stmt *stmt)
{
    const struct manifest_key *key = &manifest->keys[i];
    db_bind_text(stmt, 1, key->name);
    db_bind_text(stmt, 2, key->child);
    db_bind_text(stmt, 3, key->parent);
    db_bind_int(stmt, 4, key->orphans);
}

static void
bind_sample(const struct manifest *manifest, int i, struct db_stmt *stmt)
{
    const struct manifest_sample *t = &manifest->samples[i];
    const int64_t counts[] = { t->sampled, t->whole,  t->completed, t->pulled,     t->asked,
                               t->edge,    t->hollow, t->capped,    t->source_rows };
    db_bind_text(stmt, 1, t->name);
    db_bind_text(stmt, 2, t->role);
    db_bind_double(stmt, 3, t->rate);
    for (int c = 0; c < (int)(sizeof counts / sizeof *counts); c++)
        db_bind_int(stmt, 4 + c, counts[c]);
}

static void
bind_policy(const struct manifest *manifest, int i, struct db_stmt *stmt)
{
    const struct manifest_policy *policy = &manifest->policies[i];
    const char *const texts[] = { policy->name, policy->child, policy->parent, policy->policy };
    for (int t = 0; t < 4; t++)
        db_bind_text(stmt, 1 + t, texts[t]);
    db_bind_int(stmt, 5, policy->left_out);
    db_bind_int(stmt, 6, policy->changed);
}

static void
bind_searched(const struct manifest *manifest, int i, struct db_stmt *stmt)
{
    const struct manifest_searched *column = &manifest->searched[i];
    const char *const texts[] = { column->name, column->schema, column->copy_table,
                                  column->copy_column, column->mask };
    for (int t = 0; t < 5; t++)
        db_bind_text(stmt, 1 + t, texts[t]);
    db_bind_int(stmt, 6, column->is_json);
    db_bind_int(stmt, 7, column->is_scrubbed);
    db_bind_int(stmt, 8, column->is_key);
    db_bind_double(stmt, 9, column->bits);
    db_bind_int(stmt, 10, column->is_whole);
    db_bind_int(stmt, 11, column->is_bytes);
    db_bind_int(stmt, 12, column->is_number);
}

static void
bind_finding(const struct manifest *manifest, int i, struct db_stmt *stmt)
{
    const struct manifest_finding *finding = &manifest->findings[i];
    db_bind_text(stmt, 1, finding->name);
    db_bind_text(stmt, 2, finding->kind);
    db_bind_int(stmt, 3, finding->count);
    db_bind_int(stmt, 4, finding->cells);
    db_bind_text(stmt, 5, finding->keys);
    db_bind_text(stmt, 6, finding->allowed);
}

static void
bind_column(const struct manifest *manifest, int i, struct db_stmt *stmt)
{
    const struct manifest_column *c = &manifest->columns[i];
    const char *const texts[] = { c->name, c->type, c->verdict, c->mask, c->guarantee };
    for (int t = 0; t < 5; t++)
        db_bind_text(stmt, 1 + t, texts[t]);
}

static void
bind_weaker(const struct manifest *manifest, int i, struct db_stmt *stmt)
{
    const struct manifest_weaker *weaker = &manifest->weaker[i];
    db_bind_text(stmt, 1, weaker->name);
    db_bind_text(stmt, 2, weaker->was);
    db_bind_text(stmt, 3, weaker->now);
}

static void
bind_single(const struct manifest *manifest, int i, struct db_stmt *stmt)
{
    db_bind_text(stmt, 1, manifest->singles[i].name);
    db_bind_double(stmt, 2, manifest->singles[i].source);
}

static void
bind_crowd(const struct manifest *manifest, int i, struct db_stmt *stmt)
{
    db_bind_text(stmt, 1, manifest->crowds[i].name);
    db_bind_int(stmt, 2, (int64_t)manifest->crowds[i].x);
    db_bind_double(stmt, 3, manifest->crowds[i].source);
    db_bind_double(stmt, 4, manifest->crowds[i].copy);
}

/* Infinity is what no floor allows; NaN is what nobody knows. */
static void
bind_figure(struct db_stmt *stmt, int parameter, double figure)
{
    if (isnan(figure))
        db_bind_text(stmt, parameter, NULL);
    else
        db_bind_double(stmt, parameter, figure);
}

static void
bind_measure(const struct manifest *manifest, int i, struct db_stmt *stmt)
{
    const struct manifest_figure *m = &manifest->figures[i];
    const double figures[] = { m->source, m->copy, m->distance, m->floor, m->excess };
    db_bind_text(stmt, 1, m->kind);
    db_bind_text(stmt, 2, m->name);
    for (int f = 0; f < 5; f++)
        bind_figure(stmt, 3 + f, figures[f]);
    db_bind_text(stmt, 8, m->verdict);
    db_bind_text(stmt, 9, m->note);
}

static void
bind_distribution(const struct manifest *manifest, int i, struct db_stmt *stmt)
{
    const struct manifest_point *point = &manifest->distributions[i];
    db_bind_text(stmt, 1, point->name);
    db_bind_text(stmt, 2, point->label);
    db_bind_double(stmt, 3, point->source);
    db_bind_double(stmt, 4, point->x);
}

static void
bind_share(const struct manifest *manifest, int i, struct db_stmt *stmt)
{
    const struct manifest_point *point = &manifest->shares[i];
    db_bind_text(stmt, 1, point->name);
    db_bind_text(stmt, 2, point->label);
    bind_figure(stmt, 3, point->source);
    bind_figure(stmt, 4, point->copy);
}

static void
bind_fanout(const struct manifest *manifest, int i, struct db_stmt *stmt)
{
    const struct manifest_point *point = &manifest->fanouts[i];
    db_bind_text(stmt, 1, point->name);
    db_bind_text(stmt, 2, point->label);
    db_bind_int(stmt, 3, (int64_t)point->x);
    bind_figure(stmt, 4, point->source);
    bind_figure(stmt, 5, point->copy);
    db_bind_int(stmt, 6, point->rows);
}

static void
bind_relation(const struct manifest *manifest, int i, struct db_stmt *stmt)
{
    const struct manifest_relation *relation = &manifest->relations[i];
    const char kind[] = { relation->kind, '\0' };
    db_bind_text(stmt, 1, relation->name);
    db_bind_text(stmt, 2, relation->of);
    db_bind_text(stmt, 3, kind);
    db_bind_double(stmt, 4, relation->rows);
    db_bind_int(stmt, 5, relation->pages);
    db_bind_int(stmt, 6, relation->visible);
}

static void
bind_distinct(const struct manifest *manifest, int i, struct db_stmt *stmt)
{
    db_bind_text(stmt, 1, manifest->distincts[i].name);
    db_bind_double(stmt, 2, manifest->distincts[i].n);
}

static void
bind_guess(const struct manifest *manifest, int i, struct db_stmt *stmt)
{
    db_bind_text(stmt, 1, manifest->guesses[i].name);
    db_bind_text(stmt, 2, manifest->guesses[i].how);
}

static void
bind_family(const struct manifest *manifest, int i, struct db_stmt *stmt)
{
    db_bind_text(stmt, 1, manifest->families[i].name);
    db_bind_int(stmt, 2, manifest->families[i].children);
}

static void
bind_amplified(const struct manifest *manifest, int i, struct db_stmt *stmt)
{
    const struct manifest_amplified *amplified = &manifest->amplified[i];
    db_bind_text(stmt, 1, amplified->name);
    db_bind_int(stmt, 2, amplified->copied);
    db_bind_double(stmt, 3, amplified->wanted);
    db_bind_int(stmt, 4, amplified->rows);
    db_bind_text(stmt, 5, amplified->reason);
}

static void
bind_note(const struct manifest *manifest, int i, struct db_stmt *stmt)
{
    const struct note *note = &manifest->notes->items[i];
    db_bind_text(stmt, 1, note->kind);
    db_bind_text(stmt, 2, note->object);
    db_bind_text(stmt, 3, note_code(note->reason));
    db_bind_int(stmt, 4, note->count);
    db_bind_text(stmt, 5, note_consequence(note));
    db_bind_text(stmt, 6, note_hint(note->reason));
}

static bool
fill(struct db *db, const struct manifest *m, struct decant_error *err)
{
    assert(m != NULL);
    return db_execf(db, err,
                    "PRAGMA journal_mode = OFF; PRAGMA application_id = %d;"
                    "PRAGMA user_version = %d; BEGIN",
                    MANIFEST_APPLICATION_ID, MANIFEST_VERSION) &&
           db_exec(db, err, schema_sql) && make_later(db, 0, "main", err) &&
           insert_all(db, "INSERT INTO run VALUES (?, ?)", m->nfacts, m, bind_fact, err) &&
           insert_all(db, "INSERT INTO samples VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                      m->nsamples, m, bind_sample, err) &&
           insert_all(db, "INSERT INTO policies VALUES (?, ?, ?, ?, ?, ?)", m->npolicies, m,
                      bind_policy, err) &&
           insert_all(db, "INSERT INTO searched VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                      m->nsearched, m, bind_searched, err) &&
           insert_all(db, "INSERT INTO columns VALUES (?, ?, ?, ?, ?)", m->ncolumns, m, bind_column,
                      err) &&
           insert_all(db, "INSERT INTO weaker VALUES (?, ?, ?)", m->nweaker, m, bind_weaker, err) &&
           insert_all(db, "INSERT INTO singles VALUES (?, ?)", m->nsingles, m, bind_single, err) &&
           insert_all(db, "INSERT INTO crowds VALUES (?, ?, ?, ?)", m->ncrowds, m, bind_crowd,
                      err) &&
           insert_all(db, "INSERT INTO measures VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", m->nfigures, m,
                      bind_measure, err) &&
           insert_all(db, "INSERT INTO distributions VALUES (?, ?, ?, ?)", m->ndistributions, m,
                      bind_distribution, err) &&
           insert_all(db, "INSERT INTO shares VALUES (?, ?, ?, ?)", m->nshares, m, bind_share,
                      err) &&
           insert_all(db, "INSERT INTO fanouts VALUES (?, ?, ?, ?, ?, ?)", m->nfanouts, m,
                      bind_fanout, err) &&
           insert_all(db, "INSERT INTO findings VALUES (?, ?, ?, ?, ?, ?)", m->nfindings, m,
                      bind_finding, err) &&
           insert_all(db, "INSERT INTO relations VALUES (?, ?, ?, ?, ?, ?)", m->nrelations, m,
                      bind_relation, err) &&
           insert_all(db, "INSERT INTO distincts VALUES (?, ?)", m->ndistincts, m, bind_distinct,
                      err) &&
           insert_all(db, "INSERT INTO guesses VALUES (?, ?)", m->nguesses, m, bind_guess, err) &&
           insert_all(db, "INSERT INTO families VALUES (?, ?)", m->nfamilies, m, bind_family,
                      err) &&
           insert_all(db, "INSERT INTO amplified VALUES (?, ?, ?, ?, ?)", m->namplified, m,
                      bind_amplified, err) &&
           insert_all(db, "INSERT INTO tables VALUES (?, ?, ?)", m->ntables, m, bind_table, err) &&
           insert_all(db, "INSERT INTO foreign_keys VALUES (?, ?, ?, ?)", m->nkeys, m, bind_key,
                      err) &&
           insert_all(db, "INSERT INTO not_carried VALUES (?, ?, ?, ?, ?, ?)", (int)m->notes->count,
                      m, bind_note, err) &&
           db_exec(db, err, "COMMIT");
}

static void
remove_file(void *path)
{
    unlink(path);
}

bool
manifest_store(const struct manifest *manifest, const char *path, struct decant_error *err)
{
    assert(manifest != NULL && path != NULL);
    struct buf temporary = { 0 };
    struct db *db = NULL;
    buf_printf(&temporary, "%s.new", path);
    struct mem_last last = { remove_file, temporary.data, NULL };
    bool ok = file_make_directories(path, err);
    unlink(buf_str(&temporary));
    mem_last_add(&last);
    mode_t mask = umask(0077);
    ok = ok && db_open(buf_str(&temporary), DB_CREATE, NULL, &db, err) && fill(db, manifest, err);
    umask(mask);
    db_close(db);
    ok = ok && file_sync(buf_str(&temporary), err);
    if (ok && rename(buf_str(&temporary), path) != 0)
        ok = error_errno(err, "cannot write '%s'", path);
    if (ok)
        file_settle(path);
    else {
        unlink(buf_str(&temporary));
        error_context(err, "manifest '%s'", path);
    }
    mem_last_remove(&last);
    buf_deinit(&temporary);
    return ok;
}

/* Reads all rows of a statement; `read` takes each. */
static bool
select_all(struct db *db, const char *sql, void *ctx,
           void (*read)(void *ctx, int i, struct db_stmt *stmt), int *n, struct decant_error *err)
{
    struct db_stmt *stmt = db_prepare(db, sql, err);
    int more = stmt == NULL ? -1 : 0;
    *n = 0;
    while (stmt != NULL && (more = db_step(stmt, err)) > 0)
        read(ctx, (*n)++, stmt);
    db_finalize(stmt);
    return more == 0;
}

struct loading {
    struct arena *arena;
    struct manifest *manifest;
    struct manifest_note *notes;
};

static const char *
text(struct loading *l, struct db_stmt *stmt, int column)
{
    return arena_strdup(l->arena, db_text(stmt, column));
}

static void
read_fact(void *ctx, int i, struct db_stmt *stmt)
{
    struct loading *l = ctx;
    l->manifest->facts[i] = (struct manifest_fact){ text(l, stmt, 0), text(l, stmt, 1) };
}

static void
read_table(void *ctx, int i, struct db_stmt *stmt)
{
    struct loading *l = ctx;
    l->manifest->tables[i] = (struct manifest_table){ .name = text(l, stmt, 0),
                                                      .rows = db_column_int(stmt, 1),
                                                      .bytes = db_column_int(stmt, 2) };
}

static void
read_relation(void *ctx, int i, struct db_stmt *stmt)
{
    struct loading *l = ctx;
    l->manifest->relations[i] = (struct manifest_relation){
        .name = text(l, stmt, 0),
        .of = db_text(stmt, 1) != NULL ? text(l, stmt, 1) : NULL,
        .kind = db_text(stmt, 2) != NULL ? db_text(stmt, 2)[0] : '\0',
        .rows = db_column_double(stmt, 3),
        .pages = db_column_int(stmt, 4),
        .visible = db_column_int(stmt, 5),
    };
}

static void
read_distinct(void *ctx, int i, struct db_stmt *stmt)
{
    struct loading *l = ctx;
    l->manifest->distincts[i] =
        (struct manifest_distinct){ text(l, stmt, 0), db_column_double(stmt, 1) };
}

static void
read_guess(void *ctx, int i, struct db_stmt *stmt)
{
    struct loading *l = ctx;
    l->manifest->guesses[i] = (struct manifest_guess){ text(l, stmt, 0), text(l, stmt, 1) };
}

static void
read_family(void *ctx, int i, struct db_stmt *stmt)
{
    struct loading *l = ctx;
    l->manifest->families[i] = (struct manifest_family){ text(l, stmt, 0), db_column_int(stmt, 1) };
}

static void
read_amplified(void *ctx, int i, struct db_stmt *stmt)
{
    struct loading *l = ctx;
    l->manifest->amplified[i] = (struct manifest_amplified){ .name = text(l, stmt, 0),
                                                             .copied = db_column_int(stmt, 1),
                                                             .wanted = db_column_double(stmt, 2),
                                                             .rows = db_column_int(stmt, 3),
                                                             .reason = text(l, stmt, 4) };
}

static void
read_policy(void *ctx, int i, struct db_stmt *stmt)
{
    struct loading *l = ctx;
    l->manifest->policies[i] = (struct manifest_policy){ .name = text(l, stmt, 0),
                                                         .child = text(l, stmt, 1),
                                                         .parent = text(l, stmt, 2),
                                                         .policy = text(l, stmt, 3),
                                                         .left_out = db_column_int(stmt, 4),
                                                         .changed = db_column_int(stmt, 5) };
}

static void
read_key(void *ctx, int i, struct db_stmt *stmt)
{
    struct loading *l = ctx;
    l->manifest->keys[i] = (struct manifest_key){ text(l, stmt, 0), text(l, stmt, 1),
                                                  text(l, stmt, 2), db_column_int(stmt, 3) };
}

static void
read_sample(void *ctx, int i, struct db_stmt *stmt)
{
    struct loading *l = ctx;
    l->manifest->samples[i] = (struct manifest_sample){ .name = text(l, stmt, 0),
                                                        .role = text(l, stmt, 1),
                                                        .rate = db_column_double(stmt, 2),
                                                        .sampled = db_column_int(stmt, 3),
                                                        .whole = db_column_int(stmt, 4),
                                                        .completed = db_column_int(stmt, 5),
                                                        .pulled = db_column_int(stmt, 6),
                                                        .asked = db_column_int(stmt, 7),
                                                        .edge = db_column_int(stmt, 8),
                                                        .hollow = db_column_int(stmt, 9),
                                                        .capped = db_column_int(stmt, 10),
                                                        .source_rows = db_column_int(stmt, 11) };
}

/* The parents of the copy only: what is shown of the source is a share. */
static void
read_fanout(void *ctx, int i, struct db_stmt *stmt)
{
    struct loading *l = ctx;
    l->manifest->fanouts[i] = (struct manifest_point){ .name = text(l, stmt, 0),
                                                       .label = text(l, stmt, 1),
                                                       .x = db_column_double(stmt, 2),
                                                       .rows = db_column_int(stmt, 5) };
}

static void
read_searched(void *ctx, int i, struct db_stmt *stmt)
{
    struct loading *l = ctx;
    l->manifest->searched[i] = (struct manifest_searched){ .name = text(l, stmt, 0),
                                                           .schema = text(l, stmt, 1),
                                                           .copy_table = text(l, stmt, 2),
                                                           .copy_column = text(l, stmt, 3),
                                                           .mask = text(l, stmt, 4),
                                                           .is_json = db_column_int(stmt, 5),
                                                           .is_scrubbed = db_column_int(stmt, 6),
                                                           .is_key = db_column_int(stmt, 7),
                                                           .bits = db_column_double(stmt, 8),
                                                           .is_whole = db_column_int(stmt, 9),
                                                           .is_bytes = db_column_int(stmt, 10),
                                                           .is_number = db_column_int(stmt, 11) };
}

static void
read_column(void *ctx, int i, struct db_stmt *stmt)
{
    struct loading *l = ctx;
    l->manifest->columns[i] = (struct manifest_column){ .name = text(l, stmt, 0),
                                                        .type = text(l, stmt, 1),
                                                        .verdict = text(l, stmt, 2),
                                                        .mask = text(l, stmt, 3),
                                                        .guarantee = text(l, stmt, 4) };
}

static void
read_finding(void *ctx, int i, struct db_stmt *stmt)
{
    struct loading *l = ctx;
    l->manifest->findings[i] = (struct manifest_finding){ .name = text(l, stmt, 0),
                                                          .kind = text(l, stmt, 1),
                                                          .count = db_column_int(stmt, 2),
                                                          .cells = db_column_int(stmt, 3),
                                                          .keys = text(l, stmt, 4),
                                                          .allowed = text(l, stmt, 5) };
}

static void
read_note(void *ctx, int i, struct db_stmt *stmt)
{
    struct loading *l = ctx;
    l->notes[i] = (struct manifest_note){ .kind = text(l, stmt, 0),
                                          .object = text(l, stmt, 1),
                                          .reason = text(l, stmt, 2),
                                          .count = db_column_int(stmt, 3),
                                          .consequence = text(l, stmt, 4),
                                          .hint = text(l, stmt, 5) };
}

static bool
count(struct db *db, const char *table, size_t *out, struct decant_error *err)
{
    int64_t n;
    char sql[64];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", table);
    if (!db_int(db, sql, &n, err))
        return false;
    *out = (size_t)n + 1;
    return true;
}

bool
manifest_open(const char *path, const atomic_int *stop, struct db **out, struct decant_error *err)
{
    uint32_t id;
    int64_t version;
    if (db_probe(path, &id) != DB_SQLITE || id != MANIFEST_APPLICATION_ID)
        return error_set(err, DECANT_CHECK, "'%s' is not a manifest of decant", path);
    if (!db_open(path, DB_READ, stop, out, err) ||
        !db_int(*out, "PRAGMA user_version", &version, err))
        return false;
    if (version == MANIFEST_VERSION)
        return true;
    if (version >= OLDEST_VERSION && version < MANIFEST_VERSION) /* what it lacks is empty */
        return db_exec(*out, err, "PRAGMA query_only = OFF") &&
               make_later(*out, (int)version, "temp", err) &&
               db_exec(*out, err, "PRAGMA query_only = ON");
    error_set(err, DECANT_CHECK, "'%s' was written by another version of decant", path);
    return error_hint(err, "make the copy again, or ask the version that made it");
}

bool
manifest_load(const char *path, struct arena *arena, struct manifest *out,
              struct manifest_note **notes, int *nnotes, struct decant_error *err)
{
    struct loading l = { .arena = arena, .manifest = out };
    const struct part {
        const char *table, *order;
        void *items; /* where the pointer to them is */
        size_t size;
        int *n;
        void (*read)(void *ctx, int i, struct db_stmt *stmt);
    } parts[] = {
        { "run", "1", &out->facts, sizeof *out->facts, &out->nfacts, read_fact },
        { "tables", "1", &out->tables, sizeof *out->tables, &out->ntables, read_table },
        { "relations", "rowid", &out->relations, sizeof *out->relations, &out->nrelations,
          read_relation },
        { "distincts", "rowid", &out->distincts, sizeof *out->distincts, &out->ndistincts,
          read_distinct },
        { "guesses", "rowid", &out->guesses, sizeof *out->guesses, &out->nguesses, read_guess },
        { "families", "rowid", &out->families, sizeof *out->families, &out->nfamilies,
          read_family },
        { "amplified", "rowid", &out->amplified, sizeof *out->amplified, &out->namplified,
          read_amplified },
        { "policies", "rowid", &out->policies, sizeof *out->policies, &out->npolicies,
          read_policy },
        { "foreign_keys", "rowid", &out->keys, sizeof *out->keys, &out->nkeys, read_key },
        { "samples", "1", &out->samples, sizeof *out->samples, &out->nsamples, read_sample },
        { "fanouts", "rowid", &out->fanouts, sizeof *out->fanouts, &out->nfanouts, read_fanout },
        { "columns", "rowid", &out->columns, sizeof *out->columns, &out->ncolumns, read_column },
        { "searched", "rowid", &out->searched, sizeof *out->searched, &out->nsearched,
          read_searched },
        { "findings", "rowid", &out->findings, sizeof *out->findings, &out->nfindings,
          read_finding },
        { "not_carried", "rowid", &l.notes, sizeof *l.notes, nnotes, read_note },
    };
    struct db *db = NULL;
    *out = (struct manifest){ 0 };
    bool ok = manifest_open(path, NULL, &db, err);
    for (size_t i = 0; ok && i < sizeof parts / sizeof *parts; i++) {
        char sql[80];
        size_t n;
        ok = count(db, parts[i].table, &n, err);
        void *items = ok ? arena_alloc(arena, n * parts[i].size) : NULL;
        memcpy(parts[i].items, &items, sizeof items);
        snprintf(sql, sizeof sql, "SELECT * FROM %s ORDER BY %s", parts[i].table, parts[i].order);
        ok = ok && select_all(db, sql, &l, parts[i].read, parts[i].n, err);
    }
    *notes = l.notes;
    db_close(db);
    return ok;
}

const char *
manifest_fact(const struct manifest *manifest, const char *name)
{
    assert(manifest != NULL);
    for (int i = 0; i < manifest->nfacts; i++)
        if (strcmp(manifest->facts[i].name, name) == 0)
            return manifest->facts[i].value;
    return NULL;
}
