/* SPDX-License-Identifier: PostgreSQL */
#include "load/restore.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "load/restore_text.h"
#include "pg/quote.h"

enum { MAX_ARGS = 4000, MAX_MISSING = 64, MAX_JOBS = 4 };

void
restore_init(struct restore *restore, const struct sink_env *env)
{
    *restore = (struct restore){ .env = env, .archive_fd = -1, .list_fd = -1 };
}

void
restore_deinit(struct restore *restore)
{
    assert(restore != NULL);
    if (restore->archive_fd >= 0)
        close(restore->archive_fd);
    if (restore->list_fd >= 0)
        close(restore->list_fd);
    restore->archive_fd = restore->list_fd = -1;
}

static bool
is_planned(const struct plan *plan, const char *schema, const char *name)
{
    for (int i = 0; i < plan->catalog->ntables; i++)
        if (strcmp(plan->catalog->tables[i].schema, schema) == 0 &&
            strcmp(plan->catalog->tables[i].name, name) == 0)
            return true;
    return false;
}

static const char all_tables_sql[] =
    "SELECT n.nspname, c.relname FROM pg_catalog.pg_class c"
    " JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace"
    " WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p}')"
    " AND c.relpersistence OPERATOR(pg_catalog.<>) 't'"
    " AND n.nspname OPERATOR(pg_catalog.!~) '^pg_'"
    " AND n.nspname OPERATOR(pg_catalog.<>) 'information_schema'";

/* An --exclude-table for each table that is not selected: pg_dump would lock it and needs rights on
 * it. Quoted names are exact patterns. */
static bool
exclude_tables(struct restore *restore, const char **args, int *n, struct decant_error *err)
{
    const struct sink_env *env = restore->env;
    struct pg_info *info = pg_conn_info(env->source);
    struct pg_conn *conn = pg_connect(info, "decant", env->stop, err);
    pg_info_free(info);
    struct pg_result *r = conn != NULL ? pg_query(conn, err, all_tables_sql, 0, NULL) : NULL;
    bool ok = r != NULL;
    for (int i = 0; ok && i < pg_nrows(r); i++) {
        if (is_planned(env->plan, pg_text(r, i, 0), pg_text(r, i, 1)))
            continue;
        struct buf pattern = { 0 };
        buf_puts(&pattern, "--exclude-table=");
        quote_qualified(&pattern, pg_text(r, i, 0), pg_text(r, i, 1));
        ok = *n < MAX_ARGS - 8 || error_set(err, DECANT_REFUSED, "too many tables to leave out");
        if (ok)
            args[(*n)++] = arena_strdup(env->arena, buf_str(&pattern));
        buf_deinit(&pattern);
    }
    pg_result_free(r);
    pg_close(conn);
    return ok;
}

/* The first line of a tool's own complaint, cleared of values. */
static bool
tool_failed(const char *tool, int status, const struct buf *errors, struct decant_error *err)
{
    const char *text = buf_str(errors);
    const char *error = strstr(text, "error: ");
    struct buf message = { 0 };
    restore_clear_message(error != NULL ? error + 7 : text, &message);
    error_set(err, DECANT_UNAVAILABLE, "%s ended with status %d%s%s", tool, status,
              message.len > 0 ? ": " : "", buf_str(&message));
    buf_deinit(&message);
    return false;
}

void
restore_hint_versions(const struct restore *restore, struct decant_error *err)
{
    assert(restore != NULL);
    int tool = restore->tools.version, source = restore->env->plan->catalog->server.version;
    if (tool / 10000 == source / 10000 && tool < source)
        error_hint(err, "pg_dump %d.%d is older than the source, %d.%d: a newer one may do",
                   tool / 10000, tool % 10000, source / 10000, source % 10000);
}

/* What pg_dump writes depends on the catalog. Locks keep the tables as they are; this tells the
 * rest: the rows of a catalog that another transaction wrote have another xmin. */
static const char catalog_sql[] =
    "SELECT pg_catalog.md5(pg_catalog.string_agg(x.r, ',' ORDER BY x.r)) FROM ("
    " SELECT pg_catalog.concat(tableoid, ' ', oid, ' ', xmin) AS r FROM pg_catalog.pg_class"
    "  WHERE relkind NOT IN ('t')"
    " UNION ALL SELECT pg_catalog.concat(tableoid, ' ', oid, ' ', xmin) FROM pg_catalog.pg_proc"
    " UNION ALL SELECT pg_catalog.concat(tableoid, ' ', oid, ' ', xmin) FROM pg_catalog.pg_type"
    " UNION ALL SELECT pg_catalog.concat(tableoid, ' ', oid, ' ', xmin) FROM pg_catalog.pg_trigger"
    " UNION ALL SELECT pg_catalog.concat(tableoid, ' ', oid, ' ', xmin) FROM pg_catalog.pg_policy"
    " UNION ALL SELECT pg_catalog.concat(tableoid, ' ', oid, ' ', xmin)"
    "  FROM pg_catalog.pg_constraint) AS x";

