/* SPDX-License-Identifier: PostgreSQL */
#include "load/settings.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "pg/quote.h"

/* Of the database, and of roles in it or everywhere. */
static const char settings_sql[] =
    "SELECT coalesce(r.rolname, ''), pg_catalog.split_part(o, '=', 1),"
    " pg_catalog.substr(o, pg_catalog.strpos(o, '=') + 1)"
    " FROM pg_catalog.pg_db_role_setting s"
    " LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.setrole, pg_catalog.unnest(s.setconfig) o"
    " WHERE (s.setdatabase = (SELECT oid FROM pg_catalog.pg_database"
    "   WHERE datname = pg_catalog.current_database())"
    "  OR (s.setdatabase = 0 AND s.setrole <> 0))"
    " AND o NOT LIKE 'decant.%' ORDER BY s.setdatabase, 1, 2";

/* Of the copy that is replaced; what the source says wins. */
static const char carried_sql[] =
    "SELECT coalesce(u.rolname, ''), pg_catalog.split_part(s, '=', 1),"
    " pg_catalog.substr(s, pg_catalog.strpos(s, '=') + 1)"
    " FROM pg_catalog.pg_db_role_setting r JOIN pg_catalog.pg_database d ON d.oid = r.setdatabase"
    " LEFT JOIN pg_catalog.pg_roles u ON u.oid = r.setrole, pg_catalog.unnest(r.setconfig) s"
    " WHERE d.datname = $1 AND s NOT LIKE 'decant.%'"
    " AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_db_role_setting x JOIN pg_catalog.pg_database y"
    "  ON y.oid = x.setdatabase, pg_catalog.unnest(x.setconfig) t WHERE y.datname = $2"
    "  AND x.setrole = r.setrole"
    "  AND pg_catalog.split_part(t, '=', 1) = pg_catalog.split_part(s, '=', 1))";

enum { SETTING_ROLE, SETTING_NAME, SETTING_VALUE };

static bool
is_secret(const char *name)
{
    static const char *const words[] = { "secret", "passw", "token", "key", "credential" };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasestr(name, words[i]) != NULL)
            return true;
    return false;
}

bool
settings_are_taken(const char *name)
{
    assert(name != NULL);
    static const char *const taken[] = {
        "search_path",
        "TimeZone",
        "DateStyle",
        "IntervalStyle",
        "lc_messages",
        "lc_monetary",
        "lc_numeric",
        "lc_time",
        "bytea_output",
        "extra_float_digits",
        "xmlbinary",
        "xmloption",
        "array_nulls",
        "backslash_quote",
        "escape_string_warning",
        "standard_conforming_strings",
        "transform_null_equals",
        "default_text_search_config",
        "default_transaction_isolation",
        "quote_all_identifiers",
    };
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        if (strcasecmp(taken[i], name) == 0)
            return true;
    /* the application's own parameters have a point in their names */
    return strchr(name, '.') != NULL && !is_secret(name);
}

/* Are its values lists of names? (variable_is_guc_list_quote() of pg_dump) */
static bool
is_list(const char *name)
{
    static const char *const lists[] = { "search_path", "temp_tablespaces",
                                         "session_preload_libraries", "local_preload_libraries" };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (strcasecmp(lists[i], name) == 0)
            return true;
    return false;
}

/* The element of a list that begins where `p` stands; what follows it. */
static const char *
take_element(const char *p, struct buf *element)
{
    bool is_quoted = *p == '"';
    buf_reset(element);
    for (p += is_quoted; *p != '\0' && (is_quoted || *p != ','); p++) {
        if (is_quoted && *p == '"' && *++p != '"')
            break;
        buf_putc(element, *p);
    }
    while (!is_quoted && element->len > 0 && element->data[element->len - 1] == ' ')
        buf_cut(element, element->len - 1);
    p += strcspn(p, ",");
    p += *p == ',';
    return p + strspn(p, " ");
}

/* Each element as a literal, whatever its owner made it of: `a, "b""c"` is 'a', 'b"c'. */
static void
put_list(const char *value, struct buf *out)
{
    struct buf element = { 0 };
    const char *p = value + strspn(value, " ");
    do {
        p = take_element(p, &element);
        quote_literal(out, buf_str(&element));
        buf_puts(out, *p != '\0' ? ", " : "");
    } while (*p != '\0');
    buf_deinit(&element);
}

void
settings_put_value(const char *name, const char *value, struct buf *out)
{
    assert(name != NULL && value != NULL);
    if (is_list(name))
        put_list(value, out);
    else
        quote_literal(out, value);
}

static bool
set_one(struct pg_conn *admin, const char *copy, const char *role, const char *name,
        const char *value)
{
    struct decant_error ignored = { 0 };
    struct buf sql = { 0 };
    if (role[0] != '\0') {
        buf_puts(&sql, "ALTER ROLE ");
        quote_ident(&sql, role);
        buf_puts(&sql, " IN DATABASE ");
    } else {
        buf_puts(&sql, "ALTER DATABASE ");
    }
    quote_ident(&sql, copy);
    buf_puts(&sql, " SET ");
    for (const char *part = name, *dot; part != NULL; part = dot != NULL ? dot + 1 : NULL) {
        dot = strchr(part, '.');
        char *word = dot != NULL ? mem_strdup(part) : NULL;
        if (word != NULL)
            word[dot - part] = '\0';
        quote_ident(&sql, word != NULL ? word : part);
        buf_puts(&sql, dot != NULL ? "." : "");
        free(word);
    }
    buf_puts(&sql, " TO ");
    settings_put_value(name, value, &sql);
    bool ok = pg_exec(admin, &ignored, buf_str(&sql));
    buf_deinit(&sql);
    return ok;
}

bool
settings_carry(struct pg_conn *admin, const char *from, const char *to, struct notes *notes,
               struct decant_error *err)
{
    const char *params[] = { from, to };
    struct pg_result *r = pg_query(admin, err, carried_sql, 2, params);
    for (int i = 0; r != NULL && i < pg_nrows(r); i++) {
        const char *name = pg_text(r, i, SETTING_NAME);
        if (!set_one(admin, to, pg_text(r, i, SETTING_ROLE), name, pg_text(r, i, SETTING_VALUE)))
            notes_add(notes, NOTE_SETTING_NOT_CARRIED, "setting", 0, "%s", name);
    }
    bool ok = r != NULL;
    pg_result_free(r);
    return ok;
}

bool
settings_set(struct pg_conn *admin, const char *copy, const struct sink_env *env,
             struct decant_error *err)
{
    assert(env != NULL);
    struct pg_result *r = pg_query(env->source, err, settings_sql, 0, NULL);
    for (int i = 0; r != NULL && i < pg_nrows(r); i++) {
        const char *role = pg_text(r, i, SETTING_ROLE), *name = pg_text(r, i, SETTING_NAME);
        if (settings_are_taken(name) &&
            set_one(admin, copy, role, name, pg_text(r, i, SETTING_VALUE)))
            continue;
        notes_add(env->notes, NOTE_SETTING_OF_SOURCE, "setting", 0,
                  role[0] != '\0' ? "%s of %s" : "%s", name, role);
    }
    bool ok = r != NULL;
    pg_result_free(r);
    return ok;
}
