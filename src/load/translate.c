/* SPDX-License-Identifier: PostgreSQL */
/*
 * A recursive descent over the operators of PostgreSQL (its manual, section 4.1.6). Each function
 * appends the translation of what it read to parser->out and says what class of value it is; after
 * a refusal everything returns at once. The class keeps comparisons apart that would mean something
 * else on the stored form, e.g. an order of text.
 */
#include "load/translate.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "load/lexer.h"

enum { MAX_DEPTH = 100 };

struct parser {
    const struct translate_scope *scope;
    struct lexer lexer; /* at the token that comes next */
    struct buf *out;
    int depth;
    bool refused;
};

/* What an expression is: its class, and whether it is a bare literal that a cast may still shape.
 */
struct value {
    enum value_class class;
    bool is_literal, is_null;
    size_t start; /* in parser->out */
};

static struct value
refuse(struct parser *parser)
{
    parser->refused = true;
    parser->lexer.kind = TOKEN_END;
    return (struct value){ .class = CLASS_OTHER };
}

static void
advance(struct parser *parser)
{
    if (!parser->refused)
        lexer_next(&parser->lexer);
    if (parser->lexer.kind == TOKEN_BAD)
        refuse(parser);
}

static bool
at_sign(const struct parser *parser, const char *sign)
{
    return parser->lexer.kind == TOKEN_SIGN && strcmp(buf_str(&parser->lexer.token), sign) == 0;
}

static bool
at_word(const struct parser *parser, const char *word)
{
    return parser->lexer.kind == TOKEN_WORD && strcmp(buf_str(&parser->lexer.token), word) == 0;
}

static bool
take_sign(struct parser *parser, const char *sign)
{
    bool found = at_sign(parser, sign);
    if (found)
        advance(parser);
    return found;
}

static bool
take_word(struct parser *parser, const char *word)
{
    bool found = at_word(parser, word);
    if (found)
        advance(parser);
    return found;
}

static void
expect_sign(struct parser *parser, const char *sign)
{
    if (!take_sign(parser, sign))
        refuse(parser);
}

static struct value expression(struct parser *parser);