/* Where a snapshot may not be imported, pg_dump reads one of its own. */
static bool
check_same_catalog(struct restore *restore, struct decant_error *err)
{
    const struct sink_env *env = restore->env;
    struct buf before = { 0 }, now = { 0 };
    struct pg_info *info = pg_conn_info(env->source);
    struct pg_conn *conn = pg_connect(info, "decant", env->stop, err);
    pg_info_free(info);
    bool ok = conn != NULL && pg_value(env->source, err, catalog_sql, &before) &&
              pg_value(conn, err, catalog_sql, &now);
    if (ok && strcmp(buf_str(&before), buf_str(&now)) != 0) {
        ok = error_set(err, DECANT_UNAVAILABLE, "the source's schema has changed meanwhile");
        error_hint(err, "run again; a snapshot may not be shared on a standby of this release");
    }
    pg_close(conn);
    buf_deinit(&before);
    buf_deinit(&now);
    return ok;
}

static bool
drop_internal_options(const struct restore *restore, struct decant_error *err)
{
    off_t size = lseek(restore->archive_fd, 0, SEEK_END);
    char *text = size > 0 ? mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED,
                                 restore->archive_fd, 0)
                          : MAP_FAILED;
    if (text == MAP_FAILED)
        return error_errno(err, "cannot read the schema's archive");
    restore_drop_internal_options(text, (size_t)size);
    munmap(text, (size_t)size);
    return true;
}

static bool
dump(struct restore *restore, struct decant_error *err)
{
    assert(restore != NULL);
    const struct sink_env *env = restore->env;
    const char **args = ARENA_ARRAY(env->arena, const char *, MAX_ARGS);
    char application[96];
    struct buf errors = { 0 };
    int n = 0, status;
    args[n++] = "--schema-only";
    args[n++] = "--format=custom";
    args[n++] = "--no-publications";
    args[n++] = "--no-subscriptions";
    if (env->drops_comments)
        args[n++] = "--no-comments";
    if (!env->may_connect) {
        error_set(err, DECANT_REFUSED,
                  "a PostgreSQL target needs a second connection to the "
                  "source, for pg_dump");
        return error_hint(err, "without one a SQLite target would do");
    }
    if (env->imports_snapshot)
        args[n++] = arena_printf(env->arena, "--snapshot=%s", env->snapshot_id);
    args[n++] = arena_printf(env->arena, "--lock-wait-timeout=%d", env->options->lock_timeout_ms);
    if (!exclude_tables(restore, args, &n, err))
        return false;
    restore->archive_fd = pg_tool_file("schema", err);
    snprintf(application, sizeof application, "decant/%s/pg_dump", env->run);
    bool ok =
        restore->archive_fd >= 0 && pg_tool_run(restore->tools.dump, args, env->source, application,
                                                restore->archive_fd, NULL, &errors, &status, err);
    if (ok && status != 0) {
        ok = tool_failed("pg_dump", status, &errors, err);
        if (strstr(buf_str(&errors), "lock timeout") != NULL ||
            strstr(buf_str(&errors), "could not obtain lock") != NULL)
            error_hint(err, "another session waits for or holds a lock; try again later");
        restore_hint_versions(restore, err);
    }
    buf_deinit(&errors);
    return ok && drop_internal_options(restore, err) &&
           (env->imports_snapshot || check_same_catalog(restore, err));
}

const char *
restore_entry(const char *line)
{
    if (line[0] < '0' || line[0] > '9')
        return NULL;
    line += strspn(line, "0123456789");
    if (*line++ != ';')
        return NULL;
    for (int i = 0; i < 2; i++) { /* catalog and object */
        line += strspn(line, " ");
        size_t digits = strspn(line, "0123456789");
        if (digits == 0)
            return NULL;
        line += digits;
    }
    line += strspn(line, " ");
    return *line != '\0' ? line : NULL;
}

/* Kinds that would act beyond the copy, need a superuser, or hold passwords. */
static const struct {
    const char *entry, *kind;
} left_out[] = {
    { "EVENT TRIGGER ", "event trigger" }, { "PUBLICATION", "publication" },
    { "SUBSCRIPTION", "subscription" },    { "USER MAPPING ", "user mapping" },
    { "FOREIGN TABLE ", "foreign table" }, { "FOREIGN SERVER ", "foreign server" },
    { "SERVER ", "foreign server" },       { "FOREIGN DATA WRAPPER ", "foreign data wrapper" },
    { "COMMENT - EVENT TRIGGER ", NULL },  { "COMMENT - PUBLICATION ", NULL },
    { "COMMENT - SERVER ", NULL },         { "COMMENT - FOREIGN", NULL },
};

