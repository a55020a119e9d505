/* SPDX-License-Identifier: PostgreSQL */
#include "load/sqlite_checks.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/pipeline.h"

#include "load/translate.h"

/* ---- integrity */

enum {
    /* of all connections: entries of rows in indexes are looked for all over the file, and 2 MiB of
     * pages are too few */
    PROVE_CACHE_KIB = 16 * 1024,
    KEYS_CACHE_KIB = 6 * 1024,
    SMALL_BYTES = 16 << 20, /* of a file that is not worth several connections */
    MANY_TABLES = 1000      /* SQLite goes through all of them for each that it is asked about */
};

struct proved_table {
    char *name;
    double rows; /* as the source estimates them */
};

/* One of several that look at tables side by side. */
struct prover {
    struct db *db;
    struct buf damage;
    bool check_broken;
};

struct proving {
    const struct sqlite_checks *checks;
    int ntables, nprovers;
    struct proved_table *tables; /* the largest first; none: all of the file at once */
    struct prover *provers;
    atomic_int stop;
};

static int
by_size(const void *a, const void *b)
{
    const struct proved_table *x = a, *y = b;
    return (x->rows < y->rows) - (x->rows > y->rows);
}

/* Those of SQLite itself, too. */
static bool
list_tables(struct proving *proving, struct db *db, struct decant_error *err)
{
    const struct sqlite_schema *schema = proving->checks->schema;
    struct map by_name = { 0 };
    for (int i = 0; i < schema->ntables; i++)
        if (!schema->tables[i].is_absent)
            map_put_name(&by_name, schema->tables[i].name, &schema->tables[i]);
    struct db_stmt *stmt = db_prepare(db,
                                      "SELECT 'sqlite_schema' UNION ALL"
                                      " SELECT name FROM sqlite_schema WHERE type = 'table'",
                                      err);
    int n = stmt == NULL ? -1 : 0;
    while (stmt != NULL && (n = db_step(stmt, err)) > 0) {
        const struct sqlite_table *table = map_get_name(&by_name, db_text(stmt, 0));
        proving->tables =
            mem_grow(proving->tables, (size_t)proving->ntables, sizeof *proving->tables);
        proving->tables[proving->ntables++] =
            (struct proved_table){ mem_strdup(db_text(stmt, 0)),
                                   table != NULL ? table->source->reltuples : 0 };
    }
    db_finalize(stmt);
    map_deinit(&by_name);
    if (proving->ntables > 0)
        qsort(proving->tables, (size_t)proving->ntables, sizeof *proving->tables, by_size);
    return n == 0;
}

/* A check that rows break is judged later. */
static void
take_line(struct prover *prover, const char *line)
{
    static const char failed[] = "CHECK constraint failed in ";
    bool is_check = strncmp(line, failed, strlen(failed)) == 0;
    prover->check_broken |= is_check;
    if (!is_check && strcmp(line, "ok") != 0 && prover->damage.len == 0)
        buf_puts(&prover->damage, line);
}

/* Of a table whose name is a number SQLite thinks that it were the most lines to say, and looks at
 * all of the file. */
static bool
prove(void *ctx, int worker, int item, struct decant_error *err)
{
    struct proving *proving = ctx;
    struct prover *prover = &proving->provers[worker];
    struct buf sql = { 0 };
    if (atomic_load(&proving->stop) != 0) /* another one failed */
        return true;
    buf_puts(&sql, "PRAGMA integrity_check(");
    if (proving->ntables > 0)
        db_quote_text(&sql, proving->tables[item].name);
    else
        buf_puts(&sql, "1000");
    buf_putc(&sql, ')');
    struct db_stmt *stmt = db_prepare(prover->db, buf_str(&sql), err);
    int n = stmt == NULL ? -1 : 0;
    while (stmt != NULL && (n = db_step(stmt, err)) > 0)
        if (db_text(stmt, 0) != NULL)
            take_line(prover, db_text(stmt, 0));
    db_finalize(stmt);
    buf_deinit(&sql);
    return n == 0;
}

static bool
open_prover(struct proving *proving, int number, int cache_kib, struct decant_error *err)
{
    struct db **db = &proving->provers[number].db;
    return db_open(proving->checks->path, DB_PROVE, proving->checks->stop, db, err) &&
           db_cache(*db, cache_kib, err);
}

/* Tables of a large file are looked at side by side. SQLite does not say then which pages no table
 * has; those that two have are found by what stands in them. */
static bool
divide(struct proving *proving, struct decant_error *err)
{
    int64_t pages, page_size;
    struct db *db = proving->provers[0].db;
    bool ok = db_int(db, "PRAGMA page_count", &pages, err) &&
              db_int(db, "PRAGMA page_size", &page_size, err);
    if (!ok || pages * page_size < SMALL_BYTES || proving->nprovers == 1 ||
        proving->checks->schema->ntables > MANY_TABLES) {
        proving->nprovers = 1;
        return ok && db_cache(db, PROVE_CACHE_KIB / 2, err);
    }
    for (int i = 1; ok && i < proving->nprovers; i++)
        ok = open_prover(proving, i, PROVE_CACHE_KIB / proving->nprovers, err);
    return ok && list_tables(proving, db, err);
}

