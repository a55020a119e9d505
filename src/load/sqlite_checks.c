/* SPDX-License-Identifier: PostgreSQL */
#include "load/sqlite_checks.h"

#include <string.h>

#include "load/translate.h"

/* Counts, per table and key, the rows whose parent is missing. */
static bool
check_keys(void *ctx, struct decant_error *err)
{
    struct sqlite_checks *checks = ctx;
    struct db *db;
    if (!db_open(checks->path, DB_READ, checks->stop, &db, err))
        return false;
    struct db_stmt *stmt = db_prepare(
        db, "SELECT \"table\", fkid, count(*) FROM pragma_foreign_key_check GROUP BY 1, 2", err);
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
                if (!table->keys[j].is_dropped && live++ == number)
                    table->keys[j].orphans = db_column_int(stmt, 2);
        }
        checks->orphans += db_column_int(stmt, 2);
    }
    db_finalize(stmt);
    db_close(db);
    return n == 0;
}

static bool
check_integrity(void *ctx, struct decant_error *err)
{
    struct sqlite_checks *checks = ctx;
    struct db *db;
    if (!db_open(checks->path, DB_READ, checks->stop, &db, err))
        return false;
    struct db_stmt *stmt = db_prepare(db, "PRAGMA integrity_check(1000)", err);
    int n = stmt == NULL ? -1 : 0;
    while (stmt != NULL && (n = db_step(stmt, err)) > 0) {
        const char *line = db_text(stmt, 0);
        if (line == NULL || strcmp(line, "ok") == 0)
            continue;
        static const char failed[] = "CHECK constraint failed in ";
        if (strncmp(line, failed, strlen(failed)) != 0) {
            if (checks->damage.len == 0)
                buf_puts(&checks->damage, line);
            continue;
        }
        checks->check_broken = true;
    }
    db_finalize(stmt);
    db_close(db);
    return n == 0;
}

int
sqlite_checks_tasks(struct sqlite_checks *checks, struct task *tasks)
{
    checks->orphans = 0;
    checks->check_broken = false;
    buf_reset(&checks->damage);
    tasks[0] = (struct task){ check_integrity, checks };
    tasks[1] = (struct task){ check_keys, checks };
    return SQLITE_CHECKS;
}

bool
sqlite_checks_find_broken(struct sqlite_checks *checks, struct db *db, struct decant_error *err)
{
    for (int i = 0; i < checks->schema->ntables; i++) {
        struct sqlite_table *table = &checks->schema->tables[i];
        for (int j = 0; !table->is_absent && j < table->nchecks; j++) {
            struct sqlite_check *check = &table->checks[j];
            struct translate_scope scope = { .purpose = TRANSLATE_CHECK,
                                             .columns = table->columns,
                                             .ncolumns = table->ncolumns,
                                             .value = check->value,
                                             .profile = checks->schema->profile };
            struct buf sql = { 0 };
            int64_t broken = 0;
            buf_puts(&sql, "SELECT EXISTS (SELECT 1 FROM ");
            db_quote(&sql, table->name);
            buf_puts(&sql, " WHERE NOT (");
            bool ok = check->state != CHECK_CARRIED || !translate(&scope, check->sql, &sql);
            if (!ok) {
                buf_puts(&sql, "))");
                ok = db_int(db, buf_str(&sql), &broken, err);
            }
            buf_deinit(&sql);
            if (!ok)
                return false;
            if (broken != 0)
                check->state = CHECK_DIFFERS;
        }
    }
    return true;
}

bool
sqlite_checks_judge_keys(struct sqlite_checks *checks, const struct sink_env *env,
                         struct decant_error *err)
{
    for (int i = 0; i < checks->schema->ntables; i++) {
        struct sqlite_table *table = &checks->schema->tables[i];
        for (int j = 0; j < table->nkeys; j++) {
            struct sqlite_key *key = &table->keys[j];
            int64_t in_source;
            if (key->orphans == 0 || key->is_dropped)
                continue;
            if (!env->count_orphans(env, key->plan, &in_source, err))
                return false;
            if (env->is_sample ? key->orphans > in_source : key->orphans != in_source)
                return error_set(err, DECANT_CHECK,
                                 "foreign key '%s' of '%s.%s': %lld rows of the copy have no "
                                 "parent, %lld in the source",
                                 key->plan->key->name, table->source->schema, table->source->name,
                                 (long long)key->orphans, (long long)in_source);
            key->is_dropped = true;
        }
    }
    return true;
}

void
sqlite_checks_deinit(struct sqlite_checks *checks)
{
    buf_deinit(&checks->damage);
}
