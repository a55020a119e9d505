/* SPDX-License-Identifier: PostgreSQL */
/*
 * A SQLite file is built beside the target: TARGET.decant-RUN.build is loaded without a journal,
 * indexed and analyzed. It becomes TARGET.decant-RUN.copy by a VACUUM INTO, whose bytes do not
 * depend on the way there, or by its new name alone where the way cannot show. These bytes are
 * checked and published.
 */
#include <assert.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/git.h"
#include "load/ddl_sqlite.h"
#include "load/publish_file.h"
#include "load/sink.h"
#include "load/sqlite_checks.h"
#include "load/sqlite_index.h"
#include "load/sqlite_table.h"

/* Pages of 4 KiB for small files, of 16 KiB for others: fewer levels, faster loads. */
enum { SMALL_FILE_BYTES = 64 << 20, SMALL_PAGE = 4096, LARGE_PAGE = 16384 };

struct sink {
    const struct sink_env *env;
    bool as_symlink;
    int keep;
    char *lock_path, *build_path, *copy_path;
    struct mem_last last; /* removes both when memory runs out */
    int lock_fd;
    struct db *db, *counted; /* under construction; to count its rows once it is finished */
    struct sqlite_schema schema;
    bool is_published;
    bool was_reloaded; /* a table was dropped and filled once more */
    struct sqlite_checks checks;
};

static char *
beside(const char *target, const char *run, const char *suffix)
{
    struct buf path = { 0 };
    buf_printf(&path, "%s.decant-%s%s", target, run, suffix);
    return buf_steal(&path);
}

/* The target must be ours, empty, or given up on purpose. */
static bool
guard_target(const struct sink_env *env, struct decant_error *err)
{
    uint32_t application_id;
    enum db_kind kind = db_probe(env->target, &application_id);
    bool is_ours = kind == DB_SQLITE && application_id == PUBLISH_APPLICATION_ID;
    if (kind == DB_ABSENT || kind == DB_EMPTY || is_ours || env->options->overwrite)
        return true;
    error_set(err, DECANT_REFUSED, "'%s' is not a copy that decant made", env->target);
    return error_hint(err, "choose another path, or replace it with --overwrite");
}

/* A -wal without its database would be played into the copy. */
static bool
guard_orphan(const struct sink_env *env, struct decant_error *err)
{
    static const char *const suffixes[] = { "-wal", "-journal" };
    bool found = false;
    for (int i = 0; i < 2 && !found && file_size(env->target) <= 0; i++) {
        struct buf path = { 0 };
        buf_printf(&path, "%s%s", env->target, suffixes[i]);
        found = file_size(buf_str(&path)) > 0;
        if (found)
            error_set(err, DECANT_REFUSED, "'%s' lies there without its database", buf_str(&path));
        buf_deinit(&path);
    }
    return !found || error_hint(err, "it would be played into the new copy: remove it");
}

static bool
sqlite_locate(const char *target, const struct decant_options *options, struct arena *arena,
              const char **out, struct decant_error *err)
{
    bool as_symlink = options->publish != NULL && strcmp(options->publish, "symlink") == 0, is_ours;
    if (!publish_check_name(target, as_symlink, err))
        return false;
    char *path = publish_file_of(target, &is_ours);
    *out = arena_strdup(arena, path);
    free(path);
    return true;
}

/* What nobody masked is not for everybody, nor for a repository. */
static bool
guard_place(const struct sink_env *env, struct decant_error *err)
{
    if (!env->options->no_mask || env->options->schema_only || !git_may_take(env->target, false))
        return true;
    error_set(err, DECANT_REFUSED, "'%s' lies in a git work tree, and nothing in it is masked",
              env->target);
    return error_hint(err, "choose another place, or let .gitignore name it");
}

/* The file must be there before SQLite makes it: for its owner alone where nothing is masked, and
 * not while another thread, which has run out of memory, removes what there is. */
static bool
make_file(const struct sink_env *env, const char *path, struct decant_error *err)
{
    mode_t mode = env->options->no_mask ? 0600 : 0644;
    mem_last_hold();
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    mem_last_release();
    if (fd < 0)
        return error_errno(err, "cannot create '%s'", path);
    close(fd);
    return true;
}

/* VACUUM INTO keeps a journal of its new file, and leaves it where the disk is full. Allocates
 * nothing. */
