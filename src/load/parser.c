/* SPDX-License-Identifier: PostgreSQL */
#include "load/parser.h"

#include <assert.h>
#include <string.h>

struct value
parser_refuse(struct parser *parser)
{
    assert(parser != NULL);
    parser->refused = true;
    parser->lexer.kind = TOKEN_END;
    return (struct value){ .class = CLASS_OTHER };
}

void
parser_advance(struct parser *parser)
{
    if (!parser->refused)
        lexer_next(&parser->lexer);
    if (parser->lexer.kind == TOKEN_BAD)
        parser_refuse(parser);
}

bool
parser_at_sign(const struct parser *parser, const char *sign)
{
    assert(sign[0] != '\0');
    return parser->lexer.kind == TOKEN_SIGN && strcmp(buf_str(&parser->lexer.token), sign) == 0;
}

bool
parser_at_word(const struct parser *parser, const char *word)
{
    assert(word[0] != '\0');
    return parser->lexer.kind == TOKEN_WORD && strcmp(buf_str(&parser->lexer.token), word) == 0;
}

bool
parser_take_sign(struct parser *parser, const char *sign)
{
    bool found = parser_at_sign(parser, sign);
    if (found)
        parser_advance(parser);
    return found;
}

bool
parser_take_word(struct parser *parser, const char *word)
{
    bool found = parser_at_word(parser, word);
    if (found)
        parser_advance(parser);
    return found;
}

void
parser_expect_sign(struct parser *parser, const char *sign)
{
    if (!parser_take_sign(parser, sign))
        parser_refuse(parser);
}
