/* SPDX-License-Identifier: PostgreSQL */
/*
 * A recursive descent over the operators of PostgreSQL (its manual, section 4.1.6). Each function
 * appends the translation of what it read to parser->out and says what class of value it is; after
 * a refusal everything returns at once. The class keeps comparisons apart that would mean something
 * else on the stored form, e.g. an order of text.
 */
#include "load/translate.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "load/parser.h"

enum { MAX_DEPTH = 100 };

static struct value expression(struct parser *parser);

struct function {
    const char *name, *target; /* NULL: the time at hand, as the profile spells it */
    int least, most;           /* arguments */
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
    { "now", NULL, 0, 0, CLASS_OTHER, CLASS_TIMESTAMP, true },
    { "transaction_timestamp", NULL, 0, 0, CLASS_OTHER, CLASS_TIMESTAMP, true },
    { "statement_timestamp", NULL, 0, 0, CLASS_OTHER, CLASS_TIMESTAMP, true },
    { "clock_timestamp", NULL, 0, 0, CLASS_OTHER, CLASS_TIMESTAMP, true },
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
        (f->result == CLASS_UUID && parser->scope->profile->has_hex_uuids))
        return parser_refuse(parser);
    struct value v = { .class = f->result, .start = parser->out->len };
    if (f->target == NULL)
        parser_put_time(parser, f->result);
    else
        buf_puts(parser->out, f->target);
    int n = 0;
    for (; !parser->refused && !parser_at_sign(parser, ")"); n++) {
        if (n > 0) {
            parser_expect_sign(parser, ",");
            buf_putc(parser->out, ',');
        }
        struct value argument = expression(parser);
        bool fits =
            f->argument == CLASS_OTHER ||
            (f->argument == CLASS_TEXT ? is_text(argument.class) : is_number(argument.class));
        if (!fits)
            return parser_refuse(parser);
        if (f->result == CLASS_OTHER && (n == 0 || v.class == CLASS_OTHER))
            v.class = argument.class; /* coalesce is what its first argument is */
    }
    parser_expect_sign(parser, ")");
    if (n < f->least || n > f->most)
        return parser_refuse(parser);
    if (f->target != NULL && f->target[strlen(f->target) - 1] == '(')
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
        return parser_refuse(parser);
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
    while (parser_take_word(parser, "when")) {
        buf_puts(parser->out, " WHEN ");
        if (expression(parser).class != CLASS_BOOL || !parser_take_word(parser, "then"))
            return parser_refuse(parser);
        buf_puts(parser->out, " THEN ");
        struct value branch = expression(parser);
        if (first)
            v.class = branch.class;
        first = false;
    }
    if (first)
        return parser_refuse(parser);
    if (parser_take_word(parser, "else")) {
        buf_puts(parser->out, " ELSE ");
        expression(parser);
    }
    if (!parser_take_word(parser, "end"))
        return parser_refuse(parser);
    buf_puts(parser->out, " END");
    return v;
}

static struct value
word(struct parser *parser)
{
    assert(parser != NULL);
    static const struct {
        const char *word, *target;
        enum value_class class;
        bool in_default_only;
    } constants[] = {
        { "true", "1", CLASS_BOOL, false },
        { "false", "0", CLASS_BOOL, false },
        { "null", "NULL", CLASS_OTHER, false },
        { "current_timestamp", NULL, CLASS_TIMESTAMP, true },
        { "localtimestamp", NULL, CLASS_TIMESTAMP, true },
        { "current_date", NULL, CLASS_DATE, true },
    };
    struct value v = { .start = parser->out->len };
    for (size_t i = 0; i < sizeof constants / sizeof *constants; i++)
        if (parser_at_word(parser, constants[i].word)) {
            if (constants[i].in_default_only && parser->scope->purpose != TRANSLATE_DEFAULT)
                return parser_refuse(parser);
            parser_advance(parser);
            if (constants[i].target == NULL)
                parser_put_time(parser, constants[i].class);
            else
                buf_puts(parser->out, constants[i].target);
            v.class = constants[i].class;
            v.is_null = constants[i].class == CLASS_OTHER;
            return v;
        }
    if (parser_take_word(parser, "case"))
        return case_when(parser);
    char *name = mem_strdup(buf_str(&parser->lexer.token));
    parser_advance(parser);
    while (parser_take_sign(parser, ".")) { /* a function's schema: those of others are unknown */
        if (strcmp(name, "pg_catalog") != 0) {
            free(name);
            return parser_refuse(parser);
        }
        free(name);
        name = mem_strdup(buf_str(&parser->lexer.token));
        parser_advance(parser);
    }
    v = parser_take_sign(parser, "(") ? call(parser, name) : column(parser, name);
    free(name);
    return v;
}