static void
discard(const char *path)
{
    static const char *const suffixes[] = { "", "-journal", "-wal", "-shm" };
    char name[PATH_MAX];
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        int n = snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
        if (n > 0 && (size_t)n < sizeof name)
            unlink(name);
    }
}

static void
remove_files(void *ctx)
{
    const struct sink *sink = ctx;
    discard(sink->build_path);
    discard(sink->copy_path);
}

static bool
sqlite_open(const struct sink_env *env, const struct server *source, struct sink **out,
            struct decant_error *err)
{
    assert(env != NULL);
    const struct sqlite_profile *profile;
    enum sqlite_odd odd;
    bool is_ours;
    (void)source;
    if (!sqlite_profile_find(env->profile, &profile, err) ||
        !sqlite_odd_parse(env->odd_values, &odd, err))
        return false;
    struct sink *sink = mem_alloc(sizeof *sink);
    sink->env = env;
    sink->lock_fd = -1;
    sink->schema.profile = profile;
    sink->schema.odd = odd;
    sink->keep = env->options->keep >= 0 ? env->options->keep : 0;
    free(publish_file_of(env->target, &is_ours));
    sink->as_symlink =
        env->options->publish != NULL ? strcmp(env->options->publish, "symlink") == 0 : is_ours;
    sink->lock_path = mem_alloc(strlen(env->target) + 16);
    strcat(strcpy(sink->lock_path, env->target), ".decant-lock");
    sink->build_path = beside(env->target, env->run, ".build");
    sink->copy_path = beside(env->target, env->run, ".copy");
    sink->last = (struct mem_last){ remove_files, sink, NULL };
    mem_last_add(&sink->last);
    sink->checks = (struct sqlite_checks){ .schema = &sink->schema,
                                           .path = sink->copy_path,
                                           .stop = env->stop,
                                           .nprovers = env->nreaders };
    *out = sink;
    if (!guard_target(env, err) || !guard_place(env, err) || !guard_orphan(env, err) ||
        !file_lock(sink->lock_path, env->options->wait_s, env->target, env->stop, &sink->lock_fd,
                   err))
        return false;
    struct buf prefix = { 0 };
    buf_printf(&prefix, "%s.decant-2", file_name(env->target)); /* runs begin with their year */
    file_remove_prefixed(env->target, buf_str(&prefix));
    buf_deinit(&prefix);
    return true;
}

static bool
sqlite_prepare(struct sink *sink, struct decant_error *err)
{
    const struct plan *plan = sink->env->plan;
    ddl_build(plan, sink->schema.profile, sink->schema.odd, sink->env->arena, sink->env->notes,
              &sink->schema);
    char *directory = file_directory(sink->env->target);
    bool ok = make_file(sink->env, sink->build_path, err) &&
              db_open(sink->build_path, DB_WRITE, sink->env->stop, &sink->db, err) &&
              db_begin_build(sink->db, LARGE_PAGE, directory, err) &&
              db_execf(sink->db, err, "PRAGMA application_id = %d", PUBLISH_APPLICATION_ID) &&
              db_exec(sink->db, err, "BEGIN");
    for (int i = 0; ok && i < sink->schema.ntables; i++)
        if (!sink->schema.tables[i].is_absent)
            ok = sqlite_table_create(sink->db, &sink->schema.tables[i], err);
    free(directory);
    return ok && db_exec(sink->db, err, "COMMIT");
}

static enum load_status
sqlite_load_table(struct sink *sink, int worker, const struct table *source,
                  struct row_stream *rows, struct decant_error *err)
{
    assert(sink != NULL);
    struct sqlite_table *table = ddl_table(&sink->schema, source);
    (void)worker;
    if (table->is_absent)
        return LOAD_SKIPPED;
    enum load_status status = sqlite_table_fill(sink->db, sink->env->plan, table, rows, err);
    sink->was_reloaded |= status == LOAD_AGAIN;
    return status;
}

/* The new file's cache has as many pages as this one's would have of 4 KiB: four times its bytes.
 */
static bool
vacuum_into(struct sink *sink, int page_size, struct decant_error *err)
{
    struct buf sql = { 0 };
    unlink(sink->copy_path);
    buf_printf(&sql, "PRAGMA page_size = %d; VACUUM INTO ", page_size);
    db_quote_text(&sql, sink->copy_path);
    bool ok = make_file(sink->env, sink->copy_path, err) && db_exec(sink->db, err, buf_str(&sql));
    buf_deinit(&sql);
    return ok;
}

