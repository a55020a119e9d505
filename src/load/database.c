/* SPDX-License-Identifier: PostgreSQL */
#include "load/database.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "load/settings.h"
#include "pg/quote.h"

/* Names have 63 bytes; the run takes 21 of them, and what stands before it up to 11. */
enum {
    MAX_PREFIX = 30,
    CUT_PREFIX = 20, /* of longer names, before nine bytes that tell them apart */
    SWAP_TRIES = 3,
    LOCK_CLASS = 0x64636e74, /* "dcnt" */
    GRACE_MS = 3000,
};

#define CLONE_INFIX "__rehearse_"
#define PREVIOUS_INFIX "__prev_"

/* What names of other databases of a target begin with: its own, or, of a long one, a part of it
 * and a number made of all of it (FNV-1a). In the arena. */
static const char *
prefix_of(struct arena *arena, const char *target)
{
    uint32_t hash = 2166136261U;
    size_t len = strlen(target), cut = CUT_PREFIX;
    if (len <= MAX_PREFIX)
        return target;
    for (const char *p = target; *p != '\0'; p++)
        hash = (hash ^ (unsigned char)*p) * 16777619U;
    while (cut > 0 && ((unsigned char)target[cut] & 0xC0) == 0x80)
        cut--; /* no half of a character */
    return arena_printf(arena, "%.*s_%08x", (int)cut, target, (unsigned)hash);
}

const char *
database_new_name(struct arena *arena, const char *target, const char *run)
{
    return arena_printf(arena, "%s__decant_%s", prefix_of(arena, target), run);
}

const char *
database_previous_name(struct arena *arena, const char *target, const char *run)
{
    return arena_printf(arena, "%s" PREVIOUS_INFIX "%s", prefix_of(arena, target), run);
}

const char *
database_pool_name(struct arena *arena, const char *target, const char *run)
{
    return arena_printf(arena, "%s__pool_%s", prefix_of(arena, target), run);
}

const char *
database_lent_name(struct arena *arena, const char *target, const char *run)
{
    return arena_printf(arena, "%s__lent_%s", prefix_of(arena, target), run);
}

/* The mark is a setting of the database. Only a superuser may make one that no module declares, so
 * for others it ends the comment of the database. */
static const char mark_sql[] =
    "SELECT coalesce((SELECT pg_catalog.substr(s, 12) FROM pg_catalog.pg_db_role_setting r,"
    "  pg_catalog.unnest(r.setconfig) s WHERE r.setdatabase = d.oid AND r.setrole = 0"
    "  AND s LIKE 'decant.run=%'),"
    " pg_catalog.substring(pg_catalog.shobj_description(d.oid, 'pg_database'),"
    "  '\\[decant ([0-9a-z]+)\\]$'), '')"
    " FROM pg_catalog.pg_database d WHERE d.datname = $1";

bool
database_mark(struct pg_conn *admin, const char *name, struct buf *run, struct decant_error *err)
{
    const char *params[] = { name };
    struct pg_result *r = pg_query(admin, err, mark_sql, 1, params);
    if (r == NULL)
        return false;
    if (pg_nrows(r) > 0)
        buf_puts(run, pg_text(r, 0, 0));
    pg_result_free(r);
    return true;
}

static bool
set_comment(struct pg_conn *admin, const char *name, const char *comment, struct decant_error *err)
{
    struct buf sql = { 0 };
    buf_puts(&sql, "COMMENT ON DATABASE ");
    quote_ident(&sql, name);
    buf_puts(&sql, " IS ");
    quote_literal(&sql, comment);
    bool ok = pg_exec(admin, err, buf_str(&sql));
    buf_deinit(&sql);
    return ok;
}

static const char comment_sql[] =
    "SELECT coalesce(pg_catalog.regexp_replace(pg_catalog.shobj_description(d.oid, 'pg_database'),"
    " '\\s*\\[decant [0-9a-z]+\\]$', ''), '') FROM pg_catalog.pg_database d WHERE d.datname = $1";

static bool
get_comment(struct pg_conn *admin, const char *name, struct buf *out, struct decant_error *err)
{
    const char *params[] = { name };
    struct pg_result *r = pg_query(admin, err, comment_sql, 1, params);
    if (r != NULL && pg_nrows(r) > 0)
        buf_puts(out, pg_text(r, 0, 0));
    pg_result_free(r);
    return r != NULL;
}

