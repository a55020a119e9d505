/* SPDX-License-Identifier: PostgreSQL */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "rules/pattern.h"

#include <assert.h>
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"

enum { MAX_PARTS = 3, MATCH_LIMIT = 100000 };

struct pattern {
    pcre2_code *code;
    int parts;
    char joint; /* between the names that are matched */
    bool is_exact, is_all;
    const char *literal; /* of an exact pattern without quotes, in the caller's arena; or NULL */
};

/* A letter of any script is one, as it is for whoever writes `?`; what is beyond ASCII has no
 * meaning of its own in an expression. */
static void
put_character(struct buf *out, char c)
{
    if ((unsigned char)c < 0x80)
        buf_printf(out, "\\x{%02x}", (unsigned char)c);
    else
        buf_putc(out, c);
}

/* Appends a part (a glob, or a quoted name) as a regular expression; returns what is behind it,
 * NULL when a quote or bracket is not closed. */
static const char *
part_to_regex(const char *p, struct buf *out, bool *is_exact)
{
    if (*p == '"') {
        for (p++; *p != '\0' && (*p != '"' || p[1] == '"'); p++) {
            p += *p == '"';
            put_character(out, *p);
        }
        return *p == '"' ? p + 1 : NULL;
    }
    for (; *p != '\0' && *p != '.'; p++) {
        if (*p == '*' || *p == '?') {
            buf_puts(out, *p == '*' ? "[^\\n]*" : "[^\\n]");
            *is_exact = false;
        } else if (*p == '[') {
            const char *end = strchr(p, ']');
            if (end == NULL)
                return NULL;
            buf_putc(out, '[');
            if (p[1] == '!' || p[1] == '^')
                buf_putc(out, '^');
            for (p += p[1] == '!' || p[1] == '^' ? 2 : 1; p < end; p++) {
                if (*p == '\\' || *p == '[' || *p == '^')
                    buf_putc(out, '\\');
                buf_putc(out, *p);
            }
            buf_putc(out, ']');
            *is_exact = false;
        } else {
            put_character(out, *p);
        }
    }
    return p;
}

/* schema.table as an expression over names joined by line feeds. */
static bool
names_to_regex(const char *text, int parts, struct buf *out, bool *is_exact, const char **problem)
{
    static const char *const forms[] = { "", "a name", "schema.table", "schema.table.column" };
    const char *p = text;
    int n = 0;
    do {
        if (n > 0)
            buf_puts(out, "\\n");
        size_t before = out->len;
        p = part_to_regex(p, out, is_exact);
        n++;
        if (p == NULL || out->len == before) {
            *problem =
                p == NULL ? "a quote or bracket is not closed" : "a part of the name is empty";
            return false;
        }
    } while (*p++ == '.');
    if (p[-1] == '\0' && n == parts)
        return true;
    *problem = forms[parts];
    return false;
}

static struct pattern *
compile(const char *regex, bool by_character, struct pattern *pattern, struct arena *arena,
        const char **problem)
{
    uint32_t utf = by_character ? PCRE2_UTF : 0;
    int code;
    PCRE2_SIZE offset;
    char message[200];
    pattern->code = pcre2_compile(
        (PCRE2_SPTR)regex, PCRE2_ZERO_TERMINATED,
        PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_NEVER_BACKSLASH_C | utf, &code, &offset, NULL);
    if (pattern->code != NULL)
        return pattern;
    pcre2_get_error_message(code, (PCRE2_UCHAR *)message, sizeof message);
    *problem = arena_strdup(arena, message);
    free(pattern);
    return NULL;
}

struct pattern *
pattern_new(const char *text, int parts, struct arena *arena, const char **problem)
{
    assert(parts > 0 && problem != NULL);
    struct pattern *pattern = mem_alloc(sizeof *pattern);
    struct buf regex = { 0 };
    size_t len = strlen(text);
    bool ok = true;
    pattern->parts = parts;
    pattern->joint = '\n';
    if (strcmp(text, "*") == 0) {
        pattern->is_all = true;
    } else if (len >= 2 && text[0] == '/' && text[len - 1] == '/') {
        buf_add(&regex, text + 1, len - 2);
        pattern->joint = '.';
    } else {
        pattern->is_exact = true;
        ok = names_to_regex(text, parts, &regex, &pattern->is_exact, problem);
        if (ok && pattern->is_exact && strchr(text, '"') == NULL)
            pattern->literal = arena_strdup(arena, text);
    }
    if (!ok)
        free(pattern);
    else if (!pattern->is_all && pattern->literal == NULL)
        pattern = compile(buf_str(&regex), text[0] == '/' || strpbrk(text, "?[") != NULL, pattern,
                          arena, problem);
    buf_deinit(&regex);
    return ok ? pattern : NULL;
}

void
pattern_free(struct pattern *pattern)
{
    if (pattern == NULL)
        return;
    pcre2_code_free(pattern->code);
    free(pattern);
}

bool
pattern_is_exact(const struct pattern *pattern)
{
    return pattern->is_exact;
}

const char *
pattern_literal(const struct pattern *pattern)
{
    return pattern->literal;
}

/* Most patterns are plain names: no need for the engine. */
static bool
literal_matches(const struct pattern *pattern, const char *const *names)
{
    const char *p = pattern->literal;
    for (int i = 0; i < pattern->parts; i++) {
        size_t n = strlen(names[i]);
        if ((i > 0 && *p++ != '.') || strncmp(p, names[i], n) != 0)
            return false;
        p += n;
        if (*p != (i + 1 < pattern->parts ? '.' : '\0'))
            return false;
    }
    return true;
}

bool
pattern_matches(const struct pattern *pattern, const char *const *names)
{
    assert(names != NULL);
    if (pattern->is_all)
        return true;
    if (pattern->literal != NULL)
        return literal_matches(pattern, names);
    struct buf subject = { 0 };
    for (int i = 0; i < pattern->parts; i++) {
        if (i > 0)
            buf_putc(&subject, pattern->joint);
        buf_puts(&subject, names[i]);
    }
    pcre2_match_data *data = pcre2_match_data_create_from_pattern(pattern->code, NULL);
    pcre2_match_context *context = pcre2_match_context_create(NULL);
    pcre2_set_match_limit(context, MATCH_LIMIT); /* a pattern of the user may be a bad one */
    /* what is no text matches nothing */
    uint32_t checked = utf8_is_ascii(buf_str(&subject), subject.len) ? PCRE2_NO_UTF_CHECK : 0;
    int n = pcre2_match(pattern->code, (PCRE2_SPTR)buf_str(&subject), subject.len, 0, checked, data,
                        context);
    pcre2_match_context_free(context);
    pcre2_match_data_free(data);
    buf_deinit(&subject);
    return n >= 0;
}
