/* SPDX-License-Identifier: PostgreSQL */
#include "mask/instance.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST_DEPTH = 20,
    MOST_BYTES = 2000,
    MOST_LITERALS = 100,
    VARIANTS = 8,
    MOST_REPEATS = 3, /* of what may be repeated without end */
    MOST_LENGTH = 256,
};

/* Where a regular expression is being read, and the choices that are left to us. */
struct walk {
    const char *at;
    unsigned state;
    int depth;
    struct buf *out;
};

/* A linear congruential generator: the choices need to differ, not to be secret. */
static unsigned
next_choice(struct walk *w, unsigned n)
{
    w->state = w->state * 1664525u + 1013904223u;
    return (w->state >> 16) % n;
}

/* ---- one character of a set */

struct set {
    bool has[128];
};

static void
add_range(struct set *set, int from, int to)
{
    for (int c = from; c <= to && c < 128; c++)
        if (c > 0)
            set->has[c] = true;
}

static bool
add_named(struct set *set, const char *name, size_t len)
{
    static const struct {
        const char *name;
        int (*is)(int c);
    } classes[] = { { "alpha", isalpha },  { "digit", isdigit }, { "alnum", isalnum },
                    { "upper", isupper },  { "lower", islower }, { "space", isspace },
                    { "punct", ispunct },  { "print", isprint }, { "graph", isgraph },
                    { "xdigit", isxdigit } };
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        if (strlen(classes[i].name) != len || strncmp(classes[i].name, name, len) != 0)
            continue;
        for (int c = ' '; c < 127; c++)
            if (classes[i].is(c))
                set->has[c] = true;
        return true;
    }
    return false;
}

/* \d, \w, \s and their like; false for a letter that means something else. */
static bool
add_escape(struct set *set, char letter)
{
    switch (letter) {
    case 'd':
        return add_named(set, "digit", 5);
    case 'w':
        set->has['_'] = true;
        return add_named(set, "alnum", 5);
    case 's':
        set->has[' '] = true;
        return true;
    case 'D':
    case 'W':
    case 'S':
        set->has[letter == 'S' ? 'x' : '-'] = true; /* one of them will do */
        return true;
    case 't':
        set->has['\t'] = true;
        return true;
    case 'n':
        set->has['\n'] = true;
        return true;
    }
    if (isalnum((unsigned char)letter) || letter == '\0')
        return false;
    set->has[(unsigned char)letter & 0x7F] = true;
    return true;
}

static void
invert(struct set *set)
{
    for (int c = 0; c < 128; c++)
        set->has[c] = c >= ' ' && c < 127 && !set->has[c];
}

/* Behind the opening bracket. */
static bool
read_bracket(struct walk *w, struct set *set)
{
    assert(w != NULL);
    bool negated = *w->at == '^';
    w->at += negated;
    for (bool first = true; *w->at != ']' || first; first = false) {
        if (*w->at == '\0')
            return false;
        if (strncmp(w->at, "[:", 2) == 0) {
            const char *end = strstr(w->at, ":]");
            if (end == NULL || !add_named(set, w->at + 2, (size_t)(end - w->at - 2)))
                return false;
            w->at = end + 2;
            continue;
        }
        if (*w->at == '[' || (unsigned char)*w->at >= 0x80)
            return false;
        if (*w->at == '\\') {
            if (!add_escape(set, w->at[1]))
                return false;
            w->at += 2;
            continue;
        }
        int from = *w->at++, to = from;
        if (*w->at == '-' && w->at[1] != ']' && w->at[1] != '\0') {
            to = w->at[1] == '\\' ? w->at[2] : w->at[1];
            w->at += w->at[1] == '\\' ? 3 : 2;
        }
        add_range(set, from, to);
    }
    w->at++;
    if (negated)
        invert(set);
    return true;
}

enum alphabet { DIGITS, SMALL, CAPITALS, SIGNS, ALPHABETS };

static enum alphabet
alphabet_of(int c)
{
    return isdigit(c) ? DIGITS : islower(c) ? SMALL : isupper(c) ? CAPITALS : SIGNS;
}

/* Each alphabet is as likely as another, however few of its characters are in the set: a mask that
 * keeps alphabets turns the X of [0-9X] into another letter. */
static bool
put_one_of(struct walk *w, const struct set *set)
{
    int members[ALPHABETS] = { 0 }, n = 0;
    for (int c = 0; c < 128; c++)
        members[alphabet_of(c)] += set->has[c];
    for (int i = 0; i < ALPHABETS; i++)
        n += members[i] > 0;
    if (n == 0)
        return false;
    int which = 0, skip = n > 1 ? (int)next_choice(w, (unsigned)n) : 0;
    while (members[which] == 0 || skip-- > 0)
        which++;
    int chosen = (int)next_choice(w, (unsigned)members[which]);
    for (int c = 0; c < 128; c++)
        if (set->has[c] && (int)alphabet_of(c) == which && chosen-- == 0)
            buf_putc(w->out, (char)c);
    return true;
}