static bool
check_integrity(void *ctx, struct decant_error *err)
{
    struct sqlite_checks *checks = ctx;
    struct proving proving = { .checks = checks, .nprovers = checks->nprovers };
    proving.provers = mem_alloc((size_t)proving.nprovers * sizeof *proving.provers);
    bool ok = open_prover(&proving, 0, PROVE_CACHE_KIB / proving.nprovers, err) &&
              divide(&proving, err) &&
              pipeline_map(proving.ntables > 0 ? proving.ntables : 1, proving.nprovers,
                           &proving.stop, 1, &proving, prove, err);
    for (int i = 0; i < checks->nprovers; i++) {
        struct prover *prover = &proving.provers[i];
        checks->check_broken |= prover->check_broken;
        if (prover->damage.len > 0 && checks->damage.len == 0)
            buf_puts(&checks->damage, buf_str(&prover->damage));
        buf_deinit(&prover->damage);
        db_close(prover->db);
    }
    for (int i = 0; i < proving.ntables; i++)
        free(proving.tables[i].name);
    free(proving.tables);
    free(proving.provers);
    return ok;
}

/* ---- keys */

/* Counts, per table and key, the rows whose parent is missing. */
static bool
check_keys(void *ctx, struct decant_error *err)
{
    struct sqlite_checks *checks = ctx;
    struct db *db;
    if (!db_open(checks->path, DB_READ, checks->stop, &db, err))
        return false;
    bool ok = db_cache(db, KEYS_CACHE_KIB, err);
    struct db_stmt *stmt =
        !ok ? NULL
            : db_prepare(
                  db,
                  "SELECT \"table\", fkid, count(*) FROM pragma_foreign_key_check GROUP BY 1, 2",
                  err);
    int n = stmt == NULL ? -1 : 0;
    while (stmt != NULL && (n = db_step(stmt, err)) > 0) {
        const char *name = db_text(stmt, 0);
        int number = (int)db_column_int(stmt, 1), live = 0;
        for (int i = 0; i < checks->schema->ntables; i++) {
            struct sqlite_table *table = &checks->schema->tables[i];
            if (strcmp(table->name, name) != 0)
                continue;
            /* SQLite numbers keys from the last declared one on. */
            for (int j = table->nkeys - 1; j >= 0; j--)
                if (table->keys[j].state == KEY_CARRIED && live++ == number)
                    table->keys[j].orphans = db_column_int(stmt, 2);
        }
        checks->orphans += db_column_int(stmt, 2);
    }
    db_finalize(stmt);
    db_close(db);
    return n == 0;
}

int
sqlite_checks_tasks(struct sqlite_checks *checks, struct task *tasks)
{
    assert(checks != NULL && checks->nprovers > 0);
    checks->orphans = 0;
    checks->check_broken = false;
    buf_reset(&checks->damage);
    tasks[0] = (struct task){ check_integrity, checks };
    tasks[1] = (struct task){ check_keys, checks };
    return SQLITE_CHECKS;
}

/* Appends "AND NOT ..." for a column whose values may have a form in SQLite that no comparison of
 * their kind takes right: infinities, NaN, years before Christ. */
static void
put_usual_form(const struct sqlite_column *column, struct buf *sql)
{
    enum value_class class = sqlite_value_class(column);
    bool is_time = class == CLASS_DATE || class == CLASS_TIMESTAMP;
    if (!is_time && class != CLASS_INTEGER && class != CLASS_DECIMAL && class != CLASS_FLOAT)
        return;
    buf_puts(sql, is_time ? " AND (julianday(" : " AND (typeof(");
    db_quote(sql, column->name);
    buf_puts(sql, is_time ? ") IS NOT NULL OR " : ") <> 'text' OR ");
    db_quote(sql, column->name);
    buf_puts(sql, " IS NULL)");
}

/* Does a row break the check; with `usual`, one whose values have their usual form? */
static bool
is_broken(const struct sqlite_schema *schema, const struct sqlite_table *table,
          const struct sqlite_check *check, bool usual, struct db *db, int64_t *broken,
          struct decant_error *err)
{
    struct translate_scope scope = { .purpose = TRANSLATE_CHECK,
                                     .columns = table->columns,
                                     .ncolumns = table->ncolumns,
                                     .value = check->value,
                                     .profile = schema->profile };
    struct buf sql = { 0 };
    *broken = 0;
    buf_puts(&sql, "SELECT EXISTS (SELECT 1 FROM ");
    db_quote(&sql, table->name);
    buf_puts(&sql, " WHERE NOT (");
    bool ok = check->state != CHECK_CARRIED || !translate(&scope, check->sql, &sql);
    buf_putc(&sql, ')');
    for (int i = 0; usual && i < table->ncolumns; i++)
        if (check->value == &table->columns[i] ||
            (check->value == NULL && plan_mentions(check->sql, table->columns[i].source->name)))
            put_usual_form(&table->columns[i], &sql);
    buf_putc(&sql, ')');
    ok = ok || db_int(db, buf_str(&sql), broken, err);
    buf_deinit(&sql);
    return ok;
}

