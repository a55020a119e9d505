/* SPDX-License-Identifier: PostgreSQL */
/* SQL that others wrote, cut into statements as psql and the server cut it (standard_conforming_
 * strings on). Nothing is understood but words, quotes, comments and parentheses. */
#ifndef PG_STATEMENT_H
#define PG_STATEMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/mem.h"

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

/* ---- parts of a statement: texts from `p` to before `end`, words in capitals */

/* Behind the first such word outside parentheses; NULL: it is not there. */
const char *sql_behind_word(const char *p, const char *end, const char *word);

/* What stands in the next pair of parentheses, in `arena`; *behind is behind it. NULL: none comes
 * next. */
const char *sql_in_parentheses(const char *p, const char *end, struct arena *arena,
                               const char **behind);

/* The text up to one of the words (the list ends with NULL), or a comma, outside parentheses; in
 * `arena`. *behind is where it ends. */
const char *sql_until(const char *p, const char *end, const char *const *words, struct arena *arena,
                      const char **behind);

/* The statement without the first of each of at most 32 words; in `arena`. */
const char *sql_without_words(const char *sql, const char *const *words, struct arena *arena);

#endif
