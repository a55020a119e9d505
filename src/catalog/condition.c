/* SPDX-License-Identifier: PostgreSQL */
#include "catalog/condition.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>
#include <strings.h>

/* A token: `len` bytes at `at`; only words, quoted names and signs are told apart. */
struct token {
    enum { END, WORD, NAME, SIGN, OTHER } kind;
    const char *at;
    size_t len;
};

static bool
begins_word(char c)
{
    return isalpha((unsigned char)c) || c == '_' || (c & 0x80) != 0;
}

static bool
is_of_word(char c)
{
    return begins_word(c) || isdigit((unsigned char)c) || c == '$';
}

/* Behind blanks and comments; those of C nest. */
static const char *
skip_blanks(const char *p)
{
    for (;;) {
        p += strspn(p, " \t\n\r\f\v");
        if (strncmp(p, "--", 2) == 0) {
            p += strcspn(p, "\n");
        } else if (strncmp(p, "/*", 2) == 0) {
            int depth = 1;
            for (p += 2; *p != '\0' && depth > 0; p++)
                if (strncmp(p, "/*", 2) == 0 || strncmp(p, "*/", 2) == 0)
                    depth += *p++ == '/' ? 1 : -1;
        } else {
            return p;
        }
    }
}

/* Behind the closing quote, which stands twice where it is meant itself. */
static const char *
skip_quoted(const char *p, bool escapes)
{
    char quote = *p++;
    for (; *p != '\0'; p++) {
        if (*p == quote && *++p != quote)
            return p;
        if (escapes && *p == '\\' && p[1] != '\0')
            p++;
    }
    return p;
}

/* $tag$...$tag$, or p where none begins. */
static const char *
skip_dollars(const char *p)
{
    size_t len = 1;
    while (is_of_word(p[len]) && p[len] != '$')
        len++;
    if (p[len++] != '$')
        return p;
    for (const char *q = p + len; *q != '\0'; q++)
        if (strncmp(q, p, len) == 0)
            return q + len;
    return p + strlen(p);
}

static struct token
next_token(const char *p)
{
    struct token t = { .kind = OTHER, .at = skip_blanks(p) };
    const char *end = t.at;
    if (*t.at == '\0') {
        t.kind = END;
    } else if (strncasecmp(t.at, "e'", 2) == 0) {
        end = skip_quoted(t.at + 1, true);
    } else if (begins_word(*t.at)) {
        t.kind = WORD;
        while (is_of_word(*end))
            end++;
    } else if (*t.at == '"') {
        t.kind = NAME;
        end = skip_quoted(t.at, false);
    } else if (*t.at == '\'') {
        end = skip_quoted(t.at, false);
    } else if (isdigit((unsigned char)*t.at)) {
        while (is_of_word(*end) || *end == '.')
            end++;
    } else if (*t.at == '$' && skip_dollars(t.at) != t.at) {
        end = skip_dollars(t.at);
    } else {
        t.kind = SIGN;
        end++;
    }
    t.len = (size_t)(end - t.at);
    return t;
}

static bool
is_sign(const struct token *t, char sign)
{
    return t->kind == SIGN && *t->at == sign;
}

static bool
is_word(const struct token *t, const char *word)
{
    return t->kind == WORD && strlen(word) == t->len && strncasecmp(t->at, word, t->len) == 0;
}

static bool
begins_select(const struct token *t)
{
    return is_word(t, "select") || is_word(t, "with") || is_word(t, "values") ||
           is_word(t, "table");
}

