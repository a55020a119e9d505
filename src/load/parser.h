/* SPDX-License-Identifier: PostgreSQL */
/* What the parts of the translator share: the token at hand, the output, and the classes of values.
 * After a refusal every function returns at once. */
#ifndef LOAD_PARSER_H
#define LOAD_PARSER_H

#include "load/expression.h"
#include "load/lexer.h"

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

static inline bool is_number(enum value_class class)
{
    return class == CLASS_INTEGER || class == CLASS_DECIMAL || class == CLASS_FLOAT;
}

static inline bool is_text(enum value_class class)
{
    return class == CLASS_TEXT || class == CLASS_NOCASE;
}

struct value parser_refuse(struct parser *parser);
void parser_advance(struct parser *parser);
bool parser_at_sign(const struct parser *parser, const char *sign);
bool parser_at_word(const struct parser *parser, const char *word);
bool parser_take_sign(struct parser *parser, const char *sign); /* if it is there */
bool parser_take_word(struct parser *parser, const char *word);
void parser_expect_sign(struct parser *parser, const char *sign); /* or refuses */

/* A type name after "::", as format_type() spells it; the modifier is skipped. */
void parser_type_name(struct parser *parser, struct buf *name, bool *is_array);

/* Puts out the time at hand (CLASS_TIMESTAMP) or the day (CLASS_DATE), as the profile spells them.
 */
void parser_put_time(struct parser *parser, enum value_class class);

/* Gives the whole expression, put out last, the form of the column that it is the default of: a
 * date gets the day of now(), a timestamp the midnight of CURRENT_DATE. False: it has none. */
bool parser_assign(struct parser *parser, const struct value *v);

/* Reads the type behind a "::" and applies it to `v`, which was put out last. */
struct value parser_cast(struct parser *parser, struct value v);

#endif
