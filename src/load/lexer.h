/* SPDX-License-Identifier: PostgreSQL */
/* The tokens of an expression as pg_get_expr() prints it. */
#ifndef LOAD_LEXER_H
#define LOAD_LEXER_H

#include "base/buf.h"

enum token_kind {
    TOKEN_END,
    TOKEN_WORD,   /* unquoted; folded to lower case */
    TOKEN_NAME,   /* quoted */
    TOKEN_STRING, /* its content */
    TOKEN_NUMBER,
    TOKEN_SIGN, /* operator or punctuation */
    TOKEN_BAD,
};

struct lexer {
    const char *p; /* behind the token */
    enum token_kind kind;
    struct buf token;
};

/* Reads the next token. TOKEN_BAD: it is none that pg_get_expr() writes. */
void lexer_next(struct lexer *lexer);

/* The length of the number at `p`: digits with a point among or before them, perhaps an exponent.
 * 0: there is none. */
size_t lexer_number(const char *p);

#endif
