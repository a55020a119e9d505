/* SPDX-License-Identifier: PostgreSQL */
#include "load/lexer.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

static bool
is_word_byte(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

static void
read_quoted(struct lexer *lexer, char quote, bool backslashes)
{
    lexer->p++;
    for (;; lexer->p++) {
        if (*lexer->p == '\0') {
            lexer->kind = TOKEN_BAD;
            return;
        }
        if (*lexer->p == quote && lexer->p[1] != quote)
            break;
        if (*lexer->p == quote)
            lexer->p++;
        else if (backslashes && *lexer->p == '\\' && lexer->p[1] == '\\')
            lexer->p++;
        else if (backslashes && *lexer->p == '\\') {
            lexer->kind = TOKEN_BAD; /* pg_get_expr writes no other escape */
            return;
        }
        buf_putc(&lexer->token, *lexer->p);
    }
    lexer->p++;
}

size_t
lexer_number(const char *p)
{
    assert(p != NULL);
    static const char digits[] = "0123456789";
    size_t whole = strspn(p, digits), len = whole;
    if (p[len] == '.')
        len += 1 + strspn(p + len + 1, digits);
    if (len == 0 || (whole == 0 && len == 1))
        return 0;
    if (p[len] != 'e' && p[len] != 'E')
        return len;
    size_t sign = p[len + 1] == '-' || p[len + 1] == '+';
    size_t exponent = strspn(p + len + 1 + sign, digits);
    return exponent > 0 ? len + 1 + sign + exponent : 0;
}

static void
read_number(struct lexer *lexer)
{
    size_t len = lexer_number(lexer->p);
    buf_add(&lexer->token, lexer->p, len);
    lexer->p += len;
    if (len == 0 || is_word_byte(*lexer->p) || *lexer->p == '.')
        lexer->kind = TOKEN_BAD;
}

static void
read_sign(struct lexer *lexer)
{
    static const char *const pairs[] = { "::", "<>", "<=", ">=", "||", "!=" };
    static const char operator_bytes[] = "+-*/<>=~!@#%^&|`?";
    size_t len = 1, run = strspn(lexer->p, operator_bytes);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (strncmp(lexer->p, pairs[i], 2) == 0)
            len = 2;
    /* An operator of more letters, like ~~* or ->>, is none that is known here. */
    bool is_known = run <= len || (len == 1 && lexer->p[1] == '-');
    lexer->kind = is_known ? TOKEN_SIGN : TOKEN_BAD;
    buf_add(&lexer->token, lexer->p, len);
    lexer->p += len;
}

void
lexer_next(struct lexer *lexer)
{
    buf_reset(&lexer->token);
    while (isspace((unsigned char)*lexer->p))
        lexer->p++;
    char c = *lexer->p;
    if (c == '\0') {
        lexer->kind = TOKEN_END;
    } else if (c == '\'' || (c == 'E' && lexer->p[1] == '\'')) {
        lexer->kind = TOKEN_STRING;
        lexer->p += c == 'E';
        read_quoted(lexer, '\'', c == 'E');
    } else if (c == '"') {
        lexer->kind = TOKEN_NAME;
        read_quoted(lexer, '"', false);
    } else if (isdigit((unsigned char)c) || (c == '.' && isdigit((unsigned char)lexer->p[1]))) {
        lexer->kind = TOKEN_NUMBER;
        read_number(lexer);
    } else if (is_word_byte(c)) {
        lexer->kind = TOKEN_WORD;
        for (; is_word_byte(*lexer->p); lexer->p++)
            buf_putc(&lexer->token, (char)tolower((unsigned char)*lexer->p));
    } else {
        read_sign(lexer);
    }
}