/* An entry's name without the owner that ends its line. */
static void
note_entry(struct restore *restore, enum note_reason reason, const char *kind, const char *name)
{
    name += *name == ' ';
    const char *owner = strrchr(name, ' ');
    int len = owner != NULL && owner > name ? (int)(owner - name) : (int)strlen(name);
    if (strncmp(name, "- ", 2) == 0) {
        name += 2;
        len -= 2;
    }
    notes_add(restore->env->notes, reason, kind, 0, "%.*s", len, name);
}

static bool
is_dangling_key(const struct restore *restore, const char *entry)
{
    static const char prefix[] = "FK CONSTRAINT ";
    if (strncmp(entry, prefix, strlen(prefix)) != 0)
        return false;
    const struct catalog *catalog = restore->env->plan->catalog;
    for (int i = 0; i < catalog->nforeign_keys; i++) {
        const struct foreign_key *key = &catalog->foreign_keys[i];
        char name[256];
        if (key->parent != NULL)
            continue;
        int len = snprintf(name, sizeof name, "%s %s %s ", key->child->schema, key->child->name,
                           key->name);
        if (strncmp(entry + strlen(prefix), name, (size_t)len) == 0)
            return true;
    }
    return false;
}

static bool
is_missing_extension(const struct restore *restore, const char *entry)
{
    static const char *const prefixes[] = { "EXTENSION - ", "COMMENT - EXTENSION " };
    for (int p = 0; p < 2; p++) {
        size_t len = strlen(prefixes[p]);
        if (strncmp(entry, prefixes[p], len) != 0)
            continue;
        for (int i = 0; i < restore->nmissing; i++) {
            size_t name = strlen(restore->missing_extensions[i]);
            if (strncmp(entry + len, restore->missing_extensions[i], name) == 0 &&
                (entry[len + name] == ' ' || entry[len + name] == '\0'))
                return true;
        }
    }
    return false;
}

/* Every new database has it, under the oid that initdb gave it (pg_namespace.dat). The owner's name
 * follows without quotes, and so does the rest of the name of a schema called "public records": one
 * of another oid is "public" where a single word follows. */
static bool
is_schema_public(const char *line, const char *entry)
{
    static const char prefix[] = "SCHEMA - public ", oid[] = " 2200 ";
    size_t len = strlen(oid);
    bool is_first = entry >= line + len && strncmp(entry - len, oid, len) == 0;
    return strncmp(entry, prefix, strlen(prefix)) == 0 &&
           (is_first || strchr(entry + strlen(prefix), ' ') == NULL);
}

static bool
keep_entry(struct restore *restore, const char *entry)
{
    for (size_t i = 0; i < sizeof left_out / sizeof *left_out; i++) {
        size_t len = strlen(left_out[i].entry);
        if (strncmp(entry, left_out[i].entry, len) != 0)
            continue;
        if (left_out[i].kind != NULL)
            note_entry(restore, NOTE_FILTERED_BY_POLICY, left_out[i].kind, entry + len);
        return false;
    }
    return !is_missing_extension(restore, entry) && !is_dangling_key(restore, entry);
}

static bool
write_list(struct restore *restore, const char *lines, struct decant_error *err)
{
    struct buf list = { 0 };
    char *copy = mem_strdup(lines), *rest = copy;
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        const char *entry = restore_entry(line);
        if (entry != NULL && !is_schema_public(line, entry) && keep_entry(restore, entry))
            buf_printf(&list, "%s\n", line);
    }
    free(copy);
    restore->list_fd = pg_tool_file("list", err);
    bool ok = restore->list_fd >= 0;
    if (ok && list.len > 0 && write(restore->list_fd, list.data, list.len) != (ssize_t)list.len)
        ok = error_errno(err, "cannot write a file in memory");
    buf_deinit(&list);
    return ok;
}

static bool
find_missing_extensions(struct restore *restore, struct pg_conn *target, struct decant_error *err)
{
    const struct catalog *catalog = restore->env->plan->catalog;
    for (int i = 0; i < catalog->nextensions; i++) {
        const char *params[] = { catalog->extensions[i].name };
        struct pg_result *r =
            pg_query(target, err,
                     "SELECT 1 FROM pg_catalog.pg_available_extensions WHERE name = $1", 1, params);
        if (r == NULL)
            return false;
        if (pg_nrows(r) == 0 && restore->nmissing < MAX_MISSING) {
            restore->missing_extensions[restore->nmissing++] = catalog->extensions[i].name;
            notes_add(restore->env->notes, NOTE_EXTENSION_MISSING, "extension", 0, "%s",
                      catalog->extensions[i].name);
        }
        pg_result_free(r);
    }
    return true;
}