bool
database_set_mark(struct pg_conn *admin, const char *name, const char *run,
                  struct decant_error *err)
{
    struct buf sql = { 0 }, comment = { 0 };
    struct decant_error refused = { 0 };
    buf_puts(&sql, "ALTER DATABASE ");
    quote_ident(&sql, name);
    buf_printf(&sql, " SET decant.run = '%s'", run);
    bool ok = pg_exec(admin, &refused, buf_str(&sql));
    if (!ok && strcmp(refused.sqlstate, "42501") == 0) {
        ok = get_comment(admin, name, &comment, err);
        buf_printf(&comment, "%s[decant %s]", comment.len > 0 ? " " : "", run);
        ok = ok && set_comment(admin, name, buf_str(&comment), err);
    } else if (!ok) {
        *err = refused;
    }
    buf_deinit(&sql);
    buf_deinit(&comment);
    return ok;
}

bool
database_set_lazy(struct pg_conn *admin, const char *name, bool is_lazy, struct decant_error *err)
{
    struct buf sql = { 0 };
    buf_puts(&sql, "ALTER DATABASE ");
    quote_ident(&sql, name);
    buf_puts(&sql, is_lazy ? " SET synchronous_commit = off" : " RESET synchronous_commit");
    bool ok = pg_exec(admin, err, buf_str(&sql));
    buf_deinit(&sql);
    return ok;
}

bool
database_exists(struct pg_conn *admin, const char *name, bool *exists, struct decant_error *err)
{
    assert(exists != NULL);
    const char *params[] = { name };
    struct pg_result *r =
        pg_query(admin, err, "SELECT 1 FROM pg_catalog.pg_database WHERE datname = $1", 1, params);
    *exists = r != NULL && pg_nrows(r) > 0;
    pg_result_free(r);
    return r != NULL;
}

bool
database_lock(struct pg_conn *admin, const char *target, int wait_s, struct decant_error *err)
{
    assert(wait_s >= -1);
    const char *params[] = { target };
    struct buf sql = { 0 };
    /* The session of a run that was killed lives until its server has noticed. */
    int64_t deadline = clock_ms() + (wait_s > 0 ? (int64_t)wait_s * 1000 : GRACE_MS);
    bool locked = false, ok = true;
    buf_printf(&sql,
               "SELECT CASE WHEN pg_catalog.pg_try_advisory_lock(%d, pg_catalog.hashtext($1))"
               " THEN true ELSE pg_catalog.pg_sleep(0.05) IS NULL END", /* it returns void */
               LOCK_CLASS);
    while (ok && !locked) {
        struct pg_result *r = pg_query(admin, err, buf_str(&sql), 1, params);
        ok = r != NULL;
        locked = ok && pg_bool(r, 0, 0);
        pg_result_free(r);
        if (ok && !locked && wait_s >= 0 && clock_ms() >= deadline) {
            error_set(err, DECANT_REFUSED, "another run holds the database '%s'", target);
            ok = error_hint(err, "wait for it with --wait");
        }
    }
    buf_deinit(&sql);
    return ok;
}

bool
database_drop(struct pg_conn *admin, const char *name, struct decant_error *err)
{
    struct buf sql = { 0 };
    buf_puts(&sql, "DROP DATABASE IF EXISTS ");
    quote_ident(&sql, name);
    buf_puts(&sql, " WITH (FORCE)");
    bool ok = pg_exec(admin, err, buf_str(&sql));
    buf_deinit(&sql);
    return ok;
}

/* Databases named PREFIX and a run, the newest first. */
static struct pg_result *
databases_like(struct pg_conn *admin, const char *target, const char *infix,
               struct decant_error *err)
{
    struct arena arena = { 0 };
    const char *params[] = { arena_printf(&arena, "%s%s", prefix_of(&arena, target), infix) };
    struct pg_result *r = pg_query(
        admin, err,
        "SELECT datname FROM pg_catalog.pg_database"
        " WHERE pg_catalog.starts_with(datname, $1)"
        " AND pg_catalog.substr(datname, pg_catalog.length($1) + 1) ~ '^[0-9]{14}x[0-9a-f]{6}p?$'"
        " ORDER BY datname COLLATE \"C\" DESC",
        1, params);
    arena_deinit(&arena);
    return r;
}

bool
database_drop_leftovers(struct pg_conn *admin, const char *target, struct decant_error *err)
{
    struct pg_result *r = databases_like(admin, target, "__decant_", err);
    bool ok = r != NULL;
    for (int i = 0; ok && i < pg_nrows(r); i++)
        ok = database_drop(admin, pg_text(r, i, 0), err);
    pg_result_free(r);
    return ok;
}