static struct value
primary(struct parser *parser)
{
    struct value v = { .class = CLASS_OTHER, .start = parser->out->len };
    if (++parser->depth > MAX_DEPTH)
        return parser_refuse(parser);
    if (parser_take_sign(parser, "(")) {
        buf_putc(parser->out, '(');
        struct value inner = expression(parser);
        parser_expect_sign(parser, ")");
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
        parser_advance(parser);
    } else if (parser->lexer.kind == TOKEN_STRING) {
        v.class = CLASS_TEXT;
        v.is_literal = true;
        db_quote_text(parser->out, buf_str(&parser->lexer.token));
        parser_advance(parser);
    } else if (parser->lexer.kind == TOKEN_WORD || parser->lexer.kind == TOKEN_NAME) {
        v = word(parser);
    } else {
        v = parser_refuse(parser);
    }
    while (!parser->refused && parser_take_sign(parser, "::"))
        v = parser_cast(parser, v);
    parser->depth--;
    return v;
}

static struct value
unary(struct parser *parser)
{
    size_t start = parser->out->len;
    if (!parser_take_sign(parser, "-"))
        return primary(parser);
    buf_putc(parser->out, '-');
    struct value v = primary(parser);
    /* "--" begins a comment */
    if (!is_number(v.class) || parser->out->data[start + 1] == '-')
        return parser_refuse(parser);
    v.start = start;
    return v;
}

static struct value
product(struct parser *parser)
{
    struct value v = unary(parser);
    while (parser_at_sign(parser, "*") || parser_at_sign(parser, "/") ||
           parser_at_sign(parser, "%")) {
        char sign = buf_str(&parser->lexer.token)[0];
        parser_advance(parser);
        buf_printf(parser->out, " %c ", sign);
        struct value right = unary(parser);
        bool integers = v.class == CLASS_INTEGER && right.class == CLASS_INTEGER;
        /* A quotient of numerics is a numeric of more digits than a double has. */
        if (!is_number(v.class) || !is_number(right.class) || (sign != '*' && !integers))
            return parser_refuse(parser);
        v.class = integers ? CLASS_INTEGER : CLASS_DECIMAL;
        v.is_literal = false;
    }
    return v;
}

static struct value
sum(struct parser *parser)
{
    struct value v = product(parser);
    while (parser_at_sign(parser, "+") || parser_at_sign(parser, "-") ||
           parser_at_sign(parser, "||")) {
        bool joins = parser_at_sign(parser, "||");
        buf_printf(parser->out, " %s ", buf_str(&parser->lexer.token));
        parser_advance(parser);
        struct value right = product(parser);
        if (joins ? !is_text(v.class) || !is_text(right.class)
                  : !is_number(v.class) || !is_number(right.class))
            return parser_refuse(parser);
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
    parser_expect_sign(parser, "(");
    int parentheses = 0;
    while (parser_take_sign(parser, "("))
        parentheses++;
    if (!parser_take_word(parser, "array"))
        return parser_refuse(parser);
    parser_expect_sign(parser, "[");
    buf_puts(parser->out, negated ? " NOT IN (" : " IN (");
    for (bool first = true; !parser->refused && !parser_at_sign(parser, "]"); first = false) {
        if (!first) {
            parser_expect_sign(parser, ",");
            buf_puts(parser->out, ", ");
        }
        struct value item = expression(parser);
        if (!item.is_literal && !is_number(item.class))
            return parser_refuse(parser);
        if (!comparable(left.class, item.class, false))
            return parser_refuse(parser);
    }
    parser_expect_sign(parser, "]");
    buf_putc(parser->out, ')');
    /* ::text[] behind the array, perhaps within parentheses, changes no label */
    for (;;) {
        if (parser_take_sign(parser, "::")) {
            struct buf name = { 0 };
            bool is_array;
            parser_type_name(parser, &name, &is_array);
            buf_deinit(&name);
        } else if (parentheses > 0 && parser_take_sign(parser, ")")) {
            parentheses--;
        } else {
            break;
        }
    }
    parser_expect_sign(parser, ")");
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
        if (!parser_at_sign(parser, signs[i].sign))
            continue;
        parser_advance(parser);
        bool equal = strcmp(signs[i].sign, "=") == 0;
        if (parser_take_word(parser, "any"))
            return equal ? any_of(parser, v, false) : parser_refuse(parser);
        if (parser_take_word(parser, "all"))
            return strcmp(signs[i].sign, "<>") == 0 ? any_of(parser, v, true)
                                                    : parser_refuse(parser);
        buf_printf(parser->out, " %s ", signs[i].sign);
        struct value right = sum(parser);
        if (!comparable(v.class, right.class, signs[i].for_order))
            return parser_refuse(parser);
        return (struct value){ .class = CLASS_BOOL, .start = v.start };
    }
    return v;
}