/* Does the token spell the name? Words are folded, and in quoted names a quote stands twice. */
static bool
spells(const struct token *t, const char *name)
{
    if (t->kind != WORD && t->kind != NAME)
        return false;
    const char *at = t->at, *end = t->at + t->len;
    if (t->kind == NAME) {
        at++;
        end--;
    }
    for (; at < end && *name != '\0'; at++, name++) {
        char c = *at;
        if (t->kind == WORD && c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        at += t->kind == NAME && c == '"';
        if (c != *name)
            return false;
    }
    return at >= end && *name == '\0';
}

static const char *
find_column(const struct table *table, const struct token *t)
{
    for (int i = 0; i < table->ncolumns; i++)
        if (spells(t, table->columns[i].name))
            return table->columns[i].name;
    return NULL;
}

const char *
condition_captured(const struct table *table, const char *sql)
{
    assert(sql != NULL);
    int depth = 0, select = 0; /* where the outermost sub-select began; 0: not in one */
    struct token before = { .kind = SIGN, .at = "" }, t = next_token(sql);
    while (t.kind != END) {
        struct token after = next_token(t.at + t.len);
        bool is_bare = (t.kind == WORD || t.kind == NAME) && !is_sign(&before, '.') &&
                       !is_word(&before, "as") && !is_sign(&after, '.') && !is_sign(&after, '(');
        if (is_sign(&t, '(')) {
            depth++;
            if (select == 0 && begins_select(&after))
                select = depth;
        } else if (is_sign(&t, ')')) {
            if (depth-- == select)
                select = 0;
        } else if (is_bare && select > 0) {
            const char *name = find_column(table, &t);
            if (name != NULL)
                return name;
        }
        before = t;
        t = after;
    }
    return NULL;
}

/* What begins at the token `t`, behind `before`. */
enum use { USE_NONE, USE_TABLE, USE_QUALIFIED, USE_BARE };

/* *behind: of USE_QUALIFIED, the last point. */
static enum use
use_of(const struct table *table, const struct token *before, const struct token *t,
       struct token *behind)
{
    struct token dot = next_token(t->at + t->len);
    struct token second = is_sign(&dot, '.') ? next_token(dot.at + 1) : *t;
    *behind = next_token(second.at + second.len);
    bool is_first = !is_sign(before, '.');
    if (is_first && is_sign(&dot, '.') && spells(t, table->schema) &&
        spells(&second, table->name) && is_sign(behind, '.'))
        return USE_QUALIFIED;
    if (!spells(t, table->name))
        return USE_NONE;
    /* shop.shop behind FROM, unless a column is called so, too */
    if (is_first && is_sign(&dot, '.') && spells(t, table->schema) &&
        spells(&second, table->name) && find_column(table, &second) == NULL)
        return USE_NONE;
    return !is_sign(&dot, '.') ? USE_BARE : is_first ? USE_TABLE : USE_NONE;
}

bool
condition_put(const struct table *table, const char *sql, struct buf *out)
{
    assert(sql != NULL);
    const char *from = sql; /* what is not yet written */
    bool found = false;
    struct token before = { .kind = SIGN, .at = "" }, t = next_token(sql), behind;
    for (; t.kind != END; before = t, t = next_token(t.at + t.len)) {
        enum use use = use_of(table, &before, &t, &behind);
        found |= use == USE_TABLE;
        if (use != USE_QUALIFIED)
            continue;
        buf_add(out, from, (size_t)(t.at - from));
        buf_puts(out, "decant_row");
        from = behind.at;
        t = behind;
    }
    buf_puts(out, from);
    return found;
}

bool
condition_is_unclear(const struct table *table, const char *sql)
{
    assert(sql != NULL);
    bool qualified = false, bare = false;
    struct token before = { .kind = SIGN, .at = "" }, t = next_token(sql), behind;
    for (; t.kind != END; before = t, t = next_token(t.at + t.len)) {
        enum use use = use_of(table, &before, &t, &behind);
        qualified |= use == USE_QUALIFIED;
        bare |= use == USE_BARE;
        if (use == USE_QUALIFIED)
            t = behind;
    }
    return qualified && bare;
}

/* Behind the parenthesis that closes the one at `t`. */
static struct token
behind_pair(struct token t)
{
    int depth = 0;
    do {
        depth += is_sign(&t, '(') - is_sign(&t, ')');
        t = next_token(t.at + t.len);
    } while (depth > 0 && t.kind != END);
    return t;
}

const char *
condition_branch(const char *sql, int number, size_t *len)
{
    assert(sql != NULL && number >= 0 && len != NULL);
    struct token t = next_token(sql);
    const char *end = sql + strlen(sql);
    while (is_sign(&t, '(') && behind_pair(t).at >= end) {
        while (end > sql && end[-1] != ')')
            end--;
        end--;
        t = next_token(t.at + t.len);
        sql = t.at;
    }
    const char *from = t.at;
    int n = 0;
    while (t.kind != END && t.at < end) {
        if (is_word(&t, "or")) {
            *len = (size_t)(t.at - from);
            if (n++ == number)
                return from;
            from = t.at + t.len;
        }
        t = is_sign(&t, '(') ? behind_pair(t) : next_token(t.at + t.len);
    }
    *len = from < end ? (size_t)(end - from) : 0;
    return n == number ? from : NULL;
}

bool
condition_names(const struct table *table, const char *sql, int column)
{
    assert(table != NULL && column >= 0 && column < table->ncolumns);
    for (struct token t = next_token(sql); t.kind != END; t = next_token(t.at + t.len))
        if (spells(&t, table->columns[column].name))
            return true;
    return false;
}