bool
database_try_lock(struct pg_conn *admin, const char *target, bool *got, struct decant_error *err)
{
    assert(target != NULL && got != NULL);
    char sql[96];
    const char *params[] = { target };
    snprintf(sql, sizeof sql, "SELECT pg_catalog.pg_try_advisory_lock(%d, pg_catalog.hashtext($1))",
             LOCK_CLASS);
    struct pg_result *r = pg_query(admin, err, sql, 1, params);
    *got = r != NULL && pg_bool(r, 0, 0);
    pg_result_free(r);
    return r != NULL;
}

bool
database_drop_clones(struct pg_conn *admin, const char *target, struct decant_error *err)
{
    struct pg_result *r = databases_like(admin, target, CLONE_INFIX, err);
    bool ok = r != NULL;
    for (int i = 0; ok && i < pg_nrows(r); i++) {
        bool got;
        ok = database_try_lock(admin, pg_text(r, i, 0), &got, err);
        if (ok && got) /* ours until the connection ends: nobody else drops it */
            ok = database_drop(admin, pg_text(r, i, 0), err);
    }
    pg_result_free(r);
    return ok;
}

bool
database_rename(struct pg_conn *admin, const char *from, const char *to, struct decant_error *err)
{
    struct buf sql = { 0 };
    buf_puts(&sql, "ALTER DATABASE ");
    quote_ident(&sql, from);
    buf_puts(&sql, " RENAME TO ");
    quote_ident(&sql, to);
    bool ok = pg_exec(admin, err, buf_str(&sql));
    buf_deinit(&sql);
    return ok;
}

bool
database_keep_clone(struct pg_conn *admin, struct arena *arena, const char *clone,
                    const char *target, const char *run, const char **name,
                    struct decant_error *err)
{
    assert(clone != NULL && name != NULL);
    *name = arena_printf(arena, "%s__kept_%s", prefix_of(arena, target), run);
    return database_rename(admin, clone, *name, err);
}

bool
database_copy(struct pg_conn *admin, const char *from, const char *to, bool by_files,
              struct decant_error *err)
{
    assert(from != NULL && to != NULL);
    struct buf sql = { 0 };
    buf_puts(&sql, "CREATE DATABASE ");
    quote_ident(&sql, to);
    buf_puts(&sql, " TEMPLATE ");
    quote_ident(&sql, from);
    if (pg_conn_version(admin) >= 150000) /* before it was by files alone */
        buf_puts(&sql, by_files ? " STRATEGY file_copy" : " STRATEGY wal_log");
    bool ok = pg_exec(admin, err, buf_str(&sql));
    if (!ok && strcmp(err->sqlstate, "55006") == 0) {
        error_set(err, DECANT_REFUSED, "somebody is connected to '%s'", from);
        error_hint(err, "a database can only be cloned while nobody uses it: end those sessions");
    }
    if (!ok && strcmp(err->sqlstate, "42501") == 0)
        error_hint(err, "the role needs CREATEDB, and must own '%s' unless that is a template",
                   from);
    buf_deinit(&sql);
    return ok;
}

bool
database_clone(struct pg_conn *admin, struct arena *arena, const char *target, const char *run,
               const char **name, struct decant_error *err)
{
    assert(name != NULL);
    *name = arena_printf(arena, "%s" CLONE_INFIX "%s", prefix_of(arena, target), run);
    return database_lock(admin, *name, 0, err) && database_copy(admin, target, *name, true, err);
}

struct pg_result *
database_list_previous(struct pg_conn *admin, const char *target, struct decant_error *err)
{
    return databases_like(admin, target, PREVIOUS_INFIX, err);
}

void
database_drop_previous(struct pg_conn *admin, const char *target, int keep, const char *replaced,
                       struct notes *notes)
{
    assert(keep >= 0);
    struct decant_error ignored = { 0 };
    struct pg_result *r = database_list_previous(admin, target, &ignored);
    int n = r != NULL ? pg_nrows(r) : 0, kept = 0;
    for (int i = 0; i < n && replaced != NULL && keep > 0; i++)
        kept += strcmp(pg_text(r, i, 0), replaced) == 0;
    for (int i = 0; i < n; i++) {
        const char *name = pg_text(r, i, 0);
        bool is_replaced = replaced != NULL && keep > 0 && strcmp(name, replaced) == 0;
        if (!is_replaced && kept++ >= keep && !database_drop(admin, name, &ignored))
            notes_add(notes, NOTE_OLD_COPY_KEPT, "database", 0, "%s", name);
    }
    pg_result_free(r);
}

