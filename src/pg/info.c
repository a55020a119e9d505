/* SPDX-License-Identifier: PostgreSQL */
#include "pg/internal.h"

#include <assert.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/mem.h"

enum { MAX_PARAMETERS = 60 };

struct pg_info {
    const char *what; /* "source" or "target", for messages */
    int stall_ms;
    int n;
    char *keys[MAX_PARAMETERS], *values[MAX_PARAMETERS];
};

static bool
has_password(const PQconninfoOption *options)
{
    for (const PQconninfoOption *o = options; o->keyword != NULL; o++)
        if (o->val != NULL &&
            (strcmp(o->keyword, "password") == 0 || strcmp(o->keyword, "sslpassword") == 0))
            return true;
    return false;
}

/* A bare word is the name of a database, as for psql. On the heap. */
static char *
spell_out(const char *text)
{
    struct buf out = { 0 };
    bool is_bare =
        text != NULL && text[0] != '\0' && strchr(text, '=') == NULL && strstr(text, "://") == NULL;
    buf_puts(&out, is_bare ? "dbname='" : "");
    for (const char *p = text != NULL ? text : ""; *p != '\0'; p++) {
        if (is_bare && (*p == '\'' || *p == '\\'))
            buf_putc(&out, '\\');
        buf_putc(&out, *p);
    }
    buf_puts(&out, is_bare ? "'" : "");
    return buf_steal(&out);
}

static bool
parse(const char *text, const char *what, bool may_have_password, struct pg_info **out,
      struct decant_error *err)
{
    char *reason = NULL, *full = spell_out(text);
    PQconninfoOption *options = PQconninfoParse(full, &reason);
    explicit_bzero(full, strlen(full));
    free(full);
    PQfreemem(reason); /* not shown: it may quote a part of a password */
    if (options == NULL) {
        error_set(err, DECANT_USAGE, "the %s is not a libpq URI or key=value string", what);
        return error_hint(err, "postgresql://user@host:5432/database, or \"host=... dbname=...\"");
    }
    if (!may_have_password && has_password(options)) {
        PQconninfoFree(options);
        error_set(err, DECANT_USAGE, "a password in the %s would show in the process list", what);
        return error_hint(err, "put it in ~/.pgpass, in a service file (service=NAME), or say "
                               "it all in DATABASE_URL");
    }
    struct pg_info *info = mem_alloc(sizeof *info);
    for (PQconninfoOption *o = options; o->keyword != NULL; o++)
        if (o->val != NULL)
            pg_info_set(info, o->keyword, o->val);
    PQconninfoFree(options);
    info->what = strcmp(what, "source") == 0 ? "source" : "target";
    info->stall_ms = PG_STALL_MS;
    *out = info;
    return true;
}

bool
pg_info_parse(const char *text, const char *what, struct pg_info **out, struct decant_error *err)
{
    assert(what != NULL);
    return parse(text, what, false, out, err);
}

bool
pg_info_parse_variable(const char *name, const char *what, struct pg_info **out,
                       struct decant_error *err)
{
    return parse(getenv(name), what, true, out, err);
}

struct pg_info *
pg_info_copy(const struct pg_info *info)
{
    assert(info != NULL);
    struct pg_info *copy = mem_alloc(sizeof *copy);
    copy->what = info->what;
    copy->stall_ms = info->stall_ms;
    for (int i = 0; i < info->n; i++)
        pg_info_set(copy, info->keys[i], info->values[i]);
    return copy;
}

void
pg_info_set(struct pg_info *info, const char *keyword, const char *value)
{
    assert(keyword != NULL);
    int i = 0;
    while (i < info->n && strcmp(info->keys[i], keyword) != 0)
        i++;
    assert(i < MAX_PARAMETERS);
    if (i == info->n) {
        info->keys[info->n++] = mem_strdup(keyword);
        info->values[i] = NULL;
    }
    char *old = info->values[i];
    info->values[i] = mem_strdup(value);
    free(old);
}

