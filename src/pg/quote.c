/* SPDX-License-Identifier: PostgreSQL */
#include "pg/quote.h"

#include <assert.h>
#include <string.h>

#include "base/utf8.h"
#include "base/visible.h"

static void
put_doubled(struct buf *out, const char *text, char quote)
{
    buf_putc(out, quote);
    for (; *text != '\0'; text++) {
        if (*text == quote)
            buf_putc(out, quote);
        buf_putc(out, *text);
    }
    buf_putc(out, quote);
}

void
quote_ident(struct buf *out, const char *name)
{
    assert(name != NULL);
    put_doubled(out, name, '"');
}

void
quote_qualified(struct buf *out, const char *schema, const char *name)
{
    assert(schema != NULL && name != NULL);
    quote_ident(out, schema);
    buf_putc(out, '.');
    quote_ident(out, name);
}

void
quote_ident_visible(struct buf *out, const char *name)
{
    size_t len = strlen(name);
    if (visible_is(name)) {
        quote_ident(out, name);
        return;
    }
    buf_puts(out, "U&\"");
    for (size_t i = 0, n; i < len; i += n) {
        uint32_t code;
        n = utf8_decode(name + i, len - i, &code);
        if (visible_hides(code)) {
            buf_printf(out, "\\%04x", (unsigned)code);
            continue;
        }
        if (name[i] == '"' || name[i] == '\\')
            buf_putc(out, name[i]);
        buf_add(out, name + i, n);
    }
    buf_putc(out, '"');
}

void
quote_qualified_visible(struct buf *out, const char *schema, const char *name)
{
    quote_ident_visible(out, schema);
    buf_putc(out, '.');
    quote_ident_visible(out, name);
}

void
quote_literal(struct buf *out, const char *text)
{
    assert(text != NULL);
    if (strchr(text, '\\') == NULL) {
        put_doubled(out, text, '\'');
        return;
    }
    buf_puts(out, " E'");
    for (; *text != '\0'; text++) {
        if (*text == '\'' || *text == '\\')
            buf_putc(out, *text);
        buf_putc(out, *text);
    }
    buf_putc(out, '\'');
}

void
quote_element(struct buf *out, const char *text)
{
    assert(text != NULL);
    bool is_first = out->len > 0 && out->data[out->len - 1] == '{';
    buf_puts(out, is_first ? "\"" : ",\"");
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            buf_putc(out, '\\');
        buf_putc(out, *text);
    }
    buf_putc(out, '"');
}

#define PATH                                                                                       \
    "SELECT coalesce(pg_catalog.string_agg(pg_catalog.quote_ident(s), ', '), '')"                  \
    " FROM pg_catalog.unnest(pg_catalog.current_schemas(false)) s"                                 \
    " WHERE s OPERATOR(pg_catalog.<>) 'pg_catalog'"

const char pg_path_sql[] = PATH;
const char pg_set_path_sql[] =
    "RESET search_path; SELECT pg_catalog.set_config('search_path', (" PATH "), true); ";

void
quote_uri(struct buf *out, const char *text)
{
    assert(text != NULL);
    static const char unreserved[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~";
    for (; *text != '\0'; text++)
        buf_printf(out, strchr(unreserved, *text) != NULL ? "%c" : "%%%02X", (unsigned char)*text);
}
