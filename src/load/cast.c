/* SPDX-License-Identifier: PostgreSQL */
/* Casts, and the literals that they shape. */
#include <assert.h>
#include <ctype.h>
#include <string.h>

#include "load/parser.h"

void
parser_type_name(struct parser *parser, struct buf *name, bool *is_array)
{
    assert(parser != NULL);
    static const char *const second_words[] = { "varying", "precision", "without",
                                                "with",    "time",      "zone" };
    *is_array = false;
    if (parser->lexer.kind != TOKEN_WORD && parser->lexer.kind != TOKEN_NAME) {
        parser_refuse(parser);
        return;
    }
    buf_puts(name, buf_str(&parser->lexer.token));
    parser_advance(parser);
    while (parser_take_sign(parser, ".")) {
        buf_reset(name);
        buf_puts(name, buf_str(&parser->lexer.token));
        parser_advance(parser);
    }
    if (parser_take_sign(parser, "(")) {
        while (parser->lexer.kind == TOKEN_NUMBER || parser_at_sign(parser, ","))
            parser_advance(parser);
        parser_expect_sign(parser, ")");
    }
    for (bool more = true; more && parser->lexer.kind == TOKEN_WORD;) {
        more = false;
        for (size_t i = 0; i < sizeof second_words / sizeof *second_words && !more; i++)
            if (parser_at_word(parser, second_words[i])) {
                buf_printf(name, " %s", second_words[i]);
                more = true;
            }
        if (more)
            parser_advance(parser);
        if (more && parser_take_sign(parser, "(")) {
            while (parser->lexer.kind == TOKEN_NUMBER)
                parser_advance(parser);
            parser_expect_sign(parser, ")");
        }
    }
    if (parser_take_sign(parser, "[")) {
        parser_expect_sign(parser, "]");
        *is_array = true;
    }
}

/* What a cast to a type makes of a literal, and which values pass through it unchanged. */
static const struct {
    const char *name;
    enum value_class class;
} casts[] = {
    { "smallint", CLASS_INTEGER },
    { "integer", CLASS_INTEGER },
    { "bigint", CLASS_INTEGER },
    { "oid", CLASS_INTEGER },
    { "numeric", CLASS_DECIMAL },
    { "real", CLASS_FLOAT },
    { "double precision", CLASS_FLOAT },
    { "money", CLASS_OTHER },
    { "boolean", CLASS_BOOL },
    { "text", CLASS_TEXT },
    { "character varying", CLASS_TEXT },
    { "character", CLASS_TEXT },
    { "bpchar", CLASS_TEXT },
    { "name", CLASS_TEXT },
    { "citext", CLASS_NOCASE },
    { "date", CLASS_DATE },
    { "timestamp without time zone", CLASS_TIMESTAMP },
    { "timestamp with time zone", CLASS_TIMESTAMP },
    { "uuid", CLASS_UUID },
    { "json", CLASS_OTHER },
    { "jsonb", CLASS_OTHER },
    { "inet", CLASS_OTHER },
};

/* Is it digits and dashes like 2024-05-01, with a time behind it if `with_time`? */
static bool
is_date(const char *s, size_t len, bool with_time)
{
    static const char shape[] = "dddd-dd-dd dd:dd:dd";
    size_t want = with_time ? 19 : 10;
    if (len != want)
        return false;
    for (size_t i = 0; i < len; i++)
        if (shape[i] == 'd' ? !isdigit((unsigned char)s[i]) : s[i] != shape[i])
            return false;
    return true;
}

/* Rewrites the string literal at `v` for a column of `class`; false when it has no certain form. */
static bool
shape_literal(struct parser *parser, struct value *v, enum value_class class)
{
    assert(v != NULL);
    char *text = parser->out->data + v->start;
    size_t len = parser->out->len - v->start;
    if (len < 2 || text[0] != '\'')
        return v->class == class || (is_number(v->class) && is_number(class));
    const char *content = text + 1;
    size_t n = len - 2;
    switch (class) {
    case CLASS_INTEGER:
    case CLASS_DECIMAL:
    case CLASS_FLOAT: {
        size_t sign = content[0] == '-';
        if (n == sign || lexer_number(content + sign) != n - sign)
            return false;
        memmove(text, content, n); /* a number needs no quotes */
        parser->out->len -= 2;
        parser->out->data[parser->out->len] = '\0';
        return true;
    }
    case CLASS_BOOL: {
        bool yes = n == 1 ? content[0] == 't' : n == 4 && strncmp(content, "true", 4) == 0;
        parser->out->len = v->start;
        buf_puts(parser->out, yes ? "1" : "0");
        return true;
    }
    case CLASS_DATE:
        if (!is_date(content, n, false))
            return false;
        parser->out->data[--parser->out->len] = '\0'; /* the quote */
        sqlite_respell_date(parser->scope->profile, parser->out);
        buf_putc(parser->out, '\'');
        return true;
    case CLASS_TIMESTAMP: {
        bool is_zoned = n == 22 && strncmp(content + 19, "+00", 3) == 0;
        if (is_zoned) {
            parser->out->len -= 4;
            buf_putc(parser->out, '\'');
            n = 19;
        }
        if (!is_date(parser->out->data + v->start + 1, n, true))
            return false;
        parser->out->data[--parser->out->len] = '\0'; /* the quote */
        sqlite_respell_timestamp(parser->scope->profile, is_zoned, v->start, parser->out);
        buf_putc(parser->out, '\'');
        return true;
    }
    case CLASS_UUID:
        return !parser->scope->profile->has_hex_uuids && n == 36;
    case CLASS_TEXT:
    case CLASS_NOCASE:
        return true;
    case CLASS_OTHER:
        return parser->scope->purpose == TRANSLATE_DEFAULT;
    }
    return false;
}