/* ---- the expression */

static bool put_branches(struct walk *w);

/* Goes over an atom's group without writing; `at` stands behind its opening parenthesis. */
static const char *
group_end(const char *at)
{
    for (int depth = 1; *at != '\0'; at++) {
        if (*at == '\\' && at[1] != '\0') {
            at++;
        } else if (*at == '[') {
            at += at[1] == '^' ? 2 : 1;
            at += *at == ']';
            while (*at != '\0' && *at != ']')
                at += strncmp(at, "[:", 2) == 0 && strstr(at, ":]") != NULL
                          ? strstr(at, ":]") + 2 - at
                          : 1;
            if (*at == '\0')
                return NULL;
        } else if (*at == '(') {
            depth++;
        } else if (*at == ')' && --depth == 0) {
            return at;
        }
    }
    return NULL;
}

/* Writes one atom; w->at is then behind it. */
static bool
put_atom(struct walk *w)
{
    assert(w != NULL);
    struct set set = { 0 };
    char c = *w->at++;
    switch (c) {
    case '(':
        if (*w->at == '?') {
            if (w->at[1] != ':')
                return false;
            w->at += 2;
        }
        if (!put_branches(w) || *w->at != ')')
            return false;
        w->at++;
        return true;
    case '[':
        return read_bracket(w, &set) && put_one_of(w, &set);
    case '.':
        add_range(&set, 'a', 'z');
        return put_one_of(w, &set);
    case '\\':
        return add_escape(&set, *w->at++) && put_one_of(w, &set);
    case '^':
    case '$':
        return true;
    case '*':
    case '+':
    case '?':
    case '{':
        return false;
    }
    buf_putc(w->out, c);
    return true;
}

/* How often: *, +, ?, {n}, {n,}, {n,m}; once where nothing stands. */
static bool
read_times(struct walk *w, int *least, int *most)
{
    *least = *most = 1;
    if (*w->at == '*' || *w->at == '+' || *w->at == '?') {
        *least = *w->at == '+';
        *most = *w->at == '?' ? 1 : MOST_REPEATS;
        w->at++;
    } else if (*w->at == '{') {
        char *end;
        *least = *most = (int)strtol(w->at + 1, &end, 10);
        if (*end == ',') {
            const char *upper = end + 1;
            *most = (int)strtol(upper, &end, 10);
            if (end == upper)
                *most = *least + MOST_REPEATS;
        }
        if (*end != '}' || *least < 0 || *most < *least || *most > MOST_LENGTH)
            return false;
        w->at = end + 1;
    }
    if (*w->at == '?') /* not greedy */
        w->at++;
    return true;
}

static bool
put_piece(struct walk *w)
{
    const char *atom = w->at;
    size_t start = w->out->len;
    int least, most;
    if (w->out->len > MOST_BYTES || !put_atom(w) || !read_times(w, &least, &most))
        return false;
    const char *behind = w->at;
    int times = least + (int)next_choice(w, (unsigned)(most - least + 1));
    if (times == 0)
        buf_cut(w->out, start);
    for (int i = 1; i < times; i++) {
        w->at = atom;
        if (w->out->len > MOST_BYTES || !put_atom(w))
            return false;
    }
    w->at = behind;
    return true;
}

/* One of the alternatives up to a closing parenthesis or the end; w->at is then there. */
static bool
put_branches(struct walk *w)
{
    assert(w != NULL);
    const char *begin = w->at, *end = group_end(begin);
    const char *starts[MOST_LITERALS];
    int n = 0;
    if (++w->depth > MOST_DEPTH)
        return false;
    if (end == NULL)
        end = begin + strlen(begin);
    starts[n++] = begin;
    for (const char *at = begin; at < end && n < MOST_LITERALS; at++) {
        if (*at == '\\')
            at++;
        else if (*at == '[' || *at == '(') {
            const char *close = *at == '(' ? group_end(at + 1) : strchr(at + 2, ']');
            if (close == NULL)
                return false;
            at = close;
        } else if (*at == '|') {
            starts[n++] = at + 1;
        }
    }
    w->at = starts[next_choice(w, (unsigned)n)];
    while (w->at < end && *w->at != '|')
        if (!put_piece(w))
            return false;
    w->at = end;
    w->depth--;
    return true;
}