static struct value
is_test(struct parser *parser)
{
    struct value v = comparison(parser);
    while (parser_take_word(parser, "is")) {
        bool negated = parser_take_word(parser, "not");
        buf_puts(parser->out, negated ? " IS NOT " : " IS ");
        if (parser_take_word(parser, "null")) {
            buf_puts(parser->out, "NULL");
        } else if (parser_take_word(parser, "true")) {
            buf_puts(parser->out, "TRUE");
        } else if (parser_take_word(parser, "false")) {
            buf_puts(parser->out, "FALSE");
        } else if (parser_take_word(parser, "distinct")) {
            if (!parser_take_word(parser, "from"))
                return parser_refuse(parser);
            /* IS DISTINCT FROM is SQLite's IS NOT, and the other way round */
            parser->out->len -= negated ? strlen(" IS NOT ") : strlen(" IS ");
            buf_puts(parser->out, negated ? " IS " : " IS NOT ");
            struct value right = sum(parser);
            if (!comparable(v.class, right.class, false) && !right.is_null)
                return parser_refuse(parser);
        } else {
            return parser_refuse(parser);
        }
        v = (struct value){ .class = CLASS_BOOL, .start = v.start };
    }
    return v;
}

static struct value
negation(struct parser *parser)
{
    if (!parser_take_word(parser, "not"))
        return is_test(parser);
    if (++parser->depth > MAX_DEPTH)
        return parser_refuse(parser);
    size_t start = parser->out->len;
    buf_puts(parser->out, "NOT ");
    struct value v = negation(parser);
    parser->depth--;
    if (v.class != CLASS_BOOL)
        return parser_refuse(parser);
    v.start = start;
    v.is_literal = false;
    return v;
}

static struct value
logic(struct parser *parser, const char *operator_word, struct value (*operand)(struct parser *))
{
    struct value v = operand(parser);
    while (parser_take_word(parser, operator_word)) {
        buf_printf(parser->out, " %s ", operator_word);
        struct value right = operand(parser);
        if (v.class != CLASS_BOOL || right.class != CLASS_BOOL)
            return parser_refuse(parser);
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
    assert(sql != NULL && scope->profile != NULL);
    struct parser parser = { .scope = scope, .lexer = { .p = sql }, .out = out };
    size_t before = out->len;
    buf_reserve(out, 0);
    parser_advance(&parser);
    struct value v = expression(&parser);
    bool ok = !parser.refused && parser.lexer.kind == TOKEN_END &&
              (scope->purpose != TRANSLATE_CHECK || v.class == CLASS_BOOL) &&
              /* SQLite takes a string in an index for the name of a column */
              (scope->purpose != TRANSLATE_INDEX || !v.is_literal) && parser_assign(&parser, &v);
    buf_deinit(&parser.lexer.token);
    if (!ok) {
        out->len = before;
        if (out->data != NULL)
            out->data[before] = '\0';
    }
    return ok;
}

bool
translate_is_wrapped(const char *sql)
{
    int depth = 0;
    char quote = '\0';
    for (const char *p = sql; *p != '\0'; p++) {
        if (quote != '\0') {
            quote = *p == quote ? '\0' : quote; /* a doubled one opens again at once */
            continue;
        }
        if (*p == '\'' || *p == '"')
            quote = *p;
        depth += *p == '(' ? 1 : *p == ')' ? -1 : 0;
        if (depth == 0 && p[1] != '\0')
            return false;
    }
    return sql[0] == '(' && depth == 0;
}