/* The final bytes. Rows come in the order of their key, so the b-trees of a file with large pages
 * are as compact as VACUUM would make them, and the same rows give the same bytes. */
static bool
finalize(struct sink *sink, struct decant_error *err)
{
    int64_t pages;
    if (!db_int(sink->db, "PRAGMA page_count", &pages, err))
        return false;
    bool is_small = pages * LARGE_PAGE < SMALL_FILE_BYTES;
    if (is_small || sink->was_reloaded)
        return vacuum_into(sink, is_small ? SMALL_PAGE : LARGE_PAGE, err);
    db_close(sink->db);
    sink->db = NULL;
    return rename(sink->build_path, sink->copy_path) == 0 ||
           error_errno(err, "cannot rename '%s'", sink->build_path);
}

/* Opens the file once more, to change its schema. */
static bool
reopen(struct sink *sink, struct decant_error *err)
{
    if (sink->db != NULL)
        return true;
    return (rename(sink->copy_path, sink->build_path) == 0 ||
            error_errno(err, "cannot rename '%s'", sink->copy_path)) &&
           db_open(sink->build_path, DB_WRITE, sink->env->stop, &sink->db, err) &&
           db_begin_build(sink->db, LARGE_PAGE, ".", err);
}

/* In a copy of all rows a column goes on where the source's sequence stands, as in a dump. */
static bool
set_position(struct sink *sink, const struct sequence *sequence, struct decant_error *err)
{
    bool ok = true;
    for (int i = 0; ok && i < sequence->nusers; i++) {
        const struct sequence_user *user = &sequence->users[i];
        const struct sqlite_table *table = ddl_table(&sink->schema, user->table->root);
        bool is_position =
            table->integer_key == user->column && table->source->columns[user->column].has_sequence;
        int64_t last = sequence->last_value - (sequence->is_called ? 0 : sequence->increment);
        struct buf name = { 0 };
        if (!is_position || sequence->increment < 0 || last <= 0)
            continue;
        db_quote_text(&name, table->name);
        ok = db_execf(sink->db, err,
                      "INSERT INTO sqlite_sequence SELECT %s, 0 WHERE NOT EXISTS"
                      " (SELECT 1 FROM sqlite_sequence WHERE name = %s);"
                      "UPDATE sqlite_sequence SET seq = max(seq, %lld) WHERE name = %s",
                      buf_str(&name), buf_str(&name), (long long)last, buf_str(&name));
        buf_deinit(&name);
    }
    return ok;
}

static bool
set_positions(struct sink *sink, struct decant_error *err)
{
    const struct catalog *catalog = sink->env->plan->catalog;
    bool ok = true;
    for (int i = 0; ok && !sink->env->is_sample && i < catalog->nsequences; i++)
        if (catalog->sequences[i].is_readable)
            ok = set_position(sink, &catalog->sequences[i], err);
    return ok;
}

static bool
sqlite_finish(struct sink *sink, struct decant_error *err)
{
    if (!db_begin_sorts(sink->db, err))
        return false;
    if (!sqlite_indexes_create(sink->db, &sink->schema, sink->env->notes, err))
        return false;
    bool has_statistics = !sink->env->no_statistics && !sink->schema.profile->has_no_statistics;
    return set_positions(sink, err) && sqlite_tables_declare(sink->db, &sink->schema, err) &&
           (!has_statistics || db_exec(sink->db, err, "PRAGMA analysis_limit = 2000; ANALYZE")) &&
           finalize(sink, err);
}

static int
sqlite_checks(struct sink *sink, struct task *tasks, int most)
{
    return most < SQLITE_CHECKS ? 0 : sqlite_checks_tasks(&sink->checks, tasks);
}

/* Lists what the finished copy lost, now that no more can change. */
static void
add_notes(struct sink *sink)
{
    struct buf name = { 0 };
    ddl_notes(&sink->schema, sink->env->notes);
    for (int i = 0; i < sink->schema.ntables; i++) {
        const struct sqlite_table *table = &sink->schema.tables[i];
        buf_reset(&name);
        buf_printf(&name, "%s.%s", table->source->schema, table->source->name);
        for (int j = 0; j < table->ncolumns; j++)
            sqlite_column_notes(&table->columns[j], buf_str(&name), sink->env->notes);
    }
    buf_deinit(&name);
}

