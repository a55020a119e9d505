/* SPDX-License-Identifier: PostgreSQL */
#include "pg/internal.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/mem.h"
#include "pg/quote.h"

enum { MAX_PARAMETERS = 60 };

#define LIBPQ_MODE "prefer" /* its default: as good as nothing said */

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

/* An address of the loopback, or its usual name; a name that begins like an address is another. */
static bool
is_loopback(const char *host, size_t len)
{
    char text[64];
    struct in_addr v4;
    if (len >= sizeof text)
        return false;
    memcpy(text, host, len);
    text[len] = '\0';
    return (inet_pton(AF_INET, text, &v4) == 1 && ntohl(v4.s_addr) >> 24 == 127) ||
           strcmp(text, "::1") == 0 || strcmp(text, "localhost") == 0;
}

/* What libpq would go by, from the string, the environment, a service file and its own defaults,
 * which only a connection reads: this one has a parameter that none accepts, and goes nowhere. NULL
 * where the service is not known; not to be connected with. */
static PQconninfoOption *
resolve(const struct pg_info *info)
{
    const char *keys[MAX_PARAMETERS + 2], *values[MAX_PARAMETERS + 2];
    int n = pg_info_arrays(info, keys, values);
    keys[n] = "channel_binding"; /* the last one counts */
    values[n++] = "none that libpq knows";
    keys[n] = values[n] = NULL;
    PGconn *pg = PQconnectStartParams(keys, values, 0);
    PQconninfoOption *options = pg != NULL ? PQconninfo(pg) : NULL;
    PQfinish(pg);
    return options;
}

/* "" where it is not set. */
static const char *
value_of(const PQconninfoOption *options, const char *keyword)
{
    for (const PQconninfoOption *o = options; o != NULL && o->keyword != NULL; o++)
        if (strcmp(o->keyword, keyword) == 0)
            return o->val != NULL ? o->val : "";
    return "";
}

/* Of a list of addresses and one of names each address counts, and the name where there is none. */
static bool
all_are_here(const char *addresses, const char *names)
{
    for (bool more = true; more;) {
        size_t a = strcspn(addresses, ","), n = strcspn(names, ",");
        bool by_name = a == 0;
        const char *host = by_name ? names : addresses;
        size_t len = by_name ? n : a;
        if (len > 0 && host[0] != '/' && host[0] != '@' && !is_loopback(host, len))
            return false;
        more = addresses[a] == ',' || names[n] == ',';
        addresses += a + (addresses[a] == ',');
        names += n + (names[n] == ',');
    }
    return true;
}

bool
pg_info_is_local(const struct pg_info *info)
{
    PQconninfoOption *options = resolve(info);
    bool is_local =
        options != NULL && all_are_here(value_of(options, "hostaddr"), value_of(options, "host"));
    PQconninfoFree(options);
    return is_local;
}

void
pg_info_complete(struct pg_info *info)
{
    assert(info != NULL);
    static const char *const lists[] = { "host", "hostaddr", "port" };
    PQconninfoOption *options = resolve(info);
    bool has_mode = pg_info_get(info, "sslmode") != NULL || getenv("PGSSLMODE") != NULL ||
                    strcmp(value_of(options, "sslmode"), LIBPQ_MODE) != 0;
    if (options != NULL && !has_mode &&
        !all_are_here(value_of(options, "hostaddr"), value_of(options, "host")))
        pg_info_set(info, "sslmode", "verify-full");
    for (int i = 0; i < 3; i++)
        if (pg_info_get(info, lists[i]) == NULL && value_of(options, lists[i])[0] != '\0')
            pg_info_set(info, lists[i], value_of(options, lists[i]));
    PQconninfoFree(options);
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

void
pg_info_put_url(const struct pg_info *info, const char *database, struct buf *out)
{
    assert(info != NULL && out != NULL);
    /* what says where the server is, and who asks; the rest is for libpq to find */
    static const char *const kept[] = { "host",        "hostaddr", "port",   "user",    "sslmode",
                                        "sslrootcert", "sslcert",  "sslkey", "passfile" };
    const char *name = database != NULL ? database : pg_info_get(info, "dbname"), *sign = "?";
    buf_puts(out, "postgresql:///");
    quote_uri(out, name != NULL ? name : "");
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        const char *value = pg_info_get(info, kept[i]);
        if (value == NULL || value[0] == '\0')
            continue;
        buf_printf(out, "%s%s=", sign, kept[i]);
        quote_uri(out, value);
        sign = "&";
    }
}