/* A type name after "::", as format_type() spells it; the modifier is skipped. */
static void
type_name(struct parser *parser, struct buf *name, bool *is_array)
{
    static const char *const second_words[] = { "varying", "precision", "without",
                                                "with",    "time",      "zone" };
    *is_array = false;
    if (parser->lexer.kind != TOKEN_WORD && parser->lexer.kind != TOKEN_NAME) {
        refuse(parser);
        return;
    }
    buf_puts(name, buf_str(&parser->lexer.token));
    advance(parser);
    while (take_sign(parser, ".")) {
        buf_reset(name);
        buf_puts(name, buf_str(&parser->lexer.token));
        advance(parser);
    }
    if (take_sign(parser, "(")) {
        while (parser->lexer.kind == TOKEN_NUMBER || at_sign(parser, ","))
            advance(parser);
        expect_sign(parser, ")");
    }
    for (bool more = true; more && parser->lexer.kind == TOKEN_WORD;) {
        more = false;
        for (size_t i = 0; i < sizeof second_words / sizeof *second_words && !more; i++)
            if (at_word(parser, second_words[i])) {
                buf_printf(name, " %s", second_words[i]);
                more = true;
            }
        if (more)
            advance(parser);
        if (more && take_sign(parser, "(")) {
            while (parser->lexer.kind == TOKEN_NUMBER)
                advance(parser);
            expect_sign(parser, ")");
        }
    }
    if (take_sign(parser, "[")) {
        expect_sign(parser, "]");
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

static bool is_number(enum value_class class)
{
    return class == CLASS_INTEGER || class == CLASS_DECIMAL || class == CLASS_FLOAT;
}

static bool is_text(enum value_class class)
{
    return class == CLASS_TEXT || class == CLASS_NOCASE;
}

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
        return is_date(content, n, false);
    case CLASS_TIMESTAMP: {
        if (n == 22 && strncmp(content + 19, "+00", 3) == 0) {
            parser->out->len -= 4;
            buf_putc(parser->out, '\'');
            n = 19;
        }
        return is_date(parser->out->data + v->start + 1, n, true);
    }
    case CLASS_UUID:
        return parser->scope->profile != PROFILE_DJANGO && n == 36;
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

static struct value
cast(struct parser *parser, struct value v)
{
    struct buf name = { 0 };
    bool is_array;
    type_name(parser, &name, &is_array);
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
            return refuse(parser);
        v.class = CLASS_OTHER;
        return v;
    }
    if (v.is_literal && (known || !is_interval)) {
        if (!shape_literal(parser, &v, class))
            return refuse(parser);
        v.class = class;
        return v;
    }
    bool same = v.class == class || (is_text(v.class) && is_text(class)) ||
                (v.class == CLASS_INTEGER && (class == CLASS_DECIMAL || class == CLASS_FLOAT)) ||
                (v.class == CLASS_FLOAT && class == CLASS_FLOAT);
    if (!known || !same)
        return refuse(parser);
    if (!is_text(class))
        v.class = class;
    return v;
}

struct function {
    const char *name, *target;
    int least, most; /* arguments */
    enum value_class argument, result;
    bool in_default_only;
};

#define UUID_V4                                                                                    \
    "lower(hex(randomblob(4))||'-'||hex(randomblob(2))||'-4'||substr(hex(randomblob(2)),2)||"      \
    "'-'||substr('89ab',1+(abs(random())%4),1)||substr(hex(randomblob(2)),2)||'-'||"               \
    "hex(randomblob(6)))"

static const struct function functions[] = {
    { "length", "length(", 1, 1, CLASS_TEXT, CLASS_INTEGER, false },
    { "char_length", "length(", 1, 1, CLASS_TEXT, CLASS_INTEGER, false },
    { "character_length", "length(", 1, 1, CLASS_TEXT, CLASS_INTEGER, false },
    { "abs", "abs(", 1, 1, CLASS_DECIMAL, CLASS_DECIMAL, false },
    { "coalesce", "coalesce(", 2, 20, CLASS_OTHER, CLASS_OTHER, false },
    { "lower", "lower(", 1, 1, CLASS_TEXT, CLASS_TEXT, false },
    { "upper", "upper(", 1, 1, CLASS_TEXT, CLASS_TEXT, false },
    { "now", "CURRENT_TIMESTAMP", 0, 0, CLASS_OTHER, CLASS_TIMESTAMP, true },
    { "transaction_timestamp", "CURRENT_TIMESTAMP", 0, 0, CLASS_OTHER, CLASS_TIMESTAMP, true },
    { "statement_timestamp", "CURRENT_TIMESTAMP", 0, 0, CLASS_OTHER, CLASS_TIMESTAMP, true },
    { "clock_timestamp", "CURRENT_TIMESTAMP", 0, 0, CLASS_OTHER, CLASS_TIMESTAMP, true },
    { "gen_random_uuid", UUID_V4, 0, 0, CLASS_OTHER, CLASS_UUID, true },
    { "uuid_generate_v4", UUID_V4, 0, 0, CLASS_OTHER, CLASS_UUID, true },
};

static struct value
call(struct parser *parser, const char *name)
{
    const struct function *f = NULL;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (strcmp(functions[i].name, name) == 0)
            f = &functions[i];
    bool is_default = parser->scope->purpose == TRANSLATE_DEFAULT;
    if (f == NULL || (f->in_default_only && !is_default) ||
        (f->result == CLASS_UUID && parser->scope->profile == PROFILE_DJANGO))
        return refuse(parser);
    struct value v = { .class = f->result, .start = parser->out->len };
    buf_puts(parser->out, f->target);
    int n = 0;
    for (; !parser->refused && !at_sign(parser, ")"); n++) {
        if (n > 0) {
            expect_sign(parser, ",");
            buf_putc(parser->out, ',');
        }
        struct value argument = expression(parser);
        bool fits =
            f->argument == CLASS_OTHER ||
            (f->argument == CLASS_TEXT ? is_text(argument.class) : is_number(argument.class));
        if (!fits)
            return refuse(parser);
        if (f->result == CLASS_OTHER && (n == 0 || v.class == CLASS_OTHER))
            v.class = argument.class; /* coalesce is what its first argument is */
    }
    expect_sign(parser, ")");
    if (n < f->least || n > f->most)
        return refuse(parser);
    if (f->target[strlen(f->target) - 1] == '(')
        buf_putc(parser->out, ')');
    return v;
}

static struct value
column(struct parser *parser, const char *name)
{
    const struct translate_scope *scope = parser->scope;
    const struct sqlite_column *found = NULL;
    if (scope->value != NULL && strcmp(name, "value") == 0)
        found = scope->value;
    for (int i = 0; i < scope->ncolumns && scope->value == NULL; i++)
        if (strcmp(scope->columns[i].source->name, name) == 0)
            found = &scope->columns[i];
    if (found == NULL || scope->purpose == TRANSLATE_DEFAULT)
        return refuse(parser);
    struct value v = { .class = sqlite_value_class(found), .start = parser->out->len };
    db_quote(parser->out, found->name);
    return v;
}

/* CASE WHEN c THEN v ... [ELSE v] END; the form with an operand is refused. */
static struct value
case_when(struct parser *parser)
{
    struct value v = { .class = CLASS_OTHER, .start = parser->out->len };
    bool first = true;
    buf_puts(parser->out, "CASE");
    while (take_word(parser, "when")) {
        buf_puts(parser->out, " WHEN ");
        if (expression(parser).class != CLASS_BOOL || !take_word(parser, "then"))
            return refuse(parser);
        buf_puts(parser->out, " THEN ");
        struct value branch = expression(parser);
        if (first)
            v.class = branch.class;
        first = false;
    }
    if (first)
        return refuse(parser);
    if (take_word(parser, "else")) {
        buf_puts(parser->out, " ELSE ");
        expression(parser);
    }
    if (!take_word(parser, "end"))
        return refuse(parser);
    buf_puts(parser->out, " END");
    return v;
}

static struct value
word(struct parser *parser)
{
    static const struct {
        const char *word, *target;
        enum value_class class;
        bool in_default_only;
    } constants[] = {
        { "true", "1", CLASS_BOOL, false },
        { "false", "0", CLASS_BOOL, false },
        { "null", "NULL", CLASS_OTHER, false },
        { "current_timestamp", "CURRENT_TIMESTAMP", CLASS_TIMESTAMP, true },
        { "localtimestamp", "CURRENT_TIMESTAMP", CLASS_TIMESTAMP, true },
        { "current_date", "CURRENT_DATE", CLASS_DATE, true },
    };
    struct value v = { .start = parser->out->len };
    for (size_t i = 0; i < sizeof constants / sizeof *constants; i++)
        if (at_word(parser, constants[i].word)) {
            if (constants[i].in_default_only && parser->scope->purpose != TRANSLATE_DEFAULT)
                return refuse(parser);
            advance(parser);
            buf_puts(parser->out, constants[i].target);
            v.class = constants[i].class;
            v.is_null = strcmp(constants[i].target, "NULL") == 0;
            return v;
        }
    if (take_word(parser, "case"))
        return case_when(parser);
    char *name = strdup(buf_str(&parser->lexer.token));
    bool quoted = parser->lexer.kind == TOKEN_NAME;
    advance(parser);
    while (!quoted && take_sign(parser, ".")) { /* a function's schema */
        free(name);
        name = strdup(buf_str(&parser->lexer.token));
        advance(parser);
    }
    v = take_sign(parser, "(") ? call(parser, name) : column(parser, name);
    free(name);
    return v;
}

static struct value
primary(struct parser *parser)
{
    struct value v = { .class = CLASS_OTHER, .start = parser->out->len };
    if (++parser->depth > MAX_DEPTH)
        return refuse(parser);
    if (take_sign(parser, "(")) {
        buf_putc(parser->out, '(');
        struct value inner = expression(parser);
        expect_sign(parser, ")");
        /* Around a literal or a name parentheses would only hide it from a cast. */
        bool is_bare = inner.is_literal || inner.is_null;
        if (is_bare && !parser->refused) {
            memmove(parser->out->data + v.start, parser->out->data + v.start + 1,
                    parser->out->len - v.start);
            parser->out->len--;
            inner.start = v.start;
            v = inner;
        } else {
            buf_putc(parser->out, ')');
            v.class = inner.class;
        }
    } else if (parser->lexer.kind == TOKEN_NUMBER) {
        bool whole = strpbrk(buf_str(&parser->lexer.token), ".eE") == NULL;
        v.class = whole ? CLASS_INTEGER : CLASS_DECIMAL;
        v.is_literal = true;
        buf_puts(parser->out, buf_str(&parser->lexer.token));
        advance(parser);
    } else if (parser->lexer.kind == TOKEN_STRING) {
        v.class = CLASS_TEXT;
        v.is_literal = true;
        db_quote_text(parser->out, buf_str(&parser->lexer.token));
        advance(parser);
    } else if (parser->lexer.kind == TOKEN_WORD || parser->lexer.kind == TOKEN_NAME) {
        v = word(parser);
    } else {
        v = refuse(parser);
    }
    while (!parser->refused && take_sign(parser, "::"))
        v = cast(parser, v);
    parser->depth--;
    return v;
}

static struct value
unary(struct parser *parser)
{
    size_t start = parser->out->len;
    if (!take_sign(parser, "-"))
        return primary(parser);
    buf_putc(parser->out, '-');
    struct value v = primary(parser);
    /* "--" begins a comment */
    if (!is_number(v.class) || parser->out->data[start + 1] == '-')
        return refuse(parser);
    v.start = start;
    return v;
}

static struct value
product(struct parser *parser)
{
    struct value v = unary(parser);
    while (at_sign(parser, "*") || at_sign(parser, "/") || at_sign(parser, "%")) {
        char sign = buf_str(&parser->lexer.token)[0];
        advance(parser);
        buf_printf(parser->out, " %c ", sign);
        struct value right = unary(parser);
        bool integers = v.class == CLASS_INTEGER && right.class == CLASS_INTEGER;
        /* A quotient of numerics is a numeric of more digits than a double has. */
        if (!is_number(v.class) || !is_number(right.class) || (sign != '*' && !integers))
            return refuse(parser);
        v.class = integers ? CLASS_INTEGER : CLASS_DECIMAL;
        v.is_literal = false;
    }
    return v;
}

static struct value
sum(struct parser *parser)
{
    struct value v = product(parser);
    while (at_sign(parser, "+") || at_sign(parser, "-") || at_sign(parser, "||")) {
        bool joins = at_sign(parser, "||");
        buf_printf(parser->out, " %s ", buf_str(&parser->lexer.token));
        advance(parser);
        struct value right = product(parser);
        if (joins ? !is_text(v.class) || !is_text(right.class)
                  : !is_number(v.class) || !is_number(right.class))
            return refuse(parser);
        if (!joins && (v.class != CLASS_INTEGER || right.class != CLASS_INTEGER))
            v.class = CLASS_DECIMAL;
        v.is_literal = false;
    }
    return v;
}

/* Can two classes be compared, for order or for equality only? */
static bool
comparable(enum value_class a, enum value_class b, bool for_order)
{
    if (is_number(a) && is_number(b))
        return true;
    if (for_order)
        return a == b && (a == CLASS_DATE || a == CLASS_TIMESTAMP || a == CLASS_BOOL);
    return (a == b && a != CLASS_OTHER) || (is_text(a) && is_text(b));
}

/* = ANY (ARRAY[...]) is IN, <> ALL (ARRAY[...]) is NOT IN. */
static struct value
any_of(struct parser *parser, struct value left, bool negated)
{
    expect_sign(parser, "(");
    int parentheses = 0;
    while (take_sign(parser, "("))
        parentheses++;
    if (!take_word(parser, "array"))
        return refuse(parser);
    expect_sign(parser, "[");
    buf_puts(parser->out, negated ? " NOT IN (" : " IN (");
    for (bool first = true; !parser->refused && !at_sign(parser, "]"); first = false) {
        if (!first) {
            expect_sign(parser, ",");
            buf_puts(parser->out, ", ");
        }
        struct value item = expression(parser);
        if (!item.is_literal && !is_number(item.class))
            return refuse(parser);
        if (!comparable(left.class, item.class, false))
            return refuse(parser);
    }
    expect_sign(parser, "]");
    buf_putc(parser->out, ')');
    /* ::text[] behind the array, perhaps within parentheses, changes no label */
    for (;;) {
        if (take_sign(parser, "::")) {
            struct buf name = { 0 };
            bool is_array;
            type_name(parser, &name, &is_array);
            buf_deinit(&name);
        } else if (parentheses > 0 && take_sign(parser, ")")) {
            parentheses--;
        } else {
            break;
        }
    }
    expect_sign(parser, ")");
    return (struct value){ .class = CLASS_BOOL };
}

static struct value
comparison(struct parser *parser)
{
    static const struct {
        const char *sign;
        bool for_order;
    } signs[] = { { "=", false }, { "<>", false }, { "!=", false }, { "<", true },
                  { "<=", true }, { ">", true },   { ">=", true } };
    struct value v = sum(parser);
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        if (!at_sign(parser, signs[i].sign))
            continue;
        advance(parser);
        bool equal = strcmp(signs[i].sign, "=") == 0;
        if (take_word(parser, "any"))
            return equal ? any_of(parser, v, false) : refuse(parser);
        if (take_word(parser, "all"))
            return strcmp(signs[i].sign, "<>") == 0 ? any_of(parser, v, true) : refuse(parser);
        buf_printf(parser->out, " %s ", signs[i].sign);
        struct value right = sum(parser);
        if (!comparable(v.class, right.class, signs[i].for_order))
            return refuse(parser);
        return (struct value){ .class = CLASS_BOOL, .start = v.start };
    }
    return v;
}

