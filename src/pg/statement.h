/* SPDX-License-Identifier: PostgreSQL */
/* SQL that others wrote, cut into statements as psql and the server cut it (standard_conforming_
 * strings on). Nothing is understood but words, quotes, comments and parentheses. */
#ifndef PG_STATEMENT_H
#define PG_STATEMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* A statement inside its text: from its first word to before its semicolon. */
struct statement {
    const char *text;
    size_t len;
    int line;         /* of its first word in the text that is read; the first is 1 */
    bool has_command; /* a backslash where psql has commands of its own: the reading ends there */
};

/* Where the reading stands; begins with `p` at the text, `end` behind it, and line 1. */
struct statements {
    const char *p, *end;
    int line;
};

/* The next statement; false at the end. Empty ones are left out. */
bool statement_next(struct statements *statements, struct statement *out);

/* Word number `n` from 0, in capitals, cut to `size` bytes; "" where there are fewer, or something
 * that is no word stands before it. */
const char *statement_word(const struct statement *statement, int n, char *word, size_t size);

/* Does it contain the word (in capitals), outside quotes, comments and parentheses? */
bool statement_has(const struct statement *statement, const char *word);

/* Does it refer to a parameter, as $1? */
bool statement_has_parameter(const struct statement *statement);

/* Appends it on one line, without comments; where `cut`, strings are '…' and numbers 0. */
void statement_put(const struct statement *statement, bool cut, struct buf *out);

/* ---- what these are made of */

enum sql_kind {
    SQL_SPACE, /* and comments */
    SQL_WORD,
    SQL_NAME,   /* in double quotes */
    SQL_STRING, /* of any kind */
    SQL_NUMBER,
    SQL_PARAMETER,
    SQL_SIGN, /* one byte */
};

/* The length of the token at `p`, which is before `end`. One that does not end reaches `end`. */
size_t sql_token(const char *p, const char *end, enum sql_kind *kind);

#endif