bool
instance_of_regex(const char *regex, unsigned seed, struct buf *out)
{
    assert(regex != NULL);
    struct walk w = { .at = regex, .state = seed * 2654435761u + 1, .out = out };
    size_t start = out->len;
    if (put_branches(&w) && *w.at == '\0')
        return true;
    buf_cut(out, start);
    return false;
}

bool
instance_of_like(const char *pattern, unsigned seed, struct buf *out)
{
    assert(pattern != NULL);
    struct walk w = { .state = seed * 2654435761u + 1, .out = out };
    for (; *pattern != '\0'; pattern++) {
        int times = *pattern == '_' ? 1 : *pattern == '%' ? 3 + (int)next_choice(&w, 4) : -1;
        if (*pattern == '\\' && pattern[1] != '\0')
            pattern++;
        if (times < 0)
            buf_putc(out, *pattern);
        for (; times > 0; times--)
            buf_putc(out, (char)('a' + next_choice(&w, 26)));
    }
    return true;
}

/* ---- expressions of SQL */

/* Reads a literal behind its opening quote; returns what follows it. */
static const char *
read_literal(const char *at, bool escapes, struct buf *out)
{
    for (; *at != '\0'; at++) {
        if (*at == '\'' && at[1] != '\'')
            return at + 1;
        if (*at == '\'' || (escapes && *at == '\\' && at[1] != '\0'))
            at++;
        buf_putc(out, *at);
    }
    return at;
}

static void
take_literal(const char *text, bool has_patterns, void (*take)(void *ctx, const char *text),
             void *ctx)
{
    struct buf made = { 0 };
    if (!has_patterns || strpbrk(text, "%^$[](){}.*+?|\\") == NULL)
        take(ctx, text); /* a pattern is hardly a value itself */
    for (unsigned seed = 0; has_patterns && seed < 2 * VARIANTS; seed++) {
        buf_reset(&made);
        if ((seed % 2 == 0 ? instance_of_regex : instance_of_like)(text, seed, &made))
            take(ctx, buf_str(&made));
    }
    buf_deinit(&made);
}

struct lengths {
    void (*take)(void *ctx, const char *text);
    void *ctx;
};

/* What tests the length of a text names it. */
static void
take_lengths(void *ctx, int64_t number)
{
    static const char *const alphabets[] = { "abcdefghijklmnopqrstuvwxyz", "0123456789",
                                             "0123456789abcdef" };
    const struct lengths *lengths = ctx;
    char text[MOST_LENGTH + 1];
    if (number < 1 || number > MOST_LENGTH)
        return;
    for (int i = 0; i < 3; i++) {
        size_t n = strlen(alphabets[i]);
        for (int64_t j = 0; j < number; j++)
            text[j] = alphabets[i][(size_t)(j * 7 + number) % n];
        text[number] = '\0';
        lengths->take(lengths->ctx, text);
    }
}

void
instance_texts(const char *sql, void (*take)(void *ctx, const char *text), void *ctx)
{
    assert(sql != NULL && take != NULL);
    bool has_patterns = strchr(sql, '~') != NULL;
    struct lengths lengths = { take, ctx };
    struct buf text = { 0 };
    int n = 0;
    for (const char *at = sql; *at != '\0' && n < MOST_LITERALS;) {
        if (*at != '\'') {
            at++;
            continue;
        }
        buf_reset(&text);
        at = read_literal(at + 1, at > sql && at[-1] == 'E', &text);
        take_literal(buf_str(&text), has_patterns, take, ctx);
        n++;
    }
    instance_numbers(sql, take_lengths, &lengths);
    buf_deinit(&text);
}

/* pg_get_expr writes a number below zero as '-5'::integer, in quotes: what is quoted and nothing
 * but a number counts. */
void
instance_numbers(const char *sql, void (*take)(void *ctx, int64_t number), void *ctx)
{
    assert(sql != NULL && take != NULL);
    int n = 0;
    for (const char *at = sql; *at != '\0' && n < MOST_LITERALS;) {
        bool quoted = *at == '\'', begins = at == sql || (!isalnum((unsigned char)at[-1]) &&
                                                          at[-1] != '_' && at[-1] != '.');
        char *end;
        if (quoted || (isdigit((unsigned char)*at) && begins)) {
            long long number = strtoll(at + quoted, &end, 10);
            if (end > at + quoted && (!quoted || *end == '\'')) {
                take(ctx, number);
                n++;
            }
        }
        if (!quoted) {
            at += isdigit((unsigned char)*at) ? strspn(at, "0123456789") : 1;
            continue;
        }
        struct buf skipped = { 0 };
        at = read_literal(at + 1, at > sql && at[-1] == 'E', &skipped);
        buf_deinit(&skipped);
    }
}