static struct value
is_test(struct parser *parser)
{
    struct value v = comparison(parser);
    while (take_word(parser, "is")) {
        bool negated = take_word(parser, "not");
        buf_puts(parser->out, negated ? " IS NOT " : " IS ");
        if (take_word(parser, "null")) {
            buf_puts(parser->out, "NULL");
        } else if (take_word(parser, "true")) {
            buf_puts(parser->out, "TRUE");
        } else if (take_word(parser, "false")) {
            buf_puts(parser->out, "FALSE");
        } else if (take_word(parser, "distinct")) {
            if (!take_word(parser, "from"))
                return refuse(parser);
            /* IS DISTINCT FROM is SQLite's IS NOT, and the other way round */
            parser->out->len -= negated ? strlen(" IS NOT ") : strlen(" IS ");
            buf_puts(parser->out, negated ? " IS " : " IS NOT ");
            struct value right = sum(parser);
            if (!comparable(v.class, right.class, false) && !right.is_null)
                return refuse(parser);
        } else {
            return refuse(parser);
        }
        v = (struct value){ .class = CLASS_BOOL, .start = v.start };
    }
    return v;
}

static struct value
negation(struct parser *parser)
{
    if (!take_word(parser, "not"))
        return is_test(parser);
    if (++parser->depth > MAX_DEPTH)
        return refuse(parser);
    size_t start = parser->out->len;
    buf_puts(parser->out, "NOT ");
    struct value v = negation(parser);
    parser->depth--;
    if (v.class != CLASS_BOOL)
        return refuse(parser);
    v.start = start;
    v.is_literal = false;
    return v;
}