static bool
try_create(struct pg_conn *admin, const char *name, const char *owner, const struct server *source,
           const char *collate, const char *ctype, bool with_icu, struct decant_error *err)
{
    struct buf sql = { 0 };
    buf_puts(&sql, "CREATE DATABASE ");
    quote_ident(&sql, name);
    buf_puts(&sql, " TEMPLATE template0 ENCODING ");
    quote_literal(&sql, source->encoding);
    buf_puts(&sql, " LC_COLLATE ");
    quote_literal(&sql, collate);
    buf_puts(&sql, " LC_CTYPE ");
    quote_literal(&sql, ctype);
    if (with_icu && source->provider != NULL && strcmp(source->provider, "i") == 0) {
        buf_puts(&sql, " LOCALE_PROVIDER icu ICU_LOCALE ");
        quote_literal(&sql, source->icu_locale != NULL ? source->icu_locale : "und");
    }
    if (owner != NULL) {
        buf_puts(&sql, " OWNER ");
        quote_ident(&sql, owner);
    }
    bool ok = pg_exec(admin, err, buf_str(&sql));
    buf_deinit(&sql);
    return ok;
}

bool
database_create(struct pg_conn *admin, const char *name, const char *owner,
                const struct server *source, struct notes *notes, struct decant_error *err)
{
    assert(name != NULL && source != NULL);
    static const char *const fallbacks[] = { "C.UTF-8", "C" };
    if (try_create(admin, name, owner, source, source->collate, source->ctype, true, err))
        return true;
    /* 42809, wrong object type, is what CREATE DATABASE says of a locale that it does not know. */
    for (int i = 0;
         i < 2 && (strcmp(err->sqlstate, "42809") == 0 || strcmp(err->sqlstate, "22023") == 0);
         i++) {
        if (i == 0 && strcmp(source->encoding, "UTF8") != 0)
            continue;
        if (try_create(admin, name, owner, source, fallbacks[i], fallbacks[i], false, err)) {
            notes_add(notes, NOTE_LOCALE_MISSING, "locale", 0, "%s", source->collate);
            return true;
        }
    }
    error_context(err, "creating the database '%s'", name);
    if (err->code == DECANT_REFUSED)
        error_hint(err, "the role on the target needs CREATEDB");
    return false;
}

/* Statements that give a new database what the old one had: $1 is the old name, $2 the new one. */
static const char limits_sql[] =
    "SELECT pg_catalog.format('ALTER DATABASE %I CONNECTION LIMIT %s', $2::text,"
    "  d.datconnlimit), 'connection limit'"
    " FROM pg_catalog.pg_database d WHERE d.datname = $1 AND d.datconnlimit <> -1"
    " UNION ALL SELECT pg_catalog.format('REVOKE ALL ON DATABASE %I FROM PUBLIC', $2::text),"
    "  'grants of the database'"
    " FROM pg_catalog.pg_database d WHERE d.datname = $1 AND d.datacl IS NOT NULL"
    " UNION ALL SELECT pg_catalog.format('GRANT %s ON DATABASE %I TO %s%s', a.privilege_type,"
    "  $2::text, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END,"
    "  CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END),"
    "  'grant ' || a.privilege_type"
    " FROM pg_catalog.pg_database d, pg_catalog.aclexplode(d.datacl) a WHERE d.datname = $1";

static const char grants_sql[] =
    "SELECT pg_catalog.format('GRANT %s ON %s TO %s%s', o.privilege_type, o.name,"
    " CASE o.grantee WHEN 0 THEN 'PUBLIC' ELSE o.grantee::regrole::text END,"
    " CASE WHEN o.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END), 'grant on ' || o.name"
    " FROM (SELECT a.*, pg_catalog.format('SCHEMA %I', n.nspname) AS name, n.nspowner AS owner"
    "  FROM pg_catalog.pg_namespace n, pg_catalog.aclexplode(n.nspacl) a"
    "  WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
    " UNION ALL SELECT a.*, pg_catalog.format(CASE c.relkind WHEN 'S' THEN 'SEQUENCE %I.%I'"
    "   ELSE 'TABLE %I.%I' END, n.nspname, c.relname), c.relowner"
    "  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace,"
    "  pg_catalog.aclexplode(c.relacl) a"
    "  WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
    " UNION ALL SELECT a.*, pg_catalog.format('FUNCTION %s', p.oid::regprocedure), p.proowner"
    "  FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace,"
    "  pg_catalog.aclexplode(p.proacl) a WHERE p.prokind <> 'p'"
    "  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
    " ) o WHERE o.grantee <> o.owner"
    " UNION ALL SELECT pg_catalog.format('ALTER DEFAULT PRIVILEGES FOR ROLE %s%s GRANT %s ON %s TO "
    "%s',"
    "  d.defaclrole::regrole, CASE WHEN d.defaclnamespace = 0 THEN ''"
    "  ELSE ' IN SCHEMA ' || d.defaclnamespace::regnamespace::text END, a.privilege_type,"
    "  CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN"
    "  'FUNCTIONS' WHEN 'T' THEN 'TYPES' ELSE 'SCHEMAS' END,"
    "  CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END),"
    "  'default privileges of ' || d.defaclrole::regrole::text"
    " FROM pg_catalog.pg_default_acl d, pg_catalog.aclexplode(d.defaclacl) a"
    " WHERE a.grantee <> d.defaclrole";