bool
restore_dump(struct restore *restore, struct pg_conn *target, struct decant_error *err)
{
    assert(restore != NULL);
    char archive[64];
    struct buf lines = { 0 }, errors = { 0 };
    int status;
    if (!find_missing_extensions(restore, target, err) || !dump(restore, err))
        return false;
    snprintf(archive, sizeof archive, "/proc/self/fd/%d", restore->archive_fd);
    const char *args[] = { "--list", archive, NULL };
    bool ok =
        pg_tool_run(restore->tools.restore, args, NULL, NULL, -1, &lines, &errors, &status, err);
    if (ok && status != 0)
        ok = tool_failed("pg_restore --list", status, &errors, err);
    ok = ok && write_list(restore, buf_str(&lines), err);
    buf_deinit(&lines);
    buf_deinit(&errors);
    return ok;
}

static void
note_failure(struct restore *restore, const char *entry, const struct buf *message)
{
    /* postgres_check_keys() tells of those that rows break; a server may say so in another
     * language, and then both do */
    if (strncmp(entry, "FK CONSTRAINT ", 14) == 0 &&
        strstr(buf_str(message), "violates foreign key constraint") != NULL)
        return;
    const char *owner = strrchr(entry, ' ');
    int len = owner != NULL ? (int)(owner - entry) : 500;
    if (message->len > 0 && restore->reason[0] == '\0')
        snprintf(restore->reason, sizeof restore->reason, ": %s", buf_str(message));
    notes_add(restore->env->notes, NOTE_RESTORE_FAILED, "object", 0, "%.*s%s%s", len, entry,
              message->len > 0 ? ": " : "", buf_str(message));
}

/* Notes each "from TOC entry" of pg_restore's complaints, with the reason where it may be shown.
 * Complaints of its own settings, which an older server does not know, come from none. */
static int
note_failures(struct restore *restore, const struct buf *errors)
{
    static const char marker[] = "from TOC entry ", error[] = "ERROR:  ";
    int n = 0;
    for (const char *p = buf_str(errors); (p = strstr(p, marker)) != NULL; n++) {
        p += strlen(marker);
        char line[512];
        struct buf message = { 0 };
        snprintf(line, sizeof line, "%.*s", (int)strcspn(p, "\n"), p);
        const char *next = strstr(p, marker), *text = strstr(p, error);
        if (text != NULL && (next == NULL || text < next))
            restore_clear_message(text + strlen(error), &message);
        const char *entry = restore_entry(line);
        if (entry != NULL &&
            strstr(buf_str(&message), "unrecognized configuration parameter") == NULL)
            note_failure(restore, entry, &message);
        buf_deinit(&message); /* else a setting of pg_restore itself, on an older server */
    }
    return n;
}

static int
job_count(const struct sink_env *env)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    int n = env->options->jobs > 0 ? env->options->jobs : (int)processors; /* of the target */
    return n < 1 ? 1 : env->options->jobs > 0 ? n : n > MAX_JOBS ? MAX_JOBS : n;
}

bool
restore_section(struct restore *restore, struct pg_conn *target, enum restore_section section,
                struct decant_error *err)
{
    assert(restore != NULL);
    const struct sink_env *env = restore->env;
    char archive[64], list[64], jobs[32], application[96], role[128];
    struct buf errors = { 0 };
    int status, n = 0;
    const char *args[16];
    snprintf(archive, sizeof archive, "/proc/self/fd/%d", restore->archive_fd);
    snprintf(list, sizeof list, "--use-list=/proc/self/fd/%d", restore->list_fd);
    snprintf(jobs, sizeof jobs, "--jobs=%d", job_count(env));
    snprintf(application, sizeof application, "decant/%s/pg_restore", env->run);
    args[n++] = section == RESTORE_PRE_DATA ? "--section=pre-data" : "--section=post-data";
    args[n++] = "--verbose"; /* without it errors do not say which entry they come from */
    args[n++] = "--no-owner";
    args[n++] = "--no-privileges";
    args[n++] = "--no-security-labels";
    args[n++] = "--no-tablespaces";
    args[n++] = list;
    if (section == RESTORE_POST_DATA)
        args[n++] = jobs;
    if (env->options->owner != NULL) {
        snprintf(role, sizeof role, "--role=%s", env->options->owner);
        args[n++] = role;
    }
    args[n++] = archive;
    args[n] = NULL;
    bool ok = pg_tool_run(restore->tools.restore, args, target, application, -1, NULL, &errors,
                          &status, err);
    if (ok && status != 0) {
        restore->has_failed = true;
        bool full = strstr(buf_str(&errors), "No space left on device") != NULL;
        bool to_the_end = strstr(buf_str(&errors), "errors ignored on restore: ") != NULL;
        if ((note_failures(restore, &errors) == 0 && !to_the_end) || full)
            ok = tool_failed("pg_restore", status, &errors, err);
    }
    buf_deinit(&errors);
    return ok;
}