static struct value
logic(struct parser *parser, const char *operator_word, struct value (*operand)(struct parser *))
{
    struct value v = operand(parser);
    while (take_word(parser, operator_word)) {
        buf_printf(parser->out, " %s ", operator_word);
        struct value right = operand(parser);
        if (v.class != CLASS_BOOL || right.class != CLASS_BOOL)
            return refuse(parser);
        v.is_literal = false;
    }
    return v;
}

static struct value
conjunction(struct parser *parser)
{
    return logic(parser, "and", negation);
}

static struct value
expression(struct parser *parser)
{
    return logic(parser, "or", conjunction);
}

bool
translate(const struct translate_scope *scope, const char *sql, struct buf *out)
{
    struct parser parser = { .scope = scope, .lexer = { .p = sql }, .out = out };
    size_t before = out->len;
    buf_reserve(out, 0);
    advance(&parser);
    struct value v = expression(&parser);
    bool ok = !parser.refused && parser.lexer.kind == TOKEN_END &&
              (scope->purpose != TRANSLATE_CHECK || v.class == CLASS_BOOL) &&
              /* SQLite takes a string in an index for the name of a column */
              (scope->purpose != TRANSLATE_INDEX || !v.is_literal);
    buf_deinit(&parser.lexer.token);
    if (!ok) {
        out->len = before;
        if (out->data != NULL)
            out->data[before] = '\0';
    }
    return ok;
}