static bool
sqlite_judge(struct sink *sink, bool *again, struct decant_error *err)
{
    *again = false;
    db_close(sink->counted);
    sink->counted = NULL;
    if (sink->checks.damage.len > 0)
        return error_set(err, DECANT_CHECK, "the copy is damaged: %s",
                         buf_str(&sink->checks.damage));
    if (sink->checks.orphans == 0 && !sink->checks.check_broken) {
        add_notes(sink);
        return true;
    }
    *again = true;
    sink->was_reloaded = true;
    return reopen(sink, err) && sqlite_checks_judge(&sink->checks, sink->env, sink->db, err) &&
           sqlite_tables_declare(sink->db, &sink->schema, err) && finalize(sink, err);
}

static bool
is_in_use(struct sink *sink, bool *out, struct decant_error *err)
{
    (void)err;
    *out = file_has_writer(sink->copy_path);
    return true;
}

/* The file under construction is not what became of it any more: from here on it is changed, not
 * made again. */
static bool
sqlite_let_in(struct sink *sink, struct decant_error *err)
{
    struct db *db = NULL;
    db_close(sink->db);
    db_close(sink->counted);
    sink->db = sink->counted = NULL;
    discard(sink->build_path);
    /* what is in a -wal, or is to be taken back by a -journal, would be checked with the file, and
     * not be published with it */
    bool ok = sink_await_alone(sink, is_in_use, err) &&
              db_open(sink->copy_path, DB_WRITE, sink->env->stop, &db, err) &&
              db_exec(db, err, "PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE; COMMIT");
    db_close(db);
    return ok;
}

static int64_t
sqlite_count_rows(struct sink *sink, const struct table *source, struct decant_error *err)
{
    const struct sqlite_table *table = ddl_table(&sink->schema, source);
    struct buf sql = { 0 };
    int64_t rows = -1;
    assert(!table->is_absent); /* of such a table nothing was read */
    if (sink->counted == NULL &&
        !db_open(sink->copy_path, DB_READ, sink->env->stop, &sink->counted, err))
        return -1;
    buf_puts(&sql, "SELECT count(*) FROM ");
    db_quote(&sql, table->name);
    if (!db_int(sink->counted, buf_str(&sql), &rows, err))
        rows = -1;
    buf_deinit(&sql);
    return rows;
}

static bool
sqlite_replaces(struct sink *sink)
{
    return file_size(sink->env->target) > 0;
}

static const char *
sqlite_name_of(struct sink *sink, const struct table *source, int column)
{
    return ddl_name(&sink->schema, source, column);
}

static const char *
sqlite_file(struct sink *sink)
{
    return sink->copy_path;
}

static bool
sqlite_publish(struct sink *sink, struct decant_error *err)
{
    const char *target = sink->env->target;
    db_close(sink->db);
    sink->db = NULL;
    unlink(sink->build_path);
    if (!file_sync(sink->copy_path, err))
        return false;
    const struct publication publication = { .built = sink->copy_path,
                                             .target = target,
                                             .run = sink->env->run,
                                             .run_before = sink->env->run_before,
                                             .keep = sink->keep,
                                             .is_private = sink->env->options->no_mask,
                                             .notes = sink->env->notes };
    bool ok =
        sink->as_symlink ? publish_symlink(&publication, err) : publish_rename(&publication, err);
    sink->is_published = ok || err->code == DECANT_UNPUBLISHED; /* then the user has use for it */
    mem_last_remove(&sink->last);
    return ok;
}

static void
sqlite_close(struct sink *sink)
{
    if (sink == NULL)
        return;
    db_close(sink->db);
    db_close(sink->counted);
    mem_last_remove(&sink->last);
    discard(sink->build_path);
    if (!sink->is_published)
        discard(sink->copy_path);
    file_unlock(sink->lock_path, sink->lock_fd);
    sqlite_checks_deinit(&sink->checks);
    map_deinit(&sink->schema.by_source);
    free(sink->lock_path);
    free(sink->build_path);
    free(sink->copy_path);
    free(sink);
}

const struct sink_ops sink_sqlite = {
    .name = "sqlite",
    .decodes = true,
    .locate = sqlite_locate,
    .open = sqlite_open,
    .prepare = sqlite_prepare,
    .load_table = sqlite_load_table,
    .finish = sqlite_finish,
    .checks = sqlite_checks,
    .judge = sqlite_judge,
    .let_in = sqlite_let_in,
    .count_rows = sqlite_count_rows,
    .replaces = sqlite_replaces,
    .name_of = sqlite_name_of,
    .file = sqlite_file,
    .publish = sqlite_publish,
    .close = sqlite_close,
};