const char *
pg_info_get(const struct pg_info *info, const char *keyword)
{
    assert(keyword != NULL);
    for (int i = 0; i < info->n; i++)
        if (strcmp(info->keys[i], keyword) == 0)
            return info->values[i];
    return NULL;
}

void
pg_info_set_stall(struct pg_info *info, int stall_ms)
{
    assert(stall_ms >= 0);
    info->stall_ms = stall_ms;
}

int
pg_info_stall(const struct pg_info *info)
{
    return info->stall_ms;
}

/* "a,b,c" without its first n elements. */
static void
drop_elements(struct pg_info *info, const char *keyword, int n)
{
    const char *list = pg_info_get(info, keyword);
    for (; list != NULL && n > 0; n--) {
        const char *comma = strchr(list, ',');
        if (comma == NULL)
            return; /* one port for all hosts */
        list = comma + 1;
    }
    if (list != NULL)
        pg_info_set(info, keyword, list);
}

void
pg_info_drop_hosts(struct pg_info *info, int n)
{
    static const char *const lists[] = { "host", "hostaddr", "port" };
    for (int i = 0; i < 3; i++)
        drop_elements(info, lists[i], n);
}

const char *
pg_info_what(const struct pg_info *info)
{
    return info->what;
}

int
pg_info_arrays(const struct pg_info *info, const char **keys, const char **values)
{
    assert(info != NULL);
    for (int i = 0; i < info->n; i++) {
        keys[i] = info->keys[i];
        values[i] = info->values[i];
    }
    return info->n;
}

static bool
is_loopback(const char *host, size_t len)
{
    return (len > 4 && strncmp(host, "127.", 4) == 0) ||
           (len == 3 && strncmp(host, "::1", 3) == 0) ||
           (len == 9 && strncmp(host, "localhost", 9) == 0);
}

/* Of a list, every one? */
static bool
are_here(const char *hosts)
{
    for (;; hosts++) {
        size_t len = strcspn(hosts, ",");
        bool is_socket = len == 0 || hosts[0] == '/' || hosts[0] == '@';
        if (!is_socket && !is_loopback(hosts, len))
            return false;
        hosts += len;
        if (*hosts == '\0')
            return true;
    }
}

/* The host that libpq would connect to, from the string, the environment and a service file, which
 * only a connection reads: this one has a parameter that none accepts, and goes nowhere. "" is the
 * default socket; NULL: the service is not known. On the heap. */
static char *
resolve_host(const struct pg_info *info)
{
    const char *keys[MAX_PARAMETERS + 2], *values[MAX_PARAMETERS + 2];
    int n = pg_info_arrays(info, keys, values);
    char *host = NULL;
    keys[n] = "sslmode"; /* the last one counts */
    values[n++] = "none that libpq knows";
    keys[n] = values[n] = NULL;
    PGconn *pg = PQconnectStartParams(keys, values, 0);
    PQconninfoOption *options = pg != NULL ? PQconninfo(pg) : NULL;
    for (PQconninfoOption *o = options; o != NULL && o->keyword != NULL; o++) {
        bool is_address = strcmp(o->keyword, "hostaddr") == 0;
        if (!is_address && strcmp(o->keyword, "host") != 0)
            continue;
        if (o->val != NULL && o->val[0] != '\0' && (is_address || host == NULL)) {
            free(host);
            host = mem_strdup(o->val);
        }
    }
    if (host == NULL && options != NULL)
        host = mem_strdup("");
    PQconninfoFree(options);
    PQfinish(pg);
    return host;
}

bool
pg_info_is_local(const struct pg_info *info)
{
    char *host = resolve_host(info);
    bool is_local = host != NULL && are_here(host);
    free(host);
    return is_local;
}

void
pg_info_free(struct pg_info *info)
{
    if (info == NULL)
        return;
    for (int i = 0; i < info->n; i++) {
        free(info->keys[i]);
        explicit_bzero(info->values[i], strlen(info->values[i]));
        free(info->values[i]);
    }
    free(info);
}
