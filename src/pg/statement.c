/* SPDX-License-Identifier: PostgreSQL */
#include "pg/statement.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>
#include <strings.h>

/* ---- tokens: chapter 4.1 of PostgreSQL's manual */

static bool
begins_word(char c)
{
    return isalpha((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

static bool
is_in_word(char c)
{
    return begins_word(c) || isdigit((unsigned char)c) || c == '$';
}

/* Behind the closing quote, or the end. */
static const char *
skip_quoted(const char *p, const char *end, char quote, bool has_escapes)
{
    for (p++; p < end; p++) {
        if (has_escapes && *p == '\\' && p + 1 < end)
            p++;
        else if (*p == quote && p + 1 < end && p[1] == quote)
            p++;
        else if (*p == quote)
            return p + 1;
    }
    return end;
}

static const char *
skip_block_comment(const char *p, const char *end)
{
    int depth = 0;
    while (p + 1 < end) {
        bool opens = p[0] == '/' && p[1] == '*', closes = p[0] == '*' && p[1] == '/';
        depth += opens - closes;
        p += opens || closes ? 2 : 1;
        if (depth == 0)
            return p;
    }
    return end;
}

/* $tag$ ... $tag$; NULL where `p` begins no such string. */
static const char *
skip_dollar(const char *p, const char *end)
{
    const char *tag = p + 1;
    if (tag < end && begins_word(*tag))
        while (tag < end && is_in_word(*tag) && *tag != '$')
            tag++;
    if (tag >= end || *tag != '$')
        return NULL;
    size_t len = (size_t)(tag + 1 - p);
    const char *last = memmem(tag + 1, (size_t)(end - tag - 1), p, len);
    return last != NULL ? last + len : end;
}

static const char *
skip_space(const char *p, const char *end)
{
    if (isspace((unsigned char)*p)) {
        while (p < end && isspace((unsigned char)*p))
            p++;
    } else if (p + 1 < end && p[0] == '-' && p[1] == '-') {
        while (p < end && *p != '\n')
            p++;
    } else if (p + 1 < end && p[0] == '/' && p[1] == '*') {
        return skip_block_comment(p, end);
    }
    return p;
}

/* Letters that stand right before a quote and belong to the string. */
static size_t
prefix_of_string(const char *p, const char *end)
{
    size_t left = (size_t)(end - p);
    if (left > 1 && strchr("eEbBxXnN", *p) != NULL && p[1] == '\'')
        return 1;
    bool is_unicode = left > 2 && (*p == 'u' || *p == 'U') && p[1] == '&';
    return is_unicode && (p[2] == '\'' || p[2] == '"') ? 2 : 0;
}

static const char *
skip_number(const char *p, const char *end)
{
    while (p < end && (isalnum((unsigned char)*p) || *p == '_' || *p == '.' ||
                       ((*p == '+' || *p == '-') && (p[-1] == 'e' || p[-1] == 'E'))))
        p++;
    return p;
}

static const char *
skip_word(const char *p, const char *end)
{
    while (p < end && is_in_word(*p))
        p++;
    return p;
}

static const char *
skip_dollar_token(const char *p, const char *end, enum sql_kind *kind)
{
    const char *behind = skip_dollar(p, end);
    if (behind != NULL) {
        *kind = SQL_STRING;
        return behind;
    }
    for (behind = p + 1; behind < end && isdigit((unsigned char)*behind);)
        behind++;
    *kind = behind > p + 1 ? SQL_PARAMETER : SQL_SIGN;
    return behind;
}

size_t
sql_token(const char *p, const char *end, enum sql_kind *kind)
{
    assert(p < end && kind != NULL);
    const char *behind = skip_space(p, end);
    size_t prefix = prefix_of_string(p, end);
    char first = p[prefix];
    if (behind > p) {
        *kind = SQL_SPACE;
    } else if (first == '\'' || first == '"') {
        *kind = first == '"' ? SQL_NAME : SQL_STRING;
        behind = skip_quoted(p + prefix, end, first, prefix == 1 && (*p == 'e' || *p == 'E'));
    } else if (begins_word(*p)) {
        *kind = SQL_WORD;
        behind = skip_word(p, end);
    } else if (isdigit((unsigned char)*p)) {
        *kind = SQL_NUMBER;
        behind = skip_number(p, end);
    } else if (*p == '$') {
        behind = skip_dollar_token(p, end, kind);
    } else {
        *kind = SQL_SIGN;
        behind = p + 1;
    }
    return (size_t)(behind - p);
}

static bool
is_word(const char *p, size_t len, const char *word)
{
    return strlen(word) == len && strncasecmp(p, word, len) == 0;
}

/* ---- statements: a semicolon ends one, but in parentheses and in a body that BEGIN ATOMIC opens
 */

struct nesting {
    int parentheses, bodies, words;
    bool makes, makes_routine; /* CREATE; CREATE [OR REPLACE] FUNCTION or PROCEDURE */
};

static void
nest_word(struct nesting *nesting, const char *p, size_t len)
{
    nesting->words++;
    if (nesting->words == 1)
        nesting->makes = is_word(p, len, "create");
    if (nesting->makes && nesting->words <= 4)
        nesting->makes_routine |= is_word(p, len, "function") || is_word(p, len, "procedure");
    if (!nesting->makes_routine || nesting->parentheses > 0)
        return;
    if (is_word(p, len, "begin") || (nesting->bodies > 0 && is_word(p, len, "case")))
        nesting->bodies++;
    else if (nesting->bodies > 0 && is_word(p, len, "end"))
        nesting->bodies--;
}

static void
nest_sign(struct nesting *nesting, char c)
{
    if (c == '(')
        nesting->parentheses++;
    else if (c == ')' && nesting->parentheses > 0)
        nesting->parentheses--;
}

static int
lines_in(const char *p, size_t len)
{
    int n = 0;
    for (size_t i = 0; i < len; i++)
        n += p[i] == '\n';
    return n;
}

bool
statement_next(struct statements *statements, struct statement *out)
{
    assert(statements != NULL && out != NULL);
    struct nesting nesting = { 0 };
    *out = (struct statement){ 0 };
    while (statements->p < statements->end) {
        const char *p = statements->p;
        enum sql_kind kind;
        size_t len = sql_token(p, statements->end, &kind);
        bool is_end =
            kind == SQL_SIGN && *p == ';' && nesting.parentheses == 0 && nesting.bodies == 0;
        if (kind == SQL_SIGN && *p == '\\') {
            out->has_command = true;
            out->line = out->text != NULL ? out->line : statements->line;
            return true;
        }
        statements->p += len;
        if (kind != SQL_SPACE && !is_end) {
            out->line = out->text != NULL ? out->line : statements->line;
            out->text = out->text != NULL ? out->text : p;
            out->len = (size_t)(p + len - out->text);
        }
        statements->line += lines_in(p, len);
        if (kind == SQL_WORD)
            nest_word(&nesting, p, len);
        else if (kind == SQL_SIGN)
            nest_sign(&nesting, *p);
        if (is_end && out->text != NULL)
            return true;
    }
    return out->text != NULL;
}

const char *
statement_word(const struct statement *statement, int n, char *word, size_t size)
{
    assert(statement != NULL && n >= 0 && size > 0);
    const char *p = statement->text, *end = p + statement->len;
    word[0] = '\0';
    while (p < end) {
        enum sql_kind kind;
        size_t len = sql_token(p, end, &kind);
        if (kind != SQL_SPACE && kind != SQL_WORD)
            break;
        if (kind == SQL_WORD && n-- == 0) {
            size_t shown = len < size ? len : size - 1;
            for (size_t i = 0; i < shown; i++)
                word[i] = (char)toupper((unsigned char)p[i]);
            word[shown] = '\0';
            break;
        }
        p += len;
    }
    return word;
}

bool
statement_has(const struct statement *statement, const char *word)
{
    assert(statement != NULL && word != NULL);
    const char *p = statement->text, *end = p + statement->len;
    struct nesting nesting = { 0 };
    while (p < end) {
        enum sql_kind kind;
        size_t len = sql_token(p, end, &kind);
        if (kind == SQL_WORD && nesting.parentheses == 0 && is_word(p, len, word))
            return true;
        if (kind == SQL_SIGN)
            nest_sign(&nesting, *p);
        p += len;
    }
    return false;
}

bool
statement_has_parameter(const struct statement *statement)
{
    assert(statement != NULL);
    const char *p = statement->text, *end = p + statement->len;
    while (p < end) {
        enum sql_kind kind;
        p += sql_token(p, end, &kind);
        if (kind == SQL_PARAMETER)
            return true;
    }
    return false;
}

void
statement_put(const struct statement *statement, bool cut, struct buf *out)
{
    assert(statement != NULL && out != NULL);
    const char *p = statement->text, *end = p + statement->len;
    bool is_first = true, had_space = false;
    while (p < end) {
        enum sql_kind kind;
        size_t len = sql_token(p, end, &kind);
        if (kind != SQL_SPACE && had_space && !is_first)
            buf_putc(out, ' ');
        had_space = kind == SQL_SPACE;
        is_first &= kind == SQL_SPACE;
        if (cut && kind == SQL_STRING)
            buf_puts(out, "'…'");
        else if (cut && kind == SQL_NUMBER)
            buf_putc(out, '0');
        else if (kind != SQL_SPACE)
            buf_add(out, p, len);
        p += len;
    }
}

/* ---- parts of a statement */

const char *
sql_behind_word(const char *p, const char *end, const char *word)
{
    int depth = 0;
    while (p < end) {
        enum sql_kind kind;
        size_t len = sql_token(p, end, &kind);
        if (kind == SQL_WORD && depth == 0 && strlen(word) == len && strncasecmp(p, word, len) == 0)
            return p + len;
        depth += kind == SQL_SIGN ? (*p == '(') - (*p == ')') : 0;
        p += len;
    }
    return NULL;
}

const char *
sql_in_parentheses(const char *p, const char *end, struct arena *arena, const char **behind)
{
    int depth = 0;
    const char *begin = NULL;
    while (p < end) {
        enum sql_kind kind;
        size_t len = sql_token(p, end, &kind);
        if (kind == SQL_SIGN && *p == '(' && depth++ == 0)
            begin = p + 1;
        else if (kind == SQL_SIGN && *p == ')' && --depth == 0) {
            *behind = p + 1;
            return arena_strndup(arena, begin, (size_t)(p - begin));
        }
        p += len;
    }
    return NULL;
}

const char *
sql_until(const char *p, const char *end, const char *const *words, struct arena *arena,
          const char **behind)
{
    const char *begin = p;
    int depth = 0;
    while (p < end) {
        enum sql_kind kind;
        size_t len = sql_token(p, end, &kind);
        bool ends = depth == 0 && kind == SQL_SIGN && *p == ',';
        for (const char *const *word = words; !ends && *word != NULL; word++)
            ends = kind == SQL_WORD && depth == 0 && strlen(*word) == len &&
                   strncasecmp(p, *word, len) == 0;
        if (ends)
            break;
        depth += kind == SQL_SIGN ? (*p == '(') - (*p == ')') : 0;
        p += len;
    }
    *behind = p;
    return arena_strndup(arena, begin, (size_t)(p - begin));
}

const char *
sql_without_words(const char *sql, const char *const *words, struct arena *arena)
{
    struct buf out = { 0 };
    const char *end = sql + strlen(sql);
    unsigned gone = 0; /* a bit for each word */
    while (sql < end) {
        enum sql_kind kind;
        size_t len = sql_token(sql, end, &kind);
        bool goes = false;
        for (int i = 0; kind == SQL_WORD && !goes && words[i] != NULL; i++) {
            goes = (gone >> i & 1) == 0 && strlen(words[i]) == len &&
                   strncasecmp(sql, words[i], len) == 0;
            gone |= goes ? 1U << i : 0;
        }
        if (!goes)
            buf_add(&out, sql, len);
        sql += len;
    }
    const char *text = arena_strdup(arena, buf_str(&out));
    buf_deinit(&out);
    return text;
}
