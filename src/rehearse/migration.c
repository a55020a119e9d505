/* SPDX-License-Identifier: PostgreSQL */
#include "rehearse/migration.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/child.h"
#include "base/mem.h"
#include "pg/quote.h"
#include "rehearse/script.h"

/* ---- files */

/* False: a statement failed, or the connection did. */
static bool
run_file(const char *path, const struct buf *text, struct pg_conn *conn, struct observer *observer,
         struct decant_error *err)
{
    struct statements all = { buf_str(text), buf_str(text) + text->len, 1 };
    struct statement statement;
    bool ok = true;
    while (ok && statement_next(&all, &statement)) {
        observer_set_origin(observer, (struct origin){ path, statement.line });
        ok = script_run(conn, &all, &statement, err);
    }
    return ok;
}

/* What the server refused is a result; a session that is lost, or a stop, is not. */
static bool
is_result(const struct decant_error *err)
{
    return err->sqlstate[0] != '\0' && err->code != DECANT_CANCELLED;
}

bool
migration_run_files(const struct decant_words *files, const struct pg_info *info,
                    struct observer *observer, const atomic_int *stop, struct decant_error *err)
{
    assert(files != NULL && files->count > 0);
    struct buf *texts = mem_alloc((size_t)files->count * sizeof *texts);
    bool goes_on = true, ok = script_read(files, texts, err);
    struct pg_conn *conn = ok ? pg_connect_plain(info, "decant rehearsal", stop, err) : NULL;
    for (int i = 0; conn != NULL && goes_on && i < files->count; i++)
        goes_on = run_file(files->items[i], &texts[i], conn, observer, err);
    ok = conn != NULL && (goes_on || is_result(err));
    pg_close(conn);
    for (int i = 0; i < files->count; i++)
        buf_deinit(&texts[i]);
    free(texts);
    return ok;
}

/* ---- a command */

static void
put_quoted(struct buf *out, const char *keyword, const char *text)
{
    buf_printf(out, " %s='", keyword);
    for (; *text != '\0'; text++) {
        if (*text == '\'' || *text == '\\')
            buf_putc(out, '\\');
        buf_putc(out, *text);
    }
    buf_putc(out, '\'');
}

static bool
is_socket(const struct migration_address *address)
{
    return address->host != NULL && address->host[0] == '/';
}

static const char *
host_of(const struct migration_address *address)
{
    return address->host != NULL ? address->host : "127.0.0.1";
}

/* Of a server that is reached without a proxy libpq decides. */
static const char *
sslmode_of(const struct migration_address *address)
{
    return address->host == NULL ? "sslmode=disable" : "sslmode=prefer";
}

static void
put_url(const struct migration_address *address, struct buf *out)
{
    if (address->file != NULL) { /* an absolute path begins with the fourth slash */
        buf_printf(out, "sqlite:///%s", address->file);
        return;
    }
    buf_puts(out, "postgresql://");
    quote_uri(out, address->user);
    if (is_socket(address)) {
        buf_puts(out, "@/");
        quote_uri(out, address->database);
        buf_puts(out, "?host=");
        quote_uri(out, address->host);
        buf_printf(out, "&port=%d", address->port);
        return;
    }
    buf_printf(out, "@%s:%d/", host_of(address), address->port);
    quote_uri(out, address->database);
    buf_printf(out, "?%s", sslmode_of(address));
}

static void
put_jdbc(const struct migration_address *address, struct buf *out)
{
    if (address->file != NULL) {
        buf_printf(out, "jdbc:sqlite:%s", address->file);
        return;
    }
    buf_printf(out, "jdbc:postgresql://%s:%d/", host_of(address), address->port);
    quote_uri(out, address->database);
    buf_puts(out, "?user=");
    quote_uri(out, address->user);
    buf_printf(out, "&%s", sslmode_of(address));
}

static void
put_dsn(const struct migration_address *address, struct buf *out)
{
    if (address->file != NULL) {
        buf_puts(out, address->file);
        return;
    }
    buf_printf(out, "host=%s port=%d", host_of(address), address->port);
    put_quoted(out, "user", address->user);
    put_quoted(out, "dbname", address->database);
    buf_printf(out, " %s", sslmode_of(address));
}

static const struct {
    const char *how;
    void (*put)(const struct migration_address *address, struct buf *out);
} spellings[] = { { "url", put_url }, { "jdbc", put_jdbc }, { "dsn", put_dsn } };

bool
migration_spell(const struct migration_address *address, const char *how, struct buf *out)
{
    assert(address != NULL && how != NULL);
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++)
        if (strcmp(spellings[i].how, how) == 0 &&
            (spellings[i].put != put_jdbc || address->file != NULL || !is_socket(address))) {
            spellings[i].put(address, out);
            return true;
        }
    return false;
}

static bool
put_asked(const struct migration_address *address, const char *asked, struct arena *arena,
          struct child_variable *out, struct decant_error *err)
{
    const char *equals = strchr(asked, '=');
    struct buf value = { 0 };
    bool ok = equals != NULL && equals > asked && migration_spell(address, equals + 1, &value);
    if (ok)
        *out = (struct child_variable){ arena_strndup(arena, asked, (size_t)(equals - asked)),
                                        arena_strdup(arena, buf_str(&value)) };
    else
        error_set(err, DECANT_USAGE, "--env does not take '%s'", asked);
    buf_deinit(&value);
    return ok || error_hint(err, "NAME=url, NAME=jdbc or NAME=dsn");
}

bool
migration_run_command(const char *const *command, const struct decant_words *more,
                      const struct migration_address *address, const atomic_int *stop, int *status,
                      struct decant_error *err)
{
    assert(command != NULL && command[0] != NULL);
    struct arena arena = { 0 };
    struct buf url = { 0 };
    put_url(address, &url);
    const bool is_file = address->file != NULL;
    const struct child_variable own[] = {
        { "DATABASE_URL", buf_str(&url) },
        { "PGHOST", is_file ? "" : host_of(address) },
        { "PGPORT", is_file ? "" : arena_printf(&arena, "%d", address->port) },
        { "PGUSER", is_file ? "" : address->user },
        { "PGDATABASE", is_file ? "" : address->database },
        { "PGSSLMODE", address->host == NULL ? "disable" : "prefer" },
        /* these would lead elsewhere */
        { "PGHOSTADDR", "" },
        { "PGSERVICE", "" },
        { "PGPASSWORD", "" },
    };
    int n = sizeof own / sizeof *own;
    struct child_variable *env = ARENA_ARRAY(&arena, struct child_variable, n + more->count + 2);
    memcpy(env, own, sizeof own);
    if (address->passfile != NULL)
        env[n++] = (struct child_variable){ "PGPASSFILE", address->passfile };
    bool ok = true;
    for (int i = 0; ok && i < more->count; i++)
        ok = put_asked(address, more->items[i], &arena, &env[n++], err);
    ok = ok && child_run_command(&(struct child_command){ .argv = command,
                                                          .env = env,
                                                          .keeps_stdout = address->keeps_stdout,
                                                          .stop = stop },
                                 status, err);
    buf_deinit(&url);
    arena_deinit(&arena);
    return ok;
}