/* An array literal as a default: '{}' and plain words only. */
static bool
shape_array(struct parser *parser, const struct value *v)
{
    if (strcmp(parser->out->data + v->start, "'{}'") != 0)
        return false;
    parser->out->len = v->start;
    buf_puts(parser->out, "'[]'");
    return true;
}

/* Blanks at the end of a char(n) are not stored. */
static void
trim_literal(struct parser *parser, const struct value *v)
{
    struct buf *out = parser->out;
    if (out->len < v->start + 2 || out->data[out->len - 1] != '\'')
        return;
    size_t end = out->len - 1;
    while (end > v->start + 1 && out->data[end - 1] == ' ')
        end--;
    buf_cut(out, end);
    buf_putc(out, '\'');
}

struct value
parser_cast(struct parser *parser, struct value v)
{
    assert(parser != NULL);
    struct buf name = { 0 };
    bool is_array, is_padded;
    parser_type_name(parser, &name, &is_array);
    is_padded = strcmp(buf_str(&name), "bpchar") == 0 || strcmp(buf_str(&name), "character") == 0;
    enum value_class class = CLASS_TEXT; /* an enum or a domain over text: a label stays a label */
    bool known = false;
    for (size_t i = 0; i < sizeof casts / sizeof *casts; i++)
        if (strcmp(buf_str(&name), casts[i].name) == 0) {
            class = casts[i].class;
            known = true;
        }
    bool is_interval = strncmp(buf_str(&name), "interval", 8) == 0 ||
                       strncmp(buf_str(&name), "time", 4) == 0 ||
                       strncmp(buf_str(&name), "bit", 3) == 0 ||
                       strcmp(buf_str(&name), "bytea") == 0 || strcmp(buf_str(&name), "point") == 0;
    buf_deinit(&name);
    if (parser->refused)
        return v;
    if (v.is_null)
        return v;
    if (is_array) {
        if (!v.is_literal || parser->scope->purpose != TRANSLATE_DEFAULT ||
            !shape_array(parser, &v))
            return parser_refuse(parser);
        v.class = CLASS_OTHER;
        return v;
    }
    if (v.is_literal && (known || !is_interval)) {
        if (!shape_literal(parser, &v, class))
            return parser_refuse(parser);
        if (is_padded)
            trim_literal(parser, &v);
        v.class = class;
        return v;
    }
    bool same = v.class == class || (is_text(v.class) && is_text(class)) ||
                (v.class == CLASS_INTEGER && (class == CLASS_DECIMAL || class == CLASS_FLOAT)) ||
                (v.class == CLASS_FLOAT && class == CLASS_FLOAT);
    if (!known || !same)
        return parser_refuse(parser);
    if (v.class == CLASS_NOCASE && class == CLASS_TEXT) { /* as a text its case counts */
        struct buf inner = { 0 };
        buf_puts(&inner, parser->out->data + v.start);
        buf_cut(parser->out, v.start);
        buf_printf(parser->out, "(%s", buf_str(&inner));
        buf_deinit(&inner);
        buf_puts(parser->out, " COLLATE \"BINARY\")");
        v.class = class;
    } else if (!is_text(class)) {
        v.class = class;
    }
    return v;
}

static bool
is_for_zoned(const struct parser *parser)
{
    return parser->scope->filled != NULL && sqlite_is_zoned(parser->scope->filled);
}

void
parser_put_time(struct parser *parser, enum value_class class)
{
    assert(class == CLASS_TIMESTAMP || class == CLASS_DATE);
    const struct sqlite_profile *profile = parser->scope->profile;
    if (class == CLASS_TIMESTAMP)
        sqlite_put_now(profile, is_for_zoned(parser), false, parser->out);
    else
        sqlite_put_today(profile, parser->out);
}

/* Is the time at hand all that was put out? */
static bool
is_plain_time(struct parser *parser, const struct value *v)
{
    struct buf *out = parser->out;
    size_t end = out->len;
    parser_put_time(parser, v->class);
    bool is = out->len - end == end - v->start &&
              memcmp(out->data + v->start, out->data + end, end - v->start) == 0;
    buf_cut(out, end);
    return is;
}

bool
parser_assign(struct parser *parser, const struct value *v)
{
    assert(parser != NULL && v != NULL);
    const struct translate_scope *scope = parser->scope;
    if (scope->filled == NULL || (v->class != CLASS_TIMESTAMP && v->class != CLASS_DATE))
        return true;
    enum value_class class = sqlite_value_class(scope->filled);
    bool is_word = is_text(class) && v->class == CLASS_DATE;
    if (class == v->class)
        return true;
    if ((class != CLASS_DATE && class != CLASS_TIMESTAMP && !is_word) || !is_plain_time(parser, v))
        return false;
    buf_cut(parser->out, v->start);
    if (class == CLASS_DATE)
        sqlite_put_today(scope->profile, parser->out);
    else if (class == CLASS_TIMESTAMP)
        sqlite_put_now(scope->profile, is_for_zoned(parser), true, parser->out);
    else
        buf_puts(parser->out, "CURRENT_DATE");
    return true;
}