/* Runs each statement that a query on `from` yields on `to`; failures are noted. */
static bool
replay(struct pg_conn *from, struct pg_conn *to, const char *sql, int nparams,
       const char *const *params, struct notes *notes, struct decant_error *err)
{
    struct pg_result *r = pg_query(from, err, sql, nparams, params);
    if (r == NULL)
        return false;
    for (int i = 0; i < pg_nrows(r); i++) {
        struct decant_error refused = { 0 };
        if (!pg_exec(to, &refused, pg_text(r, i, 0)))
            notes_add(notes, NOTE_SETTING_NOT_CARRIED, "setting", 0, "%s", pg_text(r, i, 1));
    }
    pg_result_free(r);
    return true;
}

bool
database_carry(struct pg_conn *admin, struct pg_conn *old, struct pg_conn *new, const char *from,
               const char *to, struct notes *notes, struct decant_error *err)
{
    const char *params[] = { from, to };
    struct buf comment = { 0 };
    bool ok = settings_carry(admin, from, to, notes, err) &&
              replay(admin, admin, limits_sql, 2, params, notes, err) &&
              get_comment(admin, from, &comment, err) &&
              (comment.len == 0 || set_comment(admin, to, buf_str(&comment), err)) &&
              replay(old, new, grants_sql, 0, NULL, notes, err);
    buf_deinit(&comment);
    return ok;
}

struct killer {
    struct pg_conn *conn;
    const char *names[2];
};

/* RENAME waits for the sessions of other clients, and lets no new ones in meanwhile. */
static void
end_sessions(void *ctx)
{
    struct killer *killer = ctx;
    struct decant_error ignored = { 0 };
    pg_result_free(pg_query(killer->conn, &ignored,
                            "SELECT pg_catalog.pg_terminate_backend(pid)"
                            " FROM pg_catalog.pg_stat_activity WHERE datname IN ($1, $2)"
                            " AND pid <> pg_catalog.pg_backend_pid()",
                            2, killer->names));
}

bool
database_swap(struct pg_conn *admin, struct pg_conn *killer, const char *name, const char *new,
              const char *previous, struct decant_error *err)
{
    assert(name != NULL && new != NULL &&previous != NULL);
    struct buf sql = { 0 };
    struct killer ctx = { killer, { name, new } };
    bool exists, ok = database_exists(admin, name, &exists, err);
    buf_puts(&sql, "BEGIN;");
    if (exists) {
        buf_puts(&sql, "ALTER DATABASE ");
        quote_ident(&sql, name);
        buf_puts(&sql, " RENAME TO ");
        quote_ident(&sql, previous);
        buf_putc(&sql, ';');
    }
    buf_puts(&sql, "ALTER DATABASE ");
    quote_ident(&sql, new);
    buf_puts(&sql, " RENAME TO ");
    quote_ident(&sql, name);
    buf_puts(&sql, ";COMMIT");
    for (int i = 0; ok; i++) {
        end_sessions(&ctx);
        struct decant_error failure = { 0 };
        if (pg_exec_ticking(admin, buf_str(&sql), end_sessions, &ctx, &failure))
            break;
        struct decant_error ignored = { 0 };
        pg_exec(admin, &ignored, "ROLLBACK");
        /* 55006: the database is being accessed by other users */
        if (strcmp(failure.sqlstate, "55006") != 0 || i + 1 == SWAP_TRIES) {
            *err = failure;
            ok = false;
        }
    }
    buf_deinit(&sql);
    return ok;
}