static bool
is_of_masked(const struct sqlite_schema *schema, const struct sqlite_table *table,
             const struct sqlite_check *check)
{
    const struct plan *plan = schema->plan;
    for (int i = 0; plan->masked != NULL && i < table->ncolumns; i++)
        if (plan->masked[table - schema->tables][i] != FATE_COPIED &&
            (check->value == &table->columns[i] ||
             (check->value == NULL && plan_mentions(check->sql, table->columns[i].source->name))))
            return true;
    return false;
}

static bool
judge_check(const struct sqlite_schema *schema, const struct sqlite_table *table,
            struct sqlite_check *check, struct db *db, struct decant_error *err)
{
    int64_t broken, by_mask = 0;
    if (!is_broken(schema, table, check, false, db, &broken, err) ||
        (broken != 0 && check->is_validated && is_of_masked(schema, table, check) &&
         !is_broken(schema, table, check, true, db, &by_mask, err)))
        return false;
    if (by_mask != 0) {
        error_set(err, DECANT_CHECK, "masks broke the check '%s' of '%s.%s'", check->name,
                  table->source->schema, table->source->name);
        return error_hint(err, "nothing was published; 'decant check -c FILE' lists what could not "
                               "be proved");
    }
    if (broken != 0)
        check->state = check->is_validated ? CHECK_DIFFERS : CHECK_VIOLATED;
    return true;
}

/* *found: a check does not hold. */
static bool
judge_checks(struct sqlite_checks *checks, struct db *db, bool *found, struct decant_error *err)
{
    for (int i = 0; i < checks->schema->ntables; i++) {
        struct sqlite_table *table = &checks->schema->tables[i];
        for (int j = 0; !table->is_absent && j < table->nchecks; j++) {
            enum check_state before = table->checks[j].state;
            if (!judge_check(checks->schema, table, &table->checks[j], db, err))
                return false;
            *found |= table->checks[j].state != before;
        }
    }
    return true;
}

/* Rows that are NULL in a part of a key that is MATCH FULL have no parent either. */
static bool
count_half_null(struct sqlite_checks *checks, struct db *db, bool *found, struct decant_error *err)
{
    struct buf sql = { 0 };
    bool ok = true;
    for (int i = 0; i < checks->schema->ntables; i++) {
        const struct sqlite_table *table = &checks->schema->tables[i];
        for (int j = 0; ok && j < table->nkeys; j++) {
            struct sqlite_key *key = &table->keys[j];
            int64_t rows = 0;
            if (key->state != KEY_CARRIED || !plan_key_is_full(key->plan))
                continue;
            buf_reset(&sql);
            buf_puts(&sql, "SELECT count(*) FROM ");
            db_quote(&sql, table->name);
            buf_puts(&sql, " WHERE NOT (");
            ddl_full_match(table, key, &sql);
            buf_putc(&sql, ')');
            ok = db_int(db, buf_str(&sql), &rows, err);
            key->orphans += rows;
            *found |= rows > 0;
        }
    }
    buf_deinit(&sql);
    return ok;
}

static bool
judge_keys(struct sqlite_checks *checks, const struct sink_env *env, struct decant_error *err)
{
    for (int i = 0; i < checks->schema->ntables; i++) {
        struct sqlite_table *table = &checks->schema->tables[i];
        for (int j = 0; j < table->nkeys; j++) {
            struct sqlite_key *key = &table->keys[j];
            int64_t in_source;
            if (key->orphans == 0 || key->state != KEY_CARRIED)
                continue;
            if (!plan_key_is_askable(key->plan, err) ||
                !env->count_orphans(env, key->plan, &in_source, err))
                return false;
            if (env->is_sample ? key->orphans > in_source : key->orphans != in_source)
                return error_set(err, DECANT_CHECK,
                                 "foreign key '%s' of '%s.%s': %lld rows of the copy have no "
                                 "parent, %lld in the source",
                                 key->plan->key->name, table->source->schema, table->source->name,
                                 (long long)key->orphans, (long long)in_source);
            key->state = KEY_VIOLATED;
            env->plan->keys[key->plan - env->plan->keys].orphans = key->orphans;
        }
    }
    return true;
}

bool
sqlite_checks_judge(struct sqlite_checks *checks, const struct sink_env *env, struct db *db,
                    struct decant_error *err)
{
    assert(checks != NULL && env != NULL);
    bool found = false;
    if (!checks->check_broken)
        return judge_keys(checks, env, err);
    if (!count_half_null(checks, db, &found, err) || !judge_keys(checks, env, err) ||
        !judge_checks(checks, db, &found, err))
        return false;
    return found || error_set(err, DECANT_CHECK,
                              "the copy is damaged: rows break a constraint "
                              "that their values cannot break");
}

void
sqlite_checks_deinit(struct sqlite_checks *checks)
{
    buf_deinit(&checks->damage);
}
